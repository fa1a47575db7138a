"""``release-gate verify-attestation``: whether a signed statement lets an artifact pass."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import click

from release_gate.audit.attestation import VERIFIER, Attested, Expected
from release_gate.audit.attestation import verify_attestation as verify
from release_gate.bounded import read_bounded
from release_gate.cli import Exit
from release_gate.diagnostics import Diagnostic, IntegrityError, printable
from release_gate.evidence.collect import artifact_digest
from release_gate.facts.ladder import RUNGS
from release_gate.signing import read_public_key

MAX_FILE: Final = 256 * 1024 * 1024


@click.command("verify-attestation")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, metavar="FILE", help="A trusted public key.")
@click.option(
    "--artifact",
    type=click.Path(path_type=Path),
    help="The artifact that is at hand: a file, or the folder of a model.",
)
@click.option("--digest", metavar="SHA256", help="Its digest, or that of the decision, instead.")
@click.option("--verifier", default=VERIFIER, show_default=True, help="Who decides with these keys.")
@click.option("--resource", metavar="URI", help="What the artifact is called.")
@click.option("--level", type=click.Choice(list(RUNGS)), help="The rung that it is to be released at.")
def verify_attestation(  # noqa: PLR0913, PLR0917 - one argument for each option
    file: Path,
    keys: tuple[str, ...],
    artifact: Path | None,
    digest: str | None,
    verifier: str,
    resource: str | None,
    level: str | None,
) -> int:
    """Verify the attestations in FILE, one a line, for an artifact.

    Statements count before summaries, which do not know of duties, and all of them must let it pass. Exits
    with 0 if they do, with 5 if not, and with 7 if none can be trusted.
    """
    if (artifact is None) == (digest is None):
        raise click.UsageError("say --artifact FILE-or-FOLDER or --digest SHA256")
    expected = Expected(str(digest) if artifact is None else _digest_of(artifact), verifier, resource, level)
    trusted = [read_public_key(each) for each in keys]
    found, problems = [], []
    for number, line in enumerate(_read(file).splitlines(), 1):
        try:
            found.append(verify(line, trusted, expected))
        except IntegrityError as error:
            problems += [
                Diagnostic(each.code, f"line {number}: {each.message}", help=each.help)
                for each in error.diagnostics
            ]
    if not found:
        nothing = [Diagnostic("RG723", f"`{printable(str(file))}` holds no attestation")]
        raise IntegrityError(problems or nothing)
    for each in found:
        click.echo(_line(each))
        if each.unverified:
            rules = printable(", ".join(each.unverified), 1000)
            click.echo(f"  this hangs on what nobody has read in its source: {rules}")
    statements = [each for each in found if each.kind == "statement"]
    return Exit.ALLOWED if all(each.approved for each in statements or found) else Exit.DENIED


def _line(found: Attested) -> str:
    at = f" at {found.level}" if found.level else ""
    return f"{found.kind}: {found.verdict}{at}, {'may pass' if found.approved else 'MAY NOT PASS'}"


def _digest_of(artifact: Path) -> str:
    if artifact.is_dir():
        return artifact_digest(artifact)
    try:
        with artifact.open("rb") as stream:
            return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise click.FileError(str(artifact), error.strerror) from None


def _read(file: Path) -> bytes:
    try:
        return read_bounded(file, MAX_FILE, piped=True)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
