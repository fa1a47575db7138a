"""Every file with its size and SHA-256, and one digest that binds path, size and content of them all.

The digest of an artifact is the SHA-256 of this text, in UTF-8, with a line feed at the end of each line::

    release-gate artifact/v1
    SHA-256-OF-THE-FILE SIZE PATH
    ...

in the order of the bytes of the paths. No path has a line feed, so no two folders have the same text.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

from release_gate.canonical import digest_of_bytes
from release_gate.evidence.folder import Entry

__all__ = ["FileDigest", "Hashing", "Manifest", "manifest_digest"]

_HEAD: Final = "release-gate artifact/v1\n"
_CHUNK: Final = 2**20
Progress = Callable[[int, int], None]
"""Called with the number of bytes that were hashed so far, and how many there are."""


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file of a manifest. ``sha256`` is 64 hexadecimal digits."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a folder and the digest of them all."""

    files: tuple[FileDigest, ...]
    digest: str

    def file(self, path: str) -> FileDigest | None:
        """The file of a path, if it is there."""
        return next((each for each in self.files if each.path == path), None)


def manifest_digest(files: Iterable[FileDigest]) -> str:
    """The digest that binds path, size and content of every file."""
    ordered = sorted(files, key=lambda each: each.path.encode())
    lines = (f"{each.sha256} {each.size} {each.path}\n" for each in ordered)
    return digest_of_bytes((_HEAD + "".join(lines)).encode())


class Hashing:
    """Hashes files in the background, the small ones first, while collectors read them.

    Hashing releases the interpreter's lock, so that threads work side by side. To be closed, or used with
    ``with``, so that no thread stays behind after an error.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._counting = threading.Lock()
        self._done = self._total = 0
        self._stopped = False
        # Two threads even on one core: one waits for the disk while the other computes.
        self._pool = ThreadPoolExecutor(min(16, max(2, os.cpu_count() or 1)), "release-gate-hash")
        self._running: dict[Entry, Future[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def start(self, entries: Iterable[Entry]) -> None:
        """Begin with some files."""
        entries = tuple(entries)
        self._total += sum(entry.size for entry in entries)
        for entry in sorted(entries, key=lambda each: each.size):
            self._running[entry] = self._pool.submit(self._hash, entry)

    def sha256(self, entry: Entry) -> str:
        """The SHA-256 of a file in hexadecimal, as soon as it is there.

        Raises:
            Changed: The file changed while it was read.
            OSError: It cannot be read.
        """
        return self._running[entry].result()

    def manifest(self, entries: Iterable[Entry]) -> Manifest:
        """The manifest of some files.

        Raises:
            Changed: A file changed while it was read.
            OSError: A file cannot be read.
        """
        files = tuple(FileDigest(entry.path, entry.size, self.sha256(entry)) for entry in entries)
        return Manifest(files, manifest_digest(files))

    def _hash(self, entry: Entry) -> str:
        state = hashlib.sha256()
        buffer = bytearray(min(_CHUNK, entry.size + 1))
        view = memoryview(buffer)
        left = entry.size
        with entry.open() as stream:
            # Never more than was listed: a file that grows while it is read would never end.
            while left >= 0 and not self._stopped and (size := stream.readinto(buffer)):  # type: ignore[attr-defined]
                state.update(view[:size])
                left -= size
                self._count(size)
        return state.hexdigest()

    def _count(self, size: int) -> None:
        if self._progress is not None:
            with self._counting:
                self._done += size
                self._progress(self._done, self._total)
