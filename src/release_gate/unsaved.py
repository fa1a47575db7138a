"""Texts that are in no file: that stand in an editor and are not saved yet, or come on standard input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

__all__ = ["unsaved", "unsaved_text"]

_texts: ContextVar[Mapping[Path, bytes | str] | None] = ContextVar("unsaved", default=None)


@contextmanager
def unsaved(texts: Mapping[Path, bytes | str]) -> Iterator[None]:
    """Inside, these texts are read in place of the files of their paths, which are absolute and resolved."""
    token = _texts.set(texts)
    try:
        yield
    finally:
        _texts.reset(token)


def unsaved_text(path: Path) -> bytes | str | None:
    """The text that stands for a file, if there is one."""
    texts = _texts.get()
    return texts.get(path.resolve()) if texts else None
