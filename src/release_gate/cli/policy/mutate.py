"""``release-gate policy mutate``: changes of a policy that no test notices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from release_gate.authoring.mutation.hunt import Hunt, Survivor
from release_gate.authoring.mutation.mutants import LOOSENS, TIGHTENS
from release_gate.authoring.mutation.report import ORDER, Result, as_json
from release_gate.authoring.mutation.scenes import scenes
from release_gate.authoring.testing.suites import Suite, load_suite
from release_gate.cli import Exit, use_colour
from release_gate.cli.options import JOBS
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.policy.paths import PATHS, named
from release_gate.cli.progress import progress
from release_gate.diagnostics import Diagnostic, Severity, counted, printable
from release_gate.gate.text import render_diagnostics
from release_gate.policy.load import load_policy


@click.command()
@PATHS
@click.option(
    "--fail-on",
    type=click.Choice(["loosening", "any", "none"]),
    default="loosening",
    show_default=True,
    help="Which survivors fail the command.",
)
@JOBS
@output_option("text", "json")
def mutate(paths: tuple[str, ...], fail_on: str, jobs: int, outputs: list[Output]) -> int:
    """Change policies a little at a time, and list the changes that no test notices.

    Thresholds, signs, levels, effects, clauses, rules. Changes that loosen the policy come first, each with
    the case that would notice it.

    Exit codes: 0, or 4 if such a change survives or the tests fail as they are; 3 if a file is not valid.
    """
    found = named(paths)
    suites = {path: [load_suite(each) for each in found.tests_of(path)] for path in found.policies}
    hunts = [hunt(path, suites[path]) for path in found.policies]
    if failing := sum(each.failing for each in hunts):
        fail = counted(failing, "case fails as it is", "cases fail as they are")
        click.echo(f"{fail}; see `release-gate policy test`", err=True)
        return Exit.TESTS
    results = [result(each, jobs) for each in hunts]
    for form, path in outputs:
        emit(
            as_json(results) if form == "json" else text(results, colour=path is None and use_colour()), path
        )
    counting = {"loosening": ORDER[:2], "any": ORDER, "none": ()}[fail_on]
    lives = any(each.mutant.effect in counting for result in results for each in result.survivors)
    return Exit.TESTS if lives else Exit.ALLOWED


def hunt(path: Path, suites: Sequence[Suite]) -> Hunt:
    """The hunt for the mutants of a policy."""
    policy = suites[0].policy if suites else load_policy(path)
    total = sum(len(suite.trials) for suite in suites)
    return Hunt(policy, progress(scenes(policy, suites), total, "cases"))


def result(hunted: Hunt, jobs: int) -> Result:
    """What became of the mutants of a policy."""
    came = progress(hunted.survivors(jobs), len(hunted.mutants), "changes")
    return Result.of(hunted.policy, came)


def text(results: Sequence[Result], *, colour: bool) -> str:
    """The survivors for a person, and how many mutants there were."""
    lines = []
    for result in results:
        if result.survivors:
            lines.append(render_diagnostics(map(_diagnostic, result.survivors), colour=colour))
        lives = {effect: sum(each.mutant.effect == effect for each in result.survivors) for effect in ORDER}
        said = ", ".join(f"{count} that {_verb(effect, count)}" for effect, count in lives.items() if count)
        policy = result.policy
        lines.append(
            f"{printable(policy.id)} {policy.version}: {counted(result.mutants, 'change')}, "
            f"{len(result.survivors)} unnoticed{': ' + said if said else ''}\n"
        )
    return "\n".join(lines)


def _verb(effect: str, count: int) -> str:
    return effect if count == 1 else {LOOSENS: "loosen", TIGHTENS: "tighten"}.get(effect, effect)


def _diagnostic(survivor: Survivor) -> Diagnostic:
    mutant = survivor.mutant
    severity = Severity.WARNING if mutant.effect == TIGHTENS else Severity.ERROR
    message = f"no test notices if {mutant.said}: that {mutant.effect} the policy"
    return Diagnostic("RG850", message, mutant.span, survivor.advice, severity)
