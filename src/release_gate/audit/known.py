"""The requests that a ledger knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.record import Record
from release_gate.audit.replay import recorded_request
from release_gate.audit.view import View
from release_gate.facts.release import ReleaseRequest

__all__ = ["known_requests"]


def known_requests(view: View, day: date, kept: Kept | None = None) -> Iterator[ReleaseRequest]:
    """The releases that were decided about by a day, each as its newest decision has it.

    Args:
        view: The log.
        day: The day.
        kept: What opens sealed fields.

    Raises:
        Erased: One was sealed, and what opens it is not there.
        IntegrityError: A record does not hold its request.
    """
    newest: dict[str, Record] = {}
    for record in entries(view):
        if record.kind == "decision" and str(record.as_of) <= day.isoformat():
            newest[record.about] = record
    for record in newest.values():
        request = recorded_request(view, record, kept)
        if request.SUBJECT == ReleaseRequest.SUBJECT:
            yield request
