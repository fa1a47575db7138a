"""``release-gate audit export``: the log as static files."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.tiles import export as write_tiles
from release_gate.cli import Exit
from release_gate.cli.audit.checkpoints import newest
from release_gate.cli.ledgers import GATE, LEDGER, viewed
from release_gate.diagnostics import counted


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@GATE
@LEDGER
def export(folder: Path, gate: Path | None, ledger: str | None) -> int:
    """Write the log into FOLDER as static files, which tools that follow public logs can read.

    Up to the newest checkpoint that was signed, if it covers everything; else up to one of this moment.
    """
    with viewed(ledger, gate) as view:
        checkpoint = newest(view)
        write_tiles(view, folder, checkpoint)
    click.echo(f"wrote {counted(checkpoint.size, 'record')} to {folder}")
    return Exit.ALLOWED
