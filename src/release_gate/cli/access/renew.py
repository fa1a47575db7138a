"""``release-gate access renew``: make grants last longer, if they would be given again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.access.queue import renewed_entry
from release_gate.cli import Exit
from release_gate.cli.access.common import BY, OUTPUT, Office, named, only_today, show
from release_gate.cli.access.rereview import again
from release_gate.cli.options import AS_OF, GATE


@click.command()
@click.argument("repo")
@click.argument("grants", nargs=-1, required=True)
@BY
@OUTPUT
@AS_OF
@GATE
def renew(repo: str, grants: tuple[str, ...], by: str, output: str, as_of: date, gate: Path | None) -> int:
    """Judge GRANTS of REPO, by id or account, again, and renew those that would be given.

    By the rules and the register of today. One that was revoked or broken is not renewed: it has to be asked
    for again. Nothing changes at the hub.
    """
    only_today(as_of, "a grant is renewed")
    office = Office.open(gate, repo)
    register = office.kept
    with register.writing():
        found = [each for each in named(office, grants) if each.ended is None]
        judged = [(each, office.desk(as_of).again(each, "renew")) for each in found]
        register.add([renewed_entry(each, office.gated, as_of, by) for _, each in judged if each.allows])
    show(again(repo, as_of, judged, office.gated.tier), output)
    worst = {each.action for _, each in judged}
    return Exit.DENIED if "refuse" in worst else Exit.WAITING if "ask" in worst else Exit.ALLOWED
