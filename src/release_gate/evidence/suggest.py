"""Candidates for facts in the prose of cards: for a person to confirm, never for the gate to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from release_gate.evidence.model_card import MAX_CARD, is_card
from release_gate.evidence.reading import Reading

if TYPE_CHECKING:
    from release_gate.evidence.folder import Folder

__all__ = ["Suggestion", "suggest"]

LIMIT: Final = 200
_PATTERNS: Final = (
    ("model.parameters", re.compile(r"\b\d[\d.,]{0,12} ?[BMbm]\b(?= (?:param|model)|\)| ?\(Activated|\s*\|)")),  # noqa: E501
    ("model.parameters", re.compile(r"\b\d[\d.,]{0,12} ?(?:billion|million) parameters\b", re.IGNORECASE)),
    ("data.tokens", re.compile(r"\b\d[\d.,]{0,12} ?(?:T\+?|trillion|B|billion) tokens\b", re.IGNORECASE)),
    ("data.cutoff", re.compile(r"\b(?:cut-?off|freshness)\b[^.\n]{0,80}\b20\d\d\b", re.IGNORECASE)),
    ("compute.gpu_hours", re.compile(r"\b\d[\d.,]{0,12} ?[MKk]?(?:\*\*)? ?GPU[ -]hours\b", re.IGNORECASE)),
    ("compute.tco2eq", re.compile(r"\b\d[\d.,]{0,12} ?(?:tons|tCO2eq|tonnes)\b[^.\n]{0,20}", re.IGNORECASE)),
    ("artifact.license", re.compile(r"\b(?:licensed|released) under [^.\n]{3,80}", re.IGNORECASE)),
    ("artifact.license", re.compile(r"[A-Z][\w+ -]{2,40} (?:Community )?Licen[sc]e(?: Agreement)?\b")),
    ("lineage", re.compile(r"\b(?:fine-?tuned (?:from|on top of|version of)|based on) [^.\n]{3,60}", re.IGNORECASE)),  # noqa: E501
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place in a card where a fact may be stated.

    Attributes:
        path: The fact that it may be.
        text: What is written there.
        file: The file.
        line: The line.
    """

    path: str
    text: str
    file: str
    line: int


def suggest(folder: Folder) -> Iterator[Suggestion]:
    """Candidates in the cards of a folder, in the order of their lines."""
    reading = Reading(folder)
    for entry in filter(is_card, folder.entries):
        if entry.size > MAX_CARD:
            continue
        lines = reading.data(entry, MAX_CARD).decode("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            for path, pattern in _PATTERNS:
                for match in pattern.finditer(line[:2000]):
                    yield Suggestion(path, match[0].strip(), f"{folder.name}/{entry.path}", number)
