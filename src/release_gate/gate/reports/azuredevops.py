"""``azuredevops``: issues of an Azure Pipelines task, as logging commands on standard output.

See *Logging commands* in the documentation of Azure DevOps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from release_gate.escape import cut
from release_gate.gate.reports.issues import most_important, relative
from release_gate.gate.reports.run import Run

SHOWN: Final = 100
_ESCAPES: Final = (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"), ("##", "# #"))


def report(run: Run) -> Iterator[str]:
    """The most important issues, and the result of the task. Azure knows errors and warnings only."""
    shown, hidden = most_important(run, SHOWN, {"error", "warning"})
    for issue in shown:
        text = f"{issue.title}: {issue.rule}: {issue.message}" + (f" → {issue.fix}" if issue.fix else "")
        place = f"sourcepath={_data(relative(issue.where.file))};linenumber={issue.where.line};"
        place += f"columnnumber={issue.where.column};code={_data(issue.rule)}"
        yield f"##vso[task.logissue type={issue.level};{place}]{_data(cut(text, 4000))}\n"
    if hidden:
        yield f"##vso[task.logissue type=warning]{hidden} more are not shown here; see the other reports\n"
    if not run.lets_through:
        said = "nothing was decided" if run.invalid else str(run.verdict)
        said = f"held back: {'; '.join(run.held_back)}" if run.verdict.allows and run.held_back else said
        yield f"##vso[task.complete result=Failed;]{said}\n"


def _data(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text
