"""``release-gate audit log``: what is recorded, newest first."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.record import Record
from release_gate.cli import Exit
from release_gate.cli.ledgers import GATE, LEDGER, found, viewed
from release_gate.cli.outputs import Output, emit_lines, output_option
from release_gate.diagnostics import printable


@click.command()
@LEDGER
@GATE
@click.option("--about", metavar="REQUEST", help="Only records about this request.")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@output_option("text", "json")
def log(ledger: str | None, gate: Path | None, about: str | None, number: int, outputs: list[Output]) -> int:
    """List records, newest first."""
    with viewed(ledger, gate) as view:
        numbers = range(view.size) if about is None else view.find(about=about)
        records = [found(view, str(index)) for index in reversed(numbers[-number:])]
    for form, path in outputs:
        emit_lines((each.data.decode() if form == "json" else _line(each) for each in records), path)
    return Exit.ALLOWED


def _line(record: Record) -> str:
    body = record.body
    said = body.get("verdict") or body.get("event") or ", ".join(body.get("fields", ()))
    what = f"{record.kind} {printable(record.about)} {printable(str(said))}"
    digest = f" {printable(record.decision)}" if record.decision else ""
    return f"{record.index:>6}  {printable(record.recorded_at)}  {what}{digest}"
