"""What can be known, and how it combines: exact values, ranges, unknowns, and logic with three values.

A value is one of

* a **known** value: a boolean, an exact number, a text, a date, a duration, a step of an ordered
  vocabulary, a record, a list, or ``None``, which states that there is none;
* a :class:`Range` between two of them: a measured value with its uncertainty;
* :class:`Unknown`, for a reason.

Truth is ``True``, ``False`` or an :class:`Unknown` (strong Kleene logic). Every operation here keeps one
law: **evidence only sharpens**. If an operand becomes known, or a range narrower, the result stays what
it was or becomes sharper inside it. So an operation that cannot keep the law on a range is unknown there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

__all__ = [
    "DAY",
    "NOT_COMPUTABLE",
    "UNDECIDED",
    "Duration",
    "Items",
    "Range",
    "Reason",
    "Record",
    "Step",
    "Truth",
    "Unknown",
    "Value",
    "all_members",
    "all_of",
    "any_member",
    "any_of",
    "bounds",
    "compare",
    "contains",
    "count",
    "distinct",
    "hull",
    "is_settled",
    "not_",
    "part",
    "truth_of",
]


class Reason(StrEnum):
    """Why something is not known."""

    MISSING = "missing"
    NOT_ASSESSED = "not_assessed"
    UNDECIDED = "undecided"
    STALE = "stale"
    UNBOUND = "unbound"
    UNTRUSTED = "untrusted"
    CONFLICTING = "conflicting"
    NOT_COMPUTABLE = "not_computable"

    @property
    def meaning(self) -> str:
        """The reason in words."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    Reason.MISSING: "nobody has stated it",
    Reason.NOT_ASSESSED: "nobody has assessed it",
    Reason.UNDECIDED: "what is known of it allows both answers",
    Reason.STALE: "it is older than the policy accepts, or undated",
    Reason.UNBOUND: "it was measured on something else, or does not say `on` what and `behind` what",
    Reason.UNTRUSTED: "its producer is not one that the policy accepts",
    Reason.CONFLICTING: "two sources disagree",
    Reason.NOT_COMPUTABLE: "it cannot be computed from the values that are given",
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, for a reason."""

    reason: Reason


UNDECIDED: Final = Unknown(Reason.UNDECIDED)
NOT_COMPUTABLE: Final = Unknown(Reason.NOT_COMPUTABLE)


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A step of an ordered vocabulary. Steps compare by rank."""

    rank: int
    name: str

    def __str__(self) -> str:
        """The name."""
        return self.name


_DURATION = re.compile(
    r"P(?=[0-9T])(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=[0-9])(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?"
)
DAY: Final = 86_400
"""The seconds of a day."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in ISO 8601: calendar months, and seconds.

    Months have no fixed length, so that only durations without months are ordered.
    """

    months: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """Read ``P180D``, ``P6M``, ``P1Y``, ``PT24H``; None if it is not a duration."""
        match = _DURATION.fullmatch(text)
        if match is None:
            return None
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(years * 12 + months, (weeks * 7 + days) * DAY + hours * 3600 + minutes * 60 + seconds)

    @property
    def is_ordered(self) -> bool:
        """Whether it has a fixed length."""
        return self.months == 0

    def __str__(self) -> str:
        """The ISO 8601 form, with days as the largest unit of fixed length."""
        sign = "-" if self.seconds < 0 else ""
        days, rest = divmod(abs(self.seconds), DAY)
        years, months = divmod(self.months, 12)
        text = (
            "P"
            + (f"{years}Y" if years else "")
            + (f"{months}M" if months else "")
            + (f"{days}D" if days else "")
        )
        if rest:
            hours, rest = divmod(rest, 3600)
            minutes, seconds = divmod(rest, 60)
            text += "T" + "".join(
                f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n
            )
        return sign + (text if text != "P" else "P0D")


@dataclass(frozen=True, slots=True)
class Range:
    """Somewhere from ``low`` to ``high``, both included, and ``low`` is less than ``high``."""

    low: Any
    high: Any


@dataclass(frozen=True, slots=True)
class Items:
    """A list.

    Attributes:
        members: What is surely in it.
        complete: If not, it has one more member of which nothing is known.
        possible: What may be in it, because a filter could not tell.
    """

    members: tuple[Any, ...]
    complete: bool = True
    possible: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Named facts that belong together, such as one safeguard. ``fields`` maps names to facts or records."""

    label: str
    fields: Mapping[str, Any] = field(compare=False)


Value: TypeAlias = Any
"""A known value, a :class:`Range` or an :class:`Unknown`. Python cannot say this more precisely."""

Truth: TypeAlias = bool | Unknown


def is_settled(value: Value) -> bool:
    """Whether more evidence can no longer change a value."""
    if isinstance(value, Items):
        return value.complete and not value.possible
    return not isinstance(value, Range | Unknown)


def truth_of(value: Value) -> Truth:
    """A value in the place of a condition. Anything but true and false is unknown there."""
    if isinstance(value, bool | Unknown):
        return value
    return NOT_COMPUTABLE


def not_(value: Value) -> Truth:
    """The Kleene negation."""
    if value is True or value is False:
        return not value
    return truth_of(value)


def any_of(values: Iterable[Value]) -> Truth:
    """The Kleene *or*: true if one is true, false if all are false."""
    settled = True
    for value in values:
        if value is True:
            return True
        settled = settled and value is False
    return False if settled else UNDECIDED


def all_of(values: Iterable[Value]) -> Truth:
    """The Kleene *and*: false if one is false, true if all are true."""
    settled = True
    for value in values:
        if value is False:
            return False
        settled = settled and value is True
    return True if settled else UNDECIDED


_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def bounds(value: Value) -> tuple[Any, Any]:
    """The ends of a range; of any other value, itself twice."""
    return (value.low, value.high) if isinstance(value, Range) else (value, value)


def _key(value: Any) -> Any:
    """What a known value is ordered by, or None if it has no order."""
    if isinstance(value, Duration):
        return value.seconds if value.is_ordered else None
    if isinstance(value, bool) or not isinstance(value, Decimal | Step | date):
        return None
    return value


def compare(op: str, left: Value, right: Value) -> Truth:
    """Compare two values with ``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.

    ``None`` equals only ``None``, and has no order.
    """
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNDECIDED
    if op == "!=":
        return not_(compare("==", left, right))
    (a, b), (c, d) = bounds(left), bounds(right)
    if op == "==" and a is b and c is d:
        return _equal(left, right)
    if left is None or right is None:
        return False if op == "==" else NOT_COMPUTABLE
    low, high, other_low, other_high = _key(a), _key(b), _key(c), _key(d)
    if None in (low, high, other_low, other_high):
        return NOT_COMPUTABLE
    try:
        if op == "==":
            return False if high < other_low or other_high < low else UNDECIDED
        test = _ORDER[op]
        # The pair of ends at which the comparison is hardest to satisfy, and the one at which it is easiest.
        if op in ("<", "<="):
            hardest, easiest = test(high, other_low), test(low, other_high)
        else:
            hardest, easiest = test(low, other_high), test(high, other_low)
    except TypeError:
        return NOT_COMPUTABLE
    return True if hardest else (UNDECIDED if easiest else False)


def _equal(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def any_member(items: Value) -> Truth:
    """``$any``: whether one member is true. A possible member may only keep the answer open."""
    if not isinstance(items, Items):
        return NOT_COMPUTABLE if items is None else UNDECIDED
    doubts = [_unless_false(value) for value in items.possible]
    return any_of([*items.members, *doubts, *([] if items.complete else [UNDECIDED])])


def all_members(items: Value) -> Truth:
    """``$all``: whether every member is true. A possible member may only keep the answer open."""
    if not isinstance(items, Items):
        return NOT_COMPUTABLE if items is None else UNDECIDED
    doubts = [not_(_unless_false(not_(value))) for value in items.possible]
    return all_of([*items.members, *doubts, *([] if items.complete else [UNDECIDED])])


def _unless_false(value: Value) -> Truth:
    return False if truth_of(value) is False else UNDECIDED


def contains(member: Value, container: Value) -> Truth:
    """Whether a list has a member: the Kleene *or* of the equalities."""
    if not isinstance(container, Items):
        return NOT_COMPUTABLE if container is None else UNDECIDED
    return any_member(
        Items(
            tuple(compare("==", member, other) for other in container.members),
            container.complete,
            tuple(compare("==", member, other) for other in container.possible),
        )
    )


def count(items: Value) -> Value:
    """How many members a list has: a range if it is not certain."""
    if not isinstance(items, Items):
        return NOT_COMPUTABLE if items is None else UNDECIDED
    low = Decimal(len(items.members))
    high = low + len(items.possible) if items.complete else _MANY
    return low if low == high else Range(low, high)


def distinct(items: Value) -> Value:
    """How many different members a list has: a range while some are not known."""
    if not isinstance(items, Items):
        return NOT_COMPUTABLE if items is None else UNDECIDED
    sure = {member for member in items.members if is_settled(member)}
    open_members = sum(1 for member in items.members if not is_settled(member))
    low = Decimal(max(len(sure), 1 if items.members else 0))
    high = Decimal(len(sure) + open_members + len(items.possible)) if items.complete else _MANY
    return low if low == high else Range(low, high)


_MANY: Final = Decimal("1e15")
"""More members than a list can have."""


def part(value: Value, name: str) -> Value:
    """The ``length`` of a text, or the ``year``, ``month`` or ``day`` of a date."""
    if isinstance(value, str):
        return Decimal(len(value))
    if isinstance(value, date):
        return Decimal(getattr(value, name))
    return NOT_COMPUTABLE if value is None else UNDECIDED


def hull(values: Iterable[Value]) -> Value:
    """The smallest value that contains all of these: their common value, a range, or unknown."""
    ends = [end for value in values for end in bounds(value)]
    if not ends or any(isinstance(end, Unknown) for end in ends):
        return UNDECIDED
    first = ends[0]
    if isinstance(first, Items | Record):  # what is in it may still become known, and then differ
        return UNDECIDED
    if all(_equal(first, end) for end in ends):
        return first
    kinds = {type(end) for end in ends}
    if len(kinds) > 1 or any(_key(end) is None for end in ends):
        return UNDECIDED
    return Range(min(ends, key=_key), max(ends, key=_key))
