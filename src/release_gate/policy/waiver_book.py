"""The waivers that name an artifact, held against the facts and the day: which of them count, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.arithmetic import arithmetic
from release_gate.facts.ladder import GRANTED
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.policy.documents import Waivable
from release_gate.policy.model import Policy, Rule
from release_gate.scalars import looks_like

if TYPE_CHECKING:
    from release_gate.policy.waivers import Approval, Waiver, WaiverDocument

__all__ = ["WaiverBook", "orphans"]

SOON: Final = timedelta(days=14)
"""How long before its end a waiver is reported."""


@dataclass
class WaiverBook:
    """The waivers that name one artifact of a request, held against the facts of today.

    Attributes:
        waivers: Every waiver of the gate.
        request: The request.
        artifact: The artifact.
        model: The name of its model, if it is known.
        as_of: The day.
    """

    waivers: Iterable[Waiver]
    request: ReleaseRequest
    artifact: Artifact
    model: Any
    as_of: date
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.named = [
            each
            for each in self.waivers
            if each.said.artifact == self.artifact.id and each.said.model == self.model
        ]

    def excuse(self, policy: Policy, rule: Rule, *, unknown: bool) -> tuple[Waiver, str] | None:
        """The waiver that excuses a rule, and who has signed it; that for the most open rung, if several.

        Args:
            policy: The policy of the rule.
            rule: The rule that bites, or may bite.
            unknown: Whether it cannot be told whether it bites.
        """
        found = []
        for each in self.named:
            if each.said.rule == f"{policy.id}/{rule.id}" and not self.void(each, rule.document.waivable):
                self.used.add(each.said.id)
                if not unknown or each.said.excuses == "failure_and_unknown":
                    found.append(each)
        if not found:
            return None
        best = max(found, key=lambda each: (each.rung, each.said.id))
        return best, ", ".join(sorted(self.signers(best, rule.document.waivable)))

    def void(self, waiver: Waiver, waivable: Waivable | None) -> str:
        """Why a waiver does not count, or an empty string."""
        said = waiver.said
        if waivable is None:
            return f"{said.rule} cannot be waived"
        if (waiver.rung == GRANTED) is not (self.artifact.rung == GRANTED):
            return f"it is for {said.rung}, and this is about {self.artifact.wanted}"
        if said.expires is None:
            return "its expiry is not a date, so that it has expired"
        if said.expires < self.as_of:
            return f"it expired on {said.expires}"
        if self.artifact.digest.value != said.digest:
            return "it is for other content of the artifact, or the request does not say its digest"
        if not waiver.approvals:
            return "nobody has signed it as it stands"
        if not self.signers(waiver, waivable):
            reasons = sorted({self.invalid(each, said, waivable) for each in waiver.approvals})
            return "; ".join(reasons)
        return ""

    def signers(self, waiver: Waiver, waivable: Waivable | None) -> set[str]:
        """The persons whose signatures make a waiver count."""
        return {
            each.standing.person.id
            for each in waiver.approvals
            if waivable is not None and not self.invalid(each, waiver.said, waivable)
        }

    def invalid(self, approval: Approval, said: WaiverDocument, waivable: Waivable) -> str:
        """Why a signature does not make a waiver count, or an empty string."""
        person = approval.standing.person.id
        if approval.on > self.as_of:
            return f"the signature of {person} is dated in the future"
        if reason := approval.standing.lacking(waivable.by, approval.on, self.as_of):
            return reason
        if waivable.for_ is not None:
            end = arithmetic("+", approval.on, waivable.for_)
            if not isinstance(end, date) or said.expires is None or end < said.expires:
                return f"it is for longer than {waivable.for_}"
        asker = self.request.requester.id.value
        if not isinstance(asker, str):
            return "the request does not say who asks"
        return "who asks may not waive" if looks_like(asker, person) else ""

    def notes(self, policies: Sequence[Policy]) -> Iterator[str]:
        """What the owner of each waiver should know, after the artifact was judged."""
        if not self.named:
            return
        rules = {f"{policy.id}/{rule.id}": rule for policy in policies for rule in policy.rules}
        for each in sorted(self.named, key=lambda each: each.said.id):
            said = each.said
            head = f"the waiver {said.id} of {said.owner} for {self.artifact.id}"
            rule = rules.get(said.rule)
            if rule is None:
                hint = did_you_mean(said.rule, rules)
                yield f"{head} is for no rule in force: {printable(said.rule)}" + (
                    f"; {hint}" if hint else ""
                )
            elif reason := self.void(each, rule.document.waivable):
                yield f"{head} does not count: {reason}"
            elif said.id not in self.used:
                yield f"{head} is not needed: {said.rule} has nothing against it"
            elif said.expires is not None and said.expires - self.as_of <= SOON:
                yield f"{head} expires on {said.expires}"


def orphans(waivers: Iterable[Waiver], request: ReleaseRequest) -> Iterator[str]:
    """Waivers for an artifact of the request's own model that is not there, in the order of their names."""
    ids = {artifact.id for artifact in request.artifacts}
    models = {request.model.name.value, *(part.model.name.value for part in request.variants.values())}
    for each in sorted(waivers, key=lambda each: each.said.id):
        if each.said.model in models and each.said.artifact not in ids:
            yield f"the waiver {each.said.id} of {each.said.owner} is for no artifact of this request"
