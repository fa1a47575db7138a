"""What can be written at a place, and what each of it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from release_gate.authoring.lint import CODES, MEASURED
from release_gate.editor import schema
from release_gate.editor.cards import FUNCTIONS, WORDS, card
from release_gate.editor.conditions import KEYWORDS, Line, Resolved, describe
from release_gate.editor.hover import condition_at
from release_gate.editor.known_names import policy_of
from release_gate.editor.nodes import Found, Node
from release_gate.editor.pages import Page
from release_gate.editor.roles import names, role_of, within
from release_gate.facts.types import Choice, FactType, ListType, MapType, RecordType, Type
from release_gate.policy.documents import EFFECTS
from release_gate.policy.packs import load_pack, pack_names
from release_gate.source import Pointer

__all__ = ["Item", "complete", "complete_condition"]

HERE: Final = "\ue000"
"""Stands where something is to be written. No document that we accept has it."""
PARTS: Final = {
    "length": "How many members it has.",
    "is_empty": "Whether it has none.",
    "year": "The year.",
    "month": "The month.",
    "day": "The day of the month.",
}
ItemKind = Literal["fact", "section", "word", "name", "key", "function", "keyword", "file"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be written.

    Attributes:
        label: What is shown in the list.
        kind: What kind of thing it is.
        text: What is written.
        detail: What it is, in a few words.
        about: What it means, as Markdown.
        start: From where it takes the place of what is there.
        end: To where.
        first: Whether it comes before the others.
    """

    label: str
    kind: ItemKind
    text: str
    detail: str = ""
    about: str = ""
    start: int = 0
    end: int = 0
    first: bool = False


def complete(page: Page, offset: int) -> list[Item]:
    """What can be written at an offset."""
    text = page.text[:offset] + HERE + page.text[offset:]
    marked = Page(page.path, text)
    found = marked.find(offset)
    if found is None or not _touches(found.node, offset):
        return []
    kind, pointer = within(marked, found.pointer)
    role = role_of(kind, pointer, is_key=found.is_key)
    if role in ("condition", "template"):
        return _condition(marked, found, offset, role)
    start, end = found.node.inner
    if found.is_key:
        items = list(_keys(marked, found, kind, pointer, role))
    else:
        items = [*_values(marked, found, kind, pointer, role), *_keys_below(marked, kind, found)]
    # What was typed is replaced as a whole; the mark is not in the text that the editor has.
    return [_placed(item, start, max(start, end - 1)) for item in items]


def _touches(node: Node, offset: int) -> bool:
    return node.start <= offset < max(node.end, node.start + 1)


def _placed(item: Item, start: int, end: int) -> Item:
    return Item(item.label, item.kind, item.text, item.detail, item.about, start, end, item.first)


# -- conditions


def _condition(page: Page, found: Found, offset: int, role: str) -> list[Item]:
    at = condition_at(page, found, offset, role)
    if at is None:
        return []
    line, start = at
    policy = policy_of(page)
    subject = policy.shape.subject if policy is not None else "release"
    place = offset - start
    without = Line(line.text.replace(HERE, ""), line.root, line.definitions, line.beside)
    items = complete_condition(without, place, subject, facts_only=role == "template")
    quote = '"' if found.node.style == '"' else ""
    return [
        Item(
            each.label,
            each.kind,
            each.text.replace('"', '\\"') if quote else each.text,
            each.detail,
            each.about,
            each.start + start,
            each.end + start,
            each.first,
        )
        for each in items
    ]


def complete_condition(
    line: Line, offset: int, subject: str = "release", *, facts_only: bool = False
) -> list[Item]:
    """What can be written at an offset of a condition.

    Args:
        line: The condition.
        offset: The place in it.
        subject: What the policy judges.
        facts_only: Whether only facts can be written, as in the braces of a text.
    """
    here = line.at(offset)
    if here is not None and here[1].kind == "text" and here[1].start < offset and not _after(line, offset):
        return list(_words(line, here[0], offset))
    word = here[1] if here is not None and here[1].kind in ("name", "function") else None
    start, end = (word.start, word.end) if word is not None else (offset, offset)
    written = line.text[start:offset]
    if "." in written:
        above = written.rpartition(".")[0]
        start, end = start + len(above) + 1, _end_of_step(line.text, offset)
        items = [*_below(line, above, subject)]
    else:
        end = _end_of_step(line.text, offset)
        items = [*_top(line, subject, facts_only=facts_only)]
        items += _compared(line, offset) if not facts_only and word is None else ()
    return [_placed(item, start, end) for item in items]


def _after(line: Line, offset: int) -> bool:
    """Whether an offset is behind a closed text and not within it."""
    found = line.at(offset)
    word = found[1].text.lstrip("dt") if found is not None else ""
    closed = len(word) > 1 and word[-1] == word[0]
    return found is not None and closed and offset == found[1].end


def _end_of_step(text: str, offset: int) -> int:
    match = re.compile(r"[A-Za-z0-9_]*").match(text, offset)
    return match.end() if match else offset


def _words(line: Line, place: int, offset: int) -> Iterator[Item]:
    """The words of the vocabulary that a text is of."""
    found, word = line.vocabulary(place), line.words[place]
    quote = word.text[0]
    closed = len(word.text) > 1 and word.text[-1] == quote
    start = word.start + 1
    # Where the quote is escaped, a blank stands for what escapes it.
    end = word.start + len(word.text[:-1].rstrip()) if closed else _end_of_step(line.text, offset)
    for name, title in (found.members if found is not None else {}).items():
        detail = found.name.replace("_", " ") if found is not None else ""
        yield Item(name, "word", name if closed else name + quote, detail, title, start, end)


def _compared(line: Line, offset: int) -> Iterator[Item]:
    """Words in quotes, where one would stand beside what it is compared with."""
    before = [word for word in line.words if word.end <= offset]
    if len(before) < 2 or (before[-1].kind != "sign" and before[-1].text != "in"):
        return
    found = line.resolve(before[-2].text) if before[-2].kind == "name" else None
    kind = found.kind if found is not None else None
    if isinstance(kind, Choice):
        for name, title in kind.vocabulary.members.items():
            yield Item(f'"{name}"', "word", f'"{name}"', kind.vocabulary.name, title, first=True)


def _top(line: Line, subject: str, *, facts_only: bool) -> Iterator[Item]:
    for name, found in line.variables.items():
        yield _fact(name, name, found, subject, first=True)
    for name in line.root.fields:
        resolved = line.resolve(name, {})
        if resolved is not None and (not isinstance(resolved.kind, RecordType) or resolved.kind.fields):
            yield _fact(name, name, resolved, subject)
    if facts_only:
        return
    if line.definitions:
        yield Item("is", "section", "is.", "named conditions", WORDS["is"])
    for name, about in FUNCTIONS.items():
        yield Item(name, "function", name if name == "$abs" else f"{name}([", "function", about)
    for name in sorted(KEYWORDS):
        yield Item(name, "keyword", name, "", WORDS.get(name, ""))


def _below(line: Line, above: str, subject: str) -> Iterator[Item]:
    if above == "is":
        for name in line.definitions:
            about = getattr(line.definitions[name], "about", "")
            yield Item(name, "name", name, "condition", str(about))
        return
    found = line.resolve(above)
    if found is None:
        return
    match found.kind:
        case RecordType(fields=fields):
            inside: list[str] = list(fields)
        case MapType(words=words):
            inside = list(words)
        case ListType():
            inside = []
            yield from (Item(part, "name", part, "", PARTS[part]) for part in ("length", "is_empty"))
        case _:
            inside = []
            parts = ("year", "month", "day") if found.kind.describe() == "date" else ()
            yield from (Item(part, "name", part, "number", PARTS[part]) for part in parts)
    for name in inside:
        resolved = line.resolve(f"{above}.{name}")
        if resolved is not None:
            yield _fact(name, f"{above}.{name}", resolved, subject)


def _fact(
    label: str,
    path: str,
    found: Resolved,
    subject: str,
    *,
    first: bool = False,
) -> Item:
    is_section = isinstance(found.kind, RecordType | MapType)
    detail = found.title or describe(found.kind)
    about = card(path, found, subject)
    return Item(
        label, "section" if is_section else "fact", label + ("." if is_section else ""), detail, about,
        first=first,
    )  # fmt: skip


# -- keys


def _keys(page: Page, found: Found, kind: str, pointer: Pointer, role: str) -> Iterator[Item]:
    """What can be a key here, but for those that are there."""
    mapping = found.around[-1][1]
    there = {each.key.text for each in mapping.entries or () if each.key is not found.node}
    entry = next((each for each in mapping.entries or () if each.key is found.node), None)
    colon = "" if entry is not None and entry.colon else ": "
    yield from _named_keys(page, role, found.pointer, there, colon)
    yield from _schema_keys(page, kind, pointer[:-1], there, colon)


def _named_keys(page: Page, role: str, pointer: Pointer, there: set[str], colon: str) -> Iterator[Item]:
    """The names of what a key can stand for."""
    if role == "path":
        yield from (
            Item(path, "fact", path + colon, about) for path, about in _paths(page) if path not in there
        )
    if role == "code":
        yield from (Item(code, "name", code + colon) for code in (*CODES, *MEASURED) if code not in there)
    for name, named in names(page, role, pointer).items():
        if name not in there:
            yield Item(name, "name", name + colon, role, named.about)


def _schema_keys(page: Page, kind: str, pointer: Pointer, there: set[str], colon: str) -> Iterator[Item]:
    if not page.kind and not pointer:
        yield Item("release_gate", "key", "release_gate" + colon, "", "The kind of this document.")
        return
    has_effect = len(pointer) == 2 and pointer[0] == "rules" and bool(there & set(EFFECTS))
    for key in schema.keys_at(kind, pointer, extends="extends" in there or page.extends):
        if key.name in there or (has_effect and key.name in EFFECTS):
            continue
        detail = "must be there" if key.required else ""
        yield Item(key.name, "key", key.name + colon, detail, key.about, first=key.required)


def _keys_below(page: Page, kind: str, found: Found) -> Iterator[Item]:
    """The keys of a mapping whose first key is being written, which still looks like a text."""
    start = found.node.start
    if found.node.style or "\n" not in page.text[len(page.text[:start].rstrip()) : start]:
        return
    _, pointer = within(page, found.pointer)
    below: Pointer = (*found.pointer, found.node.text)
    role = role_of(kind, (*pointer, found.node.text), is_key=True)
    yield from _named_keys(page, role, below, set(), ": ")
    yield from _schema_keys(page, kind, pointer, set(), ": ")


# -- values


def _values(page: Page, found: Found, kind: str, pointer: Pointer, role: str) -> Iterator[Item]:
    if found.pointer == ("release_gate",):
        yield from (Item(name, "word", name) for name in schema.KIND_NAMES)
        return
    if role == "policy":
        yield from _packs()
    elif role == "file":
        yield from _files(page)
    elif role == "path":
        yield from (Item(path, "fact", path, about) for path, about in _paths(page))
    elif role == "cell":
        yield from _cell(page, pointer)
    for name, named in names(page, role, found.pointer).items():
        yield Item(name, "name", name, "" if role == "cell" else role, named.about)
    for word, about in schema.words_at(kind, pointer, extends=page.extends).items():
        yield Item(word, "word", word, "", about)


def _packs() -> Iterator[Item]:
    for name in pack_names():
        document = load_pack(name).document
        yield Item(name, "name", name, f"pack, {document.version}", document.title)


def _files(page: Page) -> Iterator[Item]:
    """YAML files near by."""
    folder = page.path.parent
    found = [*folder.glob("*.y*ml"), *folder.glob("*/*.y*ml")]
    for path in sorted(found)[:200]:
        if path != page.path:
            name = path.relative_to(folder).as_posix()
            yield Item(name, "file", name, "file")


def _cell(page: Page, pointer: Pointer) -> Iterator[Item]:
    """The words that a cell of a table may have."""
    policy = policy_of(page)
    column = page.word(("tier_table", "columns", pointer[-1]))
    if policy is None or not column:
        return
    found = Line(column, policy.facts, {}).resolve(column)
    words = found.kind.vocabulary.members if found and isinstance(found.kind, Choice) else {}
    yield Item("any", "keyword", "any", "", "Whatever it is.")
    yield from (Item(word, "word", word, "", title) for word, title in words.items())


def _paths(page: Page) -> Iterator[tuple[str, str]]:
    """The paths of facts that tests can set or expect to be missing."""
    policy = policy_of(page)
    if policy is None:
        return
    waiting: list[tuple[str, Type]] = list(policy.facts.fields.items())
    for path, kind in waiting:
        if path in ("parameter", "tier"):
            continue
        if isinstance(kind, RecordType):
            waiting += [(f"{path}.{name}", inner) for name, inner in kind.fields.items()]
        elif isinstance(kind, MapType):
            waiting += [(f"{path}.{word}", kind.item) for word in kind.words]
        elif isinstance(kind, FactType | ListType):
            yield path, describe(kind)
