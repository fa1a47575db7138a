"""Explanations as one page, complete in itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from release_gate.authoring.explain.explanation import Explanation
from release_gate.pages import END, Templates, head, safe, templates

__all__ = ["as_page"]

_FOLDER: Final = Path(__file__).parent / "page"


def as_page(said: Sequence[Explanation]) -> str:
    """The page, with a section for each policy."""
    words = said[0].words
    title = said[0].title if len(said) == 1 else words("policies")
    sections = "".join(
        _templates().get_template("policy.html").render(said=each, number=number, words=each.words)
        for number, each in enumerate(said, 1)
    )
    contents = _templates().get_template("contents.html").render(all=said, title=title, words=words)
    return head(title, words.code) + safe(contents + sections) + END


@cache
def _templates() -> Templates:
    found = templates(_FOLDER)
    found.filters |= {"parts": _parts}
    return found


def _parts(text: str) -> list[tuple[bool, str]]:
    """A sentence in parts: whether each is a name, which stood between backticks, and what it is."""
    return [(bool(number % 2), part) for number, part in enumerate(text.split("`")) if part]
