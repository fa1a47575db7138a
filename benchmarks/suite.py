"""What is run: the races, and the targets that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.processes import LIBRARIES, WARM
from benchmarks.race import CLOCKED, Contestant, Figure, Result

__all__ = ["CHECKED", "RACES", "TARGETS", "Target"]

SEED: Final = 20261124
CHECKED: Final = 300
"""Requests about which everybody must say the same before anything counts."""

_BY_HAND = "by hand, in Python"
_OVER_MODELS = "by hand, over the same models"
_PROGRAM = "release_gate, the rules alone"
_GAPS = "the same, 1 to 6 facts missing"
_READING = "release_gate, reading the facts and the rules"
_READING_GAPS = "both, 1 to 6 facts missing"
_DECISION = "release_gate, the whole decision"
_EXPLAINED = "the same, explained"
_BYTES = "release_gate, bytes to decision bytes"
_CEDAR, _CEDAR_BYTES = "cedarpy", "cedarpy, from the same bytes"
_CEL, _TYPED = "cel-expr-python", "rule-engine, typed objects"
_EXACT, _FLOATS = "release_gate, nothing unknown", "the same code on plain floats"


def _forty(name: str, make: str, remark: str, number: int = CHECKED, *, checked: bool = True) -> Contestant:
    return Contestant(name, make, (number, SEED), remark, checked)


_SERVED = (
    "a server on the loopback, "
    + ("whose time is counted" if CLOCKED else "by the clock on the wall")
    + "; the request as it is"
)
_SCALED = "numbers scaled to whole ones; what lists come to is worked out beforehand; skips a rule on a gap"
_BINDINGS = "opa-golib-python-bindings, to which facts go as JSON"
_UNDEFINED = "a gap silences a rule, or makes it apply behind a `not`"
_ALLOWED = "stops at the first denial, so that rules allow to forbid; compares floats; a gap silences a rule"
FORTY: Final = (
    _forty(_BY_HAND, "peers.by_hand:forty", "plain dictionaries; fails on a gap"),
    _forty(_OVER_MODELS, "peers.by_hand:models", "what the validated models cost anybody; fails on a gap"),
    _forty(_PROGRAM, "ours:program", "facts read beforehand, in the form that suits it, as for all others"),
    _forty(_GAPS, "ours:gaps", "names what fires and what may", checked=False),
    _forty(_READING, "ours:reading", "from the validated models; a whole decision does both"),
    _forty(_READING_GAPS, "ours:reading_gaps", "from the validated models as well", checked=False),
    _forty(_EXACT, "ours:exact", "the function for known facts, on read facts", checked=False),
    _forty(_FLOATS, "ours:floats", "what exactness costs, and nothing to use", checked=False),
    _forty(_DECISION, "ours:decision", "12 rungs, findings; from a validated request that has its digest"),
    _forty(_EXPLAINED, "ours:explained", "with texts and facts of findings, and the digest of the request"),
    _forty(_BYTES, "ours:from_bytes", "JSON in, validated, decided, digested, JSON out"),
    _forty("the same, every fact with its place", "ours:from_located_bytes", "as files are read"),
    _forty(_TYPED, "peers.rule_engine:typed", "its fastest form; raises on a gap"),
    _forty("rule-engine, dictionaries", "peers.rule_engine:untyped", "as its documentation begins", 60),
    _forty(_CEDAR, "peers.cedar:forty", f"policies parsed once; {_SCALED}"),
    _forty("cedarpy, facts as ready JSON text", "peers.cedar:ready_text", "its fastest form"),
    _forty(_CEDAR_BYTES, "peers.cedar:from_bytes", "answers with the names of rules, not with a record"),
    _forty(_CEL, "peers.cel:forty", "one program; C++; compares floats; one error for all on a gap"),
    _forty("panzi-json-logic", "peers.json_logic:forty", "no days, no patterns; a gap compares as null"),
    _forty("OPA", "peers.opa:forty", f"{_SERVED}; {_UNDEFINED}"),
    _forty("OPA's engine as a library", "peers.opa:in_process", f"{_BINDINGS}; {_UNDEFINED}"),
    _forty("Cerbos", "peers.cerbos:forty", f"{_SERVED}; {_ALLOWED}"),
)

_SIZES: Final = (10, 100, 1_000, 10_000)


def _keyed(name: str, make: str, rules: int) -> Contestant:
    return Contestant(f"{name}, {rules:,} keyed rules", make, (rules, 60, SEED))


KEYED: Final = (
    *(_keyed("release_gate", "ours:keyed", rules) for rules in _SIZES),
    *(_keyed("cedarpy", "peers.cedar:keyed", rules) for rules in _SIZES),
    *(_keyed("rule-engine", "peers.rule_engine:keyed", rules) for rules in _SIZES[:3]),
)
LOAD: Final = tuple(
    Contestant(f"load {rules:,} rules, {words}", "ours:load", (rules, cache), checked=False)
    for rules in (40, 1_000)
    for cache, words in (("off", "parser warm"), ("on", "from the cache"))
)
RACES: Final[Mapping[str, Sequence[Contestant]]] = {"forty": FORTY, "keyed": KEYED, "load": LOAD}
"""The races by name; the first of each is what the others are compared with."""


@dataclass(frozen=True)
class Target:
    """Something that must be true.

    Attributes:
        what: In words.
        who: The contestant that it is about.
        measured: The figure, from all results.
        limit: What it may be, at most, or must be, at least.
        at_least: Which of the two.
        unit: What the figure counts.
    """

    what: str
    who: str
    measured: Callable[[Mapping[str, Result]], Figure]
    limit: float
    at_least: bool = False
    unit: str = "×"

    def met(self, figure: float) -> bool:
        """Whether what was measured is as it must be."""
        return figure >= self.limit if self.at_least else figure <= self.limit


def _ratio(what: str, mine: str, theirs: str, limit: float) -> Target:
    return Target(what, mine, lambda results: results[mine].against(results[theirs]), limit)


def _faster(what: str, mine: str, theirs: str, limit: float) -> Target:
    return Target(what, mine, lambda results: results[theirs].against(results[mine]), limit, at_least=True)


def _within(name: str, limit: float) -> Target:
    return Target(name, name, lambda results: results[name].milliseconds(), limit, unit=" ms")


_FEW, _MANY = (f"release_gate, {rules:,} keyed rules" for rules in (10, 10_000))
TARGETS: Final = (
    _ratio("40 rules, complete, against Python by hand", _PROGRAM, _BY_HAND, 1.6),
    _faster("40 rules, faster than rule-engine typed", _PROGRAM, _TYPED, 60),
    _faster("40 rules, faster than cedarpy", _PROGRAM, _CEDAR, 20),
    _faster("40 rules, faster than CEL in C++", _PROGRAM, _CEL, 10),
    _ratio("1 to 6 facts missing, against complete", _GAPS, _PROGRAM, 2),
    _ratio("whole decision, against Python by hand", _DECISION, _BY_HAND, 8),
    _ratio("whole decision, against Python by hand over the same models", _DECISION, _OVER_MODELS, 8),
    _faster("whole decision, faster than one cedarpy call", _DECISION, _CEDAR, 1),
    _faster("bytes to bytes, faster than cedarpy from the same", _BYTES, _CEDAR_BYTES, 3),
    _ratio("10,000 keyed rules, against 10", _MANY, _FEW, 6),
    _faster("10,000 keyed rules, faster than cedarpy", _MANY, "cedarpy, 10,000 keyed rules", 500),
    *(_within(each.name, limit) for each, limit in zip(LOAD, (40, 10, 800, 60), strict=True)),
    _ratio("`release-gate check`, warm, against `import pydantic, yaml`", WARM, LIBRARIES, 1.6),
    _ratio("exactness, against plain floats", _EXACT, _FLOATS, 1.1),
)
