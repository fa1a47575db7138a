"""``release-gate policy new``: a policy to start from, with tests that pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.authoring.templates import new_policy
from release_gate.cli import Exit
from release_gate.cli.options import AS_OF
from release_gate.cli.outputs import create


@click.command()
@click.argument("name")
@AS_OF
def new(name: str, as_of: date) -> int:
    """Write a policy with the id NAME to this folder, and tests that pass. Nothing is overwritten."""
    texts = new_policy(name, as_of)
    create({Path(file): text for file, text in texts.items()})
    click.echo(f"now run: release-gate policy test {next(iter(texts))}")
    return Exit.ALLOWED
