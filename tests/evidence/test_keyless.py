"""Signatures in the name of an account, verified offline against a trusted root."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from release_gate.cli import main
from release_gate.diagnostics import InputError
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected
from release_gate.evidence.keyless import Account, Keyless, read_keyless
from release_gate.gate.gate import Gate
from tests.evidence.files import write
from tests.evidence.keyless_fake import SIGNED, FakeSigstore

pytest.importorskip("sigstore", reason="pip install 'model-release-gate[sigstore]'")

ANN, ISSUER = "ann@example.org", "https://accounts.example"
PREDICATE = "https://model_signing/signature/v1.0"
SIGSTORE, OTHER = FakeSigstore(), FakeSigstore()
FILES = {"config.json": "{}", "notes.txt": "hello"}
Bundle = dict[str, Any]


def statement(files: dict[str, str], kind: str = PREDICATE) -> bytes:
    """What OpenSSF model signing signs."""
    resources = [
        {"name": name, "algorithm": "sha256", "digest": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in files.items()
    ]
    tree = {"_type": "https://in-toto.io/Statement/v1", "predicateType": kind}
    return json.dumps({**tree, "predicate": {"resources": resources}}).encode()


def signed(payload: bytes = statement(FILES), identity: str = ANN, issuer: str = ISSUER) -> Bundle:
    return SIGSTORE.bundle(payload, identity, issuer)


def keyless(tmp_path: Path, *accounts: Account) -> Keyless:
    root = tmp_path / "root.json"
    root.write_text(SIGSTORE.root, encoding="utf-8")
    return read_keyless(root, accounts or [Account("https://x.example", ANN), Account(ISSUER, ANN)])


def read(tmp_path: Path, bundle: Bundle, *accounts: Account) -> Collected:
    folder = write(tmp_path / "m", {**FILES, "model.sig": json.dumps(bundle)})
    return collect([folder], keyless=keyless(tmp_path, *accounts))


def evidence(found: Collected) -> Any:
    (value,) = [each.value for each in found.subjects[0].found if each.path == "evidence"]
    return value


def test_what_an_account_that_may_sign_has_signed_holds(tmp_path: Path) -> None:
    found = read(tmp_path, signed())
    assert found.problems == ()
    assert evidence(found)["state"] == "pass"
    assert evidence(found)["producer"] == f"{ANN} ({ISSUER})"
    assert evidence(found)["on"] == found.subjects[0].manifest.digest


def changed(change: Callable[[Bundle], object]) -> Callable[[], Bundle]:
    def made() -> Bundle:
        bundle = signed()
        change(bundle)
        return bundle

    return made


def entry(bundle: Bundle) -> Any:
    return bundle["verificationMaterial"]["tlogEntries"][0]


def other_payload(bundle: Bundle) -> None:
    bundle["dsseEnvelope"]["payload"] = signed(statement({"a": ""}))["dsseEnvelope"]["payload"]


def other_certificate(bundle: Bundle) -> None:
    certificate = signed()["verificationMaterial"]["certificate"]
    bundle["verificationMaterial"]["certificate"] = certificate


REFUSED: dict[str, Callable[[], Bundle]] = {
    "by another account": lambda: signed(identity="eve@example.org"),
    "by an account of another provider": lambda: signed(issuer="https://evil.example"),
    "by another Sigstore": lambda: OTHER.bundle(statement(FILES), ANN, ISSUER),
    "after the certificate has ended": lambda: SIGSTORE.bundle(
        statement(FILES), ANN, ISSUER, SIGNED + timedelta(hours=1)
    ),
    "over other bytes": changed(other_payload),
    "with the certificate of another signature": changed(other_certificate),
    "without the promise of the log": changed(lambda bundle: entry(bundle).pop("inclusionPromise")),
    "without the proof of the log": changed(lambda bundle: entry(bundle).pop("inclusionProof")),
    "with another time": changed(lambda bundle: entry(bundle).update(integratedTime="1")),
    "with a log entry of another signature": changed(
        lambda bundle: entry(bundle).update(entry(signed(statement({"a": ""}))))
    ),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_what_does_not_verify_is_no_pass(tmp_path: Path, made: Callable[[], Bundle]) -> None:
    found = read(tmp_path, made())
    assert evidence(found)["state"] == "fail"
    assert [each.code for each in found.problems] == ["RG640"]
    assert "no account that may sign has signed it" in found.problems[0].message


def test_other_files_than_those_that_were_signed_fail(tmp_path: Path) -> None:
    found = read(tmp_path, signed(statement({**FILES, "notes.txt": "hullo"})))
    assert evidence(found)["state"] == "fail"
    assert "it does not cover `notes.txt` as here" in found.problems[0].message


def test_another_kind_of_statement_fails(tmp_path: Path) -> None:
    found = read(tmp_path, signed(statement(FILES, "https://slsa.dev/provenance/v1")))
    assert "it signs another kind of statement" in found.problems[0].message


def test_another_kind_of_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        keyless(tmp_path).verify(json.dumps(signed()).encode(), "text/plain")
    assert "the envelope holds `application/vnd.in-toto+json`" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"mediaType": "x"}'])
def test_a_trusted_root_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "root.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_keyless(path, [Account(ISSUER, ANN)])
    assert caught.value.diagnostics[0].code == "RG642"


def test_the_command_and_the_gate_file_say_whom_they_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read(tmp_path, signed())
    monkeypatch.chdir(tmp_path)
    root = ["--sigstore-root", "root.json"]
    for arguments, code, told in (
        ([*root, "--signer", ISSUER, ANN], 0, "(pass)"),
        ([*root, "--signer", ISSUER, "eve@example.org"], 0, "(fail)"),
        (root, 2, "go together"),
        (["--signer", ISSUER, ANN], 2, "go together"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["collect", "m", *arguments])
        said = capsys.readouterr()
        assert (stop.value.code, told in said.out + said.err) == (code, True)
    signers = f"signers: [{{issuer: '{ISSUER}', identity: '{ANN}'}}]"
    Path("release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [{pack: license-lineage}]\n"
        f"evidence: {{folders: [m], sigstore: {{root: root.json, {signers}}}}}\n",
        encoding="utf-8",
    )
    gate = Gate.load("release-gate.yaml")
    assert gate.evidence is not None
    assert evidence(gate.evidence)["state"] == "pass"
