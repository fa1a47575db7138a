"""A measurement is held against the range that the policy declares for its metric."""

from datetime import date
from typing import Any

import pytest

from release_gate import ReleaseRequest, RequestError
from release_gate.engine import decide
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
facts: {metrics: {refusal: {range: [0, 1]}}}
rules: [{id: floor, require: metric.refusal >= 0.9}]
"""


def verdict(measured: Any) -> str:
    policy = policy_from_document(read_document(POLICY))
    artifact = {"id": "w", "kind": "weights", "wanted": "hosted"}
    request = {"id": "r", "action": "release", "artifacts": [artifact], "metric": {"refusal": measured}}
    return str(decide(ReleaseRequest.model_validate(request), (policy,), date(2026, 11, 24)).verdict)


@pytest.mark.parametrize("measured", [98, -0.1, 1.01, {"low": 97, "high": 99}, {"low": -3, "high": -1}])
def test_what_cannot_be_is_refused(measured: Any) -> None:
    with pytest.raises(RequestError, match="RG402"):
        verdict(measured)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (1, "approve"),
        ({"value": 0.99, "stderr": 0.02}, "approve"),  # 0.95 to 1.03 by the usual interval, all above 0.9
        ({"value": 0.92, "stderr": 0.05}, "needs_evidence"),
        ({"low": 0.5, "high": 98}, "needs_evidence"),
    ],
)
def test_an_interval_may_reach_past_an_end_and_still_has_to_be_on_one_side(measured: Any, told: str) -> None:
    assert verdict(measured) == told


def test_an_interval_around_the_lowest_end_is_as_low_as_it_is() -> None:
    assert verdict({"value": 0, "stderr": 0.02}) == "deny"
