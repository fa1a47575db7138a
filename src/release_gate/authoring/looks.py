"""Where cases look, and what conditions read there.

A case looks at an access level if it expects something there. What conditions read at one look can be
compared with what they read at another, so that each is evaluated once for all looks at which it reads the
same. That is what makes coverage and mutation fast: a case differs from the next in a fact or two.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from release_gate.authoring.testing.suites import Trial
from release_gate.engine import facts_at
from release_gate.evaluate.reference import Facts
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.release import Artifact
from release_gate.facts.truth import Items, Record, Step, is_settled
from release_gate.facts.view import Seen
from release_gate.policy.model import Policy

__all__ = ["Look", "Path", "Reads", "looked_at", "looks_of"]

Path: TypeAlias = "tuple[str, ...]"


def looked_at(trial: Trial, artifact: Artifact) -> list[Step]:
    """The access levels of an artifact at which a case expects something."""
    rungs: set[Step] = set()
    for each in trial.expectations:
        if each.artifact == artifact.id:
            rungs |= {ALL_RUNGS[name] for name in each.rungs}
            if each.about == "best":
                rungs |= {rung for rung in artifact.ladder if rung <= artifact.rung}
            if each.about == "not_ruled_out":
                rungs |= set(artifact.ladder)
    return sorted(rungs)


class Look:
    """A case that looks at an artifact at an access level.

    Attributes:
        trial: The case.
        artifact: The artifact.
        rung: The level.
        facts: What conditions read there.
    """

    def __init__(self, trial: Trial, artifact: Artifact, rung: Step, facts: Facts) -> None:
        self.trial, self.artifact, self.rung, self.facts = trial, artifact, rung, facts
        self._known: dict[tuple[Path, tuple[Path, ...]], Hashable] = {}

    def key(self, reads: Reads) -> tuple[Hashable, ...]:
        """What is read here, as something that is the same wherever the same is read."""
        found = []
        for path in reads.facts:
            place = (path, reads.inside)
            if place not in self._known:
                self._known[place] = _comparable(_found(self.facts, path), reads.inside)
            found.append(self._known[place])
        return tuple(found)


def looks_of(trial: Trial, policy: Policy) -> Iterator[Look]:
    """Every look of a case, at what a policy reads."""
    for artifact in trial.request.artifacts:
        rungs = looked_at(trial, artifact)
        if rungs:
            facts = facts_at(trial.request, artifact, policy, rungs, trial.as_of)
            for rung, here in facts.items():
                yield Look(trial, artifact, rung, here)


@dataclass(frozen=True, slots=True)
class Reads:
    """What conditions read.

    Attributes:
        facts: The paths of facts.
        inside: What is read of the members of lists.
    """

    facts: tuple[Path, ...]
    inside: tuple[Path, ...]

    @classmethod
    def of(cls, conditions: Iterable[Condition | None]) -> Reads:
        """What all of these read."""
        facts: set[Path] = set()
        inside: set[Path] = set()

        def walk(node: Node, bound: frozenset[str]) -> None:
            if isinstance(node, nodes.Fact):
                if node.path[0] in bound:
                    inside.add(node.path[1:])
                else:
                    facts.add(node.path)
            within = bound | {node.variable} if isinstance(node, nodes.Comprehension) else bound
            for child in children(node):
                walk(child, within)

        for condition in conditions:
            if condition is not None:
                walk(condition.root, frozenset())
        return cls(tuple(sorted(facts)), tuple(sorted(inside)))


def _found(facts: Any, path: Path) -> Any:
    """What stands at a path: a fact, a record, or None."""
    found: Any = facts
    for name in path:
        inner = found.fields if isinstance(found, Record) else found
        found = None if inner is None else inner.get(name)
    return found


def _comparable(found: Any, inside: tuple[Path, ...]) -> Hashable:
    """What was read, with all that could make a condition come to something else, or be settled by more."""
    match found:
        case Seen(value=Items() as value):
            members = tuple(_comparable(each, inside) for each in value.members)
            return ("list", value.complete, members)
        case Seen(value=value):
            if is_settled(value):
                return (type(value), value)
            follows = tuple(each.path for each in found.support or ())
            return (type(value), value, follows, tuple(path for path, _ in found.beside))
        case Record(label=label):
            parts = tuple(_comparable(_found(found, path), inside) for path in inside if path)
            return ("record", label, parts)
        case _:
            return ("value", found)
