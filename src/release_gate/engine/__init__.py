"""From rules to findings to verdicts: what policies come to for a request. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from release_gate.decision import Decision, RequestUsed, worst
from release_gate.diagnostics import Diagnostic, RequestError
from release_gate.engine.case import Case
from release_gate.engine.findings import facts_of
from release_gate.engine.judge import Judge
from release_gate.engine.panel import panel_of, policies_digest
from release_gate.engine.rules import Disagreement
from release_gate.evaluate.fetch import Reading
from release_gate.evaluate.reference import Facts, Trace, evaluate
from release_gate.facts.frame import Frame
from release_gate.facts.ladder import BOUNDARY
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.truth import Range, Step, Value
from release_gate.facts.view import view_of
from release_gate.policy.model import Policy, Rule
from release_gate.policy.papers import NO_PAPERS, Papers
from release_gate.policy.unread import unread
from release_gate.policy.waiver_book import orphans

__all__ = [
    "Disagreement",
    "check_declared",
    "decide",
    "explain_rule",
    "facts_at",
    "facts_for",
    "policies_digest",
]


def decide(
    request: ReleaseRequest,
    policies: Sequence[Policy],
    as_of: date,
    policies_as_of: date | None = None,
    papers: Papers = NO_PAPERS,
) -> Decision:
    """Judge a request.

    Args:
        request: What is to be released. Of its events, those until the day count.
        policies: The policies of the gate.
        as_of: The day for which to decide.
        policies_as_of: To ask what the policies of another day would say; such a decision is hypothetical.
        papers: The signed sign-offs and the waivers of the gate.

    Raises:
        RequestError: The request states a fact in a way that a policy's own declaration does not allow.
    """
    request = request.on(as_of)
    panel = panel_of(tuple(policies), policies_as_of or as_of, request.SUBJECT)
    check_declared(request, panel.inforce)
    cases = [
        Case(request, artifact, panel, as_of, papers)
        for artifact in sorted(request.artifacts, key=lambda artifact: artifact.id)
    ]
    judges = tuple(map(Judge, cases))
    artifacts = tuple(judge.judge() for judge in judges)
    said = (note for case in cases for note in case.notes())
    return Decision(
        as_of=as_of,
        verdict=worst(artifact.verdict for artifact in artifacts),
        request=RequestUsed(request.id, request.digest, request.proposal_digest),
        policies=panel.used,
        policies_digest=panel.together,
        hypothetical=policies_as_of,
        artifacts=artifacts,
        notes=(*panel.notes, *unread(request, panel.inforce), *said, *orphans(papers.waivers, request)),
        judged=tuple(judge.judged for judge in judges),
    )


def facts_for(request: ReleaseRequest, artifact: Artifact, policy: Policy, rung: Step, as_of: date) -> Facts:
    """Every fact that a policy may read about an artifact at a rung, except for the tier."""
    frame = Frame(request, artifact, as_of)
    below, beyond = Reading.both(frame, policy)
    return facts_of(beyond if rung >= BOUNDARY else below, view_of(frame), rung)


def facts_at(
    request: ReleaseRequest, artifact: Artifact, policy: Policy, rungs: Iterable[Step], as_of: date
) -> dict[Step, Facts]:
    """Every fact that the conditions of a policy read at some rungs, the tier included."""
    judge = Judge(Case(request, artifact, panel_of((policy,), as_of, request.SUBJECT), as_of))
    return {rung: judge.facts_at(policy, rung) for rung in rungs}


def check_declared(request: ReleaseRequest, policies: Sequence[Policy]) -> None:
    """Hold metrics and own facts against the policies that declare them: 98 is not 0.98.

    Raises:
        RequestError: A policy does not allow how a fact is stated.
    """
    problems: list[Diagnostic] = []
    places: list[tuple[tuple[str, ...], Any]] = [((), request)]
    places += [(("variants", name), part) for name, part in request.variants.items()]
    for policy in policies:
        for pointer, section in places:
            for name, rule in policy.metrics.items():
                metric = section.metric.get(name)
                if metric is not None and not _within(metric.value.value, rule.low, rule.high):
                    at = request.where((*pointer, "metric", name))
                    message = f"`{name}` is outside of {rule.low} to {rule.high}, which {policy.id} declares"
                    problems.append(Diagnostic("RG402", message, at, "98 % is written 0.98"))
            for name, kind in policy.own.items():
                if name in section.own:
                    try:
                        kind.parse(section.own[name])
                    except PydanticCustomError as error:
                        at, said = request.where((*pointer, "own", name)), error.message()
                        help_ = str((error.context or {}).get("help", ""))
                        problems.append(Diagnostic("RG403", f"own.{name}: {said}", at, help_))
    if problems:
        raise RequestError(problems)


def _within(value: Value, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether a measurement may be so. An interval may reach past an end: 0.99 ± 0.02 is a share."""
    least, most = (value.low, value.high) if isinstance(value, Range) else (value, value)
    if not isinstance(least, Decimal) or not isinstance(most, Decimal):
        return True
    return (low is None or low <= most) and (high is None or least <= high)


def explain_rule(
    request: ReleaseRequest, artifact: Artifact, policy: Policy, rule: Rule, as_of: date
) -> list[tuple[str, str, Trace]]:
    """What the conditions of a rule came to at the rung that is asked for: name, text and trace of each."""
    judge = Judge(Case(request, artifact, panel_of((policy,), as_of, request.SUBJECT), as_of))
    facts = judge.facts_at(policy, artifact.rung)
    conditions = (("scope", policy.scope), ("when", rule.when), ("require", rule.require))
    return [(name, each.text, evaluate(each.root, facts)) for name, each in conditions if each is not None]
