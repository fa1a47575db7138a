"""``release-gate audit show``: a record, and what it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from release_gate.audit.disclosures import Kept
from release_gate.audit.opening import seen_by
from release_gate.audit.policies import restore_policies
from release_gate.audit.record import Record
from release_gate.audit.replay import again
from release_gate.audit.sealed import Erased, is_sealed
from release_gate.audit.trace import facts_read, trace_lines
from release_gate.audit.view import View, fetching
from release_gate.cli import Exit
from release_gate.cli.ledgers import GATE, LEDGER, found, kept, viewed
from release_gate.diagnostics import did_you_mean, printable
from release_gate.escape import json_text


@click.command()
@click.argument("which")
@LEDGER
@GATE
@click.option("--decision", "part", flag_value="decision", help="The decision that it records.")
@click.option("--request", "part", flag_value="request", help="The request, as it was written.")
@click.option("--trace", "part", flag_value="trace", help="How every rule came out, and what was read.")
@click.option("--policy", metavar="ID", help="A policy, as it was written, and what it extends.")
@click.option("--disclosures", type=click.Path(path_type=Path), help="Show sealed fields that this opens.")
def show(
    which: str,
    ledger: str | None,
    gate: Path | None,
    part: str | None,
    policy: str | None,
    disclosures: Path | None,
) -> int:
    """Show the record WHICH: a number, the digest of a decision, or the newest about a request.

    Sealed fields are shown as the digests that are recorded, unless --disclosures opens them.
    """
    with viewed(ledger, gate) as view:
        record = found(view, which)
        opens = kept(disclosures, ledger, gate) if disclosures is not None else None
        click.echo(_shown(view, record, part, policy, opens), nl=False)
    return Exit.ALLOWED


def _shown(view: View, record: Record, part: str | None, policy: str | None, opens: Kept | None) -> str:
    body: Any = record.body
    fetch = fetching(view, record)
    if policy is not None:
        applied = {each["id"]: each for chain in body.get("policies", ()) for each in reversed(chain)}
        if policy not in applied:
            near = did_you_mean(policy, sorted(applied)) or "it is of no decision"
            raise click.UsageError(f"the record has no policy `{printable(policy)}`; {near}")
        return "".join(fetch(text).decode() for text in applied[policy]["text"])
    if part is not None and record.decision is None:
        raise click.UsageError(f"the record {record.index} is of no decision, and has no {part}")
    body, get = seen_by(record, fetch, opens)
    if part == "request" and isinstance(body.get("request"), dict):
        told = body["request"]
        text = told.get("text") or told["tree"]
        return get(told["tree"] if is_sealed(text) else text).decode()
    if part == "trace":
        if "trace" not in body:
            raise click.UsageError("the record has no trace")
        policies = tuple(restore_policies(body["policies"], get))
        try:
            facts = facts_read(*again(view, record, opens), policies)
        except Erased:
            facts = None
        return "".join(f"{line}\n" for line in trace_lines(json.loads(get(body["trace"])), policies, facts))
    shown = json.loads(get(body["decision"])) if part == "decision" else body
    return json_text(shown) + "\n"
