"""The command by which somebody vouches for a log, and the gate that listens."""

import json
import shutil
import subprocess
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from release_gate.cli import clock
from release_gate.signing import generate_key
from tests.commands import Run, ended
from tests.evidence.files import VOUCHED, good_weights

POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
facts: {metrics: {refusal: {range: [0, 1], better: higher, bound: true}}}
rules: [{id: floor, at: internal, require: metric.refusal >= 0.9}]
"""
GATE = """\
release_gate: gate/v1
policies: [policy.yaml]
trust: trust.yaml
evidence: {folders: [tiny, logs], metrics: {refusal: harm_acc}, vouched_by: [evaluator]}
"""
ANN = ("--as", "ann", "--role", "evaluator", "--key", "ann.pem", "--on", "2026-11-20")
DAY = ("--as-of", "2026-11-24")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a project where Ann may vouch."""
    monkeypatch.chdir(tmp_path)
    key = generate_key()
    people = {"ann": {"roles": ["evaluator"], "keys": [{"pem": key.public.pem}]}}
    for folder in ("tiny", "logs"):
        Path(folder).mkdir()
    Path("tiny/model.safetensors").write_bytes(good_weights())
    for name, text in {
        "policy.yaml": POLICY,
        "release-gate.yaml": GATE,
        "trust.yaml": json.dumps({"release_gate": "trust/v1", "people": people}),
        "ann.pem": key.pem(),
        "logs/results.json": json.dumps(VOUCHED),
    }.items():
        Path(name).write_text(text, encoding="utf-8")

    return partial(ended, capsys)


def collected(run: Run, *more: str) -> tuple[int, str, str]:
    return run(
        "collect", "tiny", "logs", "--metric", "refusal=harm_acc", "--trust", "trust.yaml",
        "--vouched-by", "evaluator", *DAY, *more,
    )  # fmt: skip


def test_what_somebody_vouches_for_settles_a_metric_that_must_be_bound(run: Run) -> None:
    assert "not bound: nobody vouches that `results.json`" in collected(run, "-o", "request.yaml")[1]
    assert run("check", "request.yaml", *DAY)[0] == 6
    code, _, err = run("vouch", "logs/results.json", "tiny", *ANN)
    assert (code, "ann as evaluator: results.json was measured on tiny" in err) == (0, True)
    code, out, err = collected(run, "-o", "request.yaml", "--report", "report.json")
    assert (code, err, "vouched for by ann as evaluator" in out) == (0, "", True)
    assert "vouched for by ann" in Path("report.json").read_text(encoding="utf-8")
    assert run("check", "request.yaml", *DAY)[::2] == (0, "")


def test_a_request_that_says_what_was_measured_by_itself_waits(run: Run) -> None:
    run("vouch", "logs/results.json", "tiny", *ANN)
    collected(run, "-o", "request.yaml")
    Path("logs/results.json.vouch.json").unlink()
    code, _, err = run("check", "request.yaml", *DAY)
    assert code == 6
    assert "warning[RG654]: what was measured is not certain, whatever `metric.refusal.on` says" in err
    assert "--> request.yaml:" in err
    assert "^" * len("sha256:") in err
    assert collected(run, "--check", "request.yaml")[0] == 6


def test_a_statement_that_ends_lets_a_day_of_the_past_revive_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 28))
    run("vouch", "logs/results.json", "tiny", *ANN, "--expires", "2026-11-25")
    collected(run, "-o", "request.yaml")
    code, _, err = run("check", "request.yaml", *DAY)
    assert (code, "RG905" in err) == (6, True)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen here")
def test_people_vouch_with_the_ssh_key_that_they_have(run: Run) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", "id"]
    subprocess.run(command, check=True)
    people = {
        "ann": {"roles": ["evaluator"], "keys": [{"ssh": Path("id.pub").read_text(encoding="utf-8").strip()}]}
    }
    Path("trust.yaml").write_text(
        json.dumps({"release_gate": "trust/v1", "people": people}), encoding="utf-8"
    )
    with_ssh = [*ANN[:5], "id", *ANN[6:]]
    assert run("vouch", "logs/results.json", "tiny", *with_ssh)[0] == 0
    code, out, err = collected(run)
    assert (code, err, "vouched for by ann as evaluator" in out) == (0, "", True)
    text = Path("logs/results.json.vouch.json").read_text(encoding="utf-8")
    Path("logs/results.json.vouch.json").write_text(text.replace('"sig":"', '"sig":"AAAA'), encoding="utf-8")
    assert "RG633" in collected(run)[2]


@pytest.mark.parametrize("artifact", ["tiny", "sha256:" + "7" * 64])
def test_an_artifact_is_a_folder_or_its_digest(run: Run, artifact: str) -> None:
    assert run("vouch", "logs/results.json", artifact, *ANN, "-o", "said.json")[0] == 0
    assert Path("said.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("logs/results.json", "nowhere"), "neither a folder nor a digest"),
        (("logs/results.json", "tiny", "-o", "tiny/said.json"), "would change what it is about"),
        (("logs/results.json", "tiny", "-o", "policy.yaml"), "is there already"),
        (("logs/nothing.json", "tiny"), "does not exist"),
    ],
)
def test_what_cannot_be_vouched_for_is_refused(run: Run, arguments: tuple[str, ...], told: str) -> None:
    code, _, err = run("vouch", *arguments, *ANN)
    assert (code, told in err) == (2, True)


def test_a_folder_that_plays_tricks_is_not_vouched_for(run: Run) -> None:
    Path("tiny/link").symlink_to("model.safetensors")
    code, _, err = run("vouch", "logs/results.json", "tiny", *ANN)
    assert (code, "RG60" in err, Path("logs/results.json.vouch.json").exists()) == (3, True, False)


def test_a_gate_that_asks_for_vouching_says_who_may(run: Run) -> None:
    Path("release-gate.yaml").write_text(GATE.replace("trust: trust.yaml\n", ""), encoding="utf-8")
    code, _, err = run("check", "request.yaml", *DAY)
    assert (code, "error[RG510]: vouching for logs needs `trust`" in err) == (3, True)
    assert "--> release-gate.yaml:3:" in err
    assert run("collect", "tiny", "--vouched-by", "evaluator")[0] == 2
    assert run("collect", "tiny", "--as-of", "soon")[0] == 2


def test_a_sign_off_is_about_the_request_as_the_evidence_leaves_it(run: Run) -> None:
    """What is not borne out is unknown, and it is this request that is judged and signed."""
    asks = POLICY.replace("rules: [", "rules: [{id: sign, at: internal, sign_off: {role: evaluator}}, ")
    Path("policy.yaml").write_text(
        asks.replace("0.9}", "0.9, else: {sign_off: {role: evaluator}}}"), encoding="utf-8"
    )
    Path("sign-offs").mkdir()
    Path("release-gate.yaml").write_text(GATE + "sign_offs: sign-offs\n", encoding="utf-8")
    collected(run, "-o", "request.yaml")
    text = Path("request.yaml").read_text(encoding="utf-8").replace("value: 0.95", "value: 0.99")
    Path("request.yaml").write_text(text, encoding="utf-8")
    code, _, err = run("check", "request.yaml", *DAY)
    assert (code, "RG651" in err) == (6, True)
    assert run("sign-off", "approve", "request.yaml", *ANN, "-o", "sign-offs/ann.json")[0] == 0
    assert run("check", "request.yaml", *DAY)[0] == 0
