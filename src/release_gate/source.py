"""Files and texts to documents: what may be in them at all, and whether it is JSON or YAML.

JSON is YAML. Where it certainly comes to the same, the faster reader of JSON reads it.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import Path
from typing import Final

from release_gate.bounded import NotAFileError, read_head
from release_gate.diagnostics import (
    Diagnostic,
    DocumentError,
    Source,
    Span,
    did_you_mean,
    printable,
    reason_of,
)
from release_gate.limits import LIMITS, MAX_BYTES, POLICY_LIMITS, Limits
from release_gate.located import Document, Pointer, Tree
from release_gate.unsaved import unsaved_text
from release_gate.yaml_reader import read_yaml

__all__ = [
    "MAX_BYTES",
    "POLICY_LIMITS",
    "Document",
    "Limits",
    "Pointer",
    "Tree",
    "document_of",
    "read_data",
    "read_document",
    "read_file",
    "read_source",
]

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]|\r(?!\n)"
)


def read_file(path: Path, name: str | None = None, limits: Limits = LIMITS) -> Document:
    """Read a document from a file.

    Args:
        path: The file.
        name: What diagnostics and decisions call it; the path as given, if not said.
        limits: How much it may hold.

    Raises:
        DocumentError: The file cannot be read, is too large, or is not the YAML that we accept.
    """
    return document_of(read_source(path, name, limits), limits)


def read_source(path: Path, name: str | None = None, limits: Limits = LIMITS) -> Source:
    """Read the text of a file, of which nobody knows yet whether it is a document.

    Args:
        path: The file.
        name: What diagnostics and decisions call it; the path as given, if not said.
        limits: How much it may hold.

    Raises:
        DocumentError: The file cannot be read, is too large, or is not the text that we accept.
    """
    shown = name if name is not None else path.as_posix()
    return Source(shown, _decode(read_data(path, shown, limits), shown, limits))


def read_data(path: Path, shown: str, limits: Limits = LIMITS) -> bytes | str:
    """The bytes of a file, and one more than allowed if there are more; or its text that is not saved yet.

    Raises:
        DocumentError: The file cannot be read.
    """
    if (text := unsaved_text(path)) is not None:
        return text
    try:
        return read_head(path, limits.size + 1)
    except NotAFileError:
        message = f"cannot read `{printable(shown)}`: it is a pipe or a device"
        raise DocumentError([Diagnostic("RG001", message, help="save it as a file first")]) from None
    except OSError as error:
        message = f"cannot read `{printable(shown)}`: {reason_of(error)}"
        raise DocumentError([Diagnostic("RG001", message)]) from None


def read_document(data: bytes | str, name: str = "<text>", limits: Limits = LIMITS) -> Document:
    """Read a document from bytes or text.

    Raises:
        DocumentError: With every diagnostic that was found.
    """
    return document_of(Source(name, _decode(data, name, limits)), limits)


def document_of(source: Source, limits: Limits = LIMITS) -> Document:
    """Read a document from a text.

    Raises:
        DocumentError: With every diagnostic that was found.
    """
    return _read_json(source, limits) or read_yaml(source, limits)


def _read_json(source: Source, limits: Limits) -> Document | None:
    if not source.text.lstrip(" \n").startswith("{"):
        return None
    from release_gate.json_reader import read_json  # noqa: PLC0415 - few documents are in JSON

    return read_json(source, limits)


def _decode(data: bytes | str, name: str, limits: Limits) -> str:
    shown = printable(name)
    if len(data) > limits.size:
        raise DocumentError(
            [
                Diagnostic(
                    "RG002",
                    f"`{shown}` is larger than {limits.size // 1024 // 1024} MiB",
                    help="requests and policies are small; leave raw results in files of their own",
                )
            ]
        )
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8-sig" if data.startswith(BOM_UTF8) else "utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError(
                [
                    Diagnostic(
                        "RG003",
                        f"`{shown}` is not UTF-8 text (byte {error.start} cannot be read)",
                        help="save it as UTF-8",
                    )
                ]
            ) from None
    if not data.replace("\n", "").isprintable() and (match := _FORBIDDEN.search(data)):
        line, column = (
            data.count("\n", 0, match.start()) + 1,
            match.start() - data.rfind("\n", 0, match.start()),
        )
        raise DocumentError(
            [
                Diagnostic(
                    "RG004",
                    f"the invisible or reordering character U+{ord(match[0]):04X} is not allowed",
                    Span(Source(name, data), line, column, line, column + 1),
                    "remove it; text and comments must be what they look like",
                )
            ]
        )
    return data


_JUDGED_BY: Final = {
    "request/v1": "it is judged by `release-gate check`",
    "access-request/v1": "it is judged by `release-gate access check`",
    "policy/v1": "name it in the gate file, or with --policy",
    "tests/v1": "they are run by `release-gate policy test`",
    "gate/v1": "name it with --gate",
    "trust/v1": "name it in the gate file, as `trust: FILE`",
    "waivers/v1": "name them in the gate file, as `waivers: FILE`",
    "aliases/v1": "name it with --aliases",
}
"""Where documents belong that were given in the place of others."""


def require_mapping(document: Document, kinds: tuple[str, ...]) -> str:
    """The kind of a document, from its ``release_gate:`` line.

    Raises:
        DocumentError: It is not a mapping, or does not say a kind that is one of ``kinds``.
    """
    tree = document.tree
    wanted = " or ".join(f"`{kind}`" for kind in kinds)
    if not isinstance(tree, dict) or "release_gate" not in tree:
        raise DocumentError(
            [
                Diagnostic(
                    "RG015",
                    "this document does not say what it is",
                    document.span(()) and _first_line(document),
                    f"start it with `release_gate: {kinds[0]}`",
                )
            ]
        )
    kind = tree["release_gate"]
    if kind not in kinds:
        shown = printable(str(kind))
        raise DocumentError(
            [
                Diagnostic(
                    "RG015",
                    f"this document says that it is `{shown}`, where {wanted} is expected",
                    document.span(("release_gate",)),
                    _JUDGED_BY.get(shown) or did_you_mean(shown, kinds),
                )
            ]
        )
    return str(kind)


def _first_line(document: Document) -> Span:
    return Span(document.source, 1, 1, 1, max(2, len(document.source.text.partition("\n")[0]) + 1))
