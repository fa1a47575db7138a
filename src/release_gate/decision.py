"""What the gate answers: verdicts for each artifact at each rung, and the findings behind them.

Plain data with a stable JSON form. Nothing here evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Self

from release_gate.canonical import digest_of_bytes, exact_tree, json_of, tree_bytes
from release_gate.diagnostics import Span
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.truth import Duration, Items, Range, Record, Step, Unknown

__all__ = [
    "ArtifactDecision",
    "Decision",
    "FactRead",
    "Finding",
    "Obligation",
    "PolicyUsed",
    "RequestUsed",
    "SignOffState",
    "TierState",
    "Verdict",
    "Where",
    "Why",
    "worst",
]


def _neither(answer: object) -> NoReturn:
    """Refuse to be taken for true, which a denial would be as well."""
    raise TypeError(f"a {type(answer).__name__} is neither true nor false; ask `verdict.allows`")


class Verdict(StrEnum):
    """What may be done, best to worst. It equals its word, and is neither true nor false.

    Attributes:
        rank: 0 for the best.
    """

    APPROVE = "approve"
    CONDITIONAL = "conditional"
    NEEDS_APPROVAL = "needs_approval"
    NEEDS_EVIDENCE = "needs_evidence"
    DENY = "deny"

    def __init__(self, _word: str) -> None:
        self.rank = len(type(self).__members__)

    @property
    def allows(self) -> bool:
        """Whether the release may go ahead."""
        return self in (Verdict.APPROVE, Verdict.CONDITIONAL)

    __bool__ = _neither

    def _unordered(self, _other: object) -> NoReturn:
        raise TypeError("verdicts have no order as words; compare their `rank`, where 0 is the best")

    __lt__ = __le__ = __gt__ = __ge__ = _unordered


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts; ``approve`` if there is none."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.APPROVE)


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file.

    Attributes:
        file: Its path, as it was given.
        line: The line, from 1.
        column: The column, from 1.
    """

    file: str
    line: int
    column: int

    @classmethod
    def of(cls, span: Span | None) -> Where | None:
        """The start of a span."""
        return cls(span.file, span.line, span.column) if span is not None else None


_UNVERIFIED: Final = ("memory", "unverified")


def is_unverified(cite: Mapping[str, Any]) -> bool:
    """Whether a citation says that nobody has read the place in the source."""
    return cite.get("confidence") in _UNVERIFIED


@dataclass(frozen=True, slots=True)
class FactRead:
    """A fact that a finding rests on.

    Attributes:
        path: Its path.
        state: ``known``, ``range`` or ``unknown``.
        value: The value in words, if it is known or a range.
        reason: Why it is not known.
        where: Where it is stated.
        source: The name of its source in the request.
    """

    path: str
    state: str
    value: str | None
    reason: str | None
    where: Where | None
    source: str | None


class Why(NamedTuple):
    """What a finding says.

    Attributes:
        message: Why, in words.
        fix: What to do about it.
        facts: The facts it rests on.
    """

    message: str
    fix: str
    facts: tuple[FactRead, ...] = ()


class _Explained:
    """What is explained when its message, its fix or its facts are first read, and never again."""

    __slots__ = ("_why",)
    _why: Callable[[], Why] | None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A part of why, which is worked out now."""
            if name not in Why._fields:
                raise AttributeError(f"a finding has no `{name}`", name=name, obj=self)
            if (why := getattr(self, "_why", None)) is not None:  # else another thread was quicker
                for each, value in why()._asdict().items():
                    object.__setattr__(self, each, value)
                object.__setattr__(self, "_why", None)
            return object.__getattribute__(self, name)


@dataclass(frozen=True, slots=True)
class Finding(_Explained):
    """What one rule came to for one artifact, from one rung to another.

    Attributes:
        policy: The policy.
        rule: The rule in it.
        effect: ``tier``, ``ceiling``, ``require``, ``sign_off``, ``oblige``, ``deny`` or ``coverage``.
        outcome: The verdict that it leads to.
        from_: The lowest rung of these.
        to: The highest rung of these.
        message: Why, in words.
        fix: What to do about it.
        cite: The source that the rule rests on.
        where: Where the rule stands.
        facts: The facts it rests on.
    """

    policy: str
    rule: str
    effect: str
    outcome: Verdict
    from_: str
    to: str
    message: str
    fix: str
    cite: Mapping[str, Any]
    where: Where | None
    facts: tuple[FactRead, ...]

    @classmethod
    def found(  # noqa: PLR0913 - all that a finding has, but for why
        cls,
        why: Callable[[], Why],
        *,
        policy: str,
        rule: str,
        effect: str,
        outcome: Verdict,
        from_: str,
        to: str,
        cite: Mapping[str, Any],
        where: Where | None,
    ) -> Self:
        """A finding that ``why`` explains when somebody asks."""
        finding, put = object.__new__(cls), object.__setattr__
        put(finding, "policy", policy)
        put(finding, "rule", rule)
        put(finding, "effect", effect)
        put(finding, "outcome", outcome)
        put(finding, "from_", from_)
        put(finding, "to", to)
        put(finding, "cite", cite)
        put(finding, "where", where)
        put(finding, "_why", why)
        return finding

    @property
    def unverified(self) -> bool:
        """Whether nobody has read the place in the source that the rule rests on."""
        return is_unverified(self.cite)

    def stands_at(self, rung: str) -> bool:
        """Whether it is about a rung."""
        return ALL_RUNGS[self.from_] <= ALL_RUNGS[rung] <= ALL_RUNGS[self.to]


@dataclass(frozen=True, slots=True)
class TierState:
    """The tier that is certain, and the highest that is possible.

    Attributes:
        certain: What it is at least.
        possible: What it may be at most.
    """

    certain: str
    possible: str


@dataclass(frozen=True, slots=True)
class SignOffState:
    """A sign-off that a rule asks for.

    Attributes:
        policy: The policy.
        rule: The rule.
        roles: Every role that must sign, as often as it must.
        given: The persons whose sign-offs count.
        lacking: How many are still lacking.
        from_: The lowest rung that needs it.
        void: Sign-offs that do not count, and why.
    """

    policy: str
    rule: str
    roles: tuple[str, ...]
    given: tuple[str, ...]
    lacking: int
    from_: str
    void: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that comes with the release.

    Attributes:
        policy: The policy.
        rule: The rule.
        duty: What is to be done.
        owner: Who owes it.
        due: When.
        on: What starts it.
        retain: How long the proof is kept.
        from_: The lowest rung that it comes with.
    """

    policy: str
    rule: str
    duty: str
    owner: str | None
    due: str | None
    on: str | None
    retain: str | None
    from_: str


@dataclass(frozen=True, slots=True)
class ArtifactDecision:
    """The answer for one artifact.

    Attributes:
        id: The artifact.
        requested: The rung that is asked for.
        verdict: The verdict there.
        best: The highest rung up to there that is allowed, with everything below; None if not even
            withholding is, because development must stop.
        not_ruled_out: The highest rung with no denial at or below it.
        irrevocable: Whether copies have already left the building for good; None while nobody can say.
        tiers: The tier under each policy that has tiers, at the rung asked for.
        ladder: The verdict at every rung that makes sense for it.
        findings: What the rules came to, worst first.
        missing: The facts that would settle the rung asked for, if it needs evidence.
        missing_at: The same for every rung that needs evidence.
        could_lift: The facts that could lift a duty or an approval at the rung asked for.
        unverified: The rules that nobody has read in their source, and without which the verdict at the rung
            asked for would be better.
        unverified_at: The same for every rung whose verdict hangs on such rules.
        sign_offs: The sign-offs that are asked for at the rung.
        obligations: The duties that come with the rung.
    """

    __bool__ = _neither

    id: str
    requested: str
    verdict: Verdict
    best: str | None
    not_ruled_out: str | None
    irrevocable: bool | None
    tiers: Mapping[str, TierState]
    ladder: Mapping[str, Verdict]
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    missing_at: Mapping[str, tuple[str, ...]]
    could_lift: tuple[str, ...]
    unverified: tuple[str, ...]
    unverified_at: Mapping[str, tuple[str, ...]]
    sign_offs: tuple[SignOffState, ...]
    obligations: tuple[Obligation, ...]

    @property
    def best_in_words(self) -> str:
        """The highest rung that is allowed now, as reports say it."""
        return self.best or "none: even development must stop"


@dataclass(frozen=True, slots=True)
class RequestUsed:
    """The request that was judged.

    Attributes:
        id: Its identifier.
        digest: The digest of all of it.
        proposal_digest: The digest without its sign-offs: what a sign-off binds to.
    """

    id: str
    digest: str
    proposal_digest: str


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    """A policy that was in force.

    Attributes:
        id: Its name.
        version: Its version.
        digest: The digest of its content.
    """

    id: str
    version: str
    digest: str


@dataclass(frozen=True)
class Decision:
    """The answer of the gate.

    Attributes:
        as_of: The day for which it was decided.
        verdict: The worst verdict of all artifacts.
        request: What was judged.
        policies: By what, with the digest of all of them together.
        policies_digest: The digest of the policies together: what a sign-off binds to.
        hypothetical: The day whose policies were used, if asked for. Then this is no approval.
        artifacts: The answer for each artifact.
        notes: What the reader should know, such as policies that are not in force.
        judged: How every rule came out for each artifact, for who asks. It is no part of the answer, and does
            not leave the process.
    """

    __bool__ = _neither

    as_of: date
    verdict: Verdict
    request: RequestUsed
    policies: tuple[PolicyUsed, ...]
    policies_digest: str
    hypothetical: date | None
    artifacts: tuple[ArtifactDecision, ...]
    notes: tuple[str, ...]
    judged: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """The answer."""
        return {**self.__dict__, "judged": ()}

    @cached_property
    def body(self) -> dict[str, Any]:
        """All of it but its digest, as JSON has it. Whoever gets it must not change it."""
        return {"schema": "decision/v1", **_json(self)}

    @cached_property
    def canonical(self) -> bytes:
        """The canonical form of all of it but its digest."""
        return tree_bytes(self.body)

    @cached_property
    def digest(self) -> str:
        """The digest of the canonical form of everything else."""
        return digest_of_bytes(self.canonical)

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON has it, in a stable order of keys. Whoever gets it may change it."""
        return self._shown(_json(self))

    def to_json(self, indent: int | None = 2) -> str:
        """The decision as JSON text. The same inputs give the same bytes."""
        return json_of(self._shown(self.body), indent) + "\n"

    def _shown(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"schema": self.body["schema"], "digest": self.digest, **body}


def _json(value: Any) -> Any:
    kind: Any = type(value)
    return value if kind in _AS_THEY_ARE else _writer(kind)(value)


_AS_THEY_ARE: Final = frozenset({str, int, bool, NoneType})
"""Classes of values that are JSON already, told apart first because most values are of one of them."""


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """What makes JSON of the values of a class."""
    if issubclass(kind, Verdict):
        return _value_of
    if issubclass(kind, Step):
        return _name_of
    if issubclass(kind, Mapping):
        return lambda value: {
            str(key): item if type(item) in _AS_THEY_ARE else _json(item) for key, item in value.items()
        }
    if issubclass(kind, tuple | list):
        return lambda value: [_json(item) for item in value]
    if names := _names(kind):
        return lambda value: {
            written: item if type(item := getattr(value, name)) in _AS_THEY_ARE else _json(item)
            for name, written in names
        }
    return date.isoformat if issubclass(kind, date) else exact_tree


_value_of, _name_of = attrgetter("value"), attrgetter("name")


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    """The fields of a class of ours that are written, and how."""
    if not is_dataclass(kind):
        return ()
    return tuple((each.name, each.name.rstrip("_")) for each in fields(kind) if each.compare)


def in_words(value: Any) -> str:
    """A value as a person writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case Range():
            return f"{in_words(value.low)} to {in_words(value.high)}"
        case Unknown():
            return f"unknown ({value.reason.value})"
        case Items():
            words = [in_words(getattr(item, "value", item)) for item in value.members]
            return "[" + ", ".join(words + ([] if value.complete else ["…"])) + "]"
        case Record():
            return value.label or "record"
        case Step() | Duration() | date() | str():
            return str(value)
        case _:
            return number_in_words(value)


def number_in_words(value: Any) -> str:
    """A number as a person writes it: plain while it is short, else with an exponent."""
    text = format(value, "f")
    if abs(value) >= 1_000_000_000 or len(text) > 12:
        mantissa, _, exponent = format(value, "e").partition("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
    return text


__all__ += ["in_words", "is_unverified"]
