"""``release-gate access revoke``: write down that a grant is taken away."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.access.register import can_end, entry
from release_gate.cli import Exit, clock
from release_gate.cli.access.common import BY, Office, named
from release_gate.cli.options import AS_OF, GATE
from release_gate.diagnostics import printable

__all__ = ["end", "revoke"]


@click.command()
@click.argument("repo")
@click.argument("grants", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why.")
@BY
@AS_OF
@GATE
def revoke(repo: str, grants: tuple[str, ...], reason: str, by: str, as_of: date, gate: Path | None) -> int:
    """Write down that GRANTS of REPO, by id or account, are taken away.

    The hub is told by `access enforce`.
    """
    return end("revoked", Office.open(gate, repo), grants, reason, by, as_of)


def end(word: str, office: Office, grants: tuple[str, ...], reason: str, by: str, on: date) -> int:
    """Write down that grants have ended, all of them or none."""
    if on > clock.today():
        raise click.UsageError(f"nobody knows yet what happens on {on}: say the day on which it happened")
    register = office.kept
    with register.writing():
        found = [each for each in named(office, grants) if can_end(each, word)]
        register.add([entry(word, each.id, on, by=by, reason=reason) for each in found])
    for each in found:
        click.echo(f"{word}: {printable(each.id)} of {printable(each.who or '(hidden)')}, by {printable(by)}")
    if not found:
        click.echo("they have ended already; nothing was written")
    click.echo(f"to end it at the hub: release-gate access enforce {office.gated.name} --apply", err=True)
    return Exit.ALLOWED
