"""Overlays: what they may say, what they come to, and what one that tightens is refused."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.decision import Decision
from release_gate.diagnostics import DocumentError, InputError, PolicyError
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack
from release_gate.source import read_document

BASE = """\
release_gate: policy/v1
id: base
version: 2.1.0
title: Base
covers: true
in_force: {from: 2024-01-01}
sources: {law: {title: Law}}
parameters:
  floor: {value: 0.9, stricter: higher}
  size: {value: 1e9, stricter: lower}
  strict: {value: false, stricter: higher}
  age: {value: P90D, stricter: lower}
  wait: {value: P30D, stricter: higher}
  scoped: {value: 5, stricter: higher}
  tabled: {value: 5, stricter: higher}
  mixed: {value: 5, stricter: higher}
  undirected: {value: 5}
  word: {value: abc, stricter: higher}
facts:
  metrics:
    refusal: {range: [0, 1], max_age: parameter.age}
    plain: {range: [0, 1], max_age: P60D}
    hourly: {max_age: PT5H}
    ageless: {range: [0, 1]}
  own: {kindness: {choices: [low, high], ordered: true}}
definitions: {large: model.parameters >= parameter.size}
scope: 'request.action == "release" or model.parameters > parameter.scoped'
tiers:
- {id: low, ceiling: fully_open}
- {id: high, ceiling: api_general}
tier_table:
  columns: [model.parameters > parameter.tabled]
  rows: [[any, low]]
rules:
- {id: large, when: is.large, tier: high}
- {id: refusal, at: hosted, require: metric.refusal >= parameter.floor}
- {id: plain, at: hosted, require: metric.plain >= 0.5 or parameter.mixed == 5 }
- {id: strict, when: parameter.strict, deny: Strict.}
- {id: wait, at: hosted, require: as_of - transparency.release_date >= parameter.wait}
- {id: people, at: hosted, sign_off: {role: safety-lead, count: 2, max_age: P30D}}
- {id: each, at: hosted, sign_off: {all: [legal, privacy]}}
- {id: card, at: hosted, require: metric.ageless > 0.1, else: {sign_off: {role: legal}}}
"""
HEAD = "release_gate: policy/v1\nid: over\nextends: base.yaml\n"
TIGHTENS = HEAD + "tightens: true\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str, name: str = "over.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def over(folder: Path, body: str, head: str = TIGHTENS) -> Policy:
    return load_policy(write(folder, head + body))


def told(error: InputError) -> list[tuple[str, str, str, str]]:
    """For each diagnostic, its code, message, underlined text, and remedy."""
    return [
        (found.code, found.message, found.span.text if found.span else "", found.help)
        for found in error.diagnostics
    ]


# ---------------------------------------------------------------- what tightens

TIGHTER = {
    "a new rule": "rules: [{id: no-voices, deny: No., when: model.parameters > 5}]",
    "a lower ceiling": "ceilings: {high: hosted}",
    "a higher floor": "set: {floor: 0.95}",
    "the same floor": "set: {floor: 0.9}",
    "through a definition": "set: {size: 1e8}",
    "a switch": "set: {strict: true}",
    "a shorter age by its parameter": "set: {age: P60D}",
    "a shorter age in months": "set: {age: P1M}",
    "a longer wait": "set: {wait: P60D}",
    "a shorter age": "max_age: {metric.plain: P30D}",
    "an age by a parameter": "max_age: {metric.plain: parameter.short}\nparameters: {short: {value: P5D}}",
    "an age where there was none": "max_age: {metric.ageless: P1Y}",
    "a shorter age of sign-offs": "max_age: {people: P7D}",
    "more people": "approvers: {people: 3}",
    "dates of its own": "in_force: {from: 2025-01-01, until: 2026-01-01}",
    "new facts": "facts: {own: {blue: {type: boolean}}, metrics: {shade: {range: [0, 1]}}}\n"
    "rules: [{id: blue, require: own.blue and metric.shade < 1, because: Blue., cite: colours}]\n"
    "sources: {colours: {title: Colours}}",
    "new definitions": "definitions: {huge: is.large and model.parameters > 1e12}",
}


@pytest.mark.parametrize("body", TIGHTER.values(), ids=TIGHTER)
def test_what_only_restricts_loads(folder: Path, body: str) -> None:
    found = over(folder, body)
    assert found.remarks[0].text == "over 2.1.0 tightens base 2.1.0"


REFUSED: dict[str, tuple[str, str, str, str]] = {
    # name: what is written, the message, what is underlined, the remedy
    "a scope": ("scope: 'true'", "`scope` may loosen", "'true'", "write `when` on new rules"),
    "kinds": ("applies_to: [api]", "`applies_to` may loosen", "[api]", "`applies_to` on new rules"),
    "coverage": ("covers: true", "`covers` may loosen", "true", "leave it out"),
    "other tiers": (
        "tiers: [{id: low, ceiling: hosted}, {id: high, ceiling: hosted}]",
        "`tiers` may loosen",
        "[{id: low, ceiling: hosted}, {id: high, ceiling: hosted}]",
        "write `ceilings:",
    ),
    "another start": ("default_tier: low", "`default_tier` may loosen", "low", "add a rule with `tier:`"),
    "another table": (
        "tier_table: {columns: [request.action], rows: [[any, high]]}",
        "`tier_table` may loosen",
        "{columns: [request.action], rows: [[any, high]]}",
        "add a rule with `tier:`",
    ),
    "a rule less": ("without: [large]", "`without` may loosen", "[large]", "a waiver can excuse"),
    "a rule again": (
        "rules: [{id: large, deny: No.}]",
        "`large` is there already",
        "large",
        "take another name",
    ),
    "a rule again, with another `else`": (
        "rules: [{id: card, require: metric.ageless > 0.1, else: {sign_off: {role: privacy}}}]",
        "`card` is there already",
        "card",
        "take another name",
    ),
    "a source again": (
        "sources: {law: {title: Other}}",
        "`law` is there already",
        "{title: Other}",
        "take another name",
    ),
    "a parameter again": (
        "parameters: {floor: {value: 0.9}}",
        "`floor` is there already",
        "{value: 0.9}",
        "take another name",
    ),
    "a metric again": (
        "facts: {metrics: {plain: {range: [0, 1], max_age: P60D}}}",
        "`plain` is there already",
        "{range: [0, 1], max_age: P60D}",
        "take another name",
    ),
    "an own fact again": (
        "facts: {own: {kindness: {type: boolean}}}",
        "`kindness` is there already",
        "{type: boolean}",
        "take another name",
    ),
    "a definition again": (
        "definitions: {large: 'false'}",
        "`large` is there already",
        "'false'",
        "take another name",
    ),
    "a higher ceiling": (
        "ceilings: {high: weights_open}",
        "the ceiling of `high` rises from api_general to weights_open",
        "weights_open",
        "name api_general or less",
    ),
    "a lower floor": (
        "set: {floor: 0.8}",
        "`floor` is stricter when higher, and 0.8 is not higher than 0.9",
        "0.8",
        "keep 0.9",
    ),
    "a switch turned off": ("set: {word: xyz}", "`word` is stricter when higher", "xyz", "keep abc"),
    "no way that is stricter": (
        "set: {undirected: 6}",
        "`base` does not say which way `undirected` is stricter",
        "6",
        "keep 5",
    ),
    "a parameter of the scope": ("set: {scoped: 6}", "`scoped` may loosen the scope", "6", "keep 5"),
    "a parameter of the table": (
        "set: {tabled: 6}",
        "`tabled` may loosen the table of tiers",
        "6",
        "keep 5",
    ),
    "a condition that follows neither way": (
        "set: {mixed: 6}",
        "`mixed` may loosen the rule `plain`",
        "6",
        "keep 5",
    ),
    "a wait in months": (
        "set: {wait: P2M}",
        "`wait` may loosen the rule `wait`: not every month is as long",
        "P2M",
        "write it in days",
    ),
    "a longer age by its parameter": (
        "set: {age: P91D}",
        "`age` is stricter when lower",
        "P91D",
        "keep P90D",
    ),
    "three months for ninety days": ("set: {age: P3M}", "`age` is stricter when lower", "P3M", "keep P90D"),
    "a longer age": (
        "max_age: {metric.plain: P61D}",
        "the age cannot be shown to be shorter than P60D",
        "P61D",
        "write a shorter one",
    ),
    "two months for sixty days": (
        "max_age: {metric.plain: P2M}",
        "the age cannot be shown to be shorter than P60D",
        "P2M",
        "write a shorter one",
    ),
    "an age that is never reached": (  # nothing is younger than five hours where days are counted
        "max_age: {metric.hourly: PT4H}",
        "the age cannot be shown to be shorter than PT5H",
        "PT4H",
        "write a shorter one",
    ),
    "a longer age of sign-offs": (
        "max_age: {people: P31D}",
        "the age cannot be shown to be shorter than P30D",
        "P31D",
        "write a shorter one",
    ),
    "fewer people": (
        "approvers: {people: 1}",
        "`people` asks for fewer persons than 2",
        "1",
        "ask for as many",
    ),
}


@pytest.mark.parametrize(("body", "message", "underlined", "remedy"), REFUSED.values(), ids=REFUSED)
def test_what_may_loosen_is_refused(
    folder: Path, body: str, message: str, underlined: str, remedy: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        over(folder, body)
    ((code, said, text, help_),) = told(caught.value)
    assert (code, text) == ("RG323", underlined)
    assert message in said
    assert remedy in help_
    assert "or leave out `tightens`" in help_


@pytest.mark.parametrize("body", [case[0] for case in REFUSED.values()], ids=REFUSED)
def test_without_tightens_the_same_is_allowed_and_said(folder: Path, body: str) -> None:
    assert over(folder, body, HEAD).remarks[0].text == (
        "over 2.1.0 changes base 2.1.0, and is not shown to be as strict"
    )


def test_everything_that_may_loosen_is_told_at_once(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        over(
            folder, "scope: 'true'\nwithout: [large]\nset: {flor: 1}\nrules: [{id: x, deny: No., at: hosted}]"
        )
    assert [found[0] for found in told(caught.value)] == ["RG323", "RG323", "RG322"]
    with pytest.raises(PolicyError) as caught:
        over(folder, "scope: 'true'\nwithout: [large]\nset: {floor: 0.5}\napprovers: {people: 1}")
    assert [found[0] for found in told(caught.value)] == ["RG323"] * 4
    with pytest.raises(PolicyError) as caught:
        over(folder, "set: {floor: 0.5, wait: P1D}\nceilings: {high: fully_open}")
    assert [found[0] for found in told(caught.value)] == ["RG323"] * 3


# ---------------------------------------------------------------- mistakes

MISTAKES: dict[str, tuple[str, str, str, str, str]] = {
    # name: what is written, code, message, what is underlined, the remedy
    "no parameter": ("set: {flor: 1}", "RG322", "has no parameter `flor`", "flor", "did you mean `floor`"),
    "another kind": ("set: {floor: high}", "RG322", "`floor` is 0.9 in `base`", "high", "of the same kind"),
    "nothing": ("set: {floor: null}", "RG322", "`floor` is 0.9 in `base`", "null", "of the same kind"),
    "no tier": ("ceilings: {hihg: hosted}", "RG322", "has no tier `hihg`", "hihg", "did you mean `high`"),
    "no metric": (
        "max_age: {metric.plan: P1D}",
        "RG322",
        "no metric `plan`",
        "metric.plan",
        "did you mean `plain`",
    ),
    "no rule": ("approvers: {peple: 2}", "RG322", "no rule `peple`", "peple", "did you mean `people`"),
    "no rule to drop": ("without: [peple]", "RG322", "no rule `peple`", "peple", "did you mean `people`"),
    "no sign-off": (
        "max_age: {strict: P1D}",
        "RG322",
        "no rule that asks for a sign-off",
        "P1D",
        "add a rule",
    ),
    "no role": ("approvers: {each: 2}", "RG322", "no rule that names a role", "2", "add a rule"),
    "no duration": ("max_age: {people: soon}", "RG322", "`soon` is not a duration", "soon", "write P30D"),
    "no duration of a metric": ("max_age: {metric.plain: soon}", "RG303", "`soon` is not", "soon", "P180D"),
    "unknown key": ("sett: {floor: 1}", "RG301", "unknown key `sett`", "sett", "did you mean `set`"),
    "no level": ("ceilings: {high: hostd}", "RG301", "`hostd` is not an", "hostd", "did you mean `hosted`"),
    "a ceiling above a lesser risk": (
        "ceilings: {high: fully_open, low: hosted}",
        "RG307",
        "the ceiling of `high` is above that of `low`",
        "fully_open",
        "least to most risky",
    ),
    "a condition of its own": (
        "rules: [{id: own, deny: No., when: modle.parameters > 1}]",
        "RG212",
        "unknown fact `modle`",
        "modle.parameters",
        "did you mean `model`",
    ),
    "two rules of one id": ("rules: [{id: a, deny: x}, {id: a, deny: y}]", "RG314", "two rules", "a", "own"),
}


@pytest.mark.parametrize(("body", "code", "message", "underlined", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_at_its_place_in_the_overlay(
    folder: Path, body: str, code: str, message: str, underlined: str, remedy: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        over(folder, body, HEAD)
    ((found, said, text, help_),) = told(caught.value)
    assert (found, text) == (code, underlined)
    assert message in said
    assert remedy in help_
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.file.endswith("over.yaml")


def test_a_condition_of_the_base_that_no_longer_fits_is_told_where_it_stands(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        over(folder, "facts: {metrics: {refusal: {range: [0, 1]}}}\ndefinitions: {large: is.other}", HEAD)
    assert [found[0] for found in told(caught.value)] == ["RG214"]
    with pytest.raises(PolicyError) as caught:
        over(folder, "tiers: [{id: only, ceiling: hosted}]", HEAD)
    (place,) = {found.span.file.rpartition("/")[2] for found in caught.value.diagnostics if found.span}
    assert place == "base.yaml"


EXTENDS: dict[str, tuple[str, str, str]] = {
    "no such pack": ("laddr", "there is no pack `laddr`", "did you mean `ladder`"),
    "no such version": ("ladder@1999", "not 1999", ""),
    "no such file": ("bse.yaml", "cannot read", ""),
    "itself": ("./over.yaml", "so that they go in a circle", "extend a pack"),
    "from the root": ("/base.yaml", "is not a path from here", "extend a pack"),
}


@pytest.mark.parametrize(("reference", "message", "remedy"), EXTENDS.values(), ids=EXTENDS)
def test_what_cannot_be_extended_is_told_at_the_reference(
    folder: Path, reference: str, message: str, remedy: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(write(folder, f"release_gate: policy/v1\nid: over\nextends: {reference}\n"))
    ((_, said, text, help_),) = told(caught.value)
    assert text == reference
    assert message in said
    assert remedy in help_


def test_overlays_that_go_in_a_circle_are_refused(folder: Path) -> None:
    write(folder, "release_gate: policy/v1\nid: a\nextends: b.yaml\n", "a.yaml")
    write(folder, "release_gate: policy/v1\nid: b\nextends: ./a.yaml\n", "b.yaml")
    with pytest.raises(PolicyError) as caught:
        load_policy(folder / "a.yaml")
    assert told(caught.value)[0][:3] == (
        "RG321",
        "`./a.yaml` extends this policy, so that they go in a circle",
        "./a.yaml",
    )


def test_a_chain_of_overlays_is_bounded(folder: Path) -> None:
    write(folder, BASE, "p0.yaml")
    for n in range(1, 12):
        write(folder, f"release_gate: policy/v1\nid: p{n}\nextends: p{n - 1}.yaml\n", f"p{n}.yaml")
    assert load_policy(folder / "p7.yaml").id == "p7"
    with pytest.raises(PolicyError, match="more than 8 policies stand on each other"):
        load_policy(folder / "p8.yaml")


def test_an_overlay_has_an_id_of_its_own(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(folder, "release_gate: policy/v1\nid: base\nextends: base.yaml\n"))
    assert told(caught.value)[0][:3] == ("RG321", "`base` is the id of what it extends", "base")


def test_an_overlay_that_is_no_file_extends_packs_only() -> None:
    text = "release_gate: policy/v1\nid: over\nextends: "
    assert policy_from_document(read_document(text + "ladder\n", "over.yaml")).id == "over"
    with pytest.raises(PolicyError, match="only a policy in a file can extend a file"):
        policy_from_document(read_document(text + "./base.yaml\n", "over.yaml"))
    with pytest.raises(PolicyError, match="this must be a text"):
        policy_from_document(read_document(text + "[a]\n", "over.yaml"))


def test_a_base_that_is_no_policy_is_told_in_its_own_file(folder: Path) -> None:
    write(folder, "release_gate: gate/v1\npolicies: [a.yaml]\n", "base.yaml")
    with pytest.raises(DocumentError) as caught:
        over(folder, "")
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.file.endswith("base.yaml")


# ---------------------------------------------------------------- what it comes to

REQUEST: dict[str, Any] = {
    "id": "r",
    "action": "release",
    "model": {"parameters": 5e8},
    "metric": {"refusal": {"value": 0.93, "measured": "2026-11-01", "behind": []}},
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "hosted"}],
}


def decide(policy: Policy, day: date = date(2026, 11, 24), **more: Any) -> Decision:
    request = ReleaseRequest.model_validate({**REQUEST, **more})
    return Gate([policy]).decide(request, as_of=day)


def test_rules_keep_the_place_they_were_written_at(folder: Path) -> None:
    write(folder, TIGHTENS + "approvers: {people: 3}\nrules:\n- {id: mine, deny: No.}\n", "over.yaml")
    top = write(
        folder,
        "release_gate: policy/v1\nid: top\nextends: over.yaml\nwithout: [large]\n"
        "rules:\n- {id: third, deny: No.}\n- {id: mine, deny: Never.}\nset: {floor: 0.5}\n",
        "top.yaml",
    )
    found = load_policy(top)
    places = {
        rule.id: (rule.span.file.rpartition("/")[2], rule.span.line) for rule in found.rules if rule.span
    }
    assert places["refusal"] == ("base.yaml", 36)
    assert places["third"] == ("top.yaml", 6)
    assert places["mine"] == ("top.yaml", 7)
    assert "large" not in places
    assert [rule.sign_off.count for rule in found.rules if rule.id == "people" and rule.sign_off] == [3]
    where = found.places.span(("rules", 4, "sign_off", "count"))
    assert where is not None
    assert (where.file.rpartition("/")[2], where.text) == ("over.yaml", "3")
    assert [each.text for each in found.remarks] == [
        "top 2.1.0 changes over 2.1.0, and is not shown to be as strict",
        "over 2.1.0 tightens base 2.1.0",
    ]


def test_decisions_say_what_a_policy_extends(folder: Path) -> None:
    decision = decide(over(folder, "version: 1.0.0\nset: {floor: 0.95}"))
    assert [(used.id, used.version) for used in decision.policies] == [
        ("ladder", load_pack("ladder").version),
        ("over", "1.0.0"),
    ]
    assert "over 1.0.0 tightens base 2.1.0" in decision.notes
    (refused,) = [found for found in decision.artifacts[0].findings if found.rule == "refusal"]
    assert (refused.policy, refused.outcome.value) == ("over", "deny")
    assert refused.where is not None
    assert refused.where.file.endswith("base.yaml")


def test_the_digest_binds_both(folder: Path) -> None:
    digests = {load_policy(folder / "base.yaml").digest}
    digests |= {over(folder, body).digest for body in ("", "set: {floor: 0.9}", "set: {floor: 0.91}")}
    write(folder, BASE.replace("title: Base", "title: Basis"), "base.yaml")
    digests.add(over(folder, "").digest)
    assert len(digests) == 5
    assert over(folder, "").digest == over(folder, "# a remark\n").digest


def test_an_overlay_that_is_not_in_force_leaves_its_base(folder: Path) -> None:
    later = over(folder, "set: {floor: 0.95}\nin_force: {from: 2027-01-01}")
    early = decide(later)
    assert [used.id for used in early.policies] == ["base", "ladder"]
    assert (
        "the policy over 2.1.0 is not in force on 2026-11-24, "
        "and base 2.1.0, which it extends, was applied in its place" in early.notes
    )
    assert [used.id for used in decide(later, date(2027, 1, 1)).policies] == ["ladder", "over"]
    never = decide(later, date(2023, 12, 31))
    assert [used.id for used in never.policies] == ["ladder"]
    assert "the policy over 2.1.0 is not in force on 2023-12-31 and was not applied" in never.notes


def test_an_overlay_of_an_overlay_that_has_ended_is_not_put_over_what_that_one_extends(folder: Path) -> None:
    over(folder, "set: {floor: 0.95}\nin_force: {until: 2026-06-30}")
    top = load_policy(write(folder, "release_gate: policy/v1\nid: top\nextends: over.yaml\n", "top.yaml"))
    assert [used.id for used in decide(top, date(2026, 6, 30)).policies] == ["ladder", "top"]
    assert [used.id for used in decide(top, date(2026, 7, 1)).policies] == ["base", "ladder"]


def test_an_overlay_is_in_force_only_where_its_base_is(folder: Path) -> None:
    found = over(folder, "in_force: {until: 2027-01-01}")
    assert (found.in_force.from_, found.in_force.until) == (date(2024, 1, 1), date(2027, 1, 1))


def test_an_overlay_that_does_not_tighten_may_take_away(folder: Path) -> None:
    found = over(
        folder,
        "scope: null\ncovers: false\ndefault_tier: high\ntier_table: null\nwithout: [strict, wait]\n"
        "rules: [{id: refusal, require: metric.refusal > 0.1}]\ntitle: Over\nstatus: adopted",
        HEAD,
    )
    assert found.scope is None
    assert found.table is None
    assert found.default_tier is not None
    assert not found.document.covers
    assert (found.document.title, found.document.status) == ("Over", "adopted")
    assert [rule.id for rule in found.rules] == ["large", "plain", "people", "each", "card", "refusal"]
