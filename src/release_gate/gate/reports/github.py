"""``github``: annotations of a GitHub Actions step, as workflow commands on standard output.

A step shows ten errors, ten warnings and ten notices, and cuts a message at 4,096 characters. See *Workflow
commands for GitHub Actions* in GitHub's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from release_gate.escape import cut
from release_gate.gate.reports.issues import Issue, Level, most_important, relative
from release_gate.gate.reports.run import Run

SHOWN: Final = 10
_COMMANDS: Final[dict[Level, str]] = {"error": "error", "warning": "warning", "note": "notice"}


def report(run: Run) -> Iterator[str]:
    """The most important annotations of each level; the last one says how many there are besides."""
    for level, command in _COMMANDS.items():
        shown, hidden = most_important(run, SHOWN, {level})
        if hidden:
            shown, hidden = shown[:-1], hidden + 1
        yield from (_annotation(command, issue) for issue in shown)
        if hidden:
            yield f"::{command} title=release-gate::{hidden} more are not shown here; see the other reports\n"


def _annotation(command: str, issue: Issue) -> str:
    where = issue.where
    place = [("file", relative(where.file)), ("line", str(where.line)), ("col", str(where.column))]
    if issue.end_column:
        place.append(("endColumn", str(issue.end_column)))
    properties = [*place, ("title", cut(issue.title, 200))]
    said = ",".join(f"{key}={_property(value)}" for key, value in properties)
    text = f"{issue.message} → {issue.fix}" if issue.fix else issue.message
    return f"::{command} {said}::{_data(cut(f'{issue.rule}: {text}', 4000))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##", "# #")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
