"""Work that is shared among processes. What comes out, and in which order, does not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

from release_gate.diagnostics import Diagnostic, InputError

__all__ = ["available", "spread"]

T = TypeVar("T")
R = TypeVar("R")

FEW: Final = 32
"""So many are done sooner than a process has started."""
_TURNS: Final = 8
"""How often each process comes back for more, so that none is idle for long."""


def available() -> int:
    """How many processes can run at once."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def spread(work: Callable[[T], R], things: Sequence[T], jobs: int, turn: int | None = None) -> Iterator[R]:
    """What each thing comes to, in the order of the things.

    The processes are forks: they have what this one has read, and nothing is read twice. Where there are no
    forks, it is all done here.

    Args:
        work: What to do with a thing. What it gives back goes from one process to another.
        things: The things.
        jobs: How many processes to use at most.
        turn: How many things a process takes at a time, if what they come to is large.

    Raises:
        InputError: Of ``work``, for the first thing in their order.
    """
    if jobs < 2 or len(things) <= FEW or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work, things)
        return
    # Unlike a pool of `multiprocessing`, this one notices when a process is killed, and does not wait for it.
    with ProcessPoolExecutor(
        min(jobs, len(things)), multiprocessing.get_context("fork"), _start, (work, things)
    ) as pool:
        turn, done = turn or max(1, len(things) // (jobs * _TURNS)), False
        try:
            for result, error in pool.map(_one, range(len(things)), chunksize=turn):
                if error is not None:
                    kind, diagnostics = error
                    raise kind(diagnostics)
                yield result
            done = True
        finally:
            pool.shutdown(wait=done, cancel_futures=True)


_shared: tuple[Callable[[Any], Any], Sequence[Any]]


def _start(work: Callable[[Any], Any], things: Sequence[Any]) -> None:
    """In a process that has just been made: take what the one that made it has, and leave Ctrl-C to that."""
    global _shared  # noqa: PLW0603 - this is how a fork finds what it was made for
    _shared = (work, things)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _one(index: int) -> tuple[Any, tuple[type[InputError], tuple[Diagnostic, ...]] | None]:
    """One thing; an error of an input as what it is made of, because exceptions do not travel well."""
    work, things = _shared
    try:
        return work(things[index]), None
    except InputError as error:
        return None, (type(error), error.diagnostics)
