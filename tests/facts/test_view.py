from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from release_gate.diagnostics import RequestError
from release_gate.facts.frame import Frame, MeasurementRule, measured, measured_beyond
from release_gate.facts.ladder import BOUNDARY, RUNGS
from release_gate.facts.records import Measurement
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.truth import Duration, Range, Reason, Unknown
from release_gate.facts.view import view_of

DAY = date(2026, 6, 1)
DIGEST = "sha256:" + "a" * 64


def frame(artifact: dict[str, Any] | None = None, **sections: Any) -> Frame:
    first = {"id": "a", "kind": "weights", "wanted": "hosted", **(artifact or {})}
    request = ReleaseRequest.model_validate(
        {"id": "r", "action": "release", "artifacts": [first], **sections}
    )
    return Frame(request, request.artifacts[0], DAY)


def view(artifact: dict[str, Any] | None = None, **sections: Any) -> Mapping[str, Any]:
    return view_of(frame(artifact, **sections))


def test_the_terms_of_a_licence_are_those_of_the_table() -> None:
    terms = view({"license": "CC-BY-NC-4.0"})["artifact"].fields["terms"].fields
    assert terms["commercial_use"].value is False
    stated = {"license": "MIT", "terms": {"commercial_use": False, "open": True}}
    terms = view(stated)["artifact"].fields["terms"].fields
    assert terms["commercial_use"].value == Unknown(Reason.CONFLICTING)
    assert terms["open"].value is True
    own = {"license": "LicenseRef-own", "terms": {"open": False}}
    assert view(own)["artifact"].fields["terms"].fields["open"].value is False


def test_an_artifact_is_found_without_comparing_all_that_is_said_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For a request of thousands of artifacts, that took minutes."""
    artifacts = [{"id": f"a{number}", "kind": "weights", "wanted": "hosted"} for number in range(3)]
    request = ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": artifacts})

    def refuse(*_: object) -> bool:
        raise AssertionError("two artifacts were compared")

    monkeypatch.setattr(Artifact, "__eq__", refuse)
    for place, artifact in enumerate(request.artifacts):
        seen = view_of(Frame(request, artifact, DAY))["artifact"].fields["kind"]
        assert seen.pointer == ("artifacts", place, "kind")


def test_ancestors_near_and_far() -> None:
    edges = [
        {"child": "p", "parent": "q"},
        {"parent": "p"},
        {"child": "elsewhere", "parent": "z"},
    ]
    members = view(lineage=edges, variants={"elsewhere": {}})["lineage"].value.members
    assert [(m.label, m.fields["direct"].value) for m in members] == [("q", False), ("p", True)]
    assert view()["lineage"].value == Unknown(Reason.MISSING)


def test_a_variant_states_what_differs() -> None:
    facts = view(
        {"variant": "v"},
        model={"name": "m", "parameters": 1},
        capability={"cyber": {"level": "low"}},
        variants={"v": {"model": {"parameters": 2}, "capability": {"bio": {"level": "high"}}}},
    )
    assert facts["model"].fields["name"].value == "m"
    assert facts["model"].fields["parameters"].value == Decimal(2)
    assert set(facts["capability"].fields) == {"cyber", "bio"}


@pytest.mark.parametrize(
    ("metric", "rule", "rung", "result"),
    [
        ({"value": 1}, {}, "hosted", Decimal(1)),
        ({"unknown": "not_assessed"}, {}, "hosted", Unknown(Reason.NOT_ASSESSED)),
        ({"low": 1, "high": 2}, {}, "hosted", Range(Decimal(1), Decimal(2))),
        ({"value": 1, "measured": "2026-06-02"}, {}, "hosted", Unknown(Reason.UNTRUSTED)),
        ({"value": 1}, {"max_age": Duration(0, 86_400)}, "hosted", Unknown(Reason.STALE)),
        (
            {"value": 1, "measured": "2026-01-01"},
            {"max_age": Duration(1, 0)},
            "hosted",
            Unknown(Reason.STALE),
        ),
        ({"value": 1, "measured": "2026-05-01"}, {"max_age": Duration(1, 0)}, "hosted", Decimal(1)),
        ({"value": 1}, {"independent": True}, "hosted", Unknown(Reason.UNTRUSTED)),
        ({"value": 1}, {"bound": True}, "hosted", Unknown(Reason.UNBOUND)),
        ({"value": 1, "on": DIGEST}, {"bound": True}, "hosted", Decimal(1)),
        ({"value": 1}, {}, "weights_open", Unknown(Reason.UNBOUND)),
        ({"value": 1, "behind": []}, {}, "weights_open", Decimal(1)),
        ({"value": 1, "behind": ["filter"]}, {}, "weights_open", Unknown(Reason.UNBOUND)),
        ({"value": 1, "behind": ["training"]}, {}, "weights_open", Decimal(1)),
    ],
)
def test_whether_a_measurement_counts(
    metric: dict[str, Any], rule: dict[str, Any], rung: str, result: Any
) -> None:
    safeguards = [{"id": "filter", "removable": True}, {"id": "training", "removable": False}]
    seen = frame({"digest": DIGEST}, safeguards=safeguards)
    found = Measurement.model_validate(metric)
    value = measured(found, MeasurementRule(**rule), seen)
    assert (measured_beyond(value, found, seen) if RUNGS[rung] >= BOUNDARY else value) == result


@pytest.mark.parametrize(
    "sections",
    [
        {"artifacts": []},
        {"model": {"parameters": "1"}},
        {"model": {"parameters": {"value": 1, "unknown": "missing"}}},
        {"model": {"parameters": {"low": 1}}},
        {"model": {"parameters": {"low": None, "high": 1}}},
        {"model": {"parameters": {"value": 1, "source": 3}}},
        {"model": {"name": 3}},
        {"lineage": [{"child": "p", "parent": "p"}]},
    ],
)
def test_what_a_request_cannot_say(sections: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        view(**sections)


def test_digests() -> None:
    tree = {"id": "r", "action": "release", "artifacts": [{"id": "a", "kind": "api", "wanted": "hosted"}]}
    sign = {
        "person": "p",
        "role": "r",
        "word": "approve",
        "artifact": "a",
        "rung": "hosted",
        "on": "2026-01-01",
    }
    one, two = (ReleaseRequest.model_validate(t) for t in (tree, {**tree, "sign_offs": [sign]}))
    assert one.digest != two.digest
    assert one.proposal_digest == two.proposal_digest
    assert one.where(("id",)) is None
