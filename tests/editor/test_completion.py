"""What can be written at a place is offered, and nothing else."""

from pathlib import Path

import pytest

from release_gate.editor.completion import Item, complete
from tests.editor.pages import POLICY, marked, rule

OVERLAY = "release_gate: policy/v1\nid: mine\nextends: responsible-democratization\ntightens: true\n"
REQUEST = "release_gate: request/v1\nid: r\naction: release\n"
TESTS = "release_gate: tests/v1\npolicy: acme\nfixtures: {base: r.yaml, other: {from: base}}\ncases:\n  - name: x\n"


def offered(text: str, path: Path = Path("/nowhere/acme.yaml")) -> dict[str, Item]:
    page, offset = marked(text, path)
    return {each.label: each for each in complete(page, offset)}


def written(text: str, label: str, path: Path = Path("/nowhere/acme.yaml")) -> str:
    """The text once something was chosen."""
    page, offset = marked(text, path)
    chosen = next(each for each in complete(page, offset) if each.label == label)
    assert chosen.start <= offset <= chosen.end
    return page.text[: chosen.start] + chosen.text + page.text[chosen.end :]


FACTS = {
    "at the start": (rule("when: ¦"), {"model", "compute", "metric", "tier", "is", "$any", "not", "as_of"}),
    "while a word is written": (rule("when: comp¦"), {"compute"}),
    "in a section": (rule("when: compute.¦"), {"training_flop", "method"}),
    "in the middle of a path": (rule("when: compute.train¦ing > 1"), {"training_flop"}),
    "domains": (rule("when: capability.¦"), {"cyber", "voice_cloning"}),
    "behind an operator": (rule("when: is.makes_images and ¦"), {"model", "not"}),
    "metrics": (rule("require: metric.¦"), {"refusal"}),
    "facts of its own": (rule("require: own.¦"), {"kindness"}),
    "parameters": (rule("require: metric.refusal >= parameter.¦"), {"floor"}),
    "definitions": (rule("when: is.¦"), {"makes_images"}),
    "a member": (rule("when: $any([not p.¦ for p in lineage])"), {"terms", "license", "direct"}),
    "a part of a member": (rule("when: $any([not p.terms.¦ for p in lineage])"), {"commercial_use"}),
    "the variable": (rule("when: $any([¦ for p in lineage])"), {"p", "model"}),
    "what a list has": (rule("when: lineage.¦"), {"length", "is_empty"}),
    "what a date has": (rule("when: as_of.¦"), {"year", "month", "day"}),
    "a member in a text": (
        rule('because: "{p.¦}"\n    when: $any([not p.terms.open for p in lineage])'), {"name", "terms"}
    ),
    "in a condition that is broken": (rule("when: (compute.¦ > ) and"), {"training_flop"}),
    "in brackets": (POLICY + "rules: [{id: a, when: compute.¦", {"training_flop"}),
    "in a block": (rule("when: >\n      is.makes_images and\n      compute.¦"), {"training_flop"}),
    "in quotes": (rule("when: 'compute.¦"), {"training_flop"}),
    "in a document that is broken above": (
        "release_gate: policy/v1\nparameters: {floor: {value: 1}\nrules:\n  - id: a\n    when: parameter.¦", {"floor"}
    ),
    "what it extends declares": (OVERLAY + "rules:\n  - id: a\n    when: metric.¦", {"ncii_refusal"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "labels"), FACTS.values(), ids=FACTS)
def test_a_condition_offers_what_it_can_read(text: str, labels: set[str]) -> None:
    found = offered(text)
    assert labels <= set(found)
    assert all(found[label].about for label in labels - {"and", "or"})


def test_a_section_offers_its_facts_only() -> None:
    assert set(offered(rule("when: metric.¦"))) == {"refusal"}
    assert "refusal" not in offered(rule("when: ¦"))
    assert offered(rule("when: nothing.¦")) == {}
    assert offered(rule("when: compute.training_flop.¦")) == {}


def test_a_text_offers_facts_and_no_operators() -> None:
    found = offered(rule("because: It is {¦}"))
    assert "metric" in found
    assert not {"and", "$any", "is"} & set(found)
    assert offered(rule("because: It is ¦")) == {}


WORDS = {
    "in quotes": ("when: 'capability.cyber.level >= \"¦\"'", "high", "when: 'capability.cyber.level >= \"high\"'"),
    "in an open quote": ('when: capability.cyber.level >= "h¦', "high", 'when: capability.cyber.level >= "high"'),
    "over another word": ('when: own.kindness >= "lo¦w"', "high", 'when: own.kindness >= "high"'),
    "without quotes": ("when: own.kindness >= ¦", '"high"', 'when: own.kindness >= "high"'),
    "in escaped quotes": (
        'when: "own.kindness >= \\"l¦ow\\""', "high", 'when: "own.kindness >= \\"high\\""'
    ),
    "in a list": (
        "when: 'artifact.kind in [\"weights\", \"¦\"]'", "adapter",
        "when: 'artifact.kind in [\"weights\", \"adapter\"]'",
    ),
    "before `in`": (
        "when: '\"¦\" in model.modalities_out'", "image", "when: '\"image\" in model.modalities_out'"
    ),
    "a rung": ('when: artifact.access >= "¦"', "weights_open", 'when: artifact.access >= "weights_open"'),
    "a tier": ('require: tier <= "¦"', "high", 'require: tier <= "high"'),
    "a fact": ("when: compute.trai¦ > 1", "training_flop", "when: compute.training_flop > 1"),
    "a section": ("when: comp¦", "compute", "when: compute."),
    "a function": ("when: $a¦", "$any", "when: $any(["),
    "a definition": ("when: is.m¦", "makes_images", "when: is.makes_images"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "label", "after"), WORDS.values(), ids=WORDS)
def test_what_is_chosen_is_written_in_its_place(before: str, label: str, after: str) -> None:
    assert written(rule(before), label) == rule(after)


def test_a_word_is_of_the_vocabulary_that_it_is_compared_with() -> None:
    assert set(offered(rule("when: 'tier == \"¦\"'"))) == {"low", "high"}
    assert set(offered(rule('when: \'own.kindness == "low" and tier == "¦"\''))) == {"low", "high"}
    assert offered(rule("when: 'model.name == \"¦\"'")) == {}


KEYS = {
    "of a policy": (POLICY + "¦", {"rules", "scope", "silence"}, {"id", "covers", "tiers"}),
    "of a rule": (rule("¦"), {"when", "require", "because", "cite"}, {"id", "at"}),
    "of a rule that has an effect": (rule("deny: no\n    ¦"), {"when", "because"}, {"require", "tier", "deny"}),
    "of a rule in brackets": (POLICY + "rules: [{id: a, ¦}]", {"when", "tier"}, {"id"}),
    "that are begun": (rule("beca¦"), {"because"}, set()),
    "of a sign-off": (rule("sign_off: {¦}"), {"role", "count", "not"}, {"id"}),
    "of a mapping that is begun": (rule("sign_off:\n      ¦"), {"role", "count"}, {"id"}),
    "of an overlay": (OVERLAY + "¦", {"set", "approvers", "without"}, {"extends"}),
    "parameters": (OVERLAY + "set: {¦}", {"ncii_refusal_floor"}, {"floor"}),
    "parameters that are begun": (OVERLAY + "set:\n  ¦", {"ncii_refusal_floor"}, {"floor"}),
    "rules": (OVERLAY + "approvers:\n  ¦", {"model-card"}, set()),
    "tiers": (OVERLAY + "ceilings: {¦}", {"high"}, {"fully_open"}),
    "ages": (OVERLAY + "max_age: {¦}", {"metric.ncii_refusal", "model-card"}, set()),
    "codes": (rule("silence: {¦}"), {"RG826"}, {"RG101"}),
    "of a request": (REQUEST + "¦", {"artifacts", "model", "lineage"}, {"id"}),
    "of a section": (REQUEST + "compute: {¦}", {"training_flop"}, {"model"}),
    "of a fact": (REQUEST + "compute: {training_flop: {¦}}", {"value", "low", "unknown"}, {"training_flop"}),
    "domains": (REQUEST + "capability:\n  ¦", {"cyber"}, set()),
    "of a gate": ("release_gate: gate/v1\n¦", {"policies", "ledger"}, set()),
    "that a gate sets": (
        "release_gate: gate/v1\npolicies:\n  - pack: responsible-democratization\n    set: {¦}",
        {"ncii_refusal_floor"}, {"floor"},
    ),
    "of trust": ("release_gate: trust/v1\npeople: {ada: {¦}}", {"roles", "keys"}, set()),
    "of a waiver": ("release_gate: waivers/v1\nwaivers: [{¦}]", {"rule", "expires"}, set()),
    "of nothing yet": ("¦", {"release_gate"}, {"id"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "there", "absent"), KEYS.values(), ids=KEYS)
def test_the_keys_are_offered_that_are_not_there(text: str, there: set[str], absent: set[str]) -> None:
    found = set(offered(text))
    assert there <= found
    assert not absent & found


def test_a_key_is_written_with_its_colon_unless_there_is_one() -> None:
    assert written(rule("beca¦"), "because") == rule("because: ")
    assert written(rule("beca¦: x"), "because") == rule("because: x")


VALUES = {
    "kinds": ("release_gate: ¦", {"policy/v1", "gate/v1"}, {"decision/v1"}),
    "rungs": (rule("ceiling: ¦"), {"hosted", "fully_open"}, {"high"}),
    "tiers": (rule("tier: ¦"), {"low", "high"}, {"hosted"}),
    "tiers to start from": (POLICY.replace("default_tier: low", "default_tier: ¦"), {"low", "high"}, set()),
    "sources": (rule("deny: no\n    cite: ¦"), {"mit"}, set()),
    "yes or no": (POLICY.replace("covers: true", "covers: ¦"), {"true", "false"}, set()),
    "words": (POLICY + "status: ¦", {"adopted"}, set()),
    "packs": ("release_gate: policy/v1\nextends: ¦", {"ladder", "eu-ai-act-gpai"}, set()),
    "packs of a gate": ("release_gate: gate/v1\npolicies: [{pack: ¦}]", {"ladder"}, set()),
    "ages": (POLICY.replace("max_age: P180D", "max_age: ¦"), {"parameter.floor"}, set()),
    "rules to leave out": (OVERLAY + "without: [¦]", {"model-card"}, set()),
    "cells": (
        POLICY + "tier_table: {columns: [own.kindness], rows: [[¦, low]]}", {"any", "low", "high"}, {"hosted"}
    ),
    "the last cell": (
        POLICY.replace("low, ceiling", "calm, ceiling")
        + "tier_table: {columns: [own.kindness], rows: [[low, ¦]]}", {"calm", "high"}, {"any"},
    ),
    "reasons": (REQUEST + "compute: {training_flop: {unknown: ¦}}", {"missing", "stale"}, set()),
    "levels": (REQUEST + "capability: {cyber: {level: ¦}}", {"high"}, set()),
    "what is asked for": (REQUEST + "artifacts: [{id: w, wanted: ¦}]", {"hosted"}, set()),
    "variants": (REQUEST + "variants: {big: {}}\nartifacts: [{id: w, variant: ¦}]", {"big"}, set()),
    "sources of a fact": (
        REQUEST + "sources: {card: {title: C}}\ncompute: {training_flop: {value: 1, source: ¦}}", {"card"}, set()
    ),
    "verdicts": (TESTS + "    request: base\n    expect: {w: {verdict: ¦}}", {"deny"}, set()),
    "fixtures": (TESTS + "    request: ¦", {"base", "other"}, set()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "there", "absent"), VALUES.values(), ids=VALUES)
def test_the_values_are_offered_that_can_stand_there(text: str, there: set[str], absent: set[str]) -> None:
    found = set(offered(text))
    assert there <= found
    assert not absent & found


NOTHING = {
    "in a comment": POLICY + "# comp¦",
    "in a name": POLICY.replace("title: Acme", "title: ¦"),
    "behind a closed text": rule("when: '\"image\"¦ in model.modalities_out'").replace('"image"', '"imag"'),
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_where_anything_can_stand_nothing_is_offered(text: str) -> None:
    assert not {"imag", "image"} & set(offered(text))
    assert "training_flop" not in offered(text)


def test_tests_offer_what_their_policy_and_requests_have(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(rule("deny: no"), encoding="utf-8")
    request = REQUEST + "artifacts: [{id: weights, kind: weights, wanted: hosted}]\n"
    (tmp_path / "r.yaml").write_text(request, encoding="utf-8")
    path = tmp_path / "acme.tests.yaml"
    case = TESTS + "    request: other\n"
    assert {"metric.refusal", "own.kindness", "as_of"} <= set(offered(case + "    set: {¦}", path))
    assert "metric.refusal" in offered(case + "    expect: {w: {missing: [¦]}}", path)
    assert "weights" in offered(case + "    expect: {¦}", path)
    assert "first" in offered(case + "    expect: {w: {because: [¦]}}", path)
    assert "first" in offered(case + "    expect: {w: {unverified: [¦]}}", path)
    assert "first" in offered(case + "    expect: {w: {unverified: {hosted: [¦]}}}", path)
    assert "hosted" in offered(case + "    expect: {w: {unverified: {¦}}}", path)
    assert "high" in offered(case + "    expect: {w: {tier: ¦}}", path)
    assert "r.yaml" in offered("release_gate: tests/v1\nfixtures: {base: ¦}", path)
    inline = case.replace("base: r.yaml", "base: {release_gate: request/v1, artifacts: [{id: demo}]}")
    assert "demo" in offered(inline + "    expect: {¦}", path)
    inside = "release_gate: tests/v1\nfixtures: {base: {release_gate: request/v1, ¦}}"
    assert "compute" in offered(inside, path)


def test_a_waiver_offers_the_rules_of_the_gate(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(rule("deny: no"), encoding="utf-8")
    (tmp_path / "release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [acme.yaml]\n", encoding="utf-8"
    )
    text = "release_gate: waivers/v1\nwaivers: [{rule: ¦}]"
    assert "acme/first" in offered(text, tmp_path / "waivers.yaml")
