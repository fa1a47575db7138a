"""The records that a request is made of: facts that belong together, and lists of them.

Every leaf is a :class:`~release_gate.facts.types.Fact`; one that is not written is unknown. The schema
that rules are checked against derives from these models.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Generic, Self, TypeVar

from pydantic import Field, ModelWrapValidatorHandler, field_validator, model_validator

from release_gate.document import Base
from release_gate.facts.licenses import Licence
from release_gate.facts.truth import Reason
from release_gate.facts.types import (
    MISSING,
    SCALARS,
    Boolean,
    Choice,
    Day,
    Fact,
    FactType,
    Length,
    Number,
    Text,
    problem,
)
from release_gate.facts.vocabularies import COUNTRY
from release_gate.meant import list_hint
from release_gate.scalars import twins

__all__ = [
    "DIGEST",
    "ID",
    "Access",
    "Ancestor",
    "AnyNumber",
    "AnyText",
    "Capability",
    "Component",
    "Compute",
    "Country",
    "Data",
    "DataSource",
    "Date",
    "Developer",
    "Digest",
    "Evidence",
    "FactRecord",
    "Flop",
    "Id",
    "Incident",
    "LicenceName",
    "ListOf",
    "Measurement",
    "Misuse",
    "ModelFacts",
    "Name",
    "ObligationFacts",
    "PaperFacts",
    "PastRelease",
    "Requester",
    "Rollout",
    "Safeguard",
    "Share",
    "Stage",
    "Terms",
    "Transparency",
    "YesNo",
    "choice",
    "refuse_twins",
]

ID = r"[a-z0-9][a-z0-9._-]{0,63}"
DIGEST = r"sha256:[0-9a-f]{64}"
Id = Annotated[str, Field(pattern=f"^{ID}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]

AnyText = Annotated[Fact, Text()]
LicenceName = Annotated[Fact, Licence()]
AnyNumber = Annotated[Fact, Number()]
Share = Annotated[Fact, Number(Decimal(0), Decimal(1))]
Flop = Annotated[Fact, Number(unit="operations")]
YesNo = Annotated[Fact, Boolean()]
Date = Annotated[Fact, Day()]
Country = Annotated[Fact, Text(COUNTRY, "a country code such as US or GB, or EU")]
Digest = Annotated[Fact, Text(DIGEST, "a digest such as sha256: and 64 hexadecimal digits")]
Access = Annotated[Fact, Choice.of("access")]


def choice(name: str) -> Any:
    """The annotation of a fact that is one of the words of a vocabulary."""
    return Annotated[Fact, Choice.of(name)]


def refuse_twins(what: str, ids: Iterable[str]) -> None:
    """Raise the problem with ids that are the same, or that only look the same."""
    for _, twin, first in twins(ids):
        if twin == first:
            raise problem(f"two {what} have the id `{twin}`", "give each its own")
        raise problem(f"the ids `{first}` and `{twin}` of two {what} look the same", "rename one of them")


class FactRecord(Base):
    """Facts that belong together. ``{unknown: REASON}`` says it of all of them."""

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, raw: Any) -> Any:
        """The facts one by one."""
        if (raw.__class__ is dict and len(raw) > 1) or not isinstance(raw, Mapping):
            return raw
        if len(raw) != 1 or "unknown" not in raw:
            return raw
        return {
            name: {"unknown": raw["unknown"]}
            for name, found in cls.model_fields.items()
            if any(isinstance(mark, FactType) for mark in found.metadata)
        }


T = TypeVar("T")


class ListOf(Base, Generic[T]):
    """A list of facts or records. A plain list is complete; ``complete: false`` says that there is more."""

    items: tuple[T, ...] = ()
    """What is in it."""
    complete: bool = True
    """Whether this is all."""
    unknown: Annotated[str, Field(description="Why the list is not known.")] | None = None

    @field_validator("items")
    @classmethod
    def _told_apart(cls, items: tuple[T, ...]) -> tuple[T, ...]:
        """Of two safeguards with one id, a measurement could name either."""
        if len(items) > 1 and "id" in getattr(type(items[0]), "model_fields", ()):
            refuse_twins("members", [item.id for item in items])  # type: ignore[attr-defined]
        return items

    @model_validator(mode="wrap")
    @classmethod
    def _in_full(cls, raw: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """A list that is written plainly, as one that says that it is complete."""
        if isinstance(raw, list | tuple):
            return read({"items": tuple(raw)}) if raw else _empty(cls)
        if raw is None:
            raise problem("a list cannot be null", "write [] for a list that is known to be empty")
        if isinstance(raw, Mapping):
            if "unknown" in raw and (
                len(raw) > 1 or raw["unknown"] not in [reason.value for reason in Reason]
            ):
                raise problem(
                    "an unknown list says only `unknown:` and the reason", "write {unknown: missing}"
                )
            if isinstance(raw.get("items"), list):
                return read({**raw, "items": tuple(raw["items"])})
        elif not isinstance(raw, ListOf):
            raise problem("this must be a list", list_hint(raw))
        return read(raw)


@cache
def _empty(kind: type[Any]) -> Any:
    """The list of which it is known that nothing is in it: most lists are this one, and none ever changes."""
    return kind(items=())


class Developer(FactRecord):
    """Who develops the model."""

    name: AnyText = MISSING
    """Name of the organisation."""
    jurisdiction: Country = MISSING
    """Where it is established."""
    annual_revenue_usd: Annotated[Fact, Number(unit="US dollars")] = MISSING
    """Gross annual revenue in US dollars."""
    monthly_users: Annotated[Fact, Number(unit="users a month")] = MISSING
    """Monthly active users of its products and its affiliates', in the month that a licence asks about."""


class Requester(FactRecord):
    """Who asks for the release."""

    id: AnyText = MISSING
    """Identifier of the person, as sign-offs name persons."""
    organisation: AnyText = MISSING
    """Their organisation."""


class ModelFacts(FactRecord):
    """What the model is."""

    name: AnyText = MISSING
    """Its name."""
    version: AnyText = MISSING
    """Its version."""
    family: AnyText = MISSING
    """The family it belongs to."""
    architecture: AnyText = MISSING
    """Its architecture."""
    modalities_in: ListOf[choice("modality")] = ListOf(unknown="missing")  # type: ignore[valid-type]
    """What it takes in."""
    modalities_out: ListOf[choice("modality")] = ListOf(unknown="missing")  # type: ignore[valid-type]
    """What it gives out."""
    languages: ListOf[AnyText] = ListOf(unknown="missing")
    """The human languages it is meant for."""
    parameters: AnyNumber = MISSING
    """Number of parameters."""
    parameters_active: AnyNumber = MISSING
    """Number of parameters that are active for one token."""
    context_length: Annotated[Fact, Number(unit="tokens")] = MISSING
    """Tokens of context."""


class Compute(FactRecord):
    """What it took to train."""

    training_flop: Flop = MISSING
    """Operations of the whole training."""
    modification_flop: Flop = MISSING
    """Operations of the modification alone."""
    method: choice("compute_method") = MISSING  # type: ignore[valid-type]
    """How the operations were counted."""
    gpu_hours: Annotated[Fact, Number(unit="hours")] = MISSING
    """Hours of accelerators."""
    energy_kwh: Annotated[Fact, Number(unit="kilowatt-hours")] = MISSING
    """Energy in kilowatt-hours."""
    tco2eq: Annotated[Fact, Number(unit="tonnes of CO₂ equivalent")] = MISSING
    """Emissions in tonnes of carbon dioxide equivalent."""


class Terms(FactRecord):
    """What a licence lets people do. Read from the licence table; state it for one that is not there."""

    commercial_use: YesNo = MISSING
    """Whether commercial use is allowed."""
    redistribution: YesNo = MISSING
    """Whether copies may be passed on to anybody."""
    derivatives: YesNo = MISSING
    """Whether derivatives may be made."""
    use_restrictions: YesNo = MISSING
    """Whether fields of use are restricted."""
    flow_down: YesNo = MISSING
    """Whether its conditions must bind derivatives."""
    share_alike: YesNo = MISSING
    """Whether derivatives must be under the same licence."""
    outputs_may_train: YesNo = MISSING
    """Whether outputs may train other models."""
    open: YesNo = MISSING
    """Whether it is an open licence: anybody, any purpose, modification and redistribution."""
    mau_cap: Annotated[Fact, Number(unit="users a month")] = MISSING
    """Monthly users above which another licence is needed; null if there is no such cap."""
    name_prefix: AnyText = MISSING
    """What names of derivatives must begin with; null if they are free."""
    display: AnyText = MISSING
    """What must be shown in public beside a model or service that is built on it; null if nothing."""
    notice: AnyText = MISSING
    """What must go with every copy; null if nothing."""
    excludes_eu: YesNo = MISSING
    """Whether it grants nothing for multimodal models to those domiciled in the European Union."""
    verified: YesNo = MISSING
    """Whether the licence text was read for this; false if it is from memory."""


class DataSource(FactRecord):
    """One source of training data."""

    name: Name
    """Its name."""
    kind: choice("data_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    license: LicenceName = MISSING
    """Its licence: an SPDX identifier or expression, Hugging Face's word for it, or a LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows."""
    access: Access = MISSING
    """The access level that it has now; `withheld` if whoever published it has withdrawn it."""
    share: Share = MISSING
    """Its share of the training data."""
    opt_out_respected: YesNo = MISSING
    """Whether opt-outs of rights-holders were respected."""
    csam_scan: YesNo = MISSING
    """Whether it was scanned for sexual abuse material."""
    pii: YesNo = MISSING
    """Whether it holds personal data."""


class Data(FactRecord):
    """What it was trained on."""

    sources: ListOf[DataSource] = ListOf(unknown="missing")
    """The sources of training data."""
    cutoff: Date = MISSING
    """The newest training data."""


class Capability(FactRecord):
    """What the model can do in a domain."""

    level: choice("level") = MISSING  # type: ignore[valid-type]
    """How much of it the model can do."""
    status: choice("capability_status") = MISSING  # type: ignore[valid-type]
    """Whether the threshold of concern is reached."""


class Misuse(FactRecord):
    """How the model may be misused in a domain."""

    likelihood: choice("likelihood") = MISSING  # type: ignore[valid-type]
    """How likely it is, if the release goes ahead."""
    severity: choice("severity") = MISSING  # type: ignore[valid-type]
    """How bad it would be."""


_BESIDE_A_VALUE: Final = frozenset({"low", "high", "stderr", "unknown", "note"})


class Measurement(FactRecord):
    """The result of a measurement, and on what, when, by whom and behind what it was measured."""

    value: Annotated[Fact, Number(None, None)] = MISSING
    """What the measurement came to."""
    measured: Date = MISSING
    """When it was measured. Without a date, a policy that asks for recent results cannot use it."""
    on: Digest = MISSING
    """The digest of the artifact that was measured."""
    independent: YesNo = MISSING
    """Whether it was measured by somebody independent of the developer."""
    behind: ListOf[AnyText] = ListOf(unknown="missing")
    """The ids of the safeguards that were in place while measuring; [] for the bare weights."""
    n: AnyNumber = MISSING
    """Size of the sample."""
    source: Name | None = None
    """The name of its source."""

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, raw: Any) -> Any:
        """What is said of the value, apart from what is said of the measurement."""
        if not isinstance(raw, Mapping):
            return {"value": raw}
        if raw.get("value").__class__ in SCALARS and _BESIDE_A_VALUE.isdisjoint(raw):
            return raw
        own = {key: raw[key] for key in ("value", *_BESIDE_A_VALUE) if key in raw}
        rest = {key: value for key, value in raw.items() if key not in own}
        return {**rest, "value": own or {"unknown": "missing"}}


class Evidence(FactRecord):
    """A piece of evidence."""

    id: Id
    """Its identifier."""
    kind: choice("evidence_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    producer: AnyText = MISSING
    """Who made it."""
    independent: YesNo = MISSING
    """Whether the producer is independent of the developer."""
    produced: Date = MISSING
    """When it was made."""
    on: Digest = MISSING
    """The digest of the artifact it is about."""
    state: choice("evidence_state") = MISSING  # type: ignore[valid-type]
    """What it came to."""


class Safeguard(FactRecord):
    """A measure against misuse."""

    id: Id
    """Its identifier."""
    kind: choice("safeguard_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    removable: YesNo = MISSING
    """Whether somebody who holds the artifact can remove it."""
    effective: YesNo = MISSING
    """Whether it was shown to work."""


class PaperFacts(FactRecord):
    """A document that goes with the release."""

    status: choice("document_status") = MISSING  # type: ignore[valid-type]
    """How far it is."""
    covers: ListOf[AnyText] = ListOf(unknown="missing")
    """What it covers."""
    date: Date = MISSING
    """When it was written."""


class Component(FactRecord):
    """A part of what makes a model open, in the words of the Model Openness Framework."""

    kind: choice("component_kind")  # type: ignore[valid-type]
    """Which part of the model it is."""
    open: YesNo = MISSING
    """Whether it is published under an open licence."""


class Stage(FactRecord):
    """A stage of a rollout."""

    rung: Access
    """The access level."""
    earliest: Date = MISSING
    """The first day of the stage."""
    min_duration: Annotated[Fact, Length()] = MISSING
    """How long at least."""
    rollback: choice("rollback") = MISSING  # type: ignore[valid-type]
    """Whether it can be taken back."""


class Rollout(FactRecord):
    """The plan of the release."""

    stages: ListOf[Stage] = ListOf(unknown="missing")
    """Its stages."""


class Transparency(FactRecord):
    """What is made public."""

    website: AnyText = MISSING
    """The address of what is published."""
    contact: AnyText = MISSING
    """How to report a problem."""
    release_date: Date = MISSING
    """The date of release."""
    intended_uses: ListOf[AnyText] = ListOf(unknown="missing")
    """What it is meant for."""
    restrictions: ListOf[AnyText] = ListOf(unknown="missing")
    """What it must not be used for."""


class PastRelease(FactRecord):
    """An earlier release of this model or its family."""

    name: Name
    """What was released."""
    rung: Access = MISSING
    """The access level."""
    date: Date = MISSING
    """When it was released."""


class Incident(FactRecord):
    """Something that went wrong."""

    id: Id
    """Its identifier."""
    kind: AnyText = MISSING
    """What it was."""
    severity: choice("incident_severity") = MISSING  # type: ignore[valid-type]
    """How bad it was."""
    date: Date = MISSING
    """When it happened."""
    resolved: YesNo = MISSING
    """Whether it is over."""


class ObligationFacts(FactRecord):
    """A duty from an earlier release."""

    id: Id
    """Its identifier."""
    status: choice("obligation_status") = MISSING  # type: ignore[valid-type]
    """Where it stands."""
    due: Date = MISSING
    """When it is due."""


class Ancestor(FactRecord):
    """An edge of the lineage: the child stands on the parent."""

    child: Name | None = None
    """The artifact, variant or ancestor that stands on it; all artifacts, if not said."""
    parent: Name
    """What it stands on."""
    relation: choice("relation") = MISSING  # type: ignore[valid-type]
    """How the child stands on it."""
    license: LicenceName = MISSING
    """The licence of the parent, as an SPDX identifier or LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows."""
    access: Access = MISSING
    """The access level of the parent."""
    training_flop: Flop = MISSING
    """Operations of the parent's training."""
    permission: YesNo = MISSING
    """Whether the owner of the parent has given permission for this release."""
