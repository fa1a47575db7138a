"""Places in a text as editors count them: lines from 0, and columns in the units of an encoding."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, Literal

from release_gate.diagnostics import Source, Span

__all__ = ["Lines", "Units"]

Units = Literal["utf-8", "utf-16", "utf-32"]
_END: Final = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        ends = [match.span() for match in _END.finditer(text)]
        self.starts = [0, *(end for _, end in ends)]
        self.ends = [*(start for start, _ in ends), len(text)]

    def offset(self, line: int, column: int, units: Units = "utf-32") -> int:
        """The offset of a place; the nearest one, if there is no such place."""
        if line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[max(line, 0)], self.ends[max(line, 0)]
        if units == "utf-32":
            return min(start + max(column, 0), end)
        passed = 0
        for place in range(start, end):
            if passed >= column:
                return place
            passed += _units(self.text[place], units)
        return end

    def place(self, offset: int, units: Units = "utf-32") -> tuple[int, int]:
        """The line and the column of an offset."""
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : min(offset, self.ends[line])]
        if units == "utf-32" or before.isascii():
            return line, len(before)
        return line, sum(_units(char, units) for char in before)

    def span(self, name: str, start: int, end: int) -> Span:
        """A stretch of the text as diagnostics name it."""
        (line, column), (end_line, end_column) = self.place(start), self.place(end)
        return Span(Source(name, self.text), line + 1, column + 1, end_line + 1, end_column + 1)

    def range_of(self, span: Span) -> tuple[int, int]:
        """The offsets of a span of this text."""
        start = self.offset(span.line - 1, span.column - 1)
        return start, max(start, self.offset(span.end_line - 1, span.end_column - 1))


def _units(char: str, units: Units) -> int:
    if units == "utf-8":
        return len(char.encode("utf-8", "replace"))
    return 2 if ord(char) > 0xFFFF else 1
