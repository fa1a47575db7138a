"""Checked policies as plain data and back, for the cache."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

from release_gate.diagnostics import Span
from release_gate.document import Base
from release_gate.expression.nodes import Condition
from release_gate.expression.stored import decoded, encoded, read_value, write_value
from release_gate.facts import types
from release_gate.facts.frame import MeasurementRule
from release_gate.facts.licenses import Licence
from release_gate.facts.truth import Duration, Step
from release_gate.facts.vocabularies import Vocabulary
from release_gate.policy import documents
from release_gate.policy.model import Policy, Rule, Table, Tier
from release_gate.policy.places import Places
from release_gate.source import Document

__all__ = ["policy_from_plain", "policy_to_plain"]

_PARTS: Final = (
    *("document", "digest", "scope", "tiers", "default_tier", "table", "rules"),
    *("parameters", "metrics", "own", "definitions", "in_force"),
)
"""What is written of a policy. What it is called and where its parts stand, its document knows."""
_WRITTEN: Final[dict[str, type[Any]]] = {
    each.__name__: each
    for each in (
        *(MeasurementRule, Rule, Table, Tier, Vocabulary),
        *(types.Boolean, types.Choice, types.Day, types.Length, Licence, types.Number, types.Text),
    )
}
"""Classes whose members are written one after the other."""
_MODELS: Final[dict[str, type[Base]]] = {
    name: each
    for name, each in vars(documents).items()
    if isinstance(each, type) and issubclass(each, Base) and each is not Base
}
"""The parts of documents. They are written like that too, with a number that says which were given."""


def policy_to_plain(policy: Policy) -> list[Any]:
    """A policy of one document as lists, texts, numbers and booleans."""
    write = _Writer().write
    return [write(getattr(policy, name)) for name in _PARTS]


def policy_from_plain(data: Any, document: Document) -> Policy:
    """A policy from what :func:`policy_to_plain` wrote. Trees of conditions are made when they are needed.

    Args:
        data: What was written.
        document: The document that the policy was made of.

    Raises:
        ValueError: It is nothing that :func:`policy_to_plain` writes.
    """
    reader = _Reader(document)
    try:
        parts = dict(zip(_PARTS, map(reader.read, data), strict=True))
        reader.definitions |= parts["definitions"]
        return Policy(name=document.source.name, places=Places(document), **parts)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError("this is no policy") from error


class _Writer:
    """Writes a part of the document once, and afterwards only which one it was."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}

    def write(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, Decimal | date | Duration | Step):
            return write_value(value)
        if id(value) in self.numbers:
            return ["=", self.numbers[id(value)]]
        written = [type(value).__name__, *self.parts(value)]
        if isinstance(value, Base):
            self.numbers[id(value)] = len(self.numbers)
        return written

    def parts(self, value: Any) -> Iterable[Any]:
        """What is written of a value after its kind."""
        match value:
            case list() | tuple():
                return map(self.write, value)
            case frozenset():
                return sorted(map(self.write, value), key=repr)
            case dict():
                return list(value), [*map(self.write, value.values())]
            case Span():
                return value.line, value.column, value.end_line, value.end_column
            case Condition():
                return value.text, json.dumps(encoded(value.root), separators=(",", ":"))
            case Base():
                names = tuple(type(value).model_fields)
                given = sum(1 << n for n, name in enumerate(names) if name in value.model_fields_set)
                return given, *[self.write(getattr(value, name)) for name in names]
        return [self.write(getattr(value, name)) for name in _WRITTEN[type(value).__name__].__match_args__]


class _Reader:
    def __init__(self, document: Document) -> None:
        self.definitions: dict[str, Condition] = {}
        self.models: list[Base] = []
        self.makers: dict[str, Callable[..., Any]] = {
            **{name: partial(self.record, each) for name, each in _WRITTEN.items()},
            **{name: partial(self.model, each) for name, each in _MODELS.items()},
            "=": self.models.__getitem__,
            "list": lambda *items: list(map(self.read, items)),
            "tuple": lambda *items: tuple(map(self.read, items)),
            "frozenset": lambda *items: frozenset(map(self.read, items)),
            "dict": lambda names, values: dict(zip(names, map(self.read, values), strict=True)),
            "Span": partial(Span, document.source),
            "Condition": self.condition,
        }

    def read(self, data: Any) -> Any:
        kind = data.__class__
        if kind is str or data is None or kind is bool or kind is int:
            return data
        return self.makers[data[0]](*data[1:]) if kind is list else read_value(data)

    def record(self, kind: type[Any], *parts: Any) -> Any:
        return kind(*map(self.read, parts))

    def model(self, kind: type[Base], given: int, *parts: Any) -> Base:
        """A part of a document as pickles make it, without validating again what was valid."""
        names = tuple(kind.model_fields)
        made = kind.__new__(kind)
        made.__setstate__(
            {
                "__dict__": dict(zip(names, map(self.read, parts), strict=True)),
                "__pydantic_fields_set__": {name for n, name in enumerate(names) if given >> n & 1},
                "__pydantic_extra__": None,
                "__pydantic_private__": None,
            }
        )
        self.models.append(made)
        return made

    def condition(self, text: str, tree: str) -> Condition:
        """A condition. Its tree stays a text at first: many policies are loaded that are not in force."""
        return Condition(text, lambda: decoded(json.loads(tree), self.definitions))
