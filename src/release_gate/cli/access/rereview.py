"""``release-gate access rereview``: which grants would not be given now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.access.listing import Listing
from release_gate.access.queue import Reviewed
from release_gate.access.register import Grant
from release_gate.cli import Exit
from release_gate.cli.access.common import OUTPUT, Office, show
from release_gate.cli.options import AS_OF, GATE

__all__ = ["again", "rereview"]


@click.command()
@click.argument("repo")
@OUTPUT
@AS_OF
@GATE
def rereview(repo: str, output: str, as_of: date, gate: Path | None) -> int:
    """Judge every grant of REPO again, and say which would not be given now, and why.

    By what was said when it was asked for, and by what the gate file and its policies say of the artifact
    now: its release decision, its tier. Changes nothing.
    """
    office = Office.open(gate, repo)
    held = [each for each in office.grants(as_of) if each.in_force(as_of)]
    judged = [(each, office.desk(as_of).again(each, "review")) for each in held]
    show(again(repo, as_of, judged, office.gated.tier), output)
    worst = {each.action for _, each in judged}
    return Exit.DENIED if "refuse" in worst else Exit.WAITING if "ask" in worst else Exit.ALLOWED


def again(repo: str, as_of: date, judged: Sequence[tuple[Grant, Reviewed]], tier: str | None) -> Listing:
    """Each grant, and what it comes to now."""
    words = {"accept": "stays", "ask": "needs somebody", "refuse": "would be refused"}
    rows = [
        (
            words[each.action],
            grant.who or "(hidden)",
            grant.id,
            f"{grant.newest.tier or 'unknown'} → {tier or 'unknown'}",
            each.reason,
        )
        for grant, each in judged
    ]
    items = [
        {
            "id": grant.id,
            "who": grant.who,
            "verdict": str(each.verdict) if each.verdict is not None else None,
            "stays": each.allows,
            "tier_then": grant.newest.tier,
            "tier_now": tier,
            "reason": each.reason or None,
            "decision_then": grant.newest.decision,
            "decision": each.decision.digest if each.decision is not None else None,
            "unverified": list(each.unverified),
        }
        for grant, each in judged
    ]
    lost = sum(not each.allows for _, each in judged)
    foot = [f"judged again: {len(judged)}; would not be given now: {lost}"]
    head = ("now", "who", "grant", "tier", "why not")
    return Listing("access-rereview/v1", {"repository": repo, "as_of": as_of}, head, rows, items, foot)
