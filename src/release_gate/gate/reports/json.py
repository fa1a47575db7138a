"""``json``: a run as data, ``check/v1``: every request with its decision and what was found wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import Diagnostic, Severity
from release_gate.document import Base
from release_gate.escape import json_text
from release_gate.gate.reports.run import Outcome, Run

__all__ = ["CheckReport", "report"]


class PlaceTold(Base):
    """A place in a file; lines and columns count from 1."""

    file: str
    """The file."""
    line: int
    """The first line."""
    column: int
    """The first column."""
    end_line: int
    """The last line."""
    end_column: int
    """The column behind the last character."""


class DiagnosticTold(Base):
    """Something that is wrong, or that somebody should look at."""

    code: str
    """Its code, see [diagnostics](diagnostics.md)."""
    severity: Severity
    """`error` or `warning`."""
    message: str
    """What it is."""
    help: str
    """What to do about it; empty if nothing."""
    where: PlaceTold | None
    """Where it is, if it is at a place."""


class RequestTold(Base):
    """What one request came to."""

    file: str
    """The file that it was read from."""
    held_back: tuple[str, ...]
    """Why it is not let through, whatever the verdict."""
    diagnostics: tuple[DiagnosticTold, ...]
    """What is wrong with it, or worth a look."""
    decision: Decision | None
    """The decision; null if the request is not valid."""


class CheckReport(Base):
    """What a run of `release-gate check` came to, as `-o json` writes it."""

    schema_: Literal["check/v1"]
    """The kind of this document."""
    verdict: Verdict | None
    """The worst verdict of all; null if something is not valid."""
    lets_through: bool
    """Whether everything is allowed, and nothing held back."""
    held_back: tuple[str, ...]
    """Why something is not let through, whatever the verdict."""
    diagnostics: tuple[DiagnosticTold, ...]
    """What is about no single request, such as a log that cannot be read."""
    requests: tuple[RequestTold, ...]
    """The requests, in the order in which they were given."""


def report(run: Run) -> Iterator[str]:
    """One object, whether it is about one request or many, and whether or not there are warnings."""
    told = run.told.diagnostics if run.told else ()
    head = {
        "schema": "check/v1",
        "verdict": None if run.invalid else str(run.verdict),
        "lets_through": run.lets_through,
        "held_back": list(run.held_back),
        "diagnostics": [_diagnostic(each) for each in told],
    }
    yield json_text(head).removesuffix("\n}") + ',\n  "requests": ['
    lead = "\n    "
    for outcome in run:
        yield lead + json_text(_request(outcome), margin="    ")
        lead = ",\n    "
    yield "\n  ]\n}\n"


def _request(outcome: Outcome) -> dict[str, Any]:
    return {
        "file": outcome.file,
        "held_back": list(outcome.held_back),
        "diagnostics": [_diagnostic(each) for each in outcome.diagnostics],
        "decision": outcome.decision.to_dict() if outcome.decision is not None else None,
    }


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
