"""``release-gate policy``: write, test and understand policies."""

from __future__ import annotations

import click

from release_gate.cli import Lazy

__all__ = ["policy"]


class _Policy(Lazy):
    package = "release_gate.cli.policy"
    commands_in = ("cover", "diff", "explain", "init", "lint", "mutate", "new", "test")


@click.group(cls=_Policy)
def policy() -> None:
    """Write, test and understand policies.

    Every command works on packs by name, on files, and on folders with everything in them.
    """
