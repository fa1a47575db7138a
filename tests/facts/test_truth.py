import itertools
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from release_gate.facts import truth
from release_gate.facts.arithmetic import OPERATIONS, absolute, arithmetic, interval_of_measurement, negate
from release_gate.facts.truth import (
    NOT_COMPUTABLE,
    UNDECIDED,
    Duration,
    Items,
    Range,
    Reason,
    Step,
    Truth,
    Unknown,
    Value,
    all_of,
    any_of,
    compare,
    not_,
)

TRUTHS: list[Truth] = [True, False, UNDECIDED]
NUMBERS = st.decimals(-50, 50, places=1, allow_nan=False).map(lambda n: n + 0)
OPS = ["==", "!=", "<", "<=", ">", ">="]


@st.composite
def narrowing(draw: st.DrawFn) -> tuple[Value, Value]:
    """A value of which less is known, and the same value when more is known."""
    ends = sorted(draw(st.lists(NUMBERS, min_size=4, max_size=4)))
    wide, narrow = (_between(ends[0], ends[3]), _between(ends[1], ends[2]))
    return (UNDECIDED if draw(st.integers(0, 9)) == 0 else wide), narrow


def _between(low: Decimal, high: Decimal) -> Value:
    return low if low == high else Range(low, high)


def inside(narrow: Value, wide: Value) -> bool:
    """Whether a result says the same as another, or something sharper within it."""
    if isinstance(wide, Unknown):
        return True
    if isinstance(narrow, Unknown):
        return False
    (a, b), (c, d) = truth.bounds(narrow), truth.bounds(wide)
    return bool(c <= a and b <= d)


@given(narrowing(), narrowing(), st.sampled_from(["+", "-", "*", "/", "//", "%"]))
def test_law_arithmetic_only_sharpens(left: Any, right: Any, op: str) -> None:
    wide, narrow = arithmetic(op, left[0], right[0]), arithmetic(op, left[1], right[1])
    assert inside(narrow, wide)


@given(narrowing(), st.integers(0, 6))
def test_law_powers_only_sharpen(base: Any, exponent: int) -> None:
    wide, narrow = (arithmetic("**", value, Decimal(exponent)) for value in base)
    assert inside(narrow, wide)


@given(narrowing(), narrowing(), st.sampled_from(OPS))
def test_law_comparisons_only_sharpen(left: Any, right: Any, op: str) -> None:
    wide = compare(op, left[0], right[0])
    assert isinstance(wide, Unknown) or compare(op, left[1], right[1]) is wide


@given(narrowing(), narrowing(), NUMBERS, NUMBERS, st.sampled_from(["+", "-", "*", "/", "//"]))
def test_law_a_range_holds_every_result_of_its_points(
    left: Any, right: Any, x: Decimal, y: Decimal, op: str
) -> None:
    assume(inside(x, left[0]) and inside(y, right[0]))
    assert inside(arithmetic(op, x, y), arithmetic(op, left[0], right[0])) or isinstance(
        arithmetic(op, left[0], right[0]), Unknown
    )


@pytest.mark.parametrize(("a", "b"), list(itertools.product(TRUTHS, TRUTHS)))
def test_law_de_morgan(a: Truth, b: Truth) -> None:
    assert not_(any_of([a, b])) == all_of([not_(a), not_(b)])
    assert any_of([a, b]) == any_of([b, a])


@pytest.mark.parametrize(
    ("values", "either", "both"),
    [
        ([], False, True),
        ([True, UNDECIDED], True, UNDECIDED),
        ([False, UNDECIDED], UNDECIDED, False),
        ([True, False], True, False),
        ([UNDECIDED, UNDECIDED], UNDECIDED, UNDECIDED),
        ([None], UNDECIDED, UNDECIDED),
    ],
)
def test_kleene(values: list[Value], either: Truth, both: Truth) -> None:
    assert any_of(values) == either
    assert all_of(values) == both


@given(st.lists(st.sampled_from(TRUTHS)), st.lists(st.sampled_from(TRUTHS), max_size=3), st.booleans())
def test_law_more_known_of_a_list_only_sharpens(
    sure: list[Truth],
    maybe: list[Truth],
    complete: bool,  # noqa: FBT001 - drawn
) -> None:
    wide = Items(tuple(sure), complete, tuple(maybe))
    narrow = Items((*sure, *maybe), complete=True)
    for quantify in (truth.any_member, truth.all_members):
        assert isinstance(quantify(wide), Unknown) or quantify(wide) is quantify(narrow)
    assert inside(truth.count(narrow), truth.count(wide))
    assert inside(truth.distinct(narrow), truth.distinct(wide))


def test_what_a_list_holds() -> None:
    items = Items((Decimal(1), Range(Decimal(4), Decimal(6))))
    assert truth.contains(Decimal(1), items) is True
    assert truth.contains(Decimal(2), items) is False
    assert truth.contains(Decimal(5), items) == UNDECIDED
    for ask in (truth.any_member, truth.all_members, truth.count, truth.distinct):
        assert ask(None) == NOT_COMPUTABLE
        assert ask(UNDECIDED) == UNDECIDED
    assert truth.contains(Decimal(1), None) == NOT_COMPUTABLE
    assert truth.contains(Decimal(1), UNDECIDED) == UNDECIDED
    assert truth.distinct(items) == Range(Decimal(1), Decimal(2))
    assert truth.is_settled(items)
    assert not truth.is_settled(Items((), complete=False))


@pytest.mark.parametrize(
    ("op", "left", "right", "result"),
    [
        ("==", None, None, True),
        ("==", None, Decimal(1), False),
        ("!=", None, Decimal(1), True),
        ("<", None, Decimal(1), NOT_COMPUTABLE),
        ("<", "a", "b", NOT_COMPUTABLE),
        ("==", "a", "a", True),
        ("==", True, Decimal(1), False),
        ("<", Step(1, "a"), Step(2, "b"), True),
        ("<", Decimal(1), date(2026, 1, 1), NOT_COMPUTABLE),
        ("<", Duration(1, 0), Duration(0, 1), NOT_COMPUTABLE),
        ("<", Duration(0, 1), Duration(0, 2), True),
        (">=", Range(Decimal(1), Decimal(3)), Decimal(2), UNDECIDED),
        (">=", Range(Decimal(1), Decimal(3)), Decimal(1), True),
        ("==", Range(Decimal(1), Decimal(3)), Decimal(4), False),
        ("==", UNDECIDED, Decimal(4), UNDECIDED),
    ],
)
def test_compare(op: str, left: Value, right: Value, result: Truth) -> None:
    assert compare(op, left, right) == result


@pytest.mark.parametrize(
    ("op", "left", "right", "result"),
    [
        ("+", date(2026, 1, 31), Duration(1, 0), date(2026, 2, 28)),
        ("+", date(2024, 1, 31), Duration(1, 0), date(2024, 2, 29)),
        ("-", date(2026, 3, 31), Duration(1, 0), date(2026, 2, 28)),
        ("+", Duration(12, 0), date(2024, 2, 29), date(2025, 2, 28)),
        ("+", date(2026, 1, 1), Duration(0, 3600), NOT_COMPUTABLE),
        ("+", date(9999, 12, 31), Duration(0, 86_400), NOT_COMPUTABLE),
        ("+", date(9999, 12, 31), Duration(12, 0), NOT_COMPUTABLE),
        ("-", date(2026, 1, 2), date(2026, 1, 1), Duration(0, 86_400)),
        ("-", Duration(1, 2), Duration(1, 1), Duration(0, 1)),
        ("*", date(2026, 1, 2), date(2026, 1, 1), NOT_COMPUTABLE),
        ("/", Decimal(1), Decimal(0), NOT_COMPUTABLE),
        ("/", Decimal(1), Range(Decimal(-1), Decimal(1)), UNDECIDED),
        ("%", Range(Decimal(1), Decimal(2)), Decimal(2), UNDECIDED),
        ("*", Decimal("1e299"), Decimal("1e299"), NOT_COMPUTABLE),
        ("**", Decimal("1e299"), Decimal(64), NOT_COMPUTABLE),
        ("**", Range(Decimal(-2), Decimal(1)), Decimal(2), Range(Decimal(0), Decimal(4))),
        ("+", UNDECIDED, Decimal(1), UNDECIDED),
        ("**", Decimal(7), Decimal(0), Decimal(1)),
        ("**", Decimal(0), Decimal(0), Decimal(1)),
        ("**", Range(Decimal(1), Decimal(2)), Decimal(2), Range(Decimal(1), Decimal(4))),
        ("**", Range(Decimal(-2), Decimal(1)), Decimal(3), Range(Decimal(-8), Decimal(1))),
        ("+", Duration(1, 86_400), Duration(2, 172_800), Duration(3, 259_200)),
        ("-", Duration(3, 259_200), Duration(1, 86_400), Duration(2, 172_800)),
        ("*", Duration(1, 0), Duration(1, 0), NOT_COMPUTABLE),
    ],
)
def test_arithmetic(op: str, left: Value, right: Value, result: Value) -> None:
    assert arithmetic(op, left, right) == result


EXTREME = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**28), 10**28),
    st.sampled_from([-9000, -300, -5, 0, 0, 0, 5, 200, 271]),
)


@given(op=st.sampled_from(sorted(OPERATIONS)), left=EXTREME, right=EXTREME)
def test_an_operation_raises_where_there_is_no_result_and_gives_it_elsewhere(
    op: str, left: Decimal, right: Decimal
) -> None:
    expected = arithmetic(op, left, right)
    try:
        found: Value = OPERATIONS[op](left, right)
    except DecimalException:
        found = NOT_COMPUTABLE
    assert found == expected


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [
        ("*", "1e299", "10"),
        ("+", "9e299", "1e299"),
        ("/", "1", "0"),
        ("/", "0", "0"),
        ("%", "1", "0"),
        ("//", "1e29", "1"),
    ],
)
def test_an_operation_raises_at_the_limit(op: str, left: str, right: str) -> None:
    assert arithmetic(op, Decimal(left), Decimal(right)) == NOT_COMPUTABLE
    with pytest.raises(DecimalException):
        OPERATIONS[op](Decimal(left), Decimal(right))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("P180D", "P180D"), ("P2W", "P14D"), ("P1Y6M", "P1Y6M"), ("PT36H", "P1DT12H"), ("P0D", "P0D")],
)
def test_durations_read_and_shown(text: str, shown: str) -> None:
    duration = Duration.parse(text)
    assert duration is not None
    assert str(duration) == shown
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "P1", "1D", "-P1D", "P1.5D", "P1DT", "P9999999D"])
def test_what_is_no_duration(text: str) -> None:
    assert Duration.parse(text) is None


def test_a_duration_may_go_backwards() -> None:
    assert str(arithmetic("-", date(2026, 1, 1), date(2026, 1, 3))) == "-P2D"


ONE, TWO, MANY = Decimal(1), Decimal(2), Decimal("1e15")
LISTS: list[tuple[Value, Value, Value]] = [
    (Items(()), Decimal(0), Decimal(0)),
    (Items(("a", "a")), TWO, ONE),
    (Items(("a", "a", "b")), Decimal(3), TWO),
    (Items(("a", UNDECIDED)), TWO, Range(ONE, TWO)),
    (Items((UNDECIDED, UNDECIDED)), TWO, Range(ONE, TWO)),
    (Items(("a",), possible=("b",)), Range(ONE, TWO), Range(ONE, TWO)),
    (Items((), possible=("b",)), Range(Decimal(0), ONE), Range(Decimal(0), ONE)),
    (Items(("a",), complete=False), Range(ONE, MANY), Range(ONE, MANY)),
    (None, NOT_COMPUTABLE, NOT_COMPUTABLE),
    (UNDECIDED, UNDECIDED, UNDECIDED),
]


@pytest.mark.parametrize(("items", "number", "different"), LISTS)
def test_how_many_members_a_list_has(items: Value, number: Value, different: Value) -> None:
    assert truth.count(items) == number
    assert truth.distinct(items) == different


@pytest.mark.parametrize(
    ("value", "name", "found"),
    [
        ("four", "length", Decimal(4)),
        (date(2026, 11, 24), "month", Decimal(11)),
        (None, "length", NOT_COMPUTABLE),
        (UNDECIDED, "year", UNDECIDED),
        (Range(date(2026, 1, 1), date(2026, 1, 2)), "year", UNDECIDED),
    ],
)
def test_a_part_of_a_value(value: Value, name: str, found: Value) -> None:
    assert truth.part(value, name) == found


def test_null_is_no_range() -> None:
    assert compare("==", None, Range(ONE, TWO)) is False
    assert compare("==", Range(ONE, TWO), None) is False
    assert compare("!=", None, ONE) is True
    assert compare("<", None, Range(ONE, TWO)) == NOT_COMPUTABLE


def test_only_true_and_false_are_truths() -> None:
    assert truth.truth_of(ONE) == NOT_COMPUTABLE
    assert truth.truth_of(None) == NOT_COMPUTABLE
    assert not_("true") == NOT_COMPUTABLE


def test_hull() -> None:
    assert truth.hull([]) == UNDECIDED
    assert truth.hull(["a", "a"]) == "a"
    assert truth.hull(["a", "b"]) == UNDECIDED
    assert truth.hull([Items((UNDECIDED,)), Items((UNDECIDED,))]) == UNDECIDED
    assert truth.hull([Decimal(1), date(2026, 1, 1)]) == UNDECIDED
    assert truth.hull([Decimal(3), Range(Decimal(1), Decimal(2))]) == Range(Decimal(1), Decimal(3))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Decimal(3), Decimal(3)),
        (Decimal(-3), Decimal(3)),
        (Decimal(0), Decimal(0)),
        (Range(Decimal(-3), Decimal(-1)), Range(Decimal(1), Decimal(3))),
        (Range(Decimal(-3), Decimal(1)), Range(Decimal(0), Decimal(3))),
        (Range(Decimal(-1), Decimal(3)), Range(Decimal(0), Decimal(3))),
        (Range(Decimal(0), Decimal(3)), Range(Decimal(0), Decimal(3))),
        (UNDECIDED, UNDECIDED),
        (None, NOT_COMPUTABLE),
    ],
)
def test_the_absolute_value(value: Value, found: Value) -> None:
    assert absolute(value) == found


def test_the_interval_of_a_measurement() -> None:
    one = Decimal(1)
    assert interval_of_measurement(one, Decimal(0), None, None) == one
    assert interval_of_measurement(one, one, None, None) == Range(Decimal("-0.96"), Decimal("2.96"))
    assert interval_of_measurement(one, one, Decimal(0), one) == Range(Decimal(0), one)


def test_words() -> None:
    assert all(reason.meaning for reason in Reason)
    assert str(Step(1, "low")) == "low"
    assert negate(Decimal(2)) == Decimal(-2)
