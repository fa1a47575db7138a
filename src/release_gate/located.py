"""A document that was read: its tree, and where each part of it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from release_gate.diagnostics import Source, Span, lines_of

__all__ = ["Document", "Place", "Pointer", "Spans", "Tree"]

Tree: TypeAlias = "bool | Decimal | str | list[Tree] | dict[str, Tree] | None"
Pointer: TypeAlias = tuple[str | int, ...]
"""The way to a place in a tree: keys and indexes, from the top."""

Place: TypeAlias = tuple[int, int, int, int]
"""A line, a column, and those of the end, which is exclusive; from 1."""

_SINGLE, _DOUBLE, _LITERAL, _FOLDED = "'", '"', "|", ">"


class Spans(Mapping[Pointer, Span]):
    """Places by pointer. Kept as four numbers each, because hardly one in a thousand is ever looked at."""

    __slots__ = ("_places", "_source")

    def __init__(self, source: Source, places: Mapping[Pointer, Place]) -> None:
        self._source, self._places = source, places

    def __getitem__(self, pointer: Pointer) -> Span:
        return Span(self._source, *self._places[pointer])

    def __iter__(self) -> Iterator[Pointer]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, pointer: object) -> bool:
        return pointer in self._places


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read: its tree, and where each part of it stands.

    Attributes:
        source: The name and the text.
        tree: Mappings, lists, strings, exact numbers, booleans and nulls.
        spans: For the pointer to each value, its place.
        keys: For the pointer to each value in a mapping, the place of its key.
        styles: For the pointer to each string, how it was quoted.
    """

    source: Source
    tree: Tree
    spans: Mapping[Pointer, Span] = field(repr=False)
    keys: Mapping[Pointer, Span] = field(repr=False)
    styles: Mapping[Pointer, str] = field(repr=False)

    def span(self, pointer: Pointer) -> Span | None:
        """The place of a value, or of the nearest thing around it that is written down."""
        while pointer and pointer not in self.spans:
            pointer = pointer[:-1]
        return self.spans.get(pointer)

    def key_span(self, pointer: Pointer) -> Span | None:
        """The place of a key, or of the nearest thing around it."""
        return self.keys.get(pointer) or self.span(pointer)

    def within(self, pointer: Pointer, start: int, end: int) -> Span | None:
        """The place of the characters ``start`` to ``end`` of a string value.

        Exact where the string was written on one line without escapes, or as a block; elsewhere
        the whole value.
        """
        span = self.spans.get(pointer)
        style = self.styles.get(pointer)
        if span is None or style is None:
            return self.span(pointer)
        if style == _LITERAL:
            return _within_literal(self, pointer, span, start, end)
        if style == _FOLDED:
            return _within_folded(self, pointer, span, start, end)
        value = self.tree
        for step in pointer:
            value = value[step]  # type: ignore[index]
        quote = 1 if style in (_SINGLE, _DOUBLE) else 0
        written = span.text[quote : len(span.text) - quote]
        if written != value:
            return span
        column = span.column + quote
        return Span(span.source, span.line, column + start, span.line, column + max(end, start + 1))


def _within_literal(document: Document, pointer: Pointer, span: Span, start: int, end: int) -> Span:
    """Find characters of a ``|`` block, whose lines keep their text after a common indentation."""
    value: Any = document.tree
    for step in pointer:
        value = value[step]
    line = value.count("\n", 0, start)
    offset = start - (value.rfind("\n", 0, start) + 1)
    lines = lines_of(document.source.text)
    number = span.line + 1 + line
    content = value.split("\n")[line]
    if number > len(lines) or not lines[number - 1].endswith(content):
        return span
    column = len(lines[number - 1]) - len(content) + offset + 1
    return Span(span.source, number, column, number, column + max(min(end - start, len(content) - offset), 1))


def _within_folded(document: Document, pointer: Pointer, span: Span, start: int, end: int) -> Span:
    """Find characters of a ``>`` block whose lines are joined by one space each, as most are."""
    value: Any = document.tree
    for step in pointer:
        value = value[step]
    lines = lines_of(document.source.text)[span.line :]
    place = 0
    for number, line in enumerate(lines, span.line + 1):
        content = line.strip()
        if not content or value[place : place + len(content) + 1] not in (
            content,
            f"{content} ",
            f"{content}\n",
        ):
            break
        if start < place + len(content):
            column = line.index(content) + start - place + 1
            return Span(
                span.source, number, column, number, column + max(min(end, place + len(content)) - start, 1)
            )
        place += len(content) + 1
    return span
