"""``release-gate packs``: the policies that ship with the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from release_gate.cli.options import gate_of
from release_gate.escape import json_text
from release_gate.gate.crosswalk import crosswalk
from release_gate.gate.crosswalk_reports import (
    crosswalk_tree,
    html_crosswalk,
    markdown_crosswalk,
    render_crosswalk,
)
from release_gate.policy.model import Policy
from release_gate.policy.packs import data_folder, load_pack, pack_file, pack_names, pack_versions


@click.group()
def packs() -> None:
    """The policies that ship with the library. Illustrative, not legal advice."""


@packs.command("list")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(output: str) -> int:
    """List all packs, with their versions and the first day of each."""
    if output == "json":
        click.echo(json_text([_tree(name) for name in pack_names()]))
        return 0
    for name in pack_names():
        newest, *older = pack_versions(name)
        click.echo(f"{name:<28} {newest.version:<12} {_dates(newest)}  {newest.document.title}")
        for policy in older:
            click.echo(f"{'':<28} {policy.version:<12} {_dates(policy)}")
        for each in newest.document.left_out:
            click.echo(f"{'':<28} {each.version:<12} {each.from_} to {each.until}  not encoded")
    return 0


@packs.command(short_help="Print a pack as it is written.")
@click.argument("name", metavar="NAME[@VERSION]")
def show(name: str) -> int:
    """Print a pack as it is written: its newest version, or the one that is named."""
    policy = pack_versions(name)[0]
    click.echo(pack_file(policy).read_text(encoding="utf-8"), nl=False)
    return 0


@packs.command(short_help="Say which rule speaks to which clause.")
@click.option("--gate", type=click.Path(path_type=Path), help="A gate file.  [default: all packs]")
@click.option("--policy", "policies", multiple=True, metavar="PACK-or-FILE", help="A policy; repeatable.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    help="What to write.",
)
def coverage(gate: Path | None, policies: tuple[str, ...], output: str) -> int:
    """Say which rule speaks to which clause of which framework, and which clauses are left out.

    That a rule speaks to a clause does not mean that whoever passes it complies.
    """
    there = (
        gate_of(gate, policies).policies if gate or policies else [load_pack(name) for name in pack_names()]
    )
    found = crosswalk(data_folder("policies") / "crosswalk.yaml", there)
    if output == "json":
        click.echo(json_text(crosswalk_tree(found)))
    elif output == "markdown":
        click.echo("".join(markdown_crosswalk(found)), nl=False)
    elif output == "html":
        about = ", ".join(f"{policy.id} {policy.version}" for policy in there)
        click.echo("".join(html_crosswalk(found, about)), nl=False)
    else:
        click.echo("\n".join(render_crosswalk(found)))
    return 0


def _tree(name: str) -> dict[str, Any]:
    """A pack for programs, its newest version first."""
    newest, *older = pack_versions(name)
    versions = [
        {"version": each.version, "from": each.in_force.from_, "until": each.in_force.until, "encoded": True}
        for each in (newest, *older)
    ] + [
        {"version": each.version, "from": each.from_, "until": each.until, "encoded": False}
        for each in newest.document.left_out
    ]
    return {"id": name, "title": newest.document.title, "versions": versions}


def _dates(policy: Policy) -> str:
    """From when to when a version applies."""
    start, end = policy.in_force.from_, policy.in_force.until
    return f"{start or '…'!s:<10} to {end or '…'!s:<10}"
