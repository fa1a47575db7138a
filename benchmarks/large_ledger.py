"""What a large ledger costs: to add to, to prove from, to list, to verify.

    python -m benchmarks.large_ledger [--records 1000000] [--keep FOLDER]

The ledger is really made: signed decisions, each with attestations of its own, in transactions of 128. To
a million in minutes, a thousand different decisions are recorded over and over, so the size is that of a
ledger in which requests are checked again and again. What is printed is what was measured on it. Needs Linux,
for what it says about memory.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ledger import ROOT, Judged, one
from release_gate import Gate
from release_gate.audit.ledger import Ledger
from release_gate.audit.notes import NoteKey
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.signing import generate_key

ORIGIN = "example.org/large"
DIFFERENT = 1000
TOGETHER = 128
COMMAND = """
import atexit, sys
from pathlib import Path
from release_gate.cli import main
told = lambda: next(line for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
atexit.register(lambda: sys.stderr.write(told()))
main()
"""


def main() -> int:
    """Make it, measure it, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="The folder to leave the ledger in.")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = told.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        recorder = make(folder, told.records)
        measure(folder, recorder)
    return 0


def make(folder: Path, records: int) -> Recorder:
    """Make the ledger, and say how fast it went at its beginning and at its end."""
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    ledger = Ledger(SqliteStore.create(folder / "ledger.db", ORIGIN))
    recorder = Recorder(ledger, gate.policies, log_key=generate_key("ed25519"), signer=generate_key())
    judged = [one(gate, number) for number in range(min(DIFFERENT, records))]
    tenth, start, done = max(records // 10, 1), time.perf_counter(), 0
    for first in range(0, records, TOGETHER):
        numbers = range(first, min(first + TOGETHER, records))
        now = datetime.now(UTC)
        ledger.append(
            [recorder.draft(*judged[number % len(judged)], now) for number in numbers], now, recorder.log_key
        )
        if numbers[-1] // tenth > done:
            say(f"records to {numbers[-1] + 1:,}", f"{tenth / (time.perf_counter() - start):,.0f}/s")
            start, done = time.perf_counter(), numbers[-1] // tenth
    single(recorder, judged)
    return recorder


def single(recorder: Recorder, judged: list[Judged]) -> None:
    """One signed decision in a transaction, on a ledger of this size."""

    def add() -> None:
        recorder.record(*judged.pop(), datetime.now(UTC))

    timed("one more, signed, in a transaction of its own", add, 200)


def measure(folder: Path, recorder: Recorder) -> None:
    """Prove, list and verify."""
    ledger, file = recorder.ledger, folder / "ledger.db"
    checkpoint = ledger.checkpoint(recorder.log_key)
    spread = iter(range(0, checkpoint.size, max(checkpoint.size // 200, 1)))
    timed("a proof", lambda: ledger.receipt(next(spread), checkpoint), 200)
    ledger.store.close()
    say("size", f"{file.stat().st_size / checkpoint.size:,.0f} bytes a record")
    (folder / "log.key").write_text(str(NoteKey(ORIGIN, 1, recorder.log_key.public)))  # type: ignore[union-attr]
    (folder / "signer.pub").write_text(recorder.signer.public.pem)  # type: ignore[union-attr]
    (folder / "checkpoint").write_text(str(checkpoint))
    command("audit log", "log", "--ledger", file)
    command("audit log --about", "log", "--ledger", file, "--about", "llama-leak")
    trust = ("--key", folder / "log.key", "--signer", folder / "signer.pub")
    command("audit verify", "verify", file, *trust, "--against", folder / "checkpoint")


def timed(what: str, run: Callable[[], object], times: int) -> None:
    """Say the quartiles of how long something takes."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1000)
    low, middle, high = statistics.quantiles(found, n=4)
    say(what, f"{middle:.2f} ms [{low:.2f} to {high:.2f}]")


def command(what: str, *arguments: str | Path) -> None:
    """Say how long a command takes, and how much memory its process had at most."""
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", COMMAND, "audit", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    took = time.perf_counter() - start
    if ran.returncode:
        sys.exit(f"{what}: {ran.stderr}")
    say(what, f"{took:,.1f} s, {int(ran.stderr.split()[-2]) / 1024:,.0f} MB")


def say(what: str, found: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{what:<50}{found}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
