"""``release-gate audit log``: what is recorded, newest first."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.record import Record
from release_gate.cli import Exit
from release_gate.cli.ledgers import GATE, JSON, LEDGER, found, viewed
from release_gate.diagnostics import printable


@click.command()
@LEDGER
@GATE
@click.option("--about", metavar="REQUEST", help="Only records about this request.")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@JSON
def log(ledger: str | None, gate: Path | None, about: str | None, number: int, as_json: bool) -> int:  # noqa: FBT001
    """List records, newest first."""
    with viewed(ledger, gate) as view:
        numbers = range(view.size) if about is None else view.find(about=about)
        for index in reversed(numbers[-number:]):
            record = found(view, str(index))
            click.echo(record.data.decode() if as_json else _line(record))
    return Exit.ALLOWED


def _line(record: Record) -> str:
    body = record.body
    said = body.get("verdict") or body.get("event") or ", ".join(body.get("fields", ()))
    what = f"{record.kind} {printable(record.about)} {printable(str(said))}"
    digest = f" {printable(record.decision)}" if record.decision else ""
    return f"{record.index:>6}  {printable(record.recorded_at)}  {what}{digest}"
