"""The ledger: what it keeps, what it refuses, and who may write to it at once."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit import locks, store_sqlite
from release_gate.audit.ledger import Ledger, entries
from release_gate.audit.notes import sign_checkpoint
from release_gate.audit.pack import Pack
from release_gate.audit.policies import record_policies
from release_gate.audit.record import Draft, Record, decision_draft
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import verify_log
from release_gate.audit.view import fetching
from release_gate.canonical import digest_of_bytes
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.facts.release import ReleaseRequest
from release_gate.signing import generate_key

from .books import DAY, NOW, ORIGIN, Book, decide, held, policy, request


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book.new(tmp_path)


def refused(code: str, call: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as error:
        call()
    assert error.value.diagnostics[0].code == code
    return error.value.diagnostics[0].message


# ---------------------------------------------------------------- what a record holds


def test_a_record_names_everything_that_it_takes_to_decide_again(book: Book) -> None:
    added = book.record()
    body: Any = added.records[0].body
    store = book.ledger.store
    decision = json.loads(held(store, body["decision"]))
    assert (body["schema"], body["kind"], body["index"]) == ("record/v1", "decision", 0)
    assert (body["origin"], body["as_of"]) == (ORIGIN, "2026-11-24")
    assert body["recorded_at"] == "2026-11-24T12:00:01.000Z"
    assert decision["verdict"] == body["verdict"]
    assert decision["request"]["digest"] == body["request"]["tree"]
    assert held(store, body["request"]["text"]).startswith(b"# as it was typed\n")
    told = body["policies"][0][0]
    assert [told["digest"]] == told["tree"] == [decision["policies"][0]["digest"]]
    assert b"covers: true" in held(store, told["text"][0])
    assert set(body["engine"]) >= {"release_gate", "rule_engine", "python"}
    assert len(body["attestations"]) == 2


def test_the_digest_of_a_decision_is_the_digest_of_its_content(book: Book) -> None:
    asked = request()
    decision = decide(asked)
    book.record()
    assert book.ledger.store.find(decision=decision.digest) == [0]
    assert digest_of_bytes(held(book.ledger.store, decision.digest)) == decision.digest


def test_content_is_kept_once(book: Book) -> None:
    for _ in range(3):
        book.record()
    rows = book.ledger.store.connection.execute  # type: ignore[attr-defined]
    assert rows("SELECT count(*), count(DISTINCT digest) FROM shared").fetchone() == (3, 3)  # the policy
    packs = [Pack.read(pack) for (pack,) in rows("SELECT content FROM records")]
    # the request in two forms, decision and trace; and two attestations of each record
    assert [len(each.parts) for each in packs] == [4 + 2, 2, 2]
    assert [set(each.elsewhere.values()) for each in packs] == [set(), {0}, {0}]
    for row in book.ledger.store.rows():
        fetch = fetching(book.ledger.store, Record.read(row.data))
        assert all(map(fetch, Record.read(row.data).refers_to))


def test_a_request_that_was_no_file_is_recorded_as_data(book: Book) -> None:
    asked = ReleaseRequest.model_validate(
        {
            "id": "made",
            "action": "release",
            "model": {"parameters": 7},
            "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
        }
    )
    draft = decision_draft(decide(asked), asked, record_policies([policy()]))
    assert set(draft.body["request"]) == {"id", "tree"}
    added = book.ledger.append([draft], NOW)
    assert added.records[0].about == "made"


def test_records_name_the_one_before_them(book: Book) -> None:
    first, second = book.record().records[0], book.record().records[0]
    assert "previous" not in first.body
    assert len(str(second.body["previous"])) == 64
    assert [each.index for each in entries(book.ledger.store)] == [0, 1]


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b"", b'{"schema":"record/v1"}', b'{"schema":"record/v1","index":"0"}', b"\xff"]
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Record.read(data)


# ---------------------------------------------------------------- what is refused


def test_a_clock_that_runs_backwards_is_refused_and_a_small_difference_is_not(book: Book) -> None:
    book.record()
    draft = Draft({"kind": "event", "request": {"id": "tiny"}})
    late = book.ledger.append([draft], NOW - timedelta(seconds=58))
    assert late.records[0].recorded_at == "2026-11-24T12:00:01.000Z"
    message = refused("RG731", lambda: book.ledger.append([draft], NOW - timedelta(seconds=62)))
    assert "the clock says 2026-11-24T11:58:58.000Z" in message
    assert book.ledger.store.size == 2


def test_a_decision_is_neither_dated_back_nor_ahead(book: Book) -> None:
    book.record()
    for day, code in ((date(2026, 11, 23), "RG730"), (date(2026, 11, 25), "RG732")):
        draft = decision_draft(decide(request(), day), request(), record_policies([policy()]))
        refused(code, lambda draft=draft: book.ledger.append([draft], book.time))  # type: ignore[misc]
    assert book.ledger.store.size == 1
    # Another process, which has to look where the log ends, says the same.
    again = Ledger(SqliteStore.open(book.path, write=True))
    draft = decision_draft(decide(request(), date(2026, 11, 23)), request(), record_policies([policy()]))
    refused("RG730", lambda: again.append([draft], book.time))
    again.store.close()


def test_all_of_it_is_recorded_or_nothing(book: Book) -> None:
    good = decision_draft(decide(request()), request(), record_policies([policy()]))
    bad = decision_draft(decide(request(), date(2026, 11, 25)), request(), record_policies([policy()]))
    refused("RG732", lambda: book.ledger.append([good, bad], NOW))
    assert book.ledger.store.size == 0
    assert len(book.ledger.append([good, good, good], NOW).records) == 3
    assert verify_log(book.ledger.store, book.trust).holds


def test_a_record_that_no_log_could_hold_is_refused(book: Book) -> None:
    draft = Draft({"kind": "event", "what": "x" * 70_000})
    assert "no more than 65,535 fit" in refused("RG736", lambda: book.ledger.append([draft], NOW))


def test_a_log_signs_nothing_that_does_not_extend_what_it_signed(book: Book) -> None:
    for _ in range(3):
        book.record()
    note = str(sign_checkpoint(ORIGIN, 3, bytes(32), book.log_key))
    connection = sqlite3.connect(book.path)
    connection.executescript("DROP TRIGGER records_no_update")
    connection.execute("UPDATE records SET note = ? WHERE seq = 2", (note,))
    connection.commit()
    connection.close()
    refused("RG715", book.record)
    refused("RG715", lambda: book.ledger.checkpoint(book.log_key))
    assert book.ledger.store.size == 3


def test_a_checkpoint_is_signed_once_for_a_size(book: Book) -> None:
    added = book.record()
    assert book.ledger.checkpoint(book.log_key) == added.checkpoint
    assert book.ledger.checkpoint().root == added.checkpoint.root
    assert book.ledger.checkpoint().note == ""
    assert book.ledger.store.newest_checkpoint() == str(added.checkpoint)
    assert list(book.ledger.store.checkpoints()) == []


def test_a_checkpoint_that_is_signed_later_is_kept_and_extended(book: Book) -> None:
    """A ledger whose key came later, or of which somebody asked for a checkpoint in between."""
    draft = Draft({"kind": "event", "request": {"id": "tiny"}})
    book.ledger.append([draft], NOW)
    signed = book.ledger.checkpoint(book.log_key)
    assert book.ledger.checkpoint(book.log_key) == signed
    assert list(book.ledger.store.checkpoints()) == [str(signed)]
    with_a_record = book.ledger.append([draft], NOW, book.log_key).checkpoint
    book.ledger.append([draft], NOW)
    assert book.ledger.store.newest_checkpoint() == str(with_a_record)
    again = book.ledger.checkpoint(book.log_key)
    assert list(book.ledger.store.checkpoints()) == [str(signed), str(again)]
    assert book.ledger.store.newest_checkpoint() == str(again)
    # Nothing is added to a log that does not extend one of them, whoever opens it.
    other = Ledger(SqliteStore.open(book.path, write=True))
    assert other.append([], NOW, book.log_key).checkpoint == again
    connection = sqlite3.connect(book.path)
    connection.execute("DROP TRIGGER checkpoints_no_update")
    connection.execute("UPDATE checkpoints SET note = replace(note, ?, ?)", ("\n3\n", "\n7\n"))
    connection.commit()
    connection.close()
    refused("RG715", lambda: other.append([draft], NOW, book.log_key))
    other.store.close()
    assert book.ledger.store.size == 3


def test_a_checkpoint_is_kept_with_the_last_record_of_its_transaction(book: Book) -> None:
    draft = Draft({"kind": "event", "request": {"id": "tiny"}})
    checkpoint = book.ledger.append([draft, draft, draft], NOW, book.log_key).checkpoint
    assert [row.note for row in book.ledger.store.rows()] == [None, None, str(checkpoint)]
    assert verify_log(book.ledger.store, book.trust).not_checked.keys() == {10}


def test_every_record_has_a_receipt_in_every_later_checkpoint(book: Book) -> None:
    records = [book.record(f"model-{index}").records[0] for index in range(6)]
    checkpoint = book.ledger.checkpoint(book.log_key)
    from release_gate.audit.merkle import leaf_hash

    for record in records:
        assert book.ledger.receipt(record.index, checkpoint).holds(leaf_hash(record.data))


# ---------------------------------------------------------------- the file

GROWS = {
    "update": "UPDATE records SET data = '{}'",
    "delete": "DELETE FROM records",
    "replace": "REPLACE INTO records VALUES (0, '', NULL, NULL, x'', '{}', x'')",
    "insert or replace": "INSERT OR REPLACE INTO records SELECT * FROM records WHERE seq = 0",
    "insert or ignore out of order": "INSERT OR IGNORE INTO records "
    "VALUES (7, '', NULL, NULL, x'', '{}', x'')",
    "insert before the first": "INSERT INTO records VALUES (-1, '', NULL, NULL, x'', '{}', x'')",
    "upsert": "INSERT INTO records SELECT * FROM records WHERE seq = 0 "
    "ON CONFLICT (seq) DO UPDATE SET data = '{}'",
    "replace what is shared": "REPLACE INTO shared SELECT digest, x'00' FROM shared",
    "delete what is shared": "DELETE FROM shared",
    "update what is shared": "UPDATE shared SET data = x'00'",
    "take a checkpoint away": "UPDATE records SET note = NULL",
    "replace a checkpoint": "REPLACE INTO checkpoints SELECT size, 'x' FROM checkpoints",
    "delete a checkpoint": "DELETE FROM checkpoints",
    "rename the log": "UPDATE ledger SET value = 'x' WHERE name = 'origin'",
    "replace the name of the log": "REPLACE INTO ledger VALUES ('origin', 'x')",
}


@pytest.mark.parametrize("name", GROWS)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_ledger_only_grows(name: str, recursive: str, book: Book) -> None:
    """Even for a program that knows nothing of us, and with either setting of recursive triggers."""
    book.record()
    book.ledger.append([Draft({"kind": "event", "request": {"id": "tiny"}})], book.time)
    book.ledger.checkpoint(book.log_key)
    connection = sqlite3.connect(book.path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive}")
    with pytest.raises(sqlite3.DatabaseError, match="a ledger only grows"):
        connection.execute(GROWS[name])
    connection.close()
    assert verify_log(book.ledger.store, book.trust).holds


@pytest.mark.parametrize("key", ["decision", "about"])
def test_records_are_found_by_the_index(key: str, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """And never by reading all of them, which takes minutes where there are a million."""
    asked: list[str] = []
    store: Any = book.ledger.store

    def note(sql: str, _values: object) -> list[tuple[int]]:
        asked.append(sql)
        return [(7,), (3,)]

    monkeypatch.setattr(store, "_rows", note)
    assert store.find(**{key: "x"}) == [3, 7]
    (plan,) = store.connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}", ("x",)).fetchall()
    assert "USING COVERING INDEX records_about" in plan[3]


def test_a_ledger_is_durable_by_its_settings(book: Book) -> None:
    ask = book.ledger.store.connection.execute  # type: ignore[attr-defined]
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)
    assert ask("PRAGMA mmap_size").fetchone() in (None, (0,))
    strict = ask("SELECT count(*) FROM pragma_table_list WHERE strict = 1").fetchone()
    assert strict == (4,)


def test_a_ledger_without_locks_uses_a_rollback_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(store_sqlite, "FIXED", (99, 0, 0))
    book = Book.new(tmp_path)
    ask = book.ledger.store.connection.execute  # type: ignore[attr-defined]
    assert ask("PRAGMA journal_mode").fetchone() == ("delete",)
    assert ask("PRAGMA synchronous").fetchone() == (3,)
    book.record()
    assert verify_log(book.ledger.store, book.trust).holds
    book.close()


def test_a_file_system_without_locks_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    book = Book.new(tmp_path)
    assert book.ledger.store.lock is None  # type: ignore[attr-defined]
    book.close()


def test_a_ledger_that_stays_locked_is_told_and_not_waited_for_forever(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr(locks, "PATIENCE", 0.05)
    other = os.open(f"{book.path}.lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    assert "has been locked" in refused("RG734", book.record)
    # Opening it does not wait longer either.
    refused("RG734", lambda: SqliteStore.open(book.path, write=True))
    os.close(other)
    assert book.record().records[0].index == 0


def test_a_copy_on_a_disk_that_cannot_be_written_is_read(book: Book, tmp_path: Path) -> None:
    book.record()
    book.close()
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "ledger.db").write_bytes(book.path.read_bytes())
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    store = SqliteStore.open(folder / "ledger.db")
    assert verify_log(store, book.trust).holds
    store.close()
    folder.chmod(stat.S_IRWXU)


def test_a_reader_sees_one_moment_while_others_write(book: Book) -> None:
    book.record()
    reader = SqliteStore.open(book.path)
    assert reader.size == 1
    book.record()
    assert reader.size == 1
    assert verify_log(reader, book.trust).holds
    reader.close()


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.db"
    assert "there is no such file" in refused("RG733", lambda: SqliteStore.open(file))
    file.write_bytes(b"")
    assert "it is no ledger" in refused("RG733", lambda: SqliteStore.open(file))
    file.write_text("not a database at all, but long enough to look like one" * 20)
    refused("RG710", lambda: SqliteStore.open(file))
    refused("RG710", lambda: SqliteStore.open(file, write=True))
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE ledger (name TEXT, value TEXT)")
    other.execute("INSERT INTO ledger VALUES ('format', 'ledger/v9')")
    other.commit()
    other.close()
    message = refused("RG733", lambda: SqliteStore.open(tmp_path / "other.db"))
    assert "its format is `ledger/v9`, and this version reads `ledger/v2`" in message
    refused("RG733", lambda: SqliteStore.create(file / "below" / "a file", ORIGIN))
    (tmp_path / "locked.db.lock").mkdir()
    refused("RG733", lambda: SqliteStore.create(tmp_path / "locked.db", ORIGIN))


def test_a_ledger_that_is_there_keeps_its_name(book: Book) -> None:
    book.record()
    again = SqliteStore.create(book.path, "example.org/other")
    assert again.origin == ORIGIN
    again.close()


def test_a_newest_record_that_was_edited_is_not_built_upon(book: Book) -> None:
    book.record()
    connection = sqlite3.connect(book.path)
    connection.execute("DROP TRIGGER records_no_update")
    connection.execute("UPDATE records SET data = replace(data, '\"index\":0', '\"index\":7')")
    connection.commit()
    connection.close()
    again = Ledger(SqliteStore.open(book.path, write=True))
    draft = decision_draft(decide(request()), request(), record_policies([policy()]))
    refused("RG711", lambda: again.append([draft], NOW))
    again.store.close()


def test_a_disk_that_is_full_is_told_and_nothing_is_half_written(book: Book) -> None:
    book.record()
    connection = book.ledger.store.connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Draft({"kind": "event"}, {digest_of_bytes(b"x" * 200_000): b"x" * 200_000})
    assert "full" in refused("RG733", lambda: book.ledger.append([big], NOW + timedelta(1)))
    connection.execute("PRAGMA max_page_count = 100000")
    assert book.record().records[0].index == 1
    assert verify_log(book.ledger.store, book.trust).holds


def test_a_missing_node_is_told(book: Book) -> None:
    with pytest.raises(IntegrityError, match="is not in the ledger"):
        book.ledger.store.node(0, 7)


def test_a_hypothetical_decision_is_recorded_as_such_and_not_attested(book: Book) -> None:
    asked = request()
    decision = decide(asked, DAY, date(2026, 1, 1))
    record = book.recorder.record(decision, asked, NOW).records[0]
    assert record.body["policies_as_of"] == "2026-01-01"
    assert record.body["attestations"] == []
    assert verify_log(book.ledger.store, book.trust).holds


def test_two_ledgers_in_one_process_take_turns(book: Book) -> None:
    other = Ledger(SqliteStore.open(book.path, write=True))
    draft = decision_draft(decide(request()), request(), record_policies([policy()]))
    indexes = [ledger.append([draft], NOW).records[0].index for ledger in (book.ledger, other) * 4]
    assert indexes == list(range(8))
    assert verify_log(other.store, book.trust).holds
    other.store.close()


def test_an_unsigned_ledger_verifies_but_for_what_nobody_signed(tmp_path: Path) -> None:
    book = Book.new(tmp_path, signed=False)
    book.record()
    report = verify_log(book.ledger.store, book.trust)
    assert report.holds
    assert set(report.not_checked) == {9, 10}
    assert generate_key("ed25519").public not in report.to_dict()


def test_verification_tells_its_progress(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("release_gate.audit.verify.EVERY", 2)
    for _ in range(5):
        book.record()
    seen: list[int] = []
    assert verify_log(book.ledger.store, book.trust, progress=seen.append).holds
    assert seen == [2, 4, 5]
