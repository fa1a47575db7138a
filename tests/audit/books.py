"""A small ledger to try things on: a gate of one policy, requests that come out each way, and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from release_gate import engine
from release_gate.audit.ledger import Appended, Ledger
from release_gate.audit.notes import NoteKey
from release_gate.audit.recorder import Recorder
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Trust
from release_gate.audit.view import View
from release_gate.decision import Decision
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.signing import PrivateKey, generate_key
from release_gate.source import read_document

ORIGIN = "example.org/releases"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)
DIGEST = "sha256:" + "ab" * 32
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {id: big, at: api_general, when: model.parameters > 1e9, deny: Too large}
  - {id: watch, at: weights_open, oblige: {duty: Watch}}
"""
REQUEST = """\
# as it was typed
release_gate: request/v1
id: %s
action: release
requester: {id: ada}
model: {name: Tiny, parameters: %s}
artifacts:
  - {id: api, kind: api, wanted: api_general, digest: "%s"}
  - {id: weights, kind: weights, wanted: weights_open}
"""


def held(view: View, digest: str) -> bytes:
    """Content that one of the records refers to."""
    found = (view.referred(row.seq, row.pack)(digest) for row in view.rows(packs=True))
    return next(data for data in found if data is not None)


@cache
def policy(text: str = POLICY, name: str = "policy.yaml") -> Policy:
    return policy_from_document(read_document(text, name))


@cache
def request(name: str = "tiny", parameters: str = "7") -> ReleaseRequest:
    text = REQUEST % (name, parameters, DIGEST)
    return ReleaseRequest.from_document(read_document(text, f"{name}.yaml"))


def decide(asked: ReleaseRequest, day: date = DAY, hypothetical: date | None = None) -> Decision:
    return engine.decide(asked, [policy()], day, hypothetical)


@dataclass
class Book:
    """A ledger, its keys, and its clock."""

    path: Path
    recorder: Recorder
    log_key: PrivateKey
    signer: PrivateKey
    time: datetime = NOW

    @classmethod
    def new(cls, folder: Path, *, signed: bool = True) -> Book:
        path = folder / "ledger.db"
        log_key, signer = generate_key("ed25519"), generate_key()
        ledger = Ledger(SqliteStore.create(path, ORIGIN))
        keys = {"log_key": log_key, "signer": signer} if signed else {}
        return cls(path, Recorder(ledger, [policy()], **keys), log_key, signer)  # type: ignore[arg-type]

    def record(self, name: str = "tiny", parameters: str = "7") -> Appended:
        self.time += timedelta(seconds=1)
        asked = request(name, parameters)
        return self.recorder.record(decide(asked), asked, self.time)

    @property
    def ledger(self) -> Ledger:
        return self.recorder.ledger

    @property
    def trust(self) -> Trust:
        return Trust((NoteKey(ORIGIN, 1, self.log_key.public),), (self.signer.public,))

    def close(self) -> None:
        self.ledger.store.close()
