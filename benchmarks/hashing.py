"""Measure how long a model folder takes beside ``sha256sum``: ``python -m benchmarks.hashing``.

The files are sparse, so that they take no room and the disk no time: what is measured is hashing. Each run is
a process of its own, and both are started alternately. Needs Linux or macOS, for what it says about memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Run what was asked for, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hashing", description="Hash a large model.")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of all files (default: 2)")
    parser.add_argument("--files", type=int, default=4, help="how many files (default: 4)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "model")
        folder.mkdir()
        size = int(asked.gigabytes * 1e9 / asked.files)
        paths = [folder / f"model-{number}.safetensors" for number in range(asked.files)]
        for number, path in enumerate(paths):
            write_sparse(path, size, f"t{number}")
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        measured = race(folder, paths, asked.rounds)
    total = size * asked.files / 1e9
    print("| | seconds | GB/s | peak MiB |\n| --- | --- | --- | --- |")
    for name, (seconds, peak) in measured.items():
        print(f"| {name} | {seconds:.2f} | {total / seconds:.2f} | {peak:.0f} |")
    both = [seconds for seconds, _ in measured.values()]
    print(f"\n`collect` takes {both[1] / both[0]:.2f} × the time of `sha256sum`.")


def write_sparse(path: Path, size: int, name: str) -> None:
    """Write a file of one tensor, all zero, that takes no room."""
    count = (size - 200) // 4
    tensor = {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}
    head = json.dumps({name: tensor}).encode().ljust(152)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(head)) + head)
        stream.truncate(8 + len(head) + 4 * count)


def race(folder: Path, paths: list[Path], rounds: int) -> dict[str, tuple[float, float]]:
    """The median of the seconds, and the peak of memory, of each."""
    code = "from release_gate.cli import main; main()"
    commands = {
        "`sha256sum`": ["sha256sum", *map(str, paths)],
        "`release-gate collect`": [sys.executable, "-c", code, "collect", str(folder)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    peaks = dict.fromkeys(commands, 0.0)
    for _ in range(rounds):
        for name, command in commands.items():
            seconds, peak = run(command)
            times[name].append(seconds)
            peaks[name] = max(peaks[name], peak)
    return {name: (statistics.median(each), peaks[name]) for name, each in times.items()}


def run(command: list[str]) -> tuple[float, float]:
    """The seconds that a command took, and the peak of its memory in MiB."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, used.ru_maxrss * unit / 2**20


if __name__ == "__main__":
    main()
