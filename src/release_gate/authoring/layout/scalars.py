"""How a text is written: plain if every reader of YAML takes it for a text, else in quotes or as a block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from release_gate.authoring.layout.parts import Part

__all__ = ["as_block", "on_one_line"]

# YAML 1.1 has more words and numbers that are no texts than we know, and files are read by other tools, too.
_STARTS: Final = re.compile(r"""[-+.0-9?:,\[\]{}#&*!|>'"%@`=~<\s]""")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def on_one_line(part: Part, *, flow: bool) -> str:
    """A scalar on one line, for use within brackets or outside."""
    value: Any = part.value
    if value is None:
        return "null" if flow or part.lines[0] else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return part.lines[0]
    # At the start of a line, what is a text elsewhere would begin or end a document.
    if not part.style and len(part.lines) == 1 and not value.startswith(("---", "...")):
        return part.lines[0]
    if _is_plain(value, flow=flow or not part.style):
        return value
    return _quoted(value)


def _is_plain(text: str, *, flow: bool) -> bool:
    """Whether a text needs no quotes."""
    if not text or _STARTS.match(text) or text[-1] in " :" or text.casefold() in _WORDS:
        return False
    if ": " in text or " #" in text or not text.isprintable():
        return False
    return not (flow and any(char in text for char in "[]{},:"))


def _quoted(text: str) -> str:
    """A text in quotes: double ones, unless single ones need fewer escapes."""
    doubles = text.count('"') + text.count("\\")
    if text.isprintable() and doubles > text.count("'"):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def as_block(part: Part) -> tuple[str, list[str]] | None:
    """The header and the lines of a text over several lines, if it can be written so."""
    value = part.value
    if not isinstance(value, str) or len(part.lines) < (1 if part.style in ("|", ">") else 2):
        return None
    text = value.rstrip("\n")
    if not text.strip() or text[0] in " \t\n" or not text.replace("\n", "").replace("\t", "").isprintable():
        return None
    newlines = len(value) - len(text)
    chomp = {0: "-", 1: ""}.get(newlines, "+")
    if part.style != "|":
        lines = [line.rstrip(" ") for line in part.lines]
        while lines and not lines[-1]:
            lines.pop()
        if _folded(lines) == text:
            return ">" + chomp, [*lines, *[""] * (newlines - 1)]
        if part.style != ">":
            return None
    return "|" + chomp, [*text.split("\n"), *[""] * (newlines - 1)]


def _folded(lines: Sequence[str]) -> str | None:
    """What lines that are folded come to; None, if one of them is kept as it is, for its indentation."""
    if any(line[:1] in (" ", "\t") for line in lines):
        return None
    text = ""
    blank = 0
    for line in lines:
        if not line:
            blank += 1
            continue
        text += "" if not text else ("\n" * blank or " ")
        text += line
        blank = 0
    return text
