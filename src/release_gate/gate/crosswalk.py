"""Which rule speaks to which clause of which framework, and which clauses a gate leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from release_gate.diagnostics import PolicyError
from release_gate.document import Base, validate
from release_gate.facts.records import Name
from release_gate.policy.documents import Many
from release_gate.policy.model import Policy, chain
from release_gate.source import read_file, require_mapping

__all__ = ["Clause", "Framework", "crosswalk"]

SURE: Final = ("primary", "secondary")
"""The confidence of a citation that somebody has read."""

RuleName = Annotated[str, Field(pattern=r"^[a-z0-9._-]+/[a-z0-9._-]+$")]


class ClauseDocument(Base):
    """A clause of a framework."""

    title: Name
    """What it is about."""
    rules: Many[RuleName]
    """The rules that speak to it, as `policy/rule`."""


class FrameworkDocument(Base):
    """A framework."""

    title: Name
    """What it is called."""
    clauses: dict[str, ClauseDocument]
    """Its clauses."""


class CrosswalkDocument(Base):
    """Frameworks and the rules that speak to their clauses."""

    release_gate: Literal["crosswalk/v1"]
    """The kind of this document."""
    frameworks: dict[str, FrameworkDocument]
    """The frameworks, by name."""


@dataclass(frozen=True)
class Clause:
    """A clause, and the rules of a gate that speak to it.

    Attributes:
        name: Where it stands in its framework.
        title: What it is about.
        rules: The rules of the gate, as ``policy/rule``; none if the gate leaves the clause out.
        elsewhere: Rules of packs that are not in the gate.
        unsure: Those of its rules whose citation nobody has read in the source.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    elsewhere: tuple[str, ...]
    unsure: tuple[str, ...] = ()

    @property
    def packs(self) -> tuple[str, ...]:
        """The packs that are not in the gate and speak to it."""
        return tuple(sorted({rule.partition("/")[0] for rule in self.elsewhere}))


@dataclass(frozen=True)
class Framework:
    """A framework as a gate covers it."""

    id: str
    title: str
    clauses: tuple[Clause, ...]

    @property
    def covered(self) -> int:
        """How many clauses some rule of the gate speaks to."""
        return sum(1 for clause in self.clauses if clause.rules)


def crosswalk(file: Path, policies: Iterable[Policy]) -> tuple[Framework, ...]:
    """Hold the policies of a gate against the clauses of frameworks.

    Args:
        file: The crosswalk.
        policies: The policies of the gate.

    Raises:
        DocumentError: The file is not YAML as we accept it, or not a crosswalk.
        PolicyError: It is not a valid crosswalk.
    """
    document = read_file(file)
    require_mapping(document, ("crosswalk/v1",))
    shape = validate(CrosswalkDocument, document.tree, document, PolicyError, "RG504")
    there = dict(_there(policies))
    return tuple(
        Framework(name, each.title, tuple(_clauses(each, there))) for name, each in shape.frameworks.items()
    )


def _there(policies: Iterable[Policy]) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Each rule of a gate by its name in the pack that it comes from: its own name, and how sure it is.

    An overlay has the rules of what it extends, and a crosswalk names these.
    """
    for policy in policies:
        names: dict[str, set[str]] = {}
        for each in chain(policy):
            names.setdefault(each.id, set()).update(rule.id for rule in each.rules)
        for rule in policy.rules:
            cite = rule.document.cite
            source = policy.document.sources.get(cite.source) if cite is not None else None
            confidence = (cite.confidence or (source.confidence if source else None)) if cite else None
            for name, rules in names.items():
                if rule.id in rules:
                    yield f"{name}/{rule.id}", (f"{policy.id}/{rule.id}", confidence in SURE)


def _clauses(framework: FrameworkDocument, there: Mapping[str, tuple[str, bool]]) -> Iterator[Clause]:
    for name, clause in framework.clauses.items():
        here = [there[rule] for rule in clause.rules if rule in there]
        yield Clause(
            name,
            clause.title,
            tuple(rule for rule, _ in here),
            tuple(rule for rule in clause.rules if rule not in there),
            tuple(rule for rule, sure in here if not sure),
        )
