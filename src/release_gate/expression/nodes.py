"""The tree of a condition. Small frozen nodes, each with the place it was written at; no execution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

__all__ = [
    "FUNCTIONS",
    "PARTS",
    "At",
    "Binary",
    "Call",
    "Choose",
    "Coalesce",
    "Compare",
    "Comprehension",
    "Condition",
    "Fact",
    "In",
    "ListOf",
    "Literal",
    "Logic",
    "Match",
    "Named",
    "Node",
    "Not",
    "Part",
    "children",
]

FUNCTIONS: Final = ("any", "all", "count", "distinct", "abs")
PARTS: Final = ("length", "is_empty", "year", "month", "day")


@dataclass(frozen=True, slots=True)
class At:
    """A stretch of the text of a condition: offsets, the end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Node:
    at: At = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(_Node):
    """A value that is written out."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fact(_Node):
    """A fact, by its path: ``model.parameters``. The path may start at a variable of a comprehension."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named(_Node):
    """A definition of the policy, by name, with what it stands for."""

    name: str
    body: Node


@dataclass(frozen=True, slots=True)
class Not(_Node):
    """The negation."""

    value: Node


@dataclass(frozen=True, slots=True)
class Logic(_Node):
    """``and`` or ``or`` of two or more conditions."""

    op: str
    values: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(_Node):
    """A comparison: ``== != < <= > >=``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In(_Node):
    """Membership in a list."""

    member: Node
    container: Node


@dataclass(frozen=True, slots=True)
class Match(_Node):
    """A text against a pattern: from its start (``=~``), or anywhere in it (``=~~``)."""

    anchored: bool
    text: Node
    pattern: str


@dataclass(frozen=True, slots=True)
class Binary(_Node):
    """Arithmetic: ``+ - * / // % **``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choose(_Node):
    """``test ? then : otherwise``."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Coalesce(_Node):
    """``value ?? instead``: replaces the statement that there is none."""

    value: Node
    instead: Node


@dataclass(frozen=True, slots=True)
class ListOf(_Node):
    """A list that is written out."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comprehension(_Node):
    """``[result for variable in items if condition]``."""

    result: Node
    variable: str
    items: Node
    condition: Node | None


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """A function: ``$any``, ``$all``, ``$count``, ``$distinct``, ``$abs``."""

    function: str
    argument: Node


@dataclass(frozen=True, slots=True)
class Part(_Node):
    """A part of a value: ``list.length``, ``date.year``."""

    value: Node
    name: str


Node: TypeAlias = (
    Literal
    | Fact
    | Named
    | Not
    | Logic
    | Compare
    | In
    | Match
    | Binary
    | Choose
    | Coalesce
    | ListOf
    | Comprehension
    | Call
    | Part
)


class Condition:
    """A checked expression and the text it was written as.

    Attributes:
        text: The text.
    """

    __slots__ = ("_root", "text")

    def __init__(self, text: str, root: Node | Callable[[], Node]) -> None:
        """Take a tree, or what makes it when it is first asked for."""
        self.text, self._root = text, root

    @property
    def root(self) -> Node:
        """The tree."""
        if callable(self._root):
            self._root = self._root()
        return self._root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and (self.text, self.root) == (other.text, other.root)

    def __hash__(self) -> int:
        return hash((self.text, self.root))

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below a node, in the order in which they are written."""
    return _BELOW[type(node)](node)


_BELOW: dict[type, Callable[[Any], tuple[Node, ...]]] = {
    Literal: lambda _: (),
    Fact: lambda _: (),
    Named: lambda node: (node.body,),
    Not: lambda node: (node.value,),
    Logic: lambda node: node.values,
    Compare: lambda node: (node.left, node.right),
    In: lambda node: (node.member, node.container),
    Match: lambda node: (node.text,),
    Binary: lambda node: (node.left, node.right),
    Choose: lambda node: (node.test, node.then, node.otherwise),
    Coalesce: lambda node: (node.value, node.instead),
    ListOf: lambda node: node.items,
    Comprehension: lambda node: (
        (node.result, node.items) if node.condition is None else (node.result, node.items, node.condition)
    ),
    Call: lambda node: (node.argument,),
    Part: lambda node: (node.value,),
}
