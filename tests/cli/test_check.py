"""Many requests, many reports, and what a build goes on or stops by."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from release_gate.cli import progress
from release_gate.decision import Verdict
from release_gate.gate.judging import Judging
from release_gate.gate.reports import FORMATS
from tests.commands import Run, ended

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: big, when: model.parameters > 1e9, deny: Too large}
  - {id: sign, when: model.parameters == 8, sign_off: {role: lead}}
  - {id: watch, when: model.parameters == 9, oblige: {duty: Watch}}
"""
VALUES = {
    Verdict.APPROVE: "7",
    Verdict.CONDITIONAL: "9",
    Verdict.NEEDS_APPROVAL: "8",
    Verdict.NEEDS_EVIDENCE: "{unknown: missing}",
    Verdict.DENY: "7e9",
}
DAY = ("--as-of", "2026-11-24")


def request(name: str, parameters: str) -> str:
    return (
        f"release_gate: request/v1\nid: {name}\naction: release\nmodel: {{parameters: {parameters}}}\n"
        "artifacts: [{id: w, kind: weights, wanted: internal}]\n"
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a request for every verdict and one that is not valid."""
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY, encoding="utf-8")
    Path("release-gate.yaml").write_text("release_gate: gate/v1\npolicies: [policy.yaml]\n", encoding="utf-8")
    for verdict, value in VALUES.items():
        Path(f"{verdict}.yaml").write_text(request(f"{verdict}".replace("_", "-"), value), encoding="utf-8")
    Path("wrong.yaml").write_text(request("wrong", "many"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command: exit code, standard output, standard error."""
    return partial(ended, capsys)


CODES = {
    Verdict.APPROVE: 0,
    Verdict.CONDITIONAL: 0,
    Verdict.NEEDS_APPROVAL: 6,
    Verdict.NEEDS_EVIDENCE: 6,
    Verdict.DENY: 5,
}


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("fail_on", [None, *list(Verdict)[1:]])
def test_the_exit_code_is_that_of_the_verdict_from_a_verdict_on(
    verdict: Verdict, fail_on: Verdict | None, run: Run
) -> None:
    options = ["--fail-on", str(fail_on)] if fail_on is not None else []
    code, out, err = run("check", f"{verdict}.yaml", *DAY, *options)
    threshold = Verdict.NEEDS_APPROVAL if fail_on is None else fail_on
    expected = 0 if verdict.rank < threshold.rank else CODES[verdict] or 6
    assert code == expected
    assert ("exit code 0 was asked for" in err) is (code == 0 and not verdict.allows)
    assert f"{verdict}".replace("_", "-") + "/w at internal" in out


def test_approval_can_not_be_made_to_fail(run: Run) -> None:
    assert run("check", "approve.yaml", *DAY, "--fail-on", "approve")[0] == 2


@pytest.mark.parametrize(("name", "code"), [("deny", 0), ("needs_evidence", 0), ("wrong", 3), ("absent", 3)])
def test_exit_zero_is_for_verdicts_and_not_for_what_is_not_valid(name: str, code: int, run: Run) -> None:
    found, _, err = run("check", f"{name}.yaml", *DAY, "--exit-zero")
    assert found == code
    assert ("no approval" in err) is (code == 0)


def test_a_request_that_is_not_valid_does_not_hide_the_others(run: Run) -> None:
    code, out, err = run("check", "deny.yaml", "wrong.yaml", "approve.yaml", *DAY, "-o", "table")
    assert code == 3
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["deny", "wrong.yaml", "approve"]
    assert "1 problem: the input is not valid, and nothing was decided about it (1 of 3 requests)" in err


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_valid_is_told_in_every_format(form: str, run: Run) -> None:
    code, _, err = run("check", "wrong.yaml", *DAY, "-o", f"{form}=out")
    assert code == 3
    assert "wrong.yaml:4" in err
    assert "RG401" in Path("out").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_a_policy_that_is_not_valid_is_told_in_every_format(form: str, run: Run) -> None:
    Path("policy.yaml").write_text(POLICY.replace("deny:", "dney:"), encoding="utf-8")
    code, out, _ = run("check", "approve.yaml", *DAY, "-o", f"{form}=out")
    assert (code, out) == (3, "")
    assert "dney" in Path("out").read_text(encoding="utf-8")


def test_a_folder_is_judged_in_order_and_other_documents_are_passed_over(run: Run) -> None:
    Path("wrong.yaml").unlink()
    code, out, _ = run("check", ".", *DAY, "-o", "json")
    assert code == 5
    assert [each["decision"]["verdict"] for each in json.loads(out)["requests"]] == [
        "approve", "conditional", "deny", "needs_approval", "needs_evidence",
    ]  # fmt: skip


def test_an_empty_folder_is_no_pass(run: Run) -> None:
    Path("empty").mkdir()
    code, out, err = run("check", "empty", *DAY, "-o", "json")
    assert code == 3
    (told,) = json.loads(out)["requests"]
    assert (told["decision"], told["diagnostics"][0]["code"]) == (None, "RG902")
    assert "there is no request in `empty`" in err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-o", "text", "-o", "json"), "two formats cannot go to standard output"),
        (("-o", "json=x", "-o", "sarif=x"), "two formats cannot go to x"),
        (("-o", "json="), "`json=` names no file"),
        (("-o", "junt"), "did you mean `junit`"),
        (("-o", "zzz\x1b[31m"), "`zzz\\x1b[31m` is not a format; one of `text`"),
    ],
)
def test_outputs_that_make_no_sense_are_wrong_usage(options: tuple[str, ...], told: str, run: Run) -> None:
    code, out, err = run("check", "approve.yaml", *DAY, *options)
    assert (code, out) == (2, "")
    assert told in err
    assert not Path("x").exists()


def test_no_approval_is_told_if_a_report_cannot_be_written(run: Run) -> None:
    Path("first.json").write_text("an old approval", encoding="utf-8")
    code, out, err = run(
        "check", "approve.yaml", *DAY, "-o", "json=first.json", "-o", "sarif=no/x", "-o", "text"
    )
    assert (code, out) == (2, "")
    assert "RG901 cannot write `no/x`: no such file or directory" in err
    assert not Path("first.json").exists()


def test_an_old_report_is_gone_when_the_gate_breaks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out.json").write_text("an old approval", encoding="utf-8")

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Judging, "judged", fail)
    assert run("check", "approve.yaml", *DAY, "-o", "json=out.json")[0] == 1
    assert not Path("out.json").exists()


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_answer_that_nobody_can_read_is_no_pass(unbuffered: str) -> None:
    command = [
        sys.executable,
        "-c",
        "from release_gate.cli import main; main()",
        "check",
        "approve.yaml",
        *DAY,
    ]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert ended.returncode == 1
    assert b"lets nothing through" in ended.stderr


def test_the_log_names_decisions_by_digest_and_files_by_format(run: Run) -> None:
    _, out, err = run("check", "approve.yaml", "wrong.yaml", *DAY, "-v", "-o", "json", "-o", "tap=out.tap")
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines] == ["decided", "invalid", "written"]
    assert lines[0]["digest"] == json.loads(out)["requests"][0]["decision"]["digest"]
    assert lines[1]["codes"] == ["RG401"]
    assert lines[2] == {"event": "written", "format": "tap", "level": "info", "path": "out.tap"}


def test_progress_shows_on_a_terminal_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    later = iter(range(100))
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(later)))
    assert "requests" not in run("check", "approve.yaml", "deny.yaml", *DAY)[2]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "\r2 of 2 requests" in run("check", "approve.yaml", "deny.yaml", *DAY)[2]
