"""``release-gate explain``: the conditions of the rules, with what each part came to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli.options import AS_OF, GATE, POLICIES, POLICIES_AS_OF, gate_of
from release_gate.diagnostics import did_you_mean, printable
from release_gate.engine import explain_rule
from release_gate.escape import log_line
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.text import render_trace


@click.command()
@click.argument("request", type=click.Path(path_type=Path))
@click.argument("rule", required=False)
@GATE
@POLICIES
@AS_OF
@POLICIES_AS_OF
def explain(
    request: Path,
    rule: str | None,
    gate: Path | None,
    policies: tuple[str, ...],
    as_of: date,
    policies_as_of: date | None,
) -> int:
    """Show what the conditions of RULE (policy/rule), or of every rule, came to, part by part."""
    found = gate_of(gate, policies)
    asked = ReleaseRequest.load(request).on(as_of)
    shown = 0
    names = []
    for policy in found.in_force(policies_as_of or as_of):
        for each in policy.rules:
            name = f"{policy.id}/{each.id}"
            names.append(name)
            if rule not in (None, name, each.id):
                continue
            shown += 1
            for artifact in asked.artifacts:
                click.echo(f"{name}  for {artifact.id} at {artifact.wanted}")
                for label, text, trace in explain_rule(asked, artifact, policy, each, as_of):
                    click.echo(log_line(f"  {label}: {printable(text, 500)}"))
                    for line in render_trace(trace, text, policy.document.definitions, 2):
                        click.echo(log_line(line))
    if not shown:
        ids = [name.rpartition("/")[2] for name in names]
        near = did_you_mean(str(rule), names if "/" in str(rule) else ids)
        said = f"there is no rule `{printable(str(rule))}`"
        raise click.UsageError(f"{said}; {near or 'without one, all are shown'}")
    return 0
