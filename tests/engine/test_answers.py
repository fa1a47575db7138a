"""What a program can take an answer for: its word, and nothing else."""

import json
from datetime import date

import pytest

from release_gate import Gate, ReleaseRequest, Verdict

ARTIFACTS = [{"id": "w", "kind": "weights", "wanted": "weights_open"}]
ASKED = {"id": "r", "action": "release", "artifacts": ARTIFACTS}


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_its_word(verdict: Verdict) -> None:
    word: str = {Verdict.DENY: "deny"}.get(verdict, verdict.name.lower())
    assert verdict == word
    assert (verdict, 1) in {word: 1}.items()
    assert f"{verdict}" == str(verdict) == word
    assert json.dumps([verdict]) == f'["{word}"]'
    assert Verdict(word) is verdict


def test_no_answer_is_taken_for_true() -> None:
    decision = Gate.from_policies(["ladder"]).decide(
        ReleaseRequest.model_validate(ASKED), as_of=date(2026, 11, 24)
    )
    assert not decision.verdict.allows
    for answer in (decision, decision.artifacts[0], decision.verdict):
        with pytest.raises(TypeError, match="is neither true nor false"):
            bool(answer)


def test_verdicts_are_not_ordered_as_words() -> None:
    with pytest.raises(TypeError, match="no order as words"):
        max(Verdict)
    with pytest.raises(TypeError, match="no order as words"):
        _ = Verdict.APPROVE < "deny"
