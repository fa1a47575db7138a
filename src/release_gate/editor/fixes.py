"""What an editor can mend by itself: a misspelt word, and a warning that does not concern a rule."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from release_gate.authoring.lint import CODES, MEASURED
from release_gate.diagnostics import Diagnostic, Severity
from release_gate.editor.nodes import Node
from release_gate.editor.pages import Page
from release_gate.source import Pointer

__all__ = ["Edit", "Fix", "fixes"]

_MEANT: Final = re.compile(r"did you mean ((?:`[^`]+`(?: or )?)+)")
_QUOTED: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the text, and what takes its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that somebody may want.

    Attributes:
        title: What it does.
        edits: What changes in the text.
        mends: What is wrong without it.
        preferred: Whether it is the obvious one.
    """

    title: str
    edits: tuple[Edit, ...]
    mends: Diagnostic
    preferred: bool = False


def fixes(page: Page, diagnostics: Iterable[Diagnostic]) -> Iterator[Fix]:
    """The changes that mend some of what was found in a page."""
    for found in diagnostics:
        if found.span is None:
            continue
        yield from _spelt(page, found)
        if found.severity is Severity.WARNING:
            yield from _silenced(page, found)
            yield from _removed(page, found)


def _spelt(page: Page, found: Diagnostic) -> Iterator[Fix]:
    """The words that may be meant, in the place of the one that is written."""
    meant = _MEANT.search(found.help)
    if meant is None or found.span is None:
        return
    start, end = page.lines.range_of(found.span)
    words = _QUOTED.findall(meant[1])
    for word in words:
        places = (_place(page.text[start:end], wrong, word) for wrong in _QUOTED.findall(found.message))
        at = next((each for each in places if each is not None), None)
        if at is not None:
            edit = Edit(start + at[0], start + at[1], word)
            yield Fix(f"Write `{word}`", (edit,), found, preferred=len(words) == 1)


def _place(written: str, wrong: str, word: str) -> tuple[int, int] | None:
    """Where in a text what is misspelt stands: all of it, or the step of a path that is most like a word."""
    if written == wrong:
        return 0, len(written)
    step = max(
        wrong.strip("{}").split("."), key=lambda each: difflib.SequenceMatcher(None, each, word).ratio()
    )
    places = [match.span() for match in re.finditer(rf"(?<![\w-]){re.escape(step)}(?![\w-])", written)]
    return places[-1] if len(places) == 1 else None


def _silenced(page: Page, found: Diagnostic) -> Iterator[Fix]:
    """Say that a warning does not concern a rule. The reason is left open, and must be written."""
    if page.kind != "policy/v1" or found.code not in (*CODES, *MEASURED) or found.span is None:
        return
    start, _ = page.lines.range_of(found.span)
    rules = page.root.at(("rules",))
    rule = next(
        (
            index
            for index, each in enumerate((rules.items if rules else None) or ())
            if each.start <= start <= each.end
        ),
        None,
    )
    at: Pointer = () if rule is None else ("rules", rule)
    node = page.root.at(at)
    edit = _silence(page, node, found.code) if node is not None else None
    if edit is not None:
        where = "in this policy" if rule is None else "on this rule"
        yield Fix(f"Silence {found.code} {where}, with a reason that you write", (edit,), found)


def _silence(page: Page, node: Node, code: str) -> Edit | None:
    """Add a code to what a mapping silences."""
    said = f'{code}: ""'
    entry = node.entry("silence")
    if entry is not None and entry.value is not None and entry.value.entries is not None:
        return _added(page, entry.value, said)
    return _added(page, node, f"silence: {{{said}}}") if entry is None else None


def _added(page: Page, mapping: Node, said: str) -> Edit | None:
    """Write one more entry at the end of a mapping."""
    entries = mapping.entries
    if not entries:
        return Edit(mapping.start + 1, mapping.start + 1, said) if mapping.flow else None
    if mapping.flow:
        end = entries[-1].value.end if entries[-1].value is not None else entries[-1].key.end
        return Edit(end, end, f", {said}")
    indent = " " * page.lines.place(entries[0].key.start)[1]
    line, _ = page.lines.place(len(page.text[: mapping.end].rstrip()))
    end = page.lines.ends[line]
    return Edit(end, end, f"\n{indent}{said}")


def _removed(page: Page, found: Diagnostic) -> Iterator[Fix]:
    """Take out a silence that no longer silences anything."""
    if found.code not in ("RG838", "RG839") or found.span is None:
        return
    start, _ = page.lines.range_of(found.span)
    here = page.find(start)
    if here is None or not here.is_key:
        return
    mapping = here.around[-1][1]
    entry = next(each for each in mapping.entries or () if each.key is here.node)
    if len(mapping.entries or ()) == 1:  # with its last code, the whole of it goes
        silence, mapping = mapping, here.around[-2][1]
        entry = next(each for each in mapping.entries or () if each.value is silence)
    edit = _without(page, mapping, entry.key.start, entry.value.end if entry.value else entry.key.end)
    yield Fix("Remove this silence", (edit,), found, preferred=True)


def _without(page: Page, mapping: Node, start: int, end: int) -> Edit:
    """Take an entry out of a mapping, with the comma or the line that it leaves behind."""
    if not mapping.flow:
        first, last = page.lines.place(start)[0], page.lines.place(max(end - 1, start))[0]
        after = page.lines.starts[last + 1] if last + 1 < len(page.lines.starts) else len(page.text)
        return Edit(page.lines.starts[first], after, "")
    before = re.search(r",\s*\Z", page.text[:start])
    if before is not None:
        return Edit(before.start(), end, "")
    after_comma = re.match(r"\s*,\s*", page.text[end:])
    return Edit(start, end + (after_comma.end() if after_comma else 0), "")
