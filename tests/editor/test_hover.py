"""Resting on a word shows what it means."""

from pathlib import Path

import pytest

from release_gate.editor.hover import hover
from tests.editor.pages import POLICY, marked, rule

OVERLAY = "release_gate: policy/v1\nid: mine\nextends: responsible-democratization\ntightens: true\n"
REQUEST = "release_gate: request/v1\nid: r\naction: release\n"

SHOWN = {
    "a fact": (
        rule("when: compute.training_f¦lop > 1e25"),
        "compute.training_flop",
        ["**`compute.training_flop`** · number of operations", "Operations of the whole training.", "Unit: operations.",
         "Said by the request."],
    ),
    "who measures": (
        rule("require: metric.ref¦usal >= parameter.floor"),
        "metric.refusal",
        ["Refusal rate.", "no older than `P180D`", "measured on the very artifact", "lm-evaluation-harness"],
    ),
    "who reads it": (rule("when: model.para¦meters > 7e9"), "model.parameters", ["`release-gate collect` reads it"]),
    "a part of a path": (
        rule('when: capability.cy¦ber.level >= "high"'),
        "capability.cyber",
        ["Offensive cyber operations", "`level`, `status`"],
    ),
    "the ladder": (
        rule('when: artifact.acc¦ess >= "hosted"'),
        "artifact.access",
        ["`withheld` < `internal`", "Said by the gate"],
    ),
    "a rung in a condition": (
        rule('when: \'artifact.access >= "weights_o¦pen"\''),
        '"weights_open"',
        ["access, number 11 of 12", "anybody may download, under an open licence"],
    ),
    "a word in a list": (
        rule("when: '\"im¦age\" in model.modalities_out'"), '"image"', ["modality"]
    ),
    "a fact of its own": (rule('when: own.kind¦ness >= "high"'), "own.kindness", ["how kind it is".capitalize()]),
    "a parameter": (
        rule("require: metric.refusal >= parameter.fl¦oor"), "parameter.floor", ["`0.98`", "Stricter is higher."]
    ),
    "a definition": (rule("when: is.makes_im¦ages"), "is.makes_images", ['"image" in model.modalities_out']),
    "a member of a list": (
        rule("when: $any([not p.terms.commerc¦ial_use for p in lineage])"),
        "p.terms.commercial_use",
        ["Whether commercial use is allowed.", "the licence table"],
    ),
    "a function": (rule("when: $an¦y([s.effective for s in safeguards])"), "$any", ["Of no members: false"]),
    "a word of the language": (rule('when: not is.makes_images an¦d tier >= "high"'), "and", ["Both must be true"]),
    "the tier": (rule('when: ti¦er >= "high"'), "tier", ["`low` < `high`"]),
    "a tier in a condition": (rule("when: 'tier >= \"hi¦gh\"'"), '"high"', ["Its ceiling is `hosted`"]),
    "a tier": (rule("tier: hi¦gh"), "high", ["Its ceiling is `hosted`"]),
    "a rung": (rule("ceiling: host¦ed"), "hosted", ["the public, through a product"]),
    "a key": (rule("requ¦ire: is.makes_images"), "require", ["this condition must hold"]),
    "a key with a default": (POLICY.replace("covers", "cov¦ers"), "covers", ["If not said: `false`."]),
    "a source": (rule("deny: no\n    cite: mi¦t"), "mit", ["The article (A review, 2026-05-12)"]),
    "a fact in a text": (
        rule("because: It is {metric.ref¦usal}.\n    require: metric.refusal > 0.5"), "metric.refusal", ["Refusal rate"]
    ),
    "a member in a text": (
        rule('because: "{p.na¦me} is closed"\n    when: $any([not p.terms.open for p in lineage])'),
        "p.name",
        ["The ancestor."],
    ),
    "a condition in quotes": (
        rule('when: "own.kindness >= \\"hi¦gh\\" and is.makes_images"'), '"high\\"', ["kindness, number 2 of 2"]
    ),
    "a condition in a block": (
        rule("when: >\n      is.makes_images\n      and compute.training_f¦lop > 1e25"),
        "compute.training_flop",
        ["Operations"],
    ),
    "a condition that is not finished": (rule("when: (compute.training_f¦lop >"), "compute.training_flop", ["Operations"]),
    "a policy that it extends": (
        OVERLAY.replace("ible-d", "ible¦-d"), "responsible-democratization", ["Access in proportion", "rules"]
    ),
    "a parameter that it sets": (OVERLAY + "set: {ncii_refusal¦_floor: 0.99}", "ncii_refusal_floor", ["`0.98`"]),
    "a tier that it closes": (OVERLAY + "ceilings: {hi¦gh: internal}", "high", ["Its ceiling is"]),
    "a fact of a request": (
        REQUEST + "compute: {training_fl¦op: 1e24}", "training_flop", ["`compute.training_flop`", "Unit: operations."]
    ),
    "a fact of a member": (
        REQUEST + "lineage: [{parent: x, rela¦tion: merge}]", "relation", ["`lineage[].relation`", "`merge`: merged from"]
    ),
    "a part of a fact": (
        REQUEST + "compute: {training_flop: {val¦ue: 1}}", "value", ["The value; null says that there is none."]
    ),
    "a reason": (
        REQUEST + "compute: {training_flop: {unknown: not_a¦ssessed}}", "not_assessed", ["nobody has assessed it"]
    ),
    "a kind of artifact": (REQUEST + "artifacts: [{id: w, kind: ad¦apter}]", "adapter", ["adapter for other weights"]),
    "a section of a request": (REQUEST + "mod¦el: {}", "model", ["What the model is.", "`parameters`"]),
    "a source of a request": (
        REQUEST + "compute: {training_flop: {value: 1, source: ca¦rd}}\nsources: {card: {title: Card}}",
        "card", ["A source of this request."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "about", "said"), SHOWN.values(), ids=SHOWN)
def test_resting_on_a_word_shows_what_it_means(text: str, about: str, said: list[str]) -> None:
    page, offset = marked(text)
    found = hover(page, offset)
    assert found is not None
    assert page.text[found.start : found.end] == about
    assert [each for each in said if each not in found.text] == []


ACCESS = "release_gate: policy/v1\nid: a\nversion: '1'\ntitle: A\nsubject: access\nrules:\n  - id: x\n    deny: no\n"
MORE = {
    "who asks": (ACCESS + "    when: requester.verif¦ied", "requester.verified", ["Whether somebody has verified"]),
    "what waits with it": (ACCESS + "    when: batch.same_per¦son > 3", "batch.same_person", ["the queue that"]),
    "a fact of a request for access": (
        "release_gate: access-request/v1\nuse: {comm¦ercial: true}", "commercial", ["`use.commercial`"]
    ),
    "a domain of its own": (
        POLICY.replace("facts:", "facts:\n  vocabularies: {misuse_domain: {doxing: Exposure of persons}}")
        + "rules:\n  - {id: x, deny: no, when: misuse.dox¦ing.severity == 'low'}",
        "misuse.doxing", ["Exposure of persons."],
    ),
    "a list": (rule("when: model.modalities_o¦ut.length > 1"), "model.modalities_out", ["list of: modality", "`image`"]),
    "several domains": (rule("when: capab¦ility"), "capability", ["one for each capability domain", "`cyber`"]),
    "a length of time": (
        rule("when: $any([s.min_dur¦ation > t'P1D' for s in rollout.stages])"), "s.min_duration", ["P180D"]
    ),
    "a share": (rule("when: $any([s.sh¦are > 0.5 for s in data.sources])"), "s.share", ["From 0 to 1."]),
    "another row": (REQUEST + "own: {strange¦: 1}", "strange", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "about", "said"), MORE.values(), ids=MORE)
def test_every_kind_of_fact_can_be_shown(text: str, about: str, said: list[str]) -> None:
    page, offset = marked(text)
    found = hover(page, offset)
    assert found is not None or not said
    if found is not None:
        assert page.text[found.start : found.end] == about
        assert [each for each in said if each not in found.text] == []


NOTHING = {
    "a comment": POLICY + "# comp¦ute\n",
    "a number": rule("when: compute.training_flop > 1¦e25"),
    "a name": POLICY.replace("id: acme", "id: ac¦me"),
    "an unknown fact": rule("when: compute.flo¦ps > 1"),
    "an unknown word": rule("when: 'capability.cyber.level >= \"hig¦\"'"),
    "a text that is compared with nothing": rule("when: '\"hi¦gh\"'"),
    "a text outside of braces": rule("deny: comp¦ute"),
    "an unknown kind": "release_gate: poem/v1\nmod¦el: {}\n",
    "nothing": "¦",
    "behind everything": POLICY + "\n\n¦",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_where_there_is_nothing_to_say_nothing_is_shown(text: str) -> None:
    page, offset = marked(text)
    found = hover(page, offset)
    assert found is None or "Its name" in found.text


def test_tests_show_the_facts_of_their_policy(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(POLICY, encoding="utf-8")
    head = "release_gate: tests/v1\npolicy: acme\nfixtures: {base: r.yaml}\ncases:\n  - name: x\n    request: base\n"
    for text, said in {
        "    set: {metric.refu¦sal: 1}": "Refusal rate",
        "    set: {'lineage[Beta].lic¦ense': MIT}": "The licence of the parent",
        "    matrix: {'variants[a].compute.training_fl¦op': [1]}": "Operations of the whole training",
        "    expect: {w: {missing: [own.kind¦ness]}}": "How kind it is",
        "    expect: {w: {tier: hi¦gh}}": "Its ceiling is",
    }.items():
        page, offset = marked(head + text, tmp_path / "acme.tests.yaml")
        found = hover(page, offset)
        assert found is not None, text
        assert said in found.text
    page, offset = marked(head.replace("y: acme", "y: ac¦me"), tmp_path / "acme.tests.yaml")
    found = hover(page, offset)
    assert found is not None
    assert "`acme` 1.0.0, 0 rules" in found.text


def test_a_request_shows_what_the_gate_near_by_declares(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [acme.yaml]\n", encoding="utf-8"
    )
    (tmp_path / "requests").mkdir()
    for text, said in {
        "metric: {refu¦sal: 1}": "measured on the very artifact",
        "own: {kind¦ness: low}": "How kind it is",
    }.items():
        page, offset = marked(REQUEST + text, tmp_path / "requests" / "r.yaml")
        found = hover(page, offset)
        assert found is not None
        assert said in found.text
