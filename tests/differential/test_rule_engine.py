"""On known facts our conditions mean what rule-engine's mean, but for what the ADR lists."""

import importlib.util
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rule_engine

from release_gate.evaluate.reference import evaluate
from release_gate.expression.check import Scope, check_condition
from release_gate.facts.truth import Range, Reason, Unknown
from release_gate.facts.types import Choice, Day, ListType, Number, RecordType, Text
from release_gate.facts.view import Seen

ADR = Path(__file__).parents[2] / "docs" / "adr" / "0003-the-reference-evaluator.md"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parent / "fuzz.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:accessing attribute")  # rule-engine's own plan for its version 6
@pytest.mark.parametrize("seed", range(3))
def test_on_known_facts_the_reference_agrees_with_rule_engine(fuzz: ModuleType, seed: int) -> None:
    tally = fuzz.run(1500, seed, sets=5)
    assert tally.found == []
    assert tally.cases == 1500
    assert min(tally.results["True"], tally.results["False"]) > 400, "both answers are seen"


def test_the_comparison_would_see_a_difference(fuzz: ModuleType) -> None:
    above, from_ = fuzz.parsed("n > 1"), fuzz.parsed("n >= 1")
    both = fuzz.Both("n > 1", above.ours, from_.theirs)
    assert both.disagreement({"n": Decimal(1)}) == "ours False, theirs True"
    assert both.disagreement({"n": Decimal(2)}) == ""


def test_a_disagreement_is_shrunk(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "_differs", lambda piece, _: "told" if "numbers" in str(piece) else "")
    maker = fuzz.Maker(fuzz.random.Random(0))
    piece = next(each for _ in range(99) if "numbers" in str(each := maker.truth(4)) and len(str(each)) > 90)
    less, told = fuzz.shrink(piece, {})
    assert told == "told"
    assert len(str(less)) < 50


# -- what differs

SCOPE = Scope(
    RecordType(
        {
            "n": Number(None),
            "s": Text(),
            "d": Day(),
            "ns": ListType(Number(None)),
            "level": Choice.of("level"),
        }
    )
)
RAISES, REFUSED = "an error", "refused"


def here(text: str, **facts: Any) -> Any:
    """What a condition comes to here."""
    node, _ = check_condition(text, SCOPE)
    if node is None:
        return REFUSED
    return evaluate(node, {name: Seen(value) for name, value in facts.items()}).value


def there(text: str, context: Context | None = None, **facts: Any) -> Any:
    """What it comes to in rule-engine."""
    made = rule_engine.Context(default_timezone=UTC, decimal_context=context or Context(prec=28))
    try:
        return rule_engine.Rule(text, context=made).evaluate(facts)
    except (rule_engine.errors.EngineError, ArithmeticError):
        return RAISES


LEAP = date(2024, 1, 31)
UNTOLD = Unknown(Reason.UNDECIDED)
NOT_TOLD = Unknown(Reason.NOT_COMPUTABLE)

DIFFERENCES: dict[str, Callable[[], list[Any]]] = {
    "a fact that is absent": lambda: [(there("n > 1"), RAISES), (here("n > 1"), UNTOLD)],
    "ranges": lambda: [(here("n > 1", n=Range(Decimal(0), Decimal(2))), UNTOLD)],
    "`null`": lambda: [
        (there("s == 'a' or not s", s=None), True),
        (there("n > 1", n=None), RAISES),
        (here("n > 1", n=None), NOT_TOLD),
        (here("n == null", n=None), True),
        (here("n == null"), UNTOLD),
    ],
    "ordering of vocabularies": lambda: [
        (there('s > "high"', s="low"), True),
        (here('s > "high"', s="low"), REFUSED),
        (here('level > "high"', level=Choice.of("level").read("low")), False),
    ],
    "dates and durations": lambda: [
        (there('d"2024-01-31T12:00" > d', d=datetime(2024, 1, 31, tzinfo=UTC)), True),
        (here('d"2024-01-31T12:00" > d', d=LEAP), REFUSED),
        (here('d + t"P1M" == d"2024-02-29"', d=LEAP), True),
        (there('d + t"P1M" == d"2024-02-29"', d=datetime(2024, 1, 31, tzinfo=UTC)), RAISES),
        (here('d - d"2024-01-01" > t"P1M"', d=LEAP), REFUSED),
    ],
    "regular expressions": lambda: [
        (there('s =~ "(?=a)"', s="a"), True),
        (here('s =~ "(?=a)"', s="a"), REFUSED),
        (there('s =~ "\\\\d"', s="٣"), True),
        (here('s =~ "\\\\d"', s="٣"), False),
        (there('s =~ "a$"', s="a\n"), True),
        (here('s =~ "a$"', s="a\n"), False),
    ],
    "precision": lambda: [
        (there("n / 3 == 0.333", Context(prec=3), n=Decimal(1)), True),
        (here("n / 3 == 0.333", n=Decimal(1)), False),
    ],
    "`**`": lambda: [
        (there("n ** 0 == 1", n=Decimal(0)), RAISES),
        (here("n ** 0 == 1", n=Decimal(0)), True),
        (there("n ** 0.5 == 2", n=Decimal(4)), True),
        (here("n ** 0.5 == 2", n=Decimal(4)), REFUSED),
    ],
    "what cannot be computed": lambda: [
        (there("n / 0 > 1", n=Decimal(1)), RAISES),
        (here("n / 0 > 1", n=Decimal(1)), UNTOLD),
        (there("n / 0 > 1 or n == 1", n=Decimal(1)), RAISES),
        (here("n / 0 > 1 or n == 1", n=Decimal(1)), True),
    ],
    "the bound on numbers": lambda: [
        (there("n * 10 > 1", n=Decimal("9e299")), True),
        (here("n * 10 > 1", n=Decimal("9e299")), UNTOLD),
        (there("n == 1234567890123456.7", n=Decimal("1234567890123456.7")), True),
        (here("n == 1234567890123456.7", n=Decimal(1)), REFUSED),
        (there("n == 0x10", n=Decimal(16)), True),
        (here("n == 0x10", n=Decimal(16)), REFUSED),
    ],
    "comparing what is of different types": lambda: [
        (there('n == "1"', n=Decimal(1)), False),
        (here('n == "1"', n=Decimal(1)), REFUSED),
        (there("n == [1]", n=Decimal(1)), False),
        (here("n == [1]", n=Decimal(1)), REFUSED),
    ],
    "a condition that is not true or false": lambda: [
        (there("not n", n=Decimal(0)), True),
        (here("not n", n=Decimal(0)), REFUSED),
    ],
    "`in` between texts": lambda: [
        (there('"EU" in s', s="NEUTRAL"), True),
        (here('"EU" in s', s="NEUTRAL"), REFUSED),
    ],
    "`??` beside a comparison": lambda: [
        (there("n ?? 0 > 1", n=Decimal(5)), Decimal(5)),
        (here("n ?? 0 > 1", n=Decimal(5)), REFUSED),
    ],
    "a name used twice in nested comprehensions": lambda: [
        (there("$any([$any([x > 1 for x in [n]]) for x in [n]])", n=Decimal(2)), True),
        (here("$any([$any([x > 1 for x in [n]]) for x in [n]])", n=Decimal(2)), REFUSED),
    ],
    "names with capital letters": lambda: [(there("N > 1", N=2), True), (here("N > 1"), REFUSED)],
    "sets, bytes, indexing, slices": lambda: [
        (there("1 in {1, 2}"), True),
        (here("1 in {1, 2}"), REFUSED),
        (there("ns[0] == 1", ns=[1]), True),
        (here("ns[0] == 1"), REFUSED),
    ],
    "bitwise operators": lambda: [(there("10^25 == 19"), True), (here("10^25 == 19"), REFUSED)],
    "`$now`, `$today`, `$random`": lambda: [
        (there('$now > d"2020-01-01"'), True),
        (here('$now > d"2020-01-01"'), REFUSED),
    ],
    "other functions": lambda: [
        (there("$max([1, n]) > 1", n=2), True),
        (here("$max([1, n]) > 1", n=Decimal(2)), REFUSED),
        (here("$count(ns) > 1"), UNTOLD),
    ],
}


@pytest.mark.filterwarnings("ignore:accessing attribute")
@pytest.mark.parametrize("row", DIFFERENCES)
def test_a_difference_that_is_listed_is_one(row: str) -> None:
    for found, expected in DIFFERENCES[row]():
        assert found == expected


def test_the_differences_are_those_that_the_decision_lists() -> None:
    table = ADR.read_text(encoding="utf-8").split("### Differences")[1].split("## Consequences")[0]
    rows = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    assert rows[1:] == list(DIFFERENCES), "the table of the ADR, row by row"
