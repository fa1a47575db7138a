"""A decision that hangs on what nobody has read in its source says so."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from release_gate import Gate
from release_gate.gate import reports
from release_gate.gate.judging import Judging
from release_gate.gate.reports.run import Outcome, Run
from release_gate.policy.load import load_policy

DAY = date(2026, 11, 24)

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
sources:
  law: {title: The law, date: 2026-01-01, confidence: primary}
  hearsay: {title: Hearsay, date: 2026-01-01, confidence: memory}
rules:
  - {id: read, at: hosted, deny: It is read, when: model.parameters > 10, because: It is, cite: law}
  - id: unread
    at: hosted
    deny: It is said
    when: model.parameters > 1
    because: They say so
    cite: {source: law, section: "1", confidence: unverified}
  - {id: recalled, at: hosted, oblige: {duty: Recall, owner: ada}, because: It is so, cite: hearsay}
"""
REQUEST = """\
release_gate: request/v1
id: small
action: release
model: {{parameters: {parameters}}}
artifacts: [{{id: w, kind: demo, wanted: {wanted}, affordances: [sampling]}}]
"""


def outcome(folder: Path, parameters: int, wanted: str = "hosted") -> Outcome:
    request = REQUEST.format(parameters=parameters, wanted=wanted)
    (folder / "own.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "request.yaml").write_text(request, encoding="utf-8")
    return Judging(Gate([load_policy(folder / "own.yaml")]), DAY).judged(folder / "request.yaml").outcome


@pytest.mark.parametrize(
    ("parameters", "wanted", "rules"),
    [
        (1, "internal", ()),  # approved: nothing holds it
        (1, "hosted", ("own/recalled",)),  # a duty from memory alone
        (5, "hosted", ("own/unread",)),  # denied by what nobody has read
        (50, "hosted", ()),  # denied by what was read, too
    ],
)
def test_a_verdict_hangs_on_what_is_unread_if_nothing_else_holds_it(
    tmp_path: Path, parameters: int, wanted: str, rules: tuple[str, ...]
) -> None:
    decision = outcome(tmp_path, parameters, wanted).decision
    assert decision is not None
    assert decision.artifacts[0].unverified == rules


@pytest.mark.parametrize("form", reports.FORMATS)
def test_a_report_says_so(tmp_path: Path, form: str) -> None:
    for parameters, says in ((5, True), (50, False)):
        with Run() as run:
            run.add(outcome(tmp_path, parameters))
            page = " ".join("".join(reports.render(form, run)).replace("\\", "").split())
        words = re.sub("</?strong>|[*]", "", page).lower()
        said = re.search(r"unverified: this hangs on what nobody has read in its source: (own/\w+)", words)
        told = re.search(r'"?unverified"?: ?[\[] ?"(own/\w+)"', words)
        if form == "table":  # one line for each artifact
            assert ("deny (unverified) " in words) is says
        else:
            assert [found[1] for found in (said, told) if found] == ["own/unread"] * says


def test_sarif_names_the_rules_for_each_artifact(tmp_path: Path) -> None:
    for parameters, names, sure in ((5, {"w": ["own/unread"]}, [True, True]), (50, {}, [False, True, True])):
        with Run() as run:
            run.add(outcome(tmp_path, parameters))
            (told,) = json.loads("".join(reports.render("sarif", run)))["runs"]
        assert told["properties"]["decisions"][0]["unverified"] == names
        assert [each["properties"]["unverified"] for each in told["results"]] == sure
