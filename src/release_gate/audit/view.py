"""What can be read of a log, wherever it is kept: in a database, in a copy of one, or in exported files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from release_gate.audit.content import Fetch
from release_gate.audit.pack import Referred
from release_gate.audit.record import Record
from release_gate.canonical import digest_of_bytes
from release_gate.diagnostics import Diagnostic, IntegrityError, printable

__all__ = ["Row", "View", "fetching"]


@dataclass(frozen=True, slots=True)
class Row:
    """A record as it is kept.

    Attributes:
        seq: The number under which it is kept.
        data: Its bytes.
        nodes: The nodes of the tree that are kept and complete with it: height and hash.
        found_by: What it is found by, where that is kept: the request, and the digest of the decision.
        pack: What only this record needs, if it is kept with it and was asked for.
        note: The checkpoint that was signed with it, if one was.
    """

    seq: int
    data: bytes
    nodes: tuple[tuple[int, bytes], ...]
    found_by: tuple[str, str | None] | None = None
    pack: bytes | None = None
    note: str | None = None


class View(Protocol):
    """A log that can be read. Nothing that it says is to be believed before it is verified."""

    @property
    def place(self) -> str:
        """Where it is kept, in words."""

    @property
    def origin(self) -> str:
        """The name of the log."""

    @property
    def size(self) -> int:
        """How many records it says that it has."""

    def shape_problems(self) -> list[str]:
        """What is not as it must be with the place itself: tables, triggers, files."""

    def rows(self, start: int = 0, stop: int | None = None, *, packs: bool = False) -> Iterator[Row]:
        """The records, with what is kept beside each, in order; with their packs if asked for."""

    def slices(self) -> list[tuple[int, int | None]]:
        """The numbers of the records in parts, as ``rows`` takes them: together all that are there."""

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree."""

    def referred(self, index: int, pack: bytes | None = None) -> Referred:
        """What a record refers to. If its pack is at hand, it need not be read again.

        Raises:
            IntegrityError: The pack is none.
        """

    def checkpoints(self) -> Iterator[str]:
        """The checkpoints that are kept, but for those that were signed with a record, smallest first."""

    def newest_checkpoint(self) -> str | None:
        """The largest checkpoint that is kept, also if it was signed with a record."""

    def find(self, *, decision: str | None = None, about: str | None = None) -> list[int]:
        """The numbers of the records of a decision, or about a request, in order."""

    def close(self) -> None:
        """Let go of it."""


def fetching(view: View, record: Record) -> Fetch:
    """What a record refers to, as content that must be there and must have its digest."""
    referred: Callable[[str], bytes | None] | None = None

    def get(digest: str) -> bytes:
        nonlocal referred
        referred = referred or view.referred(record.index)
        data = referred(digest)
        if data is None:
            raise IntegrityError([Diagnostic("RG718", f"the content {printable(digest)} is not here")])
        if digest_of_bytes(data) != digest:
            raise IntegrityError([Diagnostic("RG719", f"the content {printable(digest)} was edited")])
        return data

    return get
