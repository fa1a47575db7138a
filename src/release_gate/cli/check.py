"""``release-gate check``: judge requests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.canonical import plain
from release_gate.cli import exit_code
from release_gate.cli.logs import log_decision
from release_gate.cli.options import AS_OF, POLICIES_AS_OF, gate_of, use_colour
from release_gate.decision import Decision, worst
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.text import render_text

FORMATS = ("text", "json")


def _outputs(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> list[tuple[str, str | None]]:
    outputs = []
    for value in values or ("text",):
        form, _, path = value.partition("=")
        if form not in FORMATS:
            raise click.BadParameter(f"`{form}` is not a format; one of {', '.join(FORMATS)}")
        outputs.append((form, path or None))
    return outputs


@click.command()
@click.argument("requests", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--gate", type=click.Path(path_type=Path), help="The gate file.  [default: release-gate.yaml]")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="PACK-or-FILE",
    help="A policy, in place of a gate file; repeatable.",
)
@AS_OF
@POLICIES_AS_OF
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    callback=_outputs,
    metavar="text|json[=PATH]",
    help="What to write; repeatable.",
)
@click.option("-v", "--verbose", is_flag=True, help="Log every decision as a line of JSON on standard error.")
def check(  # noqa: PLR0913, PLR0917 - one argument for each option
    requests: tuple[Path, ...],
    gate: Path | None,
    policies: tuple[str, ...],
    as_of: date,
    policies_as_of: date | None,
    outputs: list[tuple[str, str | None]],
    verbose: bool,  # noqa: FBT001 - click passes flags so
) -> int:
    """Judge REQUESTS, and say why.

    With several requests, the worst verdict sets the exit code.
    """
    found = gate_of(gate, policies)
    decisions = [
        found.decide(ReleaseRequest.load(path), as_of=as_of, policies_as_of=policies_as_of)
        for path in requests
    ]
    for form, path in outputs:
        write(decisions, form, path)
    if verbose:
        for decision in decisions:
            log_decision(decision)
    return exit_code(worst(decision.verdict for decision in decisions))


def write(decisions: Sequence[Decision], form: str, path: str | None) -> None:
    """Write decisions in a format, to a file or to standard output. Several decisions are a JSON list."""
    if form == "text":
        width = min(shutil.get_terminal_size((100, 24)).columns, 120) if path is None else 100
        text = "\n".join(
            render_text(decision, colour=path is None and use_colour(), width=width) for decision in decisions
        )
    elif len(decisions) == 1:
        text = decisions[0].to_json()
    else:
        text = (
            json.dumps(plain([decision.to_dict() for decision in decisions]), indent=2, ensure_ascii=False)
            + "\n"
        )
    if path is None:
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_bytes(text.encode())
    except OSError as error:
        raise click.FileError(path, error.strerror) from None
