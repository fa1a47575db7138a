"""What a new version of a policy decides otherwise: verdicts that flip, at each access level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from release_gate.authoring.testing.suites import Suite
from release_gate.decision import Verdict
from release_gate.diagnostics import counted
from release_gate.engine import decide
from release_gate.escape import cut, json_text
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.documents import InForce
from release_gate.policy.model import Policy

__all__ = ["Flip", "Judged", "as_json", "as_markdown", "compared", "judged_by_tests", "renamed_rules"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A request to judge by both versions, and what judges beside them."""

    name: str
    request: ReleaseRequest
    as_of: date
    beside: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Flip:
    """Verdicts that are not what they were, from one level to another.

    Attributes:
        name: The request, or the case.
        artifact: The artifact.
        from_: The lowest level.
        to: The highest level.
        old: What it was.
        new: What it is.
    """

    name: str
    artifact: str
    from_: str
    to: str
    old: Verdict
    new: Verdict

    @property
    def loosened(self) -> bool:
        """Whether more is allowed than was."""
        return self.new.rank < self.old.rank

    @property
    def levels(self) -> str:
        """The levels in words."""
        return self.from_ if self.from_ == self.to else f"{self.from_} to {self.to}"


def judged_by_tests(suites: Iterable[Suite]) -> Iterator[Judged]:
    """The requests of tests."""
    for suite in suites:
        for trial in suite.trials:
            yield Judged(trial.name, trial.request, trial.as_of, suite.beside)


def compared(old: Policy, new: Policy, requests: Iterable[Judged]) -> Iterator[Flip]:
    """Every verdict that the new version changes, as if both were in force on the day of each request."""
    # Sign-offs of tests are bound to the version that was read; here they count for both.
    old, new = replace(old, digest=new.digest, in_force=InForce()), replace(new, in_force=InForce())
    for each in requests:
        before = decide(each.request, (old, *each.beside), each.as_of)
        after = decide(each.request, (new, *each.beside), each.as_of)
        for was, is_ in zip(before.artifacts, after.artifacts, strict=True):
            pairs = [(rung, was.ladder[rung], is_.ladder[rung]) for rung in was.ladder]
            for (old_verdict, new_verdict), run in groupby(pairs, key=lambda pair: pair[1:]):
                rungs = [rung for rung, _, _ in run]
                if old_verdict is not new_verdict:
                    yield Flip(each.name, was.id, rungs[0], rungs[-1], old_verdict, new_verdict)


def renamed_rules(old: Policy, new: Policy) -> tuple[list[str], list[str]]:
    """The rules that are gone, and those that are new."""
    before, after = ({rule.id for rule in policy.rules} for policy in (old, new))
    return sorted(before - after), sorted(after - before)


def as_json(old: Policy, new: Policy, flips: Sequence[Flip], requests: int) -> str:
    """The comparison as JSON."""
    gone, added = renamed_rules(old, new)
    report: dict[str, Any] = {
        "schema": "diff-report/v1",
        "old": {"policy": old.id, "version": old.version, "digest": old.digest},
        "new": {"policy": new.id, "version": new.version, "digest": new.digest},
        "requests": requests,
        "rules": {"gone": gone, "new": added},
        "loosened": sum(flip.loosened for flip in flips),
        "tightened": sum(not flip.loosened for flip in flips),
        "flips": [
            {"request": flip.name, "artifact": flip.artifact, "from": flip.from_, "to": flip.to,
             "old": flip.old.value, "new": flip.new.value, "loosened": flip.loosened}
            for flip in flips
        ],
    }  # fmt: skip
    return json_text(report) + "\n"


def as_markdown(old: Policy, new: Policy, flips: Sequence[Flip], requests: int) -> str:
    """The comparison for a pull request, what is loosened first."""
    lines = [f"### `{old.id}` {old.version} → `{new.id}` {new.version}", ""]
    loosened = sum(flip.loosened for flip in flips)
    looser = counted(loosened, "verdict")
    lines.append(f"{counted(requests, 'request')}: {looser} loosened, {len(flips) - loosened} tightened.")
    if flips:
        lines += ["", "| | request | artifact | level | was | is |", "|---|---|---|---|---|---|"]
    for flip in sorted(flips, key=lambda flip: not flip.loosened):
        mark = "**loosened**" if flip.loosened else "tightened"
        name = cut(flip.name, 300).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'")
        lines.append(f"| {mark} | `{name}` | `{flip.artifact}` | {flip.levels} | {flip.old} | {flip.new} |")
    return "\n".join(lines) + "\n"
