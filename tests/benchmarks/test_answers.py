from multiprocessing import Pipe

import pytest

from benchmarks.processes import BARE, COLD, LIBRARIES, WARM
from benchmarks.race import Contestant, Entry, Result, _time, entry_of, race
from benchmarks.report import race_table, target_table
from benchmarks.suite import FORTY, KEYED, RACES, SEED, TARGETS

NUMBER = 40


def made(contestant: Contestant) -> Entry:
    """A contestant that is asked about a few requests; skipped where it is not installed."""
    few = Contestant(contestant.name, contestant.make, (*contestant.arguments[:-2], NUMBER, SEED))
    try:
        return entry_of(few)
    except ImportError as error:
        pytest.skip(f"not installed: {error.name}")


def answers(contestant: Contestant) -> list[list[int]]:
    entry = made(contestant)
    return [entry.rules(entry.ask(each)) for each in entry.inputs]


def named(make: str) -> Contestant:
    return next(each for each in FORTY if each.make == make)


# cel-expr-python ends the process when others are loaded beside it; a race gives it one of its own.
TOGETHER = [each for each in FORTY if each.checked and "peers.cel" not in each.make]


@pytest.mark.parametrize("contestant", TOGETHER, ids=lambda each: each.make)
def test_everybody_names_the_rules_that_a_programmer_would(contestant: Contestant) -> None:
    assert answers(contestant) == answers(named("peers.by_hand:forty"))


@pytest.mark.parametrize(
    "contestant", [each for each in KEYED if each.arguments[0] <= 100], ids=lambda c: c.name
)
def test_each_request_meets_one_keyed_rule(contestant: Contestant) -> None:
    assert {len(each) for each in answers(contestant)} == {1}


def test_a_gap_silences_no_rule() -> None:
    complete, gaps = made(named("ours:program")), made(named("ours:gaps"))
    for whole, holed in zip(complete.inputs, gaps.inputs, strict=True):
        found = dict(gaps.ask(holed))
        fires = {rule for rule, _ in complete.ask(whole)}
        assert fires <= set(found), "what fires on all facts fires, or may, on fewer"
        assert {rule for rule, bites in found.items() if bites} <= fires, "and nothing else is sure to"


def test_floats_differ_from_exact_numbers_at_most_in_the_rule_that_calculates() -> None:
    exact, inexact = answers(named("ours:exact")), answers(named("ours:floats"))
    different = {rule for one, other in zip(exact, inexact, strict=True) for rule in set(one) ^ set(other)}
    assert different <= {17}


def test_a_race_times_who_agrees_and_says_why_others_are_out() -> None:
    contestants = [
        Contestant("ours", "peers.by_hand:forty", (20, 1)),
        Contestant("as fast", "peers.by_hand:forty", (10, 1)),
        Contestant("other requests", "peers.by_hand:forty", (20, 2)),
        Contestant("nowhere", "peers.nowhere:forty", (20, 1)),
    ]
    results = race(contestants, rounds=2, profiled=["ours"])
    ours, other = (entry_of(contestants[index]) for index in (0, 2))
    asked = zip(ours.inputs, other.inputs, strict=True)
    different = sum(ours.rules(ours.ask(one)) != other.rules(other.ask(two)) for one, two in asked)
    assert different > 10
    assert [len(result.times) for result in results.values()] == [2, 2, 0, 0]
    assert results["other requests"].absent == f"answers differently about {different} of 20 requests"
    assert results["nowhere"].absent.startswith("not installed")
    assert "by_hand" in results["ours"].profile
    assert race_table(results).count("\n") == 5


def test_who_cannot_be_made_ready_is_out_and_stops_nobody() -> None:
    there = Contestant("there", "peers.by_hand:forty", (5, 1))
    broken = Contestant("broken", "peers.by_hand:forty", ("many", 1))
    results = race([broken, there], rounds=1)
    assert results["broken"].absent == "its process ended while it was made ready"
    assert len(results["there"].times) == 1


def test_who_ends_while_it_answers_has_no_times() -> None:
    pipe, other = Pipe()
    other.close()
    result = Result(Contestant("gone", ""), times=[1.0])
    _time(pipe, result)
    assert (result.absent, result.times) == ("its process ended while it answered", [])


def test_every_target_can_be_told_from_the_contestants() -> None:
    told = Result(Contestant("anybody", ""), times=[1e-6, 2e-6])
    names = [each.name for race_ in RACES.values() for each in race_]
    results = dict.fromkeys([*names, BARE, LIBRARIES, WARM, COLD], told)
    assert target_table(results).count("\n") == len(TARGETS) + 1
