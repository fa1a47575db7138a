"""Runs that reports are made of, decided by the real engine."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from release_gate.diagnostics import Diagnostic, Source, Span
from release_gate.engine import decide
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.reports.run import About, Outcome, Run
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

DAY = date(2026, 11, 24)
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
sources: {law: {title: "A [law](https://evil.example) of <b>note</b>", url: "https://example.org/law"}}
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: api_general}]
default_tier: low
rules:
  - {id: size, when: model.parameters > 1e9, deny: "{model.name} is too large", fix: Shrink it, cite: law}
  - {id: heavy, when: model.parameters > 1e12, tier: high}
  - {id: card, at: hosted, require: document.model_card.status >= "ready", because: A card is needed}
  - {id: people, at: weights_gated_manual, sign_off: {role: lead, count: 2}, because: Two people look at it}
  - {id: watch, at: hosted, oblige: {duty: Watch for misuse, due: {every: P90D}, owner: lead}}
"""
REQUEST: dict[str, Any] = {
    "release_gate": "request/v1",
    "id": "small",
    "action": "release",
    "model": {"name": "Small", "parameters": 7},
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "weights_open"}],
    "document": {"model_card": {"status": "ready"}},
    "lineage": [],
}
PROBLEM = Outcome(
    "broken.yaml",
    diagnostics=(
        Diagnostic(
            "RG401", "`x` is not known", Span(Source("broken.yaml", "a\nb: x\n"), 2, 4, 2, 5), "write y"
        ),
        Diagnostic("RG001", "cannot read it"),
    ),
)


@pytest.fixture
def problem() -> Outcome:
    """The outcome of a file that is not valid."""
    return PROBLEM


Decided = Callable[..., Outcome]
Runs = Callable[..., Run]


@pytest.fixture
def decided() -> Decided:
    """The outcome of a request that differs from a harmless one in what is given."""
    policy = policy_from_document(read_document(POLICY, "own.yaml"))

    def outcome(file: str = "small.yaml", /, warnings: Sequence[Diagnostic] = (), **changes: Any) -> Outcome:
        request = ReleaseRequest.model_validate({**REQUEST, **changes})
        return Outcome(file, decide(request, [policy], DAY), About.of(request), tuple(warnings))

    return outcome


@pytest.fixture
def runs() -> Iterator[Runs]:
    """A run of outcomes."""
    opened: list[Run] = []

    def run(*outcomes: Outcome) -> Run:
        made = Run()
        opened.append(made)
        for outcome in outcomes:
            made.add(outcome)
        return made

    yield run
    for each in opened:
        each.__exit__()
