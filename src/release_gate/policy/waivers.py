"""Exceptions: one rule does not stand in the way of one artifact, up to a rung and a day.

A waiver changes what a rule comes to, never whether it applies and never a tier. It excuses a failure, or a
failure and an unknown. It never excuses an unknown alone, because then more evidence could close a door.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from release_gate.document import Base
from release_gate.facts.ladder import ALL_RUNGS, GRANTED, RUNGS
from release_gate.facts.records import DIGEST, Id, Name
from release_gate.facts.truth import Step
from release_gate.facts.types import Day
from release_gate.policy.documents import Many, a_rung
from release_gate.policy.trust import Standing

__all__ = ["Approval", "Waiver", "WaiverDocument", "WaiversDocument"]


def _expiry(raw: Any) -> Any:
    """A date, or None for what is not one: it counts as expired, and the file stays readable."""
    try:
        return Day().read(raw)
    except ValueError:
        return None


def _rung(raw: Any) -> Any:
    return raw if raw == GRANTED.name else a_rung(raw)


class WaiverDocument(Base):
    """An exception, as it is written."""

    id: Id
    """Its name."""
    rule: Annotated[str, Field(pattern=r"^[^/\s]{1,64}/[^/\s]{1,64}$")]
    """The rule that it excuses, as POLICY/RULE."""
    model: Name
    """The name of the model."""
    artifact: Id
    """The artifact that it is for, by its id."""
    digest: Annotated[str, Field(pattern=f"^{DIGEST}$")]
    """The digest of the artifact."""
    rung: Annotated[str, BeforeValidator(_rung), WithJsonSchema({"enum": [*RUNGS, GRANTED.name]})]
    """The most open access level that it is for; `granted` for a rule about access."""
    excuses: Literal["failure", "failure_and_unknown"] = "failure"
    """Whether it also excuses that the rule cannot be told."""
    reason: Name
    """Why the rule may be passed over, this once."""
    ticket: Name
    """Where it was discussed."""
    owner: Id
    """Who answers for it."""
    expires: Annotated[date | None, BeforeValidator(_expiry)]
    """The last day on which it counts. What is not a date has expired."""


class WaiversDocument(Base):
    """The exceptions of a gate."""

    release_gate: Literal["waivers/v1"]
    """The kind of this document."""
    waivers: Many[WaiverDocument] = ()
    """The exceptions."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody has signed a waiver, word for word, on a day."""

    on: date
    standing: Standing


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception, and who has signed it."""

    said: WaiverDocument
    approvals: tuple[Approval, ...] = ()

    @property
    def rung(self) -> Step:
        """The most open rung that it is for."""
        return ALL_RUNGS[self.said.rung]

    def in_words(self, by: str) -> str:
        """What a finding says about it."""
        said = self.said
        return (
            f"Waived up to {said.rung} until {said.expires} by {by}: {said.reason} "
            f"({said.id}, {said.ticket}, owned by {said.owner})."
        )
