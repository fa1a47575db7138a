"""JSON text to a located tree, in a tenth of the time that the reader of YAML takes.

JSON is YAML, so that there is one set of rules for both, and :mod:`release_gate.yaml_reader` has it. What is
read here is what that reader certainly reads as the same tree, at the same places; of anything else nothing
is said here. Places are looked for when somebody asks for one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, Rounded
from functools import cached_property
from typing import Any, Final, TypeAlias

from release_gate.diagnostics import Source, Span
from release_gate.limits import MAX_DEPTH, MAX_SCALAR, Limits
from release_gate.located import Document, Pointer
from release_gate.scalars import EXACT, MAX_NUMBER

__all__ = ["read_json"]


def read_json(source: Source, limits: Limits) -> Document | None:
    """A document that is a mapping in JSON, or None if it is not certain to be one by all rules.

    Args:
        source: The name and the text, without the characters that no document may hold.
        limits: How much it may hold.
    """
    text = source.text
    if not _is_usual(text, limits.values):
        return None
    try:
        tree = _DECODER.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    if not isinstance(tree, dict) or _is_deeper(tree, MAX_DEPTH):
        return None
    places = _Places(source)
    return Document(source, tree, _Spans(places), _Keys(places), _Styles(places))


def _is_usual(text: str, values: int) -> bool:
    """Whether nothing in a text could be refused, or read in another way, but for what the decoder sees."""
    if not text.replace("\n", "").isprintable():  # a tab, a carriage return, or worse
        return False
    if not (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return False
    if "\\" in text and not _USUAL_ESCAPES.fullmatch(text):
        return False
    if _LATE_COLON.search(text) or sum(map(text.count, ",:{[")) >= values:
        return False
    return len(text) <= MAX_SCALAR or ("\\" not in text and max(map(len, text.split('"'))) <= MAX_SCALAR)


_USUAL_ESCAPES: Final = re.compile(r'(?:[^\\]++|\\["\\/nt])*+')
_LATE_COLON: Final = re.compile(r"\n *:")
"""YAML has a key and its colon on one line."""
_LONGEST_KEYS: Final = 400
"""As many characters the keys of a mapping may have together. YAML has keys of at most 1024."""


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs) or len("".join(mapping)) > _LONGEST_KEYS:
        raise ValueError
    return mapping


def _number(text: str) -> Decimal:
    if len(text) > MAX_NUMBER:
        raise ValueError
    return _EXACTLY(text) or _ZERO


def _refuse(_word: str) -> None:
    raise ValueError


_UNROUNDED: Final[Context] = EXACT.copy()
_UNROUNDED.traps[Rounded] = True
_ZERO: Final = Decimal(0)
_EXACTLY: Final = _UNROUNDED.create_decimal
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_mapping, parse_float=_number, parse_int=_number, parse_constant=_refuse
)


def _is_deeper(tree: Any, depth: int) -> bool:
    level = [tree]
    while level and depth >= 0:
        level = [
            each
            for part in level
            for each in (part.values() if part.__class__ is dict else part)
            if each.__class__ is dict or each.__class__ is list
        ]
        depth -= 1
    return depth < 0


# ---------------------------------------------------------------- places


_Part: TypeAlias = "tuple[tuple[int, int] | None, tuple[int, int]]"
"""Where a part of a mapping or a list stands: the offsets of its key, and of its value."""

_TEXT: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PART: Final = re.compile(rf'\s*(?:({_TEXT})\s*:\s*)?(?:({_TEXT}|[^\s"{{}}\[\],]++)\s*[,}}\]])?')
"""A part of a mapping or a list, and what is behind it; if it is no scalar, only what is before it."""
_NOTHING: Final[Mapping[str | int, _Part]] = {}
_NEXT: Final = re.compile(r"\s*[,}\]]")
_value_at: Final = json.JSONDecoder().scan_once  # type: ignore[attr-defined] # it is what decoders are made of


class _Places:
    """Where things stand in a JSON text that was read. It is looked through where a part is asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        text = source.text
        self.top: _Part = (None, (len(text) - len(text.lstrip()), len(text.rstrip())))
        self._inside: dict[Pointer, dict[str | int, _Part]] = {}

    def part(self, pointer: Pointer) -> _Part | None:
        """Where something stands, if it does."""
        return self.inside(pointer[:-1]).get(pointer[-1]) if pointer else self.top

    def inside(self, pointer: Pointer) -> Mapping[str | int, _Part]:
        """The parts of a mapping or a list; of what is neither, or is not there, none."""
        found = self._inside.get(pointer)
        if found is None:
            whole = self.part(pointer)
            if whole is None or self.source.text[whole[1][0]] not in "{[":
                return _NOTHING
            found = self._inside[pointer] = dict(self._parts(whole[1][0]))
        return found

    def _parts(self, at: int) -> Iterator[tuple[str | int, _Part]]:
        text = self.source.text
        number, at, more = 0, at + 1, True
        while more:
            found = _PART.match(text, at)
            assert found is not None  # noqa: S101 - it matches anything
            key, value, at = found.span(1), found.span(2), found.end()
            if value[0] < 0:
                if text[at] in "]}":  # it is empty
                    return
                value = (at, _value_at(text, at)[1])
                at = _after(text, value[1])
            if key[0] < 0:
                yield number, (None, value)
                number += 1
            else:
                name = text[key[0] + 1 : key[1] - 1]
                yield json.loads(f'"{name}"') if "\\" in name else name, (key, value)
            more = text[at - 1] == ","

    def pointers(self, pointer: Pointer = ()) -> Iterator[Pointer]:
        """The way to everything that stands there."""
        yield pointer
        for step in self.inside(pointer):
            yield from self.pointers((*pointer, step))

    @cached_property
    def _lines(self) -> list[int]:
        """What stands before each line. Counted once: somebody may ask where everything stands."""
        return [-1, *(found.start() for found in re.finditer("\n", self.source.text))]

    def span(self, offsets: tuple[int, int]) -> Span:
        numbers = [bisect_left(self._lines, at) for at in offsets]
        columns = [at - self._lines[number - 1] for at, number in zip(offsets, numbers, strict=True)]
        return Span(self.source, numbers[0], columns[0], numbers[1], columns[1])


def _after(text: str, at: int) -> int:
    """What is behind the comma or the closing after a part."""
    found = _NEXT.match(text, at)
    assert found is not None  # noqa: S101 - it was read
    return found.end()


class _Spans(Mapping[Pointer, Span]):
    """The place of each value."""

    def __init__(self, places: _Places) -> None:
        self._places = places

    def __getitem__(self, pointer: Pointer) -> Span:
        found = self._places.part(pointer)
        if found is None:
            raise KeyError(pointer)
        return self._places.span(found[1])

    def __contains__(self, pointer: object) -> bool:
        return isinstance(pointer, tuple) and self._places.part(pointer) is not None

    def __iter__(self) -> Iterator[Pointer]:
        return self._places.pointers()

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Keys(_Spans):
    """The place of each key."""

    def __getitem__(self, pointer: Pointer) -> Span:
        found = self._places.part(pointer)
        if found is None or found[0] is None:
            raise KeyError(pointer)
        return self._places.span(found[0])

    def __contains__(self, pointer: object) -> bool:
        found = self._places.part(pointer) if isinstance(pointer, tuple) else None
        return found is not None and found[0] is not None

    def __iter__(self) -> Iterator[Pointer]:
        return (each for each in self._places.pointers() if each in self)


class _Styles(Mapping[Pointer, str]):
    """How each text is quoted: JSON has one way."""

    def __init__(self, places: _Places) -> None:
        self._places = places

    def __getitem__(self, pointer: Pointer) -> str:
        found = self._places.part(pointer)
        if found is None or self._places.source.text[found[1][0]] != '"':
            raise KeyError(pointer)
        return '"'

    def __iter__(self) -> Iterator[Pointer]:
        return (each for each in self._places.pointers() if each in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
