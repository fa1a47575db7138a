"""``release-gate demo``: judge releases of the past by the packs of today."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import date

import click

from release_gate.cli import use_colour
from release_gate.decision import ArtifactDecision, Decision, Verdict
from release_gate.diagnostics import printable
from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.history import SHOWN, judge_history, outcomes, render_history
from release_gate.gate.text import render_text
from release_gate.policy.packs import data_folder

POLICIES_AS_OF = date(2026, 11, 24)
"""The packs of this day judge the dossiers, so that the demo shows the same every day."""
WIDTH = 80
_INDENT = " " * 6


@click.command()
@click.option("--full", is_flag=True, help="Print every decision in full.")
@click.option("--history", is_flag=True, help="Print what each pack says of all dossiers, and what happened.")
def demo(full: bool, history: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Judge eight releases of the past by the packs of today.

    Each is judged as of the day of its release, by what was known then. The decisions are hypothetical, and
    no judgement on anybody.
    """
    folder = data_folder("examples")
    if history:
        for line in render_history(judge_history(folder, POLICIES_AS_OF)):
            click.echo(line)
        click.echo(f"Hypothetical: judged by the packs of {POLICIES_AS_OF}. Illustrative, not legal advice.")
        return 0
    gate = Gate.load(folder / "release-gate.yaml")
    verdicts: Counter[Verdict] = Counter()
    days = {outcome.dossier: outcome.on for outcome in outcomes(folder / "history.yaml")}
    for name in SHOWN:
        request = ReleaseRequest.load(folder / "dossiers" / f"{name}.yaml")
        decision = gate.decide(request, as_of=days[name], policies_as_of=POLICIES_AS_OF)
        verdicts.update(artifact.verdict for artifact in decision.artifacts)
        if full:
            click.echo(render_text(decision, colour=use_colour()))
        else:
            click.echo("\n".join(_summary(request, decision)) + "\n", color=use_colour())
    told = ", ".join(
        f"{verdicts[each]} {_words(each).replace('needs', 'need')}" for each in Verdict if verdicts[each]
    )
    click.echo(
        f"Of {verdicts.total()}: {told}.\n"
        f"Hypothetical: judged by the packs of {POLICIES_AS_OF}. Illustrative, not legal advice.\n"
        "`release-gate demo --full` gives every reason; `release-gate check` judges yours"
    )
    return 0


def _summary(request: ReleaseRequest, decision: Decision) -> Iterator[str]:
    """What was wanted, the verdict, what is allowed instead, and why. Equal answers stand together."""
    yield click.style(printable(request.title or request.id), bold=True)
    answers: dict[tuple[str, ...], list[ArtifactDecision]] = {}
    for artifact in decision.artifacts:
        answers.setdefault((artifact.requested, *_answer(artifact)), []).append(artifact)
    for (requested, *lines), artifacts in answers.items():
        verdict = artifacts[0].verdict
        names = ", ".join(artifact.id for artifact in artifacts)
        head = f"  {_mark(verdict)} {names}, wanted {requested}: {_words(verdict)}"
        yield click.style(head, fg=_colour(verdict))
        for line in lines:
            yield from textwrap.wrap(
                printable(line, 500), WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
            )


def _answer(artifact: ArtifactDecision) -> tuple[str, ...]:
    if artifact.verdict.allows:
        return (f"duties: {'; '.join(duty.duty for duty in artifact.obligations)}",)
    instead = f"allowed up to {artifact.best_in_words}"
    if artifact.not_ruled_out not in (None, artifact.best):
        instead += f", not ruled out up to {artifact.not_ruled_out}"
    return (instead, *_reason(artifact))


def _reason(artifact: ArtifactDecision) -> Iterator[str]:
    """Why, in the words of the rule; and who or what is lacking."""
    yield next(
        f"because: {finding.message}"
        for finding in artifact.findings
        if finding.outcome is artifact.verdict and RUNGS[finding.from_] <= RUNGS[artifact.requested]
    )
    if artifact.verdict is Verdict.NEEDS_EVIDENCE:
        first, more = artifact.missing[:2], len(artifact.missing[2:])
        yield "missing: " + ", ".join(first) + (f", and {more} more" if more else "")
    if artifact.verdict is Verdict.NEEDS_APPROVAL:
        roles = Counter(role for state in artifact.sign_offs if state.lacking for role in state.roles)
        yield "must sign: " + ", ".join(sorted(roles))


def _words(verdict: Verdict) -> str:
    return {
        Verdict.APPROVE: "approved",
        Verdict.CONDITIONAL: "approved with duties",
        Verdict.NEEDS_APPROVAL: "needs approval",
        Verdict.NEEDS_EVIDENCE: "needs evidence",
        Verdict.DENY: "denied",
    }[verdict]


def _mark(verdict: Verdict) -> str:
    return "✓" if verdict.allows else "✗" if verdict is Verdict.DENY else "?"


def _colour(verdict: Verdict) -> str:
    return "green" if verdict.allows else "red" if verdict is Verdict.DENY else "yellow"
