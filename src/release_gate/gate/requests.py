"""Which files are requests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from release_gate.bounded import read_head
from release_gate.diagnostics import Diagnostic, DocumentError, printable
from release_gate.source import POLICY_LIMITS, read_document

__all__ = ["find_requests"]

_ENDINGS: Final = (".yaml", ".yml", ".json")
_OTHER_KINDS: Final = tuple(
    kind.encode()
    for kind in (
        "policy/",
        "gate/",
        "tests/",
        "trust/",
        "waivers/",
        "access-request/",
        "aliases/",
        "crosswalk/",
        "history/",
    )
)
_SAYS: Final = b"release_gate"
_ESCAPED: Final = re.compile(
    rb'"(?=[^"]*\\)(?:[aceglrst_]|\\\r?\n[ \t]*|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}){12,}"',
    re.IGNORECASE,
)
"""The same in quotes, with escapes in the place of letters."""


def find_requests(paths: Iterable[Path]) -> list[Path]:
    """The files among paths, and in folders every YAML or JSON file that is not plainly something else.

    In a folder, a file counts that says ``release_gate:``, unless what it says is another kind of document.
    A misspelt request is therefore found, and refused later, and not passed over.

    Raises:
        DocumentError: A folder has no request in it. Nothing evaluated is never a pass.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        inside = [each for each in sorted(_files(path)) if _may_be_request(each)]
        if not inside:
            message = f"there is no request in `{printable(path.as_posix())}`"
            raise DocumentError(
                [Diagnostic("RG902", message, help="a request says release_gate: request/v1")]
            )
        found |= dict.fromkeys(inside)
    return list(found)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(root, name)
            if name.lower().endswith(_ENDINGS) and not name.startswith(".") and path.is_file():
                yield path


def _may_be_request(path: Path) -> bool:
    try:
        data = read_head(path, POLICY_LIMITS.size + 1)
    except OSError:
        return True  # whoever judges it will say why it cannot be read
    if any(_SAYS.decode().encode(other) in data for other in ("utf-16-le", "utf-16-be")):
        return True  # some shells write so, and whoever judges it will say that it is no UTF-8
    _, said, rest = data.partition(_SAYS)
    if _SAYS not in rest and not _ESCAPED.search(data):
        return bool(said) and not _is_other(rest.lstrip(b"\"' \t:"))
    # What it says first may be a remark or a text, and not what it is.
    try:
        tree = read_document(data, limits=POLICY_LIMITS).tree
    except DocumentError:
        return True
    kind = tree.get("release_gate") if isinstance(tree, dict) else None
    return bool(said) if kind is None else not _is_other(str(kind).encode())


def _is_other(kind: bytes) -> bool:
    return kind.startswith(_OTHER_KINDS)
