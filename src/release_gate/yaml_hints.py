"""What is wrong with a text that is not YAML, in words for people who have never read its specification.

libyaml says what its parser expected, and where it gave up. People want to know what they wrote, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

__all__ = ["Hint", "Point", "yaml_hint"]

Point = tuple[int, int]
"""A line and a column, both from 0."""


class Hint(NamedTuple):
    """What is wrong with a text.

    Attributes:
        said: In words.
        at: Where.
        help: What to do about it.
    """

    said: str
    at: Point
    help: str


class _Place(NamedTuple):
    """Where the parser gave up, and where that began which it was reading."""

    line: str
    at: Point
    start: Point

    @property
    def before(self) -> str:
        return self.line[: self.at[1]]

    @property
    def there(self) -> str:
        return self.line[self.at[1] :]


_KEY: Final = re.compile(r"\s*(?:-\s+)*[\w.-]+\s*:\s+(?=\S)")
_IN_BRACKETS: Final = "within { } and [ ], a text with quotes, brackets or commas of its own stands in quotes"
_COLUMNS: Final = "begin what belongs together in one column, and each entry of a list with `- `"


def yaml_hint(problem: str, context: str, at: Point, start: Point, lines: list[str]) -> Hint | None:
    """What is meant by an error of libyaml, if people make the mistake often enough to know it.

    Args:
        problem: What it says.
        context: What it was doing.
        at: Where it gave up.
        start: Where that began which it was reading.
        lines: The text.
    """
    place = _Place(lines[at[0]] if at[0] < len(lines) else "", at, start)
    said = f"{problem} {context}"
    return next((hint(place) for part, hint in _HINTS if part in said), None)


def _no_text(place: _Place) -> Hint:
    if place.there[:1] == "\t":
        return _tab(place)
    return Hint(f"a text cannot begin with `{place.there[:1]}`", place.at, "put it in quotes")


def _tab(place: _Place) -> Hint:
    return Hint("this line is indented with a tab", place.at, "indent with spaces")


def _colon(place: _Place) -> Hint:
    if _KEY.match(place.before):
        return Hint("a text with a colon and a space in it needs quotes", place.at, _quoted(place.line))
    first = len(place.line) - len(place.line.lstrip())
    return Hint("this line stands further to the right than it may", (place.at[0], first), _COLUMNS)


def _misplaced(place: _Place) -> Hint:
    """What stands where a key or an entry of a list should."""
    if place.before.rstrip()[-1:] in ("'", '"') and _KEY.match(place.before):
        return Hint("something stands behind the closing quote", place.at, _quoted(place.line))
    if place.there[:1] in ("]", "}"):
        return Hint("this bracket was not opened", place.at, "remove it")
    return Hint("this line begins in another column than those that it belongs to", place.at, _COLUMNS)


def _in_brackets(place: _Place) -> Hint:
    if not place.there or (
        place.at[0] != place.start[0] and re.fullmatch(r"\s*(?:-\s+)*[\w.-]*", place.before)
    ):
        return Hint("this bracket is not closed", place.start, "close it")
    return Hint(
        f"a comma or a closing bracket is missing before `{place.there[:20]}`", place.at, _IN_BRACKETS
    )


def _quoted(line: str) -> str:
    """The text behind the key of a line, as a whole in quotes."""
    key = _KEY.match(line)
    text = line[key.end() :].rstrip() if key else ""
    if re.fullmatch(r'"[^"]+ "[^"]*"(?: .*)?"', text):  # in quotes of the kind that is in it
        text = text[1:-1]
    sign = "'" if "'" not in text else '"' if not set('"\\') & set(text) else ""
    if not sign or len(text) > 200:
        return "put the whole text into quotes; a quote of that kind within it is written twice"
    return f"put the whole text into quotes: {sign}{text}{sign}"


_HINTS: Final[tuple[tuple[str, Callable[[_Place], Hint]], ...]] = (
    ("tab character", _tab),
    ("cannot start any token", _no_text),
    ("mapping values are not allowed", _colon),
    ("parsing a flow", _in_brackets),
    ("did not find expected key", _misplaced),
    ("did not find expected '-' indicator", _misplaced),
    (
        "could not find expected ':'",
        lambda place: Hint(
            "this is no `key: value`", place.start, "write a colon and a space behind the key"
        ),
    ),
    (
        "unknown escape character",
        lambda place: Hint(
            "a backslash means something else here", place.at, "use single quotes, in which it is plain"
        ),
    ),
    ("quoted scalar", lambda place: Hint("this quote is not closed", place.start, "close it")),
    (
        "block sequence entries are not allowed",
        lambda place: Hint(
            "a list begins on a line of its own", place.at, "write it below its key, or as [a, b]"
        ),
    ),
    (
        "expected comment or line break",
        lambda place: Hint(
            "a text behind | or > begins on the next line", place.at, "begin it there, or put it in quotes"
        ),
    ),
)
"""Parts of what libyaml says, and what is meant. The first that fits counts."""
