"""What the commands that sign have in common."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli.clock import DATE, day_option
from release_gate.diagnostics import did_you_mean, printable
from release_gate.envelope import Envelope
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.gate.files import OutputError, write_together

__all__ = ["EXPIRES", "KEY", "ON", "OUTPUT", "PERSON", "artifact_of", "deliver", "expiry"]

PERSON = click.option("--as", "person", required=True, help="Who signs, as the trust file names them.")
KEY = click.option(
    "--key",
    required=True,
    help="The key: a PEM file, env:NAME, or an SSH key (its .pub, if an agent has it).",
)
ON = day_option("--on", help="The day.")
EXPIRES = click.option("--expires", type=DATE, default=None, help="The last day on which it counts.")
OUTPUT = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to write it.  [default: standard output]"
)


def artifact_of(request: ReleaseRequest, name: str | None) -> Artifact:
    """The artifact of a name, or the only one."""
    if name is None and len(request.artifacts) == 1:
        return request.artifacts[0]
    ids = {artifact.id: artifact for artifact in request.artifacts}
    if name is None:
        raise click.UsageError(f"say --artifact: {', '.join(ids)}")
    if name not in ids:
        raise click.UsageError(f"there is no artifact `{printable(name)}`; {did_you_mean(name, ids)}")
    return ids[name]


def deliver(envelope: Envelope, output: Path | None) -> None:
    """Write a signed statement."""
    text = envelope.to_json().decode() + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        raise click.UsageError(f"{output} is there already; a statement is never replaced")
    try:
        write_together([(output, [text])])
    except OutputError as error:
        raise click.ClickException(str(error)) from None


def expiry(day: date | None) -> str | None:
    """A day as statements have it."""
    return day.isoformat() if day else None
