"""What the tests of a policy have seen: every condition that they look at, by the reference evaluator.

A case looks at a rung if it expects something there. What a rule came to elsewhere could change without
any test noticing, so that it does not count.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from release_gate.authoring.coverage.goals import Goal, conditions_of, is_fixed, is_threshold
from release_gate.authoring.looks import Look, Reads, looks_of
from release_gate.authoring.processes import spread
from release_gate.authoring.testing.suites import Trial
from release_gate.evaluate.reference import Facts, Trace, evaluate, truth_of
from release_gate.expression import nodes
from release_gate.expression.nodes import At, Node
from release_gate.facts.truth import Duration, Step, Truth, Value, all_of, not_
from release_gate.policy.model import Policy, Rule
from release_gate.source import Pointer

__all__ = ["Observer", "observed"]

_DAY = 86_400


class Observer:
    """Takes in trials, and collects what they have seen of a policy.

    Attributes:
        policy: The policy.
        seen: What has been seen.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.seen: set[Goal] = set()
        self.conditions = [list(conditions_of(policy, number)) for number in range(len(policy.rules))]
        self.reads = [Reads.of(each for _, each, _ in conditions) for conditions in self.conditions]
        self.known: set[tuple[Hashable, ...]] = set()

    def trial(self, trial: Trial) -> set[Goal]:
        """Look at the policy as one trial does, and give back what had not been seen before."""
        before = set(self.seen)
        self.look_at(trial)
        return self.seen - before

    def look_at(self, trial: Trial) -> None:
        """Look at every rule that the trial reaches."""
        if not self.policy.in_force.holds(trial.as_of):
            return
        for look in looks_of(trial, self.policy):
            if self.policy.applies_to(look.artifact.kind):
                for number, rule in enumerate(self.policy.rules):
                    if rule.applies_to(look.artifact.kind) and rule.in_force(trial.as_of):
                        self.rule(number, rule, look)

    def rule(self, number: int, rule: Rule, look: Look) -> None:
        """Look at one rule, unless it was looked at before where it read the same."""
        # By rank: `granted` has the place on its ladder that `internal` has on that of releases.
        if look.rung.rank < rule.at.rank or (rule.ceiling is not None and look.rung <= rule.ceiling):
            return
        key = (number, *look.key(self.reads[number]))
        if key not in self.known:
            self.known.add(key)
            self.evaluated(number, look.facts)

    def evaluated(self, number: int, facts: Facts) -> None:
        """Note what a rule and its parts came to."""
        parts = [(at, evaluate(each.root, facts), wanted) for at, each, wanted in self.conditions[number]]
        truths = [truth_of(trace) if wanted else not_(trace.value) for _, trace, wanted in parts]
        self.seen.add(Goal("outcome", ("rules", number, "id"), At(0, 0), _word(all_of(truths))))
        for index, (at, trace, _) in enumerate(parts):
            alone = all(value is True for place, value in enumerate(truths) if place != index)
            self.clauses(trace, at, alone=alone)

    def clauses(self, trace: Trace, at: Pointer, *, alone: bool) -> None:
        """Note which clauses decided alone: flipped, they would have flipped the rule."""
        match trace.node:
            case nodes.Named(name=name):
                self.clauses(trace.below[0], ("definitions", name), alone=alone)
            case nodes.Not():
                self.clauses(trace.below[0], at, alone=alone)
            case nodes.Logic(op=op):
                for index, step in enumerate(trace.below):
                    others = [each.value for place, each in enumerate(trace.below) if place != index]
                    self.clauses(step, at, alone=alone and all(each is (op == "and") for each in others))
            case node:
                if alone and isinstance(trace.value, bool):
                    self.seen.add(Goal("clause", at, node.at, _word(trace.value)))
                self.thresholds(trace, at)

    def thresholds(self, trace: Trace, at: Pointer) -> None:
        """Note on which side of each threshold a value lay, if close by."""
        node = trace.node
        if isinstance(node, nodes.Named):
            at = ("definitions", node.name)
        # A member of a list stands under the node that it was evaluated for, and has that below it.
        if not trace.member and is_threshold(node):
            left, right = trace.below
            limit, other = (left, right) if is_fixed(left.node) else (right, left)
            side = _side(other.value, limit.value, other.node)
            if side:
                self.seen.add(Goal("threshold", at, node.at, side))
        for step in trace.below:
            self.thresholds(step, at)


def observed(policy: Policy, trials: Sequence[Trial], jobs: int = 1) -> Iterator[set[Goal]]:
    """What each trial has seen of a policy, but for what was seen before, in the order of the trials."""
    return spread(Observer(policy).trial, trials, jobs)


def _word(value: Truth) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else "unknown"


def _side(value: Value, limit: Value, node: Node) -> str:
    """``below``, ``at`` or ``above`` if a value is at a threshold or next to it; empty if it is not."""
    distance = _distance(value, limit, node)
    if distance is None:
        return ""
    return "at" if distance == 0 else "below" if distance < 0 else "above"


def _distance(value: Any, limit: Any, node: Node) -> Decimal | None:
    """How far a value is from a threshold, or None if it is not next to it."""
    match value, limit:
        case Step(), Step():
            by, near = Decimal(value.rank - limit.rank), Decimal(1)
        case Decimal(), Decimal():
            by, near = value - limit, _near(limit, node)
        case date(), date():
            by, near = Decimal((value - limit).days), Decimal(1)
        case Duration(), Duration() if value.months == limit.months:
            by, near = Decimal(value.seconds - limit.seconds), Decimal(_DAY)
        case _:
            return None
    return by if abs(by) <= near else None


def _near(limit: Decimal, node: Node) -> Decimal:
    """How close is close: the next whole number for what is counted, else one percent."""
    if isinstance(node, nodes.Call | nodes.Part):
        return Decimal(1)
    return abs(limit) / 100 if limit else Decimal("0.01")
