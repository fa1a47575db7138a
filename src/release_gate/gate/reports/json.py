"""``json``: decisions as data. One is a mapping, several are a list."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from release_gate.diagnostics import Diagnostic
from release_gate.gate.reports.escape import json_text
from release_gate.gate.reports.run import Outcome, Run


def report(run: Run) -> Iterator[str]:
    """``decision/v1`` for every decision, and ``diagnostics/v1`` for what was found wrong with a file."""
    parts = sum(bool(outcome.diagnostics) + bool(outcome.decision) for outcome in run)
    if parts == 1:
        yield from (json_text(part) + "\n" for outcome in run for part in _parts(outcome))
        return
    lead = "[\n"
    for outcome in run:
        for part in _parts(outcome):
            yield lead + textwrap.indent(json_text(part), "  ")
            lead = ",\n"
    yield "\n]\n"


def _parts(outcome: Outcome) -> Iterator[dict[str, Any]]:
    if outcome.decision:
        yield outcome.decision.to_dict()
    if outcome.diagnostics:
        found = [_diagnostic(each) for each in outcome.diagnostics]
        yield {"schema": "diagnostics/v1", "file": outcome.file, "diagnostics": found}


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    span = found.span
    place = (
        {"file": span.file, "line": span.line, "column": span.column,
         "end_line": span.end_line, "end_column": span.end_column}
        if span else None
    )  # fmt: skip
    return {
        "code": found.code, "severity": found.severity.value, "message": found.message,
        "help": found.help, "where": place,
    }  # fmt: skip
