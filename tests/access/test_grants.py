"""The commands that keep grants: show, renew, end, judge again, and end at the hub."""

import json
from datetime import date
from pathlib import Path

import pytest

from examples.practice_hub import PracticeHub
from release_gate.cli import clock

from .office import GOOD, REPO, Office


@pytest.fixture
def granted(office: Office, hub: PracticeHub) -> Office:
    """Three have access."""
    for name, account in (("aa01", "ada"), ("aa02", "bob"), ("aa03", "cyd")):
        hub.ask(name, account, **GOOD)
    assert office.hub("review", "--apply")[0] == 0
    return office


def test_grants_are_listed_with_what_ends_soon(granted: Office) -> None:
    code, out, _ = granted.access("grants", REPO)
    assert code == 0
    assert out.splitlines()[2] == "in force  ada  aa01   2026-11-24  2027-11-24  research"
    assert out.splitlines()[-1] == "3 in force"
    later = ("--as-of", "2027-11-01")
    _, out, _ = granted.run("access", "grants", REPO, "--soon", *later)
    assert "in force, ends soon  ada" in out
    assert out.splitlines()[-1] == "3 end within 30 days"
    _, out, _ = granted.run("access", "grants", REPO, "--as-of", "2027-11-25")
    assert out.splitlines()[2:] == ["3 expired"]
    _, out, _ = granted.run("access", "grants", REPO, "--all", "-o", "json", "--as-of", "2027-11-25")
    found = json.loads(out)
    assert [item["state"] for item in found["items"]] == ["expired"] * 3
    assert found["items"][0]["agreements"] == [{"on": "2026-11-01", "text": "sha256:" + "a" * 64}]


def test_a_grant_is_taken_away_in_the_register_and_then_at_the_hub(granted: Office, hub: PracticeHub) -> None:
    code, out, _ = granted.access("revoke", REPO, "bob", "--reason", "left", "--by", "eve")
    assert (code, out) == (0, "revoked: aa02 of bob, by eve\n")
    assert hub.status("aa02") == "accepted"
    code, out, _ = granted.hub("enforce")
    assert code == 6
    assert "open        bob  aa02     revoked" in out
    code, out, _ = granted.hub("enforce", "--apply")
    assert (code, "cancelled" in out) == (0, True)
    assert [hub.status(name) for name in ("aa01", "aa02", "aa03")] == ["accepted", "pending", "accepted"]
    assert granted.hub("enforce", "--apply")[0] == 0
    code, out, _ = granted.access("revoke", REPO, "bob", "--reason", "left", "--by", "eve")
    assert "nothing was written" in out
    assert len(granted.lines) == 4


def test_who_broke_the_terms_is_refused_when_they_ask_again(granted: Office, hub: PracticeHub) -> None:
    granted.access("breach", REPO, "aa02", "--reason", "sold copies", "--by", "eve")
    granted.hub("enforce", "--apply")
    _, out, _ = granted.hub("review", "--apply")
    assert "refuse  deny     bob  aa02            The terms of an earlier grant were broken." in out
    hub.ask("bb01", "BOB", **GOOD)
    assert "The terms of an earlier grant were broken." in granted.hub("review")[1].splitlines()[3]
    assert hub.status("aa02") == "pending"


def test_a_breach_that_comes_to_light_after_the_end_is_not_forgotten(
    granted: Office, hub: PracticeHub
) -> None:
    granted.access("revoke", REPO, "aa02", "--reason", "left the lab", "--by", "eve")
    code, out, _ = granted.access("breach", REPO, "aa02", "--reason", "had sold copies", "--by", "eve")
    assert (code, "breached: aa02 of bob, by eve" in out) == (0, True)
    assert "nothing was written" in granted.access("breach", REPO, "aa02", "--reason", "x", "--by", "eve")[1]
    assert "nothing was written" in granted.access("revoke", REPO, "aa02", "--reason", "x", "--by", "eve")[1]
    granted.hub("enforce", "--apply")
    assert "The terms of an earlier grant were broken." in granted.hub("review")[1]


def test_what_has_expired_ends_at_the_hub_and_who_is_unknown_is_left_to_a_person(
    granted: Office, hub: PracticeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.ask("cc01", "dot", "accepted")
    later = ("--endpoint", hub.url, "--as-of", "2027-11-25")
    assert granted.run("access", "enforce", REPO, *later)[0] == 6
    code, _, err = granted.run("access", "enforce", REPO, *later, "--apply")
    assert (code, "access is taken away today or not at all" in err) == (2, True)
    assert hub.status("aa01") == "accepted"  # a slip of the pen takes nothing away from anybody
    monkeypatch.setattr(clock, "today", lambda: date(2027, 11, 25))
    code, out, _ = granted.run("access", "enforce", REPO, *later, "--apply")
    assert code == 6
    assert [hub.status(name) for name in ("aa01", "cc01")] == ["pending", "accepted"]
    assert "open        dot  cc01     unknown to the register" in out


def test_nobody_is_meant_by_no_name(office: Office, hub: PracticeHub) -> None:
    office.change("policy.yaml", """'$any([h.kind == "breached" for h in history])'""", "requester.age < 3")
    hub.ask("aa01", None, **GOOD)
    assert office.hub("review", "--apply")[0] == 0
    code, _, err = office.access("revoke", REPO, "", "--reason", "left", "--by", "eve")
    assert (code, "RG528" in err, len(office.lines)) == (3, True, 1)


@pytest.mark.parametrize(
    "command", [("revoke", "--reason", "left"), ("breach", "--reason", "sold copies"), ("renew",)]
)
@pytest.mark.parametrize("who", ["ada", "aa01"])
def test_a_grant_of_another_repository_is_left_alone(
    granted: Office, command: tuple[str, ...], who: str
) -> None:
    text = (granted.folder / "release-gate.yaml").read_text(encoding="utf-8")
    other = text[text.index(f"  {REPO}:") :].replace(REPO, "acme/other")  # with the same register
    granted.write("release-gate.yaml", text + other)
    word, *options = command
    code, _, err = granted.access(word, "acme/other", who, *options, "--by", "eve")
    assert (code, f"the register has no grant `{who}` of `acme/other`" in err) == (3, True)
    assert len(granted.lines) == 3
    assert granted.access(word, REPO, who, *options, "--by", "eve")[0] == 0


def test_a_grant_is_renewed_if_it_would_be_given_again(
    granted: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2027, 11, 1))
    code, out, _ = granted.run("access", "renew", REPO, "ada", "--by", "eve", "--as-of", "2027-11-01")
    assert code == 0
    assert "stays  ada" in out
    said = json.loads(granted.lines[-1])
    assert (said["entry"], said["expires"], said["by"]) == ("renewed", "2028-11-01", "eve")
    granted.change("release-gate.yaml", "tier: low", "tier: high")
    before = granted.lines
    code, out, _ = granted.run("access", "renew", REPO, "bob", "--by", "eve", "--as-of", "2027-11-01")
    assert (code, granted.lines) == (5, before)
    assert "low → high  The risk is too high by now." in out


def test_a_grant_is_renewed_today_and_ends_when_it_has_ended(granted: Office) -> None:
    """By a day of the future a grant would last for as long as somebody likes."""
    before = granted.lines
    for day in ("2036-11-24", "2026-11-23"):
        code, _, err = granted.run("access", "renew", REPO, "ada", "--by", "eve", "--as-of", day)
        assert (code, "a grant is renewed today or not at all" in err) == (2, True)
    sold = ("--reason", "sold copies", "--by", "eve", "--as-of")
    for word in ("revoke", "breach"):  # a breach of 2062 would not be in `history` until then
        code, _, err = granted.run("access", word, REPO, "ada", *sold, "2062-11-24")
        assert (code, "nobody knows yet what happens on 2062-11-24" in err) == (2, True)
    assert granted.lines == before
    assert granted.run("access", "breach", REPO, "ada", *sold, "2026-11-20")[0] == 0


def test_what_the_gate_file_says_is_asked_of_it_again(office: Office, hub: PracticeHub) -> None:
    """What it said when access was granted is not what it says."""
    office.change(
        "policy.yaml",
        "rules:\n",
        """\
facts: {own: {recalled: {type: boolean}, lab: {type: boolean}}}
rules:
  - {id: recalled, when: own.recalled, deny: It is recalled.}
  - {id: in-a-lab, when: not own.lab, deny: Only labs may have it.}
""",
    )
    said = "form:\n      Lab: {fact: own.lab, answers: {Yes: true, No: false}}\n"
    office.change("release-gate.yaml", "form:\n", said)
    office.change("release-gate.yaml", "    form:", "      own: {recalled: false}\n    form:")
    hub.ask("aa01", "ada", **GOOD, Lab="Yes")
    assert office.hub("review", "--apply")[0] == 0
    assert json.loads(office.lines[0])["said"]["own"] == {"lab": True}
    assert office.access("rereview", REPO)[0] == 0
    for own, code in (("recalled: true", 5), ("", 6), ("recalled: false, lab: false", 5)):
        office.change("release-gate.yaml", "own: {recalled: false}", f"own: {{{own}}}")
        assert office.access("rereview", REPO)[0] == code
        assert office.access("renew", REPO, "ada", "--by", "eve")[0] == code
        office.change("release-gate.yaml", f"own: {{{own}}}", "own: {recalled: false}")
    assert len(office.lines) == 1
    office.change("grants.jsonl", '"own":{', '"own":{"recalled":false,')  # as it was kept once
    office.change("release-gate.yaml", "own: {recalled: false}", "own: {recalled: true}")
    assert office.access("rereview", REPO)[0] == 5


def test_what_happened_to_any_grant_of_an_account_counts_when_one_is_judged_again(
    granted: Office, hub: PracticeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.ask("bb01", "ada", **GOOD)
    assert granted.hub("review", "--apply")[0] == 0
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 24))
    sold = ("--reason", "sold copies", "--by", "eve", "--as-of", "2026-12-02")
    assert granted.run("access", "breach", REPO, "bb01", *sold)[0] == 0
    assert granted.run("access", "rereview", REPO, "--as-of", "2026-12-01")[0] == 0  # as it was known then
    code, out, _ = granted.run("access", "rereview", REPO, "--as-of", "2026-12-02")
    (refused,) = [line for line in out.splitlines() if "would be refused" in line]
    assert (code, "ada  aa01" in refused, "earlier grant were broken" in refused) == (5, True, True)


def test_who_is_hidden_answers_for_their_own_grant_only(office: Office, hub: PracticeHub) -> None:
    broken = """'$any([h.kind == "breached" for h in history])'"""
    office.change("policy.yaml", broken, "requester.age < 3")
    for name in ("aa01", "aa02"):
        hub.ask(name, None, **GOOD)
    assert office.hub("review", "--apply")[0] == 0
    office.change("policy.yaml", "requester.age < 3", broken)
    office.access("breach", REPO, "aa01", "--reason", "sold copies", "--by", "eve")
    code, out, _ = office.access("rereview", REPO)
    assert (code, out.splitlines()[-1]) == (0, "judged again: 1; would not be given now: 0")


def test_who_had_access_that_expired_can_be_asked_about_it(
    granted: Office, hub: PracticeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted.change("policy.yaml", 'h.kind == "breached"', 'h.kind == "expired" and h.on < as_of')
    for day, word in ((24, "accept"), (25, "refuse")):
        monkeypatch.setattr(clock, "today", lambda day=day: date(2027, 11, day))
        hub.ask("bb01", "ada", **GOOD)
        out = granted.run("access", "review", REPO, "--endpoint", hub.url, "--as-of", f"2027-11-{day}")[1]
        assert out.splitlines()[2].startswith(word), out


@pytest.mark.parametrize(
    ("rule", "old", "new", "codes"),
    [
        ("grant.on < as_of", "", "", (0, 0)),
        ("grant.on <= as_of", "", "", (5, 5)),
        ('grant.tier == "low"', "", "", (5, 5)),
        ('grant.tier == "high"', '"tier":"low"', '"tier":null', (0, 6)),
        ("grant.expires == null", '"expires":"2027-11-24"', '"expires":null', (0, 5)),
    ],
)
def test_a_grant_is_judged_again_by_what_is_known_of_it(
    granted: Office, rule: str, old: str, new: str, codes: tuple[int, int]
) -> None:
    granted.change("policy.yaml", "requester.age < 18", f'request.action != "request" and {rule}')
    found = granted.access("rereview", REPO)[0]
    granted.change("grants.jsonl", old, new)
    assert (found, granted.access("rereview", REPO)[0]) == codes


def test_an_end_that_is_no_date_is_not_known_when_a_grant_is_renewed(granted: Office) -> None:
    granted.change(
        "policy.yaml", "requester.age < 18", 'request.action != "request" and grant.expires == null'
    )
    granted.change("grants.jsonl", "2027-11-24", "next year")
    assert granted.access("renew", REPO, "ada", "--by", "eve")[0] == 6


def test_all_grants_are_judged_again_when_the_tier_changes(granted: Office, tmp_path: Path) -> None:
    code, out, _ = granted.access("rereview", REPO)
    assert (code, out.splitlines()[-1]) == (0, "judged again: 3; would not be given now: 0")
    granted.change("release-gate.yaml", "tier: low", "tier: high")
    granted.access("revoke", REPO, "bob", "--reason", "left", "--by", "eve")
    before = granted.lines
    code, out, _ = granted.access("rereview", REPO)
    assert code == 5
    assert out.splitlines()[2] == ("would be refused  ada  aa01   low → high  The risk is too high by now.")
    assert out.splitlines()[-1] == "judged again: 2; would not be given now: 2"
    assert granted.lines == before
    granted.change("release-gate.yaml", "tier: high", "tier: {unknown: missing}")
    code, out, _ = granted.access("rereview", REPO, "-o", "json")
    assert code == 6
    item = json.loads(out)["items"][0]
    assert (item["stays"], item["tier_then"], item["tier_now"]) == (False, "low", None)
    assert item["reason"] == "Not known: artifact.release.tier"


def test_a_grant_that_nobody_has_is_said(granted: Office) -> None:
    code, _, err = granted.access("revoke", REPO, "nobody", "--reason", "R", "--by", "eve")
    assert (code, "RG528" in err) == (3, True)
    assert len(granted.lines) == 3
