"""A document to a policy, over the policy that it extends if it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from release_gate.canonical import digest
from release_gate.diagnostics import InputError, PolicyError, Source, Span
from release_gate.document import validate
from release_gate.policy.cache import keeping, kept_policy
from release_gate.policy.documents import OverlayDocument, PolicyDocument
from release_gate.policy.model import Policy
from release_gate.policy.places import Places
from release_gate.source import POLICY_LIMITS, Document, document_of, require_mapping

__all__ = ["Finder", "build", "build_text", "placed"]

Finder: TypeAlias = Callable[[str], Policy]
"""Finds the policy of a reference."""


def build_text(source: Source, find: Finder) -> Policy:
    """Check the text of a policy document, unless it was found to be in order before.

    Args:
        source: The text.
        find: Finds the policy that it extends.

    Raises:
        DocumentError: It is not a policy, or something that it extends cannot be read.
        PolicyError: It is not a valid policy. With every diagnostic.
    """
    if (kept := kept_policy(source)) is not None:
        return kept
    document = document_of(source, POLICY_LIMITS)
    require_mapping(document, ("policy/v1",))
    with keeping(document) as keep:
        keep.policy = _build(document, find)
    return keep.policy


def build(document: Document, find: Finder) -> Policy:
    """Check a policy document. It need not say what its text does, so that only conditions are kept of it.

    Args:
        document: The document.
        find: Finds the policy that it extends.

    Raises:
        DocumentError: It is not a policy, or something that it extends cannot be read.
        PolicyError: It is not a valid policy. With every diagnostic.
    """
    require_mapping(document, ("policy/v1",))
    with keeping(document):
        return _build(document, find)


def _build(document: Document, find: Finder) -> Policy:
    from release_gate.policy.check import check_policy  # noqa: PLC0415 - whoever has a cache seldom needs it
    from release_gate.policy.overlay import extend  # noqa: PLC0415 - as above

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
