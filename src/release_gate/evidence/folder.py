"""A folder of files by somebody else: walked and opened so that nothing outside of it is ever read.

Every part of a path is opened below the one before it, without following links, and only regular files
are read. A file must still be the one that was listed whenever it is opened again.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from release_gate.diagnostics import Diagnostic, printable, reason_of
from release_gate.evidence.collected import problem
from release_gate.scalars import text_problem

__all__ = ["MAX_FILES", "Changed", "Entry", "Folder", "walk"]

MAX_FILES: Final = 100_000
MAX_DEPTH: Final = 32
MAX_PATH: Final = 1024
MAX_TOTAL: Final = 16 * 2**40
NOT_COVERED: Final = ".git"
"""The one folder that is passed over, at the top only: the history of a clone is not what gets released."""

_BELOW = os.open in os.supports_dir_fd
_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_LOOK_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"})


class Changed(Exception):  # noqa: N818 - it names what happened
    """A file is not the one that was listed. The message names it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file.

    Attributes:
        path: Its path below the folder, with ``/`` between the parts.
        size: Bytes.
        root: The folder.
    """

    path: str
    size: int
    root: Path = field(repr=False)
    identity: tuple[int, ...] = field(repr=False, default=())

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The path of the folder that it is in; empty at the top."""
        return self.path.rpartition("/")[0]

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open it for reading.

        Raises:
            Changed: It is not the file that was listed, or no longer when it is closed.
            OSError: It cannot be read.
        """
        with os.fdopen(_open_below(self.root, self.path), "rb", buffering=0) as stream:
            self._check(os.fstat(stream.fileno()))
            yield stream
            self._check(os.fstat(stream.fileno()))

    def head(self, size: int) -> bytes:
        """Its first bytes."""
        with self.open() as stream:
            return _read(stream, size)

    def _check(self, found: os.stat_result) -> None:
        if _identity(found) != self.identity:
            raise Changed(self.path)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder and its regular files, sorted by path.

    Attributes:
        root: Where it is.
        name: What reports call it.
        entries: The files.
    """

    root: Path
    name: str
    entries: tuple[Entry, ...]

    def entry(self, path: str) -> Entry | None:
        """The file of that path, if it is there."""
        return next((each for each in self.entries if each.path == path), None)


def walk(root: Path) -> tuple[Folder, list[Diagnostic]]:
    """List a folder, and say what in it is refused.

    Args:
        root: The folder. It may be a link itself; nothing in it may.
    """
    name = root.resolve().name or "folder"
    problems: list[Diagnostic] = []
    entries: list[Entry] = []
    waiting: list[tuple[str, int]] = [("", 0)]
    while waiting and len(problems) < 50:
        below, depth = waiting.pop()
        try:
            listed = sorted(_scan(root, below), key=lambda pair: pair[0])
        except OSError as error:
            problems.append(_unreadable(below or name, error))
            continue
        problems += _collisions([child for child, _ in listed], below)
        for child, found in listed:
            path = f"{below}/{child}" if below else child
            refused = _refuse(child, path, found, depth)
            if refused is not None:
                problems.append(refused)
            elif stat.S_ISREG(found.st_mode):
                entries.append(Entry(path, found.st_size, root, _identity(found)))
            elif path != NOT_COVERED:
                waiting.append((path, depth + 1))
        if len(entries) > MAX_FILES:
            problems.append(problem("RG605", f"`{name}` has more than {MAX_FILES:,} files", stops=True))
            break
    if sum(entry.size for entry in entries) > MAX_TOTAL:
        problems.append(problem("RG605", f"`{name}` is larger than {MAX_TOTAL // 2**40} TiB", stops=True))
    return Folder(root, name, tuple(sorted(entries, key=lambda entry: entry.path))), problems


def _scan(root: Path, below: str) -> list[tuple[str, os.stat_result]]:
    """The names in a folder, each with what it is, links not followed."""
    if not _BELOW:
        with os.scandir(root / below) as found:
            return [(each.name, each.stat(follow_symlinks=False)) for each in found]
    fd = _folder_below(root, below)
    try:
        with os.scandir(fd) as found:
            return [(each.name, each.stat(follow_symlinks=False)) for each in found]
    finally:
        os.close(fd)


def _folder_below(root: Path, below: str) -> int:
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in below.split("/") if below else ():
        try:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
    return fd


def _open_below(root: Path, path: str) -> int:
    """Open a file below a folder. No part of the way may be a link."""
    if not _BELOW:
        return os.open(root / path, _FILE)
    parent, _, name = path.rpartition("/")
    fd = _folder_below(root, parent)
    try:
        return os.open(name, _FILE, dir_fd=fd)
    finally:
        os.close(fd)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Up to so many bytes of an unbuffered stream, which may give fewer at a time."""
    parts = []
    while size > 0 and (part := stream.read(min(size, 2**20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _unreadable(path: str, error: OSError) -> Diagnostic:
    return problem("RG601", f"cannot read `{printable(path)}`: {reason_of(error)}", stops=True)


def _refuse(name: str, path: str, found: os.stat_result, depth: int) -> Diagnostic | None:
    shown = printable(path)
    if reason := _name_problem(name):
        return problem("RG602", f"the file name `{shown}` {reason}", "rename it", stops=True)
    if stat.S_ISLNK(found.st_mode):
        return problem(
            "RG604", f"`{shown}` is a link", "collect from a copy with real files: cp -rL FROM TO", stops=True
        )
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return problem("RG604", f"`{shown}` is neither a file nor a folder", "remove it", stops=True)
    if depth >= MAX_DEPTH or len(path.encode()) > MAX_PATH:
        return problem("RG605", f"`{shown}` is nested too deeply", "flatten the folder", stops=True)
    return None


def _name_problem(name: str) -> str:
    """Why a file name could be taken for another, or an empty string."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    if "\\" in name or "\n" in name or "\t" in name:
        return "contains a backslash or a line break"
    if reason := text_problem(name):
        return reason
    if not unicodedata.is_normalized("NFKC", name):
        return "uses look-alikes of other characters"
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in name if char.isalpha()}
    if "LATIN" in scripts and scripts & _LOOK_LIKE_LATIN:
        return "mixes alphabets whose letters look alike"
    return ""


def _collisions(names: list[str], below: str) -> Iterator[Diagnostic]:
    """Names that are one and the same file on another system."""
    first: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        known = first.setdefault(key, name)
        if known != name:
            inside = f" in `{printable(below)}`" if below else ""
            yield problem(
                "RG603",
                f"`{printable(known)}` and `{printable(name)}`{inside} are the same name elsewhere",
                "rename one of them",
                stops=True,
            )
