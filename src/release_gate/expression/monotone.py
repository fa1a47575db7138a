"""Which way a condition moves when one of its facts rises. The laws of the ladder rest on it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum

from release_gate.expression import nodes
from release_gate.expression.nodes import Node, children

__all__ = ["Trend", "reads", "trend"]


class Trend(Enum):
    """How a value moves while one fact rises. Truth rises from false over unknown to true."""

    FLAT = "does not depend on it"
    UP = "rises with it"
    DOWN = "falls with it"
    MIXED = "may do either"

    @property
    def reverse(self) -> Trend:
        """The trend of the opposite."""
        return {Trend.UP: Trend.DOWN, Trend.DOWN: Trend.UP}.get(self, self)


def _join(trends: Iterable[Trend]) -> Trend:
    found = {trend for trend in trends if trend is not Trend.FLAT}
    if not found:
        return Trend.FLAT
    return found.pop() if len(found) == 1 else Trend.MIXED


def reads(node: Node, path: tuple[str, ...]) -> bool:
    """Whether a condition reads a fact."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, nodes.Fact):
            if each.path == path:
                return True
        else:
            waiting += children(each)
    return False


def trend(node: Node, path: tuple[str, ...]) -> Trend:  # noqa: C901, PLR0911, PLR0912 - a case for each form
    """How a value moves while the fact at ``path`` rises and nothing else changes."""
    match node:
        case nodes.Fact():
            return Trend.UP if node.path == path else Trend.FLAT
        case nodes.Named():
            return trend(node.body, path)
        case nodes.Not():
            return trend(node.value, path).reverse
        case nodes.Logic():
            return _join(trend(value, path) for value in node.values)
        case nodes.Compare(op=">" | ">="):
            return _join([trend(node.left, path), trend(node.right, path).reverse])
        case nodes.Compare(op="<" | "<="):
            return _join([trend(node.left, path).reverse, trend(node.right, path)])
        case nodes.Binary(op="+"):
            return _join([trend(node.left, path), trend(node.right, path)])
        case nodes.Binary(op="-"):
            return _join([trend(node.left, path), trend(node.right, path).reverse])
        case nodes.Binary(op="*") if _is_positive(node.left):
            return trend(node.right, path)
        case nodes.Binary(op="*" | "/") if _is_positive(node.right):
            return trend(node.left, path)
        case nodes.Choose() if not reads(node.test, path):
            return _join([trend(node.then, path), trend(node.otherwise, path)])
        case nodes.Coalesce() if not reads(node.value, path):
            return trend(node.instead, path)
        case nodes.Call(function="any" | "all", argument=nodes.Comprehension() as each) if not reads(
            each.items, path
        ):
            filtered = _filter(each, path)
            return _join([trend(each.result, path), filtered if node.function == "any" else filtered.reverse])
        case nodes.Call(function="count", argument=nodes.Comprehension() as each) if not reads(
            each.items, path
        ):
            return _filter(each, path)  # what the members are does not matter, only how many the filter keeps
        case nodes.Part(value=nodes.Comprehension() as each) if not reads(each.items, path):
            return _filter(each, path).reverse if node.name == "is_empty" else _filter(each, path)
        case _:
            return Trend.MIXED if reads(node, path) else Trend.FLAT


def _filter(each: nodes.Comprehension, path: tuple[str, ...]) -> Trend:
    return trend(each.condition, path) if each.condition is not None else Trend.FLAT


def _is_positive(node: Node) -> bool:
    return isinstance(node, nodes.Literal) and isinstance(node.value, Decimal) and node.value > 0
