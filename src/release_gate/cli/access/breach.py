"""``release-gate access breach``: write down that the terms of a grant were broken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli.access.common import BY, Office
from release_gate.cli.access.revoke import end
from release_gate.cli.options import AS_OF, GATE


@click.command()
@click.argument("repo")
@click.argument("grants", nargs=-1, required=True)
@click.option("--reason", required=True, help="What was broken, and how one knows.")
@BY
@AS_OF
@GATE
def breach(repo: str, grants: tuple[str, ...], reason: str, by: str, as_of: date, gate: Path | None) -> int:
    """Write down that the terms of GRANTS of REPO were broken, which ends them.

    Policies read it in `history` when the same account asks again.
    """
    return end("breached", Office.open(gate, repo), grants, reason, by, as_of)
