"""``release-gate audit``: read, prove and verify what is recorded."""

from __future__ import annotations

import click

from release_gate.cli import Lazy

__all__ = ["audit"]


@click.group(
    cls=Lazy,
    package=__name__,
    about={
        "checkpoint": "Print a checkpoint, to be kept elsewhere.",
        "create": "Make the ledger that the gate file names.",
        "disclose": "Print what opens sealed fields of a record.",
        "export": "Write the log as static files.",
        "key": "Print the public half of a key of a log.",
        "log": "List records, newest first.",
        "new-key": "Make a key for a log, a witness or attestations.",
        "prove": "Write a record with its receipt, for others to verify.",
        "redact": "Erase sealed fields for good.",
        "show": "Show a record.",
        "verify": "Verify a ledger, a copy, an export, a record or a receipt.",
        "witness": "Cosign a checkpoint of somebody else's log.",
    },
)
def audit() -> None:
    """Read, prove and verify what is recorded."""
