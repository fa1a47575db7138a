"""`access review` works through a queue with the real client: it lets in, and never rejects."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.practice_hub import TOKEN, PracticeHub, serving
from release_gate.access import hub as hub_module
from release_gate.access.hub import Hub
from release_gate.diagnostics import InputError

from .office import GOOD, REPO, Office


def queue(hub: PracticeHub) -> None:
    """A queue with somebody for every outcome."""
    hub.ask("aa01", "ada", **GOOD)
    hub.ask("aa02", "bob", **{**GOOD, "Date of birth": "2012-01-01"})
    hub.ask("aa03", "cyd", **{**GOOD, "For what": "Sale"})
    hub.ask("aa04", "dot", **{**GOOD, "Country": "Narnia"})
    hub.ask("aa05", None, **GOOD)


def test_everybody_who_waits_is_shown_with_a_verdict_and_a_reason(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    code, out, _ = office.hub("review")
    assert code == 0, out
    assert out.splitlines() == [
        "do      verdict         who       request  until       why not",
        "──────  ──────────────  ────────  ───────  ──────────  ────────────────────────────────────────",
        "accept  conditional     ada       aa01     2027-11-24",
        "refuse  deny            bob       aa02                 Only adults may have it.",
        "ask     needs_approval  cyd       aa03                 A word for a product.",
        (
            "ask     needs_evidence  dot       aa04                 Not known: `Country`: `Narnia` is not a"
            " country code such as US or GB, or EU"
        ),
        "ask     needs_evidence  (hidden)  aa05                 Not known: history",
        "5 waiting: 1 to accept, 3 to ask, 1 to refuse",
        "only a person refuses; who is not accepted goes on waiting",
    ]
    assert all(method == "GET" for method, _ in hub.calls)
    assert len(hub.calls) == 2  # two pages
    assert office.lines == []


def test_only_with_apply_somebody_is_let_in_and_nobody_is_rejected(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    code, out, _ = office.hub("review", "--apply")
    assert code == 0
    assert "accepted  conditional" in out
    assert [hub.status(name) for name in sorted(hub.requests)] == ["accepted"] + ["pending"] * 4
    (line,) = office.lines
    said = json.loads(line)
    assert said["entry"] == "granted"
    assert (said["who"], said["grant"], said["on"], said["expires"]) == (
        "ada",
        "aa01",
        "2026-11-24",
        "2027-11-24",
    )
    assert said["scope"] == ["research"]
    assert said["repository"] == REPO
    assert said["said"]["agreements"]["items"] == [{"on": "2026-11-01", "text": "sha256:" + "a" * 64}]
    assert said["decision"].startswith("sha256:")


def test_a_second_run_does_nothing_twice(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    office.hub("review", "--apply")
    before = office.lines
    posts = [call for call in hub.calls if call[0] == "POST"]
    code, out, _ = office.hub("review", "--apply")
    assert code == 0
    assert "4 waiting: 0 to accept" in out
    assert office.lines == before
    assert [call for call in hub.calls if call[0] == "POST"] == posts


def test_a_run_that_was_cut_off_is_finished_by_the_next(office: Office, hub: PracticeHub) -> None:
    """The line is written before the hub is told, so that it is there if nothing after it happens."""
    hub.ask("aa01", "ada", **GOOD)
    hub.ask("aa06", "eve", **GOOD)
    hub.put_off = [{"Retry-After": "9999"}]
    code, out, err = office.hub("review", "--apply")
    assert code == 3
    assert "RG906" in err
    assert "the next run goes on" in err
    assert [json.loads(line)["grant"] for line in office.lines] == ["aa01"]
    assert hub.status("aa01") == "pending"
    code, out, _ = office.hub("review", "--apply")
    assert code == 0
    assert "2 accepted" in out
    assert [json.loads(line)["grant"] for line in office.lines] == ["aa01", "aa06"]


def test_who_was_accepted_meanwhile_is_no_error(office: Office, hub: PracticeHub) -> None:
    hub.ask("aa01", "ada", **GOOD)
    hub.before_accept = lambda name: hub.requests[name].update(status="accepted")
    code, out, _ = office.hub("review", "--apply")
    assert (code, "accepted already" in out) == (0, True)
    assert len(office.lines) == 1


def test_who_has_gone_meanwhile_has_no_grant(office: Office, hub: PracticeHub) -> None:
    hub.ask("aa01", "ada", **GOOD)
    hub.before_accept = hub.requests.pop
    code, out, _ = office.hub("review", "--apply")
    assert code == 0
    assert "1 gone" in out
    assert [json.loads(line)["entry"] for line in office.lines] == ["granted", "revoked"]
    assert "0 in force" not in office.access("grants", REPO)[1]
    assert "1 revoked" in office.access("grants", REPO)[1]


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ([{"Retry-After": "7"}], [7.0]),
        ([{}, {}, {}], [1.0, 2.0, 4.0]),
        ([{"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}], [0.0]),
        ([{"Retry-After": "soon"}], [1.0]),
        ([{"RateLimit": '"api";r=0;t=55'}], [55.0]),  # what Hugging Face says
        ([{"RateLimit": '"api";r=3;t=55', "Retry-After": "7"}], [7.0]),
    ],
)
def test_who_is_told_to_wait_waits_as_long_as_it_is_told(
    hub: PracticeHub, headers: list[dict[str, str]], waited: list[float]
) -> None:
    hub.ask("aa01", "ada")
    hub.put_off = headers
    pauses: list[float] = []
    assert Hub(REPO, endpoint=hub.url, token=TOKEN, wait=pauses.append).accept("aa01")
    assert pauses == waited
    assert hub.status("aa01") == "accepted"


def test_a_list_that_is_put_off_is_waited_for_too(hub: PracticeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        hub.ask(f"aa0{number}", f"user{number}")
    hub.put_off_lists = [{"Retry-After": "7"}]
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)  # the client waits by itself
    found = Hub(REPO, endpoint=hub.url, token=TOKEN).pending()
    assert [each.id for each in found] == sorted(hub.requests)
    assert any(pause >= 7 for pause in pauses)


def test_nobody_waits_for_ever(hub: PracticeHub) -> None:
    hub.ask("aa01", "ada")
    hub.put_off = [{"Retry-After": "1"}] * hub_module.TRIES
    pauses: list[float] = []
    with pytest.raises(InputError, match="429"):
        Hub(REPO, endpoint=hub.url, token=TOKEN, wait=pauses.append).accept("aa01")
    assert len(pauses) == hub_module.TRIES - 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ((400, {"error": f"not gated, {TOKEN}"}), "the hub refuses, with 400: not gated, …"),
        ((403, {"error": "no"}), "the hub refuses, with 403: no"),
        ((200, {"not": "a list"}), "not understood"),
        ((200, [{"status": "pending"}]), "not understood"),
        (
            (200, [{"requestId": 7, "status": "pending", "timestamp": "2026-11-01T00:00:00.000Z"}]),
            "not understood",
        ),
        ((200, [{"requestId": "a", "status": "pending", "timestamp": "yesterday"}]), "not understood"),
        ((200, b"<html>"), "not understood"),
        ((200, b"[" * 100_000), "not understood"),
        (
            (200, [{"requestId": "a", "status": "pending", "timestamp": "9999-12-31T23:59:59.000Z"}]),
            "not understood",
        ),
    ],
)
def test_what_the_hub_does_wrong_is_said_without_the_token(
    office: Office, hub: PracticeHub, broken: tuple[int, object], said: str
) -> None:
    hub.broken = broken
    code, _, err = office.hub("review", "--apply")
    assert (code, "RG906" in err, said in err) == (3, True, True), err


def test_a_hub_that_is_not_there_is_said(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # its client tries five times
    code, _, err = office.access("review", REPO, "--endpoint", "http://127.0.0.1:1")
    assert (code, "cannot be reached" in err) == (3, True)


def test_the_address_is_that_of_the_environment_when_it_is_asked(
    office: Office, hub: PracticeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.ask("aa01", "ada", **GOOD)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    assert "1 to accept" in office.access("review", REPO)[1]


class Silent(PracticeHub):
    """A hub that at some point says nothing any more, though it may do what it was asked."""

    silent = ""

    def answer(self, method: str, path: str, *asked: Any) -> tuple[int, Any, dict[str, str]]:
        answer = super().answer(method, path, *asked)
        if self.silent and self.silent in f"{method} {path}":
            threading.Event().wait(2)
        return answer


@pytest.fixture
def silent(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # its client tries five times
    monkeypatch.setattr(hub_module, "PATIENCE", 0.2)
    hub = Silent()
    with serving(hub):
        office.url = hub.url
        yield hub


@pytest.mark.parametrize("where", ["GET", "cursor=3"])
def test_a_hub_that_lists_nobody_is_not_waited_for(office: Office, silent: Silent, where: str) -> None:
    for number in range(5):
        silent.ask(f"aa0{number}", f"user{number}", **GOOD)
    silent.silent = where
    code, out, err = office.hub("review", "--apply")
    assert (code, "RG906" in err, "the hub has said nothing for 0.2 seconds" in err) == (3, True, True), err
    assert (out, office.lines) == ("", [])  # nobody is let in by half of a list
    assert {silent.status(name) for name in silent.requests} == {"pending"}


@pytest.mark.parametrize("done", [True, False])
def test_after_a_silence_the_next_run_finds_out_what_was_done(
    office: Office, silent: Silent, *, done: bool
) -> None:
    silent.ask("aa01", "ada", **GOOD)
    silent.ask("aa02", "bob", **GOOD)
    silent.silent = "POST"
    code, _, err = office.hub("review", "--apply")
    assert (code, "the hub has said nothing" in err, "the next run goes on" in err) == (3, True, True)
    assert len([call for call in silent.calls if call[0] == "POST"]) == 1  # it is not asked again in the dark
    if not done:
        silent.requests["aa01"]["status"] = "pending"
    silent.silent = ""
    assert office.hub("review", "--apply")[0] == 0
    assert {silent.status(name) for name in silent.requests} == {"accepted"}
    told = [json.loads(line) for line in office.lines]
    assert [(each["entry"], each["grant"]) for each in told] == [("granted", "aa01"), ("granted", "aa02")]
    assert "without a grant in force: 0" in office.hub("enforce")[1]


def test_nobody_waits_for_a_list_for_days(hub: PracticeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"waits for {seconds} seconds"))
    for headers in ({"Retry-After": "86400"}, {"RateLimit": '"api";r=0;t=86400'}):
        hub.put_off_lists = [headers]
        with pytest.raises(InputError, match="429: slow down"):
            Hub(REPO, endpoint=hub.url, token=TOKEN).pending()


def test_pages_that_go_round_in_a_circle_have_an_end(
    hub: PracticeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.ask("aa01", "ada")
    listed = hub.listed

    def first(what: str, _start: int, path: str) -> tuple[int, Any, dict[str, str]]:
        return *listed(what, 0, path)[:2], {"Link": f'<{hub.url}{path}>; rel="next"'}

    monkeypatch.setattr(hub, "listed", first)
    with pytest.raises(InputError, match="not understood"):
        Hub(REPO, endpoint=hub.url, token=TOKEN).pending()


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-25"])
def test_nobody_is_let_in_by_the_rules_of_another_day(office: Office, hub: PracticeHub, day: str) -> None:
    """Whoever may choose the day could choose one on which a rule or a signature counts."""
    hub.ask("aa01", "ada", **GOOD)
    told = ("access", "review", REPO, "--endpoint", hub.url, "--as-of", day)
    assert office.run(*told)[0] == 0
    code, _, err = office.run(*told, "--apply")
    assert (code, "leave out --as-of" in err, hub.status("aa01")) == (2, True, "pending")


def test_fields_that_nothing_is_mapped_to_are_named(office: Office, hub: PracticeHub) -> None:
    hub.ask("aa01", "ada", **GOOD, geo="DE", **{"Job title": "Reporter"})
    assert "no fact is mapped to: Job title, geo" in office.hub("review")[1]


def test_facts_that_nothing_says_are_named(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    assert "neither the form" not in office.hub("review")[1]  # what is not answered, or hidden, is none of it
    office.change("release-gate.yaml", "      Country: requester.country\n", "")
    office.change("policy.yaml", "requester.age < 18", "requester.age < 18 and own.guardian_agrees != true")
    office.change("policy.yaml", "rules:\n", "facts: {own: {guardian_agrees: {type: boolean}}}\nrules:\n")
    out = office.hub("review")[1]
    assert "neither the form nor `facts` says: own.guardian_agrees, requester.country\n" in out


def test_without_a_register_nobody_is_let_in(office: Office, hub: PracticeHub) -> None:
    office.change("release-gate.yaml", "    grants: grants.jsonl\n", "")
    code, _, err = office.hub("review", "--apply")
    assert (code, "RG527" in err, hub.calls) == (3, True, [])


def test_json_and_markdown_say_the_same_and_nothing_more_than_text(office: Office, hub: PracticeHub) -> None:
    hub.ask("aa01", "<b>@team</b>|", **{**GOOD, "Country": "KP"})
    code, out, _ = office.hub("review", "-o", "json")
    found = json.loads(out)
    assert (code, found["schema"], found["repository"]) == (0, "access-review/v1", REPO)
    (item,) = found["items"]
    assert item["reason"] == "No access from KP."
    assert (item["who"], item["action"], item["verdict"]) == ("<b>@team</b>|", "refuse", "deny")
    _, out, _ = office.hub("review", "-o", "markdown")
    row = out.splitlines()[2]
    assert row.count(" | ") == 5
    assert "<b>" not in row
    assert "@team" not in row


def test_one_request_that_is_not_valid_holds_up_nobody(office: Office, hub: PracticeHub) -> None:
    hub.ask("Not An Id", "ada", **GOOD)
    hub.ask("aa02", "b\u202eob", **GOOD)
    hub.ask("aa03", "cyd", **GOOD)
    code, out, _ = office.hub("review", "--apply")
    assert code == 3
    assert hub.status("aa03") == "accepted"
    assert [hub.status(name) for name in ("Not An Id", "aa02")] == ["pending", "pending"]
    assert out.count("Not valid: ") == 2


def test_what_waits_for_somebody_is_kept_signed_and_granted(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    office.trust("grace", "access-lead")
    office.hub("review", "--keep", "waiting")
    assert sorted(path.name for path in (office.folder / "waiting").iterdir()) == [
        "aa03.json",
        "aa04.json",
        "aa05.json",
    ]
    kept = "waiting/aa03.json"
    assert office.hub("grant", kept, "--by", "grace", "--apply")[0] == 6
    signed = ("--as", "grace", "--role", "access-lead", "--key", "grace.pem", "--on", "2026-11-24")
    assert office.run("sign-off", "approve", kept, *signed, "--rung", "hosted")[0] == 2
    code, _, err = office.run("sign-off", "approve", kept, *signed, "-o", "sign-offs/aa03.json")
    assert (code, "grace as access-lead: approve weights, granted" in err) == (0, True), err
    assert (office.hub("grant", kept, "--by", "grace")[0], hub.status("aa03")) == (0, "pending")
    code, _, err = office.hub("grant", kept, "--by", "grace", "--apply")
    assert (code, hub.status("aa03")) == (0, "accepted"), err
    assert json.loads(office.lines[0])["by"] == "grace"


ONE_EACH = """\
  - id: one-each
    require: batch.same_person <= 1
    because: One person asks once.
"""


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        ("", 3),  # refused by a rule about the queue
        ("    else: {sign_off: {role: access-lead}}\n", 0),  # signed by whoever saw the queue
    ],
)
def test_what_a_file_says_of_the_queue_is_held_against_the_queue(
    office: Office, hub: PracticeHub, effect: str, code: int
) -> None:
    hub.ask("aa01", "ada", **{**GOOD, "For what": "Sale"})  # there is nobody like her
    hub.ask("aa03", "cyd", **{**GOOD, "For what": "Sale"})
    office.trust("grace", "access-lead")
    office.hub("review", "--keep", "waiting")
    policy = (office.folder / "policy.yaml").read_text(encoding="utf-8")
    office.write("policy.yaml", policy + ONE_EACH + effect)
    kept = "waiting/aa03.json"
    if code == 0:
        hub.ask("aa04", "CYD", **GOOD)
        office.hub("review", "--keep", "waiting")
    signed = ("--as", "grace", "--role", "access-lead", "--key", "grace.pem", "--on", "2026-11-24")
    office.run("sign-off", "approve", kept, *signed, "-o", "sign-offs/aa03.json")
    if code:
        hub.ask("aa04", "CYD", **GOOD)  # the file says that nobody else is like them
    came, _, err = office.hub("grant", kept, "--by", "grace", "--apply")
    assert came == code, err
    assert ("the queue is not as `aa03` says in its `batch`: One person asks once." in err) == bool(code)
    assert hub.status("aa03") == ("pending" if code else "accepted")


def test_a_verdict_that_hangs_on_what_nobody_has_read_says_so(office: Office, hub: PracticeHub) -> None:
    queue(hub)
    assert "nobody has read" not in office.hub("review")[1]
    office.change("policy.yaml", "rules:\n", "sources: {law: {title: The law, confidence: memory}}\nrules:\n")
    office.change(
        "policy.yaml", "deny: Only adults may have it.", "deny: Only adults may have it., cite: law"
    )
    out = office.hub("review")[1]
    assert "verdicts hang on what nobody has read in its source: members/grown-up" in out
    items = json.loads(office.hub("review", "-o", "json")[1])["items"]
    assert {each["id"]: each["unverified"] for each in items if each["unverified"]} == {
        "aa02": ["members/grown-up"]
    }


@pytest.mark.parametrize("changed", ["requester", "history", "artifacts", "use"])
def test_what_is_granted_is_what_waits(office: Office, hub: PracticeHub, changed: str) -> None:
    """Whoever edits a kept request cannot have somebody else let in, or somebody with another past."""
    queue(hub)
    hub.ask("aa09", "zed", **{**GOOD, "Date of birth": ""})
    office.hub("review", "--keep", "waiting")
    file = office.folder / "waiting/aa09.json"
    asked = json.loads(file.read_text(encoding="utf-8"))
    other = {
        "requester": {**asked["requester"], "age": 40},
        "history": [{"kind": "reviewed"}],
        "artifacts": [{"id": "weights", "kind": "weights", "release": {"verdict": "approve"}}],
        "use": {"purpose": "education"},
    }
    file.write_text(json.dumps({**asked, changed: other[changed]}), encoding="utf-8")
    code, _, err = office.hub("grant", str(file), "--by", "eve", "--apply")
    assert (code, "RG529" in err, f"`{changed}`" in err) == (3, True, True)
    assert hub.status("aa09") == "pending"


def test_what_does_not_wait_is_not_granted(office: Office, hub: PracticeHub, tmp_path: Path) -> None:
    queue(hub)
    office.hub("review", "--keep", "waiting")
    hub.requests["aa03"]["status"] = "rejected"
    code, _, err = office.hub("grant", "waiting/aa03.json", "--by", "eve", "--apply")
    assert (code, "does not wait" in err) == (3, True)


def test_without_the_extra_it_is_said_what_to_install(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "release_gate.access.hub", None)
    code, _, err = office.hub("review")
    assert (code, "model-release-gate[hub]" in err) == (2, True)
