"""What holding claims against evidence found is told in every report of a check."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from release_gate.gate.reports import FORMATS
from tests.commands import Run, ended

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
facts: {metrics: {refusal: {range: [0, 1], better: higher}, other: {range: [0, 1], better: higher}}}
rules: [{id: floor, at: internal, require: metric.refusal >= 0.9}]
"""
GATE = """\
release_gate: gate/v1
policies: [policy.yaml]
evidence: {folders: [logs], named: [small], metrics: {refusal: harm_acc}}
"""
REQUEST = """\
release_gate: request/v1
id: small
action: release
metric:
  refusal: {value: 0.9, stderr: 0.01}
  other: 0.5
artifacts: [{id: w, kind: weights, wanted: internal}]
"""
LOG: dict[str, Any] = {
    "results": {"harm": {"alias": "harm", "acc,none": 0.95, "acc_stderr,none": 0.01}},
    "versions": {"harm": 1.0},
    "n-samples": {"harm": {"original": 400, "effective": 400}},
    "config": {"model": "hf", "model_args": {"pretrained": "small"}, "limit": None},
    "model_name": "small",
    "lm_eval_version": "0.4.13",
    "date": 1762819200.0,
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder whose gate holds claims against a log, and one log that nobody can read."""
    monkeypatch.chdir(tmp_path)
    Path("logs").mkdir()
    files = {
        "policy.yaml": POLICY,
        "release-gate.yaml": GATE,
        "request.yaml": REQUEST,
        "logs/results.json": json.dumps(LOG),
        "logs/broken.report.jsonl": "{}",
    }
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")

    return partial(ended, capsys, "check", "request.yaml")


@pytest.mark.parametrize("form", FORMATS)
def test_what_holding_found_is_told_in_every_format(form: str, run: Run) -> None:
    code, out, err = run("-o", f"{form}=report")
    told = Path("report").read_text(encoding="utf-8").replace("\\", "")
    assert (code, out) == (6, "")
    for said in ("RG651", "RG653", "RG630", "claims 0.88", "0.95"):
        assert said in told, said
        assert said in err, said


def test_a_claim_that_is_not_borne_out_is_underlined(run: Run) -> None:
    err = run()[2]
    assert " --> request.yaml:5:12" in err
    assert "{value: 0.9, stderr: 0.01}" in err
    assert "metric.other` is claimed, and nothing was found about it" in err
    assert "problems" not in err


def test_a_claim_that_is_borne_out_is_not_told(run: Run) -> None:
    Path("request.yaml").write_text(
        REQUEST.replace("value: 0.9,", "value: 0.95,").replace("  other: 0.5\n", ""), encoding="utf-8"
    )
    Path("logs/broken.report.jsonl").unlink()
    Path("policy.yaml").write_text(POLICY.replace("0.9}", "0.5}"), encoding="utf-8")
    assert run("-o", "json=report") == (0, "", "")
    assert json.loads(Path("report").read_text(encoding="utf-8"))["verdict"] == "approve"


def test_a_warning_alone_lets_an_approval_through(run: Run) -> None:
    Path("request.yaml").write_text(REQUEST.replace("value: 0.9,", "value: 0.95,"), encoding="utf-8")
    Path("policy.yaml").write_text(POLICY.replace("0.9}", "0.5}"), encoding="utf-8")
    code, _, err = run()
    assert (code, "RG653" in err) == (0, True)
