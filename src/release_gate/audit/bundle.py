"""A bundle: one record with its receipt and its content, in a folder that can be sent to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from release_gate.audit import files
from release_gate.audit.notes import Receipt
from release_gate.audit.record import MAX_RECORD, Record
from release_gate.audit.sealed import Disclosures
from release_gate.audit.verify import Report, Trust, verify_receipt
from release_gate.audit.view import View, fetching

__all__ = ["Bundle", "is_bundle"]

RECORD: Final = "record.json"
RECEIPT: Final = "record.tlog-proof"
CONTENT: Final = "content"
MAX_FILE: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Bundle:
    """A record, its receipt, and its content by digest."""

    record: bytes
    receipt: Receipt
    content: dict[str, bytes]

    @classmethod
    def of(cls, view: View, record: Record, receipt: Receipt) -> Bundle:
        """The bundle of a record that is in a log.

        Raises:
            IntegrityError: Some of its content is not there.
        """
        fetch = fetching(view, record)
        content = {digest: fetch(digest) for digest in record.refers_to}
        return cls(record.data, receipt, content)

    def write(self, folder: Path) -> None:
        """Write it into a folder.

        Raises:
            InputError: It cannot be written.
        """
        try:
            (folder / CONTENT).mkdir(parents=True, exist_ok=True)
            for digest, data in self.content.items():
                (folder / CONTENT / digest.removeprefix("sha256:")).write_bytes(data)
            (folder / RECEIPT).write_text(str(self.receipt), encoding="utf-8")
            (folder / RECORD).write_bytes(self.record)
        except OSError as error:
            raise files.unusable(folder, error) from None

    @classmethod
    def read(cls, folder: Path) -> Bundle:
        """Read one. Nothing is verified.

        Raises:
            InputError: It cannot be read.
            IntegrityError: It is none.
        """
        receipt = Receipt.read(files.read(folder / RECEIPT, 1 << 20))
        parts = sorted((folder / CONTENT).iterdir()) if (folder / CONTENT).is_dir() else []
        content = {f"sha256:{file.name}": files.read(file, MAX_FILE) for file in parts if file.is_file()}
        return cls(files.read(folder / RECORD, MAX_RECORD + 1), receipt, content)

    def verify(self, trust: Trust, shown: str, given: Sequence[Disclosures] | None = None) -> Report:
        """Verify it, offline, by the steps of a log that apply to one record."""
        return verify_receipt(self.record, self.receipt, self.content, trust, shown, given)


def is_bundle(place: Path) -> bool:
    """Whether a folder is a bundle."""
    return (place / RECORD).is_file()
