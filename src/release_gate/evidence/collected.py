"""What collectors hand back: facts with their provenance, notes, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from release_gate.diagnostics import Diagnostic, Severity, printable

if TYPE_CHECKING:
    from release_gate.evidence.folder import Folder
    from release_gate.evidence.manifest import Manifest
    from release_gate.policy.trust import Standing
    from release_gate.source import Tree

__all__ = ["READER", "Collected", "Found", "Note", "Provenance", "Subject", "Vouch", "problem", "unknown"]

READER: Final = "release-gate"
"""The tool named for a fact that was read from a file nobody's evaluation tool wrote."""


@dataclass(frozen=True, slots=True, order=True)
class Provenance:
    """Where a fact was read.

    Attributes:
        file: The file, with the name of its folder in front.
        at: The line (``line 3``), the JSON pointer (``#/results/piqa/acc``) or the part of a binary file.
        digest: The digest of the file's bytes.
        tool: The tool that wrote the file, with its version where the file says it.
    """

    file: str
    at: str = ""
    digest: str = ""
    tool: str = READER

    def __str__(self) -> str:
        """File and place in it, as ``card/README.md line 3``."""
        return f"{self.file} {self.at}".strip()


@dataclass(frozen=True, slots=True)
class Found:
    """A fact that was read.

    Attributes:
        path: Its path, as rules write it: ``artifact.license``, ``metric.piqa_acc``.
        value: What a request would write there: a value, a measurement, ``{"unknown": REASON}``.
        where: Where it was read.
        note: What a reader should know about it.
    """

    path: str
    value: Tree
    where: Provenance
    note: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether it says only why the fact is not known."""
        return isinstance(self.value, dict) and "unknown" in self.value


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is no fact of a request."""

    text: str
    where: Provenance


@dataclass(frozen=True, slots=True)
class Vouch:
    """A signed statement that a log was measured on an artifact. Its signature holds.

    Attributes:
        person: Who says so.
        role: In which role.
        log: The digest of the log.
        log_name: The name that it had.
        artifact: The digest of the artifact.
        on: The day.
        expires: The last day on which it counts.
        standing: With what right they have signed.
        where: The file with the statement.
    """

    person: str
    role: str
    log: str
    log_name: str
    artifact: str
    on: date
    expires: date | None
    standing: Standing
    where: Provenance


@dataclass(frozen=True, slots=True)
class Subject:
    """A folder that was read, and what was found in it.

    Attributes:
        folder: The folder.
        manifest: Every file with size and digest, and the digest of them all.
        is_model: Whether it holds weights, and so is an artifact.
        found: The facts, in the order of the collectors.
        notes: What else was seen.
        vouches: Who vouches for logs.
    """

    folder: Folder
    manifest: Manifest
    is_model: bool
    found: tuple[Found, ...]
    notes: tuple[Note, ...]
    vouches: tuple[Vouch, ...] = ()


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that was found in some folders.

    Attributes:
        subjects: The folders, in the order they were given.
        problems: What could not be read or is not as it should be.
    """

    subjects: tuple[Subject, ...]
    problems: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the whole collection unusable."""
        return tuple(each for each in self.problems if each.severity is Severity.ERROR)

    @property
    def vouches(self) -> tuple[Vouch, ...]:
        """Every statement that a log was measured on an artifact."""
        return tuple(vouch for each in self.subjects for vouch in each.vouches)

    @property
    def models(self) -> tuple[Subject, ...]:
        """The folders that are artifacts."""
        return tuple(each for each in self.subjects if each.is_model)


def unknown(reason: str) -> Tree:
    """A fact that is not known, as a request writes it."""
    return {"unknown": reason}


def problem(code: str, message: str, help: str = "", *, stops: bool = False) -> Diagnostic:  # noqa: A002
    """A diagnostic about a file. One that ``stops`` leaves nothing to build a request from."""
    return Diagnostic(code, message, None, help, Severity.ERROR if stops else Severity.WARNING)


def listed(words: Sequence[str], limit: int = 5) -> str:
    """Words in backticks, and how many more there are."""
    shown = ", ".join(f"`{printable(word, 100)}`" for word in words[:limit])
    return shown + (f" and {len(words) - limit} more" if len(words) > limit else "")


__all__ += ["listed"]
