"""What every database does for a ledger: the same few questions, in SQL that all of them speak."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Final

from release_gate.audit.merkle import leaf_hash
from release_gate.audit.pack import NOTHING, Pack, Referred
from release_gate.audit.view import Row
from release_gate.diagnostics import Diagnostic, IntegrityError, printable

__all__ = ["FORMAT", "SqlStore", "not_readable", "values_of"]

FORMAT: Final = "ledger/v2"
"""How a ledger is kept in a database."""
PART: Final = 256
"""How many records are read together where several processes read."""


class SqlStore(ABC):
    """A ledger in a database."""

    data: ClassVar[str] = "data"
    """How to ask for a record as bytes."""
    _origin: str

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is kept, in words."""

    @abstractmethod
    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """What the database answers. Values stand where there is a question mark."""

    def _row(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """The first row of it, or None."""
        return next(self._rows(sql, values), None)

    def _many(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """The same for an answer that may be large, which is not read whole at once."""
        return self._rows(sql, values)

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self._origin

    @property
    def size(self) -> int:
        """How many records it says that it has."""
        return int(self.one("SELECT coalesce(max(seq) + 1, 0) FROM records")[0])

    def rows(self, start: int = 0, stop: int | None = None, *, packs: bool = False) -> Iterator[Row]:
        """The records, with what is kept beside each, in order; with their packs if asked for."""
        columns = f"seq, about, decision, note, completed, {self.data}, {'content' if packs else 'NULL'}"
        sql = f"SELECT {columns} FROM records WHERE seq >= ? AND seq < ? ORDER BY seq"  # noqa: S608
        for seq, about, decision, note, completed, data, pack in self._many(sql, (start, stop or 1 << 62)):
            yield Row(seq, data, _split_nodes(completed), (about, decision), pack, note)

    def slices(self) -> list[tuple[int, int | None]]:
        """The numbers of the records in parts, as ``rows`` takes them: together all that are there."""
        if self.size == int(self.one("SELECT count(*) FROM records")[0]):
            return [(at, at + PART) for at in range(0, self.size, PART)]
        # Numbers are missing, perhaps very many: a part begins where there is a record.
        numbers = (seq for (seq,) in self._many("SELECT seq FROM records WHERE seq >= 0 ORDER BY seq"))
        starts = list(islice(numbers, 0, None, PART))
        return list(zip(starts, [*starts[1:], None], strict=False))

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        seq = (index + 1 << height) - 1
        sql = f"SELECT {self.data}, completed FROM records WHERE seq = ?"  # noqa: S608 - a constant of ours
        data, completed = self.one(sql, (seq,))
        if height == 0:
            return leaf_hash(data)
        found: bytes = completed[(height - 1) * 32 : height * 32]
        return found

    def referred(self, index: int, pack: bytes | None = None) -> Referred:
        """What a record refers to. If its pack is at hand, it need not be read again."""
        return Referred(self.pack(index) if pack is None else Pack.read(pack), cache(self.pack), self.shared)

    def pack(self, index: int) -> Pack:
        """The pack of a record; an empty one if there is no such record."""
        row = self._row("SELECT content FROM records WHERE seq = ?", (index,))
        return Pack.read(row[0]) if row else NOTHING

    def shared(self, digest: str) -> bytes | None:
        """What many records share, by digest."""
        row = self._row("SELECT data FROM shared WHERE digest = ?", (digest,))
        return row[0] if row else None

    def checkpoints(self) -> Iterator[str]:
        """The checkpoints that are kept, but for those that were signed with a record, smallest first."""
        for (note,) in self._many("SELECT note FROM checkpoints ORDER BY size"):
            yield note

    def newest_checkpoint(self) -> str | None:
        """The largest checkpoint that is kept, also if it was signed with a record."""
        row = self._row(
            "SELECT note FROM records WHERE note IS NOT NULL"
            " AND seq >= (SELECT coalesce(max(size), 0) FROM checkpoints) ORDER BY seq DESC LIMIT 1"
        ) or self._row("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return row[0] if row else None

    def find(self, *, decision: str | None = None, about: str | None = None) -> list[int]:
        """The numbers of the records of a decision, or about a request, in order."""
        key, value = ("decision", decision) if decision is not None else ("about", about)
        # Asked for them in order, a database would read all records in place of the index.
        rows = self._rows(f"SELECT seq FROM records WHERE {key} = ?", (value,))  # noqa: S608
        return sorted(seq for (seq,) in rows)

    def first(self, about: str, decision: str) -> int | None:
        """The number of the first record of a decision about a request, if there is one."""
        sql = "SELECT seq FROM records WHERE about = ? AND decision = ? ORDER BY seq LIMIT 1"
        row = self._row(sql, (about, decision))
        return row[0] if row else None

    def one(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        """A row that must be there.

        Raises:
            IntegrityError: It is not.
        """
        row = self._row(sql, values)
        if row is None:
            message = f"a record that must be there is not in the ledger `{self.place}`"
            raise IntegrityError([Diagnostic("RG712", message)])
        return row

    def newest_decision(self) -> bytes | None:
        """The newest record of a decision."""
        sql = f"SELECT {self.data} FROM records WHERE decision IS NOT NULL ORDER BY seq DESC LIMIT 1"  # noqa: S608
        row = self._row(sql)
        return bytes(row[0]) if row else None

    def end(self) -> tuple[int, str | None]:
        """How many records there are, and the checkpoint that was signed with the last, if one was."""
        row = self._row("SELECT seq + 1, note FROM records ORDER BY seq DESC LIMIT 1")
        return (int(row[0]), row[1]) if row else (0, None)


def not_readable(told: object) -> str:
    """Why a ledger cannot be used that says that its format is another one than ours."""
    if isinstance(told, str) and told.startswith("ledger/"):
        return f"its format is `{printable(told)}`, and this version reads `{FORMAT}`"
    return "it is no ledger"


def values_of(row: Row) -> tuple[Any, ...]:
    """A record as the columns of its row."""
    completed = b"".join([node for _, node in row.nodes])
    return row.seq, *(row.found_by or ("", None)), row.note, completed, row.data, row.pack


def _split_nodes(completed: bytes) -> tuple[tuple[int, bytes], ...]:
    """The hashes that are kept with a record, those of the heights from 1 upwards."""
    return tuple((at // 32 + 1, completed[at : at + 32]) for at in range(0, len(completed), 32))
