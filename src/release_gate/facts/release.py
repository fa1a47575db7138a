"""The request: what is to be released, and what is known about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self, cast

from pydantic import Field, PrivateAttr, WithJsonSchema, field_validator, model_validator

from release_gate.canonical import digest_of_bytes, exact_tree, tree_bytes
from release_gate.diagnostics import RequestError, Source, Span, did_you_mean, printable
from release_gate.document import Base, validate
from release_gate.facts.events import Event, refuse_strangers
from release_gate.facts.ladder import BOUNDARY, RUNGS, rungs_for
from release_gate.facts.on_day import check_events, on_day
from release_gate.facts.records import (
    Access,
    Ancestor,
    AnyText,
    Capability,
    Component,
    Compute,
    Country,
    Data,
    Developer,
    Digest,
    Evidence,
    Id,
    Incident,
    LicenceName,
    ListOf,
    Measurement,
    Misuse,
    ModelFacts,
    Name,
    ObligationFacts,
    PaperFacts,
    PastRelease,
    Requester,
    Rollout,
    Safeguard,
    Terms,
    Transparency,
    YesNo,
    choice,
    refuse_twins,
)
from release_gate.facts.sign_off import SignOff
from release_gate.facts.truth import Range, Step
from release_gate.facts.types import MISSING, Fact, data_problem, problem
from release_gate.source import Document, Pointer, Tree, read_document, read_file, require_mapping

__all__ = ["Artifact", "ReleaseRequest"]


MOST_READ: Final = 50_000
"""As many members of lists a decision may show, each as often as there is an artifact that reads it."""


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

    @property
    def members(self) -> int:
        """How many members its lists have together."""
        lists = (self.data.sources, self.evidence, self.safeguards, self.components)
        return sum([len(each.items) for each in lists])

    @field_validator("own")
    @classmethod
    def _could_be_written(cls, raw: dict[str, Any]) -> dict[str, Any]:
        for name, value in raw.items():
            if reason := data_problem(value):
                raise problem(f"`own.{printable(name)}` {reason}", "write what a document can hold")
        return raw

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
    irrevocable: YesNo = MISSING
    """Whether copies are out for good: released past the irreversible boundary once, or leaked."""
    license: LicenceName = MISSING
    """Its licence: an SPDX identifier or expression, Hugging Face's word for it, or a LicenseRef."""
    terms: Terms = Terms()
    """What that licence allows; needed only for a licence that the licence table does not have."""
    format: AnyText = MISSING
    """Its file format."""
    digest: Digest = MISSING
    """The digest of its content."""
    jurisdictions: ListOf[Country] = ListOf(unknown="missing")
    """Where it is offered."""
    affordances: ListOf[choice("affordance")] = ListOf(unknown="missing")  # type: ignore[valid-type]
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

    @model_validator(mode="after")
    def _out_past_the_boundary(self) -> Self:
        """What is past the irreversible boundary cannot be taken back, whether or not somebody says so."""
        low = self.current.value.low if isinstance(self.current.value, Range) else self.current.value
        if isinstance(low, Step) and low >= BOUNDARY:
            if self.irrevocable.value is False:
                raise problem(
                    f"copies of what is at `{low}` are out for good", "leave `irrevocable` out, or say true"
                )
            out = Fact(value=True, source=self.current.source)
            object.__setattr__(self, "irrevocable", out)  # it is frozen
        return self

    @property
    def rung(self) -> Step:
        """The access level that is asked for."""
        return RUNGS[self.wanted]

    @property
    def ladder(self) -> tuple[Step, ...]:
        """The access levels that make sense for it."""
        return rungs_for(self.kind)


class SourceInfo(Base):
    """Where a fact comes from."""

    title: Name
    """What it is called."""
    at: str | None = None
    """Where it is found."""
    confidence: Literal["memory", "secondary", "primary"] = "secondary"
    """How sure one can be, for readers: no rule reads it."""


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
        for index, artifact in enumerate(self.artifacts):
            if artifact.variant is not None and artifact.variant not in self.variants:
                raise problem(
                    f"the artifact `{artifact.id}` names the variant `{printable(artifact.variant)}`, "
                    "which is not there",
                    did_you_mean(artifact.variant, self.variants),
                    ("artifacts", index, "variant"),
                )
        for index, past in enumerate(self.sign_offs):
            if past.artifact not in ids:
                raise problem(
                    f"a sign-off names the artifact `{past.artifact}`, which is not there",
                    did_you_mean(past.artifact, ids),
                    ("sign_offs", index, "artifact"),
                )
        sections: tuple[Sections, ...] = (self, *self.variants.values())
        data = [each.name for section in sections for each in section.data.sources.items]
        refuse_strangers(self.events, ids, data, self.sources)
        self._check_size()
        self._check_children(ids)
        self._check_lineage()
        return self

    def _check_size(self) -> None:
        """Every artifact is judged by all that is known about it, and its decision shows what it read."""
        own = {name: each.members for name, each in self.variants.items()}
        lists = (self.lineage, self.releases, self.incidents, self.obligations)
        shared = self.members + sum([len(each.items) for each in lists])
        read = sum([shared + own.get(each.variant or "", 0) for each in self.artifacts])
        if len(self.artifacts) > 1 and read > MOST_READ:
            raise problem(
                f"its {len(self.artifacts):,} artifacts read {read:,} members of lists, one by one; "
                f"{MOST_READ:,} are allowed",
                "make several requests of it",
                ("artifacts",),
            )

    def _check_children(self, ids: list[str]) -> None:
        """An edge from nowhere would take its ancestors out of everybody's sight."""
        known = {*ids, *self.variants, *(edge.parent for edge in self.lineage.items)}
        for index, edge in enumerate(self.lineage.items):
            if edge.child is not None and edge.child not in known:
                raise problem(
                    f"the lineage names the child `{printable(edge.child)}`, which is not there",
                    did_you_mean(edge.child, known) or "name an artifact, a variant or an ancestor",
                    ("lineage", "items", index, "child"),
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
        check_events(request)
        return request

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Build a request from Python mappings, lists and scalars.

        Raises:
            RequestError: It is not a valid request.
        """
        request = validate(cls, obj, None, RequestError, "RG401")
        request._tree = exact_tree(obj)  # noqa: SLF001 - our own, whatever the caller does with his
        check_events(request)
        return request

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **_: Any) -> Self:
        """Build a request from the text of a JSON document, by the rules for files.

        Raises:
            DocumentError: It is not JSON as we accept it, or not a request.
            RequestError: It is not a valid request.
        """
        return cls.from_document(read_document(json_data if isinstance(json_data, str) else bytes(json_data)))

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
        document = self._document
        return document.source if document is not None else None

    @property
    def tree(self) -> Tree:
        """The request as it was given."""
        if self._tree is None:  # else its digest would be that of any other request that was built so
            msg = (
                "build a request with `load`, `from_document`, `model_validate` or `model_validate_json`, "
                "and another one of it with `with_facts`"
            )
            raise TypeError(msg)
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
        tree = exact_tree(self._tree)
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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. One with other facts is no request that was given, and has neither a tree nor a digest.

        Those of the request that it was made of would say that somebody asked for this one; see
        :meth:`with_facts`.
        """
        copied = super().model_copy(update=update, deep=deep)
        if update:
            copied._document = copied._tree = None  # noqa: SLF001 - our own
            for name in ("spans", "canonical", "digest", "proposal_digest"):
                copied.__dict__.pop(name, None)
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        """What another process reads it from, which validates it again."""
        if self._document is not None:
            return type(self).from_document, (self._document,)
        return type(self).model_validate, (self.tree,)

    def bare(self) -> Self:
        """The same proposal, as if nobody had said anything about it yet."""
        tree: Any = self.tree
        copied = self.model_copy(update={"sign_offs": ()})
        unsigned = {key: each for key, each in tree.items() if key != "sign_offs"}
        copied._tree = unsigned  # noqa: SLF001 - our own
        if self._document is not None:
            copied._document = replace(self._document, tree=unsigned)  # noqa: SLF001 - our own
        return copied

    @cached_property
    def canonical(self) -> bytes:
        """The canonical form of the request as it was given."""
        return tree_bytes(self.tree)

    @cached_property
    def digest(self) -> str:
        """The digest of the request as it was given."""
        return digest_of_bytes(self.canonical)

    @cached_property
    def proposal_digest(self) -> str:
        """The digest of the request without its sign-offs: what a sign-off binds to."""
        tree: Any = self.tree
        if "sign_offs" not in tree:
            return self.digest
        proposal = {key: value for key, value in tree.items() if key != "sign_offs"}
        return digest_of_bytes(tree_bytes(proposal))
