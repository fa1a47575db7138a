"""Files beside a ledger: read no further than a limit, and replaced so that one of two is always there."""

from __future__ import annotations

import os
from pathlib import Path

from release_gate.bounded import TooLargeError, read_bounded
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable, reason_of

__all__ = ["read", "replace", "sync_folder", "unusable"]


def read(file: Path, limit: int, code: str = "RG711") -> bytes:
    """The bytes of a file.

    Raises:
        InputError: It cannot be read, or is a pipe or a device.
        IntegrityError: It is larger than anything that we write. With the code.
    """
    try:
        return read_bounded(file, limit)
    except TooLargeError:
        raise IntegrityError([Diagnostic(code, f"`{printable(file.as_posix())}` is too large")]) from None
    except OSError as error:
        raise unusable(file, error) from None


def replace(file: Path, data: bytes, mode: int = 0o666) -> None:
    """Put a file in the place of another, or where none is. When this returns, it is on the disk.

    Raises:
        InputError: It cannot be written, and what was there still is.
    """
    new = file.with_suffix(".new")
    try:
        with open(new, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise unusable(file, error) from None


def sync_folder(folder: Path) -> None:
    """Make sure that the name of a new file is on the disk too."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unusable(place: Path, error: OSError) -> InputError:
    """That a place cannot be used, and why."""
    message = f"`{printable(place.as_posix())}` cannot be used: {reason_of(error)}"
    return InputError([Diagnostic("RG733", message)])
