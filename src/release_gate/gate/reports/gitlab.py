"""``gitlab``: a Code Quality report of GitLab, which shows up in a merge request.

The fields are those of *Code Quality report format* in GitLab's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from release_gate.escape import cut, json_text
from release_gate.gate.reports.issues import Issue, Level, issues, relative
from release_gate.gate.reports.run import Run

_SEVERITY: Final[dict[Level, str]] = {"error": "blocker", "warning": "major", "note": "info"}


def report(run: Run) -> Iterator[str]:
    """One entry for each issue."""
    lead = "["
    told = [run.told] if run.told else []
    for outcome in chain(told, run.worst_first()):
        for issue in issues(outcome):
            yield f"{lead}\n  {json_text(_entry(issue), margin='  ')}"
            lead = ","
    yield "\n]\n" if lead == "," else "[]\n"


def _entry(issue: Issue) -> dict[str, Any]:
    text = f"{issue.title}: {issue.message}" + (f" → {issue.fix}" if issue.fix else "")
    return {
        "description": cut(text, 2000),
        "check_name": issue.rule,
        "fingerprint": issue.fingerprint,
        "severity": _SEVERITY[issue.level],
        "location": {"path": relative(issue.where.file), "lines": {"begin": issue.where.line}},
    }
