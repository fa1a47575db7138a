"""``release-gate policy diff``: what a new version of a policy decides otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.authoring.compare import (
    Flip,
    Judged,
    as_json,
    as_markdown,
    compared,
    judged_by_tests,
    renamed_rules,
)
from release_gate.authoring.targets import targets
from release_gate.authoring.testing.suites import load_suite, stand_in
from release_gate.cli import Exit
from release_gate.cli.options import AS_OF
from release_gate.cli.outputs import Output, emit, output_option
from release_gate.cli.progress import progress
from release_gate.diagnostics import counted, printable
from release_gate.escape import log_line
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.requests import find_requests
from release_gate.policy.load import load_policy
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--requests", multiple=True, type=click.Path(path_type=Path), help="Requests to judge too; repeatable."
)
@AS_OF
@output_option("text", "json", "markdown")
def diff(old: str, new: str, requests: tuple[Path, ...], as_of: date, outputs: list[Output]) -> int:
    """Show what the policy NEW decides otherwise than OLD: packs or files.

    Both judge every request of the tests of NEW and of --requests, at every access level.

    Exit codes: 0 nothing is loosened, 4 something is, 3 a file is not valid.
    """
    before, after = load(old), load(new)
    beside = () if after.document.covers else (stand_in(),)
    found = [*by_tests(new), *by_files(requests, as_of, beside)]
    if not found:
        raise click.UsageError(
            f"there are no tests of {new} and no requests, so that nothing can be compared"
        )
    done = progress(found, len(found), "requests")
    flips = [flip for each in done for flip in compared(before, after, [each])]
    for form, path in outputs:
        if form == "json":
            emit(as_json(before, after, flips, len(found)), path)
        elif form == "markdown":
            emit(as_markdown(before, after, flips, len(found)), path)
        else:
            emit(text(before, after, flips, len(found)), path)
    return Exit.TESTS if any(flip.loosened for flip in flips) else Exit.ALLOWED


def load(reference: str) -> Policy:
    """A policy by its file, or a pack by its name."""
    return load_policy(reference) if Path(reference).exists() else load_pack(reference)


def by_tests(new: str) -> Iterator[Judged]:
    """The requests of the tests of a policy."""
    return judged_by_tests(load_suite(path) for path in targets([new]).tests)


def by_files(paths: Sequence[Path], as_of: date, beside: tuple[Policy, ...]) -> Iterator[Judged]:
    """The requests that are named, and those in folders."""
    for path in find_requests(paths):
        yield Judged(path.as_posix(), ReleaseRequest.load(path), as_of, beside)


def text(old: Policy, new: Policy, flips: Sequence[Flip], requests: int) -> str:
    """The comparison for a person, what is loosened first."""
    gone, added = renamed_rules(old, new)
    lines = [f"rule gone: {printable(name)}" for name in gone] + [
        f"rule new: {printable(name)}" for name in added
    ]
    for flip in sorted(flips, key=lambda flip: not flip.loosened):
        word = "LOOSENED " if flip.loosened else "tightened"
        where = f"{printable(flip.name)}: {flip.artifact} at {flip.levels}"
        lines.append(f"{word}  {where}: {flip.old} → {flip.new}")
    loosened = sum(flip.loosened for flip in flips)
    lines.append(f"{counted(requests, 'request')}, {loosened} loosened, {len(flips) - loosened} tightened")
    return "\n".join(map(log_line, lines)) + "\n"
