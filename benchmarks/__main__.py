"""Measure release_gate beside others: ``python -m benchmarks``.

Needs the extra ``bench``, and ``opa`` and ``cerbos`` on the path or in a folder that RELEASE_GATE_TOOLS
names; whoever is not there is a row that says so. The tables go to standard output.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import processes
from benchmarks.race import Result, race
from benchmarks.report import machine, missed, race_table, target_table
from benchmarks.suite import RACES, TARGETS

PROCESSES = "processes"
QUICK = 5
"""Rounds that show whether it runs, and no more."""


def main() -> int:
    """Run what was asked for, and return 1 if somebody answered differently."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--rounds", type=int, default=31, help="blocks that each answers (default: 31)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds, which tell little")
    parser.add_argument("--only", choices=[*RACES, PROCESSES], action="append", help="one race; repeatable")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables to a file as well")
    asked = parser.parse_args()
    rounds = QUICK if asked.quick else max(1, asked.rounds)
    results: dict[str, Result] = {}
    text = "\n\n".join(_sections(asked.only or [*RACES, PROCESSES], rounds, results)) + "\n"
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")
    return int(any(result.absent.startswith("answers differently") for result in results.values()))


def _sections(names: list[str], rounds: int, results: dict[str, Result]) -> Iterator[str]:
    """The report, part by part. Fills the results."""
    before = os.getloadavg()
    tables = []
    profiled = [target.who for target in TARGETS]
    for name in names:
        print(f"{name} …", file=sys.stderr)
        found = processes(rounds) if name == PROCESSES else race(RACES[name], rounds, profiled)
        results |= found
        tables.append(race_table(found))
    yield machine(before, rounds)
    yield from filter(None, [target_table(results)])
    yield from tables
    for who in dict.fromkeys(target.who for target in missed(results)):
        if results[who].profile:
            yield f"Where the time of *{who}* goes:\n\n```text\n{results[who].profile}\n```"


if __name__ == "__main__":
    sys.exit(main())
