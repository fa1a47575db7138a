"""What to do about a condition that is not valid: the mistakes that people make, and what they meant.

Nothing here decides whether a condition is valid. It says how to mend one that is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from release_gate.diagnostics import did_you_mean, nearest, offer
from release_gate.expression.nodes import FUNCTIONS, At, Fact, Literal, Node
from release_gate.facts.truth import Duration
from release_gate.facts.types import (
    Boolean,
    Choice,
    Day,
    FactType,
    Length,
    MapType,
    Number,
    RecordType,
    Text,
    Type,
)
from release_gate.scalars import parse_number

__all__ = [
    "bare_word_hint",
    "bitwise_hint",
    "comparison_hint",
    "end_hint",
    "function_hint",
    "name_hint",
    "number_hint",
    "syntax_hint",
    "unknown_name_hint",
]

_ALONE: Final = "use the fact alone: while nobody has stated it, it counts against the release"
_NUMBERS: Final = "a number has a decimal point and no separators: 0.98, 20000"
_PERCENT: Final = "a percentage is written as a part of one: 0.98 for 98 %"
_SYNTAX: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), remedy)
    for pattern, remedy in (
        (r"(?<=\d),(?=\d)|(?<=\d)_\d+|(?<=\d )\d+", _NUMBERS),
        (r"(?<=\d)%|(?<=\d )%", _PERCENT),
        (r"(?<=\d )?\b(?:days?|weeks?|months?|years?)\b", 'a length of time is written t"P90D", for 90 days'),
        (
            r"(?<=\d )(?!(?:and|or|not|in|if|for|is)\b)[A-Za-z]\w*",
            "a number has no unit; the fact says what it is",
        ),
        (r"=>|≥|⩾", "write >="),
        (r"=<|≤|⩽", "write <="),
        (r"<>|≠", "write !="),
        (r"(?<=[<>] )=", "write >= or <= without a space"),
        (r"===?|=", "write == to compare"),
        (r"&&|(?!and)(?i:and)\b", "write `and`"),
        (r"\|\||(?!or)(?i:or)\b", "write `or`"),
        (r"!|(?!not)(?i:not)\b", "write `not`"),
        (r"is\s+not\b", "write != to compare; a definition is `is.name`"),
        (r"is\b", "write == to compare; a definition is `is.name`"),
        (r"[“”„‟«»‘’‚‛]", 'write straight quotes: "…"'),  # noqa: RUF001 - word processors make them
        (r"[‐‑‒–—−]", "write - with the key for a hyphen"),  # noqa: RUF001
        (r"×", "write *"),
        (r"÷", "write /"),
        (r"contains\b|includes\b|has\b", 'write "member" in list'),
        (r"(?:matches|like|(?:start|end)s(?:with)?)\b", 'write =~ and a pattern: =~ "^llama"'),
        (r"(?:if|then|unless|where|when)\b", "write a condition alone; the rule says what follows from it"),
        (r"['\"]", "close the quote"),
    )
)
"""What stands where it cannot, and what is meant. The first that fits counts."""

_AROUND: Final[tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...]] = tuple(
    (re.compile(before + r"\Z"), re.compile(there), remedy)
    for before, there, remedy in (
        (r"\$\w+\s*\([^\[]*", r"for\b", "put the list into brackets: $any([… for x in list])"),
        (r"\b(?:any|all)\s*\([^\[]*", r"for\b", "write $ and brackets: $any([… for x in list])"),
        (r"\bin\s*\([^()]*", r",", 'write a list in brackets: ["a", "b"]'),
        (r"[<>=]\s*[^\s<>=()][^()<>=]*", r"[<>]=?|[!=]=", "compare twice: a < b and b < c"),
        (r"\d\s*%\s*", r"(?:and|or)\b", _PERCENT),
        (r"", r",", "join conditions with `and` or `or`"),
        (r"", r"[)\]]", "this bracket was not opened"),
    )
)
"""The same for what shows only from what stands before it."""


def syntax_hint(text: str, at: At) -> tuple[At, str]:
    """Of what cannot stand where it stands, all of it, and what to write."""
    start = at.start - (text[at.start - 1 : at.start + 1] in ("&&", "||", "<>"))
    for pattern, remedy in _SYNTAX:
        if found := pattern.match(text, start):
            return At(start, max(at.end, found.end())), remedy
    for before, there, remedy in _AROUND:
        if there.match(text, start) and before.search(text[:start]):
            return At(start, at.end), remedy
    return At(start, at.end), ""


def end_hint(text: str) -> tuple[At, str]:
    """Of a condition that ends too early, where, and what is missing."""
    written = text.rstrip()
    at = At(max(len(written) - 1, 0), len(written))
    if re.search(r"\d\s*%\Z", written):
        return syntax_hint(text, at)
    return at, "is a bracket or a value missing?"


def number_hint(text: str, at: At) -> tuple[At, str]:
    """Of what looks like a number and is none, all of it, and how it is written."""
    for found in re.finditer(r"\d{4}-\d\d?-\d\d?", text):
        if found.start() <= at.start < found.end():
            return At(*found.span()), _AS_DAY
    return at, "write it in decimal, as 1e25"


def bitwise_hint(text: str) -> str:
    """What is meant by a bitwise operator."""
    sign = next((sign for sign in "&|^" if sign in text), "")
    return {"&": "write `and`", "|": "write `or`"}.get(sign, "a power is written **, so 10 ** 25")


def name_hint(name: str, text: str, at: At) -> str:
    """What is meant by a word that cannot be a name, because it has capitals."""
    if "." in text[at.start : at.end + 1]:
        return f"names are lower case: `{name.lower()}`"
    if name.lower() in ("true", "false", "null"):
        return f"write `{name.lower()}`"
    if name == "None":
        return "write `null`"
    if Duration.parse(name) is not None:
        return f'write t"{name}"'
    whole = "; then put the whole condition into single quotes" if at.start == 0 else ""
    return f'names are lower case; a text stands in quotes: "{name}"{whole}'


def function_hint(name: str) -> str:
    """What is meant by a function that is not there."""
    if name in ("has", "exists", "defined", "isset", "known", "present"):
        return _ALONE
    if name in ("len", "length", "size", "sum"):
        return offer(["$count"])
    functions = [f"${each}" for each in FUNCTIONS]
    return offer(nearest(f"${name}", functions)) or f"one of {', '.join(functions)}"


def unknown_name_hint(
    path: tuple[str, ...], root: RecordType, others: Iterable[str], definitions: Iterable[str]
) -> str:
    """What is meant by a name that is no fact: one that stands elsewhere, or one that is written so."""
    name, *rest = path
    elsewhere = [f"is.{name}"] if name in definitions and not rest else []
    for group, kind in root.fields.items():
        found: Type | None = None
        if isinstance(kind, RecordType):
            found = kind.fields.get(name)
        elif isinstance(kind, MapType) and name in kind.words:
            found = kind.item
        if found is not None and not (rest and isinstance(found, FactType)):
            elsewhere.append(f"{group}.{name}")
    if 0 < len(elsewhere) <= 4:
        return offer(elsewhere)
    return did_you_mean(name, [*root.fields, *others])


def bare_word_hint(name: str, beside: Type | None) -> str:
    """What is meant by a name that is no fact, beside something that is compared with it."""
    if isinstance(beside, Boolean) and name in ("yes", "no", "on", "off"):
        return "write `true` or `false`"
    if isinstance(beside, Choice) and name in beside.vocabulary.members:
        return f'a text stands in quotes: "{name}"'
    if name in ("unknown", "missing", "undefined", "unset"):
        return _ALONE
    return f'a text stands in quotes: "{name}"' if isinstance(beside, Text) else ""


def comparison_hint(left: Node, left_kind: Type, right: Node, right_kind: Type) -> str:
    """What is meant where two kinds of values are compared that have nothing to do with each other."""
    return _instead(right, right_kind, left_kind) or _instead(left, left_kind, right_kind)


def _instead(node: Node, kind: Type, wanted: Type) -> str:
    """How to write a value so that it is of the kind that is wanted."""
    value = node.value if isinstance(node, Literal) else None
    if isinstance(node, Fact) and node.path[0] == "parameter" and isinstance(kind, Text):
        return (
            f"`{'.'.join(node.path)}` is a text; write its value {_AS.get(type(wanted), 'as the other is')}"
        )
    match wanted, value:
        case Number(), str():
            hint = _number_in(value)
        case Day(), str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            hint = f'write d"{value}"'
        case Day(), _ if isinstance(kind, Number | Text):
            hint = _AS_DAY
        case Length(), str() if Duration.parse(value):
            hint = f'write t"{value}"'
        case Length(), Decimal() if value == value.to_integral_value():
            hint = f'write t"P{value:f}D" for {value:f} days'
        case Length(), str() | Decimal():
            hint = _AS_LENGTH
        case Choice(), _:
            hint = f'write one of its words in quotes, as "{next(iter(wanted.vocabulary.members), "")}"'
        case _:
            hint = ""
    return hint


def _number_in(text: str) -> str:
    """How to write the number that a text has."""
    part = parse_number(text.rstrip().removesuffix("%").rstrip().replace(",", "."))
    if part is None or abs(part) >= 1_000_000:
        return _AS_NUMBER
    return f"write it without quotes: {(part / 100 if '%' in text else part).normalize():f}"


_AS_NUMBER: Final = "write it as a number without quotes: 0.98, 1e25"
_AS_DAY: Final = 'write a date: d"2026-11-24"'
_AS_LENGTH: Final = 'write a length of time: t"P90D" for 90 days'
_AS: Final[Mapping[type, str]] = {
    Number: "as a number: 0.98, 1e25",
    Day: "as a date: 2026-11-24",
    Length: "as a length of time: P90D for 90 days",
}
