"""``release-gate audit checkpoint``: what is kept where the ledger is not."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.addresses import open_ledger
from release_gate.audit.notes import Checkpoint
from release_gate.audit.view import View
from release_gate.audit.witness import Asked
from release_gate.cli import Exit
from release_gate.cli.audit.checkpoints import newest
from release_gate.cli.ledgers import GATE, LEDGER, settings, viewed


@click.command()
@GATE
@LEDGER
@click.option(
    "--since",
    type=click.IntRange(0),
    metavar="N",
    help="Write what a witness that has seen N records wants: the proof that this log begins with them.",
)
def checkpoint(gate: Path | None, ledger: str | None, since: int | None) -> int:
    """Print a checkpoint, signed if the gate file names a key. Keep it where the ledger is not."""
    if ledger is not None:
        with viewed(ledger, None) as view:
            click.echo(_asked(view, newest(view), since), nl=False)
        return Exit.ALLOWED
    told = settings(gate)
    opened = open_ledger(told)
    try:
        click.echo(_asked(opened.store, opened.checkpoint(told.log_signer()), since), nl=False)
    finally:
        opened.store.close()
    return Exit.ALLOWED


def _asked(view: View, checkpoint: Checkpoint, since: int | None) -> str:
    if since is None:
        return str(checkpoint)
    if since > checkpoint.size:
        raise click.UsageError(f"the log has {checkpoint.size} records, and not {since}")
    if not checkpoint.note:
        raise click.UsageError("a witness signs what the log has signed, and there is no key of the log")
    return str(Asked.of(view, since, checkpoint))
