"""The one layout of documents, as ``release-gate policy fmt`` writes it."""

from __future__ import annotations

from itertools import takewhile

from release_gate.authoring.layout import laid_out
from release_gate.diagnostics import InputError
from release_gate.editor.fixes import Edit
from release_gate.editor.pages import Page
from release_gate.editor.schema import KIND_NAMES
from release_gate.gate.schemas import schema_of
from release_gate.source import POLICY_LIMITS, read_document

__all__ = ["formatted"]


def formatted(page: Page) -> Edit | None:
    """The change that lays a page out; None if nothing changes, or the page cannot be read as it stands."""
    if page.kind not in KIND_NAMES:
        return None
    try:
        new = laid_out(read_document(page.text, page.path.as_posix(), POLICY_LIMITS), schema_of)
    except InputError:
        return None
    if new == page.text:
        return None
    # As little as can be, so that whoever is typing stays where they are.
    start = _alike(page.text, new)
    end = _alike(page.text[start:][::-1], new[start:][::-1])
    return Edit(start, len(page.text) - end, new[start : len(new) - end])


def _alike(one: str, other: str) -> int:
    """How many characters two texts start with that are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
