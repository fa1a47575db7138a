"""What an access gate takes from the decision about the release, and when it believes it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from release_gate.access.settings import gated_of
from release_gate.canonical import digest
from release_gate.diagnostics import InputError, IntegrityError, PolicyError
from release_gate.signing import generate_key

from .office import REPO, Office


def released(office: Office, told: str) -> Any:
    """The facts of the repository when its release is read from a decision."""
    office.change("release-gate.yaml", ", release: {verdict: conditional, tier: low}", "")
    office.change("release-gate.yaml", "    form:\n", f"    release: {told}\n    form:\n")
    return gated_of(Path("release-gate.yaml"), REPO)


DECIDING = """\
release_gate: policy/v1
id: risk
version: 1.0.0
title: Risk
covers: true
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: weights_gated_manual}]
default_tier: low
rules: [{id: risky, tier: high, when: misuse.ncii.likelihood == "high"}]
"""
RELEASE = """\
release_gate: request/v1
id: brief
action: release
misuse: {ncii: {likelihood: LIKELY}}
artifacts: [{id: weights, kind: weights, wanted: weights_gated_manual, license: mit}]
lineage: []
"""


def decide(office: Office, likely: str) -> None:
    """Decide about the release, and keep the decision."""
    if not (office.folder / "risk.yaml").exists():
        office.write("risk.yaml", DECIDING)
    office.write("release.yaml", RELEASE.replace("LIKELY", likely))
    office.run(
        "check", "release.yaml", "--policy", "risk.yaml", "-o", "json=release.json", "--as-of", "2026-11-20"
    )


def alone(office: Office) -> None:
    """Keep the decision alone, without the report that it came in."""
    report = json.loads((office.folder / "release.json").read_text(encoding="utf-8"))
    office.write("release.json", json.dumps(report["requests"][0]["decision"]))


@pytest.mark.parametrize(("likely", "tier"), [("low", "low"), ("high", "high"), ("{unknown: missing}", None)])
def test_the_release_of_the_artifact_is_read_from_its_decision(
    office: Office, likely: str, tier: str | None
) -> None:
    decide(office, likely)
    gated = released(office, "release.json")
    found = gated.facts["artifacts"][0]["release"]
    assert gated.tier == tier
    assert (found["rung"], found["on"]) == ("weights_gated_manual", "2026-11-20")
    assert found["digest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("told", "said_"),
    [
        ("{decision: release.json, artifact: weigths}", "did you mean `weights`"),
        ("{decision: release.json, tiers_of: riks}", "did you mean `risk`"),
        ("{decision: release.json, request: breif}", "did you mean `brief`"),
        ("other.json", "cannot be read"),
        ("policy.yaml", "not the JSON"),
    ],
)
def test_a_decision_that_says_nothing_of_it_is_refused(office: Office, told: str, said_: str) -> None:
    decide(office, "low")
    with pytest.raises(InputError) as caught:
        released(office, told)
    assert said_ in str(caught.value)


def test_of_several_decisions_one_is_named(office: Office) -> None:
    decide(office, "low")
    office.write("other.yaml", RELEASE.replace("LIKELY", "low").replace("id: brief", "id: other"))
    several = ("release.yaml", "other.yaml", "--policy", "risk.yaml", "--as-of", "2026-11-20")
    office.run("check", *several, "-o", "json=release.json")
    with pytest.raises(InputError, match="has 2 decisions"):
        released(office, "release.json")
    office.change(
        "release-gate.yaml", "release: release.json", "release: {decision: release.json, request: other}"
    )
    assert gated_of(Path("release-gate.yaml"), REPO).tier == "low"


def test_a_link_to_what_never_ends_is_not_read(office: Office) -> None:
    (office.folder / "release.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"RG523 the decision `release\.json` cannot be read: it is a pipe"):
        released(office, "release.json")


def test_of_two_decisions_about_one_request_none_is_chosen(office: Office) -> None:
    """A request of the same name beside the one that was denied must not take its place."""
    decide(office, "high")
    office.write("zz.yaml", RELEASE.replace("LIKELY", "low"))
    several = ("release.yaml", "zz.yaml", "--policy", "risk.yaml", "--as-of", "2026-11-20")
    office.run("check", *several, "-o", "json=release.json")
    with pytest.raises(InputError, match="has several decisions about one request"):
        released(office, "{decision: release.json, request: brief}")


def test_a_decision_that_is_held_back_is_refused(office: Office) -> None:
    decide(office, "low")
    office.change("release.json", '"held_back": []', '"held_back": ["the policy was loosened"]')
    with pytest.raises(InputError, match="held back: the policy was loosened"):
        released(office, "release.json")


def test_a_decision_by_the_policies_of_another_day_is_refused(office: Office) -> None:
    decide(office, "low")
    day = ("--as-of", "2026-11-20", "--policies-as-of", "2026-11-19")
    office.run("check", "release.yaml", "--policy", "risk.yaml", "-o", "json=release.json", *day)
    with pytest.raises(InputError, match="held back: the policies of another day were asked for"):
        released(office, "release.json")
    alone(office)
    with pytest.raises(InputError, match=r"RG523 the decision `release\.json` is hypothetical"):
        gated_of(Path("release-gate.yaml"), REPO)


def test_of_several_policies_with_tiers_one_is_named(office: Office) -> None:
    decide(office, "low")
    office.write("more.yaml", DECIDING.replace("id: risk", "id: more").replace("id: low", "id: small")
                 .replace("default_tier: low", "default_tier: small"))  # fmt: skip
    both = ("--policy", "risk.yaml", "--policy", "more.yaml", "--as-of", "2026-11-20")
    office.run("check", "release.yaml", *both, "-o", "json=release.json")
    with pytest.raises(InputError, match="has tiers of more, risk"):
        released(office, "release.json")
    office.change(
        "release-gate.yaml", "release: release.json", "release: {decision: release.json, tiers_of: more}"
    )
    assert gated_of(Path("release-gate.yaml"), REPO).tier == "small"


def test_a_decision_in_a_form_that_is_not_known_is_refused(office: Office) -> None:
    decide(office, "low")
    alone(office)
    forge(office, "decision/v1", "decision/v9")
    with pytest.raises(InputError, match=r"RG523 `release\.json` is no decision"):
        released(office, "release.json")


def test_a_decision_beyond_the_limit_is_not_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(office, "low")
    monkeypatch.setattr("release_gate.access.settings.MAX_REPORT", 10)
    with pytest.raises(InputError, match="is larger than"):
        released(office, "release.json")


def test_a_single_decision_is_read_too(office: Office) -> None:
    decide(office, "low")
    alone(office)
    assert released(office, "release.json").tier == "low"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"schema": "check/v1"}',
        '{"schema": "check/v1", "requests": {"a": 1}}',
        '{"schema": "check/v1", "requests": [{"decision": {}}]}',
        '{"schema": "decision/v1", "request": "brief"}',
        json.dumps(
            {**(bare := {"schema": "decision/v1", "request": {"id": "brief"}}), "digest": digest(bare)}
        ),
    ],
)
def test_what_only_begins_like_a_decision_is_refused(text: str, office: Office) -> None:
    decide(office, "low")
    office.write("release.json", text)
    with pytest.raises(InputError, match=r"RG523 `release.json` is no decision"):
        released(office, "release.json")


def test_a_decision_that_was_changed_is_refused(office: Office) -> None:
    """Whoever makes a denied release look approved must not have access granted by it."""
    office.write(
        "risk.yaml", DECIDING.replace("id: high, ceiling: weights_gated_manual", "id: high, ceiling: hosted")
    )
    decide(office, "high")
    office.change("release.json", '"verdict": "deny"', '"verdict": "approve"')
    with pytest.raises(InputError, match=r"RG532 .*its digest does not match"):
        released(office, "release.json")


# ---------------------------------------------------------------- a decision that is on record

PROVEN = "{decision: release.json, receipt: release.tlog-proof, key: log.key}"


def record(office: Office, likely: str) -> None:
    """Decide about the release with a ledger, and keep the decision with its receipt."""
    if not (office.folder / "recording.yaml").exists():
        office.write("risk.yaml", DECIDING)
        office.write("log.pem", generate_key("ed25519").pem())
        ledger = "ledger: {url: sqlite:///ledger.db, origin: example.org/log, log_key: log.pem}\n"
        office.write("recording.yaml", f"release_gate: gate/v1\npolicies: [risk.yaml]\n{ledger}")
    office.write("release.yaml", RELEASE.replace("LIKELY", likely))
    told = ("--gate", "recording.yaml", "--record", "--receipts", "out", "--as-of", "2026-11-20")
    office.run("check", "release.yaml", *told)
    office.write("log.key", office.run("audit", "key", "log.pem", "--name", "example.org/log")[1])
    newest = sorted((office.folder / "out").iterdir())[-2:]
    for file in newest:
        office.write(f"release{file.suffix}", file.read_text(encoding="utf-8"))


def forge(office: Office, old: str, new: str) -> None:
    """Change the decision as somebody does who knows that it states its own digest."""
    office.change("release.json", old, new)
    body = json.loads((office.folder / "release.json").read_text(encoding="utf-8"))
    body["digest"] = digest({name: each for name, each in body.items() if name != "digest"})
    office.write("release.json", json.dumps(body))


def test_a_decision_whose_receipt_proves_it_is_read(office: Office) -> None:
    record(office, "low")
    assert released(office, PROVEN).tier == "low"


def test_whoever_writes_the_digest_anew_is_believed_only_without_a_receipt(
    office: Office,
) -> None:
    record(office, "high")
    forge(office, '"certain": "high",\n          "possible": "high"', '"certain": "low", "possible": "low"')
    assert released(office, "release.json").tier == "low"  # it is as good as what the gate file says itself
    office.change("release-gate.yaml", "release: release.json", f"release: {PROVEN}")
    with pytest.raises(IntegrityError, match=r"RG532 .*on record: the decision is not the one of record"):
        gated_of(Path("release-gate.yaml"), REPO)


def other_log(office: Office) -> None:
    """The same decision, recorded in a ledger of somebody's own."""
    (office.folder / "ledger.db").unlink()
    shutil.rmtree(office.folder / "out")
    key = (office.folder / "log.key").read_text(encoding="utf-8")
    office.write("log.pem", generate_key("ed25519").pem())
    record(office, "low")
    office.write("log.key", key)


def other_receipt(office: Office) -> None:
    receipt = (office.folder / "release.tlog-proof").read_text(encoding="utf-8")
    record(office, "high")
    office.write("release.tlog-proof", receipt)


def unsigned(office: Office) -> None:
    text = (office.folder / "release.tlog-proof").read_text(encoding="utf-8")
    office.write("release.tlog-proof", text.partition("\n\u2014 ")[0] + "\n")


def no_receipt(office: Office) -> None:
    (office.folder / "release.tlog-proof").unlink()


def no_key(office: Office) -> None:
    office.write("log.key", "example.org/log+12345678+AAAA\n")


@pytest.mark.parametrize(
    ("attack", "said_"),
    [
        (other_log, "RG532 .*is not on record"),
        (other_receipt, "RG532 .*is not on record: the decision is not the one of record 0"),
        (unsigned, "RG706 `release.tlog-proof`: the note has no signatures"),
        (no_receipt, "RG733 .*release.tlog-proof` cannot be used"),
        (no_key, "RG707"),
    ],
)
def test_what_the_receipt_does_not_prove_is_refused(
    office: Office, attack: Callable[[Office], None], said_: str
) -> None:
    record(office, "low")
    attack(office)
    with pytest.raises(InputError, match=said_):
        released(office, PROVEN)


@pytest.mark.parametrize("told", ["receipt: release.tlog-proof", "key: log.key"])
def test_a_receipt_and_a_key_prove_nothing_alone(office: Office, told: str) -> None:
    record(office, "low")
    with pytest.raises(PolicyError, match="a receipt and the key of its log prove something together"):
        released(office, f"{{decision: release.json, {told}}}")
