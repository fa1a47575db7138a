"""What facts mean, and who says what they are: for pages and editors, never for a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from pydantic import BaseModel

from release_gate.docstrings import attribute_docstrings
from release_gate.facts.access import AccessRequest, GatedArtifact
from release_gate.facts.records import ListOf
from release_gate.facts.release import Artifact, ReleaseRequest

__all__ = ["COMPUTED", "TERM", "meanings", "supplier"]

# What the gate computes itself stands in no request, so that no model has a docstring for it.
COMPUTED: Final = {
    "as_of": "The day for which the decision is made.",
    "request": "The request.",
    "request.id": "Its identifier.",
    "request.action": "What is proposed.",
    "artifact": "The artifact that is judged.",
    "artifact.access": "The rung that is judged. Only a more open rung may make a rule bite.",
    "artifact.wanted": "The rung that is asked for.",
    "lineage[].name": "The ancestor.",
    "lineage[].direct": "Whether the artifact stands on it directly, and not through another ancestor.",
}

_REQUEST: Final = "the request"
_COLLECT: Final = "the request; `release-gate collect` reads it from {}"
_SUPPLIERS: Final = {
    "as_of": "the gate: the day that is asked about",
    "artifact.access": "the gate: it judges every rung of the ladder",
    "batch": "the gate: the queue that the request waits in, and the register",
    "lineage[].direct": "the gate, from the edges of `lineage`",
    "artifact.digest": _COLLECT.format("the files of the model"),
    "artifact.format": _COLLECT.format("the files of the model"),
    "artifact.license": _COLLECT.format("the model card, the licence file or the package"),
    "evidence": _COLLECT.format("evaluation logs and signatures"),
    "data.sources": _COLLECT.format("the model card or the bill of materials"),
    "lineage": _COLLECT.format("the model card or the adapter"),
    "model.architecture": _COLLECT.format("`config.json` or the GGUF file"),
    "model.context_length": _COLLECT.format("`config.json`"),
    "model.languages": _COLLECT.format("the model card"),
    "model.name": _COLLECT.format("the model card"),
    "model.parameters": _COLLECT.format("the tensors of the weights"),
    "metric": _COLLECT.format("logs of lm-evaluation-harness, Inspect, garak or HELM"),
}
TERM: Final = "the licence table, from the licence; the request, for a licence that is not there"


def supplier(path: str) -> str:
    """Who says what a fact is, by its path with `[]` for the members of lists and `*` for any word."""
    if ".terms." in path:
        return TERM
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if said := _SUPPLIERS.get(".".join(parts[:length])) or _SUPPLIERS.get(
            ".".join(parts[:length]).removesuffix("[]")
        ):
            return said
    return _REQUEST


@cache
def meanings(subject: str = "release") -> Mapping[str, str]:
    """What every fact of a subject means, by its path: `*` stands for any word, `[]` for a member."""
    request, artifact = (AccessRequest, GatedArtifact) if subject == "access" else (ReleaseRequest, Artifact)
    found = COMPUTED | dict(_meanings(request, ""))
    return MappingProxyType(found | dict(_meanings(artifact, "artifact.")) | COMPUTED)


def _meanings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    """The meaning of every path below a model, from the docstrings of its fields."""
    for name, field in model.model_fields.items():
        path, annotation = f"{prefix}{name}", cast("Any", field.annotation)
        inner, way = annotation, "."
        if isinstance(annotation, type) and issubclass(annotation, ListOf):
            (inner,), way = annotation.__pydantic_generic_metadata__["args"], "[]."
        elif getattr(annotation, "__origin__", None) is dict:
            inner, way = annotation.__args__[1], ".*."
        holds_model = isinstance(inner, type) and issubclass(inner, BaseModel)
        said = attribute_docstrings(model).get(name, "") or (inner.__doc__ if holds_model else "")
        yield path, " ".join((said or "").split())
        if holds_model:
            yield from _meanings(inner, path + way)
