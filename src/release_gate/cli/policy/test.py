"""``release-gate policy test``: run the tests of policies."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import sleep

import click

from release_gate.authoring.targets import Targets
from release_gate.authoring.testing.report import Results, json_report, junit_report
from release_gate.authoring.testing.suites import Suite, load_suite
from release_gate.authoring.testing.trials import Outcome, run_all
from release_gate.authoring.testing.update import Edit, edited, proposed
from release_gate.cli import Exit, use_colour
from release_gate.cli.options import JOBS
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.policy.paths import PATHS, named
from release_gate.cli.progress import progress
from release_gate.diagnostics import Diagnostic, InputError, PolicyError, counted, printable
from release_gate.escape import log_line
from release_gate.gate.text import render_diagnostics


@click.command()
@PATHS
@click.option("--require-tests", is_flag=True, help="Fail if a policy has no tests.")
@click.option("--update", is_flag=True, help="Show what came instead, and write what you confirm.")
@click.option("--watch", is_flag=True, help="Run again whenever one of the files changes.")
@click.option("-v", "--verbose", is_flag=True, help="List the cases that pass, too.")
@JOBS
@output_option("text", "json", "junit")
def test(  # noqa: PLR0913, PLR0917 - one argument for each option
    paths: tuple[str, ...],
    require_tests: bool,  # noqa: FBT001 - click passes flags so
    update: bool,  # noqa: FBT001
    watch: bool,  # noqa: FBT001
    verbose: bool,  # noqa: FBT001
    jobs: int,
    outputs: list[Output],
) -> int:
    """Run the tests of policies: of packs, of files, or of all that are in a folder (here, if not said).

    Exit codes: 0 all as expected, 4 something was not, 3 a file is not valid.
    """
    names = paths or (".",)
    if watch:
        for changed in changes(names):
            click.echo(f"── {', '.join(changed) or 'all'}")
            try:
                once(names, outputs, jobs=jobs, require_tests=require_tests, verbose=verbose)
            except InputError as error:
                click.echo(render_diagnostics(error.diagnostics, colour=use_colour()), nl=False)
        return Exit.ALLOWED
    code, results = once(names, outputs, jobs=jobs, require_tests=require_tests, verbose=verbose)
    if update:
        for suite, outcomes in results:
            write(suite, outcomes)
    return code


def once(
    names: Sequence[str], outputs: Sequence[Output], *, jobs: int, require_tests: bool, verbose: bool
) -> tuple[int, Results]:
    """Run the tests and report on them."""
    found = named(names)
    results = run_files(found, jobs)
    untested = [path.as_posix() for path in found.untested()]
    failed = any(not outcome.passed for _, outcomes in results for outcome in outcomes)
    lacking = untested if require_tests else []
    for form, path in outputs:
        if form == "json":
            emit(json_report(results, untested), path)
        elif form == "junit":
            emit(junit_report(results, lacking), path)
        else:
            emit(text(results, untested, colour=path is None and use_colour(), verbose=verbose), path)
    return (Exit.TESTS if failed or lacking else Exit.ALLOWED), results


def run_files(found: Targets, jobs: int) -> Results:
    """Run every file of tests, and tell everything that is wrong with any of them at once."""
    suites: list[Suite] = []
    problems: list[Diagnostic] = []
    for path in found.tests:
        try:
            suites.append(load_suite(path))
        except InputError as error:
            problems += error.diagnostics
    if problems:
        raise PolicyError(problems)
    total = sum(len(suite.trials) for suite in suites)
    every = progress(run_all(suites, jobs), total, "cases")
    by_file: dict[str, list[Outcome]] = {suite.name: [] for suite in suites}
    for suite, outcome in every:
        by_file[suite.name].append(outcome)
    return [(suite, by_file[suite.name]) for suite in suites]


def text(results: Results, untested: Sequence[str], *, colour: bool, verbose: bool) -> str:
    """The results for a person: what failed, with its place, and how many passed."""
    lines: list[str] = []
    for suite, outcomes in results:
        passed = sum(outcome.passed for outcome in outcomes)
        lines.append(f"{printable(suite.name)}: {passed} of {counted(len(outcomes), 'case')} as expected")
        for outcome in outcomes:
            if verbose or not outcome.passed:
                lines.append(f"  {'✓' if outcome.passed else '✗'} {printable(outcome.trial.name)}")
            if not outcome.passed:
                told = render_diagnostics((each.diagnostic for each in outcome.failures), colour=colour)
                lines += ["", told.rstrip("\n"), ""]
    lines += [f"{printable(name)}: no tests" for name in untested]
    outcomes = [outcome for _, each in results for outcome in each]
    failed = sum(not outcome.passed for outcome in outcomes)
    lines.append(f"{counted(len(outcomes), 'case')}, {failed} failed")
    return "\n".join(map(log_line, lines)) + "\n"


def write(suite: Suite, outcomes: Sequence[Outcome]) -> None:
    """Offer what came in place of what was expected, one by one, and write what is confirmed."""
    agreed: list[Edit] = []
    for edit in proposed(suite, outcomes):
        click.echo(f"\n{printable(suite.name)}:{edit.span.line}  {printable(edit.case)}")
        click.echo(f"  - {printable(edit.before)}\n  + {printable(edit.after)}")
        if click.confirm("write this?", default=False):
            agreed.append(edit)
    if agreed:
        Path(suite.name).write_bytes(edited(suite, agreed).encode())
        click.echo(f"wrote {counted(len(agreed), 'change')} to {printable(suite.name)}")


def changes(names: Sequence[str], pause: float = 0.3) -> Iterator[list[str]]:
    """Once at the start, then whenever a file under these names has changed: which ones."""
    known: dict[Path, int] = {}
    while True:
        now = stamps(names)
        changed = [path.as_posix() for path in sorted({*known, *now}) if known.get(path) != now.get(path)]
        if changed:
            yield changed if known else []
            sys.stdout.flush()
        known = now
        sleep(pause)


def stamps(names: Sequence[str]) -> dict[Path, int]:
    """When each file that matters was written. A policy or its tests may read requests from anywhere near."""
    folders = {Path(name) if Path(name).is_dir() else Path(name).parent for name in names}
    files = {path for folder in folders for path in folder.rglob("*.y*ml") if path.is_file()}
    return {path: path.stat().st_mtime_ns for path in files}
