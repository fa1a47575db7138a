"""``release-gate packs``: the policies that ship with the library."""

from __future__ import annotations

import click

from release_gate.policy.packs import data_folder, load_pack, pack_names


@click.group()
def packs() -> None:
    """The policies that ship with the library. Illustrative, not legal advice."""


@packs.command("list")
def list_() -> int:
    """List all packs."""
    for name in pack_names():
        policy = load_pack(name)
        click.echo(f"{name:<28} {policy.version:<12} {policy.document.title}")
    return 0


@packs.command()
@click.argument("name")
def show(name: str) -> int:
    """Print the pack NAME as it is written."""
    load_pack(name)
    path = data_folder("policies") / name.partition("@")[0] / "policy.yaml"
    click.echo(path.read_text(encoding="utf-8"), nl=False)
    return 0
