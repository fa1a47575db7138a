"""``release-gate replay``: decide again what is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from release_gate.audit.candidates import Candidates, read_candidates
from release_gate.audit.disclosures import Kept
from release_gate.audit.ledger import entries
from release_gate.audit.record import Record
from release_gate.audit.replay import Behind, Flip, Outcome, Replayed, flips
from release_gate.audit.replay import replay as replay_record
from release_gate.audit.sealed import Erased
from release_gate.audit.view import View
from release_gate.cli import Exit
from release_gate.cli.ledgers import DISCLOSURES, GATE, JSON, LEDGER, found, kept, viewed
from release_gate.cli.progress import progress
from release_gate.diagnostics import InputError, counted, printable
from release_gate.escape import json_text, markdown

FLIPPED = 4
"""The exit code of policy tests that fail: recorded decisions are the tests of a policy in use."""


@click.command()
@click.argument("which", nargs=-1)
@LEDGER
@GATE
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="CANDIDATE",
    help="Decide by a changed policy, and list every verdict that it changes: a pack, PACK@VERSION, a file, "
    "a folder, or a gate file; repeatable.",
)
@DISCLOSURES
@JSON
@click.option("--markdown", "as_markdown", is_flag=True, help="Write the changed verdicts as Markdown.")
def replay(  # noqa: PLR0913, PLR0917 - one argument for each option
    which: tuple[str, ...],
    ledger: str | None,
    gate: Path | None,
    policies: tuple[str, ...],
    disclosures: Path | None,
    as_json: bool,  # noqa: FBT001
    as_markdown: bool,  # noqa: FBT001
) -> int:
    """Decide again what is recorded (or the records WHICH), from the record alone, and compare.

    Exits with 7 if a decision comes out differently or cannot be decided again, and with 6 if that cannot be
    told because sealed fields were erased or are not disclosed. With --policy, exits with 4 if a verdict
    changes.
    """
    opens = kept(disclosures, ledger, gate)
    candidates = read_candidates(policies) if policies else None
    with viewed(ledger, gate) as view:
        records = [found(view, each) for each in which] if which else entries(view)
        decisions = (record for record in records if record.kind == "decision")
        shown = progress(decisions, len(which) or view.size, "records")
        if candidates is not None:
            form = "json" if as_json else "markdown" if as_markdown else "text"
            told = (each for record in shown for each in _flips(view, record, candidates, opens))
            return _tell_flips(told, form)
        return _tell((replay_record(view, record, opens) for record in shown), as_json=as_json)


def _flips(
    view: View, record: Record, candidates: Candidates, opens: Kept | None
) -> Iterator[Flip | Replayed]:
    """What changes of a record, or why that cannot be told: one record never hides the others."""
    try:
        yield from flips(view, record, candidates, opens)
    except InputError as error:
        outcome = Outcome.ERASED if isinstance(error, Erased) else Outcome.NOT_REPLAYABLE
        yield Replayed(record.index, record.about, outcome, because=error.diagnostics[0].message)


def _tell(replayed: Iterable[Replayed], *, as_json: bool) -> int:
    count: Counter[Outcome] = Counter()
    for each in replayed:
        count[each.outcome] += 1
        if as_json:
            click.echo(json_text(_json(each), indent=None))
        elif each.outcome is not Outcome.IDENTICAL:
            click.echo(f"{each.index:>6}  {printable(each.request)}: {each.outcome.value}")
            click.echo(f"        {printable(each.because, 1000)}")
            for line in each.differences:
                click.echo(f"        {printable(line, 1000)}")
    if not as_json:
        click.echo(
            ", ".join(f"{count[each]} {each.value}" for each in Outcome if count[each]) or "no decisions"
        )
    broken = count[Outcome.DIVERGED] + count[Outcome.NOT_REPLAYABLE]
    if broken:
        return Exit.INTEGRITY
    return Exit.WAITING if count[Outcome.ERASED] else Exit.ALLOWED


def _json(each: Replayed) -> dict[str, Any]:
    return {
        "index": each.index,
        "request": each.request,
        "outcome": each.outcome.value,
        "because": each.because,
        "differences": list(each.differences),
    }


def _tell_flips(told: Iterable[Flip | Replayed], form: str) -> int:
    """Tell every verdict that changes, and every record of which that cannot be told."""
    total = loosened = 0
    untold: list[Replayed] = []
    if form == "markdown":
        click.echo("| record | request | rung | verdict | rules | asked by |\n|---|---|---|---|---|---|")
    for each in told:
        if isinstance(each, Replayed):
            untold.append(each)
        else:
            total += 1
            loosened += each.loosens
            click.echo(_FLIPS[form](each))
    for one in untold:
        if form == "json":
            click.echo(json_text(_json(one), indent=None))
        else:
            click.echo(f"\n{one.index:>6}  {printable(one.request)}: {one.outcome.value}: {one.because}")
    if form != "json":
        said = f"{counted(total, 'verdict changes', 'verdicts change')}, {loosened} of them to looser ones"
        click.echo(said if form == "text" else f"\n**{said}**")
    if any(each.outcome is Outcome.NOT_REPLAYABLE for each in untold):
        return Exit.INTEGRITY
    return FLIPPED if total else Exit.WAITING if untold else Exit.ALLOWED


def _rule(each: Behind) -> str:
    return f"{each.rule} (owned by {each.owner or 'nobody named'})"


def _text(each: Flip) -> str:
    way = "LOOSENED" if each.loosens else "tightened"
    asked = ", which was asked for" if each.asked else ""
    return (
        f"{each.index:>6}  {way:<9} {printable(each.request)}/{each.artifact} at {each.rung}{asked}: "
        f"{each.before} → {each.after}, asked by {printable(each.asked_by)}\n"
        f"        by {printable(', '.join(map(_rule, each.behind)), 500)}"
    )


def _markdown(each: Flip) -> str:
    way = " **loosened**" if each.loosens else ""
    asked = " (asked for)" if each.asked else ""
    cells = (
        str(each.index),
        markdown(f"{each.request}/{each.artifact}"),
        each.rung + asked,
        f"{each.before} → {each.after}{way}",
        markdown(", ".join(map(_rule, each.behind))),
        markdown(each.asked_by),
    )
    return f"| {' | '.join(cells)} |"


def _flip(each: Flip) -> dict[str, Any]:
    return {
        "index": each.index,
        "request": each.request,
        "asked_by": each.asked_by,
        "artifact": each.artifact,
        "rung": each.rung,
        "asked": each.asked,
        "before": str(each.before),
        "after": str(each.after),
        "loosens": each.loosens,
        "rules": [{"rule": rule.rule, "owner": rule.owner} for rule in each.behind],
    }


_FLIPS: Mapping[str, Callable[[Flip], str]] = {
    "text": _text,
    "json": lambda each: json_text(_flip(each), indent=None),
    "markdown": _markdown,
}
