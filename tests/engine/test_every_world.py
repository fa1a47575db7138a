"""The laws of the ladder, for every way of knowing a few facts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import pytest

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.engine import decide
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.model import Policy
from tests.engine.worlds import (
    HEAD,
    LATER,
    TODAY,
    World,
    is_named,
    is_sharper,
    judge,
    policy,
    request,
    worlds,
)

P, F, LEVEL, NCII = (
    "model.parameters",
    "compute.training_flop",
    "capability.cbrn.level",
    "misuse.ncii.likelihood",
)
WEB, MAIL, DAY, OUT = (
    "transparency.website", "transparency.contact", "transparency.release_date", "model.modalities_out",
)  # fmt: skip
USD, NAME = "developer.annual_revenue_usd", "developer.name"
S = [f"safeguards[s{n}].{fact}" for n in "01" for fact in ("removable", "effective")]

TERMS = ("p0].license", "p0].terms.commercial_use", "p1].license", "p1].terms.commercial_use")

CONDITIONS: Final[dict[str, list[str]]] = {
    "model.parameters >= 10": [P],
    "model.parameters < 12 and compute.training_flop > 1": [P, F],
    "model.parameters == 12 or compute.training_flop == 6": [P, F],
    "model.parameters != compute.training_flop": [P, F],
    "not (model.parameters > 5)": [P],
    "model.parameters + compute.training_flop > 12": [P, F],
    "model.parameters - compute.training_flop >= 0": [P, F],
    "model.parameters * compute.training_flop <= 30": [P, F],
    "compute.training_flop / model.parameters > 1": [P, F],
    "model.parameters // 5 == 2": [P],
    "model.parameters % 5 == 0": [P],
    "(model.parameters - 5) ** 2 > 30": [P],
    "$abs(model.parameters - 12) < 8": [P],
    "-model.parameters < -5": [P],
    "model.parameters in [5, compute.training_flop]": [P, F],
    "model.parameters not in [0, 40]": [P],
    "(model.parameters > 7 ? compute.training_flop : 4) > 5": [P, F],
    "(developer.annual_revenue_usd ?? 0) > 5": [USD],
    "(developer.annual_revenue_usd ?? model.parameters) > 5": [USD, P],
    "developer.annual_revenue_usd == null": [USD],
    "developer.annual_revenue_usd != 3": [USD],
    'developer.name =~ "^Ac"': [NAME],
    "developer.name.length > 4": [NAME],
    'developer.name in ["Acme", "x"]': [NAME],
    'capability.cbrn.level >= "high"': [LEVEL],
    'capability.cbrn.level == "high"': [LEVEL],
    'capability.cbrn.level in ["low", "critical"]': [LEVEL],
    'misuse.ncii.likelihood < "high" and capability.cbrn.level > "low"': [NCII, LEVEL],
    'transparency.release_date < d"2026-06-30"': [DAY],
    'transparency.release_date + t"P1M" >= d"2026-07-30"': [DAY],
    'as_of - transparency.release_date > t"P200D"': [DAY],
    "transparency.release_date.month == 6": [DAY],
    '"image" in model.modalities_out': [OUT],
    "model.modalities_out.length > 1": [OUT],
    "$distinct(model.modalities_out) > 1": [OUT],
    '$all([m == "text" for m in model.modalities_out])': [OUT],
    "$any([transparency.website == null, transparency.contact == null])": [WEB, MAIL],
    "$all([transparency.website == null, transparency.contact == null])": [WEB, MAIL],
    "$any([x > 10 for x in [model.parameters, compute.training_flop]])": [P, F],
    "$count([x for x in [model.parameters, compute.training_flop] if x > 5]) == 2": [P, F],
    "$any([s.removable for s in safeguards])": [S[0], S[2], "safeguards.complete"],
    "$all([s.effective for s in safeguards if not s.removable])": [*S, "safeguards.complete"],
    "$count([s for s in safeguards if s.effective]) >= 2": [S[1], S[3], "safeguards.complete"],
    "$any([s.effective for s in [t for t in safeguards if t.removable]])": [*S],
    "$distinct([s.removable for s in safeguards]) > 1": [S[0], S[2], "safeguards.complete"],
    "$any([not p.terms.commercial_use for p in lineage])": [f"lineage[{each}" for each in TERMS],
    "$all([p.permission for p in lineage if p.direct])": ["lineage[p0].permission", "lineage.complete"],
    "$any([p.access > artifact.wanted for p in lineage])": ["lineage[p0].access", "lineage[p1].access"],
    'own.scale >= "b"': ["own.scale"],
    "own.flag and own.count > 1": ["own.flag", "own.count"],
}
EFFECTS: Final[dict[str, Any]] = {
    "deny": lambda condition: {"when": condition, "deny": "No."},
    "ceiling": lambda condition: {"when": condition, "ceiling": "hosted"},
    "require": lambda condition: {"require": condition},
    "require, else sign-off": lambda condition: {
        "require": condition,
        "else": {"sign_off": {"role": "legal"}},
    },
    "sign-off": lambda condition: {"when": condition, "sign_off": {"role": "legal"}},
    "duty": lambda condition: {"when": condition, "oblige": {"duty": "Report"}},
    "at a rung": lambda condition: {"when": condition, "deny": "No.", "at": "weights_open"},
    "tier": lambda condition: {"when": condition, "tier": "high"},
}
TIERS: Final = {
    "tiers": [{"id": "low", "ceiling": "weights_open"}, {"id": "high", "ceiling": "hosted"}],
    "default_tier": "low",
}

WORTHLESS: Final = {"stale", "unbound", "untrusted", "conflicting"}
"""Why what is stated does not count. No more evidence about it helps, but another measurement would."""


def check(policies: Sequence[Policy], paths: Sequence[str], *, in_variant: bool = False) -> int:
    """Judge every world of some facts, and hold all of them against each other."""
    made = [(world, judge(policies, world, in_variant=in_variant).artifacts[0]) for world in worlds(paths)]
    for world, answer in made:
        allowed = [verdict.allows for verdict in list(answer.ladder.values())[1:]]
        assert allowed == sorted(allowed, reverse=True), ("open is allowed, and closed is not", shown(world))
    pairs = [(less, more) for less, more in product(made, made) if is_sharper(more[0], less[0])]
    for less, more in pairs:
        compare(less, more)
    return len(pairs) - len(made)


def compare(less: tuple[World, ArtifactDecision], more: tuple[World, ArtifactDecision]) -> None:
    """Assert what may happen between a world and a sharper one."""
    (before_world, before), (after_world, after) = less, more
    told = (shown(before_world), shown(after_world))
    why_not = {fact.reason for finding in after.findings for fact in finding.facts}
    if "conflicting" in why_not:
        return  # a contradiction is not more evidence
    changed = [path for path, way in after_world.items() if before_world[path] is not way]
    for rung, verdict in before.ladder.items():
        now = after.ladder[rung]
        assert now in LATER[verdict], (rung, *told)
        if verdict is not Verdict.NEEDS_EVIDENCE or now is not verdict:
            missing = before.missing_at.get(rung, ())
            moved = now is not verdict and verdict is Verdict.NEEDS_EVIDENCE
            assert not moved or any(is_named(path, missing) for path in changed), (rung, missing, *told)
            continue
        open_ = [path for path, way in after_world.items() if not way.is_known]
        if not why_not & WORTHLESS and not any(is_named(path, before.missing_at[rung]) for path in open_):
            assert not after.missing_at[rung], ("all is there, and it is not settled", rung, *told)


def shown(world: World) -> dict[str, Any]:
    """A world for the eye."""
    return {path: way.written for path, way in world.items()}


MEASURED: Final[dict[str, tuple[dict[str, Any], list[str]]]] = {
    "of any age": ({}, ["metric.m.value", "metric.m.behind", S[0]]),
    "of its age": ({"max_age": "P180D"}, ["metric.m.value", "metric.m.measured"]),
    "of an age that a parameter says": (
        {"max_age": "parameter.age"},
        ["metric.m.value", "metric.m.measured"],
    ),
    "by others": ({"independent": True}, ["metric.m.value", "metric.m.independent", "metric.m.behind"]),
    "of this very artifact": ({"bound": True}, ["metric.m.value", "metric.m.on", "artifact.digest"]),
    "behind safeguards": ({}, ["metric.m.value", "metric.m.behind", S[0], S[2], "safeguards.complete"]),
}


@pytest.mark.parametrize("in_variant", [False, True])
@pytest.mark.parametrize("asked", MEASURED)
def test_a_measurement_counts_more_the_more_is_known_about_it(asked: str, in_variant: bool) -> None:  # noqa: FBT001
    declared, paths = MEASURED[asked]
    facts = {**HEAD["facts"], "metrics": {"m": {"range": [0, 1], **declared}}}
    rules: list[Any] = [
        {"require": "metric.m > parameter.floor"},
        {"when": "metric.m < 0.3", "sign_off": {"role": "legal"}},
    ]
    assert check([policy(rules, facts=facts)], paths, in_variant=in_variant) > 0


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_evidence_only_sharpens_and_only_what_is_missing_moves(condition: str, effect: str) -> None:
    rules = [EFFECTS[effect](condition)]
    found = policy(rules, **(TIERS if effect == "tier" else {}))
    assert check([found], CONDITIONS[condition]) > 0


FEW: Final = {text: CONDITIONS[text] for text in list(CONDITIONS)[:: len(CONDITIONS) // 7]}
TABLE: Final[dict[str, Any]] = {
    "tiers": [
        {"id": "low", "ceiling": "fully_open"},
        {"id": "mid", "ceiling": "weights_open"},
        {"id": "high", "ceiling": "hosted"},
    ],
    "tier_table": {
        "columns": ["misuse.ncii.likelihood", "own.flag"],
        "rows": [["low", "any", "low"], [["moderate", "high"], True, "mid"], ["moderate", False, "low"]],
        "hit": "first",
        "otherwise": "high",
    },
}


@pytest.mark.parametrize("hit", ["first", "strictest", "unique"])
@pytest.mark.parametrize("rule", [
    {"require": 'tier < "high"'},
    {"when": 'tier >= "mid"', "sign_off": {"role": "legal"}},
    {"when": 'tier > "low" and own.count > 1', "deny": "No.", "at": "hosted"},
    {"when": "own.count > 1", "tier": "mid", "at": "api_general"},
])  # fmt: skip
def test_a_tier_that_a_table_leaves_open(hit: str, rule: dict[str, Any]) -> None:
    more = {**TABLE, "tier_table": {**TABLE["tier_table"], "hit": hit}}
    assert check([policy([rule], **more)], [NCII, "own.flag", "own.count"]) > 0


@pytest.mark.parametrize("condition", CONDITIONS)
def test_any_condition_can_be_a_scope_or_a_column(condition: str) -> None:
    rows = {"columns": [condition], "rows": [[True, "low"]], "hit": "unique", "otherwise": "high"}
    forms: list[dict[str, Any]] = [{"scope": condition}, {"tiers": TIERS["tiers"], "tier_table": rows}]
    for form in forms:
        found = policy([{"sign_off": {"role": "legal"}, "at": "weights_open"}], **form)
        assert check([found], CONDITIONS[condition]) > 0


@pytest.mark.parametrize("condition", FEW)
def test_a_scope_that_is_not_known(condition: str) -> None:
    """It is not known whether the policy applies, nor whether anything covers the release."""
    rules: list[Any] = [{"when": "own.flag", "deny": "No."}, {"sign_off": {"role": "legal"}, "at": "hosted"}]
    found = policy(rules, scope=condition)
    assert check([found], [*FEW[condition], "own.flag"]) > 0


@pytest.mark.parametrize("added", EFFECTS)
@pytest.mark.parametrize("present", EFFECTS)
def test_a_rule_more_never_loosens_a_rung(present: str, added: str) -> None:
    """Also a rule that raises the tier where another reads it."""
    one = EFFECTS[present]('own.scale >= "b"')
    guard = 'own.flag and tier >= "low"' if added != "tier" else "own.flag"
    other = EFFECTS[added](guard if added not in ("require", "require, else sign-off") else 'tier <= "low"')
    for world in worlds(["own.scale", "own.flag"]):
        before = judge([policy([one], **TIERS)], world).artifacts[0].ladder
        after = judge([policy([other, one], **TIERS)], world).artifacts[0].ladder
        assert all(after[rung].rank >= verdict.rank for rung, verdict in before.items()), shown(world)


BAD_TO_VERDICT: Final = {
    "deny": (Verdict.APPROVE, Verdict.NEEDS_EVIDENCE, Verdict.DENY),
    "ceiling": (Verdict.APPROVE, Verdict.NEEDS_EVIDENCE, Verdict.DENY),
    "require": (Verdict.APPROVE, Verdict.NEEDS_EVIDENCE, Verdict.DENY),
    "require, else sign-off": (Verdict.APPROVE, Verdict.NEEDS_APPROVAL, Verdict.NEEDS_APPROVAL),
    "sign-off": (Verdict.APPROVE, Verdict.NEEDS_APPROVAL, Verdict.NEEDS_APPROVAL),
    "duty": (Verdict.APPROVE, Verdict.CONDITIONAL, Verdict.CONDITIONAL),
}
"""Step 4 of *How a decision is made*: what each effect comes to where a rule does not bite, may, and does."""


@pytest.mark.parametrize("effect", BAD_TO_VERDICT)
def test_what_an_effect_comes_to(effect: str) -> None:
    condition = "own.flag" if "require" not in effect else "not own.flag"
    found = policy([EFFECTS[effect](condition)])
    ways = {False: 0, None: 1, True: 2}
    for world in worlds(["own.flag"]):
        way = world["own.flag"]
        bad = way.written if way.is_known else None
        ladder = judge([found], world).artifacts[0].ladder
        assert ladder["fully_open"] is BAD_TO_VERDICT[effect][ways[bad]]
        assert ladder["withheld"] is Verdict.APPROVE
        below = Verdict.APPROVE if effect == "ceiling" else ladder["fully_open"]
        assert ladder["hosted"] is below, "a ceiling is the highest rung that is allowed"


def test_a_variant_states_a_fact_of_the_policy_as_a_whole() -> None:
    """What it says is not mixed with what the request says of the same fact."""
    found = policy([{"require": 'own.scale >= "b"'}])
    tree = request({}).tree
    assert isinstance(tree, dict)
    for base in ({}, {"own": {"scale": {"value": "a"}}}, {"own": {"scale": {"low": "a", "high": "b"}}}):
        variants = {"v": {"own": {"scale": {"low": "b", "high": "c"}}}}
        asked = ReleaseRequest.model_validate({**tree, **base, "variants": variants})
        assert decide(asked, [found], TODAY).verdict is Verdict.APPROVE
