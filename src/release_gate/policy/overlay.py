"""A policy that extends another: both put together to one, which is then checked like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from release_gate.canonical import digest
from release_gate.decision import in_words
from release_gate.diagnostics import Diagnostic, PolicyError
from release_gate.policy.documents import OverlayDocument
from release_gate.policy.merge import Merge
from release_gate.policy.model import Policy, Remark, chain, link
from release_gate.policy.tighten import check_said, check_tightened, is_stricter
from release_gate.source import Document, Pointer

__all__ = ["extend", "with_set"]


def extend(base: Policy, shape: OverlayDocument, document: Document) -> Policy:
    """Put an overlay over the policy that it extends, in every version that may be in force.

    Args:
        base: The policy that it extends.
        shape: The overlay.
        document: The document that it was read from.

    Raises:
        PolicyError: It is not a valid overlay, or says that it tightens and cannot be shown to.
    """
    if shape.id in {each.id for each in chain(base)}:
        message, help_ = f"`{shape.id}` is the id of what it extends", "give it an id of its own"
        raise PolicyError([Diagnostic("RG321", message, document.span(("id",)), help_)])
    versions = [each for each in chain(base) if each.id == base.id]
    return link([*(_over(each, shape, document) for each in versions), *chain(base)])


def _over(base: Policy, shape: OverlayDocument, document: Document) -> Policy:
    merge = Merge(base, document)
    merge.overlay(shape)
    name, digest_ = document.source.name, digest([base.digest, document.tree])
    if shape.tightens:
        check_said(base, shape, merge.problems)
        policy = merge.policy(name, digest_, lambda found: check_tightened(base, found))
    else:
        policy = merge.policy(name, digest_)
    said = "tightens {}" if shape.tightens else "changes {}, and is not shown to be as strict"
    remark = Remark(f"{policy.id} {policy.version} " + said.format(f"{base.id} {base.version}"))
    return replace(policy, remarks=(remark, *base.remarks))


def with_set(base: Policy, values: Mapping[str, Any], document: Document, pointer: Pointer) -> Policy:
    """A policy with other values of its parameters, as a gate sets them.

    Args:
        base: The policy.
        values: The values, by the names of the parameters.
        document: The gate file.
        pointer: Where the values stand in it.

    Raises:
        PolicyError: A parameter is not there, or its value is of another kind.
    """
    return link(_set(each, values, document, pointer) if each.id == base.id else each for each in chain(base))


def _set(base: Policy, values: Mapping[str, Any], document: Document, pointer: Pointer) -> Policy:
    merge = Merge(base, document)
    merge.set(values, pointer)
    policy = merge.policy(base.name, digest([base.digest, {"set": values}]))
    remarks = list(base.remarks)
    for name, old in sorted(base.parameters.items()):
        new = policy.parameters[name]
        if new != old:
            text = f"the gate sets {name} of {base.id} to {in_words(new)} in place of {in_words(old)}"
            stricter = is_stricter(base, policy, name)
            remarks.append(Remark(text if stricter else text + ", which is not shown to be as strict"))
    return replace(policy, in_force=base.in_force, remarks=tuple(remarks))
