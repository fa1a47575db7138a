"""The types of facts: how each is written, what it is, and what rules may do with it.

The leaf types mark the fields of the request models, so that the schema that rules are checked against
derives from the models themselves (:mod:`release_gate.facts.schema`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from functools import cached_property
from typing import Any, Final, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.arithmetic import interval_of_measurement
from release_gate.facts.truth import Duration, Range, Reason, Unknown, Value
from release_gate.facts.vocabularies import Vocabulary, vocabulary
from release_gate.located import Pointer
from release_gate.meant import known_hint, number_hint
from release_gate.scalars import MAX_DIGITS, number_problem, text_problem

__all__ = [
    "MISSING",
    "SCALARS",
    "STATED_REASONS",
    "Boolean",
    "Choice",
    "Day",
    "Fact",
    "FactType",
    "Length",
    "ListType",
    "MapType",
    "Number",
    "RecordType",
    "Text",
    "Type",
    "data_problem",
    "exact",
    "problem",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a request: its value, and who says so.

    Attributes:
        value: A known value, a range, or unknown for a reason.
        source: The name of its source, among the sources of the request.
        note: A remark.
    """

    value: Value = Unknown(Reason.MISSING)  # noqa: RUF009 - it is frozen
    source: str | None = None
    note: str | None = None


_new = object.__new__
_set_value, _set_source, _set_note = (getattr(Fact, name).__set__ for name in ("value", "source", "note"))


def _stated(value: Value) -> Fact:
    """A fact of which only the value is said, as most are; made in half the time."""
    fact = _new(Fact)
    _set_value(fact, value)
    _set_source(fact, None)
    _set_note(fact, None)
    return fact


MISSING: Final = Fact()
_NONE, _TRUE, _FALSE = Fact(None), Fact(True), Fact(False)  # noqa: FBT003 - what they state
STATED_REASONS: Final = tuple(reason.value for reason in Reason if reason is not Reason.NOT_COMPUTABLE)
"""The reasons for not knowing that somebody can state."""


SCALARS: Final = frozenset({str, int, float, bool, Decimal, date})
"""Classes of values as they are written, told apart first because most facts are one of them."""


def problem(message: str, help: str = "", at: Pointer = ()) -> PydanticCustomError:  # noqa: A002
    """An error of a value that says what to do about it.

    Args:
        message: What is wrong.
        help: What to do about it.
        at: Where it stands, from the model that finds it; the model itself, if not said.
    """
    return PydanticCustomError("fact", "{message}", {"message": message, "help": help, "at": at})


_CONTEXT: Final = Context(prec=28)
"""Not that of the caller, who may calculate with three digits."""
_ZERO: Final = Decimal(0)
_WHOLE: Final = 10**MAX_DIGITS
"""Whole numbers below this are exact as they are."""


def exact(raw: Any) -> Decimal | None:
    """A Python or YAML number as the exact number that it shows, or None if it is not a number."""
    if raw.__class__ is float:
        return Decimal(repr(raw))
    if isinstance(raw, float):
        return Decimal(float.__repr__(raw))  # whatever a class of floats shows of itself
    return Decimal(raw) if isinstance(raw, (int, Decimal)) and raw.__class__ is not bool else None


def data_problem(value: Any) -> str:
    """Why no document can hold a value, or an empty string. Programs can pass what a file cannot say."""
    match value:
        case None | bool() | date():
            return ""
        case str():
            return text_problem(value)
        case int() | float() | Decimal():
            return number_problem(exact(value) or Decimal(0))
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                return "has a name that is no text"
            parts: Iterable[Any] = (part for each in value.items() for part in each)
        case list() | tuple():
            parts = value
        case _:
            return f"is a {type(value).__name__}, and no text, number, truth, date, list or mapping of these"
    return next(filter(None, map(data_problem, parts)), "")


class FactType:
    """The type of a leaf fact. Subclasses say how a known value is read."""

    title: str = ""
    forms = frozenset({"value", "unknown", "source", "note", "method"})

    def read(self, raw: Any) -> Value:
        """A known value from what is written, or raise the problem with it."""
        raise NotImplementedError

    def parse(self, raw: Any) -> Fact:
        """A fact from what is written: a value, or a mapping that says more about it."""
        if raw.__class__ in SCALARS:
            return _stated(self.read(raw))
        if raw is None:
            return _NONE
        if isinstance(raw, Fact):
            return raw
        if not isinstance(raw, Mapping):
            return Fact(self.read(raw))
        for key in raw:
            if key not in self.forms:
                raise problem(
                    f"unknown key `{printable(str(key))}` for a fact", did_you_mean(str(key), self.forms)
                )
        source, note = (self._text(raw, key) for key in ("source", "note"))
        ways = [key for key in ("value", "unknown", "low") if key in raw]
        if len(ways) != 1:
            raise problem("a fact says one of `value`, `low` and `high`, or `unknown`", "keep one of them")
        return Fact(self._value(ways[0], raw), source, note)

    def _value(self, way: str, raw: Mapping[str, Any]) -> Value:
        if way == "unknown":
            return _unknown(raw["unknown"])
        if way == "low":
            if "high" not in raw:
                raise problem("a range needs both `low` and `high`", "add `high:`")
            low, high = self._known(raw["low"]), self._known(raw["high"])
            if low is None or high is None:
                raise problem("the ends of a range must be known", "write {unknown: missing} if they are not")
            if low > high:
                raise problem("`low` is above `high`", "exchange them")
            return low if low == high else Range(low, high)
        return self._known(raw["value"])

    def _known(self, raw: Any) -> Value:
        return None if raw is None else self.read(raw)

    @staticmethod
    def _text(raw: Mapping[str, Any], key: str) -> str | None:
        value = raw.get(key)
        if value is not None and not isinstance(value, str):
            raise problem(f"`{key}` must be a text")
        return value

    def describe(self) -> str:
        """The type in words."""
        return self.title

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of a known value."""
        return {}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda fact: str(fact.value)),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        known = self.json_schema()
        more: dict[str, Any] = {"value": {"anyOf": [known, {"type": "null"}]}}
        if "low" in self.forms:
            more |= {"low": known, "high": known}
        if "stderr" in self.forms:
            more["stderr"] = {"type": "number", "minimum": 0}
        more["unknown"] = {
            "enum": list(STATED_REASONS),
            "enumDescriptions": [Reason(reason).meaning for reason in STATED_REASONS],
        }
        more |= {key: {"type": "string"} for key in ("method", "source", "note")}
        said = {key: {**each, "description": _SAID[key]} for key, each in more.items()}
        return {
            "anyOf": [
                known,
                {"type": "null"},
                {"type": "object", "properties": said, "additionalProperties": False},
            ]
        }


_SAID: Final = {
    "value": "The value; null says that there is none.",
    "low": "The least that it can be.",
    "high": "The most that it can be.",
    "stderr": "The standard error of the value: it is a range then, of 1.96 of them to each side.",
    "unknown": "Why it is not known. Nothing that is unknown ever opens a door.",
    "method": "How it was found out.",
    "source": "The name of its source, among the `sources` of the request.",
    "note": "A remark.",
}
"""What the parts of a fact say that is written as a mapping."""


def _unknown(raw: Any) -> Unknown:
    if raw not in STATED_REASONS:
        raise problem(
            f"`{printable(str(raw))}` is no reason for not knowing", did_you_mean(str(raw), STATED_REASONS)
        )
    return Unknown(Reason(raw))


@dataclass(frozen=True)
class Boolean(FactType):
    """True or false."""

    title = "true or false"

    def parse(self, raw: Any) -> Fact:
        return _TRUE if raw is True else _FALSE if raw is False else super().parse(raw)

    def read(self, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise problem("this must be true or false", "write true or false, without quotes")
        return raw

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Number(FactType):
    """An exact number, or a range of numbers.

    Attributes:
        low: The smallest possible value.
        high: The largest possible value.
        unit: What it counts.
    """

    low: Decimal | None = Decimal(0)
    high: Decimal | None = None
    unit: str = ""
    forms = FactType.forms | {"low", "high", "stderr"}

    def read(self, raw: Any) -> Decimal:
        whole = raw.__class__ is int and -_WHOLE < raw < _WHOLE
        number = Decimal(raw) if whole else self._exact(raw)
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise problem(
                f"`{number}` is outside of {self.bounds}", "98 % is written 0.98" if self.high == 1 else ""
            )
        if whole:
            return number
        return _CONTEXT.add(_CONTEXT.normalize(number), _ZERO) if number else _ZERO

    @staticmethod
    def _exact(raw: Any) -> Decimal:
        number = exact(raw)
        if number is None:
            raise problem("this must be a number", number_hint(raw))
        if reason := number_problem(number):
            raise problem(f"this number {reason}", "round it")
        return number

    def _value(self, way: str, raw: Mapping[str, Any]) -> Value:
        value = super()._value(way, raw)
        if "stderr" not in raw:
            return value
        stderr = exact(raw["stderr"])
        if (
            way != "value"
            or not isinstance(value, Decimal)
            or stderr is None
            or stderr < 0
            or number_problem(stderr)
        ):
            raise problem("`stderr` is a number of at least 0, beside a `value`")
        return interval_of_measurement(value, stderr, self.low, self.high)

    @property
    def bounds(self) -> str:
        """The possible values in words."""
        low = "-∞" if self.low is None else str(self.low)
        return f"{low} to {'∞' if self.high is None else self.high}"

    def describe(self) -> str:
        return "number" + (f" of {self.unit}" if self.unit else "")

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "number"}
        if self.low is not None:
            schema["minimum"] = float(self.low)
        if self.high is not None:
            schema["maximum"] = float(self.high)
        return schema


@dataclass(frozen=True)
class Text(FactType):
    """A text.

    Attributes:
        pattern: What it must look like.
        means: The pattern in words.
    """

    pattern: str = ""
    means: str = ""
    title = "text"

    def read(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise problem("this must be a text", 'put it in quotes: "…"')
        if not (raw.isascii() and raw.isprintable()) and (reason := text_problem(raw)):
            raise problem(f"this text {reason}", "retype it")
        if not self.could_be(raw):
            raise problem(f"`{printable(raw)}` is not {self.means}")
        return raw

    def could_be(self, text: str) -> bool:
        """Whether a text is written as one of this type must be."""
        return not self.pattern or self._written(text) is not None

    @cached_property
    def _written(self) -> Callable[[str], re.Match[str] | None]:
        return re.compile(self.pattern).fullmatch

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string"} | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True)
class Day(FactType):
    """A date."""

    title = "date"
    forms = FactType.forms | {"low", "high"}

    def read(self, raw: Any) -> date:
        try:
            if isinstance(raw, str) and len(raw) == 10:
                return date.fromisoformat(raw)
        except ValueError:
            pass
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
        raise problem(
            f"`{printable(str(raw))}` is not a date", known_hint(raw, "write year-month-day, as 2026-11-24")
        )

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


@dataclass(frozen=True)
class Length(FactType):
    """A length of time in whole days. ``calendar`` allows months and years, which have no fixed length."""

    calendar: bool = False
    title = "duration"
    forms = FactType.forms

    def read(self, raw: Any) -> Duration:
        duration = raw if isinstance(raw, Duration) else Duration.parse(raw) if isinstance(raw, str) else None
        if duration is None:
            raise problem(f"`{printable(str(raw))}` is not a duration", "write P180D for 180 days")
        if not self.calendar and (duration.months or duration.seconds % 86_400):
            raise problem("a duration here is counted in days", "write P180D instead of P6M")
        return duration

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^P"}


@dataclass(frozen=True)
class Choice(FactType):
    """A word of a vocabulary, or a range of words of an ordered one."""

    vocabulary: Vocabulary

    @classmethod
    def of(cls, name: str) -> Choice:
        """A choice from a built-in vocabulary."""
        return cls(vocabulary(name))

    @property
    def forms(self) -> frozenset[str]:  # type: ignore[override]
        """The keys of a fact of this type."""
        return FactType.forms | ({"low", "high"} if self.vocabulary.ordered else set())

    @cached_property
    def _words(self) -> Mapping[str, Fact]:
        """What each word states by itself, the same for whoever states it."""
        return {word: Fact(self.vocabulary.value(word)) for word in self.vocabulary.members}

    def parse(self, raw: Any) -> Fact:
        plain = self._words.get(raw) if raw.__class__ is str else None
        return super().parse(raw) if plain is None else plain

    def read(self, raw: Any) -> Value:
        if isinstance(raw, str) and raw in self._words:
            return self._words[raw].value
        if (
            isinstance(raw, str)
            and self.vocabulary.extensible
            and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", raw)
        ):
            return raw
        shown = printable(str(raw))
        raise problem(
            f"`{shown}` is not {self.vocabulary.one}",
            known_hint(raw, did_you_mean(shown, self.vocabulary.members)),
        )

    def describe(self) -> str:
        sign = " < " if self.vocabulary.ordered else ", "
        return sign.join(self.vocabulary.members)

    def json_schema(self) -> dict[str, Any]:
        if self.vocabulary.extensible:
            return {"type": "string", "examples": list(self.vocabulary.members)}
        return {"enum": list(self.vocabulary.members)}

    def __hash__(self) -> int:
        return hash(self.vocabulary.name)


@dataclass(frozen=True, slots=True)
class RecordType:
    """Named facts that belong together."""

    fields: Mapping[str, Type] = field(hash=False)
    title: str = "record"

    def describe(self) -> str:
        """The type in words."""
        return "record of " + ", ".join(self.fields)


@dataclass(frozen=True, slots=True)
class MapType:
    """Facts of one type for each word of a vocabulary."""

    words: Mapping[str, str] = field(hash=False)
    item: Type
    name: str

    def describe(self) -> str:
        """The type in words."""
        return f"one for each {self.name}"


@dataclass(frozen=True, slots=True)
class ListType:
    """A list of values of one type."""

    item: Type

    def describe(self) -> str:
        """The type in words."""
        return f"list of: {self.item.describe()}"


Type: TypeAlias = "FactType | RecordType | MapType | ListType"
