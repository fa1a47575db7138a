"""``release-gate explain-code``: what a diagnostic code means."""

from __future__ import annotations

from typing import Any

import click

from release_gate.cli.outputs import Output, emit, output_option
from release_gate.codes import Explanation, codes, explanation
from release_gate.diagnostics import did_you_mean, printable
from release_gate.escape import json_text


@click.command("explain-code")
@click.argument("code", required=False)
@output_option("text", "json", "markdown")
def explain_code(code: str | None, outputs: list[Output]) -> int:
    """Say what a diagnostic CODE means, why it matters, and what to do. Without one, list all codes.

    Exit codes: 0 the code is explained, 2 there is no such code.
    """
    found = [each for name in ([_written(code)] if code else codes()) if (each := explanation(name))]
    if not found:
        near = did_you_mean(str(code), codes())
        raise click.UsageError(f"there is no code {printable(str(code), 40)}" + (f"; {near}" if near else ""))
    for form, path in outputs:
        emit(_as_json(found, one=bool(code)) if form == "json" else _shown(found, form, one=bool(code)), path)
    return 0


def _written(code: str) -> str:
    """A code as it is written everywhere, of one that somebody has typed."""
    return f"RG{code}" if code.isdigit() else code.upper()


def _shown(found: list[Explanation], form: str, *, one: bool) -> str:
    """One page, or a list with a line for each."""
    if form == "markdown":
        return "\n".join(f"# {each.code}: {each.title}\n\n{each.text}" for each in found)
    if one:
        return "".join(f"{each.code}: {each.title}\n\n{_plain(each.text)}" for each in found)
    return "".join(f"{each.code}  {each.title}\n" for each in found)


def _plain(text: str) -> str:
    """Markdown for a terminal: blocks are indented, and not fenced."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
            name = line.partition('title="')[2].rstrip('"')
            lines += [f"  {name}:", ""] if inside and name else []
        else:
            lines.append(f"    {line}".rstrip() if inside else line)
    return "\n".join(lines) + "\n"


def _as_json(found: list[Explanation], *, one: bool) -> str:
    """The page, or all of them, as JSON."""
    pages: list[dict[str, Any]] = [
        {"code": each.code, "title": each.title, "text": each.text} for each in found
    ]
    return json_text(pages[0] if one else pages) + "\n"
