"""What the answers to a form say: what the gate file maps, and nothing else."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.access.form import MAX_ANSWER, Asked, Said, read_form
from release_gate.access.settings import gated_of, read_gated
from release_gate.diagnostics import InputError, PolicyError
from release_gate.facts.access import AccessRequest
from release_gate.policy.gated import AnswerDocument

from .office import REPO, TERMS, Office

DAY = date(2026, 11, 24)
STUDY = {"fact": "use.purpose", "answers": {"Study": "research"}}
BIRTH = "{fact: requester.organisation, as: birth_date}"
BORN = {"fact": "requester.age", "as": "birth_date"}
AT = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)


def said(told: Any, answer: Any, label: str = "F") -> Said:
    """What one answer says by one mapping."""
    return read_form(
        {label: AnswerDocument.model_validate(told)}, Asked("r", "ada", None, None, AT, {"F": answer}), DAY
    )


@pytest.mark.parametrize(
    ("told", "answer", "fact"),
    [
        ("requester.country", "DE", "DE"),
        ("requester.organisation", "Uni Ulm", "Uni Ulm"),
        ("requester.publications", "12", 12),
        ("requester.publications", 12, 12),
        ("use.commercial", True, True),
        ("use.purpose", "research", "research"),
        ({"fact": "use.purpose", "answers": {"Study": "research"}}, "Study", "research"),
        ({"fact": "use.commercial", "answers": {"true": False}}, True, False),
        (
            {"fact": "use.purpose", "answers": {"Other": {"unknown": "not_assessed"}}},
            "Other",
            {"unknown": "not_assessed"},
        ),
        ({"fact": "own.employer", "answers": {"Yes": "us"}}, "Yes", "us"),
        ({"fact": "requester.age", "as": "birth_date"}, "2008-11-24", 18),
        ({"fact": "requester.age", "as": "birth_date"}, "2008-11-25", 17),
        ({"fact": "requester.age", "as": "birth_date"}, "2008-02-29", 18),
        ({"fact": "requester.age", "as": "birth_date"}, "2026-11-24", 0),
        ({"fact": "requester.age", "as": "birth_date"}, "1895-11-25", 130),
    ],
)
def test_an_answer_is_the_fact_that_it_is_mapped_to(told: Any, answer: Any, fact: Any) -> None:
    found = said(told, answer)
    section, _, name = (told if isinstance(told, str) else told["fact"]).partition(".")
    assert found.facts[section][name] == fact
    assert found.problems == {}


@pytest.mark.parametrize(
    ("told", "answer", "why"),
    [
        ("requester.country", "Germany", "`F`: `Germany` is not a country code such as US or GB, or EU"),
        ("requester.country", "", "`F` is not answered"),
        ("requester.country", None, "`F` is not answered"),
        ("requester.country", ["DE"], "`F`: that is no plain answer"),
        ("requester.country", {"value": "DE"}, "`F`: that is no plain answer"),
        ("requester.age", "eighteen", "`F`: this must be a number"),
        ("requester.age", "-1", "`F`: this must be a number"),
        ("requester.age", "١٨", "`F`: this must be a number"),
        ("requester.age", True, "`F`: this must be a number"),
        ("use.commercial", "true", "`F`: this must be true or false"),
        ("use.purpose", "Research", "`F`: `Research` is not an access purpose"),
        ("requester.name", "a\u202e", "`F`: this text contains the invisible or reordering character U+202E"),
        ("requester.name", "x" * (MAX_ANSWER + 1), f"`F`: the answer is longer than {MAX_ANSWER} characters"),
        (STUDY, "study", "`F`: `study` is none of the answers that count"),
        ({"fact": "requester.age", "as": "birth_date"}, "24.11.2008", "`F`: `24.11.2008` is not a date"),
        (BORN, "2026-11-25", "`F`: `2026-11-25` is no date of birth of somebody who asks"),
        (BORN, "1895-11-24", "`F`: `1895-11-24` is no date of birth of somebody who asks"),
        (BORN, "1800-01-01", "`F`: `1800-01-01` is no date of birth of somebody who asks"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_unknown_with_the_reason(told: Any, answer: Any, why: str) -> None:
    found = said(told, answer)
    path = told if isinstance(told, str) else told["fact"]
    section, _, name = path.partition(".")
    assert found.problems == {path: why}
    assert found.facts[section][name] == {"unknown": "missing", "note": why}


@pytest.mark.parametrize(
    ("told", "answer", "agreements"),
    [
        ({}, True, {"items": [{"text": TERMS, "on": date(2026, 11, 1)}], "complete": True}),
        ({}, False, {"items": [], "complete": True}),
        ({}, None, {"items": [], "complete": False}),
        ({}, "true", {"items": [], "complete": False}),
        ({}, 1, {"items": [], "complete": False}),
        ({"ticked": "on"}, "on", {"items": [{"text": TERMS, "on": date(2026, 11, 1)}], "complete": True}),
        ({"ticked": "on"}, True, {"items": [], "complete": False}),
        (
            {"representative": True},
            True,
            {"items": [{"text": TERMS, "on": date(2026, 11, 1), "representative": True}], "complete": True},
        ),
    ],
)
def test_only_a_ticked_box_is_an_agreement(told: Any, answer: Any, agreements: Any) -> None:
    assert said({"agreement": TERMS, **told}, answer).facts["agreements"] == agreements


def test_a_field_that_nothing_is_mapped_to_says_nothing() -> None:
    asked = Asked("r", "ada", "Ada", "ada@x.org", AT, {"Country": "DE", "geo": "US"})
    found = read_form({}, asked, DAY)
    assert found.facts == {"requester": {"id": "ada"}, "use": {}, "own": {}}
    assert found.unread == ("Country", "geo")


@given(answer=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
))  # fmt: skip
def test_no_answer_breaks_a_request(answer: Any) -> None:
    """Law: whatever somebody answers, there is a request, and each of its facts is valid or unknown."""
    form = {
        "a": "requester.country", "b": "requester.age", "c": "use.commercial", "d": "use.purpose",
        "e": "requester.name",
    }  # fmt: skip
    told = {label: AnswerDocument.model_validate(fact) for label, fact in form.items()}
    told["f"] = AnswerDocument.model_validate({"agreement": TERMS})
    told["g"] = AnswerDocument.model_validate({"fact": "own.x", "answers": {"y": True}})
    facts = read_form(told, Asked("r", None, None, None, AT, dict.fromkeys([*told], answer)), DAY).facts
    tree = {
        "release_gate": "access-request/v1",
        "id": "r",
        "artifacts": [{"id": "w", "kind": "weights"}],
        **facts,
    }
    assert AccessRequest.model_validate(tree).id == "r"


@pytest.mark.parametrize(
    ("old", "new", "code", "underlined"),
    [
        ("Country: requester.country", "Country: requester.id", "RG503", "requester.id"),
        ("Country: requester.country", "Country: requester.verified", "RG503", "requester.verified"),
        ("Country: requester.country", "Country: batch.requests", "RG503", "batch.requests"),
        (
            "Country: requester.country",
            "Country: artifact.release.verdict",
            "RG503",
            "artifact.release.verdict",
        ),
        ("Country: requester.country", "Country: own.x", "RG503", "own.x"),
        ("Country: requester.country", "Country: {}", "RG503", "{}"),
        ("Country: requester.country", "Country: {fact: use.purpose}", "RG503", "facts:"),
        (
            "answers: {Study: research, Sale: product}",
            "answers: {Study: reserch}",
            "RG503",
            "{fact: use.purpose, answers: {Study: reserch}}",
        ),
        ("as: birth_date", "as: birth_day", "RG503", "birth_day"),
        ("requester.organisation", "{fact: requester.organisation, as: birth_date}", "RG503", BIRTH),
        *(
            (f'agreement: "{TERMS}"', f'agreement: "{TERMS}", ticked: {each}', "RG503", each)
            for each in ("0", "{a: 1}", "[1]")
        ),
        ("tier: low", "tiers: low", "RG531", "tiers"),
        ("      artifacts: [", "      requester: {}\n      artifacts: [", "RG503", "facts:"),
        ("      artifacts: [", "      batch: {}\n      artifacts: [", "RG503", "facts:"),
        (REPO, "brief", "RG503", "brief"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_at_its_place(
    office: Office, old: str, new: str, code: str, underlined: str
) -> None:
    office.change("release-gate.yaml", old, new)
    with pytest.raises(PolicyError) as caught:
        read_gated(Path("release-gate.yaml"))
    found = caught.value.diagnostics[0]
    assert found.code == code
    assert found.span is not None
    assert found.span.text == underlined


def test_two_fields_do_not_say_one_fact(office: Office) -> None:
    office.change("release-gate.yaml", "Affiliation: requester.organisation", "Land: requester.country")
    with pytest.raises(PolicyError, match=r"both say `requester.country`"):
        read_gated(Path("release-gate.yaml"))


def test_a_repository_that_is_not_there_is_said(office: Office) -> None:
    with pytest.raises(InputError, match="did you mean `acme/brief`"):
        gated_of(Path("release-gate.yaml"), "acme/brif")
