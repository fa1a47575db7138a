import json
import math
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from release_gate.canonical import (
    canonical_bytes,
    digest,
    exact_tree,
    json_of,
    plain,
    tree_of,
)
from release_gate.scalars import number_problem


class Word(Enum):
    """A word that is no text."""

    YES = "yes"


EXACT = (
    st.decimals(allow_nan=False, allow_infinity=False)
    .filter(lambda number: not number_problem(number))
    .map(lambda number: number.normalize() + 0)
)
WRITTEN = (
    st.none()
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | EXACT
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: not number_problem(Decimal(repr(n))))
    | st.dates()
)
TREES = st.recursive(
    WRITTEN,
    lambda below: st.lists(below) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), below),
)


@given(TREES)
@example({"\ue000": 1, "\U00010000": 2})
@example([1e16, 1.5e20, 1e21, 1e25, Decimal("1e25"), Decimal("1e-7"), 0.0001, 1e-05, 1.0, -0.0])
@example({"digest": "1234567890123456", "note": "e-5 and 1.0"})
def test_canonical_bytes_are_those_of_rfc_8785(tree: Any) -> None:
    assert canonical_bytes(tree) == rfc8785.dumps(plain(tree))


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e-5)
@example(math.nextafter(1e-5, 1))
@example(math.nextafter(2.0**53, 0))
@example(math.nextafter(1e21, 0))
@example(1e21)
def test_every_number_is_written_as_by_rfc_8785(number: float) -> None:
    for each in (number, -number):
        assert canonical_bytes({"in": [each, Decimal(repr(each))]}) == rfc8785.dumps({"in": [each, each]})


@pytest.mark.parametrize("within", ["{}", "ä{}", "\ue000{}"])
def test_every_character_is_written_as_by_rfc_8785(within: str) -> None:
    text = within.format("".join(map(chr, [*range(0xD800), *range(0xE000, 0x10800)])))
    assert canonical_bytes({text: text}) == rfc8785.dumps({text: text})


@pytest.mark.parametrize("indent", [None, 2, 4])
@given(TREES)
def test_what_people_read_is_the_same_value(indent: int | None, tree: Any) -> None:
    written = json_of(exact_tree(tree), indent)
    assert json.loads(written, parse_int=float) == json.loads(canonical_bytes(tree), parse_int=float)
    assert written.count("\n") == json.dumps(json.loads(written), indent=indent).count("\n")


@pytest.mark.parametrize(
    ("tree", "written"),
    [
        ({"b": [1, 2.50, Decimal("1e25")], "a": None}, b'{"a":null,"b":[1,2.5,1e+25]}'),
        ({"day": date(2026, 11, 24), "text": "ä\n"}, '{"day":"2026-11-24","text":"ä\\n"}'.encode()),
        ((True, False), b"[true,false]"),
        (Decimal(100000000000000000000), b"100000000000000000000"),
    ],
)
def test_what_canonical_bytes_look_like(tree: Any, written: bytes) -> None:
    assert canonical_bytes(tree) == written


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), object(), {1, 2}, Word.YES, UUID(int=1), "\ud800"]
)
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, ArithmeticError)):
        digest({"value": value})


@given(TREES)
def test_what_is_read_from_canonical_bytes_is_what_they_are_of(tree: Any) -> None:
    data = canonical_bytes(tree)
    assert tree_of(data) == json.loads(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b"[1e999]",
        b"[NaN]",
        b"[-0]",
        b"[1.0]",
        b"[1e21]",
        b"[1e-05]",
        b"[0.00000012]",
        b"[9007199254740993]",
        b"[18446744073709551616]",
        b'["\\ud800"]',
        b'["\\u0061"]',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"[" * 200_000 + b"]" * 200_000,
        b"[" * 1000 + b"]" * 1000,
        b"",
    ],
)
def test_what_would_be_written_otherwise_is_not_taken_for_canonical(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of the two says so
        tree_of(data)
