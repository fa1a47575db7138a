"""``release-gate schema``: JSON Schemas for editors."""

from __future__ import annotations

import json

import click

from release_gate.gate.schemas import KINDS, json_schema


@click.command()
@click.argument("kind", type=click.Choice(sorted(KINDS)))
def schema(kind: str) -> int:
    """Print the JSON Schema (draft-07) of documents of a KIND, for editors."""
    click.echo(json.dumps(json_schema(kind), indent=2, ensure_ascii=False))
    return 0
