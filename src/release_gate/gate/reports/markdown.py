"""``markdown``: for the summary of a build or a comment on a change.

GitHub drops a summary of more than 1 MiB without a word, so the worst requests come first and what does not
fit is counted instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict
from release_gate.escape import markdown as safe
from release_gate.facts.ladder import ALL_RUNGS, BOUNDARY
from release_gate.gate.reports.issues import facts_in_words, hangs_on, how_sure, issues, who_must_sign
from release_gate.gate.reports.run import Outcome, Run, at_stake

LIMIT: Final = 1024 * 1024 - 4096
MARK: Final = {
    Verdict.APPROVE: "✅",
    Verdict.CONDITIONAL: "☑️",
    Verdict.NEEDS_APPROVAL: "✍️",
    Verdict.NEEDS_EVIDENCE: "❔",
    Verdict.DENY: "⛔",
}
HELD: Final = "✋"


def report(run: Run) -> Iterator[str]:
    """A table of all artifacts, and a section for each request."""
    yield "# Release gate\n\n"
    yield "| | request | artifact | asked for | verdict | allowed now |\n|---|---|---|---|---|---|\n"
    told = [run.told] if run.told else []
    yield from _fitting(map(_rows, run.worst_first()), LIMIT // 2)
    yield from _fitting(map(_section, chain(told, run.worst_first())), LIMIT // 2)


def _fitting(texts: Iterable[str], room: int) -> Iterator[str]:
    """Texts as long as there is room for them; the first that does not fit is cut at the end of a line."""
    hidden = 0
    for text in texts:
        data = text.encode()
        if not hidden and len(data) <= room:
            room -= len(data)
            yield text
            continue
        if not hidden:
            yield data[: data.rfind(b"\n", 0, room) + 1].decode()
        hidden += 1
    if hidden:
        yield f"\n**There is no room for {hidden} more.** The other reports have them.\n"


def _rows(outcome: Outcome) -> str:
    if outcome.decision is None:
        return f"| 🚫 | {safe(outcome.file)} | | | **not valid** | |\n"
    request = safe(outcome.name)
    return "".join(
        f"| {_mark(outcome, each.verdict)} | {request} | {safe(each.id)} | {safe(each.requested)} "
        f"| **{_said(outcome, each.verdict)}** | {safe(each.best_in_words)} |\n"
        for each in outcome.decision.artifacts
    )


def _mark(outcome: Outcome, verdict: Verdict) -> str:
    return HELD if outcome.holds_back(verdict) else MARK[verdict]


def _said(outcome: Outcome, verdict: Verdict) -> str:
    return "held back" if outcome.holds_back(verdict) else _word(verdict)


def _word(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _section(outcome: Outcome) -> str:
    lines = [f"\n## {safe(outcome.about.title if outcome.about else outcome.file)}\n"]
    for issue in issues(outcome):
        if issue.finding is None and not issue.is_note:  # notes stand below
            place = safe(f"{issue.where.file}:{issue.where.line}:{issue.where.column}")
            lines.append(f"- **{issue.rule}** {safe(issue.message)} ({place}) {safe(issue.fix)}")
    decision = outcome.decision
    if decision is None:
        lines += ["\nNothing was decided."] if outcome.invalid else []
        return "\n".join(lines) + "\n"
    if decision.hypothetical:
        lines.append(
            f"> **Hypothetical**: judged by the policies of {decision.hypothetical}. This is no approval.\n"
        )
    lines += [f"> **Held back**: {safe(reason)}.\n" for reason in outcome.held_back]
    for artifact in decision.artifacts:
        lines += _artifact(outcome, artifact)
    return "\n".join([*lines, *_footer(decision, outcome.digest)]) + "\n"


def _artifact(outcome: Outcome, artifact: ArtifactDecision) -> Iterator[str]:
    verdict = artifact.verdict
    mark, said = _mark(outcome, verdict), _said(outcome, verdict)
    yield f"### {mark} {safe(artifact.id)} at {safe(artifact.requested)}: {said}\n"
    yield " ".join(_rung(name, each) for name, each in artifact.ladder.items()) + "\n"
    if not verdict.allows:
        yield f"Highest rung that is allowed now: **{safe(artifact.best_in_words)}**.\n"
    if said := hangs_on(artifact):
        yield f"**Unverified**: {safe(said)}.\n"
    for state in artifact.sign_offs:
        if state.lacking:
            yield f"- {safe(who_must_sign(state))}, for {safe(f'{state.policy}/{state.rule}')}"
    yield from (f"- missing: {safe(path)}" for path in artifact.missing)
    for finding in at_stake(artifact):
        yield _finding(finding)
    for duty in artifact.obligations:
        owner = f", owed by {safe(duty.owner)}" if duty.owner else ""
        yield f"- duty: {safe(duty.duty)} ({safe(duty.due or 'no date')}{owner})"
    yield ""


def _rung(name: str, verdict: Verdict) -> str:
    return ("**‖** " if ALL_RUNGS[name] == BOUNDARY else "") + f"{MARK[verdict]} {safe(name)}"


def _finding(finding: Finding) -> str:
    text = (
        f"- **{_word(finding.outcome)}** {safe(f'{finding.policy}/{finding.rule}')}: {safe(finding.message)}"
    )
    text += "".join(f"\n  - {safe(said, 1500)}" for said, _ in facts_in_words(finding))
    if finding.fix and not finding.outcome.allows:
        text += f"\n  - → {safe(finding.fix)}"
    if finding.cite:
        sure = f" ({safe(said)})" if (said := how_sure(finding)) else ""
        text += f"\n  - source: {safe(str(finding.cite['title']))}{sure}"
    return text


def _footer(decision: Decision, digest: str | None) -> Iterator[str]:
    used = ", ".join(f"{safe(used.id)} {safe(used.version)}" for used in decision.policies)
    yield f"Policies: {used or 'none in force'}. As of {decision.as_of}. Decision `{digest}`.\n"
    yield from (f"> {safe(note)}\n" for note in decision.notes)
