"""Names: what several words for one thing mean, by a table and never by guessing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from release_gate.diagnostics import Diagnostic, InputError, RequestError, printable
from release_gate.document import Base, validate
from release_gate.facts.records import Name
from release_gate.policy.documents import Many
from release_gate.policy.packs import data_folder
from release_gate.source import Document, read_file, require_mapping

__all__ = ["AliasesDocument", "Names"]


class AliasesDocument(Base):
    """Which names mean the same."""

    release_gate: Literal["aliases/v1"]
    """The kind of this document."""
    names: Annotated[dict[Name, Many[Name]], Field(default_factory=dict)]
    """For the id of a request, `id/artifact`, or any other name, what else it is called."""


class Names:
    """Which names mean the same. A name that the table does not have means itself, letter by letter."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """Take a table from a name to what it means. It must not go in a circle."""
        self._table = table

    @classmethod
    def load(cls, files: Iterable[Path] = ()) -> Names:
        """The table that ships with the library, and before it those of some files.

        Raises:
            DocumentError: A file is not YAML as we accept it, or not a table of names.
            RequestError: A name would mean two things, or itself by way of others.
        """
        shipped = _read([data_folder("examples") / "aliases.yaml"])
        own = _read(files)
        names = cls(shipped | own)
        for name in own:
            if (circle := names._circle(name)) is not None:
                raise _problem(f"the name `{printable(name)}` means itself, by way of {circle}")
        return names

    def meaning(self, name: str) -> str:
        """What a name means."""
        while name in self._table:
            name = self._table[name]
        return name

    def _circle(self, name: str) -> str | None:
        seen = dict.fromkeys([name])
        while (name := self._table.get(name, "")) != "":
            if name in seen:
                return " and ".join(f"`{printable(each)}`" for each in seen)
            seen[name] = None
        return None


def _read(files: Iterable[Path]) -> dict[str, str]:
    table: dict[str, str] = {}
    for file in files:
        document = read_file(file)
        require_mapping(document, ("aliases/v1",))
        shape = validate(AliasesDocument, document.tree, document, RequestError, "RG522")
        problems = list(_add(shape, document, table))
        if problems:
            raise RequestError(problems)
    return table


def _add(shape: AliasesDocument, document: Document, table: dict[str, str]) -> Iterator[Diagnostic]:
    for meaning, aliases in shape.names.items():
        for index, alias in enumerate(aliases):
            if table.setdefault(alias, meaning) != meaning:
                message = f"`{printable(alias)}` means `{printable(table[alias])}` already"
                span = document.span(("names", meaning, index))
                yield Diagnostic("RG522", message, span, "a name means one thing; keep one of them")


def _problem(message: str) -> InputError:
    return RequestError([Diagnostic("RG522", message, help="leave one of these names out")])
