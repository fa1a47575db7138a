"""Where disclosures are kept: a folder that lies apart from the ledger, with one file for each record.

A file is on the disk before its record is, so that no value is lost. Until then it is pending, and its name
says by what the record is found, so that it can be told later whether whoever wrote it lived to record it. A
ledger verifies without them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from pydantic import Field

from release_gate.audit import files
from release_gate.audit.sealed import Disclosure, Disclosures, field_of
from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import Diagnostic, IntegrityError, printable
from release_gate.document import Base, validate
from release_gate.envelope import read_json

__all__ = ["Kept", "all_disclosures", "read_disclosures", "to_json"]

SCHEMA: Final = "disclosures/v1"
_SEAL: Final = r"^[0-9a-f]{32}$"
MAX_FILE: Final = 256 * 1024 * 1024
PENDING: Final = re.compile(r"([0-9a-f]{32})-(?:([0-9a-f]{64})|of-(.+))\.pending")
PATIENCE: Final = 3600
"""After how many seconds nobody is still recording what is pending."""


class _One(Base):
    pointer: str
    salt: str = Field(pattern=r"^([0-9a-f]{2})*$")
    value: Any


class _File(Base):
    schema_: str = Field(alias="schema", pattern=f"^{SCHEMA}$")
    seal: str = Field(pattern=_SEAL)
    disclosures: list[_One]


def to_json(disclosures: Disclosures) -> bytes:
    """Disclosures as they are written."""
    return canonical_bytes(
        {
            "schema": SCHEMA,
            "seal": disclosures.seal,
            "disclosures": [
                {"pointer": each.pointer, "salt": each.salt, "value": each.value} for each in disclosures.all
            ],
        }
    )


def read_disclosures(data: bytes) -> Disclosures:
    """Disclosures from their bytes. Whether they open anything is seen when they are used.

    Raises:
        IntegrityError: They are none.
    """
    read_json(data, "the disclosures")  # no key twice
    tree = json.loads(data, parse_int=Decimal, parse_float=Decimal)
    told = validate(_File, tree, None, IntegrityError, "RG743")
    return Disclosures(
        told.seal, tuple(Disclosure(each.pointer, each.salt, each.value) for each in told.disclosures)
    )


class Kept:
    """Disclosures in a folder, or those in one file that somebody was given."""

    def __init__(self, place: Path) -> None:
        """Those at a place, which need not be there yet."""
        self.place = place

    def find(self, seal: str) -> Disclosures:
        """The disclosures of a record; none if there are none.

        Raises:
            InputError: They cannot be read.
            IntegrityError: They are no disclosures, or those of another record.
        """
        if not re.match(_SEAL, seal):
            return Disclosures(seal, ())
        alone = self.place.is_file()
        file = self.place if alone else self._file(seal)
        if not alone and not file.exists():
            pending = self._pending(seal)
            if not pending:
                return Disclosures(seal, ())
            file = pending[0]
        found = read_disclosures(files.read(file, MAX_FILE, "RG743"))
        if found.seal == seal:
            return found
        if alone:
            return Disclosures(seal, ())
        message = f"`{printable(file.as_posix())}` has the disclosures of another record"
        raise IntegrityError([Diagnostic("RG743", message)])

    def keep(self, disclosures: Disclosures, pending: str | None = None) -> None:
        """Keep disclosures. When this returns, they are on the disk.

        Args:
            disclosures: The disclosures.
            pending: By what their record will be found, if it is not there yet: the digest of the decision,
                or for an event the request.

        Raises:
            InputError: They cannot be written.
        """
        file = self._file(disclosures.seal, pending)
        try:
            self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise files.unusable(file, error) from None
        files.replace(file, to_json(disclosures), 0o600)

    def confirm(self, seal: str, pending: str) -> None:
        """Say that what was pending is recorded."""
        with suppress(OSError):  # whoever records next does it
            self._file(seal, pending).replace(self._file(seal))

    def recover(self, recorded: Callable[[str, str], bool], now: float) -> None:
        """Confirm or erase what has been pending for long: whoever wrote it was killed.

        Args:
            recorded: Whether there is a record with a seal, and by what it would be found.
            now: The time, in seconds since 1970.

        Raises:
            InputError: It cannot be erased.
        """
        for file in [*sorted(self.place.glob("*.pending")), *sorted(self.place.glob("*.new"))]:
            try:
                if now - file.stat().st_mtime < PATIENCE:
                    continue
            except FileNotFoundError:  # somebody else was faster
                continue
            found = PENDING.fullmatch(file.name)
            if found is not None and recorded(found[1], pending := _found_by(found)):
                self.confirm(found[1], pending)
            else:
                self._remove(file)

    def forget(self, seal: str) -> None:
        """Erase all disclosures of a record, or of one that is not to be.

        Raises:
            InputError: They cannot be erased.
        """
        for file in (self._file(seal), *self._pending(seal)):
            self._remove(file)

    def erase(self, seal: str, fields: Iterable[str]) -> None:
        """Erase the salts and the values of some fields, and of everything that may show them.

        Raises:
            InputError: They cannot be erased.
        """
        kept = self.find(seal).without(fields)
        if kept.all:
            self.keep(kept)
            for file in self._pending(seal):
                self._remove(file)
        else:
            self.forget(seal)

    def erasable(self, seal: str, fields: Iterable[str]) -> int:
        """How many values of some fields there are to erase.

        Raises:
            InputError: They cannot be read.
        """
        there = self.find(seal)
        of_request = sum(field_of(each.pointer) is not None for each in there.all)
        return of_request - len(there.without(fields).all)

    def _pending(self, seal: str) -> list[Path]:
        return sorted(self.place.glob(f"{seal}-*.pending"))

    def _remove(self, file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
            if self.place.is_dir():
                files.sync_folder(self.place)
        except OSError as error:
            raise files.unusable(file, error) from None

    def _file(self, seal: str, pending: str | None = None) -> Path:
        if pending is None:
            return self.place / f"{seal}.json"
        digest = pending.removeprefix("sha256:")
        found_by = digest if digest != pending else f"of-{quote(pending, safe='')}"
        return self.place / f"{seal}-{found_by}.pending"


def _found_by(name: re.Match[str]) -> str:
    """By what a record is found whose disclosures are pending under a name."""
    return f"sha256:{name[2]}" if name[2] is not None else unquote(name[3])


def all_disclosures(place: Path) -> Iterator[Disclosures]:
    """All disclosures at a place: one file, or all files of a folder.

    Raises:
        InputError: They cannot be read.
        IntegrityError: They are no disclosures.
    """
    for file in [place] if not place.is_dir() else sorted(place.glob("*.json")):
        yield read_disclosures(files.read(file, MAX_FILE, "RG743"))
