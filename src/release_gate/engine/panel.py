"""The policies that judge on a day, made ready once for every request of that day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from release_gate.canonical import digest
from release_gate.decision import PolicyUsed, Where, is_unverified
from release_gate.engine.findings import citation
from release_gate.evaluate.compiled import Program
from release_gate.policy.in_force import in_force
from release_gate.policy.model import Policy, Rule

__all__ = ["Panel", "Ready", "panel_of", "policies_digest", "ready_of"]


def policies_digest(policies: Iterable[Policy]) -> str:
    """The digest of policies together, whatever their order."""
    return digest(sorted(policy.digest for policy in policies))


class Ready:
    """A policy with what does not depend on the request.

    Attributes:
        policy: The policy.
        program: The policy, compiled.
        parts: The conditions of each rule.
        by_rung: The rules that read the rung or the tier, and so are evaluated for each rung.
        shows_rung: The numbers of the rules whose texts show the rung or the tier.
        starts: For each rule, the lowest rung at which it can have an outcome.
        sources: For each rule, the source that it rests on, and its own place.
        unverified: The numbers of the rules whose place in the source nobody has read.
    """

    def __init__(self, policy: Policy, day: date) -> None:
        self.policy = policy
        self.program = program_of(policy)
        self.parts = self.program.parts
        self.by_rung = tuple(part for part in self.parts if part.reads_access or part.reads_tier)
        self.shows_rung = frozenset(n for n, rule in enumerate(policy.rules) if _shows_rung(rule))
        self.starts = tuple(_start(rule) for rule in policy.rules)
        self.sources = tuple((citation(policy, rule), Where.of(rule.span)) for rule in policy.rules)
        self.unverified = frozenset(n for n, (cite, _) in enumerate(self.sources) if is_unverified(cite))
        self._inactive = frozenset(n for n, rule in enumerate(policy.rules) if not rule.in_force(day))

    def needs_rung(self, number: int) -> bool:
        """Whether a rule reads or shows the rung or the tier."""
        part = self.parts[number]
        return part.reads_access or part.reads_tier or number in self.shows_rung

    def active(self, number: int, kind: str) -> bool:
        """Whether a rule applies on the day to a kind of artifact."""
        return number not in self._inactive and self.policy.rules[number].applies_to(kind)


def _start(rule: Rule) -> int:
    if rule.ceiling is not None:
        return max(rule.at.rank, rule.ceiling.rank + 1)
    return rule.at.rank


_RUNG: Final = re.compile(r"\{(artifact\.access|tier)\}")


def _shows_rung(rule: Rule) -> bool:
    texts = (rule.document.because, rule.document.deny, rule.document.fix)
    return any(_RUNG.search(text) for text in texts if text)


class Panel:
    """The policies of a gate on a day.

    Attributes:
        day: The day.
        inforce: Those in force, by their names.
        together: Their digest.
        used: Their names, versions and digests.
        notes: What a decision under them says.
    """

    def __init__(self, policies: Sequence[Policy], day: date, subject: str) -> None:
        self.day = day
        policies = [policy for policy in policies if policy.document.subject == subject]
        self.inforce, self.notes = in_force(policies, day)
        self.together = policies_digest(self.inforce)
        self.used = tuple(PolicyUsed(policy.id, policy.version, policy.digest) for policy in self.inforce)
        self.ready = tuple(ready_of(policy, day) for policy in self.inforce)


@lru_cache(maxsize=256)
def program_of(policy: Policy) -> Program:
    """The program of a policy, made once."""
    return Program(policy)


@lru_cache(maxsize=256)
def ready_of(policy: Policy, day: date) -> Ready:
    """A policy made ready for a day, made once."""
    return Ready(policy, day)


@lru_cache(maxsize=64)
def panel_of(policies: tuple[Policy, ...], day: date, subject: str = "release") -> Panel:
    """The panel of the policies with a subject on a day, made once."""
    return Panel(policies, day, subject)
