from collections.abc import Callable
from typing import Any

import pytest

from release_gate.evaluate.kleene import Kleene
from tests.differential.agreement import batch


@pytest.mark.parametrize("seed", range(1, 5))
def test_compiled_programs_say_what_the_reference_says(seed: int) -> None:
    decisions, reports = batch(seed, policies=10, requests_=40)
    assert reports == []
    assert decisions > 300


def test_the_comparison_sees_a_difference_and_shrinks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    negated: Callable[..., str] = Kleene.handlers[next(k for k in Kleene.handlers if k.__name__ == "Not")]

    def wrong(emitter: Kleene, node: Any, variables: Any) -> str:
        return emitter.set(f"{negated(emitter, node, variables)} is True")

    monkeypatch.setattr(
        Kleene, "handlers", {k: wrong if k.__name__ == "Not" else each for k, each in Kleene.handlers.items()}
    )
    _, reports = batch(1, policies=8, requests_=10)
    assert reports
    assert "by the reference" in reports[0]
    assert len(reports[0]) < 1500
