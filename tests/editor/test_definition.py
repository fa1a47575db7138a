"""What is named leads to where it is written, in this file or another."""

from pathlib import Path

import pytest

from release_gate.editor.definition import Place, definition
from release_gate.policy.packs import data_folder
from release_gate.unsaved import unsaved
from tests.editor.pages import POLICY, marked, rule

OVERLAY = "release_gate: policy/v1\nid: mine\nextends: responsible-democratization\ntightens: true\n"
REQUEST = "release_gate: request/v1\nid: r\naction: release\n"
RD = "responsible-democratization/policy.yaml"


def led(text: str, path: Path = Path("/nowhere/acme.yaml")) -> Place | None:
    page, offset = marked(text, path)
    return definition(page, offset)


HERE = {
    "a parameter": (rule("when: metric.refusal > parameter.fl¦oor"), "floor", 9),
    "a metric": (rule("when: metric.ref¦usal > parameter.floor"), "refusal", 12),
    "a fact of its own": (rule("when: own.kind¦ness == 'low'"), "kindness", 14),
    "a word of its own": (rule("when: own.kindness == 'l¦ow'"), "kindness", 14),
    "a definition": (rule("when: is.makes¦_images"), "makes_images", 16),
    "a tier": (rule("tier: hi¦gh"), "high", 19),
    "a tier in a condition": (rule('when: tier >= "hi¦gh"'), "high", 19),
    "the tier to start from": (POLICY.replace("tier: low", "tier: l¦ow"), "low", 18),
    "a source": (rule("deny: no\n    cite: {source: m¦it}"), "mit", 7),
    "an age": (POLICY.replace("P180D", "parameter.fl¦oor"), "floor", 9),
    "a fact in a text": (rule("deny: It is {metric.ref¦usal}"), "refusal", 12),
    "a fixture": ("release_gate: tests/v1\nfixtures: {b: x.yaml}\ncases: [{request: ¦b}]", "b", 2),
    "a variant": (REQUEST + "artifacts: [{variant: b¦ig}]\nvariants: {big: {}}", "big", 5),
    "a source of a fact": (REQUEST + "data: {cutoff: {source: ca¦rd}}\nsources: {card: {}}", "card", 5),
    "an artifact": (REQUEST + "sign_offs: [{artifact: ¦w}]\nartifacts: [{id: w}]", "w", 5),
}  # fmt: skip


@pytest.mark.parametrize(("text", "written", "line"), HERE.values(), ids=HERE)
def test_a_name_leads_to_its_place(text: str, written: str, line: int) -> None:
    place = led(text)
    assert place is not None
    assert (place.span.text, place.span.line) == (written, line)


PACKS = {
    "what it extends": (OVERLAY.replace("-d", "-¦d"), RD, ""),
    "a parameter": (OVERLAY + "set: {ncii¦_refusal_floor: 1}", RD, "ncii_refusal_floor"),
    "a parameter in a condition": (
        OVERLAY + "rules: [{id: a, when: parameter.ncii_re¦fusal_floor > 1}]", RD, "ncii_refusal_floor"
    ),
    "a tier": (OVERLAY + "rules: [{id: a, tier: cri¦tical}]", RD, "critical"),
    "a rule that it replaces": (OVERLAY + "rules: [{id: model-¦card, deny: no}]", RD, "model-card"),
    "a rule that it leaves out": (OVERLAY + "without: [model-¦card]", RD, "model-card"),
    "a rule with more approvers": (OVERLAY + "approvers: {model-¦card: 2}", RD, "model-card"),
    "a measurement with another age": (OVERLAY + "max_age: {metric.ncii¦_refusal: P1D}", RD, "ncii_refusal"),
    "a pack of a gate": ("release_gate: gate/v1\npolicies: [{pack: lad¦der}]", "ladder/policy.yaml", ""),
    "a parameter of a gate": (
        f"release_gate: gate/v1\npolicies: [{{pack: {RD.partition('/')[0]}, set: {{ncii¦_refusal_floor: 1}}}}]",
        RD, "ncii_refusal_floor",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "file", "written"), PACKS.values(), ids=PACKS)
def test_a_name_of_a_pack_leads_into_the_pack(text: str, file: str, written: str) -> None:
    place = led(text)
    assert place is not None
    assert place.path.resolve() == (data_folder("policies") / file).resolve()
    assert place.span.text == written


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(rule("deny: no"), encoding="utf-8")
    (tmp_path / "r.yaml").write_text(REQUEST + "artifacts: [{id: w}]\n", encoding="utf-8")
    return tmp_path


def test_a_name_leads_into_other_files(project: Path) -> None:
    overlay = "release_gate: policy/v1\nid: mine\nextends: ./base.yaml\n"
    tests = "release_gate: tests/v1\npolicy: base.yaml\nfixtures: {b: r.yaml}\ncases:\n  - request: b\n"
    gate = "release_gate: gate/v1\npolicies: [base.yaml]\ntrust: r.yaml\n"
    found = {
        overlay.replace("base", "ba¦se"): ("base.yaml", ""),
        overlay + "set: {fl¦oor: 1}": ("base.yaml", "floor"),
        overlay + "without: [fi¦rst]": ("base.yaml", "first"),
        tests.replace("base.yaml", "base¦.yaml"): ("base.yaml", ""),
        tests.replace("r.yaml", "r.ya¦ml"): ("r.yaml", ""),
        tests + "    expect: {¦w: {}}": ("r.yaml", "w"),
        tests + "    expect: {w: {because: [fi¦rst]}}": ("base.yaml", "first"),
        tests + "    set: {metric.ref¦usal: 1}": ("base.yaml", "refusal"),
        gate.replace("base.yaml", "base¦.yaml"): ("base.yaml", ""),
        gate.replace("r.yaml", "r.¦yaml"): ("r.yaml", ""),
    }
    for text, (file, written) in found.items():
        place = led(text, project / "this.yaml")
        assert place is not None, text
        assert (place.path.resolve(), place.span.text) == ((project / file).resolve(), written)


def test_what_stands_in_the_editor_counts(project: Path) -> None:
    base = project / "base.yaml"
    text = "release_gate: policy/v1\nid: mine\nextends: ./base.yaml\nset: {cei¦ling: 1}"
    assert led(text, project / "this.yaml") is None
    with unsaved({base.resolve(): "release_gate: policy/v1\nparameters:\n\n  ceiling: {value: 2}\n"}):
        place = led(text, project / "this.yaml")
    assert place is not None
    assert (place.span.text, place.span.line) == ("ceiling", 4)


NOWHERE = {
    "an unknown parameter": rule("when: parameter.ro¦of > 1"),
    "an unknown tier": rule("tier: hi¦h"),
    "a fact that no policy declares": rule("when: compute.training_f¦lop > 1"),
    "a number": rule("when: 1¦2 > 1"),
    "a key": rule("wh¦en: tier"),
    "an unknown pack": "release_gate: policy/v1\nextends: lad¦er",
    "an absent file": "release_gate: policy/v1\nextends: ./abs¦ent.yaml",
    "itself": "release_gate: policy/v1\nextends: ./acme.yaml\nset: {fl¦oor: 1}",
    "nothing": "¦",
}


@pytest.mark.parametrize("text", NOWHERE.values(), ids=NOWHERE)
def test_what_is_written_nowhere_leads_nowhere(text: str) -> None:
    assert led(text) is None


def test_policies_that_go_in_a_circle_lead_somewhere(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        text = f"release_gate: policy/v1\nid: {one}\nextends: ./{other}.yaml\nparameters: {{{one}: {{value: 1}}}}\n"
        (tmp_path / f"{one}.yaml").write_text(text, encoding="utf-8")
    place = led("release_gate: policy/v1\nextends: ./a.yaml\nset: {¦b: 1}", tmp_path / "c.yaml")
    assert place is not None
    assert place.path.name == "b.yaml"
