"""What a request states that no policy reads: most often a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.release import ReleaseRequest, Sections
from release_gate.facts.vocabularies import DOMAINS, vocabulary
from release_gate.policy.model import Policy
from release_gate.source import Pointer

__all__ = ["Unread", "together", "unread", "unread_names"]

_SAID: Final = "no policy in force reads "


@dataclass(frozen=True, slots=True)
class Unread:
    """A name that no policy knows.

    Attributes:
        pointer: The part of the request that has it.
        text: A sentence that says so.
        help: The names that are near.
    """

    pointer: Pointer
    text: str
    help: str


def unread(request: ReleaseRequest, policies: Sequence[Policy]) -> Iterator[str]:
    """For each name that no policy knows, a sentence that says so, and offers those that are near."""
    for found in unread_names(request, policies):
        yield found.text + (f"; {found.help}" if found.help else "")


def together(notes: Iterable[str]) -> Iterator[str]:
    """The notes of a decision for a person to read: one says all the names of which nothing else is said."""
    others: dict[str, list[str]] = {}
    for note in notes:
        start, said, rest = note.partition(_SAID)
        name, _, near = rest.partition("; ")
        if start or not said or near.startswith("did you mean"):
            yield note
        else:
            others.setdefault(near.removeprefix("one of "), []).append(name)
    for known, names in others.items():
        yield f"{_SAID}{', '.join(names)}" + (f"; names that one reads: {known}" if known else "")


def unread_names(request: ReleaseRequest, policies: Sequence[Policy]) -> Iterator[Unread]:
    """The names in a request that no policy knows."""
    known = _known(tuple(policies))
    sections: list[tuple[Pointer, Sections]] = [((), request)]
    sections += [(("variants", name), request.variants[name]) for name in sorted(request.variants)]
    for at, section in sections:
        for name in ("metric", "own", *DOMAINS):
            yield from _unknown((*at, name), f"{name}.", getattr(section, name), known[name])
        kinds = known["safeguards"]
        yield from _unknown((*at, "safeguards"), "safeguards.kind ", _safeguards(section), kinds)


@lru_cache(maxsize=64)
def _known(policies: tuple[Policy, ...]) -> dict[str, set[str]]:
    """The names that policies know, by the part of a request that has them."""
    return {
        "metric": {name for policy in policies for name in policy.metrics},
        "own": {name for policy in policies for name in policy.own},
        "safeguards": _words("safeguard_kind", policies),
        **{name: _words(words, policies) for name, words in DOMAINS.items()},
    }


def _words(name: str, policies: Sequence[Policy]) -> set[str]:
    added = [policy.document.facts.vocabularies.get(name, {}) for policy in policies]
    return {*vocabulary(name).members, *(word for words in added for word in words)}


def _safeguards(section: Sections) -> set[str]:
    kinds = (safeguard.kind.value for safeguard in section.safeguards.items)
    return {kind for kind in kinds if isinstance(kind, str)}


def _unknown(at: Pointer, what: str, stated: Iterable[str], known: set[str]) -> Iterator[Unread]:
    for name in sorted(each for each in stated if each not in known):
        text = f"{_SAID}{what}{printable(name)}"
        yield Unread((*at, name), text, did_you_mean(name, known))
