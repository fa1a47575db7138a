"""Text to tree, by the grammar of rule-engine 5.1 and without its evaluation.

A subclass of rule-engine's parser wraps its productions, so that the span of each is kept, and stops at
the deferred tree. Nothing of rule-engine is ever built: building folds constants, and ``(1e9999999).floor``
in a policy would hang it.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Final, NoReturn

from release_gate.expression import nodes
from release_gate.expression.hints import (
    bitwise_hint,
    end_hint,
    function_hint,
    name_hint,
    number_hint,
    syntax_hint,
)
from release_gate.expression.nodes import FUNCTIONS, At, Node
from release_gate.expression.patterns import pattern_problem
from release_gate.facts.truth import Duration
from release_gate.scalars import number_problem, parse_number, text_problem

__all__ = ["ExpressionProblem", "parse"]

MAX_LENGTH: Final = 4096
MAX_TOKENS: Final = 1000
MAX_DEPTH: Final = 40


class ExpressionProblem(Exception):  # noqa: N818 - a problem of a text, made into a diagnostic by the checker
    """What is wrong with the text of a condition, and where.

    Attributes:
        code: The code of the diagnostic.
        message: What is wrong.
        at: Where.
        help: What to do about it.
    """

    def __init__(self, code: str, message: str, at: At, help: str = "") -> None:  # noqa: A002
        super().__init__(message)
        self.code, self.message, self.at, self.help = code, message, at, help


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
def _parser() -> Any:  # noqa: C901 - a class whose base is imported late
    """The parser. Made once, with the tables that rule-engine has built for its own on import."""
    from rule_engine import Rule, errors  # noqa: PLC0415
    from rule_engine.parser import Parser, _DeferredAstNode  # noqa: PLC0415

    class SpanParser(Parser):
        """rule-engine's parser, which also remembers where each deferred node was written."""

        def __init__(self) -> None:
            theirs = Rule.parser
            self.context = None
            self._lexer = theirs._lexer.clone(object=self)  # noqa: SLF001 - a subclass of the very same class
            self._parser = copy.copy(theirs._parser)  # noqa: SLF001 - as above
            self._parser.errorfunc = self.p_error
            self._parser.productions = [self.bound(each) for each in self._parser.productions]

        def bound(self, production: Any) -> Any:
            """A production that calls our method and not that of the parser it was made for."""
            ours = copy.copy(production)
            ours.callable = getattr(self, production.func) if production.func else None
            return ours

        def read(self, text: str) -> tuple[Any, dict[int, At], set[int]]:
            self.spans: dict[int, At] = {}
            self.grouped: set[int] = set()
            self.keep: list[Any] = []
            self.ends = self.tokens_of(text)
            try:
                tree = self._parser.parse(text, lexer=self._lexer, tracking=True)
            except errors.RuleSyntaxError as error:
                token = getattr(error, "token", None)
                start = len(text) - 1 if token is None else token.lexpos
                _syntax(text, start, self.ends.get(start, start + 1), at_end=token is None)
            except errors.EngineError as error:
                raise ExpressionProblem("RG201", str(error.message).lower(), At(0, len(text))) from None
            return tree, self.spans, self.grouped

        def tokens_of(self, text: str) -> dict[int, int]:
            self._lexer.input(text)
            ends: dict[int, int] = {}
            while True:
                try:
                    token = self._lexer.token()
                except errors.EngineError:
                    at = self._lexer.lexpos
                    _syntax(text, at, at + 1, at_end=False)
                if token is None:
                    return ends
                ends[token.lexpos] = self._lexer.lexpos
                if len(ends) > MAX_TOKENS:
                    raise ExpressionProblem(
                        "RG201", f"a condition has more than {MAX_TOKENS} words and signs", At(0, 1)
                    )

        def note(self, p: Any, *, group: bool) -> None:
            node = p[0]
            if not isinstance(node, _DeferredAstNode):
                return
            start = p.lexspan(1)[0]
            last = p.lexspan(len(p) - 1)[1]
            self.keep.append(node)
            self.spans.setdefault(id(node), At(start, self.ends.get(last, last + 1)))
            if group:
                self.grouped.add(id(node))

    for name in [name for name in dir(Parser) if name.startswith("p_expression")]:
        setattr(SpanParser, name, _noting(getattr(Parser, name), group=name == "p_expression_group"))
    return SpanParser()


def _noting(production: Callable[[Any, Any], None], *, group: bool) -> Callable[[Any, Any], None]:
    @functools.wraps(production)
    def wrapped(self: Any, p: Any) -> None:
        production(self, p)
        self.note(p, group=group)

    # PLY orders productions by the line they stand on, and the order decides conflicts.
    wrapped.co_firstlineno = production.__code__.co_firstlineno  # type: ignore[attr-defined]
    return wrapped


def _syntax(text: str, start: int, end: int, *, at_end: bool) -> NoReturn:
    if at_end:
        at, hint = end_hint(text)
        raise ExpressionProblem("RG201", "the condition ends too early", at, hint)
    at, hint = syntax_hint(text, At(start, end))
    raise ExpressionProblem("RG201", f"`{text[at.start : at.end]}` cannot stand here", at, hint)


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
