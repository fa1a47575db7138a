"""Text to tree, by the grammar of rule-engine 5.1 and without its evaluation.

Its parser stops at the deferred tree, which becomes a tree of our own here. Nothing of rule-engine is ever
built: building folds constants, and ``(1e9999999).floor`` in a policy would hang it.
"""

from __future__ import annotations

import functools
import threading
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from release_gate.expression import nodes
from release_gate.expression.hints import bitwise_hint, function_hint, name_hint, number_hint
from release_gate.expression.nodes import FUNCTIONS, At, Node
from release_gate.expression.patterns import pattern_problem
from release_gate.expression.problem import ExpressionProblem
from release_gate.facts.truth import Duration
from release_gate.scalars import number_problem, parse_number, text_problem

if TYPE_CHECKING:
    from release_gate.expression.grammar import SpanParser

__all__ = ["parse"]

MAX_LENGTH: Final = 4096
MAX_DEPTH: Final = 40


def parse(text: str) -> Node:
    """Read a condition.

    Raises:
        ExpressionProblem: It cannot be read, or uses what the language leaves out.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionProblem(
            "RG201", f"a condition is longer than {MAX_LENGTH} characters", At(0, 1), "use definitions"
        )
    if not text.strip():
        raise ExpressionProblem("RG201", "the condition is empty", At(0, 1))
    with _LOCK:
        parser = _parser()
        deferred, spans, grouped = parser.read(text)
    return _Lowering(text, spans, grouped).lower(deferred, 0)


_LOCK = threading.Lock()


@functools.cache
def _parser() -> SpanParser:
    from release_gate.expression.grammar import SpanParser  # noqa: PLC0415 - it takes a third of a second

    return SpanParser()


_COMPARE = {"EQ": "==", "NE": "!=", "GT": ">", "GE": ">=", "LT": "<", "LE": "<="}
_ARITHMETIC = {"ADD": "+", "SUB": "-", "MUL": "*", "TDIV": "/", "FDIV": "//", "MOD": "%", "POW": "**"}
_REFUSED = {
    "BitwiseExpression": ("bitwise operators are not used here", ""),
    "BitwiseShiftExpression": ("bitwise operators are not used here", ""),
    "GetItemExpression": ("a list has no order here", "use $any([… for x in list])"),
    "GetSliceExpression": ("a list has no order here", "use $any([… for x in list])"),
    "BytesExpression": ("bytes are not used here", 'write a text: "…"'),
    "SetExpression": ("sets are not used here", "write a list: [a, b]"),
    "MappingExpression": ("mappings are not used here", ""),
}


class _Lowering:
    """The deferred tree of rule-engine to our own."""

    def __init__(self, text: str, spans: dict[int, At], grouped: set[int]) -> None:
        self.text, self.spans, self.grouped = text, spans, grouped

    def lower(self, deferred: Any, depth: int, outer: At | None = None) -> Node:
        at = self.spans.get(id(deferred)) or outer or At(0, len(self.text))
        if depth > MAX_DEPTH:
            raise ExpressionProblem(
                "RG201", f"the condition is nested more than {MAX_DEPTH} levels deep", at, "use definitions"
            )
        kind = deferred.cls.__name__
        if kind in _REFUSED:
            message, help_ = _REFUSED[kind]
            help_ = bitwise_hint(self.text[at.start : at.end]) if kind.startswith("Bitwise") else help_
            raise ExpressionProblem("RG202", message, at, help_)
        method = getattr(self, "_" + kind.removesuffix("Expression").lower(), None)
        if method is None:
            raise ExpressionProblem("RG202", "this form is not used here", at)
        result: Node = method(deferred.args[1:], deferred.kwargs, at, depth + 1)
        return result

    def _statement(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return self.lower(args[0], depth - 1)

    def _boolean(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return nodes.Literal(at, args[0])

    def _null(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return nodes.Literal(at, None)

    def _string(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        if reason := text_problem(args[0]):
            raise ExpressionProblem("RG203", f"this text {reason}", at, "retype it")
        return nodes.Literal(at, args[0])

    def _float(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        text = args[0]
        number = parse_number(text) if len(text) < 60 else None
        if number is None:
            at, hint = number_hint(self.text, at)
            said = self.text[at.start : at.end][:40]
            raise ExpressionProblem("RG203", f"`{said}` is not a number here", at, hint)
        if reason := number_problem(number):
            raise ExpressionProblem("RG203", f"`{text}` {reason}", at, "round it")
        return nodes.Literal(at, number.normalize() + 0 if number else Decimal(0))

    def _datetime(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        try:
            if len(args[0]) == 10:
                return nodes.Literal(at, date.fromisoformat(args[0]))
        except ValueError:
            pass
        raise ExpressionProblem("RG203", f"`{args[0]}` is not a date", at, 'write d"2026-11-24"')

    def _timedelta(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        duration = Duration.parse(args[0])
        if duration is None:
            raise ExpressionProblem("RG203", f"`{args[0]}` is not a duration", at, 'write t"P180D"')
        return nodes.Literal(at, duration)

    def _array(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return nodes.ListOf(at, tuple(self.lower(item, depth, at) for item in args[0]))

    def _symbol(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        name = args[0]
        if kwargs.get("scope") == "built-in":
            raise ExpressionProblem("RG202", f"`${name}` stands alone", at, "functions are called: $any([…])")
        return nodes.Fact(at, (self.name(name, at),))

    def name(self, name: str, at: At) -> str:
        if name != name.lower() or name.startswith("__"):
            raise ExpressionProblem("RG204", f"`{name}` is not a name", at, name_hint(name, self.text, at))
        return name

    def _getattribute(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        if kwargs.get("safe"):
            raise ExpressionProblem(
                "RG202", "`&.` is not needed here", at, "write a dot; what is missing is unknown"
            )
        value = self.lower(args[0], depth, at)
        name = self.name(args[1], at)
        if isinstance(value, nodes.Fact):
            return nodes.Fact(at, (*value.path, name))
        return nodes.Part(at, value, name)

    def _unary(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        value = self.lower(args[1], depth, at)
        if args[0] == "NOT":
            return nodes.Not(at, value)
        if isinstance(value, nodes.Literal) and isinstance(value.value, Decimal):
            return nodes.Literal(at, -value.value)
        return nodes.Binary(at, "-", nodes.Literal(at, Decimal(0)), value)

    def _logic(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        op = args[0]
        parts, chain = [], [args[1], args[2]]
        while chain:  # a long chain is a left-deep tree: walked, not recursed into
            head = chain.pop(0)
            if head.cls.__name__ == "LogicExpression" and head.args[1] == op:
                chain[:0] = [head.args[2], head.args[3]]
            else:
                parts.append(self.lower(head, depth, at))
        return nodes.Logic(at, op.lower(), tuple(parts))

    def _comparison(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return nodes.Compare(
            at, _COMPARE[args[0]], self.operand(args[1], depth, at), self.operand(args[2], depth, at)
        )

    _arithmeticcomparison = _comparison

    def operand(self, deferred: Any, depth: int, at: At) -> Node:
        if deferred.cls.__name__ == "CoalesceExpression" and id(deferred) not in self.grouped:
            raise ExpressionProblem(
                "RG202", "`??` beside a comparison needs parentheses", at, "write (a ?? b) >= c"
            )
        return self.lower(deferred, depth, at)

    def _coalesce(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        for side in args:
            if "Comparison" in side.cls.__name__ and id(side) not in self.grouped:
                raise ExpressionProblem(
                    "RG202", "`??` beside a comparison needs parentheses", at, "write (a ?? b) >= c"
                )
        return nodes.Coalesce(at, self.lower(args[0], depth, at), self.lower(args[1], depth, at))

    def _contains(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        return nodes.In(at, self.lower(args[1], depth, at), self.lower(args[0], depth, at))

    def _fuzzycomparison(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        op, pattern = args[0], self.lower(args[2], depth, at)
        if not isinstance(pattern, nodes.Literal) or not isinstance(pattern.value, str):
            raise ExpressionProblem(
                "RG205", "a pattern must be written out", pattern.at, 'write a text: "^llama"'
            )
        if reason := pattern_problem(pattern.value):
            raise ExpressionProblem(
                "RG205",
                f"the pattern cannot be used: {reason}",
                pattern.at,
                "patterns are those of RE2: no look-around, no back-references",
            )
        match = nodes.Match(at, op.endswith("FZM"), self.lower(args[1], depth, at), pattern.value)
        return nodes.Not(at, match) if op.startswith("NE") else match

    def _arithmetic(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        left, right = self.lower(args[1], depth, at), self.lower(args[2], depth, at)
        if args[0] == "POW" and not _small_power(right):
            raise ExpressionProblem("RG202", "a power is a whole number from 0 to 64, written out", right.at)
        return nodes.Binary(at, _ARITHMETIC[args[0]], left, right)

    _add = _arithmetic
    _subtract = _arithmetic

    def _ternary(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        test, then, otherwise = (self.lower(part, depth, at) for part in args)
        return nodes.Choose(at, test, then, otherwise)

    def _comprehension(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        result, variable, items = args
        condition = kwargs.get("condition")
        return nodes.Comprehension(
            at,
            self.lower(result, depth, at),
            self.name(variable, at),
            self.lower(items, depth, at),
            self.lower(condition, depth, at) if condition is not None else None,
        )

    def _functioncall(self, args: Any, kwargs: Any, at: At, depth: int) -> Node:
        function, arguments = args[0], list(args[1])
        name = function.args[1] if function.cls.__name__ == "SymbolExpression" else ""
        if function.kwargs.get("scope") != "built-in" or name not in FUNCTIONS:
            place = self.spans.get(id(function), at)
            said = self.text[place.start : place.end]
            raise ExpressionProblem(
                "RG206", f"there is no function `{said}`", place, function_hint(name or said)
            )
        if len(arguments) != 1:
            raise ExpressionProblem("RG206", f"`${name}` takes one value", at)
        return nodes.Call(at, name, self.lower(arguments[0], depth, at))


def _small_power(node: Node) -> bool:
    return (
        isinstance(node, nodes.Literal)
        and isinstance(node.value, Decimal)
        and node.value == node.value.to_integral_value()
        and 0 <= node.value <= 64
    )
