"""Conditions that have been read once need not be read again, on this machine and for this user.

Reading a condition needs the tables of a parser, which take a third of a second to build in every process.
The cache keeps the trees of the conditions of a policy: data, never code, and everything is checked again
when the policy is loaded. Entries carry a code that only this user's key can make, so that one that was
damaged, or came from elsewhere, is ignored and written anew. ``RELEASE_GATE_CACHE=off`` turns it off, and a
folder in place of ``off`` says where it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from release_gate.expression import nodes, parse, stored
from release_gate.expression.nodes import Node
from release_gate.expression.trees import used_trees
from release_gate.source import Document

__all__ = ["cached_trees"]

APP: Final = "model-release-gate"
LARGEST: Final = 32 * 1024 * 1024


@contextmanager
def cached_trees(document: Document) -> Iterator[None]:
    """Inside, the conditions of a document need no reading if they have been read before."""
    folder = _folder()
    key = _key() if folder is not None else None
    if folder is None or key is None:
        yield
        return
    entry = folder / f"{_name(document)}.json"
    with used_trees(_read(entry, key)) as used:
        yield
    if used.read:
        _write(entry, key, used.trees)


def _folder() -> Path | None:
    said = os.environ.get("RELEASE_GATE_CACHE", "")
    if said == "off":
        return None
    if said:
        return Path(said)
    import platformdirs  # noqa: PLC0415 - whoever turns the cache off need not wait for it

    return Path(platformdirs.user_cache_path(APP)) / "conditions"


@cache
def _versions() -> bytes:
    """What trees depend on, beside the text: the modules that make and write them."""
    files = (parse.__file__, nodes.__file__, stored.__file__)
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).digest()


def _name(document: Document) -> str:
    return hashlib.sha256(_versions() + document.source.text.encode()).hexdigest()


@cache
def _key() -> bytes | None:
    """The key of this user, made when it is first needed; None where none can be kept.

    It stands apart from the cache, because caches are copied from machine to machine.
    """
    import platformdirs  # noqa: PLC0415 - as above

    folder = os.environ.get("RELEASE_GATE_STATE") or platformdirs.user_state_path(APP)
    file = Path(folder) / "cache-key"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(32))
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == 32 else None


def _code(key: bytes, body: bytes) -> str:
    return hmac.new(key, body, "sha256").hexdigest()


def _read(entry: Path, key: bytes) -> Mapping[str, Node]:
    """The trees of an entry; none at all if anything about it is not as we write it."""
    try:
        with entry.open("rb") as stream:
            data = stream.read(LARGEST)
        code, _, body = data.partition(b"\n")
        if not hmac.compare_digest(code, _code(key, entry.name.encode() + body).encode()):
            return {}
        found: dict[str, Any] = json.loads(body)
        return {text: stored.decoded(tree) for text, tree in found.items()}
    except (OSError, ValueError, ArithmeticError, RecursionError):
        return {}


def _write(entry: Path, key: bytes, trees: Mapping[str, Node]) -> None:
    """Write an entry, whole or not at all. A cache that cannot be written is no reason to fail."""
    body = json.dumps(
        {text: stored.encoded(trees[text]) for text in sorted(trees)}, separators=(",", ":")
    ).encode()
    with suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=entry.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_code(key, entry.name.encode() + body).encode() + b"\n" + body)
        Path(name).replace(entry)
