"""``release-gate packs``: the policies that ship with the library."""

from __future__ import annotations

import click

from release_gate.policy.model import Policy
from release_gate.policy.packs import pack_file, pack_names, pack_versions


@click.group()
def packs() -> None:
    """The policies that ship with the library. Illustrative, not legal advice."""


@packs.command("list")
def list_() -> int:
    """List all packs, with their versions and the first day of each."""
    for name in pack_names():
        newest, *older = pack_versions(name)
        click.echo(f"{name:<28} {newest.version:<12} {_dates(newest)}  {newest.document.title}")
        for policy in older:
            click.echo(f"{'':<28} {policy.version:<12} {_dates(policy)}")
    return 0


@packs.command()
@click.argument("name", metavar="NAME[@VERSION]")
def show(name: str) -> int:
    """Print a pack as it is written: its newest version, or the one that is named."""
    policy = pack_versions(name)[0]
    click.echo(pack_file(policy).read_text(encoding="utf-8"), nl=False)
    return 0


def _dates(policy: Policy) -> str:
    """From when to when a version applies."""
    start, end = policy.in_force.from_, policy.in_force.until
    return f"{start or '…'!s:<10} to {end or '…'!s:<10}"
