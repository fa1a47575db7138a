"""Trees of conditions as plain data and back. What comes back is checked like any other input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from release_gate.expression import nodes
from release_gate.expression.nodes import FUNCTIONS, PARTS, At, Condition, Node
from release_gate.facts.truth import Duration, Step

__all__ = ["decoded", "encoded", "read_value", "write_value"]

Definitions: TypeAlias = Mapping[str, Condition]
"""The definitions of a policy, by name."""

_COMPARE: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_CALCULATE: Final = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_NONE: Final[Definitions] = {}


def encoded(node: Node) -> list[Any]:
    """A tree as lists, texts, numbers and booleans: the kind of a node, its place, and its parts.

    Of a definition it has the name only.
    """
    kind = type(node).__name__
    parts = [write(getattr(node, name)) for name, (write, _) in zip(_NAMES[kind], _SHAPES[kind], strict=True)]
    return [kind, node.at.start, node.at.end, *parts]


def decoded(data: Any, definitions: Definitions = _NONE) -> Node:
    """A tree from what :func:`encoded` wrote.

    Args:
        data: What was written.
        definitions: The definitions that it names.

    Raises:
        ValueError: It is nothing that :func:`encoded` writes.
    """
    if type(data) is list and len(data) > 3:
        kind, start, end, *parts = data
        shape = _READ.get(kind) if type(kind) is str else None
        if shape is not None and type(start) is int and type(end) is int:
            make, readers = shape
            if len(parts) != len(readers):
                raise ValueError(f"a {kind} has {len(readers)} parts")
            return make(
                At(start, end), *[read(part, definitions) for read, part in zip(readers, parts, strict=True)]
            )
    raise ValueError("this is no node")


def write_value(value: Any) -> Any:
    """A value that can stand in a condition, as plain data."""
    match value:
        case Decimal():
            return {"number": str(value)}
        case date():
            return {"day": value.isoformat()}
        case Duration():
            return {"months": value.months, "seconds": value.seconds}
        case Step():
            return {"rank": value.rank, "word": value.name}
    return value


def read_value(data: Any, _: Definitions = _NONE) -> Any:
    """A value from what :func:`write_value` wrote.

    Raises:
        ValueError: It is nothing that :func:`write_value` writes.
    """
    match data:
        case None | bool() | str():
            return data
        case {"number": str() as text} if len(data) == 1 and len(text) < 400:
            number = Decimal(text)
            if number.is_finite():
                return number
        case {"day": str() as text} if len(data) == 1:
            return date.fromisoformat(text)
        case {"months": int() as months, "seconds": int() as seconds} if len(data) == 2:
            return Duration(months, seconds)
        case {"rank": int() as rank, "word": str() as word} if len(data) == 2:
            return Step(rank, word)
    raise ValueError("this is no value")


def _word_of(words: frozenset[str]) -> Callable[[Any, Definitions], str]:
    def read(data: Any, _: Definitions) -> str:
        if not isinstance(data, str) or data not in words:
            raise ValueError("this is no word of the language")
        return data

    return read


def _read_name(data: Any, _: Definitions) -> str:
    if not isinstance(data, str) or not data.isidentifier():
        raise ValueError("this is no name")
    return data


def _read_definition(data: Any, definitions: Definitions) -> tuple[str, Node]:
    if not isinstance(data, str) or data not in definitions:
        raise ValueError("this is no definition")
    return data, definitions[data].root


def _read_text(data: Any, _: Definitions) -> str:
    if not isinstance(data, str):
        raise ValueError("this is no text")  # noqa: TRY004 - one error for whatever is not ours
    return data


def _read_flag(data: Any, _: Definitions) -> bool:
    if not isinstance(data, bool):
        raise ValueError("this is neither true nor false")  # noqa: TRY004 - as above
    return data


def _list_of(read: Callable[[Any, Definitions], Any]) -> Callable[[Any, Definitions], tuple[Any, ...]]:
    def read_all(data: Any, definitions: Definitions) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise ValueError("this is no list")  # noqa: TRY004 - as above
        return tuple([read(item, definitions) for item in data])

    return read_all


def _write_nodes(items: tuple[Node, ...]) -> list[Any]:
    return [encoded(item) for item in items]


def _write_perhaps(node: Node | None) -> Any:
    return None if node is None else encoded(node)


def _read_perhaps(data: Any, definitions: Definitions) -> Node | None:
    return None if data is None else decoded(data, definitions)


def _same(value: Any) -> Any:
    return value


_Part = tuple[Callable[[Any], Any], Callable[[Any, Definitions], Any]]
_NODE: Final[_Part] = (encoded, decoded)
_NODES: Final[_Part] = (_write_nodes, _list_of(decoded))
_NAME: Final[_Part] = (_same, _read_name)
_SHAPES: Final[dict[str, tuple[_Part, ...]]] = {
    "Literal": ((write_value, read_value),),
    "Named": ((_same, _read_definition),),
    "Fact": ((list, _list_of(_read_name)),),
    "Not": (_NODE,),
    "Logic": ((_same, _word_of(frozenset({"and", "or"}))), _NODES),
    "Compare": ((_same, _word_of(_COMPARE)), _NODE, _NODE),
    "In": (_NODE, _NODE),
    "Match": ((_same, _read_flag), _NODE, (_same, _read_text)),
    "Binary": ((_same, _word_of(_CALCULATE)), _NODE, _NODE),
    "Choose": (_NODE, _NODE, _NODE),
    "Coalesce": (_NODE, _NODE),
    "ListOf": (_NODES,),
    "Comprehension": (_NODE, _NAME, _NODE, (_write_perhaps, _read_perhaps)),
    "Call": ((_same, _word_of(frozenset(FUNCTIONS))), _NODE),
    "Part": (_NODE, (_same, _word_of(frozenset(PARTS)))),
}
"""How each part of each kind of node is written and read. A definition is a fact until it is checked."""
_READ: Final[dict[str, tuple[Callable[..., Node], tuple[Callable[[Any, Definitions], Any], ...]]]] = {
    kind: (getattr(nodes, kind), tuple(read for _, read in shape)) for kind, shape in _SHAPES.items()
} | {"Named": (lambda at, definition: nodes.Named(at, *definition), (_read_definition,))}
_NAMES: Final = {
    kind: getattr(nodes, kind).__match_args__[1 : 1 + len(shape)] for kind, shape in _SHAPES.items()
}
