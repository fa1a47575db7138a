"""Versions that were in force and are not encoded: on their days nothing is decided."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.diagnostics import PolicyError
from release_gate.policy.packs import load_pack, pack_names, pack_versions

REQUEST = ReleaseRequest.model_validate(
    {
        "release_gate": "request/v1",
        "id": "model",
        "action": "release",
        "artifacts": [{"id": "api", "kind": "api", "wanted": "hosted"}],
    }
)


def used(day: str, *policies: str) -> dict[str, str]:
    decision = Gate.from_policies(policies).decide(REQUEST, as_of=date.fromisoformat(day))
    return {each.id: each.version for each in decision.policies}


DAYS = {
    "2025-05-14": "2.2",
    "2026-02-23": "2.2",
    "2026-02-24": "3.0",
    "2026-04-01": "3.0",
    "2026-04-02": "3.1",
    "2026-04-29": "3.2",
    "2026-05-26": "3.3",
    "2026-07-07": "3.3",
    "2026-07-08": "3.4",
    "2025-05-13": "2.1",
    "2023-09-19": "1.0",
}


@pytest.mark.parametrize(("day", "version"), DAYS.items())
def test_a_day_is_judged_by_its_own_version_or_not_at_all(day: str, version: str) -> None:
    if version in ("2.2", "3.4"):
        assert used(day, "anthropic-rsp")["anthropic-rsp"] == version
        return
    with pytest.raises(PolicyError) as error:
        used(day, "anthropic-rsp", "responsible-democratization")
    (found,) = error.value.diagnostics
    assert found.code == "RG516"
    assert found.message.startswith(f"on {day} version {version} of `anthropic-rsp` was in force, from ")
    assert found.message.endswith(", and it is not encoded")
    assert re.findall(r"\d+\.\d+|@", found.help) == []  # no version that may not be the one of the day


def test_what_helps_does_help() -> None:
    """Whoever names a day of a version that is encoded, as the help says, gets a decision by that version."""
    gate = Gate.from_policies(["anthropic-rsp"])
    decision = gate.decide(REQUEST, as_of=date(2024, 11, 24), policies_as_of=date(2025, 5, 14))
    assert {each.id: each.version for each in decision.policies}["anthropic-rsp"] == "2.2"


def test_before_there_was_any_version_nothing_is_missing() -> None:
    decision = Gate.from_policies(["anthropic-rsp"]).decide(REQUEST, as_of=date(2023, 9, 18))
    assert "the policy anthropic-rsp 3.4 is not in force on 2023-09-18 and was not applied" in decision.notes


def test_a_pinned_version_judges_the_days_after_it_and_every_decision_says_what_took_its_place() -> None:
    gate = Gate.from_policies(["anthropic-rsp@2.2"])
    notes = [gate.decide(REQUEST, as_of=date(2026, 2, day)).notes for day in (23, 24)]
    said = "anthropic-rsp is pinned to version 2.2, and 3.0 has taken its place"
    assert [said in each for each in notes] == [False, True]


def test_what_today_says_of_a_day_that_is_left_out_can_still_be_asked() -> None:
    gate = Gate.from_policies(["anthropic-rsp"])
    decision = gate.decide(REQUEST, as_of=date(2026, 5, 1), policies_as_of=date(2026, 7, 8))
    assert decision.hypothetical == date(2026, 7, 8)


@pytest.mark.parametrize("name", pack_names())
def test_the_versions_of_a_pack_leave_no_day_open_and_none_twice(name: str) -> None:
    windows = []
    for version in pack_versions(name):
        end = version.in_force.until or date.max
        windows.append((version.in_force.from_ or date.min, end))
        windows += [(each.from_, each.until) for each in version.document.left_out]
    windows.sort()
    assert all(start <= end for start, end in windows)
    for (_, end), (start, _) in pairwise(windows):
        assert start == end + timedelta(days=1), name
    assert load_pack(name).in_force.until is None


def test_a_window_says_both_of_its_ends() -> None:
    from release_gate.policy.load import policy_from_document
    from release_gate.source import read_document

    head = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\n"
    text = head + "left_out: [{version: '0.9', from: 2024-01-01}]\n"
    with pytest.raises(PolicyError) as error:
        policy_from_document(read_document(text, "p.yaml"))
    (found,) = error.value.diagnostics
    assert found.message == "`until` is missing in `left_out.0`"
