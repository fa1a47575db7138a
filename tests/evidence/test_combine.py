"""Several sources of one fact."""

from decimal import Decimal
from typing import Any

import pytest

from release_gate.evidence.collected import Found, Provenance
from release_gate.evidence.combine import combine
from release_gate.evidence.report import shown

UNKNOWN = {"unknown": "missing"}


def together(path: str, *values: Any) -> Any:
    return combine(path, [Found(path, value, Provenance(f"f{index}")) for index, value in enumerate(values)])


def number(value: str, **more: Any) -> dict[str, Any]:
    return {"value": Decimal(value), **more}


def edges(*pairs: tuple[str, Any]) -> dict[str, Any]:
    return {
        "items": [{"parent": parent, "relation": relation} for parent, relation in pairs],
        "complete": False,
    }


CASES: dict[str, tuple[str, list[Any], Any, bool]] = {
    "the same twice": ("artifact.license", ["MIT", "MIT"], "MIT", False),
    "two": ("artifact.license", ["MIT", "Apache-2.0"], {"unknown": "conflicting"}, True),
    "one that nobody can read": ("artifact.license", ["MIT", UNKNOWN], UNKNOWN, False),
    "nothing": ("artifact.license", [UNKNOWN], UNKNOWN, False),
    "a number and its rounding": (
        "metric.a",
        [number("0.951", measured="2026-01-02", n=3), number("0.95", measured="2026-01-01", n=4)],
        {"low": Decimal("0.95"), "high": Decimal("0.951"), "measured": "2026-01-01", "n": 3},
        False,
    ),
    "a number and one without its day": (
        "metric.a",
        [number("0.95", measured="2026-01-02"), number("0.95", stderr=Decimal("0.1"))],
        {"low": Decimal("0.754"), "high": Decimal("1.146")},
        False,
    ),
    "two numbers": ("metric.a", [number("0.95"), number("0.96")], {"unknown": "conflicting"}, True),
    "two ranges that meet": (
        "metric.a",
        [{"low": Decimal(1), "high": Decimal(3)}, {"low": Decimal(2), "high": Decimal(4)}],
        {"low": Decimal(1), "high": Decimal(4)},
        False,
    ),
    "a range and a number beyond": (
        "metric.a",
        [{"low": Decimal(1), "high": Decimal(3)}, number("4")],
        {"unknown": "conflicting"},
        True,
    ),
    "a run that does not count": ("metric.a", [UNKNOWN, number("0.95")], number("0.95"), False),
    "two parents": (
        "lineage",
        [edges(("a/b", "finetune")), edges(("c", "merge"))],
        edges(("a/b", "finetune"), ("c", "merge")),
        False,
    ),
    "one parent twice": (
        "lineage",
        [edges(("a/b", UNKNOWN)), edges(("b", "finetune"))],
        edges(("a/b", "finetune")),
        False,
    ),
    "one parent in two ways": (
        "lineage",
        [edges(("a/b", "finetune")), edges(("a/b", "merge")), edges(("a/b", UNKNOWN))],
        edges(("a/b", {"unknown": "conflicting"})),
        False,
    ),
    "lists of words": (
        "model.languages",
        [{"items": ["en"], "complete": False}, {"items": ["en", "fr"], "complete": False}],
        {"items": ["en", "fr"], "complete": False},
        False,
    ),
    "pieces of evidence": (
        "evidence",
        [{"id": "a"}, {"id": "b"}, {"id": "a"}],
        {"items": [{"id": "a"}, {"id": "b"}], "complete": False},
        False,
    ),
}


@pytest.mark.parametrize(("path", "values", "value", "conflict"), CASES.values(), ids=CASES)
def test_what_follows_from_several_sources(
    path: str, values: list[Any], value: Any, *, conflict: bool
) -> None:
    found = together(path, *values)
    assert (found.value, found.conflict) == (value, conflict)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_parent_whose_relations_conflict_stays_so_in_any_order(order: list[int]) -> None:
    told = [edges(("a/b", "finetune")), edges(("a/b", "merge"))]
    found = together("lineage", *(told[index] for index in order), edges(("a/b", "finetune")))
    assert found.value == edges(("a/b", {"unknown": "conflicting"}))


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize(
    ("more", "other", "come_to"),
    [
        ({}, {}, {}),
        ({"license": "MIT"}, {}, {"license": "MIT"}),
        (
            {"license": {"value": "MIT"}},
            {"license": {"value": "ISC"}},
            {"license": {"unknown": "conflicting"}},
        ),
        ({"license": "MIT"}, {"license": "ISC"}, {"license": {"unknown": "conflicting"}}),
        ({"relation": {"unknown": "missing"}}, {"relation": "merge"}, {"relation": "merge"}),
        ({"relation": "merge"}, {"relation": "merge"}, {"relation": "merge"}),
    ],
)
def test_what_two_files_say_of_a_parent_is_put_together(
    order: list[int], more: dict[str, Any], other: dict[str, Any], come_to: dict[str, Any]
) -> None:
    plain = {"parent": "a/b", "relation": "finetune"}
    told = [{"items": [{**plain, **each}], "complete": False} for each in (more, other)]
    found = together("lineage", *(told[index] for index in order))
    (edge,) = found.value["items"]
    assert edge == {**plain, **come_to}


def test_a_conflict_names_both_sources() -> None:
    assert together("metric.a", number("1"), number("2")).note == "`1` in f0; `2` in f1"
    assert together("artifact.license", "MIT", "ISC").note == "`MIT` in f0; `ISC` in f1"


SHOWN: list[tuple[str, Any, str]] = [
    ("lineage", edges(("a", UNKNOWN)), "a"),
    ("model.languages", {"items": ["a", "b", "c", "d", "e", "f"]}, "a, b, c, d and 2 more"),
    ("metric.a", number("1"), "value 1"),
    ("metric.a", UNKNOWN, "unknown: missing"),
    ("model.name", "a\x1b", "a\\x1b"),
]


@pytest.mark.parametrize(("path", "value", "words"), SHOWN)
def test_a_value_in_few_words(path: str, value: Any, words: str) -> None:
    assert shown(path, value) == words
