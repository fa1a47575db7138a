"""``release-gate policy explain``: a policy in plain English."""

from __future__ import annotations

import click

from release_gate.authoring.explain import as_markdown
from release_gate.authoring.targets import targets
from release_gate.cli import Exit
from release_gate.cli.policy.outputs import PATHS, Output, emit, found_or_usage, output_option
from release_gate.policy.load import load_policy


@click.command()
@PATHS
@output_option("markdown")
def explain(paths: tuple[str, ...], outputs: list[Output]) -> int:
    """Say in plain English what policies ask where, rule by rule, with the source of each."""
    found = found_or_usage(targets(paths or (".",)), paths)
    text = "\n".join(as_markdown(load_policy(path)) for path in found.policies)
    for _, path in outputs:
        emit(text, path)
    return Exit.ALLOWED
