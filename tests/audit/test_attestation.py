"""Attestations: an approval verifies, and nothing else can be taken for one."""

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement as InToto
from securesystemslib.dsse import Envelope as Theirs
from securesystemslib.signer import SSlibKey

from release_gate import engine
from release_gate.audit.attestation import (
    PAYLOAD_TYPE,
    PREDICATE,
    VERIFIER,
    VSA,
    Attested,
    Expected,
    attest,
    resource_uri,
    verify_attestation,
)
from release_gate.audit.record import versions
from release_gate.canonical import canonical_bytes, digest_of_bytes
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.envelope import Envelope, sign_envelope, signed_bytes
from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.signing import generate_key

from .books import DAY, DIGEST, NOW, POLICY, Book, decide, held, policy, request

KEY = generate_key()


def attested(parameters: str = "7") -> tuple[Envelope, ...]:
    asked = request("tiny", parameters)
    return attest(decide(asked), asked, [KEY], NOW)


def payload(envelope: Envelope) -> Any:
    return json.loads(envelope.payload)


def signed(statement: Any, key: Any = KEY, kind: str = PAYLOAD_TYPE) -> bytes:
    return sign_envelope(canonical_bytes(statement), kind, [key]).to_json()


def verified(data: bytes, **expected: Any) -> Attested:
    return verify_attestation(data, [KEY.public], Expected(**{"digest": DIGEST, **expected}))


def test_an_approval_is_a_statement_and_a_summary_that_points_to_it() -> None:
    statement, summary = attested()
    told, brief = payload(statement), payload(summary)
    decision = decide(request())
    assert (told["_type"], told["predicateType"]) == ("https://in-toto.io/Statement/v1", PREDICATE)
    assert {"name": "api", "digest": {"sha256": DIGEST[7:]}} in told["subject"]
    assert told["predicate"]["decision"]["digest"]["sha256"] == decision.digest[7:]
    assert told["predicate"]["engine"] == versions()
    assert brief["predicateType"] == VSA
    assert brief["subject"] == [{"name": "api", "digest": {"sha256": DIGEST[7:]}}]
    predicate = brief["predicate"]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"][-1] == "RELEASE_GATE_API_GENERAL"
    assert predicate["timeVerified"] == "2026-11-24T12:00:00Z"
    source = digest_of_bytes(statement.to_json())
    assert predicate["inputAttestations"] == [{"uri": PREDICATE, "digest": {"sha256": source[7:]}}]
    assert set(predicate["policy"]) == {"uri", "digest"}
    assert not any(level.startswith("SLSA_") for level in predicate["verifiedLevels"])


def test_a_denial_is_attested_and_is_no_approval_for_anybody() -> None:
    statement, summary = attested("7e9")
    assert payload(summary)["predicate"]["verificationResult"] == "FAILED"
    assert payload(summary)["predicate"]["verifiedLevels"] == ["FAILED"]
    for each in (statement, summary):
        found = verified(each.to_json())
        assert not found.approved
    assert verified(statement.to_json()).verdict == "deny"
    # Below the rung that was asked for it was approved, and the statement says so.
    assert verified(statement.to_json(), level="hosted").approved
    assert not verified(summary.to_json(), level="hosted").approved


def test_what_is_approved_with_duties_is_no_bare_approval() -> None:
    asked = request()
    decision = decide(asked)
    artifact = next(each for each in decision.artifacts if each.id == "weights")
    assert artifact.verdict is Verdict.CONDITIONAL
    from dataclasses import replace

    api = replace(decision.artifacts[0], verdict=Verdict.CONDITIONAL)
    assert api.id == "api"
    envelopes = attest(replace(decision, artifacts=(api,)), asked, [KEY], NOW)
    assert payload(envelopes[1])["predicate"]["verificationResult"] == "FAILED"
    assert verified(envelopes[0].to_json()).verdict == "conditional"


def test_a_summary_passes_only_up_to_the_rung_that_was_approved() -> None:
    summary = attested()[1].to_json()
    passes = {rung for rung in RUNGS if verified(summary, level=rung).approved}
    ladder = decide(request()).artifacts[0].ladder
    assert passes == {rung for rung in ladder if RUNGS[rung] <= RUNGS["api_general"]}
    assert "weights_open" not in passes


def test_what_could_be_approved_more_openly_than_was_asked_is_not() -> None:
    tree: Any = request().tree
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted", "digest": DIGEST}]
    asked = ReleaseRequest.model_validate({**tree, "artifacts": artifacts})
    decision = decide(asked)
    assert decision.artifacts[0].ladder["api_restricted"] is Verdict.APPROVE
    summary = attest(decision, asked, [KEY], NOW)[1]
    assert payload(summary)["predicate"]["verifiedLevels"][-1] == "RELEASE_GATE_HOSTED"
    assert verified(summary.to_json(), level="hosted").approved
    assert not verified(summary.to_json(), level="api_restricted").approved


def test_what_passes_is_exactly_what_was_approved() -> None:
    for parameters in ("7", "7e9", "{unknown: missing}"):
        asked = request("tiny", parameters)
        decision = decide(asked)
        for envelope in attest(decision, asked, [KEY], NOW)[1:]:
            summary = payload(envelope)
            name = summary["subject"][0]["name"]
            verdict = next(each.verdict for each in decision.artifacts if each.id == name)
            passed = summary["predicate"]["verificationResult"] == "PASSED"
            assert passed == (verdict is Verdict.APPROVE)
            assert passed == ("FAILED" not in summary["predicate"]["verifiedLevels"])


def test_an_artifact_without_a_digest_has_no_summary() -> None:
    names = [payload(each)["subject"][0]["name"] for each in attested()[1:]]
    assert names == ["api"]


def test_a_hypothetical_decision_is_never_attested() -> None:
    asked = request()
    with pytest.raises(InputError, match="is hypothetical, and never attested") as error:
        attest(decide(asked, hypothetical=date(2026, 1, 1)), asked, [KEY], NOW)
    assert error.value.diagnostics[0].code == "RG722"


def _change(**values: Any) -> bytes:
    return signed({**payload(attested()[1]), **values})


def _predicate(**values: Any) -> bytes:
    summary = payload(attested()[1])
    return signed({**summary, "predicate": {**summary["predicate"], **values}})


OTHER = "sha256:" + "00" * 32
FORGED: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "by another key": (signed(payload(attested()[1]), generate_key()), {}, "RG704"),
    "of another payload type": (
        signed(payload(attested()[1]), KEY, "application/vnd.in-toto.vsa+json"),
        {},
        "RG703",
    ),
    "about another artifact": (attested()[1].to_json(), {"digest": OTHER}, "RG725"),
    "about an artifact by its name alone": (_change(subject=[{"name": "api"}]), {}, "RG725"),
    "with more digests than one": (
        _change(subject=[{"name": "api", "digest": {"sha256": DIGEST[7:], "sha512": "00"}}]),
        {},
        "RG725",
    ),
    "about nothing": (_change(subject=[]), {}, "RG725"),
    "about something odd": (_change(subject=[DIGEST]), {}, "RG725"),
    "with no subject": (_change(subject=None), {}, "RG723"),
    "of another type": (_change(_type="https://in-toto.io/Statement/v0.1"), {}, "RG723"),
    "of another predicate": (_change(predicateType="https://slsa.dev/provenance/v1"), {}, "RG723"),
    "with no predicate": (_change(predicate=[]), {}, "RG723"),
    "no object": (signed([]), {}, "RG723"),
    "by another verifier": (_predicate(verifier={"id": "urn:other"}), {}, "RG724"),
    "by no verifier": (_predicate(verifier="urn:model-release-gate:verifier"), {}, "RG724"),
    "for another resource": (attested()[1].to_json(), {"resource": "urn:other"}, "RG724"),
    "a statement for another resource": (
        attested()[0].to_json(),
        {"resource": resource_uri("other", "api")},
        "RG724",
    ),
    "a statement without its artifacts": (
        signed({**payload(attested()[0]), "predicate": {}}),
        {},
        "RG723",
    ),
    "a statement about a rung that the artifact has not": (
        attested()[0].to_json(),
        {"level": "weights_open"},
        "RG723",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_forged_is_refused_and_named(name: str) -> None:
    data, expected, code = FORGED[name]
    with pytest.raises(IntegrityError) as error:
        verified(data, **expected)
    assert error.value.diagnostics[0].code == code


@pytest.mark.parametrize(
    "values",
    [
        {"verificationResult": "FAILED"},
        {"verificationResult": "passed"},
        {"verificationResult": None},
        {"verifiedLevels": ["FAILED"]},
        {"verifiedLevels": "RELEASE_GATE_API_GENERAL"},
        {"verifiedLevels": None},
    ],
)
def test_only_the_one_word_passes(values: dict[str, Any]) -> None:
    assert verified(_predicate()).approved
    assert not verified(_predicate(**values)).approved


def test_the_right_verifier_and_resource_are_accepted() -> None:
    asked = request()
    data = attest(decide(asked), asked, [KEY], NOW, "https://example.org/gate")[1].to_json()
    resource = resource_uri("tiny", "api")
    assert verified(data, verifier="https://example.org/gate", resource=resource).approved
    assert verified(attested()[0].to_json(), resource=resource).approved
    with pytest.raises(IntegrityError):
        verified(data)


def test_the_decision_itself_can_be_the_subject() -> None:
    statement = attested()[0].to_json()
    found = verified(statement, digest=decide(request()).digest)
    assert found.verdict == "conditional"


def test_other_peoples_verifiers_accept_them(tmp_path: Path) -> None:
    key = SSlibKey.from_crypto(KEY.public._key)
    for each in attested():
        theirs = Theirs.from_dict(json.loads(each.to_json()))
        assert theirs.verify([key], 1)
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command here")
    (tmp_path / "key").write_text(KEY.public.pem)
    (tmp_path / "signature").write_bytes(each.signatures[0].signature)
    (tmp_path / "message").write_bytes(signed_bytes(PAYLOAD_TYPE, each.payload))
    command = [openssl, "dgst", "-sha256", "-verify", "key", "-signature", "signature", "message"]
    assert subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout == b"Verified OK\n"


def admits(envelope: Envelope, digest: str, level: str) -> bool:
    """Whether somebody admits an artifact who has none of our code, by the steps that SLSA lists."""
    theirs = Theirs.from_dict(json.loads(envelope.to_json()))
    theirs.verify([SSlibKey.from_crypto(KEY.public._key)], 1)
    statement = InToto.copy_from_pb(json_format.Parse(theirs.payload, statement_pb2.Statement()))
    statement.validate()
    if not any(each.digest["sha256"] == digest for each in statement.pb.subject):
        return False
    if statement.pb.predicate_type != "https://slsa.dev/verification_summary/v1":
        return False
    # Its own message for summaries has one level where the specification has a list.
    summary = json_format.MessageToDict(statement.pb)["predicate"]
    return bool(
        summary["verifier"]["id"] == VERIFIER
        and summary["resourceUri"] == resource_uri("tiny", "api")
        and summary["verificationResult"] == "PASSED"
        and level in summary["verifiedLevels"]
    )


@pytest.mark.parametrize(
    ("parameters", "verdict"),
    [("7", Verdict.APPROVE), ("7e9", Verdict.DENY), ("{unknown: missing}", Verdict.NEEDS_EVIDENCE)],
)
def test_the_library_of_in_toto_reads_them_and_admits_what_is_approved_and_nothing_else(
    parameters: str, verdict: Verdict
) -> None:
    asked = request("tiny", parameters)
    decision = decide(asked)
    api = decision.artifacts[0]
    assert (api.id, api.verdict) == ("api", verdict)
    for envelope in attest(decision, asked, [KEY], NOW):
        is_summary = payload(envelope)["predicateType"] == VSA
        for rung in RUNGS:
            approved = verdict is Verdict.APPROVE and RUNGS[rung] <= RUNGS["api_general"]
            level = f"RELEASE_GATE_{rung.upper()}"
            assert admits(envelope, DIGEST[7:], level) == (is_summary and approved), (rung, is_summary)
            assert not admits(envelope, "00" * 32, level)


UNREAD = (
    POLICY.replace("id: big,", "id: big, cite: {source: law, confidence: unverified},")
    .replace("id: watch,", "id: watch, cite: {source: law, confidence: memory},")
    .replace("rules:", "sources: {law: {title: The law}}\nrules:")
)


def doubted(parameters: str) -> tuple[Decision, tuple[Envelope, ...]]:
    """A decision by rules that nobody has read in their source, and its attestations."""
    asked = request("tiny", parameters)
    decision = engine.decide(asked, [policy(UNREAD)], DAY)
    return decision, attest(decision, asked, [KEY], NOW)


def test_a_statement_says_on_which_unverified_rules_its_verdict_hangs() -> None:
    decision, (statement, summary) = doubted("7e9")
    for told, artifact in zip(payload(statement)["predicate"]["artifacts"], decision.artifacts, strict=True):
        assert told["unverified"] == list(artifact.unverified) != []
        assert told["unverified_at"] == {rung: list(each) for rung, each in artifact.unverified_at.items()}
    found = verified(statement.to_json())
    assert (found.verdict, found.unverified) == ("deny", ("own/big",))
    assert verified(statement.to_json(), level="hosted").unverified == ()
    assert verified(summary.to_json()).unverified == ()
    assert "unverified" not in str(payload(summary))


def test_of_a_whole_decision_the_artifacts_with_its_verdict_say_on_what_it_hangs() -> None:
    decision, (statement, _) = doubted("7")
    found = verified(statement.to_json(), digest=decision.digest)
    assert (found.verdict, found.unverified) == ("conditional", ("own/watch",))
    told = payload(statement)
    first, second = told["predicate"]["artifacts"]
    told["predicate"]["artifacts"] = [{**first, "verdict": "conditional"}, second]
    assert (
        verified(signed(told), digest=decision.digest).unverified == ()
    )  # one of the two stands without them
    told["predicate"]["artifacts"][0]["unverified"] = ["own/big"]
    assert verified(signed(told), digest=decision.digest).unverified == ("own/big", "own/watch")


@pytest.mark.parametrize("parameters", ["7", "7e9", "{unknown: missing}"])
def test_what_may_pass_is_the_same_whatever_hangs_on_unverified_rules(parameters: str) -> None:
    asked = request("tiny", parameters)
    plain = attest(decide(asked), asked, [KEY], NOW)
    for told, bare in zip(doubted(parameters)[1], plain, strict=True):
        for level in (None, "withheld", "hosted", "api_general"):
            found, expected = (verified(each.to_json(), level=level) for each in (told, bare))
            assert (found.verdict, found.approved) == (expected.verdict, expected.approved)


@pytest.mark.parametrize("key", ["unverified", "unverified_at"])
@pytest.mark.parametrize("value", [None, "own/big", 7])
def test_a_statement_that_does_not_say_it_says_nothing(key: str, value: Any) -> None:
    told = payload(attested()[0])
    for each in told["predicate"]["artifacts"]:
        each.pop(key) if value is None else each.update({key: value})
    with pytest.raises(IntegrityError, match="RG723 it does not say what was decided"):
        verified(signed(told), level="hosted" if key == "unverified_at" else None)


def test_an_attestation_is_kept_with_its_record(tmp_path: Path) -> None:
    book = Book.new(tmp_path)
    record = book.record().records[0]
    kept = [held(book.ledger.store, each) for each in record.body["attestations"]]
    expected = Expected(DIGEST)
    assert all(verify_attestation(each, [book.signer.public], expected).approved for each in kept)
    assert policy().digest[7:] in str(payload(Envelope.read(kept[0])))
