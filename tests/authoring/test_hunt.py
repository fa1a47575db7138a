"""The short way to what a changed policy decides is the long way: change it, and run every test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.authoring import write
from release_gate.authoring.mutation.hunt import Hunt
from release_gate.authoring.mutation.mutants import Mutant
from release_gate.authoring.mutation.scenes import scenes
from release_gate.authoring.testing.expectations import found
from release_gate.authoring.testing.suites import Suite, load_suite
from release_gate.authoring.testing.trials import judged, run
from release_gate.decision import ArtifactDecision
from release_gate.policy.packs import data_folder

PACKS = sorted(data_folder("policies").glob("**/tests.yaml"))
OF_EACH, TRIALS = 8, 16


def told(decision: ArtifactDecision) -> dict[str, Any]:
    """All of a decision that a test can expect something of."""
    names = ("ladder", "best", "not_ruled_out", "tiers", "missing_at", "could_lift")
    rules = {
        (each.policy, each.rule, rung, each.outcome)
        for each in decision.findings
        for rung in decision.ladder
        if each.stands_at(rung)
    }
    duties = [(each.policy, each.rule) for each in decision.obligations]
    return {**{name: getattr(decision, name) for name in names}, "rules": rules, "duties": duties}


def some(things: list[Any], count: int) -> list[Any]:
    """So many of some things, from all over them."""
    return things[:: max(1, len(things) // count)]


def differences(suite: Suite, *, every: bool = False) -> Iterator[tuple[Mutant, str, str]]:
    """Where the two ways differ, and whether the hunt comes to another end than the tests themselves."""
    trials = suite.trials if every else tuple(some(list(suite.trials), TRIALS))
    hunt = Hunt(suite.policy, scenes(suite.policy, [replace(suite, trials=trials)]))
    for mutant in hunt.mutants if every else some(hunt.mutants, OF_EACH):
        changed = {(id(scene.trial), scene.artifact.id): new for scene, new in hunt.changes(mutant)}
        noticed = False
        for scene in hunt.scenes:
            short = changed.get((id(scene.trial), scene.artifact.id), scene.decision)
            long = judged(scene.trial, (mutant.policy, *suite.beside))[scene.artifact.id]
            noticed = noticed or any(not each.holds(found(each, long)) for each in scene.expectations)
            if told(short) != told(long):
                yield mutant, scene.trial.name, scene.artifact.id
        if noticed is not (hunt.survives(mutant) is None):
            yield mutant, "noticed", str(noticed)


@pytest.mark.parametrize(
    "tests", PACKS, ids=lambda path: path.parent.relative_to(data_folder("policies")).as_posix()
)
def test_for_packs(tests: Path) -> None:
    assert list(differences(load_suite(tests))) == []


def test_for_tiers_and_measurements_that_age(tmp_path: Path) -> None:
    write(tmp_path, 17, 60)
    assert list(differences(load_suite(tmp_path / "tests.yaml"))) == []


POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme
scope: model.name != "toy"
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]
tier_table: {columns: [misuse.ncii.likelihood], rows: [[low, low]], otherwise: high}
parameters: {limit: {value: 100, stricter: lower}}
facts: {metrics: {m: {max_age: P10D, bound: true}, n: {independent: true}}}
definitions: {big: model.parameters > parameter.limit, odd: 'metric.n > 0.5 ? is.big : false'}
rules:
- {id: board, at: hosted, when: is.big, sign_off: {role: board, count: 2}}
- {id: listed, at: hosted, require: '$all([p.direct for p in lineage if p.license != "MIT"])'}
- {id: measured, at: hosted, require: metric.m >= 0.9, else: {sign_off: {role: board}}}
- {id: watched, when: tier >= "high" or is.odd, oblige: {duty: Watch, due: {with: release}, owner: board}}
- {id: rises, at: internal, when: metric.n > 0.7, tier: high}
- {id: open, when: artifact.access >= "weights_gated_manual" and is.odd, deny: No}
"""
BESIDE = """\
release_gate: policy/v1
id: beside
version: 1.0.0
title: Beside
covers: true
rules:
- {id: other, at: api_restricted, require: model.parameters < 1000}
- {id: duty, oblige: {duty: Tell, due: {with: release}, owner: board}}
"""
TESTS = """\
release_gate: tests/v1
policy: acme
beside: [beside]
as_of: 2026-11-01
fixtures:
  base:
    release_gate: request/v1
    id: r
    action: release
    model: {name: m, parameters: 200}
    misuse: {ncii: {likelihood: low}}
    lineage: [{parent: a, license: MIT}]
    metric: {m: {value: 0.95, measured: 2026-10-22, "on": "sha256:DIGEST"}, n: {value: 0.6, independent: true}}
    artifacts:
    - {id: w, kind: weights, wanted: hosted, digest: "sha256:DIGEST"}
    - {id: a, kind: api, wanted: hosted}
  signed:
    from: base
    set:
      sign_offs:
      - {person: ann, role: board, word: approve, artifact: w, rung: weights_open, "on": 2026-10-30}
      - {person: bob, role: board, word: approve, artifact: w, rung: hosted, "on": 2026-10-30}
  old: {from: base, set: {metric.m.measured: 2026-10-21}}
  toy: {from: base, set: {model.name: toy}}
cases:
- name: signed
  request: signed
  matrix: {model.parameters: [100, 101, 1000]}
  expect:
    w: {best: [hosted, hosted, hosted], levels: {api_restricted: [conditional, needs_approval, deny]}}
    a: {verdict: needs_approval}
- name: not signed
  request: base
  matrix: {metric.n.value: [0.5, 0.51, 0.7, 0.71]}
  expect: {w: {tier: [low, low, low, high], obligations: [[duty], [duty, watched], [duty, watched], [duty, watched]]}}
- {name: a measurement of yesterday, request: base, expect: {w: {not_because: [measured]}}}
- {name: a measurement of long ago, request: old, expect: {w: {because: [measured]}}}
- {name: a toy, request: toy, expect: {w: {verdict: conditional}}}
""".replace("DIGEST", "0" * 64)


def test_for_sign_offs_that_bind_to_policies_beside(tmp_path: Path) -> None:
    for name, text in {"acme": POLICY, "beside": BESIDE, "tests": TESTS}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    suite = load_suite(tmp_path / "tests.yaml")
    assert [
        failure.diagnostic.message for outcome in run(suite, suite.trials) for failure in outcome.failures
    ] == []
    assert list(differences(suite, every=True)) == []
