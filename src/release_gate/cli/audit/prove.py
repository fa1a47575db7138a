"""``release-gate audit prove``: a record that others can verify."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.bundle import Bundle
from release_gate.audit.merkle import inclusion_proof
from release_gate.audit.notes import Receipt
from release_gate.cli import Exit
from release_gate.cli.audit.checkpoints import newest, read_checkpoint
from release_gate.cli.ledgers import GATE, LEDGER, found, viewed


@click.command()
@click.argument("which")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write it into."
)
@GATE
@LEDGER
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Prove it against this checkpoint.")
def prove(which: str, output: Path, gate: Path | None, ledger: str | None, checkpoint: Path | None) -> int:
    """Write the record WHICH with its receipt and its content into a folder that anybody can verify."""
    with viewed(ledger, gate) as view:
        record = found(view, which)
        against = read_checkpoint(checkpoint) if checkpoint is not None else newest(view)
        if not record.index < against.size <= view.size:
            raise click.UsageError(f"the checkpoint of {against.size} records does not reach this one")
        proof = inclusion_proof(record.index, against.size, view.node)
        Bundle.of(view, record, Receipt(record.index, proof, against)).write(output)
    click.echo(f"wrote record {record.index} and its receipt to {output}; verify it with")
    click.echo(f"  release-gate audit verify {output}")
    return Exit.ALLOWED
