"""``--record``: decisions into the ledger of the gate file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import click

from release_gate.cli.options import GATE_FILE
from release_gate.decision import Decision
from release_gate.diagnostics import InputError, printable
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate

__all__ = ["TOGETHER", "Judgements", "Record", "recorder", "recording", "unless_recorded"]

TOGETHER: Final = 128
"""The most decisions in one transaction: the write to the disk is what takes the time."""
Judgements: TypeAlias = "Sequence[tuple[Decision, ReleaseRequest]]"
"""What was decided, and on which request."""
Record: TypeAlias = "Callable[[Judgements], None]"
"""Records decisions. One that cannot be recorded ends it; those before it are recorded."""

_RECORD = click.option(
    "--record", is_flag=True, help="Record every decision in the ledger that the gate file names."
)
_RECEIPTS = click.option(
    "--receipts",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="With --record: write each decision there, and its receipt beside it.",
)


def recording(command: Callable[..., int]) -> Callable[..., int]:
    """The options of recording."""
    return _RECORD(_RECEIPTS(command))


@contextmanager
def unless_recorded(outcome: str) -> Iterator[None]:
    """What to say has been done and what has not, if the ledger does not take a record."""
    try:
        yield
    except InputError as error:
        error.outcome = error.outcome or outcome
        raise


def recorder(
    path: Path | None, policies: tuple[str, ...], gate: Gate, receipts: Path | None = None
) -> Record:
    """What records decisions, and says where on standard error.

    The clock is read here, and nowhere below.
    """
    from release_gate.audit.addresses import settings_of  # noqa: PLC0415 - only for those who record
    from release_gate.audit.receipts import write_receipt  # noqa: PLC0415 - as above
    from release_gate.audit.recorder import Recorder  # noqa: PLC0415 - as above

    if policies:
        raise click.UsageError("--record needs a gate file that names a ledger")
    book = Recorder.open(settings_of(path or GATE_FILE), gate)
    ledger = book.ledger
    click.get_current_context().call_on_close(ledger.store.close)

    def record(judged: Judgements) -> None:
        if not judged:
            return
        try:
            added = book.record_all(judged, datetime.now(UTC))
        except InputError as error:
            if len(judged) > 1:  # one by one, so that only what cannot be recorded is not
                for each in judged:
                    record([each])
                return
            name = printable(judged[0][0].request.id)
            lost = f"`{name}` was decided and not recorded, so that the decision counts for nothing"
            error.outcome = error.outcome or lost
            raise
        try:
            for (decision, _), placed in zip(judged, added.records, strict=True):
                where = f"{placed.index} in {ledger.store.place}"
                click.echo(f"recorded as {where}: {decision.request.id}, {decision.verdict}", err=True)
                if receipts is not None:
                    written = write_receipt(receipts, placed, ledger, added.checkpoint)
                    click.echo(f"its receipt is {written.as_posix()}", err=True)
        finally:  # a receipt may fail, and all of them are recorded
            click.echo(f"keep this checkpoint where the ledger is not:\n{added.checkpoint}", err=True)

    return record
