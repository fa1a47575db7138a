"""A policy as the checks see it: its rules beside the places where they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from release_gate.diagnostics import Diagnostic, Severity, Span
from release_gate.expression.nodes import Condition
from release_gate.facts.ladder import LADDER, rungs_for
from release_gate.facts.truth import Step
from release_gate.facts.vocabularies import vocabulary
from release_gate.policy.model import Policy, Rule
from release_gate.source import Document, Pointer

__all__ = ["Remark", "Subject", "kinds_of", "rungs_of"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning, and what it can be silenced on: a rule, or the policy as a whole."""

    diagnostic: Diagnostic
    rule: str | None = None


@dataclass(frozen=True)
class Subject:
    """A policy that is looked at.

    Attributes:
        policy: The policy.
        document: The file that it was read from.
        as_of: The day for which to judge what has a date.
        rules: The rules that are written in this file, and where.
    """

    policy: Policy
    document: Document
    as_of: date
    rules: dict[str, Pointer] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, document: Document, as_of: date) -> Subject:
        """Find the places of the rules. One that is inherited is looked at where it is written."""
        tree: Any = document.tree
        written = {str(rule.get("id")): index for index, rule in enumerate(tree.get("rules") or [])}
        places: dict[str, Pointer] = {
            rule.id: ("rules", written[rule.id]) for rule in policy.rules if rule.id in written
        }
        return cls(policy, document, as_of, places)

    def own_rules(self) -> Iterator[tuple[Rule, Pointer]]:
        """The rules that are written in this file."""
        return ((rule, self.rules[rule.id]) for rule in self.policy.rules if rule.id in self.rules)

    def conditions(self, rule: Rule) -> Iterator[tuple[str, Condition]]:
        """The conditions of a rule, by their key."""
        for key, condition in (("when", rule.when), ("require", rule.require)):
            if condition is not None:
                yield key, condition

    def remark(
        self, code: str, message: str, at: Pointer | Span | None, remedy: str = "", rule: str | None = None
    ) -> Remark:
        """A warning at a place."""
        span = self.document.span(at) if isinstance(at, tuple) else at
        return Remark(Diagnostic(code, message, span, remedy, Severity.WARNING), rule)


def kinds_of(policy: Policy, rule: Rule | None) -> list[str]:
    """The kinds of artifact that a rule can be about."""
    return [
        kind
        for kind in vocabulary("artifact_kind").members
        if policy.applies_to(kind) and (rule is None or rule.applies_to(kind))
    ]


def rungs_of(policy: Policy, rule: Rule) -> list[Step]:
    """The access levels at which a rule can be looked at."""
    highest = max((rungs_for(kind)[-1] for kind in kinds_of(policy, rule)), default=LADDER[0])
    return [rung for rung in LADDER if rule.at <= rung <= highest]
