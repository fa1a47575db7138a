"""Files that are written all together or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from release_gate.bounded import read_head
from release_gate.diagnostics import ReleaseGateError, printable, reason_of

__all__ = ["OutputError", "discard", "write_together"]


_DOCUMENT: Final = re.compile(
    rb"(?:^[ \t{]*+[\"']?|[{,]\s*+[\"'])release_gate[\"']?[ \t]*+:\s*+[\"']?[a-z-]+/"
    rb"|\A(?:SQLite format 3\0|-----BEGIN |c2sp\.org/)|\"payloadType\"\s*+:",
    re.MULTILINE,
)
"""What stands in a document that somebody wrote, as its first key or as another, and in no report; how a
ledger, a key and a receipt begin; and what stands in whatever is signed."""


_START: Final = 64 * 1024


class OutputError(ReleaseGateError):
    """A report could not be written. Whatever it said does not count."""


def discard(paths: Iterable[Path]) -> None:
    """Remove what an earlier run has left, so that an old approval is never taken for the answer of this one.

    Raises:
        OutputError: A file cannot be removed, or is no report but a document, a ledger, a key or signed.
    """
    for path in paths:
        with _telling(path):
            if not path.is_file():
                continue
            if _DOCUMENT.search(read_head(path, _START)):
                raise OSError(errno.EEXIST, "somebody wrote a document there, which would be lost")
            path.unlink()


def write_together(reports: Iterable[tuple[Path, Iterable[str]]]) -> None:
    """Write several files. Each is complete under a name of its own before any takes its place.

    Raises:
        OutputError: A file cannot be written. Then none of them stays.
    """
    waiting: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    try:
        for target, chunks in reports:
            with _telling(target):
                waiting.append((_write(target, chunks), target))
        for written, target in waiting:
            with _telling(target):
                written.replace(target)
            placed.append(target)
    except BaseException:
        for path in (*(written for written, _ in waiting), *placed):
            if path.is_file():
                path.unlink()
        raise


def _write(target: Path, chunks: Iterable[str]) -> Path:
    """Write to a new file beside the target."""
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is there, and no file")
    handle, name = tempfile.mkstemp(prefix=".release-gate-", dir=target.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.writelines(chunks)
        written.chmod(0o666 & ~_umask())
    except BaseException:
        written.unlink()
        raise
    return written


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _telling(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"RG901 cannot write `{printable(target.as_posix())}`: {reason_of(error)}"
        raise OutputError(message) from None
