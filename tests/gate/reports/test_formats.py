"""Every format says the same about a run, and nothing that a request says makes it say something else."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from jsonschema import Draft7Validator

from release_gate.decision import Verdict
from release_gate.engine import decide
from release_gate.escape import json_text, log_line
from release_gate.escape import markdown as safe
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.reports import FORMATS, azuredevops, github, markdown, render, sarif
from release_gate.gate.reports.issues import relative
from release_gate.gate.reports.run import About, Outcome, Run
from release_gate.gate.schemas import json_schema
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document
from tests.gate.reports.conftest import DAY

SCHEMAS = Path(__file__).parents[2] / "schemas"
BIG = {"model": {"name": "Big", "parameters": 7e9}}
UNKNOWN = {"model": {"name": "Who knows"}}
HOSTILE = [
    "a\n::error::owned",
    "##vso[task.setvariable variable=x]owned",
    "##[add-mask]owned",
    "x%0A::set-output name=owned::1",
    "a\x1b[31mred\x07",
    "</failure><failure>]]>",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png) @security-team fixes #1 www.evil.example",
    "| a | b |\n|---|---|",
    "# TODO # SKIP",
    "\u202egnp.exe\u2066\u200b\ufffe",
    "`code` *bold* _it_ ~no~ $x$ &lt; <!-- -->",
    "x" * 100_000,
]


def spoiled(outcome: Outcome, text: str) -> Outcome:
    """The outcome with a text in every place where somebody may write one."""
    assert outcome.decision is not None
    assert outcome.about
    artifacts = tuple(
        replace(
            artifact,
            findings=tuple(replace(found, message=text, fix=text) for found in artifact.findings),
            missing=(text,),
        )
        for artifact in outcome.decision.artifacts
    )
    decision = replace(outcome.decision, artifacts=artifacts, notes=(text,))
    about = replace(outcome.about, title=text, model=text, developer=text)
    return replace(outcome, decision=decision, about=about)


def text_of(form: str, run: Any) -> str:
    return "".join(render(form, run))


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_run_gives_the_same_text(form: str, runs: Any, decided: Any) -> None:
    run = runs(decided(), decided("big.yaml", id="big", **BIG))
    assert text_of(form, run) == text_of(form, run)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"html"}))
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_runs_a_command_or_breaks_a_line(form: str, hostile: str, runs: Any, decided: Any) -> None:
    text = text_of(form, runs(spoiled(decided(**BIG), hostile)))
    harmless = text_of(form, runs(spoiled(decided(**BIG), "x")))
    assert "\x1b" not in text
    assert not re.search("[\u202e\u2066\x07\x00]", text)
    if form != "github":
        assert not re.search(r"^\s*::", text, re.MULTILINE)
    if form == "azuredevops":
        assert text.count("##vso[") == harmless.count("##vso[")
        assert not re.search(r"(?!^)##", text, re.MULTILINE)
    elif form != "markdown":
        assert "##" not in text
    if form in ("github", "azuredevops", "tap", "junit", "gitlab", "table"):
        assert text.count("\n") == harmless.count("\n")


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_a_github_annotation_is_one_command_with_our_place(hostile: str, runs: Any, decided: Any) -> None:
    lines = text_of("github", runs(spoiled(decided(**BIG), hostile))).splitlines()
    for line in lines:
        command = re.fullmatch(
            r"::(error|warning|notice) file=([^,:]*),line=1,col=1,title=([^,:]*)::(.*)", line
        )
        assert command
        assert command[2] == "small.yaml"
        assert len(line) < 4500
    assert sum("own/size" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@team", "@&#8203;team"),
        ("#1", r"\#&#8203;1"),
        ("<b>", r"&lt;b\>"),
        ("[a](https://x.y)", r"\[a\](https&#8203;://x.y)"),
        ("a | b", r"a \| b"),
        ("&lt;", "&amp;lt;"),
        ("WWW.x.y", "WWW&#8203;.x.y"),
        ("a\nb", "a b"),
    ],
)
def test_markdown_shows_what_is_written(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("   ::error::x", "   : :error::x"),
        ("a ::error::x", "a ::error::x"),
        ("a ##[error]", "a # #[error]"),
        ("####", "# ## #"),
    ],
)
def test_a_line_of_a_log_is_no_command(line: str, shown: str) -> None:
    assert log_line(line) == shown


def test_json_that_is_printed_is_no_command_and_the_same_data() -> None:
    value = {"a": "##vso[x] ###"}
    assert "##" not in json_text(value)
    assert json.loads(json_text(value)) == value


# ------------------------------------------------------------------ what each format says


def test_text_in_a_file_says_what_is_wrong_too(runs: Any, decided: Any, problem: Outcome) -> None:
    text = text_of("text", runs(problem, decided()))
    assert "error[RG401]: `x` is not known" in text
    assert "broken.yaml is not valid, and nothing was decided" in text
    assert "NEEDS APPROVAL" in text


def json_of(run: Run) -> Any:
    told = json.loads(text_of("json", run))
    Draft7Validator(json_schema("check")).validate(told)
    return told


def test_json_has_the_decision_and_the_problems_of_every_request(
    runs: Any, decided: Any, problem: Outcome
) -> None:
    one = json_of(runs(decided()))
    (told,) = one["requests"]
    assert told["decision"] == json.loads(decided().decision.to_json())
    assert (one["verdict"], told["diagnostics"]) == ("needs_approval", [])
    both = json_of(runs(decided(), problem))
    assert (both["verdict"], both["lets_through"]) == (None, False)
    assert both["requests"][0] == told
    assert [found["where"] for found in both["requests"][1]["diagnostics"]] == [
        {"file": "broken.yaml", "line": 2, "column": 4, "end_line": 2, "end_column": 5}, None,
    ]  # fmt: skip
    assert json_of(runs(problem))["requests"] == both["requests"][1:]


def sarif_of(run: Any) -> Any:
    log = json.loads(text_of("sarif", run))
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    jsonschema.validate(log, schema)
    return log["runs"][0]


def test_sarif_keeps_the_schema_and_what_github_asks_for(runs: Any, decided: Any, problem: Outcome) -> None:
    found = sarif_of(
        runs(decided(), decided("big.yaml", id="big", **BIG), decided("u.yaml", id="u", **UNKNOWN), problem)
    )
    assert found["automationDetails"]["id"] == "release-gate/"
    assert not found["invocations"][0]["executionSuccessful"]
    rules = {rule["id"] for rule in found["tool"]["driver"]["rules"]}
    for rule in found["tool"]["driver"]["rules"]:
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 20
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in found["results"]]
    assert len(set(prints)) == len(prints)
    for result in found["results"]:
        assert result["ruleId"] in rules
        assert found["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for place in (*result["locations"], *result.get("relatedLocations", ())):
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert not uri.startswith(("/", "file:"))
        assert len(result["locations"]) == 1
    levels = [result["level"] for result in found["results"]]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert {"own/size", "own/people", "RG401", "RG001"} <= rules


def test_sarif_says_which_decision_it_is_about(runs: Any, decided: Any) -> None:
    outcome = decided()
    found = sarif_of(runs(outcome))
    assert found["automationDetails"]["id"] == "release-gate/small"
    assert found["properties"]["decisions"][0]["digest"] == outcome.decision.digest
    assert "help" in found["tool"]["driver"]["rules"][0]


def test_sarif_cuts_the_least_important(runs: Any, decided: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "SHOWN", 2)
    found = sarif_of(runs(decided(), decided("big.yaml", id="big", **BIG)))
    assert [result["level"] for result in found["results"]] == ["error", "warning"]
    notes = found["invocations"][0]["toolExecutionNotifications"]
    assert "3 less important results were left out" in notes[0]["message"]["text"]


def test_a_link_in_a_message_is_no_link_in_sarif(runs: Any, decided: Any) -> None:
    found = sarif_of(runs(decided(model={"name": "[x](https://evil.example)", "parameters": 7e9})))
    assert r"\[x\](https" in found["results"][0]["message"]["text"]


def test_junit_has_a_case_for_every_finding_and_an_error_for_what_is_not_valid(
    runs: Any, decided: Any, problem: Outcome
) -> None:
    root = ET.fromstring(text_of("junit", runs(decided(), problem)))  # noqa: S314 - our own
    small, broken = root.findall("testsuite")
    assert (small.get("tests"), small.get("failures"), small.get("errors")) == ("3", "2", "0")
    assert {case.get("name") for case in small} == {
        "verdict at weights_open", "own/people from weights_gated_manual", "own/watch from hosted",
    }  # fmt: skip
    assert (broken.get("tests"), broken.get("errors")) == ("1", "1")
    assert [error.get("type") for error in broken.iter("error")] == ["RG401", "RG001"]


def test_what_is_allowed_has_no_failure_in_junit(runs: Any, decided: Any) -> None:
    allowed = decided(artifacts=[{"id": "w", "kind": "weights", "wanted": "hosted"}])
    assert allowed.verdict is Verdict.CONDITIONAL
    assert "<failure" not in text_of("junit", runs(allowed))


@pytest.mark.parametrize("level", ["error", "warning"])
def test_github_shows_ten_annotations_of_a_level_and_counts_the_rest(
    level: str, runs: Any, decided: Any
) -> None:
    change = BIG if level == "error" else UNKNOWN
    text = text_of("github", runs(*(decided(f"{n}.yaml", id=f"r{n}", **change) for n in range(12))))
    lines = [line for line in text.splitlines() if line.startswith(f"::{level} ")]
    assert len(lines) == github.SHOWN
    assert re.search(r"::\d+ more are not shown here", lines[-1])


def test_a_github_annotation_of_a_problem_has_its_place(runs: Any, problem: Outcome) -> None:
    text = text_of("github", runs(problem))
    assert (
        "::error file=broken.yaml,line=2,col=4,endColumn=5,title=not valid%2C and nothing was decided::RG401"
        in text
    )


def test_gitlab_has_what_its_format_asks_for(runs: Any, decided: Any, problem: Outcome) -> None:
    entries = json.loads(text_of("gitlab", runs(decided(), problem)))
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not entry["location"]["path"].startswith(("/", "./"))
    assert entries[0]["severity"] == "blocker"
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 4
    assert json.loads(text_of("gitlab", runs())) == []


def test_azure_completes_the_task_by_the_verdict(
    runs: Any, decided: Any, problem: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = decided(artifacts=[{"id": "w", "kind": "weights", "wanted": "hosted"}])
    assert text_of("azuredevops", runs(allowed)) == ""
    waiting = text_of("azuredevops", runs(decided()))
    assert waiting.endswith("##vso[task.complete result=Failed;]needs_approval\n")
    assert "type=warning;sourcepath=small.yaml;linenumber=1;columnnumber=1;code=own/people]" in waiting
    assert text_of("azuredevops", runs(problem)).endswith("result=Failed;]nothing was decided\n")
    monkeypatch.setattr(azuredevops, "SHOWN", 1)
    assert "]1 more are not shown here" in text_of("azuredevops", runs(problem))


def test_tap_counts_what_is_not_allowed_as_not_ok(runs: Any, decided: Any, problem: Outcome) -> None:
    text = text_of("tap", runs(decided(), problem))
    assert text.startswith("TAP version 14\nnot ok 1 - small/w at weights_open\n  ---\n")
    assert "\nnot ok 2 - a valid request\n" in text
    assert text.endswith("\n1..2\n")
    assert "#" not in "".join(line for line in text.splitlines() if "ok " in line[:7])


def test_a_table_has_a_line_for_each_artifact(runs: Any, decided: Any, problem: Outcome) -> None:
    allowed = decided(artifacts=[{"id": "w", "kind": "weights", "wanted": "internal"}])
    lines = text_of("table", runs(decided(), problem, allowed)).splitlines()
    assert lines[2].split()[:5] == ["small", "w", "weights_open", "needs_approval", "api_general"]
    assert lines[3].split()[:3] == ["broken.yaml", "not", "valid"]
    assert len(lines) == 5


def test_markdown_puts_the_worst_first(runs: Any, decided: Any, problem: Outcome) -> None:
    run = runs(decided(), decided("big.yaml", id="big", **BIG), decided("u.yaml", id="u", **UNKNOWN), problem)
    text = text_of("markdown", run)
    rows = [line.split("|")[2].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == ["broken.yaml", "big", "u", "small"]
    assert "missing: model.parameters" in text
    assert "must sign: 2 of lead (2 lacking), for own/people" in text


def test_markdown_stays_within_its_limit_and_says_so(
    runs: Any, decided: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "LIMIT", 2000)
    text = text_of("markdown", runs(*(decided(f"{n}.yaml", id=f"r{n}", **BIG) for n in range(50))))
    assert len(text.encode()) < 2400
    assert re.search(r"There is no room for \d+ more", text)


def test_markdown_says_a_note_once(runs: Any, decided: Any) -> None:
    outcome = decided()
    noted = replace(outcome, decision=replace(outcome.decision, notes=("the gate sets a floor",)))
    assert text_of("markdown", runs(noted)).count("the gate sets a floor") == 1


def test_a_hypothetical_decision_is_no_approval_in_markdown(runs: Any, decided: Any) -> None:
    outcome = decided()
    hypothetical = replace(outcome, decision=replace(outcome.decision, hypothetical=date(2027, 1, 1)))
    assert "This is no approval" in text_of("markdown", runs(hypothetical))


@pytest.mark.parametrize(
    ("file", "shown"),
    [("a/b.yaml", "a/b.yaml"), ("/nowhere/b.yaml", "b.yaml"), (str(Path.cwd() / "c.yaml"), "c.yaml")],
)
def test_files_are_named_from_this_folder(file: str, shown: str) -> None:
    assert relative(file) == shown


def test_a_large_run_goes_to_a_file_and_back(
    runs: Any, decided: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("release_gate.gate.reports.run._IN_MEMORY", 1000)
    run = runs(*(decided(f"{n}.yaml", id=f"r{n}") for n in range(20)))
    assert [outcome.name for outcome in run] == [f"r{n}" for n in range(20)]
    assert run.verdict is Verdict.NEEDS_APPROVAL


@pytest.mark.parametrize(
    "form", ["text", "json", "sarif", "github", "gitlab", "azuredevops", "markdown", "html"]
)
def test_nobody_overlooks_that_a_sign_off_is_not_signed(form: str, runs: Any, decided: Any) -> None:
    free = decided()
    digests = (free.decision.request.proposal_digest, free.decision.policies_digest)
    said = [
        {"person": name, "role": "lead", "word": "approve", "artifact": "w", "rung": "weights_open",
         "on": "2026-11-20", "request": digests[0], "policies": digests[1]}
        for name in ("ada", "bob")
    ]  # fmt: skip
    outcome = decided(sign_offs=said)
    assert outcome.verdict is Verdict.CONDITIONAL
    assert "NOT SIGNED: the sign-offs of ada, bob for w" in text_of(form, runs(outcome))


@pytest.mark.parametrize("form", ["text", "sarif", "github", "gitlab", "azuredevops", "markdown", "html"])
def test_nobody_overlooks_that_a_decision_is_hypothetical(form: str, runs: Any, decided: Any) -> None:
    outcome = decided()
    hypothetical = replace(outcome, decision=replace(outcome.decision, hypothetical=date(2027, 1, 1)))
    assert "this is no approval" in text_of(form, runs(hypothetical)).lower()


METRIC_POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
facts: {metrics: {refusal: {title: Refusals, range: [0, 1], better: higher, max_age: P90D}}}
rules:
  - {id: floor, at: internal, require: metric.refusal >= 0.98}
"""
METRIC_REQUEST = """\
release_gate: request/v1
id: small
action: release
model: {name: Small}
metric:
  refusal: %s
%sartifacts:
  - {id: w, kind: weights, wanted: internal%s}
"""


@pytest.mark.parametrize(
    ("stated", "line", "column"),
    [
        (("0.5", "", ""), 6, 12),
        (("{measured: 2026-11-01, value: 0.5}", "", ""), 6, 42),
        (("{value: 0.99, measured: 2020-01-01}", "", ""), 6, 20),
        (("\n    measured: 2026-11-01\n    value: 0.5", "", ""), 8, 12),
        (("0.99", "variants: {v: {metric: {refusal: 0.4}}}\n", ", variant: v"), 7, 34),
        (("0.5", "variants: {v: {model: {parameters: 7}}}\n", ", variant: v"), 6, 12),
    ],
)
def test_a_finding_about_a_metric_points_at_its_value(
    stated: tuple[str, str, str], line: int, column: int, runs: Any
) -> None:
    request = ReleaseRequest.from_document(read_document(METRIC_REQUEST % stated, "small.yaml"))
    policy = policy_from_document(read_document(METRIC_POLICY, "own.yaml"))
    outcome = Outcome("small.yaml", decide(request, [policy], DAY), About.of(request))
    told = text_of("github", runs(outcome))
    assert f"file=small.yaml,line={line},col={column}," in told
    result = json.loads(text_of("sarif", runs(outcome)))["runs"][0]["results"][0]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": line, "startColumn": column}
