"""Regular expressions in linear time. The only module that knows RE2."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

__all__ = ["Words", "matcher", "matches", "pattern_problem", "words_of"]


@cache
def _engine() -> Any:
    import re2  # noqa: PLC0415 - most policies look for nothing but words

    return re2


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = _engine().Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return _engine().compile(pattern, options)


def pattern_problem(pattern: str) -> str:
    """Why RE2 does not accept a pattern, or an empty string."""
    try:
        _compiled(pattern)
    except _engine().error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return ""


def matcher(pattern: str, *, anchored: bool) -> Callable[[str], object]:
    """A function that says whether a text matches from its start, or anywhere in it, by a true value.

    A pattern that is nothing but words, perhaps with ``^`` and ``$`` around them, is looked for as words:
    the same answer in a twentieth of the time.
    """
    return _words(pattern, anchored=anchored) or _search(pattern, anchored=anchored)


def _search(pattern: str, *, anchored: bool) -> Callable[[str], object]:
    found = _compiled(pattern)
    return cast("Callable[[str], object]", found.match if anchored else found.search)


class Words(NamedTuple):
    """What a pattern looks for that is made of words only.

    Attributes:
        words: The words; one of them is enough.
        at_start: Whether a text must start with it.
        at_end: Whether a text must end with it.
    """

    words: tuple[str, ...]
    at_start: bool
    at_end: bool


_PLAIN = r"(?:[^.^$*+?{}\[\]\\|()]|\\[.^$*+?{}\[\]\\|()/-])+"
_WORDS = re.compile(rf"(\^?)(?:({_PLAIN})|\((?:\?:)?({_PLAIN}(?:\|{_PLAIN})*)\))(\$?)")


def words_of(pattern: str, *, anchored: bool) -> Words | None:
    """What a pattern looks for, or None if it is not made of words only."""
    found = _WORDS.fullmatch(pattern)
    if found is None:
        return None
    start, one, several, end = found.groups()
    words = tuple(re.sub(r"\\(.)", r"\1", word) for word in (one or several).split("|"))
    return Words(words, anchored or bool(start), bool(end))


def _words(pattern: str, *, anchored: bool) -> Callable[[str], object] | None:
    """The function for a pattern that is made of words only, or None."""
    found = words_of(pattern, anchored=anchored)
    if found is None:
        return None
    words = found.words
    if found.at_start and found.at_end:
        return frozenset(words).__contains__
    if found.at_start:
        return lambda text: text.startswith(words)
    if found.at_end:
        return lambda text: text.endswith(words)
    return re.compile("|".join(map(re.escape, words))).search


def matches(pattern: str, text: str, *, anchored: bool) -> bool:
    """Whether a text matches from its start, or anywhere in it."""
    return bool(_search(pattern, anchored=anchored)(text))
