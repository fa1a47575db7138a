"""Gate files: what they refer to, what they set, and where a mistake is told."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import DocumentError, InputError, PolicyError

POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme
covers: true
parameters: {floor: {value: 5, stricter: higher}, size: {value: 5, stricter: higher}, word: {value: a}}
rules:
- {id: floor, require: model.parameters >= parameter.floor}
- {id: size, deny: Too large., when: model.parameters > parameter.size}
"""
OVERLAY = "release_gate: policy/v1\nid: over\nextends: acme.yaml\nin_force: {until: 2025-12-31}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "over.yaml").write_text(OVERLAY, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(POLICY.replace("model.p", "modle.p"), encoding="utf-8")
    (tmp_path / "other.yaml").write_text(POLICY.replace("Acme", "Other"), encoding="utf-8")
    return tmp_path


def gate(folder: Path, *references: str) -> Gate:
    path = folder / "release-gate.yaml"
    path.write_text("release_gate: gate/v1\npolicies:\n" + "".join(f"- {each}\n" for each in references))
    return Gate.load(path)


def decided(found: Gate) -> Decision:
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted"}]
    tree = {"id": "r", "action": "release", "model": {"parameters": 7}, "artifacts": artifacts}
    return found.decide(ReleaseRequest.model_validate(tree), as_of=date(2026, 11, 24))


def notes(found: Gate) -> tuple[str, ...]:
    return decided(found).notes


def test_a_gate_sets_parameters_and_decisions_say_so(folder: Path) -> None:
    assert notes(gate(folder, "{file: acme.yaml, set: {floor: 6}}")) == (
        "the gate sets floor of acme to 6 in place of 5",
    )
    assert notes(gate(folder, "{file: acme.yaml, set: {floor: 6, size: 9, word: b}}")) == (
        "the gate sets floor of acme to 6 in place of 5",
        "the gate sets size of acme to 9 in place of 5, which is not shown to be as strict",
        "the gate sets word of acme to b in place of a, which is not shown to be as strict",
    )
    assert notes(gate(folder, "{file: acme.yaml, set: {floor: 5}}")) == ()


def test_a_policy_may_be_in_force_until_the_last_day_that_there_is(folder: Path) -> None:
    (folder / "ever.yaml").write_text(POLICY + "in_force: {until: 9999-12-31}\n", encoding="utf-8")
    assert decided(gate(folder, "ever.yaml")).verdict is Verdict.DENY


def test_a_policy_that_is_not_in_force_leaves_the_others_as_they_are(folder: Path) -> None:
    early = POLICY.replace("id: acme", "id: aaa").replace("covers: true", "in_force: {from: 2030-01-01}")
    (folder / "early.yaml").write_text(early, encoding="utf-8")
    found = gate(folder, "early.yaml", "acme.yaml")
    assert notes(found) == ("the policy aaa 1.0.0 is not in force on 2026-11-24 and was not applied",)
    assert [used.id for used in decided(found).policies] == ["acme", "ladder"]


def test_what_a_gate_sets_decides_and_is_part_of_the_digest(folder: Path) -> None:
    plain, set_ = gate(folder, "acme.yaml"), gate(folder, "{file: acme.yaml, set: {floor: 6}}")
    digests = {found.policies[0].digest for found in (plain, set_)}
    assert len(digests) == 2
    assert set_.policies[0].parameters["floor"] == 6
    assert set_.policies[0].version == "1.0.0"


def test_what_a_gate_sets_reaches_an_overlay_and_not_its_base(folder: Path) -> None:
    (policy, _) = gate(folder, "{file: over.yaml, set: {floor: 6}}").policies[::-1]
    assert (policy.id, policy.parameters["floor"]) == ("over", 6)
    assert policy.instead is not None
    assert (policy.instead.id, policy.instead.parameters["floor"]) == ("acme", 5)


MISTAKES = {
    # name: the references, the code, the message, what is underlined, the remedy
    "no pack": (["pack: laddr"], "RG501", "there is no pack `laddr`", "pack: laddr", "did you mean `ladder`"),
    "no version": (["{pack: ladder@1}"], "RG501", "not 1", "{pack: ladder@1}", ""),
    "no file": (["acne.yaml"], "RG001", "cannot read", "acne.yaml", ""),
    "no parameter": (
        ["{file: acme.yaml, set: {flor: 1}}"],
        "RG322",
        "`acme` has no parameter `flor`",
        "flor",
        "did you mean `floor`",
    ),
    "another kind": (
        ["{file: acme.yaml, set: {floor: high}}"],
        "RG322",
        "`floor` is 5 in `acme`",
        "high",
        "a value of the same kind",
    ),
    "a list": (["{file: acme.yaml, set: {floor: [1]}}"], "RG322", "`floor` is 5", "[1]", "of the same kind"),
    "twice, set differently": (
        ["{file: acme.yaml, set: {floor: 6}}", "{file: acme.yaml, set: {floor: 7}}"],
        "RG502",
        "the parameter `floor` of `acme` is 6 in one place and 7 in another",
        "{file: acme.yaml, set: {floor: 7}}",
        "refer to the policy once",
    ),
    "twice, set once": (
        ["acme.yaml", "{file: acme.yaml, set: {floor: 7}}"],
        "RG502",
        "the parameter `floor` of `acme` is 5 in one place and 7 in another",
        "{file: acme.yaml, set: {floor: 7}}",
        "refer to the policy once",
    ),
    "twice, with other bytes": (
        ["acme.yaml", "other.yaml"],
        "RG502",
        "the policy `acme` is given twice, with different content",
        "other.yaml",
        "keep one",
    ),
    "a pack as a file": (
        ["responsible-democratization"],
        "RG501",
        "`responsible-democratization` is a pack, and this names a file",
        "responsible-democratization",
        "write {pack: responsible-democratization}",
    ),
    "a version of one": (
        ["ladder@2026.11"],
        "RG501",
        "is a pack",
        "ladder@2026.11",
        "{pack: ladder@2026.11}",
    ),
    "beside an overlay that leaves its base": (
        ["over.yaml", "other.yaml"],
        "RG502",
        "the policy `acme` is given twice, with different content",
        "other.yaml",
        "keep one",
    ),
}


@pytest.mark.parametrize(
    ("references", "code", "message", "underlined", "remedy"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_told_at_the_reference(
    folder: Path, references: list[str], code: str, message: str, underlined: str, remedy: str
) -> None:
    with pytest.raises(InputError) as caught:
        gate(folder, *references)
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.file.endswith("release-gate.yaml")
    assert (found.code, found.span.text) == (code, underlined)
    assert message in found.message
    assert remedy in found.help


def test_a_mistake_in_a_policy_is_told_where_it_stands(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        gate(folder, "broken.yaml")
    assert {found.span.file.rpartition("/")[2] for found in caught.value.diagnostics if found.span} == {
        "broken.yaml"
    }


def test_mistakes_of_all_references_are_told_at_once(folder: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        gate(folder, "acne.yaml", "pack: laddr", "broken.yaml")
    assert {found.code for found in caught.value.diagnostics} == {"RG001", "RG501", "RG212"}


def test_the_same_policy_twice_is_there_once(folder: Path) -> None:
    assert [policy.id for policy in gate(folder, "acme.yaml", "acme.yaml", "pack: ladder").policies] == [
        "acme",
        "ladder",
    ]


def test_whoever_changes_a_decision_as_data_does_not_change_the_decision(folder: Path) -> None:
    request = {
        "id": "r",
        "action": "release",
        "model": {"parameters": 7},
        "artifacts": [{"id": "w", "kind": "api", "wanted": "hosted"}],
    }
    decision = gate(folder, "acme.yaml").decide(
        ReleaseRequest.model_validate(request), as_of=date(2026, 11, 24)
    )
    written = decision.to_json()
    decision.to_dict()["artifacts"][0]["ladder"]["fully_open"] = "approve"
    assert decision.to_json() == written


DAY = date(2026, 11, 24)
MOMENT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "days", [{"as_of": "2026-11-24"}, {"as_of": MOMENT}, {"as_of": DAY, "policies_as_of": MOMENT}]
)
def test_a_day_is_a_date_and_no_moment(folder: Path, days: dict[str, Any]) -> None:
    artifacts = [{"id": "w", "kind": "api", "wanted": "hosted"}]
    asked = ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": artifacts})
    with pytest.raises(TypeError, match=r"a day is a datetime\.date"):
        gate(folder, "acme.yaml").decide(asked, **days)


def test_a_text_is_no_list_of_policies() -> None:
    with pytest.raises(TypeError, match=r"policies are a list, such as \['ladder'\]"):
        Gate.from_policies("ladder")


@pytest.mark.parametrize("given", ["request.yaml", {"id": "x"}, None], ids=str)
def test_what_is_no_request_is_not_judged(given: Any) -> None:
    with pytest.raises(TypeError, match=r"no request but a (str|dict|NoneType); ReleaseRequest\.load"):
        Gate.from_policies(["ladder"]).decide(given, as_of=date(2026, 11, 24))


def test_a_gate_says_what_it_judges_by() -> None:
    [ladder] = Gate([]).policies
    assert repr(Gate([])) == f"<Gate: ladder {ladder.version}>"
