from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from release_gate import engine
from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import Source
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.load import policy_from_document
from release_gate.source import Document

REQUEST: dict[str, Any] = {
    "id": "r",
    "action": "release",
    "model": {"parameters": 12},
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "weights_open"}],
    "safeguards": [{"id": "s", "removable": True}],
}
NESTED = '$any([x for x in [s.removable for s in safeguards]]) and artifact.access >= "hosted"'


def judged(*rules: dict[str, Any], **sections: Any) -> ArtifactDecision:
    tree: Any = {
        "release_gate": "policy/v1",
        "id": "p",
        "version": "1",
        "title": "P",
        "covers": True,
        "tiers": [{"id": "low", "ceiling": "fully_open"}, {"id": "high", "ceiling": "api_general"}],
        "default_tier": "low",
        "rules": [{"id": f"r{index}", **rule} for index, rule in enumerate(rules)],
    }
    policy = policy_from_document(Document(Source("p", ""), deepcopy(tree), {}, {}, {}))
    request = ReleaseRequest.model_validate({**REQUEST, **sections})
    return engine.decide(request, [policy], date(2026, 11, 24)).artifacts[0]


def test_a_tier_rule_that_only_the_reference_knows_may_show_the_tier() -> None:
    decision = judged({"when": NESTED, "tier": "high", "because": "It is {tier} at {artifact.access}."})
    assert decision.ladder["api_general"] is Verdict.APPROVE
    assert decision.ladder["weights_gated_manual"] is Verdict.DENY
    assert decision.tiers["p"].certain == "high"


def test_a_text_that_shows_the_rung_gives_a_finding_for_each() -> None:
    decision = judged({"at": "weights_open", "deny": "Not at {artifact.access}, being {tier}."})
    assert [finding.message for finding in decision.findings] == [
        "Not at weights_open, being low.",
        "Not at fully_open, being low.",
    ]


def test_a_rule_that_reads_the_tier_follows_it_up_the_ladder() -> None:
    decision = judged(
        {"at": "weights_open", "when": "model.parameters > 10", "tier": "high"},
        {"when": 'tier >= "high"', "sign_off": {"role": "legal"}},
    )
    assert decision.ladder["weights_restricted"] is Verdict.APPROVE
    (asked,) = decision.sign_offs
    assert asked.from_ == "weights_open"


def test_a_tier_that_cannot_be_told_asks_for_what_would_tell_it() -> None:
    decision = judged(
        {"when": "model.parameters > 10", "tier": "high"},
        {"when": 'tier >= "high"', "deny": "Too much."},
        model={},
    )
    assert decision.verdict is Verdict.NEEDS_EVIDENCE
    assert decision.missing == ("model.parameters",)


SAFEGUARDS = [
    {"id": "good", "removable": False, "effective": True},
    {"id": "weak", "removable": True, "effective": True},
    {"id": "dark", "removable": {"unknown": "missing"}, "effective": True},
]


@pytest.mark.parametrize(
    ("rule", "known", "shown"),
    [
        ({"require": "$all([not s.removable for s in safeguards])"}, 2, "weak"),
        ({"require": "$all([not s.removable for s in safeguards])"}, 3, "weak"),
        ({"require": "$any([s.removable and not s.effective for s in safeguards])"}, 2, "good, weak"),
        ({"when": "$any([s.removable for s in safeguards])", "deny": "{s.id}"}, 2, "weak"),
        ({"when": "$any([s.removable for s in safeguards if s.effective])", "deny": "{s.id}"}, 3, "weak"),
        ({"when": "$all([s.removable for s in safeguards if s.removable])", "deny": "{s.id}"}, 2, "weak"),
        ({"require": "not $any([s.removable for s in safeguards])"}, 2, "weak"),
        ({"when": "$any([s.removable and s.effective for s in safeguards])", "deny": "{s.id}"}, 1, None),
    ],
)
def test_a_text_names_the_members_that_decided(rule: dict[str, Any], known: int, shown: str | None) -> None:
    decision = judged({"because": "{s.id}", **rule}, safeguards=SAFEGUARDS[:known])
    assert [finding.message for finding in decision.findings][:1] == ([shown] if shown else [])


def test_while_it_cannot_be_told_a_text_names_the_members_that_may_decide() -> None:
    decision = judged(
        {"require": "$all([not s.removable for s in safeguards])", "because": "{s.id}"},
        safeguards=[SAFEGUARDS[0], SAFEGUARDS[2]],
    )
    assert decision.findings[0].message == "dark"


def test_where_development_must_stop_no_rung_is_allowed() -> None:
    decision = judged({"at": "withheld", "deny": "Stop."})
    assert decision.best is None
    assert decision.not_ruled_out is None
    assert set(decision.ladder.values()) == {Verdict.DENY}
    assert decision.best_in_words == "none: even development must stop"


def test_a_program_reads_a_definition_as_the_rule_that_names_it() -> None:
    """Whoever changes one rule of a checked policy may leave the definitions as they were."""
    tree: Any = {
        "release_gate": "policy/v1",
        "id": "p",
        "version": "1",
        "title": "P",
        "covers": True,
        "definitions": {"large": "model.parameters > 10"},
        "rules": [{"id": f"r{index}", "when": "is.large", "deny": "No."} for index in range(2)],
    }
    policy = policy_from_document(Document(Source("p", ""), tree, {}, {}, {}))
    other = policy_from_document(
        Document(Source("p", ""), {**tree, "definitions": {"large": "model.parameters > 20"}}, {}, {}, {})
    )
    mixed = replace(policy, rules=(policy.rules[0], replace(other.rules[1])))
    request = ReleaseRequest.model_validate(REQUEST)
    findings = engine.decide(request, [mixed], date(2026, 11, 24)).artifacts[0].findings
    assert [finding.rule for finding in findings] == ["r0"]


def objection(artifact: str, rung: str) -> dict[str, Any]:
    said = {"person": "eve", "role": "panel", "word": "object", "on": "2026-11-20"}
    return {**said, "artifact": artifact, "rung": rung}


BELOW = [("withheld", None), ("weights_open", "weights_restricted"), ("fully_open", "weights_open")]
NEVER = {"when": "model.parameters > 100", "deny": "Never."}


@pytest.mark.parametrize(("rung", "below"), BELOW)
def test_an_objection_denies_from_its_rung_upwards(rung: str, below: str | None) -> None:
    decision = judged(NEVER, sign_offs=[objection("w", rung)])
    assert decision.not_ruled_out == below
    (finding,) = decision.findings
    assert (finding.rule, finding.from_, finding.to) == ("object-eve", rung, "fully_open")
    assert finding.message == "eve (panel) objects to this release."


def test_an_objection_above_the_ladder_of_an_artifact_changes_nothing() -> None:
    interface = {"id": "i", "kind": "api", "wanted": "hosted"}
    decision = judged(NEVER, sign_offs=[objection("i", "weights_open")], artifacts=[interface])
    assert decision.verdict is Verdict.APPROVE
    assert decision.findings == ()
