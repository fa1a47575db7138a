"""The ledger in PostgreSQL, on a server that this run starts for itself."""

import getpass
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit.ledger import Ledger
from release_gate.audit.places import Settings, open_ledger, open_view
from release_gate.audit.record import Draft, Record
from release_gate.audit.recorder import Recorder
from release_gate.audit.replay import Outcome, replay
from release_gate.audit.store_postgres import SCHEMA, PostgresStore
from release_gate.audit.verify import Trust, verify_log
from release_gate.diagnostics import InputError

from .books import NOW, ORIGIN, decide, policy, request

psycopg: Any = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
PLACES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
INITDB = shutil.which("initdb", path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")]))
# The server refuses to run as root, so that its own user runs it there.
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
USER = "postgres" if ROOT else getpass.getuser()
pytestmark = pytest.mark.skipif(INITDB is None, reason="there is no PostgreSQL server to start here")


def _as_user(*command: str | Path) -> None:
    runuser = ["runuser", "-u", USER, "--"] if ROOT else []
    ran = subprocess.run([*runuser, *map(str, command)], capture_output=True, text=True, check=False, cwd="/")
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of our own, on a socket in a folder of its own."""
    import tempfile

    bin_ = Path(str(INITDB)).parent
    with tempfile.TemporaryDirectory(prefix="rg-pg-", dir="/tmp") as name:
        folder = Path(name)
        if ROOT:
            shutil.chown(folder, USER)
        data = folder / "data"
        _as_user(bin_ / "initdb", "-D", data, "-A", "trust", "-U", "owner", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        _as_user(bin_ / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        yield f"postgresql://owner@/postgres?host={folder}"
        _as_user(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")


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
    "update": "UPDATE records SET about = 'x'",
    "delete": "DELETE FROM records",
    "truncate": "TRUNCATE records",
    "drop a trigger": "DROP TRIGGER records_only_grows ON records",
    "switch triggers off": "ALTER TABLE records DISABLE TRIGGER ALL",
    "drop a table": "DROP TABLE records",
    "upsert": "INSERT INTO records SELECT * FROM records ON CONFLICT (seq) DO UPDATE SET about = 'x'",
    "replace a text": "INSERT INTO shared VALUES ('x', '') ON CONFLICT (digest) DO UPDATE SET data = ''",
    "a number twice": "INSERT INTO records SELECT * FROM records",
    "grant itself more": "GRANT UPDATE ON records TO writer",
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_role_that_records_can_change_nothing(name: str, url: str) -> None:
    store = PostgresStore.create(url, ORIGIN, writer="writer")
    Ledger(store).append([Draft({"kind": "event"}, {})], NOW)
    with psycopg.connect(as_writer(url), autocommit=True) as connection:
        try:
            connection.execute(REFUSED[name])
        except psycopg.Error:
            pass
        else:
            assert name == "grant itself more"  # it is told that nothing was granted
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
        "the trigger of `shared` is gone",
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
    assert len(SCHEMA) == 11


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'model-release-gate\[postgres\]'"):
        PostgresStore.open("postgresql://localhost/book")
