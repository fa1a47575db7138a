"""Days on the command line: which one it is, and how one is written. Only here is the clock asked for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

import click
from click.decorators import FC

from release_gate.facts.types import Day

__all__ = ["DATE", "day_option", "today"]


def today() -> date:
    """The day it is, in UTC."""
    return datetime.now(UTC).date()


class _Date(click.ParamType[date]):
    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return Day().read(value)
        except ValueError:
            self.fail(f"`{value}` is not a date; write year-month-day, as 2026-11-24", param, ctx)


DATE: Final = _Date()


def day_option(*names: str, help: str) -> Callable[[FC], FC]:  # noqa: A002 - as click calls it
    """An option that is a day, and today if nobody says which."""
    return click.option(
        *names,
        type=DATE,
        default=lambda: today(),  # noqa: PLW0108 - looked up when asked
        show_default="today, UTC",
        help=help,
    )
