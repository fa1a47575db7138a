"""A document as it is written: its parts, and the comments and blank lines between them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from release_gate.diagnostics import Span
from release_gate.source import Document, Pointer

__all__ = ["Comment", "Entry", "Part", "comments_of", "parts_of"]

_BLOCK: Final = ("|", ">")
_NOTHING_BETWEEN: Final = re.compile(r"\s*[:,]?[ \t]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment.

    Attributes:
        text: With its ``#``.
        line: Its line, from 1.
        column: Its column, from 0.
        alone: Whether nothing else is on the line.
    """

    text: str
    line: int
    column: int
    alone: bool


@dataclass(slots=True)
class Part:
    """A scalar, a list or a mapping.

    Attributes:
        value: What it says; of lists and mappings, nothing.
        style: Of a scalar, how it is quoted; ``{`` or ``[`` for the kind of the others.
        flow: Whether it was written in brackets.
        lines: Of a scalar over several lines, those, without indentation; else its only one.
        entries: The members of a list, or the entries of a mapping.
        foot: Comments after the last entry, with blank lines.
    """

    value: Any = None
    style: str = ""
    flow: bool = False
    lines: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)

    @property
    def is_scalar(self) -> bool:
        """Whether it is no list and no mapping."""
        return self.style not in ("{", "[")

    @property
    def has_comments(self) -> bool:
        """Whether there are comments within."""
        return bool(self.foot) or any(
            any(each.lead) or each.trail or each.part.has_comments for each in self.entries
        )


@dataclass(slots=True)
class Entry:
    """A member of a list, or a key with its value.

    Attributes:
        key: The key, as a scalar.
        part: The value.
        lead: The comments above, and an empty text for each blank line.
        trail: The comment behind it.
        padded: Whether the author put more spaces in front of it than are needed, as in a table.
        trail_column: The column of the comment behind it.
    """

    key: Part | None
    part: Part
    lead: list[str] = field(default_factory=list)
    trail: str = ""
    padded: bool = False
    trail_column: int = 0


def comments_of(document: Document) -> list[Comment]:
    """Every comment of a document, in order."""
    found = []
    taken = _scalars(document)
    for number, line in enumerate(document.source.text.split("\n"), 1):
        place = 0
        stretches = taken.get(number, [])
        while (start := line.find("#", place)) >= 0:
            inside = next((end for begin, end in stretches if begin <= start < end), None)
            if inside is None:
                found.append(Comment(line[start:].rstrip(), number, start, alone=not line[:start].strip()))
                break
            place = inside
    return found


def _scalars(document: Document) -> dict[int, list[tuple[int, int]]]:
    """For every line, the columns from and to which there is text of scalars."""
    lines = document.source.text.split("\n")
    found: dict[int, list[tuple[int, int]]] = {}
    texts = list(document.keys.values())
    for pointer, style in document.styles.items():
        span = document.spans[pointer]
        if style not in _BLOCK:
            texts.append(span)
            continue
        for number in range(span.line + 1, _last_line(document, pointer, span, lines) + 1):
            found.setdefault(number, []).append((0, len(lines[number - 1]) + 1))
    for span in texts:
        for number in range(span.line, span.end_line + 1):
            begin = span.column - 1 if number == span.line else 0
            end = span.end_column - 1 if number == span.end_line else len(lines[number - 1]) + 1
            found.setdefault(number, []).append((begin, end))
    return {number: sorted(each) for number, each in found.items()}


def _value(document: Document, pointer: Pointer) -> Any:
    value: Any = document.tree
    for step in pointer:
        value = value[step]
    return value


def _last_line(document: Document, pointer: Pointer, span: Span, lines: Sequence[str]) -> int:
    """The last line of a block that has text. Where YAML says that a block ends is not always so."""
    indentation = _indentation(_value(document, pointer), lines[span.line :])
    last = span.line
    for number, line in enumerate(lines[span.line :], span.line + 1):
        if line.strip() and _spaces(line) < indentation:
            break
        last = number if line.strip() else last
    return last


def _indentation(value: str, lines: Sequence[str]) -> int:
    """How far a block is indented, from its first line with text. One without text has no lines at all."""
    first = next((line for line in value.split("\n") if line.strip(" ")), None)
    written = next((line for line in lines if line.strip(" ")), None)
    return 1_000_000 if first is None or written is None else _spaces(written) - _spaces(first)


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def parts_of(document: Document) -> tuple[list[str], Part]:
    """The comments at the top of a document, and its parts."""
    return _Reader(document).read()


class _Reader:
    """Goes through a document once, from start to end, and gives out the comments on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines = [*document.source.text.split("\n"), ""]  # a value may be placed behind the last line
        self.comments = deque(comments_of(document))
        self.last = 0  # the last line with something on it

    def read(self) -> tuple[list[str], Part]:
        span = self.document.spans[()]
        head = self.lead(span.line, span.column - 1)
        part = self.part((), self.document.tree)
        part.foot += self.noted(len(self.lines) + 1, 0)
        return head, part

    def part(self, pointer: Pointer, tree: Any) -> Part:
        span = self.document.spans[pointer]
        text = self.lines[span.line - 1][span.column - 1 :]
        if isinstance(tree, dict | list):
            style = "{" if isinstance(tree, dict) else "["
            flow = text.startswith(style) or self._within_flow(pointer)
            part = Part(style=style, flow=flow)
            steps = tree.items() if isinstance(tree, dict) else enumerate(tree)
            part.entries = [self.entry((*pointer, step), value, flow=flow) for step, value in steps]
            part.foot = self.foot(span, flow=flow, bracket=text.startswith(style))
            return part
        return self.scalar(pointer, tree, span)

    def _within_flow(self, pointer: Pointer) -> bool:
        """Whether a mapping stands in a list in brackets without brackets of its own: ``[a: 1]``."""
        return bool(pointer) and self.lines[self.document.spans[pointer[:-1]].line - 1][
            self.document.spans[pointer[:-1]].column - 1 :
        ].startswith("[")

    def scalar(self, pointer: Pointer, tree: Any, span: Span) -> Part:
        style = self.document.styles.get(pointer, "")
        if style in _BLOCK:
            last = _last_line(self.document, pointer, span, self.lines)
            indentation = _indentation(tree, self.lines[span.line :])
            self.last = last + (len(tree) - len(tree.rstrip("\n")) - 1 if tree.endswith("\n\n") else 0)
            return Part(tree, style, lines=[line[indentation:] for line in self.lines[span.line : last]])
        self.last = max(self.last, span.end_line if span.end_column > 1 else span.end_line - 1)
        return Part(tree, style, lines=self.raw(span))

    def raw(self, span: Span) -> list[str]:
        """What is written at a place, line by line, without indentation."""
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return [line.strip() if len(lines) > 1 else line for line in lines]

    def entry(self, pointer: Pointer, tree: Any, *, flow: bool) -> Entry:
        key_span = self.document.keys.get(pointer)
        span = self.document.spans[pointer]
        start = key_span or span
        lead = self.lead(start.line, start.column - 1)
        before = self.lines[start.line - 1][: start.column - 1]
        padded = flow and before.endswith("  ") and before.rstrip().endswith(",")
        key = None
        trails: list[Comment | None] = []
        if key_span is not None:
            key = Part(pointer[-1], self._style_of(key_span), lines=self.raw(key_span))
            self.last = max(self.last, key_span.end_line)
            if not flow and key_span.end_line == span.line:
                padded = self.lines[span.line - 1][: span.column - 1].endswith("  ")
            trails.append(self.behind(key_span.end_line, key_span.end_column - 1))
        within = isinstance(tree, dict | list) and not self._opens(span)
        if not within:
            lead += [each.text for each in self.until(span.line, span.column - 1)]
        if self.document.styles.get(pointer) in _BLOCK:
            trails.append(self.behind(span.line, self._header_end(span)))
            part = self.part(pointer, tree)
        else:
            part = self.part(pointer, tree)
            trails.append(None if within else self.behind(span.end_line, span.end_column - 1))
        found = [each for each in trails if each is not None]
        entry = Entry(key, part, lead, padded=padded)
        if found:
            entry.lead += [each.text for each in found[:-1]]
            entry.trail, entry.trail_column = found[-1].text, found[-1].column
        return entry

    def _style_of(self, span: Span) -> str:
        first = span.text[:1]
        return first if first in ("'", '"') else ""

    def _opens(self, span: Span) -> bool:
        return self.lines[span.line - 1][span.column - 1 :].startswith(("{", "["))

    def _header_end(self, span: Span) -> int:
        line = self.lines[span.line - 1]
        place = span.column - 1
        while place < len(line) and not line[place].isspace():
            place += 1
        return place

    def behind(self, line: int, column: int) -> Comment | None:
        """The comment behind a place, if nothing else is between, and nothing was found behind it before."""
        if not self.comments or self.comments[0].line != line or self.comments[0].column < column:
            return None
        between = self.lines[line - 1][column : self.comments[0].column]
        return self.comments.popleft() if _NOTHING_BETWEEN.fullmatch(between) else None

    def until(self, line: int, column: int) -> Iterator[Comment]:
        """The comments in front of a place."""
        while self.comments and (self.comments[0].line, self.comments[0].column) < (line, column):
            yield self.comments.popleft()

    def lead(self, line: int, column: int) -> list[str]:
        """The comments in front of a place, and a blank line where there is at least one."""
        return [*self.noted(line, column), *self.gap(line)]

    def noted(self, line: int, column: int) -> list[str]:
        """The comments in front of a place, with the blank lines above them."""
        found: list[str] = []
        for comment in self.until(line, column):
            found += [*self.gap(comment.line), comment.text]
            self.last = max(self.last, comment.line)
        return found

    def gap(self, line: int) -> list[str]:
        """A blank line, if there is one above a line, and something above that."""
        blank = self.last and line - 1 > self.last and not self.lines[line - 2].strip()
        return [""] if blank else []

    def foot(self, span: Span, *, flow: bool, bracket: bool) -> list[str]:
        """The comments at the end of a list or mapping."""
        if not flow:
            return self.below(span.column - 1)
        if not bracket:
            return []
        found = self.noted(span.end_line, span.end_column - 1)
        self.last = max(self.last, span.end_line)
        return found

    def below(self, column: int) -> list[str]:
        """The comments that follow and are indented as far as a column, and further than what follows."""
        follows = self.next_column()
        found: list[str] = []
        while self.comments and max(column, follows + 1) <= self.comments[0].column:
            comment = self.comments[0]
            between = self.lines[self.last : comment.line - 1]
            if not comment.alone or any(line.strip() for line in between):
                break
            self.comments.popleft()
            found += [*self.gap(comment.line), comment.text]
            self.last = max(self.last, comment.line)
        return found

    def next_column(self) -> int:
        """How far the next line that is no comment is indented; less than any, at the end."""
        for line in self.lines[self.last :]:
            if line.strip() and not line.lstrip().startswith("#"):
                return -1 if line.startswith(("---", "...")) else _spaces(line)
        return -1
