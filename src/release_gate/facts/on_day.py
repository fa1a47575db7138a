"""The facts of a request as they stood on a day.

For a day, the events until then count and the later ones do not, so that one request gives the decision that
was right before an event and the one that was right after it. While nobody can say whether one has happened,
what it changes is unknown. What cannot be undone stays: once copies are out, by a leak or by a release past
the boundary, no event takes that back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from release_gate.canonical import canonical_bytes, digest_of_bytes
from release_gate.diagnostics import Diagnostic, RequestError
from release_gate.facts.either import either
from release_gate.facts.events import OPENS, WITHDRAWAL, Event
from release_gate.facts.ladder import BOUNDARY, LADDER, RUNGS, rungs_for
from release_gate.source import Document, Pointer, read_document

if TYPE_CHECKING:
    from release_gate.facts.release import ReleaseRequest

__all__ = ["check_events", "on_day"]

MOST_WORK: Final = 50_000_000
"""Bytes of a request, each as often as it is read for an event or for the order of two: some seconds."""
_ID: Final = 64
"""As many characters an identifier may have."""
_NOBODY_SAID: Final = {"unknown": "not_assessed"}


def on_day(request: ReleaseRequest, day: date) -> ReleaseRequest:
    """A request as its facts stood on a day. It has no events: those until the day are in its facts.

    Raises:
        RequestError: An event names a fact that is not there, or one that it cannot have.
    """
    (now,) = _told(request, [day])
    return _read(request, now)


def check_events(request: ReleaseRequest) -> None:
    """Refuse what an event says now, and not on the day from which it counts.

    Raises:
        RequestError: An event says what cannot be, or it matters which of two came last and nobody can say.
    """
    if not request.events:
        return
    unknown = sum(event.first < event.last for event in request.events)
    if (len(request.events) + 4 * unknown**2) * len(request.canonical) > MOST_WORK:
        message = f"its {len(request.events)} events take too long to work out over all that it says"
        help_ = "make a new request of what is known now, with fewer events or days that are known"
        raise RequestError([Diagnostic("RG401", message, request.where(("events",)), help_)])
    for now in _told(request, sorted({day for event in request.events for day in (event.first, event.last)})):
        _read(request, now)
    problems = []
    for (_, one), (index, other) in _of_unknown_order(request):
        words = [f"`{event.event}` ({event.when})" for event in (one, other)]
        message = f"it matters whether {words[0]} or {words[1]} came last, and nobody can say"
        help_ = "say the day of one, or days of which none is among those of the other"
        problems.append(Diagnostic("RG406", message, request.where(("events", index)), help_))
    if problems:
        raise RequestError(problems)


_Numbered: TypeAlias = tuple[int, Event]


def _told(request: ReleaseRequest, days: Iterable[date]) -> Iterator[Document]:
    """What was known on some days, from the first to the last."""
    said = now = _said(request)
    events = _in_order(request.events)
    for day in days:
        while events and events[0][1].last <= day:
            now = _after(now, *events.pop(0), said)
        then = now
        for index, event in events:
            if event.first <= day:
                after = _after(then, index, event, said)
                then = replace(after, tree=either(_in_full(then.tree), _in_full(after.tree)))
        yield then


def _said(request: ReleaseRequest) -> Document:
    """The request as it is written."""
    return request.read_from or read_document(canonical_bytes(request.tree), request.id)


def _read(request: ReleaseRequest, now: Document) -> ReleaseRequest:
    tree = {key: value for key, value in cast("dict[str, Any]", now.tree).items() if key != "events"}
    if request.read_from is None:
        return request.model_validate(tree)
    return request.from_document(replace(now, tree=tree))


def _of_unknown_order(request: ReleaseRequest) -> Iterator[tuple[_Numbered, _Numbered]]:
    """The pairs of events of which either may have come last, and that come to something else then."""
    pairs = [
        (one, other)
        for one, other in combinations(_in_order(request.events), 2)
        if one[1].overlaps(other[1]) and one[1].sets & other[1].sets
    ]
    if not pairs:
        return
    said, eves = _said(request), sorted({_eve(pair) for pair in pairs})
    known = dict(zip(eves, _told(request, eves), strict=True))
    for pair in pairs:
        ways = []
        for one, other in (pair, reversed(pair)):
            try:
                ways.append(_after(_after(known[_eve(pair)], *one, said), *other, said).tree)
            except RequestError:  # it names what the other one brings
                break
        if len(ways) < 2 or ways[0] != ways[1]:
            yield pair


def _eve(pair: tuple[_Numbered, _Numbered]) -> date:
    """A day on which neither of two events has happened."""
    first = min(event.first for _, event in pair)
    return first - timedelta(days=1) if first > date.min else first


def _in_order(events: Sequence[Event]) -> list[_Numbered]:
    return sorted(enumerate(events), key=lambda each: (each[1].last, each[1].first, each[0]))


def _after(now: Document, index: int, event: Event, said: Document) -> Document:
    """What is known after an event, where it says so."""
    from release_gate.facts.settings import Change, SettingError, changed  # noqa: PLC0415 - it reads requests

    places: list[Pointer] = [("events", index, "facts", path) for path in event.facts]
    changes = [Change(str(at[-1]), said, at, at) for at in places]
    try:
        after = changed(replace(now, tree=_implied(now.tree, event)), changes)
    except SettingError as error:
        raise RequestError([replace(error.diagnostic, code="RG404")]) from None
    return replace(after, tree=_still_out(after.tree, now.tree))


# ---------------------------------------------------------------- what follows from the word alone


def _implied(before: Any, event: Event) -> dict[str, Any]:
    """What follows from the word alone: where a thing is open, that it was released, or that it leaked."""
    tree: dict[str, Any] = dict(before)
    rung = "withheld" if event.event == "withdrawn" else event.rung
    if event.data:
        if rung is not None:
            _open_data(tree, event.data, rung)
        if event.event == "withdrawn":
            _add_incident(tree, "data-withdrawn", WITHDRAWAL, event)
        return tree
    facts = {"current": rung} if rung is not None else {}
    tree["artifacts"] = [
        {**each, **facts, **(_OUT if event.event == "leaked" and _can_be_out(each) else {})}
        if event.artifact in (None, each["id"])
        else each
        for each in tree["artifacts"]
    ]
    if event.event in OPENS:
        name = f"{event.event} {event.artifact or tree['id']}"
        _add(tree, "releases", {"name": name, "rung": rung, "date": event.day})
    if event.event == "leaked":
        _add_incident(tree, "leaked", "leak", event)
    return tree


def _add_incident(tree: dict[str, Any], word: str, kind: str, event: Event) -> None:
    """An incident that nobody has assessed. One of the same name is the same one, told before."""
    name = f"{word}-{event.first}" + (f"-{event.artifact}" if event.artifact is not None else "")
    incident = {
        "id": name if len(name) <= _ID else f"{name[: _ID - 13]}-{digest_of_bytes(name.encode())[7:19]}",
        "kind": kind,
        "severity": _NOBODY_SAID,
        "date": event.day,
        "resolved": False,
    }
    if incident["id"] not in [each.get("id") for each in _members(tree, "incidents")]:
        _add(tree, "incidents", incident)


def _members(tree: Mapping[str, Any], name: str) -> list[Any]:
    """The known members of a list."""
    known = tree.get(name, ())
    return list(known.get("items", ())) if isinstance(known, Mapping) else list(known)


def _add(tree: dict[str, Any], name: str, member: dict[str, Any]) -> None:
    """Add to a list. One of which nothing was known has one known member now, and perhaps more."""
    known = tree.get(name, {"unknown": "missing"})
    if isinstance(known, list):
        tree[name] = [*known, member]
    elif "items" in known:
        tree[name] = {**known, "items": [*known["items"], member]}
    else:
        tree[name] = {"items": [member], "complete": False}


def _open_data(tree: dict[str, Any], names: Collection[str], rung: str) -> None:
    """Put the access level of some data wherever they are named: for all artifacts, or for a variant."""
    tree |= _opened(tree, names, rung)
    if "variants" in tree:
        tree["variants"] = {key: _opened(each, names, rung) for key, each in tree["variants"].items()}


def _opened(section: Mapping[str, Any], names: Collection[str], rung: str) -> dict[str, Any]:
    data = section.get("data")
    sources = data.get("sources") if isinstance(data, Mapping) else None
    members = [
        {**each, "access": rung} if each["name"] in names else each
        for each in _members({"sources": sources or ()}, "sources")
    ]
    if not members:
        return dict(section)
    told = {**sources, "items": members} if isinstance(sources, Mapping) else members
    return {**section, "data": {**cast("Mapping[str, Any]", data), "sources": told}}


# ---------------------------------------------------------------- what cannot be undone

_OUT: Final = {"irrevocable": True}


def _can_be_out(artifact: Mapping[str, Any]) -> bool:
    """Whether there are copies of an artifact that can leave the building: an interface has none."""
    return rungs_for(artifact["kind"])[-1] >= BOUNDARY


def _is_out(artifact: Mapping[str, Any]) -> bool:
    """Whether copies are out, as an artifact is written."""
    irrevocable, current = (_least(artifact.get(name)) for name in ("irrevocable", "current"))
    return irrevocable is True or RUNGS.get(current, LADDER[0]) >= BOUNDARY


def _least(fact: Any) -> Any:
    """The value of a fact as it is written, or the least that it can be."""
    return fact.get("value", fact.get("low")) if isinstance(fact, Mapping) else fact


def _still_out(tree: Any, before: Any) -> Any:
    """A tree in which whatever was out before is out."""
    out = {each["id"] for each in before["artifacts"] if _is_out(each)}
    return _with_out(tree, lambda each: each["id"] in out and not _is_out(each))


def _in_full(tree: Any) -> Any:
    """A tree that says of whatever is out that it is, also where the access level says so."""
    return _with_out(tree, _is_out)


def _with_out(tree: Any, when: Callable[[Mapping[str, Any]], bool]) -> Any:
    artifacts = [{**each, **_OUT} if when(each) else each for each in tree["artifacts"]]
    return tree if artifacts == tree["artifacts"] else {**tree, "artifacts": artifacts}
