"""The vocabularies that facts are stated in. They are data: see ``vocabularies.yaml`` beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast

from release_gate.facts.ladder import LADDER, MEANINGS
from release_gate.facts.truth import Step
from release_gate.source import read_document

__all__ = ["COUNTRY", "DOMAINS", "Vocabulary", "extensible_vocabularies", "vocabulary", "vocabulary_names"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A set of words.

    Attributes:
        name: What it is called.
        members: The words with their titles, least to most if it is ordered.
        ordered: Whether its words compare by rank.
        extensible: Whether a policy may add words.
    """

    name: str
    members: dict[str, str]
    ordered: bool = False
    extensible: bool = False

    @property
    def one(self) -> str:
        """What one of its words is: `an artifact kind`, `a verdict`."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name.replace('_', ' ')}"

    def value(self, word: str) -> Step | str:
        """A word as a value: a step if the vocabulary is ordered, else the text."""
        if self.ordered:
            return Step(list(self.members).index(word), word)
        return word

    @property
    def values(self) -> tuple[Step | str, ...]:
        """Every word as a value."""
        return tuple(self.value(word) for word in self.members)

    def extended(self, words: dict[str, str]) -> Vocabulary:
        """This vocabulary with a policy's own words."""
        return Vocabulary(self.name, {**self.members, **words}, self.ordered, self.extensible)


@cache
def _built_in() -> dict[str, Vocabulary]:
    text = Path(__file__).with_name("vocabularies.yaml").read_text(encoding="utf-8")
    tree = cast("dict[str, dict[str, object]]", read_document(text, "vocabularies.yaml").tree)
    found = {
        name: Vocabulary(
            name,
            cast("dict[str, str]", body["members"]),
            bool(body.get("ordered", False)),
            bool(body.get("extensible", False)),
        )
        for name, body in tree.items()
    }
    found["access"] = Vocabulary("access", dict(MEANINGS), ordered=True)
    assert tuple(found["access"].values) == LADDER  # noqa: S101 - one ladder, two views of it
    return found


def vocabulary(name: str) -> Vocabulary:
    """The built-in vocabulary of a name."""
    return _built_in()[name]


def extensible_vocabularies() -> tuple[str, ...]:
    """The names of the built-in vocabularies that a policy may add words to."""
    return tuple(name for name, words in _built_in().items() if words.extensible)


def vocabulary_names() -> tuple[str, ...]:
    """The names of all built-in vocabularies."""
    return tuple(_built_in())


COUNTRY = "(?!UK)[A-Z]{2}|EEA"
"""Countries are ISO 3166-1 alpha-2 codes, in capitals: GB, not UK. The unions EU and EEA stand beside."""

DOMAINS: Final = {"capability": "capability_domain", "misuse": "misuse_domain", "document": "document_kind"}
"""The vocabulary of each section that has a record for each word."""
