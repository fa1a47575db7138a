"""What happened to a release, and its facts as they stood on a day.

A request says what is known when it is written. What happens later (it leaks, its licence changes, a
safeguard is relaxed) are *events* on it: each on a day, with what it changes. For a day, the events until
then count and the later ones do not, so that one request gives the decision that was right before an event
and the one that was right after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, cast, get_args

from pydantic import Field, field_validator, model_validator

from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import RequestError, did_you_mean, printable
from release_gate.document import Base
from release_gate.facts.ladder import RUNGS
from release_gate.facts.types import Day, problem
from release_gate.source import Document, Tree, read_document

if TYPE_CHECKING:
    from release_gate.facts.release import ReleaseRequest

__all__ = ["MOVES", "OPENS", "WORDS", "Event", "Word", "on_day"]

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

_KEPT: Final = frozenset({"release_gate", "id", "title", "sign_offs", "sources", "events"})
"""What no event changes: which request it is, and who said what of it."""

Short = Annotated[str, Field(min_length=1, max_length=200)]


class Event(Base):
    """Something that happened to a release."""

    on: date
    """The day on which it happened."""
    event: Word
    """What happened."""
    artifact: Short | None = None
    """The artifact that it happened to; all of them, if not said."""
    rung: str | None = None
    """The access level at which it is open from then on."""
    source: Short | None = None
    """The name of its source, among the sources of the request."""
    note: Short | None = None
    """What else there is to say."""
    facts: dict[str, Any] = Field(default_factory=dict)
    """What is known from then on: facts as rules name them, and their values."""

    @field_validator("on", mode="before")
    @classmethod
    def _date(cls, raw: Any) -> Any:
        return Day().read(raw)

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
            head = path.removeprefix("request.").partition(".")[0].partition("[")[0]
            if head in _KEPT:
                raise problem(f"no event changes `{head}`", "make a request of its own for it")
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
            raise problem("`license_changed` says the licence", "add `facts: {artifact.license: …}`")
        if self.event in ("safeguard_changed", "incident") and not self.facts:
            raise problem(f"`{self.event}` says what changes", "add `facts:`")
        return self


def on_day(request: ReleaseRequest, day: date) -> ReleaseRequest:
    """A request as its facts stood on a day. It has no events: those until the day are in its facts.

    Raises:
        RequestError: An event names a fact that is not there, or one that it cannot have.
    """
    from release_gate.facts.settings import Change, SettingError, changed  # noqa: PLC0415 - it reads requests

    document = request.read_from or read_document(canonical_bytes(request.tree), request.id)
    events = sorted(enumerate(request.events), key=lambda each: (each[1].on, each[0]))
    tree: Any = document.tree
    now = replace(document, tree={key: value for key, value in tree.items() if key != "events"})
    for index, event in events:
        if event.on > day:
            break
        now = replace(now, tree=_implied(now, event))
        places = [("events", index, "facts", path) for path in event.facts]
        try:
            now = changed(now, [Change(str(at[-1]), document, at, at) for at in places])
        except SettingError as error:
            raise RequestError([replace(error.diagnostic, code="RG404")]) from None
    return request.from_document(now) if request.read_from is not None else request.model_validate(now.tree)


def _implied(document: Document, event: Event) -> Tree:
    """What follows from the word alone: where an artifact is open, that it was released, that it leaked."""
    tree: dict[str, Any] = dict(cast("dict[str, Any]", document.tree))
    rung = "withheld" if event.event == "withdrawn" else event.rung
    if rung is not None:
        tree["artifacts"] = [
            {**each, "current": rung} if event.artifact in (None, each["id"]) else each
            for each in tree["artifacts"]
        ]
    day = event.on.isoformat()
    if event.event in OPENS:
        name = f"{event.event} {event.artifact or tree['id']}"
        _add(tree, "releases", {"name": name, "rung": rung, "date": day})
    if event.event == "leaked":
        name = f"leaked-{day}" if event.artifact is None else f"leaked-{day}-{event.artifact}"[:64]
        unknown = {"unknown": "not_assessed"}
        leak = {"id": name, "kind": "leak", "severity": unknown, "date": day, "resolved": False}
        _add(tree, "incidents", leak)
    return tree


def _add(tree: dict[str, Any], name: str, member: dict[str, Any]) -> None:
    """Add to a list. One of which nothing was known has one known member now, and perhaps more."""
    known = tree.get(name, {"unknown": "missing"})
    if isinstance(known, list):
        tree[name] = [*known, member]
    elif "items" in known:
        tree[name] = {**known, "items": [*known["items"], member]}
    else:
        tree[name] = {"items": [member], "complete": False}
