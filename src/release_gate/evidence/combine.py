"""Several sources of one fact: what follows from all of them together.

What agrees is known; what differs is unknown, for the reason ``conflicting``, and both sources are named.
The result is never more than the weakest source allows: numbers that agree after rounding become the range
that holds them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from release_gate.evidence.collected import Found, Provenance, unknown
from release_gate.evidence.evaluations import same_name
from release_gate.facts.arithmetic import interval_of_measurement
from release_gate.facts.truth import Range

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["Combined", "combine", "hull", "interval", "rounds_to"]

LISTS = ("lineage", "data.sources", "model.languages", "evidence")


@dataclass(frozen=True, slots=True)
class Combined:
    """A fact from all of its sources.

    Attributes:
        path: The fact.
        value: What a request would write there.
        sources: Where it was read; the first is the one that the value is taken from.
        conflict: Whether the sources differ.
        note: What a reader should know about it.
    """

    path: str
    value: Tree
    sources: tuple[Provenance, ...]
    conflict: bool = False
    note: str = ""


def combine(path: str, found: Sequence[Found]) -> Combined:
    """One fact from everything that was found about it."""
    places = tuple(dict.fromkeys(each.where for each in found))
    note = "; ".join(dict.fromkeys(each.note for each in found if each.note))
    if path in LISTS:
        return Combined(path, _union(found), places, note=note)
    known = [each for each in found if not each.is_unknown]
    if not known:
        return Combined(path, found[0].value, places, note=note)
    if path.startswith("metric."):  # a run that does not count takes nothing from one that does
        return _measurements(path, known)
    value: Tree = known[0].value
    if any(each.value != value for each in known):
        told = "; ".join(f"`{each.value}` in {each.where}" for each in known)
        return Combined(path, unknown("conflicting"), places, conflict=True, note=told)
    if len(known) < len(found):  # a licence file that nobody knows may say otherwise than the card
        silent = next(each for each in found if each.is_unknown)
        return Combined(path, silent.value, places, note=f"{silent.where}: {silent.note}")
    return Combined(path, value, places, note=note)


def _union(found: Sequence[Found]) -> Tree:
    items: list[Any] = []
    for each in found:
        given = (
            each.value["items"] if isinstance(each.value, dict) and "items" in each.value else [each.value]
        )
        for item in given if isinstance(given, list) else ():
            twin = next((known for known in items if _same(known, item)), None)
            if twin is None:
                items.append(dict(item) if isinstance(item, dict) else item)
            elif isinstance(twin, dict) and isinstance(item, dict) and "relation" in twin:
                twin["relation"] = _relation(twin["relation"], item.get("relation"))
                if (licence := _licence(twin.get("license"), item.get("license"))) is not None:
                    twin["license"] = licence
    return {"items": items, "complete": False}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and "parent" in one and isinstance(other, dict):
        return same_name(str(one["parent"]), str(other.get("parent")))
    return bool(one == other)


def _relation(one: Tree, other: Tree) -> Tree:
    if unknown("conflicting") in (one, other):
        return unknown("conflicting")
    if isinstance(one, dict):
        return other
    return one if isinstance(other, dict) or one == other else unknown("conflicting")


def _licence(one: Tree, other: Tree) -> Tree:
    """The licence of a parent from two files about it."""
    if one is None or other is None or one == other:
        return other if one is None else one
    says = [each.get("value") if isinstance(each, dict) else each for each in (one, other)]
    return one if says[0] == says[1] else unknown("conflicting")


def _measurements(path: str, known: Sequence[Found]) -> Combined:
    """One measurement from several: the range that holds them, the oldest day, the smallest sample."""
    places = tuple(dict.fromkeys(each.where for each in known))
    values: list[dict[str, Any]] = [each.value for each in known if isinstance(each.value, dict)]
    first = values[0]
    if any(not _agree(first, other) for other in values[1:]):
        told = "; ".join(f"{_written(each.value)} in {each.where}" for each in known)
        return Combined(path, unknown("conflicting"), places, conflict=True, note=told)
    note = "; ".join(dict.fromkeys(each.note for each in known if each.note))
    if all(value == first for value in values):
        return Combined(path, first, places, note=note)
    merged: dict[str, Any] = hull(interval(value) for value in values)
    if len(days := [value["measured"] for value in values if "measured" in value]) == len(values):
        merged["measured"] = min(days)
    if len(sizes := [value["n"] for value in values if "n" in value]) == len(values):
        merged["n"] = min(sizes)
    return Combined(path, merged, places, note=note)


def _written(value: Any) -> str:
    low, high = interval(value)
    return f"`{low}`" if low == high else f"`{low}` to `{high}`"


def interval(value: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """The range of a measurement as a request writes it, with its uncertainty."""
    if "low" in value:
        return value["low"], value["high"]
    measured = interval_of_measurement(value["value"], value.get("stderr", Decimal(0)), None, None)
    return (measured.low, measured.high) if isinstance(measured, Range) else (value["value"], value["value"])


def hull(ranges: Iterable[tuple[Decimal, Decimal]]) -> dict[str, Any]:
    """The smallest range that holds them all, as a request writes it."""
    pairs = list(ranges)
    low, high = min(low for low, _ in pairs), max(high for _, high in pairs)
    return {"value": low} if low == high else {"low": low, "high": high}


def _agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "value" in one and "value" in other:
        return rounds_to(one["value"], other["value"]) or rounds_to(other["value"], one["value"])
    (low, high), (least, most) = interval(one), interval(other)
    return low <= most and least <= high


def rounds_to(exact: Decimal, short: Decimal) -> bool:
    """Whether ``short`` is ``exact`` with fewer decimals."""
    places = -min(0, int(short.as_tuple().exponent))
    return round(exact, places) == short
