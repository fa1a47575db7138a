"""Which policies have a say in a release, where, and what an answer says of the rung that was asked for."""

from typing import Any

import pytest

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.engine import decide
from release_gate.facts.release import ReleaseRequest
from tests.engine.worlds import TODAY, policy

DENY, APPROVE, OPEN = Verdict.DENY, Verdict.APPROVE, Verdict.NEEDS_EVIDENCE
OTHER = {"id": "o", "covers": False}
NEVER = {"when": "model.parameters > 100", "deny": "Never."}
MEASURED = {"value": 0.9, "behind": ["s"]}
"""A measurement that counts below the irreversible boundary only, for its safeguard can be removed."""


def answer(*policies: Any, wanted: str = "fully_open", **facts: Any) -> ArtifactDecision:
    tree = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": wanted}],
        "safeguards": [{"id": "s", "removable": True}],
        "model": {"parameters": 12},
        **facts,
    }
    return decide(ReleaseRequest.model_validate(tree), policies, TODAY).artifacts[0]


def test_a_policy_that_does_not_cover_a_release_approves_nobody() -> None:
    told = answer(policy([NEVER], covers=False))
    assert told.verdict is DENY
    assert told.best == "withheld"
    (finding,) = told.findings
    assert (finding.rule, finding.message) == ("coverage", "no policy in force covers this release")
    assert answer(policy([NEVER], **OTHER), policy([NEVER])).verdict is APPROVE


@pytest.mark.parametrize(
    ("scope", "verdict", "missing"),
    [
        ("own.flag", OPEN, ("own.flag",)),
        ("model.parameters > 100", DENY, ()),
        ("model.parameters > 100 and own.flag", DENY, ()),
        ("model.parameters > 1", APPROVE, ()),
        # These have no code, and are left to the reference.
        ("$any([x for x in [s.removable for s in safeguards]])", APPROVE, ()),
        ("not $any([x for x in [s.removable for s in safeguards]])", DENY, ()),
        ("$any([x for x in [s.effective for s in safeguards]])", OPEN, ("safeguards[s].effective",)),
    ],
)
def test_a_release_is_covered_where_the_scope_of_a_covering_policy_holds(
    scope: str, verdict: Verdict, missing: tuple[str, ...]
) -> None:
    told = answer(policy([NEVER], scope=scope), policy([NEVER], **OTHER))
    assert (told.verdict, told.missing) == (verdict, missing)
    assert [each.message for each in told.findings] == {
        OPEN: ["it cannot be told whether any policy covers this release"],
        DENY: ["no policy in force covers this release"],
        APPROVE: [],
    }[verdict]


@pytest.mark.parametrize(("scope", "below"), [("metric.m > 0.5", APPROVE), ("metric.m > 0.95", DENY)])
def test_what_counts_below_the_boundary_covers_nothing_beyond_it(scope: str, below: Verdict) -> None:
    ladder = answer(policy([NEVER], scope=scope), metric={"m": MEASURED}).ladder
    assert (ladder["api_general"], ladder["weights_gated_manual"]) == (below, OPEN)


def test_a_measurement_behind_a_removable_safeguard_meets_no_requirement_beyond_the_boundary() -> None:
    ladder = answer(policy([{"require": "metric.m > 0.5"}]), metric={"m": MEASURED}).ladder
    assert (ladder["api_general"], ladder["weights_gated_manual"]) == (APPROVE, OPEN)


def test_a_policy_that_reads_otherwise_beyond_the_boundary_can_stop_development_too() -> None:
    stop, refusal = {"at": "withheld", "deny": "Stop."}, {"require": "metric.m > 0.5"}
    told = answer(policy([stop, refusal]), metric={"m": MEASURED})
    assert set(told.ladder.values()) == {DENY}
    assert {(each.rule, each.from_, each.to) for each in told.findings} == {
        ("rulea", "withheld", "fully_open"),
        ("ruleb", "weights_gated_manual", "fully_open"),
    }


TIERS: dict[str, Any] = {"tiers": [{"id": "low", "ceiling": "hosted"}, {"id": "high", "ceiling": "internal"}]}
RAISED = {"when": "own.flag", "tier": "high"}


def test_a_policy_out_of_scope_says_nothing_even_of_tiers_and_duties() -> None:
    rules: list[Any] = [{"oblige": {"duty": "Report"}}, RAISED, {"sign_off": {"role": "legal"}}]
    out = policy(rules, id="out", scope="model.parameters > 100", default_tier="low", **TIERS)
    told = answer(policy([NEVER]), out)
    assert (told.verdict, told.findings, told.obligations) == (APPROVE, (), ())
    assert (told.sign_offs, told.tiers, told.missing) == ((), {}, ())


def test_where_only_the_scope_is_open_a_ceiling_asks_for_no_more_than_the_scope() -> None:
    told = answer(policy([RAISED], scope="own.count > 1", default_tier="low", **TIERS))
    assert told.missing_at["hosted"] == ("own.count", "own.flag")  # too high if the tier is
    (low,) = [each for each in told.findings if each.rule == "tier.low"]
    assert [fact.path for fact in low.facts] == ["own.count"]


def test_a_duty_that_begins_above_the_wanted_rung_is_not_owed() -> None:
    rule = policy(
        [{"at": "hosted", "oblige": {"duty": "Report", "due": {"within": "P10D", "of": "awareness"}}}]
    )
    assert answer(rule, wanted="evaluators").obligations == ()
    (owed,) = answer(rule, wanted="hosted").obligations
    assert (owed.from_, owed.due) == ("hosted", "within P10D, of awareness")


def test_the_best_is_never_more_open_than_what_was_asked_for() -> None:
    told = answer(policy([NEVER]), wanted="hosted")
    assert (told.verdict, told.best, told.not_ruled_out) == (APPROVE, "hosted", "fully_open")


OPEN_FACTS: list[Any] = [
    {"at": "weights_open", "when": "own.flag", "deny": "No."},
    {"at": "hosted", "when": "own.count > 1", "deny": "No."},
    {"at": "hosted", "when": 'own.scale == "a"', "oblige": {"duty": "Report"}},
    {"at": "fully_open", "when": "compute.training_flop > 1", "sign_off": {"role": "legal"}},
]


@pytest.mark.parametrize(
    ("wanted", "missing", "could_lift"),
    [
        ("trusted_testers", (), ()),
        ("hosted", ("own.count",), ("own.scale",)),
        ("weights_restricted", ("own.count",), ("own.scale",)),
        ("weights_open", ("own.count", "own.flag"), ("own.scale",)),
        ("fully_open", ("own.count", "own.flag"), ("compute.training_flop", "own.scale")),
    ],
)
def test_what_is_missing_and_what_could_lift_a_duty_is_that_of_the_very_rung(
    wanted: str, missing: tuple[str, ...], could_lift: tuple[str, ...]
) -> None:
    told = answer(policy(OPEN_FACTS), wanted=wanted)
    assert (told.missing, told.missing_at.get(wanted, ())) == (missing, missing)
    assert told.could_lift == could_lift


def test_a_rule_that_says_the_same_at_several_rungs_is_one_finding() -> None:
    high = {"when": "model.parameters > 10", "tier": "high"}
    reads = {"at": "hosted", "when": 'tier >= "high"', "deny": "No."}
    told = answer(policy([high, reads], default_tier="low", **TIERS)).findings
    assert [(each.from_, each.to) for each in told if each.rule == "ruleb"] == [("hosted", "fully_open")]


def test_duties_and_signatures_come_in_the_order_of_their_names() -> None:
    one, other = {"oblige": {"duty": "Report"}}, {"sign_off": {"role": "legal"}}
    rules = [{"id": f"{name}-{what}", **each} for name in "ab" for what, each in (("x", one), ("y", other))]
    for order in (rules, rules[::-1]):
        told = answer(policy(order))
        assert [each.rule for each in told.obligations] == ["a-x", "b-x"]
        assert [each.rule for each in told.sign_offs] == ["a-y", "b-y"]
