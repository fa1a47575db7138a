"""The trace: how every rule came out, as it is recorded, sealed, shown and made again."""

import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit import trace as trace_module
from release_gate.audit.candidates import Candidates
from release_gate.audit.content import Content
from release_gate.audit.ledger import entries
from release_gate.audit.record import Draft
from release_gate.audit.replay import Outcome, flips, replay
from release_gate.audit.trace import facts_read, trace_lines, trace_of
from release_gate.canonical import canonical_bytes
from release_gate.decision import Verdict
from release_gate.diagnostics import IntegrityError
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

from .books import DAY, NOW, Book, decide, held, policy, request

ROOT = Path(__file__).parents[2]
TIERED = """\
release_gate: policy/v1
id: tiered
version: 1.0.0
title: Tiered
covers: true
applies_to: [api]
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]
default_tier: low
rules:
  - {id: raise, when: model.parameters > 1e9, tier: high}
  - {id: later, in_force: {from: 2030-01-01}, deny: Not yet}
  - {id: far, when: 'artifact.access >= "api_restricted"', deny: Too far}
  - {id: risky, at: hosted, when: 'tier >= "high"', deny: Too risky}
  - {id: stands, at: hosted, when: '$any([p.license == "MIT" for p in lineage])', oblige: {duty: Say so}}
"""


def tiered(parameters: str) -> tuple[dict[str, Any], tuple[Any, ...]]:
    policies = (policy_from_document(read_document(TIERED, "tiered.yaml")),)
    gate = Gate(policies)
    asked = request("tiny", parameters)
    return json.loads(trace_of(gate.decide(asked, as_of=DAY), asked, policies)), policies


def test_every_rule_has_an_outcome_at_every_rung_at_which_it_applies() -> None:
    told, _ = tiered("7e9")
    api, weights = told["artifacts"]
    assert weights["policies"]["tiered"] is None
    assert set(weights["policies"]) == {"ladder", "tiered"}
    assert api["policies"]["tiered"] == {
        "scope": [["withheld", "api_general", "holds"]],
        "rules": "b-bbu",
        "bites": {
            "raise": [["internal", "api_general"]],
            "far": [["api_restricted", "api_general"]],
            "risky": [["hosted", "api_general"]],
        },
        "unknown": {"stands": [["hosted", "api_general"]]},
    }
    assert tiered("7")[0]["artifacts"][0]["policies"]["tiered"]["rules"] == "n-bnu"
    perhaps = tiered("{low: 5e8, high: 5e9}")[0]["artifacts"][0]["policies"]["tiered"]
    assert perhaps["rules"] == "u-buu"
    assert perhaps["unknown"]["raise"] == [["internal", "api_general"]]


def test_a_policy_out_of_scope_bites_nowhere() -> None:
    text = TIERED.replace("covers: true", "covers: true\nscope: model.parameters > 10")
    policies = (policy_from_document(read_document(text, "tiered.yaml")),)
    asked = request("tiny", "7")
    told = json.loads(trace_of(Gate(policies).decide(asked, as_of=DAY), asked, policies))
    told = told["artifacts"][0]["policies"]
    assert told["tiered"] == {"scope": [["withheld", "api_general", "no"]], "rules": "n-nnn"}


def test_a_decision_that_comes_from_elsewhere_has_the_same_trace() -> None:
    """What judged it does not leave the process; the trace is then made by deciding again."""
    asked = request("tiny", "7e9")
    decision = decide(asked)
    again = pickle.loads(pickle.dumps(decision))  # noqa: S301 - our own
    assert again == decision
    assert again.judged == ()
    assert trace_of(again, asked, (policy(),)) == trace_of(decision, asked, (policy(),))


@pytest.mark.parametrize(
    "file",
    sorted(
        file for file in (ROOT / "examples").rglob("*.yaml") if "release_gate: request/v1" in file.read_text()
    )[::3],
    ids=lambda file: file.stem,
)
def test_the_trace_and_the_decision_say_the_same(file: Path) -> None:
    """A rule has a finding for the artifact exactly where its trace says that it bites, or may."""
    asked, gate = ReleaseRequest.load(file), Gate.load(ROOT / "examples" / "release-gate.yaml")
    decision = gate.decide(asked, as_of=DAY)
    told = json.loads(trace_of(decision, asked, gate.policies))
    for artifact, traced in zip(decision.artifacts, told["artifacts"], strict=True):
        found = {(each.policy, each.rule) for each in artifact.findings}
        rules = {(policy.id, rule.id): rule for policy in gate.policies for rule in policy.rules}
        bites = {
            (name, rule)
            for name, policy_ in traced["policies"].items()
            for rule in {**(policy_ or {}).get("bites", {}), **(policy_ or {}).get("unknown", {})}
            if rules[name, rule].effect != "tier"
        }
        for each in gate.policies:
            if (told_ := traced["policies"][each.id]) is not None:
                bitten = {*told_.get("bites", ()), *told_.get("unknown", ())}
                letters = zip(each.rules, told_["rules"], strict=True)
                assert bitten == {rule.id for rule, letter in letters if letter in "bu"}
        assert {each for each in found if each in rules} == bites


def test_it_is_recorded_and_comes_out_again(tmp_path: Path) -> None:
    book = Book.new(tmp_path, signed=False)
    book.record("tiny", "7e9")
    (record,) = entries(book.ledger.store)
    name = str(record.body["trace"])
    assert name in record.refers_to
    told = json.loads(held(book.ledger.store, name))
    assert told["artifacts"][0]["policies"]["own"]["bites"] == {"big": [["api_general", "api_general"]]}
    assert replay(book.ledger.store, record).outcome is Outcome.IDENTICAL
    assert list(flips(book.ledger.store, record, Candidates((policy(),)))) == []


def test_a_trace_that_is_made_up_diverges(tmp_path: Path) -> None:
    book = Book.new(tmp_path, signed=False)
    draft = book.recorder.draft(decide(request("tiny", "7e9")), request("tiny", "7e9"), NOW)
    told = json.loads(draft.content[draft.body["trace"]])
    told["artifacts"][0]["policies"]["own"]["bites"]["big"][0][0] = "hosted"
    content = Content(draft.content)
    body = {**draft.body, "trace": content.put(canonical_bytes(told))}
    book.ledger.append([Draft(body, content, draft.shared)], NOW)
    found = replay(book.ledger.store, next(iter(entries(book.ledger.store))))
    assert found.outcome is Outcome.DIVERGED
    assert found.differences == ('trace.artifacts[0].policies.own.bites.big[0][0]: "hosted" → "api_general"',)


def test_a_trace_is_bounded_and_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_module, "MAX_OUTCOMES", 3)
    asked = request("tiny", "7e9")
    told = json.loads(trace_of(decide(asked), asked, (policy(),)))
    assert [each["id"] for each in told["artifacts"]] == ["api"]
    assert told["left_out"] == ["weights"]
    assert list(trace_lines(told, [policy()], None))[-1] == (
        "weights: left out, since the trace would have been too large"
    )


def test_in_words_it_has_the_conditions_and_the_facts() -> None:
    asked = request("tiny", "{low: 5e8, high: 5e9}").with_facts(
        {("lineage",): [{"parent": c * 150} for c in "ab"]}
    )
    gate = Gate((policy_from_document(read_document(TIERED, "tiered.yaml")),))
    policies, decision = gate.policies, gate.decide(asked, as_of=DAY)
    told = json.loads(trace_of(decision, asked, policies))
    lines = list(trace_lines(told, policies, facts_read(decision, asked, policies)))
    assert "  tiered (scope holds from withheld to api_general)" in lines
    assert "    raise: unknown from internal to api_general" in lines
    assert "      when model.parameters > 1e9" in lines
    assert "    later: not in force, or not for this artifact" in lines
    assert "    model.parameters: 500000000 to 5e9 (undecided)" in lines
    assert "  tiered: not for this kind of artifact" in lines
    (lineage,) = [line for line in lines if line.startswith("    lineage: ")]
    assert len(lineage) <= 213
    assert lineage.endswith("…")
    for other in (policies[:1], (), [policy()]):
        with pytest.raises(IntegrityError, match="or is of other policies"):
            list(trace_lines(told, other, None))
    hidden = list(trace_lines(told, policies, None))
    assert "  the facts that were read are sealed, or cannot be read again" in hidden
    assert not [line for line in hidden if "500000000" in line]


def test_a_hypothetical_decision_has_the_trace_of_its_policies() -> None:
    asked = request("tiny", "7e9")
    decision = decide(asked, DAY, date(2026, 1, 1))
    assert decision.verdict is Verdict.DENY
    assert trace_of(decision, asked, (policy(),)) == trace_of(decide(asked), asked, (policy(),))
