"""A document as far as it can be read: what is where, even while half of it is still to be written.

:mod:`release_gate.source` refuses whatever is not right, and so knows nothing of a text in which somebody is
typing. This reader refuses nothing: what it cannot make sense of it passes over, and goes on at the next line
that stands further left. It is for showing things and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from release_gate.editor.nodes import Entry, Node

__all__ = ["outline"]

MAX_DEPTH: Final = 64
_KEY_END: Final = re.compile(r":(?=\s|\Z)|\s#|\n|\Z")
_NO_KEY: Final = frozenset("#?,[]{}\"'&*!|>%@`")
_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", re.DOTALL)
_PLAIN: Final = re.compile(r"(?:[^\s#]|(?<=\S)#|[ \t]+(?![\s#]))+")
_PLAIN_IN_FLOW: Final = re.compile(
    r"(?:[^\s#,\[\]{}:]|(?<=\S)#|:(?![\s,\[\]{}]|\Z)|[ \t]+(?![\s#,\[\]{}]|:(?:[\s,\[\]{}]|\Z)))+"
)
_BLANKS: Final = re.compile(r"[ \t]+")
_SPACE: Final = re.compile(
    r"(?:\s|(?:(?<=\s)|\A)#[^\n]*|^(?:---(?=\s|\Z)|\.\.\.(?=\s|\Z)|%)[^\n]*)+", re.MULTILINE
)
_PROPERTY: Final = re.compile(r"[&*!]\S*[ \t]*")
_HEADER: Final = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_LINE: Final = re.compile(r"([ \t]*)([^\n]*)(?:\n|\Z)")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "\n": ""}


def outline(text: str) -> Node:
    """Read a text as far as it can be read."""
    return _Reader(text).document()


class _Reader:
    """Reads a text from its start to its end. ``least`` is the column that the lines of a value reach."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def document(self) -> Node:
        """A mapping: whatever else it is, it is no document of ours."""
        self.space()
        if self.char() == "{" and self.text.rstrip().endswith("}"):
            found = self.flow(0, 0)
            if found.entries is not None:
                return found
        return self.mapping(self.column(), 0)

    # -- where we are

    def char(self, ahead: int = 0) -> str:
        return self.text[self.place + ahead : self.place + ahead + 1]

    def column(self) -> int:
        return self.place - (self.text.rfind("\n", 0, self.place) + 1)

    def space(self) -> None:
        """Go on to the next thing that is written, over comments and lines."""
        if match := _SPACE.match(self.text, self.place):
            self.place = match.end()

    def blanks(self) -> None:
        if match := _BLANKS.match(self.text, self.place):
            self.place = match.end()

    def rest_of_line(self) -> None:
        end = self.text.find("\n", self.place)
        self.place = len(self.text) if end < 0 else end

    def is_dash(self) -> bool:
        return self.char() == "-" and self.char(1) in ("", " ", "\t", "\n", "\r")

    def key(self) -> Node | None:
        """The key that stands here with its colon, which is then behind us."""
        start = self.place
        if self.char() in ("'", '"'):
            match = _QUOTED.match(self.text, start)
            if match is None or "\n" in match[0]:
                return None
            end = match.end()
            colon = _BLANKS.match(self.text, end)
            after = colon.end() if colon else end
            if self.text[after : after + 1] != ":" or self.text[after + 1 : after + 2].strip():
                return None
            self.place = after + 1
            return self.quoted_node(start, end)
        if self.char() in _NO_KEY or self.is_dash():
            return None
        match = _KEY_END.search(self.text, start)
        if match is None or match[0] != ":":
            return None
        self.place = match.end()
        return self.plain_node(start, start + len(self.text[start : match.start()].rstrip()))

    # -- what stands in lines

    def block(self, least: int, depth: int) -> Node | None:
        """The value that starts here or on a later line, if that reaches ``least``."""
        self.space()
        column = self.column()
        if self.place >= len(self.text) or column < least:
            return None
        if depth > MAX_DEPTH:
            return self.text_here(least)
        if self.is_dash():
            return self.list(column, depth)
        start = self.place
        if self.key() is not None or (self.char() not in _NO_KEY and self.goes_on(column)):
            self.place = start
            return self.mapping(column, depth)
        return self.text_here(least, depth)

    def goes_on(self, column: int) -> bool:
        """Whether the line below this one starts where it does, so that both are keys."""
        start = self.place
        self.rest_of_line()
        self.space()
        below = self.column() if self.place < len(self.text) else -1
        self.place = start
        return below == column

    def mapping(self, column: int, depth: int) -> Node:
        node = Node(self.place, self.place, entries=[])
        entries: list[Entry] = []
        while self.place < len(self.text) and self.column() >= column:
            if self.is_dash():
                self.rest_of_line()
            elif (key := self.key()) is not None:
                entry = Entry(key)
                entries.append(entry)
                entry.value = self.value(column, depth)
                node.end = entry.value.end if entry.value else key.end
            else:
                half = self.half()
                entries += [Entry(half, colon=False)] if half else []
                node.end = half.end if half else node.end
                self.rest_of_line()
            self.space()
        node.entries = entries
        return node

    def half(self) -> Node | None:
        """A word that may become a key."""
        match = _PLAIN.match(self.text, self.place)
        return self.plain_node(match.start(), match.end()) if match else None

    def list(self, column: int, depth: int) -> Node:
        node = Node(self.place, self.place, items=[])
        items: list[Node] = []
        while self.place < len(self.text) and self.column() == column and self.is_dash():
            self.place += 1
            after = self.place
            item = self.item(column, depth)
            items.append(item or Node(after, after, inner=(after, after)))
            node.end = items[-1].end
            self.space()
            while self.place < len(self.text) and self.column() > column:  # what nothing has taken
                self.rest_of_line()
                self.space()
        node.items = items
        return node

    def item(self, column: int, depth: int) -> Node | None:
        self.blanks()
        start = self.place
        if self.char() not in ("", "\n", "\r", "#"):
            if self.is_dash() and depth < MAX_DEPTH:
                return self.list(self.column(), depth + 1)
            if depth < MAX_DEPTH and self.key() is not None:
                self.place = start
                return self.mapping(self.column(), depth + 1)
            return self.text_here(column + 1, depth)
        return self.block(column + 1, depth + 1)

    def value(self, column: int, depth: int) -> Node | None:
        """The value of a key that stands in a column."""
        self.blanks()
        if self.char() not in ("", "\n", "\r", "#"):
            return self.text_here(column + 1, depth)
        self.space()
        if self.is_dash() and self.column() == column and depth < MAX_DEPTH:
            return self.list(column, depth + 1)
        return self.block(column + 1, depth + 1)

    def text_here(self, least: int, depth: int = MAX_DEPTH) -> Node | None:
        """A text, or what is in brackets. What else is on its last line is passed over."""
        while match := _PROPERTY.match(self.text, self.place):
            self.place = match.end()
        char = self.char()
        if char in ("{", "["):
            found: Node | None = self.flow(least, depth)
        elif char in ("'", '"'):
            found = self.quoted(least)
        elif char in ("|", ">") and _HEADER.match(self.text, self.place):
            return self.literal(least)
        else:
            found = self.plain(least)
        self.rest_of_line()
        return found

    def plain(self, least: int) -> Node | None:
        start = end = self.place
        while match := _PLAIN.match(self.text, self.place):
            self.place = end = match.end()
            self.blanks()
            if self.char() == "#":
                break
            self.space()
            if self.text[end : self.place].count("#") or self.column() < least:
                break
        self.place = end
        return self.plain_node(start, end) if end > start else None

    def plain_node(self, start: int, end: int) -> Node:
        return Node(start, end, text=" ".join(self.text[start:end].split()), inner=(start, end))

    def quoted(self, least: int) -> Node:
        """A quoted text; to the end of its line, if a line within it stands too far left."""
        start = self.place
        match = _QUOTED.match(self.text, start)
        if match is None or not self.reaches(match[0], least):
            self.rest_of_line()
            return Node(start, self.place, self.text[start], self.text[start + 1 : self.place],
                        (start + 1, self.place))  # fmt: skip
        self.place = match.end()
        return self.quoted_node(start, self.place)

    @staticmethod
    def reaches(text: str, least: int) -> bool:
        """Whether every line of a text but the first reaches a column."""
        return all(
            not line.strip() or len(line) - len(line.lstrip()) >= least for line in text.split("\n")[1:]
        )

    def quoted_node(self, start: int, end: int) -> Node:
        quote, inner = self.text[start], self.text[start + 1 : end - 1]
        if quote == '"':
            said = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), inner)
        else:
            said = inner.replace("''", "'")
        if "\n" in inner:
            said = " ".join(said.split())
        return Node(start, end, quote, said, (start + 1, end - 1))

    def literal(self, least: int) -> Node:
        start, style = self.place, self.char()
        self.rest_of_line()
        body = end = min(self.place + 1, len(self.text))
        lines: list[str] = []
        while end < len(self.text) and (match := _LINE.match(self.text, end)):
            if match[2].strip() and len(match[1]) < least:
                break
            lines.append(match[2])
            end = match.end()
        self.place = end
        said = ("\n" if style == "|" else " ").join(lines).rstrip()
        return Node(start, end, style, said, (body, end))

    # -- what stands in brackets

    def flow(self, least: int, depth: int) -> Node:
        node = Node(self.place, self.place, flow=True)
        if depth >= MAX_DEPTH:
            self.rest_of_line()
            node.end = self.place
            return node
        is_mapping = self.char() == "{"
        close = "}" if is_mapping else "]"
        self.place += 1
        entries: list[Entry] = []
        items: list[Node] = []
        while self.flow_space(least):
            before = self.place
            if self.char() == close:
                self.place += 1
                break
            if self.char() in ("}", "]"):
                break
            if self.char() == ",":
                self.place += 1
            elif is_mapping:
                entries += self.flow_entry(least, depth)
            else:
                items += self.flow_item(least, depth)
            self.place += self.place == before
        node.end = self.place
        node.entries, node.items = (entries, None) if is_mapping else (None, items)
        return node

    def flow_space(self, least: int) -> bool:
        """Go on to what comes next inside of brackets; not past a line that stands too far left."""
        start = self.place
        self.space()
        if self.place >= len(self.text):
            self.place = start
            return False
        crossed = "\n" in self.text[start : self.place]
        if crossed and self.column() < least and self.char() not in ("}", "]"):
            self.place = start
            return False
        return True

    def flow_entry(self, least: int, depth: int) -> Iterator[Entry]:
        if self.char() in ("{", "["):  # a key is a text
            self.flow(least, depth + 1)
            return
        key = self.flow_text(least)
        if key is not None:
            yield self.flow_pair(key, least, depth)

    def flow_item(self, least: int, depth: int) -> Iterator[Node]:
        if self.char() in ("{", "["):
            yield self.flow(least, depth + 1)
            return
        said = self.flow_text(least)
        if said is None:
            return
        pair = self.flow_pair(said, least, depth)
        if pair.colon:
            end = pair.value.end if pair.value else said.end
            yield Node(said.start, end, entries=[pair], flow=True)
        else:
            yield said

    def flow_pair(self, key: Node, least: int, depth: int) -> Entry:
        """A key with what follows behind its colon, if there is one."""
        if not self.flow_space(least) or self.char() != ":":
            return Entry(key, colon=False)
        self.place += 1
        if not self.flow_space(least) or self.char() in (",", "}", "]"):
            return Entry(key)
        while match := _PROPERTY.match(self.text, self.place):
            self.place = match.end()
        if self.char() in ("{", "["):
            return Entry(key, self.flow(least, depth + 1))
        return Entry(key, self.flow_text(least))

    def flow_text(self, least: int) -> Node | None:
        if self.char() in ("'", '"'):
            return self.quoted(least)
        start = end = self.place
        while match := _PLAIN_IN_FLOW.match(self.text, self.place):
            self.place = end = match.end()
            if not self.flow_space(least) or "#" in self.text[end : self.place]:
                break
        self.place = end
        return self.plain_node(start, end) if end > start else None
