"""How much more measuring would settle a measurement whose interval reaches to both sides of a threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

from release_gate.engine.findings import Bad
from release_gate.evaluate.reference import Trace
from release_gate.expression.nodes import Compare
from release_gate.facts.records import Measurement
from release_gate.facts.truth import Range, Unknown

__all__ = ["advice", "more_samples"]

_MOST: Final = 10**9
_PRECISE: Final = Context(prec=28)


def more_samples(measured: Range, threshold: Decimal, n: Decimal) -> int | None:
    """The samples that are missing until the interval lies on one side, if the estimate stays where it is.

    The width of an interval shrinks with the square root of the sample. Rounded up to two digits, since it is
    an estimate: the next samples move it.

    Returns:
        None if the estimate lies on the threshold, or so near that nobody will measure that much.
    """
    half = _PRECISE.divide(measured.high - measured.low, Decimal(2))
    distance = abs(measured.low + half - threshold)
    if not distance or n <= 0:
        return None
    needed = n * (_PRECISE.divide(half, distance) ** 2 - 1)
    rounded = Context(prec=2, rounding=ROUND_CEILING).plus(needed.to_integral_value(ROUND_CEILING))
    return int(rounded) if 0 < rounded <= _MOST else None


def advice(bad: Bad, metrics: Mapping[str, Measurement]) -> str:
    """What to say about the undecided measurements of a rule; nothing if there is nothing to say."""
    said: dict[str, str] = {}
    if not any(isinstance(read.seen.value, Range) for read in bad.support):
        return ""
    for trace in bad.traces:
        for name, measured, threshold in _straddling(trace):
            n = metrics[name].n.value if name in metrics else None
            more = more_samples(measured, threshold, n) if isinstance(n, Decimal) else None
            if more is not None:
                now = f"`{name}` (now {n:,f})"
                said[name] = f"About {more:,} more samples of {now} would settle it if it stays where it is."
    return " ".join(said.values())


def _straddling(trace: Trace) -> Iterator[tuple[str, Range, Decimal]]:
    """The comparisons of a metric with a number that cannot be decided."""
    compares = isinstance(trace.node, Compare) and len(trace.below) == 2
    if compares and isinstance(trace.value, Unknown):
        for one, other in (trace.below, trace.below[::-1]):
            path = one.read.path.split(".") if one.read else []
            is_metric = len(path) == 2 and path[0] == "metric"
            if is_metric and isinstance(one.value, Range) and isinstance(other.value, Decimal):
                yield path[1], one.value, other.value
    for each in trace.below:
        yield from _straddling(each)
