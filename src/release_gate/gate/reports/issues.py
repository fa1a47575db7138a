"""Outcomes as a flat list of issues, for the formats that know nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path, PurePath
from typing import Final, Literal

from release_gate.decision import ArtifactDecision, FactRead, Finding, SignOffState, Verdict, Where
from release_gate.diagnostics import Diagnostic, Severity
from release_gate.facts.truth import Reason
from release_gate.gate.reports.run import Outcome, Run, at_stake

__all__ = [
    "LEVELS",
    "Issue",
    "Level",
    "fact_in_words",
    "facts_in_words",
    "hangs_on",
    "how_sure",
    "issues",
    "most_important",
    "relative",
    "who_must_sign",
]

Level = Literal["error", "warning", "note"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")
_LEVEL: Final[dict[Verdict, Level]] = {
    Verdict.APPROVE: "note",
    Verdict.CONDITIONAL: "note",
    Verdict.NEEDS_APPROVAL: "warning",
    Verdict.NEEDS_EVIDENCE: "warning",
    Verdict.DENY: "error",
}


def how_sure(finding: Finding) -> str:
    """What to say of a rule that nobody has read in its source, or nothing."""
    return f"{finding.cite['confidence']}: nobody has read this in the source" if finding.unverified else ""


def hangs_on(artifact: ArtifactDecision) -> str:
    """What to say of a verdict that hangs on rules that nobody has read in their source, or nothing."""
    rules = ", ".join(artifact.unverified)
    return f"this hangs on what nobody has read in its source: {rules}" if rules else ""


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that a person should see.

    Attributes:
        rank: How important it is; 0 is the most important.
        level: ``error``, ``warning`` or ``note``.
        rule: ``policy/rule``, or the code of a diagnostic.
        title: The verdict and what it is about.
        message: Why.
        fix: What to do about it.
        where: The place in the request or policy that it is about.
        end_column: Where the place ends on its line, if it is known.
        subject: The request and artifact.
        fingerprint: The same for the same issue of the same file, wherever its lines have moved.
        finding: What it comes from, unless it is a diagnostic.
    """

    rank: int
    level: Level
    rule: str
    title: str
    message: str
    fix: str
    where: Where
    end_column: int | None
    subject: str
    fingerprint: str
    finding: Finding | None = None

    @property
    def is_note(self) -> bool:
        """Whether it is a note of the decision, and not wrong with the input."""
        return self.rule.startswith("gate/") and self.finding is None


def issues(outcome: Outcome) -> Iterator[Issue]:
    """The issues of an outcome: its diagnostics, the findings at what is asked for, and the notes."""
    for found in outcome.diagnostics:
        yield _of_diagnostic(outcome, found)
    if outcome.decision is None:
        return
    for artifact in outcome.decision.artifacts:
        for finding in at_stake(artifact):
            yield _of_finding(outcome, artifact, finding)
    if outcome.decision.hypothetical is not None:
        said = f"judged by the policies of {outcome.decision.hypothetical}; this is no approval"
        yield _of_note(outcome, "gate/hypothetical", said, "warning")
    for note in outcome.decision.notes:
        # What looks like an approval and has no signature is as important as a missing one.
        yield _of_note(outcome, "gate/note", note, "warning" if note.startswith("NOT SIGNED") else "note")


def most_important(run: Run, limit: int, levels: Collection[Level] = LEVELS) -> tuple[list[Issue], int]:
    """At most so many issues of some levels, the most important first, and how many were left out.

    What is equally important stays in order.
    """
    total = 0

    def counted() -> Iterator[Issue]:
        nonlocal total
        for outcome in run.everything():
            for issue in issues(outcome):
                if issue.level in levels:
                    total += 1
                    yield issue

    shown = nsmallest(limit, counted(), key=lambda issue: issue.rank)
    return shown, total - len(shown)


def _of_diagnostic(outcome: Outcome, found: Diagnostic) -> Issue:
    error = found.severity is Severity.ERROR
    span = found.span
    where = Where.of(span) or Where(outcome.file, 1, 1)
    end = span.end_column if span and span.end_line == span.line else None
    title = "not valid, and nothing was decided" if error and outcome.decision is None else "look at this"
    return Issue(
        0 if error else 1, "error" if error else "warning", found.code,
        title, found.message, found.help, where, end, outcome.file,
        _fingerprint(outcome.file, found.code, found.message),
    )  # fmt: skip


def _of_finding(outcome: Outcome, artifact: ArtifactDecision, finding: Finding) -> Issue:
    where = next((fact.where for fact in finding.facts if fact.where), Where(outcome.file, 1, 1))
    facts = "; ".join(said for said, _ in facts_in_words(finding))
    message = finding.message + (f" ({facts})" if facts else "")
    for state in artifact.sign_offs:
        if (state.policy, state.rule) == (finding.policy, finding.rule) and state.lacking:
            message += f" {who_must_sign(state)}."
    if finding.outcome is artifact.verdict and (said := hangs_on(artifact)):
        message += f" UNVERIFIED: {said}."
    elif said := how_sure(finding):
        message += f" ({said})"
    return Issue(
        rank=len(Verdict) - finding.outcome.rank,
        level=_LEVEL[finding.outcome],
        rule=f"{finding.policy}/{finding.rule}",
        title=f"{finding.outcome}: {outcome.name}/{artifact.id} at {artifact.requested}",
        message=message,
        fix=finding.fix if not finding.outcome.allows else "",
        where=where,
        end_column=None,
        subject=f"{outcome.name}/{artifact.id}",
        fingerprint=_fingerprint(
            outcome.file, outcome.name, artifact.id, finding.policy, finding.rule, finding.from_
        ),
        finding=finding,
    )


def _of_note(outcome: Outcome, rule: str, note: str, level: Level) -> Issue:
    rank = LEVELS.index(level) + len(Verdict) - 2
    mark = _fingerprint(outcome.file, rule, note)
    where = Where(outcome.file, 1, 1)
    return Issue(rank, level, rule, f"note: {outcome.name}", note, "", where, None, outcome.name, mark)


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join((relative(parts[0]), *parts[1:])).encode()).hexdigest()


def fact_in_words(fact: FactRead) -> str:
    """A fact that a finding rests on."""
    if fact.state == "unknown":
        return f"{fact.path} is unknown: {Reason(str(fact.reason)).meaning}"
    return f"{fact.path} is {fact.value}"


def facts_in_words(finding: Finding) -> Iterator[tuple[str, Where | None]]:
    """The facts that a finding rests on, each with its place, and together those unknown for one reason."""
    unplaced: dict[str, list[FactRead]] = {}
    for fact in finding.facts:
        if fact.reason and fact.where is None:
            unplaced.setdefault(fact.reason, []).append(fact)
    together = {reason: facts for reason, facts in unplaced.items() if len(facts) > 1}
    for fact in finding.facts:
        if fact.where is not None or fact.reason not in together:
            yield fact_in_words(fact), fact.where
    for reason, facts in together.items():
        yield f"{', '.join(fact.path for fact in facts)} are unknown: {Reason(reason).meaning}", None


def who_must_sign(state: SignOffState) -> str:
    """Which roles must sign, and how many signatures lack."""
    times = Counter(state.roles)
    roles = [role if times[role] == 1 else f"{times[role]} of {role}" for role in sorted(times)]
    return f"must sign: {' and '.join(roles)} ({state.lacking} lacking)"


def relative(file: str) -> str:
    """A file as repositories name it: from this folder, with forward slashes."""
    path = PurePath(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            path = PurePath(path.name)
    return path.as_posix()
