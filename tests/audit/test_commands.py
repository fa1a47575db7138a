"""The commands, as somebody uses them who records, who audits, and who relies on what was attested."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from release_gate.cli.recording import TOGETHER
from release_gate.gate import gate as gate_module
from release_gate.signing import generate_key, read_private_key, read_public_key
from tests.commands import Run, ended

from .books import POLICY, REQUEST, policy

DAY = ("--as-of", "2026-11-24")
LADDER = POLICY.replace("id: own", "id: ladder").replace("covers: true\n", "").replace("1e9", "1e20")
GATE = """\
release_gate: gate/v1
policies: [policy.yaml]
ledger:
  url: sqlite:///book/ledger.db
  origin: example.org/releases
  log_key: log.pem
  signing_key: sign.pem
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder with a gate, two requests, and keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gate_module, "load_pack", lambda name: policy(LADDER, "ladder.yaml"))
    weights = b"some weights"
    digest = "sha256:" + hashlib.sha256(weights).hexdigest()
    log, sign = generate_key("ed25519"), generate_key()
    files = {
        "policy.yaml": POLICY,
        "release-gate.yaml": GATE,
        "small.yaml": REQUEST % ("small", "7", digest),
        "large.yaml": REQUEST % ("large", "7e9", digest),
        "log.pem": log.pem(),
        "sign.pem": sign.pem(),
        "sign.pub": sign.public.pem,
        "other.pub": generate_key().public.pem,
        "weights.bin": weights.decode(),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    return partial(ended, capsys)


@pytest.fixture
def recorded(run: Run) -> Run:
    """The same, with two decisions recorded."""
    assert run("check", "small.yaml", "--record", *DAY)[0] == 0
    assert run("check", "large.yaml", "--record", *DAY)[0] == 5
    return run


def test_a_recorded_check_says_where_and_gives_a_checkpoint(run: Run) -> None:
    code, out, err = run("check", "small.yaml", "large.yaml", "--record", *DAY)
    assert code == 5
    assert "recorded as 0 in book/ledger.db: small, conditional" in err
    assert "recorded as 1 in book/ledger.db: large, deny" in err
    assert "example.org/releases\n2\n" in err
    assert "recorded" not in out


def test_the_decisions_of_a_run_share_a_transaction_and_its_checkpoint(run: Run) -> None:
    err = run("check", "small.yaml", "large.yaml", "--record", *DAY)[2]
    assert err.count("keep this checkpoint") == 1
    with closing(sqlite3.connect("book/ledger.db")) as ledger:
        assert ledger.execute("SELECT seq FROM records WHERE note IS NOT NULL").fetchall() == [(1,)]
    assert run("audit", "verify")[0] == 0


def test_a_long_run_is_recorded_in_parts(run: Run) -> None:
    text = Path("small.yaml").read_text(encoding="utf-8")
    for number in range(TOGETHER - 1):
        Path(f"{number}.yaml").write_text(text, encoding="utf-8")
    err = run("check", ".", "--record", *DAY)[2]
    assert err.count("recorded as ") == TOGETHER + 1
    assert err.count("keep this checkpoint") == 2
    assert run("audit", "verify")[0] == 0


def test_a_long_run_with_sealed_fields_leaves_nothing_pending(run: Run) -> None:
    more = "  sensitive: [requester.id]\n  disclosures: apart\n"
    Path("release-gate.yaml").write_text(GATE + more, encoding="utf-8")
    err = run("check", "small.yaml", "large.yaml", "--record", *DAY)[2]
    assert err.count("keep this checkpoint") == 1
    assert [each.suffix for each in Path("apart").iterdir()] == [".json"] * 2
    with closing(sqlite3.connect("book/ledger.db")) as ledger:
        ledger.execute("CREATE TRIGGER full BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert run("check", "small.yaml", "large.yaml", "--record", *DAY)[0] == 3
    assert len(list(Path("apart").iterdir())) == 2
    with closing(sqlite3.connect("book/ledger.db")) as ledger:
        ledger.execute("DROP TRIGGER full")
    code, out, _ = run("audit", "verify", "--disclosures", "apart")
    assert code == 0, out


def test_nothing_is_reported_that_could_not_be_recorded(recorded: Run) -> None:
    code, out, err = recorded("check", "small.yaml", "--record", "--as-of", "2026-11-23")
    assert code == 3
    assert "RG730" in err
    assert err.endswith("\n`small` was decided and not recorded, so that the decision counts for nothing\n")
    assert "APPROVED" not in out
    code, out, err = recorded("check", "small.yaml", "--record", "--policy", "./policy.yaml", *DAY)
    assert (code, out) == (2, "")
    assert "--record needs a gate file that names a ledger" in err


def test_what_was_recorded_before_a_record_failed_is_told(run: Run) -> None:
    assert run("check", "large.yaml", "--record", *DAY)[0] == 5
    with sqlite3.connect("book/ledger.db") as ledger:
        ledger.execute(
            "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.seq = 2 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    code, out, err = run("check", "small.yaml", "large.yaml", "--record", *DAY)
    assert (code, out) == (3, "")
    assert "recorded as 1 in book/ledger.db: small, conditional" in err
    assert err.endswith("\n`large` was decided and not recorded, so that the decision counts for nothing\n")
    code, _, err = run("event", "paused", "large", *DAY)
    assert (code, err.splitlines()[-1]) == (3, "nothing was recorded")


def test_a_gate_file_without_a_ledger_says_what_to_add(run: Run) -> None:
    Path("release-gate.yaml").write_text("release_gate: gate/v1\npolicies: [policy.yaml]\n")
    code, _, err = run("check", "small.yaml", "--record", *DAY)
    assert code == 3
    assert "add `ledger: sqlite:///.release-gate/ledger.db`" in err


def test_a_ledger_is_short_to_write_and_gets_a_name_of_its_own(run: Run) -> None:
    Path("release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [policy.yaml]\nledger: sqlite:///l.db\n"
    )
    assert run("check", "small.yaml", "--record", *DAY)[0] == 0
    code, out, _ = run("audit", "checkpoint")
    assert code == 0
    assert out.startswith("ledger-")
    assert out.count("\n") == 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("origin: example.org/releases", "origin: a b", "is no name for a log"),
        ("url: sqlite:///book/ledger.db", "url: mysql://x", "is not written as it must be"),
        ("log_key: log.pem", "log_key: sign.pem", "signs with an Ed25519 key"),
        ("log_key: log.pem", "log_key: absent.pem", "cannot read the key"),
        ("signing_key: sign.pem", "signing_key: env:ABSENT_KEY", "is not set"),
    ],
)
def test_a_wrong_setting_is_told_and_nothing_is_recorded(run: Run, old: str, new: str, words: str) -> None:
    Path("release-gate.yaml").write_text(GATE.replace(old, new))
    code, _, err = run("check", "small.yaml", "--record", *DAY)
    assert code == 3
    assert words in err


def test_a_log_keeps_its_name(recorded: Run) -> None:
    Path("release-gate.yaml").write_text(GATE.replace("example.org/releases", "example.org/others"))
    code, _, err = recorded("check", "small.yaml", "--record", *DAY)
    assert code == 3
    assert "a log keeps its name" in err


def test_records_are_listed_and_shown(recorded: Run) -> None:
    code, out, _ = recorded("audit", "log")
    assert code == 0
    first, second = out.splitlines()
    assert first.split()[0] == "1"
    assert "decision small conditional sha256:" in second
    digest = second.split()[-1]
    assert [line.split()[0] for line in recorded("audit", "log", "--about", "small")[1].splitlines()] == ["0"]
    assert json.loads(recorded("audit", "log", "-o", "json", "-n", "1")[1])["index"] == 1
    for which in ("0", digest, "small"):
        assert json.loads(recorded("audit", "show", which)[1])["decision"] == digest
    assert json.loads(recorded("audit", "show", "0", "--decision")[1])["verdict"] == "conditional"
    assert recorded("audit", "show", "0", "--request")[1] == Path("small.yaml").read_text()
    assert recorded("audit", "show", "0", "--policy", "own")[1] == POLICY
    assert recorded("audit", "show", "0", "--policy", "other")[0] == 2
    for which in ("7", "sha256:00", "nobody", "9" * 20):
        code, _, err = recorded("audit", "show", which)
        assert (code, "RG738" in err) == (3, True)


def test_an_auditor_verifies_a_copy_with_keys_and_a_checkpoint_from_elsewhere(recorded: Run) -> None:
    checkpoint = recorded("audit", "checkpoint")[1]
    Path("kept.txt").write_text(checkpoint)
    key = recorded("audit", "key", "log.pem", "--name", "example.org/releases")[1]
    Path("log.key").write_text(key)
    shutil.copy("book/ledger.db", "copy.db")
    all_of_it = ("--key", "log.key", "--signer", "sign.pub", "--against", "kept.txt")
    code, out, _ = recorded("audit", "verify", "copy.db", *all_of_it)
    assert code == 0
    assert out.splitlines()[-1] == "verified"
    code, out, _ = recorded("audit", "verify", "--key", key.strip())
    assert code == 0
    assert out.splitlines()[-1] == "verified, but for what was not checked"
    assert json.loads(recorded("audit", "verify", "copy.db", *all_of_it, "-o", "json")[1])["holds"] is True
    code, out, _ = recorded("audit", "verify", "--signer", "other.pub")
    assert code == 7
    assert "RG704" in out


def test_what_was_cut_off_is_told_with_exit_code_7(recorded: Run) -> None:
    Path("kept.txt").write_text(recorded("audit", "checkpoint")[1])
    connection = sqlite3.connect("book/ledger.db")
    connection.executescript("DROP TRIGGER records_no_delete; DELETE FROM records WHERE seq = 1")
    connection.close()
    code, out, _ = recorded("audit", "verify", "--against", "kept.txt")
    assert code == 7
    assert "RG714 there is a checkpoint of 2 records, and 1 of them is not here: truncated" in out
    assert "FAILED  1" in out
    assert out.splitlines()[-1] == "NOT VERIFIED: this is not what was recorded"


def test_so_many_problems_are_counted(recorded: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect("book/ledger.db")
    connection.executescript("DROP TRIGGER shared_no_delete; DELETE FROM shared")
    connection.close()
    monkeypatch.setattr("release_gate.audit.checks.MAX_PROBLEMS", 3)
    code, out, _ = recorded("audit", "verify")
    assert code == 7
    assert "further problems" in out


def test_one_record_is_proven_to_somebody_without_the_ledger(recorded: Run) -> None:
    key = recorded("audit", "key", "log.pem", "--name", "example.org/releases")[1].strip()
    code, out, _ = recorded("audit", "prove", "small", "-o", "sent")
    assert code == 0
    assert "wrote record 0 and its receipt to sent" in out
    shutil.rmtree("book")
    code, out, _ = recorded("audit", "verify", "sent", "--key", key, "--signer", "sign.pub")
    assert code == 0
    assert Path("sent/record.tlog-proof").read_text().startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    file = Path("sent/record.json")
    file.write_bytes(file.read_bytes().replace(b"conditional", b"approve"))
    code, out, _ = recorded("audit", "verify", "sent", "--key", key)
    assert code == 7
    assert "the receipt is not for this record, or one of the two was edited" in out


def test_a_proof_is_against_the_checkpoint_that_somebody_kept(recorded: Run) -> None:
    Path("kept.txt").write_text(recorded("audit", "checkpoint")[1])
    recorded("check", "small.yaml", "--record", *DAY)
    assert recorded("audit", "prove", "0", "-o", "sent", "--checkpoint", "kept.txt")[0] == 0
    assert "example.org/releases\n2\n" in Path("sent/record.tlog-proof").read_text()
    code, _, err = recorded("audit", "prove", "2", "-o", "sent", "--checkpoint", "kept.txt")
    assert code == 2
    assert "does not reach this one" in err
    assert recorded("audit", "prove", "0", "-o", "sent", "--checkpoint", "absent")[0] == 2
    assert recorded("audit", "prove", "0", "-o", "kept.txt/no")[0] == 3


def test_without_a_signed_checkpoint_a_plain_one_is_printed(recorded: Run) -> None:
    assert recorded("audit", "checkpoint", "--ledger", "book/ledger.db")[1].count("\n") == 5
    Path("release-gate.yaml").write_text(GATE.replace("  log_key: log.pem\n", ""))
    recorded("check", "small.yaml", "--record", *DAY)
    out = recorded("audit", "checkpoint", "--ledger", "book/ledger.db")[1]
    assert out.count("\n") == 3
    assert "\n3\n" in out


def test_wrong_arguments_are_wrong_usage(recorded: Run, tmp_path: Path) -> None:
    assert recorded("audit", "key", "sign.pem", "--name", "x")[0] == 2
    assert recorded("audit", "verify", "--key", "absent.key")[0] == 2
    assert recorded("audit", "verify", "--key", "a+b+c")[0] == 3
    assert recorded("audit", "verify", "--against", "absent")[0] == 2
    assert recorded("audit", "log", "--ledger", "http://x")[0] == 3
    assert recorded("audit", "log", "--ledger", "absent.db")[0] == 3
    Path("release-gate.yaml").unlink()
    code, _, err = recorded("audit", "log")
    assert code == 2
    assert "say --ledger PLACE or --gate FILE" in err
    assert "here; say PLACE or --gate FILE" in recorded("audit", "verify")[2]
    assert "here; say --gate FILE" in recorded("event", "leaked", "small")[2]


def test_a_key_in_pem_in_place_of_that_of_a_log_is_told_what_makes_one(recorded: Run) -> None:
    code, _, err = recorded("audit", "verify", "--key", "sign.pub")
    assert code == 2
    assert "`sign.pub` is a key in PEM, without the name" in err
    assert "`release-gate audit key sign.pub --name NAME`" in err


def test_what_a_record_does_not_have_is_told(recorded: Run) -> None:
    assert recorded("event", "leaked", "small", *DAY)[0] == 0
    for part in ("decision", "request", "trace"):
        code, out, err = recorded("audit", "show", "2", f"--{part}")
        assert (code, out) == (2, "")
        assert f"the record 2 is of no decision, and has no {part}" in err
    assert "has no policy `owm`; did you mean `own`" in recorded("audit", "show", "0", "--policy", "owm")[2]
    assert "has no policy `own`; it is of no decision" in recorded("audit", "show", "2", "--policy", "own")[2]


def test_what_is_recorded_is_decided_again(recorded: Run) -> None:
    assert recorded("replay")[:2] == (0, "2 identical\n")
    assert recorded("replay", "small")[:2] == (0, "1 identical\n")
    assert [json.loads(line)["outcome"] for line in recorded("replay", "-o", "json")[1].splitlines()] == [
        "identical",
        "identical",
    ]


def test_what_cannot_be_decided_again_is_an_integrity_failure(recorded: Run) -> None:
    connection = sqlite3.connect("book/ledger.db")
    connection.executescript("DROP TRIGGER shared_no_delete; DELETE FROM shared")
    connection.close()
    code, out, _ = recorded("replay")
    assert code == 7
    assert "2 not replayable" in out
    assert "is not here" in out


def test_a_changed_policy_is_tried_on_all_that_was_decided(recorded: Run) -> None:
    Path("new.yaml").write_text(POLICY.replace("1e9", "1e12"))
    code, out, _ = recorded("replay", "--policy", "new.yaml")
    assert code == 4
    assert "LOOSENED  large/api at api_general, which was asked for: deny → approve, asked by ada" in out
    assert out.splitlines()[-1].endswith("to looser ones")
    code, out, _ = recorded("replay", "--policy", "new.yaml", "-o", "json")
    assert all(json.loads(line)["loosens"] for line in out.splitlines())
    assert recorded("replay", "--policy", "policy.yaml")[:2] == (
        0,
        "0 verdicts change, 0 of them to looser ones\n",
    )


def test_a_recorded_decision_is_attested_and_the_attestation_admits_the_artifact(recorded: Run) -> None:
    assert recorded("attest", "small", "--key", "sign.pem", "-o", "small.jsonl")[0] == 0
    trusted = ("verify-attestation", "small.jsonl", "--key", "sign.pub")
    code, out, _ = recorded(*trusted, "--artifact", "weights.bin")
    assert code == 0
    assert out == "statement: approve at api_general, may pass\nsummary: PASSED at api_general, may pass\n"
    code, out, _ = recorded(*trusted, "--artifact", "weights.bin", "--level", "hosted")
    assert (code, out.splitlines()[1]) == (0, "summary: PASSED at hosted, may pass")
    code, _, err = recorded(*trusted, "--artifact", "weights.bin", "--level", "weights_open")
    assert code == 5
    code, _, err = recorded(*trusted, "--artifact", "policy.yaml")
    assert code == 7
    assert "line 1: it is about something else than sha256:" in err
    code, _, err = recorded("verify-attestation", "small.jsonl", "--key", "other.pub", "--digest", "sha256:0")
    assert (code, "RG704" in err) == (7, True)


def test_a_denial_is_attested_and_admits_nothing(recorded: Run) -> None:
    code, out, _ = recorded("attest", "large", "--key", "sign.pem")
    assert code == 0
    Path("large.jsonl").write_text(out)
    code, out, _ = recorded(
        "verify-attestation", "large.jsonl", "--key", "sign.pub", "--artifact", "weights.bin"
    )
    assert (code, out.count("MAY NOT PASS")) == (5, 2)
    Path("summary.jsonl").write_text(Path("large.jsonl").read_text().splitlines()[1])
    digest = "sha256:" + hashlib.sha256(b"some weights").hexdigest()
    code, _, _ = recorded("verify-attestation", "summary.jsonl", "--key", "sign.pub", "--digest", digest)
    assert code == 5


def test_verifying_names_what_nobody_has_read_and_lets_no_more_pass(run: Run) -> None:
    cited = POLICY.replace("id: big,", "id: big, cite: {source: law, confidence: unverified},")
    Path("policy.yaml").write_text(cited + "sources: {law: {title: The law}}\n", encoding="utf-8")
    run("check", "large.yaml", "--record", *DAY)
    assert run("attest", "0", "--key", "sign.pem", "-o", "large.jsonl")[0] == 0
    trusted = ("verify-attestation", "large.jsonl", "--key", "sign.pub", "--artifact", "weights.bin")
    code, out, _ = run(*trusted)
    assert (code, out.splitlines()) == (
        5,
        [
            "statement: deny at api_general, MAY NOT PASS",
            "  this hangs on what nobody has read in its source: own/big",
            "summary: FAILED, MAY NOT PASS",
        ],
    )
    assert run(*trusted, "--level", "hosted")[1].splitlines()[0] == "statement: approve at hosted, may pass"
    assert "hangs" not in run(*trusted, "--level", "hosted")[1]


def test_attesting_and_verifying_refuse_what_they_cannot_read_or_write(recorded: Run) -> None:
    assert recorded("attest", "small", "--key", "sign.pem", "-o", "no/where")[0] == 2
    assert recorded("attest", "small", "--key", "absent.pem")[0] == 3
    trusted = ("--key", "sign.pub")
    assert recorded("verify-attestation", "absent", *trusted, "--digest", "sha256:0")[0] == 2
    assert recorded("verify-attestation", "small.yaml", *trusted, "--digest", "sha256:0")[0] == 7
    assert recorded("verify-attestation", "small.yaml", *trusted)[0] == 2
    assert recorded("verify-attestation", "small.yaml", *trusted, "--artifact", "absent")[0] == 2
    Path("empty").write_text("")
    code, _, err = recorded("verify-attestation", "empty", *trusted, "--digest", "sha256:0")
    assert (code, "holds no attestation" in err) == (7, True)


def test_keys_are_made_for_their_owner_alone_and_never_overwritten(run: Run) -> None:
    for kind, algorithm in (("log", "ed25519"), ("signing", "ecdsa-p256")):
        assert run("audit", "new-key", kind, f"{kind}.key")[0] == 0
        made = read_private_key(f"{kind}.key")
        assert made.public.algorithm == algorithm
        assert read_public_key(f"{kind}.key.pub") == made.public
        assert Path(f"{kind}.key").stat().st_mode & 0o77 == 0
        assert run("audit", "new-key", kind, f"{kind}.key")[0] == 2
        assert read_private_key(f"{kind}.key").public == made.public


def test_a_ledger_can_be_made_before_anything_is_recorded(run: Run) -> None:
    code, out, _ = run("audit", "create")
    assert (code, out) == (0, "the ledger example.org/releases is in book/ledger.db\n")
    assert run("audit", "create")[1] == out
    assert run("audit", "verify")[1].startswith("book/ledger.db: 0 records of example.org/releases")


def test_a_log_is_exported_for_the_tools_of_others(recorded: Run) -> None:
    assert recorded("audit", "export", "site")[:2] == (0, "wrote 2 records to site\n")
    assert Path("site/tile/0/000.p/2").stat().st_size == 64
    assert recorded("audit", "verify", "site")[0] == 0
    assert recorded("replay", "--ledger", "site")[:2] == (0, "2 identical\n")


def test_what_happens_is_recorded_and_what_is_owed_is_told(recorded: Run) -> None:
    day = ("--as-of", "2026-11-24")
    code, out, _ = recorded(
        "event", "published", "small", "--artifact", "weights", "--rung", "weights_open", *day
    )
    assert (code, out) == (0, "recorded as 2: small published on 2026-11-24\n")
    for more in (("granted", "small", "--to", "bob"), ("paused", "small", "--note", "for now")):
        assert recorded("event", *more, *day)[0] == 0
    code, out, _ = recorded("status", "small", *day)
    assert code == 0
    assert "small/weights: open at weights_open, paused\n  asked for weights_open: conditional\n" in out
    assert "copies are out for good: released at weights_open on 2026-11-24" in out
    assert "2026-11-24  paused: for now" in out
    assert "small/api: not released, paused" in out
    assert "access: bob" in out
    told = {each["artifact"]: each for each in json.loads(recorded("status", "small", *day, "-o", "json")[1])}
    assert (told["weights"]["access"], told["weights"]["paused"]) == ("weights_open", True)
    assert [each["word"] for each in told["weights"]["history"]][-1] == "paused"
    assert told["api"]["access"] is None
    recorded("event", "published", "large", "--artifact", "api", "--rung", "api_general", *day)
    assert "NOT ALLOWED: the decision does not allow api_general" in recorded("status", "large", *day)[1]
    code, out, _ = recorded("due", *day)
    assert (code, out.splitlines()[-1]) == (0, "2 duties, 0 overdue")
    assert "nobody named: Watch" in out
    assert json.loads(recorded("due", *day, "-o", "json")[1])[0]["state"] == "waiting"
    assert recorded("due", *day, "-o", "ics")[1].startswith("BEGIN:VCALENDAR")
    code, _, err = recorded("event", "published", "nobody", "--rung", "hosted", *day)
    assert (code, "RG739" in err) == (3, True)
    assert recorded("audit", "verify")[0] == 0
    assert "event small published" in recorded("audit", "log")[1]


# ---------------------------------------------------------------- sensitive fields


@pytest.fixture
def private(run: Run) -> Run:
    """The same, with a gate file that marks fields as sensitive, and three decisions."""
    more = "  sensitive: [requester.id, model]\n  disclosures: apart\n"
    Path("release-gate.yaml").write_text(GATE + more)
    for name in ("small", "large", "small"):
        run("check", f"{name}.yaml", "--record", *DAY)
    return run


def test_a_sealed_field_is_shown_to_whom_is_given_what_opens_it(private: Run) -> None:
    code, out, _ = private("audit", "show", "0", "--request")
    assert code == 0
    assert '"ada"' not in out
    assert '"requester":{"id":{"sealed":"sha256:' in out
    assert private("audit", "show", "0", "--request", "--disclosures", "apart")[1].startswith(
        "# as it was typed"
    )
    assert '"ada"' not in private("audit", "show", "0")[1]
    assert "Too large" in private("audit", "show", "1", "--decision", "--disclosures", "apart")[1]
    code, out, _ = private("audit", "disclose", "0", "--field", "requester.id")
    assert code == 0
    assert '"value":"ada"' in out
    assert "Tiny" not in out
    Path("one.json").write_text(out)
    assert '"id":"ada"' in private("audit", "show", "0", "--request", "--disclosures", "one.json")[1]
    assert '"sealed"' in private("audit", "show", "0", "--request", "--disclosures", "one.json")[1]
    code, out, _ = private("audit", "verify", "--disclosures", "one.json")
    assert code == 0
    assert "ok     11" in out
    assert "3 records have sealed fields, and nothing was disclosed" in private("audit", "verify")[1]
    Path("one.json").write_text(Path("one.json").read_text().replace('"ada"', '"eve"'))
    code, out, _ = private("audit", "verify", "--disclosures", "one.json")
    assert code == 7
    assert "FAILED 11" in out
    assert "is not of what is sealed there" in out


def test_a_trace_shows_no_sealed_fact_unless_it_is_disclosed(private: Run) -> None:
    code, out, _ = private("audit", "show", "1", "--trace")
    assert code == 0
    assert "    big: bites at api_general\n" in out
    assert "the facts that were read are sealed" in out
    assert "7e9" not in out.replace("1e9", "")
    assert "model.parameters: 7e9" in private("audit", "show", "1", "--trace", "--disclosures", "apart")[1]


def test_what_events_say_of_persons_can_be_sealed_shown_and_erased(run: Run) -> None:
    sealed = "  sensitive: [event.to, event.by, event.note]\n  disclosures: apart\n"
    Path("release-gate.yaml").write_text(GATE + sealed)
    run("check", "small.yaml", "--record", *DAY)
    persons = ("--to", "mallory", "--by", "ada", "--note", "hm")
    run("event", "granted", "small", "--artifact", "api", *persons, *DAY)
    run("event", "paused", "small", *DAY)
    assert "mallory" not in run("audit", "show", "1")[1] + Path("book/ledger.db").read_text("latin-1")
    assert "access: mallory" in run("status", "small", *DAY)[1]
    assert "access: (sealed)" in run("status", "small", *DAY, "--ledger", "book/ledger.db")[1]
    assert '"to": "mallory"' in run("audit", "show", "1", "--disclosures", "apart")[1]
    assert run("audit", "verify", "--disclosures", "apart")[0] == 0
    assert '"value":"mallory"' in run("audit", "disclose", "1", "--field", "event.to")[1]
    with sqlite3.connect("book/ledger.db") as ledger:
        ledger.execute("CREATE TRIGGER full BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'full'); END")
    code, _, err = run("audit", "redact", "1", "--field", "event.to")
    assert (code, err.splitlines()[-1]) == (3, "nothing was recorded, and nothing was erased")
    assert '"to": "mallory"' in run("audit", "show", "1", "--disclosures", "apart")[1]
    with sqlite3.connect("book/ledger.db") as ledger:
        ledger.execute("DROP TRIGGER full")
    assert run("audit", "redact", "1", "--field", "event.to")[0] == 0
    told = run("status", "small", *DAY)[1]
    assert "access: (sealed)" in told
    assert ": hm" in told
    assert run("audit", "verify", "--disclosures", "apart")[0] == 0


def test_what_is_erased_is_gone_and_every_proof_holds(private: Run) -> None:
    assert private("replay")[:2] == (0, "3 identical\n")
    assert private("attest", "0", "--key", "sign.pem", "-o", "told.jsonl")[0] == 0
    digest = json.loads(private("audit", "log", "-n", "9", "-o", "json")[1].splitlines()[-1])["decision"]
    code, out, _ = private("verify-attestation", "told.jsonl", "--key", "sign.pub", "--digest", digest)
    assert (code, out) == (0, "statement: conditional at api_general, weights_open, may pass\n")
    assert private("audit", "prove", "0", "-o", "sent")[0] == 0
    kept = private("audit", "checkpoint")[1]
    Path("kept.txt").write_text(kept)
    code, out, err = private("audit", "redact", "small", "--field", "requester")
    assert (code, out) == (0, "erased 1 value of record 0\nerased 1 value of record 2\n")
    assert "keep this checkpoint" in err
    assert "ada" in "".join(file.read_text() for file in Path("apart").iterdir())  # that of another request
    assert private("audit", "redact", "1", "--field", "requester.id")[0] == 0
    assert '"ada"' not in "".join(file.read_text() for file in Path("apart").iterdir())
    assert "redaction large requester.id" in private("audit", "log")[1]
    code, out, _ = private("replay")
    assert code == 6
    assert "3 erased" in out
    assert "were erased or not disclosed" in out
    assert private("replay", "--ledger", "book/ledger.db")[0] == 6
    code, out, _ = private("replay", "--policy", "policy.yaml")
    assert code == 6
    assert "0  small: erased: " in out
    assert "0 verdicts change" in out
    assert private("attest", "0", "--key", "sign.pem")[0] == 3
    for place in ((), ("sent",)):
        code, out, _ = private("audit", "verify", *place, *(() if place else ("--against", "kept.txt")))
        assert code == 0, out
    assert private("status", "small")[0] == 0
    assert private("due")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("redact", "0", "--field", "title"), "nothing is left to erase of `title`"),
        (("redact", "9", "--field", "title"), "there is no record `9`"),
        (("disclose", "0", "--field", "title"), "nothing is disclosed of `title` in record 0"),
        (
            ("disclose", "0", "--field", "model", "--ledger", "book/ledger.db"),
            "say where the disclosures are",
        ),
        (("show", "0", "--disclosures", "absent"), "there are no disclosures at `absent`"),
        (("verify", "--disclosures", "absent"), "`absent` cannot be used"),
    ],
)
def test_what_cannot_be_erased_or_shown_is_said(private: Run, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = private("audit", *arguments)
    assert code in (2, 3)
    assert words in " ".join(err.split())
    assert out == ""
    assert private("audit", "log")[1].count("\n") == 3


def test_what_was_recorded_in_the_open_cannot_be_erased(recorded: Run) -> None:
    Path("release-gate.yaml").write_text(GATE + "  disclosures: apart\n")
    for which in ("0", "small"):
        code, _, err = recorded("audit", "redact", which, "--field", "requester.id")
        assert code == 3
        assert "it was recorded in the open" in err
    Path("release-gate.yaml").write_text(GATE)
    assert recorded("audit", "redact", "0", "--field", "requester.id")[0] == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("  sensitive: [requestor.id]\n  disclosures: apart\n", "did you mean `requester`"),
        ("  sensitive: [requester.id]\n", "add `disclosures: FOLDER`"),
    ],
)
def test_a_gate_that_would_record_in_the_open_what_it_calls_sensitive_records_nothing(
    run: Run, more: str, words: str
) -> None:
    Path("release-gate.yaml").write_text(GATE + more)
    code, _, err = run("check", "small.yaml", "--record", *DAY)
    assert code == 3
    assert words in err
    assert not Path("book").exists()


# ---------------------------------------------------------------- candidates


@pytest.fixture
def candidates(recorded: Run) -> Run:
    """Two decisions, and stricter policies as a file, in a folder, and in a gate file."""
    strict = POLICY.replace("1e9", "1").replace("1.0.0", "2.0.0")
    Path("new").mkdir()
    Path("new/policy.yaml").write_text(strict)
    Path("gate").mkdir()
    Path("gate/release-gate.yaml").write_text("release_gate: gate/v1\npolicies: [../new/policy.yaml]\n")
    return recorded


@pytest.mark.parametrize("name", ["new/policy.yaml", "new", "gate", "gate/release-gate.yaml"])
def test_a_candidate_is_a_file_a_folder_or_a_gate_and_names_the_rules(candidates: Run, name: str) -> None:
    code, out, _ = candidates("replay", "--policy", name)
    assert code == 4
    assert "tightened small/api at api_general, which was asked for: approve → deny, asked by ada" in out
    assert "by own/big (no owner is named)" in out
    assert "0 of them to looser ones" in out
    code, out, _ = candidates("replay", "--policy", name, "-o", "markdown")
    assert code == 4
    assert out.startswith("| record | request |")
    assert "(asked for) | approve → deny |" in out
    first = json.loads(candidates("replay", "--policy", name, "-o", "json")[1].splitlines()[0])
    assert (first["asked_by"], first["rules"]) == ("ada", [{"rule": "own/big", "owner": None}])


def test_what_changes_is_written_in_several_forms_at_once(candidates: Run) -> None:
    asked = (
        "replay",
        "--policy",
        "new",
        "-o",
        "text",
        "-o",
        "json=changes.jsonl",
        "-o",
        "markdown=changes.md",
    )
    code, out, _ = candidates(*asked)
    assert (code, "0 of them to looser ones" in out) == (4, True)
    flips = [json.loads(line) for line in Path("changes.jsonl").read_text().splitlines()]
    assert f"**{len(flips)} verdicts change, 0 of them to looser ones**" in Path("changes.md").read_text()
    code, _, err = candidates("replay", "-o", "markdown")
    assert (code, "takes --policy CANDIDATE" in err) == (2, True)


def test_a_candidate_may_be_a_pack_and_one_of_its_versions(candidates: Run) -> None:
    for name in ("responsible-democratization", "license-lineage@2026"):
        code, out, _ = candidates("replay", "--policy", name)
        assert code == 4, out
        assert f"by {name.partition('@')[0]}/" in out


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("gate", "new"), "cannot be combined"),
        (("new", "new/policy.yaml"), "is named twice"),
        (("book",), "there is no policy in `book`"),
        (("absent",), "absent"),
        (("absent.yaml",), "absent.yaml"),
        (("license-lineage@1999",), "1999"),
    ],
)
def test_a_candidate_that_is_none_is_refused(candidates: Run, names: tuple[str, ...], words: str) -> None:
    code, out, err = candidates("replay", *(part for name in names for part in ("--policy", name)))
    assert (code, out) == (3, "")
    assert words in err


def test_one_record_that_cannot_be_decided_again_does_not_hide_the_others(candidates: Run) -> None:
    with sqlite3.connect("book/ledger.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE records SET content = x'' WHERE seq = 1")
    connection.close()
    code, out, _ = candidates("replay", "--policy", "new")
    assert code == 7
    assert "tightened small/api" in out
    assert "1  large: not replayable" in out
    assert "is not here" in candidates("replay", "--policy", "new", "-o", "json")[1]


def test_the_trace_shows_how_each_rule_came_out(recorded: Run) -> None:
    code, out, _ = recorded("audit", "show", "1", "--trace")
    assert code == 0
    assert "    big: bites at api_general\n      when model.parameters > 1e9\n" in out
    assert "    model.parameters: 7e9\n" in out
    with sqlite3.connect("book/ledger.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE records SET data = replace(data, '\"trace\":', '\"tracf\":') WHERE seq = 1"
        )
    connection.close()
    code, _, err = recorded("audit", "show", "1", "--trace")
    assert code == 2
    assert "the record has no trace" in err


def test_a_receipt_is_written_beside_each_decision_and_verifies_without_the_ledger(run: Run) -> None:
    run("audit", "new-key", "log", "witness.pem")
    told = run("check", "small.yaml", "large.yaml", "--record", "--receipts", "receipts", *DAY)[2]
    assert "its receipt is receipts/00000001-large.tlog-proof" in told
    shutil.rmtree("book")
    key = run("audit", "key", "log.pem", "--name", "example.org/releases")[1].strip()
    names = sorted(each.name for each in Path("receipts").iterdir())
    assert names == [
        f"0000000{number}-{end}"
        for number, name in enumerate(("small", "large"))
        for end in (f"{name}.json", f"{name}.tlog-proof")
    ]
    for name in names[1::2]:
        code, out, _ = run("audit", "verify", f"receipts/{name}", "--key", key)
        assert code == 0, out
        assert "verified, but for what was not checked" in out
    decision = Path("receipts/00000001-large.json")
    decision.write_text(decision.read_text().replace('"deny"', '"approve"'))
    code, out, _ = run("audit", "verify", "receipts/00000001-large.tlog-proof", "--key", key)
    assert code == 7
    assert "the decision is not the one of record 1: edited" in out


def test_receipts_are_of_what_is_recorded(run: Run) -> None:
    code, _, told = run("check", "small.yaml", "--receipts", "receipts", *DAY)
    assert code == 2
    assert "--receipts needs --record" in told
    assert not Path("receipts").exists()


def test_a_witness_signs_the_log_as_it_grows_and_no_other_history(recorded: Run) -> None:
    run = recorded
    run("audit", "new-key", "log", "witness.pem")
    log = run("audit", "key", "log.pem", "--name", "example.org/releases")[1].strip()
    seen = run("audit", "key", "witness.pem", "--name", "witness.example", "--witness")[1].strip()
    who = ("--log", log, "--name", "witness.example", "--key", "witness.pem", "--state", "memory")

    def ask(since: str, place: str = "") -> tuple[int, str, str]:
        told = run("audit", "checkpoint", "--since", since, *(("--ledger", place) if place else ()))
        Path("asked").write_text(told[1], encoding="utf-8")
        return run("audit", "witness", "asked", *who)

    code, first, _ = ask("0")
    assert code == 0
    Path("first.txt").write_text(first, encoding="utf-8")
    demand = ("--key", log, "--witness", seen, "--quorum", "1")
    assert run("audit", "verify", "--against", "first.txt", *demand)[0] == 0
    assert run("check", "small.yaml", "--record", *DAY)[0] == 0
    assert run("audit", "verify", "--against", "first.txt", *demand)[0] == 0
    # It is told where the witness stands, and asks from there.
    code, _, told = ask("1")
    assert (code, "ask again with `--since 2`" in told) == (7, True)
    assert ask("2")[0] == 0
    code, line, _ = run("audit", "witness", "asked", *who, "--line")
    assert code == 7
    run("audit", "checkpoint", "--since", "3")
    Path("asked").write_text(run("audit", "checkpoint", "--since", "3")[1], encoding="utf-8")
    code, line, _ = run("audit", "witness", "asked", *who, "--line")
    assert (code, line.startswith("— witness.example "), line.count("\n")) == (0, True, 1)
    # An older copy is a rollback.
    Path("asked").write_text(first.replace("example.org", "old 3\n\nexample.org", 1), encoding="utf-8")
    code, _, told = run("audit", "witness", "asked", *who)
    assert (code, "truncated" in told) == (7, True)
    # A quorum takes keys, and a checkpoint that was signed.
    assert run("audit", "verify", "--key", log, "--quorum", "1")[0] == 2
    assert run("audit", "verify", "--witness", seen, "--quorum", "1")[0] == 2
    assert run("audit", "verify", *demand)[0] == 7


def test_what_a_witness_cannot_be_asked_is_wrong_usage(recorded: Run) -> None:
    run = recorded
    assert "has 2 records, and not 3" in run("audit", "checkpoint", "--since", "3")[2]
    gate = Path("release-gate.yaml")
    gate.write_text(gate.read_text().replace("  log_key: log.pem\n", ""))
    assert "there is no key of the log" in run("audit", "checkpoint", "--since", "0")[2]


def test_the_receipt_of_a_sealed_decision_has_it_as_it_is_recorded(private: Run) -> None:
    assert private("check", "large.yaml", "--record", "--receipts", "receipts", *DAY)[0] == 5
    key = private("audit", "key", "log.pem", "--name", "example.org/releases")[1].strip()
    code, out, _ = private("audit", "verify", "receipts/00000003-large.tlog-proof", "--key", key)
    assert code == 0, out
    recorded = private("audit", "show", "3", "--decision")[1]
    text = Path("receipts/00000003-large.json").read_text(encoding="utf-8")
    assert json.loads(text).items() >= json.loads(recorded).items()
