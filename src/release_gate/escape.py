"""Texts of requests and policies, made harmless for where they are shown.

Whoever names a model may choose any printable text, and a build log, a pull request and a code-scanning
page each give some texts a meaning. Only the meaning is taken away; the text stays readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from release_gate.canonical import plain
from release_gate.diagnostics import printable

__all__ = ["cut", "json_text", "log_line", "markdown"]


def cut(text: str, limit: int) -> str:
    """Printable text of at most ``limit`` characters. Line breaks become spaces; ``…`` is what was cut."""
    shown = printable(" ".join(text.split()), 4 * limit)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def log_line(line: str) -> str:
    """A line for a build log, which no runner takes for a command.

    GitHub runs lines that start with ``::``, and ``##[…]`` anywhere; Azure runs ``##vso[…]`` anywhere.
    """
    line = line.replace("##", "# #")
    return re.sub(r"^(\s*):(?=:)", r"\1: ", line)


def json_text(value: Any, indent: int | None = 2, margin: str = "") -> str:
    """JSON text that is safe to print: what is invisible, or a command of a build log, is written escaped.

    Args:
        value: What to write.
        indent: Spaces for each level, or None for all on one line.
        margin: What stands before every line but the first.
    """
    text = _ONE_LINE.encode(plain(value)) if indent is None else _lines(value, " " * indent, "\n" + margin)
    return re.sub(r"[^\x00-\x7e]", _escaped, text.replace("##", r"#\u0023"))


_ONE_LINE = json.JSONEncoder(ensure_ascii=False)


def _lines(value: Any, step: str, end: str) -> str:
    """JSON on many lines. The encoder of the standard library takes three times as long for these."""
    if isinstance(value, str):
        return _ONE_LINE.encode(value)
    inner = end + step
    if isinstance(value, Mapping):
        members = [
            f"{_ONE_LINE.encode(str(key))}: {_lines(each, step, inner)}" for key, each in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(members)}{end}}}" if members else "{}"
    if isinstance(value, list | tuple):
        members = [_lines(each, step, inner) for each in value]
        return f"[{inner}{f',{inner}'.join(members)}{end}]" if members else "[]"
    return _ONE_LINE.encode(plain(value))


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


_SPECIAL = re.compile(r"([\\`*_\[\]#|~>$])")
_ADDRESS = re.compile(r"(\bwww|\bhttps?|\bftp|\bmailto|\bxmpp)(?=[.:])", re.IGNORECASE)


def markdown(text: str, limit: int = 1000) -> str:
    """Text for Markdown: nothing in it formats, links, mentions a person or is HTML."""
    shown = cut(text, limit).replace("&", "&amp;").replace("<", "&lt;")
    shown = _SPECIAL.sub(r"\\\1", shown)
    # A zero-width space keeps `@team` from notifying, `#1` from referring, and addresses from being linked.
    shown = re.sub(r"([@#])(?=\w)", r"\1&#8203;", shown)
    return _ADDRESS.sub(r"\1&#8203;", shown)
