"""What all tests share: how hard the property tests try."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from release_gate.cli import clock

# No test writes outside this folder.
for _name in ("RELEASE_GATE_CACHE", "RELEASE_GATE_STATE"):
    os.environ.setdefault(_name, str(Path(__file__).parents[1] / ".cache" / _name.lower()))

# `ci` is the same every time, so that a red run is the fault of the change. `long` looks for what is new,
# by hand: RELEASE_GATE_HYPOTHESIS=long python -m pytest -k law
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("ci"), derandomize=False, max_examples=20_000)
settings.load_profile(os.environ.get("RELEASE_GATE_HYPOTHESIS", "ci"))


@pytest.fixture(autouse=True)
def _on_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands compare a decision for another day with that of today, whatever day the tests run on."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 24))
