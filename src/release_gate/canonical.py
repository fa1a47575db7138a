"""The only place where bytes for hashing are made, and digests are named.

Canonical bytes are RFC 8785 (JSON Canonicalization Scheme). Numbers are exact decimals of at most 15
significant digits, and each of those has a double of its own, so that the JSON number is exact too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from secrets import token_hex
from typing import Any, Final

import rfc8785

__all__ = ["Canonical", "Form", "canonical_bytes", "composed", "digest", "digest_of_bytes", "gap", "plain"]

MAX_INTEGER: Final = 2**53
"""Whole numbers below this are written with all their digits."""


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a value made of mappings, lists, texts, exact numbers, booleans and nulls.

    The encoder of the standard library writes the same bytes and is ten times as fast, but for a few numbers
    and keys. Where its text could differ, or only looks as if it could, it writes whole numbers as such; and
    where even that could differ, ``rfc8785`` writes the bytes.
    """
    written = _written(value)
    if written is None:
        value = plain(value)
        written = _written(value)
    return rfc8785.dumps(value) if written is None else written


def _written(value: Any) -> bytes | None:
    """What the standard library writes, if that is the canonical form for certain."""
    try:
        text = _ENCODER.encode([value])
        if not any(each.search(text) for each in _MAY_DIFFER) and (text.isascii() or not _LATE.search(text)):
            return text[1:-1].encode()
    except (TypeError, ValueError):  # a key that is no text, a number that is not finite: said elsewhere
        pass
    return None


def _leaf(value: Any) -> Any:
    """What the encoder does not know: exact numbers, days, and mappings and lists of other classes."""
    if isinstance(value, Mapping):
        return dict(value)
    return plain(value)


_ENCODER: Final = json.JSONEncoder(
    default=_leaf,
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,
)
# One pattern for each character that stands before a number: what begins with a single character is found
# three times as fast as what begins with one of several.
_MAY_DIFFER: Final = tuple(
    re.compile(
        before + r"[-0-9](?:"
        r"[0-9]{15}"  # a whole number that may be no double
        r"|[0-9]*\.0[,}\]]"  # 1.0, which is 1
        r"|[0-9.]*e-"  # 1e-05, which is 0.00001
        r"|[0-9.]*e\+(?:0|1|20)(?![0-9]{2}))"  # 1e+16, which is 10000000000000000
    )
    for before in (":", ",", r"\[")
)
_LATE: Final = re.compile("[\ue000-\U0010ffff]")
"""Keys with these are ordered by UTF-16 units, and not by characters."""


class Canonical(str):
    """Canonical text that stands in a larger value, and is not encoded again."""

    __slots__ = ()


def composed(value: Any) -> Canonical:
    """The canonical text of a value with parts that are :class:`Canonical` already.

    It is made for the few levels above such parts, and for short texts; for the rest an encoder is faster.
    """
    return Canonical(_composed(value))


def _composed(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if isinstance(value, Canonical):
        return value
    if kind is list:
        return f"[{','.join([_composed(each) for each in value])}]"
    if kind is dict:
        members = [f"{encode_basestring(name)}:{_composed(value[name])}" for name in _ordered(value)]
        return f"{{{','.join(members)}}}"
    if kind is int and abs(value) < MAX_INTEGER:
        return str(value)
    return canonical_bytes(value).decode()


def _ordered(names: Iterable[str]) -> list[str]:
    """Keys by their UTF-16 units, which is the order of their characters nearly always."""
    found = sorted(names)
    if all(map(str.isascii, found)):
        return found
    return sorted(found, key=lambda name: name.encode("utf-16-be"))


_GAP: Final = token_hex(16)


def gap(name: str) -> str:
    """What stands in a form for a part that changes."""
    return f"{_GAP}.{name}."


class Form:
    """The canonical text of values that are the same but for a few parts: the rest is encoded once."""

    def __init__(self, value: Any) -> None:
        """A form.

        Args:
            value: Such a value, with a :func:`gap` for each part that changes. Keys do not.
        """
        self._pieces = re.split(rf'"{_GAP}\.([^.]+)\."', canonical_bytes(value).decode())
        self._names = self._pieces[1::2]

    def filled(self, parts: Mapping[str, Any]) -> Canonical:
        """The text with a part for each gap; whatever else is among the parts is left alone."""
        pieces = self._pieces.copy()
        pieces[1::2] = [
            encode_basestring(part) if type(part := parts[name]) is str else _composed(part)
            for name in self._names
        ]
        return Canonical("".join(pieces))


def digest(value: Any) -> str:
    """The digest of a value, as ``sha256:`` and 64 hexadecimal digits."""
    return digest_of_bytes(canonical_bytes(value))


def digest_of_bytes(data: bytes) -> str:
    """The digest of bytes, as ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """A value as JSON has it: dates as text, exact numbers as the JSON number that denotes them."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return plain(Decimal(value))
        case float():
            return plain(Decimal(float.__repr__(value)))
        case Decimal():
            whole = value == value.to_integral_value() and abs(value) < MAX_INTEGER
            return int(value) if whole else float(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(member) for key, member in value.items()}
        case Sequence():
            return [plain(member) for member in value]
        case _:
            msg = f"no canonical form for {value!r}"
            raise TypeError(msg)
