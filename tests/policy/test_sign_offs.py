"""Which signatures count: those of the right person, in the right role, about this very proposal, today."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.documents import SignOffAsked
from release_gate.policy.sign_offs import Asked, SignOffBook

TODAY = date(2026, 11, 24)
POLICIES = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
RUNG = RUNGS["weights_open"]
FACTS: dict[str, Any] = {"requester": {"id": "asker"}, "assessors": ["assessor"]}


def book(*sign_offs: Mapping[str, Any], **facts: Any) -> SignOffBook:
    tree: dict[str, Any] = {
        "release_gate": "request/v1",
        "id": "r",
        "action": "release",
        "artifacts": [
            {"id": "w", "kind": "weights", "wanted": "weights_open"},
            {"id": "other", "kind": "weights", "wanted": "weights_open"},
        ],
        **FACTS,
        **facts,
    }
    tree = {key: value for key, value in tree.items() if value is not None}
    bare = ReleaseRequest.model_validate(tree)
    usual = {
        "person": "ada",
        "role": "lead",
        "word": "approve",
        "artifact": "w",
        "rung": "weights_open",
        "on": "2026-11-01",
        "request": bare.proposal_digest,
        "policies": POLICIES,
    }
    request = ReleaseRequest.model_validate({**tree, "sign_offs": [{**usual, **each} for each in sign_offs]})
    assert request.proposal_digest == bare.proposal_digest
    return SignOffBook(request, request.artifacts[0], POLICIES, TODAY)


def asked(**spec: Any) -> SignOffAsked:
    return SignOffAsked.model_validate({"role": "lead", **spec})


def test_a_sign_off_counts() -> None:
    assert book({}).asked(asked(), RUNG) == Asked(("ada",), 0, ())


VOID: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "no request": ({"request": None}, {}, {}, "it does not say which request and which policies were seen"),
    "no policies": ({"policies": None}, {}, {}, "it does not say which request and which policies were seen"),
    "another request": ({"request": OTHER}, {}, {}, "it is for another version of this request"),
    "other policies": ({"policies": OTHER}, {}, {}, "it was given under other policies"),
    "tomorrow": ({"on": "2026-11-25"}, {}, {}, "it is dated in the future"),
    "expired": ({"expires": "2026-11-23"}, {}, {}, "it expired on 2026-11-23"),
    "lower": ({"rung": "hosted"}, {}, {}, "it is for hosted only"),
    "old": ({}, {"max_age": "P22D"}, {}, "it is older than P22D"),
    "asker": ({"person": "asker"}, {"not": ["requester"]}, {}, "who asks may not sign"),
    "nobody asks": ({}, {"not": ["requester"]}, {"requester": None}, "the request does not say who asks"),
    "assessor": ({"person": "assessor"}, {"not": ["assessor"]}, {}, "who assessed it may not sign"),
    "nobody assessed": (
        {},
        {"not": ["assessor"]},
        {"assessors": None},
        "the request does not say who assessed it",
    ),
    "some assessed": (
        {},
        {"not": ["assessor"]},
        {"assessors": {"items": ["assessor"], "complete": False}},
        "the request does not say who assessed it",
    ),
    "unknown assessor": (
        {},
        {"not": ["assessor"]},
        {"assessors": [{"unknown": "missing"}]},
        "who assessed it may not sign",
    ),
    "one unknown assessor": (
        {},
        {"not": ["assessor"]},
        {"assessors": ["eve", {"unknown": "missing"}]},
        "who assessed it may not sign",
    ),
}


@pytest.mark.parametrize(("sign_off", "spec", "facts", "reason"), VOID.values(), ids=VOID)
def test_a_sign_off_that_does_not_count_says_why(
    sign_off: dict[str, Any], spec: dict[str, Any], facts: dict[str, Any], reason: str
) -> None:
    person = sign_off.get("person", "ada")
    found = book(sign_off, **facts).asked(asked(**spec), RUNG)
    assert found == Asked((), 1, (f"{person} as lead: {reason}",))


COUNTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the last day": ({"expires": "2026-11-24"}, {}),
    "given today": ({"on": "2026-11-24"}, {}),
    "just young enough": ({}, {"max_age": "P23D"}),
    "more open than needed": ({"rung": "fully_open"}, {}),
    "neither asked nor assessed": ({}, {"not": ["requester", "assessor"]}),
}


@pytest.mark.parametrize(("sign_off", "spec"), COUNTS.values(), ids=COUNTS)
def test_a_sign_off_counts_up_to_the_edge(sign_off: dict[str, Any], spec: dict[str, Any]) -> None:
    assert book(sign_off).asked(asked(**spec), RUNG).lacking == 0


@pytest.mark.parametrize("other", [{"role": "legal"}, {"artifact": "other"}, {"word": "recommend"}])
def test_what_is_about_something_else_is_not_even_mentioned(other: dict[str, Any]) -> None:
    assert book(other).asked(asked(), RUNG) == Asked((), 1, ())


def test_no_more_sign_than_are_asked() -> None:
    assert book({}, {"person": "bob"}).asked(asked(), RUNG) == Asked(("ada",), 0, ())


def test_one_person_counts_once() -> None:
    assert book({}, {}).asked(asked(count=2), RUNG) == Asked(("ada",), 1, ())
    assert book({}, {"person": "bob"}).asked(asked(count=2), RUNG) == Asked(("ada", "bob"), 0, ())


@pytest.mark.parametrize(
    ("signed", "lacking"),
    [
        ([("ada", "lead"), ("ada", "legal")], 1),
        ([("ada", "lead"), ("bob", "legal")], 0),
        ([("ada", "lead"), ("ada", "legal"), ("bob", "legal")], 0),
        ([("ada", "lead"), ("ada", "legal"), ("bob", "lead")], 0),
        ([("ada", "lead"), ("bob", "lead")], 1),
    ],
)
def test_all_roles_are_filled_by_different_people_if_they_can_be(
    signed: list[tuple[str, str]], lacking: int
) -> None:
    spec = SignOffAsked.model_validate({"all": ["lead", "legal"]})
    for order in (signed, signed[::-1]):
        found = book(*({"person": person, "role": role} for person, role in order)).asked(spec, RUNG)
        assert found.lacking == lacking


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("ada", "ada"),
        ("Ada", "ada"),
        (" a d a", "ada"),
        ("\uff21da", "ada"),  # a wide letter
        ("ada.l", "ada-l"),
        ("Ada_1", "ada-l"),
    ],
)
def test_who_asks_is_the_same_person_however_they_write_their_name(name: str, person: str) -> None:
    """Else one would sign for oneself with a capital letter."""
    for facts, word in (
        ({"requester": {"id": name}}, "requester"),
        ({"assessors": ["eve", name]}, "assessor"),
    ):
        spec = asked(**{"not": [word]})
        assert book({"person": person}, **facts).asked(spec, RUNG).lacking == 1
        assert book({"person": "adam"}, **facts).asked(spec, RUNG).lacking == 0


def test_a_recommendation_comes_first() -> None:
    spec = asked(after_recommendation="panel")
    advice = {"person": "eve", "role": "panel", "word": "recommend"}
    assert book({}).asked(spec, RUNG) == Asked((), 1, ("panel has not recommended it",))
    assert book({}, {**advice, "request": OTHER}).asked(spec, RUNG).lacking == 1
    assert book({}, advice).asked(spec, RUNG) == Asked(("ada",), 0, ())


@pytest.mark.parametrize(
    ("advice", "spec", "lacking"),
    [
        ({}, {}, 0),
        ({"rung": "hosted"}, {}, 1),  # they have seen less than what is asked for
        ({"rung": "fully_open"}, {}, 0),
        ({"person": "asker"}, {"not": ["requester"]}, 1),
        ({"person": "assessor"}, {"not": ["assessor"]}, 1),
        ({"on": "2026-10-01"}, {"max_age": "P30D"}, 1),
        ({"on": "2026-11-02"}, {}, 1),  # they had not, when it was approved
        ({"expires": "2026-11-23"}, {}, 1),
        ({"artifact": "other"}, {}, 1),
    ],
)
def test_a_recommendation_is_one_of_what_is_approved(
    advice: dict[str, Any], spec: dict[str, Any], lacking: int
) -> None:
    said = {"person": "eve", "role": "panel", "word": "recommend", **advice}
    assert book({}, said).asked(asked(after_recommendation="panel", **spec), RUNG).lacking == lacking


def test_what_was_approved_before_it_was_recommended_says_so() -> None:
    late = {"person": "eve", "role": "panel", "word": "recommend", "on": "2026-11-02"}
    found = book({}, {"person": "bob", "on": "2026-11-02"}, late).asked(
        asked(after_recommendation="panel"), RUNG
    )
    assert found == Asked(("bob",), 0, ("ada as lead: it came before panel recommended it",))


OBJECTIONS: dict[str, tuple[dict[str, Any], bool]] = {
    "objects": ({}, True),
    "reverses": ({"word": "reverse"}, True),
    "approves": ({"word": "approve"}, False),
    "at another rung": ({"rung": "fully_open"}, True),
    "to all": ({"request": None, "policies": None}, True),
    "to another request": ({"request": OTHER}, False),
    "to other policies": ({"policies": OTHER}, False),
    "today": ({"on": "2026-11-24"}, True),
    "tomorrow": ({"on": "2026-11-25"}, False),
    "until today": ({"expires": "2026-11-24"}, True),
    "until yesterday": ({"expires": "2026-11-23"}, False),
    "to another artifact": ({"artifact": "other"}, False),
}


@pytest.mark.parametrize(("objection", "counts"), OBJECTIONS.values(), ids=OBJECTIONS)
def test_an_objection_counts(objection: dict[str, Any], counts: bool) -> None:  # noqa: FBT001
    found = book({"word": "object", **objection})
    assert bool(found.objections()) is counts
    lapsed = OTHER in {objection.get("request"), objection.get("policies")}
    assert bool([*found.lapsed()]) is lapsed


@pytest.mark.parametrize(
    ("recusal", "counts"),
    [
        ({}, True),
        ({"artifact": "other"}, True),
        ({"on": "2026-11-24"}, True),
        ({"on": "2026-11-25"}, False),
        ({"expires": "2026-11-24"}, True),
        ({"expires": "2026-11-23"}, False),
        ({"person": "bob"}, False),
    ],
)
def test_who_has_recused_themselves_signs_nothing(recusal: dict[str, Any], counts: bool) -> None:  # noqa: FBT001
    found = book({}, {"word": "recuse", **recusal}).asked(asked(), RUNG)
    void = ("ada as lead: they have recused themselves",)
    assert found == (Asked((), 1, void) if counts else Asked(("ada",), 0, ()))
