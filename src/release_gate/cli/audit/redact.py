"""``release-gate audit redact``: erase a sealed field for good."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from release_gate.audit.addresses import open_ledger
from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.opening import is_sealed_record
from release_gate.audit.record import Draft, Record
from release_gate.audit.view import View
from release_gate.cli import Exit
from release_gate.cli.audit.sealed_fields import FIELDS, listed, needed, seal
from release_gate.cli.ledgers import GATE, found, settings, viewed
from release_gate.cli.recording import unless_recorded
from release_gate.diagnostics import Diagnostic, InputError, counted


@click.command()
@click.argument("which")
@FIELDS
@GATE
def redact(which: str, fields: tuple[str, ...], gate: Path | None) -> int:
    """Erase sealed fields of the record WHICH, or of every record about the request WHICH, for good.

    Erases the values with their salts from the disclosures, and everything else there that may show them. The
    record and every proof stay as they are, and the ledger gets a record of what was erased. Copies of the
    disclosures, such as backups, are yours to erase.
    """
    told = settings(gate)
    opens = needed(Kept(told.disclosures) if told.disclosures is not None else None)
    with viewed(None, gate) as view:
        records = _all_about(view, which)
    counts = [(each, opens.erasable(seal(each), fields)) for each in records]
    there = [(each, count) for each, count in counts if count]
    if not there:
        message = f"nothing is left to erase of {listed(fields)}"
        help_ = "what was recorded in the open cannot be erased; mark the field as `sensitive` before"
        raise InputError([Diagnostic("RG742", message, help=help_)])
    now = datetime.now(UTC)
    opened = open_ledger(told)
    try:
        # Recorded first, since a full disk could else leave an erasure that nobody knows of.
        with unless_recorded("nothing was recorded, and nothing was erased"):
            added = opened.append([_draft(each, fields, now) for each, _ in there], now, told.log_signer())
    finally:
        opened.store.close()
    for each, count in there:
        opens.erase(seal(each), fields)
        click.echo(f"erased {counted(count, 'value')} of record {each.index}")
    click.echo(f"keep this checkpoint where the ledger is not:\n{added.checkpoint}", err=True)
    return Exit.ALLOWED


def _draft(record: Record, fields: tuple[str, ...], now: datetime) -> Draft:
    body: dict[str, Any] = {
        "kind": "redaction",
        "on": now.date().isoformat(),
        "request": {"id": record.about},
        "of": record.index,
        "fields": sorted(set(fields)),
    }
    return Draft(body)


def _all_about(view: View, which: str) -> list[Record]:
    """The record that is named, or all with sealed fields about the request that is."""
    one = found(view, which)
    if which.isdigit() or which.startswith("sha256:"):
        return [one]
    records = (each for number in view.find(about=which) for each in entries(view, number, number + 1))
    return [each for each in records if is_sealed_record(each)] or [one]
