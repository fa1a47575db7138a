"""Checkpoints and the keys of those who sign them, as somebody names them on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from release_gate.audit.merkle import root_at
from release_gate.audit.notes import MAX_NOTE, Checkpoint, NoteKey
from release_gate.audit.view import View
from release_gate.bounded import read_bounded
from release_gate.diagnostics import printable, reason_of

__all__ = ["newest", "note_key", "read_checkpoint"]


def newest(view: View) -> Checkpoint:
    """The newest checkpoint that was signed, if it covers all; else one of this moment."""
    note = view.newest_checkpoint()
    signed = Checkpoint.read(note.encode()) if note is not None else None
    if signed is not None and signed.size == view.size:
        return signed
    return Checkpoint(view.origin, view.size, root_at(view.size, view.node))


def note_key(text: str) -> NoteKey:
    """The key of a log or a witness, as somebody writes it or from a file."""
    file = Path(text)
    if "+" not in text or file.is_file():
        try:
            text = read_bounded(file, MAX_NOTE, piped=True).decode()
        except (OSError, UnicodeDecodeError):
            raise click.UsageError(f"`{printable(text)}` is neither a key nor a file with one") from None
        if "PUBLIC KEY" in text:
            shown = printable(file.as_posix())
            hint = f"`release-gate audit key {shown} --name NAME` writes it as those who verify want it"
            raise click.UsageError(f"`{shown}` is a key in PEM, without the name whose key it is; {hint}")
    return NoteKey.read(text)


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint from a file."""
    try:
        data = read_bounded(path, MAX_NOTE, piped=True)
    except OSError as error:
        raise click.UsageError(f"cannot read `{path}`: {reason_of(error)}") from None
    return Checkpoint.read(data)
