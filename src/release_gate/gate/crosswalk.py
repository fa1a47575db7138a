"""Which rule speaks to which clause of which framework, and which clauses a gate leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from release_gate.diagnostics import PolicyError
from release_gate.document import Base, validate
from release_gate.facts.release import Name
from release_gate.policy.documents import Many
from release_gate.policy.model import Policy
from release_gate.source import read_file, require_mapping

__all__ = ["Clause", "Framework", "crosswalk", "crosswalk_tree", "render_crosswalk"]

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
    """

    name: str
    title: str
    rules: tuple[str, ...]
    elsewhere: tuple[str, ...]


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
    there = {f"{policy.id}/{rule.id}" for policy in policies for rule in policy.rules}
    return tuple(
        Framework(name, each.title, tuple(_clauses(each, there))) for name, each in shape.frameworks.items()
    )


def _clauses(framework: FrameworkDocument, there: set[str]) -> Iterator[Clause]:
    for name, clause in framework.clauses.items():
        here = tuple(rule for rule in clause.rules if rule in there)
        yield Clause(name, clause.title, here, tuple(rule for rule in clause.rules if rule not in there))


def render_crosswalk(frameworks: Iterable[Framework]) -> Iterator[str]:
    """Frameworks and their clauses as text: first what covers a clause, or that nothing does."""
    for framework in frameworks:
        yield f"{framework.title}: {framework.covered} of {len(framework.clauses)} clauses"
        for clause in framework.clauses:
            mark = "✓" if clause.rules else "✗"
            yield f"  {mark} {clause.name}: {clause.title}"
            yield from (f"      {rule}" for rule in clause.rules)
            if not clause.rules:
                packs = sorted({rule.partition("/")[0] for rule in clause.elsewhere})
                yield (
                    f"      no rule; there is one in {', '.join(packs)}"
                    if packs
                    else "      no rule in any pack"
                )


def crosswalk_tree(frameworks: Iterable[Framework]) -> Mapping[str, Any]:
    """Frameworks and their clauses as mappings and lists, for JSON."""
    return {
        framework.id: {
            "title": framework.title,
            "clauses": {
                clause.name: {
                    "title": clause.title,
                    "rules": list(clause.rules),
                    "elsewhere": list(clause.elsewhere),
                }
                for clause in framework.clauses
            },
        }
        for framework in frameworks
    }
