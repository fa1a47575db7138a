import importlib
from multiprocessing import Pipe
from typing import Any

import pytest

from benchmarks.processes import BARE, COLD, LIBRARIES, WARM
from benchmarks.race import Absent, Contestant, Entry, Result, _time, entry_of, race
from benchmarks.report import race_table, target_table
from benchmarks.suite import FORTY, KEYED, RACES, SEED, TARGETS
from benchmarks.workload import by_hand, plain, requests

NUMBER = 40


def made(contestant: Contestant) -> Entry:
    """A contestant that is asked about a few requests; skipped where it is not installed."""
    few = Contestant(contestant.name, contestant.make, (*contestant.arguments[:-2], NUMBER, SEED))
    try:
        return entry_of(few)
    except ImportError as error:
        pytest.skip(f"not installed: {error.name}")
    except Absent as reason:
        pytest.skip(str(reason))


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


def worst() -> list[dict[str, Any]]:
    """Requests that between them meet every rule."""
    (made,) = requests(1, SEED)
    made["action"] = "widen"
    made["developer"] |= {"jurisdiction": "CN", "annual_revenue_usd": 500_000_000}
    made["model"] |= {
        "name": "a draft",
        "version": "0.1",
        "modalities_out": ["text", "image"],
        "parameters": 70_000_000_000,
        "context_length": 1_000_001,
    }
    made["compute"] |= {
        "training_flop": 1e26,
        "method": "third_party",
        "energy_kwh": 4_900_001,
        "tco2eq": 100,
    }
    made["artifacts"][0] |= {
        "license": "LicenseRef-proprietary",
        "format": "pickle",
        "digest": "sha256:" + "0" * 64,
        "current": "weights_open",
    }
    made["lineage"] = [{"parent": "b", "relation": "finetune", "license": "CC-BY-NC-4.0"}]
    made["data"] |= {"sources": [{"name": "d", "kind": "user_data", "pii": True}], "cutoff": "2026-07-01"}
    for each in made["capability"].values():
        each |= {"level": "critical", "status": "reached"}
    for each in made["misuse"].values():
        each |= {"likelihood": "high", "severity": "critical"}
    scores = {"toxicity": 0.201, "jailbreak": 0.351, "refusal": 0.899, "memorization": 0.015, "bias": 0.301}
    scores |= {"persuasion": 0.7, "deception": 0.51}
    made["metric"] = {name: {**made["metric"][name], "value": value} for name, value in scores.items()}
    made["own"] = {"export_controlled": True, "dual_use": True, "incident_plan": False}
    for each in made["document"].values():
        each |= {"status": "draft", "date": "2025-11-23"}
    for each in made["evidence"]["items"]:
        each |= {"state": "fail"}
    made["safeguards"][0] |= {"removable": True, "effective": False}
    made["transparency"] |= {"website": "http://a.example", "contact": None, "release_date": "2026-11-23"}
    (weights,) = made["artifacts"]
    return [made, {**made, "artifacts": [{**weights, "license": "CC-BY-NC-4.0"}]}]


def test_the_worst_requests_meet_every_rule() -> None:
    assert {rule for each in worst() for rule in by_hand(plain(each))} == set(range(40))


@pytest.mark.parametrize("contestant", TOGETHER, ids=lambda each: each.make)
def test_everybody_has_every_rule(contestant: Contestant, monkeypatch: pytest.MonkeyPatch) -> None:
    module = contestant.make.partition(":")[0]
    try:
        peer = importlib.import_module(f"benchmarks.{module}")
    except ImportError as error:
        pytest.skip(f"not installed: {error.name}")
    # The types of rule-engine's objects are those of a request that has a contact.
    reachable = [{**each, "transparency": {**each["transparency"], "contact": "a"}} for each in worst()]
    made = [*worst(), *reachable]
    monkeypatch.setattr(peer, "requests", lambda number, seed: made)
    assert answers(contestant) == [by_hand(plain(each)) for each in made]


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
