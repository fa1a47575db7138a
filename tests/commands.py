"""How tests run the command, in their own process."""

from collections.abc import Callable

import pytest

from release_gate.cli import main

Run = Callable[..., tuple[int, str, str]]
"""The command with some of its arguments, which takes the others."""


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command: its exit code, and what it prints on standard output and on standard error."""
    with pytest.raises(SystemExit) as stop:
        main([str(each) for each in arguments])
    told = capsys.readouterr()
    return int(str(stop.value.code)), told.out, told.err
