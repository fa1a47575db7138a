"""Write decisions as this version records them, as test vectors for all that come after.

    python -m tools.vectors

They go to ``tests/vectors/VERSION``: a file for each record, and their content by digest. A test decides all
of them again, those of every version. Run it once for a release, and never change what a released one wrote.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import release_gate
from release_gate import Gate, ReleaseRequest
from release_gate.audit.ledger import Ledger
from release_gate.audit.record import Record
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.view import fetching

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "tests" / "vectors"
DAY: Final = date(2026, 11, 24)
NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVERY: Final = 5
"""Of the requests among the examples, which are chosen."""


def main() -> int:
    """Write the vectors of this version."""
    count = write(FOLDER / release_gate.__version__)
    sys.stdout.write(f"wrote {count} records of {release_gate.__version__}\n")
    return 0


def write(folder: Path) -> int:
    """Write vectors into a folder, and say how many."""
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "content").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        ledger = Ledger(SqliteStore.create(Path(name) / "ledger.db", "example.org/vectors"))
        recorder = Recorder(ledger, gate.policies)
        for request in map(ReleaseRequest.load, requests()):
            recorder.record(gate.decide(request, as_of=DAY), request, NOW)
        for row in ledger.store.rows():
            (folder / f"{row.seq}.json").write_bytes(row.data)
            record = Record.read(row.data)
            fetch = fetching(ledger.store, record)
            for digest in record.refers_to:
                (folder / "content" / digest.removeprefix("sha256:")).write_bytes(fetch(digest))
        size = ledger.store.size
        ledger.store.close()
    return size


def requests() -> list[Path]:
    """The requests that are decided, from the root of the clone so that their names are the same for all."""
    found = sorted(
        file
        for file in (ROOT / "examples").rglob("*.yaml")
        if "release_gate: request/v1" in file.read_text(encoding="utf-8")
    )
    return [file.relative_to(Path.cwd()) for file in found[::EVERY]]


if __name__ == "__main__":
    sys.exit(main())
