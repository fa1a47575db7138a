"""The one place where commands learn which day it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

__all__ = ["today"]


def today() -> date:
    """The day it is, in UTC."""
    return datetime.now(UTC).date()
