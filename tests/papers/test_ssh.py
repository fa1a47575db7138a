"""SSH keys, as engineers have them: what OpenSSH signs is verified, and nothing else is."""

import base64
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.decision import Verdict
from release_gate.diagnostics import InputError, PolicyError
from release_gate.gate.statements import read_signer, sign_off
from release_gate.ssh import NAMESPACE, SshKey, SshSigner, read_allowed_signers

MESSAGE = b"a message\x00 of bytes"


def public(path: Path) -> str:
    return path.with_suffix(".pub").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", ["ed25519", "ecdsa"])
def test_what_openssh_signs_is_accepted_and_nothing_else(name: str, ssh_keys: dict[str, Path]) -> None:
    signature = SshSigner(ssh_keys[name]).sign(MESSAGE)
    key = SshKey.read(public(ssh_keys[name]))
    assert key.accepts(signature, MESSAGE)
    assert not key.accepts(signature, MESSAGE + b"x")
    assert not key.accepts(signature[:-1] + bytes([signature[-1] ^ 1]), MESSAGE)
    assert not key.accepts(b"", MESSAGE)
    assert not SshKey.read(public(ssh_keys["other"])).accepts(signature, MESSAGE)


def test_a_signature_for_another_purpose_is_none(ssh_keys: dict[str, Path]) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", "git", "-f", str(ssh_keys["ed25519"])]
    made = subprocess.run(command, input=MESSAGE, capture_output=True, check=True).stdout.decode()
    signature = base64.b64decode("".join(made.split("\n")[1:-2]))
    assert signature.startswith(b"SSHSIG")
    assert not SshKey.read(public(ssh_keys["ed25519"])).accepts(signature, MESSAGE)


def test_the_fingerprint_is_that_of_openssh(ssh_keys: dict[str, Path]) -> None:
    command = ["ssh-keygen", "-l", "-f", str(ssh_keys["ed25519"])]
    shown = subprocess.run(command, capture_output=True, check=True).stdout.decode().split()[1]
    assert SshKey.read(public(ssh_keys["ed25519"])).key_id == shown


@pytest.mark.parametrize(
    "text",
    ["", "x", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-ed25519 AAAA", "ssh-dss AAAAB3NzaC1kc3M=",
     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
     "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t",
     "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIA=="],
)  # fmt: skip
def test_what_is_no_key_of_ours_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="RG513"):
        SshKey.read(text)


def test_rsa_is_refused(ssh_keys: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="SSH keys of type `ssh-rsa` are not used here"):
        SshKey.read(public(ssh_keys["rsa"]))


def test_a_key_of_a_token_is_the_same_key_however_it_is_written() -> None:
    def text(part: bytes) -> bytes:
        return len(part).to_bytes(4) + part

    kind, key = b"sk-ssh-ed25519@openssh.com", bytes(32)
    blob = base64.b64encode(text(kind) + text(key) + text(b"ssh:")).decode()
    assert SshKey.read(f"{kind.decode()} {blob}").point == key


LINES: dict[str, tuple[str, str]] = {
    "a pattern": ("*@lab {key}", "is not a person and a key"),
    "two persons": ("ada,bob {key}", "is not a person and a key"),
    "a certificate authority": ("ada cert-authority {key}", "has the option `cert-authority`"),
    "another namespace": ('ada namespaces="git" {key}', "has the option `namespaces`"),
    "a time of day": ('ada valid-after="202601011200" {key}', "has the option `valid-after`"),
    "no day": ('ada valid-before="20261341" {key}', "has the option `valid-before`"),
    "nonsense": ("ada", "line 2 of `allowed_signers` is not a person and a key"),
}


@pytest.mark.parametrize(("line", "told"), LINES.values(), ids=LINES)
def test_lines_that_could_mean_more_than_one_person_are_refused(
    line: str, told: str, ssh_keys: dict[str, Path]
) -> None:
    text = "# comment\n" + line.format(key=public(ssh_keys["ed25519"]))
    with pytest.raises(InputError, match="RG513") as error:
        list(read_allowed_signers(text, "allowed_signers"))
    assert told in str(error.value)


def test_a_line_says_whose_key_it_is_and_for_how_long(ssh_keys: dict[str, Path]) -> None:
    options = f'namespaces="git,{NAMESPACE}",valid-after="20260101",valid-before="20270101"'
    (found,) = read_allowed_signers(f"\nada {options} {public(ssh_keys['ed25519'])}\n", "x")
    assert (found.person, found.first, found.last) == ("ada", date(2026, 1, 1), date(2026, 12, 31))


def test_people_sign_with_ssh_keys(project: Any, ssh_keys: dict[str, Path]) -> None:
    project.people["ada"] = {"roles": ["lead"], "keys": [{"ssh": public(ssh_keys["ed25519"])}]}
    project.people["bob"] = {"roles": ["lead"]}
    (project.folder / "allowed_signers").write_text(f"bob {public(ssh_keys['ecdsa'])}\n", encoding="utf-8")
    project.trust_file = {"allowed_signers": "allowed_signers"}
    project.keys = {
        **project.keys,
        "ada": read_signer(str(ssh_keys["ed25519"])),
        "bob": read_signer(str(ssh_keys["ecdsa"])),
    }
    project.sign("ada")
    project.sign("bob")
    decision = project.decide()
    assert decision.verdict is Verdict.APPROVE
    (project.folder / "allowed_signers").write_text(f"zoe {public(ssh_keys['ecdsa'])}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="`zoe` in `allowed_signers` is not among the people"):
        project.decide()
    (project.folder / "allowed_signers").write_text(f"bob {public(ssh_keys['ed25519'])}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="the same key is that of `ada` and of `bob`"):
        project.decide()
    (project.folder / "allowed_signers").unlink()
    with pytest.raises(PolicyError, match="cannot read"):
        project.decide()


def test_a_key_in_pem_and_as_an_ssh_key_is_one_key(project: Any) -> None:
    def text(part: bytes) -> bytes:
        return len(part).to_bytes(4) + part

    raw = project.keys["bob"].public.raw
    assert len(raw) == 32
    blob = base64.b64encode(text(b"ssh-ed25519") + text(raw)).decode()
    project.people["ada"]["keys"] = [{"ssh": f"ssh-ed25519 {blob}"}]
    with pytest.raises(PolicyError, match="RG511"):
        project.decide()


def test_a_key_that_cannot_sign_says_so(tmp_path: Path, ssh_keys: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="cannot read"):
        _ = SshSigner(tmp_path / "absent").public
    lost = tmp_path / "lost.pub"
    lost.write_text(public(ssh_keys["ed25519"]), encoding="utf-8")
    with pytest.raises(InputError, match="`ssh-keygen` did not sign"):
        SshSigner(lost).sign(MESSAGE)


def test_without_openssh_nothing_is_accepted(
    monkeypatch: pytest.MonkeyPatch, ssh_keys: dict[str, Path]
) -> None:
    signature = SshSigner(ssh_keys["ed25519"]).sign(MESSAGE)

    def absent(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("subprocess.run", absent)
    with pytest.raises(InputError, match="`ssh-keygen` cannot be run"):
        SshKey.read(public(ssh_keys["ed25519"])).accepts(signature, MESSAGE)


def test_a_pem_key_is_read_as_one(project: Any, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(project.keys["ada"].pem(), encoding="utf-8")
    request = project.request()
    said = {
        "person": "ada",
        "role": "lead",
        "word": "approve",
        "rung": "hosted",
        "on": "2026-11-20",
        "expires": None,
    }
    made = sign_off(request, request.artifacts[0], said, project.policies_digest(), read_signer(str(path)))
    project.keep(made, "ada")
    assert project.decide().artifacts[0].sign_offs[0].given == ("ada",)
