"""A receipt and the decision beside it: two files that show, away from the log, what was recorded."""

import json
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.cli import main
from release_gate.signing import generate_key

from .books import POLICY, REQUEST

Run = Callable[..., tuple[int, str, str]]
GATE = """\
release_gate: gate/v1
policies: [policy.yaml]
ledger: {url: 'sqlite:///book.db', origin: example.org/releases, log_key: log.pem}
"""
DIGEST = "sha256:" + "0" * 64
RECEIPT = "out/00000000-small.tlog-proof"
DECISION = "out/00000000-small.json"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder with a gate that records, and two requests that were recorded."""
    monkeypatch.chdir(tmp_path)
    files = {
        "policy.yaml": POLICY,
        "release-gate.yaml": GATE,
        "small.yaml": REQUEST % ("small", "7", DIGEST),
        "large.yaml": REQUEST % ("large", "7e9", DIGEST),
        "log.pem": generate_key("ed25519").pem(),
    }
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        told = capsys.readouterr()
        return int(stop.value.code or 0), told.out, told.err

    key = call("audit", "key", "log.pem", "--name", "example.org/releases")[1].strip()
    Path("log.key").write_text(key, encoding="utf-8")
    recorded = call("check", "small.yaml", "large.yaml", "--record", "--receipts", "out")
    assert recorded[0] == 5
    assert f"its receipt is {RECEIPT}" in recorded[2]
    return call


def test_it_verifies_without_the_log(run: Run) -> None:
    Path("book.db").rename("elsewhere.db")
    code, out, _ = run("audit", "verify", RECEIPT, "--key", "log.key")
    assert code == 0, out
    assert "only the decision is here, and not what it was made from" in out


def problems(run: Run) -> list[tuple[int, str]]:
    told = json.loads(run("audit", "verify", RECEIPT, "--key", "log.key", "-o", "json")[1])
    return [(each["step"], each["code"]) for each in told["problems"]]


def test_it_says_which_steps_need_more_than_a_receipt(run: Run) -> None:
    told = json.loads(run("audit", "verify", RECEIPT, "--key", "log.key", "-o", "json")[1])
    assert [each["step"] for each in told["not_checked"]] == [1, 4, 5, 6, 8, 10, 11]
    edit(DECISION, "conditional", "approve")
    assert problems(run) == [(7, "RG719")]


def test_a_receipt_for_what_is_no_record_is_told_beside_a_decision_too(run: Run) -> None:
    text = Path(RECEIPT).read_text(encoding="utf-8")
    Path(RECEIPT).write_text(re.sub("(?m)^extra .*$", "extra e30=", text), encoding="utf-8")
    assert problems(run)[0] == (2, "RG711")


def test_the_decision_is_the_one_that_check_prints(run: Run) -> None:
    printed = json.loads(run("check", "small.yaml", "-o", "json")[1])["requests"][0]["decision"]
    assert json.loads(Path(DECISION).read_text(encoding="utf-8")) == printed


TAMPERED: dict[str, tuple[Callable[[], object], str]] = {
    "edited decision": (lambda: edit(DECISION, "conditional", "approve"), "RG719"),
    "decision of another record": (
        lambda: shutil.copy("out/00000001-large.json", DECISION), "RG719",
    ),
    "edited digest of the decision": (
        lambda: edit(DECISION, '\n  "digest": "sha256:', '\n  "digest": "sha256:0'), "RG719",
    ),
    "a text in place of the digest": (
        lambda: edit(DECISION, '\n  "digest": "', '\n  "digest": "approved by all, not '), "RG719",
    ),
    "a word added to the decision": (
        lambda: edit(DECISION, '\n  "schema":', '\n  "approved_by": "everybody", "schema":'), "RG719",
    ),
    "a second verdict in the decision": (
        lambda: edit(DECISION, '\n  "schema":', '\n  "verdict": "approve", "schema":'), "RG719",
    ),
    "a decision that is a list": (lambda: Path(DECISION).write_text("[]", encoding="utf-8"), "RG719"),
    "smaller checkpoint": (
        lambda: edit(RECEIPT, "example.org/releases\n2\n", "example.org/releases\n1\n"), "RG708",
    ),
    "checkpoint of another log": (
        lambda: edit(RECEIPT, "\nexample.org/releases\n", "\nexample.org/other\n"), "RG708",
    ),
    "signature cut off": (
        lambda: Path(RECEIPT).write_text(Path(RECEIPT).read_text(encoding="utf-8")[:-20], "utf-8"), "RG706",
    ),
    "no JSON": (lambda: Path(DECISION).write_text("{", encoding="utf-8"), "RG719"),
    "edited record": (lambda: edit(RECEIPT, "extra ", "extra e30"), "RG706"),
    "other index": (lambda: edit(RECEIPT, "index 0", "index 1"), "RG721"),
    "no receipt": (lambda: Path(RECEIPT).write_bytes(b"\xff\x00"), "RG706"),
    "nothing": (lambda: Path(RECEIPT).write_bytes(b""), "RG706"),
    "huge": (lambda: Path(RECEIPT).write_bytes(b"c2sp.org/tlog-proof@v1\n" * 100_000), "RG711"),
}  # fmt: skip


def edit(file: str, old: str, new: str) -> None:
    text = Path(file).read_text(encoding="utf-8")
    assert old in text
    Path(file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("tamper", "code"), TAMPERED.values(), ids=TAMPERED)
def test_what_was_tampered_with_is_named(run: Run, tamper: Callable[[], object], code: str) -> None:
    tamper()
    found, out, err = run("audit", "verify", RECEIPT, "--key", "log.key")
    assert found == 7, out + err
    assert re.search(rf"\b{code}\b", out + err)


def test_a_receipt_of_another_log_is_foreign(run: Run) -> None:
    other = generate_key("ed25519")
    Path("other.pem").write_text(other.pem(), encoding="utf-8")
    key = run("audit", "key", "other.pem", "--name", "example.org/releases")[1].strip()
    assert run("audit", "verify", RECEIPT, "--key", key)[0] == 7


def test_what_takes_more_than_one_record_is_not_passed_over(run: Run) -> None:
    Path("kept.txt").write_text(run("audit", "checkpoint")[1], encoding="utf-8")
    assert run("audit", "prove", "0", "-o", "bundle")[0] == 0
    for place in (RECEIPT, "bundle"):
        code, _, err = run("audit", "verify", place, "--key", "log.key", "--against", "kept.txt")
        assert (code, "--against takes the whole log" in err) == (2, True), err
    code, _, err = run("audit", "verify", RECEIPT, "--key", "log.key", "--disclosures", "apart")
    assert (code, "--disclosures takes the request" in err) == (2, True), err


def test_a_receipt_alone_shows_that_it_was_recorded_and_says_what_it_does_not(run: Run) -> None:
    Path(DECISION).unlink()
    code, out, _ = run("audit", "verify", RECEIPT, "--key", "log.key")
    assert code == 0
    assert "there is no decision beside the receipt" in out


def test_files_of_others_stay_as_they_are(run: Run) -> None:
    theirs = Path("out/00000002-small.json")
    theirs.write_text("theirs", encoding="utf-8")
    code, _, err = run("check", "small.yaml", "--record", "--receipts", "out")
    assert code == 3
    assert "is there already, and was not overwritten" in err
    assert err.endswith("\n\nthe decision is recorded, and its receipt was not written\n")
    assert theirs.read_text(encoding="utf-8") == "theirs"


def test_a_folder_that_cannot_be_written_is_an_error(run: Run) -> None:
    code, _, err = run("check", "small.yaml", "--record", "--receipts", "small.yaml/out")
    assert code == 3
    assert "RG733" in err
    assert "the decision is recorded" in err
    assert "nothing was decided" not in err


def test_receipts_are_for_what_is_recorded(run: Run) -> None:
    code, _, err = run("check", "small.yaml", "--receipts", "out")
    assert code == 2
    assert "--receipts needs --record" in err


def test_what_is_sealed_in_the_record_is_sealed_in_the_decision_too(run: Run) -> None:
    shut = GATE.replace("log.pem}", "log.pem, sensitive: [model], disclosures: apart}").replace(
        "book.db", "shut.db"
    )
    Path("release-gate.yaml").write_text(shut, encoding="utf-8")
    assert run("check", "large.yaml", "--record", "--receipts", "shut")[0] == 5
    receipt = "shut/00000000-large.tlog-proof"
    extra = next(line for line in Path(receipt).read_text().splitlines() if line.startswith("extra "))
    told = Path("shut/00000000-large.json").read_text(encoding="utf-8") + b64decode(extra[6:]).decode()
    assert not any(number in told for number in ("7e+9", "7E+9", "7000000000", "7,000,000,000"))
    code, out, _ = run("audit", "verify", receipt, "--key", "log.key")
    assert code == 0, out
