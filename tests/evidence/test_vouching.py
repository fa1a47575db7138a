"""Who vouches on which weights a log was measured, and what counts for nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.envelope import Envelope, sign_envelope
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected
from release_gate.evidence.hold import hold
from release_gate.evidence.request import build_request
from release_gate.evidence.vouching import PAYLOAD_TYPE, Vouching
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Reason, Unknown
from release_gate.gate.statements import sign_vouch
from release_gate.policy.documents import InForce
from release_gate.policy.trust import Person, RoleDocument, Standing
from release_gate.signing import PrivateKey, generate_key
from tests.evidence.files import VOUCHED, good_weights, write

DAY = date(2026, 11, 24)
ANN, BOB, EVE = generate_key(), generate_key("ed25519"), generate_key()


def standing(person: str, role: str = "evaluator", **valid: str) -> Standing:
    return Standing(Person(person, (RoleDocument.model_validate(role),)), InForce.model_validate(valid))


TRUSTED: Mapping[Any, Standing] = {
    ANN.public: standing("ann"),
    BOB.public: standing("bob", "intern"),
}


def folders(tmp_path: Path) -> tuple[Path, Path]:
    model = write(tmp_path / "tiny", {"model.safetensors": good_weights()})
    return model, write(tmp_path / "logs", {"results.json": json.dumps(VOUCHED)})


def said(found: Collected, **changes: Any) -> dict[str, Any]:
    """What Ann says truthfully, with changes."""
    model, logs = found.subjects
    plain = {
        "person": "ann",
        "role": "evaluator",
        "log": "sha256:" + logs.manifest.files[0].sha256,
        "log_name": "results.json",
        "artifact": model.manifest.digest,
        "on": "2026-11-01",
        "expires": "2027-01-01",
    }
    return {**plain, **changes}


def vouched(
    tmp_path: Path, statement: Callable[[Collected], Envelope], trusted: Mapping[Any, Standing] = TRUSTED
) -> Collected:
    """What is found when a statement lies beside the log."""
    paths = folders(tmp_path)
    envelope = statement(collect(paths))
    (paths[1] / "results.json.vouch.json").write_bytes(envelope.to_json())
    return collect(paths, trusted=trusted)


def also(tmp_path: Path, statement: Callable[[Collected], Envelope]) -> Collected:
    """What is found when another statement lies beside the log, too."""
    envelope = statement(collect(folders(tmp_path / "x")))
    (tmp_path / "logs" / "also.vouch.json").write_bytes(envelope.to_json())
    return collect([tmp_path / "tiny", tmp_path / "logs"], trusted=TRUSTED)


def by(key: PrivateKey = ANN, **changes: Any) -> Callable[[Collected], Envelope]:
    return lambda found: sign_vouch(said(found, **changes), "tiny", key)


def claim(found: Collected, **changes: Any) -> ReleaseRequest:
    on = found.models[0].manifest.digest
    refusal = {"value": 0.95, "stderr": 0.01, "n": 400, "on": on, **changes}
    return ReleaseRequest.model_validate(
        {
            "release_gate": "request/v1",
            "id": "tiny",
            "action": "release",
            "metric": {"harm_acc": refusal},
            "artifacts": [{"id": "tiny", "kind": "weights", "wanted": "internal", "digest": on}],
        }
    )


def vouching(found: Collected, day: date = DAY) -> Vouching:
    return Vouching(found.vouches, ("evaluator",), day)


def test_a_log_that_somebody_vouches_for_is_bound_to_the_weights(tmp_path: Path) -> None:
    found = vouched(tmp_path, by())
    assert found.problems == ()
    metric = build_request(found, vouching=vouching(found))["metric"]["harm_acc"]
    assert metric["on"] == found.models[0].manifest.digest
    assert "vouched for by ann as evaluator" in metric["note"]
    held = hold(claim(found), found, vouching(found))
    assert held.request is not None
    assert held.diagnostics == ()
    assert held.request.metric["harm_acc"].on.value == found.models[0].manifest.digest


OTHER = "sha256:" + "7" * 64
VOID: dict[str, tuple[Callable[[Collected], Envelope], str]] = {
    "for other weights": (
        by(artifact=OTHER),
        "ann vouches that it was measured on another artifact, sha256:777",
    ),
    "for another log": (
        by(log=OTHER),
        "ann vouches for other content of `results.json`; it was changed since",
    ),
    "for a log of another name": (by(log=OTHER, log_name="x.json"), "nobody vouches that `results.json`"),
    "in another role": (by(role="intern"), "ann vouches as intern, and it takes evaluator"),
    "by somebody in no such role": (by(BOB, person="bob"), "bob is not evaluator on 2026-11-01"),
    "expired": (by(expires="2026-11-23"), "what ann says expired on 2026-11-23"),
    "of tomorrow": (by(on="2026-11-25"), "what ann says is dated in the future"),
    "by nobody who is trusted": (by(EVE), "nobody vouches that `results.json` was measured on it"),
    "for somebody else": (by(BOB), "nobody vouches"),
    "without an end that can be read": (by(expires="soon"), "nobody vouches"),
    "on no day of the calendar": (by(on="2026-02-30"), "nobody vouches"),
    "about no log": (by(log="sha256:0"), "nobody vouches"),
    "of another kind": (
        lambda found: sign_envelope(
            json.dumps(
                {"predicateType": "urn:model-release-gate:waiver:v1", "predicate": said(found)}
            ).encode(),
            PAYLOAD_TYPE,
            [ANN],
        ),
        "nobody vouches",
    ),
    "as another kind of bytes": (lambda found: sign_envelope(b"{}", "text/plain", [ANN]), "nobody vouches"),
}


@pytest.mark.parametrize(("statement", "why"), VOID.values(), ids=VOID)
def test_a_statement_that_does_not_hold_leaves_the_metric_unbound_and_says_what_differs(
    tmp_path: Path, statement: Callable[[Collected], Envelope], why: str
) -> None:
    found = vouched(tmp_path, statement)
    assert "on" not in build_request(found, vouching=vouching(found))["metric"]["harm_acc"]
    held = hold(claim(found), found, vouching(found))
    assert held.request.metric["harm_acc"].on.value == Unknown(Reason.UNBOUND)
    (told,) = held.diagnostics
    assert told.code == "RG654"
    assert why in told.message
    assert str(held.request.metric["harm_acc"].value.value) == str(
        claim(found).metric["harm_acc"].value.value
    )


REFUSED = {
    "by nobody who is trusted": "0 of the 2 trusted keys signed this",
    "for somebody else": "it speaks for `ann`, and was signed by `bob`",
    "without an end that can be read": "its `expires` is not what it should be",
    "on no day of the calendar": "its `date` is not what it should be",
    "about no log": "its `log` is not what it should be",
    "of another kind": "it is another kind of statement",
    "as another kind of bytes": "the envelope holds `text/plain`",
}


@pytest.mark.parametrize(("case", "why"), REFUSED.items(), ids=REFUSED)
def test_a_statement_that_nobody_can_stand_for_is_named(tmp_path: Path, case: str, why: str) -> None:
    (told,) = vouched(tmp_path, VOID[case][0]).problems
    assert (told.code, "`logs/results.json.vouch.json` binds nothing" in told.message) == ("RG633", True)
    assert why in told.message


def test_a_statement_that_is_changed_after_signing_binds_nothing(tmp_path: Path) -> None:
    def changed(found: Collected) -> Envelope:
        signed = by(artifact=OTHER)(found)
        here = found.models[0].manifest.digest
        return Envelope(
            signed.payload.replace(OTHER.encode(), here.encode()), PAYLOAD_TYPE, signed.signatures
        )

    found = vouched(tmp_path, changed)
    assert [each.code for each in found.problems] == ["RG633"]
    assert hold(claim(found), found, vouching(found)).unbound


def test_a_log_that_is_changed_after_somebody_vouched_is_told(tmp_path: Path) -> None:
    vouched(tmp_path, by())
    changed = json.loads(json.dumps(VOUCHED))
    changed["results"]["harm"]["acc,none"] = 0.99
    (tmp_path / "logs" / "results.json").write_text(json.dumps(changed), encoding="utf-8")
    found = collect([tmp_path / "tiny", tmp_path / "logs"], trusted=TRUSTED)
    (told,) = found.problems
    assert (told.code, told.message) == (
        "RG634",
        "`logs/results.json.vouch.json` vouches for a file that is not there as it was",
    )


def test_weights_that_are_changed_after_somebody_vouched_are_not_what_was_measured(tmp_path: Path) -> None:
    vouched(tmp_path, by())
    (tmp_path / "tiny" / "config.json").write_text("{}", encoding="utf-8")
    found = collect([tmp_path / "tiny", tmp_path / "logs"], trusted=TRUSTED)
    (unbound,) = hold(claim(found), found, vouching(found)).unbound
    assert "on another artifact" in unbound.why


@pytest.mark.parametrize("day", [date(2026, 10, 31), date(2027, 1, 2)])
def test_what_is_not_yet_said_and_what_has_ended_do_not_count(tmp_path: Path, day: date) -> None:
    found = vouched(tmp_path, by())
    assert hold(claim(found), found, vouching(found, day)).unbound


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2027, 1, 1)])
def test_what_is_said_counts_from_its_first_day_to_its_last(tmp_path: Path, day: date) -> None:
    found = vouched(tmp_path, by())
    assert hold(claim(found), found, vouching(found, day)).unbound == ()


def test_a_key_that_has_ended_takes_with_it_what_it_signed(tmp_path: Path) -> None:
    ended = {ANN.public: standing("ann", until="2026-11-20")}
    found = vouched(tmp_path, by(), ended)
    (unbound,) = hold(claim(found), found, vouching(found)).unbound
    assert unbound.why == "the key of ann is not valid on 2026-11-24"


def test_of_two_statements_the_one_that_holds_counts(tmp_path: Path) -> None:
    vouched(tmp_path, by(artifact=OTHER))
    found = also(tmp_path, by())
    assert hold(claim(found), found, vouching(found)).unbound == ()


def test_only_whose_word_counts_is_named_for_a_number(tmp_path: Path) -> None:
    vouched(tmp_path, by())
    found = also(tmp_path, by(BOB, person="bob", role="intern"))
    assert len(found.vouches) == 2
    note = build_request(found, vouching=vouching(found))["metric"]["harm_acc"]["note"]
    assert ("ann as evaluator" in note, "bob" in note) == (True, False)


LATE = by(expires="2026-11-02")


@pytest.mark.parametrize(("one", "other"), [(by(artifact=OTHER), LATE), (LATE, by(artifact=OTHER))])
def test_of_two_statements_that_do_not_hold_the_closest_is_named(
    tmp_path: Path, one: Callable[[Collected], Envelope], other: Callable[[Collected], Envelope]
) -> None:
    vouched(tmp_path, one)
    found = also(tmp_path, other)
    (unbound,) = hold(claim(found), found, vouching(found)).unbound
    assert unbound.why == "what ann says expired on 2026-11-02"


def test_a_number_from_two_logs_takes_somebody_who_vouches_for_both(tmp_path: Path) -> None:
    vouched(tmp_path, by())
    again = {**VOUCHED, "date": 1762819200.0}
    (tmp_path / "logs" / "second.json").write_text(json.dumps(again), encoding="utf-8")
    found = collect([tmp_path / "tiny", tmp_path / "logs"], trusted=TRUSTED)
    (unbound,) = hold(claim(found), found, vouching(found)).unbound
    assert unbound.why == "nobody vouches that `second.json` was measured on it"


def test_a_claim_without_a_log_is_bound_by_nothing(tmp_path: Path) -> None:
    found = collect(folders(tmp_path)[:1], trusted=TRUSTED)
    (unbound,) = hold(claim(found), found, vouching(found)).unbound
    assert unbound.why == "there is no log of it"


def test_where_nobody_must_vouch_the_request_says_what_was_measured(tmp_path: Path) -> None:
    found = vouched(tmp_path, by(artifact=OTHER))
    assert hold(claim(found), found).unbound == ()


def test_without_a_trust_file_a_statement_is_seen_and_counts_for_nothing(tmp_path: Path) -> None:
    found = vouched(tmp_path, by(), {})
    assert found.vouches == ()
    assert "nothing says whose word counts" in found.subjects[1].notes[-1].text
