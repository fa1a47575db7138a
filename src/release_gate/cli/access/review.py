"""``release-gate access review``: judge who waits at a hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.access.apply import Applied, accept_all
from release_gate.access.listing import Listing
from release_gate.access.queue import Reviewed
from release_gate.cli import Exit
from release_gate.cli.access.common import (
    APPLY,
    ENDPOINT,
    OUTPUT,
    RECORD,
    Office,
    finish,
    hub_of,
    only_today,
    show,
)
from release_gate.cli.options import AS_OF, GATE
from release_gate.diagnostics import printable
from release_gate.escape import json_text
from release_gate.gate.report_files import write_together


@click.command()
@click.argument("repo")
@APPLY
@RECORD
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write each request that waits for somebody there, to look at and to sign.",
)
@OUTPUT
@ENDPOINT
@AS_OF
@GATE
def review(  # noqa: PLR0913, PLR0917 - one argument for each option
    repo: str,
    apply: bool,  # noqa: FBT001 - click passes flags so
    record: bool,  # noqa: FBT001
    keep: Path | None,
    output: str,
    endpoint: str | None,
    as_of: date,
    gate: Path | None,
) -> int:
    """Judge everybody who waits for access to REPO, and say why.

    With --apply, those who may have it are accepted and written into the register. Nobody is ever rejected:
    who was can never ask again, and that is for a person to decide. Everybody else goes on waiting.
    """
    if record and not apply:
        raise click.UsageError("--record needs --apply: what is not done is not recorded")
    office = Office.open(gate, repo)
    if apply:
        only_today(as_of)
        office.kept  # noqa: B018 - say that there is none before the hub is asked
    hub = hub_of(repo, endpoint)
    found = office.desk(as_of).review(hub.pending())
    if keep is not None:
        _keep(found, keep)
    applied = Applied()
    if apply:
        with office.clerk(hub, as_of, None, record=record) as clerk:
            applied = accept_all(found, clerk)
    code = finish(applied, lambda: show(_listing(repo, as_of, found, applied), output))
    return code or (Exit.INVALID if any(each.decision is None for each in found) else Exit.ALLOWED)


def _keep(found: Sequence[Reviewed], folder: Path) -> None:
    """Write the requests that wait for somebody, each as a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [each for each in found if each.action == "ask" and each.request is not None]
    write_together(
        (folder / f"{each.asked.id}.json", [json_text(each.request.tree) + "\n"])
        for each in waiting
        if each.request is not None
    )


def _listing(repo: str, as_of: date, found: Sequence[Reviewed], applied: Applied) -> Listing:
    done = applied.done
    rows = [
        (
            done.get(each.asked.id, each.action),
            "not valid" if each.verdict is None else str(each.verdict),
            each.asked.account or "(hidden)",
            each.asked.id,
            str(each.terms.expires or "") if each.allows else "",
            each.reason,
        )
        for each in found
    ]
    items = [
        {
            "id": each.asked.id,
            "who": each.asked.account,
            "verdict": str(each.verdict) if each.verdict is not None else None,
            "action": each.action,
            "done": done.get(each.asked.id),
            "expires": each.terms.expires if each.allows else None,
            "scope": list(each.terms.scope or ()) if each.allows else None,
            "reason": each.reason or None,
            "decision": each.decision.digest if each.decision is not None else None,
            "unverified": list(each.unverified),
        }
        for each in found
    ]
    counted = Counter(each.action for each in found)
    said = ", ".join(f"{counted[word]} to {word}" for word in ("accept", "ask", "refuse"))
    foot = [f"{len(found)} waiting: {said}"]
    if done:
        foot.append(", ".join(f"{count} {word}" for word, count in sorted(Counter(done.values()).items())))
    if unread := sorted({label for each in found for label in each.unread}):
        foot.append(f"no fact is mapped to: {', '.join(printable(label, 60) for label in unread[:20])}")
    if unsaid := sorted({path for each in found for path in each.unsaid}):
        foot.append(f"neither the form nor `facts` says: {', '.join(unsaid[:20])}")
    if unverified := {rule for each in found for rule in each.unverified}:
        foot.append(f"verdicts hang on what nobody has read in its source: {', '.join(sorted(unverified))}")
    foot.append("only a person refuses; who is not accepted goes on waiting")
    about = {"repository": repo, "as_of": as_of, "applied": bool(done)}
    head = ("do", "verdict", "who", "request", "until", "why not")
    return Listing("access-review/v1", about, head, rows, items, foot)
