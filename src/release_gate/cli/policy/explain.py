"""``release-gate policy explain``: a policy in plain English."""

from __future__ import annotations

import click

from release_gate.authoring.explain.explanation import explanation
from release_gate.authoring.explain.markdown import as_markdown
from release_gate.authoring.explain.page import as_page
from release_gate.authoring.explain.words import languages, words_of
from release_gate.cli import Exit
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.policy.paths import PATHS, named
from release_gate.policy.load import load_policy


@click.command()
@PATHS
@output_option("markdown", "html")
@click.option(
    "--lang",
    type=click.Choice(languages()),
    default="en",
    show_default=True,
    help="The language of the page; what a policy says itself stays as it is.",
)
def explain(paths: tuple[str, ...], outputs: list[Output], lang: str) -> int:
    """Say in plain English what policies ask where, rule by rule, with the source of each."""
    found = named(paths)
    words = words_of(lang)
    said = [explanation(load_policy(path), words) for path in found.policies]
    for form, path in outputs:
        emit("\n".join(map(as_markdown, said)) if form == "markdown" else as_page(said), path)
    return Exit.ALLOWED
