"""``text``: every decision in full, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from release_gate.diagnostics import printable
from release_gate.gate.reports.run import Run
from release_gate.gate.text import render_diagnostics, render_text


def report(run: Run, *, colour: bool = False, width: int = 100, problems: bool = True) -> Iterator[str]:
    """Decisions and, if wanted, problems, in the order of the requests."""
    lead = ""
    for outcome in run.everything():
        if problems and outcome.diagnostics:
            yield lead + render_diagnostics(outcome.diagnostics, colour=colour)
            lead = "\n"
        if problems and outcome.invalid:
            yield f"\n{printable(outcome.file)} is not valid, and nothing was decided\n"
        if outcome.decision is not None:
            yield lead + render_text(outcome.decision, outcome.held_back, colour=colour, width=width)
            lead = "\n"
