"""The kinds of documents, from their JSON Schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import griffe

from release_gate.facts.ladder import RUNGS
from release_gate.gate.schemas import KINDS, json_schema
from tools.reference.facts import data
from tools.reference.markdown import code, page, plain, table, words

__all__ = ["documents"]

ABOUT: Final = {
    "request": "What is to be released, and what is known about it. A fact may be written as its value, as "
    "`{value: …}` with `source` and `note`, as a range `{low: …, high: …}`, as a measurement with `stderr`, "
    "or as `{unknown: REASON}`. What is not written is unknown.",
    "policy": "Tiers and rules. Conditions are texts, see [expressions](expressions.md).",
    "gate": "The policies that a project is judged by; the file is called `release-gate.yaml`.",
    "decision": "What the gate answers about a request. The same inputs give the same bytes.",
}


def documents() -> dict[str, str]:
    """A page for each kind."""
    return {kind: _page(kind) for kind in KINDS}


def _page(kind: str) -> str:
    schema = json_schema(kind)
    parts = [
        f"# {kind.replace('-', ' ').capitalize()}",
        ABOUT.get(kind) or _text(schema),
        f"JSON Schema, [for editors](../how-to/check-while-you-type.md): `release-gate schema {kind}`.",
    ]
    if "properties" in schema:
        parts.append(_Table(schema, kind).rows(schema, type_name="Decision" if kind == "decision" else ""))
    for name in _reached(schema):
        found = _shape(schema["definitions"][name])
        if found.get("properties"):
            parts += [f"## {name}", _text(found), _Table(schema, kind).rows(found, type_name=name)]
    return page(*parts)


def _text(schema: dict[str, Any]) -> str:
    return plain(schema.get("description", "").partition("\n\nAttributes:")[0])


def _shape(definition: dict[str, Any]) -> dict[str, Any]:
    """The mapping of a definition that may also be written short."""
    return next((way for way in definition.get("anyOf", ()) if "properties" in way), definition)


def _is_list(name: str) -> bool:
    return "ListOf" in name


def _reached(schema: dict[str, Any]) -> list[str]:
    """The definitions in the order in which a reader meets them."""
    found: dict[str, None] = {}
    queue = list(_references([schema[key] for key in sorted(schema) if key != "definitions"]))
    while queue:
        name = queue.pop(0)
        inner = list(_references(schema["definitions"][name]))
        if name not in found and (name, schema["title"]) != ("Decision", "CheckReport"):  # it has a page
            found[name] = None
            queue += inner
    return [name for name in found if not _is_list(name)]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rsplit("/", 1)[-1]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


class _Table:
    """The keys of the mappings of one schema."""

    def __init__(self, schema: dict[str, Any], kind: str) -> None:
        self.definitions, self.kind = schema["definitions"], kind

    def rows(self, shape: dict[str, Any], type_name: str) -> str:
        required = set(shape.get("required", ())) if self.kind != "decision" else set()
        about = _attributes(type_name) if self.kind == "decision" else {}
        return table(
            ("key", "type", "meaning"),
            [
                (
                    code(key.rstrip("_")) + (" (required)" if key in required else ""),
                    self.type_of(value) + self.or_null(value),
                    plain(value.get("description") or about.get(key) or about.get(key + "_", ""))
                    or self.meaning(value),
                )
                for key, value in shape.get("properties", {}).items()
            ],
        )

    def or_null(self, value: dict[str, Any]) -> str:
        """What is only read has every key; what people write leaves out what would be null."""
        empty = {"type": "null"} in value.get("anyOf", ()) or "null" in value.get("type", ())
        return " or null" if empty and self.kind in ("decision", "check") else ""

    def meaning(self, value: dict[str, Any]) -> str:
        """What the mapping that a key holds says of itself."""
        name = next(_references(value), "")
        return _text(_shape(self.definitions[name])) if name and not _is_list(name) else ""

    def type_of(self, value: dict[str, Any]) -> str:
        """The type of a value in words."""
        if "$ref" in value:
            return self.named(value["$ref"].rsplit("/", 1)[-1])
        if "anyOf" in value:
            ways = [way for way in value["anyOf"] if way != {"type": "null"}]
            fact = any("unknown" in way.get("properties", {}) for way in ways)
            known = [self.type_of(way) for way in ways if "unknown" not in way.get("properties", {})]
            return " or ".join(dict.fromkeys(filter(None, known))) + (", a fact" if fact else "")
        if "const" in value:
            return code(str(value["const"]))
        if "enum" in value:
            return _enumerated(tuple(map(str, value["enum"])))
        return self.simple(value)

    def named(self, name: str) -> str:
        definition = self.definitions[name]
        if _is_list(name):
            return f"list of: {self.type_of(definition['anyOf'][0]['items'])}"
        if "enum" in definition:
            return _enumerated(tuple(definition["enum"]))
        return "[decision](decision.md)" if name == "Decision" else f"[{name}](#{name.lower()})"

    def simple(self, value: dict[str, Any]) -> str:
        kind = value.get("type")
        if isinstance(kind, list):
            return " or ".join(_WORDS[each] for each in kind if each != "null")
        if kind == "array":
            return f"list of: {self.type_of(value['items'])}" if value.get("items") else "list"
        if kind == "object":
            inner = value.get("additionalProperties") or next(
                iter(value.get("patternProperties", {}).values()), None
            )
            return f"name: {self.type_of(inner)}" if isinstance(inner, dict) and inner else "mapping"
        if kind == "string" and value.get("format") == "date":
            return "date"
        if "-[0-9]{2}" in value.get("pattern", ""):
            return "date"
        return _WORDS.get(str(kind), "any")


_WORDS: Final = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "array": "list",
}


def _enumerated(members: tuple[str, ...]) -> str:
    name = _vocabularies().get(members)
    return f"[{name}](vocabularies.md#{name})" if name else words(members)


@cache
def _vocabularies() -> dict[tuple[str, ...], str]:
    """Which vocabulary has these words. A word or two may be spelt out."""
    known = {tuple(body["members"]): name for name, body in data("vocabularies.yaml").items()}
    return {words_: name for words_, name in known.items() if len(words_) > 4} | {tuple(RUNGS): "access"}


@cache
def _attributes(name: str) -> dict[str, str]:
    """What the docstring of a class of the decision says of its attributes."""
    found = griffe.load("release_gate.decision")[name]
    sections = found.docstring.parse("google") if found.docstring else []
    return {
        attribute.name: re.sub(r"\bNone\b", "null", attribute.description)
        for section in sections
        if section.kind is griffe.DocstringSectionKind.attributes
        for attribute in section.value
    }
