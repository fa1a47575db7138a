"""Advisory locks: who writes to a place takes the lock on a file beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from release_gate.diagnostics import Diagnostic, InputError, printable, reason_of

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows has no advisory locks of this kind
    fcntl = None

__all__ = ["PATIENCE", "lock_file", "locked"]

PATIENCE: Final = 60.0
"""How many seconds a writer waits for the others."""


def lock_file(path: Path) -> int | None:
    """The file whose lock keeps writers apart, or None where there are no such locks."""
    if fcntl is None:
        return None
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        message = f"`{printable(path.as_posix())}` cannot be locked: {reason_of(error)}"
        raise InputError([Diagnostic("RG733", message)]) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(lock, fcntl.LOCK_UN)
    except BlockingIOError:
        pass
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    return lock


@contextmanager
def locked(lock: int | None, path: Path) -> Iterator[None]:
    """Hold the lock. Without one, nobody is kept apart.

    Raises:
        InputError: Somebody else has held it for too long.
    """
    if lock is None or fcntl is None:
        yield
        return
    deadline, pause = time.monotonic() + PATIENCE, 0.0002
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = f"`{printable(path.as_posix())}` has been locked for {PATIENCE:.0f} seconds"
                help_ = "find the process that holds its `.lock` file"
                raise InputError([Diagnostic("RG734", message, help=help_)]) from None
            time.sleep(pause)
            pause = min(pause * 1.5, 0.01)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
