"""``release-gate event``: record what happened after a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from release_gate.audit.addresses import open_ledger
from release_gate.audit.lifecycle import WORDS, Event, event_draft
from release_gate.audit.recorder import record_event
from release_gate.cli import Exit
from release_gate.cli.clock import day_option
from release_gate.cli.ledgers import GATE, settings
from release_gate.cli.recording import unless_recorded
from release_gate.facts.ladder import RUNGS


@click.command(epilog=f"WORD is {', '.join(WORDS)}.")
@click.argument("word", metavar="WORD", type=click.Choice(list(WORDS)))
@click.argument("request")
@click.option("--artifact", help="The artifact; all of them, if not said.")
@click.option("--rung", type=click.Choice(list(RUNGS)), help="The rung at which it is open now.")
@click.option("--duty", metavar="POLICY/RULE", help="The duty that is done.")
@click.option("--to", metavar="WHO", help="Who got access, or lost it.")
@click.option("--note", help="What else there is to say.")
@click.option("--by", metavar="WHO", help="Who says so.")
@day_option("--as-of", help="The day on which it happened.")
@GATE
def event(  # noqa: PLR0913, PLR0917 - one argument for each option
    word: str,
    request: str,
    artifact: str | None,
    rung: str | None,
    duty: str | None,
    to: str | None,
    note: str | None,
    by: str | None,
    as_of: date,
    gate: Path | None,
) -> int:
    """Record that WORD happened to REQUEST, on the day --as-of."""
    told = settings(gate)
    ledger = open_ledger(told)
    try:
        happened = Event(word, as_of, request, artifact, rung, duty, to, note, by)
        with unless_recorded("nothing was recorded"):
            draft, sealing = event_draft(ledger.store, happened), told.sealing()
            added = record_event(ledger, draft, datetime.now(UTC), log_key=told.log_signer(), sealing=sealing)
    finally:
        ledger.store.close()
    click.echo(f"recorded as {added.records[0].index}: {request} {word} on {as_of}")
    return Exit.ALLOWED
