"""Who must sign, who has signed, and which signatures count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from release_gate.facts.arithmetic import arithmetic
from release_gate.facts.ladder import ALL_RUNGS, GRANTED
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.sign_off import SignOff
from release_gate.facts.truth import Step
from release_gate.policy.documents import SignOffAsked
from release_gate.policy.papers import NO_PAPERS, Papers, Signed
from release_gate.scalars import looks_like

__all__ = ["Asked", "SignOffBook"]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a sign-off that a rule asks for stands: who has given it, how many lack, what does not count."""

    given: tuple[str, ...]
    lacking: int
    void: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign-off, and the signature under it, if there is one."""

    said: SignOff
    signed: Signed | None = None

    def __str__(self) -> str:
        return f"{self.said.person} as {self.said.role}"


class SignOffBook:
    """The sign-offs of a request for one artifact, judged against the digests of today.

    Those with a signature come from the papers of the gate. Those that stand in the request have none, and
    count for an approval only where the gate lets them; an objection counts whoever wrote it.
    """

    def __init__(
        self,
        request: ReleaseRequest,
        artifact: Artifact,
        policies_digest: str,
        as_of: date,
        papers: Papers = NO_PAPERS,
    ) -> None:
        self.request, self.policies_digest, self.as_of = request, policies_digest, as_of
        self.artifact, self.papers = artifact, papers
        signed = [
            Entry(each.said, each)
            for each in papers.signed
            if each.request == request.id and _about(each.said, artifact)
        ]
        self.all = signed + [Entry(each) for each in request.sign_offs if _about(each, artifact)]
        self.recused = {
            each.said.person for each in self.all if each.said.word == "recuse" and self.speaks(each)
        }

    def speaks(self, each: Entry) -> bool:
        """Whether what somebody says to keep a door closed counts on this day."""
        said = each.said
        known = each.signed is None or not each.signed.standing.lacking(None, said.on)
        return known and said.on <= self.as_of and (said.expires is None or self.as_of <= said.expires)

    def objections(self) -> list[SignOff]:
        """Objections and reversals that count, each from the rung that it names upwards.

        One that does not say which request or policies it saw, objects to all.
        """
        return [each.said for each in self.all if self.is_against(each) and self.is_of_today(each.said)]

    def lapsed(self) -> Iterator[str]:
        """Objections and reversals that would count, had nothing changed, and what each was about."""
        for each in self.all:
            if self.is_against(each) and not self.is_of_today(each.said):
                yield f"{_word(each)}, about another version of the request or under other policies"
        for signed in self.papers.signed:
            entry = Entry(signed.said, signed)
            same = signed.artifact_digest is not None and signed.artifact_digest == self.artifact_digest
            if signed.request != self.request.id and same and self.is_against(entry):
                yield f"{_word(entry)} of the same content, in the request {signed.request}"

    def is_against(self, each: Entry) -> bool:
        """Whether somebody wants a door kept closed, about whatever version."""
        return each.said.word in ("object", "reverse") and self.speaks(each)

    def is_of_today(self, said: SignOff) -> bool:
        """Whether somebody speaks about the request and the policies as they are."""
        is_asked = said.request in (None, self.request.proposal_digest)
        return is_asked and said.policies in (None, self.policies_digest)

    def asked(self, spec: SignOffAsked, rung: Step) -> Asked:
        """How a sign-off stands at a rung. One person counts once."""
        roles = spec.roles
        voids: list[str] = []
        by_role: dict[str, list[str]] = {role: [] for role in roles}
        advised = self.recommended(spec, rung)
        for each in self.all:
            if each.said.word != "approve" or each.said.role not in by_role:
                continue
            if reason := self.void(each, spec, rung):
                voids.append(f"{each}: {reason}")
            elif advised is not None and each.said.on < advised:
                voids.append(f"{each}: it came before {spec.after_recommendation} recommended it")
            else:
                by_role[each.said.role].append(each.said.person)
        if spec.after_recommendation is not None and advised is None:
            voids.append(f"{spec.after_recommendation} has not recommended it")
            by_role = {role: [] for role in roles}
        given = _match(roles, by_role)
        return Asked(tuple(sorted(given)), len(roles) - len(given), tuple(sorted(set(voids))))

    def recommended(self, spec: SignOffAsked, rung: Step) -> date | None:
        """Since when the role that has to has recommended this very proposal at a rung; None if it has not.

        Who may not sign may not recommend either, and a recommendation gets as old as what follows it.
        """
        role = spec.after_recommendation
        found = (each for each in self.all if each.said.word == "recommend" and each.said.role == role)
        return min((each.said.on for each in found if not self.void(each, spec, rung)), default=None)

    def unbound(self, each: Entry) -> str:
        """Why a sign-off is not one for this request today, or an empty string."""
        said, signed = each.said, each.signed
        if said.person in self.recused:
            return "they have recused themselves"
        if signed is None and not self.papers.unsigned_count:
            return "it is not signed, and this gate counts signed ones only"
        if said.on > self.as_of:
            return "it is dated in the future"
        if said.expires is not None and said.expires < self.as_of:
            return f"it expired on {said.expires}"
        if reason := self.elsewhere(said, signed):
            return reason
        return "" if signed is None else signed.standing.lacking(said.role, said.on, self.as_of)

    def elsewhere(self, said: SignOff, signed: Signed | None) -> str:
        """What a sign-off is for, if that is not what lies before us, or an empty string."""
        if (said.rung == GRANTED.name) is not (self.artifact.rung == GRANTED):
            return f"it is for {said.rung}, and this is about {self.artifact.wanted}"
        if said.request is None or said.policies is None:
            return "it does not say which request and which policies were seen"
        if signed is not None and signed.artifact_digest != self.artifact_digest:
            return "it is for other content of the artifact"
        if said.request != self.request.proposal_digest:
            return "it is for another version of this request"
        return "" if said.policies == self.policies_digest else "it was given under other policies"

    @property
    def artifact_digest(self) -> str | None:
        """The digest of the artifact, if the request says it."""
        value = self.artifact.digest.value
        return value if isinstance(value, str) else None

    def unsigned(self) -> list[str]:
        """The persons in whose name an unsigned sign-off counts."""
        return sorted(
            {
                each.said.person
                for each in self.all
                if each.signed is None
                and each.said.word in ("approve", "recommend")
                and not self.unbound(each)
            }
        )

    def void(self, each: Entry, spec: SignOffAsked, rung: Step) -> str:
        """Why a sign-off does not count for a rule at a rung, or an empty string."""
        if reason := self.unbound(each):
            return reason
        if ALL_RUNGS[each.said.rung] < rung:
            return f"it is for {each.said.rung} only"
        if spec.max_age is not None:
            end = arithmetic("+", each.said.on, spec.max_age)
            if not isinstance(end, date) or end < self.as_of:
                return f"it is older than {spec.max_age}"
        return self.excluded(each.said.person, spec)

    def excluded(self, person: str, spec: SignOffAsked) -> str:
        """Why a person may not sign for a rule, or an empty string. Who cannot be told apart may not."""
        if "requester" in spec.not_:
            asker = self.request.requester.id.value
            if not isinstance(asker, str):
                return "the request does not say who asks"
            if looks_like(asker, person):
                return "who asks may not sign"
        if "assessor" in spec.not_:
            assessors = self.request.assessors
            known = {fact.value for fact in assessors.items}
            if assessors.unknown is not None or not assessors.complete:
                return "the request does not say who assessed it"
            if any(not isinstance(each, str) or looks_like(each, person) for each in known):
                return "who assessed it may not sign"
        return ""


def _word(each: Entry) -> str:
    return f"{each} has said `{each.said.word}` from {each.said.rung} on {each.said.on}"


def _about(said: SignOff, artifact: Artifact) -> bool:
    """Whether somebody speaks about an artifact. Who recuses themselves does so for the whole request."""
    return said.word == "recuse" or said.artifact == artifact.id


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
