"""Collector: logs of Inspect, as ``.eval`` archives and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from release_gate.diagnostics import printable
from release_gate.evidence.archives import member
from release_gate.evidence.evaluations import Doubt, Result, Run, facts_of
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, number, read_json, text, whole
from release_gate.evidence.model_card import as_day
from release_gate.evidence.reading import Item, Reading, each

__all__ = ["InspectLogs"]


class InspectLogs:
    """``.eval`` files, and JSON files that begin with ``version``, ``status`` and ``eval``."""

    name = "inspect"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The metrics of every scorer."""
        yield from each(reading, reading.files(".eval"), self._archive)
        entries = (entry for entry in reading.files(".json") if _begins_as_a_log(entry.head(1024)))
        yield from each(reading, entries, self._json)

    @staticmethod
    def _archive(reading: Reading, entry: Entry) -> Iterator[Item]:
        yield from facts_of(reading, entry, _run(read_json(member(entry, "header.json"))))

    @staticmethod
    def _json(reading: Reading, entry: Entry) -> Iterator[Item]:
        yield from facts_of(reading, entry, _run(reading.json(entry)))


def _begins_as_a_log(head: bytes) -> bool:
    return all(key in head for key in (b'"version"', b'"status"', b'"eval"'))


def _run(tree: Any) -> Run:
    task = text(at(tree, "eval", "task"))
    if task is None:
        raise Unreadable("is no log of Inspect: it names no task")
    version = text(at(tree, "eval", "packages", "inspect_ai"), 40)
    created = text(at(tree, "eval", "created")) or ""
    scores = at(tree, "results", "scores")
    results = tuple(
        result
        for index, score in enumerate(scores if isinstance(scores, list) else ())
        for result in _results(task.rpartition("/")[2], score, f"#/results/scores/{index}", tree)
    )
    return Run(
        f"Inspect {printable(version)}" if version else "Inspect",
        "inspect",
        "benchmark",
        _model(tree),
        as_day(created),
        results,
        _doubt(tree),
    )


def _model(tree: Any) -> str | None:
    """The model without the name of the service or library that ran it: ``hf/acme/tiny`` is ``acme/tiny``."""
    name = text(at(tree, "eval", "model"))
    if name is None:
        return None
    return name.partition("/")[2] or name


def _doubt(tree: Any) -> Doubt | None:
    """Why a log gives no clean number."""
    status = at(tree, "status")
    if status != "success":
        return Doubt("missing", f"its status is `{printable(str(status), 40)}` and not success")
    if at(tree, "invalidated") not in (False, None):
        return Doubt("untrusted", "it was invalidated")
    for key in ("limit", "sample_id"):
        if at(tree, "eval", "config", key) is not None:
            return Doubt("untrusted", f"it ran on a part of the samples (`{key}`)")
    total, done = (whole(at(tree, "results", f"{word}_samples")) for word in ("total", "completed"))
    if not total or done is None or done < total:
        return Doubt("untrusted", f"it completed {done} of {total} samples")
    there, ids = whole(at(tree, "eval", "dataset", "samples")), at(tree, "eval", "dataset", "sample_ids")
    if there is not None and isinstance(ids, list) and len(ids) < there:
        return Doubt("untrusted", f"it ran on {len(ids)} of {there} samples")
    return None


def _results(task: str, score: Any, pointer: str, tree: Any) -> Iterator[Result]:
    metrics = at(score, "metrics")
    name = text(at(score, "name"))
    if not isinstance(metrics, dict) or name is None:
        return
    n, left_out = whole(at(score, "scored_samples")), whole(at(score, "unscored_samples"))
    epochs = whole(at(tree, "eval", "config", "epochs")) or 1
    if n is not None:  # the same sample again is no larger sample
        n = min(n, (whole(at(tree, "results", "total_samples")) or n) // epochs)
    doubt = Doubt("untrusted", f"{left_out} samples have no score") if left_out else None
    stderr = number(at(metrics, "stderr", "value"))
    for key in metrics:
        if key in ("stderr", "std", "var"):
            continue
        spread = stderr if key in ("accuracy", "mean") and stderr and stderr > 0 else None
        value = number(at(metrics, key, "value"))
        place = f"{pointer}/metrics/{key}/value"
        yield Result((task, name, key), value, place, spread, n=n, doubt=doubt)
