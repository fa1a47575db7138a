"""Code for facts that are all plainly known: ordinary Python, as fast as it gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from release_gate.evaluate.emit import Code, Emitter, spelled_out
from release_gate.evaluate.fetch import Leaf, Many, Variables
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.expression.patterns import matcher
from release_gate.facts.truth import LIMIT, OPERATIONS, Duration, Step
from release_gate.policy.model import Policy

__all__ = ["Known"]


class Known(Emitter):
    """Code for facts that are plainly known: a rule is left for ``later`` at the first one that is not.

    Steps of ordered vocabularies are their ranks. What an operand needs is loaded before the whole
    condition, so that a gap may be met that the reference would not have looked at; then the other emitter
    answers, and the answer is the same.
    """

    def __init__(self, code: Code, policy: Policy) -> None:
        super().__init__(code, policy)
        self._ways: list[str] = []  # to leave the rule: the last one is that of the innermost loop
        self._perhaps: set[str] = (
            set()
        )  # the names of what is shared by rules, and None where it is not known

    @contextmanager
    def rule(self, number: int) -> Iterator[None]:
        """The code of a rule. What is not plainly known leaves it for later."""
        with self.leaving(f"later.append({number}); break"):
            yield

    @contextmanager
    def leaving(self, way: str) -> Iterator[None]:
        """A block that can be left."""
        with self.block("while True:"):
            self._ways.append(way)
            yield
            self._ways.pop()
            self.code.line("break")

    def give_up(self, condition: str) -> None:
        """Leave if so."""
        self.code.line(f"if {condition}: {self._ways[-1]}")

    def share(self, node: nodes.Fact | nodes.Named) -> None:
        name = self.set("None")
        with self.leaving("break"):
            self.code.line(f"{name} = {self.emit(node, {})}")
        key = self.key(node)
        self.keep(key, name)
        self._perhaps.add(name)

    def shared(self, key: Any) -> str | None:
        """The name of what has been loaded, if it has been: plainly known from here on."""
        name = self.known_as(key)
        if name in self._perhaps and self.known_as(("sure", name)) is None:
            self.give_up(f"{name} is None")
            self.keep(("sure", name), name)
        return name

    def key(self, node: nodes.Fact | nodes.Named) -> Any:
        """What a fact or a definition is kept under."""
        if isinstance(node, nodes.Named):
            return ("is", id(node.body))
        leaf = self.find(node.path, {})
        assert isinstance(leaf, Leaf)  # noqa: S101 - only those are shared
        return leaf.code

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
            self.give_up("True")
        return self.value_of(node.value)

    def require(self, name: str, known: type) -> None:
        """Give up unless a value is plainly known."""
        self.give_up(f"{name}.__class__ is not {known.__name__}")
        if known is Step:
            self.code.line(f"{name} = {name}.rank")

    def fact(self, node: nodes.Fact, variables: Variables) -> str:
        leaf = self.find(node.path, variables)
        assert isinstance(leaf, Leaf)  # noqa: S101 - the checker lets only lists and leaves be values
        if leaf.code in self.code.values:
            return leaf.code
        if (name := self.shared(leaf.code)) is not None:
            return name
        name = self.set(leaf.code)
        self.require(name, leaf.known)
        return self.keep(leaf.code, name)

    def named(self, node: nodes.Named, variables: Variables) -> str:
        key = self.key(node)
        return self.shared(key) or self.keep(key, self.set(self.emit(node.body, {})))

    def not_(self, node: nodes.Not, variables: Variables) -> str:
        return f"(not {self.emit(node.value, variables)})"

    def logic(self, node: nodes.Logic, variables: Variables) -> str:
        return "(" + f" {node.op} ".join(self.emit(each, variables) for each in node.values) + ")"

    def compare(self, node: nodes.Compare, variables: Variables) -> str:
        sides = [side for side in (node.left, node.right) if side != nodes.Literal(side.at, None)]
        if len(sides) < 2:
            return self.is_null(node.op, sides, variables)
        native = self.native(node, variables)
        if native is not None:
            return f"({native[0]} {node.op} {native[1]})"
        codes = [self.emit(side, variables) for side in sides]
        if node.op not in ("==", "!=") and self.class_of(node.left, variables) is Duration:
            name = self.set(f"compare({node.op!r}, {codes[0]}, {codes[1]})")
            self.require(name, bool)
            return name
        return f"({codes[0]} {node.op} {codes[1]})"

    def is_null(self, op: str, others: list[Node], variables: Variables) -> str:
        """Whether something is null: a fact may be, and nothing else that is plainly known."""
        match others:
            case [nodes.Fact() as fact]:
                leaf = self.find(fact.path, variables)
                assert isinstance(leaf, Leaf)  # noqa: S101 - as in `fact`
                if leaf.code not in self.code.values and self.shared(leaf.code) is None:
                    name = self.set(leaf.code)
                    self.give_up(f"{name} is not None and {name}.__class__ is not {leaf.known.__name__}")
                    return f"({name} {'is' if op == '==' else 'is not'} None)"
            case [other]:
                self.emit(other, variables)
        return str((op == "==") is (not others))

    def native(self, node: nodes.Compare, variables: Variables) -> list[str] | None:
        """Both sides as whole numbers or lengths of time of Python's own, where that is simple; or None."""
        for simple, code in ((self.is_whole, self.whole), (self.is_length, self.length)):
            if all(simple(side, variables) for side in (node.left, node.right)):
                return [code(side, variables) for side in (node.left, node.right)]
        return None

    def is_whole(self, node: Node, variables: Variables) -> bool:
        """Whether it is a count or a part of a date, or a whole number as it is written."""
        match spelled_out(node):
            case nodes.Literal(value=Decimal() as value):
                return value == int(value)
            case (
                nodes.Call(function="count" | "distinct")
                | nodes.Part(name="length" | "year" | "month" | "day")
            ):
                return True
        return False

    def whole(self, node: Node, variables: Variables) -> str:
        """Code for it as an ``int``."""
        match spelled_out(node):
            case nodes.Literal(value=Decimal() as value):
                return str(int(value))
            case nodes.Call(function="distinct", argument=argument):
                return self.distinct(argument, variables)
            case nodes.Call(argument=nodes.Comprehension() as each):
                return self.counted(each, variables)
            case nodes.Call(argument=items):
                return f"len({self.listed(self.list_of(items, variables))}.items)"
            case nodes.Part(name=name, value=value):
                many = self.many(value, variables)
                if many is not None:
                    return f"len({self.listed(many)}.items)"
                code = self.emit(value, variables)
                return f"len({code})" if name == "length" else f"{code}.{name}"
        raise AssertionError(node)  # see `is_whole`

    def is_length(self, node: Node, variables: Variables) -> bool:
        """Whether it is the time between two days, or a length without months."""
        match node:
            case nodes.Literal(value=Duration() as value):
                return value.is_ordered
            case nodes.Binary(op="-"):
                return all(self.class_of(side, variables) is date for side in (node.left, node.right))
        return False

    def length(self, node: Node, variables: Variables) -> str:
        """Code for it as a ``timedelta``."""
        if isinstance(node, nodes.Binary):
            return f"({self.emit(node.left, variables)} - {self.emit(node.right, variables)})"
        assert isinstance(node, nodes.Literal)  # noqa: S101 - see `is_length`
        assert isinstance(node.value, Duration)  # noqa: S101 - as above
        return self.code.bind(timedelta(seconds=node.value.seconds))

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
        items, each, gap = self.listed(many), self.code.temp(), self.set("False")
        with self.block(f"for {each} in {items}.items:"):
            self._ways.append(f"{gap} = True; break")
            yield each
            self._ways.pop()
        self.give_up(gap)

    def listed(self, many: Many) -> str:
        """A list that is known to be complete."""
        if (name := self.known_as(many.code)) is not None:
            return name
        name = self.set(many.code)
        self.give_up(f"{name}.unknown is not None or not {name}.complete")
        return self.keep(many.code, name)

    def match(self, node: nodes.Match, variables: Variables) -> str:
        found = self.code.bind(matcher(node.pattern, anchored=node.anchored))
        return f"bool({found}({self.emit(node.text, variables)}))"

    def binary(self, node: nodes.Binary, variables: Variables) -> str:
        left, right = self.emit(node.left, variables), self.emit(node.right, variables)
        known = self.class_of(node, variables)
        if known is Decimal and node.op in OPERATIONS:
            if node.op == "/":
                self.give_up(f"not {right}")
            name = self.set(f"{self.code.bind(OPERATIONS[node.op])}({left}, {right})")
            low, high = self.code.bind(-LIMIT), self.code.bind(LIMIT)
            self.give_up(f"not {low} < {name} < {high}")
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
        if node.function in ("count", "distinct"):
            return f"Decimal({self.whole(node, variables)})"
        assert isinstance(argument, nodes.Comprehension)  # noqa: S101 - see `expressible`
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
        return f"len({found})"

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
        return number

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
        if node.name == "is_empty":
            return f"(not {self.listed(self.list_of(node.value, variables))}.items)"
        return f"Decimal({self.whole(node, variables)})"
