"""What was collected, as text for a person and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from release_gate.diagnostics import counted, printable
from release_gate.escape import log_line
from release_gate.evidence.collected import Collected, Provenance
from release_gate.evidence.combine import LISTS, Combined
from release_gate.evidence.request import combined

if TYPE_CHECKING:
    from release_gate.evidence.vouching import Vouching
    from release_gate.source import Tree

__all__ = ["render_collected", "to_dict"]


def render_collected(collected: Collected, vouching: Vouching | None = None) -> str:
    """Every fact with where it came from, what else was seen, and what every folder holds."""
    return "".join(f"{log_line(line)}\n" for line in _lines(collected, vouching))


def _lines(collected: Collected, vouching: Vouching | None) -> Iterator[str]:
    for subject in collected.subjects:
        size = sum(file.size for file in subject.manifest.files)
        files = counted(len(subject.manifest.files), "file")
        yield f"{printable(subject.folder.name)}: {files}, {size:,} bytes"
        if subject.is_model:
            yield f"  artifact {subject.manifest.digest}"
    for id_, facts in combined(collected, vouching).items():
        yield ""
        yield f"facts of {id_}" if id_ else "facts of all artifacts"
        for each in facts.values():
            yield from _fact(each)
    notes = [note for subject in collected.subjects for note in subject.notes]
    if notes:
        yield ""
        yield "also seen"
        yield from (f"  {printable(note.text, 300)}  ({_place(note.where)})" for note in notes)


def _fact(each: Combined) -> Iterator[str]:
    mark = "!" if each.conflict else " "
    yield f"{mark} {each.path:<28} {shown(each.path, each.value)}"
    if each.note:
        yield f"    {printable(each.note, 400)}"
    yield from (f"    from {_place(where)}" for where in each.sources)


def shown(path: str, value: Tree) -> str:
    """A value in few words."""
    if path in LISTS and isinstance(value, dict) and isinstance(value["items"], list):
        words = [_word(item) for item in value["items"]]
        more = f" and {len(words) - 4} more" if len(words) > 4 else ""
        return printable(", ".join(words[:4]) + more, 200)
    if isinstance(value, dict):
        if "unknown" in value:
            return f"unknown: {value['unknown']}"
        return printable(", ".join(f"{key} {each}" for key, each in value.items()), 200)
    return printable(str(value), 200)


def _word(item: Tree) -> str:
    if not isinstance(item, dict):
        return str(item)
    word = str(next(item[key] for key in ("parent", "name", "id") if key in item))
    return f"{word} ({item['state']})" if "state" in item else word


def _place(where: Provenance) -> str:
    tool = "" if where.tool == "release-gate" else f", {where.tool}"
    return printable(f"{where}{tool}, {where.digest[:19]}", 300)


def to_dict(collected: Collected, vouching: Vouching | None = None) -> dict[str, Any]:
    """Everything as data, for tools."""
    return {
        "release_gate": "collected/v1",
        "folders": [
            {
                "name": subject.folder.name,
                "artifact": subject.manifest.digest if subject.is_model else None,
                "files": [
                    {"path": file.path, "size": file.size, "sha256": file.sha256}
                    for file in subject.manifest.files
                ],
                "notes": [{"text": note.text, "from": _source(note.where)} for note in subject.notes],
            }
            for subject in collected.subjects
        ],
        "facts": {
            id_ or "*": [
                {
                    "path": each.path,
                    "value": each.value,
                    "conflict": each.conflict,
                    "note": each.note,
                    "from": [_source(where) for where in each.sources],
                }
                for each in facts.values()
            ]
            for id_, facts in combined(collected, vouching).items()
        },
        "problems": [
            {
                "code": each.code,
                "severity": str(each.severity),
                "message": each.message,
                "help": each.help,
                "line": each.span.line if each.span else None,
                "file": each.span.file if each.span else None,
            }
            for each in collected.problems
        ],
    }


def _source(where: Provenance) -> dict[str, str]:
    return {"file": where.file, "at": where.at, "digest": where.digest, "tool": where.tool}
