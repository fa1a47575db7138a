"""An interval on both sides of a threshold: how many more samples would settle it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import ReleaseRequest
from release_gate.engine import decide
from release_gate.engine.samples import more_samples
from release_gate.facts.truth import Range
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

CASES = [
    ("0.93", "0.97", "0.94", 400, 1200),  # half as wide is enough, and that takes four times as many
    ("0.93", "0.97", "0.96", 400, 1200),
    ("0.93", "0.97", "0.951", 100, 40_000),
    ("0.93", "0.97", "0.95", 400, None),  # on the threshold
    ("0.93", "0.97", "0.950000001", 400, None),  # nobody measures that much
    ("0.93", "0.97", "0.93", 400, None),  # only just: it is enough already
    ("0.93", "0.97", "0.94", 0, None),
]


@pytest.mark.parametrize(("low", "high", "threshold", "n", "more"), CASES)
def test_the_samples_that_are_missing(low: str, high: str, threshold: str, n: int, more: int | None) -> None:
    assert more_samples(Range(Decimal(low), Decimal(high)), Decimal(threshold), Decimal(n)) == more


@given(st.integers(1, 10_000), st.integers(1, 99), st.integers(1, 500))
def test_so_many_samples_do_settle_it(n: int, at: int, half: int) -> None:
    middle, width = Decimal(500), Decimal(half)
    threshold = middle - width * at / 100
    more = more_samples(Range(middle - width, middle + width), threshold, Decimal(n))
    if more is not None:
        assert width * (Decimal(n) / (n + more)).sqrt() <= middle - threshold + Decimal("1e-9")


POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
parameters: {floor: {value: 0.94, stricter: higher}}
facts: {metrics: {refusal: {range: [0, 1]}, other: {range: [0, 1]}}}
rules: [{id: floor, require: %s, fix: Measure it.}]
"""
MEASURED = {"value": 0.95, "stderr": 0.01, "n": 400}
MORE = "About 1,200 more samples of `refusal` (now 400) would settle it if it stays where it is."
SAID: dict[str, tuple[str, dict[str, Any], str]] = {
    "a metric": ("metric.refusal >= 0.94", MEASURED, f"Measure it. {MORE}"),
    "a parameter": ("metric.refusal >= parameter.floor", MEASURED, f"Measure it. {MORE}"),
    "the other way round": ("0.94 <= metric.refusal", MEASURED, f"Measure it. {MORE}"),
    "within more": ("not (metric.refusal < 0.94) and metric.other > 0.1", MEASURED, f"Measure it. {MORE}"),
    "no size of the sample": ("metric.refusal >= 0.94", {"value": 0.95, "stderr": 0.01}, "Measure it."),
    "no measurement": ("metric.refusal >= 0.94", {"unknown": "missing"}, "Measure it."),
    "two metrics": ("metric.refusal >= metric.other", MEASURED, "Measure it."),
    "failed": ("metric.refusal >= 0.99", MEASURED, "Measure it."),
}


@pytest.mark.parametrize(("condition", "measured", "fix"), SAID.values(), ids=SAID)
def test_a_finding_says_how_many_more_would_settle_it(
    condition: str, measured: dict[str, Any], fix: str
) -> None:
    policy = policy_from_document(read_document(POLICY % f"'{condition}'"))
    artifact = {"id": "w", "kind": "weights", "wanted": "hosted"}
    request = {"id": "r", "action": "release", "artifacts": [artifact], "metric": {"refusal": measured}}
    decision = decide(ReleaseRequest.model_validate(request), (policy,), date(2026, 11, 24))
    (finding,) = [each for each in decision.artifacts[0].findings if each.from_ == "internal"]
    assert finding.fix == fix
