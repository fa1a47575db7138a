"""The line that says on a terminal how far a command is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

import click

__all__ = ["progress"]

T = TypeVar("T")


def progress(things: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The same things, with a line on a terminal that says how far it is, once it takes over a second."""
    start = monotonic()
    shown = 0.0
    on = sys.stderr.isatty()
    for number, thing in enumerate(things, 1):
        now = monotonic()
        if on and now - start > 1 and now - shown > 0.1:
            shown = now
            click.echo(f"\r{number} of {total} {what}", err=True, nl=False)
        yield thing
    if shown:
        click.echo("\r\x1b[K", err=True, nl=False)
