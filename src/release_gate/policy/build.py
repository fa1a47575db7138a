"""A document to a policy, over the policy that it extends if it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from release_gate.canonical import digest
from release_gate.diagnostics import InputError, PolicyError, Span
from release_gate.document import validate
from release_gate.policy.cache import cached_trees
from release_gate.policy.check import check_policy
from release_gate.policy.documents import OverlayDocument, PolicyDocument
from release_gate.policy.model import Policy
from release_gate.policy.overlay import extend
from release_gate.policy.places import Places
from release_gate.source import Document, require_mapping

__all__ = ["Finder", "build", "placed"]

Finder: TypeAlias = Callable[[str], Policy]
"""Finds the policy of a reference."""


def build(document: Document, find: Finder) -> Policy:
    """Check a policy document.

    Args:
        document: The document.
        find: Finds the policy that it extends.

    Raises:
        DocumentError: It is not a policy, or something that it extends cannot be read.
        PolicyError: It is not a valid policy. With every diagnostic.
    """
    require_mapping(document, ("policy/v1",))
    with cached_trees(document):
        return _build(document, find)


def _build(document: Document, find: Finder) -> Policy:
    tree = document.tree
    if isinstance(tree, dict) and "extends" in tree:
        overlay = validate(OverlayDocument, tree, document, PolicyError, "RG301")
        return extend(placed(find, overlay.extends, document.span(("extends",))), overlay, document)
    shape = validate(PolicyDocument, tree, document, PolicyError, "RG301")
    return check_policy(shape, Places(document), document.source.name, digest(tree))


def placed(find: Finder, reference: str, span: Span | None) -> Policy:
    """The policy of a reference. What is wrong and has no place of its own is at that of the reference.

    Raises:
        InputError: There is no such policy, or it is not valid.
    """
    try:
        return find(reference)
    except InputError as error:
        raise type(error)(
            found if found.span is not None else replace(found, span=span) for found in error.diagnostics
        ) from None
