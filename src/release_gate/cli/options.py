"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from release_gate.cli.clock import DATE, day_option
from release_gate.gate.gate import Gate
from release_gate.source import MAX_BYTES
from release_gate.unsaved import unsaved

__all__ = [
    "AS_OF",
    "DATE",
    "GATE",
    "GATE_FILE",
    "JOBS",
    "POLICIES",
    "POLICIES_AS_OF",
    "gate_of",
    "standard_input",
]

GATE_FILE = Path("release-gate.yaml")
AS_OF = day_option("--as-of", help="The day for which to decide.")
POLICIES_AS_OF = click.option(
    "--policies-as-of",
    type=DATE,
    default=None,
    help="Ask what the policies of another day would say. Hypothetical.",
)
GATE = click.option(
    "--gate", type=click.Path(path_type=Path), help="The gate file.  [default: release-gate.yaml]"
)
POLICIES = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="PACK-or-FILE",
    help="A policy, in place of a gate file; repeatable.",
)


@contextmanager
def standard_input(paths: Iterable[Path]) -> Iterator[None]:
    """Inside, `-` among these paths stands for what came on standard input."""
    if Path("-") not in paths:
        yield
        return
    with unsaved({Path("-").resolve(): sys.stdin.buffer.read(MAX_BYTES + 1)}):
        yield


def _cores() -> int:
    from release_gate.authoring.processes import available  # noqa: PLC0415 - only for those who have several

    return available()


JOBS = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=_cores,
    show_default="all cores",
    help="How many processes to use.",
)


def gate_of(gate: Path | None, policies: tuple[str, ...]) -> Gate:
    """The gate of a gate file, of named policies, or of ``release-gate.yaml`` in this folder."""
    if gate is not None and policies:
        raise click.UsageError("say --gate or --policy, not both")
    if policies:
        return Gate.from_policies(policies)
    if gate is None and not GATE_FILE.exists():
        raise click.UsageError(
            "there is no release-gate.yaml here; `release-gate policy init` writes one, "
            "or say --gate FILE or --policy PACK-or-FILE"
        )
    return Gate.load(gate or GATE_FILE)
