"""Arithmetic on what can be known: exact numbers, ranges of them, days and durations.

It keeps the law of :mod:`release_gate.facts.truth`: evidence only sharpens.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Any, Final

from release_gate.facts.truth import (
    DAY,
    NOT_COMPUTABLE,
    UNDECIDED,
    Duration,
    Range,
    Unknown,
    Value,
    bounds,
    compare,
    hull,
)

__all__ = ["LIMIT", "OPERATIONS", "absolute", "arithmetic", "interval_of_measurement", "negate"]

_CONTEXT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999, traps=[], capitals=1)
LIMIT: Final = Decimal("1e300")
"""No number is as large as this."""
_STRICT: Final = _CONTEXT.copy()
_STRICT.Emax = LIMIT.adjusted() - 1
_STRICT.traps.update(dict.fromkeys((Overflow, InvalidOperation, DivisionByZero), True))
OPERATIONS: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": _STRICT.add,
    "-": _STRICT.subtract,
    "*": _STRICT.multiply,
    "/": _STRICT.divide,
    "//": _STRICT.divide_int,
    "%": _STRICT.remainder,
}
"""Arithmetic on two exact numbers that raises a ``DecimalException`` where the reference has no result."""
_TWO_SIGMA: Final = Decimal("1.96")


def negate(value: Value) -> Value:
    """The negative of a number or a range of numbers."""
    return arithmetic("-", Decimal(0), value)


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """Calculate with ``+ - * / // % **`` on numbers, dates and durations.

    Numbers are decimals with 28 digits, rounded half to even after every step. Rounding is monotone, so
    that the corners of two ranges bound every result between them.
    """
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNDECIDED
    if not isinstance(left, Range) and not isinstance(right, Range):
        return _calculate(op, left, right)
    if op == "%":
        return UNDECIDED
    (a, b), (c, d) = bounds(left), bounds(right)
    if op in ("/", "//") and not (_positive(c) or _positive(_minus(d))):
        return UNDECIDED
    corners = [_calculate(op, x, y) for x in (a, b) for y in (c, d)]
    if op == "**" and _is_even(right) and _straddles_zero(a, b):
        corners.append(Decimal(0))
    return hull(corners)


def absolute(value: Value) -> Value:
    """The absolute value of a number or a range of numbers."""
    if isinstance(value, Unknown | None):
        return UNDECIDED if isinstance(value, Unknown) else NOT_COMPUTABLE
    zero = Decimal(0)
    if compare(">=", value, zero) is True:
        return value
    negative = negate(value)
    if compare("<=", value, zero) is True:
        return negative
    return hull([zero, max(value.high, negative.high)])


def _positive(value: Any) -> bool:
    return isinstance(value, Decimal) and value > 0


def _minus(value: Any) -> Any:
    return -value if isinstance(value, Decimal) else None


def _is_even(value: Any) -> bool:
    return isinstance(value, Decimal) and value % 2 == 0


def _straddles_zero(low: Any, high: Any) -> bool:
    return isinstance(low, Decimal) and low < 0 < high


def _calculate(op: str, left: Any, right: Any) -> Value:
    match left, right:
        case Decimal(), Decimal():
            return _number(op, left, right)
        case date(), date() if op == "-":
            return Duration(0, (left - right).days * DAY)
        case date(), Duration() if op in "+-":
            return _move(left, right, 1 if op == "+" else -1)
        case Duration(), date() if op == "+":
            return _move(right, left, 1)
        case Duration(), Duration() if op in "+-":
            sign = 1 if op == "+" else -1
            return Duration(left.months + sign * right.months, left.seconds + sign * right.seconds)
    return NOT_COMPUTABLE


def _number(op: str, left: Decimal, right: Decimal) -> Value:
    try:
        match op:
            case "+":
                result = _CONTEXT.add(left, right)
            case "-":
                result = _CONTEXT.subtract(left, right)
            case "*":
                result = _CONTEXT.multiply(left, right)
            case "/":
                result = _CONTEXT.divide(left, right)
            case "//":
                result = _CONTEXT.divide_int(left, right)
            case "%":
                result = _CONTEXT.remainder(left, right)
            case _:
                return _power(left, right)
    except DecimalException:
        return NOT_COMPUTABLE
    return result if result.is_finite() and abs(result) < LIMIT else NOT_COMPUTABLE


def _power(base: Decimal, exponent: Decimal) -> Value:
    """An integer power, exact and then rounded once, so that it is monotone like everything else."""
    times = int(exponent)
    if base and (base.adjusted() + 1) * times > 400:
        return NOT_COMPUTABLE
    exact = Context(prec=29 * (times + 1), Emin=-999999, Emax=999999, traps=[])
    result = _CONTEXT.plus(exact.power(base, times) if times else Decimal(1))
    return result if result.is_finite() and abs(result) < LIMIT else NOT_COMPUTABLE


def _move(day: date, by: Duration, sign: int) -> Value:
    """A date and a duration. Months keep the day of the month, or take the last one of a shorter month."""
    if by.seconds % DAY:
        return NOT_COMPUTABLE
    years, month = divmod(day.year * 12 + day.month - 1 + sign * by.months, 12)
    if not date.min.year <= years <= date.max.year:
        return NOT_COMPUTABLE
    moved = date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))
    try:
        return moved + timedelta(seconds=sign * by.seconds)
    except OverflowError:
        return NOT_COMPUTABLE


def interval_of_measurement(
    value: Decimal, stderr: Decimal, low: Decimal | None, high: Decimal | None
) -> Value:
    """The 95 % interval of a measurement: 1.96 standard errors to each side, within the possible values.

    Rounded outwards to 15 significant digits.
    """
    if stderr == 0:
        return value
    reach = _CONTEXT.multiply(_TWO_SIGMA, stderr)
    down = Context(prec=15, rounding=ROUND_FLOOR).subtract(value, reach)
    up = Context(prec=15, rounding=ROUND_CEILING).add(value, reach)
    if low is not None:
        down = max(down, min(low, value))
    if high is not None:
        up = min(up, max(high, value))
    return Range(down, up) if down < up else value
