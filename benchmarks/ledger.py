"""How fast decisions are recorded, beside bare SQLite inserts of the same bytes on the same disk.

    python -m benchmarks.ledger [--rounds 15] [--records 200]

Each round has decisions of its own, about requests of their own, so that only the policies are shared. Each
is decided, and then recorded by every contestant, in turn and from another start each time, so that a busy
moment of the machine hits all. What is shown are the median and the quartiles over the rounds: of the rate,
and of its ratio to *bare* within a round; and the median of the processor time that one record takes, which
depends neither on the disk nor, much, on what else the machine does.

- *bare*: one row with the bytes of a record and of all its new content, inserted and committed; WAL mode,
  full synchronisation. This is what the disk and SQLite allow.
- *appended*: a record that is ready is placed, chained, put into the tree and committed with its content.
- *recorded*: a decision that has been made, with its digest, is appended.
- *signed*: the same, with a statement and a summary signed with P-256, and a checkpoint signed with Ed25519.
- *one run*: the same as *signed*, by one writer that records many decisions together, as ``check --record``
  does with the requests of a run: at most 128 in a transaction.
- *64 clients*: the same as *signed*, by 64 threads that each wait until a record is on the disk before they
  ask for the next. They share transactions by a queue.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from release_gate import Decision, Gate, ReleaseRequest
from release_gate.audit.ledger import Ledger
from release_gate.audit.queue import RecordQueue
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.canonical import canonical_bytes, digest
from release_gate.cli.recording import TOGETHER
from release_gate.signing import generate_key

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 24)
CLIENTS = 64
RUN, MANY = "one run", f"{CLIENTS} clients"
Judged = tuple[Decision, ReleaseRequest]


class Took(NamedTuple):
    """How many seconds something took: by the clock, and of the processor."""

    clock: float = 0.0
    processor: float = 0.0

    @classmethod
    def by(cls, run: Callable[[], object]) -> Took:
        """How long it takes."""
        clock, processor = time.perf_counter(), time.process_time()
        run()
        return cls(time.perf_counter() - clock, time.process_time() - processor)

    def and_then(self, other: Took) -> Took:
        """Both."""
        return Took(self.clock + other.clock, self.processor + other.processor)


Contestant = Callable[[Judged], Took]


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--records", type=int, default=200)
    told = parser.parse_args()
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        single, together = prepare(Path(name), gate)
        rounds: dict[str, list[Took]] = {each: [] for each in (*single, *together)}
        for number in range(told.rounds):
            took, judged = dict.fromkeys(single, Took()), []
            for each in range(told.records):
                judged.append(one(gate, number * told.records + each))
                turn = each % len(single)
                for contestant in [*single, *single][turn : turn + len(single)]:
                    took[contestant] = took[contestant].and_then(single[contestant](judged[-1]))
            took |= {each: record(judged) for each, record in together.items()}
            for contestant, seconds in took.items():
                rounds[contestant].append(seconds)
    show(rounds, told.records)
    return 0


def one(gate: Gate, number: int) -> Judged:
    """A decision about a request of its own, with a digest, so that there is a summary to sign."""
    request = ReleaseRequest.load(ROOT / "examples" / "request.yaml")
    request = request.with_facts(
        {("title",): f"Request {number}", ("artifacts", 0, "digest"): digest(number)}
    )
    decision = gate.decide(request, as_of=DAY)
    decision.to_json()  # every report asks for it, and it is made once
    return decision, request


def prepare(
    folder: Path, gate: Gate
) -> tuple[dict[str, Contestant], dict[str, Callable[[list[Judged]], Took]]]:
    """The contestants that record one decision at a time, and those of many; each says how long it took."""
    log_key, signer = generate_key("ed25519"), generate_key()

    def recorder(name: str, *, signed: bool) -> Recorder:
        ledger = Ledger(SqliteStore.create(folder / f"{name}.db", "example.org/benchmark"))
        if not signed:
            return Recorder(ledger, gate.policies)
        return Recorder(ledger, gate.policies, log_key=log_key, signer=signer)

    single = {
        "bare": bare(folder / "bare.db", recorder("unused", signed=True)),
        "appended": appended(recorder("appended", signed=False)),
        "recorded": recorded(recorder("recorded", signed=False)),
        "signed": recorded(recorder("signed", signed=True)),
    }
    together = {RUN: one_run(recorder("run", signed=True)), MANY: shared(recorder("shared", signed=True))}
    return single, together


def bare(path: Path, recorder: Recorder) -> Contestant:
    """Insert a row of as many bytes as the signed record and its content take."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")

    def insert(row: bytes) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows (data) VALUES (?)", (row,))
        connection.execute("COMMIT")

    def run(judged: Judged) -> Took:
        draft = recorder.draft(*judged, datetime.now(UTC))
        row = b"".join([canonical_bytes(draft.body), *draft.content.values()])
        return Took.by(lambda: insert(row))

    return run


def appended(recorder: Recorder) -> Contestant:
    """Append what is ready."""

    def run(judged: Judged) -> Took:
        draft = recorder.draft(*judged, datetime.now(UTC))
        return Took.by(lambda: recorder.ledger.append([draft], datetime.now(UTC)))

    return run


def recorded(recorder: Recorder) -> Contestant:
    """Record."""
    return lambda judged: Took.by(lambda: recorder.record(*judged, datetime.now(UTC)))


def one_run(recorder: Recorder) -> Callable[[list[Judged]], Took]:
    """Record the decisions of a run, as the command does."""

    def record(judged: list[Judged]) -> None:
        for start in range(0, len(judged), TOGETHER):
            recorder.record_all(judged[start : start + TOGETHER], datetime.now(UTC))

    return lambda judged: Took.by(lambda: record(judged))


def shared(recorder: Recorder) -> Callable[[list[Judged]], Took]:
    """Record through a queue, for many who wait."""

    def run(judged: list[Judged]) -> Took:
        with (
            RecordQueue(recorder.ledger, lambda: datetime.now(UTC), recorder.log_key) as queue,
            ThreadPoolExecutor(CLIENTS) as clients,
        ):

            def wait(each: Judged) -> None:
                queue.submit(recorder.draft(*each, datetime.now(UTC))).result()

            return Took.by(lambda: list(clients.map(wait, judged)))

    return run


def show(rounds: dict[str, list[Took]], records: int) -> None:
    """A table in Markdown."""
    lines = ["| | records/s | of bare | processor |", "|---|---|---|---|"]
    for name, found in rounds.items():
        rates = [records / each.clock for each in found]
        ratios = [bare.clock / each.clock for each, bare in zip(found, rounds["bare"], strict=True)]
        low, rate, high = statistics.quantiles(rates, n=4)
        least, ratio, most = statistics.quantiles(ratios, n=4)
        processor = statistics.median(each.processor for each in found) / records * 1000
        lines.append(
            f"| {name} | {rate:,.0f} [{low:,.0f} to {high:,.0f}] | {ratio:.2f} [{least:.2f} to {most:.2f}] "
            f"| {processor:.2f} ms |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
