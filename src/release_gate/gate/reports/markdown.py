"""``markdown``: for the summary of a build or a comment on a change.

GitHub drops a summary of more than 1 MiB without a word, so the worst requests come first and what does not
fit is counted instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict
from release_gate.facts.ladder import ALL_RUNGS, BOUNDARY
from release_gate.gate.reports.escape import markdown as safe
from release_gate.gate.reports.issues import fact_in_words, issues, who_must_sign
from release_gate.gate.reports.run import Outcome, Run, at_stake

LIMIT: Final = 1024 * 1024 - 4096
MARK: Final = {
    Verdict.APPROVE: "✅",
    Verdict.CONDITIONAL: "☑️",
    Verdict.NEEDS_APPROVAL: "✍️",
    Verdict.NEEDS_EVIDENCE: "❔",
    Verdict.DENY: "⛔",
}


def report(run: Run) -> Iterator[str]:
    """A table of all artifacts, and a section for each request."""
    yield "# Release gate\n\n"
    yield "| | request | artifact | asked for | verdict | allowed now |\n|---|---|---|---|---|---|\n"
    yield from _fitting(map(_rows, run.worst_first()), LIMIT // 2)
    yield from _fitting(map(_section, run.worst_first()), LIMIT // 2)


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
        f"| {MARK[each.verdict]} | {request} | {safe(each.id)} | {safe(each.requested)} "
        f"| **{_word(each.verdict)}** | {safe(each.best_in_words)} |\n"
        for each in outcome.decision.artifacts
    )


def _word(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _section(outcome: Outcome) -> str:
    lines = [f"\n## {safe(outcome.about.title if outcome.about else outcome.file)}\n"]
    for issue in issues(outcome):
        if issue.finding is None:
            place = safe(f"{issue.where.file}:{issue.where.line}:{issue.where.column}")
            lines.append(f"- **{issue.rule}** {safe(issue.message)} ({place}) {safe(issue.fix)}")
    decision = outcome.decision
    if decision is None:
        lines.append("\nNothing was decided.")
        return "\n".join(lines) + "\n"
    if decision.hypothetical:
        lines.append(
            f"> **Hypothetical**: judged by the policies of {decision.hypothetical}. This is no approval.\n"
        )
    for artifact in decision.artifacts:
        lines += _artifact(artifact)
    return "\n".join([*lines, *_footer(decision, outcome.digest)]) + "\n"


def _artifact(artifact: ArtifactDecision) -> Iterator[str]:
    verdict = artifact.verdict
    yield f"### {MARK[verdict]} {safe(artifact.id)} at {safe(artifact.requested)}: {_word(verdict)}\n"
    yield " ".join(_rung(name, each) for name, each in artifact.ladder.items()) + "\n"
    if not verdict.allows:
        yield f"Highest rung that is allowed now: **{safe(artifact.best_in_words)}**.\n"
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
    text += "".join(f"\n  - {safe(fact_in_words(fact), 300)}" for fact in finding.facts)
    if finding.fix and not finding.outcome.allows:
        text += f"\n  - → {safe(finding.fix)}"
    if finding.cite:
        text += f"\n  - source: {safe(str(finding.cite['title']))}"
    return text


def _footer(decision: Decision, digest: str | None) -> Iterator[str]:
    used = ", ".join(f"{safe(used.id)} {safe(used.version)}" for used in decision.policies)
    yield f"Policies: {used or 'none in force'}. As of {decision.as_of}. Decision `{digest}`.\n"
    yield from (f"> {safe(note)}\n" for note in decision.notes)
