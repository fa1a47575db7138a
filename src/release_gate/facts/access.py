"""The access request: who asks for an artifact that is released behind a gate, and for what.

It is a second subject and not a second engine: whatever a release request can say about an artifact, an
access request can say too, and beside it who asks. One artifact, and one thing that can be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from release_gate.facts.ladder import GRANTED, GRANTS
from release_gate.facts.records import (
    Access,
    AnyNumber,
    AnyText,
    Country,
    Date,
    Digest,
    FactRecord,
    ListOf,
    Requester,
    YesNo,
)
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.sign_off import SignOff
from release_gate.facts.subjects import NOT_ASKED
from release_gate.facts.truth import Step
from release_gate.facts.types import MISSING, Choice, Fact, Number, problem
from release_gate.source import read_file, require_mapping

__all__ = [
    "KINDS",
    "AccessRequest",
    "GatedArtifact",
    "GrantSignOff",
    "kind_of",
    "load_either",
]

_Kind = Annotated[Fact, Choice.of("organisation_kind")]
_Purpose = Annotated[Fact, Choice.of("access_purpose")]
_Event = Annotated[Fact, Choice.of("access_event")]
_Verdict = Annotated[Fact, Choice.of("verdict")]
_Count = Annotated[Fact, Number(Decimal(0))]


class AccessRequester(Requester):
    """Who asks for access."""

    name: AnyText = MISSING
    """Their name."""
    organisation_kind: _Kind = MISSING
    """What their organisation is; `individual` for who has none."""
    country: Country = MISSING
    """Where they are."""
    age: _Count = MISSING
    """Their age in years."""
    verified: YesNo = MISSING
    """Whether somebody has verified who they are."""
    publications: _Count = MISSING
    """How many relevant publications they name."""


class Use(FactRecord):
    """What access is asked for."""

    purpose: _Purpose = MISSING
    """What access is asked for."""
    description: AnyText = MISSING
    """In their own words."""
    commercial: YesNo = MISSING
    """Whether the use is commercial."""
    redistribution: YesNo = MISSING
    """Whether they will pass copies on."""
    monthly_users: AnyNumber = MISSING
    """Monthly users of what they will make of it."""


class Agreement(FactRecord):
    """A text that was accepted."""

    text: Digest = MISSING
    """The digest of the text."""
    on: Date = MISSING
    """When it was accepted."""
    representative: YesNo = MISSING
    """Whether it was accepted for an organisation, by somebody who may."""


class PastAccess(FactRecord):
    """Something that happened to earlier access of who asks."""

    kind: _Event = MISSING
    """What it was."""
    on: Date = MISSING
    """When it happened."""
    artifact: AnyText = MISSING
    """Access to what."""


class Grant(FactRecord):
    """The grant that is to be renewed or reviewed."""

    on: Date = MISSING
    """When access was granted."""
    expires: Date = MISSING
    """The last day."""
    tier: AnyText = MISSING
    """The risk tier of the artifact at that time."""


class Batch(FactRecord):
    """What a request looks like among those that wait with it, as queue and register show it.

    It is counted by whoever reads the queue, and nobody states it.
    """

    requests: _Count = MISSING
    """How many requests wait."""
    same_person: _Count = MISSING
    """How many of them, this one among them, come from one person by name, address or account."""
    same_organisation: _Count = MISSING
    """How many of them name this organisation."""
    same_answers: _Count = MISSING
    """How many of them give the very same answers."""
    within_minute: _Count = MISSING
    """How many of them came within a minute of this one."""
    person_grants: _Count = MISSING
    """How many grants in force the register has of this account."""
    organisation_grants: _Count = MISSING
    """How many grants in force the register has that name this organisation."""


class Released(FactRecord):
    """The release decision of an artifact."""

    verdict: _Verdict = MISSING
    """What it said."""
    rung: Access = MISSING
    """About which access level."""
    on: Date = MISSING
    """For which day."""
    tier: AnyText = MISSING
    """The risk tier under the policy that counts."""
    digest: Digest = MISSING
    """The digest of the decision."""


class GatedArtifact(Artifact):
    """The artifact that access is asked for."""

    wanted: Literal["granted"] = "granted"
    """Access is granted, or it is not."""
    release: Released = Released()
    """What was decided about its release."""

    @field_validator("wanted")
    @classmethod
    def _rung(cls, raw: str) -> str:
        """Its type says what it may be."""
        return raw

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        """Whatever its kind, access to it can be granted."""
        return self

    @property
    def rung(self) -> Step:
        """What is asked for."""
        return GRANTED

    @property
    def ladder(self) -> tuple[Step, ...]:
        """What can be."""
        return GRANTS


class GrantSignOff(SignOff):
    """What a named person says about a request for access."""

    rung: Literal["granted"] = "granted"
    """What it is about."""

    @field_validator("rung")
    @classmethod
    def _rung(cls, raw: str) -> str:
        """As above."""
        return raw


class AccessRequest(ReleaseRequest):
    """Somebody asks for access to an artifact behind a gate."""

    KIND: ClassVar[str] = "access-request/v1"
    SUBJECT: ClassVar[str] = "access"

    release_gate: Literal["access-request/v1"] = "access-request/v1"  # type: ignore[assignment] # another kind
    """The kind of this document."""
    action: Literal["request", "renew", "review"] = "request"  # type: ignore[assignment] # as above
    """Whether access is asked for, is to be renewed, or is reviewed because something has changed."""
    requester: AccessRequester = AccessRequester()
    """Who asks for access."""
    use: Use = Use()
    """What access is asked for."""
    agreements: ListOf[Agreement] = ListOf(unknown="missing")
    """The texts that they have accepted."""
    history: ListOf[PastAccess] = ListOf(unknown="missing")
    """What happened to their earlier access; [] if they had none."""
    grant: Grant = Grant()
    """The grant that is to be renewed or reviewed."""
    batch: Batch = Batch()
    """What the request looks like among those that wait with it."""
    artifacts: Annotated[tuple[GatedArtifact, ...], Field(min_length=1, max_length=1)]
    """The artifact: one."""
    sign_offs: tuple[GrantSignOff, ...] = ()
    """What people said about this request."""

    @model_validator(mode="after")
    def _only_access(self) -> Self:
        if strange := sorted(NOT_ASKED & self.model_fields_set):
            raise problem(
                f"an access request has no `{strange[0]}`", "it belongs to the request for the release"
            )
        return self


KINDS: Final = (ReleaseRequest.KIND, AccessRequest.KIND)
"""The kinds of documents that are requests of one subject or the other."""


def kind_of(tree: object) -> type[ReleaseRequest]:
    """What a document is to be read as, by the kind that it says it is.

    Only for those who judge either by its own policies. Whoever asks for the release of something must not
    be able to have it judged as a request for access, and so reads a :class:`ReleaseRequest` only.
    """
    said = tree.get("release_gate") if isinstance(tree, Mapping) else None
    return AccessRequest if said == AccessRequest.KIND else ReleaseRequest


def load_either(path: Path) -> ReleaseRequest:
    """Read a request for a release or for access. Only for those for whom it makes no difference, as above.

    Raises:
        DocumentError: It is not YAML as we accept it, or no request.
        RequestError: It is not a valid request.
    """
    document = read_file(path)
    require_mapping(document, KINDS)
    return kind_of(document.tree).from_document(document)
