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
from math import inf
from types import NoneType
from typing import Any, Final

import orjson

__all__ = [
    "canonical_bytes",
    "digest",
    "digest_of_bytes",
    "exact_tree",
    "json_of",
    "plain",
    "tree_bytes",
    "tree_of",
]

MAX_INTEGER: Final = 2**53
"""Whole numbers below this are written with all their digits."""


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a value made of mappings, lists, texts, exact numbers, booleans and nulls."""
    return tree_bytes(exact_tree(value))


def exact_tree(value: Any) -> Any:
    """A copy of a value, in which no number is a float that is written in several ways."""
    kind = value.__class__
    if kind is dict:
        copied = value.copy()
        for key, each in value.items():
            if each.__class__ not in _AS_THEY_ARE:
                copied[key] = exact_tree(each)
        return copied
    if kind is list:
        return [each if each.__class__ in _AS_THEY_ARE else exact_tree(each) for each in value]
    if kind is float:
        if value.is_integer() and abs(value) < MAX_INTEGER:
            return int(value)
        return value if _LEAST < abs(value) < MAX_INTEGER else Decimal(repr(value))
    if isinstance(value, _LEAVES):
        return value
    if isinstance(value, float):
        return exact_tree(float(value))
    if isinstance(value, Mapping):
        return exact_tree(dict(value))
    return exact_tree(list(value)) if isinstance(value, Sequence) else plain(value)


_AS_THEY_ARE: Final = frozenset({str, int, bool, NoneType})
"""Classes of which nothing has to be copied."""
_LEAVES: Final = (str, int, Decimal, date)
"""Classes of what the encoder is left to write, also where it is of a class of its own."""
_LEAST: Final = 1e-5
"""Floats above this and below 2**53 are written without an exponent by everybody, if they are not whole."""


def tree_bytes(tree: Any) -> bytes:
    """The RFC 8785 bytes of an :func:`exact_tree`.

    ``orjson`` writes them, which takes a tenth of the time, but for what it refuses or would order otherwise.
    """
    try:
        written = orjson.dumps(tree, _leaf, _OPTIONS)
    except TypeError:  # a whole number that may be no double, or what has no canonical form at all
        return _by_the_book(tree)
    return written if written.isascii() or not _LATE.search(written.decode()) else _by_the_book(tree)


def tree_of(data: bytes) -> Any:
    """The tree that is written as these very bytes: no key is there twice, and no number is special.

    Raises:
        ValueError: They are no JSON, or would be written otherwise.
    """
    tree = orjson.loads(data)
    try:
        same = canonical_bytes(tree) == data
    except (TypeError, RecursionError):
        same = False
    if not same:
        raise ValueError("it would be written otherwise")
    return tree


_PASSED_ON: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_OPTIONS: Final = _PASSED_ON | orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_LATE: Final = re.compile("[\ue000-\U0010ffff]")
"""Keys with these are ordered by UTF-16 units, and not by characters."""


def _leaf(value: Any) -> Any:
    """What the encoder does not know: exact numbers and days."""
    found = plain(value)
    if found.__class__ is not float or _LEAST < abs(found) < MAX_INTEGER:
        return found
    return orjson.Fragment(repr(found) if _LARGE <= abs(found) < inf else _by_the_book(found))


_LARGE: Final = 1e21
"""Floats from this on are written by Python as by RFC 8785."""


def _by_the_book(value: Any) -> bytes:
    import rfc8785  # noqa: PLC0415 - few values need it

    return rfc8785.dumps(plain(value))


def json_of(tree: Any, indent: int | None) -> str:
    """The JSON text of an :func:`exact_tree` as people read it, with its keys in their own order.

    Args:
        tree: The tree.
        indent: Spaces for each level, or None for all on one line.
    """
    if indent not in (None, 2):
        return json.dumps(tree, indent=indent, ensure_ascii=False, default=plain)
    return orjson.dumps(tree, _leaf, _PASSED_ON | (orjson.OPT_INDENT_2 if indent else 0)).decode()


def digest(value: Any) -> str:
    """The digest of a value, as ``sha256:`` and 64 hexadecimal digits."""
    return digest_of_bytes(canonical_bytes(value))


def digest_of_bytes(data: bytes) -> str:
    """The digest of bytes, as ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """A value as JSON has it: dates as text, exact numbers as the JSON number that denotes them."""
    if value.__class__ is Decimal:
        whole = value == value.to_integral_value() and abs(value) < MAX_INTEGER
        return int(value) if whole else float(value)
    match value:
        case None | bool() | str():
            return value
        case int() | Decimal():
            return plain(Decimal(value))
        case float():
            return plain(Decimal(float.__repr__(value)))
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(member) for key, member in value.items()}
        case Sequence():
            return [plain(member) for member in value]
        case _:
            msg = f"no canonical form for {value!r}"
            raise TypeError(msg)
