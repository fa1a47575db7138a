"""``release-gate due``: what is owed, by whom, and when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from release_gate.audit.lifecycle import calendar, duties
from release_gate.cli import Exit
from release_gate.cli.clock import day_option
from release_gate.cli.ledgers import GATE, LEDGER, viewed
from release_gate.diagnostics import counted, printable
from release_gate.escape import json_text


@click.command()
@day_option("--as-of", help="The day to look from.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "ics"]), default="text", show_default=True)
@LEDGER
@GATE
def due(as_of: date, output: str, ledger: str | None, gate: Path | None) -> int:
    """Show the duties of all releases, soonest first: as text, JSON, or iCalendar."""
    with viewed(ledger, gate) as view:
        owed = duties(view, as_of)
    if output == "ics":
        click.echo(calendar(owed), nl=False)
    elif output == "json":
        click.echo(json_text([asdict(each) for each in owed]))
    else:
        for each in owed:
            when = str(each.due) if each.due else each.when
            click.echo(f"{each.state:<8} {when:<12} {printable(each.owner)}: {printable(each.duty)}")
            click.echo(f"         {each.request}/{each.artifact}, by {each.rule}")
        overdue = sum(each.state == "overdue" for each in owed)
        click.echo(f"{counted(len(owed), 'duty', 'duties')}, {overdue} overdue")
    return Exit.ALLOWED
