"""The register of grants: who has access to what, until when, and what became of it.

A file of JSON lines, to which a line is added for whatever happens. Nothing in it is changed or taken out,
so that it reads the same years later. Who has access on a day follows from its lines: a grant that has
expired is not in force, and one whose end is not a date has expired.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from release_gate.audit.locks import lock_file, locked
from release_gate.bounded import read_bounded
from release_gate.canonical import canonical_bytes
from release_gate.diagnostics import (
    Diagnostic,
    InputError,
    IntegrityError,
    Source,
    Span,
    printable,
    reason_of,
)
from release_gate.document import validate
from release_gate.envelope import read_json
from release_gate.policy.gated import MALFORMED, EntryDocument

__all__ = ["SOON", "Grant", "Register", "can_end", "entry", "standing"]

SOON: Final = timedelta(days=30)
"""How long before its end a grant ends soon."""
MAX_LINE: Final = 1024 * 1024
MAX_REGISTER: Final = 1024 * MAX_LINE


@dataclass(frozen=True)
class Grant:
    """Somebody's access to an artifact.

    Attributes:
        id: The id of the request for it.
        granted: The line that granted it last.
        newest: The line that says how long it lasts and by which decision: that one, or a renewal.
        ended: The line that took it away, if one did.
        entries: Everything that happened to it, in order.
    """

    id: str
    granted: EntryDocument
    newest: EntryDocument
    ended: EntryDocument | None
    entries: tuple[EntryDocument, ...]

    @property
    def who(self) -> str | None:
        """The account."""
        return self.granted.who

    @property
    def organisation(self) -> str | None:
        """The organisation that was named."""
        return self.granted.organisation

    @property
    def expires(self) -> date | None:
        """The last day, or None for none."""
        return self.newest.expires

    def in_force(self, day: date) -> bool:
        """Whether it gives access on a day."""
        return self.state(day) == "in force"

    def state(self, day: date) -> str:
        """Where it stands on a day: `in force`, `expired`, `revoked`, `breached` or `not yet`."""
        if self.ended is not None:
            return self.ended.entry
        if self.granted.on > day:
            return "not yet"
        return "in force" if self.expires is None or day <= self.expires else "expired"

    def end(self) -> str:
        """Its last day in words."""
        if self.expires == MALFORMED:
            return "not a date"
        return str(self.expires) if self.expires is not None else "no end"

    def ends_soon(self, day: date) -> bool:
        """Whether it is in force, and not for long any more."""
        return self.in_force(day) and self.expires is not None and self.expires - day <= SOON


class Register:
    """A register of grants.

    Attributes:
        path: Where it is.
        entries: Its lines, in order.
    """

    def __init__(self, path: Path) -> None:
        """Read a register. One that is not there yet is empty.

        Raises:
            InputError: It cannot be read, or a line of it is not valid.
        """
        self.path = path
        self.entries: list[EntryDocument] = []
        self._grants: dict[str, Grant] = {}
        self._by_account: dict[str, list[Grant]] | None = None
        self._size = 0
        self._take(_data(path))

    def grants(self, day: date) -> list[Grant]:
        """Every grant as of a day, in the order in which they were given."""
        if all(each.on <= day for each in self.entries):
            return list(self._grants.values())
        known: dict[str, Grant] = {}
        for each in self.entries:
            if each.on <= day:
                _follow(known, each)
        return list(known.values())

    def grant(self, name: str) -> Grant | None:
        """A grant, by its id."""
        return self._grants.get(name)

    def of(self, who: str) -> list[Grant]:
        """The grants of an account."""
        if self._by_account is None:
            self._by_account = {}
            for each in self._grants.values():
                if each.who is not None:  # a hidden account is not one that is called nothing
                    self._by_account.setdefault(each.who.casefold(), []).append(each)
        return list(self._by_account.get(who.casefold(), ()))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep others from writing, and read what they have written.

        Raises:
            InputError: Somebody else writes for too long, or has changed what was there.
        """
        lock = lock_file(self.path)
        try:
            with locked(lock, self.path):
                data = _data(self.path)
                if len(data) < self._size:
                    raise _problem("RG526", f"`{_shown(self.path)}` has lost lines while it was in use")
                self._take(data)
                yield
        finally:
            if lock is not None:
                os.close(lock)

    def add(self, found: Sequence[EntryDocument]) -> None:
        """Add lines, and return when they are on the disk. Only while writing.

        Raises:
            InputError: A line does not follow from those before it, or cannot be written.
        """
        known = dict(self._grants)
        for each in found:
            if reason := _follow(known, each):
                raise _problem("RG525", reason)
        text = b"".join(canonical_bytes(each.line) + b"\n" for each in found)
        try:
            with self.path.open("ab") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            message = f"`{_shown(self.path)}` cannot be written: {reason_of(error)}"
            raise _problem("RG526", message) from None
        self.entries += found
        self._grants, self._by_account = known, None
        self._size += len(text)

    def _take(self, data: bytes) -> None:
        """Take the lines that are not known yet."""
        known = len(self.entries)
        lines = data[self._size :].split(b"\n")
        if lines[-1]:
            raise _at(data, self.path, known + len(lines), "its last line has no end, and may be cut off")
        for number, line in enumerate(lines[:-1], known + 1):
            each = _entry(line, number, data, self.path)
            if reason := _follow(self._grants, each):
                raise _at(data, self.path, number, reason)
            self.entries.append(each)
        self._by_account = None
        self._size = len(data)


def can_end(grant: Grant, word: str) -> bool:
    """Whether a grant can still be `revoked` or `breached`: a breach may come to light after its end."""
    return grant.ended is None or (word == "breached" and grant.ended.entry == "revoked")


def entry(word: str, grant: str, on: date, **said: Any) -> EntryDocument:
    """A line of a register."""
    told = {key: value for key, value in said.items() if value is not None or key == "expires"}
    tree = {"release_gate": "grant/v1", "entry": word, "grant": grant, "on": on, **told}
    return validate(EntryDocument, tree, None, InputError, "RG524")


def _follow(grants: dict[str, Grant], each: EntryDocument) -> str:
    """Take the next line. Why it cannot be the next, or an empty string."""
    known = grants.get(each.grant)
    shown = printable(each.grant)
    if each.entry == "granted":
        if known is not None and known.ended is None and (known.expires is None or each.on <= known.expires):
            return f"the grant `{shown}` is in force already"
        past = known.entries if known is not None else ()
        grants[each.grant] = Grant(each.grant, each, each, None, (*past, each))
        return ""
    if known is None:
        return f"there is no grant `{shown}`"
    if known.ended is not None and not can_end(known, each.entry):
        return f"the grant `{shown}` was {known.ended.entry} on {known.ended.on}"
    then = replace(known, entries=(*known.entries, each))
    if each.entry == "renewed":
        then = replace(then, newest=each)
    elif each.entry in ("revoked", "breached"):
        then = replace(then, ended=each)
    grants[each.grant] = then
    return ""


def _entry(line: bytes, number: int, data: bytes, path: Path) -> EntryDocument:
    if len(line) > MAX_LINE:
        raise _at(data, path, number, f"the line is longer than {MAX_LINE >> 20} MiB")
    try:
        return validate(EntryDocument, read_json(line, "the line"), None, InputError, "RG524")
    except IntegrityError as error:
        raise _at(data, path, number, error.diagnostics[0].message) from None
    except InputError as error:
        place = _span(data, path, number)
        raise InputError([replace(each, span=place) for each in error.diagnostics]) from None


def _data(path: Path) -> bytes:
    try:
        return read_bounded(path, MAX_REGISTER)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _problem("RG526", f"`{_shown(path)}` cannot be read: {reason_of(error)}") from None


def _span(data: bytes, path: Path, number: int) -> Span:
    text = data.decode(errors="replace")
    line = text.split("\n")[number - 1]
    return Span(Source(path.name, text), number, 1, number, len(line) + 1)


def _at(data: bytes, path: Path, number: int, message: str) -> InputError:
    help_ = "mend the line by what you know of it; lines are added and never changed"
    return InputError([Diagnostic("RG524", message, _span(data, path, number), help_)])


def _problem(code: str, message: str) -> InputError:
    return InputError([Diagnostic(code, message, help="look with `release-gate access grants`")])


def _shown(path: Path) -> str:
    return printable(path.as_posix())


def standing(grants: Iterable[Grant], day: date) -> Iterator[tuple[Grant, str]]:
    """Each grant with where it stands, those that end first before the others."""
    for each in sorted(grants, key=lambda each: (each.expires or date.max, each.id)):
        yield each, each.state(day)
