"""What commands about access print: a table, Markdown, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.escape import json_text, log_line
from release_gate.escape import markdown as safe

__all__ = ["FORMS", "Listing"]

FORMS: Final = ("table", "json", "markdown")


@dataclass(frozen=True)
class Listing:
    """Rows for people, and the same as data.

    Attributes:
        schema: The kind of the data.
        about: What the data says about all of it.
        head: The names of the columns.
        rows: The cells of each row, as texts.
        items: Each row as data.
        foot: What is said below the table.
    """

    schema: str
    about: Mapping[str, Any]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    items: Sequence[Mapping[str, Any]]
    foot: Sequence[str] = ()

    def render(self, form: str) -> Iterator[str]:
        """The lines of a form."""
        if form == "json":
            yield json_text({"schema": self.schema, **self.about, "items": list(self.items)})
        elif form == "markdown":
            yield f"| {' | '.join(self.head)} |"
            yield "|---" * len(self.head) + "|"
            yield from (f"| {' | '.join(safe(cell) for cell in row)} |" for row in self.rows)
            yield from ("", *map(safe, self.foot))
        else:
            yield from self._table()

    def _table(self) -> Iterator[str]:
        shown = [[printable(cell, 240) for cell in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(self.head, *shown, strict=True)]
        rule = ["─" * min(width, 40) for width in widths]
        for row in (self.head, rule, *shown):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield log_line("  ".join(cells).rstrip())
        yield from (log_line(line) for line in self.foot)
