"""Whether the decision that access rests on is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from release_gate.audit import files
from release_gate.audit.checks import Trust
from release_gate.audit.notes import MAX_NOTE, NoteKey, Receipt
from release_gate.audit.verify import verify_decision
from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import Diagnostic, IntegrityError

__all__ = ["check_on_record"]


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
    trust = Trust((NoteKey.read(files.read(key, MAX_NOTE).decode(errors="replace")),))
    proof = Receipt.read(files.read(receipt, MAX_NOTE))
    report = verify_decision(canonical_bytes(decision), proof, trust, shown)
    if not report.holds:
        message = f"the decision `{shown}` is not on record: {report.problems[0].found.message}"
        help_ = "take it and its receipt as `check --receipts` wrote them"
        raise IntegrityError([Diagnostic("RG532", message, help=help_)])
