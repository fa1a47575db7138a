"""What helps whoever has misspelt a word."""

from collections.abc import Iterable

import pytest

from release_gate.diagnostics import did_you_mean


@pytest.mark.parametrize(
    ("word", "choices", "offered"),
    [
        ("us_goverment", ["US_GOVERNMENT", "EU"], "did you mean `US_GOVERNMENT`"),
        ("APACHE-2", ["Apache-2.0", "MIT"], "did you mean `Apache-2.0`"),
        ("rg8301", ["RG830", "RG100"], "did you mean `RG830`"),
        ("weigths", ["weights", "code"], "did you mean `weights`"),
        ("Ann", ["ann", "ANN"], "did you mean `ANN` or `ann`"),
    ],
)
def test_the_nearest_choice_is_offered_as_it_is_written(word: str, choices: list[str], offered: str) -> None:
    assert did_you_mean(word, choices) == offered
    assert did_you_mean(word.swapcase(), reversed(choices)) == offered


@pytest.mark.parametrize("choices", [["low", "high"], {"low": 1, "high": 2}, ("low", "high", "low")])
def test_choices_are_listed_in_their_own_order_if_they_have_one(choices: Iterable[str]) -> None:
    assert did_you_mean("zzz", choices) == "one of `low`, `high`"
    assert did_you_mean("zzz", set(choices)) == "one of `high`, `low`"
