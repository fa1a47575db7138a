"""The verdict algebra: what the rules come to, for each artifact at each rung.

The rules of this module are those of *How a decision is made* in the documentation; the steps are marked
with their numbers there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from release_gate.canonical import digest
from release_gate.decision import (
    ArtifactDecision,
    Decision,
    FactRead,
    Finding,
    Obligation,
    PolicyUsed,
    RequestUsed,
    SignOffState,
    TierState,
    Verdict,
    Where,
    in_words,
    worst,
)
from release_gate.diagnostics import Diagnostic, RequestError, printable
from release_gate.evaluate.reference import Read, Trace, evaluate
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.facts import truth
from release_gate.facts.ladder import BOUNDARY, LADDER, LOWEST_JUDGED, rungs_for
from release_gate.facts.release import Artifact, Measurement, ReleaseRequest
from release_gate.facts.truth import Items, Range, Record, Step, Truth, Unknown, Value
from release_gate.facts.view import Seen, artifact_view, measured
from release_gate.policy.in_force import in_force
from release_gate.policy.model import Policy, Rule, Tier, row_matches
from release_gate.policy.sign_offs import SignOffBook
from release_gate.policy.unread import unread

__all__ = ["decide", "facts_for", "policies_digest"]


def policies_digest(policies: Iterable[Policy]) -> str:
    """The digest of policies together, whatever their order."""
    return digest(sorted(policy.digest for policy in policies))


def decide(
    request: ReleaseRequest, policies: Sequence[Policy], as_of: date, policies_as_of: date | None = None
) -> Decision:
    """Judge a request.

    Args:
        request: What is to be released.
        policies: The policies of the gate.
        as_of: The day for which to decide.
        policies_as_of: To ask what the policies of another day would say; such a decision is hypothetical.

    Raises:
        RequestError: The request states a fact in a way that a policy's own declaration does not allow.
    """
    day = policies_as_of or as_of
    inforce, notes = in_force(policies, day)
    _check_declared(request, inforce)
    together = policies_digest(inforce)
    artifacts = tuple(
        _Judge(request, artifact, inforce, together, as_of, day).judge()
        for artifact in sorted(request.artifacts, key=lambda artifact: artifact.id)
    )
    return Decision(
        as_of=as_of,
        verdict=worst(artifact.verdict for artifact in artifacts),
        request=RequestUsed(request.id, request.digest, request.proposal_digest),
        policies=tuple(PolicyUsed(policy.id, policy.version, policy.digest) for policy in inforce),
        policies_digest=together,
        hypothetical=policies_as_of,
        artifacts=artifacts,
        notes=(*notes, *unread(request, inforce)),
    )


def _check_declared(request: ReleaseRequest, policies: Sequence[Policy]) -> None:
    """Hold metrics and own facts against the policies that declare them: 98 is not 0.98."""
    problems: list[Diagnostic] = []
    places = [((), request), *((("variants", name), part) for name, part in request.variants.items())]
    for policy in policies:
        for pointer, section in places:
            for name, rule in policy.metrics.items():
                metric = section.metric.get(name)
                if metric is not None and not _within(metric.value.value, rule.low, rule.high):
                    at = request.where((*pointer, "metric", name))
                    message = f"`{name}` is outside of {rule.low} to {rule.high}, which {policy.id} declares"
                    problems.append(Diagnostic("RG402", message, at, "98 % is written 0.98"))
            for name, kind in policy.own.items():
                if name in section.own:
                    try:
                        kind.parse(section.own[name])
                    except Exception as error:  # noqa: BLE001 - pydantic's error type; the gate stays closed
                        at = request.where((*pointer, "own", name))
                        problems.append(Diagnostic("RG403", f"own.{name}: {error}", at))
    if problems:
        raise RequestError(problems)


def _within(value: Value, low: Decimal | None, high: Decimal | None) -> bool:
    ends = (value.low, value.high) if isinstance(value, Range) else (value,)
    numbers = [end for end in ends if isinstance(end, Decimal)]
    return all((low is None or low <= n) and (high is None or n <= high) for n in numbers)


@dataclass(frozen=True)
class _Derived(Seen):
    """A fact that follows from others; what is open about it are those."""

    support: tuple[Read, ...] = ()


@dataclass(frozen=True)
class _Bad:
    """Whether a rule bites at a rung: true, false or unknown, and the traces it rests on."""

    value: Truth
    traces: tuple[Trace, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    extra: tuple[Read, ...] = ()

    @property
    def support(self) -> tuple[Read, ...]:
        """The facts that would settle it."""
        if isinstance(self.value, bool):
            return ()
        found = {read.path: read for trace in self.traces for read in trace.support}
        found |= {read.path: read for read in self.extra}
        return tuple(found[path] for path in sorted(found))

    @property
    def reads(self) -> tuple[Read, ...]:
        """The facts to show: those that would settle it, or those that decided."""
        if isinstance(self.value, Unknown) and self.support:
            return self.support
        found = {read.path: read for trace in self.traces for read in trace.decisive}
        return tuple(found[path] for path in sorted(found))


@dataclass(frozen=True)
class _Hit:
    """A finding at one rung, before rungs are put together."""

    policy: str
    rule: str
    effect: str
    outcome: Verdict
    message: str
    fix: str
    cite: Mapping[str, Any]
    where: Where | None
    facts: tuple[FactRead, ...]
    support: tuple[str, ...]


def facts_for(
    request: ReleaseRequest, artifact: Artifact, policy: Policy, rung: Step, as_of: date
) -> dict[str, Any]:
    """Every fact that a policy may read about an artifact at a rung, except for the tier."""
    return _facts(artifact_view(request, artifact, as_of), policy, rung, as_of)


def _facts(view: dict[str, Any], policy: Policy, rung: Step, as_of: date) -> dict[str, Any]:
    artifact = view["artifact"]
    metrics = {}
    for name, rule in policy.metrics.items():
        metric = view["metric"].fields.get(name)
        if isinstance(metric, Measurement):
            value = measured(metric, rule, view, rung, as_of)
            metrics[name] = Seen(value, ("metric", name), None, metric.source or metric.value.source)
    own = {}
    for name, kind in policy.own.items():
        stated = view["own"].fields.get(name)
        if stated is not None:
            fact = kind.parse(stated.value)
            own[name] = Seen(fact.value, ("own", name), stated.where, fact.source)
    return {
        **view,
        "artifact": Record("", {**artifact.fields, "access": Seen(rung)}),
        "metric": Record("", metrics),
        "own": Record("", own),
        "parameter": Record("", {name: Seen(value) for name, value in policy.parameters.items()}),
    }


class _Judge:
    """Judges one artifact."""

    def __init__(
        self,
        request: ReleaseRequest,
        artifact: Artifact,
        policies: Sequence[Policy],
        together: str,
        as_of: date,
        day: date,
    ) -> None:
        self.request, self.artifact, self.as_of, self.day = request, artifact, as_of, day
        self.policies = [policy for policy in policies if policy.applies_to(artifact.kind)]
        self.view = artifact_view(request, artifact, as_of)
        self.book = SignOffBook(request, artifact, together, as_of)
        self.sign_offs: dict[tuple[str, str], SignOffState] = {}
        self.obligations: dict[tuple[str, str], Obligation] = {}
        self.tiers: dict[str, TierState] = {}

    def judge(self) -> ArtifactDecision:
        rungs = rungs_for(self.artifact.kind)
        hits = {rung: self.hits(rung) for rung in rungs}
        ladder = {rung: worst(hit.outcome for hit in hits[rung]) for rung in rungs}
        wanted = self.artifact.rung
        current = self.artifact.current.value
        asked = [state for state in self.sign_offs.values() if _rank(state.from_) <= wanted.rank]
        duties = [duty for duty in self.obligations.values() if _rank(duty.from_) <= wanted.rank]
        return ArtifactDecision(
            id=self.artifact.id,
            requested=wanted.name,
            verdict=ladder[wanted],
            best=_best(ladder, wanted),
            not_ruled_out=_not_ruled_out(ladder),
            irrevocable=isinstance(current, Step) and current >= BOUNDARY,
            tiers=dict(sorted(self.tiers.items())),
            ladder={rung.name: verdict for rung, verdict in ladder.items()},
            findings=_together(hits, wanted),
            missing=_missing(hits[wanted], ladder[wanted]),
            missing_at={
                rung.name: _missing(hits[rung], ladder[rung])
                for rung in rungs
                if ladder[rung] is Verdict.NEEDS_EVIDENCE
            },
            could_lift=tuple(
                sorted(
                    {
                        path
                        for hit in hits[wanted]
                        if hit.outcome in (Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL)
                        for path in hit.support
                    }
                )
            ),
            sign_offs=tuple(sorted(asked, key=lambda state: (state.policy, state.rule))),
            obligations=tuple(sorted(duties, key=lambda duty: (duty.policy, duty.rule))),
        )

    def hits(self, rung: Step) -> list[_Hit]:
        """Every finding at one rung, over all policies (step 6: the worst will win)."""
        found: list[_Hit] = []
        scopes: list[_Bad] = []
        for policy in self.policies:
            facts = _facts(self.view, policy, rung, self.as_of)
            scope = self.scope(policy, facts)
            if policy.document.covers:
                scopes.append(scope)
            if scope.value is not False:
                found += self.policy(policy, rung, facts, scope)
        if rung >= LOWEST_JUDGED:
            found += self.coverage(scopes)
        return found + [
            self.objection(each.person, each.role, each.word) for each in self.book.objections(rung)
        ]

    def scope(self, policy: Policy, facts: dict[str, Any]) -> _Bad:
        return _bad([policy.scope], facts)

    def coverage(self, scopes: list[_Bad]) -> list[_Hit]:
        """Step 2: only a policy that covers the release can say that it has been judged."""
        if self.request.action in ("narrow", "withdraw"):
            return []
        covered = truth.any_of(scope.value for scope in scopes)
        if covered is True:
            return []
        reads = {read.path: read for scope in scopes for read in scope.support}
        unknown = isinstance(covered, Unknown)
        outcome = Verdict.NEEDS_EVIDENCE if unknown else Verdict.DENY
        said = (
            "it cannot be told whether any policy covers this release"
            if unknown
            else "no policy in force covers this release"
        )
        return [
            _Hit(
                "gate", "coverage", "coverage", outcome, said,
                "Add a policy that covers it; nothing evaluated is never a pass.", {}, None,
                tuple(_fact_read(read) for read in reads.values()), tuple(sorted(reads)),
            )
        ]  # fmt: skip

    def objection(self, person: str, role: str, word: str) -> _Hit:
        said = "objects to" if word == "object" else "reverses"
        message = f"{person} ({role}) {said} this release."
        fix = "Resolve it with them; an objection lapses when the request or the policies change."
        return _Hit("gate", f"{word}-{person}", "sign_off", Verdict.DENY, message, fix, {}, None, (), ())

    def policy(self, policy: Policy, rung: Step, facts: dict[str, Any], scope: _Bad) -> list[_Hit]:
        """Steps 3 and 4: the tier, its ceilings, and the rules."""
        rules = [
            rule
            for rule in policy.rules
            if rule.at <= rung and rule.in_force(self.day) and rule.applies_to(self.artifact.kind)
        ]
        found: list[_Hit] = []
        if policy.tiers:
            tier = self.tier(policy, rules, facts, scope)
            if rung == self.artifact.rung:
                low, high = (
                    (tier.value.low, tier.value.high) if isinstance(tier.value, Range) else (tier.value,) * 2
                )
                self.tiers[policy.id] = TierState(low.name, high.name)
            facts = {**facts, "tier": tier}
            if rung >= LOWEST_JUDGED:
                found += [
                    hit
                    for each in policy.tiers
                    if (hit := self.tier_ceiling(policy, each, rung, tier, scope))
                ]
        for rule in rules:
            if rule.effect == "tier" or (rule.ceiling is not None and rung <= rule.ceiling):
                continue
            bad = _bad([policy.scope, rule.when], facts, rule.require)
            if bad.value is not False:
                found += self.rule(policy, rule, rung, bad)
        return found

    def tier(self, policy: Policy, rules: list[Rule], facts: dict[str, Any], scope: _Bad) -> _Derived:
        """Step 3: from the base upwards; in the highest certain tier, and in every higher possible one."""
        low, high, support = self.base(policy, facts)
        raised = [
            (rule.tier, _bad([policy.scope, rule.when], facts)) for rule in rules if rule.tier is not None
        ]
        certain = max([low, *(tier for tier, bad in raised if bad.value is True)])
        possible = max([certain, high, *(tier for tier, bad in raised if bad.value is not False)])
        reads = {read.path: read for read in support} if high > certain else {}
        for tier, bad in raised:
            if tier > certain and isinstance(bad.value, Unknown):
                reads |= {read.path: read for read in bad.support}
        value = certain if certain == possible else Range(certain, possible)
        return _Derived(value, ("tier",), None, None, tuple(reads[path] for path in sorted(reads)))

    def base(self, policy: Policy, facts: dict[str, Any]) -> tuple[Step, Step, tuple[Read, ...]]:
        """The lowest and the highest tier to start from, and what is open about it."""
        table = policy.table
        if table is None:
            start = policy.default_tier or policy.tiers[0].step
            return start, start, ()
        traces = [evaluate(column.root, facts) for column in table.columns]
        choices = [
            _possible(trace.value, domain) for trace, domain in zip(traces, table.domains, strict=True)
        ]
        outcomes = set()
        for values in product(*choices):
            hits = [tier for cells, tier in table.rows if row_matches(cells, values)]
            if not hits:
                outcomes.add(table.otherwise or policy.tiers[-1].step)
            else:
                outcomes.add(hits[0] if table.hit == "first" else max(hits))
        reads = {read.path: read for trace in traces for read in trace.support}
        return min(outcomes), max(outcomes), tuple(reads.values())

    def tier_ceiling(
        self, policy: Policy, tier: Tier, rung: Step, state: _Derived, scope: _Bad
    ) -> _Hit | None:
        if rung <= tier.ceiling:
            return None
        reached = truth.compare(">=", state.value, tier.step)
        value = truth.all_of([scope.value, reached])
        if value is False:
            return None
        unknown = isinstance(value, Unknown)
        reads = {
            read.path: read for read in (*scope.support, *(state.support if reached is not True else ()))
        }
        may = "may be" if reached is not True else "is"
        return _Hit(
            policy.id, f"tier.{tier.step}", "ceiling", Verdict.NEEDS_EVIDENCE if unknown else Verdict.DENY,
            f"The risk {may} {tier.step}, and such models are at most {tier.ceiling}.",
            "Supply the facts that would settle the tier." if unknown else f"Ask for {tier.ceiling} or less.",
            {}, Where.of(tier.span),
            tuple(_fact_read(reads[path]) for path in sorted(reads)), tuple(sorted(reads)),
        )  # fmt: skip

    def rule(self, policy: Policy, rule: Rule, rung: Step, bad: _Bad) -> list[_Hit]:
        """Step 4: what a rule that bites, or may bite, comes to."""
        unknown = isinstance(bad.value, Unknown)
        if rule.sign_off is not None:
            if not self.ask(policy, rule, rung):
                return []
            outcome = Verdict.NEEDS_APPROVAL
        elif rule.oblige is not None:
            self.oblige(policy, rule, rung)
            outcome = Verdict.CONDITIONAL
        else:
            outcome = Verdict.NEEDS_EVIDENCE if unknown else Verdict.DENY
        document = rule.document
        support = tuple(read.path for read in bad.support)
        return [
            _Hit(
                policy.id, rule.id, rule.effect, outcome,
                _message(rule, bad), _fill(document.fix or "", bad, rule),
                _cite(policy, rule), Where.of(rule.span),
                tuple(_fact_read(read) for read in bad.reads), support,
            )
        ]  # fmt: skip

    def ask(self, policy: Policy, rule: Rule, rung: Step) -> bool:
        """Whether the sign-off that a rule asks for is still lacking at a rung."""
        spec = rule.sign_off
        if spec is None:
            return False
        asked = self.book.asked(spec, rung)
        key = (policy.id, rule.id)
        known = self.sign_offs.get(key)
        if rung <= self.artifact.rung:
            start = known.from_ if known else rung.name
            self.sign_offs[key] = SignOffState(
                policy.id, rule.id, spec.roles, asked.given, asked.lacking, start, asked.void
            )
        return asked.lacking > 0

    def oblige(self, policy: Policy, rule: Rule, rung: Step) -> None:
        duty = rule.oblige
        if duty is not None and (policy.id, rule.id) not in self.obligations:
            due = {name.rstrip("_"): value for name, value in duty.due or () if value is not None}
            shown = ", ".join(f"{key} {value}" for key, value in due.items()) or None
            retain = str(duty.retain) if duty.retain else None
            self.obligations[policy.id, rule.id] = Obligation(
                policy.id, rule.id, duty.duty, duty.owner, shown, duty.on, retain, rung.name
            )


def _bad(
    guards: Sequence[Condition | None], facts: Mapping[str, Any], require: Condition | None = None
) -> _Bad:
    """Whether all guards hold and the requirement, if there is one, does not."""
    traces = [evaluate(guard.root, facts) for guard in guards if guard is not None]
    values: list[Value] = [trace.value for trace in traces]
    if require is not None:
        met = evaluate(require.root, facts)
        traces.append(met)
        values.append(truth.not_(met.value))
    return _Bad(truth.all_of(values), tuple(traces), facts)


def _possible(value: Value, domain: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values that a cell may have."""
    if isinstance(value, Range):
        return tuple(each for each in domain if value.low <= each <= value.high)
    return (value,) if value in domain else domain


def _fact_read(read: Read) -> FactRead:
    seen = read.seen
    where = Where.of(seen.where)
    if isinstance(seen.value, Unknown):
        return FactRead(read.path, "unknown", None, seen.value.reason.value, where, seen.source)
    if isinstance(seen.value, Range):
        return FactRead(
            read.path, "range", in_words(seen.value), truth.Reason.UNDECIDED.value, where, seen.source
        )
    return FactRead(read.path, "known", in_words(seen.value), None, where, seen.source)


def _cite(policy: Policy, rule: Rule) -> dict[str, Any]:
    cite = rule.document.cite
    if cite is None:
        return {}
    source = policy.document.sources[cite.source]
    said = {"source": cite.source, "title": source.title, "publisher": source.publisher, "date": source.date,
            "version": source.version, "section": cite.section, "url": source.url,
            "confidence": cite.confidence or source.confidence}  # fmt: skip
    return {key: value for key, value in said.items() if value is not None}


def _message(rule: Rule, bad: _Bad) -> str:
    document = rule.document
    text = document.deny or document.because
    if text is None:
        conditions = [c.text for c in (rule.require,) if c is not None]
        text = f"`{rule.id}` asks for: {conditions[0]}" if conditions else f"`{rule.id}` applies."
    return _fill(text, bad, rule)


def _fill(text: str, bad: _Bad, rule: Rule) -> str:
    """A text with the facts that it shows."""
    return re.sub(r"\{([^{}]*)\}", lambda found: _show(found[1], bad, rule), text)


def _show(path: str, bad: _Bad, rule: Rule) -> str:
    head, *rest = path.split(".")
    for condition in (rule.when, rule.require):
        for each in _comprehensions(condition.root) if condition else ():
            if each.variable == head:
                return _show_members(each, rest, bad)
    found: Any = bad.facts.get(head)
    for name in rest:
        found = found.fields.get(name) if isinstance(found, Record) else None
    return printable(in_words(found.value)) if isinstance(found, Seen) else "unknown"


def _show_members(each: nodes.Comprehension, rest: list[str], bad: _Bad) -> str:
    """The members of a list that decided, or that may have."""
    source = evaluate(each.items, bad.facts).value
    labels = {trace.member for top in bad.traces for trace in _members(top) if trace.value is not False}
    shown = []
    for index, member in enumerate(source.members if isinstance(source, Items) else ()):
        label = getattr(member, "label", "") or str(index)
        if not any(name.endswith(f"[{label}]") for name in labels):
            continue
        found: Any = member
        for name in rest:
            found = found.fields.get(name) if isinstance(found, Record) else found
        shown.append(printable(in_words(found.value if isinstance(found, Seen) else found)))
    return ", ".join(dict.fromkeys(shown)) or "something that is not known"


def _members(trace: Trace) -> Iterable[Trace]:
    if trace.member:
        yield trace
    for step in trace.below:
        yield from _members(step)


def _comprehensions(node: Node) -> Iterable[nodes.Comprehension]:
    if isinstance(node, nodes.Comprehension):
        yield node
    for child in children(node):
        yield from _comprehensions(child)


def _rank(name: str) -> int:
    return next(step.rank for step in LADDER if step.name == name)


def _best(ladder: Mapping[Step, Verdict], wanted: Step) -> str:
    """Step 7: the highest rung up to the wanted one that is allowed, with all below it."""
    best = LADDER[0]
    for rung, verdict in ladder.items():
        if rung > wanted or not verdict.allows:
            break
        best = rung
    return best.name


def _not_ruled_out(ladder: Mapping[Step, Verdict]) -> str | None:
    """Step 7: the highest rung with no denial at or below it; None if even withholding is denied."""
    reached = None
    for rung, verdict in ladder.items():
        if verdict is Verdict.DENY:
            break
        reached = rung.name
    return reached


def _missing(hits: list[_Hit], verdict: Verdict) -> tuple[str, ...]:
    if verdict is not Verdict.NEEDS_EVIDENCE:
        return ()
    return tuple(
        sorted({path for hit in hits if hit.outcome is Verdict.NEEDS_EVIDENCE for path in hit.support})
    )


def _together(hits: Mapping[Step, list[_Hit]], wanted: Step) -> tuple[Finding, ...]:
    """Findings of one rule at neighbouring rungs as one, worst first."""
    runs: dict[tuple[Any, ...], list[tuple[Step, _Hit]]] = {}
    for rung, found in hits.items():
        for hit in found:
            key = (hit.policy, hit.rule, hit.outcome, hit.message, hit.facts)
            runs.setdefault(key, []).append((rung, hit))
    findings = [
        Finding(
            hit.policy, hit.rule, hit.effect, hit.outcome, rungs[0][0].name, rungs[-1][0].name,
            hit.message, hit.fix, hit.cite, hit.where, hit.facts,
        )
        for rungs in runs.values()
        for hit in [rungs[0][1]]
    ]  # fmt: skip
    return tuple(
        sorted(
            findings,
            key=lambda found: (
                _rank(found.from_) > wanted.rank,
                -found.outcome.rank,
                found.policy,
                found.rule,
                _rank(found.from_),
            ),
        )
    )


def explain_rule(
    request: ReleaseRequest, artifact: Artifact, policy: Policy, rule: Rule, as_of: date
) -> list[tuple[str, str, Trace]]:
    """What the conditions of a rule came to at the rung that is asked for: name, text and trace of each."""
    judge = _Judge(request, artifact, [policy], policy.digest, as_of, as_of)
    facts = _facts(judge.view, policy, artifact.rung, as_of)
    if policy.tiers:
        facts["tier"] = judge.tier(
            policy, [r for r in policy.rules if r.at <= artifact.rung], facts, judge.scope(policy, facts)
        )
    conditions = (("scope", policy.scope), ("when", rule.when), ("require", rule.require))
    return [(name, each.text, evaluate(each.root, facts)) for name, each in conditions if each is not None]


__all__ += ["explain_rule"]
