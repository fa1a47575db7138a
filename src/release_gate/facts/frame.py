"""The facts as one artifact sees them, plain: its variant, its ancestors, the consequences of its licences.

Compiled conditions read a frame directly, and :mod:`release_gate.facts.view` shows the same facts together
with the places where they are stated. What a fact is worth to a policy is decided here, once for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple, cast

from release_gate.facts.arithmetic import arithmetic
from release_gate.facts.licenses import license_terms
from release_gate.facts.records import Ancestor, FactRecord, ListOf, Measurement, Terms
from release_gate.facts.release import Artifact, ReleaseRequest, Sections
from release_gate.facts.truth import Duration, Reason, Unknown, Value
from release_gate.facts.types import Fact

__all__ = ["Edge", "Frame", "MeasurementRule", "measured", "measured_beyond", "terms_of"]

_NOT_STATED: Final = Unknown(Reason.MISSING)
_CONFLICT: Final = Unknown(Reason.CONFLICTING)
_STALE: Final = Unknown(Reason.STALE)
_UNBOUND: Final = Unknown(Reason.UNBOUND)
_UNTRUSTED: Final = Unknown(Reason.UNTRUSTED)


@cache
def _nothing_stated() -> dict[str, Value]:
    return dict.fromkeys(Terms.model_fields, _NOT_STATED)


def terms_of(stated: Terms, license_: Fact) -> Mapping[str, Value]:
    """What a licence lets people do: from the table, or as stated where the table has none.

    A statement that contradicts the table is a conflict, and so unknown.
    """
    table = license_terms(license_.value) if license_.value.__class__ is str else None
    if not stated.model_fields_set:
        return _nothing_stated() if table is None else table
    said = {name: getattr(stated, name).value for name in Terms.model_fields}
    return said if table is None else {name: _agreed(table[name], said[name]) for name in said}


def _agreed(listed: Value, stated: Value) -> Value:
    if stated in (_NOT_STATED, listed):
        return listed
    return stated if listed.__class__ is Unknown else _CONFLICT


class Edge(NamedTuple):
    """An ancestor of an artifact, and whether the artifact stands on it directly."""

    stated: Ancestor
    direct: bool
    place: int


class Frame:
    """What an artifact sees of its request.

    Attributes:
        request: The request.
        artifact: The artifact.
        as_of: The day for which it is judged.
        sections: The sections of the request, with what the artifact's variant says instead.
    """

    __slots__ = ("_lineage", "artifact", "as_of", "request", "sections")

    def __init__(self, request: ReleaseRequest, artifact: Artifact, as_of: date) -> None:
        self.request, self.artifact, self.as_of = request, artifact, as_of
        self.sections: Sections = request if artifact.variant is None else _merged(request, artifact.variant)
        self._lineage: ListOf[Edge] | None = None

    @property
    def lineage(self) -> ListOf[Edge]:
        """The ancestors of the artifact, near and far."""
        if self._lineage is None:
            self._lineage = _ancestors(self.request, self.artifact)
        return self._lineage


def _merged(request: ReleaseRequest, name: str) -> Sections:
    variant = request.variants[name]
    return Sections.model_construct(
        _fields_set=None,
        **{
            each: _instead(getattr(request, each), getattr(variant, each))
            if each in variant.model_fields_set
            else getattr(request, each)
            for each in Sections.model_fields
        },
    )


def _instead(base: Any, own: Any) -> Any:
    """A section: what the variant states, else what holds for all."""
    if isinstance(own, dict):
        return {**base, **{word: _record(base.get(word), each) for word, each in own.items()}}
    return _record(base, own)


def _record(base: Any, own: Any) -> Any:
    if isinstance(own, FactRecord) and isinstance(base, FactRecord) and not isinstance(own, Measurement):
        return base.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})
    return own


def _ancestors(request: ReleaseRequest, artifact: Artifact) -> ListOf[Edge]:
    stated = request.lineage
    if stated.unknown is not None or not stated.items:
        return cast("ListOf[Edge]", stated)
    start: set[str | None] = {None, artifact.id, artifact.variant}
    parents: dict[str | None, list[str]] = {}
    for edge in stated.items:
        parents.setdefault(edge.child, []).append(edge.parent)
    reached, waiting = set(start), list(start)
    while waiting:
        new = set(parents.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    edges = tuple(
        Edge(edge, edge.child in start, index)
        for index, edge in enumerate(stated.items)
        if edge.child in reached
    )
    return ListOf.model_construct(items=edges, complete=stated.complete, unknown=None)


@dataclass(frozen=True, slots=True)
class MeasurementRule:
    """What a policy asks of a measurement before it counts."""

    low: Decimal | None = None
    high: Decimal | None = None
    max_age: Duration | None = None
    bound: bool = False
    independent: bool = False


def measured(metric: Measurement, rule: MeasurementRule, frame: Frame) -> Value:
    """The value of a metric if it counts for this policy, else why it does not.

    Knowing less about a measurement never makes it count: an undated one is stale where a policy has a
    maximal age, one that does not say on what it was measured is unbound where a policy asks that.
    """
    value = metric.value.value
    if value.__class__ is Unknown:
        return value
    day = metric.measured.value
    if isinstance(day, date) and day > frame.as_of:
        return _UNTRUSTED
    if rule.max_age is not None and not (isinstance(day, date) and frame.as_of <= _end_of(day, rule.max_age)):
        return _STALE
    if rule.independent and metric.independent.value is not True:
        return _UNTRUSTED
    if rule.bound:
        digest = frame.artifact.digest.value
        if not (isinstance(digest, str) and metric.on.value == digest):
            return _UNBOUND
    return value


def measured_beyond(value: Value, metric: Measurement, frame: Frame) -> Value:
    """The value of a metric from the irreversible boundary upwards, given its value below.

    A measurement behind a safeguard that can be removed from a copy, or that does not say behind what, says
    nothing about the copy: it is unbound for every policy.
    """
    if value.__class__ is Unknown:
        return value
    behind = metric.behind
    if behind.unknown is None and behind.complete:
        if not behind.items:
            return value
        lasting = {each.id for each in frame.sections.safeguards.items if each.removable.value is False}
        if all(fact.value in lasting for fact in behind.items):
            return value
    return _UNBOUND


def _end_of(day: date, age: Duration) -> date:
    end = arithmetic("+", day, age)
    return end if isinstance(end, date) else date.min
