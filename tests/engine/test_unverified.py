"""A verdict hangs on what nobody has read in its source if it would be better without those rules."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import engine
from release_gate.decision import ArtifactDecision, Verdict
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.documents import InForce
from release_gate.policy.papers import NO_PAPERS, Papers
from release_gate.policy.trust import Person, RoleDocument, Standing
from release_gate.policy.waivers import Approval, Waiver, WaiverDocument
from tests.engine import test_laws as laws

DAY = date(2026, 11, 24)
DIGEST = "sha256:" + "1" * 64
SURE = {"id": "sure", "at": "fully_open", "oblige": {"duty": "Report"}}  # a policy needs a rule that stays
CITED = {"source": "law", "section": "1"}


def decided(tree: dict[str, Any], request: dict[str, Any], papers: Papers) -> ArtifactDecision:
    asked = ReleaseRequest.model_validate(request)
    return engine.decide(asked, [laws.build(tree)], DAY, papers=papers).artifacts[0]


def without(tree: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {**tree, "rules": [each for each in tree["rules"] if f"generated/{each['id']}" not in names]}


def waivers(rng: random.Random, tree: dict[str, Any]) -> tuple[Waiver, ...]:
    """Exceptions to some rules, all of them signed."""
    bob = Standing(Person("bob", (RoleDocument(role="board"),)), InForce())
    number = count()
    return tuple(
        Waiver(
            WaiverDocument(
                id=f"w{next(number)}", rule=f"generated/{each['id']}", model="m", artifact="w", digest=DIGEST,
                rung=rng.choice(laws.RUNGS), reason="once", ticket="T-1", owner="ada", expires=DAY,
                excuses=rng.choice(["failure", "failure_and_unknown"]),
            ),
            (Approval(DAY, bob),),
        )
        for each in tree["rules"]
        if "waivable" in each
    )  # fmt: skip


@given(st.integers(0, 2**32))
def test_a_verdict_hangs_on_unverified_rules_exactly_if_it_would_be_better_without_them(seed: int) -> None:
    rng = random.Random(seed)
    tree, request = laws.policy_tree(rng, rules=5), laws.request_tree(rng)
    tree["sources"] = {"law": {"title": "The law", "confidence": "primary"}}
    tree["rules"].append(SURE)
    for each in tree["rules"][:-1]:
        if rng.random() < 0.6:
            each["cite"] = {
                **CITED,
                "confidence": rng.choice(["memory", "unverified", "unverified", "secondary"]),
            }
        if not {"tier", "oblige"} & each.keys() and rng.random() < 0.4:
            each["waivable"] = {"by": "board"}
    request["requester"] = {"id": "ada"}
    laws.put(request, "model.name", "m")
    request["artifacts"][0]["digest"] = DIGEST
    papers = Papers(waivers=waivers(rng, tree))
    doubtful = {
        f"generated/{each['id']}"
        for each in tree["rules"]
        if each.get("cite", {}).get("confidence") in ("memory", "unverified")
    }

    found = decided(tree, request, papers)
    after = decided(without(tree, doubtful), request, papers).ladder
    better = {rung for rung, verdict in found.ladder.items() if after[rung].rank < verdict.rank}
    assert found.unverified_at.keys() == better
    assert found.unverified == found.unverified_at.get(found.requested, ())
    for rung, names in found.unverified_at.items():
        assert set(names) <= doubtful
        assert decided(without(tree, set(names)), request, papers).ladder[rung].rank < found.ladder[rung].rank


UNREAD = {**CITED, "confidence": "memory"}
LARGE = {"id": "large", "when": "model.parameters > 10", "tier": "high", "cite": UNREAD}
REPORT = {"id": "report", "when": 'tier >= "high"', "at": "internal", "oblige": {"duty": "Report"}}
PERHAPS = {"id": "perhaps", "when": "compute.training_flop > 6", "tier": "high"}  # which nobody states
STRICT = {
    "id": "strict",
    "when": 'tier >= "high"',
    "at": "internal",
    "deny": "No.",
    "waivable": {"by": "board"},
}
CAREFUL = {"id": "careful", "when": 'tier >= "mid"', "at": "internal", "deny": "No."}
MIDDLE = {"id": "middle", "when": "model.parameters > 10", "tier": "mid"}
BELOW, BEYOND = "internal", "api_general"  # of the ceiling of a high tier
HANGS = ("generated/large",)

TIERS: dict[str, tuple[list[dict[str, Any]], Any, tuple[Verdict, Any], tuple[Verdict, Any]]] = {
    "it does not bite": ([LARGE, REPORT], 5, (Verdict.APPROVE, ()), (Verdict.APPROVE, ())),
    "a duty and a ceiling": ([LARGE, REPORT], 50, (Verdict.CONDITIONAL, HANGS), (Verdict.DENY, HANGS)),
    "it may bite": (
        [LARGE, REPORT], {"low": 5, "high": 50},
        (Verdict.CONDITIONAL, HANGS), (Verdict.NEEDS_EVIDENCE, HANGS),
    ),
    "another raises it as far": (
        [LARGE, {**LARGE, "id": "read", "cite": CITED}, REPORT], 50,
        (Verdict.CONDITIONAL, ()), (Verdict.DENY, ()),
    ),
    "a lower tier is enough": ([LARGE, MIDDLE, CAREFUL], 50, (Verdict.DENY, ()), (Verdict.DENY, ())),
    "without it there would be a question": (
        [LARGE, PERHAPS, STRICT], 50, (Verdict.DENY, HANGS), (Verdict.DENY, HANGS),
    ),
    "with a question the duty is the same": (
        [LARGE, PERHAPS, REPORT], 50, (Verdict.CONDITIONAL, ()), (Verdict.DENY, HANGS),
    ),
}  # fmt: skip


def tiers(
    rules: list[dict[str, Any]], parameters: Any, papers: Papers = NO_PAPERS, **more: Any
) -> ArtifactDecision:
    """What rules come to under three tiers."""
    steps = {"low": "fully_open", "mid": "weights_open", "high": "hosted"}
    policy = {
        "release_gate": "policy/v1",
        "id": "generated",
        "version": "1.0.0",
        "title": "Tiers",
        "covers": True,
        "sources": {"law": {"title": "The law", "confidence": "primary"}},
        "tiers": [{"id": name, "ceiling": rung} for name, rung in steps.items()],
        "default_tier": "low",
        "rules": rules,
    }
    request = {
        "id": "r",
        "action": "release",
        "requester": {"id": "ada"},
        "model": {"name": "m", "parameters": parameters},
        "artifacts": [{"id": "w", "kind": "weights", "wanted": BELOW, "digest": DIGEST}],
        **more,
    }
    return decided(policy, request, papers)


@pytest.mark.parametrize("case", TIERS)
def test_what_comes_of_a_tier_hangs_on_the_rules_that_have_raised_it(case: str) -> None:
    rules, parameters, *expected = TIERS[case]
    found = tiers(rules, parameters)
    for rung, (verdict, names) in zip((BELOW, BEYOND), expected, strict=True):
        assert (found.ladder[rung], found.unverified_at.get(rung, ())) == (verdict, names), rung


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ([LARGE, STRICT], HANGS),
        ([LARGE, PERHAPS, STRICT], ()),  # what is excused as a failure is excused as a question as well
    ],
)
def test_what_is_waived_hangs_on_what_it_would_not_be_there_without(
    rules: list[dict[str, Any]], names: tuple[str, ...]
) -> None:
    (waiver,) = waivers(random.Random(0), {"rules": rules})
    said = waiver.said.model_copy(update={"rung": BELOW, "excuses": "failure_and_unknown"})
    found = tiers(rules, 50, Papers(waivers=(replace(waiver, said=said),)))
    assert (found.verdict, found.unverified) == (Verdict.CONDITIONAL, names)


@pytest.mark.parametrize("case", TIERS)
@pytest.mark.parametrize("confidence", ["memory", "primary"])
def test_how_sure_a_request_is_of_its_facts_changes_nothing(case: str, confidence: str) -> None:
    rules, parameters, *_ = TIERS[case]
    value = parameters if isinstance(parameters, dict) else {"value": parameters}
    sources = {"said": {"title": "Said", "confidence": confidence}}
    found = tiers(rules, {**value, "source": "said"}, sources=sources)
    bare = tiers(rules, parameters)
    assert (found.ladder, found.unverified_at) == (bare.ladder, bare.unverified_at)
