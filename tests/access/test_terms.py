"""What a decision about access means: until when, for what, and why not in at most 200 characters."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import Gate
from release_gate.access.terms import Terms, reason_of, shortened, terms_of
from release_gate.facts.access import AccessRequest

DAY = date(2026, 11, 24)
POLICY = """
release_gate: policy/v1
id: p
version: "1"
title: P
subject: access
covers: true
rules:
"""


def decided(folder: Path, rules: str, **said: Any) -> tuple[Gate, Any]:
    (folder / "p.yaml").write_text(POLICY + rules, encoding="utf-8")
    gate = Gate.from_policies([folder / "p.yaml"])
    tree = {
        "release_gate": "access-request/v1",
        "id": "r",
        "artifacts": [{"id": "w", "kind": "weights"}],
        **said,
    }
    return gate, gate.decide(AccessRequest.model_validate(tree), as_of=DAY)


@pytest.mark.parametrize(
    ("duties", "terms"),
    [
        (["duty: D"], Terms(None, None)),
        (["duty: D, expires: P1Y"], Terms(date(2027, 11, 24), None)),
        (["duty: D, expires: P1Y", "duty: E, expires: P30D"], Terms(date(2026, 12, 24), None)),
        (["duty: D, expires: P9000Y"], Terms(DAY, None)),
        (["duty: D, scope: [research]", "duty: E"], Terms(None, ("research",))),
        (["duty: D, scope: [a, b, c]", "duty: E, scope: [c, b]"], Terms(None, ("b", "c"))),
        (["duty: D, scope: [a]", "duty: E, scope: [b]"], Terms(None, ())),
    ],
)
def test_the_strictest_of_all_rules_counts(tmp_path: Path, duties: list[str], terms: Terms) -> None:
    rules = "".join(f"  - {{id: d{number}, oblige: {{{duty}}}}}\n" for number, duty in enumerate(duties))
    gate, decision = decided(tmp_path, rules)
    assert terms_of(decision, gate.in_force(DAY), DAY) == terms


def test_what_nothing_is_left_for_is_not_granted() -> None:
    assert Terms(None, ()).empty
    assert not Terms(None, None).empty


def test_a_reason_fits_after_values_are_filled_in(tmp_path: Path) -> None:
    """Who asks chooses what is filled in, and may not push the rest of the reason out of sight of the hub."""
    rules = "  - {id: no, when: requester.organisation != \"\", deny: 'Not for {requester.organisation}.'}\n"
    _, decision = decided(tmp_path, rules, requester={"organisation": "Institute " * 400})
    reason = reason_of(decision)
    assert reason.startswith("Not for Institute Institute")
    assert reason.endswith("Institute…")
    assert len(reason) <= 200


def test_what_is_missing_is_named_with_what_was_wrong_with_the_answer(tmp_path: Path) -> None:
    rules = '  - {id: no, when: requester.age < 18 or requester.country == "KP", deny: No.}\n'
    _, decision = decided(tmp_path, rules)
    assert reason_of(decision) == "Not known: requester.age; requester.country"
    assert reason_of(decision, {"requester.age": "`Born` is not answered"}) == (
        "Not known: `Born` is not answered; requester.country"
    )


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("one two", 7, "one two"),
        ("one two three", 10, "one two…"),
        ("one two, three", 11, "one two…"),
        ("onetwothree", 5, "onet…"),
        ("a 😀😀😀", 5, "a…"),
        ("😀😀😀", 5, "😀😀…"),
        ("one\n\ttwo", 7, "one two"),
    ],
)
def test_a_text_is_cut_between_words(text: str, limit: int, short: str) -> None:
    assert shortened(text, limit) == short


@given(st.text())
def test_law_a_shortened_text_fits_and_is_the_beginning(text: str) -> None:
    short = shortened(text * 20)
    assert len(short.encode("utf-16-le", "surrogatepass")) <= 400
    whole = " ".join((text * 20).split())
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))
