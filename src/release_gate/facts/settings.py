"""``set``: a request with some of its facts changed, where every place still knows where it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

from release_gate.diagnostics import Diagnostic, Span, did_you_mean, printable
from release_gate.facts.access import GatedArtifact
from release_gate.facts.either import FACT
from release_gate.facts.release import Sections
from release_gate.source import Document, Pointer, Tree

__all__ = ["SETTABLE", "Change", "SettingError", "changed"]

_STEP: Final = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_-]*)|\[([^\[\]]{1,200})\]")
_LABELS: Final = ("id", "name", "parent", "kind", "person")
_NEW: Final = "+"

SETTABLE: Final = "write the path as rules read it: `metric.NAME`, `lineage[NAME].license`, `artifact.wanted`"


@dataclass(frozen=True, slots=True)
class Change:
    """A fact and the value that it gets.

    Attributes:
        path: The fact, as rules name it.
        document: The document that says so.
        at: Where in it the value stands.
        key: Where in it the path stands, if that is a place of its own.
    """

    path: str
    document: Document
    at: Pointer
    key: Pointer

    @property
    def value(self) -> Tree:
        """The value."""
        found: Any = self.document.tree
        for step in self.at:
            found = found[step]
        return found  # type: ignore[no-any-return]

    @property
    def span(self) -> Span:
        """The place of the path."""
        return self.document.keys[self.key]


class SettingError(Exception):
    """A change that cannot be made. Carries the diagnostic."""

    def __init__(self, change: Change, message: str, help: str = "") -> None:  # noqa: A002
        """Put the diagnostic at the path."""
        super().__init__(message)
        self.diagnostic = Diagnostic("RG804", message, change.span, help)


Step: TypeAlias = "tuple[str, bool]"
"""A name, and whether it stood in brackets."""


def changed(document: Document, changes: Sequence[Change]) -> Document:
    """A request document with changes, one after the other.

    What is not changed is shared with ``document``; neither is ever written to again.

    Raises:
        SettingError: A path leads nowhere.
    """
    editor = _Editor(document)
    for change in changes:
        for steps in _targets(editor.tree, change):
            editor.apply(change, steps)
    return Document(document.source, editor.tree, editor.spans, editor.keys, editor.styles)


def _targets(tree: Any, change: Change) -> Iterator[list[Step]]:
    """The places in a request that a path means: ``artifact.wanted`` is that of every artifact."""
    steps = _steps(change)
    head = steps[0][0]
    if head == "artifact" and len(steps) > 1:
        if steps[1][0] in ("access", "id") or steps[1][0] not in GatedArtifact.model_fields:
            known = [name for name in GatedArtifact.model_fields if name != "id"]
            raise SettingError(
                change, f"`artifact.{printable(steps[1][0])}` cannot be set", did_you_mean(steps[1][0], known)
            )
        artifacts = tree.get("artifacts")
        for index in range(len(artifacts) if isinstance(artifacts, list) else 0):
            yield [("artifacts", False), (str(index), True), *steps[1:]]
        return
    if head == "request" and len(steps) > 1:
        steps = steps[1:]
    _check_variants(tree, change, steps)
    yield steps


def _steps(change: Change) -> list[Step]:
    steps: list[Step] = []
    place = 0
    while match := _STEP.match(change.path, place):
        if match[1] and bool(steps) != match[0].startswith("."):
            break
        steps.append((match[1] or match[2], match[1] is None))
        place = match.end()
    if place != len(change.path) or not steps or steps[0][1]:
        raise SettingError(change, f"`{printable(change.path)}` is not the path of a fact", SETTABLE)
    return steps


def _check_variants(tree: Any, change: Change, steps: list[Step]) -> None:
    """What a variant states for itself is not changed by what holds for all."""
    variants = tree.get("variants")
    if steps[0][0] not in Sections.model_fields or not isinstance(variants, dict):
        return
    for name, variant in variants.items():
        found: Any = variant
        for step, _ in steps:
            found = found.get(step)
            if found is None:
                break
            if isinstance(found, dict) and not FACT & set(found):
                continue
            raise SettingError(
                change,
                f"the variant `{printable(name)}` states `{printable(change.path)}` itself",
                f"write `variants[{name}].{change.path}`",
            )


class _Editor:
    """A document that is being changed. Containers on the way to a change are copied, and no others."""

    def __init__(self, document: Document) -> None:
        self.tree: Any = dict(document.tree) if isinstance(document.tree, dict) else document.tree
        self.spans = dict(document.spans)
        self.keys = dict(document.keys)
        self.styles = dict(document.styles)

    def apply(self, change: Change, steps: list[Step]) -> None:
        """Walk to the container of the last step, and put the value there."""
        container: Any = self.tree
        pointer: Pointer = ()
        for here, following in pairwise(steps):
            key = self.key(container, here, change)
            inner = self.opened(container, key, following)
            if key == len(container) and isinstance(container, list):
                container.append(inner)
            container[key] = inner
            container, pointer = inner, (*pointer, key)
            if pointer not in self.spans:
                self.spans[pointer] = self.keys[pointer] = change.span
            if isinstance(inner, dict) and "items" in inner and following[1]:
                inner["items"] = container = list(inner["items"])
                pointer = (*pointer, "items")
        self.put(container, self.key(container, steps[-1], change), pointer, change)

    def opened(self, container: Any, key: Any, following: Step) -> Any:
        """A copy of what is at a key, in a form that the following step can go into."""
        found = container.get(key) if isinstance(container, dict) else dict(enumerate(container)).get(key)
        name, _ = following
        if following == (_NEW, True) and (found is None or found == {"unknown": "missing"}):
            return []
        if isinstance(found, list):
            return {"items": list(found)} if following == ("complete", False) else list(found)
        if isinstance(found, dict):
            # `{unknown: missing}` says it of a whole record, and is over when a part of it is said.
            is_fact = (
                name in ("measured", "on", "independent", "behind", "n", "source", "note") or name in FACT
            )
            return dict(found) if is_fact or set(found) != {"unknown"} else {}
        return {} if found is None else {"value": found}

    def key(self, container: Any, step: Step, change: Change) -> Any:
        """A step as a key of a mapping, or as an index of a list."""
        name, bracketed = step
        if isinstance(container, dict):
            if bracketed and name == _NEW:
                raise SettingError(change, f"`{printable(change.path)}` adds to what is not a list")
            return name
        if not bracketed:
            raise SettingError(
                change, f"`{printable(name)}` is looked for in a list", f"name the member: [{name}]"
            )
        labels = [_label(item, name) for item in container]
        if name == _NEW:
            return len(container)
        if name in labels:
            if labels.count(name) > 1:
                raise SettingError(
                    change, f"several members are called `{printable(name)}`", "say its number, from 0"
                )
            return labels.index(name)
        if name.isdecimal() and int(name) < len(container):
            return int(name)
        raise SettingError(
            change, f"there is no member `{printable(name)}`", did_you_mean(name, [x for x in labels if x])
        )

    def put(self, container: Any, key: Any, pointer: Pointer, change: Change) -> None:
        value = change.value
        known = container.get(key) if isinstance(container, dict) else None
        target = (*pointer, key)
        if isinstance(known, dict) and FACT & set(known) and _is_value(value):
            # The value changes; when, by whom and on what it was measured stay as they are.
            kept = {name: part for name, part in known.items() if name not in FACT}
            if kept:
                self.replace(known, kept, target, change)
                container[key] = {**kept, **(value if isinstance(value, dict) else {"value": value})}
                return
        self.forget(target)
        if isinstance(container, list) and key == len(container):
            container.append(value)
        else:
            container[key] = value
        self.adopt(change, change.at, target)

    def replace(
        self, known: Mapping[str, Any], kept: Mapping[str, Any], target: Pointer, change: Change
    ) -> None:
        """Move the places of a value to where it is said now."""
        for name in set(known) - set(kept):
            self.forget((*target, name))
        self.spans[target] = change.document.spans[change.at]
        if isinstance(change.value, dict):
            for name in change.value:
                self.adopt(change, (*change.at, name), (*target, name))
        else:
            self.adopt(change, change.at, (*target, "value"))

    def forget(self, pointer: Pointer) -> None:
        depth = len(pointer)
        for places in (self.spans, self.keys, self.styles):
            for place in [place for place in places if place[:depth] == pointer]:
                del places[place]

    def adopt(self, change: Change, at: Pointer, target: Pointer) -> None:
        """Take over the places of a value and of all that is in it."""
        document = change.document
        self.spans[target] = document.spans[at]
        self.keys[target] = document.keys.get(at) or change.span
        if at in document.styles:
            self.styles[target] = document.styles[at]
        found: Any = document.tree
        for step in at:
            found = found[step]
        inner = found if isinstance(found, dict) else range(len(found)) if isinstance(found, list) else ()
        for step in inner:
            self.adopt(change, (*at, step), (*target, step))


def _label(item: Any, wanted: str) -> str:
    """How a member of a list is called: by its id, name, parent, kind or person, or by itself."""
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    names = [item[key] for key in _LABELS if isinstance(item.get(key), str)]
    return wanted if wanted in names else next(iter(names), "")


def _is_value(value: Tree) -> bool:
    """Whether this says what a fact is and nothing about where it comes from."""
    return not isinstance(value, list | dict) or (isinstance(value, dict) and set(value) <= FACT)
