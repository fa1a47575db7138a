"""The rules of a policy, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from release_gate.diagnostics import did_you_mean, listed, nearest, offer, printable
from release_gate.expression import nodes
from release_gate.expression.monotone import Trend, reads, trend
from release_gate.expression.nodes import Condition, Node, children
from release_gate.expression.problem import ExpressionProblem
from release_gate.facts.ladder import LOWEST_JUDGED, RUNGS
from release_gate.facts.types import RecordType
from release_gate.policy.conditions import ACCESS, TIER, Conditions
from release_gate.policy.documents import PolicyDocument, RuleDocument
from release_gate.policy.model import Rule
from release_gate.policy.places import Problems
from release_gate.policy.tiers import Tiers
from release_gate.scalars import twins
from release_gate.source import Pointer

__all__ = ["Rules"]


class Rules:
    """Reads the rules of a policy."""

    def __init__(
        self, shape: PolicyDocument, tiers: Tiers, conditions: Conditions, problems: Problems
    ) -> None:
        self.shape, self.tiers, self.conditions, self.problems = shape, tiers, conditions, problems
        self.all = tuple(self._rule(index, rule) for index, rule in enumerate(shape.rules))
        self._check_ids()

    def _rule(self, index: int, shape: RuleDocument) -> Rule:
        pointer: Pointer = ("rules", index)
        when = self._condition(shape.when, (*pointer, "when"), Trend.UP, "> and >=")
        require = self._condition(shape.require, (*pointer, "require"), Trend.DOWN, "< and <=")
        if shape.tier is not None and when is not None and reads(when.root, TIER):
            self.problems.add("RG305", "a rule that sets the tier cannot read it", (*pointer, "when"))
        if shape.cite is not None and shape.cite.source not in self.shape.sources:
            self.problems.add(
                "RG311",
                f"there is no source `{printable(shape.cite.source)}`",
                (*pointer, "cite"),
                did_you_mean(shape.cite.source, self.shape.sources),
            )
        self._check_texts(shape, pointer, [c for c in (when, require) if c is not None])
        return Rule(
            id=shape.id,
            effect=shape.effect,
            at=RUNGS[shape.at] if shape.at is not None else LOWEST_JUDGED,
            when=when,
            require=require,
            tier=self.tiers.tier(shape.tier, (*pointer, "tier")),
            ceiling=RUNGS[shape.ceiling] if shape.ceiling is not None else None,
            sign_off=shape.sign_off or (shape.else_.sign_off if shape.else_ else None),
            oblige=shape.oblige,
            document=shape,
            span=self.problems.places.span((*pointer, "id")),
        )

    def _condition(self, text: str | None, pointer: Pointer, allowed: Trend, signs: str) -> Condition | None:
        """A condition that makes the rule no laxer as access or the tier rises."""
        if text is None:
            return None
        condition = self.conditions.condition(text, pointer)
        if condition is None:
            return None
        for path in (ACCESS, TIER):
            if not reads(condition.root, path) or trend(condition.root, path) in (Trend.FLAT, allowed):
                continue
            at = next(iter(_uses(condition.root, path)), condition.root).at
            message = f"`{'.'.join(path)}` may only make this rule stricter as it rises"
            help_ = f"here, compare it with {signs}; what is allowed open must be allowed closed"
            self.problems.add_within(pointer, ExpressionProblem("RG312", message, at, help_))
        return condition

    def _check_texts(self, shape: RuleDocument, pointer: Pointer, conditions: list[Condition]) -> None:
        texts = {
            key: text for key in ("because", "fix", "deny") if (text := getattr(shape, key)) and "{" in text
        }
        if not texts:
            return
        variables = {node.variable for condition in conditions for node in _comprehensions(condition.root)}
        for key, text in texts.items():
            for path in re.findall(r"\{([^{}]*)\}", text):
                head = path.split(".")[0]
                if head not in variables and not self.conditions.can_show(path):
                    self.problems.add(
                        "RG313",
                        f"`{{{printable(path)}}}` is not a fact that can be shown",
                        (*pointer, key),
                        self._near(path, variables),
                    )

    def _near(self, path: str, variables: set[str]) -> str:
        """What is meant by a path that no text can show."""
        head, _, name = path.partition(".")
        group = self.conditions.scope.root.fields.get(head)
        if isinstance(group, RecordType):
            written = {each: f"{{{head}.{each}}}" for each in group.fields}
            few = listed(written.values())
            near = offer([written[each] for each in nearest(name, written)])
            if help_ := near or (f"one of {few}" if few else ""):
                return help_
        return did_you_mean(head, [*variables, *self.conditions.scope.root.fields])

    def _check_ids(self) -> None:
        for what, members in (("rules", self.shape.rules), ("tiers", self.shape.tiers)):
            for index, twin, first in twins(member.id for member in members):
                same = f"two {what} have the id `{twin}`"
                alike = f"the ids `{first}` and `{twin}` of two {what} look the same"
                message, help_ = (
                    (same, "give each its own") if twin == first else (alike, "rename one of them")
                )
                self.problems.add("RG314", message, (what, index, "id"), help_)


def _uses(node: Node, path: tuple[str, ...]) -> Iterator[Node]:
    if isinstance(node, nodes.Fact) and node.path == path:
        yield node
    if isinstance(node, nodes.Named):
        if reads(node.body, path):
            yield node
        return
    for child in children(node):
        yield from _uses(child, path)


def _comprehensions(node: Node) -> Iterator[nodes.Comprehension]:
    if isinstance(node, nodes.Comprehension):
        yield node
    for child in children(node):
        yield from _comprehensions(child)
