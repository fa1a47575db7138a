"""The laws of the ladder, over generated policies and requests."""

from __future__ import annotations

import random
from copy import deepcopy
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import engine
from release_gate.decision import Decision, Verdict
from release_gate.facts.ladder import LADDER
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import Document

TODAY = date(2026, 11, 24)
RUNGS = [step.name for step in LADDER]

BOOLEAN = [f"transparency.{name} == null" for name in ("website", "contact")]
ATOMS = [
    "model.parameters >= 10",
    "model.parameters * 2 < 30",
    "compute.training_flop > model.parameters",
    'capability.cbrn.level >= "high"',
    'misuse.ncii.likelihood == "low"',
    '"image" in model.modalities_out',
    "$any([s.removable for s in safeguards])",
    "$all([s.effective for s in safeguards if not s.removable])",
    "$count([s for s in safeguards if s.effective]) >= 2",
    "$any([not p.terms.commercial_use for p in lineage])",
    "(developer.annual_revenue_usd ?? 0) > 5",
    "developer.annual_revenue_usd == null",
    "(model.parameters > 7 ? compute.training_flop : 4) > 6",
    "10 / model.parameters > 2",
    *BOOLEAN,
]
GUARDS = ['artifact.access >= "hosted"', 'artifact.access > "api_general"', 'tier >= "high"']
REQUIRES = ['artifact.access < "weights_open"', 'tier <= "low"']

FACTS: dict[str, list[Any]] = {
    "model.parameters": [0, 5, 12, 40, {"low": 5, "high": 12}, {"low": 0, "high": 40}],
    "compute.training_flop": [1, 6, 50, {"low": 1, "high": 50}, {"low": 6, "high": 50}],
    "capability.cbrn.level": ["low", "critical", {"low": "low", "high": "high"}],
    "misuse.ncii.likelihood": ["low", "high"],
    "model.modalities_out": [["image"], ["text"], {"items": ["text"], "complete": False}],
    "developer.annual_revenue_usd": [None, 3, 9, {"low": 3, "high": 9}],
    "transparency.website": [None, "x"],
    "transparency.contact": [None, "y"],
}


def expression(rng: random.Random, extra: list[str], depth: int = 2) -> str:
    """A condition. What is in ``extra`` stays in the positions in which it is allowed."""
    if depth == 0 or rng.random() < 0.4:
        return rng.choice(extra) if extra and rng.random() < 0.3 else rng.choice(ATOMS)
    if rng.random() < 0.25:
        return f"not ({expression(rng, [], depth - 1)})"
    sides = [expression(rng, extra, depth - 1) for _ in range(2)]
    return f"({sides[0]} {rng.choice(['and', 'or'])} {sides[1]})"


def rule(rng: random.Random, name: str) -> dict[str, Any]:
    """A rule of any effect."""
    effect = rng.choice(["tier", "ceiling", "require", "sign_off", "oblige", "deny", "instead"])
    made: dict[str, Any] = {"id": name, "at": rng.choice(RUNGS)}
    if rng.random() < 0.7:
        made["when"] = expression(rng, GUARDS[:2] if effect == "tier" else GUARDS)
    match effect:
        case "tier":
            made["tier"] = rng.choice(["mid", "high"])
        case "ceiling":
            made["ceiling"] = rng.choice(RUNGS)
        case "require":
            made["require"] = expression(rng, REQUIRES)
        case "sign_off":
            made["sign_off"] = {"role": "safety-lead"}
        case "oblige":
            made["oblige"] = {"duty": "Report"}
        case "deny":
            made["deny"] = "No."
        case _:
            made |= {"require": expression(rng, REQUIRES), "else": {"sign_off": {"role": "legal"}}}
    return made


def policy_tree(rng: random.Random, rules: int = 4) -> dict[str, Any]:
    """A policy that covers everything."""
    tree: dict[str, Any] = {
        "release_gate": "policy/v1",
        "id": "generated",
        "version": "1.0.0",
        "title": "Generated",
        "covers": True,
        "tiers": [
            {"id": "low", "ceiling": "fully_open"},
            {"id": "mid", "ceiling": "weights_gated_auto"},
            {"id": "high", "ceiling": "hosted"},
        ],
        "default_tier": "low",
        "rules": [rule(rng, f"r{index}") for index in range(rules)],
    }
    if rng.random() < 0.3:
        tree["scope"] = expression(rng, [])
    if rng.random() < 0.4:
        del tree["default_tier"]
        tree["tier_table"] = {
            "columns": ["misuse.ncii.likelihood", "transparency.website == null"],
            "rows": [["low", "any", "low"], [["moderate", "high"], True, "mid"]],
            "hit": rng.choice(["first", "strictest"]),
            "otherwise": "high",
        }
    return tree


def build(tree: dict[str, Any]) -> Policy:
    """A policy from its tree."""
    from release_gate.diagnostics import Source

    return policy_from_document(Document(Source("generated", ""), deepcopy(tree), {}, {}, {}))


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set a fact of a request."""
    *way, last = path.split(".")
    for step in way:
        tree = tree.setdefault(step, {})
    tree[last] = value


def get(tree: dict[str, Any], path: str) -> Any:
    """A fact of a request; nothing if it is not written."""
    found: Any = tree
    for step in path.split("."):
        found = found.get(step, NOTHING) if isinstance(found, dict) else NOTHING
    return found


NOTHING = object()


def request_tree(rng: random.Random) -> dict[str, Any]:
    """A request with gaps and ranges."""
    tree: dict[str, Any] = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": rng.choice(RUNGS)}],
    }
    for path, values in FACTS.items():
        if rng.random() < 0.7:
            put(tree, path, rng.choice(values))
    if rng.random() < 0.8:
        tree["safeguards"] = {
            "items": [
                {
                    "id": f"s{index}",
                    **{
                        name: rng.choice([True, False, {"unknown": "missing"}])
                        for name in ("removable", "effective")
                    },
                }
                for index in range(rng.randrange(3))
            ],
            "complete": rng.random() < 0.7,
        }
    if rng.random() < 0.8:
        tree["lineage"] = {
            "items": [
                {
                    "parent": f"p{index}",
                    "license": rng.choice(["MIT", "CC-BY-NC-4.0", {"unknown": "missing"}]),
                }
                for index in range(rng.randrange(3))
            ],
            "complete": rng.random() < 0.7,
        }
    return tree


def judge(policies: list[Policy], tree: dict[str, Any]) -> Decision:
    """The decision on a request."""
    return engine.decide(ReleaseRequest.model_validate(tree), policies, TODAY)


def ladder(decision: Decision) -> list[Verdict]:
    """The verdicts of the only artifact."""
    return list(decision.artifacts[0].ladder.values())


SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_what_is_allowed_open_is_allowed_closed(seed: int) -> None:
    rng = random.Random(seed)
    verdicts = ladder(judge([build(policy_tree(rng))], request_tree(rng)))
    for lower, higher in pairwise(verdicts[1:]):
        assert lower.allows or not higher.allows


@given(SEEDS)
def test_adding_a_rule_never_loosens_a_rung(seed: int) -> None:
    rng = random.Random(seed)
    tree, request = policy_tree(rng), request_tree(rng)
    before = ladder(judge([build(tree)], request))
    more = deepcopy(tree)
    more["rules"].insert(rng.randrange(5), rule(rng, "added"))
    after = ladder(judge([build(more)], request))
    assert all(new.rank >= old.rank for old, new in zip(before, after, strict=True))


@given(SEEDS)
def test_making_a_fact_unknown_never_loosens_a_rung(seed: int) -> None:
    rng = random.Random(seed)
    policy, request = build(policy_tree(rng)), request_tree(rng)
    path = rng.choice(list(FACTS))
    less = deepcopy(request)
    put(less, path, {"unknown": "missing"})
    before, after = ladder(judge([policy], request)), ladder(judge([policy], less))
    for old, new in zip(before, after, strict=True):
        assert new.allows <= old.allows
        assert old is not Verdict.NEEDS_APPROVAL or new.rank >= old.rank


LATER = {
    Verdict.APPROVE: {Verdict.APPROVE},
    Verdict.CONDITIONAL: {Verdict.APPROVE, Verdict.CONDITIONAL},
    Verdict.NEEDS_APPROVAL: {Verdict.APPROVE, Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL},
    Verdict.NEEDS_EVIDENCE: set(Verdict),
    Verdict.DENY: {Verdict.DENY},
}


def sharpen(rng: random.Random, tree: dict[str, Any], path: str) -> None:
    """Make a fact sharper: known where it is unknown, narrower where it is a range."""
    now = get(tree, path)
    if isinstance(now, dict) and "low" in now:
        inside = [v for v in FACTS[path] if not isinstance(v, dict) and v is not None and within(v, now)]
        put(tree, path, rng.choice(inside))
    elif isinstance(now, dict) and "items" in now:
        put(tree, path, {"items": [*now["items"], rng.choice(["image", "audio"])], "complete": True})
    elif now is NOTHING:
        put(tree, path, rng.choice(FACTS[path]))


def supply(rng: random.Random, tree: dict[str, Any], path: str) -> None:
    """Make a fact known, inside what was known of it."""
    now = get(tree, path)
    known = [value for value in FACTS[path] if not isinstance(value, dict)]
    if isinstance(now, dict) and "low" in now:
        known = [value for value in known if value is not None and within(value, now)]
    put(tree, path, rng.choice(known))


def within(value: Any, bounds: dict[str, Any]) -> bool:
    """Whether a value lies in a range."""
    order = ["none", "low", "moderate", "high", "critical"]
    if isinstance(value, str):
        return order.index(bounds["low"]) <= order.index(value) <= order.index(bounds["high"])
    return bool(bounds["low"] <= value <= bounds["high"])


@given(SEEDS)
def test_evidence_only_sharpens(seed: int) -> None:
    rng = random.Random(seed)
    policy, request = build(policy_tree(rng)), request_tree(rng)
    more = deepcopy(request)
    for path in rng.sample(list(FACTS), 3):
        sharpen(rng, more, path)
    before, after = ladder(judge([policy], request)), ladder(judge([policy], more))
    for old, new in zip(before, after, strict=True):
        assert new in LATER[old]


@given(SEEDS)
def test_what_is_not_missing_cannot_move_a_rung_that_needs_evidence(seed: int) -> None:
    rng = random.Random(seed)
    policy, request = build(policy_tree(rng)), request_tree(rng)
    decision = judge([policy], request)
    more = deepcopy(request)
    path = rng.choice(list(FACTS))
    sharpen(rng, more, path)
    after = judge([policy], more).artifacts[0]
    for rung, missing in decision.artifacts[0].missing_at.items():
        if path not in missing:
            assert after.ladder[rung] is Verdict.NEEDS_EVIDENCE


@given(SEEDS)
def test_supplying_all_that_is_missing_settles_a_rung(seed: int) -> None:
    rng = random.Random(seed)
    policy, request = build(policy_tree(rng)), request_tree(rng)
    for key in ("safeguards", "lineage"):
        request[key] = []
    decision = judge([policy], request)
    for rung, missing in decision.artifacts[0].missing_at.items():
        more = deepcopy(request)
        for path in missing:
            supply(rng, more, path)
        after = judge([policy], more).artifacts[0]
        assert after.ladder[rung] is not Verdict.NEEDS_EVIDENCE or not after.missing_at[rung]


@given(SEEDS)
def test_order_of_rules_and_policies_is_irrelevant(seed: int) -> None:
    rng = random.Random(seed)
    tree, request = policy_tree(rng), request_tree(rng)
    other = {**policy_tree(rng), "id": "other"}
    shuffled = {**tree, "rules": rng.sample(tree["rules"], len(tree["rules"]))}
    one, two, mixed = build(tree), build(other), build(shuffled)
    first, second = judge([one, two], request), judge([two, mixed], request)
    assert first.artifacts[0].ladder == second.artifacts[0].ladder
    assert first.artifacts[0].findings == second.artifacts[0].findings
    assert judge([two, one], request).to_json() == first.to_json()


def test_nothing_evaluated_is_never_a_pass() -> None:
    decision = judge(
        [],
        {"id": "r", "action": "release", "artifacts": [{"id": "w", "kind": "weights", "wanted": "internal"}]},
    )
    assert decision.verdict is Verdict.DENY
    assert decision.artifacts[0].findings[0].rule == "coverage"


@pytest.mark.parametrize("action", ["narrow", "withdraw"])
def test_taking_back_is_never_uncovered(action: str) -> None:
    tree = {"id": "r", "action": action, "artifacts": [{"id": "w", "kind": "weights", "wanted": "internal"}]}
    assert judge([], tree).verdict is Verdict.APPROVE
