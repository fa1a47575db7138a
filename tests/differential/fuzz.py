"""Conditions on known facts: our reference evaluator against rule-engine's own interpreter.

Run it for long, with a seed to repeat it:

    python tests/differential/fuzz.py --cases 1000000 --seed 1

A case is a condition and a set of facts; each condition is parsed once by both, and tried on many sets. A
disagreement is printed with the seed that makes it, and with the smallest condition that still shows it.

What differs by design (the table in docs/adr/0003-the-reference-evaluator.md) is not generated, or, where
only the result can tell, not counted: what cannot be computed, or is past the bound on numbers, is an error
there and unknown here.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Any, Final

import rule_engine

from release_gate.evaluate.reference import evaluate
from release_gate.expression.check import Scope, check_condition
from release_gate.expression.nodes import Node
from release_gate.facts.truth import Items, Record, Unknown
from release_gate.facts.types import Boolean, Day, ListType, Number, RecordType, Text
from release_gate.facts.view import Seen

MEMBER: Final = RecordType(
    {"size": Number(None), "open": Boolean(), "tag": Text(), "day": Day(), "tags": ListType(Text())}
)
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
WORDS: Final = ("a", "b", "ab", "abc", "llama", "llama-2", "x y", "", "A", "é", "日本", "it's", "a.c", "10")
PATTERNS: Final = (
    *("a", "^a", "a$", "l+a", "[a-c]+", "(ab|x)", "b.?", "^$", "llama-[0-9]", "", "a*?b", "(?:l|a){2,4}"),
    *("[^a]", "x|y|", ".", "^.{2}$", "a[.]c", "(?i)LLAMA", "(a)(b)?c", "^(?:[0-9]+|[a-z]+)$", "[é-ü]"),
)
SMALL: Final = (
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "0.5",
    "0.25",
    "2.5",
    "100",
    "1e3",
    "12.75",
    ".5",
    "5.",
    "0.10",
)
EDGES: Final = (
    *("9007199254740991", "9007199254740993", "0.1", "0.30", "1e15", "999999999999999", "0.000000000000001"),
    *(
        "1e25",
        "1E+25",
        "1e-25",
        "1.7976931348623e299",
        "1e299",
        "9.99999999999999e299",
        "2.2250738585072e-299",
    ),
    *("4294967296", "2147483647", "123456789.123456", "1e-7", "65536"),
)
FIRST_DAY: Final = date(2023, 11, 1)
LENGTHS: Final = ("P0D", "P1D", "P30D", "P365D", "P2W", "PT24H", "PT48H", "P1DT24H")

LEAVES: Final = {
    "truth": ("true", "false", "p", "q"),
    "number": ("0", "1", "n", "m"),
    "text": ('"a"', '""', "s", "t"),
    "day": ("d", "e"),
}


@dataclass(frozen=True)
class Piece:
    """A part of a condition: what it comes to, and the texts and parts that it is made of."""

    kind: str
    parts: tuple[Any, ...]

    def __str__(self) -> str:
        """The text."""
        return "".join(str(part) for part in self.parts)

    def smaller(self) -> Iterator[Piece]:
        """The same with one part replaced by a simpler one, the simplest first."""
        for leaf in LEAVES.get(self.kind, ()):
            if str(self) != leaf:
                yield Piece(self.kind, (leaf,))
        yield from (part for part in self.pieces() if part.kind == self.kind)
        for index, part in enumerate(self.parts):
            if isinstance(part, Piece):
                for less in part.smaller():
                    yield Piece(self.kind, (*self.parts[:index], less, *self.parts[index + 1 :]))

    def pieces(self) -> Iterator[Piece]:
        """Every part below."""
        for part in self.parts:
            if isinstance(part, Piece):
                yield part
                yield from part.pieces()


class Maker:
    """Makes conditions of the right types, mostly without the parentheses that would hide a precedence.

    Where a missing pair of them changes what is meant, the types may no longer fit: our checker sorts
    these out.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.variables: list[tuple[str, str]] = []

    def pick(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def put(self, kind: str, *parts: Any) -> Piece:
        """A piece, in parentheses or not, with more blanks in it or not."""
        blank = self.pick(" ", " ", " ", "  ", "\n", "\t")
        text = tuple(part.replace(" ", blank) if isinstance(part, str) else part for part in parts)
        return Piece(kind, ("(", *text, ")") if self.rng.random() < 0.35 else text)

    def of(self, items: str, part: str = "") -> list[str]:
        return [name + part for name, of in self.variables if of == items]

    def truth(self, depth: int) -> Piece:
        if depth <= 0:
            return Piece("truth", (self.pick(*LEAVES["truth"], *self.of("records", ".open")),))
        makers: tuple[Callable[[int], Piece], ...] = (
            *(
                self.compare,
                self.compare,
                self.junction,
                self.junction,
                self.negation,
                self.member,
                self.match,
            ),
            *(self.quantified, self.quantified, self.choice, self.equal, self.emptiness, self.between_days),
        )
        return self.rng.choice(makers)(depth - 1)

    def negation(self, depth: int) -> Piece:
        return self.put("truth", "not ", self.truth(depth))

    def junction(self, depth: int) -> Piece:
        parts: list[Any] = [self.truth(depth)]
        for _ in range(self.rng.randint(1, 3)):
            parts += [self.pick(" and ", " or "), self.truth(depth)]
        return self.put("truth", *parts)

    def compare(self, depth: int) -> Piece:
        sign = self.pick("==", "!=", "<", "<=", ">", ">=")
        make = self.pick(self.number, self.number, self.day)
        return self.put("truth", make(depth), self.pick(f" {sign} ", sign), make(depth))

    def between_days(self, depth: int) -> Piece:
        sign = self.pick("==", "!=", "<", "<=", ">", ">=")
        return self.put("truth", self.day(depth), " - ", self.day(0), f' {sign} t"{self.pick(*LENGTHS)}"')

    def equal(self, depth: int) -> Piece:
        make = self.pick(self.text, self.truth)
        return self.put("truth", make(depth), self.pick(" == ", " != "), make(depth))

    def member(self, depth: int) -> Piece:
        make, lists = self.pick(
            (self.number, "numbers"), (self.text, "texts"), (self.truth, "[p, q]"), (self.day, "[d, e]")
        )
        written: tuple[Any, ...] = ("[", make(depth), ", ", make(0), self.pick("]", ",]"))
        where = (lists,) if self.rng.random() < 0.4 else written if self.rng.random() < 0.9 else ("[]",)
        return self.put("truth", make(depth), self.pick(" in ", " not in "), *where)

    def match(self, depth: int) -> Piece:
        sign = self.pick("=~", "=~~", "!~", "!~~")
        return self.put("truth", self.text(depth), f" {sign} ", f'"{self.pick(*PATTERNS)}"')

    def items(self, depth: int, result: Callable[[int], Piece], *, nested: bool = True) -> Piece:
        """A comprehension, whose list may be one too."""
        name, kind = f"x{len(self.variables)}", self.pick("numbers", "texts", "records")
        inner: Any = kind
        tags = self.of("records", ".tags")
        if tags and self.rng.random() < 0.4:
            kind, inner = "texts", self.rng.choice(tags)
        elif nested and depth > 0 and kind != "records" and self.rng.random() < 0.3:
            inner = self.items(depth - 1, self.number if kind == "numbers" else self.text, nested=False)
        self.variables.append((name, kind))
        parts: list[Any] = ["[", result(depth), f" for {name} in ", inner]
        if self.rng.random() < 0.5:
            parts += [" if ", self.truth(depth)]
        self.variables.pop()
        return Piece("items", (*parts, "]"))

    def quantified(self, depth: int) -> Piece:
        inner: tuple[Any, ...] = (self.items(min(depth, 2), self.truth),)
        if self.rng.random() < 0.15:
            inner = ("[", self.truth(depth), ", ", self.truth(0), "]")
        return Piece("truth", (self.pick("$any(", "$all("), *inner, ")"))

    def emptiness(self, depth: int) -> Piece:
        items = self.items(min(depth, 1), self.number)
        return Piece("truth", ("(", self.pick("numbers", "texts", items), ").is_empty"))

    def choice(self, depth: int) -> Piece:
        return self.put("truth", self.truth(depth), " ? ", self.truth(depth), " : ", self.truth(depth))

    def text(self, depth: int) -> Piece:
        written = self.pick(*WORDS)
        quoted = self.pick(f'"{written}"', f'"{written}"', "'" + written.replace("'", "\\'") + "'")
        if depth > 0 and self.rng.random() < 0.15:
            return self.put("text", self.truth(depth - 1), " ? ", self.text(0), " : ", self.text(0))
        if depth > 0 and self.rng.random() < 0.1:
            return self.put("text", self.text(0), " ?? ", self.text(0))
        return Piece("text", (self.pick("s", "t", quoted, *self.of("texts"), *self.of("records", ".tag")),))

    def day(self, depth: int) -> Piece:
        written = f'd"{FIRST_DAY + timedelta(self.rng.randint(0, 900))}"'
        leaf = Piece("day", (self.pick("d", "e", "d", "e", written, *self.of("records", ".day")),))
        if depth <= 0 or self.rng.random() < 0.5:
            return leaf
        return self.put("day", leaf, self.pick(" + ", " - "), f't"{self.pick(*LENGTHS)}"')

    def written(self) -> str:
        return str(self.pick(*SMALL) if self.rng.random() < 0.85 else self.pick(*EDGES))

    def number(self, depth: int) -> Piece:
        leaf = (
            "n",
            "m",
            self.written(),
            f"-{self.written()}",
            *self.of("numbers"),
            *self.of("records", ".size"),
        )
        if depth <= 0 or self.rng.random() < 0.25:
            return Piece("number", (self.rng.choice(leaf),))
        below = depth - 1
        match self.rng.randrange(12):
            case 0 | 1 | 2 | 3:
                sign = self.pick("+", "-", "*", " + ", " - ", " * ")
                return self.put("number", self.number(below), sign, self.number(below))
            case 4 | 5:
                sign = self.pick("/", "//", "%", " / ", " // ", " % ")
                return self.put("number", self.number(below), sign, self.number(below))
            case 6:
                # Few digits, so that no result is rounded: rule-engine rounds powers in its own way.
                base = self.pick("n", "2", "0.5", "3", "10", "7", "-2", "12.75", "-n")
                return self.put("number", base, self.pick(" ** ", "**"), str(self.rng.randint(1, 5)))
            case 7 | 8:
                return self.put("number", "-", self.number(below))
            case _:
                return self.number_of(below)

    def number_of(self, below: int) -> Piece:
        """A number that a list, a text, a day or a choice gives."""
        items = self.pick("numbers", "texts", "records", "s", "t", self.items(min(below, 1), self.number))
        part = self.pick("d.year", "e.month", "d.day", *self.of("records", ".day.year"))
        choice = ("number", self.truth(below), " ? ", self.number(below), " : ", self.number(below))
        made: Piece = self.pick(
            Piece("number", (items, ".length")),
            Piece("number", (part,)),
            Piece("number", ("$abs(", self.number(below), ")")),
            self.put(*choice),
            self.put("number", self.number(below), " ?? ", self.number(0)),
        )
        return made


def known(rng: random.Random) -> dict[str, Any]:
    """Known facts, as Python values."""

    def number() -> Decimal:
        shown = rng.choice(SMALL if rng.random() < 0.9 else EDGES)
        return Decimal(shown) * rng.choice([1, 1, -1])

    def word() -> str:
        return rng.choice(WORDS)

    def truth() -> bool:
        return rng.random() < 0.5

    def day() -> date:
        return FIRST_DAY + timedelta(rng.randint(0, 900))

    def some(make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(rng.randint(0, 4))]

    def record() -> dict[str, Any]:
        return {"size": number(), "open": truth(), "tag": word(), "day": day(), "tags": some(word)}

    return {
        **{name: number() for name in "nm"},
        **{name: truth() for name in "pq"},
        **{name: word() for name in "st"},
        **{name: day() for name in "de"},
        "numbers": some(number),
        "texts": some(word),
        "records": some(record),
    }


def _seen(value: Any) -> Any:
    if isinstance(value, list):
        return Seen(Items(tuple(_seen(item) for item in value)))
    if isinstance(value, dict):
        return Record("", {name: _seen(item) for name, item in value.items()})
    return Seen(value)


def _moments(value: Any) -> Any:
    if isinstance(value, list):
        return [_moments(item) for item in value]
    if isinstance(value, dict):
        return {name: _moments(item) for name, item in value.items()}
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else value


def facts_for_both(facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts as our reference reads them, and as rule-engine does."""
    return {name: _seen(value) for name, value in facts.items()}, _moments(facts)


_SCOPE: Final = Scope(SCHEMA)
_BOUNDED: Final = Context(prec=28, Emax=299, Emin=-9999, traps=[InvalidOperation, DivisionByZero, Overflow])
"""The bound on numbers that we have. Past it rule-engine raises, as it does for a division by zero."""
_CONTEXT: Final = rule_engine.Context(default_timezone=UTC, decimal_context=_BOUNDED)


@dataclass
class Both:
    """A condition as both have parsed it."""

    text: str
    ours: Node
    theirs: Any

    def disagreement(self, facts: dict[str, Any]) -> str:
        """How the two differ on facts, or an empty string."""
        for_us, for_them = facts_for_both(facts)
        left = evaluate(self.ours, for_us).value
        try:
            right = self.theirs.evaluate(for_them)
        except (ArithmeticError, rule_engine.errors.EngineError) as error:
            # What it cannot compute is an error there, also where the rest would decide: `1/0 > 1 or true`.
            arithmetic = isinstance(error, ArithmeticError | rule_engine.errors.ArithmeticError)
            return "" if arithmetic else f"ours {left!r}, theirs raises {error!r}"
        return "" if left is right else f"ours {left!r}, theirs {right!r}"


def parsed(text: str) -> Both | None:
    """A condition as both read it, or None if it is not in our language.

    Raises:
        AssertionError: We read it, and rule-engine does not.
    """
    node, _ = check_condition(text, _SCOPE)
    if node is None:
        return None
    try:
        with localcontext(_BOUNDED):  # what is constant is computed while parsing, and in no context of ours
            return Both(text, node, rule_engine.Rule(text, context=_CONTEXT))
    except (ArithmeticError, rule_engine.errors.ArithmeticError):
        return None
    except rule_engine.errors.EngineError as error:
        message = f"we accept `{text}`, and rule-engine does not: {error!r}"
        raise AssertionError(message) from error


@dataclass
class Tally:
    """What a run has seen."""

    cases: int = 0
    conditions: int = 0
    refused: int = 0
    results: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)


def run(cases: int, seed: int, sets: int = 20) -> Tally:
    """Compare on as many cases as asked for, the same for the same seed.

    Args:
        cases: How many pairs of a condition and a set of facts.
        seed: Where to start; the condition of number ``k`` comes from the seed ``seed:k``.
        sets: How many sets of facts to try each condition on.
    """
    tally = Tally()
    number = 0
    while tally.cases < cases:
        name = f"{seed}:{number}"
        number += 1
        compare(name, min(sets, cases - tally.cases), tally)
    return tally


def compare(name: str, sets: int, tally: Tally) -> None:
    """Make the condition of a name, and compare it on some sets of facts."""
    rng = random.Random(name)
    piece = Maker(rng).truth(rng.randint(1, 4))
    try:
        both = parsed(str(piece))
    except AssertionError as error:
        tally.found.append(f"seed {name}: {error}")
        return
    if both is None:
        tally.refused += 1
        return
    tally.conditions += 1
    for _ in range(sets):
        facts = known(rng)
        tally.cases += 1
        value = evaluate(both.ours, facts_for_both(facts)[0]).value
        tally.results["unknown" if isinstance(value, Unknown) else str(value)] += 1
        if both.disagreement(facts):
            less, told = shrink(piece, facts)
            tally.found.append(f"seed {name}: {less}\n  on {facts}\n  {told}\n  made from {str(piece)!r}")
            return


def shrink(piece: Piece, facts: dict[str, Any]) -> tuple[Piece, str]:
    """The smallest condition found that the two still disagree on, and how they do."""
    told = _differs(piece, facts)
    for _ in range(200):
        better = next(((less, how) for less in piece.smaller() if (how := _differs(less, facts))), None)
        if better is None:
            break
        piece, told = better
    return piece, told


def _differs(piece: Piece, facts: dict[str, Any]) -> str:
    try:
        both = parsed(str(piece))
    except AssertionError as error:
        return str(error)
    return both.disagreement(facts) if both is not None else ""


def main() -> int:
    """Compare, and say what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", type=int, default=20, help="sets of facts for each condition")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore", "accessing attribute")  # rule-engine's own plan for its version 6
    start = time.process_time()
    tally = run(chosen.cases, chosen.seed, chosen.sets)
    sys.stdout.write("\n".join([*tally.found[:50], ""]))
    sys.stdout.write(
        f"seed {chosen.seed}: {tally.cases:,} cases of {tally.conditions:,} conditions "
        f"({tally.refused:,} were not in the language), {dict(sorted(tally.results.items()))}, "
        f"{len(tally.found)} disagreements, {time.process_time() - start:.0f} s\n"
    )
    return bool(tally.found)


if __name__ == "__main__":
    raise SystemExit(main())
