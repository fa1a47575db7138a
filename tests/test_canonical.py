import json
import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from release_gate.canonical import (
    Canonical,
    Form,
    canonical_bytes,
    composed,
    digest,
    exact_tree,
    gap,
    json_of,
    plain,
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


def with_parts_composed(tree: Any, here: Iterator[bool]) -> Any:
    """The same tree with some of its parts encoded already."""
    if next(here):
        return Canonical(canonical_bytes(tree).decode())
    if isinstance(tree, dict):
        return {name: with_parts_composed(each, here) for name, each in tree.items()}
    if isinstance(tree, list):
        return [with_parts_composed(each, here) for each in tree]
    return tree


@given(TREES, st.integers(0))
@example({"a": 1, "\U00010000": {"\ue000": 2, "é": 3}, "\ue000": [2**53, -(2**53), 2**53 - 1]}, 0)
def test_what_is_composed_of_encoded_parts_is_what_is_encoded_at_once(tree: Any, choice: int) -> None:
    here = (bool(choice >> number & 1) for number in count())
    assert composed(with_parts_composed(tree, here)).encode() == canonical_bytes(tree)


def with_gaps(tree: Any, here: Iterator[bool], parts: dict[str, Any]) -> Any:
    """The same tree with gaps in it, and what belongs there."""
    if next(here):
        name = f"part{len(parts)}"
        parts[name] = tree
        return gap(name)
    if isinstance(tree, dict):
        return {name: with_gaps(each, here, parts) for name, each in tree.items()}
    if isinstance(tree, list):
        return [with_gaps(each, here, parts) for each in tree]
    return tree


@given(TREES, st.integers(0))
@example({"%s": "%(name)s", "a": '"\\', "b": gap("a")[:-1]}, 4)
def test_a_form_that_is_filled_is_what_is_encoded_at_once(tree: Any, choice: int) -> None:
    parts: dict[str, Any] = {"other": 1}
    form = Form(with_gaps(tree, (bool(choice >> number & 1) for number in count()), parts))
    assert form.filled(parts).encode() == canonical_bytes(tree)
    assert form.filled(parts).encode() == canonical_bytes(tree)


def test_what_fills_a_gap_leaves_no_other_gap() -> None:
    """Whoever knew the mark of a gap could not have it filled by writing it where another is."""
    form = Form({"a": gap("a"), "b": gap("b")})
    assert (
        form.filled({"a": gap("b"), "b": "secret"})
        == canonical_bytes({"a": gap("b"), "b": "secret"}).decode()
    )
