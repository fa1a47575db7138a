"""What a run of the gate came to: an outcome for every request, read again as often as a report needs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any, Final, Self

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict, in_words, worst
from release_gate.diagnostics import Diagnostic
from release_gate.facts.release import ReleaseRequest, SignOff
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
        object.__setattr__(self, "digest", self.decision.digest if self.decision else None)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, or None if nothing was decided."""
        return self.decision.verdict if self.decision else None

    @property
    def held_back(self) -> Iterator[str]:
        """Why the decision lets nothing through, whatever its verdict."""
        if self.decision is not None and self.decision.hypothetical is not None:
            yield "the policies of another day were asked for"
        yield from (_HOLDS_BACK[found.code] for found in self.diagnostics if found.code in _HOLDS_BACK)

    @property
    def rank(self) -> int:
        """How bad it is: 0 for the best. A request that could not be judged is worse than a denied one."""
        return self.decision.verdict.rank if self.decision else len(Verdict)

    @property
    def name(self) -> str:
        """The id of the request, or the name of the file if there is no decision."""
        return self.decision.request.id if self.decision else self.file


class Run:
    """Outcomes in the order of the requests. Kept in a temporary file as soon as they are large."""

    def __init__(self) -> None:
        self._spool: Any = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - lives as long as the run
        self._at: list[tuple[int, int]] = []
        self.verdict = Verdict.APPROVE
        self.invalid = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, outcome: Outcome) -> None:
        """Take in the outcome of one more request."""
        self._spool.seek(0, 2)
        self._at.append((self._spool.tell(), outcome.rank))
        pickle.dump(outcome, self._spool, pickle.HIGHEST_PROTOCOL)
        if outcome.decision is None:
            self.invalid += 1
        else:
            self.verdict = worst((self.verdict, outcome.decision.verdict))

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Outcome]:
        return self._read([at for at, _ in self._at])

    def worst_first(self) -> Iterator[Outcome]:
        """The outcomes, the worst first, and equally bad ones in the order of the requests."""
        return self._read([at for at, _ in sorted(self._at, key=lambda entry: -entry[1])])

    def _read(self, places: Sequence[int]) -> Iterator[Outcome]:
        for place in places:
            self._spool.seek(place)
            yield pickle.load(self._spool)  # noqa: S301 - our own, from a file without a name


def at_stake(artifact: ArtifactDecision) -> Iterator[Finding]:
    """The findings at the rung that is asked for, worst first."""
    return (found for found in artifact.findings if found.stands_at(artifact.requested))
