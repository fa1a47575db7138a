"""A request from what was found: every fact names its source, and what nobody found stays unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from release_gate.evidence.collected import Collected, Found, Provenance, Subject
from release_gate.evidence.combine import LISTS, Combined, combine

if TYPE_CHECKING:
    from release_gate.evidence.vouching import Vouching
    from release_gate.source import Tree

__all__ = ["ArtifactFacts", "build_request", "combined", "slug"]

EVERY: Final = ""
"""Stands for all artifacts, where it is not known which one a fact is about."""
ArtifactFacts = dict[str, dict[str, Combined]]
"""For each artifact, by its id, its facts by path."""


def combined(collected: Collected, vouching: Vouching | None = None) -> ArtifactFacts:
    """The facts of each artifact, and under an empty name those that are about all of them.

    Args:
        collected: What was found.
        vouching: Who may vouch that the logs were measured on these artifacts, if anybody.
    """
    ids = artifact_ids(collected)
    found: dict[str, dict[str, list[Found]]] = {id_: {} for id_ in ids.values()} or {EVERY: {}}
    if len(found) > 1:
        found[EVERY] = {}
    for subject in collected.subjects:
        for each in subject.found:
            # What lies beside the only model is about it.
            target = ids.get(subject.folder.name) or (EVERY if len(ids) != 1 else next(iter(ids.values())))
            found[target].setdefault(each.path, []).append(each)
    digests = {ids[each.folder.name]: each.manifest.digest for each in collected.models}
    return {
        id_: {
            path: _bound(combine(path, each), digests.get(id_), vouching)
            for path, each in sorted(facts.items())
        }
        for id_, facts in found.items()
    }


def _bound(found: Combined, artifact: str | None, vouching: Vouching | None) -> Combined:
    """A measurement with what was measured, if somebody vouches for that, or with what is lacking."""
    is_value = isinstance(found.value, dict) and found.value.keys().isdisjoint(("unknown", "on"))
    if vouching is None or not artifact or not is_value or not found.path.startswith("metric."):
        return found
    why = vouching.lacking(found.sources, artifact)
    told = f"not bound: {why}" if why else f"vouched for by {vouching.by(found.sources, artifact)}"
    value: Any = found.value if why else {**found.value, "on": artifact}  # type: ignore[dict-item]
    return replace(found, value=value, note="; ".join(filter(None, (found.note, told))))


def artifact_ids(collected: Collected) -> dict[str, str]:
    """For the name of each folder with weights, the identifier of the artifact."""
    taken: dict[str, str] = {}
    for subject in collected.models:
        base = name = slug(subject.folder.name)
        number = 2
        while name in taken.values():
            name, number = f"{base[:60]}-{number}", number + 1
        taken[subject.folder.name] = name
    return taken


def slug(name: str) -> str:
    """A name as an identifier."""
    found = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:60]
    return found or "model"


def build_request(
    collected: Collected,
    *,
    name: str | None = None,
    action: str = "release",
    wanted: str = "internal",
    vouching: Vouching | None = None,
) -> dict[str, Any]:
    """A request, as a tree to be written.

    Args:
        collected: What was found. One artifact for each folder with weights.
        name: The identifier of the request; the first folder's, if not said.
        action: What is proposed.
        wanted: The access level that is asked for. Nobody asks by having files, hence the closed default.
        vouching: Who may vouch that the logs were measured on these artifacts, if anybody.
    """
    facts = combined(collected, vouching)
    sources = _Sources()
    models = {artifact_ids(collected)[subject.folder.name]: subject for subject in collected.models}
    tree: dict[str, Any] = {"release_gate": "request/v1", "id": name or next(iter(models), "evidence")}
    tree["action"] = action
    tree["artifacts"] = [
        _artifact(id_, subject, facts[id_], wanted, sources, alone=len(models) == 1)
        for id_, subject in models.items()
    ] or [{"id": "weights", "kind": "weights", "wanted": wanted}]
    for id_, found in facts.items():
        place = (
            tree if id_ == EVERY or len(models) == 1 else tree.setdefault("variants", {}).setdefault(id_, {})
        )
        for path, each in found.items():
            if path == "lineage":
                _extend(tree, each, id_ if len(models) > 1 else None, sources)
            elif not path.startswith("artifact."):
                _set(place, path.split("."), _stated(each, sources))
    return {**tree, "sources": sources.tree} if sources.tree else tree


def _artifact(
    id_: str, subject: Subject, facts: Mapping[str, Combined], wanted: str, sources: _Sources, *, alone: bool
) -> dict[str, Any]:
    adapter = any(entry.path == "adapter_config.json" for entry in subject.folder.entries)
    tree: dict[str, Any] = {"id": id_, "kind": "adapter" if adapter else "weights", "wanted": wanted}
    if not alone:
        tree["variant"] = id_
    for path, each in facts.items():
        if path.startswith("artifact."):
            tree[path.removeprefix("artifact.")] = _stated(each, sources)
    return tree


def _extend(tree: dict[str, Any], each: Combined, child: str | None, sources: _Sources) -> None:
    edges = each.value["items"] if isinstance(each.value, dict) else []
    lineage = tree.setdefault("lineage", {"items": [], "complete": False})
    for edge in edges if isinstance(edges, list) else ():
        if isinstance(edge, dict):
            relation = edge["relation"] if isinstance(edge["relation"], dict) else {"value": edge["relation"]}
            named = {"relation": {**relation, "source": sources.name(each.sources[0])}}
            lineage["items"].append(({"child": child} if child else {}) | edge | named)


def _set(place: dict[str, Any], path: list[str], value: Tree) -> None:
    for step in path[:-1]:
        place = place.setdefault(step, {})
    place[path[-1]] = value


def _stated(each: Combined, sources: _Sources) -> Tree:
    """A fact as a request writes it, with its source."""
    name = sources.name(each.sources[0])
    if each.path == "model.languages" and isinstance(each.value, dict):
        items = each.value["items"] if isinstance(each.value["items"], list) else []
        return {"items": [{"value": item, "source": name} for item in items], "complete": False}
    if each.path in LISTS:
        return each.value
    value: dict[str, Tree] = dict(each.value) if isinstance(each.value, dict) else {"value": each.value}
    note = "; ".join(filter(None, (each.sources[0].at, each.note)))
    return value | {"source": name} | ({"note": note[:500]} if note else {})


class _Sources:
    """The files that facts come from, each under a name."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}

    def name(self, where: Provenance) -> str:
        found = {
            "title": where.file[-200:],
            "at": f"{where.digest} {where.tool}".strip(),
            "confidence": "primary",
        }
        base = name = slug(where.file)
        number = 2
        while self.tree.get(name, found) != found:
            name, number = f"{base[:56]}-{number}", number + 1
        self.tree[name] = found
        return name


def dump(tree: Any) -> str:
    """A tree as YAML that reads back as the same tree."""
    return "".join(f"{line}\n" for line in _lines(tree, 0))


def _lines(tree: Any, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(tree, dict):
        for key, value in tree.items():
            if _is_block(value):
                yield f"{pad}{_scalar(key)}:"
                yield from _lines(value, indent + 2)
            else:
                yield f"{pad}{_scalar(key)}: {_flow(value)}"
    else:
        for value in tree:
            if _is_block(value):
                first, *rest = _lines(value, indent + 2)
                yield f"{pad}- {first[indent + 2 :]}"
                yield from rest
            else:
                yield f"{pad}- {_flow(value)}"


def _is_block(value: Any) -> bool:
    """Whether a value needs lines of its own: it is nested, or too long for one."""
    if not isinstance(value, dict | list) or not value:
        return False
    members = value.values() if isinstance(value, dict) else value
    return any(isinstance(each, dict | list) for each in members) or len(_flow(value)) > 110


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _scalar(value)


_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_NOT_PLAIN: Final = re.compile(r"(?i)null|true|false")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and not _NOT_PLAIN.fullmatch(value)
        return value if plain else json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return format(value, "f") if -20 < value.adjusted() < 20 else str(value)
