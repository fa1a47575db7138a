"""The real command, one process for each call, with what it took."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pytest

GOOD = (
    "release_gate: request/v1\nid: r\naction: release\nartifacts: [{id: a, kind: weights, wanted: hosted}]\n"
)
SECONDS = 1.0  # of processor time
MEGABYTES = 200


@dataclass(frozen=True)
class Ran:
    """How a command ended.

    Attributes:
        code: The exit code; negative for a signal.
        out: Standard output.
        err: Standard error.
        seconds: The processor time it took.
        megabytes: The most memory it held.
    """

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float

    def is_refusal(self) -> None:
        """Assert that it ended with a diagnostic, soon, and with nothing decided."""
        assert self.code == 3, self.err[:2000]
        assert "error[RG" in self.err
        assert "nothing was decided" in self.err
        assert "Traceback" not in self.err
        assert self.out == ""
        assert all(char.isprintable() or char == "\n" for char in self.err), "the terminal is safe"
        assert len(self.err) < 200_000
        assert self.seconds <= SECONDS
        assert self.megabytes <= MEGABYTES


class Command:
    """``release-gate``, in processes that are forked from one which has read everything it needs."""

    def __init__(self, folder: Path) -> None:
        self.good = folder / "good.yaml"
        self.good.write_text(GOOD, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "runner.py"), str(self.good)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __call__(self, *arguments: str | Path) -> Ran:
        """Run it."""
        there, back = cast("IO[str]", self.process.stdin), cast("IO[str]", self.process.stdout)
        there.write(json.dumps([str(each) for each in arguments]) + "\n")
        there.flush()
        return Ran(**json.loads(back.readline()))

    def close(self) -> None:
        """End it."""
        self.process.communicate()


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    made = Command(tmp_path_factory.mktemp("good"))
    yield made
    made.close()
