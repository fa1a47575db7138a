"""What is wrong is told as the commands tell it, at a place of the page."""

from datetime import date
from pathlib import Path

import pytest

from release_gate.diagnostics import Severity
from release_gate.editor.pages import Page
from release_gate.editor.problems import Told, check
from release_gate.unsaved import unsaved
from tests.editor.pages import POLICY, rule

DAY = date(2026, 11, 28)
REQUEST = (
    "release_gate: request/v1\nid: r\naction: release\nartifacts: [{id: w, kind: weights, wanted: hosted}]\n"
)
TESTS = """\
release_gate: tests/v1
policy: acme
as_of: 2026-11-28
fixtures: {base: r.yaml}
cases:
  - name: x
    request: base
    expect: {w: {verdict: deny}}
"""


def told(text: str, path: Path = Path("/nowhere/acme.yaml")) -> list[Told]:
    with unsaved({path.resolve(): text}):
        return check(Page(path, text), DAY)


WRONG = {
    "a condition": (rule("deny: no\n    when: compute.training_flp > 1"), "RG212", "training_flp"),
    "a condition in a block": (
        rule("deny: no\n    when: >\n      is.makes_images and\n      compute.training_flp > 1"), "RG212", "training_flp"
    ),
    "a word": (rule("deny: no\n    when: 'tier >= \"hgh\"'"), "RG216", '"hgh"'),
    "broken YAML": (POLICY + "rules: [", "RG005", ""),
    "a key": (POLICY + "rulez: []", "RG301", "rulez"),
    "a warning": (rule("tier: high"), "RG830", "first"),
    "a request": (REQUEST.replace("hosted", "hostd"), "RG401", "hostd"),
    "an access request": ("release_gate: access-request/v1\nid: r\n", "RG401", ""),
    "a gate": ("release_gate: gate/v1\npolicies: [{pack: lader}]\n", "RG501", "{pack: lader}"),
    "trust": ("release_gate: trust/v1\npeople: {ada: {role: x}}\n", "RG510", "role"),
    "aliases": ("release_gate: aliases/v1\nnames: {a: [b], b: [a]}\n", "RG522", ""),
    "waivers": ("release_gate: waivers/v1\nwaivers: [{id: x}]\n", "RG515", ""),
    "tests": (TESTS.replace("request: base", "request: bas"), "RG802", "acme"),
    "a kind": ("release_gate: polcy/v1\n", "RG015", "polcy/v1"),
    "no kind": ("release_gate:\n", "RG015", ""),
    "an invisible character": (rule("tier: high # \u200b"), "RG004", "\u200b"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "underlined"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_underlined(text: str, code: str, underlined: str) -> None:
    found = next(each.diagnostic for each in told(text) if each.diagnostic.code == code)
    assert found.span is not None
    assert found.span.file == "/nowhere/acme.yaml"
    if underlined:
        assert found.span.text == underlined


OTHERS = {
    "another document": "services: {web: {image: x}}\n",
    "no document": "",
    "a list": "- release_gate: policy/v1\n",
    "a text": "release_gate",
    "a mapping elsewhere": "a: {release_gate: policy/v1}\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_is_no_document_of_ours_is_left_alone(text: str) -> None:
    assert told(text) == []


def test_what_is_right_is_not_underlined(tmp_path: Path) -> None:
    assert told(REQUEST) == []
    (tmp_path / "acme.yaml").write_text(rule("deny: no"), encoding="utf-8")
    (tmp_path / "r.yaml").write_text(REQUEST, encoding="utf-8")
    assert told(TESTS, tmp_path / "t.yaml") == []
    assert told("release_gate: gate/v1\npolicies: [acme.yaml]\n", tmp_path / "gate.yaml") == []


def test_the_policies_that_ship_look_as_they_do_to_lint() -> None:
    from release_gate.authoring.lint import lint
    from release_gate.authoring.targets import targets
    from release_gate.policy.packs import data_folder

    path = data_folder("policies") / "responsible-democratization" / "policy.yaml"
    expected = [each for file, found in lint(targets([str(path)]), DAY) for each in found if file == path]
    found = [each.diagnostic for each in told(path.read_text(encoding="utf-8"), path)]
    assert [(each.code, each.span) for each in found] == [(each.code, each.span) for each in expected]


def test_what_is_wrong_elsewhere_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(rule("tier: hgh"), encoding="utf-8")
    for name, text, underlined in (
        ("o.yaml", "release_gate: policy/v1\nid: o\nextends: ./acme.yaml\n", "./acme.yaml"),
        ("gate.yaml", "release_gate: gate/v1\npolicies: [acme.yaml]\n", "acme.yaml"),
        ("t.yaml", TESTS, "acme"),
    ):
        (found,) = [each for each in told(text, tmp_path / name) if each.diagnostic.code == "RG306"]
        assert found.diagnostic.span is not None
        assert found.diagnostic.span.text == underlined
        assert found.elsewhere is not None
        assert (found.elsewhere.text, Path(found.elsewhere.file).name) == ("hgh", "acme.yaml")


def test_what_stands_in_the_editor_counts_and_not_what_is_saved(tmp_path: Path) -> None:
    base = tmp_path / "acme.yaml"
    base.write_text(rule("tier: hgh"), encoding="utf-8")
    overlay = "release_gate: policy/v1\nid: o\nextends: ./acme.yaml\n"
    page = Page(tmp_path / "o.yaml", overlay)
    with unsaved({base.resolve(): rule("tier: high"), page.path.resolve(): overlay}):
        assert not any(each.diagnostic.severity is Severity.ERROR for each in check(page, DAY))


def test_a_file_that_is_not_saved_yet_is_checked(tmp_path: Path) -> None:
    assert [each.diagnostic.code for each in told(POLICY + "rulez: []", tmp_path / "new.yaml")] == ["RG301"]


def test_a_document_that_names_what_is_no_file_is_told_so(tmp_path: Path) -> None:
    for reference in ("./absent.yaml", "./", "/etc/passwd", "a" * 5000 + ".yaml", "./a\tb.yaml"):
        found = told(f'release_gate: policy/v1\nid: o\nextends: "{reference}"\n', tmp_path / "o.yaml")
        assert found
        assert all(each.diagnostic.span is not None for each in found)


def test_a_name_that_no_policy_reads_is_underlined_near_a_gate(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(rule("deny: no"), encoding="utf-8")
    gate = tmp_path / "release-gate.yaml"
    gate.write_text("release_gate: gate/v1\npolicies: [acme.yaml]\n", encoding="utf-8")
    text = (
        REQUEST + "metric: {refusl: 1, refusal: 1}\ncapability: {cybr: {level: low}}\n"
        "variants: {big: {own: {kindnes: low}}}\nsafeguards: [{id: s, kind: trainig}]\n"
    )
    (tmp_path / "requests").mkdir()
    path = tmp_path / "requests" / "r.yaml"
    found = [each.diagnostic for each in told(text, path)]
    assert {each.code for each in found} == {"RG405"}
    assert {each.severity for each in found} == {Severity.WARNING}
    underlined = {each.span.text: each.help for each in found if each.span is not None}
    assert underlined["refusl"] == "did you mean `refusal`"
    assert "`cyber`" in underlined["cybr"]
    assert underlined["kindnes"] == "did you mean `kindness`"
    assert len(found) == 4
    gate.write_text("release_gate: gate/v1\npolicies: [absent.yaml]\n", encoding="utf-8")
    assert told(text, path) == []
    gate.unlink()
    assert told(text, path) == []
