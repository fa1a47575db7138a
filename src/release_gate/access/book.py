"""Decisions about access in the ledger of a gate."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from release_gate.access.queue import Reviewed
from release_gate.audit.addresses import settings_of
from release_gate.audit.ledger import Appended
from release_gate.audit.lifecycle import Event, event_draft
from release_gate.audit.recorder import Recorder, record_event
from release_gate.gate.gate import Gate

__all__ = ["LedgerBook"]


class LedgerBook:
    """Records decisions about access, and who got it by them.

    Attributes:
        newest: What was recorded last.
    """

    def __init__(self, path: Path, gate: Gate) -> None:
        """Open the ledger that a gate file names.

        Raises:
            InputError: It names none, or it cannot be used.
        """
        settings = settings_of(path)
        names = settings.sensitive
        self._hidden = "event.to" not in names and ("requester.id" in names or "requester" in names)
        self._sealing = settings.sealing()
        self._recorder = Recorder.open(settings, gate)
        self.newest: Appended | None = None

    def granted(self, reviewed: Reviewed) -> None:
        """Record a decision, and that access is granted by it."""
        assert reviewed.decision is not None  # noqa: S101 - who is granted access was judged
        assert reviewed.request is not None  # noqa: S101 - as above
        self._recorder.record(reviewed.decision, reviewed.request, datetime.now(UTC))
        to = self._named(reviewed.asked.id, reviewed.asked.account)
        self._event(Event("granted", reviewed.decision.as_of, reviewed.asked.id, to=to))

    def revoked(self, request: str, who: str | None, on: date, note: str) -> None:
        """Record that somebody has no access any more."""
        self._event(Event("revoked", on, request, to=self._named(request, who), note=note))

    def close(self) -> None:
        """Close the ledger."""
        self._recorder.ledger.store.close()

    def _event(self, happened: Event) -> None:
        ledger, key = self._recorder.ledger, self._recorder.log_key
        draft = event_draft(ledger.store, happened)
        self.newest = record_event(ledger, draft, datetime.now(UTC), log_key=key, sealing=self._sealing)

    def _named(self, request: str, who: str | None) -> str:
        """The account; where requests seal it and events do not, the request, which names nobody."""
        return request if who is None or self._hidden else who
