"""What the JSON Schemas of documents say about a place in one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from release_gate.gate.schemas import COMPUTED, KINDS, schema_of
from release_gate.source import Pointer

__all__ = ["KIND_NAMES", "Key", "described", "keys_at", "words_at"]

KIND_NAMES: Final = tuple(f"{kind}/v1" for kind in KINDS if kind not in COMPUTED)
"""The kinds of documents that people write."""

Schema = dict[str, Any]


class Key:
    """A key that may stand in a mapping, and what it means."""

    def __init__(self, name: str, schema: Schema, *, required: bool) -> None:
        self.name, self.required = name, required
        self.about = str(schema.get("description", ""))


def _spread(schema: Schema, top: Schema, *, extends: bool) -> Iterator[Schema]:
    """A schema, and what it stands for."""
    yield schema
    if (reference := schema.get("$ref")) is not None:
        yield from _spread(top["definitions"][reference.rsplit("/", 1)[-1]], top, extends=extends)
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            yield from _spread(each, top, extends=extends)
    branch = schema.get("then" if extends else "else") if "if" in schema else None
    if branch is not None:
        yield from _spread(branch, top, extends=extends)


def _at(kind: str, pointer: Pointer, *, extends: bool) -> list[Schema]:
    """Every schema that is about a place."""
    top = dict((schema_of(kind) if kind in KIND_NAMES else None) or {})
    here = list(_spread(top, top, extends=extends))
    for step in pointer:
        below = [found for each in here if isinstance(found := _step(each, step), dict)]
        here = [spread for each in below for spread in _spread(each, top, extends=extends)]
    return here


def _step(schema: Schema, step: str | int) -> Any:
    if isinstance(step, int):
        return schema.get("items")
    named = [schema.get("properties", {}).get(step), *schema.get("patternProperties", {}).values()]
    return next((each for each in named if each is not None), schema.get("additionalProperties"))


def keys_at(kind: str, pointer: Pointer, *, extends: bool) -> list[Key]:
    """The keys that the mapping at a place may have."""
    found: dict[str, Key] = {}
    for schema in _at(kind, pointer, extends=extends):
        required = schema.get("required", ())
        for name, inner in schema.get("properties", {}).items():
            found.setdefault(name, Key(name, inner, required=name in required))
    return list(found.values())


def words_at(kind: str, pointer: Pointer, *, extends: bool) -> dict[str, str]:
    """The words that may stand at a place, each with what it means if that is said."""
    found: dict[str, str] = {}
    for schema in _at(kind, pointer, extends=extends):
        said = schema.get("enumDescriptions") or []
        for index, word in enumerate(schema.get("enum", [])):
            if isinstance(word, str):
                found.setdefault(word, said[index] if index < len(said) else "")
        if isinstance(schema.get("const"), str):
            found.setdefault(schema["const"], "")
        if schema.get("type") == "boolean":
            found |= dict.fromkeys(("true", "false"), "")
        for word in schema.get("examples", ()):
            if isinstance(word, str):
                found.setdefault(word, "")
    return found


def described(kind: str, pointer: Pointer, *, extends: bool) -> str:
    """What a place is for."""
    return next(
        (str(each["description"]) for each in _at(kind, pointer, extends=extends) if "description" in each),
        "",
    )


def default_at(kind: str, pointer: Pointer, *, extends: bool) -> str:
    """What holds if nothing is said, if that is a word or a number."""
    for each in _at(kind, pointer, extends=extends):
        if "default" in each:
            return str(each["default"]).lower() if isinstance(each["default"], bool) else str(each["default"])
    return ""
