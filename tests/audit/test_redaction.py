"""Sensitive fields: the record shows nothing of them, one can be shown and verified, and erased is erased."""

import hashlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from release_gate.audit.attestation import Expected, verify_attestation
from release_gate.audit.bundle import Bundle
from release_gate.audit.candidates import Candidates
from release_gate.audit.disclosures import Kept, all_disclosures, read_disclosures, to_json
from release_gate.audit.ledger import Ledger, entries
from release_gate.audit.lifecycle import Event, event_draft
from release_gate.audit.opening import open_record, sealed_in, seen_by
from release_gate.audit.record import Record
from release_gate.audit.recorded_papers import NO_PAPERS_USED, record_papers
from release_gate.audit.recorder import Recorder, record_event
from release_gate.audit.replay import Outcome, again, flips, replay
from release_gate.audit.sealed import Disclosure, Disclosures, Erased, Sealer, field_of, opened, pointer
from release_gate.audit.sensitive import Sensitive
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Report, Trust, verify_log
from release_gate.audit.view import fetching
from release_gate.canonical import digest
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.policy.load import policy_from_document
from release_gate.policy.papers import Papers
from release_gate.source import read_document

from .books import DAY, NOW, Book, policy

ROOT = Path(__file__).parents[2]
REQUESTS = sorted(
    file for file in (ROOT / "examples").rglob("*.yaml") if "release_gate: request/v1" in file.read_text()
)[::7]
SECRET = """\
release_gate: request/v1
id: secret
action: release
title: For Aurora Clinics
requester: {id: ada.lovelace, organisation: Aurora Clinics}
model: {name: Nightingale, parameters: 7e9, languages: [cy]}
own: {ward: oncology}
data: {sources: [{name: patients-of-aurora, license: MIT, pii: true}]}
lineage: [{parent: florence, license: Apache-2.0}]
variants: {small: {model: {parameters: 123456789}}}
artifacts:
  - {id: api, kind: api, wanted: api_general, digest: "sha256:%s"}
  - {id: tiny, kind: api, wanted: api_general, variant: small}
""" % ("ab" * 32)
TELLS = """\
release_gate: policy/v1
id: tells
version: 1.0.0
title: Tells what it reads
covers: true
facts: {own: {ward: {choices: [oncology, surgery]}}}
rules:
  - {id: big, at: api_general, when: model.parameters > 1e9, deny: "{model.name} has {model.parameters}"}
  - {id: fixed, at: hosted, when: own.ward == "oncology", deny: Not there., fix: "Ask {requester.id}."}
  - id: sources
    at: hosted
    require: '$any([s.terms.share_alike for s in data.sources])'
    because: "{s.name} is of patients."
  - {id: upstream, at: hosted, when: '$any([p.terms.notice == "x" for p in lineage])', deny: "{p.name}"}
  - {id: lead, at: hosted, sign_off: {role: lead}}
  - {id: watch, at: hosted, oblige: {duty: Watch, owner: eve}}
"""
FIELDS = (
    "requester", "title", "model.name", "model.parameters", "own.ward", "data.sources.name", "lineage",
    "model.languages",
)  # fmt: skip
WORDS = (
    "ada.lovelace",
    "Aurora",
    "aurora",
    "Nightingale",
    "7000000000",
    "123456789",
    "oncology",
    "florence",
)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "apart")


def asked(text: str = SECRET, name: str = "secret.yaml") -> ReleaseRequest:
    return ReleaseRequest.from_document(read_document(text, name))


def sealing(book: Book, kept: Kept, *fields: str, text: str = TELLS, papers: Any = None) -> Recorder:
    policies = Gate([policy_from_document(read_document(text, "tells.yaml"))]).policies
    return Recorder(
        book.ledger,
        policies,
        log_key=book.log_key,
        signer=book.signer,
        papers=papers or NO_PAPERS_USED,
        sealing=(Sensitive.of(fields), kept),
    )


def record(recorder: Recorder, request: ReleaseRequest, now: datetime = NOW) -> Record:
    gate = Gate(recorder.words)
    return recorder.record(gate.decide(request, as_of=DAY), request, now).records[0]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book.new(tmp_path)
    yield made
    made.close()


@pytest.fixture
def one(book: Book, kept: Kept) -> Record:
    return record(sealing(book, kept, *FIELDS), asked())


def everything(book: Book, found: Record) -> str:
    """All that the ledger says in a record, its content and its attestations, but for the policies."""
    store, policies = book.ledger.store, json.dumps(found.body["policies"])
    texts = [found.data.decode()]
    for name in found.refers_to:
        if name not in policies:
            data = fetching(store, found)(name)
            texts.append(data.decode())
            if name in found.body["attestations"]:
                from base64 import b64decode

                texts.append(b64decode(json.loads(data)["payload"]).decode())
    return "\n".join(texts)


# ---------------------------------------------------------------- nothing shows


def test_the_record_shows_no_sensitive_value_anywhere(book: Book, one: Record) -> None:
    told = everything(book, one)
    assert [word for word in WORDS if word in told] == []
    assert '"verdict":"deny"' in told
    assert "Watch" in told
    # What names none of them stays readable.
    assert "MIT" in told


def test_no_digest_is_left_by_which_a_value_could_be_guessed(book: Book, one: Record) -> None:
    """Digests of the request, its proposal and the decision are over few unknowns, which can be tried."""
    told = everything(book, one)
    request = asked()
    decision = Gate([policy_from_document(read_document(TELLS, "tells.yaml"))]).decide(request, as_of=DAY)
    of_text = "sha256:" + hashlib.sha256(SECRET.encode()).hexdigest()
    for name in (request.digest, request.proposal_digest, decision.digest, of_text):
        assert name.removeprefix("sha256:") not in told


def test_a_dictionary_does_not_find_a_value_of_few_choices(book: Book, one: Record) -> None:
    body = json.loads(fetching(book.ledger.store, one)(one.body["request"]["tree"]))
    mark = body["own"]["ward"]["sealed"]
    place = "/request/tree/own/ward"
    words = ["oncology", "surgery", *map(str, range(500))]
    guesses = [[word] for word in words] + [[place, word] for word in words]
    guesses += [[one.body["seal"], place, salt, word] for word, salt in product(words, ("", "00" * 32))]
    assert mark not in {digest(each) for each in guesses} | {digest(word) for word in words}
    again_ = {Sealer()(place, "oncology")["sealed"] for _ in range(50)}
    assert len(again_) == 50


def test_a_salt_has_256_random_bits_and_none_is_used_twice(kept: Kept, book: Book) -> None:
    recorder = sealing(book, kept, *FIELDS)
    for number in range(3):
        record(recorder, asked(), NOW + timedelta(seconds=number))
    salts = [each.salt for found in all_disclosures(kept.place) for each in found.all]
    assert len(salts) > 60
    assert len(set(salts)) == len(salts)
    assert {len(salt) for salt in salts} == {64}


@pytest.mark.parametrize(
    "section",
    [
        "model",
        "compute",
        "data",
        "lineage",
        "capability",
        "metric",
        "safeguards",
        "evidence",
        "document",
        "artifacts.license",
        "artifacts.terms",
        "sources",
        "developer",
    ],
)
@pytest.mark.parametrize("file", REQUESTS, ids=lambda file: file.stem)
def test_whatever_is_sensitive_in_a_real_request_comes_back_whole_and_shows_nowhere(
    file: Path, section: str, book: Book, kept: Kept
) -> None:
    request = ReleaseRequest.load(file)
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    recorder = Recorder(book.ledger, gate.policies, sealing=(Sensitive.of([section]), kept))
    decision = gate.decide(request, as_of=DAY)
    found = recorder.record(decision, request, NOW).records[0]
    assert replay(book.ledger.store, found, kept).outcome is Outcome.IDENTICAL
    told = everything(book, found)
    in_section, elsewhere = words_of(request.tree, section)
    assert [word for word in in_section - elsewhere if word in told] == []
    assert verify_log(book.ledger.store, Trust(), given=list(all_disclosures(kept.place))).holds


def words_of(tree: Any, section: str) -> tuple[set[str], set[str]]:
    """The longer texts that are in a section, and those that are elsewhere."""
    names = tuple(section.split("."))
    inside: set[str] = set()
    outside: list[str] = []

    def walk(value: Any, place: str) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                outside.append(name)
                walk(item, place + pointer(name))
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                walk(item, place + pointer(index))
        elif (field_of("/request/tree" + place) or ())[: len(names)] == names:
            if isinstance(value, str) and len(value) > 6:
                inside.add(value)
        else:
            outside.append(str(value))

    walk(tree, "")
    texts = " ".join([*outside, *(each.read_text() for each in (ROOT / "policies").rglob("*.yaml"))])
    return inside, {word for word in inside if word in texts}


# ---------------------------------------------------------------- it comes back


def test_with_its_disclosures_a_record_is_decided_again_byte_for_byte(
    book: Book, kept: Kept, one: Record
) -> None:
    assert replay(book.ledger.store, one, kept).outcome is Outcome.IDENTICAL
    decision, request = again(book.ledger.store, one, kept)
    assert request.requester.id.value == "ada.lovelace"
    assert decision.artifacts[0].findings[0].facts[0].where is not None


def test_without_them_a_replay_says_so_and_neither_passes_nor_fails(
    book: Book, kept: Kept, one: Record
) -> None:
    for nothing in (None, Kept(kept.place / "elsewhere")):
        found = replay(book.ledger.store, one, nothing)
        assert found.outcome is Outcome.ERASED
        assert "were erased or not disclosed" in found.because
    with pytest.raises(Erased):
        list(flips(book.ledger.store, one, Candidates((policy(),))))
    with pytest.raises(Erased):
        again(book.ledger.store, one)


def test_a_sealed_request_is_never_judged_as_if_a_fact_were_absent(book: Book, one: Record) -> None:
    tree = json.loads(fetching(book.ledger.store, one)(one.body["request"]["tree"]))
    with pytest.raises(InputError) as error:
        ReleaseRequest.model_validate(tree)
    assert any("unknown key `sealed`" in each.message for each in error.value.diagnostics)
    # Even where any key may stand, the value is none that a policy takes.
    stated: Any = asked().tree
    tree = {**stated, "own": {"ward": tree["own"]["ward"]}}
    request = ReleaseRequest.model_validate(tree)
    with pytest.raises(InputError, match="unknown key `sealed`"):
        Gate([policy_from_document(read_document(TELLS, "tells.yaml"))]).decide(request, as_of=DAY)


def test_what_only_looks_sealed_is_sealed_too(book: Book, kept: Kept) -> None:
    text = SECRET.replace("own: {ward: oncology}", "own: {other: {sealed: x}}")
    found = record(sealing(book, kept, "title"), asked(text))
    assert replay(book.ledger.store, found, kept).outcome is Outcome.IDENTICAL
    _, request = again(book.ledger.store, found, kept)
    found_: Any = request.tree
    assert found_["own"] == {"other": {"sealed": "x"}}
    assert verify_log(book.ledger.store, book.trust).holds


def test_the_attestation_of_a_sealed_record_is_of_what_is_recorded(
    book: Book, kept: Kept, one: Record
) -> None:
    report = verify_log(book.ledger.store, book.trust)
    assert report.problems == []
    assert report.not_checked[11] == "1 record has sealed fields, and nothing was disclosed"
    envelope = fetching(book.ledger.store, one)(one.body["attestations"][0])
    told = verify_attestation(envelope, [book.signer.public], Expected(str(one.decision)))
    assert told.verdict == "deny"


def test_who_signed_is_sealed_with_the_digest_of_the_request_that_they_signed(
    book: Book, kept: Kept, tmp_path: Path
) -> None:
    request = asked()
    sign_off = {
        "person": "eve",
        "role": "lead",
        "word": "approve",
        "artifact": "api",
        "rung": "api_general",
        "on": "2026-11-20",
        "request": request.proposal_digest,
    }
    text = SECRET + f"sign_offs: [{json.dumps(sign_off)}]\n"
    file = tmp_path / "trust.yaml"
    file.write_text("signed for " + request.proposal_digest)
    papers = record_papers(
        Papers(signed=(), unsigned_count=True, waivers=(), trust="sha256:" + "0" * 64), [file, file]
    )
    recorder = sealing(book, kept, "title", papers=papers)
    decision = Gate(recorder.words).decide(asked(text), as_of=DAY)
    found = recorder.record(decision, asked(text), NOW).records[0]
    assert request.proposal_digest.removeprefix("sha256:") not in everything(book, found)
    opened_, get = open_record(found, fetching(book.ledger.store, found), kept.find(str(found.body["seal"])))
    told: Any = opened_.body["papers"]
    assert get(told["text"][1]) == file.read_bytes()
    assert opened_.decision == decision.digest


def test_a_request_that_was_no_file_and_a_section_in_two_variants(book: Book, kept: Kept) -> None:
    request = ReleaseRequest.model_validate(asked().tree)
    found = record(sealing(book, kept, "model.parameters"), request)
    assert "123456789" not in everything(book, found)
    assert "Nightingale" in everything(book, found)
    assert replay(book.ledger.store, found, kept).outcome is Outcome.IDENTICAL


def test_values_are_on_the_disk_before_the_record_and_go_with_one_that_is_refused(
    book: Book, kept: Kept
) -> None:
    recorder = sealing(book, kept, "title")
    record(recorder, asked())
    files = sorted(kept.place.iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600]
    with pytest.raises(InputError, match="the newest record is of"):
        record(recorder, asked(), NOW - timedelta(days=1))
    assert sorted(kept.place.iterdir()) == files
    assert book.ledger.store.size == 1


def test_a_place_that_cannot_be_written_records_nothing(book: Book, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        record(sealing(book, Kept(tmp_path / "file" / "below"), "title"), asked())
    assert book.ledger.store.size == 0


# ---------------------------------------------------------------- erasing


def test_erasing_a_field_erases_all_that_may_show_it_and_breaks_no_proof(
    book: Book, kept: Kept, one: Record
) -> None:
    before = verify_log(book.ledger.store, book.trust)
    seal = str(one.body["seal"])
    assert kept.erasable(seal, ["requester.id"]) == 1
    kept.erase(seal, ["requester.id"])
    left = kept.find(seal)
    text = (kept.place / f"{seal}.json").read_text()
    assert "ada.lovelace" not in text
    assert "Aurora Clinics" in text  # the title, which nobody asked to erase
    assert {each.pointer.split("/")[2] for each in left.all} == {"tree"}
    assert kept.erasable(seal, ["requester"]) == 0
    after = verify_log(book.ledger.store, book.trust, given=[left])
    assert (after.problems, after.root) == ([], before.root)
    assert replay(book.ledger.store, one, kept).outcome is Outcome.ERASED
    body, get = seen_by(one, fetching(book.ledger.store, one), kept)
    tree = json.loads(get(body["request"]["tree"]))
    assert tree["title"] == "For Aurora Clinics"
    assert "sealed" in tree["requester"]
    kept.erase(seal, FIELDS)
    assert list(kept.place.iterdir()) == []


# ---------------------------------------------------------------- attacks


def disclosed(kept: Kept, found: Record) -> Disclosures:
    return kept.find(str(found.body["seal"]))


def check(book: Book, *given: Disclosures) -> Report:
    return verify_log(book.ledger.store, book.trust, given=given)


def at(disclosures: Disclosures, place: str) -> Disclosure:
    return next(each for each in disclosures.all if each.pointer == place)


WARD, NAME = "/request/tree/own/ward", "/request/tree/model/name"


def _swapped(a: Disclosures, _: Disclosures) -> Disclosures:
    ward, name = at(a, WARD), at(a, NAME)
    return Disclosures(a.seal, (replace(ward, pointer=NAME), replace(name, pointer=WARD)))


ATTACKS: dict[str, tuple[Callable[[Disclosures, Disclosures], Disclosures], str]] = {
    "two disclosures are swapped": (_swapped, "RG743"),
    "a disclosure of another record": (lambda a, b: Disclosures(a.seal, (at(b, WARD),)), "RG743"),
    "all of another record": (lambda a, b: Disclosures(a.seal, b.all), "RG743"),
    "the value is edited": (
        lambda a, _: Disclosures(a.seal, (replace(at(a, WARD), value="surgery"),)), "RG743",
    ),
    "the salt is edited": (lambda a, _: Disclosures(a.seal, (replace(at(a, WARD), salt="0" * 64),)), "RG743"),
    "a place at which nothing is sealed": (
        lambda a, _: Disclosures(a.seal, (replace(at(a, WARD), pointer="/request/tree/id"),)), "RG743",
    ),
    "a record that is not here": (lambda a, _: Disclosures("0" * 32, a.all), "RG743"),
    "the same disclosure twice": (lambda a, _: Disclosures(a.seal, (*a.all, a.all[0])), "RG744"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_a_disclosure_opens_nothing_but_its_place_in_its_record(name: str, book: Book, kept: Kept) -> None:
    recorder = sealing(book, kept, *FIELDS)
    one, two = record(recorder, asked()), record(recorder, asked(), NOW + timedelta(seconds=1))
    a, b = disclosed(kept, one), disclosed(kept, two)
    assert check(book, a, b).holds
    attack, code = ATTACKS[name]
    found = [(each.step, each.found.code) for each in check(book, attack(a, b)).problems]
    assert (11, code) in found


@pytest.mark.parametrize("name", ATTACKS)
def test_nor_does_it_away_from_the_log(name: str, book: Book, kept: Kept) -> None:
    recorder = sealing(book, kept, *FIELDS)
    added = recorder.record(Gate(recorder.words).decide(asked(), as_of=DAY), asked(), NOW)
    (one,), store = added.records, book.ledger.store
    bundle = Bundle.of(store, one, book.ledger.receipt(one.index, added.checkpoint))
    two = record(recorder, asked(), NOW + timedelta(seconds=1))
    a, b = disclosed(kept, one), disclosed(kept, two)
    assert bundle.verify(book.trust, "it", [a]).problems == []
    attack, code = ATTACKS[name]
    found = [
        (each.step, each.found.code) for each in bundle.verify(book.trust, "it", [attack(a, b)]).problems
    ]
    assert (11, code) in found


def test_a_replay_with_somebody_elses_values_is_an_integrity_failure(
    book: Book, kept: Kept, one: Record
) -> None:
    there = disclosed(kept, one)
    edited = [replace(each, value="surgery") if each.pointer == WARD else each for each in there.all]
    kept.keep(Disclosures(there.seal, tuple(edited)))
    found = replay(book.ledger.store, one, kept)
    assert found.outcome is Outcome.NOT_REPLAYABLE
    assert "is not of what is sealed there" in found.because


class _Reuses(Sealer):
    """A recorder that saves on random numbers."""

    def __init__(self, salt: str) -> None:
        super().__init__()
        self.salt = salt

    def __call__(self, place: str, value: Any) -> dict[str, str]:
        made = Disclosure(place, self.salt, value)
        self.made.append(made)
        return {"sealed": made.digest(self.seal)}


@pytest.mark.parametrize(("salt", "words"), [("ab" * 32, "is that of another value"), ("ab" * 8, "so short")])
def test_a_salt_that_is_used_again_or_too_short_is_told(
    salt: str, words: str, book: Book, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("release_gate.audit.sensitive.Sealer", lambda: _Reuses(salt))
    found = record(sealing(book, kept, "own", "model.name"), asked())
    report = check(book, disclosed(kept, found))
    assert any(each.found.code == "RG744" and words in each.found.message for each in report.problems)
    # Even so, no digest of one place is that of another.
    marks = [value["sealed"] for _, value in sealed_in(found, fetching(book.ledger.store, found))]
    assert len(set(marks)) == len(marks)


def test_a_seal_that_is_no_digest_is_told(book: Book, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bad(Sealer):
        def __call__(self, place: str, value: Any) -> dict[str, str]:
            return {"sealed": "nothing"}

    monkeypatch.setattr("release_gate.audit.sensitive.Sealer", Bad)
    record(sealing(book, kept, "title"), asked())
    found = [each.found.message for each in check(book).problems]
    assert any("is sealed by no digest" in each for each in found)


def test_disclosures_that_are_none_are_refused(kept: Kept, book: Book, one: Record) -> None:
    seal = str(one.body["seal"])
    good = to_json(disclosed(kept, one))
    bad = {
        b"{}": "`schema` is missing",
        b"[": "is not the JSON that it must be",
        good.replace(b"disclosures/v1", b"disclosures/v2"): "is not written as it must be",
        good.replace(seal.encode(), b"../../etc/passwd"): "is not written as it must be",
        good.replace(b'"salt":"', b'"salt":"x'): "is not written as it must be",
        b'{"a":1,"a":1}': "is not the JSON that it must be",
    }
    for data, words in bad.items():
        with pytest.raises(IntegrityError, match=re.escape(words)):
            read_disclosures(data)
    other = Sealer().seal
    (kept.place / f"{other}.json").write_bytes(good)
    with pytest.raises(IntegrityError, match="the disclosures of another record"):
        kept.find(other)
    alone = Kept(kept.place / f"{seal}.json")
    assert alone.find(seal).all
    assert alone.find(other).all == ()
    assert kept.find("../" + seal).all == ()
    with pytest.raises(InputError, match="cannot be used"):
        list(all_disclosures(kept.place / "absent"))


def test_opening_takes_disclosures_as_values_and_never_looks_into_them() -> None:
    seal = Sealer()
    inner = seal("/a/sealed", 1)
    value = {"a": seal("/a", inner), "b": [seal("/b/0", None)]}
    assert opened(value, seal.disclosures) == {"a": inner, "b": [None]}
    with pytest.raises(Erased):
        opened({"c": {"sealed": "x"}}, seal.disclosures)
    assert opened({"c": {"sealed": "x"}}, seal.disclosures, all_of_it=False) == {"c": {"sealed": "x"}}


# ---------------------------------------------------------------- which fields


@pytest.mark.parametrize(
    ("field", "message", "help_"),
    [
        ("requestor.id", "there is no `requestor`", "did you mean `requester`"),
        ("requester.ids", "there is no `ids` in `requester`", "`id`"),
        ("requester.id.value", "there is no `value` in `requester.id`", ""),
        ("data.sources.names", "there is no `names` in `data.sources`", "did you mean `name`"),
        ("metric.", "there is no ``", ""),
        ("", "is no field of a request", ""),
        ("id", "cannot be sensitive", ""),
        ("artifacts", "cannot be sensitive", ""),
        ("artifacts.digest", "cannot be sensitive", ""),
        ("variants.small.model", "cannot be sensitive", "in all variants"),
    ],
)
def test_a_field_that_is_none_is_refused_and_not_recorded_in_the_open(
    field: str, message: str, help_: str
) -> None:
    with pytest.raises(InputError) as error:
        Sensitive.of(["title", field])
    (found,) = error.value.diagnostics
    assert found.code == "RG741"
    assert message in found.message
    assert help_ in found.help


@pytest.mark.parametrize(
    "field",
    ["requester", "requester.id", "metric.mmlu", "metric.mmlu.value", "data.sources.license", "own.anything",
     "artifacts.license", "rollout.stages.rung", "sign_offs.person", "assessors", "evidence.producer",
     "sources.card.at"],
)  # fmt: skip
def test_a_field_may_be_a_section_a_member_of_a_list_or_a_word(field: str) -> None:
    assert tuple(field.split(".")) in Sensitive.of([field])


# ---------------------------------------------------------------- writers that are killed


def killed(recorder: Recorder, kept: Kept, *, recorded: bool) -> Path:
    """What a writer leaves that is killed before it has recorded, or before it has said so, an hour ago."""
    decision = Gate(recorder.words).decide(asked(), as_of=DAY)
    draft = recorder.draft(decision, asked(), NOW)
    if recorded:
        recorder.ledger.append([draft], NOW)
    (file,) = kept.place.glob("*.pending")
    os.utime(file, (0, 0))
    return file


def test_the_values_of_a_decision_that_was_never_recorded_are_erased(book: Book, kept: Kept) -> None:
    recorder = sealing(book, kept, *FIELDS)
    file = killed(recorder, kept, recorded=False)
    half = kept.place / "0.new"
    half.write_text("half written")
    os.utime(half, (0, 0))
    other = kept.place / f"{'0' * 32}-{'1' * 64}.pending"  # somebody else is at work
    other.write_text("{}")
    found = record(recorder, asked())
    assert not file.exists()
    assert not half.exists()
    assert {each.name for each in kept.place.iterdir()} == {f"{found.body['seal']}.json", other.name}


def test_the_values_of_a_decision_that_was_recorded_are_found_and_can_be_erased(
    book: Book, kept: Kept
) -> None:
    recorder = sealing(book, kept, *FIELDS)
    file = killed(recorder, kept, recorded=True)
    (first,) = entries(book.ledger.store)
    seal = str(first.body["seal"])
    assert kept.find(seal).all
    assert replay(book.ledger.store, first, kept).outcome is Outcome.IDENTICAL
    before = kept.find(seal)
    kept.erase(seal, ["requester"])
    assert not file.exists()
    assert kept.find(seal).all
    assert kept.find(seal) != before
    again = killed(recorder, kept, recorded=True)
    record(recorder, asked())
    assert not again.exists()
    assert {each.suffix for each in kept.place.iterdir()} == {".json"}
    assert len(list(kept.place.iterdir())) == 3


HAPPENED = Event("leaked", DAY, "secret", "api", note="ada.lovelace has the weights", by="eve")


def happen(ledger: Ledger, kept: Kept) -> Record:
    """Record an event of which nothing is in the open that anybody said."""
    sealing = (Sensitive.of(["event.note", "event.by"]), kept)
    draft = event_draft(ledger.store, HAPPENED)
    return record_event(ledger, draft, NOW, sealing=sealing).records[0]


def kill_at(moment: tuple[type, str], book: Book, kept: Kept) -> None:
    """Record an event in another process, which is killed at a moment."""
    writer = os.fork()
    if writer == 0:
        try:
            setattr(*moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            happen(Ledger(SqliteStore.open(book.path, write=True)), kept)
        finally:
            os._exit(1)
    _, status = os.waitpid(writer, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def words(kept: Kept) -> str:
    return " ".join(each.read_text() for each in sorted(kept.place.iterdir()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize(("moment", "recorded"), [((Ledger, "append"), 0), ((Kept, "confirm"), 1)])
def test_a_writer_that_is_killed_at_a_sealed_event_leaves_nothing_behind_that_harms(
    book: Book, kept: Kept, moment: tuple[type, str], recorded: int
) -> None:
    """Whether it has recorded it or not: the ledger verifies, and the next writer puts it in order."""
    record(sealing(book, kept, *FIELDS), asked())
    kill_at(moment, book, kept)
    (left,) = kept.place.glob("*.pending")
    assert "lovelace has the weights" in left.read_text()
    given = list(all_disclosures(kept.place))
    assert verify_log(book.ledger.store, book.trust, given=given).holds
    assert book.ledger.store.size == 1 + recorded
    for event in (each for each in entries(book.ledger.store) if each.kind == "event"):
        assert Event.of(event, kept) == HAPPENED
    os.utime(left, (0, 0))
    newest = happen(book.ledger, kept)
    assert not left.exists()
    assert words(kept).count("lovelace has the weights") == 1 + recorded
    assert {each.suffix for each in kept.place.iterdir()} == {".json"}
    assert Event.of(newest, kept) == HAPPENED
    given = list(all_disclosures(kept.place))
    assert len(given) == 2 + recorded
    assert verify_log(book.ledger.store, book.trust, given=given).holds


def test_an_event_that_is_refused_leaves_nothing_of_what_it_says(book: Book, kept: Kept) -> None:
    record(sealing(book, kept, *FIELDS), asked(), NOW + timedelta(days=1))
    with pytest.raises(InputError, match="the clock says"):
        happen(book.ledger, kept)
    assert "lovelace has the weights" not in words(kept)


def test_an_event_about_a_request_with_a_name_that_is_a_path_stays_in_its_folder(kept: Kept) -> None:
    """A ledger from elsewhere may name a request as it likes."""
    kept.keep(Disclosures("a" * 32, ()), "../../x")
    (file,) = kept.place.iterdir()
    os.utime(file, (0, 0))
    asked_for: list[tuple[str, str]] = []

    def recorded(seal: str, found_by: str) -> bool:
        asked_for.append((seal, found_by))
        return True

    kept.recover(recorded, 10_000)
    assert asked_for == [("a" * 32, "../../x")]
    assert [each.name for each in kept.place.iterdir()] == ["a" * 32 + ".json"]


def test_a_single_value_that_is_needed_is_told_as_one() -> None:
    seal = Sealer()
    sealed = {"a": seal("/a", 1)}
    with pytest.raises(Erased, match="a sealed value is needed here, and was erased or not disclosed"):
        opened(sealed, Disclosures(seal.seal, ()))
