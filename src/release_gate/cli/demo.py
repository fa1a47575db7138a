"""``release-gate demo``: judge releases of the past by the packs of today."""

from __future__ import annotations

from datetime import date

import click

from release_gate.cli.options import use_colour
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.text import render_text
from release_gate.policy.packs import data_folder

POLICIES_AS_OF = date(2026, 11, 24)
"""The packs of this day judge the dossiers, so that the demo shows the same every day."""


@click.command()
@click.option("--full", is_flag=True, help="Print every decision in full.")
def demo(full: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Judge eight releases of the past by the packs of today.

    The dossiers say what was known; the decisions are hypothetical, and no judgement on anybody.
    """
    folder = data_folder("examples")
    gate = Gate.load(folder / "release-gate.yaml")
    for path in sorted((folder / "dossiers").glob("*.yaml")):
        request = ReleaseRequest.load(path)
        decision = gate.decide(request, as_of=POLICIES_AS_OF, policies_as_of=POLICIES_AS_OF)
        if full:
            click.echo(render_text(decision, colour=use_colour()))
            continue
        click.echo(request.title or request.id)
        for artifact in decision.artifacts:
            click.echo(
                f"  {artifact.id:<14} wanted {artifact.requested:<21} {artifact.verdict!s:<15} "
                f"best {artifact.best:<16} not ruled out {artifact.not_ruled_out}"
            )
            worst = next(iter(artifact.findings), None)
            if worst is not None:
                click.echo(f"    {worst.outcome} by {worst.policy}/{worst.rule}: {worst.message[:150]}")
    click.echo(f"\nHypothetical: judged by the packs of {POLICIES_AS_OF}. Illustrative, not legal advice.")
    click.echo("`release-gate demo --full` prints every decision; `release-gate check` judges yours.")
    return 0
