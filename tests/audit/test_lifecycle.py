"""What happened after a decision, and what is owed: as tables of events and days."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit.lifecycle import Event, Standing, calendar, duties, event_draft, standing
from release_gate.audit.recorder import Recorder, record_event
from release_gate.audit.verify import Trust, verify_log
from release_gate.diagnostics import InputError
from release_gate.policy.model import Policy

from .books import DAY, Book, policy, request

DUTIES = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: big, at: weights_open, when: model.parameters > 1e9, deny: Too large}
  - {id: watch, oblige: {duty: Watch, owner: ada, due: {every: P90D, until: withdrawn}}}
  - {id: tell, oblige: {duty: Tell them, due: {within: P10D, of: awareness}}}
  - {id: card, oblige: {duty: Publish the card, due: {with: release}}}
  - {id: audit, oblige: {duty: "Audit; by hand, all of it", due: {by: 2027-01-31}}}
  - {id: keep, oblige: {duty: Keep the logs}}
"""


def rules() -> Policy:
    return policy(DUTIES, "duties.yaml")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    from release_gate import engine

    book = Book.new(tmp_path, signed=False)
    recorder = Recorder(book.ledger, [rules()])
    for name, parameters in (("tiny", "7"), ("huge", "7e9")):
        asked = request(name, parameters)
        recorder.record(engine.decide(asked, [rules()], DAY), asked, book.time)
    return book


def happen(book: Book, word: str, days: int = 0, name: str = "tiny", **more: Any) -> None:
    event = Event(word, DAY + timedelta(days), name, **more)
    book.ledger.append([event_draft(book.ledger.store, event)], book.time)


def stands(book: Book, artifact: str = "weights", days: int = 1000, name: str = "tiny") -> Standing:
    return next(
        each for each in standing(book.ledger.store, name, DAY + timedelta(days)) if each.artifact == artifact
    )


TABLE: dict[str, tuple[list[tuple[str, dict[str, Any]]], str | None, str | None]] = {
    # what happened, the rung at which it is open then, and how copies got out for good
    "nothing": ([], None, None),
    "a stage within the building": ([("staged", {"rung": "hosted"})], "hosted", None),
    "published past the boundary": (
        [("published", {"rung": "weights_open"})],
        "weights_open",
        "released at weights_open on 2026-11-24",
    ),
    "withdrawn after that": (
        [("published", {"rung": "weights_open"}), ("withdrawn", {})],
        "withheld",
        "released at weights_open on 2026-11-24",
    ),
    "withdrawn before that": ([("published", {"rung": "hosted"}), ("withdrawn", {})], "withheld", None),
    "leaked": ([("leaked", {})], None, "leaked on 2026-11-24"),
    "leaked and narrowed": (
        [("published", {"rung": "hosted"}), ("leaked", {}), ("narrowed", {"rung": "internal"})],
        "internal",
        "leaked on 2026-11-24",
    ),
    "widened": ([("staged", {"rung": "internal"}), ("widened", {"rung": "hosted"})], "hosted", None),
    "of another artifact": ([("published", {"rung": "hosted", "artifact": "api"})], None, None),
}


@pytest.mark.parametrize("name", TABLE)
def test_where_it_stands(name: str, book: Book) -> None:
    happened, access, out = TABLE[name]
    for word, more in happened:
        happen(book, word, **more)
    found = stands(book)
    assert (found.access, found.irrevocable) == (access, out)
    assert verify_log(book.ledger.store, Trust()).holds


def test_a_day_before_an_event_does_not_know_of_it(book: Book) -> None:
    happen(book, "published", 10, rung="hosted")
    happen(book, "paused", 20)
    assert stands(book, days=9).access is None
    assert (stands(book, days=10).access, stands(book, days=10).paused) == ("hosted", False)
    assert stands(book, days=20).paused
    with pytest.raises(InputError, match="nothing was decided about `tiny` by 2026-11-23"):
        stands(book, days=-1)


def test_a_release_that_no_decision_allows_is_told(book: Book) -> None:
    happen(book, "published", name="huge", rung="weights_open")
    assert not stands(book, name="huge").allowed
    happen(book, "narrowed", name="huge", rung="hosted")
    found = stands(book, name="huge")
    assert found.allowed
    assert found.irrevocable == "released at weights_open on 2026-11-24"


def test_access_is_granted_and_revoked(book: Book) -> None:
    for word, who in (("granted", "bob"), ("granted", "eve"), ("revoked", "bob")):
        happen(book, word, to=who, artifact="weights")
    assert stands(book).access_of == ["eve"]


def test_a_model_is_found_by_its_name(book: Book) -> None:
    found = standing(book.ledger.store, "Tiny", DAY)
    assert {each.request for each in found} == {"tiny", "huge"}
    with pytest.raises(InputError, match="one of `Tiny`, `huge`, `tiny`"):
        standing(book.ledger.store, "nobody", DAY)


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "about nothing that was decided": (
        "published",
        {"name": "nobody", "rung": "hosted"},
        "there is no decision",
    ),
    "about no artifact": ("leaked", {"artifact": "wieghts"}, "has no artifact `wieghts`"),
    "without a rung": ("published", {}, "`published` says its rung"),
    "without a duty": ("done", {}, "`done` says its duty"),
    "of no duty": ("done", {"duty": "own/wacth"}, "there is no duty `own/wacth`"),
    "access of nobody": ("granted", {}, "`granted` says its to"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_event_that_makes_no_sense_is_refused(name: str, book: Book) -> None:
    word, more, message = WRONG[name]
    with pytest.raises(InputError, match=message) as error:
        happen(book, word, **more)
    assert error.value.diagnostics[0].code == "RG739"
    assert error.value.diagnostics[0].help
    assert book.ledger.store.size == 2


def owed(book: Book, days: int = 0) -> dict[str, tuple[str, date | None]]:
    found = duties(book.ledger.store, DAY + timedelta(days))
    return {
        each.rule: (each.state, each.due)
        for each in found
        if (each.request, each.artifact) == ("tiny", "weights")
    }


def test_before_a_release_only_what_has_a_day_of_its_own_is_due(book: Book) -> None:
    assert owed(book) == {
        "own/audit": ("due", date(2027, 1, 31)),
        "own/watch": ("waiting", None),
        "own/tell": ("waiting", None),
        "own/card": ("waiting", None),
        "own/keep": ("waiting", None),
    }


def test_duties_fall_due_are_done_and_come_again(book: Book) -> None:
    happen(book, "published", 0, rung="weights_open")
    assert owed(book)["own/watch"] == ("due", DAY + timedelta(90))
    assert owed(book, 90)["own/watch"][0] == "due"
    assert owed(book, 91)["own/watch"][0] == "overdue"
    happen(book, "done", 80, duty="own/watch")
    assert owed(book, 91)["own/watch"] == ("due", DAY + timedelta(180))
    assert owed(book, 1)["own/card"] == ("overdue", DAY)
    happen(book, "done", 1, duty="own/card")
    assert owed(book, 1)["own/card"] == ("done", DAY)
    happen(book, "awareness", 30)
    assert owed(book, 29)["own/tell"] == ("waiting", None)
    assert owed(book, 30)["own/tell"] == ("due", DAY + timedelta(40))
    # Copies are out, so that a withdrawal ends only what ends with it.
    happen(book, "withdrawn", 100)
    assert owed(book, 101)["own/watch"] == ("ended", None)
    assert owed(book, 101)["own/tell"][0] == "overdue"


def test_what_was_withdrawn_in_time_owes_nothing_and_what_was_denied_neither(book: Book) -> None:
    happen(book, "published", 0, rung="hosted")
    happen(book, "withdrawn", 5)
    assert owed(book, 6) == {}
    assert [
        each
        for each in duties(book.ledger.store, DAY)
        if each.artifact == "weights" and each.request == "huge"
    ] == []
    assert duties(book.ledger.store, DAY - timedelta(1)) == []


def test_a_calendar_has_a_day_for_each_duty_that_has_one(book: Book) -> None:
    happen(book, "published", 0, rung="weights_open")
    text = calendar(duties(book.ledger.store, DAY))
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 7
    assert "DTSTART;VALUE=DATE:20270131" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:tiny/weights: Audit\\; by hand\\, all of it" in unfolded
    assert "Keep the logs" not in text


def test_an_event_of_a_day_that_has_not_come_is_not_recorded(book: Book) -> None:
    today = book.time.date()
    for day in (today, today + timedelta(1)):
        draft = event_draft(book.ledger.store, Event("leaked", day, "tiny"))
        if day == today:
            record_event(book.ledger, draft, book.time)
            continue
        with pytest.raises(InputError, match=f"RG732 an event of {day} cannot be recorded on {today}"):
            record_event(book.ledger, draft, book.time)
    assert book.ledger.store.size == 3


def test_who_misspells_a_model_is_told_what_is_near(book: Book) -> None:
    with pytest.raises(InputError) as error:
        standing(book.ledger.store, "tinny", DAY)
    assert error.value.diagnostics[0].help == "did you mean `Tiny` or `tiny`"
