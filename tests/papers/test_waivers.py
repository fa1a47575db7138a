"""A waiver excuses one rule for one content up to one rung and one day, and says so."""

import json
from datetime import date
from typing import Any

import pytest

from release_gate.decision import Verdict
from release_gate.diagnostics import IntegrityError, PolicyError
from release_gate.gate.statements import WAIVER, _sign, waiver_digest

DAY = date(2026, 11, 24)
OTHER = "sha256:" + "2" * 64
DRAFT = {"model_card": {"status": "draft"}}
UNKNOWN = {"model_card": {"status": {"unknown": "missing"}}}


@pytest.fixture(autouse=True)
def signed(project: Any) -> None:
    """The people rule is met, so that the card alone stands in the way."""
    policy = project.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("rules:\n  - {id: people", "rules:\n  - {id: folk")
    policy.write_text(
        text.replace("count: 2", "count: 1").replace("at: internal, sign_off", "at: weights_open, sign_off")
    )


def decide(project: Any, document: Any = DRAFT, as_of: date = DAY, **changes: Any) -> Any:
    return project.decide(project.request(document=document, **changes), as_of)


def test_a_failure_that_is_waived_is_a_condition_and_never_hidden(project: Any) -> None:
    assert decide(project).verdict is Verdict.DENY
    project.waive()
    decision = decide(project)
    assert decision.verdict is Verdict.CONDITIONAL
    (finding,) = [
        found for found in decision.artifacts[0].findings if found.rule == "card" and found.to == "hosted"
    ]
    assert finding.outcome is Verdict.CONDITIONAL
    assert finding.message == (
        "Waived up to hosted until 2026-12-24 by cy: The card is being written (later, REL-1, owned by ada). "
        "Without it: deny. A card is needed"
    )
    assert not decision.notes


def test_a_waiver_ends_at_its_rung(project: Any) -> None:
    project.waive(rung="evaluators")
    decision = decide(project)
    ladder = decision.artifacts[0].ladder
    assert ladder["evaluators"] is Verdict.CONDITIONAL
    assert ladder["trusted_testers"] is Verdict.DENY
    assert decision.artifacts[0].best == "evaluators"


@pytest.mark.parametrize(
    ("excuses", "verdict"),
    [("failure", Verdict.NEEDS_EVIDENCE), ("failure_and_unknown", Verdict.CONDITIONAL)],
)
def test_an_unknown_is_excused_only_together_with_a_failure(
    project: Any, excuses: str, verdict: Verdict
) -> None:
    project.waive(excuses=excuses)
    assert decide(project, UNKNOWN).verdict is verdict
    assert decide(project, DRAFT).verdict is Verdict.CONDITIONAL
    assert decide(project, {"model_card": {"status": "ready"}}).verdict is Verdict.APPROVE


def test_an_unknown_alone_can_not_be_excused(project: Any) -> None:
    project.waive(excuses="unknown")
    with pytest.raises(PolicyError, match="RG515"):
        decide(project)


VOID: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"expires": "2026-11-23"}, "it expired on 2026-11-23"),
    "a malformed date": ({"expires": "24.12.2026"}, "its expiry is not a date, so that it has expired"),
    "no date": ({"expires": None}, "its expiry is not a date, so that it has expired"),
    "another artifact's content": ({"digest": OTHER}, "it is for other content of the artifact"),
    "a rule that cannot be waived": ({"rule": "own/never"}, "own/never cannot be waived"),
    "for access": ({"rung": "granted"}, "it is for granted, and this is about hosted"),
    "too long": ({"expires": "2027-11-24"}, "it is for longer than P90D"),
    "not signed": ({"person": ""}, "nobody has signed it as it stands"),
    "signed in no role for it": ({"person": "ada"}, "ada is not board on 2026-11-24"),
    "signed by who asks": ({"person": "eve"}, "who asks may not waive"),
    "signed tomorrow": ({"on": date(2026, 11, 25)}, "the signature of cy is dated in the future"),
}


@pytest.mark.parametrize(("changes", "why"), VOID.values(), ids=VOID)
def test_a_waiver_that_does_not_count_says_why(project: Any, changes: dict[str, Any], why: str) -> None:
    project.waive(**changes)
    decision = decide(project)
    assert decision.verdict is Verdict.DENY
    (note,) = decision.notes
    assert note.startswith(f"the waiver later of ada for w does not count: {why}")


def test_who_asks_in_capitals_does_not_waive_either(project: Any) -> None:
    project.waive(person="eve")
    (note,) = decide(project, requester={"id": "Eve"}).notes
    assert note.endswith("does not count: who asks may not waive")


def test_all_reasons_are_told_in_order(project: Any) -> None:
    project.waive(person="eve")
    project.waive(person="ada")
    (note,) = decide(project).notes
    assert note.endswith("does not count: ada is not board on 2026-11-24; who asks may not waive")


def test_one_signature_that_counts_is_enough(project: Any) -> None:
    project.waive(person="eve")
    project.waive(person="cy")
    decision = decide(project)
    assert (decision.verdict, decision.notes) == (Verdict.CONDITIONAL, ())


def test_a_waiver_may_last_as_long_as_the_rule_allows_and_no_day_longer(project: Any) -> None:
    project.waive(expires="2027-02-22")  # 90 days
    assert decide(project).verdict is Verdict.CONDITIONAL
    project.waive(expires="2027-02-23")
    assert decide(project).verdict is Verdict.DENY


def test_a_waiver_without_a_last_day_that_can_be_told_does_not_count(project: Any) -> None:
    policy = project.folder / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("P90D", "P9000Y"), encoding="utf-8")
    project.waive()
    assert "it is for longer than P9000Y" in decide(project).notes[0]


@pytest.mark.parametrize("last", ["2026-11-24", "2026-12-08"])
def test_a_waiver_counts_on_its_last_day_and_says_that_it_ends_soon(project: Any, last: str) -> None:
    project.waive(expires=last, on=date(2026, 11, 1))
    decision = decide(project)
    assert decision.verdict is Verdict.CONDITIONAL
    assert decision.notes == (f"the waiver later of ada for w expires on {last}",)


def test_a_waiver_that_ends_in_fifteen_days_is_not_soon_at_its_end(project: Any) -> None:
    project.waive(expires="2026-12-09")
    assert decide(project).notes == ()


def test_a_waiver_that_is_not_needed_says_so(project: Any) -> None:
    project.waive()
    assert decide(project, {"model_card": {"status": "ready"}}).notes == (
        "the waiver later of ada for w is not needed: own/card has nothing against it",
    )  # fmt: skip


def test_a_waiver_for_a_rule_that_is_not_there_says_so(project: Any) -> None:
    project.waive(rule="own/cadr")
    (note,) = decide(project).notes
    assert note == "the waiver later of ada for w is for no rule in force: own/cadr; did you mean `own/card`"


def test_a_waiver_for_an_artifact_that_is_not_there_says_so(project: Any) -> None:
    project.waive(artifact="x")
    assert decide(project).notes == ("the waiver later of ada is for no artifact of this request",)


def test_a_waiver_of_another_model_is_none_of_ours(project: Any) -> None:
    project.waive(model="N")
    decision = decide(project)
    assert (decision.verdict, decision.notes) == (Verdict.DENY, ())


def test_a_waiver_is_for_content_that_has_a_digest(project: Any) -> None:
    project.waive()
    artifact = {"id": "w", "kind": "weights", "wanted": "hosted"}
    assert decide(project, artifacts=[artifact]).verdict is Verdict.DENY


def test_without_a_requester_nobody_can_tell_whether_they_waive_their_own(project: Any) -> None:
    project.waive()
    decision = decide(project, requester={})
    assert decision.verdict is Verdict.DENY
    assert "the request does not say who asks" in decision.notes[0]


def test_a_word_that_changes_after_signing_voids_it(project: Any) -> None:
    project.waive(reason="The card is being written")
    path = project.folder / "waivers.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("REL-1", "REL-2"), encoding="utf-8")
    assert "nobody has signed it as it stands" in decide(project).notes[0]


def test_the_waiver_for_the_most_open_rung_counts(project: Any) -> None:
    project.waive(rung="internal")
    first = project.folder / "waivers.yaml"
    narrow = first.read_text(encoding="utf-8")
    project.waive(id="wider", on=date(2026, 11, 23), person="cy")
    (project.folder / "sign-offs" / "waiver-cy.json").rename(project.folder / "sign-offs" / "wider.json")
    project.waive(rung="internal")
    both = json.loads(narrow)
    wide = {**both["waivers"][0], "id": "wider", "rung": "hosted"}
    both["waivers"].append(wide)
    project.put("waivers.yaml", both)
    decision = decide(project)
    assert decision.verdict is Verdict.CONDITIONAL
    assert any("(wider, REL-1" in found.message for found in decision.artifacts[0].findings)


def test_two_waivers_of_one_name_are_refused(project: Any) -> None:
    project.waive()
    both = json.loads((project.folder / "waivers.yaml").read_text(encoding="utf-8"))
    both["waivers"] *= 2
    project.put("waivers.yaml", both)
    with pytest.raises(PolicyError, match="two waivers have the id `later`"):
        decide(project)


@pytest.mark.parametrize("on", ["soon", None, 7])
def test_a_signature_says_when(project: Any, on: Any) -> None:
    project.waive(person="")
    waiver = json.loads((project.folder / "waivers.yaml").read_text(encoding="utf-8"))["waivers"][0]
    said = {"person": "cy", "on": on, "waiver": waiver_digest(waiver)}
    project.keep(_sign(WAIVER, [("x", OTHER)], said, project.keys["cy"]), "x")
    with pytest.raises(IntegrityError, match="does not say when it was signed"):
        decide(project)


def test_a_waiver_never_touches_an_objection_a_duty_or_what_is_not_covered(project: Any) -> None:
    project.waive(rule="gate/coverage")
    assert "is for no rule in force" in decide(project).notes[0]


@pytest.mark.parametrize("rung", ["internal", "hosted", "api_general", "weights_open", "fully_open"])
@pytest.mark.parametrize("excuses", ["failure", "failure_and_unknown"])
@pytest.mark.parametrize("document", [DRAFT, UNKNOWN])
def test_what_a_waiver_allows_open_it_allows_closed(
    project: Any, rung: str, excuses: str, document: Any
) -> None:
    project.waive(rung=rung, excuses=excuses)
    ladder = decide(project, document).artifacts[0].ladder
    ranks = [verdict.rank for verdict in ladder.values()]
    assert ranks == sorted(ranks)
