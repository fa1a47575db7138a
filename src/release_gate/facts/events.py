"""What happened to a release, or to the data that it was trained on.

A request says what is known when it is written. What happens later (it leaks, its licence changes, a
safeguard is relaxed, a data set is withdrawn) are *events* on it: each on a day, with what it changes. What
was known on a day is worked out by :mod:`release_gate.facts.on_day`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator, model_validator

from release_gate.diagnostics import did_you_mean, printable
from release_gate.document import Base
from release_gate.facts.ladder import RUNGS
from release_gate.facts.truth import Range
from release_gate.facts.types import Day, problem

__all__ = ["MOVES", "OPENS", "WITHDRAWAL", "WORDS", "Event", "Word", "refuse_strangers"]

Word = Literal[
    "published", "staged", "widened", "narrowed", "paused", "withdrawn", "leaked", "superseded",
    "license_changed", "safeguard_changed", "incident",
]  # fmt: skip

WORDS: Final[Mapping[str, str]] = {
    "published": "it is out, at the rung that is named",
    "staged": "a stage of it is out, at the rung that is named",
    "widened": "it is open further, at the rung that is named",
    "narrowed": "it is open less far, at the rung that is named",
    "paused": "nobody new gets it for now",
    "withdrawn": "it is no longer offered",
    "leaked": "copies are out that nobody released",
    "superseded": "another one takes its place",
    "license_changed": "it is under another licence",
    "safeguard_changed": "a safeguard is another, or is gone",
    "incident": "something happened that a duty may start from",
}
"""What may happen to a release, and what it means."""
assert set(WORDS) == set(get_args(Word))  # noqa: S101 - one vocabulary, two views of it

OPENS: Final = ("published", "staged", "widened")
"""The words after which it is open, at the rung that is named."""
MOVES: Final = (*OPENS, "narrowed")
"""The words that name a rung."""
WITHDRAWAL: Final = "withdrawal of an ancestor"
"""The kind of the incident that follows from a withdrawal for whatever stands on what was withdrawn."""

MOST: Final = 500
"""As many events a request may have."""
MOST_UNKNOWN: Final = 20
"""As many of them may be without a day of their own."""

_NOT_OF_DATA: Final = ("staged", "paused", "leaked", "safeguard_changed")
_KEPT: Final = frozenset({"release_gate", "id", "title", "sign_offs", "sources", "events"})
"""What no event changes: which request it is, and who said what of it."""
_NO_FACT: Final = re.compile(
    r"(request\.)?action|artifacts?(\[[^\]]*\])?\.(id|kind|wanted|variant)|artifacts\[\+\]"
)
"""What is no fact, and so cannot be unknown."""
_PERIOD: Final = re.compile(r"(\d{4})(?:-(\d{2}))?")

Short = Annotated[str, Field(min_length=1, max_length=200)]


def _days(raw: Any) -> date | Range:
    """A day, or the first and the last that it can be."""
    if (period := _PERIOD.fullmatch(str(raw))) and (span := _span(*period.groups())):
        raise problem(f"`{period[0]}` is not a day", f"write the first and the last that it can be: {span}")
    found = Day().parse(raw)
    if isinstance(found.value, date | Range) and found.source is None and found.note is None:
        return found.value
    raise problem(
        "an event has a day, or the first and the last that it can be",
        "write it as 2023-03-03, or as {low: 2023-02-24, high: 2023-03-03}",
    )


def _span(year: str, month: str | None) -> str:
    """The days of a month or of a year; empty if there is none."""
    first, last = (int(month), int(month)) if month else (1, 12)
    if not (1 <= first <= 12 and int(year)):
        return ""
    end = monthrange(int(year), last)[1]
    return f"{{low: {year}-{first:02}-01, high: {year}-{last:02}-{end}}}"


_DAY: Final = Day().json_schema()
Days = Annotated[
    date | Range,
    PlainValidator(_days),
    WithJsonSchema(
        {
            "anyOf": [
                _DAY,
                {
                    "type": "object",
                    "properties": {
                        "low": {**_DAY, "description": "The first day that it can be."},
                        "high": {**_DAY, "description": "The last day that it can be."},
                    },
                    "required": ["low", "high"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Event(Base):
    """Something that happened to a release, or to the data that it was trained on."""

    on: Days
    """The day on which it happened, or the first and the last that it can be, as `{low: DAY, high: DAY}`."""
    event: Word
    """What happened."""
    artifact: Short | None = None
    """The artifact that it happened to; all of them, if neither an artifact nor data are named."""
    data: tuple[Short, ...] = ()
    """The sources of training data that it happened to, by their names among `data.sources`."""
    rung: str | None = None
    """The access level at which it is open from then on."""
    source: Short | None = None
    """The name of its source, among the sources of the request."""
    note: Short | None = None
    """What else there is to say."""
    facts: dict[str, Any] = Field(default_factory=dict)
    """What is known from then on: facts as rules name them, and their values."""

    @property
    def first(self) -> date:
        """The first day on which it may have happened."""
        day: date = self.on.low if isinstance(self.on, Range) else self.on
        return day

    @property
    def last(self) -> date:
        """The first day on which it has surely happened."""
        day: date = self.on.high if isinstance(self.on, Range) else self.on
        return day

    @property
    def when(self) -> str:
        """Its day in words."""
        return str(self.on) if self.first == self.last else f"between {self.first} and {self.last}"

    @property
    def day(self) -> str | dict[str, str]:
        """Its day as a request states it."""
        low, high = self.first.isoformat(), self.last.isoformat()
        return low if low == high else {"low": low, "high": high}

    def overlaps(self, later: Event) -> bool:
        """Whether nobody can say that it came before one that ended later. Of one day, the lines say it."""
        return later.first <= self.last and not self.first == self.last == later.first == later.last

    @property
    def sets(self) -> frozenset[str]:
        """The parts of a request that it puts something into; what it only adds comes beside the rest."""
        moves = self.rung is not None or self.event == "withdrawn"
        own = (("data", "variants") if self.data else ("artifacts",)) if moves else ()
        return frozenset((*own, *(_head(path) for path in self.facts if not path.endswith("[+]"))))

    @field_validator("data", mode="before")
    @classmethod
    def _tuple(cls, raw: Any) -> Any:
        return tuple(raw) if isinstance(raw, list) else raw

    @field_validator("rung")
    @classmethod
    def _rung(cls, raw: str | None) -> str | None:
        if raw is not None and raw not in RUNGS:
            raise problem(f"`{printable(raw)}` is not an access level", did_you_mean(raw, RUNGS))
        return raw

    @field_validator("facts")
    @classmethod
    def _changeable(cls, raw: dict[str, Any]) -> dict[str, Any]:
        for path in raw:
            if (head := _head(path)) in _KEPT:
                raise problem(f"no event changes `{head}`", "make a request of its own for it")
            if path.endswith(".irrevocable"):
                raise problem(
                    "no event changes `irrevocable`",
                    "a leak, or a release that lets copies out, makes it true",
                )
        return raw

    @model_validator(mode="after")
    def _says_what_changes(self) -> Self:
        if (self.event in MOVES) != (self.rung is not None):
            if self.rung is None:
                raise problem(f"`{self.event}` says at which access level it is open", "add `rung:`")
            raise problem(
                f"`{self.event}` has no access level", "leave `rung` out, or say `widened` or `narrowed`"
            )
        if self.event == "license_changed" and not any(path.endswith("license") for path in self.facts):
            path = f"data.sources[{self.data[0]}]" if self.data else "artifact"
            raise problem("`license_changed` says the licence", f"add `facts: {{{path}.license: …}}`")
        if self.event in ("safeguard_changed", "incident") and not self.facts:
            raise problem(f"`{self.event}` says what changes", "add `facts:`")
        return self

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        if self.data and self.artifact is not None:
            raise problem("an event is about an artifact or about data", "make two events of it")
        if self.data and self.event in _NOT_OF_DATA:
            raise problem(f"`{self.event}` is said of artifacts, not of data", "name an artifact, or none")
        return self

    @model_validator(mode="after")
    def _leaves_certain_what_cannot_be_unknown(self) -> Self:
        for path in self.facts if self.first < self.last else ():
            if _NO_FACT.fullmatch(path):
                raise problem(
                    f"`{printable(path)}` is no fact, and cannot be unknown from {self.first} to {self.last}",
                    "say it in an event of its own, with the day from which it counts",
                )
        return self


def _head(path: str) -> str:
    """The part of a request that a fact is in."""
    head = path.removeprefix("request.").partition(".")[0].partition("[")[0]
    return "artifacts" if head == "artifact" else head


def refuse_strangers(
    events: Sequence[Event], artifacts: Collection[str], data: Collection[str], sources: Collection[str]
) -> None:
    """Raise the problem with events that are about what is not there, or that stand there twice.

    Args:
        events: The events of a request.
        artifacts: The ids of its artifacts.
        data: The names of its sources of training data.
        sources: The names of its sources.
    """
    known = {
        "artifact": (artifacts, ""),
        "data": (data, "add it to `data.sources`"),
        "source": (sources, "add it to `sources`"),
    }
    if len(events) > MOST or sum(event.first < event.last for event in events) > MOST_UNKNOWN:
        raise problem(
            f"a request has at most {MOST} events, and {MOST_UNKNOWN} whose day is not known",
            "make a new request of what is known now",
        )
    seen: list[Event] = []
    for index, event in enumerate(events):
        named = [
            ("artifact", event.artifact),
            *(("data", each) for each in event.data),
            ("source", event.source),
        ]
        for what, name in named:
            if name is not None and name not in known[what][0]:
                near, otherwise = known[what]
                raise problem(
                    f"an event names the {what} `{printable(name)}`, which is not there",
                    did_you_mean(name, near) or otherwise,
                    ("events", index, what),
                )
        bare = event.model_copy(update={"source": None, "note": None})
        if bare in seen:
            message = f"`{event.event}` ({event.when}) stands there twice"
            raise problem(message, "keep one of the two", ("events", index))
        seen.append(bare)
