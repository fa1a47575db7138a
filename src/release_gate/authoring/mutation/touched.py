"""What a change of a policy can make come to something else: the rules that it changes, or that read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from release_gate.authoring.looks import Path, Reads
from release_gate.expression.nodes import Condition
from release_gate.facts.frame import MeasurementRule
from release_gate.policy.model import Policy, Rule

__all__ = ["Readers", "Touched", "changed_metrics", "conditions_of"]

_TIER: Path = ("tier",)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change of a policy can make come to something else.

    Attributes:
        rules: The numbers of the rules that may come to something else.
        tiers: Whether the tier may be another, or what it allows.
        needs_tier: Whether the tier matters to any of this.
        scope: Whether the scope may be another, and with it everything.
    """

    rules: frozenset[int]
    tiers: bool
    needs_tier: bool
    scope: bool

    def __bool__(self) -> bool:
        """Whether there is anything at all."""
        return self.scope or self.tiers or bool(self.rules)

    def names(self, policy: Policy) -> frozenset[str]:
        """What the findings are called that may be others."""
        tiers = [f"tier.{tier.step}" for tier in policy.tiers] if self.tiers else []
        return frozenset([*(policy.rules[number].id for number in self.rules), *tiers])

    def part(self, policy: Policy) -> Policy:
        """The policy without what comes to the same, and without the facts that nobody reads then."""
        if self.scope:
            return policy
        rules = (
            rule
            for number, rule in enumerate(policy.rules)
            if number in self.rules or (self.needs_tier and rule.tier is not None)
        )
        part = replace(policy, rules=tuple(rules))
        if not self.needs_tier:
            part = replace(part, tiers=(), default_tier=None, table=None)
        read = {path[:2] for path in Reads.of(conditions_of(part)).facts}
        return replace(
            part,
            metrics={name: each for name, each in policy.metrics.items() if ("metric", name) in read},
            own={name: each for name, each in policy.own.items() if ("own", name) in read},
        )


class Readers:
    """What the parts of a policy read, worked out once for all of its mutants."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.rules = [_paths(_of_rule(rule)) for rule in policy.rules]
        self.columns = _paths(policy.table.columns if policy.table is not None else ())
        self.scope = _paths([policy.scope])

    def touched(self, new: Policy) -> Touched:
        """What the change to another policy, with as many rules, can make come to something else."""
        old = self.policy
        paths = {
            *(("parameter", name) for name in _others(old.parameters, new.parameters)),
            *(("metric", name) for name in changed_metrics(old, new)),
        }
        rules = {
            number
            for number, (was, is_) in enumerate(zip(old.rules, new.rules, strict=True))
            if was is not is_ or paths & self.rules[number]
        }
        tiers = (
            old.tiers is not new.tiers
            or old.default_tier is not new.default_tier
            or old.table is not new.table
            or bool(paths & self.columns)
            or any(policy.rules[number].tier is not None for policy in (old, new) for number in rules)
        )
        readers = {number for number, read in enumerate(self.rules) if _TIER in read}
        if tiers:
            rules |= readers
        needs_tier = tiers or any(
            number in readers or _TIER in _paths(_of_rule(new.rules[number])) for number in rules
        )
        scope = old.scope is not new.scope or bool(paths & self.scope)
        return Touched(frozenset(rules), tiers, needs_tier, scope)


def conditions_of(policy: Policy) -> Iterator[Condition | None]:
    """Every condition of a policy: its scope, the columns of its table, and those of its rules."""
    yield policy.scope
    yield from policy.table.columns if policy.table is not None else ()
    for rule in policy.rules:
        yield from _of_rule(rule)


def _of_rule(rule: Rule) -> tuple[Condition | None, ...]:
    return rule.when, rule.require


def _paths(conditions: Iterable[Condition | None]) -> frozenset[Path]:
    return frozenset(Reads.of(conditions).facts)


def changed_metrics(old: Policy, new: Policy) -> dict[str, MeasurementRule]:
    """The metrics of which a policy asks something else than another, and what it asks."""
    return {name: new.metrics[name] for name in _others(old.metrics, new.metrics)}


def _others(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in old if old[name] is not new[name])
