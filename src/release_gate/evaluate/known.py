"""Code for facts that are all plainly known: ordinary Python, as fast as it gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from release_gate.evaluate.emit import Emitter
from release_gate.evaluate.fetch import Leaf, Many, Variables
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.expression.patterns import matcher
from release_gate.facts.truth import LIMIT, OPERATIONS, Duration, Step

__all__ = ["Known"]


class Known(Emitter):
    """Code for facts that are all plainly known: ``return None`` at the first one that is not.

    Steps of ordered vocabularies are their ranks. What an operand needs is loaded before the whole
    condition, so that a gap may be met that the reference would not have looked at; then the other emitter
    answers, and the answer is the same.
    """

    def truth(self, node: Node, variables: Variables) -> str:
        return self.emit(node, variables)

    def value_of(self, value: Any) -> str:
        """Code for a literal."""
        if isinstance(value, bool):
            return str(value)
        if isinstance(value, Step):
            return str(value.rank)
        return self.code.bind(value)

    def literal(self, node: nodes.Literal, variables: Variables) -> str:
        if node.value is None:
            self.code.line("return None")
        return self.value_of(node.value)

    def require(self, name: str, known: type) -> None:
        """Give up unless a value is plainly known."""
        self.code.line(f"if {name}.__class__ is not {known.__name__}: return None")
        if known is Step:
            self.code.line(f"{name} = {name}.rank")

    def fact(self, node: nodes.Fact, variables: Variables) -> str:
        leaf = self.find(node.path, variables)
        assert isinstance(leaf, Leaf)  # noqa: S101 - the checker lets only lists and leaves be values
        if leaf.code in self.code.values:
            return leaf.code
        if (name := self.known_as(leaf.code)) is not None:
            return name
        name = self.set(leaf.code)
        self.require(name, leaf.known)
        return self.keep(leaf.code, name)

    def named(self, node: nodes.Named, variables: Variables) -> str:
        key = ("is", id(node.body))
        return self.known_as(key) or self.keep(key, self.set(self.emit(node.body, {})))

    def not_(self, node: nodes.Not, variables: Variables) -> str:
        return f"(not {self.emit(node.value, variables)})"

    def logic(self, node: nodes.Logic, variables: Variables) -> str:
        return "(" + f" {node.op} ".join(self.emit(each, variables) for each in node.values) + ")"

    def compare(self, node: nodes.Compare, variables: Variables) -> str:
        sides = [side for side in (node.left, node.right) if side != nodes.Literal(side.at, None)]
        codes = [self.emit(side, variables) for side in sides]
        if len(sides) < 2:  # only null equals null, and what is plainly known is not null
            return str((node.op == "==") is (not sides))
        if node.op not in ("==", "!=") and self.class_of(node.left, variables) is Duration:
            name = self.set(f"compare({node.op!r}, {codes[0]}, {codes[1]})")
            self.require(name, bool)
            return name
        return f"({codes[0]} {node.op} {codes[1]})"

    def in_(self, node: nodes.In, variables: Variables) -> str:
        member = self.emit(node.member, variables)
        if isinstance(node.container, nodes.ListOf):
            items = [item for item in node.container.items if item != nodes.Literal(item.at, None)]
            if all(isinstance(item, nodes.Literal) for item in items):
                values = (item.value for item in items if isinstance(item, nodes.Literal))
                known = frozenset(value.rank if isinstance(value, Step) else value for value in values)
                return f"({member} in {self.code.bind(known)})"
            return "(" + " or ".join(f"{member} == {self.emit(item, variables)}" for item in items) + ")"
        many = self.list_of(node.container, variables)
        member, found = self.set(member), self.set("False")
        with self.members(many) as each:
            item = self.set(f"{each}.value")
            self.require(item, self.class_of(node.member, variables))
            with self.block(f"if {item} == {member}:"):
                self.code.line(f"{found} = True")
                self.code.line("break")
        return found

    @contextmanager
    def members(self, many: Many) -> Iterator[str]:
        """A loop over the members of a list that is known to be complete."""
        items, each = self.listed(many), self.code.temp()
        with self.block(f"for {each} in {items}.items:"):
            yield each

    def listed(self, many: Many) -> str:
        """A list that is known to be complete."""
        if (name := self.known_as(many.code)) is not None:
            return name
        name = self.set(many.code)
        self.code.line(f"if {name}.unknown is not None or not {name}.complete: return None")
        return self.keep(many.code, name)

    def match(self, node: nodes.Match, variables: Variables) -> str:
        found = self.code.bind(matcher(node.pattern, anchored=node.anchored))
        return f"bool({found}({self.emit(node.text, variables)}))"

    def binary(self, node: nodes.Binary, variables: Variables) -> str:
        left, right = self.emit(node.left, variables), self.emit(node.right, variables)
        known = self.class_of(node, variables)
        if known is Decimal and node.op in OPERATIONS:
            if node.op == "/":
                self.code.line(f"if not {right}: return None")
            name = self.set(f"{self.code.bind(OPERATIONS[node.op])}({left}, {right})")
            low, high = self.code.bind(-LIMIT), self.code.bind(LIMIT)
            self.code.line(f"if not {low} < {name} < {high}: return None")
            return name
        name = self.set(f"arithmetic({node.op!r}, {left}, {right})")
        self.require(name, known)
        return name

    def choose(self, node: nodes.Choose, variables: Variables) -> str:
        name, test = self.code.temp(), self.emit(node.test, variables)
        with self.block(f"if {test}:"):
            self.code.line(f"{name} = {self.emit(node.then, variables)}")
        with self.block("else:"):
            self.code.line(f"{name} = {self.emit(node.otherwise, variables)}")
        return name

    def coalesce(self, node: nodes.Coalesce, variables: Variables) -> str:
        return self.emit(node.value, variables)  # what is plainly known is not null

    def call(self, node: nodes.Call, variables: Variables) -> str:
        argument = node.argument
        if node.function == "abs":
            value = self.set(self.emit(argument, variables))
            zero = self.code.bind(Decimal(0))
            self.code.line(f"if {value} < {zero}: {value} = arithmetic('-', {zero}, {value})")
            return value
        if isinstance(argument, nodes.ListOf):
            word = " or " if node.function == "any" else " and "
            items = [self.emit(item, variables) for item in argument.items]
            return "(" + (word.join(items) or str(node.function == "all")) + ")"
        if node.function == "distinct":
            return self.distinct(argument, variables)
        if isinstance(argument, nodes.Fact):
            return f"Decimal(len({self.listed(self.list_of(argument, variables))}.items))"
        assert isinstance(argument, nodes.Comprehension)  # noqa: S101 - see `expressible`
        if node.function == "count":
            return self.counted(argument, variables)
        return self.quantified(argument, variables, seek=node.function == "any")

    def distinct(self, argument: Node, variables: Variables) -> str:
        """How many different values there are."""
        found = self.set("set()")
        if isinstance(argument, nodes.Comprehension):
            with self.kept(argument, variables) as inner:
                self.code.line(f"{found}.add({self.emit(argument.result, inner)})")
        else:
            many = self.list_of(argument, variables)
            with self.members(many) as each:
                value = self.set(f"{each}.value")
                self.require(value, self.item_class(many))
                self.code.line(f"{found}.add({value})")
        return f"Decimal(len({found}))"

    def quantified(self, each: nodes.Comprehension, variables: Variables, *, seek: bool) -> str:
        """Whether a member is true (``seek``), or whether none is false."""
        found = self.set(str(not seek))
        with self.kept(each, variables) as inner:
            result = self.emit(each.result, inner)
            with self.block(f"if {'' if seek else 'not '}{result}:"):
                self.code.line(f"{found} = {seek}")
                self.code.line("break")
        return found

    def counted(self, each: nodes.Comprehension, variables: Variables) -> str:
        number = self.set("0")
        with self.kept(each, variables):
            self.code.line(f"{number} += 1")
        return f"Decimal({number})"

    @contextmanager
    def kept(self, each: nodes.Comprehension, variables: Variables) -> Iterator[Variables]:
        """A loop over the members that a filter keeps."""
        many = self.list_of(each.items, variables)
        with self.members(many) as member:
            inner = {**variables, each.variable: (member, many.item)}
            if each.condition is None:
                yield inner
            else:
                with self.block(f"if {self.emit(each.condition, inner)}:"):
                    yield inner

    def part(self, node: nodes.Part, variables: Variables) -> str:
        many = self.many(node.value, variables)
        if many is not None:
            items = f"{self.listed(many)}.items"
            return f"(not {items})" if node.name == "is_empty" else f"Decimal(len({items}))"
        value = self.emit(node.value, variables)
        return f"Decimal(len({value}))" if node.name == "length" else f"Decimal({value}.{node.name})"
