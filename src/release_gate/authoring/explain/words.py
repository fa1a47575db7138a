"""The phrases of an explanation, in the languages that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from release_gate.source import read_file

__all__ = ["Words", "languages", "words_of"]

_FOLDER: Final = Path(__file__).parent / "languages"


class Words:
    """The phrases of a language.

    Attributes:
        code: The language, as in BCP 47: ``en``.
        phrases: The phrases by their names, with places to fill in.
    """

    def __init__(self, code: str, phrases: Mapping[str, str]) -> None:
        self.code, self.phrases = code, phrases

    def __call__(self, name: str, /, **filled: object) -> str:
        """A phrase with its places filled in."""
        return self.phrases[name].format(**filled)

    def joined(self, parts: Sequence[str], last: str) -> str:
        """Parts one after the other, the last of them joined by ``and`` or ``or``."""
        *first, end = parts
        if not first:
            return end
        said = first[0]
        for part in first[1:]:
            said = self("comma", first=said, last=part)
        return self(last, first=said, last=end)


def languages() -> tuple[str, ...]:
    """The languages that there are."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


@cache
def words_of(language: str) -> Words:
    """The phrases of one of the languages."""
    tree = read_file(_FOLDER / f"{language}.yaml").tree
    assert isinstance(tree, dict)  # noqa: S101 - it is our own
    return Words(language, {name: str(phrase) for name, phrase in tree.items()})
