"""Every way to change what was sealed and who signed, in what was recorded: detected, and called by its name.

What may be done with the files of sign-offs before anything is recorded is in the tests of papers, and what
may be done with disclosures is in those of redaction.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release_gate import engine
from release_gate.audit.disclosures import Kept, all_disclosures
from release_gate.audit.ledger import entries
from release_gate.audit.notes import Checkpoint
from release_gate.audit.record import Draft
from release_gate.audit.recorded_papers import record_papers
from release_gate.audit.recorder import Recorder
from release_gate.audit.replay import Outcome, replay
from release_gate.audit.sensitive import Sensitive
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Report, verify_log
from release_gate.canonical import canonical_bytes

from .books import DAY, NOW, Book, decide, held, policy, request
from .test_replay import ASKS, _papers
from .test_tampering import Copy

Found = set[tuple[int, str]]


@dataclass
class Recorded:
    """A ledger in the hands of somebody who owns it, and what is kept elsewhere."""

    copy: Copy
    kept: Kept

    def body(self, seq: int = 0) -> Any:
        return json.loads(self.copy.rows()[seq])

    def content(self, name: str) -> Any:
        store = SqliteStore.open(self.copy.path)
        data = held(store, name)
        store.close()
        return json.loads(data)

    def rewrite(self, change: Callable[[dict[str, Any]], object], seq: int = 0) -> None:
        """Change a record, and make the chain whole again."""
        self.copy.rewrite(lambda at, body: change(body) if at == seq else None)  # type: ignore[arg-type]

    def verify(self) -> Report:
        store = SqliteStore.open(self.copy.path)
        given = list(all_disclosures(self.kept.place)) if self.kept.place.exists() else None
        try:
            return verify_log(store, self.copy.book.trust, [self.copy.outside], given=given)
        finally:
            store.close()

    def replayed(self) -> Outcome:
        store = SqliteStore.open(self.copy.path)
        try:
            return replay(store, next(entries(store)), self.kept).outcome
        finally:
            store.close()


@pytest.fixture
def sealed(tmp_path: Path) -> Recorded:
    """Two decisions with sealed fields, and the record of an erasure."""
    book, kept = Book.new(tmp_path), Kept(tmp_path / "apart")
    sensitive = Sensitive.of(["requester", "model.parameters"])
    recorder = Recorder(
        book.ledger, [policy()], log_key=book.log_key, signer=book.signer, sealing=(sensitive, kept)
    )
    for name in ("one", "two"):
        recorder.record(decide(request(name)), request(name), NOW)
    body = {
        "kind": "redaction",
        "on": DAY.isoformat(),
        "request": {"id": "one"},
        "of": 0,
        "fields": ["title"],
    }
    added = book.ledger.append([Draft(body)], NOW, book.log_key)
    book.close()
    return Recorded(Copy(book.path, book, added.checkpoint), kept)


@pytest.fixture
def signed(tmp_path: Path) -> Recorded:
    """A decision that rests on a sign-off and a waiver."""
    book = Book.new(tmp_path)
    asked, asks = request("tiny", "7"), policy(ASKS, "asks.yaml")
    papers = _papers(asked, asks)
    file = tmp_path / "signed.json"
    file.write_text('{"payload": "as it was signed"}')
    recorder = Recorder(
        book.ledger, [asks], log_key=book.log_key, signer=book.signer, papers=record_papers(papers, [file])
    )
    added = recorder.record(engine.decide(asked, [asks], DAY, None, papers), asked, NOW)
    book.close()
    return Recorded(Copy(book.path, book, added.checkpoint), Kept(tmp_path / "apart"))


def _open_value(it: Recorded) -> None:
    """A value that was never stated, in the open, in place of the sealed one."""
    tree = it.content(it.body()["request"]["tree"])
    tree["requester"] = {"id": "somebody"}
    name = it.copy.put(canonical_bytes(tree))
    it.rewrite(lambda body: body["request"].update(tree=name))


def _tree_of_another(it: Recorded) -> None:
    other = it.body(1)["request"]["tree"]
    it.copy.share(other)
    it.rewrite(lambda body: body["request"].update(tree=other))


def _seal_in_tree_and_decision(it: Recorded) -> None:
    """Another seal in the request, and a decision that goes with it."""
    body = it.body()
    tree, decision = it.content(body["request"]["tree"]), it.content(body["decision"])
    tree["requester"] = {"sealed": "sha256:" + "0" * 64}
    name = it.copy.put(canonical_bytes(tree))
    decision["request"]["digest"] = name
    made_up = it.copy.put(canonical_bytes(decision))

    def change(told: dict[str, Any]) -> None:
        told["request"]["tree"], told["decision"] = name, made_up

    it.rewrite(change)


SEALED: dict[str, tuple[Callable[[Recorded], object], tuple[int, str]]] = {
    "a sealed value is opened to another one": (_open_value, (7, "RG719")),
    "the request is that of another record": (_tree_of_another, (7, "RG719")),
    "a seal is exchanged": (_seal_in_tree_and_decision, (11, "RG743")),
    "a seal is exchanged, and was attested": (_seal_in_tree_and_decision, (8, "RG723")),
    "the record takes another name for its seals": (
        lambda it: it.rewrite(lambda body: body.update(seal="0" * 32)), (11, "RG743"),
    ),
    "the record says that nothing is sealed": (
        lambda it: it.rewrite(lambda body: body.pop("seal")), (11, "RG743"),
    ),
    "a record takes the seals of another": (
        lambda it: it.rewrite(lambda body: body.update(seal=it.body(1)["seal"])), (11, "RG743"),
    ),
    "sealed content is edited": (
        lambda it: it.copy.repack(0, lambda parts: parts.update(
            {name: part.replace(b"sealed", b"SEALED") for name, part in parts.items()}
        )),
        (6, "RG719"),
    ),
    "the record of an erasure is cut off": (
        lambda it: it.copy.run("DELETE FROM records WHERE seq = 2"),
        (10, "RG714"),
    ),
    "the record of an erasure names another field": (
        lambda it: it.rewrite(lambda body: body.update(fields=["model"]), 2), (9, "RG715"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEALED)
def test_tampering_with_what_is_sealed_is_detected_and_named(name: str, sealed: Recorded) -> None:
    assert sealed.verify().problems == []
    tamper, expected = SEALED[name]
    tamper(sealed)
    named = {(each.step, each.found.code) for each in sealed.verify().problems}
    assert expected in named


def _another_signer(it: Recorded) -> None:
    """Somebody else has signed, it now says."""
    applied = it.content(it.body()["papers"]["applied"])
    applied["signed"][0]["said"]["person"] = applied["signed"][0]["standing"]["person"] = "mallory"
    name = it.copy.put(canonical_bytes(applied))
    it.rewrite(lambda body: body["papers"].update(applied=name))


def _no_signature(it: Recorded) -> None:
    applied = it.content(it.body()["papers"]["applied"])
    applied["signed"] = []
    name = it.copy.put(canonical_bytes(applied))
    it.rewrite(lambda body: body["papers"].update(applied=name))


def _in_the_request(it: Recorded) -> None:
    """A sign-off that nobody gave, in the request."""
    tree = it.content(it.body()["request"]["tree"])
    tree["sign_offs"] = [
        {"person": "mallory", "role": "lead", "word": "approve", "artifact": "api", "rung": "api_general",
         "on": "2026-11-01"}
    ]  # fmt: skip
    name = it.copy.put(canonical_bytes(tree))
    it.rewrite(lambda body: body["request"].update(tree=name))


def _longer(it: Recorded) -> None:
    """A waiver that holds for longer."""
    applied = it.content(it.body()["papers"]["applied"])
    applied["waivers"][0]["said"]["expires"] = "2030-01-01"
    name = it.copy.put(canonical_bytes(applied))
    it.rewrite(lambda body: body["papers"].update(applied=name))


SIGN_OFFS: dict[str, tuple[Callable[[Recorded], object], tuple[int, str], Outcome]] = {
    # how, the step that finds it, and what a replay says
    "a signed file is edited": (
        lambda it: it.copy.run(
            "UPDATE shared SET data = CAST(replace(data, 'as it was signed', 'otherwise') AS BLOB)"
        ),
        (6, "RG719"),
        Outcome.IDENTICAL,
    ),
    "a signed file is removed": (
        lambda it: it.copy.run(
            ("DELETE FROM shared WHERE digest = ?", (it.body()["papers"]["text"][0],))
        ),
        (6, "RG718"),
        Outcome.IDENTICAL,
    ),
    "a signed file is no longer named": (
        lambda it: it.rewrite(lambda body: body["papers"].update(text=[])), (9, "RG715"), Outcome.IDENTICAL,
    ),
    "somebody else has signed": (_another_signer, (9, "RG715"), Outcome.DIVERGED),
    "nobody has signed": (_no_signature, (9, "RG715"), Outcome.DIVERGED),
    "no papers are named": (
        lambda it: it.rewrite(lambda body: body.pop("papers")), (9, "RG715"), Outcome.DIVERGED,
    ),
    "a sign-off is put into the request": (_in_the_request, (7, "RG719"), Outcome.DIVERGED),
    "a waiver is made to hold for longer": (_longer, (9, "RG715"), Outcome.DIVERGED),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGN_OFFS)
def test_tampering_with_who_signed_is_detected_and_named(name: str, signed: Recorded) -> None:
    assert signed.verify().problems == []
    assert signed.replayed() is Outcome.IDENTICAL
    tamper, expected, outcome = SIGN_OFFS[name]
    tamper(signed)
    named = {(each.step, each.found.code) for each in signed.verify().problems}
    assert expected in named
    assert signed.replayed() is outcome


def test_a_foreign_key_of_the_log_is_told_for_these_too(sealed: Recorded) -> None:
    sealed.copy.outside = Checkpoint("example.org/other", 3, sealed.copy.outside.root)
    assert (10, "RG716") in {(each.step, each.found.code) for each in sealed.verify().problems}
