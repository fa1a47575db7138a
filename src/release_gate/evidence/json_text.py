"""JSON by somebody else, read within bounds: no key twice, exact numbers, limited size and depth."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.scalars import number_problem

__all__ = ["MAX_JSON", "NOT_A_NUMBER", "Unreadable", "at", "number", "read_json", "rounded", "text", "whole"]

MAX_JSON: Final = 16 * 2**20
MAX_VALUES: Final = 1_000_000


class Unreadable(Exception):  # noqa: N818 - it names what the file is
    """A file that is not what it should be. The message is a sentence for a diagnostic."""


class _NotANumber:
    """``NaN`` and the infinities, which JSON does not have and evaluation logs do."""


NOT_A_NUMBER: Final = _NotANumber()


def read_json(data: bytes) -> Any:
    """A JSON text as mappings, lists, texts, exact numbers, booleans and nulls.

    Raises:
        Unreadable: It is not JSON, has a key twice, or is larger or deeper than any log needs to be.
    """
    if len(data) > MAX_JSON:
        raise Unreadable(f"is larger than {MAX_JSON // 2**20} MiB")
    if sum(data.count(each) for each in (b",", b"[", b"{")) > MAX_VALUES:
        raise Unreadable(f"has more than {MAX_VALUES:,} values")
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_float=_exact,
            parse_int=_exact,
            parse_constant=lambda _: NOT_A_NUMBER,
        )
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON (line {error.lineno})") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable(f"has the key `{printable(twice, 60)}` twice")
    return found


def _exact(written: str) -> Any:
    """A number as it is written, or a mark that it cannot be used."""
    if len(written) > 400:
        return NOT_A_NUMBER
    value = Decimal(written)
    return value if not value or abs(value.adjusted()) < 300 else NOT_A_NUMBER


def at(tree: Any, *steps: str | int) -> Any:
    """What stands at the end of a way through a tree, or None if the way ends before."""
    for step in steps:
        if isinstance(step, str):
            tree = tree.get(step) if isinstance(tree, dict) else None
        else:
            tree = tree[step] if isinstance(tree, list) and step < len(tree) else None
    return tree


def text(value: Any, limit: int = 200) -> str | None:
    """A value, if it is a text of a sensible length."""
    return value if isinstance(value, str) and 0 < len(value) <= limit else None


def number(value: Any) -> Decimal | None:
    """A value, if it is a number that can be used exactly, rounded to 15 digits."""
    if not isinstance(value, Decimal):
        return None
    value = rounded(value)
    return None if number_problem(value) else value


def whole(value: Any) -> int | None:
    """A value, if it is a whole number of at least 0."""
    if not isinstance(value, Decimal) or value < 0 or value != value.to_integral_value():
        return None
    return int(value) if value < 2**63 else None


def rounded(value: Decimal, digits: int = 15) -> Decimal:
    """A number with at most so many significant digits."""
    return value if len(value.as_tuple().digits) <= digits else Decimal(f"{value:.{digits - 1}e}")
