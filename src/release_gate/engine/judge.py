"""The verdict algebra for one artifact: what the rules of all policies come to together.

The steps are those of *How a decision is made* in the documentation, and marked with their numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from release_gate.decision import ArtifactDecision, Finding, Verdict, Why
from release_gate.engine.case import Case, Side
from release_gate.engine.findings import Hit, fact_read, facts_of
from release_gate.engine.panel import Ready, ready_of
from release_gate.engine.rules import Application, Applied
from release_gate.evaluate.fetch import Reading
from release_gate.evaluate.reference import Facts
from release_gate.facts.ladder import ALL_RUNGS, BOUNDARY, LOWEST_JUDGED
from release_gate.facts.truth import Step
from release_gate.policy.model import Policy

__all__ = ["Judge", "Judged"]


class Judged(NamedTuple):
    """How every rule came out for an artifact. Nothing of the request, which whoever keeps decisions may not.

    Attributes:
        artifact: The artifact.
        kind: Its kind.
        rungs: Those that make sense for it.
        panel: The policies in force.
        applied: Those that are for artifacts of its kind, on each side of the boundary.
    """

    artifact: str
    kind: str
    rungs: tuple[str, ...]
    panel: tuple[Ready, ...]
    applied: tuple[Applied, ...]


class Judge:
    """Judges one artifact by the policies of a panel.

    Attributes:
        case: The artifact.
        applied: Each policy that is for artifacts of its kind, on each side of the boundary.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.applied: list[Application] = []
        self.read: dict[Policy, list[Application]] = {}  # by whoever asks what it reads, applied or not

    def judge(self) -> ArtifactDecision:
        """The answer for the artifact."""
        covering: list[list[Side]] = []
        for ready in self.case.panel.ready:
            if ready.policy.applies_to(self.case.artifact.kind):
                sides = self.sides(ready)
                if ready.policy.document.covers:
                    covering.append(sides)
                for side in sides:
                    application = Application(self.case, ready, side)
                    self.applied.append(application)
                    if side.scope is not False:
                        application.apply()
        self.coverage(covering)
        self.objections()
        return self.answer()

    @property
    def judged(self) -> Judged:
        """How every rule came out."""
        case = self.case
        applied = tuple(each.applied for each in self.applied)
        return Judged(case.artifact.id, case.artifact.kind, case.names, case.panel.ready, applied)

    def sides(self, ready: Ready) -> list[Side]:
        """A policy reads the same on both sides of the boundary, unless a metric counts below it only."""
        below, beyond = Reading.both(self.case.frame, ready.policy)
        spans = [(below, 0, self.case.top)]
        if below is not beyond and self.case.top >= BOUNDARY.rank:
            spans = [(below, 0, BOUNDARY.rank - 1), (beyond, BOUNDARY.rank, self.case.top)]
        scope = ready.program.scope or self.case.scope
        return [Side(reading, scope(reading), start, end) for reading, start, end in spans]

    def coverage(self, covering: list[list[Side]]) -> None:
        """Step 2: only a policy that covers the release can say that it has been judged."""
        if self.case.frame.request.action in ("narrow", "withdraw"):
            return
        if any(all(side.scope is True for side in sides) for sides in covering):
            return  # at every rung
        for rank in range(LOWEST_JUDGED.rank, self.case.top + 1):
            here = [side for sides in covering for side in sides if side.start <= rank <= side.end]
            if any(side.scope is True for side in here):
                continue
            unknown = [side for side in here if side.scope is None]
            reads = {read.path: read for side in unknown for read in self.case.scope_of(side.reading).support}
            said = (
                "it cannot be told whether any policy covers this release"
                if unknown
                else "no policy in force covers this release"
            )
            fix = "Add a policy that covers it; nothing evaluated is never a pass."
            why = partial(Why, said, fix, tuple(fact_read(read) for read in reads.values()))
            outcome = Verdict.NEEDS_EVIDENCE if unknown else Verdict.DENY
            self.case.hits.append(
                Hit(
                    "gate", "coverage", "coverage", outcome, rank, rank, why,
                    support=tuple(sorted(reads)),
                )
            )  # fmt: skip

    def facts_at(self, policy: Policy, rung: Step) -> Facts:
        """What the conditions of a policy read at a rung, the tier included, in force or not."""
        if policy not in self.read:
            ready = ready_of(policy, self.case.panel.day)
            self.read[policy] = [Application(self.case, ready, side) for side in self.sides(ready)]
        here = next(each for each in self.read[policy] if each.side.start <= rung.rank <= each.side.end)
        tier = here.tier_of(rung.rank) if policy.tiers else None
        return facts_of(here.reading, self.case.view, rung, tier)

    def objections(self) -> None:
        """An objection that counts denies from its rung upwards, and so does a reversal."""
        for each in self.case.book.objections():
            said = "objects to" if each.word == "object" else "reverses"
            message = f"{each.person} ({each.role}) {said} this release."
            fix = "Resolve it with them; an objection lapses when the request or the policies change."
            name, why = f"{each.word}-{each.person}", partial(Why, message, fix)
            start = ALL_RUNGS[each.rung].rank
            if start <= self.case.top:
                hit = Hit("gate", name, "sign_off", Verdict.DENY, start, self.case.top, why)
                self.case.hits.append(hit)

    # -- steps 6 and 7: combine, and answer

    def answer(self) -> ArtifactDecision:
        """The worst finding wins at each rung."""
        case, names, wanted = self.case, self.case.names, self.case.artifact.rung.rank
        worst = [Verdict.APPROVE] * len(names)
        for hit in sorted(case.hits, key=lambda hit: hit.outcome.rank):
            worst[hit.start : hit.end + 1] = [hit.outcome] * (hit.end + 1 - hit.start)
        missing = {
            names[rank]: self.missing(rank)
            for rank, verdict in enumerate(worst)
            if verdict is Verdict.NEEDS_EVIDENCE
        }
        unverified = self.unverified(worst)
        return ArtifactDecision(
            id=case.artifact.id,
            requested=names[wanted],
            verdict=worst[wanted],
            best=_reached(names[: wanted + 1], worst, lambda verdict: verdict.allows),
            not_ruled_out=_reached(names, worst, lambda verdict: verdict is not Verdict.DENY),
            irrevocable=case.out,
            tiers=dict(sorted(case.tiers.items())),
            ladder=dict(zip(names, worst, strict=True)),
            findings=_together(case.hits, wanted, names),
            missing=missing.get(names[wanted], ()),
            missing_at=missing,
            could_lift=self.could_lift(wanted),
            unverified=unverified.get(names[wanted], ()),
            unverified_at=unverified,
            sign_offs=tuple([case.sign_offs[key] for key in sorted(case.sign_offs)]),
            obligations=tuple(
                [
                    case.obligations[key]
                    for key in sorted(case.obligations)
                    if ALL_RUNGS[case.obligations[key].from_].rank <= wanted
                ]
            ),
        )

    def missing(self, rank: int) -> tuple[str, ...]:
        """The facts that would settle a rung that needs evidence."""
        supports = (
            hit.support
            for hit in self.case.hits
            if hit.outcome is Verdict.NEEDS_EVIDENCE and hit.start <= rank <= hit.end
        )
        return tuple(sorted(set().union(*supports)))

    def could_lift(self, rank: int) -> tuple[str, ...]:
        """The facts that could lift a duty or an approval at a rung."""
        lighter = (Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL)
        supports = (
            hit.support for hit in self.case.hits if hit.outcome in lighter and hit.start <= rank <= hit.end
        )
        return tuple(sorted(set().union(*supports)))

    def unverified(self, worst: Sequence[Verdict]) -> dict[str, tuple[str, ...]]:
        """For each rung whose verdict would be better without the unverified rules: those that make it so."""
        if not any(hit.unverified for hit in self.case.hits):
            return {}
        found = {}
        for rank, verdict in enumerate(worst):
            deciding = [
                hit.unverified
                for hit in self.case.hits
                if hit.outcome is verdict and hit.start <= rank <= hit.end
            ]
            if deciding and all(deciding):
                found[self.case.names[rank]] = tuple(sorted(set().union(*deciding)))
        return found


def _reached(names: Sequence[str], worst: Sequence[Verdict], passes: Callable[[Verdict], bool]) -> str | None:
    """Step 7: the highest rung that passes, with all below; None if none does."""
    reached = None
    for name, verdict in zip(names, worst, strict=False):
        if not passes(verdict):
            break
        reached = name
    return reached


def _spans(found: Sequence[Hit]) -> Iterable[tuple[int, int, Hit]]:
    """What a rule came to, and from where to where: once for all rungs at which it says the same."""
    if len(found) == 1:
        return [(found[0].start, found[0].end, found[0])]
    runs: dict[tuple[Any, ...], list[Hit]] = {}
    for hit in found:
        why = hit.why()
        said = hit._replace(why=partial(Why, *why))
        runs.setdefault((hit.outcome, why.message, why.facts), []).append(said)
    return [(min(hit.start for hit in run), max(hit.end for hit in run), run[0]) for run in runs.values()]


def _together(hits: Iterable[Hit], wanted: int, names: Sequence[str]) -> tuple[Finding, ...]:
    """Findings of one rule at several rungs as one, worst first."""
    by_rule: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        by_rule.setdefault((hit.policy, hit.rule), []).append(hit)
    spans = [span for found in by_rule.values() for span in _spans(found)]
    spans.sort(
        key=lambda each: (each[0] > wanted, -each[2].outcome.rank, each[2].policy, each[2].rule, each[0])
    )
    return tuple(
        Finding.found(
            hit.why,
            policy=hit.policy,
            rule=hit.rule,
            effect=hit.effect,
            outcome=hit.outcome,
            from_=names[start],
            to=names[end],
            cite=hit.cite or {},
            where=hit.where,
        )
        for start, end, hit in spans
    )
