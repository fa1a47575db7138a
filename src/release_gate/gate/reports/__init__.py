"""Reports: what a run came to, in the language of whoever reads it.

A format is a module with a function ``report`` from a run to pieces of text. The same run gives the same
text, whatever the day and the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from release_gate.gate.reports.run import Run

__all__ = ["FORMATS", "render"]

FORMATS: Final = (
    "text", "json", "sarif", "junit", "github", "gitlab", "azuredevops", "tap", "table", "markdown", "html",
)  # fmt: skip
"""The formats, as users name them."""


def render(form: str, run: Run) -> Iterator[str]:
    """The report of a run in a format, piece by piece."""
    # Only the format that is asked for is read; a page of HTML needs a library that others do not.
    module = import_module(f"release_gate.gate.reports.{form}")
    report: Callable[[Run], Iterator[str]] = module.report
    return report(run)
