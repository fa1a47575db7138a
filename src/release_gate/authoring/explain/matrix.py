"""Who must do what to release where: for each tier and each access level, what the rules ask first there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from release_gate.evaluate.reference import evaluate
from release_gate.facts import truth
from release_gate.facts.access import AccessRequest
from release_gate.facts.ladder import GRANTS, LADDER, LOWEST_JUDGED
from release_gate.facts.truth import Record, Step
from release_gate.facts.view import Seen
from release_gate.policy.model import Policy, Rule, Tier

__all__ = ["Cell", "Row", "matrix"]


@dataclass(frozen=True)
class Cell:
    """What is asked of a tier at a level, beyond what more closed levels ask already.

    Attributes:
        allowed: Whether the tier may reach the level at all.
        rules: The rules that may first matter here, and whether each is certain to.
    """

    allowed: bool
    rules: tuple[tuple[Rule, bool], ...]


@dataclass(frozen=True)
class Row:
    """An access level, with a cell for each tier; one cell for all, if the policy has no tiers."""

    rung: Step
    cells: tuple[Cell, ...]


def matrix(policy: Policy) -> list[Row]:
    """The rows, from the most closed level to the most open one."""
    tiers: Sequence[Tier | None] = policy.tiers or (None,)
    columns = [list(_column(policy, tier)) for tier in tiers]
    ladder = ladder_of(policy)
    return [Row(rung, tuple(column[number] for column in columns)) for number, rung in enumerate(ladder)]


def ladder_of(policy: Policy) -> Sequence[Step]:
    """The levels that the policy judges."""
    return GRANTS if policy.document.subject == AccessRequest.SUBJECT else LADDER


def _column(policy: Policy, tier: Tier | None) -> Iterator[Cell]:
    seen: set[str] = set()
    for rung in ladder_of(policy):
        here = []
        for rule in policy.rules:
            if rule.id in seen or rule.tier is not None or not _reaches(rule, rung):
                continue
            matters = _matters(rule, tier, rung)
            if matters is not False:
                seen.add(rule.id)
                here.append((rule, matters is True))
        yield Cell(tier is None or rung.rank <= max(tier.ceiling.rank, LOWEST_JUDGED.rank - 1), tuple(here))


def _reaches(rule: Rule, rung: Step) -> bool:
    return rung.rank >= rule.at.rank and (rule.ceiling is None or rung.rank > rule.ceiling.rank)


def _matters(rule: Rule, tier: Tier | None, rung: Step) -> bool | None:
    """Whether what a rule applies to holds, knowing the tier and the level and nothing else."""
    if rule.when is None:
        return True
    facts: dict[str, Any] = {"artifact": Record("", {"access": Seen(rung)})}
    if tier is not None:
        facts["tier"] = Seen(tier.step)
    came = truth.truth_of(evaluate(rule.when.root, facts).value)
    return came if isinstance(came, bool) else None
