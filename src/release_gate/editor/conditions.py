"""The words of a condition that is being written, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from release_gate.facts.types import Choice, FactType, ListType, MapType, RecordType, Type
from release_gate.facts.vocabularies import Vocabulary

__all__ = ["Line", "Resolved", "Word", "masked"]

_TOKEN: Final = re.compile(
    r"""(?P<text>[dt]?(?:"[^"\n]*(?:"|\Z|(?=\n))|'[^'\n]*(?:'|\Z|(?=\n))))"""
    r"|(?P<function>\$[A-Za-z_]*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.(?:[A-Za-z_][A-Za-z0-9_]*)?)*)"
    r"|(?P<number>[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<sign>==|!=|<=|>=|=~~?|!~~?|\?\?|\*\*|//|[^\s\w])"
)
_COMPARE: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "??"})
KEYWORDS: Final = frozenset({"and", "or", "not", "in", "for", "if", "true", "false", "null"})


def masked(raw: str, style: str) -> str:
    """What a quoted text says, of the same length: what only escapes is a blank."""
    if style == '"':
        return raw.replace('\\"', ' "')
    return raw.replace("''", " '") if style == "'" else raw


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a sign of a condition, with its place in it."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a path leads to.

    Attributes:
        kind: Its type.
        path: The path in general: ``[]`` for a member of a list and ``*`` for any word.
        title: What the last word of the path means, if it is one of a vocabulary.
    """

    kind: Type
    path: str
    title: str = ""


class Line:
    """A condition, as far as it is written.

    Attributes:
        text: The condition.
        root: Every fact that it may read.
        definitions: The names behind ``is``.
        beside: Variables of the conditions beside it, for a text that shows facts.
    """

    def __init__(
        self,
        text: str,
        root: RecordType,
        definitions: Mapping[str, object],
        beside: Mapping[str, Resolved] | None = None,
    ) -> None:
        self.text, self.root, self.definitions, self.beside = text, root, definitions, beside or {}

    @cached_property
    def words(self) -> list[Word]:
        """Its words and signs."""
        return [
            Word(str(match.lastgroup), match[0], match.start(), match.end())
            for match in _TOKEN.finditer(self.text)
        ]

    def at(self, offset: int) -> tuple[int, Word] | None:
        """The word at an offset, with its number. At the end of one, it is that one."""
        touching = [
            (index, word) for index, word in enumerate(self.words) if word.start <= offset <= word.end
        ]
        named = [each for each in touching if each[1].kind != "sign"]
        return next(iter(named or touching), None)

    @cached_property
    def variables(self) -> Mapping[str, Resolved]:
        """The variables of its comprehensions, each as a member of what it runs over."""
        found: dict[str, Resolved] = {**self.beside}
        for place, word in enumerate(self.words[:-3]):
            name, within, items = self.words[place + 1 : place + 4]
            if (word.text, within.text) == ("for", "in") and name.kind == items.kind == "name":
                over = self.resolve(items.text, found)
                if over is not None and isinstance(over.kind, ListType):
                    found[name.text] = Resolved(over.kind.item, over.path + "[]")
        return found

    def resolve(self, path: str, names: Mapping[str, Resolved] | None = None) -> Resolved | None:
        """What a path leads to; None if nowhere."""
        head, *rest = path.split(".")
        found = (self.variables if names is None else names).get(head)
        if found is None:
            if head not in self.root.fields:
                return None
            found = Resolved(self.root.fields[head], head)
        for name in rest:
            kind, title = found.kind, ""
            if isinstance(kind, RecordType):
                inner, step = kind.fields.get(name), name
            elif isinstance(kind, MapType):
                inner, step, title = (
                    (kind.item if name in kind.words else None),
                    "*",
                    kind.words.get(name, ""),
                )
            else:
                return None
            if inner is None:
                return None
            found = Resolved(inner, f"{found.path}.{step}", title)
        return found

    def vocabulary(self, place: int) -> Vocabulary | None:
        """The vocabulary that a text is a word of, by what it is compared with."""
        left = place - 1
        while left >= 0 and (self.words[left].kind == "text" or self.words[left].text in ("[", ",")):
            left -= 1
        sides = [(left, left - 1)]
        right = place + 1
        while right < len(self.words) and (
            self.words[right].kind == "text" or self.words[right].text in ("]", ",")
        ):
            right += 1
        sides.append((right, right + 1))
        for sign, other in sides:
            if not (0 <= sign < len(self.words) and 0 <= other < len(self.words)):
                continue
            if self.words[sign].text in _COMPARE and self.words[other].kind == "name":
                found = self.resolve(self.words[other].text)
                kind = found.kind if found is not None else None
                kind = kind.item if isinstance(kind, ListType) else kind
                if isinstance(kind, Choice):
                    return kind.vocabulary
        return None


def describe(kind: Type) -> str:
    """A type in words, without the words of its vocabulary."""
    match kind:
        case Choice(vocabulary=found):
            return f"{found.name.replace('_', ' ')}" + (", ordered" if found.ordered else "")
        case ListType():
            return f"list of: {describe(kind.item)}"
        case RecordType():
            return "several facts"
        case MapType():
            return f"one for each {kind.name.replace('_', ' ')}"
        case FactType():
            return kind.describe()
