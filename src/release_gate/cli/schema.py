"""``release-gate schema``: JSON Schemas for editors."""

from __future__ import annotations

import click

from release_gate.escape import json_text
from release_gate.gate.schemas import KINDS, json_schema


@click.command(epilog=f"KIND is {', '.join(sorted(KINDS))}.")
@click.argument("kind", metavar="KIND", type=click.Choice(sorted(KINDS)))
def schema(kind: str) -> int:
    """Print the JSON Schema (draft-07) of documents of a KIND, for editors."""
    click.echo(json_text(json_schema(kind)))
    return 0
