"""What stands in a document as far as it can be read: values, and where they are in its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from release_gate.scalars import parse_number
from release_gate.source import Pointer, Tree

__all__ = ["Entry", "Found", "Node", "find", "texts"]

_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(slots=True)
class Node:
    """A value: a text, a list or a mapping.

    Attributes:
        start: Where it starts: an offset into the text.
        end: Where it ends, exclusive.
        style: Of a text, how it is quoted: nothing, a quote, ``|`` or ``>``.
        text: Of a text, what it says; lines are joined by one space.
        inner: Of a text, where what it says starts and ends, without its quotes.
        entries: Of a mapping, its entries.
        items: Of a list, its members.
        flow: Whether it is in brackets.
    """

    start: int
    end: int
    style: str = ""
    text: str = ""
    inner: tuple[int, int] = (0, 0)
    entries: list[Entry] | None = None
    items: list[Node] | None = None
    flow: bool = False

    @property
    def value(self) -> Tree:
        """What it says, as plain data; of keys that are there twice, the first."""
        if self.entries is not None:
            found: dict[str, Tree] = {}
            for each in self.entries:
                found.setdefault(each.key.text, each.value.value if each.value else None)
            return found
        if self.items is not None:
            return [each.value for each in self.items]
        if self.style == "" and self.text.lower() in _WORDS:
            return _WORDS[self.text.lower()]
        number = parse_number(self.text) if self.style == "" and len(self.text) < 60 else None
        return self.text if number is None else number

    def entry(self, key: str) -> Entry | None:
        """The entry of a key, if this is a mapping that has it."""
        return next((each for each in self.entries or () if each.key.text == key), None)

    def at(self, pointer: Pointer) -> Node | None:
        """The value at a pointer, if it is there."""
        found: Node | None = self
        for step in pointer:
            if found is None:
                return None
            if isinstance(step, str):
                entry = found.entry(step)
                found = entry.value if entry else None
            else:
                found = found.items[step] if found.items is not None and step < len(found.items) else None
        return found


@dataclass(slots=True)
class Entry:
    """A key and its value. One that is still being written may have no value, and not even a colon."""

    key: Node
    value: Node | None = None
    colon: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at an offset.

    Attributes:
        pointer: The way to it.
        node: The key, or the text that is a value.
        is_key: Whether it is a key.
        around: The mappings and lists that it is in, outermost first, each with the way to it.
    """

    pointer: Pointer
    node: Node
    is_key: bool
    around: tuple[tuple[Pointer, Node], ...] = field(repr=False)


def find(root: Node, offset: int) -> Found | None:
    """The innermost key or text at an offset, its end included."""
    pointer: Pointer = ()
    node = root
    around: list[tuple[Pointer, Node]] = []
    while node.entries is not None or node.items is not None:
        around.append((pointer, node))
        if node.entries is not None:
            at = _last((each.key.start for each in node.entries), offset)
            if at is None:
                return None
            entry = node.entries[at]
            pointer = (*pointer, entry.key.text)
            if offset <= entry.key.end:
                return Found(pointer, entry.key, is_key=True, around=tuple(around))
            if entry.value is None:
                return None
            node = entry.value
        else:
            items = node.items or []
            at = _last((each.start for each in items), offset)
            if at is None:
                return None
            pointer, node = (*pointer, at), items[at]
    if node.start <= offset <= node.end:
        return Found(pointer, node, is_key=False, around=tuple(around))
    return None


def texts(root: Node) -> Iterator[tuple[Pointer, Node]]:
    """Every text that is a value, with the way to it."""
    waiting: list[tuple[Pointer, Node]] = [((), root)]
    while waiting:
        pointer, node = waiting.pop()
        if node.entries is not None:
            waiting += [((*pointer, each.key.text), each.value) for each in node.entries if each.value]
        elif node.items is not None:
            waiting += [((*pointer, index), each) for index, each in enumerate(node.items)]
        else:
            yield pointer, node


def _last(starts: Iterable[int], offset: int) -> int | None:
    """The number of the last of some things that starts at or before an offset."""
    found = None
    for index, start in enumerate(starts):
        if start > offset:
            break
        found = index
    return found
