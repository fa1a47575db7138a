"""YAML text to a located tree, by the rules of YAML 1.2 and nothing more clever.

A builder of our own over PyYAML's event stream, because its loaders take ``1e25`` for a string, ``no``
for false, the last of two equal keys, and crash on deep nesting. What a release decision must not depend
on is refused with a diagnostic: anchors and aliases, tags, several documents, keys that are not strings,
duplicate keys, numbers that are not finite or not exact, and characters that make texts look alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import yaml

from release_gate.diagnostics import Diagnostic, DocumentError, Source, Span, lines_of, printable
from release_gate.limits import MAX_DEPTH, MAX_PROBLEMS, MAX_SCALAR, Limits
from release_gate.located import Document, Place, Pointer, Spans
from release_gate.scalars import (
    MAX_DIGITS,
    MAX_NUMBER,
    NOT_FINITE,
    NUMBER,
    decimal_of,
    number_problem,
    text_problem,
)
from release_gate.yaml_hints import Hint, yaml_hint

__all__ = ["read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMERIC: Final = frozenset("-+.0123456789")
_COMMA: Final = re.compile(r"\d,\Z")
_PLAIN: Final = ("", None)
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read_yaml(source: Source, limits: Limits) -> Document:
    """A document.

    Args:
        source: The name and the text, without the characters that no document may hold.
        limits: How much it may hold.

    Raises:
        DocumentError: With every diagnostic that was found.
    """
    return _Builder(source, limits).build()


@dataclass(slots=True)
class _Frame:
    """A list or a mapping that is being read."""

    container: list[Any] | dict[str, Any]
    pointer: Pointer
    start: Any
    key: str | None = None


class _Builder:
    """Events in, document out. Never recurses, so that no nesting can hurt it."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.problems: list[Diagnostic] = []
        self.spans: dict[Pointer, Place] = {}
        self.keys: dict[Pointer, Place] = {}
        self.styles: dict[Pointer, str] = {}
        self.frames: list[_Frame] = []
        self.root: Any = None
        self.values = 0
        self.documents = 0

    def build(self) -> Document:
        take: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: lambda event: self.open({}, event),
            yaml.SequenceStartEvent: lambda event: self.open([], event),
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.begin,
        }
        self.read(take)
        if self.documents == 0 and not self.problems:
            self.problem("RG010", "the document is empty", Span(self.source, 1, 1, 1, 1))
        if self.problems:
            raise DocumentError(self.problems)
        spans, keys = Spans(self.source, self.spans), Spans(self.source, self.keys)
        return Document(self.source, self.root, spans, keys, self.styles)

    def read(self, take: Mapping[type, Callable[[Any], None]]) -> None:
        """Give every event to what takes it."""
        loader = _LOADER(self.source.text)
        try:
            while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
                if handler := take.get(type(event)):
                    handler(event)
        except yaml.MarkedYAMLError as error:
            self.not_yaml(error)
        except yaml.YAMLError as error:
            self.stop("RG005", f"this is not YAML: {printable(str(error).splitlines()[0].lower())}", None)
        finally:
            loader.dispose()

    def not_yaml(self, error: yaml.MarkedYAMLError) -> None:
        """Say what the scanner or the parser says, in words for whoever wrote the text."""
        problem, context = (error.problem or "it cannot be read").lower(), error.context or ""
        lines = self.source.text.rstrip("\n").split("\n")
        end = (len(lines) - 1, len(lines[-1]))
        at, start = (
            min((mark.line, mark.column), end) if mark else end
            for mark in (error.problem_mark, error.context_mark or error.problem_mark)
        )
        hint = yaml_hint(problem, context, at, start, lines)
        said, (line, column), help_ = hint or Hint(f"{problem} {context}".rstrip(), at, "")
        span = Span(self.source, line + 1, column + 1, line + 1, column + 2)
        self.stop("RG005", f"this is not YAML: {printable(said)}", span, help_)

    def begin(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            help_ = "remove the `---`, or use two files"
            self.stop("RG006", "a file holds one document", self.span(event), help_)

    def alias(self, event: Any) -> None:
        message = f"aliases are not allowed (`*{event.anchor}`)"
        self.problem("RG007", message, self.span(event), "write the value out")
        self.add(None, event, _place(event.start_mark, event.end_mark))

    def close(self, event: Any) -> None:
        frame = self.frames.pop()
        self.spans[frame.pointer] = _place(frame.start, event.end_mark)

    def check_node(self, event: Any) -> None:
        self.values += 1
        if self.values > self.limits.values:
            self.stop("RG008", f"the document has more than {self.limits.values:,} values", self.span(event))
        if event.anchor:
            message = f"anchors are not allowed (`&{event.anchor}`)"
            self.problem("RG007", message, self.span(event), "write the value out")
        if event.tag is not None:
            message = f"tags are not allowed (`{printable(event.tag)}`)"
            negated = "put the condition into quotes, and write `not` for `!`"
            help_ = negated if "(" in event.tag else "remove the tag"
            self.problem("RG009", message, self.span(event), help_)

    def open(self, container: Any, event: Any) -> None:
        self.check_node(event)
        if len(self.frames) >= MAX_DEPTH:
            self.stop("RG008", f"the document is nested more than {MAX_DEPTH} levels deep", self.span(event))
        top = self.frames[-1] if self.frames else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            self.stop(
                "RG011",
                "a key must be a text",
                self.point(event.start_mark),
                "write a plain word before the colon",
            )
        self.frames.append(_Frame(container, self.place(container), event.start_mark))

    def scalar(self, event: Any) -> None:
        self.check_node(event)
        text: str = event.value
        if len(text) > MAX_SCALAR:
            self.stop(
                "RG008", f"a text is longer than {MAX_SCALAR // 1024} KiB", self.point(event.start_mark)
            )
        place = _place(event.start_mark, event.end_mark)
        top = self.frames[-1] if self.frames else None
        if top is not None and top.key is None and isinstance(top.container, dict):
            self.key(event, text, place, top)
        else:
            self.add(self.value(event, text), event, place)

    def key(self, event: Any, text: str, place: Place, top: _Frame) -> None:
        plain = event.style in _PLAIN
        if plain and text[:1].isdigit() and _COMMA.search(self.before(event)):
            message = f"the comma before `{printable(text)}` ends the value before it"
            help_ = "a number has a decimal point and no separators: 0.98, 20000"
            self.problem("RG011", message, self.span(event), help_)
            top.key = text
            return
        if plain and text == "<<":
            message = "merge keys are not allowed (`<<`)"
            self.problem("RG007", message, self.span(event), "write the values out")
        elif plain and (text in _WORDS or (text[0] in _NUMERIC and _looks_like_a_number(text))):
            message, help_ = (
                f"the key `{printable(text)}` is not a text",
                f'put it in quotes: "{printable(text)}"',
            )
            self.problem("RG011", message, self.span(event), help_)
        elif reason := text_problem(text):
            self.problem("RG012", f"the key `{printable(text)}` {reason}", self.span(event), "retype it")
        pointer = (*top.pointer, text)
        if text in top.container:
            first = self.keys.get(pointer)
            where = f" (first on line {first[0]})" if first else ""
            message = f"the key `{printable(text)}` is written twice{where}"
            listed = bool(top.pointer) and isinstance(top.pointer[-1], int)
            help_ = "keep one of them" + (", or begin a new entry of the list with `- `" if listed else "")
            self.problem("RG013", message, self.span(event), help_)
        else:
            self.keys[pointer] = place
        top.key = text

    def before(self, event: Any) -> str:
        """What stands on the line before something."""
        line: str = lines_of(self.source.text)[event.start_mark.line]
        return line[: event.start_mark.column]

    def value(self, event: Any, text: str) -> bool | Decimal | str | None:
        if event.style in _PLAIN:
            if text in _WORDS:
                return _WORDS[text]
            if text[0] in _NUMERIC:
                if NUMBER.fullmatch(text):
                    return self.number(text, event)
                if NOT_FINITE.fullmatch(text):
                    message, help_ = (
                        f"`{text}` is not a finite number",
                        "if it is not known, write {unknown: missing}",
                    )
                    self.problem("RG014", message, self.span(event), help_)
                    return None
        if reason := text_problem(text):
            self.problem(
                "RG012",
                f"this text {reason}",
                self.span(event),
                "retype it; such characters make one text look like another",
            )
        return text

    def number(self, text: str, event: Any) -> Decimal | None:
        if len(text) > MAX_NUMBER:
            message, help_ = "this number is too long to be exact", f"keep {MAX_DIGITS} significant digits"
            self.problem("RG014", message, self.span(event), help_)
            return None
        number = decimal_of(text) or Decimal(0)
        if reason := number_problem(number):
            self.problem(
                "RG014",
                f"`{printable(text, 40)}` {reason}",
                self.span(event),
                "round it, or put it in quotes if it is a text",
            )
            return None
        return number

    def add(self, value: Any, event: Any, place: Place) -> None:
        pointer = self.place(value)
        self.spans[pointer] = place
        if isinstance(value, str):
            self.styles[pointer] = event.style or ""

    def place(self, value: Any) -> Pointer:
        if not self.frames:
            self.root = value
            return ()
        top = self.frames[-1]
        if isinstance(top.container, list):
            top.container.append(value)
            return (*top.pointer, len(top.container) - 1)
        key, top.key = top.key, None
        if key is None:  # an alias where a key should be
            return (*top.pointer, "")
        top.container.setdefault(key, value)
        return (*top.pointer, key)

    def span(self, event: Any) -> Span:
        return Span(self.source, *_place(event.start_mark, event.end_mark))

    def point(self, mark: Any) -> Span:
        return Span(self.source, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)

    def problem(self, code: str, message: str, span: Span | None, help: str = "") -> None:  # noqa: A002
        self.problems.append(Diagnostic(code, message, span, help))
        if len(self.problems) >= MAX_PROBLEMS:
            raise DocumentError(self.problems)

    def stop(self, code: str, message: str, span: Span | None, help: str = "") -> None:  # noqa: A002
        self.problems.append(Diagnostic(code, message, span, help))
        raise DocumentError(self.problems)


def _place(start: Any, end: Any) -> Place:
    return (start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _looks_like_a_number(text: str) -> bool:
    return bool(NUMBER.fullmatch(text) or NOT_FINITE.fullmatch(text))
