"""The page of the library: the names, in groups. Their docstrings are put in when the site is built."""

from __future__ import annotations

import inspect
from typing import Final

import release_gate
from tools.reference.markdown import page

__all__ = ["library"]

TITLES: Final = {
    "gate": "Deciding",
    "facts": "Requests",
    "decision": "Decisions",
    "diagnostics": "Problems",
}


def library() -> str:
    """The page of the library."""
    groups: dict[str, list[str]] = {}
    for name in release_gate.__all__:
        module = inspect.getmodule(getattr(release_gate, name))
        layer = module.__name__.split(".")[1] if module else ""
        groups.setdefault(TITLES.get(layer, layer), []).append(name)
    parts = []
    for title in sorted(groups, key=[*TITLES.values(), *groups].index):
        parts += [f"## {title}", *(f"::: release_gate.{name}" for name in groups[title])]
    return page(
        "# Library",
        "What `import release_gate` offers. Anything else is private and may change without notice. For a "
        "program that uses it, see [use it from Python](../how-to/use-the-library.md).",
        *parts,
    )
