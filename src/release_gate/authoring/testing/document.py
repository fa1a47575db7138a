"""The shape of ``tests/v1``: what the tests of a policy look like as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema, model_validator

from release_gate.decision import Verdict
from release_gate.document import Base
from release_gate.facts.access import KINDS
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.records import Name
from release_gate.facts.types import problem
from release_gate.policy.documents import AnyDate, Many

__all__ = ["CaseDocument", "ExpectDocument", "FixtureDocument", "TestsDocument"]


def _grid(one: dict[str, Any]) -> dict[str, Any]:
    """The schema of what may differ between the cells of a matrix: one, or a list of such."""
    return {"anyOf": [one, {"type": "array", "items": {"anyOf": [one, {"type": "array"}]}}]}


_VERDICT: Final = {"enum": [verdict.value for verdict in Verdict]}
_RUNG: Final = {"enum": list(ALL_RUNGS)}
_WORDS: Final = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "array"}]}}
_TIER: Final = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"certain": {"type": "string"}, "possible": {"type": "string"}},
            "additionalProperties": False,
        },
    ]
}

# What is expected may be a grid over the cells of a matrix, so that its leaves are checked one by one where
# the matrix is known (:mod:`release_gate.authoring.testing.expectations`), each at its own place.
Verdicts = Annotated[Any, WithJsonSchema(_grid(_VERDICT))]
Rungs = Annotated[Any, WithJsonSchema(_grid(_RUNG))]
Words = Annotated[Any, WithJsonSchema(_WORDS)]
WordsOrLevels = Annotated[
    Any,
    WithJsonSchema(
        {"anyOf": [_WORDS, {"type": "object", "properties": dict.fromkeys(ALL_RUNGS, _WORDS),
                            "additionalProperties": False}]}
    ),
]  # fmt: skip


class ExpectDocument(Base):
    """What is expected of one artifact. Whatever is not said is not looked at."""

    verdict: Verdicts = None
    """The verdict at the access level that is asked for."""
    levels: Annotated[
        Any,
        WithJsonSchema({"type": "object", "properties": dict.fromkeys(ALL_RUNGS, _grid(_VERDICT)),
                        "additionalProperties": False}),
    ] = None  # fmt: skip
    """The verdict at other access levels, by level."""
    best: Rungs = None
    """The highest access level that is allowed, up to the one that is asked for: the counter-offer."""
    not_ruled_out: Annotated[Any, WithJsonSchema(_grid({"enum": [*ALL_RUNGS, None]}))] = None
    """The highest access level that no evidence could still open; null if even the lowest is denied."""
    tier: Annotated[Any, WithJsonSchema(_grid(_TIER))] = None
    """The tier. While it is open, the highest that is certain and the highest that is possible."""
    because: Words = None
    """Rules that have a finding, at the level that is asked for or at one named in `levels`."""
    not_because: Words = None
    """Rules that have no finding there."""
    missing: WordsOrLevels = None
    """Exactly the facts that would settle the level that is asked for; or by level."""
    could_lift: Words = None
    """Exactly the facts that could lift a duty or an approval there."""
    obligations: Words = None
    """Exactly the rules whose duties come with the release."""
    unverified: WordsOrLevels = None
    """Exactly the rules that nobody has read in their source, and on which the verdict at the level that is
    asked for hangs; or by level."""


class FixtureDocument(Base):
    """A request that cases start from: a file, a request written out, or another fixture with changes."""

    file: str | None = None
    """The file, from the folder of these tests."""
    inline: Any = None
    """The request, written out."""
    from_: str | None = Field(default=None, alias="from")
    """The fixture that this one changes."""
    set: dict[str, Any] = Field(default_factory=dict)
    """The changes: for the path of each fact, its value."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        if isinstance(raw, str):
            return {"file": raw}
        if isinstance(raw, Mapping) and "release_gate" in raw:
            return {"inline": raw}
        if isinstance(raw, Mapping) and "from" not in raw:
            raise problem(
                "a fixture is a file, a request, or `from:` another fixture",
                "write the path of a request, or {from: NAME, set: {…}}",
            )
        return raw


_FIXTURE: Final = {
    "anyOf": [
        {"type": "string", "description": "The file of a request, from the folder of these tests."},
        {
            "type": "object",
            "properties": {
                "from": {"type": "string", "description": "The fixture that this one changes."},
                "set": {
                    "type": "object",
                    "description": "The changes: for the path of each fact, its value.",
                },
            },
            "required": ["from"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"release_gate": {"enum": list(KINDS)}},
            "required": ["release_gate"],
            "description": "A request, written out.",
        },
    ]
}


class CaseDocument(Base):
    """One case, or one for each combination of its matrix."""

    name: Name
    """What is tested, in a sentence."""
    request: str
    """The name of the fixture that is judged."""
    as_of: AnyDate = None
    """The day for which to decide, if it differs from that of the file."""
    set: dict[str, Any] = Field(default_factory=dict)
    """The changes: for the path of each fact, its value. `{unknown: missing}` takes a fact away."""
    matrix: dict[str, Many[Any]] = Field(default_factory=dict)
    """For the path of each fact, several values. Every combination is a case."""
    expect: dict[str, ExpectDocument]
    """What is expected, by artifact."""


class TestsDocument(Base):
    """Tests of a policy."""

    __test__ = False  # pytest collects classes by this name

    release_gate: Literal["tests/v1"]
    """The kind of this document."""
    policy: str
    """The policy that is tested: its id, the name of a pack, or a file from the folder of these tests."""
    beside: Many[str] = ()
    """Other policies that judge beside it. Without any, the policy is tested by itself."""
    as_of: AnyDate = None
    """The day for which to decide. Tests never read the clock."""
    fixtures: dict[str, Annotated[FixtureDocument, WithJsonSchema(_FIXTURE)]] = Field(default_factory=dict)
    """The requests that cases start from, by name."""
    cases: Annotated[Many[CaseDocument], Field(min_length=1)]
    """The cases."""
