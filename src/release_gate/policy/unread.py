"""What a request states that no policy reads: most often a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.release import ReleaseRequest, Sections
from release_gate.facts.schema import DOMAINS
from release_gate.facts.vocabularies import vocabulary
from release_gate.policy.model import Policy

__all__ = ["unread"]


def unread(request: ReleaseRequest, policies: Sequence[Policy]) -> Iterator[str]:
    """For each name that no policy knows, a sentence that says so, and offers those that are near."""
    metrics = {name for policy in policies for name in policy.metrics}
    own = {name for policy in policies for name in policy.own}
    for section in (request, *(request.variants[name] for name in sorted(request.variants))):
        yield from _unknown("metric.", section.metric, metrics)
        yield from _unknown("own.", section.own, own)
        for name, words in DOMAINS.items():
            yield from _unknown(f"{name}.", getattr(section, name), _words(words, policies))
        yield from _unknown("safeguards.kind ", _safeguards(section), _words("safeguard_kind", policies))


def _words(name: str, policies: Sequence[Policy]) -> set[str]:
    added = [policy.document.facts.vocabularies.get(name, {}) for policy in policies]
    return {*vocabulary(name).members, *(word for words in added for word in words)}


def _safeguards(section: Sections) -> set[str]:
    kinds = (safeguard.kind.value for safeguard in section.safeguards.items)
    return {kind for kind in kinds if isinstance(kind, str)}


def _unknown(what: str, stated: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in sorted(set(stated) - known):
        hint = did_you_mean(name, known)
        yield f"no policy in force reads {what}{printable(name)}" + (f"; {hint}" if hint else "")
