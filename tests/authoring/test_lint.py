"""What the linter tells, where, and how it is silenced."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from release_gate.authoring.lint import CODES, lint_policy
from release_gate.authoring.lint.conditions import Space
from release_gate.diagnostics import Diagnostic
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.packs import pack_names
from release_gate.source import read_document, read_file
from tests.commands import Run, ended

Write = Callable[..., Path]
HEAD = """\
release_gate: policy/v1
id: p
version: 1.0.0
title: P
sources: {law: {title: Law, date: 2024-01-01}}
"""
TIERS = "tiers:\n- {id: low, ceiling: fully_open}\n- {id: high, ceiling: hosted}\ndefault_tier: low\n"
TEXTS = "because: B, fix: F, cite: law"


def remarks(body: str, head: str = HEAD) -> list[Diagnostic]:
    document = read_document(head + body, "policy.yaml")
    return lint_policy(policy_from_document(document), document, date(2026, 11, 24))


def told(body: str, head: str = HEAD) -> list[tuple[str, str, str]]:
    found = remarks(body, head)
    return [
        (each.code, each.span.text if each.span else "", f"{each.message}; {each.help}") for each in found
    ]


def rule(body: str, texts: str = TEXTS) -> str:
    return f"rules: [{{id: r, {texts}, {body}}}]\n"


SHARE = "facts: {metrics: {refusal: {title: Refusal, range: [0, 1]}}}\n"
LARGE = "model.parameters > 7e9"
WARNINGS = {
    # constant conditions
    "a contradiction": (rule("tier: high, when: model.parameters > 5 and model.parameters < 3") + TIERS,
        "RG820", "model.parameters > 5 and model.parameters < 3", "`r` can never apply; its parts contradict"),
    "one of words": (rule("deny: D, when: 'artifact.kind == \"api\" and artifact.kind in [\"code\", \"demo\"]'"),
        "RG820", "'artifact.kind == \"api\" and artifact.kind in [\"code\", \"demo\"]'", ""),
    "one of the kinds it is for": (rule("deny: D, applies_to: [api], when: artifact.kind == 'demo'"),
        "RG820", "artifact.kind == 'demo'", ""),
    "one of its scope": ("scope: request.action == 'release'\n" + rule("deny: D, when: request.action == 'narrow'"),
        "RG820", "request.action == 'narrow'", "within the scope of the policy"),
    "one of a parameter": ("parameters: {a: {value: 5}, b: {value: 3}}\n"
        + rule("deny: D, when: model.parameters > parameter.a and model.parameters < parameter.b"),
        "RG820", "model.parameters > parameter.a and model.parameters < parameter.b", ""),
    "one of dates": (rule("deny: D, when: as_of > d'2026-01-01' and as_of < d'2025-01-01'"), "RG820",
        "as_of > d'2026-01-01' and as_of < d'2025-01-01'", ""),
    "one of a definition": ("definitions: {large: model.parameters > 5}\n" + rule("deny: D, when: is.large and not is.large"),
        "RG820", "is.large and not is.large", ""),
    "one of what cannot be tried": (rule("deny: D, when: '$any([p.direct for p in lineage]) and not $any([p.direct for p in lineage])'"),
        "RG820", "'$any([p.direct for p in lineage]) and not $any([p.direct for p in lineage])'", ""),
    "a requirement that is always met": (rule("require: developer.name == 'a' or not (developer.name == 'a')"),
        "RG821", "developer.name == 'a' or not (developer.name == 'a')", "always met; remove the rule"),
    "a requirement that is never met": (rule("require: artifact.kind == 'api', when: artifact.kind == 'code'"),
        "RG821", "artifact.kind == 'api'", "never met; compare with a value that the fact can have, or say `deny`"),
    "percent where a share is meant": (SHARE + rule("require: metric.refusal >= 98"), "RG821", "metric.refusal >= 98", "never met"),
    "one that every share meets": (SHARE + rule("require: metric.refusal <= 5"), "RG821", "metric.refusal <= 5", "always met"),
    "below every share": (SHARE + rule("require: metric.refusal >= -1"), "RG821", "metric.refusal >= -1", "always met"),
    "a parameter in percent": ("parameters: {floor: {value: 98}}\n" + SHARE + rule("require: metric.refusal >= parameter.floor"),
        "RG821", "metric.refusal >= parameter.floor", "never met"),
    "a rule about more than all": (SHARE + rule("deny: D, when: metric.refusal > 1"), "RG820", "metric.refusal > 1", ""),
    "above every level": (rule("deny: D, at: weights_open, applies_to: [api]"), "RG822", "weights_open",
        "no kind of artifact that `r` applies to can be that open"),
    "a ceiling of everything": (rule("ceiling: fully_open, when: " + LARGE), "RG822", "fully_open", "lower it"),
    "where its tier is denied anyway": (rule("require: developer.name != null, when: tier >= 'high', at: api_general")
        + TIERS.replace("default_tier: low", "default_tier: high"), "RG822", "api_general",
        "`r` starts above `hosted`, where the tier `high` is denied anyway"),
    "a part that is always true": (rule("deny: D, when: developer.name == 'a' or artifact.access >= 'internal'"),
        "RG823", "developer.name == 'a' or artifact.access >= 'internal'", "this is always true; leave it out"),
    "a definition that is always false": ("definitions: {no: \"developer.name == 'a' and developer.name == 'b'\"}\n"
        + rule("deny: D, when: is.no or " + LARGE), "RG823", "developer.name == 'a' and developer.name == 'b'", "false"),
    "a part that another one holds": (rule("deny: D, when: model.parameters > 5 and model.parameters > 3"),
        "RG824", "model.parameters > 3", "changes nothing"),
    "a part twice": (rule("deny: D, when: '\"text\" in model.modalities_out or \"text\" in model.modalities_out'"),
        "RG824", '"text" in model.modalities_out', ""),
    "a part deep inside": (rule("require: developer.name == 'a' and (model.parameters > 5 or model.parameters > 6)"),
        "RG824", "model.parameters > 6", ""),
    "a metric out of its range": ("facts: {metrics: {m: {range: [0, 1]}}}\n" + rule("deny: D, when: metric.m > 0.5 and metric.m <= 1"),
        "RG824", "metric.m <= 1", ""),
    "one in a folded text": ("rules:\n- id: r\n  because: B\n  fix: F\n  cite: law\n  deny: D\n  when: >-\n    model.parameters > 5\n    and model.parameters > 3\n", "RG824", "model.parameters > 3", ""),
    "what is written out": (rule("deny: D, when: model.parameters > 1 and 2 > 1"), "RG824", "2 > 1", ""),
    "just true": (rule("require: 'true', when: model.parameters > 1"), "RG821", "'true'", "always met"),
    # the shape
    "a tier that nothing leads to": (TIERS + rule("deny: D, when: tier >= 'high'"), "RG825", "high", "nothing leads to"),
    "all of a list that may be empty": (rule("require: '$all([s.csam_scan for s in data.sources])'"), "RG826",
        "$all([s.csam_scan for s in data.sources])", "add `and not data.sources.is_empty`"),
    "all, negated in a guard": (rule("deny: D, when: 'not $all([s.csam_scan for s in data.sources])'"), "RG826",
        "$all([s.csam_scan for s in data.sources])", ""),
    "a row that never decides": (TIERS.replace("default_tier: low\n", "") + "tier_table:\n  columns: [misuse.ncii.likelihood]\n  hit: first\n"
        "  rows:\n  - [any, high]\n  - [low, low]\n" + rule("deny: D, when: tier >= 'high'"), "RG827", "[low, low]", "another row decides"),
    "a row that is never the strictest": (TIERS.replace("default_tier: low\n", "") + "tier_table:\n  columns: [misuse.ncii.likelihood]\n"
        "  hit: strictest\n  rows:\n  - [any, high]\n  - [low, low]\n" + rule("deny: D, when: tier >= 'high'"), "RG827", "[low, low]", ""),
    "a rest that never is": (TIERS.replace("default_tier: low\n", "") + "tier_table:\n  columns: [misuse.ncii.likelihood]\n"
        "  rows:\n  - [any, high]\n  otherwise: low\n" + rule("deny: D, when: tier >= 'high'"), "RG827", "low", "the rows cover everything"),
    "no reason": (rule("ceiling: hosted, when: " + LARGE, "fix: F, cite: law"), "RG830", "r", "why it exists"),
    "no remedy": (rule("ceiling: hosted, when: " + LARGE, "because: B, cite: law"), "RG831", "r", "what to do about it"),
    "no source": (rule("ceiling: hosted, when: " + LARGE, "because: B, fix: F"), "RG832", "r", "`r` cites no source"),
    "a source without a date": ("", "RG833", "{title: Law}", "has no date", HEAD.replace(", date: 2024-01-01", "")),
    "an old source": ("", "RG833", "2021-11-24", "see whether it still holds", HEAD.replace("2024-01-01", "2021-11-24")),
    "no sources at all": ("", "RG832", "p", "this policy cites no sources", HEAD[: HEAD.index("sources")]),
    "superseded": ("status: superseded\n", "RG834", "superseded", "is superseded"),
    "superseded by another": ("in_force: {superseded_by: q}\n", "RG834", "{superseded_by: q}", "use `q`"),
    "no longer in force, for another": (
        "in_force: {until: 2026-11-23, superseded_by: q}\n",
        "RG834",
        "{until: 2026-11-23, superseded_by: q}",
        "use `q`",
    ),
    "no longer in force": ("in_force: {until: 2026-11-23}\n", "RG834", "{until: 2026-11-23}", "renew it"),
    "parameters that look alike": ("parameters: {corn: {value: 1}, com: {value: 2}}\n"
        + rule("deny: D, when: model.parameters > parameter.corn and compute.gpu_hours > parameter.com"), "RG835", "com", ""),
    "the same twice": (f"rules: [{{id: a, ceiling: hosted, when: {LARGE}, {TEXTS}}}, {{id: b, ceiling: hosted, when: '({LARGE})', {TEXTS}}}]\n",
        "RG836", "b", "`b` says the same as `a`"),
    "an unused definition": ("definitions: {a: model.parameters > 1}\n", "RG837", "a", "the definition `a`"),
    "an unused parameter": ("parameters: {a: {value: 1}}\n", "RG837", "a", "the parameter `a`"),
    "an unused metric": ("facts: {metrics: {a: {}}}\n", "RG837", "a", "the metric `a`"),
    "an unused fact": ("facts: {own: {a: {type: boolean}}}\n", "RG837", "a", "the fact `a`"),
    "an unused source": ("", "RG837", "law", "the source `law`"),
    # silences
    "a silence of nothing": (rule("silence: {RG826: why}, deny: D"), "RG838", "RG826", "there is no RG826 here"),
    "a silence of no code": (rule("silence: {RG999: why}, deny: D"), "RG839", "RG999", "is not a warning"),
    "a silence of an error": ("silence: {RG301: why}\n", "RG839", "RG301", "is not a warning"),
}  # fmt: skip


@pytest.mark.parametrize("case", WARNINGS.values(), ids=WARNINGS)
def test_what_is_probably_not_meant_is_told(case: tuple[str, ...]) -> None:
    body, code, underlined, said, *head = case
    found = told(body, *head)
    assert any(each[:2] == (code, underlined) and said in each[2] for each in found), found


def test_every_code_that_can_be_silenced_is_told_in_some_case() -> None:
    assert {case[1] for case in WARNINGS.values()} - {"RG838", "RG839"} == set(CODES)


FINE = {
    "a fact in a list of facts": rule("deny: D, when: 'developer.name in [model.name, \"a\"]'"),
    "what is written out": rule("deny: D, when: model.parameters > 1 and developer.name == 'a'"),
    "a plain rule": rule(f"deny: D, when: {LARGE}"),
    "a rule without a condition": rule("sign_off: {role: a}"),
    "a range": rule("deny: D, when: model.parameters > 3 and model.parameters < 5"),
    "null or a number": rule("require: model.parameters == null or model.parameters < 5"),
    "words": rule("deny: D, when: 'artifact.kind in [\"api\", \"demo\"] or request.action == \"narrow\"'"),
    "a free text": rule("deny: D, when: developer.name == 'a' or developer.name == 'b'"),
    "an extensible word": rule("deny: D, when: '$any([e.kind == \"benchmark\" for e in evidence])'"),
    "facts against facts": rule("deny: D, when: compute.training_flop > compute.modification_flop and not (5 > model.parameters)"),
    "dates": rule("deny: D, when: as_of > d'2025-01-01' and as_of < d'2026-01-01'"),
    "durations": rule("deny: D, when: as_of - data.cutoff > t'P10D' and as_of - data.cutoff < t'P20D'"),
    "booleans": rule("deny: D, when: artifact.terms.open and not artifact.terms.commercial_use"),
    "all of a list that is not empty": rule("require: '$all([s.pii for s in data.sources]) and not data.sources.is_empty'"),
    "all of a list with something": rule("require: '$all([s.pii for s in data.sources]) and $any([s.pii for s in data.sources])'"),
    "all of a list, counted": rule("require: '$all([s.pii for s in data.sources]) and $count(data.sources) > 1'"),
    "all that is bad": rule("deny: D, when: '$all([s.pii for s in data.sources])'"),
    "a definition that looks at all": "definitions: {a: '$all([s.pii for s in data.sources])'}\n" + rule("require: is.a"),
    "shown in a text": "parameters: {a: {value: 1}}\n" + rule("deny: 'More than {parameter.a}', when: " + LARGE),
    "an age by a parameter": "parameters: {a: {value: P1D}}\nfacts: {metrics: {m: {max_age: parameter.a}}}\n" + rule("require: metric.m > 1"),
    "an own fact": "facts: {own: {w: {choices: [a, b], ordered: true}, d: {type: date}}}\n"
        + rule("deny: D, when: own.w >= 'b' and own.d > as_of"),
    "a table": TIERS.replace("default_tier: low\n", "") + "tier_table:\n  columns: [misuse.ncii.likelihood]\n  rows:\n  - [low, low]\n  otherwise: high\n"
        + rule("deny: D, when: tier >= 'high'"),
    "many facts": rule("deny: D, when: '" + " or ".join(f'capability.{name}.level == "low" and capability.{name}.status == "reached"'
        for name in ("cbrn", "cyber", "autonomy", "deception", "manipulation", "chem_bio", "rad_nuc")) + "'"),
    "silenced": rule("silence: {RG826: none is fine}, require: '$all([s.pii for s in data.sources])'"),
    "silenced elsewhere": rule("silence: {RG840: never known, RG850: the same}, deny: D, when: " + LARGE),
    "silenced as a whole": "silence: {RG837: to come}\nparameters: {a: {value: 1}}\n" + rule("deny: D, when: " + LARGE),
}  # fmt: skip


@pytest.mark.parametrize("body", FINE.values(), ids=FINE)
def test_what_is_fine_is_not_told(body: str) -> None:
    assert told(body) == []


def test_a_silence_on_one_rule_is_none_on_another() -> None:
    body = f"rules: [{{id: a, silence: {{RG832: x}}, deny: D, fix: F}}, {{id: b, deny: E, fix: F, when: {LARGE}}}]\n"
    assert [each[:2] for each in told(body)] == [("RG837", "law"), ("RG832", "b")]


def test_a_condition_with_too_many_combinations_is_left_alone() -> None:
    document = read_document(HEAD, "p")
    space = Space(policy_from_document(document))
    condition = " or ".join(f"metric.m{index} > 1 and metric.n{index} > 1" for index in range(8))
    names = ", ".join(f"m{index}: {{}}, n{index}: {{}}" for index in range(8))
    body = f"facts: {{metrics: {{{names}}}}}\n" + rule(f"deny: D, when: {condition}")
    assert [each for each in told(body) if each[0] < "RG830"] == []
    assert space.rows([]) == [({}, ())]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    return partial(ended, capsys, "policy", "lint")


def test_warnings_are_shown_and_fail_only_if_asked(run: Run, folder: Path) -> None:
    code, out, _ = run("acme.yaml")
    assert code == 0
    assert "warning[RG830]: `floor` does not say why it exists" in out
    assert " 13 |   - {id: floor, at: hosted, require: metric.refusal >= 0.98}" in out
    assert out.endswith("1 file, 0 errors, 9 warnings\n")
    assert run("acme.yaml", "--strict")[0] == 3


def test_errors_fail_and_all_files_are_looked_at(run: Run, write: Write) -> None:
    Path("bad.yaml").write_text("release_gate: policy/v1\nid: bad\n", encoding="utf-8")
    write("cases:\n- {name: a, request: base, expect: {w: {verdict: dny}}}\n")
    Path("bad.tests.yaml").write_text("release_gate: tests/v1\npolicy: bad\ncases: []\n", encoding="utf-8")
    code, out, _ = run()
    assert code == 3
    assert "4 files, 4 errors, 9 warnings" in out


def test_a_file_with_nothing_to_say_says_nothing(run: Run, folder: Path) -> None:
    Path("fine.yaml").write_text(HEAD + rule(f"deny: D, when: {LARGE}"), encoding="utf-8")
    assert run("fine.yaml", "--strict") == (0, "1 file, 0 errors, 0 warnings\n", "")
    assert json.loads(run("fine.yaml", "-o", "json")[1])["files"] == [
        {"file": "fine.yaml", "diagnostics": []}
    ]


def test_programs_get_json_sarif_and_annotations(run: Run, folder: Path) -> None:
    (file,) = json.loads(run("acme.yaml", "-o", "json")[1])["files"]
    assert file["diagnostics"][1] == {
        "code": "RG837", "severity": "warning", "message": "nothing uses the fact `kindness`",
        "help": "use it, or remove it", "file": "acme.yaml", "line": 6, "column": 68, "end_line": 6, "end_column": 76,
    }  # fmt: skip
    (sarif,) = json.loads(run("acme.yaml", "-o", "sarif")[1])["runs"]
    assert len(sarif["results"]) == 9
    assert {each["level"] for each in sarif["results"]} == {"warning"}
    assert sarif["invocations"][0]["executionSuccessful"]
    assert run("acme.yaml", "-o", "github")[1].startswith("::warning file=acme.yaml,line=")
    Path("acme.yaml").write_text("release_gate: policy/v1\nid: [", encoding="utf-8")
    out = run("acme.yaml", "-o", "json")[1]
    assert json.loads(out)["files"][0]["diagnostics"][0]["code"] == "RG005"


def test_a_file_that_cannot_be_read_has_no_place(run: Run, folder: Path) -> None:
    Path("acme.yaml").write_bytes(b"release_gate: policy/v1\n\xff")
    assert json.loads(run("acme.yaml", "-o", "json")[1])["files"][0]["diagnostics"] == [
        {
            "code": "RG003",
            "severity": "error",
            "message": "`acme.yaml` is not UTF-8 text (byte 24 cannot be read)",
            "help": "save it as UTF-8",
        }
    ]


def test_nothing_to_look_at_is_no_success(run: Run, folder: Path) -> None:
    assert run("requests")[0] == 2


def test_a_place_in_a_folded_text_with_paragraphs_is_the_whole_text() -> None:
    body = "rules:\n- id: r\n  because: B\n  fix: F\n  cite: law\n  deny: D\n  when: >-\n    model.parameters > 5\n\n    and model.parameters > 3\n"
    assert told(body)[0][:2] == ("RG824", ">-")


def test_tests_without_fault_are_listed_too(run: Run, write: Write) -> None:
    write("cases:\n- {name: a, request: base, expect: {w: {verdict: conditional}}}\n")
    assert run("acme.tests.yaml")[1].endswith("2 files, 0 errors, 9 warnings\n")
    Path("acme.yaml").write_text(
        HEAD.replace("id: p", "id: acme") + rule(f"deny: D, when: {LARGE}"), encoding="utf-8"
    )
    assert run("acme.tests.yaml", "-o", "sarif")[0] == 0


@pytest.mark.parametrize("pack", pack_names())
def test_packs_have_no_errors(run: Run, pack: str) -> None:
    assert run(pack)[0] == 0


def test_an_overlay_is_looked_at_in_its_own_file(folder: Path) -> None:
    Path("over.yaml").write_text(
        "release_gate: policy/v1\nid: over\nversion: 1.0.0\ntitle: Over\nextends: ./acme.yaml\n"
        "definitions: {odd: \"developer.name == 'a' or not (developer.name == 'a')\"}\n"
        "rules:\n- {id: own, deny: D, cite: law, when: model.parameters > 5 and model.parameters > 3}\n"
        "sources: {law: {title: Law, date: 2024-01-01}}\n",
        encoding="utf-8",
    )
    found = lint_policy(load_policy("over.yaml"), read_file(Path("over.yaml")), date(2026, 11, 24))
    assert {each.code for each in found} == {"RG823", "RG824", "RG831", "RG837"}
    assert {each.span.file for each in found if each.span} == {"over.yaml"}


def test_a_policy_that_will_be_superseded_is_still_in_force() -> None:
    assert not [
        each for each in told("in_force: {until: 2027-01-01, superseded_by: q}\n") if each[0] == "RG834"
    ]
