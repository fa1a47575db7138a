"""Whether the decision that access rests on is on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from release_gate.audit import files
from release_gate.audit.checks import Trust
from release_gate.audit.notes import MAX_NOTE, NoteKey, Receipt
from release_gate.audit.verify import verify_decision
from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import Diagnostic, IntegrityError, printable

__all__ = ["check_on_record"]

T = TypeVar("T")


def check_on_record(decision: Any, receipt: Path, key: Path, shown: str) -> None:
    """Refuse a decision that its receipt does not prove to be in a log.

    Args:
        decision: The decision, with its digest.
        receipt: The file of its receipt.
        key: The file of the key of the log, as text.
        shown: Where the decision is from, in words.

    Raises:
        InputError: A file cannot be read, or has no key.
        IntegrityError: The receipt is none, or does not prove it.
    """
    trust = Trust((_read(key, lambda data: NoteKey.read(data.decode(errors="replace"))),))
    proof = _read(receipt, Receipt.read)
    report = verify_decision(canonical_bytes(decision), proof, trust, shown)
    if not report.holds:
        message = f"the decision `{shown}` is not on record: {report.problems[0].found.message}"
        help_ = "take it and its receipt as `check --receipts` wrote them"
        raise IntegrityError([Diagnostic("RG532", message, help=help_)])


def _read(file: Path, read: Callable[[bytes], T]) -> T:
    """What is in a file, or why nothing is, with its name."""
    try:
        return read(files.read(file, MAX_NOTE))
    except IntegrityError as error:
        [found] = error.diagnostics
        message = f"`{printable(file.name)}`: {found.message}"
        raise IntegrityError([Diagnostic(found.code, message, help=found.help)]) from None
