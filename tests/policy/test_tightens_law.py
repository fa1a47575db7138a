"""The law of overlays: one that says that it tightens, and loads, never loosens any rung."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from release_gate import engine
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import PolicyError, Source
from release_gate.facts.ladder import LADDER
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.build import build
from release_gate.policy.model import Policy
from release_gate.source import Document

TODAY = date(2026, 11, 24)
RUNGS = [step.name for step in LADDER]
AGES = ["P10D", "P30D", "P1M", "P100D", "P6M", "P1Y", "PT5H"]
WAYS = ["higher", "lower"]

# Conditions that rise with each parameter they read, that fall with it, and that do neither.
RISING = [
    "model.parameters < parameter.size",
    "$count([s for s in safeguards if s.effective]) < parameter.size",
    "[p for p in lineage if p.training_flop < parameter.size].length >= 1",
    "not [p for p in lineage if p.training_flop < parameter.size].is_empty",
    "$any([p.training_flop < parameter.size for p in lineage])",
    "$all([p.training_flop < parameter.size for p in lineage if not p.direct])",
    "(developer.annual_revenue_usd ?? parameter.size) > 5",
    "(model.parameters > 7 ? parameter.size * 2 : 4) > 5",
    "parameter.strict",
    "metric.harm <= parameter.floor",
    "as_of - transparency.release_date < parameter.age",
    "transparency.release_date + parameter.age > as_of",
]
FALLING = [
    "model.parameters >= parameter.size",
    "10 - parameter.size > model.parameters / 2",
    "$count([s for s in safeguards if s.effective]) >= parameter.size",
    "$any([p.training_flop > parameter.size for p in lineage])",
    "$all([p.direct for p in lineage if p.training_flop < parameter.size])",
    "not parameter.strict",
    "metric.harm > parameter.floor",
    "as_of - transparency.release_date > parameter.age",
]
OTHER = [
    "model.parameters == parameter.size",
    "(parameter.strict ? model.parameters : 3) > 6",
    "parameter.strict == true",
    "model.parameters < parameter.size and model.parameters + parameter.size > 14",
    "transparency.website == null",
    'capability.cbrn.level >= "high"',
]
EVERY = [*RISING, *FALLING, *OTHER]
GUARDS = ['artifact.access >= "hosted"', 'tier >= "high"']
REQUIRES = ['artifact.access < "weights_open"', 'tier <= "low"']

FACTS: dict[str, list[Any]] = {
    "model.parameters": [0, 5, 12, 40, {"low": 5, "high": 12}],
    "capability.cbrn.level": ["low", "critical", {"low": "low", "high": "high"}],
    "developer.annual_revenue_usd": [None, 3, 9, {"low": 3, "high": 9}],
    "transparency.website": [None, "x"],
    "transparency.release_date": ["2026-10-01", "2026-01-01", "2020-01-01"],
}


def expression(rng: random.Random, extra: list[str], atoms: list[str], depth: int = 1) -> str:
    if depth == 0 or rng.random() < 0.6:
        return rng.choice(extra) if extra and rng.random() < 0.2 else rng.choice([*atoms, "is.named"])
    if rng.random() < 0.1:
        return f"not ({expression(rng, [], atoms, depth - 1)})"
    sides = [expression(rng, extra, atoms, depth - 1) for _ in range(2)]
    return f"({sides[0]} {rng.choice(['and', 'or'])} {sides[1]})"


def rule(
    rng: random.Random, name: str, when: list[str] = EVERY, require: list[str] = EVERY
) -> dict[str, Any]:
    effect = rng.choice(["tier", "ceiling", "require", "require", "sign_off", "oblige", "deny", "instead"])
    made: dict[str, Any] = {"id": name, "at": rng.choice(RUNGS[2:])}
    if rng.random() < 0.7:
        made["when"] = expression(rng, GUARDS[:1] if effect == "tier" else GUARDS, when)
    match effect:
        case "tier":
            made["tier"] = rng.choice(["mid", "high"])
        case "ceiling":
            made["ceiling"] = rng.choice(RUNGS)
        case "require":
            made["require"] = expression(rng, REQUIRES, require)
        case "sign_off":
            made["sign_off"] = {"role": "safety-lead", "count": rng.choice([1, 2])}
            if rng.random() < 0.5:
                made["sign_off"]["max_age"] = rng.choice(AGES)
        case "oblige":
            made["oblige"] = {"duty": "Report"}
        case "deny":
            made["deny"] = "No."
        case _:
            made |= {"require": expression(rng, REQUIRES, require), "else": {"sign_off": {"role": "legal"}}}
    return made


def base_tree(rng: random.Random) -> dict[str, Any]:
    """A policy. In most, every condition follows the parameters the same way."""
    ways, when, require = rng.choice(
        [(["higher"], RISING, FALLING), (["lower"], FALLING, RISING), (WAYS, EVERY, EVERY)]
    )
    tree: dict[str, Any] = {
        "release_gate": "policy/v1",
        "id": "base",
        "version": "1.0.0",
        "title": "Base",
        "covers": rng.random() < 0.9,
        "parameters": {
            "size": {"value": rng.choice([1, 5, 9]), "stricter": rng.choice(ways)},
            "floor": {"value": 0.5, "stricter": rng.choice(ways)},
            "strict": {"value": rng.random() < 0.5, "stricter": rng.choice(ways)},
            "age": {"value": rng.choice(AGES), "stricter": rng.choice(ways)},
        },
        "facts": {"metrics": {"harm": {"range": [0, 1]}}},
        "definitions": {"named": rng.choice(rng.choice([when, OTHER[-2:]]))},
        "tiers": [
            {"id": "low", "ceiling": "fully_open"},
            {"id": "mid", "ceiling": "weights_gated_auto"},
            {"id": "high", "ceiling": "hosted"},
        ],
        "default_tier": "low",
        "rules": [rule(rng, f"r{index}", when, require) for index in range(3)],
    }
    if rng.random() < 0.5:
        tree["facts"]["metrics"]["harm"]["max_age"] = rng.choice([*AGES, "parameter.age"])
    if rng.random() < 0.1:
        tree["scope"] = expression(rng, [], EVERY)
    if rng.random() < 0.15:
        del tree["default_tier"]
        column = rng.choice(EVERY)
        rows = [[True, "low"], [False, "mid"]]
        tree["tier_table"] = {"columns": [column], "rows": rows, "otherwise": "high"}
    return tree


VALUES: dict[str, list[Any]] = {
    "size": [0, 5, 30],
    "floor": [0.05, 0.95],
    "strict": [True, False],
    "age": AGES,
}
CHANGES: dict[str, Any] = {
    "set": lambda rng, _: {name: rng.choice(values) for name, values in VALUES.items() if rng.random() < 0.6},
    "ceilings": lambda rng, _: {rng.choice(["low", "mid", "high"]): rng.choice(RUNGS)},
    "max_age": lambda rng, asks: {rng.choice(["metric.harm", *asks]): rng.choice(AGES)},
    "approvers": lambda rng, asks: {name: rng.choice([1, 2, 3]) for name in asks[:1]},
    "rules": lambda rng, _: [rule(rng, rng.choice(["n0", "n0", "r0"]))],
    "in_force": lambda _rng, _: {"from": "2027-01-01"},
    "definitions": lambda rng, _: {rng.choice(["named", "other"]): rng.choice(EVERY)},
    "parameters": lambda rng, _: {rng.choice(["size", "other"]): {"value": 3}},
    "without": lambda _rng, _: ["r0"],
    "covers": lambda rng, _: rng.random() < 0.5,
    "scope": lambda rng, _: expression(rng, [], EVERY, 0),
    "default_tier": lambda rng, _: rng.choice(["low", "mid"]),
}
WEIGHTS = [20, 4, 4, 4, 5, 1, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2]


def overlay_tree(rng: random.Random, base: dict[str, Any]) -> dict[str, Any]:
    asks = [each["id"] for each in base["rules"] if "sign_off" in each]
    tree: dict[str, Any] = {"release_gate": "policy/v1", "id": "over", "extends": "base", "tightens": True}
    for key in rng.choices(list(CHANGES), WEIGHTS, k=rng.choice([1, 1, 2, 2])):
        tree[key] = CHANGES[key](rng, asks)
    for name, value in list(tree.get("set", {}).items()):  # most that go the wrong way are not worth a try
        old, way = (base["parameters"][name][key] for key in ("value", "stricter"))
        if name != "age" and rng.random() < 0.9 and not (value > old if way == "higher" else value < old):
            del tree["set"][name]
    return tree


def document(tree: dict[str, Any]) -> Document:
    return Document(Source(tree["id"], ""), deepcopy(tree), {}, {}, {})


def pair(rng: random.Random) -> tuple[Policy, Policy | None, dict[str, Any]]:
    """A policy, an overlay over it if that can be shown to tighten, and the overlay as it is written."""
    written = base_tree(rng)
    base = build(document(written), lambda _: base)
    tree = overlay_tree(rng, written)
    try:
        return base, build(document(tree), lambda _: base), tree
    except PolicyError:
        return base, None, tree


def request_tree(rng: random.Random) -> dict[str, Any]:
    """A request with gaps and ranges."""
    tree: dict[str, Any] = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": rng.choice(RUNGS)}],
    }
    for path, values in FACTS.items():
        if rng.random() < 0.8:
            section, *rest = path.split(".")
            where = tree.setdefault(section, {})
            for name in rest[:-1]:
                where = where.setdefault(name, {})
            where[rest[-1]] = rng.choice(values)
    if rng.random() < 0.8:
        day = rng.choice(["2026-11-20", "2026-10-01", "2026-06-10", "2025-12-01"])
        tree["metric"] = {"harm": {"value": rng.choice([0.1, 0.6, 0.9]), "measured": day, "behind": []}}
    if rng.random() < 0.8:
        facts = [{"id": f"s{n}", "effective": rng.choice([True, False])} for n in range(rng.randrange(4))]
        tree["safeguards"] = {"items": facts, "complete": rng.random() < 0.7}
    if rng.random() < 0.8:
        flop = [0, 4, 8, {"low": 2, "high": 6}, {"unknown": "missing"}]
        edges = [{"parent": f"p{n}", "training_flop": rng.choice(flop)} for n in range(rng.randrange(3))]
        edges += [{"parent": "far", "child": "p0", "training_flop": rng.choice(flop)}] if edges else []
        tree["lineage"] = {"items": edges, "complete": rng.random() < 0.7}
    return tree


def judge(policy: Policy, tree: dict[str, Any], signed: list[tuple[str, str, str]]) -> Decision:
    """The decision, with sign-offs by people who saw this very request and policy."""
    seen = engine.decide(ReleaseRequest.model_validate(tree), [policy], TODAY)
    word = {"word": "approve", "artifact": "w", "rung": "fully_open"}
    bound = {"request": seen.request.proposal_digest, "policies": seen.policies_digest}
    offs = [{"person": who, "role": role, "on": day, **word, **bound} for who, role, day in signed]
    return engine.decide(ReleaseRequest.model_validate({**tree, "sign_offs": offs}), [policy], TODAY)


def sign_offs(rng: random.Random) -> list[tuple[str, str, str]]:
    days = ["2026-11-20", "2026-10-01", "2026-06-10"]
    return [
        (f"p{n}", rng.choice(["safety-lead", "legal"]), rng.choice(days)) for n in range(rng.randrange(4))
    ]


def rungs(before: Decision, after: Decision) -> Iterator[tuple[Verdict, Verdict]]:
    ladders = before.artifacts[0].ladder, after.artifacts[0].ladder
    return zip(ladders[0].values(), ladders[1].values(), strict=True)


@given(st.integers(0, 2**32))
def test_law_an_overlay_that_tightens_never_loosens_a_rung(seed: int) -> None:
    rng = random.Random(seed)
    base, over, tree = pair(rng)
    if over is None:
        return
    request, signed = request_tree(rng), sign_offs(rng)
    # What a measurement says is no longer known once it is too old, be it good or bad.
    may_forget = "max_age" in tree or "age" in tree.get("set", {})
    for old, new in rungs(judge(base, request, signed), judge(over, request, signed)):
        forgotten = may_forget and (old, new) == (Verdict.DENY, Verdict.NEEDS_EVIDENCE)
        assert new.rank >= old.rank or forgotten


def test_the_law_is_tried_on_overlays_that_load_and_matter() -> None:
    loaded = stricter = 0
    for seed in range(300):
        rng = random.Random(seed)
        base, over, _ = pair(rng)
        if over is None:
            continue
        loaded += 1
        request, signed = request_tree(rng), sign_offs(rng)
        stricter += any(
            old is not new for old, new in rungs(judge(base, request, signed), judge(over, request, signed))
        )
    assert loaded > 60
    assert stricter > 10
