"""What the commands that sign have in common."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli.clock import DATE, day_option
from release_gate.cli.options import GATE_FILE
from release_gate.diagnostics import did_you_mean, printable
from release_gate.envelope import Envelope
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.gate.gate import read_gate
from release_gate.gate.paper_files import require_standing
from release_gate.gate.report_files import OutputError, write_together
from release_gate.gate.statements import read_signer
from release_gate.signing import Signer

__all__ = [
    "EXPIRES",
    "KEY",
    "ON",
    "OUTPUT",
    "PERSON",
    "artifact_of",
    "deliver",
    "expiry",
    "require_new",
    "signer_of",
]

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


def signer_of(
    key: str,
    person: str,
    on: date,
    gate: Path | None,
    policies: tuple[str, ...] = (),
    role: str | None = None,
) -> Signer:
    """The key of a person. If a gate file names a trust file, what is signed must count by that."""
    signer, file = read_signer(key), gate or GATE_FILE
    if not policies and (gate is not None or file.exists()):
        _, shape = read_gate(file)
        if shape.trust is not None:
            require_standing(file.parent / shape.trust, person, signer.public, on, role)
    return signer


def require_new(output: Path | None) -> None:
    """Refuse to write a statement where something is."""
    if output is not None and output.exists():
        raise click.UsageError(f"{output} is there already; a statement is never replaced")


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
    require_new(output)
    try:
        write_together([(output, [text])])
    except OutputError as error:
        raise click.ClickException(str(error)) from None


def expiry(day: date | None) -> str | None:
    """A day as statements have it."""
    return day.isoformat() if day else None
