"""Collector and writer: machine-learning bills of materials in CycloneDX JSON.

What a bill says is what its author says: values come without a log, and nothing in it is verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from release_gate.evidence.collected import Collected, Found, Note, Subject, unknown
from release_gate.evidence.combine import Combined
from release_gate.evidence.evaluations import metric_path
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import at, number, rounded, text
from release_gate.evidence.licences import from_words
from release_gate.evidence.model_card import MAX_LIST
from release_gate.evidence.reading import Item, Reading, each
from release_gate.evidence.request import artifact_ids, combined
from release_gate.scalars import parse_number

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["CycloneDx", "to_bom"]

MODEL: Final = "machine-learning-model"
SPEC: Final = "1.6"


class CycloneDx:
    """JSON files that say ``"bomFormat": "CycloneDX"``."""

    name = "cyclonedx"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """Licence, architecture, datasets, ancestors and reported metrics of the one model in a bill."""
        entries = (entry for entry in reading.files(".json") if b'"CycloneDX"' in entry.head(4096))
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        bill = reading.json(entry)
        models = [found for found in _components(bill) if at(found[1], "type") == MODEL]
        if len(models) != 1:
            yield Note(
                f"a bill of materials with {len(models)} models, of which one is read", reading.where(entry)
            )
            return
        pointer, model = models[0]
        yield from _facts(reading, entry, pointer, model)


def _components(bill: Any) -> Iterator[tuple[str, Any]]:
    yield "#/metadata/component", at(bill, "metadata", "component")
    components = at(bill, "components")
    for index, component in enumerate(components if isinstance(components, list) else ()):
        yield f"#/components/{index}", component


def _facts(reading: Reading, entry: Entry, pointer: str, model: Any) -> Iterator[Item]:
    def where(way: str) -> Any:
        return reading.where(entry, f"{pointer}/{way}", "CycloneDX")

    for index, choice in enumerate(_list(at(model, "licenses"))):
        word = _licence_word(choice)
        value, note = from_words(word) if word else (unknown("missing"), "it names no licence")
        yield Found("artifact.license", value, where(f"licenses/{index}"), note)
    if architecture := text(at(model, "modelCard", "modelParameters", "modelArchitecture")):
        way = "modelCard/modelParameters/modelArchitecture"
        yield Found("model.architecture", architecture, where(way))
    datasets = _list(at(model, "modelCard", "modelParameters", "datasets"))
    names: list[Tree] = [{"name": name} for each_ in datasets if (name := text(at(each_, "name")))]
    if names:
        yield Found(
            "data.sources", {"items": names, "complete": False}, where("modelCard/modelParameters/datasets")
        )
    edges = [
        _parent(name, each_, f"{where('pedigree/ancestors')}/{index}")
        for index, each_ in enumerate(_list(at(model, "pedigree", "ancestors")))
        if (name := text(at(each_, "name")))
    ]
    if edges:
        yield Found("lineage", {"items": edges, "complete": False}, where("pedigree/ancestors"))
    for index, metric in enumerate(
        _list(at(model, "modelCard", "quantitativeAnalysis", "performanceMetrics"))
    ):
        path = metric_path(reading, text(at(metric, "slice")) or "", text(at(metric, "type")) or "")
        way = f"modelCard/quantitativeAnalysis/performanceMetrics/{index}"
        if path is not None:
            yield Found(path, _measurement(metric), where(way), "reported, without a log")


def _licence_word(choice: Any) -> str | None:
    return (
        text(at(choice, "expression"))
        or text(at(choice, "license", "id"))
        or text(at(choice, "license", "name"))
    )


def _parent(name: str, ancestor: Any, place: str) -> Tree:
    """An edge to an ancestor, with its licence if the bill names exactly one."""
    edge: Tree = {"parent": name, "relation": unknown("missing")}
    words = [word for choice in _list(at(ancestor, "licenses")) if (word := _licence_word(choice))]
    if len(words) != 1:
        return edge
    value, note = from_words(words[0])
    told = value if isinstance(value, dict) else {"value": value}
    said: Tree = {**told, "note": "; ".join(filter(None, (place, note)))}
    return {**edge, "license": said}  # type: ignore[dict-item]


def _list(value: Any) -> list[Any]:
    return value[:MAX_LIST] if isinstance(value, list) else []


def _measurement(metric: Any) -> Tree:
    """A metric with its interval. The format writes numbers as texts."""
    value = _number(at(metric, "value"))
    low, high = (_number(at(metric, "confidenceInterval", end)) for end in ("lowerBound", "upperBound"))
    if low is not None and high is not None and low < high:
        return {"low": low, "high": high}
    return {"value": value} if value is not None else unknown("untrusted")


def _number(written: Any) -> Decimal | None:
    if isinstance(written, str) and len(written) < 40:
        written = parse_number(written)
    return number(written)


def to_bom(collected: Collected) -> dict[str, Any]:
    """A CycloneDX 1.6 bill of every model that was collected, with its files."""
    facts = combined(collected)
    models = [
        _model(subject, facts[artifact_ids(collected)[subject.folder.name]]) for subject in collected.models
    ]
    return {"bomFormat": "CycloneDX", "specVersion": SPEC, "version": 1, "components": models}


def _model(subject: Subject, facts: dict[str, Combined]) -> dict[str, Any]:
    known = {path: each.value for path, each in facts.items() if not _is_unknown(each.value)}
    name = subject.folder.name
    parameters = {
        "modelArchitecture": known.get("model.architecture"),
        "datasets": [{"type": "dataset", "name": item["name"]} for item in _items(known.get("data.sources"))],
    }
    component = {
        "type": MODEL,
        "bom-ref": name,
        "name": name,
        "version": subject.manifest.digest,
        "licenses": _licences(known.get("artifact.license")),
        "pedigree": {
            "ancestors": [{"type": MODEL, "name": item["parent"]} for item in _items(known.get("lineage"))]
        },
        "modelCard": {
            "modelParameters": {key: value for key, value in parameters.items() if value},
            "quantitativeAnalysis": {
                "performanceMetrics": [
                    _metric(path.removeprefix("metric."), value)
                    for path, value in known.items()
                    if path.startswith("metric.") and isinstance(value, dict)
                ]
            },
        },
        "components": [
            {
                "type": "file",
                "bom-ref": f"{name}/{file.path}",
                "name": file.path,
                "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            }
            for file in subject.manifest.files
        ],
    }
    return {key: value for key, value in component.items() if value}


def _is_unknown(value: Tree) -> bool:
    return isinstance(value, dict) and "unknown" in value


def _items(value: Tree) -> list[Any]:
    items = value["items"] if isinstance(value, dict) else []
    return items if isinstance(items, list) else []


def _licences(value: Tree) -> list[Any]:
    if not isinstance(value, str):
        return []
    if " " in value:
        return [{"expression": value}]
    return [{"license": {"name" if value.startswith("LicenseRef-") else "id": value}}]


def _metric(name: str, value: dict[str, Any]) -> dict[str, Any]:
    if "value" in value:
        return {"type": name, "value": str(value["value"])}
    middle = rounded((value["low"] + value["high"]) / 2)
    ends = {"lowerBound": str(value["low"]), "upperBound": str(value["high"])}
    return {"type": name, "value": str(middle), "confidenceInterval": ends}
