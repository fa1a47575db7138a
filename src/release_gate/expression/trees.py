"""The trees of conditions that have been read: a text always has the same tree, and reading it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from release_gate.expression.nodes import Node
from release_gate.expression.parse import parse

__all__ = ["Used", "tree_of", "used_trees"]

MOST: Final = 50_000
"""So many trees are kept before all are forgotten."""

_known: Final[dict[str, Node]] = {}


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
    tree, used = _known.get(text), _used.get()
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


@contextmanager
def used_trees(known: Mapping[str, Node]) -> Iterator[Used]:
    """Collect the trees that are needed inside, where these are known already."""
    _known.update(known)
    used = Used()
    token = _used.set(used)
    try:
        yield used
    finally:
        _used.reset(token)
