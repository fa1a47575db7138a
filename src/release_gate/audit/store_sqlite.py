"""A ledger in SQLite: one file, many processes, nothing lost that was acknowledged.

Every write is one transaction in WAL mode with full synchronisation, under an advisory lock on a file beside
the ledger. The lock is not for speed. All versions of SQLite before 3.51.3 can damage a database in WAL mode
when two connections write and checkpoint at the same moment (the WAL-reset bug), and the lock keeps them
apart. Where there is no such lock, as on some network file systems, the ledger uses a rollback journal.

Rows are never changed: triggers refuse UPDATE, DELETE and REPLACE. They are a seat belt: whoever owns the
file can remove them, and what shows that is verification.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from release_gate.audit.files import sync_folder
from release_gate.audit.locks import PATIENCE, lock_file, locked
from release_gate.audit.store_sql import FORMAT, SqlStore, not_readable, values_of
from release_gate.audit.view import Row
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable, reason_of

__all__ = ["SqliteStore"]


def _refuse(name: str, event: str, when: str = "") -> str:
    return f"CREATE TRIGGER {name} BEFORE {event}{when} BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END"


_RECORDS: Final = """CREATE TABLE records (
    seq INTEGER PRIMARY KEY, about TEXT NOT NULL, decision TEXT, note TEXT, completed BLOB NOT NULL,
    data TEXT NOT NULL, content BLOB NOT NULL
) STRICT"""
SCHEMA: Final = (
    "CREATE TABLE ledger (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE shared (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
    _RECORDS,
    "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
    "CREATE INDEX records_about ON records (about, decision)",
    _refuse("ledger_no_update", "UPDATE ON ledger"),
    _refuse("ledger_no_delete", "DELETE ON ledger"),
    _refuse("shared_no_update", "UPDATE ON shared"),
    _refuse("shared_no_delete", "DELETE ON shared"),
    _refuse("records_no_update", "UPDATE ON records"),
    _refuse("records_no_delete", "DELETE ON records"),
    _refuse("checkpoints_no_update", "UPDATE ON checkpoints"),
    _refuse("checkpoints_no_delete", "DELETE ON checkpoints"),
    # A REPLACE deletes without asking the triggers for it, so what is there must not be inserted again.
    _refuse(
        "records_in_order",
        "INSERT ON records",
        " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM records)",
    ),
    _refuse(
        "ledger_once",
        "INSERT ON ledger",
        " WHEN EXISTS (SELECT 1 FROM ledger WHERE name = NEW.name)",
    ),
    _refuse(
        "shared_once",
        "INSERT ON shared",
        " WHEN EXISTS (SELECT 1 FROM shared WHERE digest = NEW.digest)",
    ),
    _refuse(
        "checkpoints_once",
        "INSERT ON checkpoints",
        " WHEN EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)",
    ),
)
FIXED: Final = (3, 51, 3)
"""The first SQLite without the WAL-reset bug."""


class SqliteStore(SqlStore):
    """A ledger in SQLite."""

    data = "CAST(data AS BLOB)"

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        self.path, self.connection, self.lock = path, connection, lock
        self.mutex = threading.RLock()

    @classmethod
    def create(cls, path: Path, origin: str) -> SqliteStore:
        """A new ledger, or the one that is there.

        Raises:
            InputError: It cannot be made.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(path, reason_of(error)) from None
        store = cls._connect(path, create=True)
        with store.writing():
            if not store.connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in SCHEMA:
                    store.connection.execute(statement)
                store.connection.execute("INSERT INTO ledger VALUES ('format', ?)", (FORMAT,))
                store.connection.execute("INSERT INTO ledger VALUES ('origin', ?)", (origin,))
        sync_folder(path.parent)
        return store.checked()

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> SqliteStore:
        """A ledger that is there.

        Raises:
            InputError: It is not there, or is no ledger.
        """
        if not path.is_file():
            raise _unusable(path, "there is no such file")
        return (cls._connect(path) if write else cls._connect_to_read(path)).checked()

    @classmethod
    def _connect(cls, path: Path, *, create: bool = False) -> SqliteStore:
        with ExitStack() as undo:  # nothing stays open after a failure
            lock = lock_file(path)
            if lock is not None:
                undo.callback(os.close, lock)
            try:
                connection = undo.enter_context(closing(_connection(path, "rwc" if create else "rw")))
                with locked(lock, path):
                    if lock is None and sqlite3.sqlite_version_info < FIXED:
                        connection.execute("PRAGMA journal_mode = DELETE")
                        connection.execute("PRAGMA synchronous = EXTRA")
                    else:
                        connection.execute("PRAGMA journal_mode = WAL")
                        connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error as error:
                raise _failed(path, error) from None
            undo.pop_all()
        return cls(path, connection, lock)

    @classmethod
    def _connect_to_read(cls, path: Path) -> SqliteStore:
        """A ledger to be read, even one on a disk that cannot be written."""
        with ExitStack() as undo:
            try:
                connection = undo.enter_context(closing(_connection(path, "ro")))
                try:
                    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
                except sqlite3.OperationalError:
                    connection.close()
                    connection = undo.enter_context(closing(_connection(path, "ro&immutable=1")))
                    connection.execute("SELECT 1 FROM sqlite_master").fetchone()
                connection.execute("PRAGMA query_only = ON")
                connection.execute("BEGIN")  # all that is read is of one moment
            except sqlite3.Error as error:
                raise _failed(path, error) from None
            undo.pop_all()
        return cls(path, connection, None)

    def checked(self) -> SqliteStore:
        """This ledger, once it has been seen to be one."""
        try:
            told = dict(self.connection.execute("SELECT name, value FROM ledger"))
        except (sqlite3.Error, ValueError):
            told = {}
        if told.get("format") != FORMAT or not isinstance(told.get("origin"), str):
            self.close()
            raise _unusable(self.path, not_readable(told.get("format")))
        self._origin = str(told["origin"])
        return self

    # ---------------------------------------------------------------- reading

    @property
    def place(self) -> str:
        """Where it is kept, in words."""
        return self.path.as_posix()

    def shape_problems(self) -> list[str]:
        """Tables and triggers that are missing, changed or added, and pages that are damaged."""
        found = {row[0] for row in self._rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        wanted = set(SCHEMA)
        problems = [f"`{_title(each)}` is missing or changed" for each in sorted(wanted - found)]
        problems += [f"`{printable(_title(each))}` was added or changed" for each in sorted(found - wanted)]
        if not problems:
            damage = [row[0] for row in self._rows("PRAGMA integrity_check(5)")]
            problems += [f"damaged: {printable(str(each))}" for each in damage if each != "ok"]
        return problems

    def close(self) -> None:
        """Let go of it."""
        with self.mutex, locked(self.lock, self.path):
            self.connection.close()
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        try:
            # Not `yield from`: left early, it would close the cursor after the ledger was closed.
            for row in self.connection.execute(sql, values):  # noqa: UP028 - see above
                yield row
        except sqlite3.Error as error:
            raise _failed(self.path, error) from None

    def _row(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        try:
            return self.connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise _failed(self.path, error) from None

    # ---------------------------------------------------------------- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, and nobody else writes meanwhile. It is on the disk when this is left.

        Raises:
            InputError: It could not be written, and nothing of it was.
        """
        with self.mutex, locked(self.lock, self.path):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                    self.connection.execute("COMMIT")
                except BaseException:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise _failed(self.path, error) from None

    def put_shared(self, digest: str, data: bytes) -> None:
        """Keep what many records share, if it is not there already."""
        known = "SELECT 1 FROM shared WHERE digest = :digest"
        sql = f"INSERT INTO shared SELECT :digest, :data WHERE NOT EXISTS ({known})"
        self.connection.execute(sql, {"digest": digest, "data": data})

    def put_record(self, row: Row) -> None:
        """Add a record."""
        *found_by, data, pack = values_of(row)
        values = (*found_by, data.decode(), pack)
        self.connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def put_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint."""
        self.connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (size, note))


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=PATIENCE,
        check_same_thread=False,
        cached_statements=64,
    )
    connection.text_factory = _text
    # A ledger from elsewhere may hold views and triggers that were written to harm whoever opens it.
    for pragma in (
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "mmap_size = 0",
        "recursive_triggers = ON",
        # Checkpoints of the WAL are rarer than usual: a page that many records touch is then copied once.
        "wal_autocheckpoint = 4000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _text(raw: bytes) -> str:
    """Text, even where somebody wrote other bytes: verification has to get to the point of saying so."""
    return raw.decode(errors="replace")


def _title(sql: str) -> str:
    """What a statement makes: `TABLE records`."""
    return " ".join(sql.partition("(")[0].split()[1:3])


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        [Diagnostic("RG733", f"the ledger `{printable(path.as_posix())}` cannot be used: {why}")]
    )


def _failed(path: Path, error: Exception) -> InputError:
    shown = printable(path.as_posix())
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        message = f"the ledger `{shown}` is damaged: {error!s:.200}"
        return IntegrityError([Diagnostic("RG710", message)])
    return _unusable(path, f"{error!s:.200}")
