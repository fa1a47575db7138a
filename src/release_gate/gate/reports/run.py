"""What a run of the gate came to: an outcome for every request, read again as often as a report needs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any, Final, Self

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict, in_words, worst
from release_gate.diagnostics import Diagnostic, Severity
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.sign_off import SignOff
from release_gate.facts.types import Fact
from release_gate.policy.papers import NO_PAPERS, Papers

__all__ = ["About", "Edge", "Outcome", "Run", "Said", "at_stake"]

_IN_MEMORY: Final = 16 * 1024 * 1024
_HOLDS_BACK: Final = {
    "RG903": "the policy was loosened in the same change",
    "RG905": "it would not be decided so today",
}
"""Warnings with which nothing is let through, whatever the verdict, and why."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What a model stands on, and how."""

    child: str | None
    parent: str
    relation: str
    license: str


@dataclass(frozen=True, slots=True)
class Said:
    """A sign-off: what somebody said, and whether they have signed it."""

    person: str
    role: str
    word: str
    artifact: str
    rung: str
    on: str
    expires: str | None
    signed: bool

    @classmethod
    def of(cls, said: SignOff, *, signed: bool) -> Said:
        """Take from a sign-off what reports show."""
        expires = said.expires.isoformat() if said.expires else None
        return cls(
            said.person, said.role, said.word, said.artifact, said.rung, said.on.isoformat(), expires, signed
        )


@dataclass(frozen=True, slots=True)
class About:
    """What a reader wants to know about a request besides the decision. Texts are as they were written."""

    title: str
    action: str
    model: str
    developer: str
    requester: str
    kinds: dict[str, str]
    lineage: tuple[Edge, ...]
    lineage_complete: bool
    sign_offs: tuple[Said, ...]

    @classmethod
    def of(cls, request: ReleaseRequest, papers: Papers = NO_PAPERS) -> About:
        """Take from a request, and from what was signed about it, what reports show."""
        return cls(
            title=request.title or request.id,
            action=request.action,
            model=_word(request.model.name),
            developer=_word(request.developer.name),
            requester=_word(request.requester.id),
            kinds={artifact.id: artifact.kind for artifact in request.artifacts},
            lineage=tuple(
                Edge(edge.child, edge.parent, _word(edge.relation), _word(edge.license))
                for edge in request.lineage.items
            ),
            lineage_complete=request.lineage.complete and request.lineage.unknown is None,
            sign_offs=(
                *(Said.of(each.said, signed=True) for each in papers.signed if each.request == request.id),
                *(Said.of(each, signed=False) for each in request.sign_offs),
            ),
        )


def _word(fact: Fact) -> str:
    return in_words(fact.value)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request came to: a decision, or the diagnostics that say why there is none.

    Attributes:
        file: The name of the file.
        decision: The decision, if the request could be judged.
        about: What the request says, if it could be read.
        diagnostics: What is wrong with it; warnings may stand beside a decision.
        digest: The digest of the decision, made once, because it takes a third of the time of deciding.
    """

    file: str
    decision: Decision | None = None
    about: About | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    digest: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", self.decision.digest if self.decision is not None else None)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, or None if nothing was decided."""
        return self.decision.verdict if self.decision is not None else None

    @property
    def invalid(self) -> bool:
        """Whether nothing could be decided. Warnings that are about no request have no decision either."""
        return self.decision is None and any(found.severity is Severity.ERROR for found in self.diagnostics)

    @property
    def held_back(self) -> tuple[str, ...]:
        """Why the decision lets nothing through, whatever its verdict; each reason once."""
        asked = "the policies of another day were asked for"
        hypothetical = self.decision is not None and self.decision.hypothetical is not None
        found = (_HOLDS_BACK[each.code] for each in self.diagnostics if each.code in _HOLDS_BACK)
        return tuple(dict.fromkeys((*([asked] if hypothetical else []), *found)))

    def holds_back(self, verdict: Verdict) -> bool:
        """Whether a verdict would allow the release, if nothing held it back."""
        return verdict.allows and bool(self.held_back)

    @property
    def rank(self) -> int:
        """How bad it is: 0 for the best. A request that could not be judged is worse than a denied one."""
        return self.decision.verdict.rank if self.decision is not None else len(Verdict)

    @property
    def name(self) -> str:
        """The id of the request, or the name of the file if there is no decision."""
        return self.decision.request.id if self.decision is not None else self.file


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an outcome is kept, and what must be known of it without reading it."""

    start: int
    rank: int
    told: bool


class Run:
    """Outcomes in the order of the requests. Kept in a temporary file as soon as they are large."""

    def __init__(self) -> None:
        self._spool: Any = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - lives as long as the run
        self._at: list[_Place] = []
        self.verdict = Verdict.APPROVE
        self.invalid = 0
        self.held_back: tuple[str, ...] = ()
        self.told: Outcome | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, outcome: Outcome) -> None:
        """Take in the outcome of one more request."""
        self._spool.seek(0, 2)
        self._at.append(_Place(self._spool.tell(), outcome.rank, bool(outcome.diagnostics)))
        pickle.dump(outcome, self._spool, pickle.HIGHEST_PROTOCOL)
        self.held_back = tuple(dict.fromkeys((*self.held_back, *outcome.held_back)))
        if outcome.decision is None:
            self.invalid += 1
        else:
            self.verdict = worst((self.verdict, outcome.decision.verdict))

    def tell(self, file: str, warnings: Sequence[Diagnostic]) -> None:
        """Take in what was seen that is about no single request, such as a log that cannot be read."""
        self.told = Outcome(file, diagnostics=tuple(warnings)) if warnings else None

    @property
    def lets_through(self) -> bool:
        """Whether every request may go on: all are valid, and allowed, and nothing holds one back."""
        return not self.invalid and self.verdict.allows and not self.held_back

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Outcome]:
        return self._read(self._at)

    def everything(self) -> Iterator[Outcome]:
        """What is about no single request, and then the outcomes."""
        yield from [self.told] if self.told else []
        yield from self

    def with_diagnostics(self) -> Iterator[Outcome]:
        """Everything that has diagnostics; the others are not even read."""
        yield from [self.told] if self.told else []
        yield from self._read([place for place in self._at if place.told])

    def worst_first(self) -> Iterator[Outcome]:
        """The outcomes, the worst first, and equally bad ones in the order of the requests."""
        return self._read(sorted(self._at, key=lambda place: -place.rank))

    def _read(self, places: Sequence[_Place]) -> Iterator[Outcome]:
        for place in places:
            self._spool.seek(place.start)
            yield pickle.load(self._spool)  # noqa: S301 - our own, from a file without a name


def at_stake(artifact: ArtifactDecision) -> Iterator[Finding]:
    """The findings at the rung that is asked for, worst first."""
    return (found for found in artifact.findings if found.stands_at(artifact.requested))
