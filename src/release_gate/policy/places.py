"""Where the parts of a policy stand, when it was written in one file or put together from several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from release_gate.diagnostics import Diagnostic, PolicyError, Source, Span
from release_gate.limits import MAX_PROBLEMS
from release_gate.source import POLICY_LIMITS, Document, Pointer, Tree, document_of

if TYPE_CHECKING:
    from release_gate.expression.problem import ExpressionProblem

__all__ = ["Closed", "Places", "Problems"]

Target = tuple[Document, Pointer]


class Closed(Document):
    """A document that was in order when it was read before. It is read again if somebody looks into it."""

    def __init__(self, source: Source) -> None:
        """Take the text."""
        object.__setattr__(self, "source", source)

    @cached_property
    def opened(self) -> Document:
        """The document, read."""
        return document_of(self.source, POLICY_LIMITS)

    @property
    def tree(self) -> Tree:
        """What is in it."""
        return self.opened.tree

    @property
    def spans(self) -> Mapping[Pointer, Span]:
        """Where each value stands."""
        return self.opened.spans

    @property
    def keys(self) -> Mapping[Pointer, Span]:
        """Where each key stands."""
        return self.opened.keys

    @property
    def styles(self) -> Mapping[Pointer, str]:
        """How each text was quoted."""
        return self.opened.styles


@dataclass(frozen=True, slots=True)
class Places:
    """The places of the parts of a policy.

    Attributes:
        document: Where all stands that is not elsewhere: the document that extends nothing.
        elsewhere: For the pointer to a part, the document and the pointer where it was written.
    """

    document: Document
    elsewhere: Mapping[Pointer, Target] = field(default_factory=dict)

    def of(self, pointer: Pointer) -> Target:
        """The document in which a part was written, and the pointer to it there."""
        for length in range(len(pointer), 0, -1) if self.elsewhere else ():
            if found := self.elsewhere.get(pointer[:length]):
                return found[0], (*found[1], *pointer[length:])
        return self.document, pointer

    def below(self, pointer: Pointer) -> Iterator[tuple[Pointer, Target]]:
        """The parts of a part that were written elsewhere, each by the pointer from there."""
        for each, target in self.elsewhere.items():
            if each[: len(pointer)] == pointer:
                yield each[len(pointer) :], target

    def span(self, pointer: Pointer) -> Span | None:
        """The place of a value, or of the nearest thing around it that is written down."""
        document, at = self.of(pointer)
        return document.span(at)

    def key_span(self, pointer: Pointer) -> Span | None:
        """The place of a key; of what has none, that of the value."""
        document, at = self.of(pointer)
        return document.key_span(at)

    def within(self, pointer: Pointer, start: int, end: int) -> Span | None:
        """The place of some characters of a text."""
        document, at = self.of(pointer)
        return document.within(at, start, end)


class Problems:
    """Collects everything that is wrong with a policy."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.found: list[Diagnostic] = []

    def add(self, code: str, message: str, pointer: Pointer, help: str = "") -> None:  # noqa: A002
        """Say what is wrong with a part."""
        self._keep(Diagnostic(code, message, self.places.span(pointer), help))

    def add_name(self, code: str, message: str, pointer: Pointer, help: str = "") -> None:  # noqa: A002
        """Say what is wrong with the name of a part."""
        self._keep(Diagnostic(code, message, self.places.key_span(pointer), help))

    def add_within(self, pointer: Pointer, problem: ExpressionProblem) -> None:
        """Say what is wrong with a stretch of a condition."""
        span = self.places.within(pointer, problem.at.start, problem.at.end)
        self._keep(Diagnostic(problem.code, problem.message, span, problem.help))

    def _keep(self, found: Diagnostic) -> None:
        self.found.append(found)
        if len(self.found) >= MAX_PROBLEMS:  # what is wrong with one rule is often wrong with all
            raise PolicyError(self.found)
