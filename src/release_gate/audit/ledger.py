"""The ledger: records in the order in which they were made, and the tree over them.

Each record names its number, the digest of the one before it, and when it was made. The tree is that of RFC
6962, so that a short proof shows that a record is in it, or that it only grew. The ledger decides nothing; it
refuses what would make the record untrue later: a clock that runs backwards, a decision that is dated back
before the newest one, or ahead of the day on which it is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from release_gate.audit.merkle import Frontier, inclusion_proof, leaf_hash, root_at
from release_gate.audit.notes import Checkpoint, Receipt, sign_checkpoint
from release_gate.audit.pack import Pack
from release_gate.audit.record import MAX_RECORD, Draft, Record
from release_gate.audit.view import Row, View
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, counted
from release_gate.signing import Signer

__all__ = ["Appended", "Ledger", "Store"]

MAX_KEPT: Final = 10_000
"""How many digests of content a ledger remembers to be there."""
SKEW: Final = timedelta(seconds=60)
"""By how much the clocks of two machines that write to one ledger may differ."""


class Store(View, Protocol):
    """Where a ledger is kept."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction, and nobody else writes meanwhile. It is on the disk when this is left."""

    def put_shared(self, digest: str, data: bytes) -> None:
        """Keep what many records share, if it is not there already."""

    def put_record(self, row: Row) -> None:
        """Add a record."""

    def put_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint that is signed when no record is added. There is none of that size."""

    def pack(self, index: int) -> Pack:
        """The pack of a record."""

    def first(self, about: str, decision: str) -> int | None:
        """The number of the first record of a decision about a request, if there is one."""

    def newest_decision(self) -> bytes | None:
        """The newest record of a decision."""

    def end(self) -> tuple[int, str | None]:
        """How many records there are, and the checkpoint that was signed with the last, if one was."""


@dataclass(frozen=True)
class Appended:
    """What was recorded.

    Attributes:
        records: The records, in their places.
        checkpoint: The log with them. Keep it where whoever keeps the ledger cannot change it.
    """

    records: tuple[Record, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True)
class _Tip:
    """Where the log ends.

    Attributes:
        frontier: The tree.
        leaf: The hash of the last record, if there is one.
        recorded_at: When that was recorded.
        as_of: The day of the newest decision.
        extends: The checkpoint that this ledger signed before, and has only added to since.
    """

    frontier: Frontier
    leaf: bytes | None
    recorded_at: str
    as_of: str
    extends: Checkpoint | None = None

    def extending(self, checkpoint: Checkpoint) -> _Tip:
        """The same once a checkpoint of it is there, if somebody signed that."""
        signed = checkpoint if checkpoint.note else None
        return _Tip(self.frontier, self.leaf, self.recorded_at, self.as_of, signed)


class Ledger:
    """A ledger that can be added to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._tip = _Tip(Frontier(), None, "", "")
        self._kept: set[str] = set()

    def append(self, drafts: Sequence[Draft], now: datetime, signer: Signer | None = None) -> Appended:
        """Record, all of it or nothing. What is returned is on the disk.

        Args:
            drafts: What to record.
            now: The time, in UTC.
            signer: The key of the log, Ed25519, to sign the checkpoint.

        Raises:
            InputError: It would make the record untrue, or could not be written.
            IntegrityError: The ledger does not extend the last checkpoint that was signed.
        """
        if not drafts:
            return Appended((), self.checkpoint(signer))
        with self.store.writing():
            tip, note = self._current()
            time = _time(now, tip.recorded_at)
            records: list[Record] = []
            row: Row | None = None
            for draft in drafts:
                if row is not None:
                    self.store.put_record(row)
                record, row, tip = self._place(draft, tip, time)
                records.append(record)
            checkpoint = self._signed(tip, note, signer)
            if row is not None:
                self.store.put_record(replace(row, note=checkpoint.note or None))
        self._tip = tip.extending(checkpoint)
        self._remember(drafts)
        return Appended(tuple(records), checkpoint)

    def checkpoint(self, signer: Signer | None = None) -> Checkpoint:
        """The log as it is now, signed if there is a key.

        Raises:
            IntegrityError: The ledger does not extend the last checkpoint that was signed.
        """
        if signer is None:
            frontier = Frontier.at(self.store.size, self.store.node)
            return Checkpoint(self.store.origin, frontier.size, frontier.root)
        with self.store.writing():
            signed = self._signed(*self._current(), signer)
            if signed.note != self.store.newest_checkpoint():
                self.store.put_checkpoint(signed.size, signed.note)
        return signed

    def receipt(self, index: int, checkpoint: Checkpoint) -> Receipt:
        """The proof that a record is in the log of a checkpoint."""
        return Receipt(index, inclusion_proof(index, checkpoint.size, self.store.node), checkpoint)

    def _place(self, draft: Draft, tip: _Tip, time: str) -> tuple[Record, Row, _Tip]:
        size = tip.frontier.size
        after = {"previous": tip.leaf.hex()} if tip.leaf is not None else {"origin": self.store.origin}
        record = draft.placed(size, time, after)
        data = record.data
        if len(data) > MAX_RECORD:
            message = f"the record has {len(data):,} bytes, and no more than {MAX_RECORD:,} fit"
            raise InputError([Diagnostic("RG736", message)])
        as_of = _day(record, tip.as_of, time)
        for digest, content in draft.shared.items():
            if digest not in self._kept:
                self.store.put_shared(digest, content)
        leaf = leaf_hash(data)
        frontier, completed = tip.frontier.add(leaf)
        nodes = tuple(enumerate(completed, 1))
        pack = bytes(self._packed(record, draft.content))
        row = Row(size, data, nodes, (record.about, record.decision), pack)
        return record, row, _Tip(frontier, leaf, time, as_of, tip.extends)

    def _packed(self, record: Record, content: Mapping[str, bytes]) -> Pack:
        """What only a record needs, without what was kept when the same was decided before."""
        decision = record.decision
        before = None if decision is None else self.store.first(record.about, decision)
        if before is None:
            return Pack(content)
        known = self.store.pack(before)
        elsewhere = {digest: known.elsewhere.get(digest, before) for digest in content if digest in known}
        return Pack({name: part for name, part in content.items() if name not in elsewhere}, elsewhere)

    def _remember(self, drafts: Sequence[Draft]) -> None:
        """Know what is there, now that it is on the disk: the policies are the same every time."""
        if len(self._kept) > MAX_KEPT:
            self._kept.clear()
        for draft in drafts:
            self._kept.update(draft.shared)

    def _current(self) -> tuple[_Tip, str | None]:
        """Where the log ends now, which another process may have changed, and the checkpoint of its end."""
        size, note = self.store.end()
        if size != self._tip.frontier.size:
            frontier = Frontier.at(size, self.store.node)
            last = self._last(size - 1)
            newest = self.store.newest_decision()
            as_of = Record.read(newest).as_of if newest is not None else None
            self._tip = _Tip(frontier, leaf_hash(last.data), last.recorded_at, as_of or "")
        return self._tip, note

    def _last(self, index: int) -> Record:
        for row in self.store.rows(index, index + 1):
            record = Record.read(row.data)
            if record.index == row.seq:
                return record
        message = f"the record {index}, the newest of the ledger, is not what it must be"
        raise IntegrityError([Diagnostic("RG711", message, help="`release-gate audit verify` says more")])

    def _signed(self, tip: _Tip, note: str | None, signer: Signer | None) -> Checkpoint:
        """A checkpoint of the log. A log never signs one that does not extend those it signed before."""
        frontier = tip.frontier
        if signer is None:
            return Checkpoint(self.store.origin, frontier.size, frontier.root)
        newest = note or self.store.newest_checkpoint()
        if newest is not None:
            ours = tip.extends if tip.extends is not None and tip.extends.note == newest else None
            before = ours or Checkpoint.read(newest.encode())
            if before.size == frontier.size and before.root == frontier.root:
                return before
            if ours is None and (
                before.size >= frontier.size or root_at(before.size, self.store.node) != before.root
            ):
                message = f"the ledger does not extend its checkpoint of {counted(before.size, 'record')}"
                help_ = "nothing was signed; `release-gate audit verify` says more"
                raise IntegrityError([Diagnostic("RG715", message, help=help_)])
        return sign_checkpoint(self.store.origin, frontier.size, frontier.root, signer)


def _time(now: datetime, newest: str) -> str:
    """The time to record. It never runs backwards."""
    time = _written(now)
    if time >= newest:
        return time
    if _written(now + SKEW) < newest:
        message = f"the clock says {time}, and the newest record is of {newest}"
        raise InputError([Diagnostic("RG731", message, help="set the clock; nothing was recorded")])
    return newest


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(record: Record, newest: str, time: str) -> str:
    """The day of the newest decision, with this record."""
    day = record.as_of
    if day is None:
        return newest
    if day < newest:
        message = f"a decision for {day} cannot be recorded after one for {newest}"
        help_ = "a decision that is dated back could revive what has expired; nothing was recorded"
        raise InputError([Diagnostic("RG730", message, help=help_)])
    if day > time[:10]:
        message = f"a decision for {day} cannot be recorded on {time[:10]}"
        raise InputError([Diagnostic("RG732", message, help="the day has not come yet, in UTC")])
    return day


def entries(view: View, start: int = 0, stop: int | None = None) -> Iterator[Record]:
    """The records of a log, in order.

    Raises:
        IntegrityError: One is not a record.
    """
    for row in view.rows(start, stop):
        yield Record.read(row.data)


__all__ += ["entries"]
