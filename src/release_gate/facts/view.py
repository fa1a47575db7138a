"""The facts as one artifact sees them: its variant, its ancestors, the consequences of its licences.

The result is a tree of :class:`Record` whose leaves are :class:`Seen` facts. Metrics stay measurements:
whether one counts depends on the policy and on the rung (:func:`measured`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from release_gate.diagnostics import Span
from release_gate.facts.ladder import BOUNDARY
from release_gate.facts.licenses import license_terms
from release_gate.facts.release import (
    Ancestor,
    Artifact,
    FactRecord,
    ListOf,
    Measurement,
    ReleaseRequest,
    Sections,
)
from release_gate.facts.truth import Duration, Items, Reason, Record, Step, Unknown, Value, arithmetic
from release_gate.facts.types import Fact
from release_gate.source import Pointer

__all__ = ["MeasurementRule", "Seen", "artifact_view", "measured"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact and the place where it is stated.

    Attributes:
        value: A known value, a range, or unknown for a reason.
        pointer: Where it stands, or would stand, in the request.
        where: Its place in a file.
        source: The name of its source.
    """

    value: Value
    pointer: Pointer = ()
    where: Span | None = None
    source: str | None = None


class _View:
    """Reads models into records, and keeps the way to each fact."""

    def __init__(self, request: ReleaseRequest) -> None:
        self.request = request

    def read(self, thing: Any, pointer: Pointer) -> Any:
        match thing:
            case Fact():
                return Seen(thing.value, pointer, self.request.where(pointer), thing.source)
            case ListOf():
                return self.items(thing, pointer)
            case Measurement():
                return thing
            case FactRecord():
                return self.record(thing, pointer)
            case dict():
                return Record("", {name: self.read(item, (*pointer, name)) for name, item in thing.items()})
            case _:
                return Seen(thing, pointer, self.request.where(pointer))

    def record(self, record: FactRecord, pointer: Pointer, label: str = "") -> Record:
        fields = {
            name: self.read(getattr(record, name), (*pointer, name)) for name in type(record).model_fields
        }
        if isinstance(fields.get("terms"), Record):
            fields["terms"] = with_license(fields["terms"], fields["license"])
        return Record(label, fields)

    def items(self, items: ListOf[Any], pointer: Pointer) -> Seen:
        where = self.request.where(pointer)
        if items.unknown is not None:
            return Seen(Unknown(Reason(items.unknown)), pointer, where)
        inner = (*pointer, "items") if self.request.where((*pointer, "items")) else pointer
        members = []
        for index, item in enumerate(items.items):
            at = (*inner, index)
            if isinstance(item, FactRecord):
                members.append(self.record(item, at, label_of(item, index)))
            else:
                members.append(self.read(item, at))
        return Seen(Items(tuple(members), items.complete), pointer, where)


def label_of(item: Any, index: int) -> str:
    """How a member of a list is called in paths: by its id or name, else by its number."""
    return str(getattr(item, "id", None) or getattr(item, "name", None) or index)


def with_license(stated: Record, license_: Seen) -> Record:
    """The terms of a licence: from the table, or as stated where the table has none."""
    table = license_terms(license_.value) if isinstance(license_.value, str) else None
    fields: dict[str, Seen] = {}
    for name, seen in stated.fields.items():
        is_stated = not (isinstance(seen.value, Unknown) and seen.value.reason is Reason.MISSING)
        if table is None or isinstance(table[name], Unknown):
            fields[name] = seen
        elif is_stated and seen.value != table[name]:
            fields[name] = Seen(Unknown(Reason.CONFLICTING), seen.pointer, seen.where or license_.where)
        else:
            fields[name] = Seen(table[name], seen.pointer, license_.where, license_.source)
    return Record("", fields)


def artifact_view(request: ReleaseRequest, artifact: Artifact, as_of: date) -> dict[str, Any]:
    """Every fact that rules may read about an artifact, but for ``artifact.access`` and what policies add."""
    view = _View(request)
    index = request.artifacts.index(artifact)
    facts = {
        name: view.read(getattr(request, name), (name,))
        for name in (
            "requester",
            "developer",
            "rollout",
            "transparency",
            "releases",
            "incidents",
            "obligations",
        )
    }
    variant = request.variants.get(artifact.variant) if artifact.variant else None
    for name in Sections.model_fields:
        facts[name] = _section(view, request, variant, artifact.variant or "", name)
    facts["request"] = Record(
        "",
        {
            "id": Seen(request.id, ("id",)),
            "action": Seen(request.action, ("action",), request.where(("action",))),
        },
    )
    facts["as_of"] = Seen(as_of)
    facts["artifact"] = _artifact(view, artifact, index)
    facts["lineage"] = _lineage(view, request, artifact)
    return facts


def _section(view: _View, request: ReleaseRequest, variant: Sections | None, key: str, name: str) -> Any:
    base = getattr(request, name)
    if variant is None or name not in variant.model_fields_set:
        return view.read(base, (name,))
    own = getattr(variant, name)
    pointer: Pointer = ("variants", key, name)
    if isinstance(own, dict):
        ours = cast("Record", view.read(own, pointer)).fields
        theirs = cast("Record", view.read(base, (name,))).fields
        merged = {
            word: _merge(ours[word], theirs[word], own[word])
            if word in ours and word in theirs
            else {**theirs, **ours}[word]
            for word in {**theirs, **ours}
        }
        return Record("", merged)
    if isinstance(own, FactRecord):
        return _merge(view.read(own, pointer), view.read(base, (name,)), own)
    return view.read(own, pointer)


def _merge(ours: Any, theirs: Any, stated: Any) -> Any:
    """A record of a variant: what it states, else what holds for all."""
    if not isinstance(ours, Record):
        return ours
    names = getattr(stated, "model_fields_set", set(ours.fields))
    return Record(
        "", {name: ours.fields[name] if name in names else theirs.fields[name] for name in ours.fields}
    )


def _artifact(view: _View, artifact: Artifact, index: int) -> Record:
    pointer: Pointer = ("artifacts", index)
    fields = {name: view.read(getattr(artifact, name), (*pointer, name)) for name in Artifact.model_fields}
    fields["terms"] = with_license(view.record(artifact.terms, (*pointer, "terms")), fields["license"])
    fields["wanted"] = Seen(artifact.rung, (*pointer, "wanted"), view.request.where((*pointer, "wanted")))
    fields.pop("variant")
    return Record("", fields)


def _lineage(view: _View, request: ReleaseRequest, artifact: Artifact) -> Seen:
    """The ancestors of an artifact, near and far."""
    stated = view.read(request.lineage, ("lineage",))
    if not isinstance(stated.value, Items):
        return cast("Seen", stated)
    start: set[str | None] = {None, artifact.id, artifact.variant}
    reached, members = set(start), []
    edges = list(zip(request.lineage.items, stated.value.members, strict=True))
    parents: dict[str | None, list[str]] = {}
    for edge, _ in edges:
        parents.setdefault(edge.child, []).append(edge.parent)
    waiting = list(start)
    while waiting:
        new = set(parents.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    for edge, record in edges:
        if edge.child in reached:
            members.append(_ancestor(edge, record, direct=edge.child in start))
    return Seen(Items(tuple(members), stated.value.complete), stated.pointer, stated.where)


def _ancestor(edge: Ancestor, record: Record, *, direct: bool) -> Record:
    fields = {name: value for name, value in record.fields.items() if name not in ("child", "parent")}
    fields |= {"name": record.fields["parent"], "direct": Seen(direct)}
    return Record(edge.parent, fields)


@dataclass(frozen=True, slots=True)
class MeasurementRule:
    """What a policy asks of a measurement before it counts."""

    low: Decimal | None = None
    high: Decimal | None = None
    max_age: Duration | None = None
    bound: bool = False
    independent: bool = False


def measured(
    metric: Measurement, rule: MeasurementRule, facts: dict[str, Any], rung: Step, as_of: date
) -> Value:
    """The value of a metric if it counts for this policy at this rung, else why it does not.

    Knowing less about a measurement never makes it count: an undated one is stale where a policy has a
    maximal age, one that does not say on what it was measured is unbound where a policy asks that.
    From the irreversible boundary upwards, a measurement behind a safeguard that can be removed, or that
    does not say behind what, is unbound for every policy.
    """
    value = metric.value.value
    if isinstance(value, Unknown):
        return value
    day = metric.measured.value
    if isinstance(day, date) and day > as_of:
        return Unknown(Reason.UNTRUSTED)
    if rule.max_age is not None and not (isinstance(day, date) and as_of <= _after(day, rule.max_age)):
        return Unknown(Reason.STALE)
    if rule.independent and metric.independent.value is not True:
        return Unknown(Reason.UNTRUSTED)
    digest = facts["artifact"].fields["digest"].value
    if rule.bound and not (isinstance(digest, str) and metric.on.value == digest):
        return Unknown(Reason.UNBOUND)
    if rung >= BOUNDARY and not _behind_nothing_removable(metric, facts["safeguards"].value):
        return Unknown(Reason.UNBOUND)
    return value


def _after(day: date, age: Duration) -> date:
    end = arithmetic("+", day, age)
    return end if isinstance(end, date) else date.min


def _behind_nothing_removable(metric: Measurement, safeguards: Value) -> bool:
    behind = metric.behind
    if behind.unknown is not None or not behind.complete:
        return False
    members = safeguards.members if isinstance(safeguards, Items) else ()
    lasting = {record.fields["id"].value for record in members if record.fields["removable"].value is False}
    return all(fact.value in lasting for fact in behind.items)
