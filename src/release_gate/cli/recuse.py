"""``release-gate recuse``: say that one has no part in a request, and sign it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli.options import GATE, POLICIES, gate_of
from release_gate.cli.signing import KEY, ON, OUTPUT, PERSON, deliver, signer_of
from release_gate.facts.access import load_either
from release_gate.facts.ladder import GRANTED, LADDER
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.statements import sign_off


@click.command()
@click.argument("request", type=click.Path(path_type=Path))
@PERSON
@KEY
@ON
@GATE
@POLICIES
@OUTPUT
def recuse(  # noqa: PLR0913, PLR0917 - one argument for each option
    request: Path,
    person: str,
    key: str,
    on: date,
    gate: Path | None,
    policies: tuple[str, ...],
    output: Path | None,
) -> int:
    """Recuse oneself from REQUEST: no sign-off of this person counts for it, before or after."""
    signer = signer_of(key, person, on, gate, policies)
    asked = load_either(request).on(on)
    together = gate_of(gate, policies).decide(asked, as_of=on).policies_digest
    said = {
        "person": person,
        "role": "recused",
        "word": "recuse",
        "rung": (LADDER[0] if asked.SUBJECT == ReleaseRequest.SUBJECT else GRANTED).name,
        "on": on.isoformat(),
        "expires": None,
    }
    deliver(sign_off(asked, asked.artifacts[0], said, together, signer), output)
    return 0
