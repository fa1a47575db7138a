"""The grammar of rule-engine 5.1: text to its deferred tree, of which nothing is ever built.

Whoever imports this waits for the tables that rule-engine builds: ``parse`` does it for its first text.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, Final, NoReturn

from rule_engine import Rule, errors
from rule_engine.parser import Parser, _DeferredAstNode

from release_gate.expression.hints import end_hint, syntax_hint
from release_gate.expression.nodes import At
from release_gate.expression.problem import ExpressionProblem

__all__ = ["SpanParser"]

MAX_TOKENS: Final = 1000


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
        """The deferred tree of a text; where each node is written, by its id; and which are in brackets.

        Raises:
            ExpressionProblem: It is no condition.
        """
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
        """Where each word or sign of a text ends, by where it starts."""
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
        """Remember where the node of a production is written."""
        node = p[0]
        if not isinstance(node, _DeferredAstNode):
            return
        start = p.lexspan(1)[0]
        last = p.lexspan(len(p) - 1)[1]
        self.keep.append(node)
        self.spans.setdefault(id(node), At(start, self.ends.get(last, last + 1)))
        if group:
            self.grouped.add(id(node))


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


for _name in [name for name in dir(Parser) if name.startswith("p_expression")]:
    setattr(SpanParser, _name, _noting(getattr(Parser, _name), group=_name == "p_expression_group"))
