"""Collector: results of EleutherAI's lm-evaluation-harness, in the layout of today and in the old one.

Today a key is ``metric,filter`` and ``n-samples`` says how many of a task were used; before, a key was the
metric alone. A run with ``--limit`` looks like any other but for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.evidence.evaluations import Doubt, Result, Run, facts_of
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, number, text, whole
from release_gate.evidence.reading import Item, Reading, each

__all__ = ["LmEval"]

_ASIDE: Final = ("alias", "name", "sample_len", "sample_count")


class LmEval:
    """JSON files whose first key is ``results``, with ``versions`` and ``config`` behind it."""

    name = "lm_eval"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The metrics of every task."""
        entries = (entry for entry in reading.files(".json") if b'"results"' in entry.head(256))
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        tree = reading.json(entry)
        parts = [at(tree, key) for key in ("results", "versions", "config")]
        if not all(isinstance(part, dict) for part in parts):
            raise Unreadable("has `results`, and is no file of lm-evaluation-harness")
        yield from facts_of(reading, entry, _run(tree))


def _run(tree: dict[str, Any]) -> Run:
    version = text(tree.get("lm_eval_version"), 40)
    tool = f"lm-evaluation-harness {printable(version)}" if version else "lm-evaluation-harness"
    limit = at(tree, "config", "limit")
    doubt = None if limit is None else Doubt("untrusted", f"it was limited to {_shown(limit)} of each task")
    results = tuple(
        result
        for task, metrics in tree["results"].items()
        if isinstance(metrics, dict)
        for result in _results(tree, task, metrics)
    )
    return Run(tool, "lm-eval", "benchmark", _model(tree), _day(tree.get("date")), results, doubt)


def _results(tree: dict[str, Any], task: str, metrics: dict[str, Any]) -> Iterator[Result]:
    n, doubt = _sample(tree, task)
    for key, value in metrics.items():
        metric, _, filter_ = key.partition(",")
        if metric in _ASIDE or metric.endswith("_stderr"):
            continue
        names = (task, metric) if filter_ in ("", "none") else (task, metric, filter_)
        twin = f"{metric}_stderr,{filter_}" if filter_ else f"{metric}_stderr"
        stderr = number(metrics.get(twin))
        pointer = f"#/results/{_escaped(task)}/{_escaped(key)}"
        yield Result(
            names, number(value), pointer, stderr if stderr and stderr > 0 else None, n=n, doubt=doubt
        )


def _sample(tree: dict[str, Any], task: str) -> tuple[int | None, Doubt | None]:
    """The size of a task's sample, and a doubt if it is not the whole of the task.

    A group of tasks has no count of its own, and is whole only if every task is.
    """
    counts = tree.get("n-samples")
    if counts is None:  # the old layout
        return None, None
    asked = [task] if at(counts, task) is not None else list(counts if isinstance(counts, dict) else ())
    for name in asked:
        original, effective = whole(at(counts, name, "original")), whole(at(counts, name, "effective"))
        if original is None or effective is None or effective < original:
            return None, Doubt(
                "untrusted", f"only {effective} of {original} of `{printable(name, 60)}` were used"
            )
    return (whole(at(counts, task, "effective")) if asked == [task] else None), None


def _model(tree: dict[str, Any]) -> str | None:
    """The model as the command line named it: an adapter, where one was laid over another model."""
    arguments = at(tree, "config", "model_args")
    if isinstance(arguments, str):
        arguments = dict(part.split("=", 1) for part in arguments.split(",") if "=" in part)
    for key in ("peft", "delta", "pretrained", "model", "path"):
        if name := text(at(arguments, key)):
            return name
    return text(tree.get("model_name"))


def _day(seconds: Any) -> date | None:
    if not isinstance(seconds, Decimal) or not 0 < seconds < 10**11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).date()


def _shown(value: Any) -> str:
    return printable(str(value), 40)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
