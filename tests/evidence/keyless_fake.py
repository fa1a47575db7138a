"""A Sigstore of our own: an authority, a log of certificates and a log of signatures, with keys at hand."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from release_gate.envelope import signed_bytes

__all__ = ["FakeSigstore"]

SIGNED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def der(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_usage(*, signs: bool, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certifies,
        crl_sign=certifies,
        encipher_only=False,
        decipher_only=False,
    )


def sign(key: Key, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class FakeSigstore:
    """Signs for whoever is named, and says what there is to trust."""

    authority: Key = field(default_factory=new_key)
    certificates: Key = field(default_factory=new_key)
    signatures: Key = field(default_factory=new_key)

    @property
    def root(self) -> str:
        """The trusted root, as JSON."""
        start = {"start": "2026-01-01T00:00:00Z"}

        def log(key: Key) -> dict[str, Any]:
            kind = {"rawBytes": b64(der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": start}
            log_id = {"keyId": b64(hashlib.sha256(der(key)).digest())}
            return {
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": kind,
                "logId": log_id,
            }

        chain = [{"rawBytes": b64(self._ca().public_bytes(Encoding.DER))}]
        authority = {
            "subject": {"organization": "example", "commonName": "example"},
            "uri": "https://ca.example",
            "certChain": {"certificates": chain},
            "validFor": start,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.signatures)],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self.certificates)],
                "timestampAuthorities": [],
            }
        )

    def bundle(self, payload: bytes, identity: str, issuer: str, at: datetime = SIGNED) -> dict[str, Any]:
        """A signature in the name of an account."""
        key, kind = new_key(), "application/vnd.in-toto+json"
        certificate = self._leaf(key, identity, issuer)
        signature = b64(sign(key, signed_bytes(kind, payload)))
        envelope = {
            "payload": b64(payload),
            "payloadType": kind,
            "signatures": [{"keyid": "", "sig": signature}],
        }
        shown = b64(certificate.public_bytes(Encoding.PEM))
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"").hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": signature, "verifier": shown}],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}, sort_keys=True).encode()
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self._entry(body, int(at.timestamp()))],
            },
            "dsseEnvelope": envelope,
        }

    def _entry(self, body: bytes, time: int) -> dict[str, Any]:
        log_id = hashlib.sha256(der(self.signatures)).digest()
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"log.example\n1\n{b64(root)}\n"
        hint = b64(log_id[:4] + sign(self.signatures, note.encode()))
        promise = {"body": b64(body), "integratedTime": time, "logID": log_id.hex(), "logIndex": 0}
        said = json.dumps(promise, sort_keys=True, separators=(",", ":")).encode()
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {"signedEntryTimestamp": b64(sign(self.signatures, said))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example {hint}\n"},
            },
            "canonicalizedBody": b64(body),
        }

    def _ca(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")])
        public = self.authority.public_key()
        usage = key_usage(signs=False, certifies=True)
        made = (
            x509.CertificateBuilder(name, name, public, 1, datetime(2026, 1, 1), datetime(2036, 1, 1))  # noqa: DTZ001 - of UTC by definition
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        return made.sign(self.authority, hashes.SHA256())

    def _leaf(self, key: Key, identity: str, issuer: str) -> x509.Certificate:
        """A certificate for minutes, with the promise that it is in the log of certificates."""
        public = self.authority.public_key()
        usage = key_usage(signs=True, certifies=False)
        start = SIGNED.replace(tzinfo=None) - timedelta(minutes=5)
        names = x509.SubjectAlternativeName([x509.RFC822Name(identity)])
        plain = (
            x509.CertificateBuilder(
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")]),
                x509.Name([]),
                key.public_key(),
                x509.random_serial_number(),
                start,
                start + timedelta(minutes=10),
            )
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
            .add_extension(names, critical=True)
            .add_extension(x509.UnrecognizedExtension(ISSUER, issuer.encode()), critical=False)
        )

        def with_promise(scts: bytes) -> x509.Certificate:
            octets = (
                b"\x04" + (bytes([len(scts)]) if len(scts) < 128 else b"\x81" + bytes([len(scts)])) + scts
            )
            promise = x509.UnrecognizedExtension(SCTS, octets)
            return plain.add_extension(promise, critical=False).sign(self.authority, hashes.SHA256())

        time = struct.pack(">Q", int(start.replace(tzinfo=UTC).timestamp() * 1000))
        body = with_promise(self._scts(time, b"")).tbs_precertificate_bytes
        issuer_key = hashlib.sha256(der(self.authority)).digest()
        entry = b"\0\0" + time + b"\0\1" + issuer_key + struct.pack(">I", len(body))[1:] + body + b"\0\0"
        return with_promise(self._scts(time, sign(self.certificates, entry)))

    def _scts(self, time: bytes, signature: bytes) -> bytes:
        log_id = hashlib.sha256(der(self.certificates)).digest()
        one = b"\0" + log_id + time + b"\0\0" + b"\4\3" + struct.pack(">H", len(signature)) + signature
        return struct.pack(">HH", len(one) + 2, len(one)) + one
