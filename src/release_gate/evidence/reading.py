"""What a collector is given: a folder, and ways to read its files within bounds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from release_gate.diagnostics import Diagnostic, printable
from release_gate.evidence.collected import READER, Found, Note, Provenance, Vouch, problem
from release_gate.evidence.json_text import MAX_JSON, Unreadable, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from release_gate.evidence.folder import Entry, Folder
    from release_gate.evidence.keyless import Keyless
    from release_gate.policy.trust import Standing
    from release_gate.signing import PublicKey
    from release_gate.ssh import SshKey

__all__ = ["Collector", "Item", "Reading", "each", "lines"]

Item: TypeAlias = Found | Note | Vouch | Diagnostic
MAX_LINE: Final = 2**20
MAX_LINES_FILE: Final = 2**30
MAX_READ: Final = 256 * 2**20
"""Bytes that collectors may read from one folder, all files together, headers of weights apart."""


class Collector(Protocol):
    """Reads facts from the files that it knows.

    A collector never guesses: what it cannot read is a diagnostic, and the fact stays unknown. It runs
    no code of the folder, reads only through the :class:`Reading`, and gives the same answer every time.
    A company adds its own through the entry points of the group ``release_gate.collectors``.
    """

    @property
    def name(self) -> str:
        """What it is called in reports."""

    def collect(self, reading: Reading) -> Iterable[Item]:
        """What it finds in a folder."""


def _no_digest(_entry: Entry) -> str:
    raise Unreadable("is not hashed")


@dataclass(slots=True)
class Reading:
    """A folder that is being read.

    Attributes:
        folder: The folder.
        named: The names by which evaluation logs may call the models that are collected.
        metrics: For names of metrics as logs give them, the names that policies use.
        keys: The keys that signatures are verified with.
        trusted: The keys of persons, and with what right they sign.
        keyless: Verifies what accounts have signed without a key, if somebody says which may.
        sha256: The SHA-256 of a file in hexadecimal; waits until it is there.
        read: The SHA-256 of every file whose content was used, by its path.
    """

    folder: Folder
    named: frozenset[str] = frozenset()
    metrics: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[PublicKey, ...] = ()
    trusted: Mapping[PublicKey | SshKey, Standing] = field(default_factory=dict)
    keyless: Keyless | None = None
    sha256: Callable[[Entry], str] = _no_digest
    read: dict[str, str] = field(default_factory=dict)
    _kept: dict[str, bytes] = field(default_factory=dict)
    _total: int = 0

    def files(self, *suffixes: str) -> Iterator[Entry]:
        """The files whose name ends so, in the order of their paths."""
        return (each for each in self.folder.entries if each.name.lower().endswith(suffixes))

    def data(self, entry: Entry, limit: int = MAX_JSON) -> bytes:
        """The content of a file.

        Raises:
            Unreadable: It is too large.
            Changed: It is not the file that was listed.
            OSError: It cannot be read.
        """
        if entry.size > limit:
            raise Unreadable(f"is larger than {limit // 2**20} MiB")
        if entry.path not in self._kept:
            self._total += entry.size
            if self._total > MAX_READ:
                raise Unreadable(f"is left unread: the folder has more than {MAX_READ // 2**20} MiB of logs")
            data = entry.head(entry.size)
            self._kept[entry.path] = data
            self.read[entry.path] = hashlib.sha256(data).hexdigest()
        return self._kept[entry.path]

    def json(self, entry: Entry) -> Any:
        """The content of a JSON file.

        Raises:
            Unreadable: It is not JSON as we accept it.
        """
        return read_json(self.data(entry))

    def where(self, entry: Entry, at: str = "", tool: str = READER) -> Provenance:
        """The provenance of what stands at a place of a file. Its digest is filled in later."""
        return Provenance(f"{self.folder.name}/{entry.path}", at, "", tool)


def each(
    reading: Reading, entries: Iterable[Entry], read: Callable[[Reading, Entry], Iterable[Item]]
) -> Iterator[Item]:
    """What is found in each of some files. One that cannot be read takes no other with it."""
    for entry in entries:
        try:
            yield from read(reading, entry)
        except Unreadable as error:
            message = f"`{printable(entry.path)}` {error}"
            yield problem("RG630", message, "nothing was read from it, so what it says is not known")


def lines(entry: Entry) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, never more than one in memory.

    Raises:
        Unreadable: The file is larger than 1 GiB, or a line larger than 1 MiB.
    """
    if entry.size > MAX_LINES_FILE:
        raise Unreadable(f"is larger than {MAX_LINES_FILE // 2**30} GiB")
    rest, number = b"", 0
    with entry.open() as stream:
        while part := stream.read(2**16):
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                number += 1
                yield number, line
            if len(rest) > MAX_LINE:
                raise Unreadable(f"has a line of more than {MAX_LINE // 2**20} MiB")
    if rest:
        yield number + 1, rest
