"""Coverage for people and programs: how much was seen, and what was not, at its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from release_gate.authoring.coverage.goals import Goal, goals
from release_gate.diagnostics import Diagnostic, Severity, counted
from release_gate.escape import json_text
from release_gate.pages import END, head, shown
from release_gate.policy.model import Policy

__all__ = ["KINDS", "Coverage", "as_html", "as_json"]

CODES: Final = dict(zip(("outcome", "clause", "threshold"), ("RG840", "RG841", "RG842"), strict=True))
KINDS: Final = {
    "outcome": "outcomes of rules",
    "clause": "deciding clauses",
    "threshold": "sides of thresholds",
}


@dataclass(frozen=True)
class Coverage:
    """What the tests of one policy have seen.

    Attributes:
        policy: The policy.
        goals: What they should have seen.
        seen: What they have seen.
        cases: How many cases there are.
    """

    policy: Policy
    goals: tuple[Goal, ...]
    seen: frozenset[Goal]
    cases: int

    @classmethod
    def of(cls, policy: Policy, seen: Iterable[Goal], cases: int) -> Coverage:
        """What was seen of what is wanted, but for what a rule says need not be."""
        wanted = tuple(goal for goal in goals(policy) if not _silenced(policy, goal))
        return cls(policy, wanted, frozenset(seen), cases)

    def count(self, kind: str | None = None) -> tuple[int, int]:
        """How many goals of a kind were reached, and how many there are."""
        wanted = [goal for goal in self.goals if kind in (None, goal.kind)]
        return sum(goal in self.seen for goal in wanted), len(wanted)

    @property
    def percent(self) -> float:
        """How much was reached of all, in percent, never rounded up."""
        reached, wanted = self.count()
        return reached * 100 / wanted if wanted else 100.0

    def gaps(self) -> list[Diagnostic]:
        """What was not seen, one remark for each place."""
        places: dict[tuple[object, ...], list[Goal]] = {}
        for goal in self.goals:
            if goal not in self.seen:
                places.setdefault((goal.kind, goal.at, goal.part.start, goal.part.end), []).append(goal)
        return [self._gap(found) for found in places.values()]

    def _gap(self, missed: Sequence[Goal]) -> Diagnostic:
        goal = missed[0]
        words = " and ".join(f"`{each.seen}`" for each in missed)
        advice = _advice(missed)
        if goal.kind == "outcome":
            span = self.policy.places.span(goal.at)
            rule = self.policy.rules[int(goal.at[1])].id
            said = f"no test looks where `{rule}` comes to {words}"
            return Diagnostic("RG840", said, span, advice, Severity.WARNING)
        span = self.policy.places.within(goal.at, goal.part.start, goal.part.end)
        if goal.kind == "clause":
            said = f"no test in which this alone decides, being {words}"
            return Diagnostic("RG841", said, span, advice, Severity.WARNING)
        said = f"no test with a value {_sides(missed)} this threshold"
        return Diagnostic("RG842", said, span, advice, Severity.WARNING)


def _silenced(policy: Policy, goal: Goal) -> bool:
    is_rule = goal.at[0] == "rules"
    document = policy.rules[int(goal.at[1])].document if is_rule else policy.document
    return CODES[goal.kind] in document.silence


def _sides(missed: Sequence[Goal]) -> str:
    words = {"below": "just below", "at": "at", "above": "just above"}
    *most, last = [words[each.seen] for each in missed]
    return f"{', '.join(most)} and {last}" if most else last


def _advice(missed: Sequence[Goal]) -> str:
    kind = missed[0].kind
    if kind == "outcome" and [each.seen for each in missed] == ["unknown"]:
        return "add a case in which a fact that it reads is unknown: `set: {NAME: {unknown: missing}}`"
    return {
        "outcome": "add a case that expects something at a level where the rule applies",
        "clause": "add a case in which everything else is as it must be, and this is not",
        "threshold": "add a matrix with the value itself and its neighbours",
    }[kind]


def as_json(found: Sequence[Coverage]) -> str:
    """Coverage as JSON."""
    policies = [
        {
            "policy": each.policy.id,
            "version": each.policy.version,
            "file": each.policy.name,
            "cases": each.cases,
            **{kind: dict(zip(("seen", "of"), each.count(kind), strict=True)) for kind in KINDS},
            "gaps": [
                {"code": gap.code, "message": gap.message, "help": gap.help,
                 **({"line": gap.span.line, "column": gap.span.column} if gap.span else {})}
                for gap in each.gaps()
            ],
        }
        for each in found
    ]  # fmt: skip
    return json_text({"schema": "coverage-report/v1", "policies": policies}) + "\n"


def as_html(found: Sequence[Coverage]) -> str:
    """Coverage as one page, with every gap below the line it is about."""
    title = "Coverage of policies"
    return head(title) + "\n".join([f"<h1>{title}</h1>", *(_section(each) for each in found)]) + "\n" + END


def _section(each: Coverage) -> str:
    rows = "".join(
        f'<tr><th scope="row">{title}</th><td>{reached} of {wanted}</td></tr>'
        for kind, title in KINDS.items()
        for reached, wanted in [each.count(kind)]
    )
    title = (
        f"<h2>{shown(each.policy.id)} {shown(each.policy.version)}</h2><p>{counted(each.cases, 'case')}</p>"
    )
    gaps = each.gaps()
    files = {gap.span.source.name: gap.span.source for gap in gaps if gap.span is not None}
    return f"{title}<table>{rows}</table>" + "".join(
        _source(source.text, [gap for gap in gaps if gap.span is not None and gap.span.source.name == name])
        for name, source in sorted(files.items())
    )


def _source(text: str, gaps: Sequence[Diagnostic]) -> str:
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        here = [gap for gap in gaps if gap.span is not None and gap.span.line == number]
        mark = ' class="gap"' if here else ""
        lines.append(f'<span class="number">{number:5}</span> <span{mark}>{shown(line)}</span>')
        lines += [f'<span class="note">      ↳ {shown(gap.message)}</span>' for gap in here]
    return f"<pre>{chr(10).join(lines)}</pre>"
