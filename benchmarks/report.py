"""The tables: every figure with its spread, every target met or missed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from statistics import StatisticsError

from benchmarks.peers import server
from benchmarks.race import Figure, Result
from benchmarks.suite import TARGETS, Target

__all__ = ["machine", "missed", "race_table", "target_table"]

_PACKAGES = (
    "rule-engine", "cedarpy", "cel-expr-python", "panzi-json-logic", "opa-golib-python-bindings", "pydantic",
)  # fmt: skip
_PROGRAMS = {"opa": "version", "cerbos": "--version"}


def machine(before: tuple[float, float, float], rounds: int) -> str:
    """Where and how it was measured, and how busy it was."""
    versions = {name: _version(name) for name in _PACKAGES}
    versions |= {name: server.version(name, argument) for name, argument in _PROGRAMS.items()}
    known = ", ".join(f"{name} {found}" for name, found in versions.items() if found)
    loads = " and ".join(f"{each:.1f}" for each in (before[0], os.getloadavg()[0]))
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors, {rounds} rounds;"
        f" runnable processes {loads} (start and end). {known}."
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def race_table(results: Mapping[str, Result]) -> str:
    """The contestants of a race against its first."""
    first = next(iter(results.values()))
    rows = [_row(each, first) for each in results.values()]
    head = ("", "× the first row", "quartiles", "µs", "MB", "what to know")
    return cells([head, *rows])


def _row(result: Result, first: Result) -> Sequence[str]:
    contestant = result.contestant
    if result.absent:
        return (contestant.name, "–", "–", "–", "–", result.absent)
    ratio, low, high = result.against(first)
    memory = f"{result.megabytes:.0f}" if result.megabytes is not None else "–"
    return (
        contestant.name, figure(ratio), f"{figure(low)} to {figure(high)}", figure(result.median * 1e6),
        memory, contestant.remark,
    )  # fmt: skip


def target_table(results: Mapping[str, Result]) -> str:
    """The targets that can be told from these results."""
    rows = [_target(target, target.measured(results)) for target in _told(results)]
    return cells([("target", "asked", "measured", "quartiles", ""), *rows]) if rows else ""


def missed(results: Mapping[str, Result]) -> list[Target]:
    """The targets that were missed."""
    return [target for target in _told(results) if not target.met(target.measured(results).value)]


def _told(results: Mapping[str, Result]) -> Iterator[Target]:
    """The targets whose contestants all took part."""
    for target in TARGETS:
        try:
            target.measured(results)
        except (KeyError, StatisticsError):  # not asked, or not there
            continue
        yield target


def _target(target: Target, found: Figure) -> Sequence[str]:
    word = "at least" if target.at_least else "at most"
    asked = f"{word} {target.limit:g}{target.unit}"
    met = "met" if target.met(found.value) else "**missed**"
    low, high = figure(found.low), figure(found.high)
    return (target.what, asked, f"{figure(found.value)}{target.unit}", f"{low} to {high}", met)


def figure(value: float) -> str:
    """A figure with as many digits as it deserves: never fewer than tell a target met from missed."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a table in Markdown; the first is its head."""
    head, *others = ("| " + " | ".join(row) + " |" for row in rows)
    rule = "|" + " --- |" * head.count(" | ") + " --- |"
    return "\n".join([head, rule, *others])
