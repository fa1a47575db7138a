"""Many who wait share one write, and one who is refused does not take the others along."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from release_gate.audit.ledger import Ledger
from release_gate.audit.queue import RecordQueue
from release_gate.audit.record import Draft
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Trust, verify_log
from release_gate.diagnostics import InputError

from .books import NOW, ORIGIN


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(SqliteStore.create(tmp_path / "l.db", ORIGIN))


def test_many_threads_record_in_few_transactions(ledger: Ledger) -> None:
    commits = 0
    append = ledger.append

    def counted(*arguments):  # type: ignore[no-untyped-def] # noqa: ANN202, ANN002
        nonlocal commits
        commits += 1
        return append(*arguments)

    ledger.append = counted  # type: ignore[method-assign]
    with RecordQueue(ledger, lambda: NOW) as queue, ThreadPoolExecutor(16) as pool:
        drafts = [Draft({"kind": "event", "number": number}, {}) for number in range(400)]
        promises = list(pool.map(queue.submit, drafts))
    records = [promise.result(timeout=60) for promise in promises]
    assert [each.body["number"] for each in records] == list(range(400))
    assert sorted(each.index for each in records) == list(range(400))
    assert commits < 200
    assert verify_log(ledger.store, Trust()).holds


def test_one_that_is_refused_does_not_take_the_others_along(ledger: Ledger) -> None:
    queue = RecordQueue(ledger, lambda: NOW)
    good = [queue.submit(Draft({"kind": "event", "number": number}, {})) for number in range(3)]
    bad = queue.submit(Draft({"kind": "event", "what": "x" * 70_000}, {}))
    more = queue.submit(Draft({"kind": "event", "number": 3}, {}))
    with queue:
        pass
    assert [each.result(timeout=60).index for each in (*good, more)] == [0, 1, 2, 3]
    with pytest.raises(InputError, match="no more than"):
        bad.result(timeout=60)


def test_whoever_waits_is_told_of_every_failure(ledger: Ledger) -> None:
    queue = RecordQueue(ledger, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    promise = queue.submit(Draft({"kind": "event"}, {}))
    with queue:
        pass
    with pytest.raises(ZeroDivisionError):
        promise.result(timeout=60)
