"""Who must sign, who has signed, and which signatures count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import Artifact, ReleaseRequest, SignOff
from release_gate.facts.truth import Step, arithmetic
from release_gate.policy.documents import SignOffAsked

__all__ = ["Asked", "SignOffBook"]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a sign-off that a rule asks for stands: who has given it, how many lack, what does not count."""

    given: tuple[str, ...]
    lacking: int
    void: tuple[str, ...]


class SignOffBook:
    """The sign-offs of a request for one artifact, judged against the digests of today."""

    def __init__(
        self, request: ReleaseRequest, artifact: Artifact, policies_digest: str, as_of: date
    ) -> None:
        self.request, self.policies_digest, self.as_of = request, policies_digest, as_of
        self.all = [each for each in request.sign_offs if each.artifact == artifact.id]

    def objections(self, rung: Step) -> list[SignOff]:
        """Objections and reversals that count at a rung: from the rung they name upwards.

        One that does not say which request or policies it saw, objects to all.
        """
        return [
            each
            for each in self.all
            if each.word in ("object", "reverse")
            and rung >= RUNGS[each.rung]
            and each.request in (None, self.request.proposal_digest)
            and each.policies in (None, self.policies_digest)
            and each.on <= self.as_of
            and (each.expires is None or self.as_of <= each.expires)
        ]

    def asked(self, spec: SignOffAsked, rung: Step) -> Asked:
        """How a sign-off stands at a rung. One person counts once."""
        roles = spec.roles
        voids: list[str] = []
        by_role: dict[str, list[str]] = {role: [] for role in roles}
        for each in self.all:
            if each.word != "approve" or each.role not in by_role:
                continue
            if reason := self.void(each, spec, rung):
                voids.append(f"{each.person} as {each.role}: {reason}")
            else:
                by_role[each.role].append(each.person)
        if spec.after_recommendation is not None and not self.recommended(spec.after_recommendation):
            voids.append(f"{spec.after_recommendation} has not recommended it")
            by_role = {role: [] for role in roles}
        given = _match(roles, by_role)
        return Asked(tuple(sorted(given)), len(roles) - len(given), tuple(sorted(set(voids))))

    def recommended(self, role: str) -> bool:
        """Whether a role has recommended this very proposal."""
        return any(
            each.word == "recommend" and each.role == role and not self.unbound(each) for each in self.all
        )

    def unbound(self, each: SignOff) -> str:
        """Why a sign-off is not one for this request today, or an empty string."""
        if each.request is None or each.policies is None:
            return "it does not say which request and which policies were seen"
        if each.request != self.request.proposal_digest:
            return "it is for another version of this request"
        if each.policies != self.policies_digest:
            return "it was given under other policies"
        if each.on > self.as_of:
            return "it is dated in the future"
        if each.expires is not None and each.expires < self.as_of:
            return f"it expired on {each.expires}"
        return ""

    def void(self, each: SignOff, spec: SignOffAsked, rung: Step) -> str:
        """Why a sign-off does not count for a rule at a rung, or an empty string."""
        if reason := self.unbound(each):
            return reason
        if RUNGS[each.rung] < rung:
            return f"it is for {each.rung} only"
        if spec.max_age is not None:
            end = arithmetic("+", each.on, spec.max_age)
            if not isinstance(end, date) or end < self.as_of:
                return f"it is older than {spec.max_age}"
        return self.excluded(each.person, spec)

    def excluded(self, person: str, spec: SignOffAsked) -> str:
        """Why a person may not sign for a rule, or an empty string. Who cannot be told apart may not."""
        if "requester" in spec.not_:
            asker = self.request.requester.id.value
            if not isinstance(asker, str):
                return "the request does not say who asks"
            if asker == person:
                return "who asks may not sign"
        if "assessor" in spec.not_:
            assessors = self.request.assessors
            known = {fact.value for fact in assessors.items}
            if assessors.unknown is not None or not assessors.complete:
                return "the request does not say who assessed it"
            if person in known or any(not isinstance(each, str) for each in known):
                return "who assessed it may not sign"
        return ""


def _match(roles: Sequence[str], people: dict[str, list[str]]) -> set[str]:
    """As many roles as can be filled, each by another person (augmenting paths)."""
    filled: dict[str, int] = {}

    def place(seat: int, tried: set[str]) -> bool:
        for person in sorted(set(people[roles[seat]])):
            if person in tried:
                continue
            tried.add(person)
            if person not in filled or place(filled[person], tried):
                filled[person] = seat
                return True
        return False

    for seat in range(len(roles)):
        place(seat, set())
    return set(filled)
