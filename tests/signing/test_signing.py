"""Keys and envelopes, held against public vectors and against other people's verifiers."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from securesystemslib.dsse import Envelope as Theirs
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from release_gate import envelope as envelopes
from release_gate import signing
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.envelope import Envelope, read_json, sign_envelope, signed_bytes, verify_envelope
from release_gate.signing import (
    Algorithm,
    PublicKey,
    ed25519_public_key,
    generate_key,
    open_signer,
    public_key_from_pem,
    read_private_key,
    read_public_key,
)

from . import vectors

KIND = "application/vnd.in-toto+json"
BODY = b'{"_type":"https://in-toto.io/Statement/v1"}'
OPENSSL = shutil.which("openssl") or ""
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="there is no openssl command here")
ALGORITHMS: tuple[Algorithm, ...] = ("ecdsa-p256", "ed25519")


def code(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.diagnostics[0].code


def envelope(tree: dict[str, Any]) -> Envelope:
    return Envelope.read(json.dumps(tree).encode())


# ---------------------------------------------------------------- public vectors


@pytest.mark.parametrize("name", vectors.VECTORS)
def test_the_public_vectors_come_out_as_they_say(name: str) -> None:
    vector = vectors.VECTORS[name]
    found = envelope(
        {
            "payload": vector.payload,
            "payloadType": vector.kind,
            "signatures": [{"keyid": "A", "sig": each} for each in vector.signatures],
        }
    )
    keys = [ed25519_public_key(bytes.fromhex(vectors.KEYS[each])) for each in vector.trusted]
    if vector.accept:
        assert verify_envelope(found, keys, vector.kind, vector.threshold).payload == found.payload
    else:
        with pytest.raises(IntegrityError):
            verify_envelope(found, keys, vector.kind, vector.threshold)


def test_a_key_id_is_optional_and_proves_nothing() -> None:
    signatures = [{"sig": vectors.BY_A}, {"keyid": "A", "sig": vectors.BY_B}]
    found = envelope({"payload": vectors.STATEMENT, "payloadType": KIND, "signatures": signatures})
    keys = [ed25519_public_key(bytes.fromhex(vectors.KEYS[each])) for each in "AB"]
    assert verify_envelope(found, keys, KIND, 2).keys == tuple(keys)


def test_a_signature_over_the_empty_type_is_valid_and_of_no_use() -> None:
    signatures = [{"sig": vectors.EMPTY_TYPE}]
    found = envelope({"payload": vectors.STATEMENT, "payloadType": "", "signatures": signatures})
    key = ed25519_public_key(bytes.fromhex(vectors.KEYS["A"]))
    assert verify_envelope(found, [key], "").keys == (key,)
    with pytest.raises(IntegrityError) as error:
        verify_envelope(found, [key], KIND)
    assert code(error) == "RG703"


def test_ed25519_signs_what_the_vectors_have() -> None:
    seed = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors.SEEDS["A"]))
    pem = seed.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = _private(pem)
    assert key.sign(signed_bytes(KIND, base64.b64decode(vectors.STATEMENT))) == base64.b64decode(vectors.BY_A)


def test_the_encoding_that_is_signed_is_the_one_of_the_protocol() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert signed_bytes("http://example.com/HelloWorld", b"hello world") == expected


def test_the_p256_signature_of_the_protocol_verifies() -> None:
    numbers = ec.EllipticCurvePublicNumbers(vectors.P256_X, vectors.P256_Y, ec.SECP256R1())
    pem = numbers.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    raw = base64.b64decode(vectors.P256_RAW)
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = public_key_from_pem(pem)
    assert key.accepts(signature, signed_bytes("http://example.com/HelloWorld", b"hello world"))
    assert not key.accepts(raw, signed_bytes("http://example.com/HelloWorld", b"hello world"))


# ---------------------------------------------------------------- other people's verifiers


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_securesystemslib_accepts_our_envelopes_and_no_changed_one(algorithm: Algorithm) -> None:
    key = generate_key(algorithm)
    ours = sign_envelope(BODY, KIND, [key])
    their_key = SSlibKey.from_crypto(key.public._key)
    assert their_key.keyid == key.public.key_id
    theirs = Theirs.from_dict(json.loads(ours.to_json()))
    assert list(theirs.verify([their_key], 1)) == [key.public.key_id]
    theirs.payload += b" "
    with pytest.raises(VerificationError):
        theirs.verify([their_key], 1)


@needs_openssl
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_accepts_our_signatures_and_no_changed_statement(
    algorithm: Algorithm, tmp_path: Path
) -> None:
    key = generate_key(algorithm)
    ours = sign_envelope(BODY, KIND, [key])
    (tmp_path / "key.pem").write_text(key.public.pem)
    (tmp_path / "signature").write_bytes(ours.signatures[0].signature)

    def verifies(message: bytes) -> bool:
        (tmp_path / "message").write_bytes(message)
        dgst = ["dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"]
        raw = ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "message"]
        command = dgst if algorithm == "ecdsa-p256" else [*raw, "-sigfile", "signature"]
        ran = subprocess.run([OPENSSL, *command], cwd=tmp_path, capture_output=True, check=False)
        return ran.returncode == 0

    assert verifies(signed_bytes(KIND, BODY))
    assert not verifies(signed_bytes(KIND, BODY + b" "))
    assert not verifies(signed_bytes(KIND + "x", BODY))


@needs_openssl
def test_openssl_makes_keys_that_we_read(tmp_path: Path) -> None:
    for name in ("EC", "ED25519"):
        options = ["-pkeyopt", "ec_paramgen_curve:P-256"] if name == "EC" else []
        file = tmp_path / f"{name}.pem"
        command = [OPENSSL, "genpkey", "-algorithm", name, *options, "-out", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        public = subprocess.run([OPENSSL, "pkey", "-in", file, "-pubout"], capture_output=True, check=True)
        assert read_private_key(file).public == public_key_from_pem(public.stdout)


# ---------------------------------------------------------------- what does not verify

CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "another payload": ({"payload": base64.b64encode(BODY + b" ").decode()}, "RG704"),
    "another type": ({"payloadType": "application/vnd.in-toto+jsonx"}, "RG703"),
    "no signature": ({"signatures": []}, "RG702"),
    "signatures no list": ({"signatures": {"sig": "AAAA"}}, "RG702"),
    "a signature no object": ({"signatures": ["AAAA"]}, "RG702"),
    "too many signatures": ({"signatures": [{"sig": "AAAA"}] * 65}, "RG702"),
    "an empty signature": ({"signatures": [{"sig": ""}]}, "RG704"),
    "a signature of zeros": ({"signatures": [{"sig": base64.b64encode(bytes(64)).decode()}]}, "RG704"),
    "a payload no base64": ({"payload": "é"}, "RG702"),
    "a payload with a line end": ({"payload": "AAAA\n"}, "RG702"),
    "a payload cut short": ({"payload": "AAA"}, "RG702"),
    "a payload no text": ({"payload": 7}, "RG702"),
    "no type": ({"payloadType": None}, "RG702"),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_envelope_is_refused_and_named(name: str, algorithm: Algorithm) -> None:
    key = generate_key(algorithm)
    change, expected = CHANGES[name]
    tree = json.loads(sign_envelope(BODY, KIND, [key]).to_json()) | change
    with pytest.raises(IntegrityError) as error:
        verify_envelope(envelope(tree), [key.public], KIND)
    assert code(error) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"payload":"","payload":"","payloadType":"","signatures":[]}',
        b'{"payload":NaN}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError) as error:
        Envelope.read(data)
    assert code(error) == "RG702"


def test_an_envelope_beyond_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelopes, "MAX_ENVELOPE", 10)
    with pytest.raises(IntegrityError, match="larger than"):
        Envelope.read(b"[" * 11)


def test_another_persons_signature_does_not_count() -> None:
    found = sign_envelope(BODY, KIND, [generate_key("ed25519")])
    with pytest.raises(IntegrityError, match="0 of the 2 trusted keys signed this, and 1 must"):
        verify_envelope(found, [generate_key().public, generate_key("ed25519").public], KIND)
    with pytest.raises(IntegrityError, match="0 of the 0 trusted keys"):
        verify_envelope(found, [], KIND)


def test_the_key_id_of_a_trusted_key_over_anothers_signature_does_not_count() -> None:
    trusted, other = generate_key(), generate_key()
    tree = json.loads(sign_envelope(BODY, KIND, [other]).to_json())
    tree["signatures"][0]["keyid"] = trusted.public.key_id
    with pytest.raises(IntegrityError):
        verify_envelope(envelope(tree), [trusted.public], KIND)


def test_a_key_that_is_trusted_twice_counts_once() -> None:
    key = generate_key()
    again = public_key_from_pem(key.public.pem)
    assert again == key.public
    assert again != key.public.pem
    # An ECDSA signature is another one each time.
    found = sign_envelope(BODY, KIND, [key, key])
    with pytest.raises(IntegrityError, match="1 of the 1 trusted keys signed this, and 2 must"):
        verify_envelope(found, [key.public, again], KIND, 2)


def test_a_threshold_of_nobody_is_a_mistake_of_the_caller() -> None:
    found = sign_envelope(BODY, KIND, [generate_key()])
    with pytest.raises(ValueError, match="nobody has to sign"):
        verify_envelope(found, [], KIND, 0)


def test_unknown_keys_of_an_envelope_are_ignored() -> None:
    key = generate_key()
    tree = json.loads(sign_envelope(BODY, KIND, [key]).to_json()) | {"more": 1}
    assert verify_envelope(envelope(tree), [key.public], KIND).payload == BODY


def test_an_envelope_is_written_as_it_was_read_without_key_ids_that_are_no_text() -> None:
    key = generate_key()
    written = sign_envelope(BODY, KIND, [key]).to_json()
    assert Envelope.read(written).to_json() == written
    tree = json.loads(written)
    tree["signatures"] = [{**tree["signatures"][0], "keyid": odd} for odd in (None, 7, [key.public.key_id])]
    found = envelope(tree)
    assert {each.key_id for each in found.signatures} == {""}
    assert verify_envelope(Envelope.read(found.to_json()), [key.public], KIND).keys == (key.public,)


def test_an_envelope_may_have_as_many_signatures_as_that() -> None:
    key = generate_key()
    tree = json.loads(sign_envelope(BODY, KIND, [key]).to_json())
    tree["signatures"] *= 64
    assert verify_envelope(envelope(tree), [key.public], KIND).keys == (key.public,)


# ---------------------------------------------------------------- keys


def _private(pem: bytes | str) -> signing.PrivateKey:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOME_KEY", pem.decode() if isinstance(pem, bytes) else pem)
        return read_private_key("env:SOME_KEY")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_are_read_from_files_and_from_the_environment(algorithm: Algorithm, tmp_path: Path) -> None:
    key = generate_key(algorithm)
    (tmp_path / "key.pem").write_text(key.pem())
    (tmp_path / "encrypted.pem").write_text(key.pem("secret"))
    (tmp_path / "public.pem").write_text(key.public.pem)
    assert read_private_key(tmp_path / "key.pem").public == key.public
    assert read_private_key(tmp_path / "encrypted.pem", "secret").public == key.public
    assert read_public_key(tmp_path / "public.pem") == key.public
    assert _private(key.pem()).public == key.public
    assert open_signer(str(tmp_path / "key.pem")).public == key.public
    assert "PRIVATE" not in repr(key)


def _rsa() -> str:
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _p384() -> str:
    key = ec.generate_private_key(ec.SECP384R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def test_what_is_no_key_for_us_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, file = generate_key(), tmp_path / "key.pem"

    def refused(text: str, message: str, password: str | None = None, *, public: bool = False) -> None:
        file.write_text(text)
        with pytest.raises(InputError, match=message) as error:
            _ = read_public_key(file) if public else read_private_key(file, password)
        assert code(error) == "RG701"
        assert not isinstance(error.value, IntegrityError)

    refused("nothing", "is no private key in PEM")
    refused(key.public.pem, "is no private key in PEM")
    refused(key.pem("secret"), "is encrypted, and there is no password")
    refused(key.pem("secret"), "or the password is wrong", "other")
    refused(key.pem(), "is not encrypted", "secret")
    refused(_rsa(), "neither a P-256 nor an Ed25519 key")
    refused(_p384(), "neither a P-256 nor an Ed25519 key", public=True)
    refused("nothing", "is no public key in PEM", public=True)
    refused(key.pem(), "is a private key, where a public one belongs", public=True)
    with pytest.raises(InputError, match="no such file"):
        read_private_key(tmp_path / "absent.pem")
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(InputError, match="is not set"):
        read_private_key("env:ABSENT")
    with pytest.raises(InputError, match="has 32 bytes, not 31"):
        ed25519_public_key(bytes(31))
    with pytest.raises(InputError, match="nothing signs without a key"):
        sign_envelope(BODY, KIND, [])


def test_a_key_that_securesystemslib_resolves_signs_for_us(tmp_path: Path) -> None:
    for algorithm in ALGORITHMS:
        key = generate_key(algorithm)
        (tmp_path / "key.pem").write_text(key.pem())
        (tmp_path / "public.pem").write_text(key.public.pem)
        signer = open_signer(f"file2:{tmp_path / 'key.pem'}", tmp_path / "public.pem")
        found = sign_envelope(BODY, KIND, [signer])
        assert verify_envelope(found, [key.public], KIND).payload == BODY


def test_a_remote_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    key = generate_key()
    (tmp_path / "public.pem").write_text(key.public.pem)
    with pytest.raises(InputError, match="needs its public key beside it"):
        open_signer("hsm:")
    with pytest.raises(InputError, match="cannot be used") as error:
        open_signer(f"file2:{tmp_path / 'absent.pem'}", tmp_path / "public.pem")
    assert code(error) == "RG705"


class _Failing:
    def sign(self, payload: bytes) -> Any:
        raise ConnectionError("the token was pulled out")


def test_a_remote_key_that_does_not_sign_is_named() -> None:
    signer = signing._RemoteKey(generate_key().public, _Failing())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the signer did not sign: the token was pulled out"):
        sign_envelope(BODY, KIND, [signer])


def test_without_its_extras_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = generate_key()
    (tmp_path / "public.pem").write_text(key.public.pem)
    monkeypatch.setitem(sys.modules, "securesystemslib.signer", None)
    with pytest.raises(InputError, match=r"pip install 'model-release-gate\[signers\]'"):
        open_signer("hsm:", tmp_path / "public.pem")
    monkeypatch.setitem(sys.modules, "cryptography", None)
    for ask in (generate_key, lambda: read_public_key(tmp_path / "public.pem")):
        with pytest.raises(InputError, match=r"pip install 'model-release-gate\[audit\]'") as error:
            ask()
        assert code(error) == "RG700"


def test_json_that_reads_differently_elsewhere_is_refused() -> None:
    assert read_json(b'{"a": [1, true, null]}', "it") == {"a": [1, True, None]}
    for text in (
        b'{"a": 1, "a": 2}',
        b'{"a":1,"a":2}',
        b"Infinity",
        b"[1e999]",
        b'["\\ud800"]',
        b"{'a': 1}",
        b"\xef\xbb\xbf{}",
    ):
        with pytest.raises(IntegrityError):
            read_json(text, "it")


def test_public_keys_are_compared_by_what_they_are() -> None:
    one, other = generate_key().public, generate_key().public
    assert len({one, other, public_key_from_pem(one.pem)}) == 2
    assert isinstance(one, PublicKey)
