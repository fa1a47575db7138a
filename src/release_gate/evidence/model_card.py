"""Collector: the front matter of a model card, and results in ``.eval_results``.

Only what is structured is read. The prose of a card is never a fact: see ``suggest``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from release_gate.diagnostics import DocumentError, Severity, printable
from release_gate.evidence.collected import Found, Note, Provenance, listed, problem, unknown
from release_gate.evidence.evaluations import metric_path
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, text
from release_gate.evidence.licences import from_card
from release_gate.evidence.reading import Item, Reading, each
from release_gate.source import Document, Pointer, read_document

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["EvalResults", "ModelCard", "is_card"]

MAX_CARD: Final = 2 * 2**20
MAX_LIST: Final = 500
_RELATIONS: Final = {"finetune": "finetune", "adapter": "adapter", "merge": "merge", "quantized": "quantize"}


def is_card(entry: Entry) -> bool:
    """Whether a file is a model card by its name."""
    return entry.path.lower() in ("readme.md", "model_card.md", "modelcard.md")


class ModelCard:
    """The front matter of ``README.md`` or ``MODEL_CARD.md``."""

    name = "model_card"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """Licence, base models, datasets, languages, name and reported results."""
        return each(reading, filter(is_card, reading.folder.entries), self._card)

    @staticmethod
    def _card(reading: Reading, entry: Entry) -> Iterator[Item]:
        where = reading.where(entry)
        matter = front_matter(reading.data(entry, MAX_CARD))
        if matter is None:
            yield Note("the card has no front matter, so nothing in it is a fact", where)
            return
        try:
            document = read_document(matter, where.file)
        except DocumentError as error:
            yield from (replace(each, severity=Severity.WARNING) for each in error.diagnostics)
            yield Found("artifact.license", unknown("untrusted"), where, "its front matter cannot be read")
            return
        if not isinstance(document.tree, dict):
            raise Unreadable("has a front matter that is no mapping")
        yield from _Card(reading, entry, document).read()


def front_matter(data: bytes) -> str | None:
    """The text between the first line ``---`` and the next, with the lines in their places, or None.

    Raises:
        Unreadable: Readers would disagree about whether there is one.
    """
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    if content.lstrip("\ufeff \t\r\n").startswith("---") and not content.startswith("---"):
        raise Unreadable("has something before its front matter, and some tools will not see it")
    lines = content.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return None
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise Unreadable("opens a front matter that is never closed")
    return "\n" + "\n".join(lines[1:end]) + "\n"


class _Card:
    """A card whose front matter was read."""

    def __init__(self, reading: Reading, entry: Entry, document: Document) -> None:
        self.reading, self.entry, self.document = reading, entry, document
        self.tree: dict[str, Any] = document.tree  # type: ignore[assignment]

    def read(self) -> Iterator[Item]:
        yield from self.licence()
        yield from self.lineage()
        yield from self.names("datasets", "data.sources")
        yield from self.names("language", "model.languages")
        yield from self.model_index()
        if gated := sorted(key for key in self.tree if key.startswith("extra_gated")):
            yield Note(f"access is asked for through a form: {listed(gated)}", self.where(gated[0]))

    def where(self, *pointer: str | int) -> Provenance:
        span = self.document.key_span(pointer) if len(pointer) == 1 else self.document.span(pointer)
        return self.reading.where(self.entry, f"line {span.line}" if span else "")

    def licence(self) -> Iterator[Item]:
        if "license" not in self.tree:
            return
        word, where = text(self.tree["license"]), self.where("license")
        if word is None:
            yield Found("artifact.license", unknown("untrusted"), where, "the card names not one licence")
            return
        value, note = from_card(word)
        own = text(self.tree.get("license_name")) or text(self.tree.get("license_link"))
        if own:
            note = f"{note}; the card calls it `{printable(own, 100)}`".removeprefix("; ")
        yield Found("artifact.license", value, where, note)

    def lineage(self) -> Iterator[Item]:
        parents = _words(self.tree.get("base_model"))
        if not parents:
            return
        relation = _RELATIONS.get(str(self.tree.get("base_model_relation")), unknown("missing"))
        edges: list[Tree] = [{"parent": parent, "relation": relation} for parent in parents]
        yield Found("lineage", {"items": edges, "complete": False}, self.where("base_model"))

    def names(self, key: str, path: str) -> Iterator[Item]:
        if not (words := _words(self.tree.get(key))):
            return
        items: list[Tree] = [{"name": word} if path == "data.sources" else word for word in words]
        yield Found(path, {"items": items, "complete": False}, self.where(key))

    def model_index(self) -> Iterator[Item]:
        models = self.tree.get("model-index")
        if not isinstance(models, list):
            return
        if len(models) == 1 and (name := text(at(models, 0, "name"))):
            yield Found("model.name", name, self.where("model-index", 0, "name"))
        for model, result, index in _metrics(models):
            way: Pointer = ("model-index", model, "results", result, "metrics", index)
            metric = at(models, model, "results", result, "metrics", index)
            dataset = at(models, model, "results", result, "dataset", "name")
            names = (text(dataset), text(at(metric, "type")))
            yield from _reported(self.reading, names, at(metric, "value"), None, self.where(*way))


def _metrics(models: list[Any]) -> Iterator[tuple[int, int, int]]:
    """Where the metrics of a ``model-index`` stand, as many as anybody reads."""
    for model, _ in enumerate(models[:MAX_LIST]):
        results = at(models, model, "results")
        for result, _ in enumerate(results[:MAX_LIST] if isinstance(results, list) else ()):
            metrics = at(results, result, "metrics")
            yield from ((model, result, index) for index in range(min(_length(metrics), MAX_LIST)))


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _words(value: Any) -> list[str]:
    """A text or a list of texts as a list without repetitions."""
    words = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(word for each in words[:MAX_LIST] if (word := text(each)) is not None))


class EvalResults:
    """Results in ``.eval_results/*.yaml``, as a model's developer or others reported them."""

    name = "eval_results"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The value of each entry, with its date."""
        entries = (entry for entry in reading.files(".yaml", ".yml") if entry.parent == ".eval_results")
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        try:
            document = read_document(reading.data(entry, MAX_CARD), reading.where(entry).file)
        except DocumentError as error:
            yield from (replace(each, severity=Severity.WARNING) for each in error.diagnostics)
            return
        entries = document.tree if isinstance(document.tree, list) else []
        for index, result in enumerate(entries[:MAX_LIST]):
            names = (text(at(result, "dataset", "id")), text(at(result, "dataset", "task_id")))
            span = document.span((index,))
            where = reading.where(entry, f"line {span.line}" if span else "")
            yield from _reported(reading, names, at(result, "value"), text(at(result, "date")), where)


def _reported(
    reading: Reading, names: tuple[str | None, ...], value: Any, day: str | None, where: Provenance
) -> Iterator[Item]:
    """A result that somebody reports without the log that would show it."""
    path = metric_path(reading, *(name for name in names if name is not None))
    if None in names or path is None:
        yield problem("RG632", f"a reported result in `{printable(str(where))}` has no usable name")
        return
    if not isinstance(value, Decimal):
        note = f"`{printable(str(value), 40)}` is not a number"
        yield Found(path, unknown("untrusted"), where, note)
        return
    measurement: dict[str, Tree] = {"value": value}
    if day is not None and (measured := as_day(day)):
        measurement["measured"] = measured.isoformat()
    yield Found(path, measurement, where, "reported, without a log")


def as_day(written: str) -> date | None:
    """The day of an ISO 8601 date or time, if it is one."""
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None
