"""``release-gate access enforce``: end access that no grant gives any more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.access.apply import Applied, close, gaps
from release_gate.access.listing import Listing
from release_gate.cli import Exit
from release_gate.cli.access.common import APPLY, ENDPOINT, OUTPUT, Office, finish, hub_of, only_today, show
from release_gate.cli.options import AS_OF, GATE


@click.command()
@click.argument("repo")
@APPLY
@OUTPUT
@ENDPOINT
@AS_OF
@GATE
def enforce(
    repo: str,
    apply: bool,  # noqa: FBT001 - click passes flags so
    output: str,
    endpoint: str | None,
    as_of: date,
    gate: Path | None,
) -> int:
    """Show whom the hub lets into REPO though no grant in force says so.

    A hub knows no end of a grant. With --apply, access is taken away where a grant has expired or was ended;
    the request waits again. Who is unknown to the register was let in by somebody, and is only shown.
    """
    if apply:
        only_today(as_of, "access is taken away")
    office = Office.open(gate, repo)
    hub = hub_of(repo, endpoint)
    found = gaps(office.kept, hub.accepted(), as_of)
    applied = close(found, hub) if apply else Applied()
    rows = [
        (applied.done.get(each.asked.id, "open"), each.asked.account or "(hidden)", each.asked.id, each.state)
        for each in found
    ]
    items = [
        {
            "id": each.asked.id,
            "who": each.asked.account,
            "state": each.state,
            "done": applied.done.get(each.asked.id),
        }
        for each in found
    ]
    left = len(found) - len(applied.done)
    foot = [f"with access and without a grant in force: {len(found)}; still so: {left}"]
    head = ("at the hub", "who", "request", "grant")
    listing = Listing("access-gaps/v1", {"repository": repo, "as_of": as_of}, head, rows, items, foot)
    return finish(applied, lambda: show(listing, output)) or (Exit.WAITING if left else Exit.ALLOWED)
