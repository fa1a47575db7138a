"""The conditions of a policy, checked against what it may read."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import Final

from release_gate.expression import nodes
from release_gate.expression.check import Scope, check_condition, check_value
from release_gate.expression.monotone import reads
from release_gate.expression.nodes import Condition, Node
from release_gate.facts.types import RecordType, Type
from release_gate.policy.documents import PolicyDocument
from release_gate.policy.places import Problems
from release_gate.source import Pointer

__all__ = ["ACCESS", "TIER", "Conditions"]

ACCESS, TIER = ("artifact", "access"), ("tier",)


class Conditions:
    """Reads conditions, with the definitions of the policy known."""

    def __init__(self, shape: PolicyDocument, root: RecordType, problems: Problems) -> None:
        self.shape, self.problems = shape, problems
        self.bodies: dict[str, Node] = {}
        self.shown: dict[str, bool] = {}
        self.scope = Scope(root, self.bodies)
        self.definitions = self._definitions()

    def condition(self, text: str, pointer: Pointer) -> Condition | None:
        """A condition, or None if something is wrong with it."""
        root, problems = check_condition(text, self.scope)
        for problem in problems:
            self.problems.add_within(pointer, problem)
        if root is None:
            return None
        return Condition(text, root)

    def value(self, text: str, pointer: Pointer) -> tuple[Node | None, Type]:
        """An expression of any type, or None if something is wrong with it."""
        node, kind, problems = check_value(text, self.scope)
        for problem in problems:
            self.problems.add_within(pointer, problem)
        return (None if problems else node), kind

    def can_show(self, path: str) -> bool:
        """Whether a text can show a fact. Asked again and again for the same few."""
        if path not in self.shown:
            self.shown[path] = not check_value(path, self.scope)[2]
        return self.shown[path]

    def policy_scope(self) -> Condition | None:
        """The condition that says which requests the policy applies to."""
        if self.shape.scope is None:
            return None
        scope = self.condition(self.shape.scope, ("scope",))
        for path in (ACCESS, TIER):
            if scope is not None and reads(scope.root, path):
                self.problems.add(
                    "RG305",
                    f"a scope cannot read `{'.'.join(path)}`",
                    ("scope",),
                    "use `at` or `when` on the rules",
                )
        return scope

    def _definitions(self) -> dict[str, Condition]:
        """Every definition after those that it stands on."""
        texts = self.shape.definitions
        order = TopologicalSorter({name: _names_in(text) & set(texts) for name, text in texts.items()})
        try:
            order.prepare()
        except CycleError as error:
            for name in sorted(set(error.args[1])):
                self.problems.add("RG304", f"the definition `{name}` goes in a circle", ("definitions", name))
            self.bodies |= dict.fromkeys(texts, _FALSE)
            return {}
        done: dict[str, Condition] = {}
        while ready := order.get_ready():
            for name in sorted(ready):
                checked = self.condition(texts[name], ("definitions", name))
                body = checked.root if checked is not None else _FALSE
                self.bodies[name] = body
                if checked is not None:
                    done[name] = checked
                order.done(name)
        return done


_FALSE: Final = nodes.Literal(nodes.At(0, 1), value=False)


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"\bis\.([a-z_][a-z0-9_]*)", text))
