"""``release-gate policy``: write, test and understand policies."""

from __future__ import annotations

import click

from release_gate.cli import Lazy

__all__ = ["policy"]


@click.group(
    cls=Lazy,
    package=__name__,
    about={
        "cover": "Show what the tests of policies have seen.",
        "diff": "Show what another version decides otherwise.",
        "explain": "Say a policy in plain English.",
        "fmt": "Lay out documents in the one way.",
        "init": "Write a gate file for a project.",
        "lint": "Find what is wrong, or not as it should be.",
        "mutate": "List the changes that no test notices.",
        "new": "Write a policy with tests that pass.",
        "test": "Run the tests of policies.",
        "try": "Try conditions against a request.",
    },
)
def policy() -> None:
    """Write, test and understand policies.

    Every command works on packs by name, on files, and on folders with everything in them.
    """
