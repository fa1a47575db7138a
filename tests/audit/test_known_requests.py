"""The requests that a ledger knows, and what happened to them since."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from release_gate import engine
from release_gate.audit.known_requests import known_requests
from release_gate.audit.lifecycle import Event, event_draft
from release_gate.audit.recorder import Recorder
from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import ReleaseRequest

from .books import DAY, Book, policy, request

OWN = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules: [{id: a, at: weights_open, deny: No}]
"""


@pytest.fixture
def book(tmp_path: Path) -> Book:
    book = Book.new(tmp_path, signed=False)
    record(book)
    return book


def record(book: Book, parameters: str = "7", day: date = DAY) -> None:
    rules = policy(OWN, "own.yaml")
    asked = request("tiny", parameters)
    Recorder(book.ledger, [rules]).record(engine.decide(asked, [rules], day), asked, book.time)


def known(book: Book, days: int = 0) -> ReleaseRequest:
    (found,) = known_requests(book.ledger.store, DAY + timedelta(days))
    return found


def happen(book: Book, word: str, **more: str) -> None:
    book.ledger.append([event_draft(book.ledger.store, Event(word, DAY, "tiny", **more))], book.time)


def test_a_request_is_known_from_the_day_of_its_decision_on(book: Book) -> None:
    assert known(book).digest == request("tiny", "7").digest
    assert list(known_requests(book.ledger.store, DAY - timedelta(1))) == []


def test_what_was_recorded_since_then_counts(book: Book) -> None:
    happen(book, "published", rung="hosted")
    assert known(book).artifacts[0].current.value == RUNGS["hosted"]
    happen(book, "withdrawn")
    happen(book, "leaked")
    found = known(book)
    assert found.artifacts[0].current.value == RUNGS["withheld"]
    assert [incident.kind.value for incident in found.incidents.items] == ["leak"]


@pytest.mark.parametrize(
    ("word", "more", "unknown"),
    [
        ("license_changed", {}, "license"),
        ("license_changed", {"artifact": "weights"}, "license"),
        ("safeguard_changed", {}, "safeguards"),
        ("incident", {"note": "somebody fell"}, "incidents"),
    ],
)
def test_what_an_event_changed_and_does_not_say_is_unknown_from_then_on(
    book: Book, word: str, more: dict[str, str], unknown: str
) -> None:
    happen(book, word, **more)
    found = known(book)
    if unknown == "license":
        index = [each.id for each in found.artifacts].index("weights")
        assert found.tree_at(("artifacts", index, "license")) == {"unknown": "missing"}
    else:
        assert getattr(found, unknown).unknown == "missing"


def test_a_newer_decision_says_how_things_stand_now(book: Book) -> None:
    happen(book, "withdrawn")
    record(book, "8")
    assert known(book).digest == request("tiny", "8").digest


def test_what_is_about_a_duty_or_a_person_is_no_fact_of_the_request(book: Book) -> None:
    happen(book, "granted", to="ada")
    assert known(book).digest == request("tiny", "7").digest
