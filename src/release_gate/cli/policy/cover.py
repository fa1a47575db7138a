"""``release-gate policy cover``: what the tests of policies have seen, and what not."""

from __future__ import annotations

import click

from release_gate.authoring.coverage.goals import Goal
from release_gate.authoring.coverage.observe import observed
from release_gate.authoring.coverage.report import KINDS, Coverage, as_html, as_json
from release_gate.authoring.targets import Targets
from release_gate.authoring.testing.suites import load_suite
from release_gate.cli import Exit, use_colour
from release_gate.cli.options import JOBS
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.policy.paths import PATHS, named
from release_gate.cli.progress import progress
from release_gate.diagnostics import counted
from release_gate.gate.text import render_diagnostics
from release_gate.policy.load import load_policy


@click.command()
@PATHS
@click.option("--fail-under", type=click.FloatRange(0, 100), default=0, help="Fail below so many percent.")
@JOBS
@output_option("text", "json", "html")
def cover(paths: tuple[str, ...], fail_under: float, jobs: int, outputs: list[Output]) -> int:
    """Show what the tests of policies have seen, and what not.

    For each rule, whether it came to true, false and unknown; for each clause, whether it alone decided,
    both ways (MC/DC); for each threshold, whether there was a value at it, just below and just above. A
    rule counts at the access levels at which a case expects something.

    Exit codes: 0, or 4 below --fail-under; 3 if a file is not valid.
    """
    found = covered(named(paths), jobs)
    for form, path in outputs:
        if form == "json":
            emit(as_json(found), path)
        elif form == "html":
            emit(as_html(found), path)
        else:
            emit("\n".join(text(each, colour=path is None and use_colour()) for each in found), path)
    return Exit.TESTS if any(each.percent < fail_under for each in found) else Exit.ALLOWED


def covered(found: Targets, jobs: int = 1) -> list[Coverage]:
    """The coverage of every policy by its tests."""
    coverages = []
    for path in found.policies:
        policy = load_policy(path)
        trials = [trial for each in found.tests_of(path) for trial in load_suite(each, policy).trials]
        seen: set[Goal] = set()
        for new in progress(observed(policy, trials, jobs), len(trials), "cases"):
            seen |= new
        coverages.append(Coverage.of(policy, seen, len(trials)))
    return coverages


def text(coverage: Coverage, *, colour: bool) -> str:
    """The coverage of one policy for a person: the gaps in code frames, then how much was seen."""
    gaps = coverage.gaps()
    frames = render_diagnostics(gaps, colour=colour) + "\n" if gaps else ""
    counts = ", ".join(
        f"{title} {reached} of {wanted}"
        for kind, title in KINDS.items()
        for reached, wanted in [coverage.count(kind)]
    )
    policy = coverage.policy
    return f"{frames}{policy.id} {policy.version}, {counted(coverage.cases, 'case')}: {counts}\n"
