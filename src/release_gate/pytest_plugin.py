"""Run the tests of policies with pytest: every ``tests/v1`` file that it comes across, each case as a test.

It is there as soon as the package is installed. Nothing of it is read before such a file is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from release_gate.authoring.testing.suites import Suite, Trial

__all__ = ["pytest_collect_file"]

_HEAD = 16 * 1024


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the files of tests."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    with file_path.open("rb") as stream:
        if b"tests/v1" not in stream.read(_HEAD):
            return None
    from release_gate.authoring.targets import kind_of  # noqa: PLC0415 - as the docstring says

    return SuiteFile.from_parent(parent, path=file_path) if kind_of(file_path) == "tests/v1" else None


class SuiteFile(pytest.File):
    """A file of tests."""

    def collect(self) -> Iterator[TrialItem]:
        """Its cases. Everything that is wrong with the file is told at once."""
        from release_gate.authoring.testing.suites import load_suite  # noqa: PLC0415 - as the docstring says
        from release_gate.diagnostics import InputError  # noqa: PLC0415
        from release_gate.gate.text import render_diagnostics  # noqa: PLC0415

        try:
            suite = load_suite(self.path)
        except InputError as error:
            raise self.CollectError(render_diagnostics(error.diagnostics)) from None
        for trial in suite.trials:
            yield TrialItem.from_parent(self, name=trial.name, suite=suite, trial=trial)


class TrialItem(pytest.Item):
    """A case, or one cell of its matrix."""

    def __init__(self, *, suite: Suite, trial: Trial, **rest: Any) -> None:
        super().__init__(**rest)
        self.suite, self.trial = suite, trial

    def runtest(self) -> None:
        """Judge the request."""
        from release_gate.authoring.testing.trials import run  # noqa: PLC0415 - as the docstring says

        (outcome,) = run(self.suite, [self.trial])
        if not outcome.passed:
            raise NotAsExpectedError([failure.diagnostic for failure in outcome.failures])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What did not come as expected, with its place in the file, in place of a traceback."""
        from release_gate.diagnostics import InputError  # noqa: PLC0415 - as the docstring says
        from release_gate.gate.text import render_diagnostics  # noqa: PLC0415

        error = excinfo.value
        if isinstance(error, InputError):
            return render_diagnostics(error.diagnostics)
        if isinstance(error, NotAsExpectedError):
            return render_diagnostics(error.args[0])
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case is written."""
        line = self.trial.span.line - 1 if self.trial.span is not None else None
        return self.path, line, self.name


class NotAsExpectedError(Exception):
    """A case came out otherwise."""
