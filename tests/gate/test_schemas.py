"""Editors get schemas that are valid, and that accept what the library accepts."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from release_gate import Gate, ReleaseRequest
from release_gate.canonical import plain
from release_gate.gate.schemas import KINDS, json_schema
from release_gate.source import read_file

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"policy": ("policies", "*/policy.yaml"), "request": ("examples/dossiers", "*.yaml")}
GATE: dict[str, Any] = {
    "release_gate": "gate/v1",
    "policies": ["a.yaml", {"pack": "x"}, {"pack": "x@1", "set": {"floor": 1}}],
}
OVERLAY: dict[str, Any] = {
    "release_gate": "policy/v1",
    "id": "o",
    "extends": "x@1",
    "tightens": True,
    "set": {"floor": 1},
    "ceilings": {"high": "hosted"},
    "max_age": {"metric.m": "P1D"},
    "approvers": {"people": 3},
    "rules": [{"id": "r", "deny": "No."}],
}
REQUEST: dict[str, Any] = {
    "release_gate": "request/v1",
    "id": "r",
    "action": "release",
    "assessors": ["ada"],
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
}


def problems(kind: str, tree: Any) -> list[str]:
    found = Draft7Validator(json_schema(kind)).iter_errors(tree)
    return [f"{'.'.join(map(str, each.absolute_path))}: {each.message:.200}" for each in found]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_schema_is_valid_draft_07(kind: str) -> None:
    schema = json_schema(kind)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)


def test_every_decision_is_valid_by_its_schema() -> None:
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    for path in sorted((ROOT / "examples" / "dossiers").glob("*.yaml")):
        decision = gate.decide(ReleaseRequest.load(path), as_of=date(2026, 11, 24))
        told = json.loads(decision.to_json())
        assert not problems("decision", told), path
        assert problems("decision", {**told, "schema": "decision/v2"})
        assert problems("decision", {key: value for key, value in told.items() if key != "digest"})


@pytest.mark.parametrize("kind", ["policy", "request"])
def test_every_document_that_ships_is_valid_by_its_schema(kind: str) -> None:
    folder, pattern = FOLDERS[kind]
    if not (ROOT / folder).is_dir():
        pytest.skip(f"{folder} is not here")
    paths = sorted((ROOT / folder).glob(pattern))
    assert paths
    for path in paths:
        assert not problems(kind, plain(read_file(path).tree)), path


@pytest.mark.parametrize(("kind", "tree"), [("gate", GATE), ("request", REQUEST), ("policy", OVERLAY)])
def test_what_may_be_written_short_is_valid_by_the_schema(kind: str, tree: dict[str, Any]) -> None:
    assert not problems(kind, tree)
    assert problems(kind, {**tree, "unknown_key": 1}) == [
        ": Additional properties are not allowed ('unknown_key' was unexpected)"
    ]
