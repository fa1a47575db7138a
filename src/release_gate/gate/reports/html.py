"""``html``: one page for a review board, complete in itself.

The only place for jinja2. Everything a request or policy says is escaped by the template engine, and the page
forbids scripts, frames, forms and every address but its own, should something get past that.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict
from release_gate.facts.truth import Reason
from release_gate.gate.reports.escape import cut
from release_gate.gate.reports.issues import relative, who_must_sign
from release_gate.gate.reports.pictures import ladder, lineage
from release_gate.gate.reports.run import Outcome, Run, at_stake

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
    templates = _templates()
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    numbers = range(1, len(run) + 1)
    head = templates.get_template("head.html")
    single = next(iter(run)) if len(run) == 1 else None
    markup = Markup(style)  # noqa: S704 - our own
    yield _safe(head.render(style=markup, style_digest=digest, single=single, total=len(run)))
    if single is None:
        rows = zip(numbers, run.worst_first(), strict=True)
        yield _safe(templates.get_template("index.html").render(rows=rows))
    for number, outcome in zip(numbers, run.worst_first(), strict=True):
        yield _safe(_section(templates, number, outcome))
    if run.told is not None:
        yield _safe(templates.get_template("told.html").render(outcome=run.told))
    yield "</main>\n</body>\n</html>\n"


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: cut(value, 20_000) if type(value) is str else value,
    )
    templates.globals |= {"words": WORDS, "marks": MARKS, "ladder": ladder, "who_must_sign": who_must_sign}
    templates.globals |= {"look_of": _look, "shown_as": _shown_as}
    templates.globals |= {"at_stake": lambda artifact: list(at_stake(artifact)), "beyond": _beyond}
    templates.filters |= {"spaced": _spaced, "reason": _reason, "address": _address, "relative": relative}
    return templates


def _section(templates: jinja2.Environment, number: int, outcome: Outcome) -> str:
    if outcome.decision is None or outcome.about is None:
        return templates.get_template("problems.html").render(number=number, outcome=outcome)
    return templates.get_template("decision.html").render(
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


def _spaced(name: object) -> str:
    """An identifier that a narrow screen may break."""
    return str(name).replace("_", " ")


def _reason(name: str | None) -> str:
    return Reason(str(name)).meaning


def _address(url: Any) -> str:
    """An address that may be linked, or nothing."""
    text = str(url)
    return text if text.startswith("https://") and text.isprintable() else ""


def _safe(page: str) -> str:
    """No command of a build log, if somebody prints the page there."""
    return page.replace("##", "#&#35;")
