import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parent / "fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:accessing attribute")  # rule-engine's own plan for its version 6
@pytest.mark.parametrize("seed", range(4))
def test_on_known_facts_the_reference_agrees_with_rule_engine(fuzz: ModuleType, seed: int) -> None:
    for case in fuzz.cases(500, seed):
        assert fuzz.disagreement(case) == ""


def test_the_comparison_would_see_a_difference(fuzz: ModuleType) -> None:
    case = next(fuzz.cases(1, 0))
    assert fuzz.ours(case) in (True, False)
    case.text = "$any([x0 > 1 for x0 in numbers])"
    case.facts["numbers"] = [2]
    assert fuzz.theirs(case) is True
