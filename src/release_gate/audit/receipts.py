"""Receipts: beside a decision, the proof that it was recorded.

A decision is ``NUMBER-REQUEST.json``, its receipt ``NUMBER-REQUEST.tlog-proof``, where the number is that of
its record. The record itself is the extra data of the receipt, so that two files are all that it takes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from release_gate.audit import files
from release_gate.audit.ledger import Ledger
from release_gate.audit.notes import MAX_NOTE, Checkpoint, Receipt
from release_gate.audit.record import Record
from release_gate.audit.view import fetching
from release_gate.diagnostics import Diagnostic, InputError, printable
from release_gate.envelope import read_json

__all__ = ["is_receipt", "read_receipt", "write_receipt"]

SUFFIX: Final = ".tlog-proof"
MAX_DECISION: Final = 64 * 1024 * 1024


def write_receipt(folder: Path, record: Record, ledger: Ledger, checkpoint: Checkpoint) -> Path:
    """Write a decision, as it is recorded, and its receipt. What is there already stays as it is.

    Returns:
        The file of the receipt.

    Raises:
        InputError: One of the two cannot be written, or is there already with other content.
    """
    proof = ledger.receipt(record.index, checkpoint)
    receipt = Receipt(proof.index, proof.proof, proof.checkpoint, record.data)
    name = f"{record.index:08}-{_safe(record.about)}"
    _write(folder / f"{name}.json", _shown(record, ledger))
    return _write(folder / f"{name}{SUFFIX}", str(receipt).encode())


def _shown(record: Record, ledger: Ledger) -> bytes:
    """The decision of a record as reports have it: what is sealed in the record is sealed here."""
    body = read_json(fetching(ledger.store, record)(record.decision or ""), "the decision")
    shown = {"schema": body["schema"], "digest": record.decision, **body}
    return (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()


def is_receipt(place: Path) -> bool:
    """Whether a file is named like a receipt."""
    return place.suffix == SUFFIX and place.is_file()


def read_receipt(file: Path) -> tuple[bytes | None, Receipt]:
    """The decision beside a receipt, if it is there, and the receipt. Nothing is verified.

    Raises:
        InputError: One of the two cannot be read.
        IntegrityError: It is no receipt.
    """
    receipt = Receipt.read(files.read(file, MAX_NOTE))
    decision = file.with_suffix(".json")
    return (files.read(decision, MAX_DECISION) if decision.is_file() else None), receipt


def _safe(name: str) -> str:
    """A name without anything that leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]


def _write(file: Path, data: bytes) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as stream:
            stream.write(data)
    except FileExistsError as error:
        if not file.parent.is_dir():
            raise InputError(files.unusable(file.parent, error).diagnostics, _OUTCOME) from None
        message = f"`{printable(file.as_posix())}` is there already, and was not overwritten"
        help_ = "`release-gate audit prove` writes it elsewhere"
        raise InputError([Diagnostic("RG749", message, help=help_)], _OUTCOME) from None
    except OSError as error:
        raise InputError(files.unusable(file, error).diagnostics, _OUTCOME) from None
    return file


_OUTCOME: Final = "the decision is recorded, and its receipt was not written"
