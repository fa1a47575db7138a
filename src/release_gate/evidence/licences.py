"""From the words by which cards, packages and files name licences to the identifiers of the licence table."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from release_gate.diagnostics import printable
from release_gate.evidence.collected import unknown
from release_gate.facts.licenses import license_name
from release_gate.source import read_document

if TYPE_CHECKING:
    from release_gate.source import Tree

__all__ = ["from_card", "from_text", "from_words", "is_licence"]

_HOLDER = re.compile(r"(copyright\s*)?(\(c\)|©|<|\[|(?<=\s)\d).{0,100}|all rights reserved\.?")
_CONDITION = re.compile(
    r"licen|commerc|\buse|permi|prohib|restrict|\b(only|not|no|non|must|may|without|except|shall|provided)\b"
)
_SPDX_LINE = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+-]+)\s*")


@cache
def _table() -> dict[str, Any]:
    text = (resources.files(__package__) / "licences.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", read_document(text, "licences.yaml").tree)


def from_card(word: str) -> tuple[Tree, str]:
    """The licence that a model card's ``license:`` names, and a remark.

    Names of families (``cc``, ``gpl``), ``other``, and a name that the licence table does not have
    say nothing that a rule could rest on: the licence is not known then.
    """
    found = license_name(word)
    if found is None:
        return unknown("missing"), f"`{printable(word, 60)}` names no licence of the table"
    return found, ""


def from_words(word: str) -> tuple[Tree, str]:
    """The licence that a package's metadata names, by SPDX identifier or one of its customary names."""
    folded = re.sub(r"[\s_-]+", " ", word.strip().lower())
    return from_card(_table()["customary"].get(folded, word))


def from_text(text: str) -> str | None:
    """The licence whose whole text this is, or None.

    The text must be the licence and nothing else, apart from copyright lines, line breaks and punctuation:
    one added sentence can turn a licence into another.
    """
    marks = _SPDX_LINE.findall(text)
    if len(text) < 2000 and len(set(marks)) == 1 and text.count("\n") < 5:
        return license_name(marks[0])
    found = _table()["texts"].get(_fingerprint(text))
    return None if found is None else str(found)


def is_licence(name: str) -> bool:
    """Whether a file of this name holds a licence."""
    return re.fullmatch(r"(licen[sc]e|copying|unlicen[sc]e)([._-].*)?", name.lower()) is not None


def _fingerprint(text: str) -> str:
    """A digest of the words of a licence, without the lines that only say who holds the copyright."""
    kept = (line for line in text.lower().splitlines() if not _names_holder(line.strip()))
    words = re.sub(r"[^a-z0-9]+", " ", " ".join(kept).replace("https:", "http:")).strip()
    return hashlib.sha256(words.encode()).hexdigest()


def _names_holder(line: str) -> bool:
    """Whether a line names the holder of the copyright, and has no room for a condition."""
    return _HOLDER.fullmatch(line) is not None and not _CONDITION.search(line)
