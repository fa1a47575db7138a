"""``release-gate audit verify``: whether a log is what it claims to be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from release_gate.audit.addresses import open_view
from release_gate.audit.bundle import Bundle, is_bundle
from release_gate.audit.disclosures import all_disclosures
from release_gate.audit.examine import Helpers
from release_gate.audit.receipts import is_receipt, read_receipt
from release_gate.audit.verify import STEPS, Report, Trust, verify_decision, verify_log
from release_gate.audit.view import View
from release_gate.cli import Exit
from release_gate.cli.audit.checkpoints import note_key, read_checkpoint
from release_gate.cli.ledgers import GATE, address, viewed
from release_gate.cli.options import JOBS
from release_gate.cli.outputs import Output, emit_lines, output_option
from release_gate.diagnostics import counted, printable
from release_gate.escape import json_text
from release_gate.signing import read_public_key


@click.command()
@click.argument("place", required=False)
@GATE
@click.option("--key", "keys", multiple=True, metavar="KEY", help="The key of the log; repeatable.")
@click.option("--witness", "witnesses", multiple=True, metavar="KEY", help="A key of a witness; repeatable.")
@click.option("--quorum", type=click.IntRange(0), default=0, help="How many witnesses must have signed.")
@click.option(
    "--signer", "signers", multiple=True, metavar="FILE", help="A public key that attests; repeatable."
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A checkpoint that was kept elsewhere, which the log must extend; repeatable.",
)
@click.option("--disclosures", type=click.Path(path_type=Path), help="Hold these against what is sealed.")
@JOBS
@output_option("text", "json")
def verify(  # noqa: PLR0913, PLR0917 - one argument for each option
    place: str | None,
    gate: Path | None,
    keys: tuple[str, ...],
    witnesses: tuple[str, ...],
    quorum: int,
    signers: tuple[str, ...],
    against: tuple[Path, ...],
    disclosures: Path | None,
    jobs: int,
    outputs: list[Output],
) -> int:
    """Verify the log at PLACE: a ledger, a copy, an export, one record in its folder, or one receipt.

    KEY is written NAME+ID+KEY, as `audit key` prints it, or is a file with that.
    """
    trust = Trust(
        tuple(map(note_key, keys)),
        tuple(map(read_public_key, signers)),
        tuple(map(note_key, witnesses)),
        quorum,
    )
    if quorum > len({key.key for key in trust.witnesses}):
        raise click.UsageError(f"--quorum {quorum} takes as many --witness KEY")
    if quorum and not trust.log:
        raise click.UsageError("--quorum takes --key KEY: witnesses sign what the log has signed")
    one = place is not None and (is_bundle(Path(place)) or is_receipt(Path(place)))
    if one and against:
        raise click.UsageError("--against takes the whole log, and not one record of it")
    if disclosures is not None and place is not None and is_receipt(Path(place)):
        raise click.UsageError("--disclosures takes the request, and a receipt has only the decision")
    given = list(all_disclosures(disclosures)) if disclosures is not None else None
    if place is not None and is_bundle(Path(place)):
        report = Bundle.read(Path(place)).verify(trust, place, given)
    elif place is not None and is_receipt(Path(place)):
        decision, receipt = read_receipt(Path(place))
        report = verify_decision(decision, receipt, trust, place)
    else:
        with viewed(place, gate) as view:
            helpers = Helpers(jobs, partial(open_view, address(place, gate)))
            checkpoints = [read_checkpoint(each) for each in against]
            report = _with_progress(
                view, partial(verify_log, view, trust, checkpoints, given=given, helpers=helpers)
            )
    for form, path in outputs:
        emit_lines([json_text(report.to_dict())] if form == "json" else _text(report), path)
    return Exit.ALLOWED if report.holds else Exit.INTEGRITY


def _with_progress(view: View, run: Callable[..., Report]) -> Report:
    size = view.size
    with click.progressbar(
        length=size, label="verifying", file=sys.stderr, hidden=size < 1000 or not sys.stderr.isatty()
    ) as bar:
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            bar.update(count - done)
            done = count

        return run(progress=progress)


def _text(report: Report) -> Iterator[str]:
    yield f"{printable(report.place)}: {counted(report.size, 'record')} of {printable(report.origin)}"
    if report.root:
        yield f"  root {report.root}"
    for number, title in STEPS.items():
        problems = [each.found for each in report.problems if each.step == number]
        skipped = report.not_checked.get(number)
        word = "FAILED" if problems else "ok" if skipped is None else "-"
        yield f"  {word:<6} {number:>2}  {title}"
        for each in problems:
            yield f"             {each.code} {each.message}" + (f" ({each.help})" if each.help else "")
        if skipped is not None:
            yield f"             not checked: {skipped}"
    if report.more:
        yield f"  and {report.more} further problems"
    if not report.holds:
        yield "NOT VERIFIED: this is not what was recorded"
    else:
        yield "verified" + (", but for what was not checked" if report.not_checked else "")
