"""``release-gate check``: judge requests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from release_gate.cli import Exit, clock, exit_code, use_colour
from release_gate.cli.logs import Log
from release_gate.cli.options import AS_OF, GATE, GATE_FILE, POLICIES, POLICIES_AS_OF, gate_of, standard_input
from release_gate.cli.outputs import Output, output_option
from release_gate.cli.progress import progress
from release_gate.cli.recording import TOGETHER, Record, recorder, recording
from release_gate.decision import Verdict
from release_gate.diagnostics import InputError, Severity, counted
from release_gate.gate import reports
from release_gate.gate.judging import Judging
from release_gate.gate.report_files import OutputError, discard, write_together
from release_gate.gate.reports import text
from release_gate.gate.reports.run import Outcome, Run
from release_gate.gate.requests import find_requests
from release_gate.gate.text import render_diagnostics

if TYPE_CHECKING:
    from release_gate.gate.base import Before


@click.command()
@click.argument("requests", nargs=-1, required=True, type=click.Path(path_type=Path))
@GATE
@POLICIES
@AS_OF
@POLICIES_AS_OF
@output_option(*reports.FORMATS)
@click.option(
    "--fail-on",
    type=click.Choice([str(verdict) for verdict in Verdict if verdict is not Verdict.APPROVE]),
    default=str(Verdict.NEEDS_APPROVAL),
    show_default=True,
    help="The best verdict that still fails.",
)
@click.option(
    "--base",
    metavar="REF",
    help="Name the policies that were loosened since this commit; while one was, nothing is let through.",
)
@click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 whatever the verdict; invalid input still fails."
)
@recording
@click.option("-v", "--verbose", is_flag=True, help="Log what happens as lines of JSON on standard error.")
def check(  # noqa: PLR0913, PLR0917 - one argument for each option
    requests: tuple[Path, ...],
    gate: Path | None,
    policies: tuple[str, ...],
    as_of: date,
    policies_as_of: date | None,
    outputs: list[Output],
    fail_on: str,
    base: str | None,
    exit_zero: bool,  # noqa: FBT001 - click passes flags so
    record: bool,  # noqa: FBT001
    receipts: Path | None,
    verbose: bool,  # noqa: FBT001
) -> int:
    """Judge REQUESTS, files and folders of them, and say why. `-` reads one from standard input.

    With several requests, the worst verdict sets the exit code. Files are written all together or not at all.
    """
    if receipts is not None and not record:
        raise click.UsageError("--receipts needs --record")
    log = Log(on=verbose)
    with Run() as run, standard_input(requests):
        try:
            discard(path for _, path in outputs if path)
            try:
                found = gate_of(gate, policies)
                recorded = recorder(gate, policies, found, receipts) if record else None
                file = None if policies else gate or GATE_FILE
                then = _before(base, file, policies) if base is not None else None
                judging = Judging(found, as_of, policies_as_of, then, clock.today())
                files = find_requests(requests)
                if found.evidence is not None:
                    run.tell((gate or GATE_FILE).as_posix(), found.evidence.problems)
            except InputError as error:
                run.add(Outcome((gate or GATE_FILE).as_posix(), diagnostics=error.diagnostics))
                write(run, outputs, log)
                raise
            judge_all(files, judging, run, log, recorded)
            write(run, outputs, log)
        except OutputError as error:
            raise click.ClickException(str(error)) from None
        return finished(run, Verdict(fail_on), exit_zero=exit_zero)


def _before(base: str, gate: Path | None, policies: tuple[str, ...]) -> Before:
    from release_gate.gate.base import gate_at  # noqa: PLC0415 - runs git, and few ask for it

    return gate_at(base, gate, policies)


def judge_all(
    files: Sequence[Path], judging: Judging, run: Run, log: Log, record: Record | None = None
) -> None:
    """Judge every file, and go on after one that is not valid. Nobody is told of what cannot be recorded.

    Raises:
        InputError: A decision cannot be recorded.
    """
    seen = map(judging.judged, progress(files, len(files), "requests"))
    while group := list(islice(seen, 1 if record is None else TOGETHER)):
        if record is not None:
            record([each.recordable for each in group if each.recordable is not None])
        for each in group:
            run.add(each.outcome)
            log.outcome(each.outcome)


def write(run: Run, outputs: Sequence[Output], log: Log) -> None:
    """Write every report; standard output comes last, when all files are in place."""
    write_together((path, reports.render(form, run)) for form, path in outputs if path)
    for form, path in outputs:
        if path:
            log.written(form, path)
    for form in [form for form, path in outputs if path is None]:
        for chunk in _on_screen(form, run):
            click.echo(chunk, nl=False)
    sys.stdout.flush()


def _on_screen(form: str, run: Run) -> Iterator[str]:
    if form != "text":
        return reports.render(form, run)
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return text.report(run, colour=use_colour(), width=width, problems=False)


def finished(run: Run, fail_on: Verdict, *, exit_zero: bool) -> int:
    """What is not valid comes before every verdict, and no option makes it 0."""
    colour = use_colour(sys.stderr)
    problems = 0
    for outcome in run.with_diagnostics():
        problems += sum(found.severity is Severity.ERROR for found in outcome.diagnostics)
        click.echo(render_diagnostics(outcome.diagnostics, colour=colour), err=True)
    if run.invalid:
        said = f"{counted(problems, 'problem')}: the input is not valid, and nothing was decided about it"
        click.echo(f"{said} ({run.invalid} of {counted(len(run), 'request')})", err=True)
        return Exit.INVALID
    if exit_zero or run.verdict.rank < fail_on.rank:
        if not run.verdict.allows:
            click.echo(f"exit code 0 was asked for; the verdict is {run.verdict}, no approval", err=True)
        for reason in run.held_back:
            click.echo(f"{reason}, so that nothing is let through", err=True)
        return Exit.WAITING if run.held_back and not exit_zero else Exit.ALLOWED
    return exit_code(run.verdict) or Exit.WAITING
