import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.bounded import NotAFileError, TooLargeError, read_bounded, read_head
from release_gate.diagnostics import reason_of


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def too_much(path: Path) -> None:
    path.write_bytes(b"x" * 2049)


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (a_pipe, "it is a pipe or a device"),
    "a device": (a_device, "it is a pipe or a device"),
    "a folder": (Path.mkdir, "is a directory"),
    "nothing": (lambda path: None, "no such file or directory"),
    "too much": (too_much, "it is larger than 2 KiB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_small_file_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    make, reason = REFUSED[name]
    make(tmp_path / "x")
    with pytest.raises(OSError, match=r"\w") as caught:
        read_bounded(tmp_path / "x", 2048)
    assert reason_of(caught.value) == reason
    assert isinstance(caught.value, NotAFileError) == ("pipe" in reason)
    assert isinstance(caught.value, TooLargeError) == ("larger" in reason)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_what_no_file_can_be_called_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="it has no such name"):
        read_head(tmp_path / name, 1)


def test_a_file_of_just_the_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 1024)
    assert read_bounded(tmp_path / "x", 1024) == b"x" * 1024
    assert read_head(tmp_path / "x", 10) == b"x" * 10
    (tmp_path / "x").write_bytes(b"x" * (2**20 + 1))
    with pytest.raises(TooLargeError, match="larger than 1 MiB"):
        read_bounded(tmp_path / "x", 2**20)


def test_a_pipe_that_is_meant_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    given, taken = os.pipe()
    os.write(taken, b"x" * 11)
    os.close(taken)
    try:
        assert stat.S_ISFIFO(os.fstat(given).st_mode)
        with pytest.raises(TooLargeError):
            read_bounded(Path(f"/dev/fd/{given}"), 10, piped=True)
    finally:
        os.close(given)
    with pytest.raises(TooLargeError):
        read_bounded(Path("/dev/zero"), 1024, piped=True)
