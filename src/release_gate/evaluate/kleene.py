"""Code for every fact, in three values: ``True``, ``False``, and ``None`` for what cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from release_gate.evaluate.emit import Emitter
from release_gate.evaluate.fetch import Leaf, Many, Variables
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.expression.patterns import matcher
from release_gate.facts.truth import Items, Step

__all__ = ["Kleene"]

_PLAIN: Final = (Decimal, str, date, bool)
"""Classes whose known values Python compares as the reference does."""


class Kleene(Emitter):
    """Code for every fact. Conditions are ``True``, ``False``, or ``None`` where they cannot be told."""

    def truth(self, node: Node, variables: Variables) -> str:
        code = self.emit(node, variables)
        if code in ("True", "False") or self.is_condition(node):
            return code
        return self.set(f"{code} if {code}.__class__ is bool else None")

    def value(self, node: Node, variables: Variables) -> str:
        """Code for a node as a value: what cannot be told is an unknown, and ``None`` is null."""
        if isinstance(node, nodes.Named):
            key = ("value of", id(node.body))
            return self.known_as(key) or self.keep(key, self.value(node.body, {}))
        code = self.emit(node, variables)
        if code in ("True", "False") or not self.is_condition(node):
            return code
        return self.set(f"UNDECIDED if {code} is None else {code}")

    @staticmethod
    def is_condition(node: Node) -> bool:
        """Whether the code of a node is a truth, and not a value."""
        match node:
            case nodes.Call(function="any" | "all") | nodes.Part(name="is_empty"):
                return True
            case nodes.Named() | nodes.Not() | nodes.Logic() | nodes.Compare() | nodes.In() | nodes.Match():
                return True
        return False

    def literal(self, node: nodes.Literal, variables: Variables) -> str:
        return (
            str(node.value)
            if node.value is None or isinstance(node.value, bool)
            else self.code.bind(node.value)
        )

    def fact(self, node: nodes.Fact, variables: Variables) -> str:
        leaf = self.find(node.path, variables)
        assert isinstance(leaf, Leaf)  # noqa: S101 - the checker lets only lists and leaves be values
        if leaf.code in self.code.values or leaf.code in ("tier", "access"):
            return leaf.code
        return self.known_as(leaf.code) or self.keep(leaf.code, self.set(leaf.code))

    def named(self, node: nodes.Named, variables: Variables) -> str:
        key = ("is", id(node.body))
        return self.known_as(key) or self.keep(key, self.truth(node.body, {}))

    def not_(self, node: nodes.Not, variables: Variables) -> str:
        inner = self.truth(node.value, variables)
        return self.set(f"None if {inner} is None else not {inner}")

    def logic(self, node: nodes.Logic, variables: Variables) -> str:
        first, *others = node.values
        found = self.set(self.truth(first, variables))
        for other in others:
            self.join(found, node.op, partial(self.truth, other, variables))
        return found

    def join(self, found: str, op: str, other: Callable[[], str]) -> None:
        """Kleene *and* or *or* of what was found so far and one more condition."""
        end = "False" if op == "and" else "True"
        with self.block(f"if {found} is not {end}:"):
            more = other()
            self.code.line(f"if {more} is {end} or {found} is not None: {found} = {more}")

    def compare(self, node: nodes.Compare, variables: Variables) -> str:
        left, right = self.value(node.left, variables), self.value(node.right, variables)
        known = self.class_of(node.left, variables)
        known = self.class_of(node.right, variables) if known is type(None) else known
        general = f"settled(compare({node.op!r}, {left}, {right}))"
        sides = [(node.left, left), (node.right, right)]
        open_ = [code for side, code in sides if not isinstance(side, nodes.Literal)]
        if known not in (*_PLAIN, Step) or not open_ or "None" in (left, right):
            return self.set(general)
        plain = [_rank(side, code) if known is Step else code for side, code in sides]
        return self.set(_either(known, open_, f"{plain[0]} {node.op} {plain[1]}", general))

    def in_(self, node: nodes.In, variables: Variables) -> str:
        member = self.value(node.member, variables)
        if not isinstance(node.container, nodes.ListOf):
            many = self.list_of(node.container, variables)
            return self.set(f"settled(contains({member}, values({self.listed(many)})))")
        items = node.container.items
        if not all(isinstance(item, nodes.Literal) for item in items):
            codes = ", ".join(self.value(item, variables) for item in items)
            return self.set(f"settled(contains({member}, Items(({codes},))))")
        known = frozenset(item.value for item in items if isinstance(item, nodes.Literal))
        general = f"settled(contains({member}, {self.code.bind(Items(tuple(known)))}))"
        kind = self.class_of(node.member, variables)
        if kind not in (*_PLAIN, Step) or not known:
            return self.set(general)
        return self.set(_either(kind, [member], f"{member} in {self.code.bind(known)}", general))

    def listed(self, many: Many) -> str:
        """A list, loaded once."""
        return self.known_as(many.code) or self.keep(many.code, self.set(many.code))

    def match(self, node: nodes.Match, variables: Variables) -> str:
        text = self.value(node.text, variables)
        found = self.code.bind(matcher(node.pattern, anchored=node.anchored))
        return self.set(f"bool({found}({text})) if {text}.__class__ is str else None")

    def binary(self, node: nodes.Binary, variables: Variables) -> str:
        left, right = self.value(node.left, variables), self.value(node.right, variables)
        return self.set(f"arithmetic({node.op!r}, {left}, {right})")

    def choose(self, node: nodes.Choose, variables: Variables) -> str:
        test = self.truth(node.test, variables)
        then, otherwise = self.code.temp(), self.code.temp()
        for name, branch, other in ((then, node.then, "False"), (otherwise, node.otherwise, "True")):
            with self.block(f"if {test} is not {other}:"):
                self.code.line(f"{name} = {self.value(branch, variables)}")
        either = f"{otherwise} if {test} is False else hull(({then}, {otherwise}))"
        return self.set(f"{then} if {test} else {either}")

    def coalesce(self, node: nodes.Coalesce, variables: Variables) -> str:
        name = self.set(self.value(node.value, variables))
        with self.block(f"if {name} is None:"):
            self.code.line(f"{name} = {self.value(node.instead, variables)}")
        return name

    def call(self, node: nodes.Call, variables: Variables) -> str:
        argument = node.argument
        if node.function == "abs":
            return self.set(f"absolute({self.value(argument, variables)})")
        if isinstance(argument, nodes.ListOf):
            op = "or" if node.function == "any" else "and"
            found = self.set(str(op == "and"))
            for item in argument.items:
                self.join(found, op, partial(self.truth, item, variables))
            return found
        if isinstance(argument, nodes.Fact):
            return self.set(f"{node.function}(values({self.listed(self.list_of(argument, variables))}))")
        assert isinstance(argument, nodes.Comprehension)  # noqa: S101 - see `expressible`
        if node.function in ("count", "distinct"):
            return self.collected(argument, variables, node.function)
        return self.quantified(argument, variables, seek=node.function == "any")

    def quantified(self, each: nodes.Comprehension, variables: Variables, *, seek: bool) -> str:
        """Whether a member is true (``seek``), or whether none is false, as far as it can be told."""
        many = self.list_of(each.items, variables)
        items, member = self.listed(many), self.code.temp()
        found = self.set(f"{not seek} if {items}.complete and {items}.unknown is None else None")
        with self.each(member, f"{items}.items", many) as stands_for:
            inner = {**variables, each.variable: stands_for}
            kept = "True" if each.condition is None else self.truth(each.condition, inner)
            with self.block(f"if {kept} is not False:"):
                result = self.truth(each.result, inner)
                with self.block(f"if {result} is {seek} and {kept}:"):
                    self.code.line(f"{found} = {seek}")
                    self.code.line("break")
                self.code.line(f"if {result} is not {not seek}: {found} = None")
        return found

    def collected(self, each: nodes.Comprehension, variables: Variables, function: str) -> str:
        """The number of members, or of different ones. To count them, their values are of no interest."""
        many = self.list_of(each.items, variables)
        items, member = self.listed(many), self.code.temp()
        sure, perhaps = self.set("[]"), self.set("[]")
        with self.each(member, f"{items}.items", many) as stands_for:
            inner = {**variables, each.variable: stands_for}
            kept = "True" if each.condition is None else self.truth(each.condition, inner)
            with self.block(f"if {kept} is not False:"):
                value = "None" if function == "count" else self.value(each.result, inner)
                self.code.line(f"({sure} if {kept} else {perhaps}).append({value})")
        return self.set(f"{function}(collected({items}, {sure}, {perhaps}))")

    def part(self, node: nodes.Part, variables: Variables) -> str:
        many = self.many(node.value, variables)
        if many is not None:
            length = self.set(f"count(values({self.listed(many)}))")
            if node.name == "length":
                return length
            return self.set(f"settled(compare('==', {length}, {self.code.bind(Decimal(0))}))")
        return self.set(f"part({self.value(node.value, variables)}, {node.name!r})")


def _either(known: type, codes: Sequence[str], plain: str, general: str) -> str:
    """Code for what holds if values are plainly known, are not known at all, or are anything else."""
    checks = " and ".join(f"{code}.__class__ is {known.__name__}" for code in codes)
    gaps = " or ".join(f"{code}.__class__ is Unknown" for code in codes)
    return f"{plain} if {checks} else None if {gaps} else {general}"


def _rank(side: Node, code: str) -> str:
    return str(side.value.rank) if isinstance(side, nodes.Literal) else f"{code}.rank"
