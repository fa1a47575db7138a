"""The laws of the ladder for policies and worlds by chance: several rules, several policies, many facts."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from release_gate.policy.model import Policy
from tests.engine.test_every_world import CONDITIONS, EFFECTS, TABLE, TIERS, compare
from tests.engine.worlds import HEAD, RUNGS, SLOTS, Way, World, is_sharper, judge, policy

SEEDS = st.integers(0, 2**32)


def condition(rng: random.Random, names: list[str], depth: int = 2) -> str:
    """A condition, and the facts that it reads."""
    if depth == 0 or rng.random() < 0.4:
        text = rng.choice([*CONDITIONS, "metric.m > parameter.floor"])
        names += CONDITIONS.get(text, [path for path in SLOTS if path.startswith(("metric", "safeguards"))])
        return f"({text})"
    if rng.random() < 0.2:
        return f"not {condition(rng, names, depth - 1)}"
    if rng.random() < 0.15:
        return f"({' ? '.join(condition(rng, names, 0) for _ in '12')} : {condition(rng, names, 0)})"
    return (
        f"({condition(rng, names, depth - 1)} {rng.choice(['and', 'or'])} {condition(rng, names, depth - 1)})"
    )


def rule(rng: random.Random, names: list[str], *, tiers: bool) -> dict[str, Any]:
    """A rule of any effect."""
    effect = rng.choice([name for name in EFFECTS if tiers or name != "tier"])
    text = condition(rng, names)
    made: dict[str, Any] = {**EFFECTS[effect](text)}
    if tiers and effect not in ("tier", "require", "require, else sign-off") and rng.random() < 0.4:
        made["when"] = f"{text} {rng.choice(['and', 'or'])} tier >= 'high'"
    elif rng.random() < 0.3 and "when" in made:
        made["when"] = f"{text} and artifact.access > '{rng.choice(RUNGS)}'"
    if rng.random() < 0.5:
        made["at"] = rng.choice(RUNGS)
    return made


def made(rng: random.Random, name: str, names: list[str]) -> Policy:
    """A policy of a few rules, with tiers, a table or a scope, or without."""
    more: dict[str, Any] = {"id": name, "covers": rng.random() < 0.8}
    tiers = rng.random() < 0.6
    if tiers:
        more |= TIERS if rng.random() < 0.5 else TABLE
        names += ["misuse.ncii.likelihood", "own.flag"]
    if rng.random() < 0.3:
        more["scope"] = condition(rng, names, 1)
    asked = {key: rng.choice([True, False]) for key in ("bound", "independent")}
    age = rng.choice([{}, {"max_age": "P180D"}])
    more["facts"] = {**HEAD["facts"], "metrics": {"m": {"range": [0, 1], **asked, **age}}}
    return policy([rule(rng, names, tiers=tiers) for _ in range(rng.randint(1, 4))], **more)


def by_chance(rng: random.Random, names: list[str]) -> World:
    """Some way of knowing each of some facts."""
    return {path: rng.choice(SLOTS[path].ways) for path in names}


def sharper(rng: random.Random, world: World, some: float) -> dict[str, Way]:
    """A world in which more is known of some facts."""
    more = dict(world)
    for path in world:
        if rng.random() < some:
            ways = [way for way in SLOTS[path].ways if is_sharper({path: way}, {path: world[path]})]
            more[path] = rng.choice(ways)
    return more


@given(SEEDS)
def test_laws_hold_together(seed: int) -> None:
    rng = random.Random(seed)
    names: list[str] = []
    policies = [made(rng, name, names) for name in ("p", "q")[: rng.randint(1, 2)]]
    names = sorted({*names, *rng.sample(sorted(SLOTS), 2)})
    in_variant = rng.random() < 0.5
    before = by_chance(rng, names)
    first = judge(policies, before, in_variant=in_variant).artifacts[0]
    allowed = [verdict.allows for verdict in list(first.ladder.values())[1:]]
    assert allowed == sorted(allowed, reverse=True)
    for some in (0.2, 0.5, 1):
        after = sharper(rng, before, some)
        second = judge(policies, after, in_variant=in_variant).artifacts[0]
        compare((before, first), (after, second))


@given(SEEDS)
def test_a_rule_more_never_loosens_for_worlds_by_chance(seed: int) -> None:
    rng = random.Random(seed)
    names: list[str] = []
    state = rng.getstate()
    base = made(rng, "p", names)
    rng.setstate(state)
    names.clear()
    more = made(rng, "p", names)
    added = rule(rng, names, tiers=bool(more.tiers))
    tree = more.document.model_dump(by_alias=True, exclude_unset=True)
    rules = [{key: value for key, value in each.items() if key != "id"} for each in tree.pop("rules")]
    del tree["id"], tree["version"], tree["title"], tree["release_gate"]
    stricter = policy([*rules, added], **tree)
    world = by_chance(rng, sorted(set(names)))
    old, new = (judge([each], world).artifacts[0].ladder for each in (base, stricter))
    assert all(new[rung].rank >= verdict.rank for rung, verdict in old.items())
