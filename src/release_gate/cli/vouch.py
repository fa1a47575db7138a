"""``release-gate vouch``: sign that a log was measured on an artifact."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import click

from release_gate.cli.signing import EXPIRES, KEY, ON, PERSON, deliver, expiry
from release_gate.diagnostics import printable
from release_gate.evidence.collect import artifact_digest
from release_gate.evidence.vouching import SUFFIX
from release_gate.gate.statements import read_signer, sign_vouch


@click.command()
@click.argument("log", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("artifact")
@PERSON
@click.option("--role", required=True, help="In which role, as the gate file names it.")
@KEY
@ON
@EXPIRES
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: beside the log, as LOG.vouch.json]",
)
def vouch(  # noqa: PLR0913, PLR0917 - one argument for each option
    log: Path,
    artifact: str,
    person: str,
    role: str,
    key: str,
    on: date,
    expires: date | None,
    output: Path | None,
) -> int:
    """Sign that LOG, of an evaluation, was measured on ARTIFACT: a folder with weights, or its digest.

    What is signed is bound to the bytes of both; when one of them changes, it no longer counts.
    """
    place = output or log.with_name(log.name + SUFFIX)
    name, digest = _artifact(artifact, place)
    with log.open("rb") as stream:
        measured = "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    said = {
        "person": person,
        "role": role,
        "log": measured,
        "log_name": log.name,
        "artifact": digest,
        "on": on.isoformat(),
        "expires": expiry(expires),
    }
    click.echo(f"{person} as {role}: {printable(log.name)} was measured on {printable(name)}", err=True)
    click.echo(f"  log       {measured}\n  artifact  {digest}", err=True)
    deliver(sign_vouch(said, name, read_signer(key)), place)
    click.echo(f"wrote {place}", err=True)
    return 0


def _artifact(said: str, place: Path) -> tuple[str, str]:
    """The name and the digest of an artifact."""
    if re.fullmatch("sha256:[0-9a-f]{64}", said):
        return "artifact", said
    path = Path(said)
    if not path.is_dir():
        raise click.UsageError(f"`{printable(said)}` is neither a folder nor a digest such as sha256:…")
    if place.resolve().is_relative_to(path.resolve()):
        raise click.UsageError(f"a statement in {path} would change what it is about; say -o FILE elsewhere")
    return path.resolve().name, artifact_digest(path)
