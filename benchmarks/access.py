"""How fast a queue of access requests is reviewed, on one core, and where the time goes.

    python -m benchmarks.access [--requests 10000] [--policy hugging-face-gated]

A seeded queue of made-up people with answers of every kind: most may be let in, some are too young, some
leave fields empty, some come as a swarm. Each request is read by the mapping of a gate file, counted among
the others and against a register, judged, and explained. The hub itself is not measured: a page of it takes
longer than all of this for those on the page.

Beside it, in the same run and with the same requests: the same with a register in which all who were let in
stand already, the *decisions* alone, and *lines*, what it takes to write such a register and to read it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from release_gate import Gate
from release_gate.access.form import Asked
from release_gate.access.queue import Desk, granted_entry
from release_gate.access.register import Register
from release_gate.access.settings import Gated
from release_gate.policy.gated import AnswerDocument

DAY = date(2026, 11, 24)
TERMS = "sha256:" + "a" * 64
FORM = {
    "Country": "requester.country",
    "Date of birth": {"fact": "requester.age", "as": "birth_date"},
    "Affiliation": "requester.organisation",
    "For what": {"fact": "use.purpose", "answers": {"Study": "research", "Sale": "product"}},
    "I accept the terms": {"agreement": TERMS, "representative": False},
}
FACTS = {
    "own": {"eu_disallowed": False},
    "artifacts": [
        {
            "id": "weights",
            "kind": "weights",
            "release": {"verdict": "conditional", "rung": "weights_gated_manual", "tier": "low"},
        }
    ],
}
T = TypeVar("T")


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--requests", type=int, default=10_000, help="how many wait (default: 10000)")
    parser.add_argument("--policy", default="hugging-face-gated", help="a pack or a file")
    asked = parser.parse_args()
    gate = Gate.from_policies([asked.policy])
    form = {label: AnswerDocument.model_validate(told) for label, told in FORM.items()}
    waiting = queue(asked.requests)
    with tempfile.TemporaryDirectory() as folder:
        gated = Gated("acme/brief", FACTS, form, Path(folder, "grants.jsonl"))
        register = Register(Path(folder, "grants.jsonl"))
        desk = Desk(gate, gated, register, DAY)
        desk.review(waiting[:50])  # the first of all also compiles the policy
        taken, found = timed(lambda: desk.review(waiting))
        explained, _ = timed(lambda: [each.reason for each in found])
        requests = [each.request for each in found if each.request is not None]
        decided, _ = timed(lambda: [gate.judge(each, as_of=DAY) for each in requests])
        allowed = [each for each in found if each.allows]
        with register.writing():
            written, _ = timed(lambda: register.add([granted_entry(each, gated, DAY) for each in allowed]))
        read, full = timed(lambda: Register(register.path))
        again, _ = timed(lambda: Desk(gate, gated, full, DAY).review(waiting))
    print(f"{asked.requests} requests, {asked.policy}: {dict(Counter(each.action for each in found))}\n")
    print("| what | seconds | µs each |\n|---|---|---|")
    rows = [
        ("reviewed", taken, asked.requests),
        ("reviewed, with their register", again, asked.requests),
        ("decisions alone", decided, len(requests)),
        ("reasons written", explained, asked.requests),
        ("lines written", written, len(allowed)),
        ("register read", read, len(allowed)),
    ]
    for name, seconds, number in rows:
        print(f"| {name} | {seconds:.2f} | {1e6 * seconds / max(1, number):.0f} |")
    return 0


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """How many seconds of processor time it takes, and what it gives."""
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def queue(number: int) -> list[Asked]:
    """A queue of made-up people, the same on every run."""
    chance = random.Random(20261124)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return [_somebody(index, chance, start) for index in range(number)]


def _somebody(index: int, chance: random.Random, start: datetime) -> Asked:
    swarm = chance.random() < 0.05
    account = f"user{index}"
    name = "John Smith" if swarm else f"Person {index}"
    at = start + timedelta(seconds=index if swarm else index * 97)
    answers: dict[str, Any] = {
        "Country": chance.choice(["DE", "FR", "US", "CH", "JP", "BR", "Narnia"]),
        "Date of birth": f"{chance.randrange(1950, 2013)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}",
        "Affiliation": f"University {index % 3000}",
        "For what": chance.choice(["Study", "Study", "Study", "Sale", "Something else"]),
        "I accept the terms": chance.random() < 0.97,
    }
    if chance.random() < 0.1:
        answers.pop(chance.choice(list(answers)))
    return Asked(f"{index:024x}", account, name, f"{account}@example.org", at, answers)


if __name__ == "__main__":
    raise SystemExit(main())
