"""A project with a repository behind a gate, for tests: the policy, the form, the register."""

from pathlib import Path
from typing import Any

import pytest

from examples.practice_hub import TOKEN
from release_gate.cli import main
from release_gate.signing import generate_key

REPO = "acme/brief"
TERMS = "sha256:" + "a" * 64
DAY = ("--as-of", "2026-11-24")
POLICY = f"""\
release_gate: policy/v1
id: members
version: 1.0.0
title: Members
subject: access
covers: true
rules:
  - {{id: country, when: 'requester.country in ["KP"]', deny: "No access from {{requester.country}}."}}
  - {{id: grown-up, when: requester.age < 18, deny: Only adults may have it.}}
  - id: accepted
    require: '$any([a.text == "{TERMS}" for a in agreements])'
    because: The terms must be accepted.
  - id: commercial
    when: use.purpose == "product"
    sign_off: {{role: access-lead}}
    because: A word for a product.
  - id: broken-before
    when: '$any([h.kind == "breached" for h in history])'
    deny: The terms of an earlier grant were broken.
  - id: low-risk
    when: 'request.action != "request" and artifact.release.tier == "high"'
    deny: The risk is too high by now.
  - {{id: a-year, oblige: {{duty: Ask again, expires: P1Y, scope: [research]}}}}
"""
GATE = f"""\
release_gate: gate/v1
policies: [policy.yaml]
access:
  {REPO}:
    facts:
      artifacts: [{{id: weights, kind: weights, release: {{verdict: conditional, tier: low}}}}]
    form:
      Country: requester.country
      Date of birth: {{fact: requester.age, as: birth_date}}
      Affiliation: requester.organisation
      I accept the terms: {{agreement: "{TERMS}"}}
      For what: {{fact: use.purpose, answers: {{Study: research, Sale: product}}}}
    grants: grants.jsonl
"""
GOOD: dict[str, Any] = {
    "Country": "DE",
    "Date of birth": "1990-05-17",
    "Affiliation": "Uni Ulm",
    "I accept the terms": True,
    "For what": "Study",
}


class Office:
    """A folder with a gate, and the command in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], url: str = "") -> None:
        self.folder, self.capsys, self.url = folder, capsys, url
        self.write("policy.yaml", POLICY)
        self.write("release-gate.yaml", GATE)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def trust(self, person: str, role: str) -> None:
        """Somebody has a key and a role, and signs into `sign-offs`."""
        key = generate_key()
        self.write(f"{person}.pem", key.pem())
        self.write(f"{person}.pub.pem", key.public.pem)
        (self.folder / "sign-offs").mkdir()
        people = f"{{{person}: {{roles: [{role}], keys: [{person}.pub.pem]}}}}"
        self.write("trust.yaml", f"release_gate: trust/v1\npeople: {people}\n")
        self.change("release-gate.yaml", "access:\n", "trust: trust.yaml\nsign_offs: sign-offs\naccess:\n")

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run `release-gate`, and return its exit code and what it printed."""
        with pytest.raises(SystemExit) as stop:
            main([*arguments])
        out, err = self.capsys.readouterr()
        assert TOKEN not in out + err
        return int(stop.value.code or 0), out, err

    def access(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a command about access, on the day of the tests."""
        return self.run("access", command, *arguments, *DAY)

    def hub(self, command: str, *arguments: str) -> tuple[int, str, str]:
        """Run a command that talks to the hub."""
        return self.access(command, REPO, *arguments, "--endpoint", self.url)

    @property
    def lines(self) -> list[str]:
        """The lines of the register."""
        path = self.folder / "grants.jsonl"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
