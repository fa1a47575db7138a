"""A log as static files: tiles, as the C2SP specification writes them, and the content beside them.

Any web server can serve such a folder, and tools that follow public logs can read it (c2sp.org/tlog-tiles).
Nothing in it ever changes but the checkpoint and the last, partial tiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from release_gate.audit import files
from release_gate.audit.merkle import leaf_hash, node_hash
from release_gate.audit.notes import Checkpoint
from release_gate.audit.pack import NOTHING, Referred
from release_gate.audit.record import Record
from release_gate.audit.view import Row, View, fetching

__all__ = ["ExportView", "export", "is_export", "tile_path"]

WIDTH: Final = 256
MAX_BUNDLE: Final = WIDTH * (2 + 0xFFFF)
MAX_CONTENT: Final = 64 * 1024 * 1024


def tile_path(level: str, number: int, width: int = WIDTH) -> str:
    """The path of a tile: index 1234067 at level 0 is ``tile/0/x001/x234/067``."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(reversed(parts))}" + (f".p/{width}" if width < WIDTH else "")


def export(view: View, folder: Path, checkpoint: Checkpoint) -> None:
    """Write a log into a folder, up to a checkpoint.

    Raises:
        InputError: It cannot be written.
        IntegrityError: Something that a record refers to is not there.
    """
    levels: list[list[bytes]] = [[]]
    bundle: list[bytes] = []
    for row in view.rows(0, checkpoint.size) if checkpoint.size else ():
        record = Record.read(row.data)
        fetch = fetching(view, record)
        for digest in record.refers_to:
            place = folder / _content_path(digest)
            if not place.exists():
                _write(place, fetch(digest))
        bundle.append(len(row.data).to_bytes(2) + row.data)
        levels[0].append(leaf_hash(row.data))
        for height, found in row.nodes:
            if height % 8 == 0:
                levels += [[]] if len(levels) == height // 8 else []
                levels[height // 8].append(found)
        if len(bundle) == WIDTH:
            _write(folder / tile_path("entries", row.seq // WIDTH), b"".join(bundle))
            bundle.clear()
    if bundle:
        _write(
            folder / tile_path("entries", checkpoint.size // WIDTH, len(bundle)),
            b"".join(bundle),
        )
    for level, hashes in enumerate(levels):
        for start in range(0, len(hashes), WIDTH):
            tile = hashes[start : start + WIDTH]
            _write(folder / tile_path(str(level), start // WIDTH, len(tile)), b"".join(tile))
    # Last, so that a reader never finds a checkpoint whose tiles are not there yet.
    _write(folder / "checkpoint", str(checkpoint).encode())


def is_export(place: Path) -> bool:
    """Whether a folder is an exported log."""
    return (place / "checkpoint").is_file()


class ExportView:
    """An exported log."""

    def __init__(self, folder: Path) -> None:
        """Read the checkpoint of an exported log."""
        self.folder = folder
        self._note = _read(folder / "checkpoint", 1 << 20)
        self._checkpoint = Checkpoint.read(self._note)
        self._last: tuple[tuple[int, int, int], bytes] | None = None

    @property
    def place(self) -> str:
        """Where it is kept, in words."""
        return self.folder.as_posix()

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self._checkpoint.origin

    @property
    def size(self) -> int:
        """How many records it says that it has."""
        return self._checkpoint.size

    def shape_problems(self) -> list[str]:
        """Tiles that are missing, or have another size."""
        problems = []
        level, count = 0, self.size
        while count:
            for number in range((count + WIDTH - 1) // WIDTH):
                width = min(WIDTH, count - number * WIDTH)
                path = self.folder / tile_path(str(level), number, width)
                if not path.is_file() or path.stat().st_size != width * 32:
                    problems.append(f"`{path.relative_to(self.folder).as_posix()}` is missing or changed")
            level, count = level + 1, count // WIDTH
        return problems[:20]

    def rows(self, start: int = 0, stop: int | None = None, *, packs: bool = False) -> Iterator[Row]:
        """The records, with what is kept beside each, in order. Here all content lies by its digest."""
        end = min(self.size, stop if stop is not None else self.size)
        for number in range(start // WIDTH, (end + WIDTH - 1) // WIDTH):
            width = min(WIDTH, self.size - number * WIDTH)
            path = self.folder / tile_path("entries", number, width)
            if not path.is_file():
                return
            for at, data in enumerate(_split(_read(path, MAX_BUNDLE))):
                seq = number * WIDTH + at
                if start <= seq < end:
                    yield Row(seq, data, self._nodes(seq))

    def slices(self) -> list[tuple[int, int | None]]:
        """The numbers of the records in parts: those of each bundle, up to the first that is not there."""
        found: list[tuple[int, int | None]] = []
        for start in range(0, self.size, WIDTH):
            width = min(WIDTH, self.size - start)
            if not (self.folder / tile_path("entries", start // WIDTH, width)).is_file():
                break
            found.append((start, start + width))
        return found

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        level, over = divmod(height, 8)
        hashes = [self._hash(level, number) for number in range(index << over, index + 1 << over)]
        while len(hashes) > 1:
            hashes = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def referred(self, index: int, pack: bytes | None = None) -> Referred:
        """What a record refers to."""
        return Referred(NOTHING, lambda _index: NOTHING, self.content)

    def content(self, digest: str) -> bytes | None:
        """Content by its digest, if it is there."""
        if not (digest.startswith("sha256:") and digest[7:].isalnum()):
            return None
        path = self.folder / _content_path(digest)
        return _read(path, MAX_CONTENT) if path.is_file() else None

    def checkpoints(self) -> Iterator[str]:
        """The checkpoint."""
        if self._checkpoint.note:
            yield self._note.decode()

    def newest_checkpoint(self) -> str | None:
        """The checkpoint."""
        return next(self.checkpoints(), None)

    def find(self, *, decision: str | None = None, about: str | None = None) -> list[int]:
        """The numbers of the records of a decision, or about a request, in order."""
        records = (Record.read(row.data) for row in self.rows())
        return [
            record.index
            for record in records
            if (record.decision == decision if decision is not None else record.about == about)
        ]

    def close(self) -> None:
        """Nothing is held."""

    def _nodes(self, seq: int) -> tuple[tuple[int, bytes], ...]:
        """What the tiles have for a record, and for the tiles that it completes."""
        found = [(0, self._hash(0, seq))]
        level, count = 1, seq + 1
        while count % WIDTH == 0:
            count //= WIDTH
            found.append((level * 8, self._hash(level, count - 1)))
            level += 1
        return tuple(found)

    def _hash(self, level: int, index: int) -> bytes:
        number, at = divmod(index, WIDTH)
        width = min(WIDTH, (self.size >> 8 * level) - number * WIDTH)
        tile = self._tile(level, number, width)
        return tile[at * 32 : at * 32 + 32]

    def _tile(self, level: int, number: int, width: int) -> bytes:
        key = (level, number, width)
        if self._last is None or self._last[0] != key:
            path = self.folder / tile_path(str(level), number, width)
            self._last = (key, _read(path, WIDTH * 32) if path.is_file() else b"")
        return self._last[1]


def _split(bundle: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2])
        yield bundle[at + 2 : at + 2 + size]
        at += 2 + size


def _content_path(digest: str) -> str:
    name = digest.removeprefix("sha256:")
    return f"content/{name[:2]}/{name}"


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise files.unusable(path, error) from None


def _read(path: Path, limit: int) -> bytes:
    return files.read(path, limit, "RG710")
