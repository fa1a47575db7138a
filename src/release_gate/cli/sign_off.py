"""``release-gate sign-off``: recommend, approve, object to or reverse a release, and sign it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import click

from release_gate.cli.options import GATE, POLICIES, gate_of
from release_gate.cli.signing import (
    EXPIRES,
    KEY,
    ON,
    OUTPUT,
    PERSON,
    artifact_of,
    deliver,
    expiry,
    require_new,
    signer_of,
)
from release_gate.decision import ArtifactDecision, Decision
from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.access import load_either
from release_gate.facts.ladder import GRANTED, RUNGS
from release_gate.gate.statements import sign_off as sign
from release_gate.gate.text import render_text


@click.command("sign-off")
@click.argument("word", type=click.Choice(["recommend", "approve", "object", "reverse"]))
@click.argument("request", type=click.Path(path_type=Path))
@PERSON
@click.option("--role", required=True, help="In which role, as the rules name it.")
@KEY
@click.option("--artifact", help="About which artifact.  [default: the only one]")
@click.option(
    "--rung",
    type=click.Choice([*RUNGS, GRANTED.name]),
    help="Up to which access level; for an objection, from which one.  [default: the one that is asked for]",
)
@ON
@EXPIRES
@GATE
@POLICIES
@OUTPUT
def sign_off(  # noqa: PLR0913, PLR0917 - one argument for each option
    word: str,
    request: Path,
    person: str,
    role: str,
    key: str,
    artifact: str | None,
    rung: str | None,
    on: date,
    expires: date | None,
    gate: Path | None,
    policies: tuple[str, ...],
    output: Path | None,
) -> int:
    """Say WORD about REQUEST, for a release or for access, and sign it.

    What is signed is bound to the request, the content of the artifact and the policies as they are now; when
    one of them changes, it no longer counts. Nothing is signed that could not count by the trust file of the
    gate. The decision is shown on standard error first, and why a statement does not count afterwards, if it
    was written where the gate file looks.
    """
    judging, asked = gate_of(gate, policies), load_either(request).on(on)
    held = judging.hold(asked, on)
    asked = held.request if held else asked  # what is judged is what is signed
    about = artifact_of(asked, artifact)
    if ((rung or about.wanted) == GRANTED.name) is not (about.wanted == GRANTED.name):
        raise click.UsageError(f"`{rung}` is no level of `{about.id}`; it asks for {about.wanted}")
    require_new(output)
    signer = signer_of(key, person, on, gate, policies, role)
    decision = judging.judge(asked, as_of=on)
    click.echo(render_text(decision), err=True)
    said = {
        "person": person,
        "role": role,
        "word": word,
        "rung": rung or about.wanted,
        "on": on.isoformat(),
        "expires": expiry(expires),
    }
    click.echo(f"{person} as {role}: {word} {about.id}, {said['rung']}", err=True)
    asking = {each for state in _about(decision, about.id).sign_offs for each in state.roles}
    if word == "approve" and role not in asking:
        near = did_you_mean(role, sorted(asking))
        click.echo(f"no rule asks for `{printable(role)}` here" + (f"; {near}" if near else ""), err=True)
    deliver(sign(asked, about, said, decision.policies_digest, signer), output)
    if output is not None:
        now = gate_of(gate, policies).judge(asked, as_of=on)
        for reason in sorted((_void(now, about.id) - _void(decision, about.id)).elements()):
            click.echo(f"does not count: {reason}", err=True)
    return 0


def _void(decision: Decision, artifact: str) -> Counter[str]:
    """The sign-offs about an artifact that do not count, and why."""
    states = _about(decision, artifact).sign_offs
    return Counter(dict.fromkeys((reason for state in states for reason in state.void), 1))


def _about(decision: Decision, artifact: str) -> ArtifactDecision:
    [found] = [each for each in decision.artifacts if each.id == artifact]
    return found
