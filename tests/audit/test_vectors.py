"""What every released version recorded is decided again by this one, and the bytes compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import release_gate
from release_gate.audit.pack import NOTHING, Referred
from release_gate.audit.record import Record
from release_gate.audit.replay import Outcome, replay
from release_gate.audit.view import Row
from tools.vectors import write

VECTORS = Path(__file__).parents[1] / "vectors"
RECORDS = sorted(VECTORS.glob("*/*.json"))


class Folder:
    """The vectors of a version, as a log that can be read."""

    place, origin, size = "vectors", "example.org/vectors", 0

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def referred(self, index: int, pack: bytes | None = None) -> Referred:
        return Referred(NOTHING, lambda _index: NOTHING, self.content)

    def content(self, digest: str) -> bytes | None:
        file = self.folder / "content" / digest.removeprefix("sha256:")
        return file.read_bytes() if file.is_file() else None

    def shape_problems(self) -> list[str]:
        return []

    def rows(self, start: int = 0, stop: int | None = None, *, packs: bool = False) -> Iterator[Row]:
        raise NotImplementedError

    def slices(self) -> list[tuple[int, int | None]]:
        raise NotImplementedError

    def node(self, height: int, index: int) -> bytes:
        raise NotImplementedError

    def checkpoints(self) -> Iterator[str]:
        raise NotImplementedError

    def newest_checkpoint(self) -> str | None:
        raise NotImplementedError

    def find(self, *, decision: str | None = None, about: str | None = None) -> list[int]:
        raise NotImplementedError

    def close(self) -> None:
        return None


def test_there_are_vectors_of_this_version() -> None:
    assert (VECTORS / release_gate.__version__ / "0.json").is_file(), "run `python -m tools.vectors`"


def test_the_vectors_that_would_be_written_now_come_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(VECTORS.parents[1])
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "stale.json").write_text("")
    assert write(tmp_path / "new") == len(list((tmp_path / "new").glob("*.json"))) > 5
    for file in sorted((tmp_path / "new").glob("*.json"))[::4]:
        assert replay(Folder(file.parent), Record.read(file.read_bytes())).outcome is Outcome.IDENTICAL


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_recorded_decision_comes_out_again(file: Path) -> None:
    found = replay(Folder(file.parent), Record.read(file.read_bytes()))
    # CONTRIBUTING.md, Releases, says what to do where a version decides or explains otherwise on purpose.
    assert found.outcome is Outcome.IDENTICAL, (found.because, found.differences)
