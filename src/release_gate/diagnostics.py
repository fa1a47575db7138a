"""Diagnostics: what is wrong, where, and what to do about it, as data.

Every stage collects all of its diagnostics, and raises them together. They are rendered elsewhere
(text with a code frame, JSON, SARIF), so nothing here prints.

The manner of messages: lower case, no full stop, what the user wrote in backticks, the remedy in
``help``, never the name of a Python type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

__all__ = [
    "Diagnostic",
    "DocumentError",
    "InputError",
    "IntegrityError",
    "PolicyError",
    "ReleaseGateError",
    "RequestError",
    "Severity",
    "Source",
    "Span",
    "counted",
    "did_you_mean",
    "lines_of",
    "listed",
    "nearest",
    "offer",
    "printable",
    "reason_of",
]


class Severity(StrEnum):
    """How bad a diagnostic is. Any ``error`` means that there is no decision."""

    ERROR = "error"
    WARNING = "warning"


@lru_cache(maxsize=4)
def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text. Asked again and again for the same few."""
    return tuple(text.splitlines())


@dataclass(frozen=True, slots=True)
class Source:
    """A text that was read, and the name that its reader knows it by."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source. Lines and columns start at 1 and count code points; the end is exclusive."""

    source: Source = field(compare=False)
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def file(self) -> str:
        """The name of the file that this is a part of."""
        return self.source.name

    @property
    def text(self) -> str:
        """What is written there, for a span within one line; else the rest of its first line."""
        lines = lines_of(self.source.text)
        if not 0 < self.line <= len(lines):
            return ""
        end = self.end_column - 1 if self.end_line == self.line else None
        return lines[self.line - 1][self.column - 1 : end]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong with an input.

    Attributes:
        code: Stable identifier such as ``RG101``; the reference has a page for each.
        message: What is wrong, in a sentence without a full stop.
        span: Where, if it has a place.
        help: What to do about it.
        severity: ``error`` or ``warning``.
    """

    code: str
    message: str
    span: Span | None = None
    help: str = ""
    severity: Severity = Severity.ERROR

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order by place, then by code: the same for every run."""
        if self.span is None:
            return ("", 0, 0, self.code, self.message)
        return (self.span.file, self.span.line, self.span.column, self.code, self.message)

    def __str__(self) -> str:
        """One line: place, code, message."""
        place = f"{self.span.file}:{self.span.line}:{self.span.column}: " if self.span else ""
        return f"{place}{self.code} {self.message}" + (f" ({self.help})" if self.help else "")


class ReleaseGateError(Exception):
    """Everything that this library raises on purpose."""


class InputError(ReleaseGateError):
    """An input cannot be used. Carries every diagnostic that was found, sorted by place.

    Attributes:
        diagnostics: At least one error.
        outcome: What has been done and what has not, where that is not plain from the kind of error.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], outcome: str = "") -> None:
        """Sort the diagnostics and drop repetitions."""
        self.outcome = outcome
        self.diagnostics: tuple[Diagnostic, ...] = tuple(
            sorted(dict.fromkeys(diagnostics), key=lambda found: found.sort_key)
        )
        super().__init__("\n".join(str(found) for found in self.diagnostics))


class DocumentError(InputError):
    """A file cannot be read as a document: bytes, YAML or kind."""


class PolicyError(InputError):
    """A policy or a gate file is not valid."""


class RequestError(InputError):
    """A request is not valid, by itself or for the policies that judge it."""


class IntegrityError(InputError):
    """A digest, a signature or a record does not hold: something is not what it claims to be."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A help text that offers the choices nearest to ``word``, or lists them if they are few.

    They are listed in their own order, if they have one: access levels from closed to open.
    """
    ordered = isinstance(choices, Sequence | Mapping)
    options = list(dict.fromkeys(choices)) if ordered else sorted(set(choices))
    few = listed(options) if len(word) <= 100 else ""
    return offer(nearest(word, options)) or (f"one of {few}" if few else "")


def offer(names: Collection[str]) -> str:
    """A help text that offers some names; nothing if there are none."""
    return f"did you mean {' or '.join(f'`{name}`' for name in names)}" if names else ""


def listed(choices: Collection[str], most: int = 12) -> str:
    """The choices in words, if they are no more than so many; else nothing."""
    return ", ".join(f"`{name}`" for name in choices) if len(choices) <= most else ""


def nearest(word: str, choices: Collection[str]) -> list[str]:
    """The choices that ``word`` may be a misspelling of, nearest first."""
    if len(word) > 100 or len(choices) > 1000:  # comparing is slow, and nobody misspelt that
        return []
    import difflib  # noqa: PLC0415 - few words are misspelt

    folded: dict[str, list[str]] = {}
    for name in sorted(choices):
        folded.setdefault(name.casefold(), []).append(name)
    near = difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=0.6)
    return [name for fold in near for name in folded[fold]]


def counted(number: int, one: str, many: str = "") -> str:
    """So many of something: `1 problem`, `2 problems`.

    Args:
        number: How many.
        one: What one of them is called.
        many: What several are called, if that is not one of them with an `s`.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def reason_of(error: OSError) -> str:
    """Why the system refused, as a message ends with it."""
    said = error.strerror or "it cannot be used"
    return said[:1].lower() + said[1:]


def printable(text: str, limit: int = 200) -> str:
    """Text that is safe to show on a terminal: control and format characters escaped, length bounded."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut
    )
