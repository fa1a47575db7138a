"""``release-gate audit new-key``: a key for a log, a witness or attestations."""

from __future__ import annotations

import os
from pathlib import Path

import click

from release_gate.cli import Exit
from release_gate.signing import generate_key


@click.command("new-key")
@click.argument("kind", type=click.Choice(["log", "witness", "signing"]))
@click.argument("file", type=click.Path(path_type=Path))
def new_key(kind: str, file: Path) -> int:
    """Make a key: for the log or a witness (Ed25519), or for signing attestations (P-256).

    Writes the private half to FILE, for its owner alone, and the public half to FILE.pub.
    """
    made = generate_key("ecdsa-p256" if kind == "signing" else "ed25519")
    try:
        # A key that is there is never overwritten: without it, nothing more could be signed by it.
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            stream.write(made.pem())
        file.with_name(file.name + ".pub").write_text(made.public.pem)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    click.echo(f"wrote {file}, which stays secret, and {file}.pub, which is for everybody")
    return Exit.ALLOWED
