"""The schema of facts: from each path that a rule may read to its type. Derived from the request models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from release_gate.facts import access, records, release
from release_gate.facts.subjects import ASKED, NOT_ASKED
from release_gate.facts.types import Boolean, Choice, Day, FactType, ListType, MapType, RecordType, Text, Type
from release_gate.facts.vocabularies import DOMAINS, Vocabulary, vocabulary

__all__ = ["access_schema", "artifact_schema", "extended", "schema", "schema_of"]

_STRUCTURAL = {"source", "child"}


@cache
def schema() -> RecordType:
    """Every fact that rules may read, except for those that a policy adds."""
    request = _record(release.ReleaseRequest)
    fields = dict(request.fields)
    for name in (
        "id",
        "release_gate",
        "title",
        "variants",
        "artifacts",
        "sign_offs",
        "sources",
        "own",
        "metric",
        "assessors",
    ):
        fields.pop(name, None)
    fields["request"] = RecordType({"id": Text(), "action": Choice.of("action")})
    fields.pop("action", None)
    fields["as_of"] = Day()
    fields["artifact"] = artifact_schema()
    ancestor = _record(records.Ancestor)
    inherited = {name: kind for name, kind in ancestor.fields.items() if name != "parent"}
    fields["lineage"] = ListType(RecordType({"name": Text(), "direct": Boolean(), **inherited}))
    fields["metric"] = MapType({}, FactType(), "metric")
    fields["own"] = RecordType({})
    return RecordType(fields)


@cache
def access_schema() -> RecordType:
    """Every fact that rules of access policies may read: who asks, and what is known about the artifact."""
    fields = {name: kind for name, kind in schema().fields.items() if name not in NOT_ASKED}
    of_request = _record(access.AccessRequest).fields
    fields |= {name: of_request[name] for name in ASKED}
    fields["request"] = RecordType({"id": Text(), "action": Choice.of("access_action")})
    of_artifact = _record(access.GatedArtifact).fields
    own = {name: kind for name, kind in of_artifact.items() if name not in ("variant", "wanted")}
    fields["artifact"] = RecordType({**own, "kind": Choice.of("artifact_kind")})
    return RecordType(fields)


@cache
def artifact_schema() -> RecordType:
    """The facts of the artifact that is judged."""
    fields = dict(_record(release.Artifact).fields)
    fields.pop("variant", None)
    access = Choice.of("access")
    return RecordType({**fields, "kind": Choice.of("artifact_kind"), "access": access, "wanted": access})


def schema_of(subject: str) -> RecordType:
    """Every fact that rules of policies with a subject may read."""
    return access_schema() if subject == "access" else schema()


def extended(kind: Type, vocabularies: Mapping[str, Vocabulary]) -> Type:
    """A type with other vocabularies in place of those of the same names."""
    match kind:
        case Choice():
            return Choice(vocabularies.get(kind.vocabulary.name, kind.vocabulary))
        case MapType():
            words = vocabularies[kind.name].members if kind.name in vocabularies else kind.words
            return MapType(words, extended(kind.item, vocabularies), kind.name)
        case RecordType():
            fields = {name: extended(field, vocabularies) for name, field in kind.fields.items()}
            return RecordType(fields, kind.title)
        case ListType():
            return ListType(extended(kind.item, vocabularies))
        case _:
            return kind


def _record(model: type[BaseModel]) -> RecordType:
    fields: dict[str, Type] = {}
    for name, found in model.model_fields.items():
        if name in _STRUCTURAL:
            continue
        kind = next((mark for mark in found.metadata if isinstance(mark, FactType)), None) or _type(
            name, found.annotation
        )
        if kind is not None:
            fields[name] = kind
    return RecordType(fields)


def _type(name: str, annotation: Any) -> Type | None:
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and name in DOMAINS:
        words = vocabulary(DOMAINS[name])
        return MapType(words.members, _record(arguments[1]), words.name)
    if isinstance(annotation, type) and issubclass(annotation, records.ListOf):
        (item,) = annotation.__pydantic_generic_metadata__["args"]
        return ListType(_item(item))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _record(annotation)
    return Text() if annotation in (str, records.Name) or name in ("id", "name") else None


def _item(item: Any) -> Type:
    marks = [mark for mark in getattr(item, "__metadata__", ()) if isinstance(mark, FactType)]
    return marks[0] if marks else _record(item)
