"""What all tests share: how hard the property tests try."""

import os
import sqlite3
import sys
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from release_gate.audit.store_sqlite import SqliteStore
from release_gate.cli import clock

# No test writes outside this folder.
for _name in ("RELEASE_GATE_CACHE", "RELEASE_GATE_STATE"):
    os.environ.setdefault(_name, str(Path(__file__).parents[1] / ".cache" / _name.lower()))

os.environ.pop("FORCE_COLOR", None)  # as build services set it; tests compare what is printed without colours

# `ci` is the same every time, so that a red run is the fault of the change. `long` looks for what is new,
# by hand: RELEASE_GATE_HYPOTHESIS=long python -m pytest -k law
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("ci"), derandomize=False, max_examples=20_000)
settings.load_profile(os.environ.get("RELEASE_GATE_HYPOTHESIS", "ci"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Do not count the lines of property tests: that takes as long as they do, and they run no new ones.

    Chance is no reason to call a line tested. (The marker `no_cover` of pytest-cov does nothing in a worker.)
    """
    tracer = sys.gettrace()
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


@pytest.fixture(autouse=True, scope="session")
def _ledgers_are_let_go_of() -> Iterator[None]:
    """Tests leave ledgers open, as a process that ends does; from Python 3.13 on, that is a warning."""
    make = SqliteStore.__init__

    def made(self: SqliteStore, path: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        make(self, path, connection, lock)
        weakref.finalize(self, connection.close)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteStore, "__init__", made)
        yield


@pytest.fixture(autouse=True)
def _on_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands compare a decision for another day with that of today, whatever day the tests run on."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 24))
