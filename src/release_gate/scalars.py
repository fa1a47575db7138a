"""What a number and a text of a document may be: exact, and what it looks like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow, Subnormal
from typing import Final

__all__ = [
    "EXACT",
    "MAX_DIGITS",
    "MAX_NUMBER",
    "NOT_FINITE",
    "NUMBER",
    "decimal_of",
    "looks_like",
    "number_problem",
    "parse_number",
    "text_problem",
    "twins",
]

MAX_DIGITS: Final = 15
MAX_EXPONENT: Final = 300
MAX_NUMBER: Final = 400
"""As many characters a number may have that is written in a document."""

NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BEYOND: Final = Decimal("1e999999")


def parse_number(text: str) -> Decimal | None:
    """The exact number that a plain scalar writes, or None if it is not written as a number."""
    return decimal_of(text) if NUMBER.fullmatch(text) else None


def decimal_of(text: str) -> Decimal:
    """The number that a scalar writes which is written as one."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that not even a decimal can hold
        return _BEYOND


EXACT: Final = Context(
    prec=MAX_DIGITS,
    Emin=1 - MAX_EXPONENT,
    Emax=MAX_EXPONENT - 1,
    traps=[Inexact, InvalidOperation, Overflow, Subnormal],
)
"""Raises whatever keeps a number from being used exactly, but for numbers that are not finite."""


def number_problem(number: Decimal) -> str:
    """Why a number cannot be used exactly, or an empty string.

    At most 15 significant digits and a magnitude below 1e300: within that bound, decimal order and the
    order of doubles agree, and nothing that reads the number elsewhere reads another one.
    """
    try:
        return "" if EXACT.plus(number).is_finite() else "is not a finite number"
    except InvalidOperation:
        return "is not a finite number"
    except DecimalException:
        if abs(number.adjusted()) >= MAX_EXPONENT:
            return "is out of range (1e-299 to 1e299)"
        return f"has more than {MAX_DIGITS} significant digits"


_LOOKS_LIKE: Final = str.maketrans({"0": "o", "1": "l", "_": "-", ".": "-"})


def twins(ids: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Ids that are the same as an earlier one, or look the same: the index, the id, and the earlier one."""
    seen: dict[str, str] = {}
    for index, each in enumerate(ids):
        looks = _looks(each)
        if looks in seen:
            yield index, each, seen[looks]
        seen.setdefault(looks, each)


def looks_like(name: str, identifier: str) -> bool:
    """Whether a name, however somebody writes it, is the same as an identifier or looks the same."""
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return _looks(plain) == _looks(identifier)


def _looks(identifier: str) -> str:
    return identifier.translate(_LOOKS_LIKE).replace("rn", "m")


_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})
_NO_CHARACTERS = "\ufffe\uffff"


def text_problem(text: str) -> str:
    """Why a text cannot be shown and compared safely, or an empty string."""
    if not text.isprintable():
        for char in text:
            if char in "\n\t":
                continue
            if char in _NO_CHARACTERS or unicodedata.category(char) in _FORBIDDEN_CATEGORIES:
                return f"contains the invisible or reordering character U+{ord(char):04X}"
    return (
        "" if text.isascii() or unicodedata.is_normalized("NFC", text) else "is not in Unicode normal form C"
    )
