"""What tests of a policy should have seen, read from the policy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeGuard

from release_gate.authoring.lint.conditions import type_of
from release_gate.expression import nodes
from release_gate.expression.nodes import At, Condition, Node, children
from release_gate.facts.ladder import LADDER
from release_gate.facts.truth import Step, Value
from release_gate.facts.types import Choice, Number
from release_gate.facts.vocabularies import vocabulary, vocabulary_names
from release_gate.policy.model import Policy
from release_gate.source import Pointer

__all__ = ["Goal", "conditions_of", "goals", "is_fixed", "is_threshold"]

ORDERS: Final = ("<", "<=", ">", ">=")
_KNOWN: Final = {("artifact", "kind"), ("artifact", "access"), ("artifact", "wanted"), ("artifact", "id"),
                 ("request", "id"), ("request", "action"), ("as_of",)}  # fmt: skip
"""Facts that every request states."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that some test should have seen.

    Attributes:
        kind: ``outcome`` of a rule, ``clause`` that alone decided, or side of a ``threshold``.
        at: Where it stands in the policy.
        part: The characters of the condition there; all of it for an outcome.
        seen: ``true``, ``false``, ``unknown``; ``below``, ``at``, ``above``.
    """

    kind: str
    at: Pointer
    part: At
    seen: str


_ALL: Final = At(0, 0)


def conditions_of(policy: Policy, number: int) -> Iterator[tuple[Pointer, Condition, bool]]:
    """The conditions of a rule: where each stands, what it is, and what it must be for the rule to bite."""
    rule = policy.rules[number]
    if policy.scope is not None:
        yield ("scope",), policy.scope, True
    if rule.when is not None:
        yield ("rules", number, "when"), rule.when, True
    if rule.require is not None:
        yield ("rules", number, "require"), rule.require, False


def goals(policy: Policy) -> dict[Goal, None]:
    """Everything that the tests of a policy should have seen, in the order in which it is written."""
    found: dict[Goal, None] = {}
    for number in range(len(policy.rules)):
        conditions = list(conditions_of(policy, number))
        for word in _outcomes(policy, [each for _, each, _ in conditions]):
            found[Goal("outcome", ("rules", number, "id"), _ALL, word)] = None
        for at, condition, _ in conditions:
            found |= dict.fromkeys(_inside(policy, condition.root, at))
    return found


def _outcomes(policy: Policy, conditions: list[Condition]) -> list[str]:
    words = ["true"]
    if conditions:
        words.append("false")
    if any(_may_be_unknown(policy, each.root) for each in conditions):
        words.append("unknown")
    return words


def _may_be_unknown(policy: Policy, node: Node) -> bool:
    if isinstance(node, nodes.Fact):
        if node.path == ("tier",):
            return _tier_may_be_unknown(policy)
        return node.path not in _KNOWN and node.path[0] != "parameter"
    return any(_may_be_unknown(policy, child) for child in children(node))


def _tier_may_be_unknown(policy: Policy) -> bool:
    columns = policy.table.columns if policy.table is not None else ()
    guards = [rule.when for rule in policy.rules if rule.tier is not None and rule.when is not None]
    return any(_may_be_unknown(policy, each.root) for each in (*columns, *guards))


def _inside(policy: Policy, node: Node, at: Pointer) -> Iterator[Goal]:
    """The clauses and thresholds of a condition. Those of a definition belong to it, wherever it is used."""
    match node:
        case nodes.Named():
            yield from _inside(policy, node.body, ("definitions", node.name))
        case nodes.Not():
            yield from _inside(policy, node.value, at)
        case nodes.Logic():
            for value in node.values:
                yield from _inside(policy, value, at)
        case nodes.Literal():
            return
        case _:
            yield Goal("clause", at, node.at, "true")
            yield Goal("clause", at, node.at, "false")
            yield from _thresholds(policy, node, at)


def _thresholds(policy: Policy, node: Node, at: Pointer) -> Iterator[Goal]:
    if isinstance(node, nodes.Named):
        yield from _thresholds(policy, node.body, ("definitions", node.name))
        return
    if is_threshold(node):
        limit, other = (node.left, node.right) if is_fixed(node.left) else (node.right, node.left)
        lowest, highest = _ends(policy, other, _value(policy, limit))
        yield from (Goal("threshold", at, node.at, side) for side in ("below", "at", "above")
                    if not (side == "below" and lowest) and not (side == "above" and highest))  # fmt: skip
    for child in children(node):
        yield from _thresholds(policy, child, at)


def is_fixed(node: Node) -> bool:
    """Whether one side of a comparison is the threshold: written out, or a parameter."""
    return isinstance(node, nodes.Literal) or (isinstance(node, nodes.Fact) and node.path[0] == "parameter")


def is_threshold(node: Node) -> TypeGuard[nodes.Compare]:
    """Whether a node compares something with a threshold."""
    if not isinstance(node, nodes.Compare) or node.op not in ORDERS:
        return False
    return is_fixed(node.left) != is_fixed(node.right)


def _value(policy: Policy, limit: Node) -> Value:
    if isinstance(limit, nodes.Literal):
        return limit.value
    return policy.parameters[limit.path[1]] if isinstance(limit, nodes.Fact) else None


def _ends(policy: Policy, other: Node, limit: Value) -> tuple[bool, bool]:
    """Whether nothing can lie below a threshold, or above it."""
    path = other.path if isinstance(other, nodes.Fact) else ()
    kind = type_of(policy, path) if path else None
    if isinstance(limit, Step):
        return limit.rank == 0, limit in _highest(policy, path)
    low, high = (kind.low, kind.high) if isinstance(kind, Number) else (None, None)
    if isinstance(other, nodes.Call | nodes.Part):
        low = Decimal(0)
    return low is not None and limit == low, high is not None and limit == high


def _highest(policy: Policy, path: tuple[str, ...]) -> set[Any]:
    """The highest words of the vocabularies that a fact may have."""
    if path == ("tier",):
        return {policy.tiers[-1].step}
    kind = type_of(policy, path) if path else None
    if isinstance(kind, Choice):
        return {kind.vocabulary.values[-1]}
    known = [vocabulary(name) for name in vocabulary_names()]
    return {each.values[-1] for each in known if each.ordered} | {LADDER[-1]}
