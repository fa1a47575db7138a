"""``release-gate policy init``: the gate file of a project."""

from __future__ import annotations

import click

from release_gate.authoring.targets import targets
from release_gate.authoring.templates import new_gate
from release_gate.cli import Exit
from release_gate.cli.options import GATE_FILE
from release_gate.cli.outputs import create
from release_gate.gate.gate import Gate

PACKS = ("responsible-democratization", "license-lineage")


@click.command()
def init() -> int:
    """Write release-gate.yaml to this folder: two packs, and every policy in this folder and below.

    Nothing is overwritten.
    """
    found = [path.as_posix() for path in targets(["."]).policies]
    create({GATE_FILE: new_gate(PACKS, found)})
    Gate.load(GATE_FILE)  # says so if the policies do not go together
    click.echo("now run: release-gate check REQUEST")
    return Exit.ALLOWED
