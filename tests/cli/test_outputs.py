"""How the answers of commands get out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from release_gate.cli.outputs import emit_lines


def test_lines_are_told_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    """A ledger has a million records, and whoever replays it does not wait for the last."""

    def lines() -> Iterator[str]:
        yield "one"
        assert capsys.readouterr().out == "one\n"
        yield "two"

    emit_lines(lines(), None)
    assert capsys.readouterr().out == "two\n"


def test_lines_come_into_a_file_together(tmp_path: Path) -> None:
    emit_lines(iter(["one", "two"]), tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == b"one\ntwo\n"
