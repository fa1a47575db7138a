"""Collector: run folders of HELM, ``run_spec.json`` beside ``stats.json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from release_gate.evidence.evaluations import Doubt, Result, Run, facts_of
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, number, text, whole
from release_gate.evidence.reading import Item, Reading, each

__all__ = ["Helm"]

_ASIDE: Final = (
    "num_", "max_", "inference_", "training_", "batch_size", "finish_reason", "prompt_truncated",
    "estimated_", "logprob", "perplexity_", "runtime",
)  # fmt: skip


class Helm:
    """Runs of HELM."""

    name = "helm"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The mean of every statistic on the test split, without perturbations."""
        entries = (entry for entry in reading.files("stats.json") if entry.name == "stats.json")
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        spec = reading.folder.entry(f"{entry.parent}/run_spec.json".lstrip("/"))
        if spec is None:
            return
        yield from facts_of(reading, entry, _run(reading.json(spec), reading.json(entry)))


def _run(spec: Any, stats: Any) -> Run:
    name = text(at(spec, "name"), 500)
    if name is None or not isinstance(stats, list):
        raise Unreadable("is no run of HELM: it has no name")
    test = [
        each for each in stats if at(each, "name", "split") == "test" and not at(each, "name", "perturbation")
    ]
    n = next((whole(at(stat, "sum")) for stat in test if at(stat, "name", "name") == "num_instances"), None)
    scenario, _, rest = name.partition(":")
    details = [part for part in rest.split(",") if part and not part.startswith("model")]
    results = tuple(
        Result((scenario, *details, stat_name), number(at(stat, "mean")), f"#/{stats.index(stat)}/mean", n=n)
        for stat in test
        if (stat_name := text(at(stat, "name", "name"))) and not stat_name.startswith(_ASIDE)
    )
    model = text(at(spec, "adapter_spec", "model"))
    return Run("HELM", "helm", "benchmark", model, None, results, _doubt(spec, n))


def _doubt(spec: Any, n: int | None) -> Doubt | None:
    most = whole(at(spec, "adapter_spec", "max_eval_instances"))
    if most is not None and (n is None or n >= most):
        return Doubt("untrusted", f"it was limited to {most} instances")
    return None
