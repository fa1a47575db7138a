"""The checked form of a policy: conditions are trees, levels are steps, and nothing can be wrong any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from release_gate.diagnostics import Span
from release_gate.expression.nodes import Condition
from release_gate.facts.frame import MeasurementRule
from release_gate.facts.truth import Step, Value
from release_gate.facts.types import FactType
from release_gate.policy.documents import InForce, Oblige, PolicyDocument, RuleDocument, SignOffAsked
from release_gate.policy.places import Places

__all__ = ["Policy", "Remark", "Rule", "Table", "Tier", "chain", "link", "row_matches"]


@dataclass(frozen=True, slots=True)
class Tier:
    """A risk class and the most open rung it may have."""

    step: Step
    ceiling: Step
    span: Span | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that gives the tier to start from. A cell is the set of values it accepts; None accepts any."""

    columns: tuple[Condition, ...]
    domains: tuple[tuple[Value, ...], ...]
    rows: tuple[tuple[tuple[frozenset[Value] | None, ...], Step], ...]
    hit: str
    otherwise: Step | None


def row_matches(cells: tuple[frozenset[Value] | None, ...], values: tuple[Value, ...]) -> bool:
    """Whether a row of a table accepts a combination of values."""
    return all(cell is None or value in cell for cell, value in zip(cells, values, strict=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and one effect."""

    id: str
    effect: str
    at: Step
    when: Condition | None
    require: Condition | None
    tier: Step | None
    ceiling: Step | None
    sign_off: SignOffAsked | None
    oblige: Oblige | None
    document: RuleDocument
    span: Span | None

    def in_force(self, day: date) -> bool:
        """Whether it applies on a day."""
        return self.document.in_force is None or self.document.in_force.holds(day)

    def applies_to(self, kind: str) -> bool:
        """Whether it applies to a kind of artifact."""
        return self.document.applies_to is None or kind in self.document.applies_to


@dataclass(frozen=True, slots=True)
class Remark:
    """What every decision under a policy says.

    Attributes:
        text: What it says.
        since: The first day of policies on which it is so; always, if not said.
    """

    text: str
    since: date | None = None


@dataclass(frozen=True, eq=False)
class Policy:
    """A policy that can be evaluated. Each is itself only; the digest tells whether two say the same.

    Attributes:
        document: The policy as it is written; of an overlay, put together with what it extends.
        digest: The digest of everything it was made of.
        name: The file that it was read from.
        in_force: From when to when it applies.
        instead: What applies while it is not in force: an older version, or what an overlay extends.
        remarks: What decisions under it say.
        places: Where its parts stand.
    """

    document: PolicyDocument
    digest: str
    name: str
    scope: Condition | None
    tiers: tuple[Tier, ...]
    default_tier: Step | None
    table: Table | None
    rules: tuple[Rule, ...]
    parameters: Mapping[str, Value]
    metrics: Mapping[str, MeasurementRule]
    own: Mapping[str, FactType]
    definitions: Mapping[str, Condition]
    in_force: InForce
    places: Places = field(repr=False, compare=False)
    instead: Policy | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def id(self) -> str:
        """Its name."""
        return self.document.id

    @property
    def version(self) -> str:
        """Its version."""
        return self.document.version

    def applies_to(self, kind: str) -> bool:
        """Whether it applies to a kind of artifact."""
        return self.document.applies_to is None or kind in self.document.applies_to

    def owner_of(self, rule: str) -> str | None:
        """Who answers for a rule, or for what else there is of that name: a ceiling of a tier."""
        own = next((each.document.owner for each in self.rules if each.id == rule), None)
        return own or self.document.owner


def chain(policy: Policy) -> tuple[Policy, ...]:
    """A policy, and what applies in its place while it is not in force, in this order."""
    found = [policy]
    while found[-1].instead is not None:
        found.append(found[-1].instead)
    return tuple(found)


def link(policies: Iterable[Policy]) -> Policy:
    """The first of the policies, with the others to apply in its place while it is not in force."""
    first, *rest = policies
    return replace(first, instead=link(rest) if rest else None)
