"""Writers that are killed, disks that fail: nothing that was acknowledged is lost."""

import os
import random
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Draft
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Trust, verify_log
from release_gate.canonical import digest_of_bytes

from . import faults

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked")


def _writer(path: Path, said: int, name: int) -> None:
    """Append for ever, and say what is recorded, in writes that no kill can cut in half."""
    status = 1
    try:
        ledger = Ledger(SqliteStore.open(path, write=True))
        for number in range(1_000_000):
            text = f"{name} {number}".encode() * 50
            body = {"kind": "event", "writer": name, "number": number, "text": digest_of_bytes(text)}
            draft = Draft(body, {digest_of_bytes(text): text})
            record = ledger.append([draft], datetime.now(UTC)).records[0]
            os.write(said, f"{record.index} {name} {number}\n".encode())
        status = 0
    finally:
        os._exit(status)


@needs_fork
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, seed = tmp_path / "ledger.db", 20261124
    SqliteStore.create(path, "example.org/kills").close()
    said = os.open(tmp_path / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    chance, name, kills = random.Random(seed), 0, 0
    writers: dict[int, int] = {}
    end = time.monotonic() + 5
    while time.monotonic() < end:
        while len(writers) < 4:
            name += 1
            pid = os.fork()
            if pid == 0:
                _writer(path, said, name)
            writers[pid] = name
        time.sleep(chance.uniform(0.0, 0.06))
        victim = chance.choice(sorted(writers))
        os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        # It was killed at work, and had not failed before.
        assert os.WTERMSIG(status) == signal.SIGKILL, f"writer {writers[victim]} failed"
        del writers[victim]
        kills += 1
    for pid in writers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(said)
    acknowledged = [tuple(map(int, line.split())) for line in (tmp_path / "said").read_text().splitlines()]
    store = SqliteStore.open(path)
    report = verify_log(store, Trust())
    assert report.holds, report.problems
    kept = {row.seq: row.data for row in store.rows()}
    store.close()
    for index, writer, number in acknowledged:
        assert f'"number":{number},'.encode() in kept[index]
        assert f'"writer":{writer}}}'.encode() in kept[index]
    assert kills >= 20
    assert len(acknowledged) >= 100
    assert len({index for index, _, _ in acknowledged}) == len(acknowledged)
    # Several wrote, and not one after the other.
    assert len({writer for _, writer, _ in acknowledged}) >= 4


# ---------------------------------------------------------------- strace

TRACER = faults.strace()
needs_strace = pytest.mark.skipif(TRACER is None, reason="there is no strace that may trace here")
# A few of all; `python -m tests.audit.faults` tries every call with every fault.
SAMPLE = [
    ("pwrite64", 0.9, "signal=KILL"),
    ("pwrite64", 0.3, "error=EIO"),
    ("pwrite64", 0.7, "error=ENOSPC"),
    ("fdatasync", 0.6, "error=EIO"),
    ("fdatasync", 0.4, "signal=KILL"),
    ("fsync", 0.0, "signal=KILL"),
]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    return faults.calls(str(TRACER), tmp_path_factory.mktemp("clean"))


@needs_strace
@pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")
@pytest.mark.parametrize(("call", "share", "fault"), SAMPLE)
def test_a_fault_at_a_write_or_a_sync_loses_nothing(
    call: str, share: float, fault: str, counted: Counter[str], tmp_path: Path
) -> None:
    assert counted[call] > 0
    case = faults.Case(call, 1 + int(share * counted[call]), fault)
    faults.run(str(TRACER), case, tmp_path)
