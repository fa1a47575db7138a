"""What a request states that no policy reads: most often a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from release_gate.diagnostics import did_you_mean, listed, nearest, printable
from release_gate.facts.release import ReleaseRequest, Sections
from release_gate.facts.vocabularies import DOMAINS, vocabulary
from release_gate.policy.model import Policy
from release_gate.source import Pointer

__all__ = ["Unread", "unread", "unread_names"]

_SAID: Final = "no policy in force reads "


@dataclass(frozen=True, slots=True)
class Unread:
    """A name that no policy knows.

    Attributes:
        pointer: The part of the request that has it.
        name: What it is, as a policy would read it.
        known: The names that policies know there.
    """

    pointer: Pointer
    name: str
    known: AbstractSet[str]

    @property
    def text(self) -> str:
        """A sentence that says so."""
        return f"{_SAID}{self.name}"

    @property
    def help(self) -> str:
        """The names that are near, or all if they are few."""
        return did_you_mean(str(self.pointer[-1]), self.known)

    @property
    def near(self) -> bool:
        """Whether it may be a misspelling of a name that one knows."""
        return bool(nearest(str(self.pointer[-1]), self.known))


def unread(request: ReleaseRequest, policies: Sequence[Policy]) -> Iterator[str]:
    """What no policy reads, in sentences: one for a name that is near another, and one for all others."""
    others: dict[str, list[str]] = {}
    for found in unread_names(request, policies):
        if found.near:
            yield f"{found.text}; {found.help}"
        else:
            others.setdefault(listed(sorted(found.known)), []).append(found.name)
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
        yield Unread((*at, name), f"{what}{printable(name)}", known)
