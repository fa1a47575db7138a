"""An artifact that is being judged, and what has been found about it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from release_gate.decision import Obligation, SignOffState, TierState
from release_gate.engine.findings import Bad, Hit, bad_of, facts_of
from release_gate.engine.panel import Panel
from release_gate.evaluate.compiled import Tri
from release_gate.evaluate.fetch import Reading
from release_gate.facts.frame import Frame
from release_gate.facts.ladder import BOUNDARY
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.truth import Range, Reason, Unknown
from release_gate.facts.view import view_of
from release_gate.policy.papers import NO_PAPERS, Papers
from release_gate.policy.sign_offs import SignOffBook
from release_gate.policy.waiver_book import WaiverBook

__all__ = ["Case", "Side"]


@dataclass(frozen=True, slots=True)
class Side:
    """What a policy reads for the rungs ``start`` to ``end``, on one side of the irreversible boundary."""

    reading: Reading
    scope: Tri
    start: int
    end: int


class Case:
    """An artifact before the policies of a panel.

    Attributes:
        artifact: The artifact.
        panel: The policies.
        frame: The facts as the artifact sees them.
        ladder: The rungs that make sense for it.
        names: Their names.
        top: The rank of the highest rung that makes sense for it.
        book: What people have said about it.
        waivers: The exceptions that name it.
        hits: What the rules have come to so far.
        sign_offs: For a policy and a rule, how the sign-off stands that it asks for.
        obligations: For a policy and a rule, the duty that comes with the release.
        tiers: For a policy, the tier at the rung that is asked for.
    """

    def __init__(
        self,
        request: ReleaseRequest,
        artifact: Artifact,
        panel: Panel,
        as_of: date,
        papers: Papers = NO_PAPERS,
    ) -> None:
        self.artifact, self.panel = artifact, panel
        self.frame = Frame(request, artifact, as_of)
        self.ladder = artifact.ladder
        self.names = tuple([rung.name for rung in self.ladder])
        self.top = self.ladder[-1].rank
        self.book = SignOffBook(request, artifact, panel.together, as_of, papers)
        model = self.frame.sections.model.name.value
        self.waivers = WaiverBook(papers.waivers, request, artifact, model, as_of)
        self.hits: list[Hit] = []
        self.sign_offs: dict[tuple[str, str], SignOffState] = {}
        self.obligations: dict[tuple[str, str], Obligation] = {}
        self.tiers: dict[str, TierState] = {}

    def notes(self) -> Iterator[str]:
        """What people should know about copies, sign-offs and waivers, after the artifact was judged."""
        if self.out is None and self.may_be_out:
            yield f"nobody can say whether copies of {self.artifact.id} are out already"
        if people := self.book.unsigned():
            names = ", ".join(people)
            yield (
                f"NOT SIGNED: the sign-offs of {names} for {self.artifact.id} have no signature, "
                "so that whoever can edit the request can have written them"
            )
        for objection in self.book.lapsed():
            yield f"{objection}: it does not count for {self.artifact.id}"
        yield from self.waivers.notes(self.panel.inforce)

    @property
    def out(self) -> bool | None:
        """Whether copies are out for good; None while nobody can say."""
        stated = self.artifact.irrevocable.value
        return stated if isinstance(stated, bool) else None

    @property
    def may_be_out(self) -> bool:
        """Whether there is more to a doubt about copies than that nobody has said anything."""
        stated, current = self.artifact.irrevocable.value, self.artifact.current.value
        if isinstance(current, Range) and current.high >= BOUNDARY:
            return True
        return isinstance(stated, Unknown) and stated.reason is not Reason.MISSING

    @cached_property
    def view(self) -> Mapping[str, Any]:
        """The facts with their places."""
        return view_of(self.frame)

    def scope_of(self, reading: Reading) -> Bad:
        """The scope of a policy, by the reference. It cannot read the rung."""
        return bad_of((), reading.policy.scope, facts_of(reading, self.view, self.ladder[0]))

    def scope(self, reading: Reading) -> Tri:
        """Whether a policy applies, by the reference."""
        value = self.scope_of(reading).value
        return value if isinstance(value, bool) else None
