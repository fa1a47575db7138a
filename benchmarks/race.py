"""A race: every contestant in a process of its own, and short blocks of questions in turn.

Two programs that are timed one after the other meet two different machines. Here all are loaded first; then,
round after round, each answers for a few hundredths of a second, so that whatever slows the machine down
meets all of them. What is compared are medians over rounds; and what is measured is the time of the processor
that a process used, which does not count the turns of others. The time of a server that answers for a
contestant is added to its own.
"""

from __future__ import annotations

import cProfile
import importlib
import io
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["CLOCKED", "Absent", "Contestant", "Entry", "Figure", "Result", "entry_of", "race", "top"]

BLOCK = 0.03
"""Seconds that a block takes, about."""
SERVED_BLOCK = 0.15
"""The same where a server answers: long enough for every block to have its share of collecting garbage."""
CLOCKED = sys.platform == "linux"
"""Whether the time that another process used can be told. Where not, servers are timed by the wall."""


class Absent(Exception):  # noqa: N818 - no error, but what its row says
    """Why a contestant cannot take part here."""


class Entry(NamedTuple):
    """What a contestant has made ready.

    Attributes:
        ask: The question. Only this is timed.
        inputs: What to ask about, in the form that suits it best.
        rules: The numbers of the rules that an answer names.
        servers: The processes that answer for it, whose time and memory count as its own.
    """

    ask: Callable[[Any], Any]
    inputs: Sequence[Any]
    rules: Callable[[Any], list[int]] = list
    servers: Sequence[int] = ()


@dataclass(frozen=True)
class Contestant:
    """Who takes part.

    Attributes:
        name: What the table calls it.
        make: The function that makes it ready, as ``module:function``, below ``benchmarks``.
        arguments: Its arguments.
        remark: What a reader should know, such as what it cannot say.
        checked: Whether it answers the question of all, so that its answers must be theirs.
    """

    name: str
    make: str
    arguments: tuple[Any, ...] = ()
    remark: str = ""
    checked: bool = True


class Figure(NamedTuple):
    """What was measured, and between what half of the rounds lie."""

    value: float
    low: float
    high: float


@dataclass
class Result:
    """What was measured of a contestant.

    Attributes:
        contestant: Who.
        absent: Why it did not take part; empty if it did.
        answers: The rules that it named for each input.
        megabytes: The memory of its process once it was ready, where that can be told.
        times: Seconds for one question, for each round.
        profile: Where its time goes.
    """

    contestant: Contestant
    absent: str = ""
    answers: list[list[int]] = field(default_factory=list)
    megabytes: float | None = None
    times: list[float] = field(default_factory=list)
    profile: str = ""

    @property
    def median(self) -> float:
        """Seconds for one question."""
        return statistics.median(self.times)

    def against(self, other: Result) -> Figure:
        """How many times as long as another: the ratio of medians, and the quartiles over the rounds."""
        each = [mine / theirs for mine, theirs in zip(self.times, other.times, strict=True)]
        return Figure(self.median / other.median, *_quartiles(each))

    def milliseconds(self) -> Figure:
        """Milliseconds for one question."""
        return Figure(self.median * 1000, *_quartiles([each * 1000 for each in self.times]))


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return low, high


def race(contestants: Sequence[Contestant], rounds: int, profiled: Sequence[str] = ()) -> dict[str, Result]:
    """Let contestants answer in turn.

    Args:
        contestants: Who takes part.
        rounds: How many blocks each answers.
        profiled: The names of those who are asked in the end where their time goes.
    """
    results = {each.name: Result(each) for each in contestants}
    with _started(contestants) as running:
        for name, pipe in running.items():
            _ready(pipe, results[name])
        _refuse_other_answers(results.values())
        present = [name for name in running if not results[name].absent]
        for _ in range(rounds):
            for name in present:
                _time(running[name], results[name])
        for name in sorted(set(profiled) & set(present)):
            if results[name].absent:
                continue
            results[name].profile = _told(running[name], "profile")
    return results


@contextmanager
def _started(contestants: Sequence[Contestant]) -> Iterator[dict[str, Connection]]:
    """The processes of contestants, which end when they are told nothing more."""
    context = get_context("spawn")
    running, processes = {}, []
    for each in contestants:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(each, theirs), daemon=True)
        process.start()
        theirs.close()
        running[each.name] = ours
        processes.append(process)
    yield running
    for pipe in running.values():
        pipe.close()
    for process in processes:
        process.join()


def _ready(pipe: Connection, result: Result) -> None:
    try:
        result.absent, result.answers, result.megabytes = pipe.recv()
    except EOFError:
        result.absent = "its process ended while it was made ready"


def _refuse_other_answers(results: Iterable[Result]) -> None:
    """Whoever names other rules than the first who was asked the same does not take part."""
    firsts: dict[tuple[Any, ...], list[list[int]]] = {}
    for result in results:
        if result.absent or not result.contestant.checked:
            continue
        # The last two arguments say how many requests, and from what seed.
        expected = firsts.setdefault(result.contestant.arguments[:-2], result.answers)
        different = sum(mine != theirs for mine, theirs in zip(result.answers, expected, strict=False))
        if different:
            result.absent = f"answers differently about {different} of {len(result.answers)} requests"


def _time(pipe: Connection, result: Result) -> None:
    """Let a contestant answer for one block, unless its process has ended."""
    if result.absent:
        return
    try:
        result.times.append(_told(pipe, "block"))
    except (EOFError, OSError):
        result.absent, result.times = "its process ended while it answered", []


def _told(pipe: Connection, what: str) -> Any:
    pipe.send(what)
    return pipe.recv()


# -- in the process of a contestant


def entry_of(contestant: Contestant) -> Entry:
    """Make a contestant ready, here.

    Raises:
        ImportError: It is not installed.
        Absent: It is no package, and not to be had here.
    """
    module, _, function = contestant.make.partition(":")
    entry: Entry = getattr(importlib.import_module(f"benchmarks.{module}"), function)(*contestant.arguments)
    return entry


def _serve(contestant: Contestant, pipe: Connection) -> None:
    try:
        entry = entry_of(contestant)
    except ImportError as error:
        pipe.send((f"not installed ({error})", [], None))
        return
    except Absent as reason:
        pipe.send((str(reason), [], None))
        return
    answers = [entry.rules(entry.ask(each)) for each in entry.inputs]
    pipe.send(("", answers, _megabytes(entry.servers)))
    inputs = cycle(entry.inputs)
    number = _calibrated(entry, inputs)
    say: dict[str, Callable[[], Any]] = {
        "block": partial(_block, entry, inputs, number),
        "profile": partial(_profile, entry, inputs, number),
    }
    while True:
        try:
            what = pipe.recv()
        except EOFError:
            return
        pipe.send(say[what]())


def _block(entry: Entry, inputs: Iterator[Any], number: int) -> float:
    """Seconds for one question."""
    questions = list(islice(inputs, number))
    ask = entry.ask
    start = _used(entry.servers)
    for each in questions:
        ask(each)
    return (_used(entry.servers) - start) / number


def _used(servers: Sequence[int]) -> float:
    """Seconds of the processor that this process and its servers have used."""
    if servers and not CLOCKED:
        return time.perf_counter()
    return time.process_time() + sum(map(time.clock_gettime, map(_clock, servers)))


def _clock(process: int) -> int:
    """The clock of another process, as `clock_getcpuclockid` of Linux numbers it."""
    return ~process << 3 | 2


def _calibrated(entry: Entry, inputs: Iterator[Any]) -> int:
    """How many questions make a block."""
    taken = statistics.median(_block(entry, inputs, 1) for _ in range(5))
    return max(1, int((SERVED_BLOCK if entry.servers else BLOCK) / max(taken, 1e-6)))


def _profile(entry: Entry, inputs: Iterator[Any], number: int) -> str:
    """The functions that took most of the time, over some blocks."""
    questions = list(islice(inputs, number * 5))
    with cProfile.Profile() as profile:
        for each in questions:
            entry.ask(each)
    return top(profile)


def top(profile: cProfile.Profile | str) -> str:
    """The functions of a profile, or of a file with one, that took most of the time themselves."""
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(12)
    lines = text.getvalue().splitlines()
    return "\n".join(line for line in lines[2:] if line.strip() and "List reduced" not in line)


def _megabytes(servers: Sequence[int]) -> float | None:
    """The memory of this process and its servers, where the system says it in files."""
    try:
        pages = [Path(f"/proc/{each}/statm").read_text(encoding="ascii") for each in ("self", *servers)]
    except OSError:
        return None
    return sum(int(each.split()[1]) for each in pages) * 4096 / 1e6
