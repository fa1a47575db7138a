"""A witness: somebody who signs a checkpoint of a log if it extends every one that was seen before.

What it asks for, in which order it looks at it, and what it refuses is as c2sp.org/tlog-witness says. It
keeps the newest checkpoint of each log in a folder, and remembers it before it lets go of its signature: two
checkpoints of a log that contradict each other never both get one, whatever crashes and whoever asks at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from release_gate.audit import files
from release_gate.audit.locks import lock_file, locked
from release_gate.audit.merkle import EMPTY, consistency_proof, verify_consistency
from release_gate.audit.notes import (
    MAX_NOTE,
    Checkpoint,
    NoteKey,
    cosign,
    hash_lines,
    open_checkpoint,
    read_hash,
)
from release_gate.audit.view import View
from release_gate.bounded import read_bounded
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, counted, printable
from release_gate.signing import Signer

__all__ = ["Asked", "Witness"]

MAX_ASKED: Final = 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """What a log asks of a witness.

    Attributes:
        old: How many records the witness has seen, as the log believes.
        proof: The proof that these are the beginning of the log of the checkpoint.
        note: The checkpoint, as it is signed.
    """

    old: int
    proof: tuple[bytes, ...]
    note: str

    @classmethod
    def of(cls, view: View, old: int, checkpoint: Checkpoint) -> Asked:
        """Ask a witness that has seen so many records of a log."""
        return cls(old, consistency_proof(old, checkpoint.size, view.node), checkpoint.note)

    @classmethod
    def read(cls, data: bytes) -> Asked:
        """What is asked, from its bytes. Nothing is verified.

        Raises:
            IntegrityError: It is not what a log asks.
        """
        head, gap, note = data.decode(errors="replace").partition("\n\n")
        first, *hashes = head.split("\n")
        number = first.removeprefix("old ")
        plain = number.isascii() and number.isdigit() and str(int(number[:19])) == number
        if len(data) > MAX_ASKED or not gap or first == number or not plain or len(hashes) > 63:
            message = "this is not what a log asks of a witness (`old`, a proof, and a checkpoint)"
            help_ = "`release-gate audit checkpoint --since N` writes it"
            raise IntegrityError([Diagnostic("RG706", message, help=help_)])
        return cls(int(number), tuple(map(read_hash, hashes)), note)

    def __str__(self) -> str:
        """As it is sent: the body of `add-checkpoint` (c2sp.org/tlog-witness)."""
        return f"old {self.old}\n{hash_lines(self.proof)}\n{self.note}"


class Witness:
    """A witness with a name, a key, and a memory."""

    def __init__(self, name: str, signer: Signer, folder: Path, logs: Sequence[NoteKey]) -> None:
        """Witness some logs.

        Args:
            name: The name of the witness.
            signer: Its key, Ed25519, that signs nothing else.
            folder: Where it remembers what it has seen. Nobody else may write there.
            logs: The keys of the logs that it knows.
        """
        self.name, self.signer, self.folder, self.logs = name, signer, folder, logs

    def cosign(self, asked: Asked, time: int) -> Checkpoint:
        """Sign a checkpoint.

        1. A log that is known has signed it.
        2. It is asked from where this witness stands, and not from before or after.
        3. It has no fewer records than were seen.
        4. The records that were seen are its beginning.
        5. It is remembered, on the disk.
        6. It is signed.

        Args:
            asked: What the log asks.
            time: Seconds since 1970.

        Raises:
            IntegrityError: One of the first four does not hold. Nothing is remembered, and nothing signed.
            InputError: It cannot be remembered, or the key does not sign.
        """
        # Step 1.
        checkpoint = open_checkpoint(asked.note.encode(), self.logs)
        place = self.folder / (hashlib.sha256(checkpoint.origin.encode()).hexdigest()[:32] + ".checkpoint")
        lock = self._lock()
        try:
            with locked(lock, self.folder):
                self._check(asked, checkpoint, self._seen(place, checkpoint.origin))
                # Step 5.
                files.replace(place, str(checkpoint).encode())
        finally:
            os.close(lock)
        # Step 6. If this fails, the same may be asked again.
        return cosign(checkpoint, self.name, time, self.signer)

    def _check(self, asked: Asked, new: Checkpoint, seen: Checkpoint) -> None:
        # Step 2.
        if asked.old != seen.size:
            known = f"{counted(seen.size, 'record')} of `{printable(new.origin)}`"
            message = f"this witness has seen {known}, not {asked.old}"
            help_ = f"ask again with `--since {seen.size}`"
            raise IntegrityError([Diagnostic("RG748", message, help=help_)], "nothing was signed")
        # Step 3.
        if new.size < seen.size:
            there = counted(new.size, "record")
            message = f"the checkpoint has {there}, and this witness has seen {seen.size}: truncated"
            raise IntegrityError([Diagnostic("RG714", message, help="nothing was signed")])
        # Step 4.
        if not verify_consistency(seen.size, new.size, asked.proof, seen.root, new.root):
            message = (
                f"the {seen.size} records that were seen are not shown to be the beginning of these: forked"
            )
            help_ = "nothing was signed; either the proof is wrong, or the log has been rewritten"
            raise IntegrityError([Diagnostic("RG715", message, help=help_)])

    def _seen(self, place: Path, origin: str) -> Checkpoint:
        """The newest checkpoint that was signed, or that of an empty log if there is none."""
        try:
            kept = read_bounded(place, MAX_NOTE)
        except FileNotFoundError:
            return Checkpoint(origin, 0, EMPTY)
        except OSError as error:
            raise files.unusable(place, error) from None
        seen = open_checkpoint(kept, self.logs)
        if seen.origin != origin:
            message = f"`{printable(place.as_posix())}` is a checkpoint of another log"
            raise IntegrityError([Diagnostic("RG716", message, help="restore what the witness remembered")])
        return seen

    def _lock(self) -> int:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.unusable(self.folder, error) from None
        lock = lock_file(self.folder / "witness")
        if lock is None:
            message = f"there are no locks in `{printable(self.folder.as_posix())}`"
            help_ = "a witness that two may ask at once needs a file system with locks"
            raise InputError([Diagnostic("RG734", message, help=help_)])
        return lock
