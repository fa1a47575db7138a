"""Collector: weights and configuration in the layout of the Hugging Face Hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from release_gate.diagnostics import printable
from release_gate.evidence.collected import Found, Note, problem, unknown
from release_gate.evidence.folder import Entry
from release_gate.evidence.gguf import read_gguf
from release_gate.evidence.json_text import Unreadable, at, text, whole
from release_gate.evidence.licences import from_card
from release_gate.evidence.reading import Item, Reading, each
from release_gate.evidence.safetensors import Header, read_header, shards
from release_gate.evidence.weights import Kind, kind_of, looks_like_weights

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["Configuration", "Weights", "is_model"]

INDEX: Final = ".safetensors.index.json"


def is_model(reading: Reading) -> bool:
    """Whether a folder holds weights, or says by its names that it does."""
    return any(
        looks_like_weights(entry) or kind_of(entry) not in (Kind.NOT_WEIGHTS, Kind.POINTER)
        for entry in reading.folder.entries
    )


class Weights:
    """Weights: their format, and what their headers say."""

    name = "weights"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """Format and number of parameters."""
        kinds: dict[Kind, list[Entry]] = {}
        for entry in reading.folder.entries:
            kinds.setdefault(kind_of(entry), []).append(entry)
        kinds.pop(Kind.NOT_WEIGHTS, None)
        for entry in kinds.pop(Kind.POINTER, []):
            if looks_like_weights(entry):
                yield problem(
                    "RG614",
                    f"`{printable(entry.path)}` is a pointer to a large file, and the weights are not there",
                    "fetch them: git lfs pull",
                    stops=True,
                )
        yield from self._misnamed(kinds)
        if kinds:
            yield from self._format(reading, kinds)
        if Kind.SAFETENSORS in kinds:
            yield from _Safetensors(reading, kinds[Kind.SAFETENSORS]).read()
        for entry in kinds.get(Kind.GGUF, []):
            yield from _gguf(reading, entry)

    @staticmethod
    def _misnamed(kinds: dict[Kind, list[Entry]]) -> Iterator[Item]:
        for kind, entries in kinds.items():
            for entry in entries:
                suffix = entry.name.lower().rpartition(".")[2]
                if suffix in ("safetensors", "gguf") and kind.value != suffix:
                    yield problem(
                        "RG616",
                        f"`{printable(entry.path)}` is named as {suffix}, and is not",
                        "look who made it before anything loads it",
                        stops=True,
                    )

    @staticmethod
    def _format(reading: Reading, kinds: dict[Kind, list[Entry]]) -> Iterator[Item]:
        first = min((entry for entries in kinds.values() for entry in entries), key=lambda each: each.path)
        where = reading.where(first, "content")
        words = sorted(kind.value for kind in kinds)
        if words in (["safetensors"], ["gguf"], ["pickle"]):
            yield Found("artifact.format", words[0], where)
        else:
            yield Found("artifact.format", unknown("conflicting"), where, f"holds {' and '.join(words)}")


class _Safetensors:
    """The safetensors files of a folder."""

    def __init__(self, reading: Reading, entries: list[Entry]) -> None:
        self.reading, self.entries = reading, entries
        self.headers: dict[str, Header] = {}

    def read(self) -> Iterator[Item]:
        for entry in self.entries:
            try:
                self.headers[entry.path] = read_header(entry)
            except Unreadable as error:
                yield problem("RG610", f"`{printable(entry.path)}` {error}", "do not load it", stops=True)
        if len(self.headers) == len(self.entries):
            yield from self.parameters()

    def parameters(self) -> Iterator[Item]:
        indexes = [entry for entry in self.reading.folder.entries if entry.name.endswith(INDEX)]
        covered: set[str] = set()
        for index in indexes:
            try:
                covered |= self.check(index)
            except Unreadable as error:
                yield problem("RG611", f"`{printable(index.path)}` {error}", "write it again", stops=True)
                return
        rest = [entry for entry in self.entries if entry.path not in covered]
        place = self.reading.where(self.entries[0], "header")
        if len(indexes) + len(rest) > 1:
            yield Found("model.parameters", unknown("missing"), place, "several sets of weights")
            return
        yield self.count(sum((header.elements for header in self.headers.values()), Counter()), len(rest))

    def check(self, index: Entry) -> set[str]:
        """The files of an index, each of which holds exactly the tensors that it says."""
        found = shards(self.reading.folder, index, self.reading.json(index))
        for name, (entry, tensors) in found.items():
            header = self.headers.get(entry.path)
            if header is None or header.tensors != tensors:
                raise Unreadable(f"and `{printable(name, 80)}` disagree about what is in it")
        return {entry.path for entry, _ in found.values()}

    def count(self, elements: Counter[str], single: int) -> Found:
        """Floating-point elements are parameters; whole numbers are buffers, or packed and not countable."""
        place = self.reading.where(self.entries[0], "header" if single else "headers of all shards")
        floats = sum(count for dtype, count in elements.items() if dtype[0] in "FB" and dtype != "BOOL")
        note = ", ".join(f"{count:,} {dtype}" for dtype, count in sorted(elements.items()))
        others = elements.total() - floats
        if others > floats // 100 or any(dtype.startswith(("F4", "F6")) for dtype in elements):
            return Found("model.parameters", unknown("missing"), place, f"packed weights: {note}")
        return Found("model.parameters", _fifteen_digits(floats), place, note)


def _fifteen_digits(count: int) -> Decimal:
    return Decimal(count) if count < 10**15 else Decimal(f"{count:.14e}")


def _gguf(reading: Reading, entry: Entry) -> Iterator[Item]:
    try:
        found = read_gguf(entry)
    except Unreadable as error:
        yield problem("RG612", f"`{printable(entry.path)}` {error}", "do not load it", stops=True)
        return
    where = reading.where(entry, "header")
    sharded = found.metadata.get("split.count", 1) not in (0, 1)
    value = unknown("missing") if sharded else _fifteen_digits(found.parameters)
    yield Found("model.parameters", value, where, "one of several files" if sharded else "")
    if name := text(found.metadata.get("general.architecture")):
        yield Found("model.architecture", name, where)
    if word := text(found.metadata.get("general.license")):
        licence, note = from_card(word)
        yield Found("artifact.license", licence, where, note)


class Configuration:
    """``config.json`` and the tokenizer's configuration."""

    name = "configuration"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """Architecture, length of context, and whether the folder brings code of its own."""
        entries = (
            entry
            for entry in reading.files(".json")
            if entry.name in ("config.json", "tokenizer_config.json", "adapter_config.json")
        )
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        tree = reading.json(entry)
        if at(tree, "auto_map") is not None:
            yield problem(
                "RG615",
                f"`{printable(entry.path)}` names code that runs when the model is loaded",
                "review that code as part of the release",
            )
        if entry.path == "config.json":
            if architecture := text(at(tree, "architectures", 0)):
                yield Found("model.architecture", architecture, reading.where(entry, "#/architectures/0"))
            if length := whole(at(tree, "max_position_embeddings")):
                where = reading.where(entry, "#/max_position_embeddings")
                yield Found("model.context_length", Decimal(length), where)
        elif entry.path == "tokenizer_config.json" and (name := text(at(tree, "tokenizer_class"))):
            yield Note(f"the tokenizer is `{printable(name)}`", reading.where(entry, "#/tokenizer_class"))
        elif entry.path == "adapter_config.json" and (base := text(at(tree, "base_model_name_or_path"))):
            edge: Tree = {"parent": base, "relation": "adapter"}
            where = reading.where(entry, "#/base_model_name_or_path")
            yield Found("lineage", {"items": [edge], "complete": False}, where)
