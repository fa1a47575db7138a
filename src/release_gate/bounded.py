"""Files read no further than a limit. A pipe or a device is not waited for: it may have no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["NotAFileError", "TooLargeError", "read_bounded", "read_head"]


class NotAFileError(OSError):
    """There is a pipe or a device in the place of a file."""


class TooLargeError(OSError):
    """A file has more bytes than it may have."""


def read_bounded(path: Path, limit: int, *, piped: bool = False) -> bytes:
    """All bytes of a file, if there are no more than allowed.

    Args:
        path: The file.
        limit: How many there may be.
        piped: Whether somebody who named it on the command line may have meant a pipe.

    Raises:
        TooLargeError: There are more.
        NotAFileError: It is a pipe or a device.
        OSError: It cannot be read. ``reason_of`` says of each of these why, in words.
    """
    data = read_head(path, limit + 1, piped=piped)
    if len(data) > limit:
        shown = f"{limit >> 20} MiB" if limit >> 20 else f"{limit >> 10} KiB"
        raise TooLargeError(errno.EFBIG, f"it is larger than {shown}")
    return data


def read_head(path: Path, size: int, *, piped: bool = False) -> bytes:
    """The first bytes of a file: so many, or all if there are fewer.

    Raises:
        NotAFileError: It is a pipe or a device.
        OSError: It cannot be read.
    """
    try:
        with open(path, "rb", opener=None if piped else _without_waiting) as stream:
            if not piped and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise NotAFileError(errno.EINVAL, "it is a pipe or a device")
            return stream.read(size)
    except ValueError:  # a path with a NUL is no path
        raise OSError(errno.EINVAL, "it has no such name") from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, and a pipe without waiting until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
