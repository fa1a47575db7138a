"""Small changes of a condition, each with what it does to it: hold less often, more often, or either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, get_args

from release_gate.authoring.coverage.goals import is_threshold
from release_gate.authoring.lint.conditions import type_of
from release_gate.decision import in_words
from release_gate.expression import nodes
from release_gate.expression.nodes import At, Node
from release_gate.facts.truth import Duration, Step, Value
from release_gate.facts.types import Choice
from release_gate.facts.vocabularies import vocabulary, vocabulary_names
from release_gate.policy.model import Policy

__all__ = ["Variation", "moved", "variations", "with_definition"]

LESS, MORE, EITHER = -1, 1, 0
"""Whether a changed condition holds less often, more often, or either."""
_SWAP: Final = {">": (">=", MORE), ">=": (">", LESS), "<": ("<=", MORE), "<=": ("<", LESS)}
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Variation:
    """A changed condition.

    Attributes:
        root: The condition.
        said: What was changed, in words.
        way: Whether it holds less often, more often, or either.
        at: What was changed, as characters of the text.
        hint: What a test would have to set to notice.
    """

    root: Node
    said: str
    way: int
    at: At
    hint: str = ""


def variations(policy: Policy, node: Node, text: str) -> Iterator[Variation]:
    """Every small change of a condition. A definition is changed where it is defined, not here."""
    match node:
        case nodes.Not(value=value):
            yield Variation(value, "drops `not`", EITHER, node.at)
            for each in variations(policy, value, text):
                yield replace(each, root=replace(node, value=each.root), way=-each.way)
        case nodes.Logic():
            yield from _logic(policy, node, text)
        case nodes.Compare():
            yield from _comparison(policy, node, text)
        case nodes.In(container=nodes.ListOf(items=items) as container) if len(items) > 1:
            for index, item in enumerate(items):
                fewer = replace(container, items=items[:index] + items[index + 1 :])
                said = f"drops `{_text(item, text)}` from the list"
                hint = _to_set(policy, node.member, item, text)
                yield Variation(replace(node, container=fewer), said, LESS, item.at, hint)
        case nodes.Call(function="any" | "all"):
            yield from _members(policy, node, text)
        case nodes.Fact() | nodes.Match() | nodes.In():
            yield Variation(nodes.Not(node.at, node), "is negated", EITHER, node.at)
        case _:
            return


def _logic(policy: Policy, node: nodes.Logic, text: str) -> Iterator[Variation]:
    other, way = ("or", MORE) if node.op == "and" else ("and", LESS)
    yield Variation(replace(node, op=other), f"says `{other}` for `{node.op}`", way, node.at)
    for index, value in enumerate(node.values):
        rest = node.values[:index] + node.values[index + 1 :]
        root = rest[0] if len(rest) == 1 else replace(node, values=rest)
        yield Variation(root, f"drops `{_text(value, text)}`", way, value.at)
        for each in variations(policy, value, text):
            values = (*node.values[:index], each.root, *node.values[index + 1 :])
            yield replace(each, root=replace(node, values=values))


def _comparison(policy: Policy, node: nodes.Compare, text: str) -> Iterator[Variation]:
    if not is_threshold(node):
        opposite = {"==": "!=", "!=": "=="}.get(node.op)
        if opposite:
            yield Variation(replace(node, op=opposite), f"says `{opposite}` for `{node.op}`", EITHER, node.at)
        return
    fixed_right = isinstance(node.right, nodes.Literal) or _is_parameter(node.right)
    limit, other = (node.right, node.left) if fixed_right else (node.left, node.right)
    hint = _to_set(policy, other, limit, text)
    op, way = _SWAP[node.op]
    yield Variation(replace(node, op=op), f"says `{op}` for `{node.op}`", way, node.at, hint)
    # The scale of tiers belongs to the policy; a threshold on them is moved by its sign alone.
    if not isinstance(limit, nodes.Literal) or (isinstance(other, nodes.Fact) and other.path == ("tier",)):
        return
    # A higher limit on the right holds less often under > and >=, and on the left under < and <=.
    rising = LESS if (node.op in (">", ">=")) == fixed_right else MORE
    for by, way in ((1, rising), (-1, -rising)):
        if isinstance(limit.value, Step):
            value = _neighbour(policy, other, limit.value, by)
        else:
            value = moved(limit.value, by, counted=isinstance(other, nodes.Call | nodes.Part))
        if value is None:
            continue
        changed = replace(limit, value=value)
        root = replace(node, right=changed) if fixed_right else replace(node, left=changed)
        said = f"says `{in_words(value)}` for `{in_words(limit.value)}`"
        yield Variation(root, said, way, node.at, hint)


def _to_set(policy: Policy, fact: Node, to: Node, text: str) -> str:
    """What a test would have to set, if this is a fact that it can set."""
    if not isinstance(fact, nodes.Fact) or type_of(policy, fact.path) is None:
        return ""
    value: Value = to.value if isinstance(to, nodes.Literal) else None
    if isinstance(to, nodes.Fact) and _is_parameter(to):
        value = policy.parameters[to.path[1]]
    if value is None or fact.path == ("as_of",):
        return ""
    return f"{'.'.join(fact.path)}: {_text(to, text) if isinstance(value, str | Step) else in_words(value)}"


def _is_parameter(node: Node) -> bool:
    return isinstance(node, nodes.Fact) and node.path[0] == "parameter"


def moved(value: Value, by: int, *, counted: bool = False) -> Value:
    """The next value up or down: a day or whole number, or one percent; None if there is none."""
    match value:
        case bool():
            return None
        case Decimal():
            return value + by * (1 if counted else (abs(value) / 100 or Decimal("0.01")))
        case date():
            return value + timedelta(days=by)
        case Duration():
            return Duration(value.months, value.seconds + by * _DAY)
        case _:
            return None


def _neighbour(policy: Policy, fact: Node, step: Step, by: int) -> Step | None:
    """The next step of the scale that a fact is measured on; None if there is none, or no such scale."""
    kind = type_of(policy, fact.path) if isinstance(fact, nodes.Fact) else None
    if isinstance(kind, Choice):
        scales = [kind.vocabulary.values]
    else:  # of a member of a list
        scales = [vocabulary(name).values for name in vocabulary_names() if vocabulary(name).ordered]
    rank = step.rank + by
    found = {scale[rank] if 0 <= rank < len(scale) else None for scale in scales if step in scale}
    only = found.pop() if len(found) == 1 else None
    return only if isinstance(only, Step) else None


def _members(policy: Policy, node: nodes.Call, text: str) -> Iterator[Variation]:
    other, way = ("all", LESS) if node.function == "any" else ("any", MORE)
    yield Variation(replace(node, function=other), f"says `${other}` for `${node.function}`", way, node.at)
    each = node.argument
    if not isinstance(each, nodes.Comprehension):
        return
    for inner in variations(policy, each.result, text):
        yield replace(inner, root=replace(node, argument=replace(each, result=inner.root)))
    if each.condition is None:
        return
    # A filter that lets more through makes `any` hold more often, and `all` less often.
    sign = 1 if node.function == "any" else -1
    dropped = replace(node, argument=replace(each, condition=None))
    yield Variation(dropped, f"drops `if {_text(each.condition, text)}`", sign * MORE, each.condition.at)
    for inner in variations(policy, each.condition, text):
        root = replace(node, argument=replace(each, condition=inner.root))
        yield replace(inner, root=root, way=sign * inner.way)


def _text(node: Node, text: str) -> str:
    return " ".join(text[node.at.start : node.at.end].split())


def with_definition(node: Node, name: str, body: Node) -> Node:
    """A condition in which a definition says something else."""

    def over(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(over, part))
        return with_definition(part, name, body) if isinstance(part, get_args(Node)) else part

    if isinstance(node, nodes.Named) and node.name == name:
        return replace(node, body=body)
    return replace(node, **{each.name: over(getattr(node, each.name)) for each in fields(node)})
