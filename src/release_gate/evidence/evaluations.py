"""Runs of evaluation tools: what all their logs have in common, and when a result is a clean fact.

A run that is partial, failed, invalidated, or of a model that nobody says is ours gives no value: the metric
is unknown, and the reason says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Final

from release_gate.diagnostics import printable
from release_gate.evidence.collected import Found, Note, Provenance, listed, problem, unknown
from release_gate.evidence.reading import Item, Reading

if TYPE_CHECKING:
    from release_gate.evidence.folder import Entry
    from release_gate.source import Tree

__all__ = ["Doubt", "Result", "Run", "facts_of", "metric_path", "same_name", "wilson"]

_MILLIONTH: Final = Decimal("0.000001")
_HUB_NAME = re.compile(r"[^./][^/]*/[^/]+")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a run or a result is no clean fact.

    Attributes:
        reason: The reason for which the fact is unknown.
        why: The same in words.
    """

    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """One number of a run.

    Attributes:
        names: Task, metric and whatever else tells it from the other results of the tool.
        value: The number; none if the log has none.
        pointer: Where it stands in the log.
        stderr: Its standard error, above 0: a spread of nothing is what the formula gives for all or none.
        n: The size of the sample.
        doubt: Why it does not count, if it does not.
    """

    names: tuple[str, ...]
    value: Decimal | None
    pointer: str
    stderr: Decimal | None = None
    n: int | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an evaluation tool.

    Attributes:
        tool: The tool and its version.
        slug: The tool in an identifier.
        kind: The kind of evidence.
        model: The model as the log names it.
        day: When it ran.
        results: Its numbers.
        doubt: Why none of it counts, if so.
    """

    tool: str
    slug: str
    kind: str
    model: str | None
    day: date | None
    results: tuple[Result, ...]
    doubt: Doubt | None = None


def facts_of(reading: Reading, entry: Entry, run: Run) -> Iterator[Item]:
    """The facts of a run: a measurement for each result, and a piece of evidence if it is clean."""
    where = reading.where(entry, "", run.tool)
    named = f", which names the model `{printable(run.model, 80)}`" if run.model else ""
    yield Note(f"{len(run.results)} results of {run.tool}{named}", where)
    doubt = run.doubt or _foreign(reading, run)
    if doubt is not None:
        yield problem(
            "RG631", f"`{printable(where.file)}` gives no value: {doubt.why}", _REMEDY[doubt.reason]
        )
    names: dict[str, Result] = {}
    for result in run.results:
        path = metric_path(reading, *result.names)
        place = Provenance(where.file, result.pointer, "", run.tool)
        if path is None or path in names:
            yield problem(
                "RG632",
                f"the result {listed(result.names)} in `{printable(where.file)}` has no name of its own",
                "give it one: --metric NAME=RESULT",
            )
            if path is not None:  # two results behind one name: neither may be taken for the other
                yield Found(path, unknown("conflicting"), place, "another result has the same name")
            continue
        names[path] = result
        yield _measurement(path, result, run, place, doubt or result.doubt)
    if doubt is None and names:
        yield Found("evidence", _evidence(run), where)


_REMEDY: Final = {
    "untrusted": "run it again, whole and to its end",
    "missing": "run it again, whole and to its end",
    "unbound": "say under which name it knows the model: --named NAME",
}


def _foreign(reading: Reading, run: Run) -> Doubt | None:
    if run.model is None:
        return Doubt("unbound", "it does not say which model it measured")
    # `eve/tiny` on a hub is not the model in a folder that happens to be called `tiny`.
    names = (name for name in reading.named if "/" in name or not _HUB_NAME.fullmatch(run.model))
    if any(same_name(run.model, name) for name in names):
        return None
    return Doubt("unbound", f"it measured `{printable(run.model, 80)}`, which is not named as this model")


def same_name(one: str, other: str) -> bool:
    """Whether two names of a model mean the same: all of it, or what stands behind the last ``/``.

    Case and the marks between words do not matter, and nothing else is forgiven: `model-7b` and
    `model-7b-chat` are two models.
    """
    if "/" in one.strip("/") and "/" in other.strip("/"):
        return _folded(one) == _folded(other)
    return _folded(one.rstrip("/").rpartition("/")[2]) == _folded(other.rstrip("/").rpartition("/")[2])


def _folded(name: str) -> str:
    return re.sub(r"[\s._-]+", "-", name.strip("/ ").casefold())


def metric_path(reading: Reading, *names: str) -> str | None:
    """The path of the metric that a result is, or None if its name cannot be one.

    The name is the parts in lower case with ``_`` for everything else, unless the reading is told another.
    """
    name = "_".join(re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in names if part)
    name = reading.metrics.get(name, name)
    name = f"_{name}" if name[:1].isdigit() else name
    return f"metric.{name}" if _NAME.fullmatch(name) else None


def _measurement(path: str, result: Result, run: Run, place: Provenance, doubt: Doubt | None) -> Found:
    if doubt is not None:
        return Found(path, unknown(doubt.reason), place, doubt.why)
    if result.value is None:
        return Found(path, unknown("missing"), place, "the log has no number there")
    value: dict[str, Tree] = {"value": result.value}
    note = ""
    if result.stderr is not None:
        value["stderr"] = result.stderr
    elif result.n and 0 <= result.value <= 1:
        low, high = wilson(result.value, result.n)
        value = {"low": low, "high": high}
        note = "95 % interval from the size of the sample"
    else:
        note = "the log gives no uncertainty"
    if run.day is not None:
        value["measured"] = run.day.isoformat()
    if result.n is not None:
        value["n"] = Decimal(result.n)
    return Found(path, value, place, note)


def wilson(share: Decimal, n: int) -> tuple[Decimal, Decimal]:
    """The 95 % score interval of Wilson (1927) for a share of ``n`` trials.

    For the mean of any numbers between 0 and 1 it is on the safe side: none varies more than yes and no.
    """
    with localcontext(prec=28):
        z2 = Decimal("3.8416")  # 1.96 squared
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = (share * (1 - share) / n + z2 / (4 * n * n)).sqrt() * Decimal("1.96") / (1 + z2 / n)
        low = (centre - half).quantize(_MILLIONTH, ROUND_FLOOR)
        high = (centre + half).quantize(_MILLIONTH, ROUND_CEILING)
        return max(low, Decimal(0)), min(high, Decimal(1))


def _evidence(run: Run) -> Tree:
    found: dict[str, Tree] = {"id": run.slug, "kind": run.kind}
    if run.day is not None:
        found["produced"] = run.day.isoformat()
    return found
