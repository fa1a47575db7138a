"""Where what is named is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from release_gate.diagnostics import Source, Span
from release_gate.editor.hover import condition_at, path_before
from release_gate.editor.known_names import Known, Named, policy_of
from release_gate.editor.nodes import Found
from release_gate.editor.pages import Page
from release_gate.editor.roles import file_at, names, role_of, within

__all__ = ["Place", "definition"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file."""

    path: Path
    span: Span

    @classmethod
    def of(cls, named: Named) -> Place:
        """Where something is named."""
        return cls(named.page.path, named.span)

    @classmethod
    def top(cls, path: Path) -> Place:
        """The beginning of a file."""
        return cls(path, Span(Source(path.as_posix(), ""), 1, 1, 1, 1))


def definition(page: Page, offset: int) -> Place | None:
    """Where what stands at an offset is written."""
    found = page.find(offset)
    if found is None:
        return None
    kind, pointer = within(page, found.pointer)
    role = role_of(kind, pointer, is_key=found.is_key)
    if role in ("condition", "template"):
        return _in_condition(page, found, offset, role)
    if role in ("policy", "file"):
        path = file_at(page, role, found.node.text)
        return Place.top(path) if path is not None else None
    named = names(page, role, found.pointer).get(found.node.text)
    if named is None and role == "path":
        named = _declared(policy_of(page), found.node.text)
    return Place.of(named) if named is not None else None


def _declared(policy: Known | None, path: str) -> Named | None:
    """Where a policy declares the fact of a path."""
    head, _, name = path.partition(".")
    if policy is None or head not in ("parameter", "metric", "own", "is"):
        return None
    return policy.sections[head].get(name.partition(".")[0])


def _in_condition(page: Page, found: Found, offset: int, role: str) -> Place | None:
    at = condition_at(page, found, offset, role)
    if at is None or (here := at[0].at(offset - at[1])) is None:
        return None
    line, start = at
    place, word = here
    policy = policy_of(page)
    named: Named | None = None
    if word.kind == "name":
        named = _declared(policy, path_before(word.text, offset - start - word.start))
    elif word.kind == "text" and policy is not None:
        words = line.vocabulary(place)
        said = word.text.strip("\"' ")
        if words is not None and words.name == "tier":
            named = policy.sections["tier"].get(said)
        elif words is not None and words.name in policy.sections["own"]:
            named = policy.sections["own"][words.name]
    return Place.of(named) if named is not None else None
