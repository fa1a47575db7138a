"""``release-gate access check``: judge access requests from files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from release_gate.cli import clock
from release_gate.cli.check import finished, judge_all, write
from release_gate.cli.logs import Log
from release_gate.cli.options import AS_OF, GATE, GATE_FILE, POLICIES, gate_of, standard_input
from release_gate.cli.outputs import Output, output_option
from release_gate.cli.recording import recorder, recording
from release_gate.decision import Verdict
from release_gate.facts.access import AccessRequest
from release_gate.gate.judging import Judging
from release_gate.gate.report_files import OutputError, discard
from release_gate.gate.reports import FORMATS
from release_gate.gate.reports.run import Run


@click.command()
@click.argument("requests", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@GATE
@POLICIES
@AS_OF
@output_option(*FORMATS)
@recording
def check(  # noqa: PLR0913, PLR0917 - one argument for each option
    requests: tuple[Path, ...],
    gate: Path | None,
    policies: tuple[str, ...],
    as_of: date,
    outputs: list[Output],
    record: bool,  # noqa: FBT001 - click passes flags so
    receipts: Path | None,
) -> int:
    """Judge REQUESTS, files with access requests, and say why. `-` reads one from standard input.

    Nothing is granted by it. The exit code is that of the worst verdict.
    """
    if receipts is not None and not record:
        raise click.UsageError("--receipts needs --record")
    found = gate_of(gate, policies)
    recorded = recorder(gate or GATE_FILE, policies, found, receipts) if record else None
    judging = Judging(found, as_of, today=clock.today(), kind=AccessRequest)
    log = Log(on=False)
    with Run() as run, standard_input(requests):
        try:
            discard(path for _, path in outputs if path)
            judge_all(requests, judging, run, log, recorded)
            write(run, outputs, log)
        except OutputError as error:
            raise click.ClickException(str(error)) from None
        return finished(run, Verdict.NEEDS_APPROVAL, exit_zero=False)
