"""Work that is shared among processes comes back as if one had done it."""

import multiprocessing
import os
import threading
from collections.abc import Callable

import pytest

from release_gate.authoring import processes
from release_gate.authoring.processes import available, spread
from release_gate.diagnostics import Diagnostic, PolicyError

MANY = range(100)


def test_the_order_is_that_of_the_things() -> None:
    offset = 1000  # what the work reads needs no packing
    assert list(spread(lambda each: each + offset, MANY, 3)) == [each + offset for each in MANY]


def test_nobody_is_left_when_it_is_done() -> None:
    """Or the interpreter would talk to those who have gone, when it ends."""
    before = threading.enumerate()
    assert len(list(spread(lambda each: each, MANY, 2))) == len(MANY)
    assert threading.enumerate() == before
    assert multiprocessing.active_children() == []


def test_it_is_done_in_other_processes_if_there_is_enough_to_do() -> None:
    assert os.getpid() not in set(spread(lambda _: os.getpid(), MANY, 2))
    assert set(spread(lambda _: os.getpid(), range(3), 2)) == {os.getpid()}
    assert set(spread(lambda _: os.getpid(), MANY, 1)) == {os.getpid()}


def test_it_is_done_here_where_there_are_no_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.get_all_start_methods", lambda: ["spawn"])
    assert set(spread(lambda _: os.getpid(), MANY, 2)) == {os.getpid()}


def refuse(each: int) -> int:
    if each in (70, 90):
        raise PolicyError([Diagnostic("RG999", f"{each} is refused")])
    return each


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_error_in_the_order_of_the_things_is_raised(jobs: int) -> None:
    with pytest.raises(PolicyError) as found:
        list(spread(refuse, MANY, jobs))
    assert [each.message for each in found.value.diagnostics] == ["70 is refused"]


def test_a_process_that_is_killed_is_an_error_and_no_wait() -> None:
    def die(each: int) -> int:
        if each == 70:
            os._exit(1)
        return each

    with pytest.raises(RuntimeError, match="terminated abruptly"):
        list(spread(die, MANY, 2))


def test_who_wants_no_more_leaves_nobody_at_work() -> None:
    found = spread(lambda each: each, MANY, 2)
    assert next(found) == 0
    found.close()  # type: ignore[attr-defined]


def test_a_process_says_what_an_input_has_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fork does, done here, where it can be looked at."""
    handled: list[object] = []
    monkeypatch.setattr("signal.signal", lambda *given: handled.append(given))
    monkeypatch.setattr(processes, "_shared", None, raising=False)
    processes._start(refuse, MANY)
    assert len(handled) == 1
    assert processes._one(5) == (5, None)
    nothing, error = processes._one(70)
    assert nothing is None
    assert error is not None
    kind, diagnostics = error
    assert (kind, [each.message for each in diagnostics]) == (PolicyError, ["70 is refused"])


def test_there_is_at_least_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    answers: list[tuple[Callable[[], int | None], int]] = [(lambda: 4, 4), (lambda: None, 1)]
    for count, expected in answers:
        monkeypatch.setattr(os, "cpu_count", count)
        assert available() == expected
