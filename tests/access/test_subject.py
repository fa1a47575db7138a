"""Who asks for access is judged by the engine that judges releases, under policies of their own."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate import Gate
from release_gate.authoring.testing.suites import load_suite
from release_gate.authoring.testing.trials import run
from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import InputError, PolicyError, RequestError
from release_gate.facts.access import AccessRequest, kind_of
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.schemas import json_schema
from release_gate.gate.text import render_text

TEXT = "sha256:" + "a" * 64
DAY = date(2026, 11, 24)
POLICY = f"""
release_gate: policy/v1
id: members
version: "1"
title: Grown-ups who accepted the text
subject: access
covers: true
rules:
  - {{id: grown-up, when: requester.age < 18, deny: Only adults may have it.}}
  - {{id: accepted, require: '$any([a.text == "{TEXT}" and a.on <= as_of for a in agreements])'}}
  - {{id: released, require: artifact.release.verdict <= "conditional", because: It must be released itself.}}
  - {{id: no-swarm, require: batch.same_person <= 1, else: {{sign_off: {{role: admin}}}}, because: One each.}}
  - {{id: a-year, oblige: {{duty: Ask again, expires: P1Y, scope: [research]}}}}
"""
GOOD: dict[str, Any] = {
    "release_gate": "access-request/v1",
    "id": "r1",
    "requester": {"age": 18},
    "agreements": [{"text": TEXT, "on": DAY}],
    "batch": {"same_person": 1},
    "artifacts": [{"id": "w", "kind": "weights", "release": {"verdict": "approve"}}],
}


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    (tmp_path / "p.yaml").write_text(POLICY, encoding="utf-8")
    return Gate.from_policies([tmp_path / "p.yaml"])


def judged(gate: Gate, **changes: Any) -> ArtifactDecision:
    request = AccessRequest.model_validate({**GOOD, **changes})
    (artifact,) = gate.decide(request, as_of=DAY).artifacts
    return artifact


def test_a_good_request_is_granted_with_its_end(gate: Gate) -> None:
    artifact = judged(gate)
    assert artifact.verdict is Verdict.CONDITIONAL
    assert artifact.ladder == {"pending": Verdict.APPROVE, "granted": Verdict.CONDITIONAL}
    assert [duty.due for duty in artifact.obligations] == ["expires after P1Y, for research only"]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"requester": {"age": 17}}, Verdict.DENY),
        ({"requester": {}}, Verdict.NEEDS_EVIDENCE),
        ({"agreements": []}, Verdict.DENY),
        ({"agreements": {"unknown": "missing"}}, Verdict.NEEDS_EVIDENCE),
        ({"agreements": [{"text": "sha256:" + "b" * 64, "on": DAY}]}, Verdict.DENY),
        ({"agreements": [{"text": TEXT, "on": date(2026, 11, 25)}]}, Verdict.DENY),
        ({"artifacts": [{"id": "w", "kind": "weights"}]}, Verdict.NEEDS_EVIDENCE),
        ({"artifacts": [{"id": "w", "kind": "api", "release": {"verdict": "deny"}}]}, Verdict.DENY),
        ({"batch": {"same_person": 2}}, Verdict.NEEDS_APPROVAL),
        ({"batch": {}}, Verdict.NEEDS_APPROVAL),
    ],
)
def test_what_cannot_be_told_is_never_granted(gate: Gate, changes: Any, verdict: Verdict) -> None:
    artifact = judged(gate, **changes)
    assert artifact.verdict is verdict
    assert artifact.best == "pending"


def test_an_empty_request_is_not_granted(gate: Gate) -> None:
    bare = {"release_gate": "access-request/v1", "id": "r", "artifacts": [{"id": "w", "kind": "weights"}]}
    decision = gate.decide(AccessRequest.model_validate(bare), as_of=DAY)
    assert decision.verdict is Verdict.NEEDS_EVIDENCE
    assert "pending" in render_text(decision)


def test_policies_of_one_subject_say_nothing_about_the_other(gate: Gate) -> None:
    release = ReleaseRequest.model_validate(
        {"id": "r", "action": "release", "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}]}
    )
    assert gate.decide(release, as_of=DAY).verdict is Verdict.DENY  # no policy covers it
    only_releases = Gate.from_policies(["responsible-democratization"])
    decision = only_releases.decide(AccessRequest.model_validate(GOOD), as_of=DAY)
    assert decision.verdict is Verdict.DENY
    assert decision.policies == ()


def test_whoever_asks_for_a_release_cannot_ask_for_access_instead(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("release_gate: access-request/v1\nid: r\nartifacts: [{id: w, kind: weights}]\n", "utf-8")
    with pytest.raises(InputError):
        ReleaseRequest.load(path)
    assert AccessRequest.load(path).id == "r"
    assert kind_of({"release_gate": "access-request/v1"}) is AccessRequest
    assert kind_of({"release_gate": "request/v1"}) is kind_of(None) is ReleaseRequest


@pytest.mark.parametrize("key", ["variants", "rollout"])
def test_what_is_only_for_releases_is_refused(key: str) -> None:
    with pytest.raises(RequestError, match=f"no `{key}`"):
        AccessRequest.model_validate({**GOOD, key: {}})
    assert key not in json_schema("access-request")["properties"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{id: grown-up,", "{id: grown-up, at: hosted,", "RG317"),
        ("covers: true", "covers: true\ntiers: [{id: low, ceiling: hosted}]\ndefault_tier: low", "RG317"),
        ("because: One each.", "because: " + "x" * 201, "RG318"),
        ("subject: access", "subject: release", "RG317"),
        ("batch.same_person", "rollout.stages", None),
        ("batch.same_person", "tier", None),
    ],
)
def test_a_policy_says_only_what_belongs_to_its_subject(
    tmp_path: Path, old: str, new: str, code: str | None
) -> None:
    (tmp_path / "p.yaml").write_text(POLICY.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        Gate.from_policies([tmp_path / "p.yaml"])
    assert code is None or code in {found.code for found in caught.value.diagnostics}


def test_tests_of_policies_judge_access_requests(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "tests.yaml").write_text(
        f"""
release_gate: tests/v1
policy: p.yaml
as_of: 2026-11-24
fixtures:
  good:
    release_gate: access-request/v1
    id: r
    requester: {{age: 18}}
    agreements: [{{text: "{TEXT}", on: 2026-11-24}}]
    batch: {{same_person: 1}}
    artifacts: [{{id: w, kind: weights, release: {{verdict: approve}}}}]
cases:
  - name: age
    request: good
    matrix: {{requester.age: [17, 18, {{unknown: missing}}]}}
    expect: {{w: {{verdict: [deny, conditional, needs_evidence]}}}}
  - name: its own release
    request: good
    set: {{artifact.release.verdict: deny}}
    expect: {{w: {{verdict: deny, because: [released]}}}}
""",
        encoding="utf-8",
    )
    suite = load_suite(tmp_path / "tests.yaml")
    assert [outcome.trial.name for outcome in run(suite, suite.trials) if not outcome.passed] == []
