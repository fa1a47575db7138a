"""The rules as a Python programmer writes them, over plain dictionaries. Without any missing fact."""

from __future__ import annotations

from benchmarks.race import Entry
from benchmarks.workload import by_hand, plain, requests

__all__ = ["forty"]


def forty(number: int, seed: int) -> Entry:
    """Forty rules by hand."""
    return Entry(by_hand, [plain(each) for each in requests(number, seed)])
