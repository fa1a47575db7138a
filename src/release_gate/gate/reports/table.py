"""``table``: one line for each artifact."""

from __future__ import annotations

from collections.abc import Iterator

from release_gate.diagnostics import Diagnostic, printable
from release_gate.escape import cut, log_line
from release_gate.gate.reports.run import Outcome, Run, at_stake

_HEAD = ("request", "artifact", "asked for", "verdict", "allowed now", "because")
_WIDEST = 60


def report(run: Run) -> Iterator[str]:
    """Columns as wide as what is in them. Warnings about a request come below its artifacts."""
    widths = [len(head) for head in _HEAD]
    for row in _all(run):
        widths = [max(width, len(cell)) for width, cell in zip(widths, row, strict=True)]
    for row in (_HEAD, tuple("─" * width for width in widths), *_all(run)):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield log_line(line.rstrip()) + "\n"


def _all(run: Run) -> Iterator[tuple[str, ...]]:
    for outcome in run.everything():
        yield from _rows(outcome)


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    if outcome.invalid:
        yield (cut(outcome.file, _WIDEST), "", "", "not valid", "", _told(outcome.diagnostics[0]))
        return
    for artifact in outcome.decision.artifacts if outcome.decision is not None else ():
        held = outcome.holds_back(artifact.verdict)
        worst = next(at_stake(artifact), None)
        because = f"{worst.policy}/{worst.rule}: {cut(worst.message, 120)}" if worst else ""
        because = "; ".join(outcome.held_back) if held else because
        verdict = f"{artifact.verdict}{' (unverified)' if artifact.unverified else ''}"
        yield (
            printable(outcome.name), artifact.id, artifact.requested,
            "held back" if held else verdict, artifact.best_in_words, because,
        )  # fmt: skip
    for found in outcome.diagnostics:
        yield (printable(outcome.name), "", "", "look at this", "", _told(found))


def _told(found: Diagnostic) -> str:
    return f"{found.code} {cut(found.message, 200)}"
