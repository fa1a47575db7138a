"""A condition in words. Facts, and whatever a policy wrote itself, stand between backticks or quotes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from release_gate.authoring.explain.words import Words
from release_gate.decision import number_in_words
from release_gate.diagnostics import printable
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.facts.truth import Duration, Step
from release_gate.policy.model import Policy

__all__ = ["InWords", "code"]

Variables: TypeAlias = Mapping[str, str]
"""For the variable of a comprehension: how its members are spoken of."""

_SIGNS: Final = {
    "==": "equal",
    "!=": "unequal",
    "<": "less",
    "<=": "at_most",
    ">": "more",
    ">=": "at_least",
}
_OF_DAYS: Final = {"<": "earlier", "<=": "not_later", ">": "later", ">=": "not_earlier"}
_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_CALCULATE: Final = {"*": "×", "/": "÷"}


def code(text: str) -> str:
    """Text between backticks, with none inside."""
    return f"`{printable(' '.join(text.split())).replace('`', chr(0x2019))}`"


class InWords:
    """Says the conditions of a policy in the words of a language."""

    def __init__(self, words: Words, policy: Policy) -> None:
        self.words, self.policy = words, policy

    def condition(self, node: Node, variables: Variables = MappingProxyType({})) -> str:  # noqa: PLR0911 - a case for each form
        """A node in the place of a condition."""
        match node:
            case nodes.Literal():
                return self.words("always" if node.value is True else "never")
            case nodes.Named():
                return code(f"is.{node.name}")
            case nodes.Fact():
                return self.words("is_true", fact=self.value(node, variables))
            case nodes.Not():
                return self.negated(node.value, variables)
            case nodes.Logic():
                parts = [self.part_of(node, each, variables) for each in node.values]
                return self.words.joined(parts, node.op)
            case nodes.Compare():
                return self.comparison(node, variables)
            case nodes.In():
                return self.membership(node, variables, inside=True)
            case nodes.Match():
                name = "begins" if node.anchored else "matches"
                text = self.value(node.text, variables)
                return self.words(name, text=text, pattern=code(node.pattern))
            case nodes.Call(function="any" | "all"):
                return self.quantified(node, variables)
            case nodes.Part(name="is_empty"):
                return self.words("is_empty", list=self.value(node.value, variables))
        return self.words("is_true", fact=self.value(node, variables))

    def part_of(self, whole: nodes.Logic, part: Node, variables: Variables) -> str:
        """A condition that another is made of: in brackets where it could be read in two ways."""
        said = self.condition(part, variables)
        several = isinstance(part, nodes.Logic) and part.op != whole.op
        listed = isinstance(part, nodes.Call | nodes.Choose) and part is not whole.values[-1]
        return self.words("group", condition=said) if several or listed else said

    def negated(self, node: Node, variables: Variables) -> str:
        """That something is not so."""
        match node:
            case nodes.Fact():
                return self.words("is_false", fact=self.value(node, variables))
            case nodes.In():
                return self.membership(node, variables, inside=False)
            case nodes.Compare(at=at, op=op, left=left, right=right):
                return self.comparison(nodes.Compare(at, _OPPOSITE[op], left, right), variables)
            case nodes.Not():
                return self.condition(node.value, variables)
        return self.words("not", condition=self.condition(node, variables))

    def comparison(self, node: nodes.Compare, variables: Variables) -> str:
        """A comparison: of days in the words for days, and with null as whether there is something."""
        sides = [side for side in (node.left, node.right) if not _is_null(side)]
        if len(sides) == 1 and node.op in ("==", "!="):
            return self.words(
                "is_none" if node.op == "==" else "is_some", fact=self.value(sides[0], variables)
            )
        days = any(isinstance(side, nodes.Literal) and isinstance(side.value, date) for side in sides)
        name = (_OF_DAYS if days else _SIGNS).get(node.op, _SIGNS[node.op])
        left, right = (self.value(side, variables) for side in (node.left, node.right))
        return self.words(name, left=left, right=right)

    def membership(self, node: nodes.In, variables: Variables, *, inside: bool) -> str:
        """That something is in a list, or is not."""
        member = self.value(node.member, variables)
        if isinstance(node.container, nodes.ListOf):
            listed = [self.value(item, variables) for item in node.container.items]
            together = self.words.joined(listed, "or") if listed else self.words("value_none")
            return self.words("one_of" if inside else "none_of", left=member, list=together)
        name = "includes" if inside else "excludes"
        return self.words(name, list=self.value(node.container, variables), item=member)

    def quantified(self, node: nodes.Call, variables: Variables) -> str:
        """What holds for one or for every member of a list."""
        if isinstance(node.argument, nodes.ListOf):
            parts = [
                self.words("group", condition=self.condition(each, variables)) for each in node.argument.items
            ]
            if not parts:
                return self.words("never" if node.function == "any" else "always")
            return self.words.joined(parts, "or" if node.function == "any" else "and")
        name = "for_one" if node.function == "any" else "for_every"
        if not isinstance(node.argument, nodes.Comprehension):
            return self.words(
                name,
                member=self.words("member_of", list=self.value(node.argument, variables)),
                condition=self.words("is_true", fact=self.words("itself")),
            )
        member, inner = self.members("member_of", "member_where", node.argument, variables)
        return self.words(name, member=member, condition=self.condition(node.argument.result, inner))

    def members(
        self, plain: str, filtered: str, each: nodes.Comprehension, variables: Variables, **filled: str
    ) -> tuple[str, Variables]:
        """The members of a list that a comprehension keeps, and how they are spoken of inside."""
        # In a loop within a loop, *its* could be a member of either: the outer one is called by its name.
        inner = {**{name: code(name) for name in variables}, each.variable: ""}
        listed = self.value(each.items, variables)
        if each.condition is None:
            return self.words(plain, list=listed, **filled), inner
        kept = self.condition(each.condition, inner)
        return self.words(filtered, list=listed, condition=kept, **filled), inner

    # -- values

    def value(self, node: Node, variables: Variables) -> str:  # noqa: C901, PLR0911 - as above
        """A node in the place of a value."""
        match node:
            case nodes.Literal():
                return self.literal(node.value)
            case nodes.Fact(path=(head, *rest)):
                if head not in variables or variables[head]:
                    return code(".".join(node.path))
                return self.words("its", fact=code(".".join(rest))) if rest else self.words("itself")
            case nodes.Binary():
                left, right = self.value(node.left, variables), self.value(node.right, variables)
                return f"{left} {_CALCULATE.get(node.op, node.op)} {right}"
            case nodes.Choose():
                return self.words(
                    "choice",
                    then=self.value(node.then, variables),
                    condition=self.condition(node.test, variables),
                    otherwise=self.value(node.otherwise, variables),
                )
            case nodes.Coalesce():
                value, instead = self.value(node.value, variables), self.value(node.instead, variables)
                return self.words("instead", value=value, instead=instead)
            case nodes.ListOf():
                parts = [self.value(item, variables) for item in node.items]
                return self.words.joined(parts, "and") if parts else self.words("value_none")
            case nodes.Comprehension():
                return self.members("member_of", "member_where", node, variables)[0]
            case nodes.Call(function="count" | "distinct"):
                return self.counted(node, variables)
            case nodes.Call(function="abs"):
                return self.words("absolute", value=self.value(node.argument, variables))
            case nodes.Part(name="length"):
                return self.words("length", value=self.value(node.value, variables))
            case nodes.Part(name="year" | "month" | "day"):
                value = self.value(node.value, variables)
                return self.words("part", part=self.words(f"part_{node.name}"), value=value)
        return self.condition(node, variables)

    def counted(self, node: nodes.Call, variables: Variables) -> str:
        """How many members a list has."""
        each = node.argument
        if not isinstance(each, nodes.Comprehension):
            name = "how_many" if node.function == "count" else "how_many_different_members"
            return self.words(name, list=self.value(each, variables))
        if node.function == "count":
            return self.members("how_many", "how_many_where", each, variables)[0]
        match each.result:
            case nodes.Fact(path=(head, *rest)) if head == each.variable and rest:
                value = code(".".join(rest))
            case result:
                value = self.value(result, {**variables, each.variable: ""})
        names = ("how_many_different", "how_many_different_where")
        return self.members(*names, each, variables, value=value)[0]

    def literal(self, value: Any) -> str:
        """A value that a policy wrote itself."""
        match value:
            case bool():
                return self.words("value_true" if value else "value_false")
            case None:
                return self.words("value_none")
            case Step():
                return value.name
            case Duration():
                return self.length(value)
            case Decimal():
                return number_in_words(value)
            case str():
                return value if value.isidentifier() else code(value)
        return str(value)

    def length(self, value: Duration) -> str:
        """A length of time: days where it is nothing but days."""
        days, rest = divmod(value.seconds, 86_400)
        return self.words("days", count=days) if not value.months and not rest else str(value)


def _is_null(node: Node) -> bool:
    return isinstance(node, nodes.Literal) and node.value is None
