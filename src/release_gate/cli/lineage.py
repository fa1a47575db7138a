"""``release-gate lineage``: what stands on what, and what falls if one of them closes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from release_gate.audit.addresses import open_view, settings_of
from release_gate.audit.disclosures import Kept
from release_gate.audit.known_requests import known_requests
from release_gate.cli import Exit
from release_gate.cli.options import AS_OF, GATE, GATE_FILE, POLICIES, POLICIES_AS_OF, gate_of
from release_gate.diagnostics import Diagnostic, InputError, RequestError, printable
from release_gate.escape import json_text, log_line
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.lineage.closing import Change, what_if, with_effects
from release_gate.gate.lineage.draw import Picture, effects_text, mermaid, text, tree
from release_gate.gate.lineage.graph import Graph
from release_gate.gate.lineage.names import Names
from release_gate.gate.lineage.standing import judge_with, standings
from release_gate.gate.lineage.svg import svg
from release_gate.gate.requests import find_requests
from release_gate.policy.packs import data_folder

JUDGES = ("license-lineage", "responsible-democratization")
"""The packs that judge where neither a gate nor a policy is named."""


def _changes(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[Change]:
    if param.name == "withdraw":
        return [Change(value) for value in values]
    changes = []
    for value in values:
        name, equals, license_ = value.rpartition("=")
        if not (name and equals and license_):
            raise click.BadParameter(f"`{printable(value)}` is not NAME=LICENSE, as in llama-1=Apache-2.0")
        changes.append(Change(name, license_))
    return changes


@click.command()
@click.argument("name")
@click.argument("requests", nargs=-1, type=click.Path(path_type=Path))
@click.option("--withdraw", multiple=True, callback=_changes, metavar="NAME", help="What if it is withdrawn?")
@click.option(
    "--license", "licenses", multiple=True, callback=_changes, metavar="NAME=LICENSE",
    help="What if it is under another licence?",
)  # fmt: skip
@click.option(
    "--ledger", "ledgers", multiple=True, metavar="PLACE", help="A ledger whose requests count too."
)
@click.option("--disclosures", type=click.Path(path_type=Path), help="What opens sealed fields of ledgers.")
@click.option(
    "--aliases", multiple=True, type=click.Path(path_type=Path), help="A table of names; repeatable."
)
@click.option("--dossiers/--no-dossiers", default=True, help="Whether the dossiers of past releases count.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    show_default="all",
    help="How many steps to draw, either way.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "mermaid", "svg", "json"]),
    default="text",
    help="What to write.",
)
@GATE
@POLICIES
@AS_OF
@POLICIES_AS_OF
def lineage(  # noqa: PLR0913, PLR0917 - one argument for each option
    name: str,
    requests: tuple[Path, ...],
    withdraw: list[Change],
    licenses: list[Change],
    ledgers: tuple[str, ...],
    disclosures: Path | None,
    aliases: tuple[Path, ...],
    dossiers: bool,  # noqa: FBT001 - click passes flags so
    depth: int | None,
    output: str,
    gate: Path | None,
    policies: tuple[str, ...],
    as_of: date,
    policies_as_of: date | None,
) -> int:
    """Draw what NAME stands on and what stands on it, with licence, access level and verdict of each.

    NAME is the id of a request, or a name that a table of aliases has. Looked at are REQUESTS, files and
    folders of them, then the ledger of the gate file and others, then the dossiers of past releases; of two
    requests with one id, the first counts.

    With --withdraw and --license it says of each request that stands on these what would become of it: it is
    judged again, with that fact changed and no other.
    """
    found = list(_requests(requests))
    for place, opens in [*_ledger_of(gate, policies), *((place, disclosures) for place in ledgers)]:
        found += _recorded(place, opens, as_of)
    changes = [*withdraw, *licenses]
    asked = (name, *(each.name for each in changes))
    graph = Graph([*found, *(_dossiers() if dossiers else ())], Names.load(aliases), asked)
    view = graph.view(name, depth)
    judge = judge_with(_gate(gate, policies), as_of, policies_as_of)
    effects = what_if(graph, changes, judge, as_of)
    picture = Picture(graph, view, with_effects(standings(graph, view.names, judge), effects))
    if output == "json":
        click.echo(json_text(tree(picture, changes, effects)))
    elif output == "svg":
        click.echo("".join(svg(picture)), nl=False)
    elif output == "mermaid":
        click.echo("\n".join(mermaid(picture)))
    else:
        lines = [*text(picture), *(["", *effects_text(changes, effects)] if changes else [])]
        click.echo("\n".join(map(log_line, lines)))
    return Exit.ALLOWED


def _gate(gate: Path | None, policies: tuple[str, ...]) -> Gate:
    if gate is None and not policies and not GATE_FILE.exists():
        return Gate.from_policies(JUDGES)
    return gate_of(gate, policies)


def _requests(paths: Sequence[Path]) -> Iterator[tuple[ReleaseRequest, str]]:
    seen: dict[str, tuple[str, str]] = {}
    for path in find_requests(paths):
        request = ReleaseRequest.load(path)
        file, digest = seen.setdefault(request.id, (path.as_posix(), request.digest))
        if digest != request.digest:
            message = f"`{request.id}` is in {printable(file)} and in {printable(path.as_posix())}"
            span = request.where(("id",))
            raise RequestError([Diagnostic("RG521", message, span, "give one of them another id")])
        yield request, path.as_posix()


def _ledger_of(gate: Path | None, policies: tuple[str, ...]) -> Iterator[tuple[str, Path | None]]:
    """The ledger of the gate file, if it names one and something was recorded there."""
    file = gate or GATE_FILE
    if policies or not file.exists():
        return
    try:
        told = settings_of(file)
    except InputError as error:
        if [found.code for found in error.diagnostics] == ["RG737"]:  # it names none
            return
        raise
    if not told.address.startswith("sqlite:///") or Path(told.address.removeprefix("sqlite:///")).exists():
        yield told.address, told.disclosures


def _recorded(place: str, disclosures: Path | None, day: date) -> Iterator[tuple[ReleaseRequest, str]]:
    view = open_view(place)
    try:
        for request in known_requests(view, day, Kept(disclosures) if disclosures is not None else None):
            yield request, place
    finally:
        view.close()


def _dossiers() -> Iterator[tuple[ReleaseRequest, str]]:
    for path in sorted((data_folder("examples") / "dossiers").glob("*.yaml")):
        yield ReleaseRequest.load(path), f"dossier {path.stem}"
