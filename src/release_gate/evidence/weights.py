"""What a file is by its content, whatever its name says."""

from __future__ import annotations

import zipfile
from enum import Enum
from functools import lru_cache
from typing import Final

from release_gate.evidence.folder import Entry
from release_gate.evidence.gguf import MAGIC

__all__ = ["LARGE_FILE_POINTER", "Kind", "kind_of", "looks_like_weights"]

LARGE_FILE_POINTER: Final = b"version https://git-lfs.github.com/spec/"
PICKLES: Final = (
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".pkl",
    ".pickle",
    ".joblib",
    ".dill",
    ".th",
    ".npy",
    ".npz",
    ".t7",
)
OTHERS: Final = (".onnx", ".h5", ".keras", ".tflite", ".msgpack", ".pb", ".mlmodel", ".engine")
LOGS: Final = (".eval",)
"""Archives of evaluation tools, which nothing loads as weights."""
_NUMPY: Final = b"\x93NUMPY"
_SEVEN_ZIP: Final = b"7z\xbc\xaf\x27\x1c"


class Kind(Enum):
    """The format of weights."""

    SAFETENSORS = "safetensors"
    GGUF = "gguf"
    PICKLE = "pickle"
    POINTER = "pointer"
    OTHER = "other"
    NOT_WEIGHTS = ""


@lru_cache(maxsize=4096)
def kind_of(entry: Entry) -> Kind:
    """What a file is. Content decides; the name only where content says nothing.

    Raises:
        Changed: The file is not the one that was listed.
        OSError: It cannot be read.
    """
    head = entry.head(128)
    name = entry.name.lower()
    if head.startswith(LARGE_FILE_POINTER):
        return Kind.POINTER
    if head.startswith(MAGIC):
        return Kind.GGUF
    if _is_pickle(entry, head, name):
        return Kind.PICKLE
    if name.endswith(".safetensors") or _is_safetensors(entry, head):
        return Kind.SAFETENSORS
    if name.endswith((*OTHERS, ".gguf")):
        return Kind.OTHER
    return Kind.NOT_WEIGHTS


def looks_like_weights(entry: Entry) -> bool:
    """Whether the name says that it holds weights."""
    return entry.name.lower().endswith((".safetensors", ".gguf", *PICKLES, *OTHERS))


def _is_pickle(entry: Entry, head: bytes, name: str) -> bool:
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return name.endswith(PICKLES) or (not name.endswith(LOGS) and _holds_pickle(entry))
    if head.startswith((_NUMPY, _SEVEN_ZIP)):
        return name.endswith(PICKLES)
    # Old pickles are plain text, so that only the name tells; so does one hidden behind a prefix.
    return name.endswith(PICKLES) and not _is_safetensors(entry, head)


def _holds_pickle(entry: Entry) -> bool:
    """Whether a ZIP archive has a member that is a pickle by its name."""
    with entry.open() as stream:
        try:
            names = zipfile.ZipFile(stream).namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
            return True  # an archive that only some can read
        return any(name.lower().endswith((".pkl", ".pickle", ".npy")) for name in names)


def _is_safetensors(entry: Entry, head: bytes) -> bool:
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= entry.size - 8
