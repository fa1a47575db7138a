"""What an editor mends is then right, and what it silences asks for a reason."""

from datetime import date
from pathlib import Path

import pytest

from release_gate.diagnostics import Diagnostic
from release_gate.editor.fixes import Fix, fixes
from release_gate.editor.pages import Page
from release_gate.editor.problems import check
from release_gate.unsaved import unsaved
from tests.editor.pages import POLICY, rule

DAY = date(2026, 11, 28)
PATH = Path("/nowhere/acme.yaml")
REQUEST = (
    "release_gate: request/v1\nid: r\naction: release\nartifacts: [{id: w, kind: weights, wanted: hosted}]\n"
)


def told(text: str) -> list[Diagnostic]:
    with unsaved({PATH: text}):
        return [each.diagnostic for each in check(Page(PATH, text), DAY)]


def offers(text: str, code: str) -> list[Fix]:
    return list(fixes(Page(PATH, text), [each for each in told(text) if each.code == code]))


def after(text: str, fix: Fix) -> str:
    for edit in sorted(fix.edits, key=lambda edit: -edit.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


MISSPELT = {
    "a fact": (rule("deny: no\n    when: compute.training_flp > 1"), "RG212", "compute.training_flop"),
    "a section": (rule("deny: no\n    when: compte.training_flop > 1"), "RG212", "compute.training_flop"),
    "a domain": (rule('deny: no\n    when: capability.cybr.level > "low"'), "RG212", "capability.cyber.level"),
    "a word": (rule('deny: no\n    when: own.kindness == "hgh"'), "RG216", '"high"'),
    "a definition": (rule("deny: no\n    when: is.makes_image"), "RG214", "is.makes_images"),
    "a key": (rule("requires: is.makes_images\n    deny: no"), "RG301", "require:"),
    "a tier": (rule("tier: hgh"), "RG306", "tier: high"),
    "a rung": (rule("ceiling: hostd"), "RG301", "ceiling: hosted"),
    "a source": (rule("deny: no\n    cite: mitt"), "RG311", "cite: mit"),
    "a fact in a text": (rule("deny: It is {metrc.refusal}"), "RG313", "{metric.refusal}"),
    "a rung of a request": (REQUEST.replace("hosted", "hostd"), "RG401", "wanted: hosted"),
    "a kind": ("release_gate: polcy/v1\n", "RG015", "policy/v1"),
    "a parameter": ("release_gate: policy/v1\nid: mine\nextends: responsible-democratization\nset: {ncii_refusal_flor: 1}", "RG322", "{ncii_refusal_floor: 1}"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "mended"), MISSPELT.values(), ids=MISSPELT)
def test_a_misspelt_word_is_mended(text: str, code: str, mended: str) -> None:
    found = offers(text, code)
    first = after(text, found[0])
    assert mended in first
    assert found[0].title.startswith("Write `")
    before, now = (sum(each.code == code for each in told(each_text)) for each_text in (text, first))
    assert now < before or code == "RG301"


def test_the_only_word_that_is_near_is_the_preferred_fix() -> None:
    (fix,) = offers(rule("tier: hgh"), "RG306")
    assert fix.preferred
    assert fix.mends.code == "RG306"


def test_a_word_in_another_file_is_not_mended_here() -> None:
    elsewhere = Diagnostic("RG212", "unknown fact `x`", None, "did you mean `y`")
    assert list(fixes(Page(PATH, POLICY), [elsewhere])) == []


SILENT = {
    "in lines": (rule("tier: high\n    when: is.makes_images"), 'silence: {RG830: ""}\n'),
    "in brackets": (
        POLICY + "rules: [{id: a, deny: no}, {id: b, tier: high}]\n",
        'tier: high, silence: {RG830: ""}}',
    ),
    "beside another": (
        rule("tier: high\n    silence: {RG832: it is said elsewhere}"),
        'silence: {RG832: it is said elsewhere, RG830: ""}',
    ),
    "below another": (
        rule("tier: high\n    silence:\n      RG832: it is said elsewhere"),
        '      RG832: it is said elsewhere\n      RG830: ""\n',
    ),
    "before a comment": (
        rule("tier: high  # why\n\n# the end"),
        'tier: high  # why\n    silence: {RG830: ""}\n',
    ),
}


@pytest.mark.parametrize(("text", "written"), SILENT.values(), ids=SILENT)
def test_a_warning_is_silenced_on_its_rule(text: str, written: str) -> None:
    fix = offers(text, "RG830")[-1]
    assert fix.title == "Silence RG830 on this rule, with a reason that you write"
    silenced = after(text, fix)
    assert written in silenced


@pytest.mark.parametrize(("text", "written"), SILENT.values(), ids=SILENT)
def test_a_silence_without_a_reason_is_an_error_and_one_with_a_reason_holds(text: str, written: str) -> None:
    silenced = after(text, offers(text, "RG830")[-1])
    assert {each.code for each in told(silenced)} == {"RG301"}
    given = silenced.replace('RG830: ""', "RG830: everybody knows why")
    codes = [each.code for each in told(given)]
    assert "RG301" not in codes
    assert "RG838" not in codes
    assert codes.count("RG830") == [each.code for each in told(text)].count("RG830") - 1


def test_a_warning_about_no_rule_is_silenced_on_the_policy() -> None:
    text = POLICY + "rules: [{id: a, deny: no, because: so, fix: go, cite: mit}]\n"
    fix = offers(text, "RG837")[0]
    assert fix.title == "Silence RG837 in this policy, with a reason that you write"
    assert after(text, fix).endswith('cite: mit}]\nsilence: {RG837: ""}\n')


USELESS = {
    "in brackets": (
        "silence: {RG830: so, RG826: so, RG832: so}", "silence: {RG830: so, RG832: so}"
    ),
    "the first in brackets": ("silence: {RG826: so, RG832: so}", "silence: {RG832: so}"),
    "in lines": ("silence:\n      RG826: so\n      RG832: so", "silence:\n      RG832: so"),
    "the only one": ("silence: {RG826: so}\n    fix: go", "tier: high\n    fix: go"),
    "one that there is not": ("silence: {RG999: so, RG832: so}", "silence: {RG832: so}"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "left"), USELESS.values(), ids=USELESS)
def test_a_silence_that_silences_nothing_is_taken_out(before: str, left: str) -> None:
    text = rule(f"tier: high\n    {before}")
    useless = [each for each in told(text) if each.code in ("RG838", "RG839")]
    (fix,) = [each for each in fixes(Page(PATH, text), useless) if each.title == "Remove this silence"]
    assert left in after(text, fix)
    assert not {"RG838", "RG839"} & {each.code for each in told(after(text, fix))}
