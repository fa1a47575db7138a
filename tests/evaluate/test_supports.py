"""Which facts would settle a condition: no more and no less than those that can still move it."""

from decimal import Decimal
from typing import Any

import pytest

from release_gate.evaluate.reference import Trace, evaluate
from release_gate.expression.check import Scope, check_condition
from release_gate.facts.truth import Items, Range, Reason, Record, Unknown
from release_gate.facts.types import Boolean, ListType, Number, RecordType, Text
from release_gate.facts.view import Seen

GONE = Unknown(Reason.MISSING)
PART = RecordType({"name": Text(), "size": Number(None), "open": Boolean(), "tags": ListType(Text())})
SCOPE = Scope(
    RecordType(
        {name: Number(None) for name in "nm"}
        | {name: Boolean() for name in "pq"}
        | {"numbers": ListType(Number(None)), "parts": ListType(PART), "others": ListType(PART)}
    )
)


def part(label: str, **fields: Any) -> Record:
    return Record(label, {name: Seen(fields.get(name, GONE)) for name in PART.fields})


def trace(text: str, **facts: Any) -> Trace:
    node, problems = check_condition(text, SCOPE)
    assert node is not None, problems
    return evaluate(node, {name: Seen(facts.get(name, GONE)) for name in SCOPE.root.fields})


def supports(text: str, **facts: Any) -> list[str]:
    return [read.path for read in trace(text, **facts).support]


ONE, TWO, THREE = Decimal(1), Decimal(2), Decimal(3)
OPEN = Items((part("a", open=True), part("b", size=ONE)))
MORE = Items((part("a", open=True, size=ONE),), complete=False)

TABLE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("n > 1", {}, ["n"]),
    ("n > 1", {"n": Range(ONE, THREE)}, ["n"]),
    ("n > 1", {"n": Range(TWO, THREE)}, []),
    ("n > 1 or m > 1", {"m": ONE}, ["n"]),
    ("n > 1 or m > 1", {"m": TWO}, []),
    ("n > 1 and p", {"p": True}, ["n"]),
    # lists that are written out
    ("n in [1, m]", {"n": ONE}, []),
    ("n in [1, m]", {"n": TWO}, ["m"]),
    ("n in [1, 2]", {}, ["n"]),
    ("n in [4, m]", {"n": Range(ONE, THREE), "m": Decimal(4)}, []),
    ("$any([p, q])", {"p": False}, ["q"]),
    ("$all([p, q])", {"p": False}, []),
    ("$distinct([n, m]) > 1", {"n": ONE}, ["m"]),
    ("$count([n, m]) > 1", {}, []),
    ("$any([x > 1 for x in [n, m]])", {"n": ONE}, ["m"]),
    ("$any([x > 1 for x in [y + 1 for y in [n, m]]])", {"m": Decimal(0)}, ["n"]),
    ("$any([$any(x) for x in [[p], [q]]])", {"p": False}, ["q"]),
    # lists that are facts
    ("1 in numbers", {}, ["numbers"]),
    ("1 in numbers", {"numbers": Items((Seen(GONE), Seen(TWO)))}, ["numbers[0]"]),
    ("1 in numbers", {"numbers": Items((Seen(TWO),), complete=False)}, ["numbers"]),
    ("n in numbers", {"numbers": Items((), complete=False)}, ["n", "numbers"]),
    ("numbers.length > 1", {"numbers": Items((Seen(GONE),), complete=False)}, ["numbers"]),
    ("numbers.length > 1", {"numbers": Items((Seen(GONE),))}, []),
    ("numbers.is_empty", {"numbers": Items((), complete=False)}, ["numbers"]),
    ("$any([x.open for x in parts])", {"parts": OPEN}, []),
    ("$all([x.open for x in parts])", {"parts": OPEN}, ["parts[b].open"]),
    ("$all([x.open for x in parts])", {"parts": MORE}, ["parts"]),
    # what a filter cannot tell
    ("$any([x.open for x in parts if x.size > 1])", {"parts": OPEN}, ["parts[a].size"]),
    ("$any([x.size > 1 for x in parts if x.open])", {"parts": OPEN}, ["parts[a].size"]),
    ("$all([x.size == 1 for x in parts if x.open])", {"parts": OPEN}, ["parts[a].size"]),
    ("$count([x.name for x in parts if x.open]) > 1", {"parts": OPEN}, ["parts[b].open"]),
    ('$any([x == "z" for x in [y.name for y in parts if y.open]])', {"parts": OPEN},
     ["parts[a].name", "parts[b].name", "parts[b].open"]),
    # through other forms
    ('$any([x.name == "z" for x in [y for y in parts]])', {"parts": OPEN},
     ["parts[a].name", "parts[b].name"]),
    ('$any(["t" in x.tags for x in parts])', {"parts": MORE}, ["parts", "parts[a].tags"]),
    ("(p ? n : m) > 1", {"p": True, "n": TWO}, []),
    ("(p ? n : m) > 1", {"p": True}, ["n"]),
    ("(p ? n : m) > 1", {"n": TWO, "m": THREE}, []),
    ("(p ? n : m) > 1", {"n": TWO, "m": ONE}, ["p"]),
    ("(n ?? m) > 1", {"n": None}, ["m"]),
    ("(n ?? m) > 1", {}, ["m", "n"]),
    ("(n ?? m) > 1", {"n": Range(ONE, THREE)}, ["n"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "facts", "expected"), TABLE)
def test_the_support_of_a_condition(text: str, facts: dict[str, Any], expected: list[str]) -> None:
    assert supports(text, **facts) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("numbers in [numbers]", "RG217"),
        ("[n] in [[m]]", "RG217"),
        ("[x.size for x in parts] in [numbers]", "RG217"),
        ("$any([x.open for x in (p ? parts : others)])", "RG219"),
        ("$count(numbers ?? [1]) > 1", "RG219"),
    ],
)
def test_a_list_is_neither_compared_nor_chosen(text: str, code: str) -> None:
    """Two lists would be one because they look alike today, and not be one tomorrow."""
    node, problems = check_condition(text, SCOPE)
    assert node is None
    assert [problem.code for problem in problems] == [code]
