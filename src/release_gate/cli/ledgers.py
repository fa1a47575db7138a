"""What the commands that read a ledger share: where it is, and which record is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from release_gate.audit.addresses import Settings, open_view, settings_of
from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.record import Record
from release_gate.audit.view import View
from release_gate.cli.options import GATE_FILE
from release_gate.diagnostics import Diagnostic, InputError, printable

__all__ = ["DISCLOSURES", "GATE", "LEDGER", "address", "found", "kept", "settings", "viewed"]

LEDGER = click.option(
    "--ledger", metavar="PLACE", help="The ledger, a copy or an export.  [default: that of release-gate.yaml]"
)
GATE = click.option("--gate", type=click.Path(path_type=Path), help="The gate file that names the ledger.")
DISCLOSURES = click.option(
    "--disclosures",
    type=click.Path(path_type=Path),
    help="What opens sealed fields, a folder or a file.  [default: that of the gate file]",
)


def settings(gate: Path | None) -> Settings:
    """What the gate file says about its ledger."""
    path = gate or GATE_FILE
    if gate is None and not path.exists():
        raise click.UsageError(f"there is no release-gate.yaml here; say {_ways()}--gate FILE")
    return settings_of(path)


def _ways() -> str:
    """How a ledger is named without a gate file, by the command that runs."""
    named = {each.name for each in click.get_current_context().command.params}
    return "--ledger PLACE or " if "ledger" in named else "PLACE or " if "place" in named else ""


def address(place: str | None, gate: Path | None) -> str:
    """Where a log is: at the place that is named, or where the gate file says."""
    return place if place is not None else settings(gate).address


@contextmanager
def viewed(place: str | None, gate: Path | None) -> Iterator[View]:
    """A log to be read, from its place or from the gate file that names it."""
    view = open_view(address(place, gate))
    try:
        yield view
    finally:
        view.close()


def found(view: View, which: str) -> Record:
    """The record that somebody names: by its number, by the digest of its decision, or by the request.

    Of several, the newest.
    """
    if which.isascii() and which.isdigit() and len(which) < 16:
        numbers = [int(which)] if int(which) < view.size else []
    elif which.startswith("sha256:"):
        numbers = view.find(decision=which)
    else:
        numbers = view.find(about=which)
    for record in entries(view, numbers[-1], numbers[-1] + 1) if numbers else ():
        return record
    help_ = "name a number, the digest of a decision, or a request"
    raise InputError([Diagnostic("RG738", f"there is no record `{printable(which)}`", help=help_)])


def kept(disclosures: Path | None, ledger: str | None, gate: Path | None) -> Kept | None:
    """What opens sealed fields; None if nothing is said of it."""
    if disclosures is None:
        told = settings(gate).disclosures if ledger is None else None
        return Kept(told) if told is not None else None
    if not disclosures.exists():
        raise click.UsageError(f"there are no disclosures at `{printable(disclosures.as_posix())}`")
    return Kept(disclosures)
