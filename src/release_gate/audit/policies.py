"""Policies as content: what was applied, in full, and the policy again from that.

A policy may be put together from several files: a pack, an overlay over it, values that a gate sets. What is
recorded is the result, which is what was applied, with the texts that it was made of, and where in them each
part stands. So a policy comes back without merging anything, and without the packs of the day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from release_gate.audit.content import Content, Fetch, written
from release_gate.canonical import digest
from release_gate.diagnostics import Diagnostic, IntegrityError, PolicyError
from release_gate.document import validate
from release_gate.policy.check import check_policy
from release_gate.policy.documents import InForce, PolicyDocument
from release_gate.policy.model import Policy, Remark, chain, link
from release_gate.policy.places import Places
from release_gate.source import Document, Pointer, read_document

__all__ = ["PoliciesUsed", "record_policies", "restore_policies"]

SCHEMA: Final = "applied-policy/v1"


@dataclass(frozen=True, eq=False)
class PoliciesUsed:
    """The policies of a gate, as records tell of them.

    Attributes:
        told: For each policy, what there is to know of it, and of what applies while it is not in force.
        content: What that refers to.
    """

    told: tuple[tuple[Mapping[str, Any], ...], ...]
    content: Mapping[str, bytes]


def record_policies(policies: Iterable[Policy]) -> PoliciesUsed:
    """What there is to record of the policies of a gate."""
    content = Content()
    told = tuple(tuple(_told(each, content) for each in chain(policy)) for policy in policies)
    return PoliciesUsed(told, content)


def restore_policies(told: Iterable[Sequence[Mapping[str, Any]]], fetch: Fetch) -> list[Policy]:
    """The policies of a record.

    Raises:
        IntegrityError: A policy is not the one that its digest names.
        InputError: A policy of then is none today.
    """
    return [link(_restored(each, fetch) for each in versions) for versions in told]


def _told(policy: Policy, content: Content) -> dict[str, Any]:
    documents = [policy.places.document, *(target[0] for target in policy.places.elsewhere.values())]
    numbers: dict[int, int] = {}
    for document in documents:
        numbers.setdefault(id(document), len(numbers))
    unique = list({id(document): document for document in documents}.values())
    texts = [content.put(document.source.text.encode()) for document in unique]
    applied = {
        "schema": SCHEMA,
        "digest": policy.digest,
        "name": policy.name,
        "in_force": written(policy.in_force),
        "remarks": [{"text": each.text, "since": each.since} for each in policy.remarks],
        "document": written(policy.document),
        "files": [
            {"name": document.source.name, "text": text} for document, text in zip(unique, texts, strict=True)
        ],
        "places": [
            [list(pointer), numbers[id(document)], list(at)]
            for pointer, (document, at) in policy.places.elsewhere.items()
        ],
    }
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "applied": content.put_json(applied),
        "text": texts,
        "tree": [content.put_json(document.tree) for document in unique],
    }


def _restored(told: Mapping[str, Any], fetch: Fetch) -> Policy:
    applied = fetch(told["applied"])
    texts = tuple(fetch(each).decode() for each in told["text"])
    policy = _policy(applied, texts)
    if (policy.id, policy.version, policy.digest) != (told["id"], told["version"], told["digest"]):
        message = f"the policy `{policy.id}` of the record is not the one that was applied"
        raise IntegrityError([Diagnostic("RG719", message)])
    return policy


@lru_cache(maxsize=256)
def _policy(data: bytes, texts: tuple[str, ...]) -> Policy:
    applied = json.loads(data, parse_int=Decimal, parse_float=Decimal)
    documents = [
        read_document(text, str(file["name"])) for file, text in zip(applied["files"], texts, strict=True)
    ]
    places = Places(documents[0], _elsewhere(applied["places"], documents))
    shape = validate(PolicyDocument, applied["document"], documents[0], PolicyError, "RG301")
    policy = check_policy(shape, places, str(applied["name"]), str(applied["digest"]))
    if len(documents) == 1 and not places.elsewhere:
        _check_alone(policy, documents[0])
    # The engine knows a policy by more than what is written: when it applies here, and what to say of it.
    window = validate(InForce, applied["in_force"], None, PolicyError, "RG301")
    remarks = tuple(
        Remark(str(each["text"]), date.fromisoformat(each["since"]) if each["since"] else None)
        for each in applied["remarks"]
    )
    return replace(policy, in_force=window, remarks=remarks)


def _check_alone(policy: Policy, document: Document) -> None:
    """A policy of one file has the digest of that file."""
    if digest(document.tree) != policy.digest:
        message = f"the policy `{policy.id}` of the record is not the one that was applied"
        raise IntegrityError([Diagnostic("RG719", message)])


def _elsewhere(
    places: Iterable[Sequence[Any]], documents: Sequence[Document]
) -> dict[Pointer, tuple[Document, Pointer]]:
    return {_pointer(pointer): (documents[int(number)], _pointer(at)) for pointer, number, at in places}


def _pointer(steps: Iterable[Any]) -> Pointer:
    return tuple(int(step) if isinstance(step, Decimal) else str(step) for step in steps)
