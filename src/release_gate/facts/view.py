"""The facts of a frame together with the places where they are stated: what explanations read.

The result is a tree of :class:`Record` whose leaves are :class:`Seen` facts, made only as far as it is
read. Metrics stay measurements: whether one counts depends on the policy and on the rung.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from release_gate.diagnostics import Span
from release_gate.facts.frame import Edge, Frame, terms_of
from release_gate.facts.records import FactRecord, ListOf, Measurement
from release_gate.facts.release import Artifact, Sections
from release_gate.facts.subjects import ASKED
from release_gate.facts.truth import Items, Reason, Record, Unknown, Value
from release_gate.facts.types import Fact
from release_gate.source import Pointer

__all__ = ["NAMES", "Lazy", "Seen", "metric_place", "view_of"]


class Seen(NamedTuple):
    """A fact and the place where it is stated.

    Attributes:
        value: A known value, a range, or unknown for a reason.
        pointer: Where it stands, or would stand, in the request.
        where: Its place in a file.
        source: The name of its source.
        beside: Other facts that are open and that it follows from, by their paths. A path that starts with
            a dot stands beside the record that this fact is a part of.
        support: What would settle it, where it was worked out by evaluating conditions.
    """

    value: Value
    pointer: Pointer = ()
    where: Span | None = None
    source: str | None = None
    beside: tuple[tuple[str, Seen], ...] = ()
    support: tuple[Any, ...] | None = None


class Lazy(Mapping[str, Any]):
    """Named facts, each made when it is first read."""

    __slots__ = ("_made", "_make", "_names")

    def __init__(self, names: Collection[str], make: Callable[[str], Any]) -> None:
        self._names, self._make = names, make
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """A fact by its name; no fact is ever ``None``."""
        found = self._made.get(name)
        if found is None:
            if name not in self._names:
                return default
            found = self._made[name] = self._make(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


_SHARED = ("requester", "developer", "rollout", "transparency", "releases", "incidents", "obligations")
NAMES: Final = frozenset(
    {*_SHARED, *ASKED, *Sections.model_fields, "request", "as_of", "artifact", "lineage"}
)
"""The names of what a view has."""


def view_of(frame: Frame) -> Mapping[str, Any]:
    """Every fact that rules may read about an artifact, but for the rung and what policies add."""
    return Lazy(NAMES, _View(frame).top)


def metric_place(frame: Frame, name: str) -> tuple[Pointer, Span | None]:
    """Where a measurement stands, or would stand: in the variant of the artifact, if that has one."""
    request, key = frame.request, frame.artifact.variant
    own = key is not None and name in request.variants[key].metric
    at: Pointer = ("variants", key, "metric", name) if key is not None and own else ("metric", name)
    return at, request.where((*at, "value")) or request.where(at)


class _View:
    """Reads models into records, and keeps the way to each fact."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.request = frame, frame.request
        self.where = self.request.spans.get

    def top(self, name: str) -> Any:
        request = self.request
        if name in _SHARED or name in ASKED:
            return self.read(getattr(request, name), (name,))
        match name:
            case "request":
                action = Seen(request.action, ("action",), self.where(("action",)))
                return Record("", {"id": Seen(request.id, ("id",)), "action": action})
            case "as_of":
                return Seen(self.frame.as_of)
            case "artifact":
                return self.artifact(self.frame.artifact)
            case "lineage":
                return self.lineage()
            case _:
                return self.section(name)

    def read(self, thing: Any, pointer: Pointer) -> Any:
        match thing:
            case Fact():
                return Seen(thing.value, pointer, self.where(pointer), thing.source)
            case ListOf():
                return self.items(thing, pointer)
            case Measurement():
                return thing
            case FactRecord():
                return self.record(thing, pointer)
            case _:
                return Seen(thing, pointer, self.where(pointer))

    def record(self, record: FactRecord, pointer: Pointer, label: str = "") -> Record:
        return self.fields(record, lambda _name: pointer, label)

    def fields(self, record: Any, place: Callable[[str], Pointer], label: str = "") -> Record:
        """A record whose facts stand below the places that ``place`` names for them."""

        def make(name: str) -> Any:
            if name == "terms":
                return self.terms(record, place(name))
            return self.read(getattr(record, name), (*place(name), name))

        return Record(label, Lazy(type(record).model_fields, make))

    def terms(self, owner: Any, pointer: Pointer) -> Record:
        """The terms of a licence, each where it is stated, or where the licence is."""
        terms, license_ = terms_of(owner.terms, owner.license), owner.license
        at_license = self.where((*pointer, "license"))
        seen = Seen(license_.value, (*pointer, "license"), at_license, license_.source)
        beside = ((".license", seen),) if isinstance(license_.value, Unknown) else ()

        def make(name: str) -> Seen:
            stated: Fact = getattr(owner.terms, name)
            own = (*pointer, "terms", name)
            where = self.where(own)
            value = terms[name]
            if value == stated.value:
                return Seen(value, own, where, stated.source, beside)
            if value == Unknown(Reason.CONFLICTING):
                return Seen(value, own, where or at_license)
            return Seen(value, own, at_license, license_.source)

        return Record("", Lazy(tuple(terms), make))

    def items(self, items: ListOf[Any], pointer: Pointer) -> Seen:
        where = self.where(pointer)
        if items.unknown is not None:
            return Seen(Unknown(Reason(items.unknown)), pointer, where)
        members = [
            self.record(item, at, _label(item, index))
            if isinstance(item, FactRecord)
            else self.read(item, at)
            for index, item in enumerate(items.items)
            for at in [self.member(pointer, index)]
        ]
        return Seen(Items(tuple(members), items.complete), pointer, where)

    def member(self, pointer: Pointer, index: int) -> Pointer:
        """Where a member of a list stands: the list may be written plainly, or with ``items:``."""
        inner = (*pointer, "items")
        return (*inner, index) if self.where(inner) else (*pointer, index)

    def section(self, name: str) -> Any:
        merged = getattr(self.frame.sections, name)
        key = self.frame.artifact.variant
        variant = self.request.variants.get(key) if key else None
        if key is None or variant is None or name not in variant.model_fields_set:
            return (
                self.words(merged, lambda _: (name,))
                if isinstance(merged, dict)
                else self.read(merged, (name,))
            )
        own, there = getattr(variant, name), ("variants", key, name)
        if isinstance(own, dict):
            return self.words(
                merged, lambda word: there if word in own else (name,), own, getattr(self.request, name)
            )
        if isinstance(own, FactRecord):
            return self.fields(merged, lambda field: there if field in own.model_fields_set else (name,))
        return self.read(own, there)

    def words(
        self,
        merged: dict[str, Any],
        place: Callable[[str], Pointer],
        own: Mapping[str, Any] | None = None,
        base: Mapping[str, Any] | None = None,
    ) -> Record:
        """A section that has facts for each word, some of them perhaps a variant's."""

        def make(word: str) -> Any:
            thing, at = merged[word], place(word)
            if own and base and word in own and word in base and isinstance(thing, FactRecord):
                if isinstance(thing, Measurement):
                    return thing
                ours = own[word].model_fields_set
                return self.fields(thing, lambda field: (*(at if field in ours else at[2:]), word))
            return self.read(thing, (*at, word))

        return Record("", Lazy(merged, make))

    def artifact(self, artifact: Artifact) -> Record:
        # To compare all that is said of each takes minutes for many.
        ids = [each.id for each in self.request.artifacts]
        pointer: Pointer = ("artifacts", ids.index(artifact.id))

        def make(name: str) -> Any:
            if name == "wanted":
                at = (*pointer, "wanted")
                return Seen(artifact.rung, at, self.where(at))
            if name == "terms":
                return self.terms(artifact, pointer)
            return self.read(getattr(artifact, name), (*pointer, name))

        return Record("", Lazy([name for name in type(artifact).model_fields if name != "variant"], make))

    def lineage(self) -> Seen:
        """The ancestors of the artifact, near and far."""
        pointer: Pointer = ("lineage",)
        found = self.frame.lineage
        if found.unknown is not None or not found.items:
            return self.items(found, pointer)
        members = tuple(self.ancestor(edge, self.member(pointer, edge.place)) for edge in found.items)
        return Seen(Items(members, found.complete), pointer, self.where(pointer))

    def ancestor(self, edge: Edge, pointer: Pointer) -> Record:
        record = self.record(edge.stated, pointer)

        def make(name: str) -> Any:
            if name == "direct":
                return Seen(edge.direct)
            return record.fields["parent" if name == "name" else name]

        names = [name for name in record.fields if name not in ("child", "parent")]
        return Record(edge.stated.parent, Lazy([*names, "name", "direct"], make))


def _label(item: Any, index: int) -> str:
    """How a member of a list is called in paths: by its id or name, else by its number."""
    return str(getattr(item, "id", None) or getattr(item, "name", None) or index)
