"""A small policy, a request that it allows, and the means to write tests of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme
covers: true
facts: {metrics: {refusal: {range: [0, 1], max_age: P180D}}, own: {kindness: {choices: [low, high]}}}
tiers:
  - {id: low, ceiling: fully_open}
  - {id: high, ceiling: hosted}
default_tier: low
rules:
  - {id: big, when: compute.training_flop > 1e25, tier: high}
  - {id: floor, at: hosted, require: metric.refusal >= 0.98}
  - {id: two-people, at: weights_gated_manual, sign_off: {role: lead, count: 2}}
  - {id: watch, at: trusted_testers, oblige: {duty: Watch, due: {every: P90D}}}
  - id: upstream
    ceiling: weights_gated_auto
    when: $any([not p.terms.commercial_use for p in lineage])
"""
REQUEST = """\
release_gate: request/v1
id: r
action: release
compute: {training_flop: {value: 1e24, source: card}}
metric: {refusal: {value: 0.99, measured: 2026-10-01, behind: []}}
model: {modalities_out: [text]}
lineage:
  - {parent: Alpha, license: Apache-2.0}
  - {parent: Beta, license: MIT}
artifacts: [{id: w, kind: weights, wanted: hosted}]
sources: {card: {title: Card}}
"""
HEAD = """\
release_gate: tests/v1
policy: acme
as_of: 2026-11-01
fixtures: {base: requests/base.yaml}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy and a request, in which the test runs."""
    (tmp_path / "acme.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "base.yaml").write_text(REQUEST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


Write = Callable[..., Path]


@pytest.fixture
def write(folder: Path) -> Write:
    """Write a file of tests, from its cases or as a whole."""

    def call(text: str, head: str = HEAD) -> Path:
        path = Path("acme.tests.yaml")
        path.write_text(head + text, encoding="utf-8")
        return path

    return call
