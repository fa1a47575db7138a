"""Group commit: many who wait share one write to the disk, which is what takes the time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, Self

from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft, Record
from release_gate.diagnostics import InputError
from release_gate.signing import Signer

__all__ = ["RecordQueue"]

TOGETHER: Final = 128
"""The most records in one transaction."""
Waiting = tuple[Draft, "Future[Record]"]


class RecordQueue:
    """Records for many threads. Whoever asks gets a promise, which is kept when the record is on the disk.

    Use it as a context: what was asked for is recorded before it is left.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime], signer: Signer | None = None) -> None:
        """Record into a ledger that nobody else in this process writes to.

        Args:
            ledger: The ledger.
            clock: Tells the time, in UTC.
            signer: The key of the log, to sign the checkpoints.
        """
        self.ledger, self.clock, self.signer = ledger, clock, signer
        self.waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self.thread = Thread(target=self._work, name="records", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.waiting.put(None)
        self.thread.join()

    def submit(self, draft: Draft) -> Future[Record]:
        """Ask for a record. Its promise fails with what the ledger refuses it for."""
        promise: Future[Record] = Future()
        self.waiting.put((draft, promise))
        return promise

    def _work(self) -> None:
        going = True
        while going:
            group = [self.waiting.get()]
            while len(group) < TOGETHER and group[-1] is not None:
                try:
                    group.append(self.waiting.get_nowait())
                except Empty:
                    break
            going = group[-1] is not None
            self._record([each for each in group if each is not None])

    def _record(self, group: list[Waiting]) -> None:
        """Record a group, or each by itself if one of them is refused: it must not take the others along."""
        try:
            added = self.ledger.append([draft for draft, _ in group], self.clock(), self.signer)
        except InputError as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:
                for each in group:
                    self._record([each])
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            for _, promise in group:
                promise.set_exception(error)
        else:
            for (_, promise), record in zip(group, added.records, strict=True):
                promise.set_result(record)
