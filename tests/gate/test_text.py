"""What a release manager reads first, and what never reaches the terminal."""

import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from release_gate.decision import (
    ArtifactDecision,
    Decision,
    FactRead,
    Finding,
    Obligation,
    PolicyUsed,
    RequestUsed,
    SignOffState,
    TierState,
    Verdict,
    Where,
    in_words,
    number_in_words,
)
from release_gate.diagnostics import Diagnostic, Severity, Source, Span
from release_gate.facts.truth import Duration, Items, Range, Reason, Record, Step, Unknown
from release_gate.facts.types import exact
from release_gate.gate.text import render_diagnostics, render_text

TODAY = date(2026, 11, 24)
NASTY = "a\x1b[31mb\rc\x07d\u202ee\u2066f\x9bg\nh"
KNOWN = FactRead("model.parameters", "known", "7e9", None, Where("request.yaml", 3, 5), None)
UNKNOWN = FactRead("license", "unknown", None, "missing", None, None)
FINDING = Finding(
    policy="p",
    rule="r",
    effect="require",
    outcome=Verdict.NEEDS_EVIDENCE,
    from_="hosted",
    to="weights_open",
    message="Because.",
    fix="State it.",
    cite={"title": "A law", "section": "2"},
    where=None,
    facts=(KNOWN, UNKNOWN),
)
ARTIFACT = ArtifactDecision(
    id="w",
    requested="weights_open",
    verdict=Verdict.NEEDS_EVIDENCE,
    best="internal",
    not_ruled_out="weights_open",
    irrevocable=True,
    tiers={"p": TierState("low", "high"), "q": TierState("low", "low")},
    ladder={"withheld": Verdict.APPROVE, "weights_gated_manual": Verdict.DENY},
    findings=(
        FINDING,
        replace(FINDING, to="hosted", outcome=Verdict.CONDITIONAL, cite={"title": "Another law"}),
        replace(FINDING, from_="fully_open", to="fully_open", cite={}),
    ),
    missing=("license", "other"),
    missing_at={},
    could_lift=(),
    unverified=("p/r",),
    unverified_at={},
    sign_offs=(
        SignOffState("p", "s", ("lead", "legal"), (), 2, "hosted", ("ada as lead: it expired",)),
        SignOffState("p", "t", ("lead",), ("ada",), 0, "hosted", ()),
    ),
    obligations=(
        Obligation("p", "o", "Report", "lead", "P30D", None, None, "hosted"),
        Obligation("p", "o", "Tell", None, None, None, None, "hosted"),
    ),
)
DECISION = Decision(
    as_of=TODAY,
    verdict=Verdict.NEEDS_EVIDENCE,
    request=RequestUsed("req", "sha256:1", "sha256:2"),
    policies=(PolicyUsed("p", "1.0.0", "sha256:3"),),
    policies_digest="sha256:4",
    hypothetical=date(2027, 1, 1),
    artifacts=(ARTIFACT,),
    notes=("A note.",),
)


def test_the_whole_text() -> None:
    assert (
        render_text(DECISION)
        == f"""\
? NEEDS EVIDENCE  req/w at weights_open
  highest rung that is allowed now: internal; not ruled out: up to weights_open
  risk tier: low, possibly high   (p)
  risk tier: low   (q)
  UNVERIFIED: this hangs on what nobody has read in its source: p/r
  copies are out already and cannot be taken back
  missing:
    - license: nobody has stated it
    - other
  must sign: lead and legal (2 lacking)   p/s
    does not count: ada as lead: it expired
    a sign-off names request: sha256:2
                     policies: sha256:4
  ✓withheld ‖ ✗weights_gated_manual
  needs_evidence from hosted to weights_open: p/r
    Because.
    · model.parameters is 7e9  (request.yaml:3)
    · license is unknown: nobody has stated it
    → State it.
    source: A law, 2
  conditional from hosted: p/r
    Because.
    · model.parameters is 7e9  (request.yaml:3)
    · license is unknown: nobody has stated it
    source: Another law
  duty: Report (P30D, owed by lead)
  duty: Tell (no date)
  (1 more finding concerns more open rungs; see -o json)

policies: p 1.0.0
as of 2026-11-24   decision {DECISION.digest}
HYPOTHETICAL: judged by the policies of 2027-01-01. This is no approval.
note: A note.
"""
    )


def test_facts_that_are_unknown_for_one_reason_share_a_line() -> None:
    stated = replace(UNKNOWN, path="lineage", where=Where("request.yaml", 9, 1))
    old = replace(UNKNOWN, path="metric.refusal", reason="stale")
    facts = (UNKNOWN, KNOWN, stated, old, replace(UNKNOWN, path="releases"))
    text = render_text(
        replace(DECISION, artifacts=(replace(ARTIFACT, findings=(replace(FINDING, facts=facts),)),))
    )
    assert [line.strip() for line in text.splitlines() if "· " in line] == [
        "· model.parameters is 7e9  (request.yaml:3)",
        "· lineage is unknown: nobody has stated it  (request.yaml:9)",
        "· metric.refusal is unknown: it is older than the policy accepts, or undated",
        "· license, releases are unknown: nobody has stated it",
    ]


def test_a_list_that_may_be_longer_is_missing_because_of_that() -> None:
    evidence = FactRead("evidence", "known", "[benchmarks, …]", None, Where("request.yaml", 9, 1), None)
    artifact = replace(ARTIFACT, missing=("evidence",), findings=(replace(FINDING, facts=(evidence,)),))
    text = render_text(replace(DECISION, artifacts=(artifact,)))
    assert "    - evidence: there may be more than what is listed\n" in text


def test_after_a_denial_it_is_said_what_the_next_best_lacks() -> None:
    denied = replace(
        ARTIFACT,
        verdict=Verdict.DENY,
        missing=(),
        not_ruled_out="hosted",
        missing_at={"hosted": ("license",), "api_general": ("other",)},
    )
    said = "  missing for hosted, which is not ruled out:\n    - license: nobody has stated it\n"
    assert said in render_text(replace(DECISION, artifacts=(denied,)))
    for other in (
        replace(denied, verdict=Verdict.NEEDS_APPROVAL),
        replace(denied, best="hosted"),
        replace(denied, not_ruled_out="internal"),
        replace(denied, not_ruled_out=None, best="withheld"),
    ):
        assert "which is not ruled out:" not in render_text(replace(DECISION, artifacts=(other,)))


FIRST = {
    Verdict.APPROVE: "✓ APPROVED",
    Verdict.CONDITIONAL: "✓ APPROVED, WITH CONDITIONS",
    Verdict.NEEDS_APPROVAL: "? NEEDS APPROVAL",
    Verdict.NEEDS_EVIDENCE: "? NEEDS EVIDENCE",
    Verdict.DENY: "✗ DENIED",
}


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("colour", [False, True])
def test_the_verdict_comes_first_and_colour_only_when_asked(verdict: Verdict, colour: bool) -> None:  # noqa: FBT001
    plain = replace(
        ARTIFACT,
        verdict=verdict,
        missing=(),
        sign_offs=(),
        irrevocable=False,
        not_ruled_out=None,
        findings=(),
    )
    text = render_text(
        replace(DECISION, artifacts=(plain,), policies=(), hypothetical=None, notes=()), colour=colour
    )
    first = text.splitlines()[0]
    assert FIRST[verdict] in first
    assert ("\x1b[" in text) is colour
    assert first.startswith("\x1b[1;" if colour else FIRST[verdict])
    assert ("highest rung" in text) is not verdict.allows
    assert "policies: none in force" in text


def controls(text: str) -> set[str]:
    return {char for char in text if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n"}


def test_control_characters_never_reach_the_terminal() -> None:
    fact = replace(KNOWN, path=NASTY, value=NASTY, where=Where(NASTY, 1, 1))
    finding = replace(
        FINDING, message=NASTY, fix=NASTY, cite={"title": NASTY, "section": NASTY}, facts=(fact,)
    )
    artifact = replace(
        ARTIFACT,
        findings=(finding,),
        missing=(NASTY,),
        sign_offs=(SignOffState("p", "s", ("lead",), (), 1, "hosted", (NASTY,)),),
        obligations=(Obligation("p", "o", NASTY, NASTY, NASTY, None, None, "hosted"),),
    )
    decision = replace(
        DECISION, artifacts=(artifact,), request=replace(DECISION.request, id=NASTY), notes=(NASTY,)
    )
    text = render_text(decision)
    assert not controls(text)
    assert "\\x1b[31mb" in text
    assert "\nh" not in text


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    source = Source(NASTY, f"key: {NASTY}\n")
    found = Diagnostic("RG1", NASTY, Span(source, 1, 1, 1, 4), NASTY)
    assert not controls(render_diagnostics([found]))


def test_a_diagnostic_shows_its_place() -> None:
    source = Source("policy.yaml", "id: p\n\ttitle: [a,\n b]\n")
    here = Diagnostic("RG1", "this is wrong", Span(source, 2, 2, 2, 7), "do that")
    assert render_diagnostics([here]) == (
        "error[RG1]: this is wrong\n  --> policy.yaml:2:2\n   |\n 2 |  title: [a,\n"
        "   |  ^^^^^\n  help: do that\n"
    )
    several = replace(here, span=Span(source, 2, 9, 3, 4), help="", severity=Severity.WARNING)
    assert "   |         ^^^\n" in render_diagnostics([several])
    assert "warning[RG1]" in render_diagnostics([several])
    beyond = replace(here, span=Span(source, 9, 1, 9, 1))
    assert " 9 | \n   | ^\n" in render_diagnostics([beyond])
    assert render_diagnostics([replace(here, span=None)]) == "error[RG1]: this is wrong\n  help: do that\n"
    assert render_diagnostics([here], colour=True).startswith("\x1b[31;1m")
    assert render_diagnostics([here, several]).count("\n\n") == 1


WORDS: list[tuple[Any, str]] = [
    (None, "none"),
    (True, "true"),
    (False, "false"),
    (Range(exact(1), exact(2)), "1 to 2"),
    (Unknown(Reason.STALE), "unknown (stale)"),
    (Items(("a", "b")), "[a, b]"),
    (Items((True,), complete=False), "[true, …]"),
    (Items(()), "[]"),
    (Record("filter", {}), "filter"),
    (Record("", {}), "record"),
    (Step(1, "low"), "low"),
    (Duration.parse("P30D"), "P30D"),
    (TODAY, "2026-11-24"),
    ("text", "text"),
]


@pytest.mark.parametrize(("value", "words"), WORDS)
def test_a_value_in_words(value: Any, words: str) -> None:
    assert in_words(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (7, "7"),
        (0.25, "0.25"),
        (-3, "-3"),
        (999_999_999, "999999999"),
        (1_000_000_000, "1e9"),
        (-7_500_000_000, "-7.5e9"),
        (1e26, "1e26"),
        (2**-40, "9.094947017729282e-13"),
    ],
)
def test_a_number_is_plain_while_it_is_short(value: Any, words: str) -> None:
    number = exact(value)
    assert number is not None
    assert number_in_words(number) == words
