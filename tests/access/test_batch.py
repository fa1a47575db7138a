"""What requests look like among those that wait with them is counted, and nothing is made of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from release_gate.access.batch import counts
from release_gate.access.form import Asked, Said
from release_gate.access.register import Grant, entry

DAY = date(2026, 11, 24)
AT = datetime(2026, 11, 1, tzinfo=UTC)


def one(
    account: str | None = None,
    name: str | None = None,
    email: str | None = None,
    at: int = 0,
    organisation: Any = None,
    **answers: Any,
) -> tuple[Asked, Said]:
    """Somebody who waits."""
    facts = {"requester": {} if organisation is None else {"organisation": organisation}}
    return Asked("r", account, name, email, AT + timedelta(seconds=at), answers or None), Said(facts)


def seen(name: str, *waiting: tuple[Asked, Said]) -> list[Any]:
    """One count for each who waits; None where it cannot be told."""
    return [each.get(name) for each in counts(waiting, [], DAY)]


def test_one_person_is_known_by_account_name_or_address() -> None:
    queue = [
        one("ada", "Ada L", "ada@x.org"),
        one("ada2", "ADA  l", "a@y.org"),
        one("eve", "Eve", "A@Y.org"),
        one("bob", "Bob", "bob@x.org"),
        one(),
        one(),
    ]
    assert seen("same_person", *queue) == [3, 3, 3, 1, None, None]


def test_an_organisation_is_counted_as_it_is_named() -> None:
    queue = [
        one(organisation="Uni  Ulm"),
        one(organisation="uni ulm"),
        one(organisation={"unknown": "missing"}),
        one(),
    ]
    assert seen("same_organisation", *queue) == [2, 2, None, None]


def test_a_script_is_seen_by_its_answers_and_its_pace() -> None:
    queue = [one(at=0, Why="x"), one(at=60, Why="x"), one(at=121, Why="y"), one(at=500)]
    assert seen("same_answers", *queue) == [2, 2, 1, None]
    assert seen("within_minute", *queue) == [2, 2, 1, 1]
    assert seen("requests", *queue) == [4, 4, 4, 4]
    assert seen("same_answers", one(Why="x", How="y"), one(How="y", Why="x")) == [2, 2]


def test_the_register_is_counted_too() -> None:
    said = {"repository": "a/b", "artifact": "w", "decision": "sha256:" + "d" * 64, "organisation": "Uni Ulm"}
    line = entry("granted", "g", DAY, who="Ada", expires=DAY, **said)
    old = entry("granted", "h", DAY, who="Ada", expires="2026-01-01", **said)
    grants = [Grant(each.grant, each, each, None, (each,)) for each in (line, old)]
    (found,) = counts([one("ada", organisation="UNI ULM")], grants, DAY)
    assert (found["person_grants"], found["organisation_grants"]) == (1, 1)
    (without,) = counts([one("ada", organisation="UNI ULM")], None, DAY)
    assert "person_grants" not in without
    assert "organisation_grants" not in without


@given(st.lists(st.tuples(*[st.sampled_from([None, "a", "b", "c"])] * 3), max_size=12))
def test_law_persons_are_the_groups_that_marks_connect(marks: list[tuple[str | None, ...]]) -> None:
    """The counts are those of a plain search from each request."""
    queue = [one(account, name, email) for account, name, email in marks]
    for index, found in enumerate(seen("same_person", *queue)):
        group, border = {index}, [index]
        while border:
            here = marks[border.pop()]
            near = {
                other
                for other, there in enumerate(marks)
                if any(x is not None and x == y for x, y in zip(here, there, strict=True))
            }
            border += near - group
            group |= near
        assert found == (len(group) if any(marks[index]) else None)


def test_a_flood_of_one_name_is_counted_at_once() -> None:
    """Ten thousand requests with one name are one group, and not a hundred million pairs."""
    queue = [one(f"user{number}", "John Smith", at=number) for number in range(10_000)]
    assert set(seen("same_person", *queue)) == {10_000}
