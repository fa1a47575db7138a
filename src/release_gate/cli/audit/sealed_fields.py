"""What the commands share that open or erase sealed fields."""

from __future__ import annotations

import click

from release_gate.audit.disclosures import Kept
from release_gate.audit.opening import is_sealed_record
from release_gate.audit.record import Record
from release_gate.diagnostics import Diagnostic, InputError, printable

__all__ = ["FIELDS", "listed", "needed", "seal"]

FIELDS = click.option(
    "--field",
    "fields",
    multiple=True,
    required=True,
    metavar="FIELD",
    help="A field of the request, as `requester.id`, with what is below it; repeatable.",
)


def seal(record: Record) -> str:
    """The seal of a record, by which what opens it is found."""
    if not is_sealed_record(record):
        message = f"nothing is sealed in record {record.index}"
        help_ = "it was recorded in the open, and a ledger only grows"
        raise InputError([Diagnostic("RG742", message, help=help_)])
    return str(record.body["seal"])


def needed(opens: Kept | None) -> Kept:
    """The disclosures, without which there is nothing to do."""
    if opens is None:
        raise click.UsageError("say where the disclosures are: in the gate file, or with --disclosures")
    return opens


def listed(fields: tuple[str, ...]) -> str:
    """Fields as messages name them."""
    return ", ".join(f"`{printable(each)}`" for each in fields)
