"""From conditions to Python code: what the emitters for known and for all facts share.

Code never contains text of a policy: values are bound to names, and names of facts are identifiers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final, get_args

from release_gate.evaluate.fetch import Leaf, Many, Variables, fetch
from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.facts.truth import Duration, Items, Step
from release_gate.policy.model import Policy

__all__ = ["Code", "Emitter", "Line", "Loader", "expressible", "spelled_out"]

_HANDLERS: Final = {
    "Literal": "literal",
    "Fact": "fact",
    "Named": "named",
    "Not": "not_",
    "Logic": "logic",
    "Compare": "compare",
    "In": "in_",
    "Match": "match",
    "Binary": "binary",
    "Choose": "choose",
    "Coalesce": "coalesce",
    "Call": "call",
    "Part": "part",
}
# Lists have no code of their own: whatever is done with one writes the loop.
assert {getattr(nodes, name) for name in (*_HANDLERS, "ListOf", "Comprehension")} == set(get_args(Node))  # noqa: S101


@dataclass(slots=True)
class Line:
    """A line of Python, or an empty one where it is not yet known what belongs there."""

    depth: int
    text: str


class Code:
    """Lines of Python, and the values that they name."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.values: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._depth = 0
        self._count = 0

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(f"{'    ' * line.depth}{line.text}\n" for line in self.lines if line.text)

    def line(self, text: str = "") -> Line:
        """Add a line at the present depth."""
        line = Line(self._depth, text)
        self.lines.append(line)
        return line

    @contextmanager
    def block(self, head: str = "") -> Iterator[Line]:
        """Add a line that opens a block, and the block."""
        line = self.line(head)
        self._depth += 1
        yield line
        self._depth -= 1

    def wrap(self, start: int, head: str, *tail: str) -> None:
        """Put the lines from ``start`` into a block, and say what comes after it."""
        for line in self.lines[start:]:
            line.depth += 1
        self.lines.insert(start, Line(self._depth, head))
        for text in tail:
            self.line(text)

    def temp(self) -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"t{self._count}"

    def bind(self, value: Any) -> str:
        """A name for a value: the same for the same value."""
        key = (
            (type(value), value) if isinstance(value, Decimal | str | Step | frozenset | Node) else id(value)
        )
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"k{len(self._names)}"
            self.values[name] = value
        return name


class Loader:
    """Writes code that fetches facts, each record on the way to them once."""

    def __init__(self, code: Code, policy: Policy) -> None:
        self.code, self.policy = code, policy
        self.loaded: list[dict[Any, str]] = [{}]
        self.facts_in: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A block of code. What is loaded in it is known in it only."""
        with self.code.block(head):
            self.loaded.append({})
            yield
            self.loaded.pop()

    def known_as(self, key: Any) -> str | None:
        """The name under which something has already been loaded."""
        return next((names[key] for names in reversed(self.loaded) if key in names), None)

    def keep(self, key: Any, name: str) -> str:
        """Remember the name under which something has been loaded."""
        self.loaded[-1][key] = name
        return name

    def find(self, path: tuple[str, ...], variables: Variables) -> Leaf | Many | None:
        """How a fact is fetched."""
        return fetch(path, variables, self.policy, self.code.bind, self.hold)

    def hold(self, path: tuple[str, ...], code: str) -> str:
        """The name of a record that several facts are in, given when one of them is first fetched."""
        if self.facts_in[path] < 2:
            return code
        key = ("in", path)
        return self.known_as(key) or self.keep(key, self.set(code))

    @contextmanager
    def each(self, member: str, items: str, many: Many) -> Iterator[tuple[str, Any]]:
        """A loop over the items of a list, and what a variable is for each."""
        with self.block(f"for {member} in {items}:"):
            if many.of_models():
                self.code.line(f"{member} = {member}.__dict__")
            yield member, many.item

    def set(self, expression: str) -> str:
        """Give an expression a name."""
        name = self.code.temp()
        self.code.line(f"{name} = {expression}")
        return name


class Emitter(Loader, ABC):
    """Writes code for nodes, one handler for each kind."""

    handlers: ClassVar[dict[type, Callable[[Any, Any, Variables], str]]]

    def __init_subclass__(cls) -> None:
        cls.handlers = {getattr(nodes, name): getattr(cls, to) for name, to in _HANDLERS.items()}

    def many(self, node: Node, variables: Variables) -> Many | None:
        """The list that a node names, if it names one."""
        found = self.find(node.path, variables) if isinstance(node, nodes.Fact) else None
        return found if isinstance(found, Many) else None

    def list_of(self, node: Node, variables: Variables) -> Many:
        """The list that a node must name."""
        many = self.many(node, variables)
        assert many is not None  # noqa: S101 - see `expressible`
        return many

    def emit(self, node: Node, variables: Variables) -> str:
        """Code for a node."""
        node = spelled_out(node)
        return self.handlers[type(node)](self, node, variables)

    @abstractmethod
    def truth(self, node: Node, variables: Variables) -> str:
        """Code for a node in the place of a condition."""

    @abstractmethod
    def fact(self, node: nodes.Fact, variables: Variables) -> str:
        """Code for a fact."""

    def class_of(self, node: Node, variables: Variables) -> type:  # noqa: PLR0911 - a case for each form
        """The class of the known values of a node."""
        match node:
            case nodes.Literal():
                return type(node.value)
            case nodes.Fact():
                found = self.find(node.path, variables)
                return found.known if isinstance(found, Leaf) else Items
            case nodes.Binary():
                sides = {self.class_of(side, variables) for side in (node.left, node.right)}
                if sides == {date}:
                    return Duration
                return date if date in sides else sides.pop() if len(sides) == 1 else Decimal
            case nodes.Choose():
                return self._either(node.then, node.otherwise, variables)
            case nodes.Coalesce():
                return self._either(node.value, node.instead, variables)
            case (
                nodes.Call(function="count" | "distinct" | "abs")
                | nodes.Part(name="length" | "year" | "month" | "day")
            ):
                return Decimal
            case nodes.ListOf() | nodes.Comprehension():
                return Items
            case _:
                return bool

    def _either(self, one: Node, other: Node, variables: Variables) -> type:
        found = self.class_of(one, variables)
        return self.class_of(other, variables) if found is type(None) else found


def spelled_out(node: Node) -> Node:
    """Short forms as what they are short for."""
    match node:
        case nodes.In(container=nodes.Comprehension() as each):
            equal = nodes.Compare(node.at, "==", node.member, each.result)
            return nodes.Call(node.at, "any", replace(each, result=equal))
        case nodes.Part(name="length", value=nodes.Comprehension() as each):
            return nodes.Call(node.at, "count", each)
        case nodes.Part(name="is_empty", value=nodes.Comprehension() as each):
            zero = nodes.Literal(node.at, Decimal(0))
            return nodes.Compare(node.at, "==", nodes.Call(node.at, "count", each), zero)
    return node


LOOPS: Final = 12
"""So many loops inside each other have code. Python has a limit of its own, and definitions reach it."""


def expressible(node: Node, loops: int = LOOPS) -> bool:
    """Whether these emitters have code for a node and all below it; else the reference is asked."""
    match node:
        case nodes.Call(function="any" | "all", argument=nodes.ListOf() as listed):
            below: tuple[Node, ...] = listed.items
        case nodes.Call(
            function="any" | "all" | "count" | "distinct", argument=nodes.Comprehension() as each
        ):
            below, loops = _parts(each), loops - 1
        case nodes.Call(function="count" | "distinct" | "abs"):
            below = (node.argument,)
        case nodes.Call() | nodes.Comprehension() | nodes.ListOf():
            return False
        case nodes.In(member=nodes.Literal(value=None)):
            return False  # `null in [...]` has no member that is plainly known
        case nodes.In(container=nodes.ListOf() as listed):
            below = (node.member, *listed.items)
        case nodes.In(container=nodes.Comprehension() as each):
            below, loops = (node.member, *_parts(each)), loops - 1
        case nodes.Part(name="length" | "is_empty", value=nodes.Comprehension() as each):
            below, loops = _parts(each), loops - 1
        case nodes.Part(name="length" | "is_empty", value=nodes.Choose() | nodes.Coalesce()):
            return False  # it might be a list
        case _:
            below = tuple(nodes.children(node))
    return loops >= 0 and all(expressible(child, loops) for child in below)


def _parts(each: nodes.Comprehension) -> tuple[Node, ...]:
    """What a comprehension is made of. Only over facts: the members of other lists have no code."""
    items = each.items if isinstance(each.items, nodes.Fact) else nodes.ListOf(each.at, ())
    return (each.result, items) if each.condition is None else (each.result, items, each.condition)
