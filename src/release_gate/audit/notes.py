"""Signed notes, checkpoints and receipts, as the C2SP specifications write them.

A *note* is text that keys have signed (c2sp.org/signed-note). A *checkpoint* is a note that says how many
records a log has, and the root of the tree over them (c2sp.org/tlog-checkpoint). A *receipt* is the proof
that a record is in the tree of a checkpoint (c2sp.org/tlog-proof).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from release_gate.audit.merkle import verify_inclusion
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.signing import PublicKey, Signer, ed25519_public_key

__all__ = [
    "Checkpoint",
    "NoteKey",
    "Receipt",
    "check_key_name",
    "cosign",
    "hash_lines",
    "open_checkpoint",
    "read_hash",
    "sign_checkpoint",
]

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MAX_NOTE: Final = 1024 * 1024
MAX_SIGNATURES: Final = 100
MAX_PROOF: Final = 64
"""The most lines of a proof: one hash for each level of a tree of 2**63 leaves, and one line more."""
_DASH: Final = "— "
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_PROOF: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class NoteKey:
    """A public key that signs notes, under a name.

    Attributes:
        name: The name; for a log the origin of its checkpoints.
        kind: 1 for a log's own Ed25519 signature, 4 for the timestamped one of a witness.
        key: The key, Ed25519.
    """

    name: str
    kind: int
    key: PublicKey

    @cached_property
    def id(self) -> bytes:
        """The four bytes by which a signature names it."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.encoded).digest()[:4]

    @property
    def encoded(self) -> bytes:
        """The kind and the key, as bytes."""
        return bytes([self.kind]) + self.key.raw

    @classmethod
    def read(cls, text: str) -> NoteKey:
        """A key from its text, ``name+id+key``.

        Raises:
            InputError: It is no such text, or its id does not fit.
        """
        shown = printable(text.strip())
        parts = text.strip().split("+", 2)
        try:
            name, hint, encoded = parts
            kind, *raw = _base64(encoded)
        except (ValueError, binascii.Error):
            raise _not_a_key(shown) from None
        if kind not in (ED25519, COSIGNATURE) or len(raw) != 32 or not re.fullmatch("[0-9a-f]{8}", hint):
            raise _not_a_key(shown)
        check_key_name(name)
        found = cls(name, kind, ed25519_public_key(bytes(raw)))
        if found.id.hex() != hint:
            raise _not_a_key(shown)
        return found

    def __str__(self) -> str:
        """Its text, ``name+id+key``."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.encoded).decode()}"


def check_key_name(name: str) -> None:
    """Refuse a name that cannot stand in a note.

    Raises:
        InputError: It is empty, or has spaces, plus signs or control characters.
    """
    if not name or len(name) > 200 or "+" in name or not name.isprintable() or name.split() != [name]:
        message = f"`{printable(name)}` is no name for a log or a key"
        help_ = "write it like an address without spaces and plus signs: example.org/releases"
        raise InputError([Diagnostic("RG707", message, help=help_)])


@dataclass(frozen=True)
class Signed:
    """The text of a note, and its signatures as they are written: name, key id and value of each."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def read(cls, data: bytes) -> Signed:
        """A note from its bytes. Nothing is verified.

        Raises:
            IntegrityError: It is no note.
        """
        if len(data) > MAX_NOTE:
            raise _malformed("the note is too large")
        try:
            note = data.decode()
        except UnicodeDecodeError:
            raise _malformed("the note is not UTF-8") from None
        if any(char < " " and char != "\n" for char in note):
            raise _malformed("the note has control characters")
        text, gap, block = note.rpartition("\n\n")
        if not gap or not block.endswith("\n"):
            raise _malformed("the note has no signatures")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise _malformed(f"the note has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(map(_signature, lines)))

    def signers(self, keys: Iterable[NoteKey]) -> tuple[NoteKey, ...]:
        """Those of the keys that have signed.

        Signatures of other keys are ignored, even of those that share a name or an id with one of these.

        Raises:
            IntegrityError: A signature that names one of the keys is not from it.
        """
        found = []
        for key in dict.fromkeys(keys):
            values = [value for name, id_, value in self.signatures if (name, id_) == (key.name, key.id)]
            if values and not all(_accepts(key, value, self.text) for value in values):
                message = f"the signature of `{printable(key.name)}` is not over this checkpoint"
                raise IntegrityError([Diagnostic("RG708", message, help="it was changed after signing")])
            found += [key] if values else []
        return tuple(found)


@dataclass(frozen=True)
class Checkpoint:
    """How many records a log has, and the root of the tree over them.

    Attributes:
        origin: The name of the log.
        size: The number of records.
        root: The root, 32 bytes.
        note: The note that it was read from, or an empty text if nobody has signed.
    """

    origin: str
    size: int
    root: bytes
    note: str = ""

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return _three_lines(self.origin, self.size, self.root)

    def __str__(self) -> str:
        """The note, or the three lines if nobody has signed."""
        return self.note or self.text

    @classmethod
    def read(cls, data: bytes) -> Checkpoint:
        """A checkpoint from its bytes. No signature is verified.

        Raises:
            IntegrityError: It is no checkpoint.
        """
        unsigned = b"\n\n" not in data
        note = "" if unsigned else data.decode(errors="replace")
        text = data.decode(errors="replace") if unsigned else Signed.read(data).text
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise _malformed("a checkpoint has three lines")
        origin, size, root = lines[:3]
        if not _NUMBER.fullmatch(size):
            raise _malformed("the size of a checkpoint is a plain number")
        if len(lines) > 4:
            raise _malformed("this checkpoint has lines that nobody can audit")
        check = read_hash(root)
        return cls(origin, int(size), check, note)


def _three_lines(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> Checkpoint:
    """A checkpoint that the key of the log has signed.

    Raises:
        InputError: The key is not Ed25519.
    """
    key = _note_key(origin, ED25519, signer.public)
    text = _three_lines(origin, size, root)
    return Checkpoint(origin, size, root, text + "\n" + _line(key, signer.sign(text.encode())))


def cosign(checkpoint: Checkpoint, name: str, time: int, signer: Signer) -> Checkpoint:
    """A checkpoint that a witness has seen to extend all it saw before (c2sp.org/tlog-cosignature).

    Args:
        checkpoint: A checkpoint, signed by its log.
        name: The name of the witness.
        time: Seconds since 1970.
        signer: The key of the witness, Ed25519, that signs nothing but this.

    Raises:
        InputError: The key is not Ed25519.
    """
    key = _note_key(name, COSIGNATURE, signer.public)
    value = time.to_bytes(8) + signer.sign(_cosigned(time, checkpoint.text))
    return Checkpoint(
        checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.note + _line(key, value)
    )


def open_checkpoint(
    data: bytes, log: Sequence[NoteKey], witnesses: Sequence[NoteKey] = (), quorum: int = 0
) -> Checkpoint:
    """A checkpoint whose signatures hold.

    1. A key of the log has signed it, under its origin.
    2. As many witnesses as demanded have signed it.

    Raises:
        IntegrityError: A step fails.
    """
    checkpoint = Checkpoint.read(data)
    if not checkpoint.note:
        raise IntegrityError([Diagnostic("RG709", "this checkpoint is not signed")])
    signed = Signed.read(data)
    # Step 1.
    if not any(key.name == checkpoint.origin and key.kind == ED25519 for key in signed.signers(log)):
        names = ", ".join(f"`{printable(name)}`" for name, _, _ in signed.signatures)
        message = f"this checkpoint of `{printable(checkpoint.origin)}` is signed by a foreign key"
        raise IntegrityError([Diagnostic("RG709", message, help=f"its signatures are by {names}")])
    # Step 2. A witness counts once, whatever names its key has.
    seen = {key.key for key in signed.signers(witnesses) if key.kind == COSIGNATURE}
    if len(seen) < quorum:
        message = f"{len(seen)} of the {len(witnesses)} witnesses have signed this, and {quorum} must"
        raise IntegrityError([Diagnostic("RG709", message)])
    return checkpoint


@dataclass(frozen=True)
class Receipt:
    """The proof that a record is in a log.

    Attributes:
        index: The number of the record, from 0.
        proof: The hashes from the record to the root.
        checkpoint: The checkpoint whose root that is.
        extra: What an application keeps with it. Nothing vouches for it: here it is the record, which the
            proof is held against.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes = b""

    def __str__(self) -> str:
        """The receipt as it is kept, in a file that ends in ``.tlog-proof``."""
        extra = f"extra {base64.b64encode(self.extra).decode()}\n" if self.extra else ""
        return f"{_PROOF}\n{extra}index {self.index}\n{hash_lines(self.proof)}\n{self.checkpoint}"

    @classmethod
    def read(cls, data: bytes) -> Receipt:
        """A receipt from its bytes. Nothing is verified.

        Raises:
            IntegrityError: It is no receipt.
        """
        head, gap, note = data.partition(b"\n\n")
        lines = head.decode(errors="replace").split("\n")
        if len(data) > MAX_NOTE or not gap or lines[0] != _PROOF:
            raise _malformed("this is no receipt (`c2sp.org/tlog-proof@v1`)")
        extra, lines = b"", lines[1:]
        if lines and lines[0].startswith("extra "):
            extra, lines = _extra(lines[0].removeprefix("extra ")), lines[1:]
        word, _, number = lines[0].partition(" ") if lines else ("", "", "")
        if word != "index" or not _NUMBER.fullmatch(number):
            raise _malformed("the receipt does not say which record it is for")
        if len(lines) > MAX_PROOF:
            raise _malformed(f"no proof has more than {MAX_PROOF - 1} hashes")
        return cls(int(number), tuple(map(read_hash, lines[1:])), Checkpoint.read(note), extra)

    def holds(self, leaf: bytes) -> bool:
        """Whether a leaf is in the tree of the checkpoint, where the receipt says."""
        return verify_inclusion(leaf, self.index, self.checkpoint.size, self.proof, self.checkpoint.root)


@lru_cache(maxsize=64)
def _note_key(name: str, kind: int, key: PublicKey) -> NoteKey:
    check_key_name(name)
    if key.algorithm != "ed25519":
        message, help_ = "a log or a witness signs with an Ed25519 key", "openssl genpkey -algorithm ed25519"
        raise InputError([Diagnostic("RG707", message, help=help_)])
    return NoteKey(name, kind, key)


def _line(key: NoteKey, value: bytes) -> str:
    return f"{_DASH}{key.name} {base64.b64encode(key.id + value).decode()}\n"


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, value = line.removeprefix(_DASH).partition(" ")
    try:
        raw = _base64(value)
    except (ValueError, binascii.Error):
        raw = b""
    if not line.startswith(_DASH) or not name or "+" in name or len(raw) < 5:
        raise _malformed("a signature of the note is not written as it must be")
    return name, raw[:4], raw[4:]


def _accepts(key: NoteKey, value: bytes, text: str) -> bool:
    if key.kind == ED25519:
        return key.key.accepts(value, text.encode())
    return key.key.accepts(value[8:], _cosigned(int.from_bytes(value[:8]), text))


def _cosigned(time: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _base64(text: str) -> bytes:
    """The bytes of standard base64, in the one way of writing them."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw


def _extra(text: str) -> bytes:
    try:
        return _base64(text)
    except (ValueError, binascii.Error):
        raise _malformed("the extra data of the receipt are not base64") from None


def hash_lines(hashes: Iterable[bytes]) -> str:
    """Hashes as receipts and requests have them, one a line."""
    return "".join(base64.b64encode(each).decode() + "\n" for each in hashes)


def read_hash(text: str) -> bytes:
    """A hash as it is written there.

    Raises:
        IntegrityError: It is none.
    """
    try:
        raw = _base64(text)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 32:
        raise _malformed("a hash is 32 bytes in base64")
    return raw


def _malformed(message: str) -> IntegrityError:
    return IntegrityError([Diagnostic("RG706", message)])


def _not_a_key(shown: str) -> InputError:
    help_ = "it is written NAME+ID+KEY; `release-gate audit key` prints it"
    return InputError([Diagnostic("RG707", f"`{shown}` is no key of a log or a witness", help=help_)])
