"""The requests that a ledger knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.lifecycle import Event
from release_gate.audit.record import Record
from release_gate.audit.replay import recorded_request
from release_gate.audit.view import View
from release_gate.facts.events import MOVES, WORDS
from release_gate.facts.release import ReleaseRequest

__all__ = ["known_requests"]


def known_requests(view: View, day: date, kept: Kept | None = None) -> Iterator[ReleaseRequest]:
    """The releases that were decided about by a day: as the newest decision has each, with events since then.

    Args:
        view: The log.
        day: The day.
        kept: What opens sealed fields.

    Raises:
        Erased: One was sealed, and what opens it is not there.
        IntegrityError: A record does not hold its request.
    """
    newest: dict[str, Record] = {}
    since: dict[str, list[Event]] = {}
    for record in entries(view):
        if record.kind == "decision" and str(record.as_of) <= day.isoformat():
            newest[record.about] = record
            since[record.about] = []
        elif record.kind == "event" and record.about in since:
            since[record.about].append(Event.of(record))
    for record in newest.values():
        request = recorded_request(view, record, kept)
        if request.SUBJECT == ReleaseRequest.SUBJECT:
            events = [_told(event) for event in since[record.about] if event.word in WORDS]
            tree: Any = request.tree
            yield ReleaseRequest.model_validate({**tree, "events": events}).on(day) if events else request


def _told(event: Event) -> dict[str, Any]:
    """An event of a ledger as one of a request. What it changed and does not say is unknown from then on."""
    facts: dict[str, Any] = {}
    if event.word == "license_changed":
        which = "artifact" if event.artifact is None else f"artifacts[{event.artifact}]"
        facts = {f"{which}.license": {"unknown": "missing"}, f"{which}.terms": {}}
    elif event.word == "safeguard_changed":
        facts = {"safeguards": {"unknown": "missing"}}
    elif event.word == "incident":
        facts = {"incidents": {"unknown": "missing"}}
    said = {"artifact": event.artifact, "rung": event.rung if event.word in MOVES else None}
    told = {name: value for name, value in said.items() if value is not None}
    return {"on": event.on.isoformat(), "event": event.word, **told, "facts": facts}
