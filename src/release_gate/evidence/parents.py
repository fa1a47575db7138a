"""What a model stands on: the licences of its parents, and what its own licence promises beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from release_gate.diagnostics import Diagnostic, printable
from release_gate.evidence.collected import Collected, Found, Subject, problem
from release_gate.evidence.combine import Combined, combine
from release_gate.evidence.evaluations import same_name
from release_gate.evidence.request import combined
from release_gate.facts.licenses import license_name, license_terms

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["beyond_parents", "with_licences"]

_ALLOWED: Final = {
    "commercial_use": "does not allow commercial use",
    "redistribution": "does not allow that copies are passed on",
    "outputs_may_train": "does not allow that outputs train other models",
}
"""What a licence may allow, and what is said of a parent that does not."""


def with_licences(subjects: Sequence[Subject], parents: Collected) -> tuple[Subject, ...]:
    """Write the licence of each parent that was read beside the edges that name it.

    Args:
        subjects: What was found in the folders of models.
        parents: What was found in the folders of their parents.
    """
    known = {name: licence for parent in parents.subjects for name, licence in _licences(parent)}
    return tuple(
        replace(subject, found=tuple(_told(each, known) for each in subject.found)) for subject in subjects
    )


def _licences(parent: Subject) -> Iterator[tuple[str, Combined]]:
    """The licence of a parent, by each of its names."""
    licence = [each for each in parent.found if each.path == "artifact.license"]
    names = [str(each.value) for each in parent.found if each.path == "model.name"]
    if licence:
        yield from ((name, combine("artifact.license", licence)) for name in (parent.folder.name, *names))


def _told(found: Found, known: Mapping[str, Combined]) -> Found:
    edges = found.value["items"] if found.path == "lineage" and isinstance(found.value, dict) else None
    if not isinstance(edges, list):
        return found
    items = [_edge(edge, known) if isinstance(edge, dict) else edge for edge in edges]
    return replace(found, value={**found.value, "items": items})  # type: ignore[dict-item]


def _edge(edge: dict[str, Any], known: Mapping[str, Combined]) -> Tree:
    licence = next((each for name, each in known.items() if same_name(name, str(edge["parent"]))), None)
    if licence is None or "license" in edge:
        return edge
    value = licence.value if isinstance(licence.value, dict) else {"value": licence.value}
    note = f"{licence.sources[0]}{'; ' if licence.note else ''}{licence.note}"
    return {**edge, "license": {**value, "note": printable(note, 300)}}


def beyond_parents(collected: Collected) -> Iterator[Diagnostic]:
    """Where the licence of a model promises what that of a parent does not let it."""
    for id_, facts in combined(collected).items():
        own, lineage = facts.get("artifact.license"), facts.get("lineage")
        edges = lineage.value["items"] if lineage and isinstance(lineage.value, dict) else []
        if own is None or not isinstance(own.value, str):
            continue
        for edge in edges if isinstance(edges, list) else ():
            licence = edge.get("license") if isinstance(edge, dict) else None
            theirs = licence.get("value") if isinstance(licence, dict) else licence
            if not isinstance(edge, dict) or not isinstance(theirs, str):
                continue
            if reasons := list(_reasons(own.value, theirs)):
                message = f"`{id_ or 'the model'}` is under {own.value}, and stands on "
                message += f"`{printable(str(edge['parent']), 100)}`, which is under {theirs} and "
                help_ = "choose a licence that promises no more, or get the permission of the owner"
                yield problem("RG622", message + "; ".join(reasons), help_)


def _reasons(own: str, theirs: str) -> Iterator[str]:
    """What of a parent's licence the own one does not keep. What is not known is no conflict yet."""
    mine, parent = license_terms(own), license_terms(theirs)
    if mine is None or parent is None:
        return
    for term, said in _ALLOWED.items():
        if mine[term] is True and parent[term] is False:
            yield said
    if parent["derivatives"] is False:
        yield "does not allow derivatives"
    binds = parent["use_restrictions"] is True and parent["flow_down"] is True
    if binds and mine["use_restrictions"] is False:
        yield "restricts uses, which must bind whatever stands on it"
    if parent["share_alike"] is True and license_name(own) != license_name(theirs):
        yield "asks for the same licence"
