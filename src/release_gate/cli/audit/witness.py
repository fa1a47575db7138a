"""``release-gate audit witness``: cosign a checkpoint of somebody else's log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

import click

from release_gate.audit.witness import MAX_ASKED, Asked, Witness
from release_gate.cli import Exit
from release_gate.cli.audit.checkpoints import note_key
from release_gate.signing import open_signer


@click.command()
@click.argument("asked", type=click.File("rb"), default="-")
@click.option("--log", "logs", multiple=True, required=True, metavar="KEY", help="A log to sign; repeatable.")
@click.option("--name", required=True, help="The name of the witness.")
@click.option("--key", "secret", required=True, metavar="FILE", help="The key of the witness, Ed25519.")
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder in which it remembers what it has seen. Whoever can change it can make it sign a fork.",
)
@click.option("--line", is_flag=True, help="Print only the line of this witness.")
def witness(
    asked: BinaryIO,
    logs: tuple[str, ...],
    name: str,
    secret: str,
    state: Path,
    line: bool,  # noqa: FBT001
) -> int:
    """Cosign a checkpoint of somebody else's log, if it extends all that was seen before.

    ASKED is what `audit checkpoint --since N` writes. A log that was never seen is asked about since 0.
    """
    seen = Witness(name, open_signer(secret), state, tuple(map(note_key, logs)))
    signed = seen.cosign(Asked.read(asked.read(MAX_ASKED + 1)), int(time.time()))
    click.echo(signed.note.splitlines(keepends=True)[-1] if line else str(signed), nl=False)
    return Exit.ALLOWED
