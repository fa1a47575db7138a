"""``release-gate attest``: sign what was decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from release_gate.audit.attestation import VERIFIER
from release_gate.audit.attestation import attest as attest_decision
from release_gate.audit.replay import again
from release_gate.cli import Exit
from release_gate.cli.ledgers import DISCLOSURES, GATE, LEDGER, found, kept, viewed
from release_gate.cli.outputs import emit_lines
from release_gate.signing import open_signer


@click.command()
@click.argument("which")
@click.option("--key", required=True, metavar="KEY", help="The key that signs: a file, env:NAME, or a URI.")
@click.option("--public-key", type=click.Path(path_type=Path), help="Its public half, for a URI.")
@click.option("--verifier", default=VERIFIER, show_default=True, help="Who decides with this key, as a URI.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.  [default: here]")
@LEDGER
@GATE
@DISCLOSURES
def attest(  # noqa: PLR0913, PLR0917 - one argument for each option
    which: str,
    key: str,
    public_key: Path | None,
    verifier: str,
    output: Path | None,
    ledger: str | None,
    gate: Path | None,
    disclosures: Path | None,
) -> int:
    """Sign the recorded decision WHICH: a number, a digest, or the newest about a request.

    Writes DSSE envelopes, one a line: the statement, then a summary for each artifact that has a digest. The
    decision is made again first, and nothing is signed that does not come out as it is recorded.
    """
    signer = open_signer(key, public_key)
    with viewed(ledger, gate) as view:
        record = found(view, which)
        decision, request = again(view, record, kept(disclosures, ledger, gate))
    body: Any = record.body
    told = body["decision"], body["request"]["tree"]
    envelopes = attest_decision(decision, request, [signer], datetime.now(UTC), verifier, told)
    emit_lines((each.to_json().decode() for each in envelopes), output)
    return Exit.ALLOWED
