"""What tables and tier rules come to: the tier that is certain, and the highest that is possible."""

from typing import Any

import pytest

from release_gate.decision import ArtifactDecision
from release_gate.engine import decide
from release_gate.facts.release import ReleaseRequest
from tests.engine.worlds import TODAY, UNKNOWN, policy

TIERS = [{"id": tier, "ceiling": "fully_open"} for tier in ("low", "mid", "high", "top")]
TABLE: dict[str, Any] = {
    "columns": ["own.scale", "own.flag"],
    "rows": [["a", "any", "low"], [["b", "c"], True, "mid"], ["b", "any", "high"]],
    "otherwise": "top",
}
RULES = [{"at": "fully_open", "oblige": {"duty": "Report"}}]
B_OR_C = {"low": "b", "high": "c"}


def judged(rules: Any, own: dict[str, Any], **more: Any) -> ArtifactDecision:
    tree = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
        "own": own,
    }
    judges = policy([*rules, *RULES], **{"tiers": TIERS, **more})
    return decide(ReleaseRequest.model_validate(tree), [judges], TODAY).artifacts[0]


def tier(rules: Any, own: dict[str, Any], **more: Any) -> tuple[str, str]:
    found = judged(rules, own, **more).tiers["p"]
    return found.certain, found.possible


@pytest.mark.parametrize(
    ("scale", "flag", "first", "strictest"),
    [
        ("a", True, ("low", "low"), ("low", "low")),
        ("a", UNKNOWN, ("low", "low"), ("low", "low")),
        ("b", True, ("mid", "mid"), ("high", "high")),
        ("b", False, ("high", "high"), ("high", "high")),
        ("b", UNKNOWN, ("mid", "high"), ("high", "high")),
        ("c", True, ("mid", "mid"), ("mid", "mid")),
        ("c", False, ("top", "top"), ("top", "top")),
        ("c", UNKNOWN, ("mid", "top"), ("mid", "top")),
        (B_OR_C, True, ("mid", "mid"), ("mid", "high")),
        (B_OR_C, False, ("high", "top"), ("high", "top")),
        (UNKNOWN, True, ("low", "mid"), ("low", "high")),
        (UNKNOWN, UNKNOWN, ("low", "top"), ("low", "top")),
    ],
)
def test_what_a_table_comes_to(
    scale: Any, flag: Any, first: tuple[str, str], strictest: tuple[str, str]
) -> None:
    for hit, expected in (("first", first), ("strictest", strictest)):
        assert tier([], {"scale": scale, "flag": flag}, tier_table={**TABLE, "hit": hit}) == expected


@pytest.mark.parametrize(
    ("flag", "count", "expected"),
    [
        (False, 1, ("mid", "mid")),
        (True, 1, ("high", "high")),
        (UNKNOWN, 1, ("mid", "high")),
        (False, 2, ("mid", "mid")),
        (True, UNKNOWN, ("high", "top")),
        (UNKNOWN, UNKNOWN, ("mid", "top")),
        (UNKNOWN, 3, ("top", "top")),
    ],
)
def test_tier_rules_raise_the_tier_and_never_lower_it(
    flag: Any, count: Any, expected: tuple[str, str]
) -> None:
    rules = [
        {"when": "own.flag", "tier": "high"},
        {"when": "own.count > 1", "tier": "low"},
        {"when": "own.count > 2", "tier": "top"},
        {"when": "own.count > 0", "tier": "top", "at": "api_restricted"},
    ]
    assert tier(rules, {"flag": flag, "count": count}, default_tier="mid") == expected


def test_a_tier_rule_that_reads_the_rung_raises_the_tier_from_its_first_rung() -> None:
    rule = {"when": 'artifact.access >= "internal"', "tier": "high", "at": "hosted"}
    assert tier([rule], {}, default_tier="low") == ("high", "high")


def test_what_cannot_raise_the_tier_is_not_missing_for_it() -> None:
    rules = [
        {"when": "own.flag", "tier": "mid"},
        {"when": "own.count > 1", "tier": "high"},
        {"when": 'tier >= "high"', "deny": "No."},
    ]
    told = judged(rules, {}, default_tier="mid")
    assert told.missing == ("own.count",)


def test_a_ceiling_one_below_the_top_closes_the_top() -> None:
    tiers = [{"id": "low", "ceiling": "weights_open"}]
    ladder = judged([], {}, tiers=tiers, default_tier="low").ladder
    assert [str(ladder[rung]) for rung in ("weights_open", "fully_open")] == ["approve", "deny"]
