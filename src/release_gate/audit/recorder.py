"""Recording: from a decision to a record in the ledger of a gate, attested if there is a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from release_gate.audit.addresses import Settings, open_ledger
from release_gate.audit.attestation import VERIFIER, attest
from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import Appended, Ledger, entries
from release_gate.audit.policies import record_policies
from release_gate.audit.record import Draft, decision_draft
from release_gate.audit.recorded_papers import NO_PAPERS_USED, PapersUsed, record_papers
from release_gate.audit.sensitive import Sensitive
from release_gate.audit.trace import trace_of
from release_gate.decision import Decision
from release_gate.diagnostics import Diagnostic, InputError
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.policy.model import Policy
from release_gate.signing import Signer

__all__ = ["Recorder", "record_event"]


class Recorder:
    """Records decisions of one gate."""

    def __init__(  # noqa: PLR0913 - what a gate has around its policies
        self,
        ledger: Ledger,
        policies: Sequence[Policy],
        *,
        log_key: Signer | None = None,
        signer: Signer | None = None,
        verifier: str = VERIFIER,
        papers: PapersUsed = NO_PAPERS_USED,
        sealing: tuple[Sensitive, Kept] | None = None,
    ) -> None:
        """Record into a ledger, by the policies and the papers of a gate, with the keys that sign.

        Args:
            ledger: The ledger.
            policies: The policies of the gate.
            log_key: The key that signs checkpoints.
            signer: The key that attests decisions.
            verifier: Who decides with that key.
            papers: The sign-offs and the waivers of the gate.
            sealing: The fields that are sensitive, and where what opens them is kept.
        """
        self.ledger, self.policies, self.papers = ledger, record_policies(policies), papers
        self.words, self.sealing = tuple(policies), sealing
        self.log_key, self.signer, self.verifier = log_key, signer, verifier

    @classmethod
    def open(cls, settings: Settings, gate: Gate) -> Recorder:
        """The recorder of a gate file.

        Raises:
            InputError: The ledger or a key cannot be used.
        """
        log_key, signer = settings.log_signer(), settings.signer()
        verifier = settings.verifier or VERIFIER
        papers = record_papers(gate.papers, settings.papers)
        sealing = settings.sealing()
        ledger = open_ledger(settings)
        return cls(
            ledger,
            gate.policies,
            log_key=log_key,
            signer=signer,
            verifier=verifier,
            papers=papers,
            sealing=sealing,
        )

    def record(self, decision: Decision, request: ReleaseRequest, now: datetime) -> Appended:
        """Record a decision, with its attestations. What is returned is on the disk.

        Args:
            decision: What was decided.
            request: What was judged: the request, after its claims were held against the evidence.
            now: The time, in UTC.

        Raises:
            InputError: It cannot be recorded, and was not.
        """
        return self.record_all([(decision, request)], now)

    def record_all(self, judged: Iterable[tuple[Decision, ReleaseRequest]], now: datetime) -> Appended:
        """Record decisions in one transaction, all of them or none. They share the write to the disk.

        Args:
            judged: What was decided, and what was judged, as :meth:`record` takes them.
            now: The time, in UTC.

        Raises:
            InputError: One of them cannot be recorded, and none was.
        """
        drafts = [self.draft(decision, request, now) for decision, request in judged]
        if self.sealing is None:
            return self.ledger.append(drafts, now, self.log_key)
        return _append_sealed(self.ledger, drafts, self.sealing[1], now, self.log_key)

    def draft(self, decision: Decision, request: ReleaseRequest, now: datetime) -> Draft:
        """What there is to record of a decision, with its attestations.

        What opens its sealed fields is on the disk when this returns.
        """
        request = request.on(decision.as_of)  # what the decision is about: later events are no part of it
        draft = decision_draft(
            decision, request, self.policies, self.papers, trace_of(decision, request, self.words)
        )
        if self.sealing is None:
            return self.attested(draft, decision, request, now)
        sensitive, kept = self.sealing
        sealed, disclosures = sensitive.seal(draft, self.words)
        attested = self.attested(sealed, decision, request, now)
        kept.keep(disclosures, _found_by(sealed))
        return attested

    def attested(self, draft: Draft, decision: Decision, request: ReleaseRequest, now: datetime) -> Draft:
        """A record with its attestations, if there is a key."""
        if self.signer is None or decision.hypothetical is not None:
            return draft
        told = str(draft.body["decision"]), str(draft.body["request"]["tree"])
        envelopes = attest(decision, request, [self.signer], now, self.verifier, told)
        return draft.attested(each.to_json() for each in envelopes)


def record_event(
    ledger: Ledger,
    draft: Draft,
    now: datetime,
    *,
    log_key: Signer | None = None,
    sealing: tuple[Sensitive, Kept] | None = None,
) -> Appended:
    """Record what happened. What is returned is on the disk.

    Args:
        ledger: The ledger.
        draft: The event.
        now: The time, in UTC.
        log_key: The key that signs checkpoints.
        sealing: The fields that are sensitive, and where what opens them is kept.

    Raises:
        InputError: It cannot be recorded, and was not.
    """
    on, today = str(draft.body["on"]), now.astimezone(UTC).date().isoformat()
    if on > today:  # nothing that was recorded is ever taken back
        message = f"an event of {on} cannot be recorded on {today}"
        raise InputError([Diagnostic("RG732", message, help="the day has not come yet, in UTC")])
    if sealing is not None:
        sensitive, kept = sealing
        draft, disclosures = sensitive.seal_event(draft)
        if disclosures.all:
            kept.keep(disclosures, _found_by(draft))
            return _append_sealed(ledger, [draft], kept, now, log_key)
    return ledger.append([draft], now, log_key)


def _append_sealed(
    ledger: Ledger, drafts: Sequence[Draft], kept: Kept, now: datetime, log_key: Signer | None
) -> Appended:
    """Append records whose disclosures are pending, and see to those that somebody left behind."""
    pending = [(str(draft.body["seal"]), _found_by(draft)) for draft in drafts]

    def recorded(seal: str, found_by: str) -> bool:
        if found_by.startswith("sha256:"):
            return bool(ledger.store.find(decision=found_by))
        numbers = ledger.store.find(about=found_by)
        found = (each for number in reversed(numbers) for each in entries(ledger.store, number, number + 1))
        return any(each.body.get("seal") == seal for each in found)

    kept.recover(recorded, now.timestamp())
    try:
        added = ledger.append(drafts, now, log_key)
    except InputError:
        with suppress(InputError):  # where it cannot be told, it stays pending
            for seal, found_by in pending:
                if not recorded(seal, found_by):
                    kept.forget(seal)
        raise
    for seal, found_by in pending:
        kept.confirm(seal, found_by)
    return added


def _found_by(sealed: Draft) -> str:
    """By what a sealed record is found: its decision, whose digest no other has, or else its request."""
    return str(sealed.body.get("decision", sealed.body["request"]["id"]))
