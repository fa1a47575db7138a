"""``html``: one page for a review board, complete in itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict
from release_gate.escape import cut
from release_gate.facts.truth import Reason
from release_gate.gate.reports.issues import hangs_on, relative, who_must_sign
from release_gate.gate.reports.pictures import ladder, lineage
from release_gate.gate.reports.run import Outcome, Run, at_stake
from release_gate.pages import END, Templates, head, safe, templates

_FOLDER: Final = Path(__file__).parent / "page"
WORDS: Final = {
    Verdict.APPROVE: "approved",
    Verdict.CONDITIONAL: "approved, with conditions",
    Verdict.NEEDS_APPROVAL: "needs approval",
    Verdict.NEEDS_EVIDENCE: "needs evidence",
    Verdict.DENY: "denied",
}
MARKS: Final = {
    Verdict.APPROVE: "✓",
    Verdict.CONDITIONAL: "✓",
    Verdict.NEEDS_APPROVAL: "✎",
    Verdict.NEEDS_EVIDENCE: "?",
    Verdict.DENY: "✕",
}


def report(run: Run) -> Iterator[str]:
    """The page: a table of everything, then a section for each request, the worst first."""
    ours = _templates()
    numbers = range(1, len(run) + 1)
    single = next(iter(run)) if len(run) == 1 else None
    yield head(f"Release decisions: {len(run)} requests" if single is None else _title(single))
    if single is None:
        rows = zip(numbers, run.worst_first(), strict=True)
        yield safe(ours.get_template("index.html").render(rows=rows))
    for number, outcome in zip(numbers, run.worst_first(), strict=True):
        yield safe(_section(ours, number, outcome))
    if run.told is not None:
        yield safe(ours.get_template("told.html").render(outcome=run.told))
    yield END


def _title(outcome: Outcome) -> str:
    about = outcome.about.title if outcome.about is not None else relative(outcome.file)
    decision = outcome.decision
    return f"{about}: {_shown_as(outcome, decision.verdict) if decision is not None else 'not valid'}"


@cache
def _templates() -> Templates:
    found = templates(_FOLDER, lambda value: cut(value, 20_000) if type(value) is str else value)
    found.globals |= {"words": WORDS, "marks": MARKS, "ladder": ladder, "who_must_sign": who_must_sign}
    found.globals |= {"hangs_on": hangs_on}
    found.globals |= {"look_of": _look, "shown_as": _shown_as}
    found.globals |= {"at_stake": lambda artifact: list(at_stake(artifact)), "beyond": _beyond}
    found.filters |= {"reason": _reason, "relative": relative}
    return found


def _section(ours: Templates, number: int, outcome: Outcome) -> str:
    if outcome.decision is None or outcome.about is None:
        return ours.get_template("problems.html").render(number=number, outcome=outcome)
    return ours.get_template("decision.html").render(
        number=number,
        outcome=outcome,
        decision=outcome.decision,
        about=outcome.about,
        picture=lineage(outcome.about),
        to_do=_to_do(outcome.decision),
    )


def _shown_as(outcome: Outcome, verdict: Verdict) -> str:
    return "held back" if outcome.holds_back(verdict) else WORDS[verdict]


def _look(outcome: Outcome, verdict: Verdict) -> Verdict:
    """The verdict whose mark and colour are shown: what is held back looks like what is denied."""
    return Verdict.DENY if outcome.holds_back(verdict) else verdict


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody must do, and for which artifacts."""

    who: str
    what: str
    artifacts: tuple[str, ...]


def _to_do(decision: Decision) -> list[Act]:
    """What stands in the way first, then the duties that come with a release."""
    found: dict[tuple[int, str, str], list[str]] = {}
    for artifact in decision.artifacts:
        for act in _acts(artifact):
            found.setdefault(act, []).append(artifact.id)
    return [
        Act(who, what, tuple(dict.fromkeys(artifacts)))
        for (_, who, what), artifacts in sorted(found.items(), key=lambda entry: entry[0][0])
    ]


def _acts(artifact: ArtifactDecision) -> Iterator[tuple[int, str, str]]:
    for finding in at_stake(artifact):
        if finding.outcome is Verdict.DENY and finding.fix:
            yield 0, "who asks", finding.fix
    for path in artifact.missing:
        yield 1, "who has the evidence", f"Supply {path}"
    for state in artifact.sign_offs:
        if state.lacking:
            who = ", ".join(sorted(set(state.roles)))
            said = who_must_sign(state)
            yield 2, who, f"{said[:1].upper()}{said[1:]}, for {state.policy}/{state.rule}"
    for duty in artifact.obligations:
        yield 3, duty.owner or "not said", f"{duty.duty} ({duty.due or 'no date'})"


def _beyond(artifact: ArtifactDecision) -> list[Finding]:
    """The findings at other rungs than the one that is asked for."""
    here = set(map(id, at_stake(artifact)))
    return [found for found in artifact.findings if id(found) not in here]


def _reason(name: str | None) -> str:
    return Reason(str(name)).meaning
