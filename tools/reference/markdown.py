"""The few forms of Markdown that the pages use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["code", "page", "plain", "table", "words"]


def page(*parts: str) -> str:
    """Parts of a page, one below the other."""
    return "\n\n".join(part.strip() for part in parts if part)


def code(text: str) -> str:
    """A text as code, or nothing."""
    return f"`{text}`" if text else ""


def words(names: Iterable[str], between: str = " · ") -> str:
    """Words as code, one after the other."""
    return between.join(map(code, names))


def plain(docstring: str | None) -> str:
    """The text of a docstring as Markdown: without line breaks, and without the marks of reStructuredText."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", docstring or "")
    return " ".join(text.replace("``", "`").split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. A bar in a cell would end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in lines)
