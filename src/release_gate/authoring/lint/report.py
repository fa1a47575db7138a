"""Remarks about policies, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from release_gate.diagnostics import Diagnostic
from release_gate.escape import json_text

__all__ = ["Told", "as_json"]

Told = Sequence[tuple[Path, Sequence[Diagnostic]]]
"""Every file that was looked at, with what is wrong with it, or looks so."""


def as_json(told: Told) -> str:
    """What was found, as JSON."""
    files = [
        {"file": file.as_posix(), "diagnostics": [_diagnostic(each) for each in found]}
        for file, found in told
    ]
    return json_text({"schema": "lint-report/v1", "files": files}) + "\n"


def _diagnostic(found: Diagnostic) -> dict[str, object]:
    span = found.span
    place = (
        {}
        if span is None
        else {
            "file": span.file,
            "line": span.line,
            "column": span.column,
            "end_line": span.end_line,
            "end_column": span.end_column,
        }
    )
    said = {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "help": found.help,
    }
    return {**said, **place}
