"""Every way to change what was recorded: each is detected, and called by its name.

Whoever tampers here owns the file: the triggers are dropped first, and put back afterwards, so that what
shows is what the records themselves show.
"""

import base64
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit import store_sql
from release_gate.audit.bundle import Bundle
from release_gate.audit.examine import Helpers
from release_gate.audit.ledger import Ledger
from release_gate.audit.merkle import Frontier, inclusion_proof, leaf_hash
from release_gate.audit.notes import Checkpoint, Receipt, sign_checkpoint
from release_gate.audit.pack import Pack
from release_gate.audit.record import Record
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SCHEMA, SqliteStore
from release_gate.audit.verify import Report, Trust, verify_decision, verify_log
from release_gate.audit.view import View
from release_gate.authoring import processes
from release_gate.canonical import canonical_bytes, digest_of_bytes
from release_gate.diagnostics import IntegrityError
from release_gate.envelope import Envelope, sign_envelope
from release_gate.signing import generate_key

from .books import DIGEST, NOW, ORIGIN, Book, decide, held, policy, request

SIZE = 9


@dataclass
class Copy:
    """A copy of the ledger, in the hands of somebody who wants it to say something else."""

    path: Path
    book: Book
    outside: Checkpoint

    def run(self, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
        """Change it, whatever the triggers say."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for each in statements:
            connection.execute(*((each,) if isinstance(each, str) else each))
        for each in SCHEMA:
            if each.startswith("CREATE TRIGGER"):
                connection.execute(each)
        connection.execute("COMMIT")
        connection.close()

    def rows(self) -> list[bytes]:
        with sqlite3.connect(self.path) as connection:
            found = connection.execute("SELECT data FROM records ORDER BY seq").fetchall()
        connection.close()
        return [row[0].encode() for row in found]

    def notes(self) -> dict[int, str]:
        with sqlite3.connect(self.path) as connection:
            found = dict(connection.execute("SELECT seq, note FROM records"))
        connection.close()
        return found

    def packs(self) -> dict[int, bytes]:
        with sqlite3.connect(self.path) as connection:
            found = dict(connection.execute("SELECT seq, content FROM records"))
        connection.close()
        return found

    def repack(self, seq: int, change: Callable[[dict[str, bytes]], object]) -> None:
        """Change what is kept with a record, under the digests that it has."""
        parts = dict(Pack.read(self.packs()[seq]).parts)
        change(parts)
        self.run(("UPDATE records SET content = ? WHERE seq = ?", (bytes(Pack(parts)), seq)))

    def write(self, rows: list[bytes]) -> None:
        """Replace all records, with a tree and lookups that fit. What a record needs goes with its number.

        The checkpoints stay where they are, beside whatever is kept under these numbers now.
        """
        frontier, values, packs, notes = Frontier(), [], self.packs(), self.notes()
        for seq, data in enumerate(rows):
            frontier, completed = frontier.add(leaf_hash(data))
            try:
                record = Record.read(data)
                found_by, pack = (record.about, record.decision), packs.get(record.index, b"")
            except IntegrityError:
                found_by, pack = ("", None), packs.get(seq, b"")
            values.append((seq, *found_by, notes.get(seq), b"".join(completed), data.decode(), pack))
        insert = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)"
        self.run("DELETE FROM records", *((insert, each) for each in values))

    def rewrite(self, change: Callable[[int, dict[str, Any]], None], *, chain: bool = True) -> None:
        """Change every record, and make the chain whole again."""
        rows: list[bytes] = []
        for seq, data in enumerate(self.rows()):
            body = json.loads(data)
            change(seq, body)
            if chain and rows:
                body["previous"] = leaf_hash(rows[-1]).hex()
            rows.append(canonical_bytes(body))
        self.write(rows)

    def put(self, data: bytes) -> str:
        name = digest_of_bytes(data)
        self.run(("INSERT INTO shared VALUES (?, ?)", (name, data)))
        return name

    def share(self, *names: str) -> None:
        """Let every record find what only one had."""
        store = SqliteStore.open(self.path)
        found = [held(store, name) for name in names]
        store.close()
        for data in found:
            self.put(data)

    def verify(self, *against: Checkpoint, trust: Trust | None = None) -> Report:
        store = SqliteStore.open(self.path)
        try:
            return verify_log(store, trust or self.book.trust, against or (self.outside,))
        finally:
            store.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Checkpoint]:
    book = Book.new(tmp_path_factory.mktemp("book"))
    added = [book.record(f"model-{index}", "7" if index % 2 else "7e9") for index in range(SIZE)]
    book.close()
    return book, added[-1].checkpoint


@pytest.fixture
def copy(original: tuple[Book, Checkpoint], tmp_path: Path) -> Copy:
    book, checkpoint = original
    path = tmp_path / "copy.db"
    shutil.copy(book.path, path)
    return Copy(path, book, checkpoint)


def test_what_nobody_touched_verifies_in_every_step(copy: Copy) -> None:
    report = copy.verify()
    assert report.problems == []
    assert report.not_checked == {}
    assert (report.size, report.root) == (SIZE, copy.outside.root.hex())
    copy.run()
    copy.write(copy.rows())
    assert copy.verify().holds


# ---------------------------------------------------------------- the ledger


def _set(seq: int, **values: Any) -> Callable[[Copy], None]:
    """Change a record, and nothing around it."""

    def tamper(copy: Copy) -> None:
        copy.rewrite(lambda at, body: body.update(values) if at == seq else None, chain=False)

    return tamper


def _set_and_chain(seq: int, **values: Any) -> Callable[[Copy], None]:
    """Change a record, and every one after it so that the chain is whole."""

    def tamper(copy: Copy) -> None:
        copy.rewrite(lambda at, body: body.update(values) if at == seq else None)

    return tamper


def _sql(*statements: str) -> Callable[[Copy], None]:
    return lambda copy: copy.run(*statements)


def _reorder(copy: Copy) -> None:
    rows = copy.rows()
    rows[3], rows[5] = rows[5], rows[3]
    copy.write(rows)


def _remove_and_renumber(copy: Copy) -> None:
    rows = copy.rows()
    copy.write([*rows[:4], *rows[6:]])


def _remove_renumber_and_chain(copy: Copy) -> None:
    rows = copy.rows()
    copy.write([*rows[:4], *rows[6:]])
    copy.rewrite(lambda at, body: body.update(index=at))


def _repeat(copy: Copy) -> None:
    rows = copy.rows()
    copy.write([*rows[:4], rows[2], *rows[4:]])


def _spaces(copy: Copy) -> None:
    rows = copy.rows()
    rows[4] = rows[4].replace(b'"index":', b'"index": ')
    copy.write(rows)


def _swap_decision(copy: Copy) -> None:
    """A record that names a decision which was never made for it."""
    bodies = [json.loads(each) for each in copy.rows()]
    copy.share(bodies[1]["decision"])
    copy.rewrite(lambda at, body: body.update(decision=bodies[1]["decision"]) if at == 2 else None)


def _made_up_decision(copy: Copy) -> None:
    store = SqliteStore.open(copy.path)
    decision = json.loads(held(store, json.loads(copy.rows()[2])["decision"]))
    store.close()
    decision["verdict"] = "approve"
    name = copy.put(canonical_bytes(decision))
    copy.rewrite(lambda at, body: body.update(decision=name) if at == 2 else None)


def _no_decision(copy: Copy) -> None:
    name = copy.put(b'{"schema":"decision/v1"}')
    copy.rewrite(lambda at, body: body.update(decision=name) if at == 2 else None)


def _edit_content(copy: Copy) -> None:
    name = json.loads(copy.rows()[2])["decision"]
    copy.repack(2, lambda parts: parts.update({name: parts[name].replace(b"deny", b"none")}))


def _remove_content(copy: Copy) -> None:
    name = json.loads(copy.rows()[2])["request"]["text"]
    copy.repack(2, lambda parts: parts.pop(name))


def _edit_policy(copy: Copy) -> None:
    name = json.loads(copy.rows()[2])["policies"][0][0]["applied"]
    copy.run(("UPDATE shared SET data = x'7b7d' WHERE digest = ?", (name,)))


def _remove_policy(copy: Copy) -> None:
    name = json.loads(copy.rows()[2])["policies"][0][0]["applied"]
    copy.run(("DELETE FROM shared WHERE digest = ?", (name,)))


def _from_another_record(copy: Copy) -> None:
    """The decision is said to be with a record that does not have it."""
    name = json.loads(copy.rows()[2])["decision"]
    parts = dict(Pack.read(copy.packs()[2]).parts)
    del parts[name]
    copy.run(("UPDATE records SET content = ? WHERE seq = 2", (bytes(Pack(parts, {name: 1})),)))


def _attestation_of_another(copy: Copy) -> None:
    bodies = [json.loads(each) for each in copy.rows()]
    other = bodies[1]["attestations"]
    copy.share(*other)
    copy.rewrite(lambda at, body: body.update(attestations=other) if at == 3 else None)


def _summary_of_another(copy: Copy) -> None:
    bodies = [json.loads(each) for each in copy.rows()]
    mixed = [bodies[3]["attestations"][0], *bodies[1]["attestations"][1:]]
    copy.share(*mixed)
    copy.rewrite(lambda at, body: body.update(attestations=mixed) if at == 3 else None)


def _summary_of(*sources: Any) -> Callable[[Copy], None]:
    """A summary that rests on the statement of its record, and on something else or on nothing."""

    def tamper(copy: Copy) -> None:
        statement, summary = json.loads(copy.rows()[3])["attestations"]
        store = SqliteStore.open(copy.path)
        told = json.loads(Envelope.read(held(store, summary)).payload)
        store.close()
        own = told["predicate"]["inputAttestations"]
        told["predicate"]["inputAttestations"] = [own[0] if each is None else each for each in sources]
        kind, key = "application/vnd.in-toto+json", copy.book.signer
        name = copy.put(sign_envelope(canonical_bytes(told), kind, [key]).to_json())
        copy.share(statement)
        copy.rewrite(lambda at, body: body.update(attestations=[statement, name]) if at == 3 else None)

    return tamper


def _attestation_by_another(copy: Copy) -> None:
    store = SqliteStore.open(copy.path)
    names = json.loads(copy.rows()[2])["attestations"]
    payload = Envelope.read(held(store, names[0])).payload
    store.close()
    forged = sign_envelope(payload, "application/vnd.in-toto+json", [generate_key()])
    name = copy.put(forged.to_json())
    copy.rewrite(lambda at, body: body.update(attestations=[name]) if at == 2 else None)


def _attestation_no_statement(copy: Copy) -> None:
    key = copy.book.signer
    name = copy.put(sign_envelope(b"{}", "application/vnd.in-toto+json", [key]).to_json())
    copy.rewrite(lambda at, body: body.update(attestations=[name]) if at == 2 else None)


def _sign_again(copy: Copy) -> None:
    """Rewrite the log, and let the stolen key of the log sign the new one."""
    rows = copy.rows()[:5]
    copy.write(rows)
    copy.rewrite(lambda at, body: body.update(verdict="approve") if at == 0 else None)
    frontier = Frontier()
    for data in copy.rows():
        frontier = frontier.add(leaf_hash(data))[0]
    note = str(sign_checkpoint(ORIGIN, 5, frontier.root, copy.book.log_key))
    copy.run("UPDATE records SET note = NULL", ("UPDATE records SET note = ? WHERE seq = 4", (note,)))


def _no_checkpoint_apart(copy: Copy) -> None:
    copy.run(("INSERT INTO checkpoints VALUES (?, ?)", (SIZE, "x")))


def _foreign_checkpoint(copy: Copy) -> None:
    note = str(sign_checkpoint(ORIGIN, SIZE, copy.outside.root, generate_key("ed25519")))
    copy.run(("UPDATE records SET note = ? WHERE seq = ?", (note, SIZE - 1)))


def _checkpoint_of_another_log(copy: Copy) -> None:
    note = str(sign_checkpoint("example.org/other", SIZE, copy.outside.root, copy.book.log_key))
    copy.run(("UPDATE records SET note = ? WHERE seq = ?", (note, SIZE - 1)))


def _checkpoint_made_smaller(copy: Copy) -> None:
    note = str(copy.outside).replace(f"\n{SIZE}\n", "\n8\n")
    copy.run(("UPDATE records SET note = ? WHERE seq = ?", (note, SIZE - 1)))


def _checkpoint_moved(copy: Copy) -> None:
    copy.run(("UPDATE records SET note = ? WHERE seq = 3", (copy.notes()[4],)))


def _cut_off_under_a_checkpoint(copy: Copy) -> None:
    """A checkpoint that was signed apart is not in the rows that are gone."""
    apart = "INSERT INTO checkpoints VALUES (?, ?)"
    copy.run((apart, (SIZE, str(copy.outside))), "DELETE FROM records WHERE seq > 6")


def _forked_under_a_checkpoint(copy: Copy) -> None:
    apart = "INSERT INTO checkpoints VALUES (?, ?)"
    copy.run((apart, (SIZE, str(copy.outside))), "UPDATE records SET note = NULL")
    copy.rewrite(lambda at, body: body.update(verdict="approve") if at == 2 else None)


def _other_ledger(copy: Copy) -> None:
    """A whole new ledger under the same name."""
    copy.path.unlink()
    store = SqliteStore.create(copy.path, ORIGIN)
    Ledger(store).append([], NOW)
    store.close()


def _first_of_another(copy: Copy) -> None:
    copy.rewrite(lambda at, body: body.update(origin="example.org/other") if at == 0 else None)


def _tree(copy: Copy) -> None:
    copy.run("UPDATE records SET completed = zeroblob(length(completed)) WHERE seq = 3")


TAMPERING: dict[str, tuple[Callable[[Copy], None], int, str, str]] = {
    # how, the step that finds it, its code, and words of its name
    "a verdict is changed": (_set(2, verdict="approve"), 3, "RG711", "one of them was edited"),
    "the newest verdict is changed": (_set(8, verdict="approve"), 9, "RG715", "forked"),
    "a verdict is changed and the chain mended": (_set_and_chain(2, verdict="approve"), 9, "RG715", "forked"),
    "the verdict is not that of the decision": (_set_and_chain(0, verdict="approve"), 7, "RG719", "made up"),
    "another decision is named": (_swap_decision, 7, "RG719", "made up"),
    "a decision is made up": (_made_up_decision, 7, "RG719", "made up"),
    "a decision is none": (_no_decision, 7, "RG719", "made up"),
    "a decision is edited": (_edit_content, 6, "RG719", "was edited"),
    "a request is removed": (_remove_content, 6, "RG718", "is not here"),
    "a policy is edited": (_edit_policy, 6, "RG719", "was edited"),
    "a policy is removed": (_remove_policy, 6, "RG718", "is not here"),
    "a decision is said to be kept elsewhere": (_from_another_record, 6, "RG718", "is not here"),
    "what is kept with a record is cut off": (
        _sql("UPDATE records SET content = CAST(substr(content, 1, 2000) AS BLOB) WHERE seq = 2"),
        6,
        "RG719",
        "the record 2: what is kept with the record is not packed",
    ),
    "something is put beside a record": (
        lambda copy: copy.repack(2, lambda parts: parts.update({digest_of_bytes(b"more"): b"more"})),
        5,
        "RG711",
        "kept with the record 2 that it does not refer to",
    ),
    "the day is changed": (_set_and_chain(4, as_of="2026-11-23"), 4, "RG717", "the clock ran backwards"),
    "the day is dated ahead": (_set_and_chain(8, as_of="2026-12-24"), 4, "RG717", "was recorded before"),
    "the time is changed": (
        _set_and_chain(4, recorded_at="2026-11-24T11:00:00.000Z"),
        4,
        "RG717",
        "the clock ran backwards",
    ),
    "the engine is changed": (_set(3, engine={}), 3, "RG711", "one of them was edited"),
    "a record of another kind": (_set_and_chain(3, schema="record/v9"), 2, "RG711", "was edited"),
    "a record no JSON": (
        _sql("UPDATE records SET data = '{' WHERE seq = 3"),
        2,
        "RG711",
        "the record 3 was edited",
    ),
    "a record has a number beyond all numbers": (
        _sql(
            'UPDATE records SET data = replace(data, \'"index":3\', \'"index":3,"more":1e999\') WHERE seq = 3'
        ),
        2,
        "RG711",
        "the record 3 was edited",
    ),
    "a record has half a character": (
        _sql("UPDATE records SET data = replace(data, '\"decision\"', '\"\\ud800\"') WHERE seq = 3"),
        2,
        "RG711",
        "the record 3 was edited",
    ),
    "a record counts in truths": (_set(0, index=False), 2, "RG711", "the record 0 was edited"),
    "a record is not UTF-8": (
        _sql("UPDATE records SET data = CAST(x'ff7b7d' AS TEXT) WHERE seq = 3"),
        2,
        "RG711",
        "the record 3 was edited",
    ),
    "a record is spaced out": (_spaces, 2, "RG711", "the record 4 was edited"),
    "a record is removed": (_sql("DELETE FROM records WHERE seq = 4"), 3, "RG712", "record 4 was removed"),
    "the first records are removed": (
        _sql("DELETE FROM records WHERE seq < 3"),
        3,
        "RG712",
        "records 0 to 2 were removed",
    ),
    "records are removed and the rest moved up": (
        _remove_and_renumber,
        3,
        "RG712",
        "records 4 to 5 were removed",
    ),
    "records are removed and the chain mended": (_remove_renumber_and_chain, 10, "RG714", "truncated"),
    "the newest records are cut off": (
        _sql("DELETE FROM records WHERE seq > 6"),
        10,
        "RG714",
        "2 of them are not here: truncated",
    ),
    "the newest records are cut off under a checkpoint": (
        _cut_off_under_a_checkpoint,
        9,
        "RG714",
        "truncated",
    ),
    "a log is rewritten under a checkpoint": (_forked_under_a_checkpoint, 9, "RG715", "forked"),
    "all records are removed": (
        _sql("DELETE FROM records"),
        10,
        "RG714",
        "9 of them are not here",
    ),
    "records are reordered": (_reorder, 3, "RG713", "was moved: reordered"),
    "a record is repeated": (_repeat, 3, "RG713", "the record 2 is there again"),
    "a record is kept under another number": (
        _sql("UPDATE records SET seq = 20 WHERE seq = 8"),
        3,
        "RG711",
        "kept under the number 20",
    ),
    "a record claims a number far away": (_set(8, index=10**12), 3, "RG712", "records 8 to 999999999999"),
    "the log begins with another one": (_first_of_another, 3, "RG716", "not the first of this log"),
    "the tree is changed": (_tree, 5, "RG711", "the tree that is kept with record 3"),
    "what a record is found by is changed": (
        _sql("UPDATE records SET about = 'nobody' WHERE seq = 3"),
        5,
        "RG711",
        "is found by was edited",
    ),
    "an attestation is of another decision": (_attestation_of_another, 8, "RG723", "about another decision"),
    "a summary is of another decision": (_summary_of_another, 8, "RG723", "the summary of another decision"),
    "a summary is of two decisions": (
        _summary_of(None, {"uri": "x", "digest": {"sha256": "00" * 32}}),
        8,
        "RG723",
        "of another decision",
    ),
    "a summary is of nothing": (_summary_of(), 8, "RG723", "of another decision"),
    "a summary is of something odd": (_summary_of("odd"), 8, "RG723", "of another decision"),
    "an attestation is by somebody else": (_attestation_by_another, 8, "RG704", "trusted keys signed"),
    "an attestation is no statement": (_attestation_no_statement, 8, "RG723", "no statement about a release"),
    "the whole log is rewritten with the stolen key": (_sign_again, 10, "RG714", "truncated"),
    "a checkpoint is by a foreign key": (_foreign_checkpoint, 9, "RG709", "signed by a foreign key"),
    "a checkpoint is of another log": (_checkpoint_of_another_log, 9, "RG716", "a checkpoint is of the log"),
    "a checkpoint is edited": (_checkpoint_made_smaller, 9, "RG708", "is not over this checkpoint"),
    "a checkpoint is no checkpoint": (
        _sql("UPDATE records SET note = 'x' WHERE seq = 2"),
        9,
        "RG706",
        "a checkpoint was edited",
    ),
    "a checkpoint that was signed apart is none": (_no_checkpoint_apart, 9, "RG706", "was edited"),
    "a checkpoint is moved to another record": (_checkpoint_moved, 9, "RG711", "record 3 is of 5 records"),
    "the whole ledger is replaced": (_other_ledger, 10, "RG714", "9 of them are not here"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_detected_and_named(name: str, copy: Copy) -> None:
    tamper, step, code, words = TAMPERING[name]
    tamper(copy)
    report = copy.verify()
    assert not report.holds
    named = [(each.step, each.found.code, each.found.message) for each in report.problems]
    assert any((step, code) == each[:2] and words in each[2] for each in named), named
    # A checkpoint that was kept elsewhere is enough to see that something is wrong, whoever signed what.
    alone = copy.verify(Checkpoint(ORIGIN, SIZE, copy.outside.root), trust=Trust())
    assert not alone.holds or step in (8, 9) or name.startswith("what a record")


SEVERAL = (
    "a verdict is changed",
    "a decision is edited",
    "a policy is removed",
    "records are reordered",
    "a record is removed",
    "a record claims a number far away",
    "an attestation is by somebody else",
    "a record is kept under another number",
    "the newest records are cut off",
    "a record no JSON",
)


@pytest.mark.parametrize("name", SEVERAL)
def test_several_processes_find_what_one_finds(
    name: str, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_sql, "PART", 2)
    monkeypatch.setattr(processes, "FEW", 1)
    TAMPERING[name][0](copy)
    store = SqliteStore.open(copy.path)
    opened: list[View] = []

    def reopen() -> View:
        opened.append(store)  # seen in this process only
        return SqliteStore.open(copy.path)

    found = [
        verify_log(store, copy.book.trust, [copy.outside], helpers=helpers)
        for helpers in (None, Helpers(2, reopen))
    ]
    store.close()
    assert found[0] == found[1]
    assert not found[0].holds
    assert opened == []  # it was others that looked


SHAPE = {
    "a trigger is dropped": "DROP TRIGGER records_no_update",
    "a trigger is added": "CREATE TRIGGER more AFTER INSERT ON records BEGIN DELETE FROM records; END",
    "an index is dropped": "DROP INDEX records_about",
    "a view is added": "CREATE VIEW more AS SELECT * FROM records",
    "a column is added": "ALTER TABLE records ADD COLUMN more TEXT",
}


@pytest.mark.parametrize("name", SHAPE)
def test_a_changed_shape_is_detected(name: str, copy: Copy) -> None:
    connection = sqlite3.connect(copy.path)
    connection.execute(SHAPE[name])
    connection.close()
    report = copy.verify()
    assert {(each.step, each.found.code) for each in report.problems} == {(1, "RG710")}


def test_damaged_pages_are_told_as_damage(copy: Copy) -> None:
    data = bytearray(copy.path.read_bytes())
    page = 4096
    assert len(data) > 8 * page
    data[page * 5 : page * 8] = b"\xff" * (3 * page)
    copy.path.write_bytes(data)
    try:
        codes = {each.found.code for each in copy.verify().problems}
    except IntegrityError as error:
        codes = {each.code for each in error.diagnostics}
    assert "RG710" in codes


def test_problems_are_bounded(copy: Copy) -> None:
    copy.rewrite(lambda at, body: body.update(recorded_at=f"2026-11-24T12:00:{20 - at:02}.000Z"))
    for _ in range(5):
        rows = copy.rows()
        copy.write([*rows, *rows])
    report = copy.verify()
    assert len(report.problems) == 200
    assert report.more > 0


def test_records_that_were_removed_in_several_places_are_all_named(copy: Copy) -> None:
    copy.run("DELETE FROM records WHERE seq IN (2, 4, 5)")
    told = [each.found.message for each in copy.verify().problems if each.found.code == "RG712"]
    assert told == ["the record 2 was removed", "the records 4 to 5 were removed"]


def test_a_record_that_cannot_be_read_is_neither_removed_nor_reordered(copy: Copy) -> None:
    copy.run("UPDATE records SET data = '{' WHERE seq = 3")
    assert {each.found.code for each in copy.verify().problems}.isdisjoint({"RG712", "RG713"})


def test_without_keys_it_is_said_that_no_signature_was_looked_at(copy: Copy) -> None:
    assert copy.verify(trust=Trust()).not_checked.keys() == {8, 9}


def test_a_checkpoint_that_was_signed_apart_is_one_of_the_log(copy: Copy) -> None:
    copy.run("UPDATE records SET note = NULL")
    assert copy.verify().not_checked == {9: "no checkpoint is kept with the log"}
    copy.run(("INSERT INTO checkpoints VALUES (?, ?)", (SIZE, str(copy.outside))))
    assert copy.verify().not_checked == {}


def test_a_checkpoint_that_was_kept_elsewhere_need_not_be_signed_but_if_it_is_then_by_the_log(
    copy: Copy,
) -> None:
    plain = Checkpoint(ORIGIN, SIZE, copy.outside.root)
    assert copy.verify(plain).holds
    foreign = sign_checkpoint(ORIGIN, SIZE, copy.outside.root, generate_key("ed25519"))
    assert [(each.step, each.found.code) for each in copy.verify(foreign).problems] == [(10, "RG709")]


def test_every_log_extends_the_empty_one_and_no_other_that_is_said_to_be_empty(copy: Copy) -> None:
    assert copy.verify(Checkpoint(ORIGIN, 0, Frontier().root)).holds
    forked = copy.verify(Checkpoint(ORIGIN, 0, bytes(32)))
    assert [(each.step, each.found.code) for each in forked.problems] == [(10, "RG715")]


def test_an_attestation_that_is_gone_hides_none_that_is_forged(copy: Copy) -> None:
    gone = "sha256:" + "0" * 64
    forged = copy.put(sign_envelope(b"{}", "application/vnd.in-toto+json", [copy.book.signer]).to_json())
    copy.rewrite(lambda at, body: body.update(attestations=[gone, forged]) if at == 2 else None)
    told = {(each.step, each.found.code) for each in copy.verify().problems}
    assert {(6, "RG718"), (8, "RG723")} <= told


def test_a_checkpoint_that_is_none_hides_no_other(copy: Copy) -> None:
    foreign = str(sign_checkpoint(ORIGIN, SIZE, copy.outside.root, generate_key("ed25519")))
    for row in ((3, "x"), (SIZE, foreign)):
        copy.run(("INSERT INTO checkpoints VALUES (?, ?)", row))
    assert [each.found.code for each in copy.verify().problems] == ["RG706", "RG709"]


def test_two_histories_that_were_shown_to_two_people_do_not_both_verify(copy: Copy) -> None:
    """A fork: both are whole, both are signed, and neither extends the checkpoint of the other."""
    _sign_again(copy)
    store = SqliteStore.open(copy.path, write=True)
    ledger, asked = Ledger(store), request("model-other")
    recorder = Recorder(ledger, [policy()], log_key=copy.book.log_key, signer=copy.book.signer)
    added = [recorder.record(decide(asked), asked, copy.book.time) for _ in range(SIZE)]
    forked = added[-1].checkpoint
    store.close()
    assert forked.size > SIZE
    assert copy.verify(forked).problems[0].step == 7  # the verdict that was made up
    named = {(each.step, each.found.code) for each in copy.verify(copy.outside).problems}
    assert (10, "RG715") in named


# ---------------------------------------------------------------- one record and its receipt


@pytest.fixture
def bundle(original: tuple[Book, Checkpoint]) -> Bundle:
    book, checkpoint = original
    store = SqliteStore.open(book.path)
    record = Record.read(next(iter(store.rows(2, 3))).data)
    receipt = Receipt(2, inclusion_proof(2, SIZE, store.node), checkpoint)
    found = Bundle.of(store, record, receipt)
    store.close()
    return found


def test_a_record_and_its_receipt_verify_without_the_log(
    bundle: Bundle, original: tuple[Book, Checkpoint], tmp_path: Path
) -> None:
    bundle.write(tmp_path / "bundle")
    again = Bundle.read(tmp_path / "bundle")
    assert again == bundle
    report = again.verify(original[0].trust, "bundle")
    assert report.holds
    assert set(report.not_checked) == {1, 4, 5, 10}


def test_a_record_that_is_made_up_does_not_verify_beside_its_decision(
    bundle: Bundle, original: tuple[Book, Checkpoint]
) -> None:
    """Not even if the key of the log has signed it."""
    book = original[0]

    def verified(**said: Any) -> list[tuple[int, str]]:
        body = {**json.loads(bundle.record), "index": 0, **said}
        data = canonical_bytes(body)
        signed = sign_checkpoint(ORIGIN, 1, leaf_hash(data), book.log_key)
        report = verify_decision(
            bundle.content[body["decision"]], Receipt(0, (), signed, data), book.trust, "it"
        )
        return [(each.step, each.found.code) for each in report.problems]

    assert verified() == []
    assert verified(verdict="approve") == [(7, "RG719")]


def _edited(bundle: Bundle) -> Bundle:
    return Bundle(bundle.record.replace(b'"deny"', b'"none"'), bundle.receipt, bundle.content)


def _other_index(bundle: Bundle) -> Bundle:
    receipt = Receipt(3, bundle.receipt.proof, bundle.receipt.checkpoint)
    return Bundle(bundle.record, receipt, bundle.content)


def _other_proof(bundle: Bundle) -> Bundle:
    receipt = Receipt(2, bundle.receipt.proof[::-1], bundle.receipt.checkpoint)
    return Bundle(bundle.record, receipt, bundle.content)


def _other_root(bundle: Bundle) -> Bundle:
    signed = sign_checkpoint(ORIGIN, SIZE, bytes(32), generate_key("ed25519"))
    return Bundle(bundle.record, Receipt(2, bundle.receipt.proof, signed), bundle.content)


def _unsigned(bundle: Bundle) -> Bundle:
    plain = Checkpoint(ORIGIN, SIZE, bundle.receipt.checkpoint.root)
    return Bundle(bundle.record, Receipt(2, bundle.receipt.proof, plain), bundle.content)


def _other_content(bundle: Bundle) -> Bundle:
    name = json.loads(bundle.record)["decision"]
    content = {**bundle.content, name: bundle.content[name].replace(b"deny", b"none")}
    return Bundle(bundle.record, bundle.receipt, content)


def _no_content(bundle: Bundle) -> Bundle:
    return Bundle(bundle.record, bundle.receipt, {})


def _no_record(bundle: Bundle) -> Bundle:
    return Bundle(b"{}", bundle.receipt, bundle.content)


RECEIPTS: dict[str, tuple[Callable[[Bundle], Bundle], int, str]] = {
    "the record is edited": (_edited, 3, "RG721"),
    "the receipt is for another place": (_other_index, 3, "RG721"),
    "the proof is another one": (_other_proof, 3, "RG721"),
    "the checkpoint is by somebody else": (_other_root, 9, "RG709"),
    "the checkpoint is not signed": (_unsigned, 9, "RG709"),
    "the decision is edited": (_other_content, 6, "RG719"),
    "the content is gone": (_no_content, 6, "RG718"),
    "there is no record": (_no_record, 2, "RG711"),
}


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_changed_receipt_is_detected_and_named(
    name: str, bundle: Bundle, original: tuple[Book, Checkpoint]
) -> None:
    change, step, code = RECEIPTS[name]
    report = change(bundle).verify(original[0].trust, "bundle")
    assert (step, code) in {(each.step, each.found.code) for each in report.problems}


def test_a_bundle_that_is_none_is_refused(tmp_path: Path, bundle: Bundle) -> None:
    bundle.write(tmp_path / "b")
    (tmp_path / "b" / "record.json").write_bytes(b"x" * 70_000)
    with pytest.raises(IntegrityError, match="is too large"):
        Bundle.read(tmp_path / "b")
    (tmp_path / "b" / "record.tlog-proof").write_text("x")
    with pytest.raises(IntegrityError, match="no receipt"):
        Bundle.read(tmp_path / "b")


def test_the_hash_of_a_record_is_what_standard_tools_compute(bundle: Bundle) -> None:
    """The first hash of the proof and the leaf, by the definition alone."""
    import hashlib

    leaf = hashlib.sha256(b"\0" + bundle.record).digest()
    lines = str(bundle.receipt).split("\n")
    sibling = base64.b64decode(lines[2])
    assert (
        hashlib.sha256(b"\1" + leaf + sibling).digest()
        == hashlib.sha256(b"\1" + leaf_hash(bundle.record) + sibling).digest()
    )
    assert policy().digest in bundle.content
    assert DIGEST.encode() in bundle.content[json.loads(bundle.record)["request"]["tree"]]
