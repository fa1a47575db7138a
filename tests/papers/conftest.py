"""A project with a trust file, in which persons sign with real keys."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.decision import Decision
from release_gate.envelope import Envelope
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.statements import sign_off, sign_waiver
from release_gate.signing import PrivateKey, generate_key

DAY = date(2026, 11, 24)
DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: people, at: internal, sign_off: {role: lead, count: 2, not: [requester]}, because: Two people look}
  - {id: card, at: internal, require: document.model_card.status >= "ready", because: A card is needed,
     waivable: {by: board, for: P90D}}
  - {id: never, at: internal, when: model.parameters > 1e12, deny: Too large}
"""
REQUEST: dict[str, Any] = {
    "release_gate": "request/v1",
    "id": "small",
    "action": "release",
    "requester": {"id": "eve"},
    "model": {"name": "M", "parameters": 7},
    "document": {"model_card": {"status": "ready"}},
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted", "digest": DIGEST}],
    "lineage": [],
}
WAIVER: dict[str, Any] = {
    "id": "later",
    "rule": "own/card",
    "model": "M",
    "artifact": "w",
    "digest": DIGEST,
    "rung": "hosted",
    "reason": "The card is being written",
    "ticket": "REL-1",
    "owner": "ada",
    "expires": "2026-12-24",
}
ROLES: dict[str, list[Any]] = {
    "ada": ["lead"],
    "bob": [{"role": "lead", "from": "2026-01-01", "until": "2026-12-31"}],
    "cy": ["board", "lead"],
    "eve": ["lead", "board"],
}


@dataclass
class Project:
    """A folder with a gate file, and the keys of persons."""

    folder: Path
    keys: dict[str, PrivateKey]
    people: dict[str, Any] = field(default_factory=dict)
    gate_file: dict[str, Any] = field(default_factory=dict)
    trust_file: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        """Write the gate file and the trust file. JSON is YAML."""
        gate = {
            "release_gate": "gate/v1",
            "policies": ["policy.yaml"],
            "trust": "trust.yaml",
            "sign_offs": "sign-offs",
            **self.gate_file,
        }
        gate = {key: value for key, value in gate.items() if value is not None}
        self.put("release-gate.yaml", gate)
        self.put("trust.yaml", {"release_gate": "trust/v1", "people": self.people, **self.trust_file})

    def put(self, name: str, tree: Any) -> None:
        """Write a file."""
        (self.folder / name).write_text(json.dumps(tree), encoding="utf-8")

    def request(self, **changes: Any) -> ReleaseRequest:
        """A request."""
        return ReleaseRequest.model_validate({**REQUEST, **changes})

    def decide(self, request: ReleaseRequest | None = None, as_of: date = DAY) -> Decision:
        """What the gate says."""
        self.write()
        gate = Gate.load(self.folder / "release-gate.yaml")
        return gate.decide(request or self.request(), as_of=as_of)

    def sign(self, person: str, *, key: str = "", request: ReleaseRequest | None = None, **said: Any) -> Path:
        """Sign off. What is not said is what counts."""
        asked = request or self.request()
        self.write()
        digest = said.pop("policies", self.policies_digest())
        all_ = {
            "person": person, "role": "lead", "word": "approve", "rung": "hosted", "on": "2026-11-20",
            "expires": None, **said,
        }  # fmt: skip
        envelope = sign_off(asked, asked.artifacts[0], all_, digest, self.keys[key or person])
        return self.keep(envelope, f"{person}-{key}-{all_['word']}")

    def keep(self, envelope: Envelope, name: str) -> Path:
        """Put an envelope where the gate finds it."""
        path = self.folder / "sign-offs" / f"{name}.json"
        path.write_bytes(envelope.to_json())
        return path

    def policies_digest(self) -> str:
        """The digest of the policies in force."""
        gate = Gate.from_policies([self.folder / "policy.yaml"])
        return gate.decide(self.request(), as_of=DAY).policies_digest

    def waive(self, person: str = "cy", on: date = DAY, key: str = "", **changes: Any) -> None:
        """Write a waiver, and sign it."""
        waiver = {**WAIVER, **changes}
        self.gate_file["waivers"] = "waivers.yaml"
        self.put("waivers.yaml", {"release_gate": "waivers/v1", "waivers": [waiver]})
        if person:
            self.keep(sign_waiver(waiver, person, on, self.keys[key or person]), f"waiver-{person}")

    def tamper(self, path: Path, change: Callable[[dict[str, Any]], None]) -> None:
        """Change what an envelope says, and leave its signature."""
        tree = json.loads(path.read_bytes())
        payload = json.loads(base64.b64decode(tree["payload"]))
        change(payload)
        tree["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
        path.write_text(json.dumps(tree), encoding="utf-8")


@pytest.fixture(scope="session")
def keys() -> dict[str, PrivateKey]:
    """A key for each person, and one of nobody. Both algorithms."""
    return {
        name: generate_key("ed25519" if number % 2 else "ecdsa-p256")
        for number, name in enumerate([*ROLES, "nobody", "ada-2"])
    }


@pytest.fixture
def project(tmp_path: Path, keys: dict[str, PrivateKey]) -> Project:
    """A project in which everybody has one key."""
    (tmp_path / "sign-offs").mkdir()
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    people = {
        name: {"roles": roles, "keys": [{"pem": keys[name].public.pem}]} for name, roles in ROLES.items()
    }
    return Project(tmp_path, keys, people)


@pytest.fixture(scope="session")
def ssh_keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """SSH keys, made by OpenSSH."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not installed")
    folder = tmp_path_factory.mktemp("ssh")
    kinds = {"ed25519": "ed25519", "ecdsa": "ecdsa", "other": "ed25519", "rsa": "rsa"}
    for name, kind in kinds.items():
        command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name}@lab", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    return {name: folder / name for name in kinds}
