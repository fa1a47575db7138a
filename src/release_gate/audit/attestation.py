"""Attestations: what was decided, signed, for whoever has neither the ledger nor this library.

For each decision, a *statement* (in-toto Statement v1) with a predicate of our own, which says what was
decided; and for each artifact that has a digest, a *summary* (SLSA Verification Summary Attestation v1),
which says what a program needs that admits artifacts. Denials are attested too: whoever asks finds an answer.

A summary knows two words. ``PASSED`` is for an artifact that is approved at its rung, and for nothing else:
what is approved with duties is ``FAILED`` there, because who reads a summary would not learn of the duties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from release_gate.audit.record import Record, versions
from release_gate.canonical import digest_of_bytes, tree_bytes
from release_gate.decision import ArtifactDecision, Decision, PolicyUsed, Verdict, worst
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.envelope import Envelope, read_json, sign_envelope, verify_envelope
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Step
from release_gate.signing import PublicKey, Signer

__all__ = ["PAYLOAD_TYPE", "PREDICATE", "VERIFIER", "VSA", "Attested", "attest", "verify_attestation"]

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
VSA: Final = "https://slsa.dev/verification_summary/v1"
PREDICATE: Final = "urn:model-release-gate:release-decision:v1"
VERIFIER: Final = "urn:model-release-gate:verifier"
LEVEL: Final = "RELEASE_GATE_"
"""What a verified level begins with; the name of a rung in capitals follows."""


def attest(
    decision: Decision,
    request: ReleaseRequest,
    signers: Sequence[Signer],
    time: datetime,
    verifier: str = VERIFIER,
    recorded: tuple[str, str] | None = None,
) -> tuple[Envelope, ...]:
    """Attest a decision: its statement first, then the summaries of its artifacts.

    Args:
        decision: What was decided.
        request: What was judged.
        signers: The keys that sign, P-256 or Ed25519.
        time: When, in UTC.
        verifier: The URI by which others know who decides with these keys.
        recorded: The digests by which the decision and the request are recorded, if they are; what is sealed
            in the record has others there.

    Raises:
        InputError: The decision is hypothetical, and so no decision that others may rely on.
    """
    if decision.hypothetical is not None:
        message = f"a decision by the policies of {decision.hypothetical} is hypothetical, and never attested"
        raise InputError([Diagnostic("RG722", message)])
    digests = _digests(request)
    told = _statement(decision, recorded or (decision.digest, decision.request.digest), digests)
    statement = sign_envelope(told, PAYLOAD_TYPE, signers)
    source = digest_of_bytes(statement.to_json())
    when = time.isoformat(timespec="seconds").replace("+00:00", "Z")
    summaries = (
        _summary(decision, artifact, digests[artifact.id], source, (when, verifier))
        for artifact in decision.artifacts
        if artifact.id in digests
    )
    return (statement, *(sign_envelope(each, PAYLOAD_TYPE, signers) for each in summaries))


def resource_uri(request: str, artifact: str) -> str:
    """The URI by which a summary names an artifact."""
    return f"urn:model-release-gate:request:{request}:artifact:{artifact}"


def levels(artifact: ArtifactDecision) -> list[str]:
    """The rungs up to the one that was asked for that are approved, with all below them."""
    found = []
    for rung, verdict in artifact.ladder.items():
        if verdict is not Verdict.APPROVE:
            break
        found.append(LEVEL + rung.upper())
        if rung == artifact.requested:
            break
    return found


def _digests(request: ReleaseRequest) -> dict[str, str]:
    found = {artifact.id: artifact.digest.value for artifact in request.artifacts}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _statement(decision: Decision, told: tuple[str, str], digests: Mapping[str, str]) -> bytes:
    digest, request = map(_sha256, told)
    return tree_bytes(
        {
            "_type": STATEMENT,
            # A subject is matched by its digest alone, and a statement must have one.
            "subject": [
                {"name": f"decision:{decision.request.id}", "digest": digest},
                *({"name": name, "digest": _sha256(digests[name])} for name in sorted(digests)),
            ],
            "predicateType": PREDICATE,
            "predicate": {
                "decision": {"digest": digest},
                "as_of": decision.as_of.isoformat(),
                "verdict": decision.verdict.value,
                "request": {"id": decision.request.id, "digest": request},
                "policies": _policies(decision.policies),
                "artifacts": [
                    _artifact(each, digests.get(each["id"])) for each in decision.body["artifacts"]
                ],
                "engine": versions(),
            },
        }
    )


def _artifact(told: Mapping[str, Any], digest: str | None) -> dict[str, Any]:
    """What a statement says of an artifact, from what the decision says of it."""
    said = {name: told[name] for name in _SAID} | {"obligations": len(told["obligations"])}
    return said if digest is None else {**said, "digest": _sha256(digest)}


_SAID: Final = ("id", "requested", "verdict", "best", "ladder", "unverified", "unverified_at")


@lru_cache(maxsize=64)
def _policies(used: tuple[PolicyUsed, ...]) -> list[dict[str, Any]]:
    """What all statements say that are about decisions by the same policies."""
    return [{"id": each.id, "version": each.version, "digest": _sha256(each.digest)} for each in used]


def _summary(
    decision: Decision, artifact: ArtifactDecision, digest: str, source: str, by: tuple[str, str]
) -> bytes:
    time, verifier = by
    passed = artifact.verdict is Verdict.APPROVE and LEVEL + artifact.requested.upper() in levels(artifact)
    return tree_bytes(
        {
            "_type": STATEMENT,
            "subject": [{"name": artifact.id, "digest": _sha256(digest)}],
            "predicateType": VSA,
            "predicate": {
                "verifier": {"id": verifier, "version": {"release_gate": versions()["release_gate"]}},
                "timeVerified": time,
                "resourceUri": resource_uri(decision.request.id, artifact.id),
                "policy": {
                    "uri": "urn:model-release-gate:policies",
                    "digest": _sha256(decision.policies_digest),
                },
                "inputAttestations": [{"uri": PREDICATE, "digest": _sha256(source)}],
                "verificationResult": "PASSED" if passed else "FAILED",
                "verifiedLevels": levels(artifact) if passed else ["FAILED"],
            },
        }
    )


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}


# ---------------------------------------------------------------- verification


@dataclass(frozen=True)
class Expected:
    """What somebody who relies on an attestation expects of it.

    Attributes:
        digest: The digest of the artifact that is at hand, or of the decision.
        verifier: Who decides with these keys, for a summary.
        resource: What the artifact is called, if that matters.
        level: The rung that it is to be released at, if that matters.
    """

    digest: str
    verifier: str = VERIFIER
    resource: str | None = None
    level: str | None = None


@dataclass(frozen=True)
class Attested:
    """What a verified attestation says.

    Attributes:
        kind: ``statement`` or ``summary``.
        verdict: For a statement the verdict, of the artifact or of the decision, at the rung that is expected
            or else the one that was asked for; for a summary ``PASSED`` or ``FAILED``.
        approved: Whether the release may go ahead, as far as this attestation says.
        statement: All that it says.
        level: The rung that this is about: the expected one, or else the one asked for; for a summary
            the highest that it names, if it names one.
        unverified: For a statement the rules on which the verdict hangs, and which nobody has read in their
            source. Whether the release may go ahead does not depend on them.
    """

    kind: str
    verdict: str
    approved: bool
    statement: Mapping[str, Any]
    level: str
    unverified: tuple[str, ...] = ()


def verify_attestation(data: bytes, keys: Sequence[PublicKey], expected: Expected) -> Attested:
    """Verify an attestation, in the steps that SLSA lists for a summary.

    1. A trusted key has signed it, as an in-toto statement.
    2. It is a statement of a kind that is known.
    3. Its subject is the artifact that is at hand.
    4. The verifier is who decides with these keys.
    5. The resource is the one that is expected.
    6. What was decided allows the release, at the rung that is expected.

    The first five fail with an error. The last is the answer.

    Raises:
        IntegrityError: A step fails.
    """
    # Step 1.
    statement = _opened(data, keys)
    kind, predicate = statement["predicateType"], statement["predicate"]
    # Step 3.
    subject = _subject(statement, expected.digest)
    if kind == PREDICATE:
        # Steps 5 and 6. A statement names no verifier.
        verdict, level, unverified = _verdict(predicate, subject, expected)
        return Attested("statement", verdict.value, verdict.allows, statement, level, unverified)
    # Step 4.
    verifier = predicate.get("verifier")
    if not isinstance(verifier, dict) or verifier.get("id") != expected.verifier:
        raise _no("RG724", f"the verifier is not `{printable(expected.verifier)}`, to whom these keys belong")
    # Step 5.
    if expected.resource is not None and predicate.get("resourceUri") != expected.resource:
        raise _no("RG724", f"the resource is not `{printable(expected.resource)}`")
    # Step 6.
    named, result = predicate.get("verifiedLevels"), predicate.get("verificationResult")
    passed = result == "PASSED" and isinstance(named, list) and "FAILED" not in named
    if expected.level is not None:
        passed = passed and LEVEL + expected.level.upper() in named
    level = expected.level or _highest(named if isinstance(named, list) else [])
    return Attested("summary", "PASSED" if result == "PASSED" else "FAILED", passed, statement, level)


def _highest(named: Sequence[Any]) -> str:
    return next((rung for rung in reversed(tuple(ALL_RUNGS)) if LEVEL + rung.upper() in named), "")


def _opened(data: bytes, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """Steps 1 and 2."""
    envelope = Envelope.read(data, "the attestation")
    payload = verify_envelope(envelope, keys, PAYLOAD_TYPE).payload
    return _parsed(payload)


def _parsed(payload: bytes) -> dict[str, Any]:
    """Step 2."""
    statement = read_json(payload, "the attestation")
    if (
        not isinstance(statement, dict)
        or statement.get("_type") != STATEMENT
        or statement.get("predicateType") not in (PREDICATE, VSA)
        or not isinstance(statement.get("predicate"), dict)
        or not isinstance(statement.get("subject"), list)
    ):
        raise _no("RG723", "it is no statement about a release decision")
    return statement


def _subject(statement: Mapping[str, Any], digest: str) -> Mapping[str, Any]:
    for each in statement["subject"]:
        if isinstance(each, dict) and each.get("digest") == _sha256(digest):
            return each
    raise _no("RG725", f"it is about something else than {printable(digest)}")


def _verdict(
    predicate: Mapping[str, Any], subject: Mapping[str, Any], expected: Expected
) -> tuple[Verdict, str, tuple[str, ...]]:
    """The worst of what was decided about the subject, at which rungs, and the unverified rules behind it.

    It is about all of the decision, if that is the subject. It hangs on unverified rules if it does so for
    each artifact that has this verdict.
    """
    try:
        about = [
            each
            for each in predicate["artifacts"]
            if each.get("digest") == subject["digest"] or predicate["decision"]["digest"] == subject["digest"]
        ]
        name, resource = predicate["request"]["id"], expected.resource
        meant = [each for each in about if resource in (None, resource_uri(name, each["id"]))]
        if about and not meant:
            raise _no("RG724", f"the resource is not `{printable(str(resource))}`")
        said = [_said(each, expected.level) for each in meant]
    except (KeyError, TypeError, ValueError, AttributeError):
        said = []
    if not said:
        rung = f" at {printable(expected.level)}" if expected.level is not None else ""
        raise _no("RG723", f"it does not say what was decided about its subject{rung}")
    verdict = worst(each for each, _, _ in said)
    deciding = [rules for each, _, rules in said if each is verdict]
    asked = ", ".join(map(str, sorted({rung for _, rung, _ in said})))
    return verdict, asked, tuple(sorted(set().union(*deciding))) if all(deciding) else ()


def _said(artifact: Mapping[str, Any], level: str | None) -> tuple[Verdict, Step, list[str]]:
    """The verdict on an artifact, at which rung, and the unverified rules on which it hangs."""
    rung = ALL_RUNGS[artifact["requested"] if level is None else level]
    verdict = Verdict(artifact["verdict"] if level is None else artifact["ladder"][level])
    rules = artifact["unverified"] if level is None else artifact["unverified_at"].get(level, [])
    if not isinstance(rules, list):
        raise TypeError(rules)
    return verdict, rung, list(map(str, rules))


def check_recorded(data: bytes, record: Record, keys: Sequence[PublicKey]) -> None:
    """Hold an attestation that is kept with a record against the record.

    Raises:
        IntegrityError: It is of another decision, or not by one of the keys, if there are any.
    """
    statement = _opened(data, keys) if keys else _parsed(Envelope.read(data, "the attestation").payload)
    predicate = statement["predicate"]
    if statement["predicateType"] == VSA:
        sources = [
            each["digest"] for each in predicate.get("inputAttestations", []) if isinstance(each, dict)
        ]
        known = [_sha256(str(each)) for each in record.body.get("attestations", ())]
        if not sources or any(each not in known for each in sources):
            raise _no("RG723", "it is the summary of another decision")
        return
    if predicate.get("decision") != {"digest": _sha256(str(record.decision))}:
        raise _no("RG723", "it is about another decision")


def _no(code: str, message: str) -> IntegrityError:
    return IntegrityError([Diagnostic(code, message)])


__all__ += ["Expected", "check_recorded", "levels", "resource_uri"]
