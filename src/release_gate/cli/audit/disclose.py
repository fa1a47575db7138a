"""``release-gate audit disclose``: show a sealed field to somebody."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.disclosures import to_json
from release_gate.cli import Exit
from release_gate.cli.audit.sealed_fields import FIELDS, listed, needed, seal
from release_gate.cli.ledgers import DISCLOSURES, GATE, LEDGER, found, kept, viewed
from release_gate.diagnostics import Diagnostic, InputError


@click.command()
@click.argument("which")
@FIELDS
@DISCLOSURES
@LEDGER
@GATE
def disclose(
    which: str, fields: tuple[str, ...], disclosures: Path | None, ledger: str | None, gate: Path | None
) -> int:
    """Print what opens some sealed fields of the record WHICH, and nothing else of it.

    Whoever has the record verifies it with `audit verify --disclosures FILE`.
    """
    opens = needed(kept(disclosures, ledger, gate))
    with viewed(ledger, gate) as view:
        record = found(view, which)
    told = opens.find(seal(record)).only(fields)
    if not told.all:
        message = f"nothing is disclosed of {listed(fields)} in record {record.index}"
        help_ = "it is not sealed there by itself, was never stated, or was erased"
        raise InputError([Diagnostic("RG742", message, help=help_)])
    click.echo(to_json(told))
    return Exit.ALLOWED
