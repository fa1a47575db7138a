"""What may be set, what may be expected, and what comes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.authoring.testing.suites import load_suite
from release_gate.authoring.testing.trials import Outcome, run
from release_gate.diagnostics import InputError

Write = Callable[..., Path]

CASE = "cases:\n- name: a case\n  request: base\n"
SIGN = "{person: %s, role: lead, word: approve, artifact: w, rung: weights_open, on: 2026-10-20%s}"


def outcomes(path: Path) -> list[Outcome]:
    suite = load_suite(path)
    return list(run(suite, suite.trials))


def told(path: Path) -> list[str]:
    """Each failure: what is underlined, and what is said about it."""
    return [
        f"{failure.diagnostic.span.text if failure.diagnostic.span else ''} | {failure.diagnostic.message}"
        for outcome in outcomes(path)
        for failure in outcome.failures
    ]


AS_EXPECTED = {
    "the verdict that is asked for": "  expect: {w: {verdict: conditional}}",
    "verdicts at other levels": (
        "  expect: {w: {levels: {internal: approve, hosted: conditional, weights_open: needs_approval}}}"
    ),
    "a fact that is taken away": (
        "  set: {metric.refusal: {unknown: missing}}\n"
        "  expect: {w: {verdict: needs_evidence, missing: [metric.refusal], best: trusted_testers}}"
    ),
    "a fact that was not assessed": (
        "  set: {compute.training_flop: {unknown: not_assessed}}\n"
        "  expect: {w: {tier: {certain: low, possible: high}, verdict: conditional}}"
    ),
    "what is missing by level": (
        "  set: {compute.training_flop: {unknown: conflicting}}\n"
        "  expect: {w: {missing: {api_general: [compute.training_flop], hosted: []}}}"
    ),
    "a range": ("  set: {metric.refusal: {low: 0.97, high: 0.99}}\n  expect: {w: {verdict: needs_evidence}}"),
    "a value keeps when and how it was measured": (
        "  matrix: {metric.refusal: [0.979, 0.98, 0.981]}\n"
        "  expect: {w: {verdict: [deny, conditional, conditional], because: [[floor], [], [watch]]}}"
    ),
    "a part of a measurement": (
        "  set: {metric.refusal.measured: 2026-01-01}\n  expect: {w: {verdict: needs_evidence}}"
    ),
    "a part of a plain value": (
        "  set: {compute.training_flop: 1e26, compute.training_flop.source: card}\n"
        "  expect: {w: {tier: high, because: [acme/watch], not_because: [floor]}}"
    ),
    "a whole measurement": (
        "  set: {metric.refusal: {value: 0.99, n: 12}}\n  expect: {w: {verdict: needs_evidence}}"
    ),
    "a member of a list": (
        '  set: {"lineage[Alpha].license": CC-BY-NC-4.0}\n'
        "  expect: {w: {levels: {weights_gated_auto: needs_approval, weights_open: deny}, because: [upstream]}}"
    ),
    "a member by its number": (
        '  set: {"lineage[1].license": CC-BY-NC-4.0}\n  expect: {w: {levels: {weights_open: deny}}}'
    ),
    "a member more": (
        '  set: {"lineage[+]": {parent: Gamma, license: CC-BY-NC-4.0}, "lineage[Gamma].license": MIT}\n'
        "  expect: {w: {levels: {weights_open: needs_approval}}}"
    ),
    "a member of a list that is not there yet": (
        '  set: {"safeguards[+]": {id: filter}, "safeguards[filter].removable": true}\n'
        "  expect: {w: {verdict: conditional}}"
    ),
    "a part of a member more": (
        '  set: {"safeguards[+].id": filter, "safeguards[0].kind": kyc}\n  expect: {w: {verdict: conditional}}'
    ),
    "a member that is a word": (
        '  set: {"model.modalities_out[text]": image, "model.modalities_out[+]": audio}\n'
        "  expect: {w: {verdict: conditional}}"
    ),
    "a value with more, in place of a value with more": (
        "  set: {compute.training_flop: {low: 1e24, high: 1e26}}\n"
        "  expect: {w: {tier: {certain: low, possible: high}}}"
    ),
    "a list that is not complete": (
        "  set: {lineage.complete: false}\n  expect: {w: {levels: {weights_open: needs_evidence}}}"
    ),
    "a member of a list that is not complete": (
        '  set: {lineage.complete: false, "lineage[Beta].license": CC-BY-NC-4.0}\n'
        "  expect: {w: {levels: {weights_open: deny}}}"
    ),
    "a list that is not known": (
        "  set: {lineage: {unknown: missing}}\n  expect: {w: {levels: {weights_open: needs_evidence}}}"
    ),
    "a whole list": "  set: {lineage: []}\n  expect: {w: {levels: {weights_open: needs_approval}}}",
    "a part of a record that was unknown": (
        "  set: {developer: {unknown: missing}, developer.name: Acme}\n  expect: {w: {verdict: conditional}}"
    ),
    "the artifact": (
        "  set: {artifact.wanted: weights_open}\n"
        "  expect: {w: {verdict: needs_approval, best: api_general, not_ruled_out: fully_open}}"
    ),
    "an artifact by its id": '  set: {"artifacts[w].kind": delta}\n  expect: {w: {best: hosted}}',
    "the action": "  set: {request.action: narrow}\n  expect: {w: {verdict: conditional}}",
    "a fact of the policy's own": "  set: {own.kindness: high}\n  expect: {w: {verdict: conditional}}",
    "the day": (
        "  matrix: {as_of: [2027-03-30, 2027-03-31]}\n  expect: {w: {verdict: [conditional, needs_evidence]}}"
    ),
    "a matrix of two paths": (
        "  matrix: {metric.refusal: [0.9, 1], artifact.wanted: [internal, hosted]}\n"
        "  expect: {w: {verdict: [[approve, deny], [approve, conditional]], tier: low, best: [[internal, trusted_testers], [internal, hosted]]}}"
    ),
    "a matrix with the same for some": (
        "  matrix: {metric.refusal: [0.9, 1], artifact.wanted: [trusted_testers, hosted]}\n"
        "  expect: {w: {verdict: [[conditional, deny], conditional], obligations: [watch]}}"
    ),
    "duties": "  expect: {w: {obligations: [acme/watch], could_lift: []}}",
    "a sign-off that binds itself": (
        f"  set: {{artifact.wanted: weights_open, sign_offs: [{SIGN % ('ada', '')}, {SIGN % ('bob', '')}]}}\n"
        "  expect: {w: {verdict: conditional}}"
    ),
    "a sign-off for something else": (
        f"  set: {{artifact.wanted: weights_open, sign_offs: [{SIGN % ('ada', '')}, "
        f"{SIGN % ('bob', ', policies: sha256:' + '0' * 64)}]}}\n"
        "  expect: {w: {verdict: needs_approval, because: [two-people]}}"
    ),
    "an objection": (
        "  set: {sign_offs: [{person: ada, role: lead, word: object, artifact: w, rung: hosted, on: 2026-10-20}]}\n"
        "  expect: {w: {verdict: deny, because: [object-ada], best: trusted_testers}}"
    ),
    "nothing left": (
        '  set: {"sign_offs[+]": {person: a, role: lead, word: object, artifact: w, rung: withheld, on: 2026-10-20}}\n'
        "  expect: {w: {not_ruled_out: null}}"
    ),
}


@pytest.mark.parametrize("case", AS_EXPECTED.values(), ids=AS_EXPECTED)
def test_a_case_comes_as_expected(write: Write, case: str) -> None:
    path = write(CASE + case)
    assert outcomes(path)
    assert told(path) == []


OTHERWISE = {
    "verdict": (
        "{w: {verdict: approve}}",
        "approve | `w` at `hosted` should be `approve`, and is `conditional`",
    ),
    "level": (
        "{w: {levels: {internal: deny}}}",
        "deny | `w` at `internal` should be `deny`, and is `approve`",
    ),
    "best": (
        "{w: {best: internal}}",
        "internal | the best level of `w` should be `internal`, and is `hosted`",
    ),
    "not ruled out": (
        "{w: {not_ruled_out: null}}",
        "null | what `w` may still reach at most should be `null`, and is `fully_open`",
    ),
    "tier": ("{w: {tier: high}}", "high | the tier of `w` should be `high`, and is `low`"),
    "open tier": (
        "{w: {tier: {certain: low, possible: high}}}",
        "{certain: low, possible: high} | the tier of `w` should be `{certain: low, possible: high}`, and is `low`",
    ),
    "because": (
        "{w: {because: [floor, watch]}}",
        "[floor, watch] | of the rules `[floor, watch]`, not all have a finding for `w`; those that do: `[watch]`",
    ),
    "not because": (
        "{w: {not_because: [watch, floor]}}",
        "[watch, floor] | none of `[floor, watch]` should have a finding for `w`; those that do: `[watch]`",
    ),
    "missing": (
        "{w: {missing: [metric.refusal]}}",
        "[metric.refusal] | missing for `w` at `hosted` should be `[metric.refusal]`, and is `[]`",
    ),
    "lift": (
        "{w: {could_lift: [as_of]}}",
        "[as_of] | what could lift duties of `w` should be `[as_of]`, and is `[]`",
    ),
    "duties": (
        "{w: {obligations: []}}",
        "[] | the duties of `w` should be those of `[]`, and are those of `[watch]`",
    ),
    "unverified": (
        "{w: {unverified: [watch]}}",
        "[watch] | of the unverified rules, the verdict on `w` at `hosted` should hang on `[watch]`, and hangs on `[]`",
    ),
}


@pytest.mark.parametrize(("expect", "said"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_came_otherwise_is_told_at_its_place(write: Write, expect: str, said: str) -> None:
    assert told(write(f"{CASE}  expect: {expect}")) == [said]


UNVERIFIED = {
    "a rule": ("  set: {metric.refusal: 0.9}\n  expect: {w: {verdict: deny, unverified: [floor]}}"),
    "by level": (
        "  set: {metric.refusal: 0.9}\n"
        "  expect: {w: {unverified: {trusted_testers: [], hosted: [acme/floor], weights_open: [floor]}}}"
    ),
    "in the cells of a matrix": (
        "  matrix: {metric.refusal: [0.9, 0.99]}\n  expect: {w: {unverified: [[floor], []]}}"
    ),
    "by level, in the cells of a matrix": (
        "  matrix: {metric.refusal: [0.9, 0.99]}\n"
        "  expect: {w: {unverified: {hosted: [[floor], []], internal: []}}}"
    ),
    "a tier that was raised": (
        "  set: {compute.training_flop: 1e26}\n  expect: {w: {unverified: {hosted: [], api_general: [big]}}}"
    ),
}


@pytest.mark.parametrize("case", UNVERIFIED.values(), ids=UNVERIFIED)
def test_a_case_may_expect_on_which_unverified_rules_the_verdict_hangs(write: Write, case: str) -> None:
    text = Path("acme.yaml").read_text(encoding="utf-8")
    for rule in ("id: floor", "id: big"):
        text = text.replace(rule, f"{rule}, cite: {{source: law, confidence: unverified}}")
    Path("acme.yaml").write_text(f"{text}sources: {{law: {{title: The law}}}}\n", encoding="utf-8")
    path = write(CASE + case)
    assert told(path) == []
    read = text.replace("confidence: unverified", "confidence: primary")
    Path("acme.yaml").write_text(f"{read}sources: {{law: {{title: The law}}}}\n", encoding="utf-8")
    assert told(path)


def test_it_is_told_why_it_came_otherwise(write: Write) -> None:
    path = write(
        CASE + "  set: {metric.refusal: 0.9}\n  expect: {w: {verdict: approve, levels: {internal: deny}}}"
    )
    helps = [failure.diagnostic.help for outcome in outcomes(path) for failure in outcome.failures]
    assert helps == ["because of `floor` (metric.refusal is 0.9)", "no rule has a finding there"]


def test_many_reasons_are_told_in_short(write: Write) -> None:
    Path("acme.yaml").write_text(
        "release_gate: policy/v1\nid: acme\nversion: 1.0.0\ntitle: A\ncovers: true\nrules:\n"
        + "".join(f"- {{id: r{number}, require: developer.name == 'a'}}\n" for number in range(5)),
        encoding="utf-8",
    )
    path = write(CASE + "  expect: {w: {verdict: approve}}")
    (outcome,) = outcomes(path)
    said = "(developer.name is unknown: nobody has stated it)"
    assert (
        outcome.failures[0].diagnostic.help == f"because of `r0` {said}; `r1` {said}; `r2` {said}, and 2 more"
    )


def test_a_policy_that_does_not_cover_is_tested_by_itself(write: Write) -> None:
    text = Path("acme.yaml").read_text(encoding="utf-8")
    Path("acme.yaml").write_text(text.replace("covers: true", "covers: false"), encoding="utf-8")
    path = write(CASE + "  set: {artifact.wanted: internal}\n  expect: {w: {verdict: deny}}")
    (outcome,) = outcomes(path)
    assert outcome.came == ("approve",)
    assert outcome.failures[0].diagnostic.help == "no rule has a finding there"


def test_policies_beside_it_judge_too(write: Write) -> None:
    head = "release_gate: tests/v1\npolicy: ./acme.yaml\nbeside: [ladder]\nas_of: 2026-11-01\nfixtures: {base: requests/base.yaml}\n"
    path = write(
        CASE + "  expect: {w: {levels: {weights_open: needs_evidence}, because: [ladder/open-means-open]}}",
        head,
    )
    assert told(path) == []


def test_a_matrix_names_its_cells(write: Write) -> None:
    path = write(
        CASE + "  matrix: {metric.refusal: [1, {low: 0.9, high: 1}], lineage: [[], [{parent: Alpha}]]}\n"
        "  expect: {w: {best: [hosted, trusted_testers]}}"
    )
    assert [outcome.trial.name.removeprefix("a case ") for outcome in outcomes(path)] == [
        "[metric.refusal = 1, lineage = []]",
        "[metric.refusal = 1, lineage = [{parent: Alpha}]]",
        "[metric.refusal = {low: 0.9, high: 1}, lineage = []]",
        "[metric.refusal = {low: 0.9, high: 1}, lineage = [{parent: Alpha}]]",
    ]


def test_a_fixture_may_be_written_out_or_change_another(write: Write) -> None:
    head = (
        "release_gate: tests/v1\npolicy: acme\nas_of: 2026-11-01\nfixtures:\n"
        "  own: {release_gate: request/v1, id: o, action: release, artifacts: [{id: w, kind: api, wanted: hosted}]}\n"
        "  measured: {from: own, set: {metric.refusal: {value: 1, measured: 2026-10-01}}}\n"
        "  better: {from: measured, set: {compute.training_flop: 1}}\n"
    )
    case = "cases:\n- {name: a, request: own, expect: {w: {verdict: needs_evidence}}}\n- {name: b, request: better, expect: {w: {verdict: conditional}}}"
    assert told(write(case, head)) == []


def test_a_case_has_its_own_day(write: Write) -> None:
    assert told(write(CASE + "  as_of: 2028-01-01\n  expect: {w: {verdict: needs_evidence}}")) == []


def test_tests_of_a_pack_find_it_by_name(write: Write) -> None:
    head = "release_gate: tests/v1\npolicy: ladder\nas_of: 2026-11-01\nfixtures: {base: requests/base.yaml}\n"
    case = "cases:\n- {name: a, request: base, expect: {w: {levels: {internal: approve, weights_open: needs_evidence}}}}"
    assert told(write(case, head)) == []


def test_tests_in_a_folder_of_their_own_find_the_policy_above(folder: Path) -> None:
    Path("acme.yaml").rename("policy.yaml")
    Path("requests/cases.yaml").write_text(
        "release_gate: tests/v1\npolicy: acme\nas_of: 2026-11-01\nfixtures: {base: base.yaml}\n"
        + CASE
        + "  expect: {w: {verdict: conditional}}",
        encoding="utf-8",
    )
    assert told(Path("requests/cases.yaml")) == []


ENDLESS = f"{{{', '.join(f'own.f{n}: [1, 2, 3, 4]' for n in range(99))}}}"
MISTAKES = {
    # name: cases, code, what is underlined, what is said
    "no such key": (
        "  expcet: {}\n  expect: {w: {verdict: deny}}",
        "RG801",
        "expcet",
        "unknown key `expcet`",
    ),
    "a matrix that never ends": (
        f"  expect: {{w: {{verdict: deny}}}}\n  matrix: {ENDLESS}",
        "RG801",
        ENDLESS,
        "the matrices have more than 20,000 cells together",
    ),
    "no such key of an artifact": (
        "  expect: {w: {verdct: deny}}",
        "RG801",
        "verdct",
        "did you mean `verdict`",
    ),
    "no expectation": ("  set: {}", "RG801", "name: a case", "`expect` is missing"),
    "an empty expectation": ("  expect: {}", "RG805", "{}", "nothing is expected"),
    "nothing of an artifact": ("  expect: {w: {}}", "RG805", "{}", "nothing is expected"),
    "no such artifact": (
        "  expect: {x: {verdict: deny}}",
        "RG805",
        "x",
        "there is no artifact `x` (one of `w`)",
    ),
    "no such verdict": ("  expect: {w: {verdict: denied}}", "RG805", "denied", "did you mean `deny`"),
    "no verdict": ("  expect: {w: {verdict: true}}", "RG805", "true", "this is not a verdict"),
    "no such level": ("  expect: {w: {levels: {hostd: deny}}}", "RG805", "hostd", "did you mean `hosted`"),
    "a level that it does not have": (
        "  set: {artifact.kind: api}\n  expect: {w: {levels: {weights_open: deny}}}",
        "RG805",
        "weights_open",
        "an artifact of kind `api` has no access level `weights_open`",
    ),
    "levels of nothing": ("  expect: {w: {levels: []}}", "RG805", "[]", "write {hosted: approve}"),
    "missing at nothing": ("  expect: {w: {missing: {}}}", "RG805", "{}", "write {hosted: []}"),
    "no such best": ("  expect: {w: {best: none}}", "RG805", "none", "`none` is not an access level"),
    "no such tier": ("  expect: {w: {tier: hi}}", "RG805", "hi", "`hi` is not a tier of `acme`"),
    "half a tier": (
        "  expect: {w: {tier: {certain: low}}}",
        "RG805",
        "{certain: low}",
        "not a tier of `acme`",
    ),
    "no such rule": ("  expect: {w: {because: [flor]}}", "RG805", "[flor]", "did you mean `floor`"),
    "no such unverified rule": (
        "  expect: {w: {unverified: {hosted: [flor]}}}",
        "RG805",
        "[flor]",
        "did you mean `floor`",
    ),
    "unverified at no such level": (
        "  expect: {w: {unverified: {hostd: [floor]}}}",
        "RG805",
        "hostd",
        "did you mean `hosted`",
    ),
    "no list": ("  expect: {w: {because: floor}}", "RG805", "floor", "this must be a list of texts"),
    "a path that is none": (
        '  set: {"lineage[": 1}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"lineage["',
        "is not the path of a fact",
    ),
    "a path that starts in a list": (
        '  set: {"[x]": 1}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"[x]"',
        "path",
    ),
    "two names without a dot": (
        '  set: {"lineage[0]x": 1}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"lineage[0]x"',
        "path",
    ),
    "a fact that is not there": (
        "  set: {modle.name: x}\n  expect: {w: {verdict: deny}}",
        "RG401",
        "modle.name",
        "did you mean `model`",
    ),
    "a value that is none": (
        "  set: {compute.training_flop: many}\n  expect: {w: {verdict: deny}}",
        "RG401",
        "many",
        "must be a number",
    ),
    "no such member": (
        '  set: {"lineage[Alpa].license": MIT}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"lineage[Alpa].license"',
        "did you mean",
    ),
    "a member without brackets": (
        "  set: {lineage.Alpha.license: MIT}\n  expect: {w: {verdict: deny}}",
        "RG804",
        "lineage.Alpha.license",
        "name the member: [Alpha]",
    ),
    "several members": (
        '  set: {"artifacts[+]": {id: v, kind: weights, wanted: hosted}, "artifacts[weights].wanted": hosted}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"artifacts[weights].wanted"',
        "several members are called `weights`",
    ),
    "adding to no list": (
        '  set: {"model[+]": 1}\n  expect: {w: {verdict: deny}}',
        "RG804",
        '"model[+]"',
        "adds to what is not a list",
    ),
    "the level being judged": (
        "  set: {artifact.access: hosted}\n  expect: {w: {verdict: deny}}",
        "RG804",
        "artifact.access",
        "`artifact.access` cannot be set",
    ),
    "a day that is none": (
        "  set: {as_of: soon}\n  expect: {w: {verdict: deny}}",
        "RG804",
        "soon",
        "`soon` is not a date",
    ),
    "set and matrix": (
        "  set: {as_of: 2026-01-01}\n  matrix: {as_of: [2026-01-01]}\n  expect: {w: {verdict: deny}}",
        "RG804",
        "2026-01-01",
        "`as_of` is in `set` and in `matrix`",
    ),
    "an empty matrix": (
        "  matrix: {as_of: []}\n  expect: {w: {verdict: deny}}",
        "RG804",
        "[]",
        "at least one value",
    ),
    "a matrix of another size": (
        "  matrix: {metric.refusal: [0.1, 0.2, 0.3]}\n  expect: {w: {verdict: [deny, deny], because: [[floor]]}}",
        "RG805",
        "[deny, deny]",
        "2 are expected, and the matrix has 3 values here",
    ),
    "words of another size": (
        "  matrix: {metric.refusal: [0.1, 0.2, 0.3]}\n  expect: {w: {because: [[floor]]}}",
        "RG805",
        "[[floor]]",
        "1 are expected",
    ),
    "a tier of another size": (
        "  matrix: {metric.refusal: [0.1, 0.2]}\n  expect: {w: {tier: [low]}}",
        "RG805",
        "[low]",
        "1 are expected",
    ),
    "no such fixture": (
        "  expect: {w: {verdict: deny}}\n- {name: b, request: bse, expect: {w: {verdict: deny}}}",
        "RG803",
        "bse",
        "did you mean `base`",
    ),
    "two cases of one name": (
        "  expect: {w: {verdict: conditional}}\n- {name: a case, request: base, expect: {w: {best: hosted}}}",
        "RG806",
        "a case",
        "two cases have the name `a case`",
    ),
}


@pytest.mark.parametrize(("case", "code", "underlined", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place(
    write: Write, case: str, code: str, underlined: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        outcomes(write(CASE + case))
    found = [(each.code, each.span.text if each.span else "", str(each)) for each in caught.value.diagnostics]
    assert any(each[:2] == (code, underlined) and said in each[2] for each in found), found


FILES = {
    "no such policy": ("policy: acne\n", "RG802", "acne", "there is no pack `acne`"),
    "no such file": ("policy: ./acne.yaml\n", "RG802", "./acne.yaml", "cannot read `acne.yaml`"),
    "no policy": ("policy: requests/base.yaml\n", "RG015", "request/v1", "where `policy/v1` is expected"),
    "no policy beside the tests": ("policy: base\n", "RG802", "base", "there is no pack `base`"),
    "no such policy beside": ("policy: acme\nbeside: [acne]\n", "RG802", "acne", "there is no pack `acne`"),
    "no such request": (
        "policy: acme\nfixtures: {base: bse.yaml}\n",
        "RG803",
        "bse.yaml",
        "cannot read `bse.yaml`",
    ),
    "a policy as request": (
        "policy: acme\nfixtures: {base: acme.yaml}\n",
        "RG015",
        "policy/v1",
        "`request/v1`",
    ),
    "a circle": (
        "policy: acme\nfixtures: {base: {from: other}, other: {from: base}}\n",
        "RG803",
        "base",
        "goes in a circle",
    ),
    "another that is not there": (
        "policy: acme\nfixtures: {base: {from: bse}}\n",
        "RG803",
        "bse",
        "no fixture `bse`",
    ),
    "a fixture where there are none": (
        "policy: acme\nfixtures: {}\n",
        "RG803",
        "base",
        "name a file under `fixtures:`",
    ),
    "a fixture of nothing": (
        "policy: acme\nfixtures: {base: {set: {}}}\n",
        "RG801",
        "{set: {}}",
        "`from:` another",
    ),
    "a fixture that is wrong": (
        "policy: acme\nfixtures: {base: {release_gate: request/v1, id: x}}\n",
        "RG401",
        "{release_gate: request/v1, id: x}",
        "`action` is missing",
    ),
}


@pytest.mark.parametrize(("body", "code", "underlined", "said"), FILES.values(), ids=FILES)
def test_a_file_that_is_wrong_is_told_with_its_place(
    write: Write, body: str, code: str, underlined: str, said: str
) -> None:
    head = "release_gate: tests/v1\nas_of: 2026-11-01\n" + body
    with pytest.raises(InputError) as caught:
        outcomes(write(CASE + "  expect: {w: {verdict: deny}}", head))
    found = [(each.code, each.span.text if each.span else "", str(each)) for each in caught.value.diagnostics]
    assert any(each[:2] == (code, underlined) and said in each[2] for each in found), found


def test_no_test_reads_the_clock(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        outcomes(
            write(
                CASE + "  expect: {w: {verdict: deny}}",
                "release_gate: tests/v1\npolicy: acme\nfixtures: {base: requests/base.yaml}\n",
            )
        )
    (found,) = caught.value.diagnostics
    assert (found.code, found.span and found.span.text) == ("RG807", "a case")


def test_what_a_variant_states_is_not_changed_in_vain(write: Write) -> None:
    path = Path("requests/base.yaml")
    path.write_text(
        path.read_text(encoding="utf-8").replace("kind: weights", "kind: weights, variant: small")
        + "variants: {small: {compute: {training_flop: 1e26}, document: {model_card: {status: draft}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        outcomes(write(CASE + "  set: {compute.training_flop: 1}\n  expect: {w: {tier: low}}"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("RG804", "write `variants[small].compute.training_flop`")
    good = '  set: {"variants[small].compute.training_flop": 1, compute.energy_kwh: 5, document.datasheet.status: draft}\n  expect: {w: {tier: low}}'
    assert told(write(CASE + good)) == []


def test_a_metric_outside_of_its_range_is_told_where_it_is_set(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        outcomes(write(CASE + "  set: {metric.refusal: 98}\n  expect: {w: {verdict: deny}}"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.span and found.span.file) == ("RG402", "acme.tests.yaml")


def test_everything_that_is_wrong_is_told_at_once(write: Write) -> None:
    with pytest.raises(InputError) as caught:
        outcomes(
            write(
                "cases:\n"
                "- {name: a, request: base, set: {modle: 1}, expect: {w: {verdict: deny}}}\n"
                "- {name: b, request: base, expect: {x: {verdict: deny}, w: {verdict: dny, best: hostd}}}\n"
            )
        )
    assert len(caught.value.diagnostics) == 4
