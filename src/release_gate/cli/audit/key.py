"""``release-gate audit key``: the public half of a key of a log."""

from __future__ import annotations

import click

from release_gate.audit.notes import NoteKey
from release_gate.cli import Exit
from release_gate.signing import read_private_key


@click.command()
@click.argument("key")
@click.option("--name", required=True, help="The name of the log or of the witness.")
@click.option("--witness", is_flag=True, help="The key is that of a witness.")
def key(key: str, name: str, witness: bool) -> int:  # noqa: FBT001
    """Print the public half of the Ed25519 KEY as those who verify checkpoints want it."""
    public = read_private_key(key).public
    if public.algorithm != "ed25519":
        raise click.UsageError("a log or a witness signs with an Ed25519 key")
    click.echo(str(NoteKey(name, 4 if witness else 1, public)))
    return Exit.ALLOWED
