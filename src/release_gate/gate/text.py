"""Decisions and diagnostics as text for a terminal: what a release manager needs, first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict, in_words
from release_gate.diagnostics import Diagnostic, Severity, counted, printable
from release_gate.escape import log_line
from release_gate.evaluate.reference import Trace
from release_gate.expression.nodes import Literal, Named
from release_gate.facts.ladder import ALL_RUNGS, BOUNDARY
from release_gate.facts.truth import Reason, Unknown
from release_gate.gate.reports.issues import facts_in_words, hangs_on, how_sure, who_must_sign

__all__ = ["render_diagnostics", "render_text", "render_trace"]

_MARK = {
    Verdict.APPROVE: "✓",
    Verdict.CONDITIONAL: "✓",
    Verdict.NEEDS_APPROVAL: "?",
    Verdict.NEEDS_EVIDENCE: "?",
    Verdict.DENY: "✗",
}
_COLOUR = {
    Verdict.APPROVE: "32",
    Verdict.CONDITIONAL: "32",
    Verdict.NEEDS_APPROVAL: "33",
    Verdict.NEEDS_EVIDENCE: "33",
    Verdict.DENY: "31",
}
_WORDS = {
    Verdict.APPROVE: "APPROVED",
    Verdict.CONDITIONAL: "APPROVED, WITH CONDITIONS",
    Verdict.NEEDS_APPROVAL: "NEEDS APPROVAL",
    Verdict.NEEDS_EVIDENCE: "NEEDS EVIDENCE",
    Verdict.DENY: "DENIED",
}


def render_text(
    decision: Decision, held_back: Sequence[str] = (), *, colour: bool = False, width: int = 100
) -> str:
    """A decision as text. Control characters of the request never reach the terminal.

    Args:
        decision: The decision.
        held_back: Why it lets nothing through, whatever its verdict.
        colour: Whether to use colour.
        width: Characters of a line.
    """
    lines: list[str] = []
    for reason in held_back:
        lines += _wrap(f"HELD BACK: {reason}, so that nothing is let through", width)
    for artifact in decision.artifacts:
        lines += _artifact(decision, artifact, colour, width, held=bool(held_back))
        lines.append("")
    policies = ", ".join(f"{used.id} {used.version}" for used in decision.policies)
    lines += _wrap(f"policies: {policies or 'none in force'}", width)
    lines.append(f"as of {decision.as_of}   decision {decision.digest}")
    if decision.hypothetical is not None:
        lines += _wrap(
            f"HYPOTHETICAL: judged by the policies of {decision.hypothetical}. This is no approval.", width
        )
    for note in decision.notes:
        lines += _wrap(f"note: {note}", width)
    return "\n".join(map(log_line, lines)) + "\n"


def _paint(text: str, code: str, *, on: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if on else text


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        printable(text, 2000),
        width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent) + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [indent]


def _artifact(
    decision: Decision,
    artifact: ArtifactDecision,
    colour: bool,  # noqa: FBT001
    width: int,
    *,
    held: bool,
) -> Iterator[str]:
    verdict = artifact.verdict
    title, paint = f"{_MARK[verdict]} {_WORDS[verdict]}", _COLOUR[verdict]
    if held and verdict.allows:
        title, paint = "✗ HELD BACK", _COLOUR[Verdict.DENY]
    asked = f"{printable(decision.request.id)}/{artifact.id} at {artifact.requested}"
    yield f"{_paint(title, '1;' + paint, on=colour)}  {asked}"
    if not verdict.allows:
        best = f"highest rung that is allowed now: {artifact.best_in_words}"
        if artifact.not_ruled_out and artifact.not_ruled_out != artifact.best:
            best += f"; not ruled out: up to {artifact.not_ruled_out}"
        yield from _wrap(best, width, "  ")
    for name, tier in artifact.tiers.items():
        span = tier.certain if tier.certain == tier.possible else f"{tier.certain}, possibly {tier.possible}"
        yield f"  risk tier: {span}   ({name})"
    if said := hangs_on(artifact):
        yield from _wrap(f"UNVERIFIED: {said}", width, "  ")
    if artifact.irrevocable:
        yield "  copies are out already and cannot be taken back"
    yield from _to_do(decision, artifact, width)
    yield "  " + _ladder(artifact, colour=colour)
    yield from _findings(artifact, colour, width)


def _to_do(decision: Decision, artifact: ArtifactDecision, width: int) -> Iterator[str]:
    """What is missing, and who must act."""
    if artifact.missing:
        yield "  missing:"
    yield from _missing(artifact, artifact.missing, width)
    further = artifact.not_ruled_out
    if (
        artifact.verdict is Verdict.DENY
        and further != artifact.best
        and artifact.missing_at.get(further or "")
    ):
        yield f"  missing for {further}, which is not ruled out:"
        yield from _missing(artifact, artifact.missing_at[further or ""], width)
    lacking = [state for state in artifact.sign_offs if state.lacking]
    for state in lacking:
        yield from _wrap(f"{who_must_sign(state)}   {state.policy}/{state.rule}", width, "  ")
        for void in state.void:
            yield from _wrap(f"does not count: {void}", width, "    ")
    if lacking:
        yield f"    a sign-off names request: {decision.request.proposal_digest}"
        yield f"                     policies: {decision.policies_digest}"


def _missing(artifact: ArtifactDecision, paths: Iterable[str], width: int) -> Iterator[str]:
    for path in paths:
        yield from _wrap(f"- {path}{_reason(artifact, path)}", width, "    ")


def _findings(artifact: ArtifactDecision, colour: bool, width: int) -> Iterator[str]:  # noqa: FBT001
    for finding in artifact.findings:
        if ALL_RUNGS[finding.from_] <= ALL_RUNGS[artifact.requested]:
            yield from _finding(finding, colour, width)
    for duty in artifact.obligations:
        owner = f", owed by {duty.owner}" if duty.owner else ""
        yield from _wrap(f"duty: {duty.duty} ({duty.due or 'no date'}{owner})", width, "  ")
    above = sum(
        1 for finding in artifact.findings if ALL_RUNGS[finding.from_] > ALL_RUNGS[artifact.requested]
    )
    if above:
        more = counted(above, "more finding concerns", "more findings concern")
        yield f"  ({more} more open rungs; see -o json)"


def _reason(artifact: ArtifactDecision, path: str) -> str:
    for finding in artifact.findings:
        for fact in finding.facts:
            if fact.path == path and fact.reason:
                return f": {Reason(fact.reason).meaning}"
            if fact.path == path and fact.value and fact.value.endswith("…]"):
                return ": there may be more than what is listed"
    return ""


def _ladder(artifact: ArtifactDecision, *, colour: bool) -> str:
    parts = []
    for name, verdict in artifact.ladder.items():
        if ALL_RUNGS[name] == BOUNDARY:
            parts.append("‖")
        parts.append(_paint(f"{_MARK[verdict]}{name}", _COLOUR[verdict], on=colour))
    return "\n  ".join([" ".join(parts[:7]), " ".join(parts[7:])]).rstrip()


def _finding(finding: Finding, colour: bool, width: int) -> Iterator[str]:  # noqa: FBT001
    to = "" if finding.from_ == finding.to else f" to {finding.to}"
    head = f"{finding.outcome} from {finding.from_}{to}: {finding.policy}/{finding.rule}"
    yield "  " + _paint(head, _COLOUR[finding.outcome], on=colour)
    yield from _wrap(finding.message, width, "    ")
    for said, where in facts_in_words(finding):
        place = f"  ({where.file}:{where.line})" if where else ""
        yield from _wrap(said + place, width, "    · ")
    if finding.fix and not finding.outcome.allows:
        yield from _wrap(f"→ {finding.fix}", width, "    ")
    if finding.cite:
        section = f", {finding.cite['section']}" if "section" in finding.cite else ""
        sure = f" ({said})" if (said := how_sure(finding)) else ""
        yield from _wrap(f"source: {finding.cite['title']}{section}{sure}", width, "    ")


def render_trace(
    trace: Trace, text: str, definitions: Mapping[str, str], depth: int, *, deep: bool = True
) -> Iterator[str]:
    """What an expression came to, and below it what its parts did, with where each fact is stated.

    Args:
        trace: What it came to.
        text: The expression.
        definitions: What the definitions say that it names.
        depth: How far to the right it starts.
        deep: Whether to show its parts.
    """
    at, value = trace.node.at, trace.value
    said = trace.member or (trace.read.path if trace.read else text[at.start : at.end])
    seen = trace.read.seen if trace.read else None
    from_ = [f"{seen.where.file}:{seen.where.line}"] if seen is not None and seen.where is not None else []
    from_ += [f"source {seen.source}"] if seen is not None and seen.source is not None else []
    word = in_words(value) if not isinstance(value, Unknown) or seen is not None else "unknown"
    line = f"{'  ' * depth}{printable(said, 120)} = {printable(word, 120)}"
    yield line + (f"   ({printable(', '.join(from_))})" if from_ else "")
    if isinstance(trace.node, Named):
        text = definitions[trace.node.name]  # what stands below is written there
    for step in trace.below if deep else ():
        if isinstance(step.node, Literal) and not step.member:
            continue  # it is what is written
        yield from render_trace(step, text, definitions, depth + 1)


MAX_SHOWN = 50
"""Nobody reads more diagnostics at once."""


def render_diagnostics(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """Diagnostics with the line they are about, and the place in it."""
    blocks = []
    every = list(diagnostics)
    for found in every[:MAX_SHOWN]:
        red = "31;1" if found.severity is Severity.ERROR else "33;1"
        lines = [
            _paint(f"{found.severity.value}[{found.code}]", red, on=colour)
            + f": {printable(found.message, 500)}"
        ]
        if found.span is not None:
            lines += _frame(found)
        if found.help:
            lines.append(f"  help: {printable(found.help, 500)}")
        blocks.append("\n".join(log_line(line) for text in lines for line in text.split("\n")))
    if len(every) > MAX_SHOWN:
        blocks.append(f"and {len(every) - MAX_SHOWN:,} more")
    return "\n\n".join(blocks) + "\n"


def _frame(found: Diagnostic) -> list[str]:
    span = found.span
    if span is None:
        return []
    lines = span.source.text.splitlines()
    number = str(span.line)
    margin = " " * len(number)
    text = printable(lines[span.line - 1].replace("\t", " "), 160) if span.line <= len(lines) else ""
    end = span.end_column if span.end_line == span.line else len(text) + 1
    marks = "^" * max(1, min(end, 160) - span.column)
    return [
        f" {margin}--> {printable(span.file)}:{span.line}:{span.column}",
        f" {margin} |",
        f" {number} | {text}",
        f" {margin} | {' ' * (span.column - 1)}{marks}",
    ]
