"""One member of a ZIP archive by somebody else, read within bounds. Zstandard members need an extra."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import Any, BinaryIO, Final

from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import MAX_JSON, Unreadable

__all__ = ["member"]

MAX_ARCHIVE: Final = 4 * 2**30 - 1
MAX_DIRECTORY: Final = 16 * 2**20
_STORED, _DEFLATED, _ZSTANDARD = 0, 8, 93


def member(entry: Entry, name: str) -> bytes:
    """The content of a member.

    Raises:
        Unreadable: It is no archive as we accept it, the member is not there or twice, or too large.
    """
    with entry.open() as stream:
        _check_directory(stream, entry.size)
        try:
            found = [each for each in zipfile.ZipFile(stream).infolist() if each.filename == name]
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
            raise Unreadable("is no ZIP archive") from None
        if len(found) != 1:
            raise Unreadable(f"has {len(found)} members `{name}` where one is expected")
        return _content(stream, found[0])


def _check_directory(stream: BinaryIO, size: int) -> None:
    """Refuse a directory that is itself a bomb, before anything reads it."""
    stream.seek(max(0, size - 65_557))
    tail = b""
    while part := stream.read(65_557):
        tail += part
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise Unreadable("is no ZIP archive")
    length, start = struct.unpack("<II", tail[place + 12 : place + 20])
    if size > MAX_ARCHIVE or length > MAX_DIRECTORY or start == 0xFFFFFFFF:
        raise Unreadable("is larger than any log needs to be")


def _content(stream: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    if info.flag_bits & 1:
        raise Unreadable("is encrypted")
    if max(info.file_size, info.compress_size) > MAX_JSON:
        raise Unreadable(f"has a member larger than {MAX_JSON // 2**20} MiB")
    stream.seek(info.header_offset)
    local = stream.read(30)
    if len(local) < 30 or local[:4] != b"PK\x03\x04":
        raise Unreadable("has a directory that points to nothing")
    stream.seek(info.header_offset + 30 + sum(struct.unpack("<HH", local[26:30])))
    packed = b""
    while len(packed) < info.compress_size and (part := stream.read(info.compress_size - len(packed))):
        packed += part
    content = _unpack(packed, info.compress_type)
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise Unreadable("has a member that is not what its directory says")
    return content


def _unpack(packed: bytes, method: int) -> bytes:
    """The content, or its first bytes up to the bound, whatever the archive claims."""
    if method == _STORED:
        return packed
    if method == _DEFLATED:
        try:
            return zlib.decompressobj(-15).decompress(packed, MAX_JSON + 1)
        except zlib.error:
            raise Unreadable("has a member that is broken") from None
    if method != _ZSTANDARD:
        raise Unreadable("is compressed in a way that is not known")
    zstd = _zstd()
    try:
        content: bytes = zstd.ZstdDecompressor().decompress(packed, MAX_JSON + 1)
    except zstd.ZstdError:
        raise Unreadable("has a member that is broken") from None
    return content


def _zstd() -> Any:
    """Zstandard, which Python has since 3.14."""
    try:
        from compression import zstd  # type: ignore[import-not-found] # noqa: PLC0415 - not before 3.14
    except ImportError:
        try:
            from backports import zstd  # noqa: PLC0415 - few need it
        except ImportError:
            raise Unreadable(
                "is compressed with Zstandard: pip install 'model-release-gate[inspect]'"
            ) from None
    return zstd
