"""What is quick about reading facts comes to what the long way comes to."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType, NoneType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from release_gate.canonical import MAX_INTEGER, canonical_bytes
from release_gate.diagnostics import RequestError
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.types import MISSING, Boolean, Choice, Day, Fact, FactType, Number, Text
from release_gate.facts.vocabularies import vocabulary, vocabulary_names
from release_gate.scalars import number_problem

TYPES = [
    Boolean(),
    Number(),
    Number(Decimal(0), Decimal(1)),
    Number(None, None),
    Text(),
    Text("[A-Z]{2}", "two capitals"),
    Day(),
    *map(Choice.of, vocabulary_names()),
]
WORDS = sorted({word for name in vocabulary_names() for word in vocabulary(name).members})
PLAIN = st.one_of(
    st.sampled_from([*WORDS, "US", "2026-11-24", "2026-02-30", "0.5", "", "é", "e\u0301", "a\u200bb"]),
    st.sampled_from([True, False, 0, 1, -0.0, 1.0, 0.1 + 0.2, 1e22, 1e25, 5e-324, 1.5e-7, float("nan")]),
    st.text(),
    st.integers(),
    st.floats(),
    st.decimals(),
)


def _read(kind: FactType, raw: Any) -> Any:
    """The fact, or the problem with it."""
    try:
        return kind.parse(raw)
    except PydanticCustomError as error:
        return str(error), error.context


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.describe()[:40])
@given(raw=st.none() | PLAIN)
def test_a_fact_is_the_same_in_short_and_at_length(kind: FactType, raw: Any) -> None:
    """A value by itself is read by other code than one in a mapping."""
    assert _read(kind, raw) == _read(kind, {"value": raw}) == _read(kind, MappingProxyType({"value": raw}))


@pytest.mark.parametrize("raw", [0, 1, 0.0, 1.0, Decimal(1), "true", "yes", "True"])
def test_only_truths_are_true_or_false(raw: Any) -> None:
    """`1 == True` in Python, and no fact."""
    with pytest.raises(PydanticCustomError, match="this must be true or false"):
        Boolean().parse(raw)


@pytest.mark.parametrize("name", vocabulary_names())
def test_a_word_states_its_value(name: str) -> None:
    words = vocabulary(name)
    for word in words.members:
        assert Choice.of(name).parse(word) == Fact(words.value(word))


def test_a_number_is_the_number_that_its_class_shows_as_a_float() -> None:
    """A number of NumPy is a float, and shows itself as `np.float64(0.3)`."""

    class Double(float):
        def __repr__(self) -> str:
            return f"np.float64({float(self)})"

    assert Number().parse(Double(0.3)) == Fact(Decimal("0.3"))
    assert canonical_bytes([Double(0.3), Double(2.0)]) == b"[0.3,2]"


def _slowly(number: Decimal) -> str:
    """What is wrong with a number, from its digits."""
    if not number.is_finite():
        return "is not a finite number"
    if number and abs(number.adjusted()) >= 300:
        return "is out of range (1e-299 to 1e299)"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return "has more than 15 significant digits" if len(digits) > 15 else ""


NUMBERS = st.builds(
    lambda sign, digits, zeros, exponent: Decimal(f"{sign}{digits}{'0' * zeros}E{exponent}"),
    st.sampled_from("+-"),
    st.integers(0, 10**20) | st.integers(10**14, 10**15 + 10) | st.integers(10**15 - 10, 10**16),
    st.integers(0, 20),
    st.integers(-330, 330) | st.integers(-320, -280) | st.integers(260, 305) | st.integers(-(10**6), 10**6),
)


@given(NUMBERS | st.decimals())
def test_a_number_has_the_problems_that_its_digits_show(number: Decimal) -> None:
    assert number_problem(number) == _slowly(number)


# -- the request and its tree

TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(WORDS)
    | st.integers(0, 10**15 - 1)
    | st.sampled_from([0.5, 1.0, -0.0, -7.0, 2.0**49, 2.0**49 - 1, 1e22, 1e298, 1e-298, 1e-7]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3).map(MappingProxyType)
    ),
    max_leaves=8,
)


def _request(**more: Any) -> ReleaseRequest:
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted"}]
    return ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": artifacts, **more})


@given(TREES)
def test_a_request_keeps_what_it_was_given(given: Any) -> None:
    """In mappings and lists of its own, and with one way to write a whole number."""
    kept: Any = _request(own={"fact": given}).tree["own"]["fact"]  # type: ignore[index,call-overload]
    assert canonical_bytes(kept) == canonical_bytes(given)
    for place in _places(kept):
        assert type(place) in (dict, list, str, bool, int, float, Decimal, NoneType)
        assert not (isinstance(place, float) and place.is_integer() and abs(place) < MAX_INTEGER)
    mine = {id(place) for place in _places(given) if isinstance(place, dict | list)}
    assert mine.isdisjoint(id(place) for place in _places(kept))


def _places(tree: Any) -> list[Any]:
    inside: Any = (
        tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list | tuple) else ()
    )
    return [tree, *(place for each in inside for place in _places(each))]


MEASURED = st.fixed_dictionaries(
    {},
    optional={
        "value": PLAIN | st.none() | st.just({"low": 1, "high": 2}) | st.just({"value": 1}),
        "low": st.integers(0, 3),
        "high": st.integers(0, 3),
        "stderr": st.floats(0, 1),
        "unknown": st.sampled_from(["missing", "stale", "nonsense"]),
        "note": st.sampled_from(["n", 3]),
        "measured": st.just("2026-11-24"),
        "n": st.integers(0, 9),
    },
)


@given(MEASURED)
def test_a_measurement_is_the_fact_of_its_value(measured: dict[str, Any]) -> None:
    """What is said of the value makes a fact, whatever is said of the measurement beside it."""
    about = {key: measured[key] for key in ("measured", "n") if key in measured}
    said = {key: value for key, value in measured.items() if key not in about}
    expected = _read(Number(None, None), said or {"unknown": "missing"})
    try:
        request = _request(metric={"m": measured})
    except RequestError as error:
        (found,) = error.diagnostics
        assert not isinstance(expected, Fact)
        assert found.message == expected[0][:1].lower() + expected[0][1:]
    else:
        assert request.metric["m"].value == expected
        assert request.metric["m"].n == (Number().parse(measured["n"]) if "n" in measured else MISSING)


@pytest.mark.parametrize("raw", [{}, {"unknown": "stale"}, MappingProxyType({"unknown": "stale"})])
def test_a_record_that_is_not_known_says_it_of_every_fact(raw: Any) -> None:
    made = _request(compute=raw)
    reasons = {fact.value.reason.value for fact in vars(made.compute).values()}
    assert reasons == {raw.get("unknown", "missing")}
