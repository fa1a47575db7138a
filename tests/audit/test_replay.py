"""Replay: what is recorded comes out again, byte for byte, from the record alone."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate import engine
from release_gate.audit import record as record_module
from release_gate.audit import replay as replay_module
from release_gate.audit.candidates import Candidates
from release_gate.audit.content import Content
from release_gate.audit.ledger import entries
from release_gate.audit.policies import record_policies
from release_gate.audit.record import Draft, Record, decision_draft, versions
from release_gate.audit.recorded_papers import record_papers
from release_gate.audit.recorder import Recorder
from release_gate.audit.replay import Outcome, again, flips, replay
from release_gate.audit.verify import Trust, verify_log
from release_gate.canonical import canonical_bytes
from release_gate.decision import Verdict
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.sign_off import SignOff
from release_gate.gate.gate import Gate
from release_gate.policy.documents import InForce
from release_gate.policy.load import load_policy
from release_gate.policy.model import Policy
from release_gate.policy.papers import Papers, Signed
from release_gate.policy.trust import Person, RoleDocument, Standing
from release_gate.policy.waivers import Approval, Waiver, WaiverDocument

from .books import DAY, DIGEST, NOW, POLICY, Book, decide, held, policy, request


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book.new(tmp_path, signed=False)


def last(book: Book) -> Record:
    return list(entries(book.ledger.store))[-1]


def test_every_kind_of_decision_comes_out_again(book: Book) -> None:
    for parameters in ("7", "7e9", "{unknown: missing}", "{low: 5e8, high: 5e9}"):
        book.record("tiny", parameters)
    outcomes = [replay(book.ledger.store, each).outcome for each in entries(book.ledger.store)]
    assert outcomes == [Outcome.IDENTICAL] * 4


def test_a_hypothetical_decision_comes_out_again(book: Book) -> None:
    book.recorder.record(decide(request(), DAY, date(2026, 1, 1)), request(), NOW)
    assert replay(book.ledger.store, last(book)).outcome is Outcome.IDENTICAL


def test_a_request_that_was_no_file_comes_out_again(book: Book) -> None:
    asked = ReleaseRequest.model_validate(
        {
            "id": "made",
            "action": "release",
            "model": {"parameters": 1.5e9, "languages": ["en"]},
            "artifacts": [{"id": "w", "kind": "api", "wanted": "api_general"}],
        }
    )
    book.recorder.record(decide(asked), asked, NOW)
    assert replay(book.ledger.store, last(book)).outcome is Outcome.IDENTICAL
    decision, found = again(book.ledger.store, last(book))
    assert (decision.verdict, found.id) == (Verdict.DENY, "made")


def test_the_place_of_a_fact_comes_out_again_because_the_text_is_kept(book: Book) -> None:
    book.record("tiny", "7e9")
    decision, _ = again(book.ledger.store, last(book))
    found = decision.artifacts[0].findings[0].facts[0].where
    assert found is not None
    assert (found.file, found.line) == ("tiny.yaml", 6)


def _recorded(book: Book, change: dict[str, Any]) -> Record:
    """A record of a decision that is not what the engine says."""
    draft = decision_draft(
        decide(request("tiny", "7e9")), request("tiny", "7e9"), record_policies([policy()])
    )
    content = dict(draft.content)
    body = json.loads(content[draft.body["decision"]])
    body |= change
    name = Content(content)
    digest = name.put(canonical_bytes(body))
    book.ledger.append([Draft({**draft.body, "decision": digest}, name, draft.shared)], NOW)
    return last(book)


def test_a_decision_that_nobody_made_diverges(book: Book) -> None:
    found = replay(book.ledger.store, _recorded(book, {"verdict": "approve"}))
    assert found.outcome is Outcome.DIVERGED
    assert found.differences == ('verdict: "approve" → "deny"',)
    assert found.because == "the same versions decided: the record or the engine was changed"
    with pytest.raises(IntegrityError, match="does not come out as it is recorded") as error:
        again(book.ledger.store, last(book))
    assert [each.code for each in error.value.diagnostics] == ["RG740"]


def test_an_older_engine_may_explain_otherwise_and_the_replay_says_so(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _recorded(book, {"notes": ["said by an older engine"], "more": 1})
    newer = {**record_module.versions(), "release_gate": "9.9.9"}
    monkeypatch.setattr(replay_module, "versions", lambda: newer)
    found = replay(book.ledger.store, record)
    assert found.outcome is Outcome.SAME_VERDICTS
    assert found.differences == ("more: 1 → null", 'notes: ["said by an older engine"] → []')
    assert found.because == "release_gate was 0.1.0 and is 9.9.9"


def _without(book: Book, **values: Any) -> Record:
    body = json.loads(book.record().records[0].data)
    for key, value in values.items():
        body[key] = value
    return Record(b"", body)


def test_what_an_older_engine_could_read_and_this_one_cannot_is_told_with_both_versions(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = decision_draft(decide(request("tiny", "7")), request("tiny", "7"), record_policies([policy()]))
    content = Content(draft.content)
    tree = json.loads(content[draft.body["request"]["tree"]])
    then = content.put_json({**tree, "a_field_of_then": 1})
    body = {**draft.body, "request": {"id": "tiny", "tree": then}}
    for engine_, words in (
        ({**versions(), "release_gate": "0.0.9"}, "release_gate was 0.0.9 and is "),
        (versions(), ""),
    ):
        book.ledger.append([Draft({**body, "engine": engine_}, content, draft.shared)], NOW)
        found = replay(book.ledger.store, last(book))
        assert found.outcome is Outcome.NOT_REPLAYABLE
        assert "a_field_of_then" in found.because
        assert words in found.because
        assert ("release_gate was" in found.because) == bool(words)


def test_what_cannot_be_decided_again_says_why(book: Book) -> None:
    absent = "sha256:" + "00" * 32
    good = json.loads(book.record().records[0].data)
    cases: dict[str, dict[str, Any]] = {
        "is not here": {"decision": absent},
        "the record does not name its request": {"request": "tiny"},
        "the record does not say what was decided on": {"as_of": "soon"},
        "is not the one that was applied": {"policies": [[{**good["policies"][0][0], "digest": absent}]]},
    }
    for words, change in cases.items():
        found = replay(book.ledger.store, _without(book, **change))
        assert found.outcome is Outcome.NOT_REPLAYABLE
        assert words in found.because


def test_what_was_recorded_as_a_decision_and_is_none_diverges(book: Book) -> None:
    good = json.loads(book.record().records[0].data)
    found = replay(book.ledger.store, _without(book, engine=None, decision=good["request"]["tree"]))
    assert found.outcome is Outcome.DIVERGED
    assert found.because == "the record does not say what decided"
    assert len(found.differences) <= 20


def test_a_changed_policy_lists_every_flip_with_who_asked(book: Book) -> None:
    book.record("small", "7")
    book.record("large", "7e9")
    stricter = policy(POLICY.replace("1e9", "1").replace("1.0.0", "2.0.0"), "new.yaml")
    looser = policy(
        POLICY.replace("1e9", "1e12").replace("title: Own", "title: Own\nin_force: {from: 2030-01-01}"),
        "new.yaml",
    )
    small, large = entries(book.ledger.store)
    found = list(flips(book.ledger.store, small, Candidates((stricter,))))
    assert {(each.artifact, each.after, each.loosens, each.asked_by) for each in found} >= {
        ("api", Verdict.DENY, False, "ada")
    }
    assert any(each.asked and each.rung == "api_general" for each in found)
    assert list(flips(book.ledger.store, large, Candidates((stricter,)))) == []
    # A candidate is taken to be in force.
    loosened = list(flips(book.ledger.store, large, Candidates((looser,))))
    assert all(each.loosens for each in loosened)
    assert {each.artifact for each in loosened} == {"api", "weights"}


OWNED = """\
release_gate: policy/v1
id: owned
version: 1.0.0
title: Owned
%sowner: board
tiers: [{id: low, ceiling: hosted}]
default_tier: low
rules:
  - {id: theirs, at: hosted, deny: No, owner: safety-team}
  - {id: ours, at: hosted, sign_off: {role: lead}}
  - {id: ours-too, at: api_general, deny: Not there}
"""


def test_each_flip_names_who_answers_for_the_rules_behind_it(book: Book, tmp_path: Path) -> None:
    book.record("small", "7")
    (small,) = entries(book.ledger.store)

    def behind(*candidates: Policy) -> dict[str, str | None]:
        found = flips(book.ledger.store, small, Candidates(candidates))
        return {each.rule: each.owner for flip in found for each in flip.behind}

    owned = policy(OWNED % "", "owned.yaml")
    assert behind(owned) == {
        "owned/theirs": "safety-team", "owned/ours-too": "board", "owned/tier.low": "board",
    }  # fmt: skip
    nobody = policy(OWNED.replace("%sowner: board\n", ""), "owned.yaml")
    assert behind(nobody)["owned/ours-too"] is None
    # An overlay answers for what it adds, and for what nobody answered for.
    over = (
        OWNED.partition("id:")[0]
        + "id: over\nextends: %s.yaml\nowner: ada\nrules:\n  - {id: more, at: hosted, deny: N}\n"
    )
    for name, base in (("nobody", nobody), ("board", owned)):
        (tmp_path / f"{name}.yaml").write_text(base.places.document.source.text)
        (tmp_path / f"over-{name}.yaml").write_text(over % name)
        made = behind(load_policy(tmp_path / f"over-{name}.yaml"))
        assert made["over/more"] == "ada"
        assert made["over/ours-too"] == ("board" if name == "board" else "ada")
        assert made["over/theirs"] == "safety-team"


OVERLAY = """\
release_gate: policy/v1
id: strict
extends: base.yaml
tightens: true
in_force: {from: 2026-06-01}
set: {limit: 1e6}
rules:
  - {id: no-weights, at: weights_open, deny: "Not here: {model.parameters}", when: model.parameters > 3}
"""
BASE = """\
release_gate: policy/v1
id: base
version: 1.0.0
title: Base
covers: true
parameters: {limit: {value: 1e9, stricter: lower}}
facts: {own: {mood: {choices: [calm, wild], ordered: true}}}
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]
default_tier: low
rules:
  - {id: big, when: model.parameters > parameter.limit, tier: high}
  - {id: ask, at: api_general, sign_off: {role: lead, count: 2, max_age: P30D}}
  - {id: report, at: hosted, oblige: {duty: Report, due: {every: P90D}}, cite: paper}
sources: {paper: {title: Paper, date: 2025-01-02}}
"""


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 5, 1)])
def test_a_policy_put_together_from_several_files_comes_out_again(tmp_path: Path, day: date) -> None:
    """A pack, an overlay with values that the gate sets, and a day on which the overlay is not in force."""
    for name, text in {"base.yaml": BASE, "strict.yaml": OVERLAY}.items():
        (tmp_path / name).write_text(text)
    gate = tmp_path / "release-gate.yaml"
    gate.write_text(
        "release_gate: gate/v1\npolicies:\n  - {file: strict.yaml, set: {limit: 5e5}}\n"
        "  - pack: responsible-democratization\n"
    )
    made = Gate.load(gate)
    book = Book.new(tmp_path, signed=False)
    recorder = Recorder(book.ledger, made.policies)
    for asked in (request("tiny", "7"), request("tiny", "7e9")):
        recorder.record(made.decide(asked, as_of=day), asked, NOW)
    for name in ("base.yaml", "strict.yaml", "release-gate.yaml"):
        (tmp_path / name).unlink()
    found = [replay(book.ledger.store, each) for each in entries(book.ledger.store)]
    assert [each.outcome for each in found] == [Outcome.IDENTICAL] * 2, found
    decision, _ = again(book.ledger.store, last(book))
    assert any("not in force" in note or "tightens" in note for note in decision.notes)


def test_a_policy_whose_text_is_not_what_was_applied_is_refused(book: Book) -> None:
    good = json.loads(book.record().records[0].data)["policies"][0][0]
    applied = json.loads(held(book.ledger.store, good["applied"]))
    content = Content()
    other = content.put(POLICY.replace("1e9", "1e12").encode())
    applied["files"][0]["text"] = other
    swapped = {**good, "applied": content.put_json(applied), "text": [other]}
    book.ledger.append([Draft({"kind": "event"}, {}, content)], book.time)
    found = replay(book.ledger.store, _without(book, policies=[[swapped]]))
    assert found.outcome is Outcome.NOT_REPLAYABLE
    assert "is not the one that was applied" in found.because


ASKS = """\
release_gate: policy/v1
id: asks
version: 1.0.0
title: Asks
covers: true
rules:
  - {id: lead, at: hosted, sign_off: {role: lead}}
  - {id: big, at: api_general, when: model.parameters > 3, deny: Too large, waivable: {by: board, for: P90D}}
"""


def _papers(asked: ReleaseRequest, asks: Policy) -> Papers:
    lead = Standing(
        Person("eve", (RoleDocument.model_validate({"role": "lead", "from": "2026-01-01"}),)), InForce()
    )
    board = Standing(Person("bob", (RoleDocument(role="board"),)), InForce(until=date(2027, 1, 1)))
    said = SignOff(
        person="eve",
        role="lead",
        word="approve",
        artifact="api",
        rung="api_general",
        on=date(2026, 11, 1),
        request=asked.proposal_digest,
        policies=engine.policies_digest([asks]),
    )
    common = {"model": "Tiny", "artifact": "api", "digest": DIGEST, "rung": "api_general", "owner": "ada"}
    why = {"rule": "asks/big", "reason": "Small", "ticket": "T-1"}
    waivers = [
        WaiverDocument.model_validate({"id": name, "expires": until, **common, **why})
        for name, until in (("now", "2026-12-01"), ("broken", "soon"))
    ]
    return Papers(
        signed=(Signed(said, asked.id, DIGEST, lead),),
        unsigned_count=False,
        waivers=tuple(Waiver(each, (Approval(date(2026, 11, 2), board),)) for each in waivers),
        trust=DIGEST,
    )


def test_signed_sign_offs_and_waivers_come_out_again(tmp_path: Path) -> None:
    asked, asks = request("tiny", "7"), policy(ASKS, "asks.yaml")
    papers = _papers(asked, asks)
    decision = engine.decide(asked, [asks], DAY, None, papers)
    api = decision.artifacts[0]
    assert api.verdict is Verdict.CONDITIONAL, api.findings
    assert engine.decide(asked, [asks], DAY).artifacts[0].verdict is Verdict.DENY
    file = tmp_path / "trust.yaml"
    file.write_text("who may sign, word for word")
    book = Book.new(tmp_path)
    recorder = Recorder(book.ledger, [asks], papers=record_papers(papers, [file]))
    file.unlink()
    recorder.record(decision, asked, NOW)
    found = replay(book.ledger.store, last(book))
    assert (found.outcome, found.differences) == (Outcome.IDENTICAL, ())
    kept: Any = last(book).body["papers"]
    assert held(book.ledger.store, kept["text"][0]) == b"who may sign, word for word"
    assert verify_log(book.ledger.store, Trust()).holds
    with pytest.raises(InputError, match=r"trust.yaml` cannot be used: no such file"):
        record_papers(papers, [file])


def test_a_claim_that_evidence_did_not_bear_out_comes_out_again_as_it_was_judged(book: Book) -> None:
    judged = request("tiny", "7").with_facts({("model", "parameters"): {"unknown": "conflicting"}})
    decision = decide(judged)
    assert decision.verdict is Verdict.NEEDS_EVIDENCE
    book.recorder.record(decision, judged, NOW)
    found = replay(book.ledger.store, last(book))
    assert (found.outcome, found.differences) == (Outcome.IDENTICAL, ())
    typed = held(book.ledger.store, last(book).body["request"]["text"])
    assert b"parameters: 7" in typed
    assert verify_log(book.ledger.store, Trust()).holds
