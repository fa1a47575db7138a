"""What the rules of one policy come to for one artifact: the tier first, then the rules.

Conditions are evaluated by the compiled program of the policy, once for all rungs wherever they read
neither the rung nor the tier. The reference explains those that bite when asked, and must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import groupby, product
from typing import Any, NamedTuple, TypeAlias

from release_gate.decision import Obligation, SignOffState, TierState, Verdict, Where, Why
from release_gate.diagnostics import ReleaseGateError
from release_gate.engine.case import Case, Side
from release_gate.engine.findings import (
    Bad,
    Hit,
    bad_of,
    fact_read,
    facts_of,
    fill,
    message_of,
)
from release_gate.engine.panel import Ready
from release_gate.engine.samples import advice
from release_gate.evaluate.compiled import Part, Tri
from release_gate.evaluate.reference import Facts, Read, Trace, evaluate
from release_gate.facts.ladder import LOWEST_JUDGED
from release_gate.facts.truth import Range, Step, Unknown, Value
from release_gate.facts.view import Seen
from release_gate.policy.model import Rule, Tier, row_matches

__all__ = ["Application", "Applied", "Disagreement"]

AtRung: TypeAlias = "Callable[[int], Tri]"
"""Whether a rule bites: a function of the rank of the rung."""
Outcome: TypeAlias = "tuple[int, int, int, Tri]"
"""The number of a rule, the ranks of the lowest and the highest rung, and whether it bites between them."""
Doubt: TypeAlias = "tuple[tuple[str, ...], tuple[Step, Step]]"
"""The unverified rules that have raised a tier, and the certain and the possible tier without them."""


class Disagreement(ReleaseGateError):  # noqa: N818 - it is named for what happened
    """The compiled program and the reference differ on a rule: a fault of ours, and nothing is decided."""


class Applied(NamedTuple):
    """How the rules of a policy came out from one rung to another, with nothing of the request.

    Attributes:
        ready: The policy.
        scope: Whether it applies.
        start: The rank of the lowest rung.
        end: The rank of the highest rung.
        outcomes: Every rule that bites or may bite, and where. All others do not.
    """

    ready: Ready
    scope: Tri
    start: int
    end: int
    outcomes: tuple[Outcome, ...]


class Application:
    """A policy applied to an artifact, on one side of the irreversible boundary: steps 3 and 4."""

    def __init__(self, case: Case, ready: Ready, side: Side) -> None:
        self.case, self.ready, self.side = case, ready, side
        self.policy, self.reading = ready.policy, side.reading
        self.kind = case.artifact.kind
        self.known_tiers: dict[int, Seen] = {}
        self.span: dict[int, tuple[Step, Step]] = {}  # of tiers, by rung; empty until they have been read
        self.raised: dict[int, list[tuple[int, Tri]]] = {}  # the tier rules, by rung
        self.doubted: dict[int, Doubt] = {}  # by rung, where unverified rules have raised the tier
        self.bitten: list[Outcome] = []  # the others, as far as they bite or may bite

    def apply(self) -> None:
        """Find what the rules come to, the tier first."""
        settled = self.settled()
        if self.policy.tiers:
            self.read_tiers(settled)
            self.tier_ceilings()
        for number, bites in settled:
            if self.policy.rules[number].effect == "tier":
                continue
            if number in self.ready.shows_rung:
                self.at_each_rung(number, partial(_whatever, bites))
            else:
                start = max(self.side.start, self.ready.starts[number])
                if start <= self.side.end:
                    self.bitten.append((number, start, self.side.end, bites))
                    self.found(number, bites, start, self.side.end)
        for part in self.ready.by_rung:
            if self.policy.rules[part.index].effect != "tier":
                self.at_each_rung(part.index, self.bites_at(part))

    @property
    def applied(self) -> Applied:
        """How the rules came out, once it has been applied."""
        side = self.side
        raised = [
            (number, rank, rank, bites)
            for rank, here in self.raised.items()
            if here
            for number, bites in here
            if bites is not False
        ]
        return Applied(self.ready, side.scope, side.start, side.end, (*self.bitten, *raised))

    # -- which rules bite

    def settled(self) -> list[tuple[int, Tri]]:
        """The rules that bite or may bite at whatever rung they apply."""
        program, reading, scope = self.ready.program, self.reading, self.side.scope
        hits = program.run(reading, scope)
        for part in program.interpreted:
            if not (part.reads_access or part.reads_tier):
                bites = self.interpreted(part.index, self.side.start)
                if bites is not False:
                    hits.append((part.index, bites))
        return [hit for hit in hits if self.ready.active(hit[0], self.kind)]

    def bites_at(self, part: Part) -> AtRung:
        """Whether a rule that reads the rung or the tier bites: a function of the rung."""
        known: dict[Any, Tri] = {}

        def bites(rank: int) -> Tri:
            tier = self.tier_at(rank).value if part.reads_tier else None
            key = (tier, rank if part.reads_access else None)
            if key not in known:
                if part.index in self.ready.program.by_rung:
                    known[key] = self.ready.program.bites(
                        part.index, self.reading, self.side.scope, tier, self.case.ladder[rank]
                    )
                else:
                    known[key] = self.interpreted(part.index, rank)
            return known[key]

        return bites

    def interpreted(self, number: int, rank: int) -> Tri:
        """Whether a rule that has no code bites, by the reference."""
        value = self.explained(number, rank).value
        return None if isinstance(value, Unknown) else value

    def explained(self, number: int, rank: int) -> Bad:
        """What a rule comes to by the reference."""
        rule = self.policy.rules[number]
        facts = self.facts_at(rank) if self.ready.needs_rung(number) else self.facts
        return bad_of(self.scope, rule.when, facts, rule.require)

    @cached_property
    def scope(self) -> tuple[Trace, ...]:
        """Whether the policy applies, by the reference. It cannot read the rung."""
        scope = self.policy.scope
        return () if scope is None else (evaluate(scope.root, self.facts),)

    @cached_property
    def facts(self) -> Facts:
        """What rules read that need neither the rung nor the tier."""
        return facts_of(self.reading, self.case.view, self.case.ladder[self.side.start])

    def facts_at(self, rank: int) -> Facts:
        """What rules read at a rung, with the tier there."""
        tier = self.tier_at(rank) if self.span else None
        return facts_of(self.reading, self.case.view, self.case.ladder[rank], tier)

    # -- step 3: the tier

    def read_tiers(self, settled: list[tuple[int, Tri]]) -> None:
        """From the base upwards: the highest tier that is certain, and the highest that is possible."""
        low, high = self.base()
        rules = self.policy.rules
        raising = [(number, bites) for number, bites in settled if rules[number].effect == "tier"]
        by_rung = [
            (part.index, self.bites_at(part))
            for part in self.ready.by_rung
            if rules[part.index].effect == "tier" and self.ready.active(part.index, self.kind)
        ]
        spans: dict[int, tuple[Step, Step]] = {}
        for rank in range(self.side.start, self.side.end + 1):
            here = [hit for hit in raising if self.ready.starts[hit[0]] <= rank]
            here += [(number, bites(rank)) for number, bites in by_rung if self.ready.starts[number] <= rank]
            self.raised[rank] = here
            spans[rank] = self.raise_from(low, high, here)
            sure = [hit for hit in here if hit[0] not in self.ready.unverified]
            if len(sure) < len(here) and (without := self.raise_from(low, high, sure)) != spans[rank]:
                raised = [n for n, bites in here if bites is not False and n in self.ready.unverified]
                self.doubted[rank] = (tuple(map(self.name, raised)), without)
        self.span = spans
        wanted = self.case.artifact.rung.rank
        if wanted in self.span:
            certain, possible = self.span[wanted]
            self.case.tiers[self.policy.id] = TierState(certain.name, possible.name)

    def raise_from(self, low: Step, high: Step, raising: list[tuple[int, Tri]]) -> tuple[Step, Step]:
        """The certain and the possible tier, from a base and what has raised it."""
        steps = [(tier, bites) for n, bites in raising if (tier := self.policy.rules[n].tier) is not None]
        certain = max([low, *(tier for tier, bites in steps if bites)])
        return certain, max([certain, high, *(tier for tier, bites in steps if bites is not False)])

    def base(self) -> tuple[Step, Step]:
        """The lowest and the highest tier to start from."""
        table = self.policy.table
        if table is None:
            start = self.policy.default_tier or self.policy.tiers[0].step
            return start, start
        facts = facts_of(self.reading, self.case.view, self.case.ladder[0])
        cells = [
            column(self.reading) if column is not None else evaluate(stated.root, facts).value
            for column, stated in zip(self.ready.program.columns, table.columns, strict=True)
        ]
        choices = [_possible(value, domain) for value, domain in zip(cells, table.domains, strict=True)]
        outcomes = set()
        for values in product(*choices):
            hits = [tier for accepted, tier in table.rows if row_matches(accepted, values)]
            if not hits:
                outcomes.add(table.otherwise or self.policy.tiers[-1].step)
            else:
                outcomes.add(hits[0] if table.hit == "first" else max(hits))
        return min(outcomes), max(outcomes)

    def tier_of(self, rank: int) -> Seen:
        """The tier at a rung, for whoever has not judged the policy."""
        if not self.span:
            self.read_tiers(self.settled())
        return self.tier_at(rank)

    def tier_at(self, rank: int) -> Seen:
        """The tier at a rung as a fact, with the facts that would settle it."""
        if rank not in self.known_tiers:
            certain, possible = self.span[rank]
            if certain == possible:
                self.known_tiers[rank] = Seen(certain, ("tier",), support=())
            else:
                reads = self.tier_support(rank, certain)
                support = tuple(reads[path] for path in sorted(reads))
                self.known_tiers[rank] = Seen(Range(certain, possible), ("tier",), support=support)
        return self.known_tiers[rank]

    def tier_support(self, rank: int, certain: Step) -> dict[str, Read]:
        """What is open about the tier: undecided cells of the table, and undecided tier rules."""
        facts = facts_of(self.reading, self.case.view, self.case.ladder[rank])
        reads: dict[str, Read] = {}
        table = self.policy.table
        if table is not None and self.base()[1] > certain:
            traces = [evaluate(column.root, facts) for column in table.columns]
            reads |= {read.path: read for trace in traces for read in trace.support}
        for number, bites in self.raised[rank]:
            rule = self.policy.rules[number]
            if bites is None and rule.tier is not None and rule.tier > certain:
                found = bad_of(self.scope, rule.when, facts)
                reads |= {read.path: read for read in found.support}
        return reads

    def tier_ceilings(self) -> None:
        """What the tier allows at most."""
        first = max(self.side.start, LOWEST_JUDGED.rank)

        def state(rank: int) -> tuple[tuple[Step, Step], list[tuple[int, Tri]]]:
            return self.span[rank], self.raised[rank]

        for (span, _), ranks in groupby(range(first, self.side.end + 1), key=state):
            start, *_, end = [*(here := list(ranks)), here[-1]]
            for tier in self.policy.tiers:
                lowest = max(start, tier.ceiling.rank + 1)
                if lowest <= end and tier.step <= span[1]:
                    self.tier_ceiling(tier, certain=tier.step <= span[0], start=lowest, end=end)

    def tier_ceiling(self, tier: Tier, *, certain: bool, start: int, end: int) -> None:
        """One tier that the artifact has or may have, at rungs above its ceiling."""
        unknown = not certain or self.side.scope is None
        is_ = "is" if certain else "may be"
        hangs_on: tuple[str, ...] = ()
        if start in self.doubted:
            names, (sure, possible) = self.doubted[start]
            hangs_on = names if tier.step > (possible if unknown else sure) else ()
        reads: dict[str, Read] = {}
        if unknown:
            scope = self.case.scope_of(self.side.reading).support
            open_ = () if certain else self.tier_at(start).support or ()
            reads = {read.path: read for read in (*scope, *open_)}
        fix = (
            "Supply the facts that would settle the tier." if unknown else f"Ask for {tier.ceiling} or less."
        )
        message = f"The risk {is_} {tier.step}, and such models are at most {tier.ceiling}."
        self.case.hits.append(
            Hit(
                self.policy.id, f"tier.{tier.step}", "ceiling",
                Verdict.NEEDS_EVIDENCE if unknown else Verdict.DENY, start, end,
                partial(Why, message, fix, tuple(fact_read(reads[path]) for path in sorted(reads))),
                where=Where.of(tier.span), support=tuple(sorted(reads)), unverified=hangs_on,
            )
        )  # fmt: skip

    # -- step 4: the rules

    def at_each_rung(self, number: int, bites_at: AtRung) -> None:
        """A rule whose outcome or text depends on the rung."""
        if self.ready.active(number, self.kind):
            for rank in range(max(self.side.start, self.ready.starts[number]), self.side.end + 1):
                bites = bites_at(rank)
                if bites is not False:
                    self.bitten.append((number, rank, rank, bites))
                    self.found(number, bites, rank, rank)

    def found(self, number: int, bites: Tri, start: int, end: int) -> None:
        """Step 4: what a rule that bites, or may bite, comes to."""
        rule = self.policy.rules[number]
        if rule.sign_off is not None:
            spans = list(self.lacking(rule, start, end))
            outcome = Verdict.NEEDS_APPROVAL
        else:
            spans = [(start, end)]
            outcome = Verdict.NEEDS_EVIDENCE if bites is None else Verdict.DENY
            if rule.oblige is not None:
                outcome = Verdict.CONDITIONAL
                self.oblige(rule, start)
        if not spans:
            return
        open_ = self.confirmed(number, bites=bites, rank=start) if bites is None else None
        why = partial(self.why, number, start, open_)
        support = tuple(read.path for read in open_.support) if open_ is not None else ()
        cite, where = self.ready.sources[number]
        hangs_on = self.hangs_on(number, bites, start)
        hits = [
            Hit(
                self.policy.id, rule.id, rule.effect, outcome, lowest, highest, why,
                cite, where, support, hangs_on,
            )
            for lowest, highest in spans
        ]  # fmt: skip
        self.case.hits += self.waived(number, hits, unknown=bites is None)

    def why(self, number: int, rank: int, open_: Bad | None) -> Why:
        """What to say about a rule that may bite, or else about one that bites."""
        bad = self.confirmed(number, bites=True, rank=rank) if open_ is None else open_
        rule = self.policy.rules[number]
        message, fix = message_of(rule, bad), fill(rule.document.fix or "", bad, rule)
        if open_ is not None and (more := advice(bad, self.reading.frame.sections.metric)):
            fix = f"{fix} {more}".strip()
        return Why(message, fix, tuple([fact_read(read) for read in bad.reads]))

    def confirmed(self, number: int, *, bites: Tri, rank: int) -> Bad:
        """What a rule that bites or may bite comes to by the reference.

        Raises:
            Disagreement: The reference comes to something else.
        """
        bad = self.explained(number, rank)
        if (bad.value is True) is not (bites is True) or bad.value is False:
            rule = self.name(number)
            raise Disagreement(f"the rule {rule} is {bites} compiled, and {bad.value} by the reference")
        return bad

    def hangs_on(self, number: int, bites: Tri, rank: int) -> tuple[str, ...]:
        """The unverified rules without which a rule would come to less or to nothing.

        That is the rule itself, or those that have raised the tier that it reads.
        """
        if number in self.ready.unverified:
            return (self.name(number),)
        if rank not in self.doubted or not self.ready.parts[number].reads_tier:
            return ()
        names, (certain, possible) = self.doubted[rank]
        tier = Seen(certain if certain == possible else Range(certain, possible), ("tier",), support=())
        rule = self.policy.rules[number]
        facts = facts_of(self.reading, self.case.view, self.case.ladder[rank], tier)
        then = bad_of(self.scope, rule.when, facts, rule.require).value
        milder = bites is True and isinstance(then, Unknown) and rule.sign_off is None and rule.oblige is None
        return names if then is False or milder else ()

    def name(self, number: int) -> str:
        """What decisions call a rule."""
        return f"{self.policy.id}/{self.policy.rules[number].id}"

    def waived(self, number: int, hits: list[Hit], *, unknown: bool) -> list[Hit]:
        """Step 5: up to its rung, a waiver leaves a condition of what a rule comes to."""
        rule = self.policy.rules[number]
        excused = (
            None if rule.oblige is not None else self.case.waivers.excuse(self.policy, rule, unknown=unknown)
        )
        if excused is None:
            return hits
        waiver, by = excused
        found = []
        for hit in hits:
            message, fix, facts = hit.why()
            words = f"{waiver.in_words(by)} Without it: {hit.outcome}. {message}"
            ends = (min(hit.end, waiver.rung.rank), max(hit.start, waiver.rung.rank + 1))
            gone = self.hangs_on(number, None, hit.start)  # a milder failure leaves no milder condition
            found.append(
                hit._replace(
                    outcome=Verdict.CONDITIONAL,
                    end=ends[0],
                    why=partial(Why, words, fix, facts),
                    unverified=gone,
                )
            )
            found.append(hit._replace(start=ends[1]))
        return [hit for hit in found if hit.start <= hit.end]

    def lacking(self, rule: Rule, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The rungs at which the sign-off that a rule asks for is still lacking."""
        spec, book, wanted = rule.sign_off, self.case.book, self.case.artifact.rung.rank
        assert spec is not None  # noqa: S101 - the caller asks for such a rule only
        key, state = (self.policy.id, rule.id), self.case.sign_offs
        same = not book.all  # without any sign-off, every rung lacks the same

        asked = book.asked(spec, self.case.ladder[start])
        for rank in range(start, end + 1):
            if rank > start and not same:
                asked = book.asked(spec, self.case.ladder[rank])
            if rank <= wanted:
                known = state.get(key)
                from_ = known.from_ if known else self.case.ladder[rank].name
                state[key] = SignOffState(*key, spec.roles, asked.given, asked.lacking, from_, asked.void)
            if same:
                yield start, end
                return
            if asked.lacking:
                yield rank, rank

    def oblige(self, rule: Rule, start: int) -> None:
        """A duty comes with the release."""
        duty, key = rule.oblige, (self.policy.id, rule.id)
        if duty is not None and key not in self.case.obligations:
            due = {name.rstrip("_"): value for name, value in duty.due or () if value is not None}
            said = [f"{key} {value}" for key, value in due.items()]
            said += [f"expires after {duty.expires}"] if duty.expires is not None else []
            said += [f"for {', '.join(duty.scope)} only"] if duty.scope else []
            shown = ", ".join(said) or None
            retain = str(duty.retain) if duty.retain else None
            self.case.obligations[key] = Obligation(
                *key, duty.duty, duty.owner, shown, duty.on, retain, self.case.ladder[start].name
            )


def _whatever(bites: Tri, _rank: int) -> Tri:
    return bites


def _possible(value: Value, domain: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values that a cell may have."""
    if isinstance(value, Range):
        return tuple(each for each in domain if value.low <= each <= value.high)
    return (value,) if value in domain else domain
