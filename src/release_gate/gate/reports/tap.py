"""``tap``: the Test Anything Protocol, version 14. A test for each artifact.

What lets nothing through, whatever the verdict, is a test of its own that fails.

A description consists of identifiers, so that nothing in it can be read as ``# TODO`` or ``# SKIP``; all
other text is in the YAML block, as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from release_gate.escape import cut, json_text
from release_gate.gate.reports.issues import issues
from release_gate.gate.reports.run import Outcome, Run, at_stake


def report(run: Run) -> Iterator[str]:
    """``ok`` for what is allowed, ``not ok`` for everything else."""
    yield "TAP version 14\n"
    number = 0
    for outcome in run.everything():
        for allowed, description, block in _tests(outcome):
            number += 1
            yield f"{'ok' if allowed else 'not ok'} {number} - {description}\n"
            yield "  ---\n" + "".join(f"  {key}: {json_text(value, None)}\n" for key, value in block.items())
            yield "  ...\n"
    yield f"1..{number}\n"


def _tests(outcome: Outcome) -> Iterator[tuple[bool, str, dict[str, Any]]]:
    decision = outcome.decision
    said = [f"{issue.rule}: {cut(issue.message, 2000)}" for issue in issues(outcome) if issue.finding is None]
    if said:
        what = "a valid request" if outcome.invalid or decision is not None else "valid evidence"
        yield not outcome.invalid, what, {"file": outcome.file, "diagnostics": said}
    if decision is None:
        return
    for artifact in decision.artifacts:
        findings = [
            f"{found.outcome} {found.policy}/{found.rule}: {cut(found.message, 2000)}"
            for found in at_stake(artifact)
        ]
        block = {
            "file": outcome.file, "verdict": str(artifact.verdict), "best": artifact.best,
            "findings": findings, "missing": list(artifact.missing),
            "unverified": list(artifact.unverified), "decision": outcome.digest,
        }  # fmt: skip
        name = f"{decision.request.id}/{artifact.id} at {artifact.requested}"
        yield artifact.verdict.allows, name, block
    if reasons := outcome.held_back:
        block = {"file": outcome.file, "because": list(reasons)}
        yield False, f"{decision.request.id} is let through", block
