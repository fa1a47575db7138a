"""What counts as seen by a test, what does not, and how it is told."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.authoring.coverage.goals import Goal, goals
from release_gate.authoring.coverage.observe import observed
from release_gate.authoring.coverage.report import Coverage
from release_gate.authoring.testing.suites import load_suite
from release_gate.cli import main
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.source import read_document

Write = Callable[..., Path]
HEAD = "release_gate: policy/v1\nid: acme\nversion: 1.0.0\ntitle: Acme\ncovers: true\n"
REQUEST = """\
release_gate: request/v1
id: r
action: release
model: {parameters: 5, context_length: 10}
developer: {name: a}
data: {cutoff: 2026-01-01}
capability: {cbrn: {level: moderate}}
lineage: [{parent: x, training_flop: 100, access: weights_open}]
artifacts: [{id: w, kind: weights, wanted: weights_open}]
"""
TESTS = """\
release_gate: tests/v1
policy: acme
as_of: 2026-11-01
fixtures: {base: requests/base.yaml}
cases:
"""


def coverage(folder: Path, body: str, *cases: str) -> Coverage:
    """The coverage of a policy by cases that expect something at the level that is asked for."""
    (folder / "acme.yaml").write_text(HEAD + body, encoding="utf-8")
    (folder / "requests" / "base.yaml").write_text(REQUEST, encoding="utf-8")
    lines = [f"- {{name: c{index}, request: base, {case}}}\n" for index, case in enumerate(cases)]
    (folder / "tests.yaml").write_text(TESTS + "".join(lines), encoding="utf-8")
    policy = load_policy(folder / "acme.yaml")
    suite = load_suite(folder / "tests.yaml", policy)
    seen = set().union(*observed(policy, suite.trials))
    return Coverage(policy, tuple(goals(policy)), frozenset(seen), len(suite.trials))


def case(sets: str = "", expect: str = "levels: {weights_open: deny}") -> str:
    return f"set: {{{sets}}}, expect: {{w: {{{expect}}}}}"


def seen(found: Coverage, kind: str) -> dict[str, set[str]]:
    """For each place, what was seen there."""
    places: dict[str, set[str]] = {}
    for goal in found.goals:
        if goal.kind == kind:
            places.setdefault(_text(found, goal), set()).update({goal.seen} & _seen_at(found, goal))
    return places


def _text(found: Coverage, goal: Goal) -> str:
    places = found.policy.places
    span = (
        places.span(goal.at)
        if goal.kind == "outcome"
        else places.within(goal.at, goal.part.start, goal.part.end)
    )
    return span.text if span else ""


def _seen_at(found: Coverage, goal: Goal) -> set[str]:
    return {goal.seen} if goal in found.seen else set()


RULE = "rules: [{id: r, deny: D, when: '%s'}]\n"


def test_each_outcome_of_a_rule_is_wanted(folder: Path) -> None:
    body = RULE % "model.parameters > 7"
    assert seen(coverage(folder, body, case()), "outcome") == {"r": {"false"}}
    both = coverage(folder, body, case(), case("model.parameters: 8"))
    assert seen(both, "outcome") == {"r": {"false", "true"}}
    assert both.count("outcome") == (2, 3)
    assert coverage(folder, body, case("model.parameters: {unknown: missing}")).count("outcome") == (1, 3)


def test_an_outcome_that_cannot_be_is_not_wanted(folder: Path) -> None:
    wanted = {
        "rules: [{id: r, sign_off: {role: a}}]\n": ["true"],
        "parameters: {a: {value: 1}}\n" + RULE % 'parameter.a > 0 and artifact.kind == "api"': [
            "true",
            "false",
        ],
        "tiers: [{id: low, ceiling: fully_open}]\ndefault_tier: low\n" + RULE % 'tier >= "low"': [
            "true",
            "false",
        ],
        "tiers: [{id: a, ceiling: fully_open}, {id: b, ceiling: hosted}]\ndefault_tier: a\nrules:\n"
        "- {id: t, tier: b, when: model.parameters > 7}\n- {id: r, deny: D, when: tier >= 'b'}\n": [
            "true",
            "false",
            "unknown",
        ]
        * 2,
    }
    for body, words in wanted.items():
        found = goals(policy_from_document(read_document(HEAD + body)))
        assert [goal.seen for goal in found if goal.kind == "outcome"] == words


def test_only_levels_at_which_a_case_expects_something_count(folder: Path) -> None:
    body = "rules: [{id: r, at: hosted, ceiling: api_general, when: model.parameters > 7}]\n"
    assert coverage(folder, body, case(expect="levels: {internal: approve}")).count("outcome") == (1, 3)
    assert coverage(folder, body, case("artifact.wanted: api_general")).count("outcome") == (1, 3)
    low = case("artifact.wanted: hosted", "levels: {api_general: approve}")
    assert coverage(folder, body, low).count("outcome") == (0, 3)
    assert coverage(folder, body, case("artifact.wanted: hosted", "best: hosted")).count("outcome") == (0, 3)
    assert coverage(folder, body, case("artifact.wanted: hosted", "not_ruled_out: fully_open")).count(
        "outcome"
    ) == (1, 3)


def test_a_rule_that_does_not_apply_is_not_seen(folder: Path) -> None:
    for more in ("applies_to: [api]", "in_force: {until: 2020-01-01}"):
        body = f"rules: [{{id: r, deny: D, {more}, when: model.parameters > 7}}]\n"
        assert coverage(folder, body, case()).count("outcome") == (0, 3)
    assert coverage(folder, "applies_to: [api]\n" + RULE % "model.parameters > 7", case()).count() == (0, 8)


def test_a_clause_counts_where_it_alone_decides(folder: Path) -> None:
    body = RULE % 'model.parameters > 7 and not developer.name == "b"'
    first, second = "model.parameters > 7", 'developer.name == "b"'
    # both are false: neither would have made a difference by itself
    assert seen(coverage(folder, body, case("developer.name: b")), "clause") == {first: set(), second: set()}
    assert seen(coverage(folder, body, case()), "clause") == {first: {"false"}, second: set()}
    all_ = coverage(
        folder, body, case(), case("model.parameters: 8"), case("model.parameters: 8, developer.name: b")
    )
    assert seen(all_, "clause") == {first: {"true", "false"}, second: {"true", "false"}}


def test_a_clause_of_a_requirement_counts_where_the_rule_applies(folder: Path) -> None:
    body = "rules: [{id: r, when: model.parameters > 7, require: developer.name == 'a' or 1 > 2}]\n"
    found = coverage(folder, body, case())
    assert seen(found, "clause")["developer.name == 'a'"] == set()
    assert seen(coverage(folder, body, case("model.parameters: 8")), "clause")["developer.name == 'a'"] == {
        "true"
    }


def test_the_clauses_of_a_definition_belong_to_it_and_those_of_a_scope_to_it(folder: Path) -> None:
    body = "scope: model.parameters > 1\ndefinitions: {big: model.parameters > 7}\n" + RULE % "is.big or true"
    found = seen(coverage(folder, body, case(), case("model.parameters: 1")), "clause")
    assert found == {"model.parameters > 1": {"true", "false"}, "model.parameters > 7": set()}


SIDES = {
    "a number": ("model.parameters > 500", "model.parameters", ["495", "500", "505"], ["494", "506"]),
    "zero": ("model.parameters - 5 > 0", "model.parameters", ["4.99", "5", "5.01"], ["4.98", "5.02"]),
    "a parameter": ("parameter.limit < model.parameters", "model.parameters", ["99", "100", "101"], ["98", "102"]),
    "a level": ('capability.cbrn.level >= "moderate"', "capability.cbrn.level", ["low", "moderate", "high"], ["none", "critical"]),
    "a day": ('data.cutoff > d"2026-01-10"', "data.cutoff", ["2026-01-09", "2026-01-10", "2026-01-11"], ["2026-01-08", "2026-01-12"]),
    "a length of time": ('as_of - data.cutoff > t"P10D"', "data.cutoff", ["2026-10-23", "2026-10-22", "2026-10-21"], ["2026-10-20", "2026-10-24"]),
    "a count": ("$count(model.languages) >= 2", "model.languages", ["[a]", "[a, b]", "[a, b, c]"], ["[]", "[a, b, c, d]"]),
    "a member": ("$any([p.training_flop > 100 for p in lineage])", '"lineage[x].training_flop"', ["99", "100", "101"], ["98", "102"]),
    "a member of a named list": ("is.named", '"lineage[x].training_flop"', ["99", "100", "101"], ["98", "102"]),
}  # fmt: skip


@pytest.mark.parametrize(("condition", "fact", "near", "far"), SIDES.values(), ids=SIDES)
def test_a_threshold_wants_a_value_at_it_and_next_to_it_on_both_sides(
    folder: Path, condition: str, fact: str, near: list[str], far: list[str]
) -> None:
    body = (
        "parameters: {limit: {value: 100}}\n"
        "definitions: {named: '$any([p.training_flop > 100 for p in lineage])'}\n" + RULE % condition
    )
    for value, side in zip(near, ("below", "at", "above"), strict=True):
        (found,) = seen(coverage(folder, body, case(f"{fact}: {value}")), "threshold").values()
        assert found == {side}, value
    for value in far:
        assert coverage(folder, body, case(f"{fact}: {value}")).count("threshold") == (0, 3)
    unknown = "{unknown: missing}" if "[x]" not in fact else "{low: 99, high: 101}"
    assert coverage(folder, body, case(f"{fact}: {unknown}")).count("threshold") == (0, 3)


ENDS = {
    'capability.cbrn.level >= "none"': 2,
    'capability.cbrn.level > "critical"': 2,
    '$any([p.access >= "fully_open" for p in lineage])': 2,
    '$any([p.access >= "hosted" for p in lineage])': 3,
    'artifact.access >= "fully_open"': 2,
    "metric.m >= 1": 2,
    "metric.m >= 0": 2,
    "$count(lineage) > 0": 2,
    "model.parameters == 7": 0,
    "1 > 2 or model.parameters > compute.gpu_hours": 0,
    'tier > "b"': 2,
}


@pytest.mark.parametrize(("condition", "sides"), ENDS.items(), ids=ENDS)
def test_a_side_on_which_nothing_can_lie_is_not_wanted(condition: str, sides: int) -> None:
    body = (
        "facts: {metrics: {m: {range: [0, 1]}}}\n"
        "tiers: [{id: a, ceiling: fully_open}, {id: b, ceiling: hosted}]\ndefault_tier: a\n"
        + RULE
        % condition
    )
    policy = policy_from_document(read_document(HEAD + body))
    assert sum(goal.kind == "threshold" for goal in goals(policy)) == sides


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(["policy", "cover", *arguments])
        return int(str(stop.value.code)), capsys.readouterr().out

    return call


def test_gaps_are_shown_at_their_place(run: Run, folder: Path) -> None:
    coverage(folder, RULE % "model.parameters > 7", case(), case("model.parameters: 8"))
    code, out = run("acme.yaml")
    assert (code, out) == (0, """\
warning[RG840]: no test looks where `r` comes to `unknown`
  --> acme.yaml:6:13
   |
 6 | rules: [{id: r, deny: D, when: 'model.parameters > 7'}]
   |             ^
  help: add a case in which a fact that it reads is unknown: `set: {NAME: {unknown: missing}}`

warning[RG842]: no test with a value just below, at and just above this threshold
  --> acme.yaml:6:33
   |
 6 | rules: [{id: r, deny: D, when: 'model.parameters > 7'}]
   |                                 ^^^^^^^^^^^^^^^^^^^^
  help: add a matrix with the value itself and its neighbours

acme 1.0.0, 2 cases: outcomes of rules 2 of 3, deciding clauses 2 of 2, sides of thresholds 0 of 3
""".replace("acme.yaml:6:13", "acme.yaml:6:14").replace("   |             ^\n", "   |              ^\n"))  # fmt: skip


def test_too_little_fails(run: Run, folder: Path) -> None:
    assert coverage(folder, RULE % "model.parameters > 7", case()).percent == 25
    assert [run("--fail-under", each)[0] for each in ("25", "25.1")] == [0, 4]
    (folder / "tests.yaml").unlink()
    assert "no test in which this alone decides, being `true` and `false`" in run()[1]
    assert run("--fail-under", "1")[0] == 4


def test_a_rule_may_say_what_need_not_be_seen(run: Run, folder: Path) -> None:
    body = (RULE % "model.parameters > 7").replace(
        "deny: D", "deny: D, silence: {RG840: x, RG841: x, RG842: x}"
    )
    head = "scope: request.action == 'release'\nsilence: {RG841: the only action}\n"
    (folder / "acme.yaml").write_text(HEAD + head + body, encoding="utf-8")
    assert run("--fail-under", "100")[0] == 0


def test_a_policy_without_goals_is_covered(run: Run, folder: Path) -> None:
    (folder / "acme.yaml").write_text(HEAD.replace("covers: true\n", ""), encoding="utf-8")
    assert run("--fail-under", "100") == (
        0,
        "acme 1.0.0, 0 cases: outcomes of rules 0 of 0, deciding clauses 0 of 0, sides of thresholds 0 of 0\n",
    )


def test_programs_get_json_and_readers_a_page(run: Run, folder: Path) -> None:
    coverage(folder, "# <b>\n" + RULE % "model.parameters > 7", case())
    (found,) = json.loads(run("-o", "json")[1])["policies"]
    assert (found["policy"], found["outcome"], found["cases"]) == ("acme", {"seen": 1, "of": 3}, 1)
    assert found["gaps"][0] == {
        "code": "RG840", "message": "no test looks where `r` comes to `true` and `unknown`",
        "help": "add a case that expects something at a level where the rule applies", "line": 7, "column": 14,
    }  # fmt: skip
    page = run("-o", "html")[1]
    assert "# &lt;b&gt;" in page
    assert "↳ no test looks where `r` comes to `true` and `unknown`" in page
    assert not re.search("https?:", page)  # it needs nothing else
