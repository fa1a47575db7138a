"""Find the changes of a policy that none of its tests notices.

What most changes do shows in one rule. So that rule is evaluated first, by the reference, and once for all
cases in which it reads the same; only where it comes to something else is the release judged again, by a
policy of that rule alone, and its findings take the place of the old ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from release_gate.authoring.expectations import found
from release_gate.authoring.looks import looked_at
from release_gate.authoring.mutation.mutants import Mutant, mutants
from release_gate.authoring.suites import Suite, Trial
from release_gate.authoring.trials import judged
from release_gate.decision import ArtifactDecision, Finding, Verdict, worst
from release_gate.engine import facts_at
from release_gate.evaluate.reference import Facts, evaluate, truth_of
from release_gate.expression import nodes
from release_gate.expression.nodes import Node, children
from release_gate.facts.ladder import ALL_RUNGS, LADDER
from release_gate.facts.truth import Items, Step, Truth, all_of, not_
from release_gate.policy.model import Policy, Rule

__all__ = ["Hunt", "Survivor", "recombined"]


@dataclass(frozen=True)
class Survivor:
    """A change that no test notices.

    Attributes:
        mutant: The change.
        advice: The case that would notice.
    """

    mutant: Mutant
    advice: str


@dataclass
class _Scene:
    """A trial with an artifact, and what has been worked out about them."""

    suite: Suite
    trial: Trial
    artifact: str
    base: ArtifactDecision
    facts: dict[Step, Facts]


class Hunt:
    """The hunt for survivors among the mutants of a policy.

    Attributes:
        policy: The policy.
        mutants: Its mutants.
    """

    def __init__(self, policy: Policy, suites: Sequence[Suite]) -> None:
        self.policy = policy
        self.mutants = list(mutants(policy))
        self.scenes = [
            scene for suite in suites for trial in suite.trials for scene in _scenes(policy, suite, trial)
        ]
        self.tiers = tuple(rule for rule in policy.rules if rule.tier is not None)
        self.ids: dict[Any, int] = {}
        self.leaves: dict[int, tuple[nodes.Fact, ...] | None] = {}
        self.values: dict[tuple[int, Step, tuple[str, ...]], Any] = {}
        self.truths: dict[tuple[Any, ...], tuple[Truth, tuple[str, ...]]] = {}

    def survivors(self) -> Iterator[Survivor | None]:
        """For each mutant, in their order, the survivor or None."""
        for mutant in self.mutants:
            yield self.survivor(mutant)

    def survivor(self, mutant: Mutant) -> Survivor | None:
        """The mutant as a survivor, unless some test notices it."""
        advice = ""
        for number, scene in enumerate(self.scenes):
            if mutant.rule is not None and not self.differs(number, scene, mutant, mutant.rule):
                continue
            decision = self.decision(scene, mutant)
            expectations = [each for each in scene.trial.expectations if each.artifact == scene.artifact]
            if any(not each.holds(found(each, decision)) for each in expectations):
                return None
            advice = advice or _advice(scene, decision)
        hint = f"add a case with `set: {{{mutant.hint}}}`" if mutant.hint else ""
        return Survivor(mutant, advice or hint or "add a case in which this makes a difference")

    def differs(self, number: int, scene: _Scene, mutant: Mutant, rule: int) -> bool:
        """Whether a changed rule may come to something else, at a rung that the case looks at."""
        old, new = self.policy.rules[rule], mutant.policy.rules[rule]
        if (old.when, old.require) == (new.when, new.require):
            return any(self.bad(number, rung, old, facts) is not False for rung, facts in scene.facts.items())
        return any(
            self.bad(number, rung, old, facts) != self.bad(number, rung, new, facts)
            for rung, facts in scene.facts.items()
            if rung >= old.at
        )

    def bad(self, number: int, rung: Step, rule: Rule, facts: Facts) -> Any:
        """What a rule comes to; while it is unknown, with the facts that would settle it."""
        values: list[Truth] = []
        support: list[str] = []
        for condition, wanted in ((self.policy.scope, True), (rule.when, True), (rule.require, False)):
            if condition is not None:
                value, open_ = self.came(number, rung, condition.root, facts)
                values.append(value if wanted else not_(value))
                support += open_
        value = all_of(values)
        return value if isinstance(value, bool) else tuple(sorted(set(support)))

    def came(self, number: int, rung: Step, root: Node, facts: Facts) -> tuple[Truth, tuple[str, ...]]:
        """What a condition comes to, evaluated once for all facts that are the same to it."""
        # Nodes are told apart by identity, because every mutant is kept and hashing a tree is slow.
        leaves = self.leaves.setdefault(id(root), None) or self.leaves_of(root)
        key = (id(root), *(self.value(number, rung, leaf, facts) for leaf in leaves))
        known = self.truths.get(key)
        if known is None:
            trace = evaluate(root, facts)
            known = (truth_of(trace), tuple(read.path for read in trace.support))
            self.truths[key] = known
        return known

    def leaves_of(self, root: Node) -> tuple[nodes.Fact, ...]:
        """The facts that a condition reads, worked out once."""
        found_ = self.leaves[id(root)] = _leaves(root)
        return found_

    def value(self, number: int, rung: Step, leaf: nodes.Fact, facts: Facts) -> Any:
        """The value of a fact, or what stands for it if it cannot be compared with others."""
        key = (number, rung, leaf.path)
        if key not in self.values:
            value = evaluate(leaf, facts).value
            # Lists are never shared between cases: their records are equal by label, whatever they say.
            if isinstance(value, Items):
                self.values[key] = key
            else:
                self.values[key] = self.ids.setdefault(value, len(self.ids))
        return self.values[key]

    def decision(self, scene: _Scene, mutant: Mutant) -> ArtifactDecision:
        """The decision under a mutant."""
        if mutant.rule is None or mutant.policy.rules[mutant.rule].tier is not None:
            policies = (mutant.policy, *scene.suite.beside)
            return judged(scene.trial, policies)[scene.artifact]
        rule = mutant.policy.rules[mutant.rule]
        alone = replace(mutant.policy, rules=(*self.tiers, rule))
        return recombined(scene.base, self.policy.id, rule.id, judged(scene.trial, (alone,))[scene.artifact])


def _scenes(policy: Policy, suite: Suite, trial: Trial) -> Iterator[_Scene]:
    decisions = judged(trial, suite.policies)
    for artifact in trial.request.artifacts:
        rungs = looked_at(trial, artifact)
        if rungs:
            facts = facts_at(trial.request, artifact, policy, rungs, trial.as_of)
            yield _Scene(suite, trial, artifact.id, decisions[artifact.id], facts)


def _leaves(node: Node) -> tuple[nodes.Fact, ...]:
    """The facts that a condition reads, without those of the members of lists."""
    found_: dict[nodes.Fact, None] = {}

    def walk(node: Node, bound: frozenset[str]) -> None:
        if isinstance(node, nodes.Fact) and node.path[0] not in bound:
            found_[node] = None
        if isinstance(node, nodes.Comprehension):
            bound |= {node.variable}
        for child in children(node):
            walk(child, bound)

    walk(node, frozenset())
    return tuple(found_)


def recombined(base: ArtifactDecision, policy: str, rule: str, alone: ArtifactDecision) -> ArtifactDecision:
    """A decision in which the findings of one rule are those of another decision."""

    def ours(finding: Finding) -> bool:
        return (finding.policy, finding.rule) == (policy, rule)

    findings = (
        *(each for each in base.findings if not ours(each)),
        *(each for each in alone.findings if ours(each)),
    )
    ladder = {rung: worst(each.outcome for each in findings if each.stands_at(rung)) for rung in base.ladder}
    missing = {rung: _open(findings, rung, (Verdict.NEEDS_EVIDENCE,)) for rung, came in ladder.items()
               if came is Verdict.NEEDS_EVIDENCE}  # fmt: skip
    duties = [each for each in base.obligations if (each.policy, each.rule) != (policy, rule)]
    duties += [each for each in alone.obligations if (each.policy, each.rule) == (policy, rule)]
    return replace(
        base,
        verdict=ladder[base.requested],
        best=_best(ladder, base.requested),
        not_ruled_out=_not_ruled_out(ladder),
        ladder=ladder,
        findings=findings,
        missing=missing.get(base.requested, ()),
        missing_at=missing,
        could_lift=_open(findings, base.requested, (Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL)),
        obligations=tuple(duties),
    )


def _open(findings: Sequence[Finding], rung: str, outcomes: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                fact.path
                for each in findings
                if each.outcome in outcomes and each.stands_at(rung)
                for fact in each.facts
                if fact.state != "known"
            }
        )
    )


def _best(ladder: dict[str, Verdict], wanted: str) -> str:
    best = LADDER[0].name
    for rung, came in ladder.items():
        if ALL_RUNGS[rung] > ALL_RUNGS[wanted] or not came.allows:
            break
        best = rung
    return best


def _not_ruled_out(ladder: dict[str, Verdict]) -> str | None:
    reached = None
    for rung, came in ladder.items():
        if came is Verdict.DENY:
            break
        reached = rung
    return reached


def _advice(scene: _Scene, changed: ArtifactDecision) -> str:
    """Where in this very case the change shows, at a level that it does not look at."""
    for rung, came in scene.base.ladder.items():
        if changed.ladder[rung] is not came:
            expected = f"{scene.artifact}: {{levels: {{{rung}: {came}}}}}"
            instead = changed.ladder[rung]
            return f"in the case `{scene.trial.name}`, expect `{expected}`; with the change it is `{instead}`"
    return ""
