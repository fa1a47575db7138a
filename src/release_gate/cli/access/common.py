"""What the commands about access share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from release_gate.access.apply import Applied, Clerk
from release_gate.access.listing import FORMS, Listing
from release_gate.access.queue import Desk
from release_gate.access.register import Grant, Register
from release_gate.access.settings import Gated, gated_of
from release_gate.cli import Exit, clock
from release_gate.cli.options import GATE_FILE
from release_gate.diagnostics import Diagnostic, InputError, printable
from release_gate.gate.gate import Gate
from release_gate.gate.text import render_diagnostics

if TYPE_CHECKING:
    from release_gate.access.book import LedgerBook
    from release_gate.access.hub import Hub

__all__ = ["APPLY", "BY", "ENDPOINT", "OUTPUT", "RECORD", "Office", "hub_of", "named", "only_today", "show"]

OUTPUT = click.option(
    "-o", "--output", type=click.Choice(FORMS), default="table", show_default=True, help="What to write."
)
BY = click.option("--by", metavar="WHO", required=True, help="Who says so.")
APPLY = click.option("--apply", is_flag=True, help="Do it at the hub. Without it, nothing is changed there.")
RECORD = click.option(
    "--record", is_flag=True, help="With --apply: record in the ledger that the gate file names."
)
ENDPOINT = click.option(
    "--endpoint", metavar="URL", help="The address of the hub.  [default: HF_ENDPOINT, or Hugging Face]"
)


@dataclass(frozen=True)
class Office:
    """A repository with its register and the policies that judge who asks for it."""

    path: Path
    gated: Gated
    register: Register | None
    gate: Gate

    @classmethod
    def open(cls, path: Path | None, repository: str) -> Office:
        """What a gate file says about a repository.

        Raises:
            InputError: It is not valid, or says nothing about it.
        """
        file = path or GATE_FILE
        if path is None and not file.exists():
            raise click.UsageError("there is no release-gate.yaml here; say --gate FILE")
        gated = gated_of(file, repository)
        register = Register(gated.register) if gated.register is not None else None
        return cls(file, gated, register, Gate.load(file))

    def desk(self, as_of: date) -> Desk:
        """What judges requests on a day."""
        return Desk(self.gate, self.gated, self.register, as_of)

    @property
    def kept(self) -> Register:
        """The register.

        Raises:
            InputError: There is none.
        """
        if self.register is None:
            message = f"the gate file names no register for `{printable(self.gated.name)}`"
            raise InputError([Diagnostic("RG527", message, help="add `grants: grants.jsonl` to it")])
        return self.register

    def grants(self, day: date) -> list[Grant]:
        """The grants of the repository on a day."""
        return [each for each in self.kept.grants(day) if each.granted.repository == self.gated.name]

    @contextmanager
    def clerk(self, hub: Hub, on: date, by: str | None, *, record: bool) -> Iterator[Clerk]:
        """Who grants what was decided."""
        book: LedgerBook | None = None
        if record:
            from release_gate.access.book import LedgerBook  # noqa: PLC0415 - only for those who record

            book = LedgerBook(self.path, self.gate)
        try:
            yield Clerk(self.gated, self.kept, hub, book, on, by)
        finally:
            if book is not None:
                book.close()
        if book is not None and book.newest is not None:
            click.echo(f"keep this checkpoint where the ledger is not:\n{book.newest.checkpoint}", err=True)


def hub_of(repository: str, endpoint: str | None) -> Hub:
    """The hub that a repository is at."""
    try:
        from release_gate.access.hub import Hub  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        raise click.UsageError("this needs the extra `hub`: pip install 'model-release-gate[hub]'") from None
    return Hub(repository, endpoint=endpoint or os.environ.get("HF_ENDPOINT") or None)


def named(office: Office, names: tuple[str, ...]) -> list[Grant]:
    """The grants of the repository that somebody names, by the id of each or by the account.

    Raises:
        InputError: There is none; a register may have one of another repository.
    """
    register, repository = office.kept, office.gated.name
    found: dict[str, Grant] = {}
    for name in names:
        grant = register.grant(name)
        some = [grant] if grant is not None else register.of(name)
        some = [each for each in some if each.granted.repository == repository]
        if not some:
            message = f"the register has no grant `{printable(name)}` of `{repository}`"
            raise InputError([Diagnostic("RG528", message, help="name a grant or an account; see `grants`")])
        found |= {each.id: each for each in some}
    return list(found.values())


def only_today(as_of: date, what: str = "somebody is let in") -> None:
    """Refuse to do at the hub what the rules, the signatures and the register of another day say."""
    if as_of != clock.today():
        raise click.UsageError(f"{what} today or not at all: leave out --as-of")


def show(listing: Listing, form: str) -> None:
    """Print a listing."""
    for line in listing.render(form):
        click.echo(line)


def finish(applied: Applied, say: Callable[[], None]) -> int:
    """Say what was done, and then why it was stopped, if it was."""
    say()
    if applied.stopped is None:
        return Exit.ALLOWED
    click.echo(render_diagnostics(applied.stopped.diagnostics, colour=False), err=True)
    click.echo("stopped before the end; what was done stays done, and the next run goes on", err=True)
    return Exit.INVALID


__all__ += ["finish"]
