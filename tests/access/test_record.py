"""Decisions about access are recorded, decided again, signed and waived as those about releases are."""

import json
from datetime import date

import pytest

from examples.practice_hub import PracticeHub
from release_gate import Gate, ReleaseRequest
from release_gate.decision import Verdict
from release_gate.gate.statements import read_signer, sign_off

from .office import GOOD, Office

DAY = date(2026, 11, 24)
LEDGER = "ledger: {url: sqlite:///ledger.db, origin: example.org/access}\naccess:\n"


@pytest.fixture
def recorded(office: Office, hub: PracticeHub) -> Office:
    """One is let in, and recorded; two are not."""
    office.change("release-gate.yaml", "access:\n", LEDGER)
    hub.ask("aa01", "ada", **GOOD)
    hub.ask("aa02", "bob", **{**GOOD, "Country": "KP"})
    hub.ask("aa03", "cyd", **{**GOOD, "Country": ""})
    code, _, err = office.hub("review", "--apply", "--record")
    assert (code, "keep this checkpoint" in err) == (0, True), err
    return office


def test_what_was_done_is_recorded_and_only_that(recorded: Office) -> None:
    _, out, _ = recorded.run("audit", "log", "-o", "json", "--ledger", "ledger.db")
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["event", "decision"]


def test_a_decision_about_access_is_decided_again_to_the_same_bytes(recorded: Office) -> None:
    code, out, err = recorded.run("replay", "aa01", "--ledger", "ledger.db")
    assert code == 0, out + err
    assert recorded.run("audit", "verify", "ledger.db")[0] == 0


def test_who_has_access_is_seen_in_the_ledger(recorded: Office, hub: PracticeHub) -> None:
    _, out, _ = recorded.run("status", "aa01", "--ledger", "ledger.db", "--as-of", "2026-11-24")
    assert "ada" in out


def test_that_somebody_had_gone_before_they_were_let_in_is_recorded(office: Office, hub: PracticeHub) -> None:
    office.change("release-gate.yaml", "access:\n", LEDGER)
    hub.ask("aa01", "ada", **GOOD)
    hub.before_accept = hub.requests.pop
    assert office.hub("review", "--apply", "--record")[0] == 0
    _, out, _ = office.run("audit", "log", "-o", "json", "--ledger", "ledger.db")
    events = [json.loads(line).get("event") for line in out.splitlines()]
    assert events == ["revoked", "granted", None]  # newest first, and the decision last


def test_a_second_run_records_nothing_twice(recorded: Office, hub: PracticeHub) -> None:
    recorded.hub("review", "--apply", "--record")
    hub.requests["aa01"]["status"] = "pending"  # cancelled by hand; the register still gives it
    recorded.hub("review", "--apply", "--record")
    assert hub.status("aa01") == "accepted"
    test_what_was_done_is_recorded_and_only_that(recorded)


@pytest.mark.parametrize("names", ["requester.id", "requester.id, event.to"])
def test_an_account_that_the_ledger_seals_is_not_in_its_events(
    office: Office, hub: PracticeHub, names: str
) -> None:
    sealed = f"origin: example.org/access, sensitive: [{names}], disclosures: kept}}"
    office.change("release-gate.yaml", "access:\n", LEDGER.replace("origin: example.org/access}", sealed))
    hub.ask("aa01", "adalovelace", **GOOD)
    code, _, err = office.hub("review", "--apply", "--record")
    assert code == 0, err
    assert b"adalovelace" not in (office.folder / "ledger.db").read_bytes()


def test_a_ledger_is_asked_for_before_anybody_is_let_in(office: Office, hub: PracticeHub) -> None:
    hub.ask("aa01", "ada", **GOOD)
    code, _, err = office.hub("review", "--apply", "--record")
    assert (code, "RG737" in err, hub.status("aa01"), office.lines) == (3, True, "pending", [])
    assert office.hub("review", "--record")[0] == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, 0), ({"requester": {"age": 17, "country": "DE"}}, 5), ({"agreements": {"unknown": "missing"}}, 6)],
)
def test_access_requests_are_judged_from_files(office: Office, changes: dict[str, object], code: int) -> None:
    good = {
        "release_gate": "access-request/v1",
        "id": "r1",
        "requester": {"age": 30, "country": "DE"},
        "use": {"purpose": "research"},
        "agreements": [{"text": "sha256:" + "a" * 64, "on": "2026-11-01"}],
        "history": [],
        "artifacts": [{"id": "weights", "kind": "weights", "wanted": "granted"}],
    }
    office.write("r.json", json.dumps({**good, **changes}))
    found, out, err = office.access("check", "r.json", "-o", "json")
    assert found == code, out + err
    assert json.loads(out)["requests"][0]["decision"]["artifacts"][0]["requested"] == "granted"
    assert office.run("check", "r.json", "--as-of", "2026-11-24")[0] == 3  # not where releases are judged


def test_a_release_is_not_judged_as_access(office: Office) -> None:
    office.write(
        "r.json", json.dumps({"release_gate": "request/v1", "id": "r", "action": "release", "artifacts": []})
    )
    code, _, err = office.access("check", "r.json")
    assert (code, "access-request/v1" in err) == (3, True)


WAIVER = """\
release_gate: waivers/v1
waivers:
  - id: once
    rule: members/grown-up
    model: Brief
    artifact: weights
    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    rung: RUNG
    reason: A school class.
    ticket: A-1
    owner: ada
    expires: 2026-12-24
"""


@pytest.mark.parametrize(
    ("rung", "action"), [("granted", "accept"), ("weights_open", "refuse"), ("internal", "refuse")]
)
def test_a_waiver_for_an_access_rule_is_for_granted(
    office: Office, hub: PracticeHub, rung: str, action: str
) -> None:
    """A waiver for an open release says nothing about who gets what is gated."""
    office.trust("grace", "board")
    office.change(
        "policy.yaml",
        "deny: Only adults may have it.}",
        "deny: Only adults may have it., waivable: {by: board}}",
    )
    digest = ", digest: 'sha256:" + "1" * 64 + "', release"
    office.change("release-gate.yaml", "kind: weights, release", "kind: weights" + digest)
    office.change("release-gate.yaml", "    form:\n", "      model: {name: Brief}\n    form:\n")
    office.change("release-gate.yaml", "sign_offs:", "waivers: waivers.yaml\nsign_offs:")
    office.write("waivers.yaml", WAIVER.replace("RUNG", rung))
    signed = ("--as", "grace", "--key", "grace.pem", "--on", "2026-11-24", "-o", "sign-offs/w.json")
    assert office.run("waive", "once", "waivers.yaml", *signed)[0] == 0
    hub.ask("aa01", "kim", **{**GOOD, "Date of birth": "2012-01-01"})
    assert json.loads(office.hub("review", "-o", "json")[1])["items"][0]["action"] == action


def test_a_recusal_counts_for_access(office: Office, hub: PracticeHub) -> None:
    office.trust("grace", "access-lead")
    hub.ask("aa01", "cyd", **{**GOOD, "For what": "Sale"})
    office.hub("review", "--keep", "waiting")
    who = ("--as", "grace", "--key", "grace.pem", "--on", "2026-11-24")
    assert office.run("recuse", "waiting/aa01.json", *who, "-o", "sign-offs/r.json")[0] == 0
    role = ("--role", "access-lead", "-o", "sign-offs/s.json")
    assert office.run("sign-off", "approve", "waiting/aa01.json", *who, *role)[0] == 0
    code, out, _ = office.hub("grant", "waiting/aa01.json", "--by", "grace")
    assert (code, "recused themselves" in out) == (6, True)


def test_a_sign_off_for_access_does_not_count_for_a_release(office: Office) -> None:
    """`granted` and `internal` have the same place on their ladders, and are not the same."""
    office.trust("grace", "lead")
    office.write("release.yaml", "release_gate: request/v1\nid: r\naction: release\nlineage: []\n"
                 "artifacts: [{id: w, kind: weights, wanted: internal, license: mit}]\n")  # fmt: skip
    policy = "release_gate: policy/v1\nid: own\nversion: 1.0.0\ntitle: Own\ncovers: true\n"
    office.write("own.yaml", policy + "rules: [{id: people, sign_off: {role: lead}}]\n")
    office.change("release-gate.yaml", "[policy.yaml]", "[policy.yaml, own.yaml]")
    who = ("--as", "grace", "--role", "lead", "--key", "grace.pem", "--on", "2026-11-24")
    code, _, err = office.run("sign-off", "approve", "release.yaml", *who, "--rung", "granted")
    assert (code, "no level of `w`" in err) == (2, True)
    request = ReleaseRequest.load(office.folder / "release.yaml")
    policies = Gate.load(office.folder / "release-gate.yaml").decide(request, as_of=DAY).policies_digest
    said = {"person": "grace", "role": "lead", "word": "approve", "rung": "granted", "on": "2026-11-24"}
    envelope = sign_off(
        request, request.artifacts[0], {**said, "expires": None}, policies, read_signer("grace.pem")
    )
    (office.folder / "sign-offs" / "s.json").write_bytes(envelope.to_json())
    (artifact,) = Gate.load(office.folder / "release-gate.yaml").decide(request, as_of=DAY).artifacts
    assert artifact.verdict is Verdict.NEEDS_APPROVAL
    assert artifact.sign_offs[0].void == ("grace as lead: it is for granted, and this is about internal",)
