"""Headers of GGUF files, versions 2 and 3, little-endian.

Layout: the magic ``GGUF``, version, number of tensors, number of metadata entries; the entries; for each
tensor its name, shape, type and offset. Read within bounds, since each count is a claim of the file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

from release_gate.diagnostics import printable
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import Unreadable

__all__ = ["MAGIC", "Gguf", "read_gguf"]

MAGIC: Final = b"GGUF"
MAX_HEADER: Final = 64 * 2**20
MAX_TENSORS: Final = 100_000
MAX_ENTRIES: Final = 10_000
MAX_TEXT: Final = 2**20
_STRING, _ARRAY = 8, 9
_SCALARS: Final = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""For each type of ggml, the elements of a block and its bytes."""


@dataclass(frozen=True, slots=True)
class Gguf:
    """What a GGUF file says it holds.

    Attributes:
        metadata: Its texts and whole numbers by key; longer values are passed over.
        parameters: The elements of all tensors.
    """

    metadata: dict[str, str | int]
    parameters: int


def read_gguf(entry: Entry) -> Gguf:
    """Read the header of a file, and check that its tensors lie within it and apart.

    Raises:
        Unreadable: They do not, or it is no GGUF file.
    """
    with entry.open() as stream:
        return _Reader(stream, entry.size).read()


class _Reader:
    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.size, self.place = stream, size, 0
        self.buffer, self.start = b"", 0

    def read(self) -> Gguf:
        if self.take(4) != MAGIC:
            raise Unreadable("is no GGUF file")
        version = int(self.scalar("<I"))
        if version not in (2, 3):
            raise Unreadable("is a GGUF file of a version that is not known")
        tensors, entries = int(self.scalar("<Q")), int(self.scalar("<Q"))
        if tensors > MAX_TENSORS or entries > MAX_ENTRIES:
            raise Unreadable("claims more tensors or entries than any model has")
        metadata: dict[str, str | int] = {}
        seen: set[str] = set()
        for _ in range(entries):
            key = self.text()
            if key in seen:
                raise Unreadable(f"has the key `{printable(key, 60)}` twice")
            seen.add(key)
            value = self.value(int(self.scalar("<I")))
            if value is not None:
                metadata[key] = value
        return Gguf(metadata, self.tensors(tensors, metadata))

    def tensors(self, count: int, metadata: dict[str, str | int]) -> int:
        names: set[str] = set()
        stretches = []
        parameters = 0
        for _ in range(count):
            name = self.text()
            if name in names:
                raise Unreadable(f"has the tensor `{printable(name, 60)}` twice")
            names.add(name)
            elements, begin, size = self.tensor(name)
            parameters += elements
            stretches.append((begin, begin + size, name))
        self.check_places(sorted(stretches), metadata.get("general.alignment", 32))
        return parameters

    def tensor(self, name: str) -> tuple[int, int, int]:
        dimensions = int(self.scalar("<I"))
        if dimensions > 4:
            raise Unreadable(f"has a tensor `{printable(name, 60)}` of an impossible shape")
        elements = 1
        for _ in range(dimensions):
            elements *= int(self.scalar("<Q"))
        kind, begin = int(self.scalar("<I")), int(self.scalar("<Q"))
        if kind not in BLOCKS:
            raise Unreadable(f"has a tensor `{printable(name, 60)}` of a type that is not known")
        block, width = BLOCKS[kind]
        if elements >= 2**63 or elements % block:
            raise Unreadable(f"has a tensor `{printable(name, 60)}` of an impossible shape")
        return elements, begin, elements // block * width

    def check_places(self, stretches: list[tuple[int, int, str]], alignment: str | int) -> None:
        if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
            raise Unreadable("has an alignment that is no power of two")
        room = self.size - -(-self.place // alignment) * alignment
        reached = 0
        for begin, end, name in stretches:
            if begin < reached or begin % alignment:
                raise Unreadable(f"has a tensor `{printable(name, 60)}` that shares bytes with another")
            reached = end
        if reached > room:
            raise Unreadable("claims tensors that reach beyond its end")

    def value(self, kind: int) -> str | int | None:
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            found = self.scalar(self.form(kind))
            return found if isinstance(found, int) else None
        inner, count = int(self.scalar("<I")), int(self.scalar("<Q"))
        if inner == _ARRAY:
            raise Unreadable("has a list of lists, which no writer makes")
        if inner == _STRING:
            for _ in range(self.within(count, 8)):
                self.text()
        else:
            width = struct.calcsize(self.form(inner))
            self.skip(self.within(count, width) * width)
        return None

    @staticmethod
    def form(kind: int) -> str:
        if kind not in _SCALARS:
            raise Unreadable("has a metadata value of an unknown type")
        return _SCALARS[kind]

    def within(self, count: int, width: int) -> int:
        """A count, if so many values of a width can be there at all."""
        if count * width > min(self.size, MAX_HEADER):
            raise Unreadable("claims a list that is longer than the file or than 64 MiB")
        return count

    def scalar(self, form: str) -> int | float | bool:
        found: int | float | bool = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return found

    def text(self) -> str:
        length = int(self.scalar("<Q"))
        if length > MAX_TEXT:
            raise Unreadable("claims a text longer than 1 MiB")
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise Unreadable("has a text that is not UTF-8") from None

    def skip(self, length: int) -> None:
        while length > 0:
            length -= len(self.take(min(length, 2**16)))

    def take(self, length: int) -> bytes:
        """The next bytes. The stream is unbuffered, so they come from a buffer of our own."""
        if self.place + length > MAX_HEADER:
            raise Unreadable("has a header of more than 64 MiB")
        while self.start + length > len(self.buffer):
            part = self.stream.read(2**16)
            if not part:
                raise Unreadable("ends within its header")
            self.buffer, self.start = self.buffer[self.start :] + part, 0
        found = self.buffer[self.start : self.start + length]
        self.start += length
        self.place += length
        return found
