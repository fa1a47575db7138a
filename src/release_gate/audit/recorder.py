"""Recording: from a decision to a record in the ledger of a gate, attested if there is a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from release_gate.audit.attestation import VERIFIER, attest
from release_gate.audit.ledger import Appended, Ledger
from release_gate.audit.papers import NO_PAPERS_USED, PapersUsed, record_papers
from release_gate.audit.places import Settings, open_ledger
from release_gate.audit.policies import record_policies
from release_gate.audit.record import Draft, decision_draft
from release_gate.decision import Decision
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.policy.model import Policy
from release_gate.signing import Signer

__all__ = ["Recorder"]


class Recorder:
    """Records decisions of one gate."""

    def __init__(
        self,
        ledger: Ledger,
        policies: Sequence[Policy],
        *,
        log_key: Signer | None = None,
        signer: Signer | None = None,
        verifier: str = VERIFIER,
        papers: PapersUsed = NO_PAPERS_USED,
    ) -> None:
        """Record into a ledger, by the policies and the papers of a gate, with the keys that sign."""
        self.ledger, self.policies, self.papers = ledger, record_policies(policies), papers
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
        ledger = open_ledger(settings)
        return cls(ledger, gate.policies, log_key=log_key, signer=signer, verifier=verifier, papers=papers)

    def record(self, decision: Decision, request: ReleaseRequest, now: datetime) -> Appended:
        """Record a decision, with its attestations. What is returned is on the disk.

        Args:
            decision: What was decided.
            request: What was judged: the request, after its claims were held against the evidence.
            now: The time, in UTC.

        Raises:
            InputError: It cannot be recorded, and was not.
        """
        return self.ledger.append([self.draft(decision, request, now)], now, self.log_key)

    def draft(self, decision: Decision, request: ReleaseRequest, now: datetime) -> Draft:
        """What there is to record of a decision, with its attestations."""
        draft = decision_draft(decision, request, self.policies, self.papers)
        if self.signer is None or decision.hypothetical is not None:
            return draft
        digest = str(draft.body["decision"])
        envelopes = attest(decision, request, [self.signer], now, self.verifier, digest)
        return draft.attested(each.to_json() for each in envelopes)
