"""Conditions on known facts: our reference evaluator against rule-engine's own interpreter.

Run it for long, with a seed to repeat it:

    python tests/differential/fuzz.py --cases 200000 --seed 1

What differs by design (the table in docs/adr/0003-the-reference-evaluator.md) is not generated: absent
facts, ranges, nulls, ordered vocabularies, calendar months, shadowed names, and numbers that one of the
two rounds differently from the other, and 0 ** 0, which is 1 here and an error there.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import rule_engine

from release_gate.evaluate.reference import evaluate
from release_gate.expression.check import Scope, check_condition
from release_gate.facts.truth import Items, Record
from release_gate.facts.types import Boolean, Day, ListType, Number, RecordType, Text
from release_gate.facts.view import Seen

MEMBER: Final = RecordType({"size": Number(None), "open": Boolean(), "tag": Text()})
SCHEMA: Final = RecordType(
    {
        **{name: Number(None) for name in ("n", "m")},
        **{name: Boolean() for name in ("p", "q")},
        **{name: Text() for name in ("s", "t")},
        **{name: Day() for name in ("d", "e")},
        "numbers": ListType(Number(None)),
        "texts": ListType(Text()),
        "records": ListType(MEMBER),
    }
)
WORDS: Final = ("a", "b", "ab", "abc", "llama", "llama-2", "x y", "")
PATTERNS: Final = ("a", "^a", "a$", "l+a", "[a-c]+", "(ab|x)", "b.?", "^$", "llama-[0-9]")
NUMBERS: Final = ("0", "1", "2", "3", "7", "10", "0.5", "0.25", "2.5", "100", "1e3", "12.75")
FIRST_DAY: Final = date(2024, 1, 1)


@dataclass
class Case:
    """A condition, and the values of the facts it may read."""

    text: str
    facts: dict[str, Any]


class Maker:
    """Makes conditions of the right types, from the bottom up, with a seeded generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.variables: list[tuple[str, str]] = []

    def one(self, *makers: Callable[[int], str], depth: int) -> str:
        return self.rng.choice(makers)(depth - 1)

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return self.rng.choice(["p", "q", "true", "false", *self.of("records", "{}.open")])
        return self.one(
            *(self.compare, self.compare, self.junction, self.junction, self.negation, self.member),
            *(self.match, self.quantified, self.quantified, self.choice, self.equal),
            depth=depth,
        )

    def of(self, kind: str, shape: str) -> list[str]:
        return [shape.format(name) for name, of in self.variables if of == kind]

    def negation(self, depth: int) -> str:
        return f"not ({self.truth(depth)})"

    def junction(self, depth: int) -> str:
        parts = [self.truth(depth) for _ in range(self.rng.randint(2, 3))]
        text = f" {self.rng.choice(['and', 'or'])} ".join(f"({part})" for part in parts)
        return text if self.rng.random() < 0.7 else text.replace("(p)", "p").replace("(q)", "q")

    def compare(self, depth: int) -> str:
        op = self.rng.choice(["==", "!=", "<", "<=", ">", ">="])
        make = self.rng.choice([self.number, self.number, self.day])
        if self.rng.random() < 0.1:
            return f'd - e {op} t"P{self.rng.randint(0, 400)}D"'
        return f"({make(depth)}) {op} ({make(depth)})"

    def equal(self, depth: int) -> str:
        op = self.rng.choice(["==", "!="])
        make = self.rng.choice([self.text, self.truth])
        return f"({make(depth)}) {op} ({make(depth)})"

    def member(self, depth: int) -> str:
        sign = self.rng.choice(["in", "not in"])
        if self.rng.random() < 0.5:
            items = self.rng.choice(["numbers", "[1, 2, n]", "[m, 0.5]"])
            return f"({self.number(depth)}) {sign} {items}"
        items = self.rng.choice(["texts", '["a", s]', '[t, "ab"]'])
        return f"({self.text(depth)}) {sign} {items}"

    def match(self, depth: int) -> str:
        op = self.rng.choice(["=~", "=~~", "!~", "!~~"])
        return f'({self.text(depth)}) {op} "{self.rng.choice(PATTERNS)}"'

    def comprehension(self, depth: int, result: Callable[[int], str]) -> str:
        name, items = f"x{len(self.variables)}", self.rng.choice(["numbers", "texts", "records"])
        self.variables.append((name, items))
        text = f"{result(depth)} for {name} in {items}"
        if self.rng.random() < 0.5:
            text += f" if {self.truth(depth)}"
        self.variables.pop()
        return f"[{text}]"

    def quantified(self, depth: int) -> str:
        return f"${self.rng.choice(['any', 'all'])}({self.comprehension(min(depth, 2), self.truth)})"

    def choice(self, depth: int) -> str:
        return f"(({self.truth(depth)}) ? ({self.truth(depth)}) : ({self.truth(depth)}))"

    def text(self, _depth: int) -> str:
        known = [*self.of("texts", "{}"), *self.of("records", "{}.tag")]
        return self.rng.choice(["s", "t", f'"{self.rng.choice(WORDS)}"', *known])

    def day(self, _depth: int) -> str:
        written = f'd"{FIRST_DAY + timedelta(self.rng.randint(0, 900))}"'
        moved = f'{self.rng.choice("de")} {self.rng.choice("+-")} t"P{self.rng.randint(0, 400)}D"'
        return self.rng.choice(["d", "e", written, moved])

    def number(self, depth: int) -> str:
        known = [*self.of("numbers", "{}"), *self.of("records", "{}.size")]
        leaf = ["n", "m", self.rng.choice(NUMBERS), f"-{self.rng.choice(NUMBERS[1:])}", *known]
        if depth <= 0 or self.rng.random() < 0.3:
            return self.rng.choice(leaf)
        below = depth - 1
        match self.rng.randrange(9):
            case 0 | 1 | 2:
                return f"({self.number(below)}) {self.rng.choice('+-*')} ({self.number(below)})"
            case 3:
                return f"({self.number(below)}) / {self.rng.choice(['2', '4', '0.5', '10'])}"
            case 4:
                return (
                    f"({self.number(0)}) {self.rng.choice(['//', '%'])} {self.rng.choice(['2', '3', '0.5'])}"
                )
            case 5:
                return f"({self.rng.choice(leaf)}) ** {self.rng.randint(1, 4)}"
            case 6:
                return f"$abs({self.number(below)})"
            case 7:
                return f"{self.rng.choice(['numbers', 'texts', 'records', 's', 't'])}.length"
            case _:
                return self.rng.choice(["d.year", "e.month", "d.day", f"-({self.number(below)})"])


def known(rng: random.Random) -> dict[str, Any]:
    """Known facts, as Python values."""

    def number() -> Any:
        return Decimal(rng.choice(NUMBERS)) * rng.choice([1, 1, -1])

    def word() -> Any:
        return rng.choice(WORDS)

    def truth() -> Any:
        return rng.random() < 0.5

    def day() -> Any:
        return FIRST_DAY + timedelta(rng.randint(0, 900))

    size = rng.randint(0, 4)
    return {
        "n": number(),
        "m": number(),
        "p": truth(),
        "q": truth(),
        "s": word(),
        "t": word(),
        "d": day(),
        "e": day(),
        "numbers": [number() for _ in range(rng.randint(0, 4))],
        "texts": [word() for _ in range(rng.randint(0, 4))],
        "records": [{"size": number(), "open": truth(), "tag": word()} for _ in range(size)],
    }


def ours(case: Case) -> Any:
    """What the reference evaluator says."""
    node, problems = check_condition(case.text, Scope(SCHEMA))
    if node is None:
        raise AssertionError((case.text, [str(problem) for problem in problems]))
    return evaluate(node, {name: _seen(value) for name, value in case.facts.items()}).value


def _seen(value: Any) -> Any:
    if isinstance(value, list):
        return Seen(Items(tuple(_seen(item) for item in value)))
    if isinstance(value, dict):
        return Record("", {name: _seen(item) for name, item in value.items()})
    return Seen(value)


_CONTEXT: Final = rule_engine.Context(default_timezone=UTC)


def theirs(case: Case) -> Any:
    """What rule-engine's interpreter says."""
    return rule_engine.Rule(case.text, context=_CONTEXT).evaluate(
        {name: _moment(value) for name, value in case.facts.items()}
    )


def _moment(value: Any) -> Any:
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else value


def cases(number: int, seed: int) -> Any:
    """As many cases as asked for, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(number):
        yield Case(Maker(rng).truth(rng.randint(1, 4)), known(rng))


def disagreement(case: Case) -> str:
    """How the two differ on a case, or an empty string."""
    left = ours(case)
    right = theirs(case)
    return "" if left is right else f"{case.text}\n  on {case.facts}\n  ours {left!r}, theirs {right!r}"


def main() -> int:
    """Compare, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = [text for case in cases(chosen.cases, chosen.seed) if (text := disagreement(case))]
    sys.stdout.write("\n".join([*found[:20], f"{chosen.cases} cases, {len(found)} disagreements\n"]))
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
