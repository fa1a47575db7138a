"""``release-gate status``: where a release stands."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from release_gate.audit.lifecycle import standing
from release_gate.cli import Exit
from release_gate.cli.clock import day_option
from release_gate.cli.ledgers import DISCLOSURES, GATE, LEDGER, kept, viewed
from release_gate.diagnostics import printable
from release_gate.escape import json_text, log_line


@click.command()
@click.argument("model")
@day_option("--as-of", help="The day to look at.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@DISCLOSURES
@LEDGER
@GATE
def status(
    model: str, as_of: date, output: str, disclosures: Path | None, ledger: str | None, gate: Path | None
) -> int:
    """Show where MODEL, a request or the name of a model, stands on a day."""
    with viewed(ledger, gate) as view:
        found = standing(view, model, as_of, kept(disclosures, ledger, gate))
    if output == "json":
        click.echo(json_text([asdict(each) for each in found]))
    else:
        for each in found:
            open_at = f"open at {each.access}" if each.access else "not released"
            paused = ", paused" if each.paused else ""
            click.echo(f"{each.request}/{each.artifact}: {open_at}{paused}")
            click.echo(f"  asked for {each.asked}: {each.verdict}")
            if not each.allowed:
                click.echo(f"  NOT ALLOWED: the decision does not allow {each.access}")
            if each.irrevocable:
                click.echo(f"  copies are out for good: {each.irrevocable}")
            if each.access_of:
                click.echo(log_line(f"  access: {printable(', '.join(each.access_of), 1000)}"))
            for happened in each.history:
                rung = f" at {happened.rung}" if happened.rung else ""
                note = f": {printable(happened.note)}" if happened.note else ""
                click.echo(log_line(f"  {happened.on}  {happened.word}{rung}{note}"))
    return Exit.ALLOWED
