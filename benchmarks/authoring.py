"""Time the commands of an author: ``python -m benchmarks.authoring``.

A policy of 200 rules with 500 cases is written to a folder, and ``policy test``, ``cover`` and ``mutate`` run
on it as a person would start them, the start of the interpreter included. Each has a target in seconds. The
time of the processors, all processes together, is beside it: where that is much less than the number of
cores times what it took, the machine was busy with something else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, Final

__all__ = ["COMMANDS", "write"]

COMMANDS: Final[Mapping[str, tuple[float, tuple[str, ...]]]] = {
    "test": (2, ()),
    "cover": (3, ("-o", "json")),
    "mutate": (60, ("-o", "json", "--fail-on", "none")),
}
"""For each command, how many seconds it may take, and its options."""

_DUTY: Final = {"duty": "Report on observed misuse", "due": {"every": "P90D"}, "owner": "incident-lead"}
_LIMIT: Final = 0.9

Shape = tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]
"""A rule, the facts that let a release pass it, and the cases about it."""


def _floor(name: str) -> Shape:
    """A measurement with a floor."""
    rule = {"at": "hosted", "require": f"metric.{name} >= {_LIMIT}"}
    case = {
        "matrix": {f"metric.{name}": [0.895, 0.9, 0.905]},
        "expect": {"levels": {"hosted": ["deny", "conditional", "conditional"]}},
    }
    return rule, {"metric": {name: _measured(0.95)}}, [case]


def _forbidden(name: str) -> Shape:
    """Two facts that together forbid a release."""
    rule = {"when": f'own.{name} and developer.jurisdiction != "US"', "deny": f"{name} stays here"}
    cases = [
        {"set": {f"own.{name}": True, "developer.jurisdiction": "DE"}, "expect": {"verdict": "deny"}},
        {"set": {f"own.{name}": True}, "expect": {"verdict": "conditional"}},
        {
            "set": {f"own.{name}": {"unknown": "missing"}, "developer.jurisdiction": "DE"},
            "expect": {"missing": [f"own.{name}"]},
        },
    ]
    return rule, {"own": {name: False}}, cases


def _ceiling(name: str) -> Shape:
    """A capability above which no weights are given away."""
    rule = {
        "when": f'metric.{name} > {_LIMIT} and capability.cbrn.level >= "moderate"',
        "ceiling": "api_general",
    }
    case = {
        "set": {"capability.cbrn.level": "moderate"},
        "matrix": {f"metric.{name}": [0.9, 0.905]},
        "expect": {"levels": {"weights_open": ["conditional", "deny"], "api_general": "conditional"}},
    }
    return rule, {"metric": {name: _measured(0.1)}}, [case]


def _approval(name: str) -> Shape:
    """Approval by two people, from a level on."""
    rule = {
        "at": "weights_gated_manual",
        "when": f"metric.{name} >= {_LIMIT}",
        "sign_off": {"role": f"lead-{name.replace('_', '-')}", "count": 2},
    }
    case = {
        "matrix": {f"metric.{name}": [0.895, 0.9]},
        "expect": {
            "levels": {
                "weights_gated_manual": ["conditional", "needs_approval"],
                "api_general": "conditional",
            }
        },
    }
    return rule, {"metric": {name: _measured(0.1)}}, [case]


def _duty(name: str) -> Shape:
    """A duty that comes with a release."""
    rule = {"at": "hosted", "when": f"own.{name} or is.large", "oblige": _DUTY}
    cases = [
        {"set": {f"own.{name}": value}, "expect": {"obligations": duties}}
        for value, duties in ((True, ["always", "RULE"]), (False, ["always"]))
    ]
    return rule, {"own": {name: False}}, cases


def _safeguard(name: str) -> Shape:
    """A safeguard that holds."""
    rule = {
        "at": "hosted",
        "require": f"not own.{name} or $any([s.effective and not s.removable for s in safeguards])",
    }
    cases = [
        {"set": {f"own.{name}": True}, "expect": {"verdict": "conditional"}},
        {"set": {f"own.{name}": True, "safeguards[filter].removable": True}, "expect": {"verdict": "deny"}},
    ]
    return rule, {"own": {name: False}}, cases


def _tier(name: str) -> Shape:
    """A measurement that makes a release risky."""
    rule = {"when": f"metric.{name} >= {_LIMIT}", "tier": "high"}
    case = {
        "matrix": {f"metric.{name}": [0.895, 0.9, 0.905]},
        "expect": {"tier": ["low", "high", "high"], "verdict": ["conditional", "deny", "deny"]},
    }
    return rule, {"metric": {name: _measured(0.1)}}, [case]


def _paper(name: str) -> Shape:
    """A statement, or somebody who answers for its absence."""
    rule = {"at": "hosted", "require": f"own.{name}", "else": {"sign_off": {"role": "lead"}}}
    cases = [
        {"set": {f"own.{name}": value}, "expect": {"levels": {"hosted": verdict}}}
        for value, verdict in (
            (True, "conditional"),
            (False, "needs_approval"),
            ({"unknown": "missing"}, "needs_approval"),
        )
    ]
    return rule, {"own": {name: True}}, cases


_SHAPES: Final = (_floor, _forbidden, _ceiling, _approval, _duty, _safeguard, _tier, _paper)


def _measured(value: float) -> dict[str, Any]:
    return {"value": value, "measured": "2026-10-01", "behind": []}


def write(folder: Path, rules: int, cases: int) -> None:
    """Write a policy of so many rules and its tests, of so many cases, to a folder."""
    made = [(f"r{number}", *_SHAPES[number % len(_SHAPES)](f"f_{number}")) for number in range(rules - 1)]
    facts: dict[str, dict[str, Any]] = {"metric": {}, "own": {}}
    for _, _, needed, _ in made:
        for kind, stated in needed.items():
            facts[kind] |= stated
    documents = {
        "policy.yaml": _policy([{"id": name, **rule} for name, rule, _, _ in made], facts),
        "tests.yaml": _tests(list(_cases(made, cases)), facts),
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _policy(rules: list[dict[str, Any]], facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "release_gate": "policy/v1",
        "id": "large",
        "version": "1.0.0",
        "title": "A large policy",
        "covers": True,
        "facts": {
            "metrics": {name: {"range": [0, 1], "max_age": "P180D"} for name in facts["metric"]},
            "own": {name: {"type": "boolean"} for name in facts["own"]},
        },
        "definitions": {"large": "model.parameters > 70000000000"},
        "tiers": [{"id": "low", "ceiling": "fully_open"}, {"id": "high", "ceiling": "trusted_testers"}],
        "default_tier": "low",
        "rules": [{"id": "always", "at": "trusted_testers", "oblige": _DUTY}, *rules],
    }


def _tests(cases: list[dict[str, Any]], facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    request = {
        "release_gate": "request/v1",
        "id": "r",
        "action": "release",
        "developer": {"name": "Example Lab", "jurisdiction": "US"},
        "model": {"name": "example", "parameters": 7_000_000_000, "modalities_out": ["text"]},
        "capability": {"cbrn": {"level": "low"}},
        "safeguards": [{"id": "filter", "kind": "output_filter", "effective": True, "removable": False}],
        "lineage": [],
        "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
        **facts,
    }
    return {
        "release_gate": "tests/v1",
        "policy": "large",
        "as_of": "2026-11-01",
        "fixtures": {"base": request},
        "cases": cases,
    }


def _cases(made: list[Any], wanted: int) -> Iterator[dict[str, Any]]:
    """Cases of the rules in turn, until there are as many; a cell of a matrix counts as one."""
    left, turn = wanted, 0
    while left > 0:
        for name, _, _, cases in made:
            case = cases[turn % len(cases)]
            cells = len(next(iter(case.get("matrix", {"": [None]}).values())))
            if cells <= left:
                left -= cells
                text = json.dumps(case["expect"]).replace('"RULE"', f'"{name}"')
                said = {
                    "name": f"{name} {turn}",
                    "request": "base",
                    **case,
                    "expect": {"w": json.loads(text)},
                }
                yield said
        turn += 1


def main() -> int:
    """Time each command, and return 1 if one takes longer than it may."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.authoring", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument(
        "--rounds", type=int, default=3, help="the best of so many is what counts (default: 3)"
    )
    parser.add_argument("--only", choices=list(COMMANDS), action="append", help="one command; repeatable")
    asked = parser.parse_args()
    late = False
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), asked.rules, asked.cases)
        print(f"{asked.rules} rules, {asked.cases} cases, {os.cpu_count()} cores, seconds\n")
        print("| command | took | may take | of the processors |\n|---|---|---|---|")
        for name in asked.only or COMMANDS:
            limit, options = COMMANDS[name]
            took, used = min(timed(folder, name, options) for _ in range(asked.rounds))
            late |= took > limit
            print(f"| `policy {name}` | {took:.1f} | {limit:g} | {used:.1f} |", flush=True)
    return int(late)


def timed(folder: str, name: str, options: tuple[str, ...]) -> tuple[float, float]:
    """How long a command takes, and how much time of the processors, in seconds."""
    start, before = perf_counter(), os.times()
    start_it = "from release_gate.cli import main; main()"
    command = [sys.executable, "-c", start_it, "policy", name, folder, *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took, after = perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return took, used


if __name__ == "__main__":
    sys.exit(main())
