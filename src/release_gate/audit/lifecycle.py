"""What happened after a decision: where a release stands, and what is owed.

Everything here is read from records. An event says what happened to an artifact of a request on a day; it is
recorded when somebody learns of it, which may be later. What cannot be undone cannot be undone here either:
once copies have left the building, by a release past the boundary or by a leak, no event takes that back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.opening import seen_by
from release_gate.audit.policies import restore_policies
from release_gate.audit.record import Draft, Record
from release_gate.audit.sealed import is_sealed
from release_gate.audit.view import View, fetching
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, did_you_mean, printable
from release_gate.facts.arithmetic import arithmetic
from release_gate.facts.events import MOVES, OPENS
from release_gate.facts.events import WORDS as RELEASED
from release_gate.facts.ladder import BOUNDARY, RUNGS
from release_gate.facts.truth import Duration
from release_gate.policy.documents import Due

__all__ = ["WORDS", "Duty", "Event", "Standing", "duties", "event_draft", "standing"]

WORDS: Final = {
    **RELEASED,
    "awareness": "somebody learned of something that a duty may start from",
    "done": "a duty is done",
    "granted": "somebody got access",
    "revoked": "somebody lost access",
}
"""What may happen, and what it means."""


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        word: One of the words.
        on: The day on which it happened.
        request: The request that it is about.
        artifact: The artifact, or None for all of them.
        rung: The rung, where one belongs to it.
        duty: For ``done``, the duty, as ``policy/rule``.
        to: For access, who.
        note: What else there is to say.
        by: Who says so.
    """

    word: str
    on: date
    request: str
    artifact: str | None = None
    rung: str | None = None
    duty: str | None = None
    to: str | None = None
    note: str | None = None
    by: str | None = None

    @classmethod
    def of(cls, record: Record, kept: Kept | None = None) -> Event:
        """The event of a record. What is sealed in it, and is not disclosed, is ``(sealed)``."""
        body, _ = seen_by(record, _nothing, kept)
        said = {name: body.get(name) for name in ("artifact", "rung", "duty", "to", "note", "by")}
        texts = {name: "(sealed)" if is_sealed(value) else value for name, value in said.items()}
        return cls(str(body.get("event")), date.fromisoformat(str(body["on"])), record.about, **texts)


def _nothing(digest: str) -> bytes:
    raise IntegrityError([Diagnostic("RG718", f"an event refers to nothing, and not to {printable(digest)}")])


def event_draft(view: View, event: Event) -> Draft:
    """What there is to record of an event.

    Raises:
        InputError: It is about something that was never decided, or lacks what belongs to it.
    """
    numbers = view.find(about=event.request)
    newest = next((each for each in reversed(_decisions(view, numbers))), None)
    if newest is None:
        raise _problem(f"there is no decision about `{printable(event.request)}`", "record one first")
    artifacts = {each["id"]: each for each in _decision(view, newest)["artifacts"]}
    if event.artifact is not None and event.artifact not in artifacts:
        help_ = did_you_mean(event.artifact, artifacts)
        raise _problem(f"`{event.request}` has no artifact `{printable(event.artifact)}`", help_)
    needs = (
        "rung" if event.word in MOVES else {"done": "duty", "granted": "to", "revoked": "to"}.get(event.word)
    )
    if needs is not None and getattr(event, needs) is None:
        raise _problem(f"`{event.word}` says its {needs}", f"add --{needs}")
    if event.duty is not None:
        known = {
            f"{duty['policy']}/{duty['rule']}" for each in artifacts.values() for duty in each["obligations"]
        }
        if event.duty not in known:
            raise _problem(f"there is no duty `{printable(event.duty)}`", did_you_mean(event.duty, known))
    said = {name: getattr(event, name) for name in ("artifact", "rung", "duty", "to", "note", "by")}
    told = {name: value for name, value in said.items() if value is not None}
    body = {
        "kind": "event",
        "event": event.word,
        "on": event.on.isoformat(),
        "request": {"id": event.request},
    }
    return Draft({**body, **told})


# ---------------------------------------------------------------- where it stands


@dataclass
class Standing:
    """Where an artifact stands on a day.

    Attributes:
        request: The request.
        artifact: The artifact.
        verdict: What was last decided about the rung that was asked for.
        asked: That rung.
        access: The rung at which it is open, or None if it was never released.
        paused: Whether it is paused.
        irrevocable: Since when copies are out for good, and how they got there.
        allowed: Whether the rung at which it is open was allowed.
        access_of: Who has access, for a gated artifact.
        history: What happened, in order.
    """

    request: str
    artifact: str
    verdict: str
    asked: str
    access: str | None = None
    paused: bool = False
    irrevocable: str | None = None
    allowed: bool = True
    access_of: list[str] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    ladder: Mapping[str, str] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take what happened next."""
        self.history.append(event)
        word = event.word
        if word in MOVES and event.rung is not None:
            self.access, self.paused = event.rung, False
            self.allowed = self.ladder.get(event.rung) in ("approve", "conditional")
            if RUNGS[event.rung] >= BOUNDARY and self.irrevocable is None:
                self.irrevocable = f"released at {event.rung} on {event.on}"
        elif word == "leaked":
            self.irrevocable = self.irrevocable or f"leaked on {event.on}"
        elif word == "withdrawn":
            self.access = "withheld"
        elif word == "paused":
            self.paused = True
        elif word == "granted" and event.to is not None:
            self.access_of = sorted({*self.access_of, event.to})
        elif word == "revoked":
            self.access_of = [each for each in self.access_of if each != event.to]


def standing(view: View, name: str, day: date, kept: Kept | None = None) -> list[Standing]:
    """Where the artifacts of a request, or of every request about a model, stand on a day.

    Args:
        view: The log.
        name: The request or the model.
        day: The day.
        kept: What opens sealed fields of events.

    Raises:
        InputError: Nothing was decided about it by then.
    """
    found = []
    for request, numbers in _requests(view, name).items():
        records = [record for number in numbers for record in entries(view, number, number + 1)]
        decided = [each for each in records if each.kind == "decision" and str(each.as_of) <= day.isoformat()]
        if not decided:
            continue
        events = sorted(
            (Event.of(each, kept) for each in records if each.kind == "event"), key=lambda each: each.on
        )
        for artifact in _decision(view, decided[-1])["artifacts"]:
            state = Standing(
                request, artifact["id"], artifact["verdict"], artifact["requested"], ladder=artifact["ladder"]
            )
            for event in events:
                if event.on <= day and event.artifact in (None, artifact["id"]):
                    state.take(event)
            found.append(state)
    if not found:
        help_ = did_you_mean(name, _names(view)) or "name a request or a model"
        raise _problem(f"nothing was decided about `{printable(name)}` by {day}", help_)
    return found


def _requests(view: View, name: str) -> dict[str, list[int]]:
    if numbers := view.find(about=name):
        return {name: numbers}
    ids = {
        record.about
        for record in entries(view)
        if record.kind == "decision" and record.body["request"].get("model") == name
    }
    return {each: view.find(about=each) for each in sorted(ids)}


def _names(view: View) -> set[str]:
    """What `standing` can be asked about: requests, and the models that they are about."""
    decisions = [record for record in entries(view) if record.kind == "decision"]
    models = {record.body["request"].get("model") for record in decisions}
    return {record.about for record in decisions} | {each for each in models if isinstance(each, str)}


# ---------------------------------------------------------------- what is owed


@dataclass(frozen=True)
class Duty:
    """Something that is owed.

    Attributes:
        request: The request.
        artifact: The artifact.
        duty: What is to be done.
        rule: The rule that asks for it, as ``policy/rule``.
        owner: Who owes it.
        due: By when; None if that depends on something that has not happened.
        when: When, in words.
        state: ``done``, ``due``, ``overdue``, ``waiting``, or ``ended`` when it is no longer owed.
    """

    request: str
    artifact: str
    duty: str
    rule: str
    owner: str
    due: date | None
    when: str
    state: str


def duties(view: View, day: date) -> list[Duty]:
    """What is owed on a day, soonest first, for every release whose newest decision allows it."""
    newest: dict[str, Record] = {}
    for record in entries(view):
        if record.kind == "decision" and str(record.as_of) <= day.isoformat():
            newest[record.about] = record
    found = [duty for record in newest.values() for duty in _owed(view, record, day)]
    return sorted(found, key=lambda each: (each.due or date.max, each.request, each.artifact, each.rule))


def _owed(view: View, record: Record, day: date) -> Iterator[Duty]:
    told: Any = record.body["policies"]
    policies = restore_policies(told, fetching(view, record))
    rules = {(policy.id, rule.id): rule for policy in policies for rule in policy.rules}
    for state in standing(view, record.about, day):
        if state.access == "withheld" and state.irrevocable is None:
            continue
        artifact = next(each for each in _decision(view, record)["artifacts"] if each["id"] == state.artifact)
        if artifact["verdict"] not in ("approve", "conditional") and state.access is None:
            continue
        for duty in artifact["obligations"]:
            rule = rules.get((duty["policy"], duty["rule"]))
            due = rule.oblige.due if rule is not None and rule.oblige is not None else None
            name = f"{duty['policy']}/{duty['rule']}"
            done = sum(each.word == "done" and each.duty == name for each in state.history)
            on = _due(due, state.history, done) if due is not None else None
            yield Duty(
                record.about,
                state.artifact,
                duty["duty"],
                name,
                duty["owner"] or "nobody named",
                on,
                duty["due"] or "at some time",
                _state(due, on, done, day, state.history),
            )


def _due(due: Due, history: list[Event], done: int) -> date | None:
    """The next day on which a duty is due. Without a release, nothing that counts from it has a day."""
    if due.by is not None:
        return due.by
    release = next((each.on for each in history if each.word in OPENS), None)
    if due.within is not None:
        start = (
            release
            if due.of in (None, "release")
            else next((each.on for each in history if each.word == due.of), None)
        )
        return _after(start, due.within, 1)
    if due.every is not None:
        if _ended(due, history):
            return None
        return _after(release, due.every, done + 1)
    return release


def _after(start: date | None, length: Duration, times: int) -> date | None:
    found: Any = start
    for _ in range(times if start is not None else 0):
        found = arithmetic("+", found, length)
    return found if isinstance(found, date) else None


def _ended(due: Due, history: list[Event]) -> bool:
    """Whether what is owed again and again is owed no longer."""
    return due.until is not None and any(each.word == due.until for each in history)


def _state(due: Due | None, on: date | None, done: int, day: date, history: list[Event]) -> str:
    if due is not None and _ended(due, history):
        return "ended"
    if done and (due is None or due.every is None):
        return "done"
    if on is None:
        return "waiting"
    return "overdue" if on < day else "due"


def calendar(owed: Iterable[Duty]) -> str:
    """Duties as iCalendar (RFC 5545): a whole-day event for each that has a day."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//model-release-gate//EN"]
    for each in owed:
        if each.due is None or each.state == "done":
            continue
        day = each.due.strftime("%Y%m%d")
        lines += [
            "BEGIN:VEVENT",
            f"UID:{day}-{each.request}-{each.artifact}-{each.rule.replace('/', '-')}@model-release-gate",
            f"DTSTAMP:{day}T000000Z",
            f"DTSTART;VALUE=DATE:{day}",
            f"SUMMARY:{_escaped(f'{each.request}/{each.artifact}: {each.duty}')}",
            f"DESCRIPTION:{_escaped(f'Owed by {each.owner}; asked for by {each.rule}')}",
            "END:VEVENT",
        ]
    folded = (part for line in [*lines, "END:VCALENDAR"] for part in _folded(line))
    return "\r\n".join(folded) + "\r\n"


def _escaped(text: str) -> str:
    shown = printable(text, 500).replace("\\", "\\\\")
    return shown.replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most 75 octets. RFC 5545, section 3.1."""
    part = ""
    for char in line:
        if len((part + char).encode()) > 75:
            yield part
            part = " "
        part += char
    yield part


def _decisions(view: View, numbers: Iterable[int]) -> list[Record]:
    records = (record for number in numbers for record in entries(view, number, number + 1))
    return [record for record in records if record.kind == "decision"]


def _decision(view: View, record: Record) -> Any:
    return json.loads(fetching(view, record)(str(record.decision)))


def _problem(message: str, help_: str) -> InputError:
    return InputError([Diagnostic("RG739", message, help=help_)])


__all__ += ["calendar"]
