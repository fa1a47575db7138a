"""The same inputs give the same bytes, whatever surrounds them."""

import os
import subprocess
import sys
from decimal import localcontext
from pathlib import Path

import pytest

from release_gate.facts.release import ReleaseRequest

ROOT = Path(__file__).parents[1]
PLACES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "COLUMNS": "100"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "COLUMNS": "100"},
    {"PYTHONHASHSEED": "random", "TZ": "America/Adak", "LC_ALL": "de_DE.UTF-8", "COLUMNS": "100"},
]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_decision_is_the_same_everywhere(form: str) -> None:
    code = "from release_gate.cli import main; main()"
    asked = ["check", "examples/dossiers/alpaca.yaml", "--gate", "examples/release-gate.yaml"]
    made = {
        subprocess.run(
            [sys.executable, "-c", code, *asked, "--as-of", "2026-11-24", "-o", form],
            cwd=ROOT, env={**os.environ, **place}, capture_output=True, check=False,
        ).stdout
        for place in PLACES
    }  # fmt: skip
    assert len(made) == 1
    assert len(made.pop()) > 1000


def test_the_precision_of_the_caller_changes_no_fact() -> None:
    """A program that calculates with three digits reads the same request."""
    tree = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
        "model": {"parameters": 123456789},
        "metric": {"m": {"value": 0.987654321, "stderr": 0.012345678}},
    }
    expected = ReleaseRequest.model_validate(tree)
    with localcontext() as context:
        context.prec = 3
        found = ReleaseRequest.model_validate(tree)
    assert found.model.parameters == expected.model.parameters
    assert found.metric["m"].value == expected.metric["m"].value
