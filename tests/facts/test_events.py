"""Events of a request: what happened later counts from its day on."""

import hashlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate import Gate, ReleaseRequest, engine
from release_gate.diagnostics import RequestError
from release_gate.facts.events import MOVES, WORDS
from release_gate.facts.ladder import RUNGS
from release_gate.gate.history import outcomes
from release_gate.policy.packs import data_folder
from release_gate.source import read_document

TEXT = """\
release_gate: request/v1
id: model
action: release
artifacts:
  - {{id: weights, kind: weights, wanted: weights_open, license: {{value: MIT, source: card}}}}
  - {{id: demo, kind: demo, wanted: hosted}}
lineage: []
metric: {{refusal: {{value: 0.9, measured: 2023-01-01, source: card}}}}
sources: {{card: {{title: Card}}}}
events:
{events}
"""
BEFORE, THEN, LATER = date(2023, 5, 1), date(2023, 5, 2), date(2023, 6, 1)


def request(*events: str) -> ReleaseRequest:
    lines = "\n".join(f"  - {{on: 2023-05-02, {event}}}" for event in events)
    return ReleaseRequest.from_document(read_document(TEXT.format(events=lines), "request.yaml"))


def at(found: ReleaseRequest, *path: Any) -> Any:
    return found.tree_at(path)


def test_an_event_counts_from_its_day_on_and_not_before() -> None:
    found = request("event: license_changed, facts: {'artifacts[weights].license': Apache-2.0}")
    assert [found.on(day).artifacts[0].license.value for day in (BEFORE, THEN, LATER)] == [
        "MIT",
        "Apache-2.0",
        "Apache-2.0",
    ]
    assert found.on(THEN).artifacts[1].license.value == found.artifacts[1].license.value


def test_what_is_left_of_it_knows_no_events_and_where_everything_is_written() -> None:
    found = request("event: license_changed, facts: {'artifact.license': Apache-2.0}").on(THEN)
    assert (found.events, at(found, "events")) == ((), None)
    span = found.where(("artifacts", 1, "license"))
    assert span is not None
    assert (span.line, span.text) == (11, "Apache-2.0")
    assert found.on(LATER) is found


def test_events_apply_in_the_order_of_their_days_whatever_the_order_of_their_lines() -> None:
    text = TEXT.format(
        events="  - {on: 2023-06-01, event: widened, rung: weights_open}\n"
        "  - {on: 2023-05-02, event: published, rung: evaluators}\n"
    )
    found = ReleaseRequest.from_document(read_document(text, "request.yaml"))
    rungs = [getattr(found.on(day).artifacts[0].current.value, "name", None) for day in (BEFORE, THEN, LATER)]
    assert rungs == [None, "evaluators", "weights_open"]
    assert [past.rung.value for past in found.on(LATER).releases.items] == [
        RUNGS["evaluators"],
        RUNGS["weights_open"],
    ]
    assert not found.on(LATER).releases.complete  # nobody said that there were none before


def test_a_leak_is_an_incident_that_nobody_has_assessed() -> None:
    found = request("event: leaked, artifact: weights").on(THEN)
    assert at(found, "incidents") == {
        "items": [
            {
                "id": "leaked-2023-05-02-weights",
                "kind": "leak",
                "severity": {"unknown": "not_assessed"},
                "date": "2023-05-02",
                "resolved": False,
            }
        ],
        "complete": False,
    }
    assessed = request("event: leaked, facts: {'incidents[leaked-2023-05-02].severity': critical}")
    (incident,) = assessed.on(THEN).incidents.items
    assert str(incident.severity.value) == "critical"


def test_leaks_of_artifacts_whose_names_begin_alike_are_incidents_of_their_own() -> None:
    alike = "x" * 46
    names = [alike, alike + "y", alike + "y" * 18, alike + "y" * 17 + "z"]
    artifacts = [f"  - {{id: {name}, kind: weights, wanted: hosted}}\n" for name in names]
    events = [f"  - {{on: 2023-05-02, event: leaked, artifact: {name}}}\n" for name in names]
    text = TEXT.replace("lineage:", "".join(artifacts).replace("{", "{{").replace("}", "}}") + "lineage:")
    document = read_document(text.format(events="".join(events)), "request.yaml")
    found = [each.id for each in ReleaseRequest.from_document(document).on(THEN).incidents.items]
    assert found[0] == f"leaked-2023-05-02-{alike}"
    assert {each[:52] for each in found[1:]} == {f"leaked-2023-05-02-{alike[:33]}-"}
    assert len(set(found)) == len(names)
    assert all(len(each) == 64 for each in found)
    digest = hashlib.sha256(f"leaked-2023-05-02-{names[1]}".encode()).hexdigest()
    assert found[1].endswith("-" + digest[:12])


def test_a_withdrawal_takes_back_the_artifact_that_it_names() -> None:
    found = request("event: withdrawn, artifact: demo").on(THEN)
    assert [getattr(each.current.value, "name", None) for each in found.artifacts] == [None, "withheld"]


def test_a_new_value_keeps_who_said_when_it_was_measured() -> None:
    found = request("event: incident, facts: {metric.refusal: 0.5}").on(THEN).metric["refusal"]
    assert (str(found.value.value), found.measured.value, found.source) == (
        "0.5",
        date(2023, 1, 1),
        "card",
    )


def test_a_request_of_python_has_events_too() -> None:
    tree: Any = request("event: withdrawn").tree
    found = ReleaseRequest.model_validate(tree)
    assert {each.current.value for each in found.on(THEN).artifacts} == {RUNGS["withheld"]}
    assert found.on(THEN).digest == request("event: withdrawn").on(THEN).digest


WRONG = [
    ("event: vanished", "`event` cannot be `vanished`", "vanished"),
    ("event: widened", "`widened` says at which access level it is open", None),
    ("event: leaked, rung: hosted", "`leaked` has no access level", None),
    ("event: widened, rung: opened", "`opened` is not an access level", "opened"),
    ("event: license_changed", "`license_changed` says the licence", None),
    ("event: safeguard_changed", "`safeguard_changed` says what changes", None),
    ("event: leaked, artifact: wights", "an event names the artifact `wights`, which is not there", None),
    ("event: leaked, source: pres", "an event names the source `pres`, which is not there", None),
    ("event: incident, facts: {id: other}", "no event changes `id`", None),
    ("event: incident, facts: {request.id: other}", "no event changes `id`", None),
    ("event: incident, facts: {'sign_offs[+]': {}}", "no event changes `sign_offs`", None),
    ("event: incident, facts: {'events[+]': {}}", "no event changes `events`", None),
    ("event: incident, facts: {'lineage[x].license': MIT}", "there is no member `x`", "'lineage[x].license'"),
    ("event: incident, facts: {compute.flops: 1}", "unknown key `flops` in `compute`", None),
    ("event: incident, facts: {action: leap}", "`action` cannot be `leap`", "leap"),
]


@pytest.mark.parametrize(("event", "message", "at_"), WRONG)
def test_an_event_that_cannot_be_is_refused_at_once(event: str, message: str, at_: str | None) -> None:
    with pytest.raises(RequestError) as error:
        request(event)
    (found,) = error.value.diagnostics
    code = "RG404" if "there is no member" in message else "RG401"
    assert (found.code, found.message) == (code, message)
    if at_ is not None:
        assert found.span is not None
        assert found.span.text == at_


def test_who_judges_a_request_with_events_judges_the_day() -> None:
    policies = [Gate.from_policies(["responsible-democratization"]).policies[0]]
    found = request("event: withdrawn, facts: {capability.cyber.level: critical}")
    asked = [engine.decide(found, policies, day).request for day in (BEFORE, THEN)]
    assert [each.digest for each in asked] == [found.on(day).digest for day in (BEFORE, THEN)]


@given(st.dates(date(2023, 1, 1), date(2023, 12, 31)), st.dates(date(2023, 1, 1), date(2023, 12, 31)))
def test_law_what_has_not_happened_yet_is_as_if_it_were_never_written(day: date, on: date) -> None:
    text = TEXT.format(events=f"  - {{on: {on}, event: withdrawn}}\n")
    found = ReleaseRequest.from_document(read_document(text, "request.yaml"))
    bare = ReleaseRequest.from_document(read_document(text.partition("events:")[0], "request.yaml"))
    assert (found.on(day).digest == bare.digest) == (day < on)


def test_every_word_says_what_it_means_and_those_that_move_name_a_rung() -> None:
    assert set(MOVES) < set(WORDS)
    for word in WORDS:
        facts = {
            "license_changed": "facts: {artifact.license: MIT}",
            "safeguard_changed": "facts: {safeguards: []}",
        }
        more = "rung: hosted" if word in MOVES else facts.get(word, "facts: {incidents: []}")
        assert request(f"event: {word}, {more}").events[0].event == word


# ---------------------------------------------------------------- the dossiers

DOSSIERS = data_folder("examples") / "dossiers"
WITH_EVENTS = sorted(path for path in DOSSIERS.glob("*.yaml") if ReleaseRequest.load(path).events)
PACKS_OF = date(2026, 11, 24)


def test_every_event_of_a_dossier_has_a_source_and_comes_after_the_release() -> None:
    released = {outcome.dossier: outcome.on for outcome in outcomes(data_folder("examples") / "history.yaml")}
    assert len(WITH_EVENTS) >= 15
    for path in WITH_EVENTS:
        for event in ReleaseRequest.load(path).events:
            assert event.source, path.stem
            assert event.last >= released[path.stem], path.stem


def verdicts(name: str, artifact: str, rung: str, *days: str) -> list[str]:
    """What the packs say of a dossier on each day."""
    gate = Gate.from_policies(["responsible-democratization", "license-lineage", "ladder"])
    found = ReleaseRequest.load(DOSSIERS / f"{name}.yaml")
    told = []
    for day in days:
        decision = gate.decide(found, as_of=date.fromisoformat(day), policies_as_of=PACKS_OF)
        told.append(str(next(each for each in decision.artifacts if each.id == artifact).ladder[rung]))
    return told


@pytest.mark.parametrize(
    ("name", "artifact", "rung", "before", "after", "verdicts_"),
    [
        ("falcon-40b", "weights", "weights_open", "2023-05-30", "2023-05-31", ["deny", "needs_approval"]),
        ("laion-5b", "dataset", "fully_open", "2023-12-18", "2023-12-19", ["needs_evidence", "deny"]),
        ("the-pile", "dataset", "fully_open", "2022-12-31", "2023-01-01", ["conditional", "needs_evidence"]),
        ("the-pile", "dataset", "fully_open", "2023-12-30", "2023-12-31", ["needs_evidence", "deny"]),
    ],
)
def test_before_and_after_an_event_the_decision_is_the_one_that_was_right_then(
    name: str, artifact: str, rung: str, before: str, after: str, verdicts_: list[str]
) -> None:
    assert verdicts(name, artifact, rung, before, after) == verdicts_


def new(name: str, before: str, after: str) -> set[str]:
    """The rules that have a finding after an event and had none before."""
    gate = Gate.from_policies(["responsible-democratization"])
    found = ReleaseRequest.load(DOSSIERS / f"{name}.yaml")
    rules = []
    for day in (before, after):
        decision = gate.decide(found, as_of=date.fromisoformat(day), policies_as_of=PACKS_OF)
        rules.append({each.rule for artifact in decision.artifacts for each in artifact.findings})
    return rules[1] - rules[0]


def test_after_a_leak_and_a_relaxed_safeguard_there_is_something_to_do() -> None:
    assert new("llama-1", "2023-03-02", "2023-03-03") == {"after-a-leak"}
    assert new("stable-diffusion-2", "2022-12-06", "2022-12-07") == {"relaxed-safeguard"}
