"""``release-gate policy lint``: what is wrong with policies, and what is probably not meant."""

from __future__ import annotations

from datetime import date

import click

from release_gate.authoring.lint import lint as look_at
from release_gate.authoring.lint.report import Told, as_json
from release_gate.cli import Exit, use_colour
from release_gate.cli.options import AS_OF
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.policy.paths import PATHS, named
from release_gate.diagnostics import Severity, counted
from release_gate.gate import reports
from release_gate.gate.reports.run import Outcome, Run
from release_gate.gate.text import render_diagnostics


@click.command()
@PATHS
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@AS_OF
@output_option("text", "json", "sarif", "github", "gitlab", "azuredevops")
def lint(paths: tuple[str, ...], strict: bool, as_of: date, outputs: list[Output]) -> int:  # noqa: FBT001 - click passes flags so
    """Find what is wrong with policies and their tests, and what is probably not meant.

    A warning that does not concern a rule is silenced on it, with the reason:

        silence: {RG826: a model may stand on nothing}

    Exit codes: 0 nothing is wrong, 3 something is (with --strict: or looks so).
    """
    told = look_at(named(paths), as_of)
    diagnostics = [each for _, found in told for each in found]
    for form, path in outputs:
        emit(render(told, form, colour=path is None and use_colour()), path)
    fails = strict or any(each.severity is Severity.ERROR for each in diagnostics)
    return Exit.INVALID if diagnostics and fails else Exit.ALLOWED


def render(told: Told, form: str, *, colour: bool) -> str:
    """What was found, in a format."""
    diagnostics = [each for _, found in told for each in found]
    if form == "json":
        return as_json(told)
    if form == "text":
        wrong = sum(each.severity is Severity.ERROR for each in diagnostics)
        errors, warnings = counted(wrong, "error"), counted(len(diagnostics) - wrong, "warning")
        frames = render_diagnostics(diagnostics, colour=colour) + "\n" if diagnostics else ""
        return f"{frames}{counted(len(told), 'file')}, {errors}, {warnings}\n"
    with Run() as run:
        for file, found in told:
            run.add(Outcome(file.as_posix(), diagnostics=tuple(found)))
        # The tool has done its work, whatever it found; what is wrong with a file is a result.
        run.invalid = 0
        return "".join(reports.render(form, run))
