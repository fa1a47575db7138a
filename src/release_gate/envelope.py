"""Envelopes: how signed statements travel.

An envelope is a DSSE v1 envelope (secure-systems-lab/dsse). It signs bytes, and names the type of what is in
it, so that a signature over one kind of statement cannot be shown for another kind.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from json.encoder import encode_basestring_ascii
from typing import Any, Final

from release_gate.canonical import tree_of
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.signing import PublicKey, Signer

__all__ = [
    "Envelope",
    "Signature",
    "Verified",
    "read_json",
    "sign_envelope",
    "signed_bytes",
    "verify_envelope",
]

MAX_ENVELOPE: Final = 32 * 1024 * 1024
MAX_SIGNATURES: Final = 64


@dataclass(frozen=True)
class Signature:
    """A signature in an envelope. Its key id is a hint, and proves nothing."""

    key_id: str
    signature: bytes


@dataclass(frozen=True)
class Envelope:
    """Bytes, what they are, and signatures over both.

    Attributes:
        payload: The bytes. Use what :func:`verify_envelope` returns, and not these.
        payload_type: The media type or URI that says what they are.
        signatures: At least one.
    """

    payload: bytes = field(repr=False)
    payload_type: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, data: bytes, shown: str = "the envelope") -> Envelope:
        """An envelope from its JSON. Unknown keys are ignored, as DSSE demands.

        Raises:
            IntegrityError: It is no envelope.
        """
        if len(data) > MAX_ENVELOPE:
            raise _damaged(f"{shown} is larger than {MAX_ENVELOPE // 1024 // 1024} MiB")
        tree = read_json(data, shown)
        if not isinstance(tree, dict):
            raise _damaged(f"{shown} is not a JSON object")
        payload, kind, signatures = (tree.get(key) for key in ("payload", "payloadType", "signatures"))
        if not isinstance(kind, str) or not isinstance(signatures, list):
            raise _damaged(f"{shown} lacks its `payloadType` or its `signatures`")
        if not 0 < len(signatures) <= MAX_SIGNATURES:
            raise _damaged(f"{shown} has {len(signatures)} signatures; 1 to {MAX_SIGNATURES} are allowed")
        return cls(_bytes(payload, shown), kind, tuple(_signature(each, shown) for each in signatures))

    @cached_property
    def _json(self) -> bytes:
        # Base64 is written as it is; only the rest may have characters that JSON escapes.
        signatures = ",".join(
            [
                f'{{"keyid":{encode_basestring_ascii(each.key_id)},"sig":"{_written(each.signature)}"}}'
                for each in self.signatures
            ]
        )
        kind = encode_basestring_ascii(self.payload_type)
        text = f'{{"payload":"{_written(self.payload)}","payloadType":{kind},"signatures":[{signatures}]}}'
        return text.encode()

    def to_json(self) -> bytes:
        """The envelope as JSON, on one line."""
        return self._json


@dataclass(frozen=True)
class Verified:
    """What a verified envelope says, and whose signatures it carries.

    Attributes:
        payload: The very bytes that were verified. Parse only these.
        keys: The keys that signed, each once, in the order in which they were given.
    """

    payload: bytes
    keys: tuple[PublicKey, ...]


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """What is signed: the DSSE pre-authentication encoding (PAE) of a payload and its type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, payload_type: str, signers: Sequence[Signer]) -> Envelope:
    """Sign bytes, with one key or several.

    Raises:
        InputError: There is no signer, or one did not sign.
    """
    if not signers:
        raise InputError([Diagnostic("RG705", "nothing signs without a key")])
    message = signed_bytes(payload_type, payload)
    signatures = tuple(Signature(each.public.key_id, each.sign(message)) for each in signers)
    return Envelope(payload, payload_type, signatures)


def verify_envelope(
    envelope: Envelope, keys: Iterable[PublicKey], payload_type: str, threshold: int = 1
) -> Verified:
    """Verify an envelope.

    1. What it holds is of the type that was expected.
    2. A signature counts if it verifies under one of the keys, whatever key id it names.
    3. A key counts once, however many signatures it made.
    4. As many keys as demanded have signed.

    Args:
        envelope: The envelope.
        keys: The keys that are trusted.
        payload_type: What it must hold.
        threshold: How many different keys must have signed.

    Raises:
        IntegrityError: A step fails.
        ValueError: The threshold is not positive, which would accept anything.
    """
    if threshold < 1:
        raise ValueError("an envelope that nobody has to sign proves nothing")
    # Step 1.
    if envelope.payload_type != payload_type:
        raise _failed(
            "RG703", f"the envelope holds `{printable(envelope.payload_type)}`, not `{payload_type}`"
        )
    trusted = tuple(dict.fromkeys(keys))
    message = signed_bytes(envelope.payload_type, envelope.payload)
    # Steps 2 and 3.
    signed = tuple(
        key for key in trusted if any(key.accepts(each.signature, message) for each in envelope.signatures)
    )
    # Step 4.
    if len(signed) < threshold:
        raise _failed(
            "RG704",
            f"{len(signed)} of the {len(trusted)} trusted keys signed this, and {threshold} must",
            "it was changed after it was signed, or somebody else signed it",
        )
    return Verified(envelope.payload, signed)


def _signature(tree: Any, shown: str) -> Signature:
    if not isinstance(tree, dict):
        raise _damaged(f"a signature of {shown} is not a JSON object")
    key_id = tree.get("keyid")
    return Signature(key_id if isinstance(key_id, str) else "", _bytes(tree.get("sig"), shown))


def _bytes(text: Any, shown: str) -> bytes:
    """Bytes from base64. DSSE demands that verifiers take the standard and the URL-safe alphabet."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (AttributeError, binascii.Error, ValueError):
        raise _damaged(f"{shown} holds something that is not base64") from None


def read_json(data: bytes, shown: str) -> Any:
    """JSON that reads the same everywhere: UTF-8, no duplicate keys, no NaN or infinity, no half characters.

    Raises:
        IntegrityError: It is not.
    """
    with suppress(ValueError):  # which takes a fraction of the time, where it is in the usual form
        return tree_of(data)
    try:
        tree = _DECODER.decode(data.decode())
        # What cannot be written again was a number too large for anybody, or half a character.
        json.dumps(tree, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise _damaged(f"{shown} is not the JSON that it must be") from None
    return tree


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse(text: str) -> Any:
    raise ValueError(text)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _written(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def _failed(code: str, message: str, help_: str = "") -> IntegrityError:
    return IntegrityError([Diagnostic(code, message, help=help_)])


def _damaged(message: str) -> IntegrityError:
    return _failed("RG702", message)
