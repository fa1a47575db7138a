"""Doing at a hub what was decided, and writing it down first.

The line in the register comes before the hub is told. So nobody ever has access that no line says; and when
the hub cannot be told now, the next run finds the line, tells the hub, and writes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from release_gate.access.form import Asked
from release_gate.access.queue import Reviewed, granted_entry
from release_gate.access.register import Grant, Register, entry
from release_gate.access.settings import Gated
from release_gate.diagnostics import InputError

__all__ = ["Applied", "Book", "Door", "Gap", "accept_all", "close", "gaps"]

_GONE = "it does not wait at the hub any more"


class Door(Protocol):
    """The part of a hub that lets people in and out."""

    def accept(self, request: str) -> bool:
        """Accept a request. False if it does not wait any more."""

    def cancel(self, request: str) -> bool:
        """Take access away. False if there is none."""

    def accepted(self) -> list[Asked]:
        """Who has been accepted."""


class Book(Protocol):
    """Where decisions are recorded."""

    def granted(self, reviewed: Reviewed) -> None:
        """Record a decision, and that access is granted by it."""

    def revoked(self, request: str, who: str | None, on: date, note: str) -> None:
        """Record that somebody has no access any more."""


@dataclass
class Applied:
    """What was done.

    Attributes:
        done: For each request, what was done.
        stopped: Why it was stopped before the end, if it was.
    """

    done: dict[str, str] = field(default_factory=dict)
    stopped: InputError | None = None


@dataclass
class Clerk:
    """Grants what was decided.

    Attributes:
        gated: The repository.
        register: Its register.
        door: The hub.
        book: Where decisions are recorded, if they are.
        on: The day.
        by: Who lets people in, where it is not the policies alone.
    """

    gated: Gated
    register: Register
    door: Door
    book: Book | None
    on: date
    by: str | None = None
    _inside: frozenset[str] | None = None

    def accept(self, reviewed: Reviewed) -> str:
        """Grant access, and say what was done.

        Raises:
            InputError: It cannot be written down, or the hub does not do it.
        """
        name = reviewed.asked.id
        with self.register.writing():
            known = self.register.grant(name)
            if known is None or not known.in_force(self.on):
                if self.book is not None:
                    self.book.granted(reviewed)
                self.register.add([granted_entry(reviewed, self.gated, self.on, self.by)])
        if self.door.accept(name):
            return "accepted"
        if name in self.inside():
            return "accepted already"
        with self.register.writing():
            self.register.add([entry("revoked", name, self.on, reason=_GONE)])
            if self.book is not None:
                self.book.revoked(name, reviewed.asked.account, self.on, _GONE)
        return "gone"

    def inside(self) -> frozenset[str]:
        """The requests that the hub has accepted, asked for once."""
        if self._inside is None:
            self._inside = frozenset(each.id for each in self.door.accepted())
        return self._inside


def accept_all(reviewed: Sequence[Reviewed], clerk: Clerk) -> Applied:
    """Grant access to all who may have it, and leave everybody else as they are."""
    applied = Applied()
    for each in reviewed:
        if each.allows:
            try:
                applied.done[each.asked.id] = clerk.accept(each)
            except InputError as error:
                applied.stopped = error
                break
    return applied


@dataclass(frozen=True)
class Gap:
    """Somebody has access at the hub, and none by the register.

    Attributes:
        asked: Who it is.
        grant: The grant that has ended, or None if the register has never known one.
        state: Where that stands.
    """

    asked: Asked
    grant: Grant | None
    state: str


def gaps(register: Register, accepted: Iterable[Asked], day: date) -> list[Gap]:
    """Whom a hub lets in, and the register does not."""
    found = []
    for asked in accepted:
        grant = register.grant(asked.id)
        state = grant.state(day) if grant is not None else "unknown to the register"
        if state != "in force":
            found.append(Gap(asked, grant, state))
    return found


def close(found: Iterable[Gap], door: Door) -> Applied:
    """Take access away where a grant has ended. Who is unknown to the register is left to a person."""
    applied = Applied()
    for gap in found:
        if gap.grant is not None and gap.state != "not yet":
            try:
                applied.done[gap.asked.id] = "cancelled" if door.cancel(gap.asked.id) else "cancelled already"
            except InputError as error:
                applied.stopped = error
                break
    return applied


__all__ += ["Clerk"]
