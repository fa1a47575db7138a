"""``release-gate waive``: sign a waiver as it is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import click

from release_gate.cli.options import GATE
from release_gate.cli.signing import KEY, ON, OUTPUT, PERSON, deliver, signer_of
from release_gate.diagnostics import PolicyError, did_you_mean, printable
from release_gate.document import validate
from release_gate.gate.statements import sign_waiver
from release_gate.policy.waivers import WaiversDocument
from release_gate.source import read_file, require_mapping


@click.command()
@click.argument("name")
@click.argument("waivers", type=click.Path(path_type=Path))
@PERSON
@KEY
@ON
@GATE
@OUTPUT
def waive(  # noqa: PLR0913, PLR0917 - one argument for each option
    name: str, waivers: Path, person: str, key: str, on: date, gate: Path | None, output: Path | None
) -> int:
    """Sign the waiver NAME of the file WAIVERS, word for word.

    Whether it counts depends on who signs: the rule says who may waive it, and for how long.
    """
    document = read_file(waivers)
    require_mapping(document, ("waivers/v1",))
    validate(WaiversDocument, document.tree, document, PolicyError, "RG515")
    trees = {each["id"]: each for each in cast("Any", document.tree)["waivers"]}
    if name not in trees:
        raise click.UsageError(f"there is no waiver `{printable(name)}`; {did_you_mean(name, trees)}")
    signer = signer_of(key, person, on, gate)
    for field, value in trees[name].items():
        click.echo(f"  {field}: {printable(str(value))}", err=True)
    deliver(sign_waiver(trees[name], person, on, signer), output)
    return 0
