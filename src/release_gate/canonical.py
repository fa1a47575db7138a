"""The only place where bytes for hashing are made, and digests are named.

Canonical bytes are RFC 8785 (JSON Canonicalization Scheme). Numbers are exact decimals of at most 15
significant digits, and each of those has a double of its own, so that the JSON number is exact too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import rfc8785

__all__ = ["canonical_bytes", "digest", "digest_of_bytes", "plain"]


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
            return plain(Decimal(repr(value)))
        case Decimal():
            whole = value == value.to_integral_value() and abs(value) < 2**53
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
