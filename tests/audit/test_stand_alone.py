"""The verifier that needs nothing of ours says what the package says, about good ledgers and bad ones."""

import importlib.util
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from release_gate.audit.bundle import Bundle
from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import Ledger
from release_gate.audit.merkle import inclusion_proof
from release_gate.audit.notes import Checkpoint, NoteKey, Receipt, cosign
from release_gate.audit.receipts import write_receipt
from release_gate.audit.record import Record
from release_gate.audit.recorder import Recorder
from release_gate.audit.sensitive import Sensitive
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.signing import generate_key

from .books import NOW, ORIGIN, Book, decide, policy, request
from .test_tampering import SIZE, TAMPERING, Copy, copy, original

__all__ = ["copy", "original"]  # fixtures

FILE = Path(__file__).parents[2] / "docs" / "reference" / "verify_record.py"
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program, as a command."""
    spec = importlib.util.spec_from_file_location("verify_record", FILE)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*arguments: str) -> tuple[int, str]:
        module.PROBLEMS.clear()
        module.DISCLOSURES.clear()
        module.SALTS.clear()
        monkeypatch.setattr(sys, "argv", ["verify_record.py", *arguments])
        code: int = module.main()
        return code, capsys.readouterr().out

    return call


def keys(book: Book, folder: Path) -> tuple[str, ...]:
    (folder / "signer.pem").write_text(book.signer.public.pem)
    key = str(NoteKey(ORIGIN, 1, book.log_key.public))
    return "--key", key, "--signer", str(folder / "signer.pem")


def test_a_key_may_be_in_a_file_and_what_is_none_is_told(copy: Copy, run: Run, tmp_path: Path) -> None:
    _, key, *_ = keys(copy.book, tmp_path)
    file = tmp_path / "log.key"
    file.write_text(key + "\n", encoding="utf-8")
    assert run(str(copy.path), "--key", str(file)) == run(str(copy.path), "--key", key)
    assert run(str(copy.path), "--key", str(file))[0] == 0
    file.write_text("log.key", encoding="utf-8")
    for none in (str(file), str(tmp_path / "absent"), key[:-1], "log.key"):
        with pytest.raises(SystemExit, match="2"):
            run(str(copy.path), "--key", none)
        with pytest.raises(SystemExit, match="2"):
            run(str(copy.path), "--witness", none)


def test_it_uses_nothing_of_ours() -> None:
    text = FILE.read_text()
    assert "release_gate" not in text
    assert {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith("import ")
    } <= {*sys.stdlib_module_names}
    assert all(
        line.split()[1].partition(".")[0] in {"cryptography", *sys.stdlib_module_names}
        for line in text.splitlines()
        if line.startswith("from ")
    )


def test_a_good_ledger_verifies(copy: Copy, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    for checkpoint in (copy.outside, Checkpoint(ORIGIN, SIZE, copy.outside.root)):
        kept.write_text(str(checkpoint))
        code, out = run(str(copy.path), *keys(copy.book, tmp_path), "--against", str(kept))
        assert out == f"{SIZE} records of {ORIGIN}, root {copy.outside.root.hex()}\nverified\n"
        assert code == 0


@pytest.mark.parametrize("name", TAMPERING)
def test_it_detects_what_the_package_detects(name: str, copy: Copy, run: Run, tmp_path: Path) -> None:
    TAMPERING[name][0](copy)
    (tmp_path / "kept.txt").write_text(str(copy.outside))
    code, out = run(str(copy.path), *keys(copy.book, tmp_path), "--against", str(tmp_path / "kept.txt"))
    # Step 5 is about what our program keeps beside the records, and this one does not read it.
    assert (code, out.splitlines()[-1]) == (
        (0, "verified") if TAMPERING[name][1] == 5 else (7, "NOT VERIFIED")
    )


def test_one_record_verifies_with_its_receipt_and_no_changed_one(
    original: tuple[Book, Checkpoint], run: Run, tmp_path: Path
) -> None:
    book, checkpoint = original
    store = SqliteStore.open(book.path)
    record = Record.read(next(iter(store.rows(5, 6))).data)
    receipt = Receipt(5, inclusion_proof(5, SIZE, store.node), checkpoint)
    Bundle.of(store, record, receipt).write(tmp_path / "sent")
    store.close()
    told = keys(book, tmp_path)
    assert run(str(tmp_path / "sent"), *told) == (0, f"record 5 of a log of {SIZE} records\nverified\n")
    other = str(NoteKey("example.org/other", 1, book.log_key.public))
    assert run(str(tmp_path / "sent"), "--key", other)[0] == 7
    for name in ("record.json", "record.tlog-proof", "content"):
        file = tmp_path / "sent" / name
        file = min(file.iterdir()) if file.is_dir() else file
        data = file.read_bytes()
        middle = len(data) // 2
        file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        code, out = run(str(tmp_path / "sent"), *told)
        assert (code, out.splitlines()[-1]) == (7, "NOT VERIFIED"), name
        file.write_bytes(data)


@pytest.fixture
def written(original: tuple[Book, Checkpoint], tmp_path: Path) -> Path:
    """A decision and its receipt, whose checkpoint two witnesses have signed."""
    book, checkpoint = original
    store = SqliteStore.open(book.path)
    for name in ("one", "two"):
        checkpoint = cosign(checkpoint, f"witness.example/{name}", 1_780_000_000, WITNESSES[name])
    record = Record.read(next(iter(store.rows(5, 6))).data)
    file = write_receipt(tmp_path / "out", record, Ledger(store), checkpoint)
    store.close()
    return file


WITNESSES = {name: generate_key("ed25519") for name in ("one", "two", "three")}


def witness(name: str, of: str | None = None) -> tuple[str, str]:
    return "--witness", str(NoteKey(f"witness.example/{name}", 4, WITNESSES[of or name].public))


def test_a_decision_verifies_with_its_receipt_and_its_witnesses(
    written: Path, original: tuple[Book, Checkpoint], run: Run, tmp_path: Path
) -> None:
    told = (str(written), *keys(original[0], tmp_path))
    good = (0, f"record 5 of a log of {SIZE} records\nverified\n")
    assert run(*told) == good
    assert run(*told, *witness("one"), *witness("two"), "--quorum", "2") == good
    for other in ((), witness("three"), witness("one"), witness("three", "one")):
        code, out = run(*told, *witness("one"), *other, "--quorum", "2")
        assert code == 7
        assert f"step 9: 1 witnesses have signed the checkpoint of {SIZE} records" in out
    assert run(*told, *witness("one", "two"), "--quorum", "1")[0] == 7  # a name with the key of another
    with pytest.raises(SystemExit):
        run(str(written), *witness("one"), "--quorum", "1")
    written.with_suffix(".json").unlink()
    assert run(*told) == good


def test_a_changed_decision_or_receipt_does_not_verify(
    written: Path, original: tuple[Book, Checkpoint], run: Run, tmp_path: Path
) -> None:
    told = (str(written), *keys(original[0], tmp_path))
    decision = written.with_suffix(".json")
    for file, old, new in (
        (decision, b'"conditional"', b'"approve"'),
        (decision, b'"digest": "sha256:', b'"digest": "sha256:00'),
        (decision, b'"api_general"', b'"api_restricted"'),
        (written, b"\nindex 5\n", b"\nindex 4\n"),
        (written, b"@v1", b"@v2"),
        (written, f"\n{SIZE}\n".encode(), b"\n8\n"),
        (written, ORIGIN.encode() + b"\n", b"example.org/other\n"),
    ):
        data = file.read_bytes()
        assert old in data, old
        file.write_bytes(data.replace(old, new))
        code, out = run(*told)
        assert (code, out.splitlines()[-1]) == (7, "NOT VERIFIED"), old
        file.write_bytes(data)
    assert run(*told)[0] == 0


def test_a_ledger_verifies_against_what_witnesses_have_signed(
    original: tuple[Book, Checkpoint], run: Run, tmp_path: Path
) -> None:
    book, checkpoint = original
    told = (str(book.path), *keys(book, tmp_path), *witness("one"), "--quorum", "1")
    assert "no checkpoint that a witness could have signed" in run(*told)[1]
    kept = tmp_path / "kept"
    kept.write_text(str(checkpoint))
    assert run(*told, "--against", str(kept))[0] == 7
    kept.write_text(str(cosign(checkpoint, "witness.example/one", 1_780_000_000, WITNESSES["one"])))
    assert run(*told, "--against", str(kept))[0] == 0


def test_it_knows_what_is_sealed_and_what_opens_it(tmp_path: Path, run: Run) -> None:
    book = Book.new(tmp_path)
    kept = Kept(tmp_path / "apart")
    recorder = Recorder(book.ledger, [policy()], sealing=(Sensitive.of(["model", "requester"]), kept))
    for second in range(2):
        recorder.record(decide(request()), request(), NOW + timedelta(seconds=second))
    book.close()
    files = sorted((tmp_path / "apart").iterdir())
    path, options = str(book.path), [part for file in files for part in ("--disclosures", str(file))]
    assert run(path)[0] == run(path, *options)[0] == 0
    good = files[0].read_bytes()
    others = json.loads(files[1].read_bytes())
    told = json.loads(good)
    swapped = [{**told["disclosures"][0], "pointer": told["disclosures"][1]["pointer"]}]
    again = [told["disclosures"][0]] * 2
    short = [{**told["disclosures"][0], "salt": "00"}]
    attacks = (others["disclosures"], swapped, again, short)
    for attack in (*({**told, "disclosures": each} for each in attacks), {**told, "seal": "0" * 32}):
        files[0].write_text(json.dumps(attack))
        code, out = run(path, "--disclosures", str(files[0]))
        assert (code, out.splitlines()[-1]) == (7, "NOT VERIFIED")
        assert "step 11: " in out


def test_what_is_no_ledger_does_not_verify(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    assert run(str(tmp_path / "file"))[0] == 7
    assert run(str(tmp_path))[0] == 7
