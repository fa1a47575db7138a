"""What people write who do not program, and whether the help says what they meant."""

import pytest

from release_gate.expression.check import Scope, check_condition
from release_gate.expression.parse import parse
from release_gate.facts.schema import schema

CYBER = "capability.cyber.level"
SIZE = "model.parameters"
WHERE = "artifact.jurisdictions"
WAYS = "artifact.affordances"
EACH = "e.independent for e in evidence"
FLOP = "compute.training_flop"
MISTAKES = [
    # signs
    (f"{FLOP} => 1e25", "=>", "write >=", f"{FLOP} >= 1e25"),
    (f"{FLOP} =< 1e25", "=<", "write <=", f"{FLOP} <= 1e25"),
    (f"{FLOP} ≥ 1e25", "≥", "write >=", f"{FLOP} >= 1e25"),
    (f"{FLOP} ≤ 1e25", "≤", "write <=", f"{FLOP} <= 1e25"),
    (f"{FLOP} ≠ 1e25", "≠", "write !=", f"{FLOP} != 1e25"),
    (f"{FLOP} <> 1e25", "<>", "write !=", f"{FLOP} != 1e25"),
    (f"{FLOP} > = 1e25", "=", "write >= or <= without a space", f"{FLOP} >= 1e25"),
    (f"{FLOP} = 1e25", "=", "write == to compare", f"{FLOP} == 1e25"),
    (f"{FLOP} > 2 × 1e25", "×", "write *", f"{FLOP} > 2 * 1e25"),
    (f"{FLOP} > 1e25 ÷ 2", "÷", "write /", f"{FLOP} > 1e25 / 2"),
    (f"{FLOP} > 1e25 – 2", "–", "write - with the key for a hyphen", f"{FLOP} > 1e25 - 2"),
    (f"{FLOP} > 10^25", "10^25", "a power is written **, so 10 ** 25", f"{FLOP} > 10 ** 25"),
    ("true && false", "&&", "write `and`", "true and false"),
    ("true || false", "||", "write `or`", "true or false"),
    ("true & false", "true & false", "write `and`", "true and false"),
    ("true | false", "true | false", "write `or`", "true or false"),
    ("true AND false", "AND", "write `and`", "true and false"),
    ("true Or false", "Or", "write `or`", "true or false"),
    ("!true", "!", "write `not`", "not true"),
    ("developer.name is null", "is", "write == to compare", "developer.name == null"),
    ("developer.name is not null", "is not", "write != to compare", "developer.name != null"),
    (f"1e24 < {FLOP} < 1e25", "<", "compare twice: a < b and b < c", f"1e24 < {FLOP} and {FLOP} < 1e25"),
    ("true, false", ",", "join conditions with `and` or `or`", "true and false"),
    ("true)", ")", "this bracket was not opened", "true"),
    # texts, dates and words
    (f"{CYBER} == “high”", "“", 'write straight quotes: "…"', f'{CYBER} == "high"'),
    (f'{CYBER} == "high', '"', "close the quote", f'{CYBER} == "high"'),
    (f"{CYBER} >= high", "high", 'a text stands in quotes: "high"', f'{CYBER} >= "high"'),
    (f"{CYBER} in [high]", "high", 'a text stands in quotes: "high"', f'{CYBER} in ["high"]'),
    ("model.name == llama", "llama", 'a text stands in quotes: "llama"', 'model.name == "llama"'),
    (f"sampling in {WAYS}", "sampling", 'a text stands in quotes: "sampling"', f'"sampling" in {WAYS}'),
    ("model.name != unknown", "unknown", "use the fact alone: while", 'model.name != "x"'),
    ("model.name == missing", "missing", "use the fact alone: while", 'model.name == "x"'),
    ("EU in artifact.jurisdictions", "EU", 'a text stands in quotes: "EU"', '"EU" in artifact.jurisdictions'),
    ('"eu" in artifact.jurisdictions', '"eu"', "did you mean `EU`", '"EU" in artifact.jurisdictions'),
    ('developer.jurisdiction == "UK"', '"UK"', "", 'developer.jurisdiction == "GB"'),
    ('developer.jurisdiction == "de"', '"de"', "did you mean `DE`", 'developer.jurisdiction == "DE"'),
    ('artifact.license == "Apache 2.0"', '"Apache 2.0"', "did you mean `Apache-2.0`", "true"),
    (f"{CYBER} > 3", f"{CYBER} > 3", 'write one of its words in quotes, as "none"', f'{CYBER} > "none"'),
    ("artifact.irrevocable == yes", "yes", "write `true` or `false`", "artifact.irrevocable == true"),
    ("artifact.irrevocable == True", "True", "write `true`", "artifact.irrevocable == true"),
    ("developer.name == None", "None", "write `null`", "developer.name == null"),
    ('as_of > "2026-05-01"', 'as_of > "2026-05-01"', 'write d"2026-05-01"', 'as_of > d"2026-05-01"'),
    ("as_of > 2026-05-01", "2026-05-01", 'write a date: d"2026-11-24"', 'as_of > d"2026-05-01"'),
    ("as_of > 2026-12-24", "as_of > 2026-12-24", 'write a date: d"2026-11-24"', 'as_of > d"2026-12-24"'),
    ("as_of - as_of > 90 days", "days", 't"P90D", for 90 days', 'as_of - as_of > t"P90D"'),
    ("as_of - as_of > 90", "as_of - as_of > 90", 'write t"P90D"', 'as_of - as_of > t"P90D"'),
    ("as_of - as_of > P90D", "P90D", 'write t"P90D"', 'as_of - as_of > t"P90D"'),
    ('as_of - as_of > "P90D"', 'as_of - as_of > "P90D"', 'write t"P90D"', 'as_of - as_of > t"P90D"'),
    # numbers
    (f"{SIZE} >= 0,98", ",", "a decimal point and no separators", f"{SIZE} >= 0.98"),
    (f"{SIZE} >= 20,000", ",", "a decimal point and no separators", f"{SIZE} >= 20000"),
    (f"{SIZE} >= 20 000", "000", "a decimal point and no separators", f"{SIZE} >= 20000"),
    (f"{SIZE} >= 20_000", "_000", "a decimal point and no separators", f"{SIZE} >= 20000"),
    (f"{SIZE} >= 98%", "%", "0.98 for 98 %", f"{SIZE} >= 0.98"),
    (f"{SIZE} >= 98 %", "%", "0.98 for 98 %", f"{SIZE} >= 0.98"),
    (f"{SIZE} >= 98% and true", "and", "0.98 for 98 %", f"{SIZE} >= 0.98 and true"),
    (f"{FLOP} > 1e25 FLOP", "FLOP", "a number has no unit", f"{FLOP} > 1e25"),
    (f'{SIZE} > "98%"', f'{SIZE} > "98%"', "without quotes: 0.98", f"{SIZE} > 0.98"),
    (f'{SIZE} > "0,98"', f'{SIZE} > "0,98"', "without quotes: 0.98", f"{SIZE} > 0.98"),
    (f'{FLOP} > "1e25"', f'{FLOP} > "1e25"', "without quotes: 0.98, 1e25", f"{FLOP} > 1e25"),
    # names and functions
    ("model.Parameters > 1", "model.Parameters", "lower case: `parameters`", "model.parameters > 1"),
    ("Model.parameters > 1", "Model", "lower case: `model`", "model.parameters > 1"),
    ("jurisdictions.is_empty", "jurisdictions.is_empty", "`artifact.jurisdictions`", f"{WHERE}.is_empty"),
    ('"sampling" in affordances', "affordances", "`artifact.affordances`", f'"sampling" in {WAYS}'),
    ('license == "MIT"', "license", "did you mean `artifact.license`", 'artifact.license == "MIT"'),
    ('cyber.level > "low"', "cyber.level", "did you mean `capability.cyber`", f'{CYBER} > "low"'),
    ("big", "big", "did you mean `is.big`", "is.big"),
    ("count(evidence) > 1", "count", "did you mean `$count`", "$count(evidence) > 1"),
    ("len(evidence) > 1", "len", "did you mean `$count`", "$count(evidence) > 1"),
    ("has(evidence)", "has", "use the fact alone", f"$any([{EACH}])"),
    ("$nay([true])", "$nay", "did you mean `$any`", "$any([true])"),
    (f"$any({EACH})", "for", "the list into brackets", f"$any([{EACH}])"),
    ('model.name in ("a", "b")', ",", 'a list in brackets: ["a", "b"]', 'model.name in ["a", "b"]'),
    (f"any({EACH})", "for", "write $ and brackets: $any([", f"$any([{EACH}])"),
    ('data.sources.license == "MIT"', "data.sources.license", "$any([x.license == … for x in list])",
     '$any([s.license == "MIT" for s in data.sources])'),
    (f'{WAYS} contains "x"', "contains", 'write "member" in list', f'"sampling" in {WAYS}'),
    ('model.name matches "a"', "matches", 'write =~ and a pattern: =~ "^llama"', 'model.name =~ "a"'),
    ("if true", "if", "write a condition alone", "true"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "underlined", "help_", "right"), MISTAKES, ids=[each[0] for each in MISTAKES]
)
def test_a_mistake_is_underlined_and_the_help_says_what_was_meant(
    wrong: str, underlined: str, help_: str, right: str
) -> None:
    scope = Scope(schema(), {"big": parse("true")})
    node, problems = check_condition(wrong, scope)
    assert node is None
    [found] = problems
    assert wrong[found.at.start : found.at.end] == underlined
    assert help_ in found.help
    assert check_condition(right, scope)[1] == []


def test_a_list_of_names_is_offered_only_if_somebody_may_have_meant_one() -> None:
    """`level` is a part of every capability, and a number of parameters has no parts."""
    for text in ("level > 3", "parameters.floor > 3"):
        [found] = check_condition(text, Scope(schema()))[1]
        assert found.help == ""


def test_a_condition_that_begins_with_a_text_needs_quotes_around_it_all() -> None:
    first, second = (
        check_condition(text, Scope(schema()))[1][0].help
        for text in ("EU in artifact.jurisdictions", "true and EU in artifact.jurisdictions")
    )
    assert "the whole condition into single quotes" in first
    assert "single quotes" not in second
