"""``release-gate audit create``: an empty ledger."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.addresses import open_ledger
from release_gate.cli import Exit
from release_gate.cli.ledgers import GATE, settings


@click.command()
@GATE
@click.option("--writer", metavar="ROLE", help="In PostgreSQL: the role that records, and may only add.")
def create(gate: Path | None, writer: str | None) -> int:
    """Make the ledger that the gate file names. The first check that records does it too, in SQLite."""
    opened = open_ledger(settings(gate), writer)
    try:
        click.echo(f"the ledger {opened.store.origin} is in {opened.store.place}")
    finally:
        opened.store.close()
    return Exit.ALLOWED
