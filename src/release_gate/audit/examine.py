"""A record looked at by itself: all that can be told of it without those before it.

This is nearly all of the work of verification, and is shared among processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from release_gate.audit.checks import (
    Problem,
    Report,
    SealCheck,
    Trust,
    check_attestations,
    check_checkpoint,
    check_content,
    check_decision,
)
from release_gate.audit.merkle import leaf_hash
from release_gate.audit.notes import Checkpoint
from release_gate.audit.record import Record
from release_gate.audit.sealed import Disclosures
from release_gate.audit.view import Row, View
from release_gate.authoring.processes import spread
from release_gate.diagnostics import IntegrityError

__all__ = ["Examined", "Helpers", "Place", "examine"]


@dataclass(frozen=True)
class Helpers:
    """Other processes that help.

    Attributes:
        jobs: How many there may be.
        reopen: Opens the log in one of them, which cannot use what this process has opened.
    """

    jobs: int
    reopen: Callable[[], View]


@dataclass(frozen=True, slots=True)
class Place:
    """What a record says about its place in the log.

    Attributes:
        index: Its number.
        origin: The name of the log, in the first record.
        previous: The leaf hash of the record before it, in all others.
        recorded_at: When it was recorded.
        as_of: The day for which it was decided, for a decision.
        found_by: What it is found by: the request, and the digest of the decision.
    """

    index: int
    origin: object
    previous: object
    recorded_at: str
    as_of: str | None
    found_by: tuple[str, str | None]

    @classmethod
    def of(cls, record: Record) -> Place:
        """That of a record."""
        return cls(
            record.index,
            record.body.get("origin"),
            record.body.get("previous"),
            record.recorded_at,
            record.as_of,
            (record.about, record.decision),
        )


@dataclass(frozen=True, slots=True)
class Examined:
    """What a record came to by itself.

    Attributes:
        row: The record as it is kept, without its bytes.
        leaf: Its leaf hash.
        place: What it says about its place, if it can be read.
        checkpoint: The checkpoint that was signed with it, if one was and it can be read.
        seal: Its name in its seals, if it has any.
        opened: The place and the salt of each value that was disclosed of it.
        problems: What is wrong with it.
    """

    row: Row
    leaf: bytes
    place: Place | None
    checkpoint: Checkpoint | None
    seal: str | None
    opened: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


def examine(
    view: View, trust: Trust, given: Sequence[Disclosures], helpers: Helpers | None
) -> Iterator[Examined]:
    """All records of a log, in order, each looked at by itself.

    Args:
        view: The log.
        trust: Whom to believe.
        given: Disclosures of sealed fields.
        helpers: Other processes, if any are to help. What is found does not depend on them.
    """
    examiner = _Examiner(view, trust, given, helpers)
    for found in spread(examiner.examine, view.slices(), helpers.jobs if helpers else 1, turn=1):
        yield from found


class _Examiner:
    """Looks at records, in this process or in one that was forked from it."""

    def __init__(
        self, view: View, trust: Trust, given: Sequence[Disclosures], helpers: Helpers | None
    ) -> None:
        self.ours, self.trust, self.given, self.helpers = view, trust, given, helpers
        self.process = os.getpid()
        self.known: set[str] = set()

    @cached_property
    def theirs(self) -> View:
        """The log as another process has opened it."""
        return self.helpers.reopen() if self.helpers else self.ours

    @property
    def view(self) -> View:
        """The log."""
        return self.ours if os.getpid() == self.process else self.theirs

    def examine(self, part: tuple[int, int | None]) -> list[Examined]:
        """The records of a part of the log."""
        return [self.examined(row) for row in self.view.rows(*part, packs=True)]

    def examined(self, row: Row) -> Examined:
        """Steps 2, 6 to 8 and 11, of step 5 what is packed with the record, and of 9 who signed."""
        report, place, seals = Report("", ""), None, SealCheck(self.given)
        # Step 2.
        try:
            record = Record.read(row.data)
        except IntegrityError as error:
            report.take(2, error, f"the record {row.seq} was edited: ")
        else:
            place = Place.of(record)
            self.refer(row, record, report, seals)
        checkpoint = self.checkpoint(row.note, report)
        return Examined(
            Row(row.seq, b"", row.nodes, row.found_by),
            leaf_hash(row.data),
            place,
            checkpoint,
            seals.seal,
            tuple(seals.opened),
            tuple(report.problems),
        )

    def checkpoint(self, note: str | None, report: Report) -> Checkpoint | None:
        """The checkpoint that was signed with a record."""
        if note is None:
            return None
        try:
            checkpoint = Checkpoint.read(note.encode())
        except IntegrityError as error:
            report.take(9, error, "a checkpoint was edited: ")
            return None
        check_checkpoint(9, checkpoint, self.ours.origin, self.trust, report)
        return checkpoint

    def refer(self, row: Row, record: Record, report: Report, seals: SealCheck) -> None:
        """Steps 5 to 8, and 11. What many records share is looked at once."""
        try:
            fetch = self.view.referred(row.seq, row.pack)
        except IntegrityError as error:
            report.take(6, error, f"the record {record.index}: ")
            return
        if not {*fetch.pack.parts, *fetch.pack.elsewhere} <= {*record.refers_to}:
            message = f"something is kept with the record {record.index} that it does not refer to"
            report.add(5, "RG711", message)
        check_content(record, fetch, report, self.known)
        check_decision(record, fetch, report)
        check_attestations(record, fetch, self.trust, report)
        seals.take(record, fetch, report)
