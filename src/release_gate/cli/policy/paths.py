"""What the commands about policies work on, as it is named on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from release_gate.authoring.targets import Targets, targets

__all__ = ["PATHS", "named"]

PATHS = click.argument("paths", nargs=-1, metavar="[PACK|FILE|FOLDER]...")


def named(paths: Sequence[str]) -> Targets:
    """The policies and tests that are named, or those in this folder.

    If there are none, the command was used wrongly; else it would say that all is well.
    """
    found = targets(paths or (".",))
    if not found.policies and not found.tests:
        raise click.UsageError(f"there are no policies and no tests in {', '.join(paths) or 'this folder'}")
    return found
