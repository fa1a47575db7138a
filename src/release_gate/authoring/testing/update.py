"""Write down what came, in place of what was expected. Nothing is written that nobody has agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from release_gate.authoring.testing.expectations import Expectation, in_short, named, shortened
from release_gate.authoring.testing.suites import Suite
from release_gate.authoring.testing.trials import Outcome
from release_gate.diagnostics import Span
from release_gate.source import Pointer

__all__ = ["Edit", "edited", "proposed"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a file and what to write there.

    Attributes:
        case: The name of the case.
        span: Where.
        before: What is written there.
        after: What came.
    """

    case: str
    span: Span
    before: str
    after: str


def proposed(suite: Suite, outcomes: Sequence[Outcome]) -> list[Edit]:
    """What would have to be written for the tests of a file to pass, in the order of the file."""
    failed: dict[Pointer, Outcome] = {}
    for outcome in outcomes:
        for failure in outcome.failures:
            failed.setdefault(failure.expectation.at, outcome)
    edits = []
    for at, outcome in failed.items():
        span = _whole(suite, at)
        cells = _cells(at, outcomes)
        name = outcome.trial.name.partition(" [")[0]
        edits.append(Edit(name, span, _text(span), _grid(cells, ())))
    return sorted(edits, key=lambda edit: (edit.span.line, edit.span.column))


def _cells(at: Pointer, outcomes: Sequence[Outcome]) -> dict[tuple[int, ...], str]:
    """What came in every cell that a place speaks for. The axes that the place has passed are left off."""
    passed = len(list(takewhile(lambda step: isinstance(step, int), reversed(at))))
    return {
        outcome.trial.cell[passed:]: _came(expectation, came)
        for outcome in outcomes
        for expectation, came in zip(outcome.trial.expectations, outcome.came, strict=True)
        if expectation.at == at
    }


def _came(expectation: Expectation, came: Any) -> str:
    if expectation.about == "not_because":
        came = frozenset(name for name in expectation.expected if not named(name, came))
    return in_short(shortened(came))


def _grid(cells: Mapping[tuple[int, ...], str], start: tuple[int, ...]) -> str:
    """The cells as one word if they agree, else as a list for the next axis."""
    here = {cell: word for cell, word in cells.items() if cell[: len(start)] == start}
    words = set(here.values())
    if len(words) == 1:
        return words.pop()
    size = max(cell[len(start)] for cell in here) + 1
    return "[" + ", ".join(_grid(here, (*start, index)) for index in range(size)) + "]"


def _whole(suite: Suite, at: Pointer) -> Span:
    """The place of a value. A list or mapping in block form ends with its last member, not after it."""
    span = suite.document.spans[at]
    if span.text[:1] in "[{" or at in suite.document.styles:
        return span
    inner = [place for place in suite.document.spans if place[: len(at)] == at and place != at]
    last = max((suite.document.spans[place] for place in inner if place in suite.document.styles),
               key=lambda each: (each.end_line, each.end_column), default=span)  # fmt: skip
    return Span(span.source, span.line, span.column, last.end_line, last.end_column)


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) for each in text.splitlines(keepends=True)[: line - 1]) + column - 1


def _text(span: Span) -> str:
    text = span.source.text
    return text[_offset(text, span.line, span.column) : _offset(text, span.end_line, span.end_column)]


def edited(suite: Suite, edits: Iterable[Edit]) -> str:
    """The text of the file with edits made."""
    text = suite.document.source.text
    for edit in sorted(edits, key=lambda edit: (edit.span.line, edit.span.column), reverse=True):
        start = _offset(text, edit.span.line, edit.span.column)
        text = text[:start] + edit.after + text[start + len(edit.before) :]
    return text
