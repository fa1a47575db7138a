"""The ledger in PostgreSQL, on a server that this run starts for itself."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit.addresses import Settings, open_ledger, open_view
from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft, Record
from release_gate.audit.recorder import Recorder
from release_gate.audit.replay import Outcome, replay
from release_gate.audit.store_postgres import SCHEMA, PostgresStore
from release_gate.audit.verify import Trust, verify_log
from release_gate.diagnostics import InputError
from release_gate.signing import generate_key

from .books import DIGEST, NOW, ORIGIN, decide, policy, request
from .postgres import INITDB, Server, Wire

psycopg: Any = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
pytestmark = pytest.mark.skipif(INITDB is None, reason="there is no PostgreSQL server to start here")


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    found = Server()
    found.start()
    yield found
    found.close()


@pytest.fixture
def server(running: Server) -> str:
    return running.url


@pytest.fixture
def url(server: str) -> str:
    """A database of its own, and the address of its owner."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS book WITH (FORCE)")
        connection.execute("CREATE DATABASE book")
        connection.execute("DROP ROLE IF EXISTS writer")
        connection.execute("CREATE ROLE writer LOGIN")
    return server.replace("/postgres?", "/book?")


def as_writer(url: str) -> str:
    return url.replace("owner@", "writer@")


def test_a_role_that_may_only_add_records_and_everything_verifies(url: str) -> None:
    PostgresStore.create(url, ORIGIN, writer="writer").close()
    store = PostgresStore.open(as_writer(url), write=True)
    recorder = Recorder(Ledger(store), [policy()])
    for parameters in ("7", "7e9", "7"):
        asked = request("tiny", parameters)
        recorder.record(decide(asked), asked, NOW)
    store.close()
    view = open_view(url)
    assert (view.origin, view.size) == (ORIGIN, 3)
    assert view.place == "postgresql://localhost/book"
    report = verify_log(view, Trust(), [Ledger(view).checkpoint()])  # type: ignore[arg-type]
    assert report.problems == []
    assert view.find(about="tiny") == [0, 1, 2]
    outcomes = {replay(view, Record.read(row.data)).outcome for row in view.rows()}
    assert outcomes == {Outcome.IDENTICAL}
    view.close()


REFUSED = {
    "update": ("UPDATE records SET about = 'x'", "42501"),
    "delete": ("DELETE FROM records", "42501"),
    "truncate": ("TRUNCATE records", "42501"),
    "drop a trigger": ("DROP TRIGGER records_only_grows ON records", "42501"),
    "switch triggers off": ("ALTER TABLE records DISABLE TRIGGER ALL", "42501"),
    "pass the triggers by": ("SET session_replication_role = replica", "42501"),
    "drop a table": ("DROP TABLE records", "42501"),
    "upsert": (
        "INSERT INTO records SELECT * FROM records ON CONFLICT (seq) DO UPDATE SET about = 'x'",
        "42501",
    ),
    "replace a text": (
        "INSERT INTO shared VALUES ('x', '') ON CONFLICT (digest) DO UPDATE SET data = ''",
        "42501",
    ),
    "lock the others out": ("BEGIN; LOCK TABLE records IN ACCESS EXCLUSIVE MODE", "42501"),
    "a number twice": ("INSERT INTO records SELECT * FROM records", "P0001"),
    "a number ahead": (
        "INSERT INTO records SELECT seq + 7, '', NULL, NULL, '', data, '' FROM records", "P0001",
    ),
    "grant itself more": ("GRANT UPDATE ON records TO writer", None),  # it is told that nothing was granted
}  # fmt: skip
"""What the role that records tries, and the class of the error (PostgreSQL, appendix A)."""


@pytest.mark.parametrize("name", REFUSED)
def test_the_role_that_records_can_change_nothing(name: str, url: str) -> None:
    store = PostgresStore.create(url, ORIGIN, writer="writer")
    Ledger(store).append([Draft({"kind": "event"}, {})], NOW)
    statement, state = REFUSED[name]
    with psycopg.connect(as_writer(url), autocommit=True) as connection:
        if state is not None:
            with pytest.raises(psycopg.Error) as error:
                connection.execute(statement)
            assert error.value.sqlstate == state
        else:
            connection.execute(statement)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE records SET about = 'x'")
    assert verify_log(store, Trust()).problems == []
    store.close()


def test_even_the_owner_is_stopped_by_the_triggers(url: str) -> None:
    store = PostgresStore.create(url, ORIGIN)
    Ledger(store).append([Draft({"kind": "event"}, {})], NOW)
    for statement in ("UPDATE records SET about = 'x'", "DELETE FROM shared", "TRUNCATE checkpoints"):
        with pytest.raises(psycopg.Error, match="a ledger only grows"):
            store.connection.execute(statement)
    store.close()


def test_rights_that_were_given_and_triggers_that_are_gone_are_told(url: str) -> None:
    store = PostgresStore.create(url, ORIGIN, writer="writer")
    assert store.shape_problems() == []
    store.connection.execute("GRANT UPDATE ON records TO writer")
    store.connection.execute("ALTER TABLE shared DISABLE TRIGGER shared_only_grows")
    assert store.shape_problems() == [
        "the trigger `shared_only_grows` is missing or off",
        "the role `writer` may UPDATE `records`",
    ]
    store.close()


def test_several_writers_take_turns(url: str) -> None:
    PostgresStore.create(url, ORIGIN, writer="writer").close()
    problems: list[BaseException] = []

    def write(name: int) -> None:
        try:
            store = PostgresStore.open(as_writer(url), write=True)
            ledger = Ledger(store)
            for number in range(25):
                ledger.append(
                    [Draft({"kind": "event", "writer": name, "number": number}, {})], datetime.now(UTC)
                )
            store.close()
        except BaseException as error:  # noqa: BLE001 - told below
            problems.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    view = open_view(url)
    assert view.size == 100
    assert verify_log(view, Trust()).problems == []
    view.close()


def test_tampering_by_the_owner_is_detected(url: str) -> None:
    store = PostgresStore.create(url, ORIGIN)
    ledger = Ledger(store)
    for number in range(5):
        ledger.append([Draft({"kind": "event", "number": number}, {})], NOW)
    kept = ledger.checkpoint()
    store.connection.execute("ALTER TABLE records DISABLE TRIGGER ALL")
    store.connection.execute("DELETE FROM records WHERE seq > 2")
    store.connection.execute(
        "UPDATE records SET data = convert_to(replace(convert_from(data, 'UTF8'),"
        " '\"number\":1', '\"number\":7'), 'UTF8')"
    )
    store.connection.execute("ALTER TABLE records ENABLE TRIGGER ALL")
    codes = {(each.step, each.found.code) for each in verify_log(store, Trust(), [kept]).problems}
    assert codes >= {(3, "RG711"), (10, "RG714")}
    store.close()


def test_a_failed_append_leaves_nothing(url: str) -> None:
    store = PostgresStore.create(url, ORIGIN)
    ledger = Ledger(store)
    ledger.append([Draft({"kind": "event"}, {})], NOW)
    with pytest.raises(InputError, match="no more than"):
        ledger.append([Draft({"kind": "event"}, {}), Draft({"kind": "event", "x": "y" * 70_000})], NOW)
    store.connection.execute("ALTER TABLE records ADD CONSTRAINT full_disk CHECK (seq < 1)")
    with pytest.raises(InputError) as error:
        ledger.append([Draft({"kind": "event"}, {})], NOW)
    assert error.value.diagnostics[0].code == "RG733"
    assert store.size == 1
    store.close()


# ---------------------------------------------------------------- what may break


def event(number: int) -> Draft:
    return Draft({"kind": "event", "number": number}, {})


def numbers(url: str) -> list[int]:
    """What is recorded, once it has been verified."""
    view = open_view(url)
    report = verify_log(view, Trust())
    assert report.holds, report.problems
    found = [json.loads(row.data)["number"] for row in view.rows()]
    view.close()
    return found


@pytest.mark.parametrize("statement", range(6))
def test_a_connection_that_is_lost_before_a_statement_loses_nothing(statement: int, url: str) -> None:
    """Every statement of an append, the commit last."""
    PostgresStore.create(url, ORIGIN, writer="writer").close()
    store = PostgresStore.open(as_writer(url), write=True)
    ledger = Ledger(store)
    key = generate_key("ed25519")
    ledger.append([event(0)], NOW, key)
    lost = _lose(store, url, statement)
    with pytest.raises(InputError) as error:
        ledger.append([Draft({"kind": "event", "number": 1}, {}, {DIGEST: b""})], NOW, key)
    assert error.value.diagnostics[0].code == "RG733"
    assert lost[-1].startswith(STATEMENTS[statement])
    assert ("was lost when it was told to record" in str(error.value)) is (lost[-1] == "COMMIT")
    assert numbers(url) == [0]
    # The next one is recorded over a new connection.
    assert ledger.append([event(2)], NOW, key).records[0].index == 1
    store.close()
    assert numbers(url) == [0, 2]


STATEMENTS = (
    "BEGIN", "SELECT pg_advisory_xact_lock", "SELECT seq + 1, note FROM records", "INSERT INTO shared",
    "INSERT INTO records", "COMMIT",
)  # fmt: skip


def _lose(store: PostgresStore, url: str, number: int) -> list[str]:
    """Let the server end the connection before a statement, and note the statements until then."""
    connection: Any = store.connection
    said: list[str] = []
    run = connection.execute

    def execute(query: str, *values: Any) -> Any:
        if len(said) == number:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
        said.append(query)
        return run(query, *values)

    connection.execute = execute
    return said


def test_a_commit_of_which_nobody_heard_is_told_to_be_open_and_is_there(running: Server, url: str) -> None:
    wire = Wire(running)
    PostgresStore.create(url, ORIGIN).close()
    store = PostgresStore.open(url.replace(str(running.folder), str(wire.folder)), write=True)
    ledger = Ledger(store)
    ledger.append([event(0)], NOW)
    wire.word = b"COMMIT\x00"
    with pytest.raises(InputError, match="was lost when it was told to record") as error:
        ledger.append([event(1)], NOW)
    assert "before you record the same again" in error.value.diagnostics[0].help
    assert error.value.outcome == "nobody can say from here whether this was recorded"
    assert wire.cut == 1
    assert numbers(url) == [0, 1]
    assert ledger.append([event(2)], NOW).records[0].index == 2
    store.close()
    wire.close()
    assert numbers(url) == [0, 1, 2]


WRITER = """
import os, sys
from datetime import UTC, datetime
from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft
from release_gate.audit.store_postgres import PostgresStore
from release_gate.diagnostics import InputError
from release_gate.signing import generate_key
number = int(sys.argv[2])
try:
    ledger = Ledger(PostgresStore.open(sys.argv[1], write=True))
    while True:
        number += 1
        ledger.append([Draft({"kind": "event", "number": number}, {})], datetime.now(UTC))
        os.write(1, f"{number}\\n".encode())
except InputError:
    os._exit(3)
"""


def _writers(url: str, said: Path, names: range) -> list[subprocess.Popen[bytes]]:
    """Processes that append for ever, and say what was acknowledged, in writes that no kill cuts in half."""
    command = [sys.executable, "-c", WRITER, as_writer(url)]
    with said.open("ab") as out:
        return [subprocess.Popen([*command, str(name * 1_000_000)], stdout=out) for name in names]


def _wait_for(said: Path, lines: int, writer: int | None = None) -> None:
    """Wait for so many lines, of one writer or of any."""
    end = time.monotonic() + 60
    while sum(writer in (None, int(each) // 1_000_000) for each in said.read_text().splitlines()) < lines:
        assert time.monotonic() < end, "the writers do not get on"
        time.sleep(0.01)


def test_killed_writers_lose_nothing_that_was_acknowledged(url: str, tmp_path: Path) -> None:
    PostgresStore.create(url, ORIGIN, writer="writer").close()
    said, chance, name = tmp_path / "said", random.Random(20261128), 0
    said.touch()
    going: dict[int, subprocess.Popen[bytes]] = {}
    for _ in range(12):
        while len(going) < 3:
            going[name] = _writers(url, said, range(name, name + 1))[0]
            name += 1
        victim = chance.choice(sorted(going))
        _wait_for(said, 4, victim)  # it is killed at work
        going[victim].kill()
        assert going.pop(victim).wait() == -signal.SIGKILL
    for each in going.values():
        each.kill()
        each.wait()
    acknowledged = [int(line) for line in said.read_text().split()]
    # A server goes on with what a killed client has sent, so there may be more.
    assert set(acknowledged) <= set(numbers(url))
    assert len({number // 1_000_000 for number in acknowledged}) >= 3


def test_a_killed_server_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    server = Server()
    server.start()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE writer LOGIN")
    PostgresStore.create(server.url, ORIGIN, writer="writer").close()
    said = tmp_path / "said"
    said.touch()
    for crash in range(4):
        going = _writers(server.url, said, range(2 * crash, 2 * crash + 2))
        _wait_for(said, 40 * (crash + 1))
        server.kill()
        assert [each.wait(60) for each in going] == [3, 3]
        server.start()
        acknowledged = [int(line) for line in said.read_text().split()]
        assert set(acknowledged) <= set(numbers(server.url))
    server.close()


# ---------------------------------------------------------------- where it is


def test_a_gate_opens_it_and_what_is_no_ledger_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="it is no ledger"):
        PostgresStore.open(url)
    ledger = open_ledger(Settings(url, ORIGIN), "writer")
    assert ledger.store.origin == ORIGIN
    ledger.store.close()
    with pytest.raises(InputError, match="a log keeps its name"):
        open_ledger(Settings(url, "example.org/other"))
    with pytest.raises(InputError, match="cannot be used"):
        PostgresStore.open("postgresql://nobody@127.0.0.1:1/none")
    assert len(SCHEMA) == 12


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'model-release-gate\[postgres\]'"):
        PostgresStore.open("postgresql://localhost/book")
