"""Sign-offs and waivers as content: those whose signatures held, and the files that they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from release_gate.audit import files
from release_gate.audit.content import Content, written
from release_gate.diagnostics import PolicyError
from release_gate.document import validate
from release_gate.facts.sign_off import SignOff
from release_gate.policy.documents import InForce
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.papers import NO_PAPERS, Papers, Signed
from release_gate.policy.trust import Person, RoleDocument, Standing
from release_gate.policy.waivers import Approval, Waiver, WaiverDocument
from release_gate.source import MAX_BYTES

__all__ = ["NO_PAPERS_USED", "PapersUsed", "paper_files", "record_papers", "restore_papers"]

SCHEMA: Final = "applied-papers/v1"


@dataclass(frozen=True)
class PapersUsed:
    """The papers of a gate, as records tell of them: nothing, if it has none."""

    told: Mapping[str, Any] | None
    content: Mapping[str, bytes]


NO_PAPERS_USED: Final = PapersUsed(None, {})
"""What there is to record of a gate without papers."""


def paper_files(gate: GateDocument, folder: Path) -> list[Path]:
    """The files that the papers of a gate come from."""
    named = [folder / each for each in (gate.trust, gate.waivers) if each is not None]
    return named + (sorted((folder / gate.sign_offs).glob("*.json")) if gate.sign_offs is not None else [])


def record_papers(papers: Papers, sources: list[Path]) -> PapersUsed:
    """What there is to record of papers.

    Raises:
        InputError: A file cannot be read any more.
        IntegrityError: It is larger than it can have been.
    """
    if papers == NO_PAPERS:
        return NO_PAPERS_USED
    content = Content()
    applied = {
        "schema": SCHEMA,
        "unsigned_count": papers.unsigned_count,
        "trust": papers.trust,
        "signed": [
            {
                "said": written(each.said),
                "request": each.request,
                "artifact_digest": each.artifact_digest,
                "standing": _standing(each.standing),
            }
            for each in papers.signed
        ],
        "waivers": [
            {
                "said": written(each.said),
                "approvals": [
                    {"on": approval.on, "standing": _standing(approval.standing)}
                    for approval in each.approvals
                ],
            }
            for each in papers.waivers
        ],
    }
    told = {
        "applied": content.put_json(applied),
        "text": [content.put(files.read(each, MAX_BYTES)) for each in sources],
    }
    return PapersUsed(told, content)


def restore_papers(data: bytes | None) -> Papers:
    """The papers of a record."""
    if data is None:
        return NO_PAPERS
    applied = json.loads(data, parse_int=Decimal, parse_float=Decimal)
    return Papers(
        signed=tuple(
            Signed(
                validate(SignOff, each["said"], None, PolicyError, "RG711"),
                each["request"],
                each["artifact_digest"],
                _stands(each["standing"]),
            )
            for each in applied["signed"]
        ),
        unsigned_count=applied["unsigned_count"],
        waivers=tuple(
            Waiver(
                validate(WaiverDocument, each["said"], None, PolicyError, "RG711"),
                tuple(
                    Approval(date.fromisoformat(approval["on"]), _stands(approval["standing"]))
                    for approval in each["approvals"]
                ),
            )
            for each in applied["waivers"]
        ),
        trust=applied["trust"],
    )


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "person": standing.person.id,
        "roles": written(standing.person.roles),
        "key": {"from": standing.key.from_, "until": standing.key.until},
    }


def _stands(told: Mapping[str, Any]) -> Standing:
    roles = tuple(validate(RoleDocument, each, None, PolicyError, "RG711") for each in told["roles"])
    key = validate(InForce, dict(told["key"]), None, PolicyError, "RG711")
    return Standing(Person(str(told["person"]), roles), key)
