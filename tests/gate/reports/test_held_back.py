"""What is held back, and what is about no single request, in every format."""

import json
from typing import Any

import pytest

from release_gate.diagnostics import Diagnostic, Severity
from release_gate.gate.reports import FORMATS, render
from release_gate.gate.reports.run import Outcome, Run

LOOSENED = Diagnostic("RG903", "the policy `own` was loosened", severity=Severity.WARNING)
UNREAD = Diagnostic("RG630", "`a.json` is not JSON", severity=Severity.WARNING)
APPROVED = {"artifacts": [{"id": "w", "kind": "weights", "wanted": "internal"}]}


def text_of(form: str, run: Run) -> str:
    return "".join(render(form, run))


def test_json_keeps_its_form_when_there_are_warnings(runs: Any, decided: Any) -> None:
    plain, warned = runs(decided()), runs(decided(warnings=[LOOSENED]))
    warned.tell("evidence", [UNREAD])
    one, two = (json.loads(text_of("json", run)) for run in (plain, warned))
    assert one.keys() == two.keys()
    assert one["requests"][0].keys() == two["requests"][0].keys()
    assert two["diagnostics"][0]["code"] == "RG630"


@pytest.mark.parametrize("form", ["text", "table", "markdown", "html"])
def test_no_report_for_people_says_approved_of_what_is_held_back(form: str, runs: Any, decided: Any) -> None:
    free, held = (text_of(form, runs(decided(warnings=each, **APPROVED))) for each in ((), (LOOSENED,)))
    assert "held back" in held.lower()
    assert "held back" not in free.lower()
    assert "loosened in the same change" in held
    if form == "text":
        assert ("✓ APPROVED" in free, "✓ APPROVED" in held) == (True, False)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_about_no_single_request_is_told_once_and_fails_nothing(
    form: str, runs: Any, decided: Any
) -> None:
    run = runs(decided(**APPROVED), decided("b.yaml", id="b", **APPROVED))
    run.tell("evidence", [UNREAD])
    text = text_of(form, run)
    assert text.count("is not JSON") == 1
    assert "nothing was decided" not in text.lower()
    assert "not valid" not in text
    assert run.lets_through
    assert len(run) == 2


def test_only_what_has_diagnostics_is_read_again_for_them(runs: Any, decided: Any, problem: Outcome) -> None:
    run = runs(decided(), problem, decided("c.yaml", id="c"))
    assert [each.file for each in run.with_diagnostics()] == ["broken.yaml"]


def test_azure_fails_the_task_of_what_is_held_back(runs: Any, decided: Any) -> None:
    held = text_of("azuredevops", runs(decided(warnings=[LOOSENED], **APPROVED)))
    assert "##vso[task.complete result=Failed;]held back: the policy was loosened" in held
