"""What all tests share: how hard the property tests try."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

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
