"""Days on the command line: which one it is, and how one is written. Only here is the clock asked for it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import click

from release_gate.facts.types import Day

__all__ = ["DATE", "today"]


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
