"""Signed statements: what a sign-off, a recusal, or a signature under a waiver says, word for word.

A statement is an in-toto Statement v1 in a DSSE envelope. It names what was seen by digest, so that it cannot
be shown for anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from release_gate.bounded import read_head
from release_gate.canonical import canonical_bytes, digest
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.document import validate
from release_gate.envelope import Envelope, read_json, sign_envelope
from release_gate.evidence.vouching import PAYLOAD_TYPE, VOUCH
from release_gate.facts.access import GrantSignOff
from release_gate.facts.ladder import GRANTED
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.sign_off import SignOff
from release_gate.signing import Signer, open_signer
from release_gate.ssh import SshSigner

__all__ = [
    "PAYLOAD_TYPE",
    "SIGN_OFF",
    "WAIVER",
    "Statement",
    "read_signer",
    "sign_off",
    "sign_vouch",
    "sign_waiver",
    "waiver_digest",
]

STATEMENT: Final = "https://in-toto.io/Statement/v1"
SIGN_OFF: Final = "urn:model-release-gate:sign-off:v1"
WAIVER: Final = "urn:model-release-gate:waiver:v1"


@dataclass(frozen=True)
class Statement:
    """A statement whose signature holds.

    Attributes:
        kind: ``SIGN_OFF`` or ``WAIVER``.
        person: Who speaks.
        predicate: What they say.
    """

    kind: str
    person: str
    predicate: Mapping[str, Any]

    @classmethod
    def read(cls, payload: bytes) -> Statement:
        """A statement from the very bytes that were verified.

        Raises:
            IntegrityError: It is none.
        """
        tree = read_json(payload, "it")
        if isinstance(tree, dict) and tree.get("predicateType") in (SIGN_OFF, WAIVER):
            said = tree.get("predicate")
            if isinstance(said, dict) and isinstance(said.get("person"), str):
                return cls(tree["predicateType"], said["person"], said)
        message = "it holds neither a sign-off nor a signature under a waiver"
        raise IntegrityError([Diagnostic("RG512", message)])

    def sign_off(self) -> tuple[SignOff, str, str | None]:
        """The sign-off that it is, the id of the request, and the digest of the artifact.

        Raises:
            IntegrityError: It is none.
        """
        said = dict(self.predicate)
        request, seen = said.pop("request_id", None), said.pop("artifact_digest", None)
        kind = GrantSignOff if said.get("rung") == GRANTED.name else SignOff
        found = validate(kind, said, None, IntegrityError, "RG512")
        if not isinstance(request, str) or not isinstance(seen, str | None) or found.request is None:
            raise IntegrityError([Diagnostic("RG512", "it does not say what was seen")])
        return found, request, seen


def read_signer(reference: str) -> Signer:
    """What a key reference stands for: an SSH key, or what :func:`release_gate.signing.open_signer` reads.

    Raises:
        InputError: There is no such key.
    """
    path = Path(reference).expanduser()
    start = read_head(path, 100) if path.is_file() else b""
    if b"BEGIN PUBLIC KEY" in start:
        message = f"`{printable(reference)}` is the public half of a key, and only the private one signs"
        raise InputError([Diagnostic("RG701", message, help="name the file with the private half")])
    if path.suffix == ".pub" or b"OPENSSH PRIVATE KEY" in start:
        return cast("Signer", SshSigner(path))  # signs as the others do
    return open_signer(str(path) if path.is_file() else reference)


def sign_off(
    request: ReleaseRequest, artifact: Artifact, said: Mapping[str, Any], policies_digest: str, signer: Signer
) -> Envelope:
    """Sign what somebody says about an artifact.

    Args:
        request: The request that was seen.
        artifact: The artifact of it.
        said: Person, role, word, rung, the day and perhaps the end.
        policies_digest: The policies that were in force.
        signer: The key of the person.
    """
    seen = artifact.digest.value if isinstance(artifact.digest.value, str) else None
    predicate = {
        **said,
        "artifact": artifact.id,
        "artifact_digest": seen,
        "request_id": request.id,
        "request": request.proposal_digest,
        "policies": policies_digest,
    }
    subjects = [(f"request:{request.id}", request.proposal_digest)]
    subjects += [(artifact.id, seen)] if seen else []
    return _sign(SIGN_OFF, subjects, predicate, signer)


def sign_waiver(waiver: Mapping[str, Any], person: str, on: date, signer: Signer) -> Envelope:
    """Sign a waiver as it is written."""
    subjects = [(f"waiver:{printable(str(waiver.get('id')))}", waiver_digest(waiver))]
    return _sign(WAIVER, subjects, {"person": person, "on": on, "waiver": waiver_digest(waiver)}, signer)


def sign_vouch(said: Mapping[str, Any], artifact_name: str, signer: Signer) -> Envelope:
    """Sign that a log was measured on an artifact.

    Args:
        said: Person, role, name and digest of the log, digest of the artifact, day, and perhaps the end.
        artifact_name: What the artifact is called.
        signer: The key of the person.
    """
    subjects = [(said["log_name"], said["log"]), (artifact_name, said["artifact"])]
    return _sign(VOUCH, subjects, said, signer)


def waiver_digest(waiver: Any) -> str:
    """The digest of a waiver as it is written."""
    return digest(waiver)


def _sign(
    kind: str, subjects: list[tuple[str, str]], predicate: Mapping[str, Any], signer: Signer
) -> Envelope:
    statement = {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": value.removeprefix("sha256:")}} for name, value in subjects
        ],
        "predicateType": kind,
        "predicate": predicate,
    }
    return sign_envelope(canonical_bytes(statement), PAYLOAD_TYPE, [signer])
