"""Faults at every write and sync of a writer: does anything get lost that was acknowledged?

    python -m tests.audit.faults            every call, every fault (minutes)
    python -m tests.audit.faults --every 5  every fifth call

A writer of its own process makes a ledger and appends to it, under `strace`, which lets one call fail or
kills the process at it. That the fault fired is read from the log of `strace`; a case in which none did is a
failure of the test. Afterwards the ledger must verify, hold everything that the writer said was recorded, and
take another record.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Trust, verify_log

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
APPENDS = 6
WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.diagnostics import InputError
ledger = None
for number in range(%d):
    try:
        if ledger is None:
            ledger = Ledger(SqliteStore.create(Path(sys.argv[1]), "example.org/faults"))
        draft = Draft({"kind": "event", "number": number}, {})
        record = ledger.append([draft], datetime.now(UTC)).records[0]
    except InputError as error:
        os.write(2, f"refused {error}\\n".encode())
    else:
        os.write(1, f"{record.index} {number}\\n".encode())
os._exit(0)
"""


@dataclass(frozen=True)
class Case:
    """A fault: at which call, the how manieth of its kind, and what happens there."""

    call: str
    number: int
    fault: str


def strace() -> str | None:
    """The command, where it is installed and may trace."""
    found = shutil.which("strace")
    if found is None:
        return None
    tried = subprocess.run([found, "-o", "/dev/null", "true"], capture_output=True, check=False)
    return found if tried.returncode == 0 else None


def write(tracer: str, ledger: Path, inject: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the writer with a fault, and return what it said and what `strace` saw."""
    log = ledger.with_suffix(".trace")
    command = [tracer, "-f", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    command += ["-e", f"inject={inject}"] if inject else []
    command += [sys.executable, "-c", WRITER % APPENDS, str(ledger)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return ran, log.read_text(errors="replace")


def calls(tracer: str, folder: Path) -> Counter[str]:
    """How often a writer that nothing happens to makes each call."""
    ran, log = write(tracer, folder / "clean.db", "")
    assert ran.stdout.count("\n") == APPENDS, ran.stderr
    return Counter(re.findall(rf"\b({'|'.join(CALLS)})\(", log))


def run(tracer: str, case: Case, folder: Path) -> None:
    """Let a fault happen, and hold what is left against what was acknowledged."""
    path = folder / f"{case.call}-{case.number}-{case.fault.replace('=', '-')}.db"
    ran, log = write(tracer, path, f"{case.call}:{case.fault}:when={case.number}")
    # The fault fired.
    if case.fault == "signal=KILL":
        assert "killed by SIGKILL" in log, (case, log[-500:])
    else:
        assert "(INJECTED)" in log, (case, log[-500:])
    acknowledged = [tuple(map(int, line.split())) for line in ran.stdout.splitlines()]
    store = SqliteStore.create(path, "example.org/faults")
    try:
        report = verify_log(store, Trust())
        assert report.holds, (case, [str(each.found) for each in report.problems])
        kept = {row.seq: row.data for row in store.rows()}
        for index, number in acknowledged:
            assert f'"number":{number},'.encode() in kept[index], (case, index)
        # Nothing is there that was refused before the writer went on.
        assert len(kept) <= APPENDS
        ledger = Ledger(store)
        added = ledger.append([Draft({"kind": "event", "number": 99}, {})], datetime.now(UTC))
        assert added.records[0].index == len(kept)
        assert verify_log(store, Trust()).holds
    finally:
        store.close()


def cases(counted: Counter[str], every: int = 1) -> list[Case]:
    """The faults to try."""
    return [
        Case(call, number, fault)
        for call in CALLS
        for number in range(1, counted[call] + 1, every)
        for fault in FAULTS
    ]


def main() -> int:
    """Try every fault, and say how many."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    every: int = parser.parse_args().every
    tracer = strace()
    if tracer is None:
        sys.exit("this needs `strace`")
    with tempfile.TemporaryDirectory() as name:
        counted = calls(tracer, Path(name))
        found = cases(counted, every)
        for number, case in enumerate(found, 1):
            run(tracer, case, Path(name))
            sys.stdout.write(f"\r{number} of {len(found)}")
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(found)} faults at {dict(counted)}: nothing lost, every ledger verifies\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
