"""The trees of conditions that have been read: a text always has the same tree, and reading it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from release_gate.expression.nodes import Node
from release_gate.expression.parse import parse

__all__ = ["Used", "forget", "offer", "tree_of", "used_trees"]

MOST: Final = 50_000
"""So many trees are kept before all are forgotten."""

Trees: TypeAlias = Mapping[str, Node]

_known: Final[dict[str, Node]] = {}
_offered: Final[dict[str, Callable[[], Trees]]] = {}


@dataclass
class Used:
    """The trees that something needed.

    Attributes:
        trees: The trees, by their texts.
        read: How many of them had to be read, because nobody knew them.
    """

    trees: dict[str, Node] = field(default_factory=dict)
    read: int = 0


_used: ContextVar[Used | None] = ContextVar("used", default=None)


def tree_of(text: str) -> Node:
    """The tree of a condition.

    Raises:
        ExpressionProblem: It cannot be read, or uses what the language leaves out.
    """
    tree, used = _known.get(text) or _among_offered(text), _used.get()
    if tree is None:
        tree = parse(text)
        if len(_known) >= MOST:
            _known.clear()
        _known[text] = tree
        if used is not None:
            used.read += 1
    if used is not None:
        used.trees[text] = tree
    return tree


def _among_offered(text: str) -> Node | None:
    while _offered and text not in _known:
        _known.update(_offered.popitem()[1]())
    return _known.get(text)


def offer(name: str, trees: Callable[[], Trees]) -> None:
    """Offer to make trees, for when somebody asks for one that is not known."""
    _offered[name] = trees


def forget() -> None:
    """Know nothing any more, as a new process does."""
    _known.clear()
    _offered.clear()


@contextmanager
def used_trees(known: Trees) -> Iterator[Used]:
    """Collect the trees that are needed inside, where these are known already."""
    _known.update(known)
    used = Used()
    token = _used.set(used)
    try:
        yield used
    finally:
        _used.reset(token)
