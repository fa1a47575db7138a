"""Regular expressions in linear time. The only module that knows RE2."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import re2

__all__ = ["matcher", "matches", "pattern_problem"]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)


def pattern_problem(pattern: str) -> str:
    """Why RE2 does not accept a pattern, or an empty string."""
    try:
        _compiled(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return ""


def matcher(pattern: str, *, anchored: bool) -> Callable[[str], object | None]:
    """A function that finds a pattern at the start of a text, or anywhere in it; None if it is not there."""
    found = _compiled(pattern)
    return cast("Callable[[str], object | None]", found.match if anchored else found.search)


def matches(pattern: str, text: str, *, anchored: bool) -> bool:
    """Whether a text matches from its start, or anywhere in it."""
    return matcher(pattern, anchored=anchored)(text) is not None
