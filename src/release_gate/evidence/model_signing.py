"""Collector: OpenSSF model signatures (``model.sig``), verified with keys and certificates that were given.

The signed statement lists every file with its digest. Names and sizes are no part of the subject's own
digest, so it is the list that is compared with the folder: a file that differs, is missing or is not on the
list fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from release_gate.diagnostics import InputError, printable
from release_gate.envelope import Envelope, verify_envelope
from release_gate.evidence.collected import Found, Note, listed, problem
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable, at, read_json, text
from release_gate.evidence.pickles import THIS_ARTIFACT
from release_gate.evidence.reading import Item, Reading, each

__all__ = ["ModelSignatures"]

PAYLOAD: Final = "application/vnd.in-toto+json"
PREDICATE: Final = "https://model_signing/signature/v1.0"
NOT_SIGNED: Final = (".gitattributes", ".gitignore")
"""Files that the tool passes over, and that nothing loads."""


class ModelSignatures:
    """``model.sig`` and ``*.sig`` bundles at the top of a folder."""

    name = "model_signing"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """Whether a trusted key has signed exactly these files."""
        entries = (entry for entry in reading.files(".sig") if not entry.parent)
        return each(reading, entries, self._file)

    @staticmethod
    def _file(reading: Reading, entry: Entry) -> Iterator[Item]:
        bundle = reading.json(entry)
        envelope = at(bundle, "dsseEnvelope")
        if not isinstance(envelope, dict):
            raise Unreadable("is no bundle with a signature")
        where = reading.where(entry, "", "OpenSSF model signing")
        keyless = bool(at(bundle, "verificationMaterial", "tlogEntries"))
        if keyless and reading.keyless is None:
            yield problem(
                "RG641",
                f"`{printable(entry.path)}` is signed in the name of an account, without a key that lasts "
                "(Sigstore), and nobody says which accounts may sign",
                "name them, and the trusted root: --sigstore-root FILE --signer ISSUER IDENTITY",
            )
            return
        if not keyless and not reading.keys:
            yield Note("the folder is signed, and no key was given to verify it with (--key)", where)
            return
        state, producer = "fail", None
        try:
            payload, producer = _verified(reading, entry, envelope, keyless=keyless)
            wrong = _compare(reading, entry, payload)
        except InputError as error:
            wrong = error.diagnostics[0].message
        if wrong:
            yield problem(
                "RG640",
                f"the signature `{printable(entry.path)}` does not hold: {wrong}",
                "do not release it",
            )
        else:
            state = "pass"
        evidence = {
            "id": "model-signature",
            "kind": "security_attestation",
            "on": THIS_ARTIFACT,
            "state": state,
            **({"producer": producer} if producer else {}),
        }
        yield Found("evidence", dict(evidence), where)


def _verified(
    reading: Reading, signature: Entry, envelope: dict[str, Any], *, keyless: bool
) -> tuple[bytes, str]:
    """The very bytes that were signed, and who has signed them.

    Raises:
        IntegrityError: Nobody who is trusted has signed.
        InputError: Signatures cannot be verified here.
    """
    if keyless and reading.keyless is not None:
        return reading.keyless.verify(reading.data(signature), PAYLOAD)
    plain = json.dumps(envelope, default=str).encode()
    verified = verify_envelope(Envelope.read(plain, "the bundle"), reading.keys, PAYLOAD)
    return verified.payload, ", ".join(key.key_id for key in verified.keys)


def _compare(reading: Reading, signature: Entry, payload: bytes) -> str:
    """What is wrong with the files that were signed; nothing if all is well."""
    statement = read_json(payload)
    if at(statement, "predicateType") != PREDICATE:
        return "it signs another kind of statement"
    signed: dict[str, str | None] = {}
    resources = at(statement, "predicate", "resources")
    for resource in resources if isinstance(resources, list) else ():
        name = text(at(resource, "name"), 1024)
        if name is None or name in signed or at(resource, "algorithm") != "sha256":
            return "it lists a file in a way that is not known"
        signed[name] = text(at(resource, "digest"))
    here = {
        entry.path: reading.sha256(entry)
        for entry in reading.folder.entries
        if entry.path != signature.path and entry.path not in NOT_SIGNED
    }
    here |= {path: digest for path in NOT_SIGNED if path in signed and (digest := _digest(reading, path))}
    differ = sorted(path for path in {*signed, *here} if signed.get(path) != here.get(path))
    return f"it does not cover {listed(differ)} as here" if differ else ""


def _digest(reading: Reading, path: str) -> str | None:
    entry = reading.folder.entry(path)
    return reading.sha256(entry) if entry else None
