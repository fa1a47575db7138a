"""A request that is another with a few changes is the one that reading it anew would give."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from release_gate.authoring.testing.suites import load_suite
from release_gate.diagnostics import InputError
from release_gate.facts.derived import derived
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.packs import data_folder
from release_gate.source import Document, read_document

TESTS = sorted(data_folder("policies").rglob("tests.yaml"))
REQUEST = """\
release_gate: request/v1
id: r
action: release
compute: {training_flop: {value: 1e24, source: card}}
metric: {refusal: {value: 0.99, measured: 2026-10-01, behind: []}, bias: 0.2}
capability: {cbrn: {level: low}}
variants: {small: {model: {parameters: 7e9}}}
lineage: [{parent: Alpha, license: Apache-2.0}]
artifacts: [{id: w, kind: weights, variant: small, wanted: hosted}]
sources: {card: {title: Card}}
"""


def with_parts(document: Document, changes: Mapping[str, Any]) -> Document:
    assert isinstance(document.tree, dict)
    tree = {**document.tree, **changes}
    tree = {key: value for key, value in tree.items() if value is not ...}
    return Document(document.source, tree, document.spans, document.keys, document.styles)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: "-".join(path.parent.parts[-2:]))
def test_every_case_of_the_packs_judges_the_request_that_it_says(path: Path) -> None:
    for trial in load_suite(path).trials:
        assert trial.request._document is not None
        anew = type(trial.request).from_document(trial.request._document)
        assert trial.request == anew, trial.name
        assert trial.request.model_fields_set == anew.model_fields_set, trial.name
        assert trial.request.digest == anew.digest


CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a measurement": {"metric": {"refusal": {"value": 0.5}}},
    "a measurement more": {"metric": {"refusal": {"value": 0.5}, "new": {"unknown": "stale"}}},
    "a part": {"developer": {"name": "Example Lab"}},
    "a part of records that was not there": {"misuse": {"fraud": {"likelihood": "high"}}},
    "no measurements any more": {"metric": ...},
    "the order of records": {"capability": {"cyber": {"level": "high"}, "cbrn": {"level": "low"}}},
    "artifacts": {"artifacts": [{"id": "v", "kind": "api", "wanted": "hosted"}]},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_read_and_what_did_not_is_kept(changes: dict[str, Any]) -> None:
    document = read_document(REQUEST, "r.yaml")
    base, changed = ReleaseRequest.from_document(document), with_parts(document, changes)
    found, anew = derived(base, changed), ReleaseRequest.from_document(changed)
    assert found == anew
    assert (found.digest, found.tree, found.where(("id",))) == (anew.digest, anew.tree, anew.where(("id",)))
    assert list(found.capability) == list(anew.capability)
    assert found.lineage is base.lineage


WRONG: dict[str, dict[str, Any]] = {
    "a value": {"metric": {"refusal": {"value": "much"}}},
    "a part that is no mapping": {"metric": [1]},
    "an unknown key": {"metrics": {}},
    "what no longer goes together": {"variants": {"large": {}}},
    "another kind": {"release_gate": "policy/v1"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_as_if_it_had_been_read_anew(changes: dict[str, Any]) -> None:
    document = read_document(REQUEST, "r.yaml")
    base, changed = ReleaseRequest.from_document(document), with_parts(document, changes)
    with pytest.raises(InputError) as anew:
        ReleaseRequest.from_document(changed)
    with pytest.raises(InputError) as found:
        derived(base, changed)
    assert found.value.diagnostics == anew.value.diagnostics


def test_what_is_no_mapping_is_no_request() -> None:
    document = read_document(REQUEST, "r.yaml")
    nothing = Document(document.source, [], document.spans, document.keys, document.styles)
    with pytest.raises(InputError):
        derived(ReleaseRequest.from_document(document), nothing)
