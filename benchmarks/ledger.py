"""How fast decisions are recorded, beside bare SQLite inserts of the same bytes on the same disk.

    python -m benchmarks.ledger [--rounds 9] [--records 300]

Each round runs every contestant for a number of records, in turn, so that a busy moment of the machine hits
all of them. What is shown is the median over the rounds, and the median of the ratios within a round.

- *bare*: one row with the bytes of a record and of all its new content, inserted and committed; WAL mode,
  full synchronisation. This is what the disk and SQLite allow.
- *appended*: a record that is ready is placed, chained, put into the tree and committed with its content.
- *recorded*: a decision that has been made is put into canonical form and appended. Each has a request of its
  own, so that only the policies are shared.
- *signed*: the same, with a statement and a summary signed with P-256, and a checkpoint signed with Ed25519.
- *64 at once*: the same as *signed*, 64 decisions in a transaction: what a queue of waiting clients shares.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from release_gate import Decision, Gate, ReleaseRequest
from release_gate.audit.ledger import Ledger
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.canonical import digest
from release_gate.signing import generate_key

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 24)
Judged = tuple[Decision, ReleaseRequest]


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--records", type=int, default=300)
    told = parser.parse_args()
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    judged = [one(gate, number) for number in range(told.records)]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        contestants = prepare(Path(name), gate, judged)
        rates: dict[str, list[float]] = {each: [] for each in contestants}
        for _ in range(told.rounds):
            for each, run in contestants.items():
                start = time.perf_counter()
                run()
                rates[each].append(told.records / (time.perf_counter() - start))
    show(rates)
    return 0


def one(gate: Gate, number: int) -> Judged:
    """A decision about a request of its own, with a digest, so that there is a summary to sign."""
    request = ReleaseRequest.load(ROOT / "examples" / "request.yaml")
    request = request.with_facts(
        {("title",): f"Request {number}", ("artifacts", 0, "digest"): digest(number)}
    )
    return gate.decide(request, as_of=DAY), request


def prepare(folder: Path, gate: Gate, judged: list[Judged]) -> dict[str, Callable[[], None]]:
    """Each contestant, as a function that records everything once."""
    log_key, signer = generate_key("ed25519"), generate_key()

    def recorder(name: str, *, signed: bool) -> Recorder:
        ledger = Ledger(SqliteStore.create(folder / f"{name}.db", "example.org/benchmark"))
        if not signed:
            return Recorder(ledger, gate.policies)
        return Recorder(ledger, gate.policies, log_key=log_key, signer=signer)

    plain, signed, many = (recorder(name, signed=name != "plain") for name in ("plain", "signed", "many"))
    rows = sizes(signed, judged)
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")

    def insert() -> None:
        for row in rows:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO rows (data) VALUES (?)", (row,))
            bare.execute("COMMIT")

    def batches() -> None:
        for start in range(0, len(judged), 64):
            drafts = [
                many.draft(decision, request, datetime.now(UTC))
                for decision, request in judged[start : start + 64]
            ]
            many.ledger.append(drafts, datetime.now(UTC), log_key)

    def record(into: Recorder) -> Callable[[], None]:
        def run() -> None:
            for decision, request in judged:
                into.record(decision, request, datetime.now(UTC))

        return run

    drafts = [plain.draft(decision, request, datetime.now(UTC)) for decision, request in judged]
    ready = Ledger(SqliteStore.create(folder / "ready.db", "example.org/benchmark"))

    def append() -> None:
        for draft in drafts:
            ready.append([draft], datetime.now(UTC))

    return {
        "bare": insert,
        "appended": append,
        "recorded": record(plain),
        "signed": record(signed),
        "64 at once": batches,
    }


def sizes(recorder: Recorder, judged: list[Judged]) -> list[bytes]:
    """For each decision, as many bytes as a record of it and its content take: a row for *bare*."""
    rows = []
    for decision, request in judged:
        draft = recorder.draft(decision, request, datetime.now(UTC))
        shared = recorder.policies.content.keys()
        new = b"".join(data for name, data in draft.content.items() if name not in shared)
        rows.append(new + b"x" * 1500)
    return rows


def show(rates: dict[str, list[float]]) -> None:
    """A table in Markdown."""
    lines = ["| | records/s | of bare |", "|---|---|---|"]
    for name, found in rates.items():
        ratio = statistics.median(each / bare for each, bare in zip(found, rates["bare"], strict=True))
        lines.append(f"| {name} | {statistics.median(found):,.0f} | {ratio:.2f} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
