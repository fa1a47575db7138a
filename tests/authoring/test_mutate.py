"""Which changes of a policy are tried, and which are told because no test notices them."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from release_gate.authoring.mutation.hunt import Hunt
from release_gate.authoring.mutation.mutants import LOOSENS, MAY_LOOSEN, TIGHTENS, mutants
from release_gate.authoring.mutation.scenes import scenes
from release_gate.authoring.processes import FEW
from release_gate.authoring.testing.suites import load_suite
from release_gate.policy.load import policy_from_document
from release_gate.policy.packs import data_folder
from release_gate.source import read_document
from tests.commands import Run, ended

Write = Callable[..., Path]
HEAD = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\n"
TIERS = "tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]\n"
L, M, T = LOOSENS, MAY_LOOSEN, TIGHTENS


def changes(body: str) -> dict[str, str]:
    """What is changed, and what that does."""
    policy = policy_from_document(read_document(HEAD + body, "policy.yaml"))
    return {each.said: each.effect for each in mutants(policy)}


def rule(body: str) -> str:
    return f"rules: [{{id: r, {body}}}]\n"


TRIED: dict[str, tuple[str, dict[str, str]]] = {
    "a rule": (rule("sign_off: {role: a}"), {"`r` is dropped": L}),
    "a level": (rule("at: hosted, sign_off: {role: a}"),
        {"`r` starts at `api_restricted`, not `hosted`": L, "`r` starts at `trusted_testers`, not `hosted`": T}),
    "the highest level": (rule("at: fully_open, sign_off: {role: a}"), {"`r` starts at `weights_open`, not `fully_open`": T}),
    "a ceiling": (rule("at: internal, ceiling: hosted"), {"`r` has the ceiling `api_restricted`, not `hosted`": L,
        "`r` has the ceiling `trusted_testers`, not `hosted`": T}),
    "persons": (rule("sign_off: {role: a, count: 3}"), {"`r` asks 2 persons, not 3": L}),
    "roles": (rule("sign_off: {all: [a, b]}"), {"`r` does not ask `a`": L, "`r` does not ask `b`": L}),
    "one role": (rule("sign_off: {all: [a]}"), {}),
    "a tier": (TIERS + "default_tier: low\n" + rule("tier: high, when: developer.name == 'a'"), {
        "`r` leads to the tier `low`, not `high`": L, "the default tier is `high`, not `low`": T,
        "the tier `high` has the ceiling `api_restricted`, not `hosted`": L,
        "the tier `high` has the ceiling `trusted_testers`, not `hosted`": T,
        "the tier `low` has the ceiling `weights_open`, not `fully_open`": T}),
    "a table": (TIERS + "tier_table: {columns: [misuse.ncii.likelihood], rows: [[low, low]], otherwise: high}\n",
        {"row 1 of the table leads to `high`, not `low`": T}),
    "a condition": (rule("deny: D, when: developer.name == 'a'"),
        {"`r` applies without its condition": T, "`r` says `!=` for `==`": M}),
    "a threshold in a guard": (rule("deny: D, when: model.parameters > 100"),
        {"`r` says `>=` for `>`": T, "`r` says `101` for `100`": L, "`r` says `99` for `100`": T}),
    "a threshold in a requirement": (rule("require: model.parameters <= 100"),
        {"`r` says `<` for `<=`": T, "`r` says `101` for `100`": L, "`r` says `99` for `100`": T}),
    "a threshold on the left": (rule("deny: D, when: 100 < model.parameters"),
        {"`r` says `<=` for `<`": T, "`r` says `101` for `100`": L, "`r` says `99` for `100`": T}),
    "a threshold under not": (rule("deny: D, when: not model.parameters >= 100"),
        {"`r` says `>` for `>=`": T, "`r` says `101` for `100`": T, "`r` drops `not`": M}),
    "a level of a scale": (rule('deny: D, when: capability.cbrn.level >= "low"'),
        {"`r` says `moderate` for `low`": L, "`r` says `none` for `low`": T}),
    "the end of a scale": (rule('deny: D, when: capability.cbrn.level >= "critical"'), {"`r` says `high` for `critical`": T}),
    "a scale of one's own": ("facts: {own: {a: {choices: [x, y], ordered: true}}}\n" + rule('deny: D, when: own.a >= "y"'),
        {"`r` says `>` for `>=`": L, "`r` says `x` for `y`": T}),
    "a scale of one's own with words of another": ("facts: {own: {a: {choices: [x, high, critical], ordered: true}}}\n" + rule('deny: D, when: own.a >= "critical"'),
        {"`r` says `high` for `critical`": T}),
    "a level of a scale in a list": (rule("deny: D, when: '$any([p.access >= \"hosted\" for p in lineage])'"),
        {"`r` says `api_restricted` for `hosted`": L}),
    "an effect that denies": (rule("deny: D"), {"`r` asks a person, and does not deny": L}),
    "an effect that requires": (rule("require: artifact.terms.open"), {"`r` asks a person, and does not deny": L}),
    "an effect that asks": (rule("sign_off: {role: a}"), {"`r` is a duty, and asks no person": L, "`r` denies, and asks no person": T}),
    "an effect that asks else": (rule("require: artifact.terms.open, else: {sign_off: {role: a}}"), {"`r` is a duty, and asks no person": L}),
    "an effect that lays on a duty": (rule("oblige: {duty: D}"), {"`r` asks a person, and is no duty": T}),
    "the tier as threshold": (TIERS + "default_tier: low\n" + rule('deny: D, when: tier >= "high"'), {"`r` says `>` for `>=`": L}),
    "a day": (rule("deny: D, when: as_of > d'2026-01-01'"), {"`r` says `2026-01-02` for `2026-01-01`": L}),
    "a length of time": (rule("deny: D, when: as_of - data.cutoff > t'P10D'"), {"`r` says `P11D` for `P10D`": L}),
    "a count": (rule("deny: D, when: '$count(lineage) >= 2'"), {"`r` says `3` for `2`": L}),
    "zero": (rule("deny: D, when: model.parameters > 0"), {"`r` says `0.01` for `0`": L}),
    "a parameter as threshold": ("parameters: {a: {value: 100, stricter: lower}, b: {value: 5}, c: {value: x}, d: {value: P1D}, e: {value: true}}\n"
        + rule("deny: D, when: model.parameters > parameter.a"), {"`r` says `>=` for `>`": T,
        "the parameter `a` is `101`, not `100`": L, "the parameter `a` is `99`, not `100`": T,
        "the parameter `b` is `5.05`, not `5`": M, "the parameter `d` is `P2D`, not `P1D`": M}),
    "clauses": (rule("deny: D, when: model.name == 'a' and (developer.name == 'b' or model.version == 'c')"), {
        "`r` says `or` for `and`": T, "`r` says `and` for `or`": L, "`r` drops `model.name == 'a'`": T,
        "`r` drops `developer.name == 'b'`": L}),
    "three clauses": (rule("require: model.name == 'a' and developer.name == 'b' and model.version == 'c'"),
        {"`r` drops `developer.name == 'b'`": L}),
    "a list": (rule("deny: D, when: 'artifact.kind in [\"api\", \"demo\"]'"), {'`r` drops `"api"` from the list': L}),
    "a list of one": (rule("deny: D, when: 'artifact.kind in [\"api\"]'"), {"`r` is negated": M}),
    "a fact": (rule("require: artifact.terms.open"), {"`r` is negated": M}),
    "any": (rule("deny: D, when: '$any([p.direct for p in lineage if p.license == \"MIT\"])'"), {
        "`r` says `$all` for `$any`": L, "`r` is negated": M, '`r` drops `if p.license == "MIT"`': T, "`r` says `!=` for `==`": M}),
    "all": (rule("require: '$all([p.training_flop < 100 for p in lineage if p.training_flop > 5])'"), {
        "`r` says `$any` for `$all`": L, "`r` says `<=` for `<`": L, "`r` says `>=` for `>`": T,
        "`r` drops `if p.training_flop > 5`": T}),
    "all of a plain list": (rule("require: '$all([model.name == \"a\", artifact.terms.open])'"), {"`r` says `$any` for `$all`": L}),
    "a constant": (rule("require: 'true'"), {"`r` is dropped": L}),
    "a definition": ("definitions: {big: model.parameters > 100}\n" + rule("deny: D, when: is.big"),
        {"`is.big` says `>=` for `>`": T, "`is.big` says `101` for `100`": L}),
    "a definition used both ways": ("definitions: {big: model.parameters > 100, also: is.big}\nrules: [{id: a, deny: D, when: is.big}, {id: b, require: 'not is.big or is.also'}]\n",
        {"`is.big` says `>=` for `>`": M}),
    "a definition in a list": ("definitions: {big: model.parameters > 100}\n"
        + rule("deny: D, when: '$any([is.big and p.direct for p in lineage if is.big])'"), {"`is.big` says `>=` for `>`": T}),
    "the scope": ("scope: model.parameters > 100\n" + rule("sign_off: {role: a}"), {"the scope says `>=` for `>`": T}),
    "a definition in the scope": ("definitions: {big: model.parameters > 100}\nscope: is.big\n" + rule("sign_off: {role: a}"),
        {"`is.big` says `>=` for `>`": T}),
    "measurements": ("facts: {metrics: {m: {max_age: P10D, bound: true, independent: true}, n: {}}}\n", {
        "`metric.m` may be P11D old, not P10D": L, "`metric.m` may be P9D old, not P10D": T,
        "`metric.m` may be measured on other weights": L, "`metric.m` may be measured by the developer": L}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "some"), TRIED.values(), ids=TRIED)
def test_what_is_tried_and_what_it_does(body: str, some: dict[str, str]) -> None:
    assert changes(body).items() >= some.items()


NOT_TRIED = {
    "a level that is not written": (rule("sign_off: {role: a}"), "starts at"),
    "a level below a ceiling": (rule("at: internal, ceiling: hosted"), "starts at"),
    "a text as threshold": (rule("deny: D, when: model.name == 'a'"), "says `a"),
    "the next tier": (TIERS + "default_tier: low\n" + rule('deny: D, when: tier >= "high"'), "says `low`"),
}


@pytest.mark.parametrize(("body", "said"), NOT_TRIED.values(), ids=NOT_TRIED)
def test_what_would_change_nothing_is_not_tried(body: str, said: str) -> None:
    assert [each for each in changes(body) if said in each] == []


def survivors(tests: Path) -> list[str]:
    """The changes of a policy that its tests do not notice."""
    suite = load_suite(tests)
    return [
        each.mutant.said for each in Hunt(suite.policy, scenes(suite.policy, [suite])).survivors() if each
    ]


POLICY = HEAD.replace("id: p", "id: acme") + (
    "covers: true\nrules:\n- {id: large, at: hosted, when: model.parameters > 100, deny: D}\n"
)
TESTS = """\
release_gate: tests/v1
policy: acme
as_of: 2026-11-01
fixtures:
  base: {release_gate: request/v1, id: r, action: release, artifacts: [{id: w, kind: api, wanted: hosted}]}
cases:
- name: the limit
  request: base
  matrix: {model.parameters: [100, 101]}
  expect: {w: {verdict: [approve, deny]}}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    (folder / "acme.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS, encoding="utf-8")

    return partial(ended, capsys, "policy", "mutate")


def test_what_no_test_notices_is_told_with_the_case_that_would(run: Run) -> None:
    code, out, _ = run()
    assert (code, out) == (0, """\
warning[RG850]: no test notices if `large` starts at `trusted_testers`, not `hosted`: that tightens the policy
  --> acme.yaml:7:19
   |
 7 | - {id: large, at: hosted, when: model.parameters > 100, deny: D}
   |                   ^^^^^^
  help: in the case `the limit [model.parameters = 101]`, expect `w: {levels: {trusted_testers: approve}}`; with the change it is `deny`

acme 1.0.0: 8 changes, 1 unnoticed: 1 that tightens
""")  # fmt: skip
    assert run("--fail-on", "any")[0] == 4
    assert run("--fail-on", "none")[0] == 0


def test_the_advice_is_heeded(run: Run, folder: Path) -> None:
    better = TESTS.replace("approve, deny]", "approve, deny], levels: {trusted_testers: approve}")
    (folder / "tests.yaml").write_text(better, encoding="utf-8")
    assert run("--fail-on", "any") == (0, "acme 1.0.0: 8 changes, 0 unnoticed\n", "")


def test_a_rule_may_say_why_no_test_has_to_notice(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").unlink()
    silent = POLICY.replace("deny: D", "deny: D, silence: {RG850: to be seen}")
    (folder / "acme.yaml").write_text(silent, encoding="utf-8")
    assert run("acme.yaml", "--fail-on", "any") == (0, "acme 1.0.0: 8 changes, 0 unnoticed\n", "")


def test_what_loosens_fails_and_comes_first(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").write_text(TESTS.replace("[100, 101]", "[50, 150]"), encoding="utf-8")
    code, out, _ = run()
    assert code == 4
    assert out.startswith(
        "error[RG850]: no test notices if `large` says `101` for `100`: that loosens the policy"
    )
    assert "help: add a case with `set: {model.parameters: 100}`" in out
    report = json.loads(run("-o", "json")[1])["policies"][0]
    assert (report["policy"], report["changes"]) == ("acme", 8)
    assert report["unnoticed"][0] == {
        "change": "`large` says `101` for `100`", "effect": "loosens",
        "advice": "add a case with `set: {model.parameters: 100}`", "line": 7, "column": 33,
    }  # fmt: skip


def test_a_policy_without_tests_has_only_survivors(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").unlink()
    code, out, _ = run("acme.yaml")
    assert (code, "8 changes, 8 unnoticed" in out) == (4, True)
    assert "add a case in which this makes a difference" in out


def test_tests_that_fail_come_first(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").write_text(TESTS.replace("approve, deny", "deny, deny"), encoding="utf-8")
    assert run() == (4, "", "1 case fails as it is; see `release-gate policy test`\n")


def test_what_the_tier_rests_on_is_judged_as_a_whole(folder: Path) -> None:
    (folder / "acme.yaml").write_text(
        POLICY.replace("covers: true\n", "covers: true\n" + TIERS + "default_tier: low\n")
        + "- {id: list, at: hosted, sign_off: {role: a}, when: '$any([p.direct for p in lineage])'}\n"
        "- {id: risky, tier: high, when: compute.training_flop > 100}\n",
        encoding="utf-8",
    )
    (folder / "tests.yaml").write_text(
        TESTS.replace(
            "expect: {w: {",
            "set: {lineage: [{parent: a}], compute.training_flop: 101}\n  expect: {w: {not_ruled_out: [api_general, trusted_testers], tier: high, ",
        )
        .replace("verdict: [approve, deny]", "levels: {api_restricted: deny}, best: trusted_testers")
        .replace("[api_general, trusted_testers]", "[hosted, trusted_testers]"),
        encoding="utf-8",
    )
    lives = survivors(folder / "tests.yaml")
    assert "`risky` is dropped" not in lives
    assert "`list` is dropped" not in lives
    assert "`risky` says `>=` for `>`" in lives


def test_lists_that_look_the_same_are_not_the_same() -> None:
    """What a member says decides, and not only what it is called: every rule of this pack is noticed."""
    lives = survivors(data_folder("policies") / "osaid" / "tests.yaml")
    assert [said for said in lives if "is dropped" in said or "drops `$any" in said] == []


def test_more_processes_find_the_same() -> None:
    suite = load_suite(data_folder("policies") / "osaid" / "tests.yaml")
    hunt = Hunt(suite.policy, scenes(suite.policy, [suite]))
    assert len(hunt.mutants) > FEW
    one, two = ([each and each.advice for each in hunt.survivors(jobs)] for jobs in (1, 2))
    assert one == two
    assert any(one)


def test_what_nothing_reads_cannot_matter(folder: Path) -> None:
    unread = "parameters: {p: {value: 5}}\nfacts: {metrics: {m: {bound: true}}}\ndefinitions: {d: model.name == 'a'}\n"
    (folder / "acme.yaml").write_text(POLICY + unread, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS, encoding="utf-8")
    suite = load_suite(folder / "tests.yaml")
    assert len(list(mutants(suite.policy))) == 12
    assert len(Hunt(suite.policy, scenes(suite.policy, [suite])).mutants) == 8


KINDS = """\
facts: {metrics: {refusal: {title: Refusal, range: [0, 1]}}}
parameters: {floor: {value: 0.98}, most: {value: 7e10}}
rules:
  - {id: floor, require: metric.refusal >= parameter.floor}
  - {id: level, deny: D, when: capability.cyber.level >= "high"}
  - {id: flop, deny: D, when: compute.training_flop > 1e25}
  - {id: twice, require: '$count([e for e in evidence if e.state == "pass" and e.produced > d"2026-01-01"]) >= 2'}
  - {id: some, deny: D, when: model.parameters > parameter.most and as_of > d"2026-01-01"}
  - {id: those, deny: D, when: 'artifact.kind in ["weights", "delta"] or "image" in model.modalities_out'}
"""


def test_what_a_test_is_to_set_can_be_written_as_it_is_said(folder: Path) -> None:
    (folder / "acme.yaml").write_text(POLICY.split("rules:")[0] + KINDS, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS, encoding="utf-8")
    suite = load_suite(folder / "tests.yaml")
    hints = {each.hint for each in mutants(suite.policy) if each.hint}
    assert hints > {
        "metric.refusal: 0.98", 'capability.cyber.level: "high"', "compute.training_flop: 1e25",
        "model.parameters: 7e10", 'artifact.kind: "weights"',
    }  # fmt: skip
    case = "cases:\n" + "".join(
        f"  - {{name: c{index}, request: base, set: {{{hint}}}, expect: {{w: {{verdict: approve}}}}}}\n"
        for index, hint in enumerate(sorted(hints))
    )
    (folder / "tests.yaml").write_text(TESTS.split("cases:", maxsplit=1)[0] + case, encoding="utf-8")
    assert len(load_suite(folder / "tests.yaml").trials) == len(hints)


DUTIES = """\
- {id: watch, at: hosted, when: model.parameters > 50, oblige: {duty: Watch}}
- {id: tell, at: hosted, when: model.parameters > 50, oblige: {duty: Tell}}
"""


def test_the_advice_is_of_what_shows_where_no_level_does(folder: Path) -> None:
    (folder / "acme.yaml").write_text(POLICY + DUTIES, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS.replace("[approve,", "[conditional,"), encoding="utf-8")
    suite = load_suite(folder / "tests.yaml")
    hunt = Hunt(suite.policy, scenes(suite.policy, [suite]))
    lives = {each.mutant.said: each for each in hunt.survivors() if each}
    assert lives["`watch` is dropped"].advice == (
        "in the case `the limit [model.parameters = 100]`, expect `w: {obligations: [tell, watch]}`; "
        "with the change it is `[tell]`"
    )
    assert lives["`watch` starts at `api_restricted`, not `hosted`"].mutant.hint == "artifact.wanted: hosted"


def test_the_advice_is_of_rules_where_nothing_else_shows(folder: Path) -> None:
    twice = "- {id: again, at: hosted, when: model.parameters > 100, deny: D}\n"
    (folder / "acme.yaml").write_text(POLICY + twice, encoding="utf-8")
    (folder / "tests.yaml").write_text(TESTS, encoding="utf-8")
    suite = load_suite(folder / "tests.yaml")
    hunt = Hunt(suite.policy, scenes(suite.policy, [suite]))
    advice = {each.mutant.said: each.advice for each in hunt.survivors() if each}
    case = "in the case `the limit [model.parameters = 101]`, expect"
    assert advice["`again` is dropped"] == (
        f"{case} `w: {{because: [again]}}`; with the change it is `[large]`"
    )
