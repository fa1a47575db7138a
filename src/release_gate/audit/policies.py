"""Policies as content: what a policy was made of, and the policy again from that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import Diagnostic, IntegrityError, PolicyError, Source
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import read_document

if TYPE_CHECKING:
    from release_gate.audit.record import Content

__all__ = ["Fetch", "record_policies", "restore_policies"]

Fetch = Callable[[str], bytes]
"""Content by its digest."""


def record_policies(policies: Iterable[Policy], content: Content) -> list[dict[str, Any]]:
    """What there is to record of policies. Their texts are added to the content."""
    told = []
    for policy in policies:
        source = _source(policy)
        text, tree = _parts(source.name, source.text)
        told.append(
            {
                "id": policy.id,
                "version": policy.version,
                "digest": policy.digest,
                "name": source.name,
                "text": content.put(text),
                "tree": content.put(tree),
            }
        )
    return told


def restore_policies(told: Iterable[dict[str, Any]], fetch: Fetch) -> list[Policy]:
    """The policies of a record.

    Raises:
        IntegrityError: A policy is not the one that its digest names.
        InputError: A policy of then is none today.
    """
    found = []
    for each in told:
        policy = _restored(str(each["name"]), fetch(each["text"]))
        if policy.digest != each["digest"]:
            message = f"the policy `{policy.id}` of the record is not the one that was applied"
            raise IntegrityError([Diagnostic("RG719", message)])
        found.append(policy)
    return found


@cache
def _parts(name: str, text: str) -> tuple[bytes, bytes]:
    """A policy as it was written, and in canonical form."""
    return text.encode(), canonical_bytes(read_document(text, name).tree)


@cache
def _restored(name: str, text: bytes) -> Policy:
    return policy_from_document(read_document(text, name))


def _source(policy: Policy) -> Source:
    """The text of a policy, as the spans of its parts know it."""
    spans = [*(rule.span for rule in policy.rules), *(tier.span for tier in policy.tiers)]
    source = next((span.source for span in spans if span is not None), None)
    if source is None:
        message = f"the policy `{policy.id}` has no rules, and cannot be recorded"
        raise PolicyError([Diagnostic("RG735", message)])
    return source
