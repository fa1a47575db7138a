"""Packs in several versions: which one applies on which day, and what a pin does."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.decision import Decision
from release_gate.diagnostics import PolicyError
from release_gate.policy import packs
from release_gate.policy.in_force import policy_of
from release_gate.policy.load import load_policy
from release_gate.policy.packs import load_pack, pack_file, pack_names, pack_versions

PACK = """\
release_gate: policy/v1
id: acts
version: %s
title: Acts
covers: true
in_force: {%s}
parameters: {floor: {value: %s, stricter: higher}}
rules: [{id: floor, require: model.parameters >= parameter.floor}]
"""
VERSIONS = {
    "acts/policy.yaml": PACK % ("3.0.0", "from: 2026-01-01", 3),
    "acts/2.10.0/policy.yaml": PACK % ("2.10.0", "from: 2025-07-01, until: 2025-12-31", "2.1"),
    "acts/2.9.0/policy.yaml": PACK % ("2.9.0", "from: 2025-01-01", "2.0"),
    "acts/1.0/policy.yaml": PACK % ("'1.0'", "until: 2024-06-30", 1),
    "over/policy.yaml": "release_gate: policy/v1\nid: over\nextends: acts@2\ntightens: true\n"
    "set: {floor: 9}\nin_force: {from: 2025-03-01}\n",
    "ladder/policy.yaml": "release_gate: policy/v1\nid: ladder\nversion: 1.0.0\ntitle: Ladder\n",
}


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in VERSIONS.items():
        path = tmp_path / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(packs, "data_folder", lambda name: tmp_path / name)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    packs.load_pack.cache_clear()
    packs._versions.cache_clear()


DAYS = {
    # reference: the version on each day
    ("acts", "2024-01-01"): "1.0",
    ("acts", "2024-12-31"): None,
    ("acts", "2025-01-01"): "2.9.0",
    ("acts", "2025-06-30"): "2.9.0",
    ("acts", "2025-07-01"): "2.10.0",
    ("acts", "2025-12-31"): "2.10.0",
    ("acts", "2026-01-01"): "3.0.0",
    ("acts@3", "2025-12-31"): None,
    ("acts@3.0.0", "2026-11-24"): "3.0.0",
    ("acts@2", "2024-12-31"): None,
    ("acts@2", "2025-02-01"): "2.9.0",
    ("acts@2", "2025-08-01"): "2.10.0",
    ("acts@2", "2026-11-24"): "2.10.0",
    ("acts@2.9", "2026-11-24"): "2.9.0",
    ("acts@1", "2026-11-24"): "1.0",
    ("over", "2025-02-01"): "2.9.0",
    ("over", "2025-06-30"): "2.9.0",
    ("over", "2025-08-01"): "2.10.0",
    ("over", "2026-11-24"): "2.10.0",
}


@pytest.mark.parametrize(("asked", "version"), DAYS.items(), ids=[" on ".join(asked) for asked in DAYS])
def test_the_version_in_force_on_the_day_applies(asked: tuple[str, str], version: str | None) -> None:
    reference, day = asked
    found = policy_of(load_pack(reference), date.fromisoformat(day))
    assert (found.version if found else None) == version


def test_an_overlay_lies_over_every_version_of_its_base() -> None:
    over = load_pack("over")
    on = {day: policy_of(over, date.fromisoformat(day)) for day in ("2025-02-28", "2025-03-01", "2025-07-01")}
    assert [(policy.id, policy.version) for policy in on.values() if policy] == [
        ("acts", "2.9.0"),
        ("over", "2.9.0"),
        ("over", "2.10.0"),
    ]


@pytest.mark.parametrize(
    "reference", ["acts@2.1", "acts@4", "acts@", "acts@2.10.0.0", "acts@*", "acts@2.9.0/.."]
)
def test_a_version_that_is_not_there_is_told(reference: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_pack(reference)
    (found,) = caught.value.diagnostics
    assert found.code == "RG501"
    assert "the pack `acts` is there in version 3.0.0, 2.10.0, 2.9.0, 1.0, not" in found.message


def test_the_files_of_a_pack_are_found() -> None:
    assert pack_names() == ("acts", "ladder", "over")
    assert [pack_file(policy).parent.name for policy in pack_versions("acts")] == [
        "acts",
        "2.10.0",
        "2.9.0",
        "1.0",
    ]
    assert [policy.version for policy in pack_versions("acts@2")] == ["2.10.0", "2.9.0"]


def decide(gate: Gate, day: str, policies_as_of: str | None = None) -> Decision:
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted"}]
    request = {"id": "r", "action": "release", "model": {"parameters": 2}, "artifacts": artifacts}
    other = date.fromisoformat(policies_as_of) if policies_as_of else None
    asked = ReleaseRequest.model_validate(request)
    return gate.decide(asked, as_of=date.fromisoformat(day), policies_as_of=other)


def test_one_gate_judges_every_day_by_its_own_version() -> None:
    gate = Gate.from_policies(["acts"])
    assert decide(gate, "2025-02-01").verdict.value == "approve"
    assert decide(gate, "2026-02-01").verdict.value == "deny"
    hypothetical = decide(gate, "2025-02-01", "2026-02-01")
    assert hypothetical.verdict.value == "deny"
    assert [used.version for used in hypothetical.policies] == ["3.0.0", "1.0.0"]
    assert [policy.version for policy in gate.in_force(date(2025, 2, 1))] == ["2.9.0", "1.0.0"]
    assert (
        decide(Gate.from_policies(["acts"]), "2026-02-01").to_json() == decide(gate, "2026-02-01").to_json()
    )


def test_a_decision_says_that_a_pinned_version_is_superseded() -> None:
    gate = Gate.from_policies(["acts@2.9"])
    said = "acts is pinned to version 2.9.0, and 2.10.0 has taken its place"
    assert decide(gate, "2025-06-30").notes == ()
    assert decide(gate, "2025-07-01").notes == (said,)
    assert said in decide(Gate.from_policies(["acts@2"]), "2026-01-01").notes[0].replace(
        "2.10.0", "2.9.0", 1
    ) or (
        decide(Gate.from_policies(["acts@2"]), "2026-01-01").notes
        == ("acts is pinned to version 2.10.0, and 3.0.0 has taken its place",)
    )


def test_an_overlay_over_a_pinned_version_says_so_too() -> None:
    assert decide(Gate.from_policies(["over"]), "2026-02-01").notes == (
        "over 2.10.0 tightens acts 2.10.0",
        "acts is pinned to version 2.10.0, and 3.0.0 has taken its place",
    )


def test_two_versions_of_a_pack_may_not_be_in_force_together() -> None:
    assert Gate.from_policies(["acts@3", "acts"]).policies
    with pytest.raises(PolicyError) as caught:
        Gate.from_policies(["acts@2", "acts@3"])
    (found,) = caught.value.diagnostics
    assert found.code == "RG502"


def test_a_base_may_not_be_in_force_beside_another_version_of_it(shelf: Path) -> None:
    later = shelf / "later.yaml"
    later.write_text(
        "release_gate: policy/v1\nid: later\nextends: acts@2.9\nin_force: {from: 2025-09-01}\n",
        encoding="utf-8",
    )
    assert Gate([load_policy(later)]).policies
    with pytest.raises(PolicyError, match="the policy `acts` is given twice"):  # in July and August
        Gate([load_policy(later), load_pack("acts@2.10")])


def test_a_file_cannot_take_the_place_of_the_ladder(shelf: Path) -> None:
    path = shelf / "mine.yaml"
    path.write_text(VERSIONS["ladder/policy.yaml"].replace("Ladder", "None"), encoding="utf-8")
    with pytest.raises(PolicyError, match="the policy `ladder` is given twice"):
        Gate.from_policies([path])


LADDER = """\
release_gate: policy/v1
id: ladder
version: %s
title: Ladder
rules: [{id: never, at: %s, deny: No.}]
"""


def ladder_of(shelf: Path, *policies: str) -> tuple[dict[str, str], str]:
    """The versions that a gate with an old and a new ladder judges by, and the verdict at hosted."""
    (shelf / "policies" / "ladder" / "1.0.0").mkdir()
    (shelf / "policies" / "ladder" / "1.0.0" / "policy.yaml").write_text(LADDER % ("1.0.0", "fully_open"))
    (shelf / "policies" / "ladder" / "policy.yaml").write_text(LADDER % ("2.0.0", "hosted"))
    (shelf / "mine.yaml").write_text(LADDER % ("1.0.0", "weights_open"))
    forget()
    listed = "\n".join(f"  - {each}" for each in policies)
    (shelf / "gate.yaml").write_text(f"release_gate: gate/v1\npolicies:\n{listed}\n", encoding="utf-8")
    artifacts = [{"id": "w", "kind": "weights", "wanted": "internal"}]
    request = {"id": "r", "action": "release", "model": {"parameters": 9}, "artifacts": artifacts}
    asked = ReleaseRequest.model_validate(request)
    decision = Gate.load(shelf / "gate.yaml").decide(asked, as_of=date(2026, 11, 24))
    versions = {used.id: used.version for used in decision.policies}
    return versions, str(decision.artifacts[0].ladder["hosted"])


@pytest.mark.parametrize(
    ("reference", "version", "verdict"),
    [
        ("pack: acts", "2.0.0", "deny"),
        ("pack: ladder", "2.0.0", "deny"),
        ("pack: ladder@2", "2.0.0", "deny"),
        ("pack: ladder@1", "1.0.0", "approve"),
    ],
)
def test_the_ladder_can_be_pinned_and_is_never_left_out(
    shelf: Path, reference: str, version: str, verdict: str
) -> None:
    assert ladder_of(shelf, "pack: acts", reference) == ({"acts": "3.0.0", "ladder": version}, verdict)


@pytest.mark.parametrize("reference", ["mine.yaml", "{pack: ladder@1, set: {floor: 1}}", "pack: ladder@3"])
def test_another_ladder_takes_no_place(shelf: Path, reference: str) -> None:
    with pytest.raises(PolicyError, match=r"RG502|RG322|RG501"):
        ladder_of(shelf, "pack: acts", reference)
