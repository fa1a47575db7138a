"""Conditions that cannot come out otherwise, found by trying every combination that could matter.

Three-valued logic leaves ``a or not a`` unknown while ``a`` is, on purpose; nobody means to write it. A fact
that is compared with literals is tried at, between and beyond them, a word of a vocabulary as each word;
what cannot be tried so stands for an unnamed condition of its own. So a condition may be constant without
being told, and is never told to be constant without being so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Any, Final

from release_gate.evaluate.reference import evaluate
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.facts.schema import schema_of
from release_gate.facts.truth import Truth, Value, all_of, any_of, not_, truth_of
from release_gate.facts.types import Boolean, Choice, MapType, Number, RecordType, Type
from release_gate.facts.view import Seen
from release_gate.policy.model import Policy

__all__ = ["Space", "type_of"]

Path = tuple[str, ...]
_MOST: Final = 3000
"""Combinations to try; a condition with more of them is left alone."""
_OTHER: Final = "\0another"
_IT: Final = nodes.Fact(nodes.At(0, 1), ("v",))
_NONE: Final = ("",)


def type_of(policy: Policy, path: Path) -> Type | None:
    """The type of a fact under a policy, or None if it has none of its own."""
    if path[0] == "metric":
        rule = policy.metrics.get(path[1])
        return Number(rule.low, rule.high) if rule is not None else None
    if path[0] == "own":
        return policy.own.get(path[1])
    found: Type | None = schema_of(policy.document.subject)
    for name in path:
        if isinstance(found, RecordType):
            found = found.fields.get(name)
        elif isinstance(found, MapType):
            found = found.item
        else:
            return None
    return found


@dataclass
class Space:
    """The combinations of facts that some conditions can tell apart.

    Attributes:
        policy: The policy that the conditions are part of.
        fixed: For some facts, the only values that they can have here.
    """

    policy: Policy
    fixed: dict[Path, tuple[Value, ...]] = field(default_factory=dict)
    said: dict[Path, set[Value]] = field(default_factory=dict)
    atoms: dict[Node, Path] = field(default_factory=dict)
    unnamed: dict[Node, Path] = field(default_factory=dict)

    def rows(self, conditions: Sequence[Node]) -> list[tuple[dict[Path, Value], tuple[Truth, ...]]] | None:
        """What each condition comes to for every combination; None if there are too many."""
        plain = [self.plain(each) for each in conditions]
        tried = [self.distinct(path) for path in self.said]
        if prod(map(len, tried)) > _MOST:
            return None
        found = []
        for values in product(*tried):
            chosen = {path: value for path, (value, _) in zip(self.said, values, strict=True)}
            truths = {atom: came for _, atoms in values for atom, came in atoms}
            found.append((chosen, tuple(_truth(each, truths) for each in plain)))
        return found

    def distinct(self, path: Path) -> list[tuple[Value, tuple[tuple[Node, Truth], ...]]]:
        """Values of a fact of which each makes at least one condition another, and what it makes of each."""
        atoms = [atom for atom, about in self.atoms.items() if about == path]
        found: dict[tuple[Truth, ...], Value] = {}
        for value in self.values(path):
            facts = {"v": Seen(value)}
            found.setdefault(tuple(truth_of(evaluate(atom, facts).value) for atom in atoms), value)
        return [(value, tuple(zip(atoms, came, strict=True))) for came, value in found.items()]

    # -- conditions as and, or and not of atoms, each about one fact

    def plain(self, node: Node) -> Node:
        """The condition with every part that is about one fact as an atom."""
        match node:
            case nodes.Named():
                return self.plain(node.body)
            case nodes.Not():
                return nodes.Not(node.at, self.plain(node.value))
            case nodes.Logic():
                return nodes.Logic(node.at, node.op, tuple(self.plain(value) for value in node.values))
            case nodes.Compare(left=left, right=right):
                return self.comparison(node, self.literal(left), self.literal(right))
            case nodes.In(member=nodes.Fact() as member, container=nodes.ListOf(items=items)):
                literals = [each for item in items if (each := self.literal(item)) is not None]
                if len(literals) == len(items):
                    inside = nodes.In(node.at, _IT, nodes.ListOf(node.at, tuple(literals)))
                    return self.atom(inside, member.path, *(each.value for each in literals))
            case nodes.Fact() if isinstance(type_of(self.policy, node.path), Boolean):
                return self.atom(_IT, node.path, True, False)  # noqa: FBT003 - the values of a fact
            case nodes.Literal():
                return self.atom(node, _NONE)
        path = self.unnamed.setdefault(node, ("?", str(len(self.unnamed))))
        return self.atom(_IT, path, True, False)  # noqa: FBT003 - the values of a fact

    def comparison(
        self, node: nodes.Compare, left: nodes.Literal | None, right: nodes.Literal | None
    ) -> Node:
        """A comparison of a fact with a literal, or of what cannot be told apart."""
        if left is not None and right is not None:
            return self.atom(nodes.Compare(node.at, node.op, left, right), _NONE)
        if isinstance(node.left, nodes.Fact) and right is not None and self.can_try(node.left.path):
            return self.atom(nodes.Compare(node.at, node.op, _IT, right), node.left.path, right.value)
        if isinstance(node.right, nodes.Fact) and left is not None and self.can_try(node.right.path):
            return self.atom(nodes.Compare(node.at, node.op, left, _IT), node.right.path, left.value)
        path = self.unnamed.setdefault(node, ("?", str(len(self.unnamed))))
        return self.atom(_IT, path, True, False)  # noqa: FBT003 - the values of a fact

    def can_try(self, path: Path) -> bool:
        """Whether values of a fact can be thought up."""
        return path in self.fixed or type_of(self.policy, path) is not None

    def literal(self, node: Node) -> nodes.Literal | None:
        """What is written out, or set by a parameter."""
        if isinstance(node, nodes.Literal):
            return node
        if isinstance(node, nodes.Fact) and node.path[0] == "parameter":
            return nodes.Literal(node.at, self.policy.parameters[node.path[1]])
        return None

    def atom(self, node: Node, path: Path, *values: Value) -> Node:
        """A condition about one fact, which ``node`` calls ``v``."""
        self.said.setdefault(path, set()).update(values)
        named = nodes.Named(node.at, ".".join(path), node)
        self.atoms[named] = path
        return named

    # -- values to try

    def values(self, path: Path) -> tuple[Value, ...]:
        """Values of a fact at, between and beyond those that it is compared with."""
        said = self.said[path]
        none: tuple[Value, ...] = (None,) if None in said else ()
        if path in self.fixed:
            return self.fixed[path] + none
        kind = type_of(self.policy, path) if path[0] not in ("?", "") else None
        if isinstance(kind, Choice) and not kind.vocabulary.extensible:
            return kind.vocabulary.values + none
        return tuple(_around([each for each in said if each is not None], kind)) + none


def _truth(node: Node, atoms: Mapping[Node, Truth]) -> Truth:
    match node:
        case nodes.Not():
            return not_(_truth(node.value, atoms))
        case nodes.Logic():
            combine = all_of if node.op == "and" else any_of
            return combine(_truth(value, atoms) for value in node.values)
        case _:
            return atoms[node]


def _around(said: Sequence[Any], kind: Type | None) -> Iterator[Value]:
    """Values at, between and beyond those that are named."""
    if not said or isinstance(said[0], bool):
        yield from (True, False)
    elif isinstance(said[0], Decimal):
        yield from _numbers(sorted(said), kind)
    elif isinstance(said[0], date):
        yield from sorted({each + timedelta(days=by) for each in said for by in (-1, 0, 1)})
    else:
        yield from (*sorted(said, key=str), _OTHER)


def _numbers(said: Sequence[Decimal], kind: Type | None) -> Iterator[Decimal]:
    low, high = (kind.low, kind.high) if isinstance(kind, Number) else (None, None)
    can_be = [each for each in said if (low is None or each >= low) and (high is None or each <= high)]
    start = min(said[0], high or said[0]) - 1 if low is None else low
    ends = [start, *can_be, max(said[-1], start) + 1 if high is None else high]
    for lower, upper in pairwise(ends):
        yield from (lower, (lower + upper) / 2)
    yield ends[-1]
