"""The facts of a request on a day: uncertain days, what happens to data, and what cannot be undone."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import Gate, ReleaseRequest, Verdict
from release_gate.diagnostics import RequestError
from release_gate.facts.either import either
from release_gate.facts.events import MOST, MOST_UNKNOWN
from release_gate.facts.ladder import BOUNDARY, RUNGS
from release_gate.facts.truth import Range, Reason, Unknown
from release_gate.policy.load import load_policy
from release_gate.source import read_document

TEXT = """\
release_gate: request/v1
id: model
action: release
artifacts:
  - {{id: weights, kind: weights, wanted: weights_open, variant: large, license: MIT}}
  - {{id: demo, kind: demo, wanted: hosted}}
variants: {{large: {{data: {{sources: [{{name: images}}, {{name: books}}]}}}}}}
data: {{sources: {{items: [{{name: images, access: fully_open}}], complete: false}}}}
lineage: []
incidents: []
releases: []
metric: {{refusal: {{value: 0.9, measured: 2023-01-01, source: card}}}}
misuse: {{ncii: {{likelihood: low, severity: severe}}}}
safeguards: [{{id: checker, kind: output_filter, removable: true}}]
sources: {{card: {{title: Card}}}}
events:
{events}
"""
BEFORE, FIRST, INSIDE, LAST = date(2023, 2, 23), date(2023, 2, 24), date(2023, 3, 2), date(2023, 3, 3)
SPAN = "on: {low: 2023-02-24, high: 2023-03-03}"
UNDECIDED = Unknown(Reason.UNDECIDED)


def request(*events: str) -> ReleaseRequest:
    lines = "\n".join(f"  - {{{event}}}" for event in events)
    return ReleaseRequest.from_document(read_document(TEXT.format(events=lines or "  []"), "request.yaml"))


def refused(*events: str) -> tuple[str, str, str, str]:
    with pytest.raises(RequestError) as error:
        request(*events)
    (found,) = error.value.diagnostics
    assert found.span is not None
    return found.code, found.message, found.help, found.span.text


# ---------------------------------------------------------------- a day that is not known


def test_while_nobody_can_say_whether_it_has_happened_what_it_changes_is_unknown() -> None:
    found = request(f"{SPAN}, event: narrowed, artifact: weights, rung: hosted")
    values = [found.on(day).artifacts[0].current.value for day in (BEFORE, FIRST, INSIDE, LAST)]
    assert values == [Unknown(Reason.MISSING), UNDECIDED, UNDECIDED, RUNGS["hosted"]]
    assert found.on(INSIDE).artifacts[1].current.value == Unknown(Reason.MISSING)


def test_what_may_have_happened_may_be_one_more_of_a_list() -> None:
    found = request(f"{SPAN}, event: leaked, facts: {{'incidents[leaked-2023-02-24].severity': critical}}")
    told = [found.on(day).incidents for day in (BEFORE, FIRST, LAST)]
    assert [(len(each.items), each.complete) for each in told] == [(0, True), (0, False), (1, True)]
    (incident,) = told[2].items
    assert incident.date.value == Range(FIRST, LAST)
    assert str(incident.severity.value) == "critical"


FACTS = [
    ("artifacts[weights].license", "Apache-2.0", lambda found: found.artifacts[0].license.value),
    ("metric.refusal", "0.5", lambda found: found.metric["refusal"].value.value),
    ("misuse.ncii", "{likelihood: high}", lambda found: found.misuse["ncii"].likelihood.value),
    ("misuse.fraud", "{likelihood: high}", lambda found: found.misuse["fraud"].likelihood.value),
    ("capability.cyber.level", "high", lambda found: found.capability["cyber"].level.value),
    ("safeguards[checker].removable", "false", lambda found: found.safeguards.items[0].removable.value),
    ("developer", "{name: Other}", lambda found: found.developer.name.value),
]


@pytest.mark.parametrize(("path", "value", "read"), FACTS, ids=[path for path, *_ in FACTS])
def test_a_fact_that_may_have_changed_is_unknown_in_between(path: str, value: str, read: Any) -> None:
    found = request(f'{SPAN}, event: incident, facts: {{"{path}": {value}}}')
    assert read(found.on(INSIDE)) == UNDECIDED
    assert read(found.on(LAST)) != UNDECIDED


def test_what_is_the_same_either_way_stays_known() -> None:
    found = request(f"{SPAN}, event: incident, facts: {{metric.refusal: 0.5, misuse.ncii.likelihood: low}}")
    inside = found.on(INSIDE)
    assert inside.metric["refusal"].measured.value == date(2023, 1, 1)
    assert inside.metric["refusal"].source == "card"
    assert str(inside.misuse["ncii"].likelihood.value) == "low"
    assert str(inside.misuse["ncii"].severity.value) == "severe"


def test_a_list_that_may_be_another_is_known_as_far_as_both_go() -> None:
    found = request(f"{SPAN}, event: safeguard_changed, facts: {{safeguards: []}}").on(INSIDE).safeguards
    assert (found.items, found.complete) == ((), False)
    other = "[{id: checker, kind: output_filter, removable: false}, {id: more, kind: kyc}]"
    found = request(f"{SPAN}, event: safeguard_changed, facts: {{safeguards: {other}}}").on(INSIDE).safeguards
    assert [each.id for each in found.items] == ["checker"]
    assert (found.items[0].removable.value, found.complete) == (UNDECIDED, False)


def test_a_range_of_one_day_is_that_day() -> None:
    found = request("on: {low: 2023-03-03, high: 2023-03-03}, event: withdrawn")
    exact = request("on: 2023-03-03, event: withdrawn")
    assert found.on(LAST).digest == exact.on(LAST).digest
    assert found.on(INSIDE).digest == exact.on(INSIDE).digest


@pytest.mark.parametrize(
    ("day", "help_"),
    [
        ("2023", "{low: 2023-01-01, high: 2023-12-31}"),
        ("2024-02", "{low: 2024-02-01, high: 2024-02-29}"),
    ],
)
def test_a_month_or_a_year_is_written_as_its_first_and_last_day(day: str, help_: str) -> None:
    code, message, told, span = refused(f"on: {day}, event: withdrawn")
    assert (code, message, span) == ("RG401", f"`{day}` is not a day", day)
    assert told.endswith(help_)
    assert request(f"on: {help_}, event: withdrawn").events[0].last.year == int(day[:4])


WRONG_DAYS = [
    ("2023-13", "`2023-13` is not a date"),
    ("2023-02-30", "`2023-02-30` is not a date"),
    ("null", "an event has a day, or the first and the last that it can be"),
    ("{unknown: missing}", "an event has a day, or the first and the last that it can be"),
    ("{value: 2023-02-24, source: card}", "an event has a day, or the first and the last that it can be"),
    ("{low: 2023-02-24}", "a range needs both `low` and `high`"),
    ("{low: 2023-03-03, high: 2023-02-24}", "`low` is above `high`"),
    ("{low: 2023-02-24, high: null}", "the ends of a range must be known"),
]


@pytest.mark.parametrize(("day", "message"), WRONG_DAYS)
def test_what_is_no_day_is_refused(day: str, message: str) -> None:
    code, found, _, span = refused(f"on: {day}, event: withdrawn")
    assert (code, found, span) == ("RG401", message, day)


@pytest.mark.parametrize(
    "path", ["request.action", "action", "artifact.wanted", "artifacts[weights].kind", "artifacts[+]"]
)
def test_what_is_no_fact_needs_a_day(path: str) -> None:
    code, message, help_, _ = refused(f'{SPAN}, event: incident, facts: {{"{path}": widen}}')
    assert code == "RG401"
    assert message == f"`{path}` is no fact, and cannot be unknown from 2023-02-24 to 2023-03-03"
    assert "in an event of its own" in help_


# ---------------------------------------------------------------- which came last


def test_events_whose_order_nobody_knows_and_that_matters_are_refused() -> None:
    withdrawn = f"{SPAN}, event: withdrawn, artifact: demo"
    again = "on: 2023-03-01, event: published, artifact: demo, rung: hosted"
    code, message, help_, _ = refused(withdrawn, again)
    assert code == "RG406"
    assert message == (
        "it matters whether `published` (2023-03-01) or `withdrawn` (between 2023-02-24 and 2023-03-03) "
        "came last, and nobody can say"
    )
    assert "say the day of one" in help_
    assert refused(again, withdrawn)[:3] == (code, message, help_)  # whatever the order of the lines


def test_events_that_come_to_the_same_in_either_order_are_not() -> None:
    leak = f"{SPAN}, event: leaked, artifact: weights"
    found = request(leak, "on: 2023-02-24, event: published, artifact: weights, rung: weights_gated_manual")
    assert [found.on(day).artifacts[0].irrevocable.value for day in (BEFORE, FIRST, LAST)] == [
        Unknown(Reason.MISSING),
        True,
        True,
    ]
    both = request(
        leak, "on: {low: 2023-02-20, high: 2023-03-01}, event: published, artifact: demo, rung: hosted"
    )
    assert both.on(date(2023, 3, 2)).releases.complete
    assert not both.on(FIRST).releases.complete


def test_an_event_that_needs_what_another_brings_must_come_after_it() -> None:
    assessed = "event: incident, facts: {'incidents[leaked-2023-02-24].severity': critical}"
    code, message, *_ = refused(f"{SPAN}, event: leaked", f"on: 2023-03-01, {assessed}")
    assert code == "RG404"
    assert message == "there is no member `leaked-2023-02-24`"  # on 1 March nobody knows of a leak
    assert (
        request(f"{SPAN}, event: leaked", f"on: 2023-03-04, {assessed}").on(date(2023, 3, 4)).incidents.items
    )


def test_of_one_day_the_lines_say_what_came_last() -> None:
    withdrawn = "on: 2023-03-03, event: withdrawn, artifact: demo"
    again = "on: 2023-03-03, event: published, artifact: demo, rung: hosted"
    for events, rung in (((withdrawn, again), "hosted"), ((again, withdrawn), "withheld")):
        assert request(*events).on(LAST).artifacts[1].current.value == RUNGS[rung]


def test_what_was_withdrawn_and_is_offered_again_is_open() -> None:
    found = request(
        "on: 2023-03-04, event: published, artifact: demo, rung: hosted",
        f"{SPAN}, event: withdrawn, artifact: demo",
    )
    rungs = [found.on(day).artifacts[1].current.value for day in (INSIDE, LAST, date(2023, 3, 4))]
    assert rungs == [UNDECIDED, RUNGS["withheld"], RUNGS["hosted"]]


def test_an_event_that_changes_nothing_by_itself_may_still_matter() -> None:
    published = "on: 2023-01-01, event: published, artifact: demo, rung: hosted"
    withdrawn = f"{SPAN}, event: withdrawn, artifact: demo"
    again = "on: 2023-03-01, event: published, artifact: demo, rung: hosted"
    assert refused(published, withdrawn, again)[0] == "RG406"


def test_two_that_put_something_into_one_place_may_put_the_same() -> None:
    first = f"{SPAN}, event: incident, facts: {{misuse.ncii.likelihood: high}}"
    same = "on: 2023-03-01, event: incident, facts: {misuse.ncii: {likelihood: high, severity: severe}}"
    other = "on: 2023-03-01, event: incident, facts: {misuse.ncii: {likelihood: moderate, severity: severe}}"
    assert str(request(first, same).on(LAST).misuse["ncii"].likelihood.value) == "high"
    assert refused(first, other)[0] == "RG406"


def test_the_first_of_all_days_has_no_eve() -> None:
    first = "on: {low: 0001-01-01, high: 2023-03-03}, event: withdrawn, artifact: demo"
    assert refused(first, "on: 2023-03-01, event: published, artifact: demo, rung: hosted")[0] == "RG406"
    assert request(first).on(date.min).artifacts[1].current.value == UNDECIDED


@pytest.mark.parametrize(("number", "day"), [(MOST + 1, "2023-03-03"), (MOST_UNKNOWN + 1, SPAN[4:])])
def test_so_many_events_that_it_would_take_long_are_refused(number: int, day: str) -> None:
    events = [
        f"on: {day}, event: incident, facts: {{'incidents[+]': {{id: i{index}}}}}" for index in range(number)
    ]
    code, message, *_ = refused(*events)
    assert code == "RG401"
    assert message == "a request has at most 500 events, and 20 whose day is not known"


def test_events_over_a_request_that_says_very_much_are_refused() -> None:
    """Each of them, and each order of two, is worked out over all that it says."""
    much = {"lineage": [{"parent": f"p{number}"} for number in range(4_000)]}
    base = {"id": "r", "action": "release", "artifacts": [{"id": "w", "kind": "api", "wanted": "hosted"}]}
    events = [
        {"on": {"low": "2023-02-24", "high": "2023-03-03"}, "event": "incident", "facts": {f"own.x{n}": n}}
        for n in range(MOST_UNKNOWN)
    ]
    with pytest.raises(RequestError, match="its 20 events take too long to work out") as error:
        ReleaseRequest.model_validate({**base, **much, "events": events})
    assert error.value.diagnostics[0].code == "RG401"
    assert ReleaseRequest.model_validate({**base, "events": events}).events
    assert ReleaseRequest.model_validate({**base, **much, "events": events[:1]}).events


def test_as_many_events_as_there_may_be_are_read() -> None:
    events = [
        f"{SPAN}, event: incident, facts: {{'incidents[+]': {{id: i{n}}}}}" for n in range(MOST_UNKNOWN)
    ]
    assert [len(request(*events).on(day).incidents.items) for day in (INSIDE, LAST)] == [0, MOST_UNKNOWN]


def test_an_event_that_stands_there_twice_is_refused() -> None:
    event = "on: 2023-03-03, event: leaked, artifact: weights"
    code, message, help_, _ = refused(event, f"{event}, note: told by another, source: card")
    assert (code, message) == ("RG401", "`leaked` (2023-03-03) stands there twice")
    assert help_ == "keep one of the two"
    assert len(request(event, "on: 2023-03-03, event: leaked, artifact: demo").on(LAST).incidents.items) == 2


def test_a_leak_that_is_among_the_incidents_already_is_no_second_one() -> None:
    told = "{'incidents[+]': {id: leaked-2023-03-03, kind: leak, severity: serious}}"
    found = request(f"on: 2023-03-02, event: incident, facts: {told}", "on: 2023-03-03, event: leaked").on(
        LAST
    )
    (incident,) = found.incidents.items
    assert str(incident.severity.value) == "serious"


# ---------------------------------------------------------------- what happens to data


def test_data_that_are_withdrawn_are_withheld_wherever_they_are_named() -> None:
    found = request(f"{SPAN}, event: withdrawn, data: [images], source: card")
    for day, shared, own in (
        (BEFORE, RUNGS["fully_open"], Unknown(Reason.MISSING)),
        (INSIDE, UNDECIDED, UNDECIDED),
        (LAST, RUNGS["withheld"], RUNGS["withheld"]),
    ):
        on = found.on(day)
        images, books = on.variants["large"].data.sources.items
        assert on.data.sources.items[0].access.value == shared
        assert (images.access.value, books.access.value) == (own, Unknown(Reason.MISSING))
        assert not on.data.sources.complete
    (incident,) = found.on(LAST).incidents.items
    assert (incident.id, incident.kind.value) == ("data-withdrawn-2023-02-24", "withdrawal of an ancestor")
    assert incident.resolved.value is False
    assert all(isinstance(each.current.value, Unknown) for each in found.on(LAST).artifacts)


def test_data_that_are_offered_again_are_open_again_and_the_incident_stays() -> None:
    found = request(
        "on: 2023-03-03, event: withdrawn, data: [images, books]",
        "on: 2024-03-03, event: published, data: [images], rung: weights_gated_manual",
    ).on(date(2024, 3, 3))
    images, books = found.variants["large"].data.sources.items
    assert (images.access.value, books.access.value) == (RUNGS["weights_gated_manual"], RUNGS["withheld"])
    assert len(found.incidents.items) == 1
    assert found.releases.items == ()  # the data are no release of ours


WRONG_DATA = [
    (
        "event: withdrawn, data: [imgaes]",
        "an event names the data `imgaes`, which is not there",
        "did you mean `images`",
    ),
    (
        "event: withdrawn, data: [LAION-5B]",
        "an event names the data `LAION-5B`, which is not there",
        "one of `images`, `books`",
    ),
    (
        "event: withdrawn, data: [images], artifact: demo",
        "an event is about an artifact or about data",
        "make two events of it",
    ),
    (
        "event: leaked, data: [images]",
        "`leaked` is said of artifacts, not of data",
        "name an artifact, or none",
    ),
    (
        "event: license_changed, data: [images]",
        "`license_changed` says the licence",
        "add `facts: {data.sources[images].license: …}`",
    ),
    (
        "event: withdrawn, data: images",
        "this must be a list in `events.0`",
        "write [images]",
    ),
]


@pytest.mark.parametrize(("event", "message", "help_"), WRONG_DATA)
def test_what_cannot_happen_to_data_is_refused(event: str, message: str, help_: str) -> None:
    assert refused(f"on: 2023-03-03, {event}")[:3] == ("RG401", message, help_)


# ---------------------------------------------------------------- what cannot be undone


def out(found: ReleaseRequest, *days: date) -> list[Any]:
    return [found.on(day).artifacts[0].irrevocable.value for day in days]


def test_a_leak_cannot_be_undone() -> None:
    found = request(
        "on: 2023-03-03, event: leaked, artifact: weights",
        "on: 2023-03-05, event: withdrawn",
        "on: 2023-03-06, event: narrowed, artifact: weights, rung: internal",
    )
    missing = Unknown(Reason.MISSING)
    assert out(found, date(2023, 3, 2), LAST, date(2023, 3, 5), date(2024, 1, 1)) == [
        missing,
        True,
        True,
        True,
    ]
    assert found.on(date(2024, 1, 1)).artifacts[1].irrevocable.value == missing


def test_a_release_past_the_boundary_cannot_be_undone_either() -> None:
    found = request(
        "on: 2023-03-03, event: published, artifact: weights, rung: weights_gated_manual",
        "on: 2023-03-05, event: withdrawn",
        "on: 2023-03-06, event: published, artifact: weights, rung: hosted",
    )
    assert out(found, INSIDE, LAST, date(2023, 3, 5), date(2023, 3, 6)) == [
        Unknown(Reason.MISSING),
        True,
        True,
        True,
    ]
    assert "irrevocable" not in found.on(LAST).tree_at(("artifacts", 0))  # its access level says so


def test_what_was_out_from_the_beginning_stays_out() -> None:
    for stated in ("current: weights_open", "current: {low: weights_gated_manual, high: weights_open}"):
        text = TEXT.format(events="  - {on: 2023-03-03, event: withdrawn}").replace(
            "id: weights,", f"id: weights, {stated},"
        )
        found = ReleaseRequest.from_document(read_document(text, "request.yaml"))
        assert out(found, BEFORE, LAST) == [True, True]
        assert found.on(LAST).artifacts[0].current.value == RUNGS["withheld"]


def test_whether_copies_are_out_is_unknown_while_the_leak_is() -> None:
    found = request(f"{SPAN}, event: leaked, artifact: weights")
    assert out(found, BEFORE, FIRST, INSIDE, LAST) == [Unknown(Reason.MISSING), UNDECIDED, UNDECIDED, True]


def test_what_was_out_is_out_also_while_nobody_knows_whether_it_was_withdrawn() -> None:
    found = request(
        "on: 2023-01-01, event: published, artifact: weights, rung: weights_open", f"{SPAN}, event: withdrawn"
    )
    assert out(found, BEFORE, INSIDE, LAST) == [True, True, True]
    assert found.on(INSIDE).artifacts[0].current.value == UNDECIDED


def test_an_interface_has_no_copies_that_could_be_out() -> None:
    found = request("on: 2023-03-03, event: leaked").on(LAST)
    assert [each.irrevocable.value for each in found.artifacts] == [True, Unknown(Reason.MISSING)]


@pytest.mark.parametrize("path", ["artifact.irrevocable", "artifacts[weights].irrevocable"])
def test_no_event_says_by_itself_whether_copies_are_out(path: str) -> None:
    code, message, *_ = refused(f'on: 2023-03-03, event: incident, facts: {{"{path}": false}}')
    assert (code, message) == ("RG401", "no event changes `irrevocable`")


def test_an_artifact_that_is_written_anew_is_still_out() -> None:
    anew = "{id: weights, kind: weights, wanted: hosted, current: internal}"
    found = request(
        "on: 2023-03-03, event: leaked",
        f"on: 2023-03-04, event: incident, facts: {{'artifacts[weights]': {anew}}}",
    )
    assert out(found, date(2023, 3, 4)) == [True]


def test_nobody_can_state_that_what_is_past_the_boundary_is_not_out() -> None:
    text = TEXT.format(events="  []").replace(
        "id: weights,", "id: weights, current: weights_open, irrevocable: false,"
    )
    with pytest.raises(RequestError) as error:
        ReleaseRequest.from_document(read_document(text, "request.yaml"))
    assert error.value.diagnostics[0].message == "copies of what is at `weights_open` are out for good"


OUT_POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: not-again, when: artifact.irrevocable, at: hosted, deny: Copies are out.}
"""


def gate_of(folder: Path) -> Gate:
    (folder / "own.yaml").write_text(OUT_POLICY)
    return Gate([load_policy(folder / "own.yaml")])


def test_policies_and_decisions_see_that_copies_are_out(tmp_path: Path) -> None:
    gate, found = (
        gate_of(tmp_path),
        request("on: 2023-03-03, event: leaked", "on: 2023-04-01, event: withdrawn"),
    )
    seen = {}
    for day in (INSIDE, LAST, date(2024, 1, 1)):
        decision = gate.decide(found, as_of=day)
        weights = next(each for each in decision.artifacts if each.id == "weights")
        seen[day] = (weights.irrevocable, str(weights.ladder["hosted"]))
    assert seen == {
        INSIDE: (None, "needs_evidence"),
        LAST: (True, "deny"),
        date(2024, 1, 1): (True, "deny"),
    }


DOUBT = "nobody can say whether copies of weights are out already"
STATED = [  # of the artifact, what happened, what a decision says of copies, and whether it is said in words
    ("", "", None, False),
    ("irrevocable: false", "", False, False),
    ("irrevocable: true", "", True, False),
    ("irrevocable: null", "", None, False),
    ("irrevocable: {unknown: not_assessed}", "", None, True),
    ("irrevocable: {unknown: conflicting}", "", None, True),
    ("current: hosted", "", None, False),
    ("current: weights_open", "", True, False),
    ("current: {low: hosted, high: api_general}", "", None, False),
    ("current: {low: hosted, high: weights_gated_manual}", "", None, True),
    ("current: {low: hosted, high: weights_open}, irrevocable: false", "", False, False),
    ("current: {low: weights_gated_manual, high: weights_open}", "", True, False),
    ("", f"{SPAN}, event: leaked, artifact: weights", None, True),
    ("", f"{SPAN}, event: published, artifact: weights, rung: weights_open", None, True),
    ("", f"{SPAN}, event: narrowed, artifact: weights, rung: hosted", None, False),
    ("irrevocable: true", f"{SPAN}, event: leaked, artifact: weights", True, False),
]


@pytest.mark.parametrize(("stated", "event", "out", "said"), STATED)
def test_a_decision_never_takes_it_for_known_that_no_copies_are_out(
    tmp_path: Path, stated: str, event: str, *, out: bool | None, said: bool
) -> None:
    text = TEXT.format(events=f"  - {{{event}}}" if event else "  []")
    text = text.replace("id: weights,", f"id: weights, {stated}," if stated else "id: weights,")
    found = ReleaseRequest.from_document(read_document(text, "request.yaml"))
    decision = gate_of(tmp_path).decide(found, as_of=INSIDE)
    assert next(each for each in decision.artifacts if each.id == "weights").irrevocable is out
    assert (DOUBT in decision.notes) is said


# ---------------------------------------------------------------- laws

SHARPER = {
    Verdict.APPROVE: {Verdict.APPROVE},
    Verdict.CONDITIONAL: {Verdict.APPROVE, Verdict.CONDITIONAL},
    Verdict.NEEDS_APPROVAL: {Verdict.APPROVE, Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL},
    Verdict.NEEDS_EVIDENCE: set(Verdict),
    Verdict.DENY: {Verdict.DENY},
}
"""What a verdict may become when more is known (the law of the verdicts)."""
HAPPENED = [
    "event: leaked",
    "event: leaked, artifact: weights",
    "event: withdrawn",
    "event: withdrawn, data: [images]",
    "event: published, artifact: weights, rung: weights_open",
    "event: narrowed, artifact: demo, rung: evaluators",
    "event: license_changed, facts: {artifact.license: CC-BY-NC-4.0}",
    "event: safeguard_changed, facts: {safeguards: []}",
    "event: incident, facts: {'incidents[+]': {id: harm, severity: critical, date: 2023-02-28}}",
    "event: incident, facts: {misuse.ncii: {likelihood: high}, capability.cyber.level: high}",
    "event: incident, facts: {metric.refusal: 0.2, 'variants[large].data.sources': []}",
    "event: incident, facts: {lineage: [{parent: x, relation: finetune, license: other}]}",
]
GATE = Gate.from_policies(["responsible-democratization", "license-lineage", "staged-release"])


@pytest.mark.parametrize("event", HAPPENED)
def test_law_a_day_that_becomes_known_only_sharpens_the_decision(event: str) -> None:
    uncertain = request(f"on: {{low: 2023-01-01, high: 2023-12-31}}, {event}")
    surely, never = request(f"on: 2023-01-01, {event}"), request(f"on: 2023-12-31, {event}")
    day = date(2023, 6, 1)
    told, *both = (
        {each.id: each for each in GATE.decide(each, as_of=day, policies_as_of=date(2026, 11, 24)).artifacts}
        for each in (uncertain, surely, never)
    )
    for artifact, decision in told.items():
        for rung, verdict in decision.ladder.items():
            assert {each[artifact].ladder[rung] for each in both} <= SHARPER[verdict], (artifact, rung)


@given(st.dates(date(2023, 1, 1), date(2023, 12, 31)), st.data())
def test_law_outside_of_its_range_an_event_is_like_one_that_has_a_day(day: date, data: st.DataObject) -> None:
    low = data.draw(st.dates(date(2023, 1, 1), date(2023, 12, 31)))
    high = data.draw(st.dates(low, date(2023, 12, 31)))
    event = data.draw(
        st.sampled_from([each for each in HAPPENED if "leaked" not in each and "published" not in each])
    )
    uncertain = request(f"on: {{low: {low}, high: {high}}}, {event}").on(day)
    if day < low or high <= day:
        exact = request(f"on: {low}, {event}" if day >= high else f"on: {day + timedelta(1)}, {event}").on(
            day
        )
        if "withdrawn, data" in event and low < high <= day:  # its incident says that its day is not known
            assert uncertain.incidents.items[0].date.value == Range(low, high)
        else:
            assert uncertain.digest == exact.digest
    else:
        assert uncertain.digest != request(f"on: {low}, {event}").on(day).digest


WORDS = st.lists(st.sampled_from(sorted(RUNGS)), min_size=1, max_size=6)


@given(WORDS, st.none() | st.integers(0, 6))
def test_law_once_out_always_out(rungs: list[str], place: int | None) -> None:
    events = [
        f"on: 2023-01-{day:02}, event: narrowed, artifact: weights, rung: {rung}"
        for day, rung in enumerate(rungs, start=10)
    ]
    leaked = [] if place is None else [min(place, len(rungs) - 1)]
    events += [f"on: 2023-01-{10 + index:02}, event: leaked" for index in leaked]
    found = request(*events)
    told = out(found, *(date(2023, 1, day) for day in range(9, 20)))
    first = next((index for index, each in enumerate(told) if each is True), len(told))
    assert all(each is True for each in told[first:])
    crossed = [index for index, rung in enumerate(rungs) if RUNGS[rung] >= BOUNDARY]
    assert first == min([*crossed, *leaked, 10]) + 1


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {}, {"a": {"unknown": "undecided"}}),
        ({"value": 1, "source": "x"}, {"value": 2, "source": "x"}, {"source": "x", "unknown": "undecided"}),
        ({"value": 1, "source": "x"}, 1, {"unknown": "undecided"}),
        ([1, 2], [1, 3], {"items": [1], "complete": False}),
        ([1], {"items": [1], "complete": False}, {"items": [1], "complete": False}),
        ([1], {"unknown": "missing"}, {"items": [], "complete": False}),
        ({}, {"a": [1]}, {"a": {"items": [], "complete": False}}),
        ([{"kind": "a", "x": 1}], [{"kind": "a", "x": 2}], [{"kind": "a", "x": {"unknown": "undecided"}}]),
        ([{"kind": "a"}], [{"kind": "b"}], {"items": [], "complete": False}),
    ],
)  # fmt: skip
def test_of_two_trees_what_is_the_same_is_known(one: Any, other: Any, both: Any) -> None:
    assert either(one, other) == either(other, one) == both
