"""JSON Schemas of the documents, draft-07, from the models themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from release_gate.authoring.testing.document import TestsDocument
from release_gate.decision import Decision
from release_gate.facts.access import AccessRequest
from release_gate.facts.records import FactRecord
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.subjects import NOT_ASKED
from release_gate.facts.truth import Reason
from release_gate.facts.types import STATED_REASONS
from release_gate.facts.vocabularies import DOMAINS, vocabulary, vocabulary_names
from release_gate.gate.lineage.names import AliasesDocument
from release_gate.gate.reports.json import CheckReport
from release_gate.policy.documents import OverlayDocument, PolicyDocument
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.gated import EntryDocument
from release_gate.policy.trust import TrustDocument
from release_gate.policy.waivers import WaiversDocument

__all__ = ["COMPUTED", "KINDS", "json_schema", "schema_of"]

KINDS: Final[dict[str, Any]] = {
    "request": ReleaseRequest,
    "access-request": AccessRequest,
    "policy": PolicyDocument | OverlayDocument,
    "gate": GateDocument,
    "grant": EntryDocument,
    "tests": TestsDocument,
    "trust": TrustDocument,
    "waivers": WaiversDocument,
    "aliases": AliasesDocument,
    "decision": Decision,
    "check": CheckReport,
}
"""The kinds of documents that have a schema."""
COMPUTED: Final = ("decision", "check")
"""Those that nobody writes by hand."""


_REQUEST: Final = (
    *("release_gate", "id", "title", "action", "requester", "assessors", "use", "agreements", "history"),
    *("grant", "batch", "developer", "model", "compute", "variants", "artifacts", "lineage", "data"),
    *("capability", "misuse", "metric", "evidence", "safeguards", "document", "transparency", "components"),
    *("own", "rollout", "releases", "incidents", "obligations", "sign_offs", "sources"),
)


class _Draft7(GenerateJsonSchema):
    """Schemas of what an author writes: what is not said is left out and never null, and has a default."""

    schema_dialect = "http://json-schema.org/draft-07/schema#"

    def default_schema(self, schema: Any) -> dict[str, Any]:
        inner, default = self.generate_inner(schema["schema"]), schema.get("default")
        return {**inner, "default": default} if isinstance(default, str | bool) else inner

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        return {}


class _OfDecisions(_Draft7):
    """Schemas of what is computed: everything is there, and may be null."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return GenerateJsonSchema.nullable_schema(self, schema)


_RECORDS: Final = {each.__name__ for each in FactRecord.__subclasses__()} - {"Measurement"}
_REASONS: Final = {
    "enum": list(STATED_REASONS),
    "enumDescriptions": [Reason(reason).meaning for reason in STATED_REASONS],
}
_ALSO_A_TEXT: Final = (
    "AnswerDocument",
    "Citation",
    "KeyDocument",
    "LedgerReference",
    "PolicyReference",
    "ReleaseReference",
    "RoleDocument",
)
"""What may be written short, as the one text that it cannot do without."""


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of document."""
    generator = _OfDecisions if kind in COMPUTED else _Draft7
    found = TypeAdapter(KINDS[kind]).json_schema(
        by_alias=True, ref_template="#/definitions/{model}", schema_generator=generator
    )
    definitions = found.pop("$defs", {})
    if kind == "policy":  # told apart here, so that an editor says what is wrong with the one that is meant
        plain, overlay = found.pop("anyOf")
        found |= {"if": {"required": ["extends"]}, "then": overlay, "else": plain}
    if "$ref" in found:
        found |= definitions[found.pop("$ref").rsplit("/", 1)[-1]]
    if kind == "access-request":
        found["properties"] = {key: each for key, each in found["properties"].items() if key not in NOT_ASKED}
    if kind in ("request", "access-request"):
        found["properties"] = _as_written(found["properties"])
        definitions["Sections"]["properties"] = _as_written(definitions["Sections"]["properties"])
    _plain_lists(found)
    _plain_lists(definitions)
    if kind in COMPUTED:
        _as_json(found)
        _as_json(definitions)
        decision = found if kind == "decision" else definitions["Decision"]
        said = {
            "schema": {"const": "decision/v1", "description": "The kind of this document."},
            "digest": {"type": "string", "description": "The digest of everything else."},
        }
        kept = {each.name.rstrip("_") for each in fields(Decision) if each.compare}  # what is written
        written = {name: value for name, value in decision["properties"].items() if name in kept}
        decision |= {
            "properties": {**said, **written},
            "required": [*said, *decision["required"]],
        }
    _teach(found)
    _teach(definitions)
    return {"$schema": _Draft7.schema_dialect, "title": f"{kind}/v1", **found, "definitions": definitions}


def _teach(schema: Any) -> None:
    """Say what words mean, and offer those that are keys. The names of our classes teach nobody anything."""
    if isinstance(schema, list):
        for each in schema:
            _teach(each)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    for key, name in DOMAINS.items():
        section = (
            schema.get("properties", {}).get(key) if isinstance(schema.get("properties"), dict) else None
        )
        if section is not None and "additionalProperties" in section:
            inner = section["additionalProperties"]
            words = vocabulary(name).members
            section["properties"] = {
                word: {**inner, "description": _sentence(title)} for word, title in words.items()
            }
    if isinstance(listed := schema.get("enum"), list) and "enumDescriptions" not in schema:
        titles = _TITLES.get(tuple(listed), {})
        if any(title != word.replace("_", " ") for word, title in titles.items()):
            schema["enumDescriptions"] = list(titles.values())
    for each in schema.values():
        _teach(each)


def _sentence(title: str) -> str:
    return f"{title[:1].upper()}{title[1:]}."


_TITLES: Final[dict[tuple[Any, ...], dict[str, str]]] = {
    tuple(vocabulary(name).members): vocabulary(name).members for name in vocabulary_names()
}
"""The words of each vocabulary with their titles."""


@cache
def schema_of(kind: str) -> Mapping[str, Any] | None:
    """The JSON Schema of documents that say ``release_gate: KIND``; none, if that is no such kind."""
    name, _, version = kind.partition("/")
    found = json_schema(name) if version == "v1" and name in KINDS else {}
    return found if kind == "policy/v1" or "release_gate" in found.get("properties", {}) else None


def _as_written(properties: dict[str, Any]) -> dict[str, Any]:
    """The parts of a request in the order in which they are written and read."""
    order = [key for key in _REQUEST if key in properties]
    return {key: properties[key] for key in [*order, *properties]}


def _as_json(schema: Any) -> None:
    """Name the keys of a decision as its JSON does: ``from``, which is no name in Python."""
    if isinstance(schema, dict):
        for key in ("properties", "required"):
            if isinstance(named := schema.get(key), dict):
                schema[key] = {name.rstrip("_"): value for name, value in named.items()}
            elif isinstance(named, list):
                schema[key] = [name.rstrip("_") for name in named]
        for value in schema.values():
            _as_json(value)


def _plain_lists(schema: Any) -> None:
    """Let a list of facts be written as a plain list, and a record of facts as ``{unknown: REASON}``."""
    for name, model in list(schema.items()) if isinstance(schema, dict) else []:
        if not isinstance(model, dict):
            continue
        if "ListOf" in name:
            items = model["properties"]["items"].get("items", {})
            model["properties"]["unknown"] |= _REASONS
            schema[name] = {"anyOf": [{"type": "array", "items": items}, model]}
        elif name in _RECORDS:
            model["properties"]["unknown"] = {**_REASONS, "description": "Why none of it is known."}
        elif name in _ALSO_A_TEXT:
            schema[name] = {"anyOf": [{"type": "string"}, model]}
        elif name == "Measurement":
            said = {part: model["properties"]["value"]["anyOf"][2]["properties"][part] for part in _OF_VALUES}
            model["properties"] = {**said, **model["properties"]}
            schema[name] = {"anyOf": [model, {"type": ["number", "null"]}]}


_OF_VALUES: Final = ("low", "high", "stderr", "unknown", "note")
"""What may stand beside a measurement instead of within its value."""
