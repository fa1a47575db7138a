"""Attacks that need the whole gate: what is missing read as good, a claimed tier, weights exchanged."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from release_gate.decision import Verdict
from release_gate.diagnostics import InputError, PolicyError, RequestError
from release_gate.engine import decide
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.load import policy_from_document
from release_gate.signing import generate_key
from release_gate.source import read_document
from tests.commands import Run, ended
from tests.evidence.files import good_weights, write

DAY = date(2026, 11, 24)
REQUEST: dict[str, Any] = {
    "release_gate": "request/v1",
    "id": "small",
    "action": "release",
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "internal"}],
}
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - id: r
    at: internal
    %s
"""
ASKED_OF_WHAT_IS_MISSING = [
    "require: artifact.license != 'GPL-3.0-only'",
    "require: not (artifact.license =~ '.*GPL.*')",
    "require: $all([s.csam_scan for s in data.sources])",
    "require: not $any([p.relation == 'merge' for p in lineage])",
    "require: not ('image' in model.modalities_out)",
    "require: artifact.license == null or artifact.license != 'other'",
    "require: (model.parameters ?? 0) < 1000",
    "require: $count(incidents) == 0",
    "{when: model.parameters > 1e9, deny: Too large}",
]


@pytest.mark.parametrize("rule", ASKED_OF_WHAT_IS_MISSING)
def test_what_is_missing_is_never_read_as_good(rule: str) -> None:
    text = POLICY % (
        rule if not rule.startswith("{") else "when: model.parameters > 1e9\n    deny: Too large"
    )
    text = text.replace("require: ", "require: >-\n      ")
    policy = policy_from_document(read_document(text, "own.yaml"))
    decision = decide(ReleaseRequest.model_validate(REQUEST), [policy], DAY)
    assert decision.verdict is Verdict.NEEDS_EVIDENCE


CLAIMED = [
    {"tier": "low"},
    {"verdict": "approve"},
    {"parameter": {"floor": 0}},
    {"is": {"harmless": True}},
    {"policies": ["own"]},
    {"artifacts": [{**REQUEST["artifacts"][0], "access": "withheld"}]},
]


@pytest.mark.parametrize("claim", CLAIMED, ids=lambda claim: next(iter(claim)))
def test_a_request_does_not_say_what_the_policy_works_out(claim: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        ReleaseRequest.model_validate({**REQUEST, **claim})


@pytest.mark.parametrize(
    "condition", ["model.name == 3", "model.parameters == 'many'", "model.name > 'b'", "model.name"]
)
def test_values_of_different_kinds_are_never_compared(condition: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_from_document(read_document(POLICY % f'require: "{condition}"', "own.yaml"))
    assert caught.value.diagnostics[0].code.startswith("RG2")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "7", True, [7], b"7", 10**400])
def test_a_number_is_a_number(value: Any) -> None:
    with pytest.raises(InputError):
        ReleaseRequest.model_validate({**REQUEST, "model": {"parameters": value}})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    return partial(ended, capsys)


EXCHANGES = ["another byte", "a file more", "a file less", "a link in place of a file"]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_weights_that_are_exchanged_after_the_decision_do_not_pass_where_they_are_published(
    run: Run, exchange: str
) -> None:
    """The gate judges one folder, and whoever publishes holds the attestation against the one at hand."""
    model = write(Path("tiny"), {"model.safetensors": good_weights(), "config.json": "{}"})
    Path("own.yaml").write_text(
        POLICY % "when: model.parameters > 1e9\n    deny: Too large", encoding="utf-8"
    )
    gate = "release_gate: gate/v1\npolicies: [own.yaml]\nledger: sqlite:///book.db\n"
    Path("release-gate.yaml").write_text(gate, encoding="utf-8")
    key = generate_key()
    Path("sign.pem").write_text(key.pem(), encoding="utf-8")
    Path("sign.pub").write_text(key.public.pem, encoding="utf-8")
    assert run("collect", "tiny", "-o", "request.yaml", "--id", "tiny")[0] == 0
    assert run("check", "request.yaml", "--as-of", "2026-11-24", "--record")[0] == 0
    assert run("attest", "tiny", "--key", "sign.pem", "-o", "tiny.intoto.jsonl")[0] == 0
    verify = ("verify-attestation", "tiny.intoto.jsonl", "--key", "sign.pub", "--artifact", "tiny")
    assert run(*verify)[0] == 0
    match exchange:
        case "another byte":
            weights = bytearray((model / "model.safetensors").read_bytes())
            weights[-1] ^= 1
            (model / "model.safetensors").write_bytes(weights)
        case "a file more":
            (model / "evil.py").write_text("", encoding="utf-8")
        case "a file less":
            (model / "config.json").unlink()
        case _:
            (model / "config.json").rename("config.json")
            (model / "config.json").symlink_to("../config.json")
    code, out, err = run(*verify)
    assert code in (3, 7)
    assert "may pass" not in out
    assert err
