"""``release-gate replay``: decide again what is recorded."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from release_gate.audit.ledger import entries
from release_gate.audit.record import Record
from release_gate.audit.replay import Flip, Outcome, Replayed, flips
from release_gate.audit.replay import replay as replay_record
from release_gate.cli import Exit
from release_gate.cli.ledgers import DISCLOSURES, GATE, JSON, LEDGER, found, kept, viewed
from release_gate.diagnostics import printable
from release_gate.policy.load import load_policy

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
    type=click.Path(path_type=Path),
    help="Decide by this changed policy, and list every verdict that it changes; repeatable.",
)
@DISCLOSURES
@JSON
def replay(
    which: tuple[str, ...],
    ledger: str | None,
    gate: Path | None,
    policies: tuple[Path, ...],
    disclosures: Path | None,
    as_json: bool,  # noqa: FBT001
) -> int:
    """Decide again what is recorded (or the records WHICH), from the record alone, and compare.

    Exits with 7 if a decision comes out differently or cannot be decided again, and with 6 if that cannot be
    told because sealed fields were erased or are not disclosed. With --policy, exits with 4 if a verdict
    changes.
    """
    opens = kept(disclosures, ledger, gate)
    candidates = [load_policy(path) for path in policies]
    with viewed(ledger, gate) as view:
        records = [found(view, each) for each in which] if which else entries(view)
        decisions = (record for record in records if record.kind == "decision")
        shown = _progress(decisions, len(which) or view.size)
        if candidates:
            return _tell_flips(
                (each for record in shown for each in flips(view, record, candidates, opens)), as_json=as_json
            )
        return _tell((replay_record(view, record, opens) for record in shown), as_json=as_json)


def _progress(records: Iterable[Record], length: int) -> Iterator[Record]:
    hidden = length < 100 or not sys.stderr.isatty()
    with click.progressbar(
        records, length=length, label="deciding again", file=sys.stderr, hidden=hidden
    ) as bar:
        yield from bar


def _tell(replayed: Iterable[Replayed], *, as_json: bool) -> int:
    count: Counter[Outcome] = Counter()
    for each in replayed:
        count[each.outcome] += 1
        if as_json:
            click.echo(json.dumps(_json(each), ensure_ascii=False))
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


def _tell_flips(found_flips: Iterable[Flip], *, as_json: bool) -> int:
    total = loosened = 0
    for each in found_flips:
        total += 1
        loosened += each.loosens
        if as_json:
            click.echo(json.dumps(_flip(each), ensure_ascii=False))
            continue
        way = "LOOSENED" if each.loosens else "tightened"
        asked = ", which was asked for" if each.asked else ""
        click.echo(
            f"{each.index:>6}  {way:<9} {printable(each.request)}/{each.artifact} at {each.rung}{asked}: "
            f"{each.before} → {each.after}, asked by {printable(each.owner)}"
        )
    if not as_json:
        click.echo(f"{total} verdicts change, {loosened} of them to looser ones")
    return FLIPPED if total else Exit.ALLOWED


def _flip(each: Flip) -> dict[str, Any]:
    return {
        "index": each.index,
        "request": each.request,
        "owner": each.owner,
        "artifact": each.artifact,
        "rung": each.rung,
        "asked": each.asked,
        "before": str(each.before),
        "after": str(each.after),
        "loosens": each.loosens,
    }
