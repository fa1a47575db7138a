"""The request: what is to be released, and what is known about it.

Every leaf is a :class:`~release_gate.facts.types.Fact`; one that is not written is unknown. The schema
that rules are checked against derives from these models.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from pydantic import Field, PrivateAttr, WithJsonSchema, field_validator, model_validator

from release_gate.canonical import canonical_bytes, digest, digest_of_bytes
from release_gate.diagnostics import RequestError, Source, Span, did_you_mean, printable
from release_gate.document import Base, validate
from release_gate.facts.events import Event, on_day
from release_gate.facts.ladder import RUNGS, rungs_for
from release_gate.facts.truth import Reason, Step
from release_gate.facts.types import (
    MISSING,
    Boolean,
    Choice,
    Day,
    Fact,
    Length,
    Number,
    Text,
    problem,
)
from release_gate.facts.vocabularies import COUNTRY
from release_gate.source import Document, Pointer, Tree, read_file, require_mapping, twins

__all__ = ["Artifact", "ListOf", "ReleaseRequest", "SignOff"]

ID = r"[a-z0-9][a-z0-9._-]{0,63}"
DIGEST = r"sha256:[0-9a-f]{64}"
Id = Annotated[str, Field(pattern=f"^{ID}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]

AnyText = Annotated[Fact, Text()]
AnyNumber = Annotated[Fact, Number()]
Share = Annotated[Fact, Number(Decimal(0), Decimal(1))]
Flop = Annotated[Fact, Number(unit="operations")]
YesNo = Annotated[Fact, Boolean()]
Date = Annotated[Fact, Day()]
Country = Annotated[Fact, Text(COUNTRY, "a country code such as US, or EU")]
Digest = Annotated[Fact, Text(DIGEST, "a digest such as sha256: and 64 hexadecimal digits")]
Access = Annotated[Fact, Choice.of("access")]


def _choice(name: str) -> Any:
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
    def _all_unknown(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and len(raw) == 1 and "unknown" in raw:
            return {
                name: {"unknown": raw["unknown"]}
                for name, found in cls.model_fields.items()
                if any(
                    isinstance(mark, Text | Number | Boolean | Choice | Day | Length)
                    for mark in found.metadata
                )
            }
        return raw


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
        refuse_twins("members", [item.id for item in items if hasattr(item, "id")])
        return items

    @model_validator(mode="before")
    @classmethod
    def _plain_list(cls, raw: Any) -> Any:
        if isinstance(raw, list | tuple):
            return {"items": tuple(raw)}
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
                return {**raw, "items": tuple(raw["items"])}
        elif not isinstance(raw, ListOf):
            raise problem("this must be a list", "write [a, b] or lines that start with `- `")
        return raw


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
    modalities_in: ListOf[_choice("modality")] = ListOf(unknown="missing")  # type: ignore[valid-type]
    """What it takes in."""
    modalities_out: ListOf[_choice("modality")] = ListOf(unknown="missing")  # type: ignore[valid-type]
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
    method: _choice("compute_method") = MISSING  # type: ignore[valid-type]
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
    kind: _choice("data_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    license: AnyText = MISSING
    """Its licence: an SPDX identifier or expression, Hugging Face's word for it, or a LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows."""
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

    level: _choice("level") = MISSING  # type: ignore[valid-type]
    """How much of it the model can do."""
    status: _choice("capability_status") = MISSING  # type: ignore[valid-type]
    """Whether the threshold of concern is reached."""


class Misuse(FactRecord):
    """How the model may be misused in a domain."""

    likelihood: _choice("likelihood") = MISSING  # type: ignore[valid-type]
    """How likely it is, if the release goes ahead."""
    severity: _choice("severity") = MISSING  # type: ignore[valid-type]
    """How bad it would be."""


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
    def _value_of(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return {"value": raw}
        own = {key: raw[key] for key in ("value", "low", "high", "stderr", "unknown", "note") if key in raw}
        rest = {key: value for key, value in raw.items() if key not in own}
        return {**rest, "value": own or {"unknown": "missing"}}


class Evidence(FactRecord):
    """A piece of evidence."""

    id: Id
    """Its identifier."""
    kind: _choice("evidence_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    producer: AnyText = MISSING
    """Who made it."""
    independent: YesNo = MISSING
    """Whether the producer is independent of the developer."""
    produced: Date = MISSING
    """When it was made."""
    on: Digest = MISSING
    """The digest of the artifact it is about."""
    state: _choice("evidence_state") = MISSING  # type: ignore[valid-type]
    """What it came to."""


class Safeguard(FactRecord):
    """A measure against misuse."""

    id: Id
    """Its identifier."""
    kind: _choice("safeguard_kind") = MISSING  # type: ignore[valid-type]
    """What it is."""
    removable: YesNo = MISSING
    """Whether somebody who holds the artifact can remove it."""
    effective: YesNo = MISSING
    """Whether it was shown to work."""


class PaperFacts(FactRecord):
    """A document that goes with the release."""

    status: _choice("document_status") = MISSING  # type: ignore[valid-type]
    """How far it is."""
    covers: ListOf[AnyText] = ListOf(unknown="missing")
    """What it covers."""
    date: Date = MISSING
    """When it was written."""


class Component(FactRecord):
    """A part of what makes a model open, in the words of the Model Openness Framework."""

    kind: _choice("component_kind")  # type: ignore[valid-type]
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
    rollback: _choice("rollback") = MISSING  # type: ignore[valid-type]
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
    severity: _choice("incident_severity") = MISSING  # type: ignore[valid-type]
    """How bad it was."""
    date: Date = MISSING
    """When it happened."""
    resolved: YesNo = MISSING
    """Whether it is over."""


class ObligationFacts(FactRecord):
    """A duty from an earlier release."""

    id: Id
    """Its identifier."""
    status: _choice("obligation_status") = MISSING  # type: ignore[valid-type]
    """Where it stands."""
    due: Date = MISSING
    """When it is due."""


class Ancestor(FactRecord):
    """An edge of the lineage: the child stands on the parent."""

    child: Name | None = None
    """The artifact, variant or ancestor that stands on it; all artifacts, if not said."""
    parent: Name
    """What it stands on."""
    relation: _choice("relation") = MISSING  # type: ignore[valid-type]
    """How the child stands on it."""
    license: AnyText = MISSING
    """The licence of the parent, as an SPDX identifier or LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows."""
    access: Access = MISSING
    """The access level of the parent."""
    training_flop: Flop = MISSING
    """Operations of the parent's training."""
    permission: YesNo = MISSING
    """Whether the owner of the parent has given permission for this release."""


class Sections(Base):
    """The facts that may differ between artifacts."""

    model: ModelFacts = ModelFacts()
    """What the model is."""
    compute: Compute = Compute()
    """What it took to train."""
    data: Data = Data()
    """What it was trained on."""
    capability: dict[str, Capability] = Field(default_factory=dict)
    """What it can do, by domain."""
    misuse: dict[str, Misuse] = Field(default_factory=dict)
    """How it may be misused, by domain."""
    metric: dict[str, Measurement] = Field(default_factory=dict)
    """Results of measurements, by name."""
    own: dict[str, Any] = Field(default_factory=dict)
    """Facts that a policy declares itself, by name."""
    document: dict[str, PaperFacts] = Field(default_factory=dict)
    """Documents, by kind."""
    evidence: ListOf[Evidence] = ListOf(unknown="missing")
    """The evidence. Incomplete, unless it says that it is complete."""
    safeguards: ListOf[Safeguard] = ListOf(unknown="missing")
    """Measures against misuse."""
    components: ListOf[Component] = ListOf(unknown="missing")
    """The parts that are published."""

    @field_validator("evidence", mode="before")
    @classmethod
    def _incomplete(cls, raw: Any) -> Any:
        return {"items": raw, "complete": False} if isinstance(raw, list) else raw


class Artifact(Base):
    """One thing that gets released."""

    id: Id
    """Its identifier."""
    kind: Literal["weights", "delta", "adapter", "checkpoint", "dataset", "code", "api", "demo"]
    """What it is."""
    wanted: Annotated[str, WithJsonSchema({"enum": list(RUNGS)})]
    """The access level that is asked for."""
    variant: str | None = None
    """The variant whose facts hold for it."""
    current: Access = MISSING
    """The access level it has now."""
    license: AnyText = MISSING
    """Its licence: an SPDX identifier or expression, Hugging Face's word for it, or a LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows; needed only for a licence that the licence table does not have."""
    format: AnyText = MISSING
    """Its file format."""
    digest: Digest = MISSING
    """The digest of its content."""
    jurisdictions: ListOf[Country] = ListOf(unknown="missing")
    """Where it is offered."""
    affordances: ListOf[_choice("affordance")] = ListOf(unknown="missing")  # type: ignore[valid-type]
    """What people can do with it."""

    @field_validator("wanted")
    @classmethod
    def _rung(cls, raw: str) -> str:
        if raw not in RUNGS:
            raise problem(f"`{printable(raw)}` is not an access level", did_you_mean(raw, RUNGS))
        return raw

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        rungs = rungs_for(self.kind)
        if RUNGS[self.wanted] not in rungs:
            raise problem(
                f"an artifact of kind `{self.kind}` has no `{self.wanted}`", f"at most `{rungs[-1]}`"
            )
        return self

    @property
    def rung(self) -> Step:
        """The access level that is asked for."""
        return RUNGS[self.wanted]

    @property
    def ladder(self) -> tuple[Step, ...]:
        """The access levels that make sense for it."""
        return rungs_for(self.kind)


class SignOff(Base):
    """What a named person says in a role, about one artifact, bound to what was seen."""

    person: Id
    """Who says it, by the name that the trust file has for them."""
    role: Id
    """In which role."""
    word: Literal["recommend", "approve", "object", "reverse", "recuse"]
    """What they say."""
    artifact: Id
    """About which artifact."""
    rung: Annotated[str, WithJsonSchema({"enum": list(RUNGS)})]
    """Up to which access level; for an objection, from which one."""
    on: date
    """On which day."""
    expires: date | None = None
    """The last day on which it counts."""
    request: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """The proposal digest of the request that was seen."""
    policies: Annotated[str, Field(pattern=f"^{DIGEST}$")] | None = None
    """The digest of the policies that were in force."""

    @field_validator("on", "expires", mode="before")
    @classmethod
    def _date(cls, raw: Any) -> Any:
        return None if raw is None else Day().read(raw)

    @field_validator("rung")
    @classmethod
    def _rung(cls, raw: str) -> str:
        if raw not in RUNGS:
            raise problem(f"`{printable(raw)}` is not an access level", did_you_mean(raw, RUNGS))
        return raw


class SourceInfo(Base):
    """Where a fact comes from."""

    title: Name
    """What it is called."""
    at: str | None = None
    """Where it is found."""
    confidence: Literal["memory", "secondary", "primary"] = "secondary"
    """How sure one can be."""


def _copy(tree: Any) -> Any:
    """A tree that can be changed."""
    kind = type(tree)
    if kind is str or kind is float or kind is int or kind is bool:
        return tree
    if kind is dict or isinstance(tree, Mapping):
        return {key: _copy(value) for key, value in tree.items()}
    return [_copy(value) for value in tree] if isinstance(tree, list | tuple) else tree


class ReleaseRequest(Sections):
    """A proposed release, and what is known about it."""

    KIND: ClassVar[str] = "request/v1"
    SUBJECT: ClassVar[str] = "release"
    release_gate: Literal["request/v1"] = "request/v1"
    """The kind of this document."""
    id: Id
    """Identifier of the request."""
    title: Name | None = None
    """What it is about."""
    action: Literal[
        "develop",
        "deploy_internal",
        "release",
        "widen",
        "narrow",
        "withdraw",
        "change_license",
        "change_safeguard",
    ]
    """What is proposed."""
    requester: Requester = Requester()
    """Who asks."""
    assessors: ListOf[AnyText] = ListOf(unknown="missing")
    """The persons who assessed the risk, as sign-offs name them."""
    developer: Developer = Developer()
    """Who develops the model."""
    variants: dict[str, Sections] = Field(default_factory=dict)
    """What differs between artifacts, by the name of the variant."""
    artifacts: Annotated[tuple[Artifact, ...], Field(min_length=1)]
    """What gets released."""
    lineage: ListOf[Ancestor] = ListOf(unknown="missing")
    """What it stands on; [] if on nothing."""
    rollout: Rollout = Rollout()
    """The plan of the release, in stages."""
    transparency: Transparency = Transparency()
    """What is made public."""
    releases: ListOf[PastRelease] = ListOf(unknown="missing")
    """Earlier releases."""
    incidents: ListOf[Incident] = ListOf(unknown="missing")
    """What went wrong before."""
    obligations: ListOf[ObligationFacts] = ListOf(unknown="missing")
    """Duties from earlier releases."""
    sign_offs: tuple[SignOff, ...] = ()
    """What people said about this request."""
    sources: dict[str, SourceInfo] = Field(default_factory=dict)
    """Where facts come from, by name."""
    events: tuple[Event, ...] = ()
    """What happened after it was written; each counts from its day on."""

    _document: Document | None = PrivateAttr(default=None)
    _tree: Any = PrivateAttr(default=None)

    @field_validator("artifacts", "sign_offs", "events", mode="before")
    @classmethod
    def _tuple(cls, raw: Any) -> Any:
        return tuple(raw) if isinstance(raw, list) else raw

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [artifact.id for artifact in self.artifacts]
        refuse_twins("artifacts", ids)
        for artifact in self.artifacts:
            if artifact.variant is not None and artifact.variant not in self.variants:
                raise problem(
                    f"the artifact `{artifact.id}` names the variant `{printable(artifact.variant)}`, "
                    "which is not there",
                    did_you_mean(artifact.variant, self.variants),
                )
        for past in self.sign_offs:
            if past.artifact not in ids:
                raise problem(
                    f"a sign-off names the artifact `{past.artifact}`, which is not there",
                    did_you_mean(past.artifact, ids),
                )
        for event in self.events:
            if event.artifact is not None and event.artifact not in ids:
                raise problem(
                    f"an event names the artifact `{printable(event.artifact)}`, which is not there",
                    did_you_mean(event.artifact, ids),
                )
            if event.source is not None and event.source not in self.sources:
                raise problem(
                    f"an event names the source `{printable(event.source)}`, which is not there",
                    did_you_mean(event.source, self.sources) or "add it to `sources`",
                )
        self._check_children(ids)
        self._check_lineage()
        return self

    def _check_children(self, ids: list[str]) -> None:
        """An edge from nowhere would take its ancestors out of everybody's sight."""
        known = {*ids, *self.variants, *(edge.parent for edge in self.lineage.items)}
        for edge in self.lineage.items:
            if edge.child is not None and edge.child not in known:
                raise problem(
                    f"the lineage names the child `{printable(edge.child)}`, which is not there",
                    did_you_mean(edge.child, known) or "name an artifact, a variant or an ancestor",
                )

    def _check_lineage(self) -> None:
        edges: dict[str, list[str]] = {}
        for edge in self.lineage.items:
            edges.setdefault(edge.child or "", []).append(edge.parent)
        done: set[str] = set()
        for start in edges:
            trail: list[tuple[str, int]] = [(start, 0)]
            entered = {start}
            while trail:
                node, turn = trail.pop()
                parents = edges.get(node, [])
                if turn == len(parents) or node in done:
                    done.add(node)
                    entered.discard(node)
                    continue
                trail.append((node, turn + 1))
                if parents[turn] in entered:
                    raise problem(
                        f"the lineage goes in a circle through `{printable(parents[turn])}`",
                        "a model cannot stand on itself",
                    )
                trail.append((parents[turn], 0))
                entered.add(parents[turn])

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a request from a YAML or JSON file.

        Raises:
            DocumentError: It is not YAML as we accept it, or not a request.
            RequestError: It is not a valid request.
        """
        return cls.from_document(read_file(Path(path)))

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Build a request from a document that was read."""
        require_mapping(document, (cls.KIND,))
        request = validate(cls, document.tree, document, RequestError, "RG401")
        request._document, request._tree = document, document.tree  # noqa: SLF001 - our own
        request._check_events()  # noqa: SLF001 - our own
        return request

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Build a request from Python mappings, lists and scalars.

        Raises:
            RequestError: It is not a valid request.
        """
        request = validate(cls, obj, None, RequestError, "RG401")
        request._tree = _copy(obj)  # noqa: SLF001 - our own, whatever the caller does with his
        request._check_events()  # noqa: SLF001 - our own
        return request

    def _check_events(self) -> None:
        """What an event says can be refused now, and not on the day from which it counts."""
        for day in {event.on for event in self.events}:
            self.on(day)

    def on(self, day: date) -> Self:
        """The request as its facts stood on a day: with what happened until then, and nothing later.

        Args:
            day: The day.
        """
        return cast("Self", on_day(self, day)) if self.events else self

    def where(self, pointer: Pointer) -> Span | None:
        """Where something is written, if the request was read from a file."""
        return self.spans.get(pointer)

    @cached_property
    def spans(self) -> Mapping[Pointer, Span]:
        """Where things are written, if the request was read from a file."""
        return self._document.spans if self._document is not None else {}

    @property
    def read_from(self) -> Document | None:
        """What it was read from, if it was read from a file."""
        return self._document

    @property
    def source(self) -> Source | None:
        """The text of the request, if it was read from a file."""
        return self._document.source if self._document is not None else None

    @property
    def tree(self) -> Tree:
        """The request as it was given."""
        return cast("Tree", self._tree)

    def tree_at(self, pointer: Pointer) -> Any:
        """What is written at a place of the request, or None."""
        place = self._tree
        for step in pointer:
            inside = isinstance(place, Mapping) if isinstance(step, str) else isinstance(place, list | tuple)
            if not inside or (step not in place if isinstance(step, str) else step >= len(place)):
                return None
            place = place[step]
        return place

    def with_facts(self, changes: Mapping[Pointer, Tree]) -> Self:
        """The same request with other values at some places. What is left keeps its place in the file.

        Raises:
            RequestError: It is no valid request any more.
        """
        tree = _copy(self._tree)
        for pointer, value in sorted(
            changes.items(), key=lambda change: len(change[0])
        ):  # a part after its whole
            place = tree
            for step in pointer[:-1]:
                place = place[step]
            place[pointer[-1]] = value
        if self._document is None:
            return self.model_validate(tree)
        return self.from_document(replace(self._document, tree=tree))

    @cached_property
    def canonical(self) -> bytes:
        """The canonical form of the request as it was given."""
        return canonical_bytes(self._tree)

    @cached_property
    def digest(self) -> str:
        """The digest of the request as it was given."""
        return digest_of_bytes(self.canonical)

    @cached_property
    def proposal_digest(self) -> str:
        """The digest of the request without its sign-offs: what a sign-off binds to."""
        if "sign_offs" not in self._tree:
            return self.digest
        return digest({key: value for key, value in self._tree.items() if key != "sign_offs"})
