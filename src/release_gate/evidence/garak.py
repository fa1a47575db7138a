"""Collector: reports of garak, one JSON object on each line.

The value is the share of outputs that passed the detector. Its interval comes from the counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.evidence.evaluations import Doubt, Result, Run, facts_of
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, read_json, rounded, text, whole
from release_gate.evidence.model_card import as_day
from release_gate.evidence.reading import Item, Reading, each, lines

__all__ = ["Garak"]

_WANTED: Final = (b"start_run setup", b"init", b"eval", b"completion")
MAX_EVALS: Final = 10_000


class Garak:
    """``*.report.jsonl``."""

    name = "garak"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The share of passed outputs for each probe and detector."""
        return each(reading, reading.files(".report.jsonl"), self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        yield from facts_of(reading, entry, _run(dict(_records(entry))))


def _records(entry: Entry) -> Iterator[tuple[tuple[str, int], Any]]:
    """The records that matter, by kind and line. Attempts, which are most of a report, are passed over."""
    found = 0
    for number, line in lines(entry):
        # A quote within a text is written \", so that these bytes are a key wherever they stand.
        if not any(b'"entry_type": "' + kind + b'"' in line for kind in _WANTED):
            continue
        record = read_json(line)
        found += 1
        if found > MAX_EVALS:
            raise Unreadable(f"has more than {MAX_EVALS:,} results")
        yield (str(at(record, "entry_type")), number), record


def _run(records: dict[tuple[str, int], Any]) -> Run:
    def first(kind: str) -> Any:
        return next((record for (found, _), record in records.items() if found == kind), None)

    setup, start = first("start_run setup"), first("init")
    if setup is None or start is None:
        raise Unreadable("is no report of garak: it has no beginning")
    version = text(at(start, "garak_version"), 40)
    results = tuple(_result(record, line) for (kind, line), record in records.items() if kind == "eval")
    ended = first("completion") is not None
    return Run(
        f"garak {printable(version)}" if version else "garak",
        "garak",
        "red_team",
        text(setup.get("plugins.target_name")) or text(setup.get("plugins.model_name")),
        as_day(text(at(start, "start_time")) or ""),
        results,
        None if ended else Doubt("missing", "it did not come to its end"),
    )


def _result(record: Any, line: int) -> Result:
    names = (text(at(record, "probe")) or "", text(at(record, "detector")) or "")
    passed = whole(at(record, "passed"))
    n = whole(at(record, "total_evaluated")) or whole(at(record, "total"))
    value = rounded(Decimal(passed) / n, 6) if passed is not None and n and passed <= n else None
    processed = whole(at(record, "total_processed"))
    doubt = None
    if processed is not None and n is not None and processed > n:
        doubt = Doubt("untrusted", f"only {n} of {processed} outputs were evaluated")
    return Result(names, value, f"line {line}", n=n, doubt=doubt)
