"""The shape of policy documents, as they are written."""

from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from release_gate.diagnostics import did_you_mean, printable
from release_gate.document import Base
from release_gate.facts.ladder import RUNGS
from release_gate.facts.records import Id, Name
from release_gate.facts.truth import Duration
from release_gate.facts.types import Day, Length, exact, problem

__all__ = [
    "EFFECTS",
    "InForce",
    "OverlayDocument",
    "OwnFactDocument",
    "PolicyDocument",
    "RuleDocument",
    "SignOffAsked",
    "TableDocument",
    "a_rung",
]

EFFECTS = ("tier", "ceiling", "require", "sign_off", "oblige", "deny")
T = TypeVar("T")


def _tuple(raw: Any) -> Any:
    return tuple(raw) if isinstance(raw, list) else raw


def _whole(raw: Any) -> Any:
    number = exact(raw)
    return (
        int(number)
        if number is not None and number == number.to_integral_value() and 0 < number < 100
        else raw
    )


def a_rung(raw: Any) -> Any:
    """An access level, or the problem with it."""
    if isinstance(raw, str) and raw not in RUNGS:
        raise problem(f"`{printable(raw)}` is not an access level", did_you_mean(raw, RUNGS))
    return raw


def _date(raw: Any) -> Any:
    return None if raw is None else Day().read(raw)


def _duration(raw: Any) -> Any:
    return None if raw is None else Length(calendar=True).read(raw)


Many = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
Rung = Annotated[str, BeforeValidator(a_rung), WithJsonSchema({"enum": list(RUNGS)})]
AnyDate = Annotated[date | None, BeforeValidator(_date)]
AnyDuration = Annotated[Duration | None, BeforeValidator(_duration), WithJsonSchema({"type": "string"})]
Whole = Annotated[int, BeforeValidator(_whole)]
Kind = Literal["weights", "delta", "adapter", "checkpoint", "dataset", "code", "api", "demo"]
FactName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,63}$")]
Version = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
Scalar = Annotated[Any, Field(description="A number, a text, true or false.")]


class InForce(Base):
    """From when to when."""

    from_: AnyDate = Field(default=None, alias="from")
    """The first day."""
    until: AnyDate = None
    """The last day."""
    superseded_by: str | None = None
    """What takes its place."""

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)

    def within(self, other: "InForce") -> "InForce":
        """From when to when both hold."""
        starts = [start for start in (self.from_, other.from_) if start is not None]
        ends = [end for end in (self.until, other.until) if end is not None]
        return self.model_copy(update={"from_": max(starts, default=None), "until": min(ends, default=None)})


def _begins_before_it_ends(window: InForce) -> InForce:
    """What never applies would say nothing against anybody, and nobody would notice."""
    if window.from_ is not None and window.until is not None and window.from_ > window.until:
        raise problem(f"it ends on {window.until}, before it begins on {window.from_}", "exchange them")
    return window


Window = Annotated[InForce, AfterValidator(_begins_before_it_ends)]


class LeftOut(Base):
    """A version that was in force, and that this policy does not encode."""

    version: Version
    """Which version."""
    from_: Annotated[date, BeforeValidator(_date)] = Field(alias="from")
    """Its first day."""
    until: Annotated[date, BeforeValidator(_date)]
    """Its last day."""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.from_ > self.until:
            raise problem(f"it ends on {self.until}, before it begins on {self.from_}", "exchange them")
        return self

    def holds(self, day: date) -> bool:
        """Whether it was in force on a day."""
        return self.from_ <= day <= self.until


class SourceDocument(Base):
    """A document that rules rest on."""

    title: Name
    """Its title."""
    publisher: str | None = None
    """Who published it."""
    date: AnyDate = None
    """When it was published, as 2026-11-24."""
    version: str | None = None
    """Which version of it."""
    url: str | None = None
    """Where it can be read."""
    confidence: Literal["primary", "secondary", "memory", "unverified"] | None = None
    """How sure one can be of what is said of it."""


class Citation(Base):
    """A place in a source."""

    source: str
    """The name of the source, among the sources of the policy."""
    section: str | None = None
    """Where in it: an article, a section or a page."""
    confidence: Literal["primary", "secondary", "memory", "unverified"] | None = None
    """How sure one can be of this rule."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"source": raw} if isinstance(raw, str) else raw


class ParameterDocument(Base):
    """A value that an overlay may set."""

    value: Scalar
    """The value: a number, a text, true or false, or a duration such as P180D."""
    stricter: Literal["higher", "lower"] | None = None
    """Which way is stricter. An overlay that tightens may move it that way only."""


class MetricDocument(Base):
    """A measurement that the policy asks for, and when one counts."""

    title: str | None = None
    """What it measures."""
    range: Many[Any] | None = None
    """The smallest and the largest possible value, as [0, 1]. One outside of it is an error: 98 % is 0.98."""
    better: Literal["higher", "lower"] | None = None
    """Which way is better."""
    max_age: str | None = None
    """How old a measurement may be: a duration, or `parameter.NAME`."""
    bound: bool = False
    """Whether it must have been measured on the artifact that is released, by digest."""
    independent: bool = False
    """Whether it must come from somebody independent of the developer."""


class OwnFactDocument(Base):
    """A fact of the policy's own."""

    title: str | None = None
    """What it means."""
    choices: Many[FactName] | None = None
    """Its words, as [low, high]."""
    ordered: bool = False
    """Whether the words go from least to most."""
    type: Literal["boolean", "number", "text", "date"] | None = None
    """Its type, if it has no choices."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.choices is None) == (self.type is None):
            raise problem(
                "a fact says its `choices` or its `type`", "write choices: [low, high], or type: boolean"
            )
        return self


class FactsDocument(Base):
    """Facts beyond the built-in ones."""

    metrics: dict[FactName, MetricDocument] = Field(default_factory=dict)
    """Measurements that its conditions read, as `metric.NAME`."""
    own: dict[FactName, OwnFactDocument] = Field(default_factory=dict)
    """Other facts that its conditions read, as `own.NAME`."""
    vocabularies: dict[FactName, dict[FactName, Name]] = Field(default_factory=dict)
    """More words of built-in vocabularies, each with its title: of `capability_domain`, `misuse_domain`,
    `document_kind` or `safeguard_kind`."""


class TierDocument(Base):
    """A risk class."""

    id: FactName
    """Its name, as rules and `default_tier` write it."""
    ceiling: Rung
    """The most open access level that it may ever have."""


class TableDocument(Base):
    """A table that gives the tier to start from."""

    columns: Many[str]
    """What it looks at: facts with a fixed set of values."""
    rows: Many[Many[Any]]
    """A cell for each column, and the tier."""
    hit: Literal["first", "unique", "strictest"] = "unique"
    """What counts when several rows match."""
    otherwise: str | None = None
    """The tier when no row matches."""


class SignOffAsked(Base):
    """A sign-off that a rule asks for."""

    role: Id | None = None
    """The role that signs."""
    all: Many[Id] | None = None
    """The roles that all sign, each by another person."""
    count: Whole = 1
    """How many persons of the role; one, if not said."""
    not_: Many[Literal["requester", "assessor"]] = Field(default=(), alias="not")
    """Who may not sign."""
    max_age: AnyDuration = None
    """How old it may be."""
    after_recommendation: Id | None = None
    """The role that must have recommended it first, up to the same access level. Who may not sign may not
    recommend."""
    reversible_by: Id | None = None
    """The role that may reverse it."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.role is None) == (self.all is None):
            raise problem(
                "a sign-off names its `role`, or `all` roles", "write sign_off: {role: safety-lead}"
            )
        if self.all == ():
            raise problem("a sign-off that nobody gives is none", "name the roles in `all`")
        return self

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role, as often as it must sign."""
        return self.all if self.all is not None else (str(self.role),) * self.count


class Due(Base):
    """When a duty is due. One of these."""

    with_: Literal["release"] | None = Field(default=None, alias="with")
    """At the time of the release: `with: release`."""
    before: Literal["release"] | None = None
    """Before the release: `before: release`."""
    by: AnyDate = None
    """On a date, as 2026-11-24."""
    within: AnyDuration = None
    """So long after something, as P10D for ten days."""
    of: str | None = None
    """After what, as `of: awareness`."""
    every: AnyDuration = None
    """Again and again, as P90D for every ninety days."""
    until: str | None = None
    """Until what, as `until: withdrawn`."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = [self.with_, self.before, self.by, self.within, self.every]
        if sum(way is not None for way in ways) != 1:
            raise problem(
                "a duty is due once: `with`, `before`, `by`, `within` or `every`", "write due: {every: P90D}"
            )
        return self


class Oblige(Base):
    """A duty that outlives the decision."""

    duty: Name
    """What is to be done."""
    due: Due | None = None
    """When it is due, as {every: P90D}."""
    on: str | None = None
    """What starts it."""
    retain: AnyDuration = None
    """How long the proof is kept."""
    owner: Id | None = None
    """Who owes it."""
    expires: AnyDuration = None
    """In access policies: how long a grant lasts, as the decision says."""
    scope: Many[Name] = ()
    """In access policies: what a grant is for, as the decision says."""


class Waivable(Base):
    """Who may excuse a rule, and for how long."""

    by: Id
    """The role that may."""
    for_: AnyDuration = Field(default=None, alias="for")
    """The longest time."""


class Instead(Base):
    """What a requirement that is not met asks for, in place of denying."""

    sign_off: SignOffAsked
    """A sign-off."""


class RuleDocument(Base):
    """A condition and one effect."""

    id: Id
    """Its name. It is never used for another rule."""
    at: Rung | None = None
    """The access level from which it applies, and at all that are more open; from `internal`, if not said."""
    applies_to: Many[Kind] | None = None
    """The kinds of artifact it applies to."""
    in_force: Window | None = None
    """From when to when it applies."""
    when: str | None = None
    """The condition under which it applies; always, if not said. While it cannot be told, the rule bites as
    far as evidence is missing."""
    tier: str | None = None
    """Effect: the risk is at least this tier."""
    ceiling: Rung | None = None
    """Effect: nothing more open than this access level."""
    require: str | None = None
    """Effect: this condition must hold. While it cannot be told, evidence is missing."""
    sign_off: SignOffAsked | None = None
    """Effect: a person must sign, in a role."""
    oblige: Oblige | None = None
    """Effect: a duty comes with the release."""
    deny: Name | None = None
    """Effect: no, for this reason."""
    else_: Instead | None = Field(default=None, alias="else")
    """Beside `require`: what to ask for if it is not met, in place of denying."""
    because: str | None = None
    """Why the rule exists, for those whose release it stops. `{FACT}` shows what a fact is."""
    fix: str | None = None
    """What to do about it, and who can."""
    cite: Citation | None = None
    """The source that it rests on, by its name under `sources`."""
    owner: Id | None = None
    """Who answers for it: a person, a role or a team; whoever answers for the policy, if not said."""
    waivable: Waivable | None = None
    """Who may excuse it, and for how long. Nobody, if not said."""
    silence: dict[str, Name] = Field(default_factory=dict)
    """Warnings that do not concern this rule: the code of each, and the reason."""

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        given = [name for name in EFFECTS if getattr(self, name) is not None]
        if len(given) != 1:
            said = " and ".join(f"`{name}`" for name in given) or "none"
            raise problem(
                f"the rule `{self.id}` must have one effect, and has {said}", f"one of {', '.join(EFFECTS)}"
            )
        if self.else_ is not None and self.require is None:
            raise problem(f"the rule `{self.id}` has `else` without `require`", "`else` belongs to `require`")
        return self

    @property
    def effect(self) -> str:
        """Which effect it has."""
        return next(name for name in EFFECTS if getattr(self, name) is not None)


class PolicyDocument(Base):
    """Tiers and rules."""

    release_gate: Literal["policy/v1"]
    """The kind of this document."""
    id: Id
    """Its name, by which gates and decisions call it."""
    version: Version
    """Its version. Raise it whenever something changes."""
    title: Name
    """What it is about."""
    subject: Literal["release", "access"] = "release"
    """What it judges: releases, or those who ask for access to what is released."""
    covers: bool = False
    """Whether it judges the release as a whole. Without a policy that does, nothing is approved."""
    status: Literal["illustrative", "adopted", "superseded"] = "illustrative"
    """Its standing: it shows what could be, is in use, or has been replaced."""
    owner: Id | None = None
    """Who answers for it and for its rules: a person, a role or a team."""
    in_force: Window = InForce()
    """From when to when it applies."""
    left_out: Many[LeftOut] = ()
    """Other versions that were in force and are not encoded. On their days nothing is decided."""
    applies_to: Many[Kind] | None = None
    """The kinds of artifact it applies to."""
    scope: str | None = None
    """The requests it applies to; all, if not said."""
    sources: dict[FactName, SourceDocument] = Field(default_factory=dict)
    """The documents that its rules rest on."""
    parameters: dict[FactName, ParameterDocument] = Field(default_factory=dict)
    """Values that an overlay may set."""
    facts: FactsDocument = FactsDocument()
    """Facts beyond the built-in ones."""
    definitions: dict[FactName, str] = Field(default_factory=dict)
    """Named conditions, read as `is.NAME`."""
    tiers: Many[TierDocument] = ()
    """Risk classes, least to most."""
    default_tier: str | None = None
    """The tier to start from."""
    tier_table: TableDocument | None = None
    """A table that gives the tier to start from."""
    rules: Many[RuleDocument] = ()
    """The rules. Their order means nothing."""
    silence: dict[str, Name] = Field(default_factory=dict)
    """Warnings that do not concern the policy as a whole: the code of each, and the reason."""


class OverlayDocument(Base):
    """A policy that extends another. What it does not say is as in that one."""

    release_gate: Literal["policy/v1"]
    """The kind of this document."""
    id: Id
    """Its name."""
    extends: Name
    """The policy that it extends: a pack, as NAME or NAME@VERSION, or the path of a file from here."""
    tightens: bool = False
    """Whether it must only restrict. Then all that could loosen is an error."""
    version: Version | None = None
    """Its version; if not said, that of the policy that it extends."""
    title: Name | None = None
    """What it is about."""
    status: Literal["illustrative", "adopted", "superseded"] | None = None
    """Its standing."""
    owner: Id | None = None
    """Who answers for the rules that it adds, and for all that nobody answers for."""
    in_force: Window = InForce()
    """From when to when it applies; at other times, the policy that it extends does."""
    set_: dict[FactName, Scalar] = Field(default_factory=dict, alias="set")
    """New values of parameters."""
    ceilings: dict[FactName, Rung] = Field(default_factory=dict)
    """New ceilings of tiers."""
    max_age: dict[str, str] = Field(default_factory=dict)
    """New ages: of a measurement, as `metric.NAME`, or of the sign-off that a rule asks for, by its id."""
    approvers: dict[Id, Whole] = Field(default_factory=dict)
    """New numbers of persons who sign off, by the id of the rule that asks."""
    sources: dict[FactName, SourceDocument] = Field(default_factory=dict)
    """More documents that rules rest on."""
    parameters: dict[FactName, ParameterDocument] = Field(default_factory=dict)
    """More values that an overlay may set."""
    facts: FactsDocument = FactsDocument()
    """More facts."""
    definitions: dict[FactName, str] = Field(default_factory=dict)
    """More named conditions."""
    rules: Many[RuleDocument] = ()
    """More rules. One with the id of another takes its place, which does not tighten."""
    without: Many[Id] = ()
    """Rules to leave out. Does not tighten."""
    covers: bool = False
    """Whether it judges the release as a whole. Does not tighten."""
    applies_to: Many[Kind] | None = None
    """The kinds of artifact it applies to. Does not tighten."""
    scope: str | None = None
    """The requests it applies to. Does not tighten."""
    tiers: Many[TierDocument] = ()
    """Other risk classes. Does not tighten."""
    default_tier: str | None = None
    """Another tier to start from. Does not tighten."""
    tier_table: TableDocument | None = None
    """Another table that gives the tier to start from. Does not tighten."""
