"""A thousand requests in one run: as fast as the library decides them, and in memory that does not grow."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.cli import main
from tests.calls import calls

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 24)
REQUEST = (ROOT / "examples" / "dossiers" / "dolly-v1.yaml").read_text(encoding="utf-8")
POLICIES = ("responsible-democratization", "license-lineage")


def requests(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number:04d}.yaml" for number in range(count)]
    for path in paths:
        path.write_text(REQUEST.replace("id: dolly-v1", f"id: r{path.stem}"), encoding="utf-8")
    return paths


def check(*arguments: str) -> list[str]:
    return ["check", *arguments, "--as-of", DAY.isoformat(), *(f"--policy={each}" for each in POLICIES)]


def test_a_run_takes_hardly_longer_than_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What finding the files, keeping the outcomes and writing a report take is less than the library does.

    It takes a quarter of the time; but writing JSON is many calls that each take little.
    """
    paths = requests(tmp_path / "many", 50)
    gate = Gate.from_policies(POLICIES)

    def library() -> None:
        for path in paths:
            assert gate.decide(ReleaseRequest.load(path), as_of=DAY).digest

    def command() -> None:
        with pytest.raises(SystemExit):
            main(check(str(tmp_path / "many"), "-o", f"json={tmp_path / 'out.json'}"))

    library()
    command()
    one, other = calls(library), calls(command)
    assert other <= 1.8 * one, other / one


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read as Linux counts it")
def test_memory_does_not_grow_with_the_number_of_requests(tmp_path: Path) -> None:
    """Ten times as many requests, of which every decision is written, and no more than 24 MiB beside them."""
    peaks = []
    for count in (30, 300):
        requests(tmp_path / str(count), count)
        code = "import resource, sys; from release_gate.cli import main\n"
        code += "try: main(sys.argv[1:])\nfinally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        command = [sys.executable, "-c", code, *check(str(tmp_path / str(count)), "-o", f"json={os.devnull}")]
        ended = subprocess.run(command, capture_output=True, check=False, text=True)
        peaks.append(int(ended.stdout.split()[-1]) / 1024)
    assert peaks[1] - peaks[0] < 24, peaks
