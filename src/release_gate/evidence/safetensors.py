"""Headers of safetensors files, and the index of a model in several of them.

A header is a little-endian length of eight bytes and a JSON object. The rules are those of the format's
own library, and stricter where that reads more than one meaning into a file: no name twice, no byte that
belongs to two tensors or to none.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.evidence.folder import Entry, Folder
from release_gate.evidence.json_text import Unreadable, read_json, text, whole

__all__ = ["Header", "read_header", "shards"]

MAX_HEADER: Final = 16 * 2**20
BITS: Final = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file says it holds.

    Attributes:
        elements: The number of elements, by data type.
        tensors: The names of its tensors.
        metadata: What its writer noted.
    """

    elements: Counter[str]
    tensors: frozenset[str]
    metadata: dict[str, str]


def read_header(entry: Entry) -> Header:
    """Read the header of a file, and check that it accounts for every byte.

    Raises:
        Unreadable: It does not.
    """
    with entry.open() as stream:
        start = stream.read(8)
        if len(start) < 8:
            raise Unreadable("is too short for a header")
        (length,) = struct.unpack("<Q", start)
        if length > min(MAX_HEADER, entry.size - 8):
            raise Unreadable("has a header that is longer than the file or than 16 MiB")
        data = b""
        while len(data) < length and (part := stream.read(length - len(data))):
            data += part
    if not data.startswith(b"{"):
        raise Unreadable("has a header that is no JSON object")
    return _header(read_json(data), entry.size - 8 - length)


def _header(tree: dict[str, Any], size: int) -> Header:
    notes = tree.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(value, str) for value in notes.values()):
        raise Unreadable("has metadata that are no texts")
    elements: Counter[str] = Counter()
    stretches = []
    for name, tensor in tree.items():
        dtype, count, begin, end = _tensor(name, tensor)
        elements[dtype] += count
        stretches.append((begin, end, name))
    reached = 0
    for begin, end, name in sorted(stretches):
        if begin != reached:
            what = "shares bytes with another" if begin < reached else "leaves a hole before it"
            raise Unreadable(f"has a tensor `{printable(name, 80)}` that {what}")
        reached = end
    if reached != size:
        raise Unreadable(f"has {size:,} bytes of data where its header accounts for {reached:,}")
    return Header(elements, frozenset(tree), notes)


def _tensor(name: str, tensor: Any) -> tuple[str, int, int, int]:
    shown = printable(name, 80)
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        raise Unreadable(f"describes the tensor `{shown}` otherwise than the format does")
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise Unreadable(f"has a tensor `{shown}` of an unknown data type")
    sizes = [whole(each) for each in shape] if isinstance(shape, list) and len(shape) <= 64 else [None]
    places = [whole(each) for each in offsets] if isinstance(offsets, list) else []
    count = 1
    for each in sizes:
        if each is None or (count := count * each) >= 2**63:
            raise Unreadable(f"has a tensor `{shown}` of an impossible shape")
    if len(places) != 2 or places[0] is None or places[1] is None:
        raise Unreadable(f"has a tensor `{shown}` without a place")
    begin, end = places[0], places[1]
    if (end - begin) * 8 != count * BITS[dtype]:
        raise Unreadable(f"has a tensor `{shown}` whose shape and place disagree")
    return dtype, count, begin, end


def shards(folder: Folder, index: Entry, tree: Any) -> dict[str, tuple[Entry, frozenset[str]]]:
    """The files that an index names, each with the tensors it should hold.

    Raises:
        Unreadable: It names a file outside of its folder, or one that is not there.
    """
    mapping = tree.get("weight_map") if isinstance(tree, dict) else None
    if not isinstance(mapping, dict) or not mapping:
        raise Unreadable("has no `weight_map`")
    tensors: dict[str, set[str]] = {}
    for tensor, file in mapping.items():
        name = text(file)
        if name is None or "/" in name or "\\" in name or name in (".", ".."):
            raise Unreadable(f"names the file `{printable(str(file), 80)}`, which is not beside it")
        tensors.setdefault(name, set()).add(tensor)
    found = {}
    for name, names in sorted(tensors.items()):
        entry = folder.entry(f"{index.parent}/{name}" if index.parent else name)
        if entry is None:
            raise Unreadable(f"names the file `{printable(name, 80)}`, which is not there")
        found[name] = (entry, frozenset(names))
    return found
