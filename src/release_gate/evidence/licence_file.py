"""Collector: licence files, and the metadata of a Python package that carries a model."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Final

from release_gate.diagnostics import printable
from release_gate.evidence.collected import Found, problem, unknown
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, text
from release_gate.evidence.licences import from_text, from_words, is_licence
from release_gate.evidence.reading import Item, Reading, each

__all__ = ["LicenceFiles", "PackageMetadata"]

MAX_TEXT: Final = 256 * 1024


class LicenceFiles:
    """Licence files, recognised by their whole text."""

    name = "licence_file"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The licence of every licence file beside the model or in ``licenses/``."""
        entries = (
            entry
            for entry in reading.files("")
            if is_licence(entry.name) and entry.parent in ("", "licenses")
        )
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        found = from_text(reading.data(entry, MAX_TEXT).decode("utf-8", "replace"))
        where = reading.where(entry, "line 1")
        if found is not None:
            yield Found("artifact.license", found, where)
            return
        yield problem(
            "RG621",
            f"the licence in `{printable(str(where.file))}` is not one whose text is known",
            "let a person read it, and state `license` and `terms` in the request",
        )
        yield Found("artifact.license", unknown("missing"), where, "not the text of a licence that is known")


class PackageMetadata:
    """``METADATA`` of an installed package or a wheel, and ``pyproject.toml``."""

    name = "package_metadata"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """The licence that the package states."""
        entries = (entry for entry in reading.folder.entries if entry.path in ("METADATA", "PKG-INFO"))
        projects = (entry for entry in reading.folder.entries if entry.path == "pyproject.toml")
        yield from each(reading, entries, self._headers)
        yield from each(reading, projects, self._project)

    @staticmethod
    def _headers(reading: Reading, entry: Entry) -> Iterator[Item]:
        lines = reading.data(entry, MAX_TEXT).decode("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if not line.strip():  # what follows is prose
                break
            key, _, value = line.partition(":")
            if key.lower() in ("license", "license-expression") and value.strip():
                yield _stated(reading, entry, value.strip(), f"line {number}")

    @staticmethod
    def _project(reading: Reading, entry: Entry) -> Iterator[Item]:
        try:
            tree = tomllib.loads(reading.data(entry, MAX_TEXT).decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
            raise Unreadable("is not TOML") from None
        for way in (("project", "license"), ("project", "license", "text")):
            if word := text(at(tree, *way)):
                yield _stated(reading, entry, word, "#/" + "/".join(way))


def _stated(reading: Reading, entry: Entry, word: str, place: str) -> Found:
    value, note = from_words(word[:200])
    return Found("artifact.license", value, reading.where(entry, place), note)
