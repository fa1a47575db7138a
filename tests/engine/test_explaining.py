"""A finding is explained when somebody asks, and the reference must then confirm it."""

import copy
import gc
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from release_gate import engine
from release_gate.decision import Decision, Finding, Verdict, Where, Why
from release_gate.engine.rules import Application
from release_gate.evaluate.compiled import Program
from release_gate.facts.release import ReleaseRequest
from tests.engine.test_laws import build

REQUEST: dict[str, Any] = {
    "id": "r",
    "action": "release",
    "model": {"parameters": 12},
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "weights_open"}],
}
HEAD = {"release_gate": "policy/v1", "id": "p", "version": "1", "title": "P", "covers": True}
RULES = [
    {
        "id": "big",
        "when": "model.parameters > 10",
        "deny": "It has {model.parameters}.",
        "fix": "Shrink it.",
    },
    {"id": "long", "when": "model.context_length > 10", "deny": "Too long."},
    {"id": "small", "when": "model.parameters < 10", "deny": "Too small."},
]


def decided(request: ReleaseRequest | None = None, rules: list[dict[str, Any]] | None = None) -> Decision:
    policy = build({**HEAD, "rules": rules or RULES})
    return engine.decide(request or ReleaseRequest.model_validate(REQUEST), [policy], date(2026, 11, 24))


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rules that the reference has explained."""
    numbers: list[int] = []
    true = Application.explained

    def counting(self: Application, number: int, rank: int) -> Any:
        numbers.append(number)
        return true(self, number, rank)

    monkeypatch.setattr(Application, "explained", counting)
    return numbers


def test_what_bites_is_explained_when_it_is_read_and_once(explained: list[int]) -> None:
    decision = decided()
    assert decision.verdict is Verdict.DENY
    assert decision.artifacts[0].missing == ()
    assert decision.artifacts[0].missing_at == {}
    assert explained == [1], "what may bite is asked of the reference at once, for what is missing"
    big, long = decision.artifacts[0].findings
    assert (big.rule, big.outcome, big.from_, big.to) == ("big", Verdict.DENY, "internal", "fully_open")
    assert (long.rule, long.outcome) == ("long", Verdict.NEEDS_EVIDENCE)
    assert explained == [1]
    assert big.message == "It has 12."
    assert big.fix == "Shrink it."
    assert [fact.path for fact in big.facts] == ["model.parameters"]
    assert explained == [1, 0]
    assert decision.to_json() == decided().to_json()


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own


@pytest.mark.parametrize("carry", [copy.copy, copy.deepcopy, pickled])
def test_a_finding_can_be_carried_elsewhere_before_it_was_read(carry: Any) -> None:
    finding = decided().artifacts[0].findings[0]
    assert carry(finding) == finding == decided().artifacts[0].findings[0]
    assert carry(decided()) == decided()


TOLD: dict[str, Any] = {
    "policy": "p",
    "rule": "r",
    "effect": "deny",
    "outcome": Verdict.DENY,
    "from_": "hosted",
    "to": "hosted",
    "cite": {},
    "where": Where("p", 1, 1),
}


def test_a_finding_is_what_it_says() -> None:
    plain = Finding(message="Why.", fix="How.", facts=(), **TOLD)
    assert Finding.found(lambda: Why("Why.", "How."), **TOLD) == plain
    assert repr(Finding.found(lambda: Why("Why.", "How."), **TOLD)) == repr(plain)
    assert replace(Finding.found(lambda: Why("Why.", "How."), **TOLD), fix="Else.") != plain
    assert Finding.found(lambda: Why("No.", "How."), **TOLD) != plain
    with pytest.raises(AttributeError, match="mesage"):
        plain.mesage  # type: ignore[attr-defined]  # noqa: B018


def test_two_threads_may_ask_at_once() -> None:
    both = Barrier(2)

    def why() -> Why:
        both.wait(timeout=30)
        return Why("Why.", "How.")

    finding = Finding.found(why, **TOLD)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda name: getattr(finding, name), ("message", "fix"))) == ["Why.", "How."]
    assert finding.facts == ()


def test_a_decision_that_has_been_read_keeps_nothing_of_its_request() -> None:
    asked = ReleaseRequest.model_validate(REQUEST)
    decision, gone = decided(asked), weakref.ref(asked)
    assert decision.digest
    del asked
    gc.collect()
    assert gone() is None


def test_the_reference_must_confirm_what_it_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that finds too much denies, and cannot say why."""
    true = Program.run

    def eager(self: Program, *args: Any) -> Any:
        return [*true(self, *args), (2, True)]

    monkeypatch.setattr(Program, "run", eager)
    decision = decided()
    assert decision.verdict is Verdict.DENY
    for read in (Decision.to_json, Decision.to_dict, pickle.dumps, lambda each: each.digest):
        with pytest.raises(engine.Disagreement, match="p/small is True compiled, and False by the reference"):
            read(decision)


def test_the_reference_must_confirm_what_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Program.run

    def unsure(self: Program, *args: Any) -> Any:
        return [*true(self, *args), (2, None)]

    monkeypatch.setattr(Program, "run", unsure)
    with pytest.raises(engine.Disagreement, match="p/small is None compiled, and False by the reference"):
        decided()


@pytest.mark.parametrize(
    ("when", "text", "said"),
    [
        ("$any([p.direct for p in lineage])", "{p.name} is direct.", "an unknown name in lineage is direct."),
        ('$any([x == "en" for x in model.languages])', "It speaks {x}.",
         "It speaks an unknown member in model.languages."),
        ("$any([x for x in [p.direct for p in lineage]])", "See {x}.", "See an unknown member in a list."),
    ],
)  # fmt: skip
def test_a_text_about_members_nobody_has_stated_names_their_list(when: str, text: str, said: str) -> None:
    (finding,) = decided(rules=[{"id": "r", "when": when, "deny": text}]).artifacts[0].findings
    assert finding.outcome is Verdict.NEEDS_EVIDENCE
    assert finding.message == said
