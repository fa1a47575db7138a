"""From the parts of a document to its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from release_gate.authoring.layout.order import Order
from release_gate.authoring.layout.parts import Entry, Part
from release_gate.authoring.layout.scalars import as_block, on_one_line

__all__ = ["WIDTH", "written"]

WIDTH: Final = 120
"""What is longer is not left on a line in brackets. A text is never broken: that its author does."""


@dataclass(slots=True)
class _Line:
    """A line, and the comment behind it with the column where that was."""

    text: str
    comment: str = ""
    column: int = 0


def written(head: Sequence[str], root: Part, order: Order) -> str:
    """The text of a document."""
    lines = [_Line(text) for text in head]
    whole = _Whole(Entry(None, root), order, 0)
    if root.is_scalar or whole.on_one_line("") is not None:
        lines += [*whole.lines(""), *(_Line(text) for text in root.foot)]
    else:
        lines += _block(root, order, 0)
    _align_comments(lines)
    return "\n".join(f"{line.text}  {line.comment}" if line.comment else line.text for line in lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Whole:
    """A member of a list, or a key with its value, at an indentation."""

    entry: Entry
    order: Order
    indent: int

    @property
    def start(self) -> str:
        """What comes before the value, without the indentation."""
        return "-" if self.entry.key is None else on_one_line(self.entry.key, flow=False) + ":"

    def lead(self) -> list[str]:
        """The lines above: also of comments that have no place further in."""
        entry, part = self.entry, self.entry.part
        lead = [*entry.lead]
        if not part.is_scalar and not part.entries:
            lead += [text for text in part.foot if text]
        elif entry.key is None and not part.is_scalar and self.on_one_line("-") is None:
            lead += [entry.trail] if entry.trail else []
            first = _sorted(part, self.order)[0]
            inner = _Whole(first, _within(part, first, self.order), self.indent + 2)
            lead += inner.lead()[_starts_blank(first) :]
        return lead

    def on_one_line(self, start: str) -> str | None:
        """All of it on one line, if it is written in brackets and there is room."""
        text = None if self.entry.part.is_scalar else _in_brackets(self.entry.part, self.order)
        if text is None:
            return None
        line = f"{start} {text}" if start else text
        return line if not self.entry.part.entries or self.indent + len(line) <= WIDTH else None

    def lines(self, start: str) -> list[_Line]:
        """All lines, but for those above. They are indented already."""
        entry, part = self.entry, self.entry.part
        pad = " " * self.indent
        if part.is_scalar:
            text, *more = _scalar(part)
            first = f"{pad}{start} {text}".rstrip() if start else text or "null"
            lines = [_Line(first), *(_Line(f"{pad}  {line}" if line else "") for line in more)]
        elif (line := self.on_one_line(start)) is not None:
            lines = [_Line(pad + line)]
        elif entry.key is None:
            lines = _block(part, self.order, self.indent + 2, first_lead=False)
            lines[0].text = f"{pad}- {lines[0].text[self.indent + 2 :]}"
            return lines
        else:
            lines = [_Line(pad + start), *_block(part, self.order, self.indent + 2)]
        lines[0].comment, lines[0].column = entry.trail, entry.trail_column
        return lines


def _block(part: Part, order: Order, indent: int, *, first_lead: bool = True) -> list[_Line]:
    """The lines of a list or mapping in block form."""
    pad = " " * indent
    entries = [_Whole(each, _within(part, each, order), indent) for each in _sorted(part, order)]
    table = _table(entries)
    lines: list[_Line] = []
    for number, whole in enumerate(entries):
        lead = whole.lead()
        if number == 0:
            lead = lead[_starts_blank(whole.entry) :] if first_lead else []
        lines += [_Line(pad + text if text else "") for text in lead]
        if table:
            lines.append(_Line(pad + table[number], whole.entry.trail, whole.entry.trail_column))
        else:
            lines += whole.lines(whole.start)
    return lines + [_Line(pad + text if text else "") for text in part.foot]


def _starts_blank(entry: Entry) -> int:
    return int(entry.lead[:1] == [""])


def _sorted(part: Part, order: Order) -> list[Entry]:
    """The entries in their order. That of a list has a meaning."""
    if part.style == "[":
        return part.entries
    by_key = {each.key.value: each for each in part.entries if each.key is not None}
    return [by_key[key] for key in order.sorted(by_key)]


def _within(part: Part, entry: Entry, order: Order) -> Order:
    """The order of what an entry holds."""
    found = order.member()
    if entry.key is not None:
        found = order.within(
            entry.key.value, [each.key.value for each in part.entries if each.key is not None]
        )
    said = {each.key.value: each.part.value for each in entry.part.entries if each.key is not None}
    return found.named(said)


def _scalar(part: Part) -> list[str]:
    """A scalar: what stands behind the key, and the lines below of a text over several."""
    block = as_block(part)
    return [on_one_line(part, flow=False)] if block is None else [block[0], *block[1]]


def _cells(part: Part, order: Order) -> list[str] | None:
    """The members of a list or mapping that is written in brackets, if they can stay on one line."""
    cells = []
    for entry in _sorted(part, order):
        inner = _within(part, entry, order)
        text = on_one_line(entry.part, flow=True) if entry.part.is_scalar else _in_brackets(entry.part, inner)
        if text is None:
            return None
        cells.append(text if entry.key is None else f"{on_one_line(entry.key, flow=True)}: {text}")
    return cells


def _in_brackets(part: Part, order: Order) -> str | None:
    """A list or mapping in brackets, if it was written so and there are no comments within."""
    if part.entries and (not part.flow or part.has_comments):
        return None
    cells = _cells(part, order)
    return None if cells is None else _bracketed(part, ", ".join(cells))


def _bracketed(part: Part, text: str) -> str:
    return "{" + text + "}" if part.style == "{" else "[" + text + "]"


def _table(entries: Sequence[_Whole]) -> list[str]:
    """The rows of a table, aligned, if its author aligned anything in it and every row has room."""
    rows = [each.entry for each in entries]
    deep = any(each.padded for row in rows for each in row.part.entries)
    if not deep and not any(row.padded for row in rows):
        return []
    if any(whole.on_one_line(whole.start) is None or not whole.entry.part.entries for whole in entries):
        return []
    cells = [_cells(whole.entry.part, whole.order) or [] for whole in entries]
    shapes = {(row.part.style, *(each.key and each.key.value for each in row.part.entries)) for row in rows}
    if deep and len(shapes) == 1:
        widths = [max(len(cell) for cell in column) + 2 for column in zip(*cells, strict=True)]
        inner = [
            "".join((cell + ", ").ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in cells
        ]
        inner = [row.rstrip()[:-1] for row in inner]
    else:
        inner = [", ".join(row) for row in cells]
    start = max(len(each.start) for each in entries) if any(row.padded for row in rows) else 0
    lines = [
        f"{each.start.ljust(start)} {_bracketed(each.entry.part, text)}"
        for each, text in zip(entries, inner, strict=True)
    ]
    return (
        lines
        if all(each.indent + len(line) <= WIDTH for each, line in zip(entries, lines, strict=True))
        else []
    )


def _align_comments(lines: Sequence[_Line]) -> None:
    """Put comments below each other where their author did, and elsewhere behind what they are about."""
    for _, paragraph in groupby(lines, key=lambda line: bool(line.text)):
        commented = [line for line in paragraph if line.comment]
        for _, run in groupby(commented, key=lambda line: line.column):
            together = list(run)
            width = max(len(line.text) for line in together)
            for line in together:
                line.text = line.text.ljust(width)
