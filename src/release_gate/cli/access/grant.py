"""``release-gate access grant``: grant what people have signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

import click

from release_gate.access.apply import Applied, accept_all
from release_gate.access.form import Asked, read_form
from release_gate.access.queue import Desk, Reviewed
from release_gate.canonical import plain
from release_gate.cli import Exit
from release_gate.cli.access.common import APPLY, BY, ENDPOINT, RECORD, Office, finish, hub_of, only_today
from release_gate.cli.options import AS_OF, GATE
from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import Diagnostic, RequestError, printable
from release_gate.facts.access import AccessRequest
from release_gate.gate.reports.run import at_stake
from release_gate.gate.text import render_text

_MAY_DIFFER: Final = ("batch", "sign_offs")
"""What changes while a request waits, or is added to it."""


@click.command()
@click.argument("repo")
@click.argument("request", type=click.Path(path_type=Path, dir_okay=False))
@BY
@APPLY
@RECORD
@ENDPOINT
@AS_OF
@GATE
def grant(  # noqa: PLR0913, PLR0917 - one argument for each option
    repo: str,
    request: Path,
    by: str,
    apply: bool,  # noqa: FBT001 - click passes flags so
    record: bool,  # noqa: FBT001
    endpoint: str | None,
    as_of: date,
    gate: Path | None,
) -> int:
    """Grant the REQUEST that `access review --keep` wrote and people have signed, if it may be granted now.

    What it says must be what waits at the hub. Without --apply, only says what would be done.
    """
    if record and not apply:
        raise click.UsageError("--record needs --apply: what is not done is not recorded")
    if apply:
        only_today(as_of)
    office = Office.open(gate, repo)
    office.kept  # noqa: B018 - say that there is none before the hub is asked
    asked = AccessRequest.load(request)
    hub = hub_of(repo, endpoint)
    desk = office.desk(as_of)
    pending = hub.pending()
    waits = _waiting(pending, asked)
    said = read_form(desk.gated.form, waits, as_of)
    _same(asked, desk, waits)
    judged = desk.judged(waits, cast("Any", asked.tree), said)
    if judged.decision is not None:
        click.echo(render_text(judged.decision), nl=False)
    if not judged.allows:
        click.echo(f"not granted: {judged.reason}", err=True)
        return Exit.DENIED if judged.action == "refuse" else Exit.WAITING
    _as_in_the_queue(asked, judged, desk.one(pending, waits.id))
    if not apply:
        return Exit.ALLOWED
    with office.clerk(hub, as_of, by, record=record) as clerk:
        applied = accept_all([judged], clerk)
    return finish(applied, lambda: _tell(applied, asked.id))


def _tell(applied: Applied, name: str) -> None:
    click.echo(f"{name}: {applied.done.get(name, 'not done')}")


def _waiting(pending: list[Asked], asked: AccessRequest) -> Asked:
    found = next((each for each in pending if each.id == asked.id), None)
    if found is None:
        message = f"the request `{printable(asked.id)}` does not wait at the hub"
        raise RequestError([Diagnostic("RG529", message, help="look at the queue with `access review`")])
    return found


def _as_in_the_queue(asked: AccessRequest, judged: Reviewed, now: Reviewed) -> None:
    """The queue may differ from what the file says, but nothing may hang on it that nobody has signed."""
    if now.allows:
        return
    signed = {(each.policy, each.rule) for each in _artifact(judged).sign_offs if not each.lacking}
    against = [] if now.decision is None else [
        each
        for each in at_stake(_artifact(now))
        if not each.outcome.allows
        and not (each.outcome is Verdict.NEEDS_APPROVAL and (each.policy, each.rule) in signed)
    ]  # fmt: skip
    if against or now.decision is None:
        said = against[0].message if against else now.reason
        message = f"the queue is not as `{printable(asked.id)}` says in its `batch`: {printable(said)}"
        help_ = "write it anew with `access review --keep`"
        raise RequestError([Diagnostic("RG529", message, asked.where(("batch",)), help_)])


def _artifact(reviewed: Reviewed) -> ArtifactDecision:
    assert reviewed.decision is not None  # noqa: S101 - the caller has looked
    return reviewed.decision.artifacts[0]


def _same(asked: AccessRequest, desk: Desk, waits: Asked) -> None:
    """Nobody is granted what somebody else has asked for, or what was written into the file by hand."""
    there = plain(desk.tree(waits, read_form(desk.gated.form, waits, desk.as_of), {}))
    here: Mapping[str, Any] = plain(asked.tree)
    for key in sorted({*there, *here} - set(_MAY_DIFFER)):
        if there.get(key) != here.get(key):
            message = f"`{key}` of `{printable(asked.id)}` is not as it waits at the hub and as the gate says"
            raise RequestError(
                [
                    Diagnostic(
                        "RG529", message, asked.where((key,)), "write it anew with `access review --keep`"
                    )
                ]
            )
