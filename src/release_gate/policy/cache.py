"""A policy that was found to be in order need not be read again, on this machine and for this user.

Reading conditions needs the tables of a parser, which take a third of a second to build in every process,
and checking a thousand of them takes a tenth. The cache keeps what came of the text of a policy document:
the checked policy, if it extends no other, and the trees of all its conditions, for those that have to be
checked again because something around them has changed. That is data, never code. Entries carry a code that
only this user's key can make, so that one that was damaged, or came from elsewhere, is ignored and written
anew. ``RELEASE_GATE_CACHE=off`` turns it off, and a folder in place of ``off`` says where it is.
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
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from release_gate.bounded import read_head
from release_gate.diagnostics import Source
from release_gate.expression import trees
from release_gate.expression.nodes import Node
from release_gate.expression.stored import decoded, encoded
from release_gate.policy.model import Policy
from release_gate.policy.places import Closed
from release_gate.policy.stored import policy_from_plain, policy_to_plain
from release_gate.source import Document

__all__ = ["keeping", "kept_policy"]

APP: Final = "model-release-gate"
LARGEST: Final = 32 * 1024 * 1024
_UNREADABLE: Final = (OSError, ValueError, ArithmeticError, RecursionError)


@dataclass
class Kept:
    """What is kept of a document.

    Attributes:
        policy: The policy, once it was found to be in order.
    """

    policy: Policy | None = None


def kept_policy(source: Source) -> Policy | None:
    """The policy of a text, if it was found to be in order before."""
    entry = _Entry.of(source)
    found = entry.read() if entry is not None else None
    if entry is None or found is None or found.policy == b"null":
        return None
    try:
        policy = policy_from_plain(json.loads(found.policy), Closed(source))
    except _UNREADABLE:
        return None
    trees.offer(entry.file.name, found.known)
    return policy


@contextmanager
def keeping(document: Document) -> Iterator[Kept]:
    """Inside, the conditions of a document need no reading if they have been read before.

    What is yielded can be told the policy, if that is what its very text says.
    """
    kept, entry = Kept(), _Entry.of(document.source)
    if entry is None:
        yield kept
        return
    found = entry.read()
    with trees.used_trees(found.known() if found is not None else {}) as used:
        yield kept
    whole = kept.policy is not None and not kept.policy.places.elsewhere and kept.policy.instead is None
    if used.read or (whole and found is not None and found.policy == b"null"):
        entry.write(kept.policy if whole else None, used.trees)


class _Found(NamedTuple):
    """What an entry holds: a policy or ``null``, and trees, each in a line."""

    policy: bytes
    trees: bytes

    def known(self) -> Mapping[str, Node]:
        """The trees; none at all if anything about them is not as we write it."""
        try:
            found: dict[str, Any] = json.loads(self.trees)
            return {text: decoded(tree) for text, tree in found.items()}
        except _UNREADABLE:
            return {}


class _Entry(NamedTuple):
    """What is kept of a text: the file, and the key of this user."""

    file: Path
    key: bytes

    @classmethod
    def of(cls, source: Source) -> _Entry | None:
        """The entry of a text, whether it is there or not; None where nothing is kept."""
        folder = _folder()
        key = _key() if folder is not None else None
        if folder is None or key is None:
            return None
        return cls(folder / f"{hashlib.sha256(_versions() + source.text.encode()).hexdigest()}.json", key)

    def read(self) -> _Found | None:
        """What is in it; None if anything about it is not as we write it."""
        try:
            code, _, body = read_head(self.file, LARGEST).partition(b"\n")
        except OSError:
            return None
        if not hmac.compare_digest(code, self.code(body)):
            return None
        policy, _, known = body.partition(b"\n")
        return _Found(policy, known)

    def write(self, policy: Policy | None, known: Mapping[str, Node]) -> None:
        """Write it, whole or not at all. A cache that cannot be written is no reason to fail."""
        parts = (
            policy_to_plain(policy) if policy is not None else None,
            {text: encoded(known[text]) for text in sorted(known)},
        )
        body = b"\n".join(json.dumps(part, separators=(",", ":")).encode() for part in parts)
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.file.parent)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(self.code(body) + b"\n" + body)
            Path(name).replace(self.file)

    def code(self, body: bytes) -> bytes:
        """What only the owner of the key can say of a body in this file."""
        return hmac.new(self.key, self.file.name.encode() + body, "sha256").hexdigest().encode()


def _folder() -> Path | None:
    said = os.environ.get("RELEASE_GATE_CACHE", "")
    if said == "off":
        return None
    if said:
        return Path(said)
    import platformdirs  # noqa: PLC0415 - whoever says where the cache is need not wait for it

    return Path(platformdirs.user_cache_path(APP)) / "conditions"


@cache
def _versions() -> bytes:
    """What entries depend on beside the text: the modules that read, check and keep it."""
    package = Path(__file__).parents[1]
    folders = (package, *(package / name for name in ("expression", "facts", "policy")))
    files = [file for folder in folders for file in folder.iterdir() if file.is_file()]
    return hashlib.sha256(b"".join(_digest(file.read_bytes()) for file in sorted(files))).digest()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@cache
def _key() -> bytes | None:
    """The key of this user, made when it is first needed; None where none can be kept.

    It stands apart from the cache, because caches are copied from machine to machine.
    """
    folder = os.environ.get("RELEASE_GATE_STATE", "")
    if not folder:
        import platformdirs  # noqa: PLC0415 - as above

        folder = platformdirs.user_state_dir(APP)
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
