"""The files that an editor has open, and those that they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from release_gate.diagnostics import InputError, Span
from release_gate.editor.lines import Lines
from release_gate.editor.nodes import Found, Node, find
from release_gate.editor.outline import outline
from release_gate.policy.load import is_path
from release_gate.policy.packs import data_folder, load_pack, pack_file, pack_names
from release_gate.source import POLICY_LIMITS, Pointer, read_data

__all__ = ["Page", "page_of", "policy_path"]


@dataclass(frozen=True)
class Page:
    """A text and what it is called.

    Attributes:
        path: Its file.
        text: What it says now.
    """

    path: Path
    text: str

    @cached_property
    def lines(self) -> Lines:
        """Its lines."""
        return Lines(self.text)

    @cached_property
    def root(self) -> Node:
        """What is in it, as far as it can be read."""
        return outline(self.text) if len(self.text) <= POLICY_LIMITS.size else Node(0, 0, entries=[])

    @cached_property
    def kind(self) -> str:
        """The kind that it says it is; empty if it says none."""
        return self.word(("release_gate",))

    @property
    def extends(self) -> bool:
        """Whether it stands on another policy, so that not everything must be in it."""
        return bool(self.word(("extends",)))

    def word(self, pointer: Pointer) -> str:
        """The text at a place; empty if there is none."""
        node = self.root.at(pointer)
        return node.text if node is not None else ""

    def names(self, pointer: Pointer) -> list[str]:
        """The keys of the mapping at a place."""
        node = self.root.at(pointer)
        return [each.key.text for each in (node.entries if node else None) or ()]

    def find(self, offset: int) -> Found | None:
        """What stands at an offset."""
        return find(self.root, offset)

    def span(self, node: Node) -> Span:
        """The place of a key or a value."""
        return self.lines.span(self.path.as_posix(), node.start, node.end)


def page_of(path: Path) -> Page | None:
    """The page of a file, as it stands in the editor or else on disk; None if it cannot be read."""
    try:
        data = read_data(path, path.as_posix(), POLICY_LIMITS)
    except InputError:
        return None
    text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else data
    return Page(path, text)


def policy_path(reference: str, folder: Path) -> Path | None:
    """The file of a policy that is referred to from a folder: a path, or a pack by its name."""
    if is_path(reference):
        return folder / reference
    name = reference.partition("@")[0]
    if name not in pack_names():
        return None
    try:
        return pack_file(load_pack(reference))
    except InputError:
        return data_folder("policies") / name / "policy.yaml"
