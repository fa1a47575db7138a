"""``release-gate access grants``: who has access."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.access.listing import Listing
from release_gate.access.register import Grant, standing
from release_gate.cli import Exit
from release_gate.cli.access.common import OUTPUT, Office, show
from release_gate.cli.options import AS_OF, GATE


@click.command()
@click.argument("repo")
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@click.option("--soon", is_flag=True, help="Only those that end within 30 days.")
@OUTPUT
@AS_OF
@GATE
def grants(
    repo: str,
    everything: bool,  # noqa: FBT001 - click passes flags so
    soon: bool,  # noqa: FBT001
    output: str,
    as_of: date,
    gate: Path | None,
) -> int:
    """Show who has access to REPO on a day, those first whose access ends first."""
    known = Office.open(gate, repo).grants(as_of)
    shown = [
        (each, state)
        for each, state in standing(known, as_of)
        if (everything or state == "in force") and (not soon or each.ends_soon(as_of))
    ]
    show(_listing(repo, as_of, known, shown), output)
    return Exit.ALLOWED


def _listing(repo: str, as_of: date, known: Sequence[Grant], shown: Sequence[tuple[Grant, str]]) -> Listing:
    rows = [
        (
            state + (", ends soon" if each.ends_soon(as_of) else ""),
            each.who or "(hidden)",
            each.id,
            str(each.granted.on),
            each.end(),
            ", ".join(each.newest.scope) or "anything",
        )
        for each, state in shown
    ]
    items = [
        {
            "id": each.id,
            "who": each.who,
            "organisation": each.organisation,
            "artifact": each.granted.artifact,
            "state": state,
            "ends_soon": each.ends_soon(as_of),
            "from": each.granted.on,
            "expires": each.end() if each.expires is not None else None,
            "scope": list(each.newest.scope),
            "decision": each.newest.decision,
            "tier": each.newest.tier,
            "agreements": each.granted.said.get("agreements", {}).get("items", []),
            "ended": each.ended.reason if each.ended is not None else None,
        }
        for each, state in shown
    ]
    states = Counter(each.state(as_of) for each in known)
    soon = sum(each.ends_soon(as_of) for each in known)
    foot = [", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no grants"]
    if soon:
        foot.append(f"{soon} end within 30 days")
    head = ("state", "who", "grant", "from", "last day", "for")
    return Listing("access-grants/v1", {"repository": repo, "as_of": as_of}, head, rows, items, foot)
