"""A ledger in PostgreSQL, for teams: many machines, one log.

Whoever owns the tables makes them once, and names the role that records: it may insert and select, and
nothing else, so that a program that was broken into cannot change what was recorded. Writers take turns by an
advisory lock that ends with their transaction. ``psycopg`` is imported when the first such ledger is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from release_gate.audit.store_sql import FORMAT, SqlStore, not_readable, values_of
from release_gate.audit.view import Row
from release_gate.diagnostics import Diagnostic, InputError, printable

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["PostgresStore"]

LOCK: Final = 0x72656C65617365
"""The advisory lock of writers: `release`, as a number."""
TABLES: Final = ("ledger", "shared", "records", "checkpoints")
_RECORDS: Final = """CREATE TABLE records (
    seq bigint PRIMARY KEY, about text NOT NULL, decision text, note text, completed bytea NOT NULL,
    data bytea NOT NULL, content bytea NOT NULL
)"""
_REFUSE: Final = """CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'a ledger only grows'; END$$"""
_REFUSE_OUT_OF_ORDER: Final = """CREATE FUNCTION in_order() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq) + 1, 0) FROM records) THEN
        RAISE EXCEPTION 'a ledger only grows';
    END IF;
    RETURN NEW;
    END$$"""
_MAY_CHANGE: Final = """
    SELECT DISTINCT g.grantee, g.table_name, g.privilege_type
    FROM information_schema.role_table_grants g
    JOIN pg_tables t ON t.tablename = g.table_name AND t.schemaname = g.table_schema
    WHERE g.table_name = ANY(?) AND g.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
    AND g.grantee <> t.tableowner ORDER BY 1, 2, 3
"""
SCHEMA: Final = (
    "CREATE TABLE ledger (name text PRIMARY KEY, value text NOT NULL)",
    "CREATE TABLE shared (digest text PRIMARY KEY, data bytea NOT NULL)",
    _RECORDS,
    "CREATE TABLE checkpoints (size bigint PRIMARY KEY, note text NOT NULL)",
    "CREATE INDEX records_about ON records (about, decision)",
    _REFUSE,
    *(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        for table in TABLES
    ),
    _REFUSE_OUT_OF_ORDER,
    "CREATE TRIGGER records_in_order BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION in_order()",
)
_TRIGGERS: Final = (*(f"{table}_only_grows" for table in TABLES), "records_in_order")


class PostgresStore(SqlStore):
    """A ledger in PostgreSQL."""

    def __init__(self, url: str, connection: Connection[Any]) -> None:
        self.url, self.connection = url, connection

    @classmethod
    def create(cls, url: str, origin: str, writer: str | None = None) -> PostgresStore:
        """A new ledger, or the one that is there.

        Args:
            url: The address, as ``psycopg`` reads it.
            origin: The name of the log, if it is new.
            writer: The role that records. It gets the right to insert and to select, and no other.

        Raises:
            InputError: It cannot be made.
        """
        store = cls(url, _connect(url))
        with store.writing():
            if store.one("SELECT to_regclass('ledger')")[0] is None:
                for statement in SCHEMA:
                    store.connection.execute(statement)
                store.connection.execute("INSERT INTO ledger VALUES ('format', %s)", (FORMAT,))
                store.connection.execute("INSERT INTO ledger VALUES ('origin', %s)", (origin,))
            if writer is not None:
                store.grant(writer)
        return store.checked()

    @classmethod
    def open(cls, url: str, *, write: bool = False) -> PostgresStore:
        """A ledger that is there. A reader sees one moment.

        Raises:
            InputError: It is not there, or is no ledger.
        """
        store = cls(url, _connect(url))
        if not write:
            store.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return store.checked()

    def checked(self) -> PostgresStore:
        """This ledger, once it has been seen to be one."""
        try:
            told = dict(self._rows("SELECT name, value FROM ledger"))
        except InputError:
            told = {}
        if told.get("format") != FORMAT:
            self.close()
            message = f"the ledger `{_place(self.url)}` cannot be used: {not_readable(told.get('format'))}"
            raise InputError([Diagnostic("RG733", message)])
        self._origin = str(told["origin"])
        return self

    def grant(self, writer: str) -> None:
        """Let a role insert and select, and nothing else."""
        from psycopg import sql  # noqa: PLC0415 - heavy, and of an extra

        role, tables = sql.Identifier(writer), sql.SQL(", ").join(map(sql.Identifier, TABLES))
        self.connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(tables, role))
        self.connection.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(tables, role))

    # ---------------------------------------------------------------- reading

    @property
    def place(self) -> str:
        """Where it is kept, in words, without the password."""
        return _place(self.url)

    def shape_problems(self) -> list[str]:
        """Triggers that are missing or off, and roles that may do more than add."""
        there = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        triggers = {name for (name,) in self._rows(there)}
        problems = [f"the trigger `{each}` is missing or off" for each in _TRIGGERS if each not in triggers]
        for role, table, right in self._rows(_MAY_CHANGE, (list(TABLES),)):
            problems.append(f"the role `{printable(role)}` may {right} `{table}`")
        return problems

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        import psycopg  # noqa: PLC0415 - heavy, and of an extra

        try:
            yield from self.connection.execute(sql.replace("?", "%s"), values)
        except psycopg.Error as error:
            raise _unusable(self.url, error) from None

    def _many(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        import psycopg  # noqa: PLC0415 - heavy, and of an extra

        # A large answer is fetched in parts, which takes a transaction.
        if self.connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
            yield from self._rows(sql, values)
            return
        try:
            with self.connection.cursor(name=f"rows_{id(sql)}_{id(values)}") as cursor:
                yield from cursor.execute(sql.replace("?", "%s"), values)
        except psycopg.Error as error:
            raise _unusable(self.url, error) from None

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()

    # ---------------------------------------------------------------- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, and nobody else writes meanwhile. It is on the disk when this is left.

        A connection that was lost is made anew.

        Raises:
            InputError: It could not be written, and nothing of it was; or the connection was lost at the
                commit, and the message says that it cannot be told whether it was.
        """
        import psycopg  # noqa: PLC0415 - heavy, and of an extra

        if self.connection.closed:
            self.connection = _connect(self.url)
        committing = False
        try:
            try:
                self.connection.execute("BEGIN")
                self.connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                yield
                committing = True
                self.connection.execute("COMMIT")
            except BaseException:
                if not self.connection.closed:
                    self.connection.execute("ROLLBACK")
                raise
        except psycopg.Error as error:
            if committing and self.connection.closed:
                message = f"the connection to `{_place(self.url)}` was lost when it was told to record"
                help_ = "see with `release-gate audit log` whether it did, before you record the same again"
                found = Diagnostic("RG733", message, help=help_)
                raise InputError([found], "nobody can say from here whether this was recorded") from None
            raise _unusable(self.url, error) from None

    def put_shared(self, digest: str, data: bytes) -> None:
        """Keep what many records share, if it is not there already."""
        self.connection.execute("INSERT INTO shared VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, data))

    def put_record(self, row: Row) -> None:
        """Add a record."""
        self.connection.execute("INSERT INTO records VALUES (%s, %s, %s, %s, %s, %s, %s)", values_of(row))

    def put_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint."""
        self.connection.execute("INSERT INTO checkpoints VALUES (%s, %s)", (size, note))


def _connect(url: str) -> Connection[Any]:
    try:
        import psycopg  # noqa: PLC0415 - heavy, and of an extra
    except ImportError:
        message, help_ = (
            "a ledger in PostgreSQL needs the extra `postgres`",
            "pip install 'model-release-gate[postgres]'",
        )
        raise InputError([Diagnostic("RG700", message, help=help_)]) from None
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET lock_timeout = '60s'")
    except psycopg.Error as error:
        raise _unusable(url, error) from None
    return connection


def _place(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    return printable(f"postgresql://{host}{parts.path}")


def _unusable(url: str, error: Exception) -> InputError:
    reason = printable(" ".join(str(error).split()), 200)
    return InputError([Diagnostic("RG733", f"the ledger `{_place(url)}` cannot be used: {reason}")])
