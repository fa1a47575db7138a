"""Keys: what signs, and what accepts signatures. :mod:`release_gate.envelope` is what they sign.

The algorithm is a property of the key that the verifier holds, and is never read from what is signed; a key
id is a hint.

This is the only module that uses ``cryptography``, which is imported when the first key is.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from release_gate.bounded import read_bounded
from release_gate.diagnostics import Diagnostic, InputError, printable, reason_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from securesystemslib.signer import Signer as RemoteSigner

__all__ = [
    "Algorithm",
    "PrivateKey",
    "PublicKey",
    "Signer",
    "generate_key",
    "open_signer",
    "read_private_key",
    "read_public_key",
]

Algorithm: TypeAlias = Literal["ecdsa-p256", "ed25519"]
MAX_KEY_FILE: Final = 64 * 1024


@dataclass(frozen=True, eq=False)
class PublicKey:
    """A public key. Two are equal if they are the same key, however they were written.

    Attributes:
        algorithm: What signatures of this key are made with.
        pem: The key as PEM, ``SubjectPublicKeyInfo``.
        raw: The key as bytes: 32 for Ed25519, the uncompressed point for P-256.
    """

    algorithm: Algorithm
    pem: str
    raw: bytes = field(repr=False)
    _key: Any = field(repr=False)

    @cached_property
    def key_id(self) -> str:
        """The identifier by which ``securesystemslib`` and the tools around it know the key.

        SHA-256 of its key object in OLPC canonical JSON, as 64 hexadecimal digits.
        """
        kind, scheme, value = (
            ("ed25519", "ed25519", self.raw.hex())
            if self.algorithm == "ed25519"
            else ("ecdsa", "ecdsa-sha2-nistp256", self.pem)
        )
        # In that form a line end within a text stays as it is.
        body = f'{{"keytype":"{kind}","keyval":{{"public":"{value}"}},"scheme":"{scheme}"}}'
        return hashlib.sha256(body.encode()).hexdigest()

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message was made with the private half of this key."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy, and only for signatures

        try:
            if self.algorithm == "ed25519":
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, _ecdsa())
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and (self.algorithm, self.raw) == (other.algorithm, other.raw)

    def __hash__(self) -> int:
        return hash((self.algorithm, self.raw))


class Signer(Protocol):
    """Whatever signs: a private key that is at hand, or one in a token or a service."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """The signature over a message: DER for P-256, 64 bytes for Ed25519."""


@dataclass(frozen=True)
class PrivateKey:
    """A private key that is at hand."""

    public: PublicKey
    _key: EllipticCurvePrivateKey | Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature over a message: DER for P-256, 64 bytes for Ed25519."""
        key: Any = self._key
        signature: bytes = (
            key.sign(message) if self.public.algorithm == "ed25519" else key.sign(message, _ecdsa())
        )
        return signature

    def pem(self, password: str | None = None) -> str:
        """The key as PEM, PKCS #8, encrypted if there is a password."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy

        encryption: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(password.encode())
            if password
            else serialization.NoEncryption()
        )
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ).decode()


@dataclass(frozen=True)
class _RemoteKey:
    """A key that only its owner's token or service can use, through ``securesystemslib``."""

    public: PublicKey
    _signer: RemoteSigner = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        try:
            return bytes.fromhex(self._signer.sign(message).signature)
        except Exception as error:
            raise _problem("RG705", f"the signer did not sign: {printable(str(error))}") from error


# ---------------------------------------------------------------- keys


def generate_key(algorithm: Algorithm = "ecdsa-p256") -> PrivateKey:
    """A new key.

    Raises:
        InputError: The extra ``audit`` is not installed.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - heavy

    return _private(
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "ed25519"
        else ec.generate_private_key(ec.SECP256R1())
    )


def read_private_key(source: str | Path, password: str | None = None) -> PrivateKey:
    """Read a private key.

    Args:
        source: A PEM file, or ``env:NAME`` for PEM in an environment variable.
        password: What it is encrypted with, if it is.

    Raises:
        InputError: It cannot be read, is no key of a kind that we use, or needs another password.
    """
    _need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - heavy

    data, shown = _key_bytes(source)
    try:
        key: Any = load_pem_private_key(data, password.encode() if password else None)
    except TypeError:
        problem = "is encrypted, and there is no password" if not password else "is not encrypted"
        raise _problem(
            "RG701", f"the private key `{shown}` {problem}", "say the password exactly if there is one"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _problem("RG701", f"`{shown}` is no private key in PEM, or the password is wrong") from None
    return _private(key, shown)


def read_public_key(source: str | Path) -> PublicKey:
    """Read a public key.

    Args:
        source: A PEM file, or ``env:NAME`` for PEM in an environment variable.

    Raises:
        InputError: It cannot be read, or is no public key of a kind that we use.
    """
    data, shown = _key_bytes(source)
    return public_key_from_pem(data, shown)


def read_certified_key(source: str | Path) -> PublicKey:
    """Read a public key, or that of a certificate.

    A certificate is only another way to write a key here: who issued it and how long it is valid is not
    asked, because whoever names the file says whose key it is.

    Args:
        source: A PEM file, or ``env:NAME`` for PEM in an environment variable.

    Raises:
        InputError: It cannot be read, or is neither a public key of a kind that we use nor its certificate.
    """
    data, shown = _key_bytes(source)
    if b"BEGIN CERTIFICATE" not in data:
        return public_key_from_pem(data, shown)
    _need_cryptography()
    from cryptography import x509  # noqa: PLC0415 - heavy

    try:
        key = x509.load_pem_x509_certificate(data).public_key()
    except ValueError:
        raise _problem("RG701", f"`{shown}` is no certificate in PEM") from None
    return _public(key, shown)


def public_key_from_pem(data: bytes | str, shown: str = "<pem>") -> PublicKey:
    """A public key from PEM.

    Raises:
        InputError: It is no public key of a kind that we use.
    """
    _need_cryptography()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - heavy

    raw = data.encode() if isinstance(data, str) else data
    if b"PRIVATE KEY" in raw:
        raise _problem(
            "RG701", f"`{shown}` is a private key, where a public one belongs", "keep it from others"
        )
    try:
        key: Any = load_pem_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        raise _problem("RG701", f"`{shown}` is no public key in PEM") from None
    return _public(key, shown)


def ed25519_public_key(raw: bytes) -> PublicKey:
    """A public Ed25519 key from its 32 bytes.

    Raises:
        InputError: These are not 32 bytes.
    """
    _need_cryptography()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - heavy

    if len(raw) != 32:
        raise _problem("RG701", f"an Ed25519 key has 32 bytes, not {len(raw)}")
    return _public(Ed25519PublicKey.from_public_bytes(raw))


def open_signer(
    reference: str | Path, public_key: str | Path | None = None, password: str | None = None
) -> Signer:
    """What a key reference stands for.

    Args:
        reference: A PEM file, ``env:NAME``, or the URI of a key in a token or a cloud service as
            ``securesystemslib`` knows it (``hsm:``, ``gcpkms:``, ``awskms:``, ``azurekms:``, ``hv:`` …).
        public_key: The public half, which a URI needs beside it.
        password: What the PEM file is encrypted with.

    Raises:
        InputError: There is no such key, or the extra that it needs is not installed.
    """
    scheme = str(reference).partition(":")[0]
    if not isinstance(reference, str) or scheme not in REMOTE_SCHEMES:
        return read_private_key(reference, password)
    if public_key is None:
        raise _problem("RG701", f"`{printable(reference)}` needs its public key beside it")
    return _open_remote(reference, read_public_key(public_key))


REMOTE_SCHEMES: Final = ("awskms", "azurekms", "file2", "gcpkms", "hsm", "hv", "tkey")
"""The schemes of key references that ``securesystemslib`` resolves, other than GnuPG and Sigstore."""


def _open_remote(reference: str, public: PublicKey) -> Signer:
    try:
        from securesystemslib.signer import Signer as Remote  # noqa: PLC0415 - heavy, and of an extra
        from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - as above
    except ImportError:
        raise _problem(
            "RG700",
            "a key in a token or a cloud service needs the extra `signers`",
            "pip install 'model-release-gate[signers]'",
        ) from None
    try:
        key = SSlibKey.from_crypto(public._key)  # noqa: SLF001 - our own
        return _RemoteKey(public, Remote.from_priv_key_uri(reference, key))
    except Exception as error:
        message = f"the key `{printable(reference)}` cannot be used: {printable(str(error))}"
        raise _problem("RG705", message) from error


def _key_bytes(source: str | Path) -> tuple[bytes, str]:
    shown = printable(str(source))
    if isinstance(source, str) and source.startswith("env:"):
        value = os.environ.get(source.removeprefix("env:"))
        if not value:
            raise _problem("RG701", f"the environment variable of the key `{shown}` is not set")
        return value.encode(), shown
    try:
        return read_bounded(Path(source), MAX_KEY_FILE, piped=True), shown
    except OSError as error:
        raise _problem("RG701", f"cannot read the key `{shown}`: {reason_of(error)}") from None


def _private(key: Any, shown: str = "the key") -> PrivateKey:
    return PrivateKey(_public(key.public_key(), shown), key)


def _public(key: EllipticCurvePublicKey | Ed25519PublicKey | Any, shown: str = "the key") -> PublicKey:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 - heavy

    encoding, form = serialization.Encoding, serialization.PublicFormat
    algorithm: Algorithm
    if isinstance(key, ed25519.Ed25519PublicKey):
        algorithm, raw = "ed25519", key.public_bytes(encoding.Raw, form.Raw)
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        algorithm, raw = "ecdsa-p256", key.public_bytes(encoding.X962, form.UncompressedPoint)
    else:
        raise _problem(
            "RG701",
            f"`{shown}` is neither a P-256 nor an Ed25519 key",
            "make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`",
        )
    pem = key.public_bytes(encoding.PEM, form.SubjectPublicKeyInfo).decode()
    return PublicKey(algorithm, pem, raw, key)


@cache
def _ecdsa() -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415 - heavy

    return ECDSA(hashes.SHA256())


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415 - whether it is there at all
    except ImportError:
        raise _problem(
            "RG700", "signatures need the extra `audit`", "pip install 'model-release-gate[audit]'"
        ) from None


def _problem(code: str, message: str, help_: str = "") -> InputError:
    return InputError([Diagnostic(code, message, help=help_)])


__all__ += ["REMOTE_SCHEMES", "ed25519_public_key", "public_key_from_pem", "read_certified_key"]
