"""``release-gate replay``: decide again what is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

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
from release_gate.cli.ledgers import DISCLOSURES, GATE, LEDGER, found, kept, viewed
from release_gate.cli.outputs import Output, emit_lines, output_option
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
@output_option("text", "json", "markdown")
def replay(
    which: tuple[str, ...],
    ledger: str | None,
    gate: Path | None,
    policies: tuple[str, ...],
    disclosures: Path | None,
    outputs: list[Output],
) -> int:
    """Decide again what is recorded (or the records WHICH), from the record alone, and compare.

    Exits with 7 if a decision comes out differently or cannot be decided again, and with 6 if that cannot be
    told because sealed fields were erased or are not disclosed. With --policy, exits with 4 if a verdict
    changes.
    """
    if not policies and any(form == "markdown" for form, _ in outputs):
        raise click.UsageError("-o markdown is the table of changed verdicts, and takes --policy CANDIDATE")
    opens = kept(disclosures, ledger, gate)
    candidates = read_candidates(policies) if policies else None
    with viewed(ledger, gate) as view:
        records = [found(view, each) for each in which] if which else entries(view)
        decisions = (record for record in records if record.kind == "decision")
        shown = progress(decisions, len(which) or view.size, "records")
        if candidates is None:
            seen: set[Outcome] = set()
            replayed: Iterable[Replayed] = _noting(seen, (replay_record(view, each, opens) for each in shown))
            if len(outputs) > 1:  # else each is told as it comes, and none is kept
                replayed = list(replayed)
            for form, path in outputs:
                emit_lines(_outcomes(replayed, form), path)
            return _exit_of(seen)
        told = [each for record in shown for each in _flips(view, record, candidates, opens)]
    changed = [each for each in told if isinstance(each, Flip)]
    untold = [each for each in told if isinstance(each, Replayed)]
    for form, path in outputs:
        emit_lines(_changes(changed, untold, form), path)
    if any(each.outcome is Outcome.NOT_REPLAYABLE for each in untold):
        return Exit.INTEGRITY
    return FLIPPED if changed else Exit.WAITING if untold else Exit.ALLOWED


def _flips(
    view: View, record: Record, candidates: Candidates, opens: Kept | None
) -> Iterator[Flip | Replayed]:
    """What changes of a record, or why that cannot be told: one record never hides the others."""
    try:
        yield from flips(view, record, candidates, opens)
    except InputError as error:
        outcome = Outcome.ERASED if isinstance(error, Erased) else Outcome.NOT_REPLAYABLE
        yield Replayed(record.index, record.about, outcome, because=error.diagnostics[0].message)


def _noting(seen: set[Outcome], replayed: Iterable[Replayed]) -> Iterator[Replayed]:
    for each in replayed:
        seen.add(each.outcome)
        yield each


def _exit_of(outcomes: set[Outcome]) -> int:
    if outcomes & {Outcome.DIVERGED, Outcome.NOT_REPLAYABLE}:
        return Exit.INTEGRITY
    return Exit.WAITING if Outcome.ERASED in outcomes else Exit.ALLOWED


def _outcomes(replayed: Iterable[Replayed], form: str) -> Iterator[str]:
    """Every record that comes out differently, and how many of each outcome there are."""
    if form == "json":
        yield from map(_json, replayed)
        return
    count: Counter[Outcome] = Counter()
    for each in replayed:
        count[each.outcome] += 1
        if each.outcome is not Outcome.IDENTICAL:
            yield f"{each.index:>6}  {printable(each.request)}: {each.outcome.value}"
            yield from (f"        {printable(line, 1000)}" for line in (each.because, *each.differences))
    yield ", ".join(f"{count[each]} {each.value}" for each in Outcome if count[each]) or "no decisions"


def _json(each: Replayed) -> str:
    told = {
        "index": each.index,
        "request": each.request,
        "outcome": each.outcome.value,
        "because": each.because,
        "differences": list(each.differences),
    }
    return json_text(told, indent=None)


def _changes(changed: Sequence[Flip], untold: Sequence[Replayed], form: str) -> Iterator[str]:
    """Every verdict that changes, and every record of which that cannot be told."""
    if form == "json":
        yield from map(_flip, changed)
        yield from map(_json, untold)
        return
    if form == "markdown":
        yield "| record | request | rung | verdict | rules | asked by |\n|---|---|---|---|---|---|"
    yield from map(_text if form == "text" else _markdown, changed)
    for one in untold:
        yield f"\n{one.index:>6}  {printable(one.request)}: {one.outcome.value}: {one.because}"
    loosened = sum(each.loosens for each in changed)
    said = f"{counted(len(changed), 'verdict changes', 'verdicts change')}, {loosened} of them to looser ones"
    yield said if form == "text" else f"\n**{said}**"


def _rule(each: Behind) -> str:
    return f"{each.rule} ({f'owned by {each.owner}' if each.owner else 'no owner is named'})"


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


def _flip(each: Flip) -> str:
    told = {
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
    return json_text(told, indent=None)
