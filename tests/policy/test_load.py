"""Every mistake that a policy can hold is told with its code, its place and a way out."""

from datetime import date
from pathlib import Path

import pytest

from release_gate.diagnostics import DocumentError, InputError, PolicyError
from release_gate.document import validate
from release_gate.facts.release import Artifact
from release_gate.policy import packs
from release_gate.policy.gate_file import GateDocument
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack, pack_names
from release_gate.source import read_document

HEAD = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\n"
TIERS = "tiers:\n- {id: low, ceiling: fully_open}\n- {id: high, ceiling: hosted}\n"
TABLE = TIERS + "tier_table:\n  columns: [%s]\n  rows:\n%s\n"
LIKELIHOOD = "misuse.ncii.likelihood"
BACKWARDS = "{from: 2027-01-01, until: 2026-01-01}"


def policy(body: str) -> Policy:
    return policy_from_document(read_document(HEAD + body, "policy.yaml"))


def rules(*lines: str) -> str:
    return "rules:\n" + "".join(f"- {{id: r{index}, {line}}}\n" for index, line in enumerate(lines))


MISTAKES = {
    # the shape
    "unknown key": ("rulez: []", "RG301", "rulez", "did you mean `rules`"),
    "unknown key of a rule": (rules("deny: No, whenn: model.x"), "RG301", "whenn", "did you mean `when`"),
    "unknown key of a source": ("sources: {a: {title: A, ur: x}}", "RG301", "ur", "did you mean `url`"),
    "unknown key of a metric": ("facts: {metrics: {m: {rang: [0, 1]}}}", "RG301", "rang", "`range`"),
    "unknown key of a sign-off": (rules("sign_off: {role: a, rol: b}"), "RG301", "rol", "`role`"),
    "unknown key of a sign-off instead": (
        rules("require: 'true', else: {sign_off: {role: a, cuont: 2}}"),
        "RG301",
        "cuont",
        "`count`",
    ),
    "unknown key of a due date": (rules("oblige: {duty: D, due: {evry: P1D}}"), "RG301", "evry", "`every`"),
    "unknown key of a table": (
        "tier_table: {columns: [], rows: [], othewise: a}",
        "RG301",
        "othewise",
        "`otherwise`",
    ),
    "missing key": ("sources: {a: {url: x}}", "RG301", "{url: x}", "add `title:`"),
    "not a mapping": ("facts: 1", "RG301", "1", "write its keys: {metrics: …, own: …, vocabularies: …}"),
    "not a mapping of whatever": ("definitions: 1", "RG301", "1", "write `key: value` lines below it"),
    "not a list": ("rules: {}", "RG301", "{}", "write [a, b] or lines that start with `- `"),
    "not a text": (rules("deny: 5"), "RG301", "5", "put it in quotes"),
    "one word for a list": (rules("deny: No, applies_to: 5"), "RG301", "5", "write [a, b] or lines"),
    "not a boolean": ("covers: 'yes'", "RG301", "'yes'", "write true or false, without quotes"),
    "not a whole number": (rules("sign_off: {role: a, count: 1.5}"), "RG301", "1.5", ""),
    "not a word": ("status: draft", "RG301", "draft", ""),
    "not a name": ("definitions: {Big: 'true'}", "RG301", "Big", "did you mean `big`"),
    "not a name at all": ("definitions: {§: 'true'}", "RG301", "§", "write small letters, digits and _"),
    "a name with a space": ("owner: Very High", "RG301", "Very High", "`very-high`"),
    "a number where a text belongs": ("owner: 1.10", "RG301", "1.10", 'put it in quotes: "1.10"'),
    "a key of another language": (rules("deny: No, if: 'true'"), "RG301", "if", "did you mean `when`"),
    "a key that means the contrary": (rules("deny: No, unless: 'true'"), "RG301", "unless", "not (…)"),
    "a key that says why": (rules("deny: No, reason: x"), "RG301", "reason", "did you mean `because`"),
    "a part of the facts": ("metrics: {a: {range: [0, 1]}}", "RG301", "metrics", "write it under `facts:`"),
    "a key that nobody knows": (rules("deny: No, xyzzy: x"), "RG301", "xyzzy", "one of `id`, `at`"),
    "the word of another place": ("parameters: {a: {value: 1, if: x}}", "RG301", "if", "`value`"),
    "not an access level": (
        rules("ceiling: weights_opn"),
        "RG301",
        "weights_opn",
        "did you mean `weights_open`",
    ),
    "not a date": ("in_force: {from: soon}", "RG301", "soon", ""),
    "over before it begins": (f"in_force: {BACKWARDS}", "RG301", BACKWARDS, "exchange them"),
    "a rule that never is": (rules(f"deny: No, in_force: {BACKWARDS}"), "RG301", BACKWARDS, "exchange them"),
    "left out on no day": (
        "left_out: [{version: '1', from: 2027-01-01, until: 2026-01-01}]",
        "RG301",
        "{version: '1', from: 2027-01-01, until: 2026-01-01}",
        "exchange them",
    ),
    "not a duration": (rules("oblige: {duty: D, retain: long}"), "RG301", "long", ""),
    "no effect": (rules("because: x"), "RG301", "{id: r0, because: x}", "one of tier, ceiling, require"),
    "two effects": (rules("deny: No, tier: low"), "RG301", "{id: r0, deny: No, tier: low}", "one of tier"),
    "else alone": (
        rules("deny: No, else: {sign_off: {role: a}}"),
        "RG301",
        "{id: r0, deny: No, else: {sign_off: {role: a}}}",
        "`else` belongs to `require`",
    ),
    "sign-off of nobody": (rules("sign_off: {count: 2}"), "RG301", "{count: 2}", "write sign_off: {role:"),
    "sign-off of no roles": (rules("sign_off: {all: []}"), "RG301", "{all: []}", "name the roles in `all`"),
    "due twice": (
        rules("oblige: {duty: D, due: {with: release, every: P1D}}"),
        "RG301",
        "{with: release, every: P1D}",
        "write due: {every: P90D}",
    ),
    "own fact of no type": ("facts: {own: {a: {title: A}}}", "RG301", "{title: A}", "write choices:"),
    # parameters, metrics, definitions
    "parameter of a list": ("parameters: {a: {value: [1]}}", "RG302", "[1]", ""),
    "parameter that is nothing": ("parameters: {a: {value: null}}", "RG302", "null", ""),
    "range of one": ("facts: {metrics: {m: {range: [1]}}}", "RG303", "[1]", "write range: [0, 1]"),
    "range of texts": ("facts: {metrics: {m: {range: [a, b]}}}", "RG303", "[a, b]", "write range: [0, 1]"),
    "range backwards": ("facts: {metrics: {m: {range: [1, 0]}}}", "RG303", "[1, 0]", "write range: [0, 1]"),
    "age in words": ("facts: {metrics: {m: {max_age: old}}}", "RG303", "old", "write P180D"),
    "age by no parameter": (
        "facts: {metrics: {m: {max_age: parameter.x}}}",
        "RG303",
        "parameter.x",
        "parameter.NAME of such",
    ),
    "circle": (
        "definitions: {a: is.b, b: is.a, c: is.a}\n" + rules("deny: No, when: is.a and is.c"),
        "RG304",
        "is.a",
        "",
    ),
    "definitions too deep": (
        "definitions:\n  d0: 'true'\n" + "".join(f"  d{n}: not is.d{n - 1}\n" for n in range(1, 60)),
        "RG304",
        "not is.d49",
        "fewer definitions",
    ),
    "scope by access": (
        "scope: artifact.access >= 'hosted'",
        "RG305",
        "artifact.access >= 'hosted'",
        "use `at` or `when`",
    ),
    "table by access": (
        TABLE % ("\"artifact.access >= 'hosted'\"", "  - [any, low]"),
        "RG305",
        "\"artifact.access >= 'hosted'\"",
        "",
    ),
    "tier by tier": (
        TIERS + "default_tier: low\n" + rules("tier: high, when: tier >= 'high'"),
        "RG305",
        "tier >= 'high'",
        "",
    ),
    # tiers
    "default that is no tier": (
        TIERS + "default_tier: hihg",
        "RG306",
        "hihg",
        "did you mean `high`",
    ),
    "rule of no tier": (rules("tier: low"), "RG306", "low", ""),
    "risk with a higher ceiling": (
        "default_tier: a\ntiers:\n- {id: a, ceiling: hosted}\n- {id: b, ceiling: fully_open}\n",
        "RG307",
        "fully_open",
        "tiers go from least to most risky",
    ),
    "no tier to start from": (TIERS, "RG307", "- {id: low, ceiling: fully_open}", ""),
    "two places to start from": (
        TABLE % (LIKELIHOOD, "  - [any, low]") + "default_tier: high\n",
        "RG307",
        "high",
        "remove it; where no row fits, the tier is `otherwise` of the table",
    ),
    # the table
    "column of numbers": (
        TABLE % ("model.parameters", "  - [any, low]"),
        "RG308",
        "model.parameters",
        "use a fact",
    ),
    "row too short": (TABLE % (LIKELIHOOD, "  - [low]\n  - [any, low]"), "RG308", "[low]", ""),
    "cell of another column": (
        TABLE % (LIKELIHOOD, "  - [hgh, high]\n  - [any, low]\n  hit: first"),
        "RG308",
        "hgh",
        "did you mean `high`",
    ),
    "cell of several": (
        TABLE % (LIKELIHOOD, "  - [{a: 1}, high]\n  - [any, low]\n  hit: first"),
        "RG308",
        "{a: 1}",
        "one of",
    ),
    "cell of a condition": (
        TABLE % ("transparency.website == null", "  - [maybe, high]\n  - [any, low]\n  hit: first"),
        "RG308",
        "maybe",
        "`true`",
    ),
    "table too large": (
        TABLE % (", ".join(["transparency.website == null"] * 14), f"  - [{'any, ' * 14}low]"),
        "RG308",
        "columns: [" + ", ".join(["transparency.website == null"] * 14) + "]",
        "use fewer columns",
    ),
    "table with a gap": (
        TABLE % (LIKELIHOOD, "  - [low, low]"),
        "RG309",
        "columns: [misuse.ncii.likelihood]",
        "add a row, or `otherwise`",
    ),
    "rows that conflict": (
        TABLE % ("transparency.website == null", "  - [any, low]\n  - [true, high]"),
        "RG309",
        "columns: [transparency.website == null]",
        "say hit: strictest",
    ),
    # rules
    "covers with nothing": ("covers: true", "RG310", "true", "nothing evaluated is never a pass"),
    "no such source": (
        "sources: {law: {title: Law}}\n" + rules("deny: No, cite: lwa"),
        "RG311",
        "lwa",
        "did you mean `law`",
    ),
    "laxer as access rises": (
        rules("deny: No, when: artifact.access < 'hosted'"),
        "RG312",
        "artifact.access",
        "> and >=",
    ),
    "required to rise": (
        rules("require: artifact.access >= 'hosted'"),
        "RG312",
        "artifact.access",
        "< and <=",
    ),
    "laxer by a definition": (
        "definitions: {shut: artifact.access < 'hosted'}\n" + rules("deny: No, when: is.shut"),
        "RG312",
        "is.shut",
        "> and >=",
    ),
    "text of no fact": (
        rules("deny: 'No {modle.parameters}'"),
        "RG313",
        "'No {modle.parameters}'",
        "`model`",
    ),
    "text of a fact that is misspelt": (
        rules("deny: 'No {model.nam}'"),
        "RG313",
        "'No {model.nam}'",
        "did you mean `{model.name}`",
    ),
    "rule twice": (
        "rules: [{id: a, deny: x}, {id: a, deny: y}]",
        "RG314",
        "a",
        "own",
    ),
    "rules that look alike": (
        "rules: [{id: two-l, deny: x}, {id: two_1, deny: y}]",
        "RG314",
        "two_1",
        "rename one of them",
    ),
    "tiers that look alike": (
        "default_tier: ao\ntiers:\n- {id: ao, ceiling: hosted}\n- {id: a0, ceiling: hosted}",
        "RG314",
        "a0",
        "rename one of them",
    ),
    "tier twice": (
        "default_tier: a\ntiers:\n- {id: a, ceiling: hosted}\n- {id: a, ceiling: hosted}",
        "RG314",
        "a",
        "",
    ),
}


@pytest.mark.parametrize(("body", "code", "underlined", "help_"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place(body: str, code: str, underlined: str, help_: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(body)
    told = [
        (found.code, found.span.text if found.span else "", found.help) for found in caught.value.diagnostics
    ]
    assert any(found[:2] == (code, underlined) and help_ in found[2] for found in told), told
    assert {found[0] for found in told} == {code}


def test_every_mistake_is_found_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        policy("covers: true\nparameters: {a: {value: [1]}}\ndefault_tier: low\nscope: modle.parameters > 1")
    assert {found.code for found in caught.value.diagnostics} >= {"RG302", "RG306", "RG310"}


def test_a_definition_that_is_wrong_is_told_once() -> None:
    with pytest.raises(PolicyError) as caught:
        policy("definitions: {a: modle.parameters > 1, b: is.a}\n" + rules("deny: No, when: is.b"))
    assert len(caught.value.diagnostics) == 1


def test_a_column_that_is_wrong_is_told_once() -> None:
    with pytest.raises(PolicyError) as caught:
        policy(TABLE % ("misuse.ncii.likelyhood", "  - [any, low]"))
    assert len(caught.value.diagnostics) == 1


def test_a_policy_that_uses_everything() -> None:
    found = policy(
        TIERS
        + """\
scope: model.parameters > parameter.size
in_force: {from: 2024-01-01, until: 2025-01-01}
applies_to: [weights, api]
parameters:
  size: {value: 7e9, stricter: lower}
  age: {value: P180D}
  on: {value: true}
  word: {value: abc}
facts:
  metrics:
    harm: {range: [0, 1], max_age: parameter.age, bound: true, independent: true}
    plain: {max_age: P1Y}
  own:
    kindness: {choices: [low, high], ordered: true}
    a: {type: boolean}
    b: {type: number}
    c: {type: text}
    d: {type: date}
definitions: {harmful: metric.harm > 0.5, either: is.harmful or own.a}
tier_table:
  columns: [own.kindness, own.a]
  rows:
  - [low, any, high]
  - [[low, high], [true, false], low]
  hit: strictest
  otherwise: high
sources: {law: {title: Law, date: 2024-01-01}}
rules:
- {id: one, when: is.either, tier: high, cite: law}
- {id: two, ceiling: hosted, at: withheld, applies_to: [api], in_force: {until: 2024-06-01}}
- {id: three, require: own.a, else: {sign_off: {all: [a, b], max_age: P1Y, not: [requester]}}}
- {id: four, sign_off: {role: a, count: 2}}
- {id: five, oblige: {duty: Report, due: {within: P30D, of: release}, retain: P1Y}}
- {id: six, when: '$any([p.terms.commercial_use for p in lineage])', deny: 'No {p} {model.parameters}'}
"""
    )
    assert (found.id, found.version) == ("p", "1.0.0")
    assert found.table is not None
    assert found.applies_to("api")
    assert not found.applies_to("code")
    assert [found.in_force.holds(date(year, 1, 1)) for year in (2023, 2024, 2025, 2026)] == [
        False,
        True,
        True,
        False,
    ]
    one, two, three, four, *_ = found.rules
    assert one.applies_to("code")
    assert not two.applies_to("code")
    assert one.in_force(date(2030, 1, 1))
    assert not two.in_force(date(2030, 1, 1))
    assert three.sign_off is not None
    assert three.sign_off.roles == ("a", "b")
    assert four.sign_off is not None
    assert four.sign_off.roles == ("a", "a")


def test_definitions_that_grow_without_bound_are_refused_at_once() -> None:
    grow = "definitions:\n  d0: model.parameters > 1\n"
    grow += "".join(f"  d{n}: is.d{n - 1} and is.d{n - 1}\n" for n in range(1, 60))
    with pytest.raises(PolicyError) as caught:
        policy(grow + rules("deny: No, when: is.d59"))
    first = caught.value.diagnostics[0]
    assert (first.code, first.help) == ("RG304", "let it stand on fewer definitions")
    assert first.message == "this has more than 2,000 parts or 100 levels with its definitions written out"
    assert first.span is not None
    assert first.span.text == "is.d8 and is.d8"


def test_a_default_tier_is_kept() -> None:
    step = policy(TIERS + "default_tier: high").default_tier
    assert step is not None
    assert step.name == "high"


def test_a_policy_is_read_from_a_file_under_a_name(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(HEAD, encoding="utf-8")
    assert load_policy(path, "pack:p").name == "pack:p"


def test_another_kind_of_document_is_no_policy() -> None:
    with pytest.raises(DocumentError):
        policy_from_document(read_document("release_gate: gate/v1\npolicies: [a]\n", "gate.yaml"))


GATES = {
    "nothing": ({"policies": []}, "this must not be empty"),
    "both": ({"policies": [{"pack": "a", "file": "b"}]}, "a policy of a gate is a pack or a file"),
    "no list": ({"policies": 1}, "this must be a list"),
    "not there": ({}, "`policies` is missing"),
}


@pytest.mark.parametrize(("tree", "message"), GATES.values(), ids=GATES)
def test_a_gate_that_is_wrong_is_told_without_a_file_too(tree: dict[str, object], message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        validate(GateDocument, {"release_gate": "gate/v1", **tree}, None, PolicyError, "RG503")
    assert [(found.span, found.code) for found in caught.value.diagnostics] == [(None, "RG503")]
    assert message in caught.value.diagnostics[0].message


def test_an_unknown_key_deep_in_a_union_is_told() -> None:
    with pytest.raises(InputError) as caught:
        validate(
            Artifact, {"id": "a", "kind": "weights", "wanted": "hosted", "digst": "x"}, None, InputError, "X"
        )
    assert "digst" in str(caught.value)


# ---------------------------------------------------------------- packs


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "some-pack").mkdir()
    (tmp_path / "some-pack" / "policy.yaml").write_text(HEAD, encoding="utf-8")
    monkeypatch.setattr(packs, "data_folder", lambda name: tmp_path)
    load_pack.cache_clear()
    return tmp_path


@pytest.mark.parametrize("reference", ["some-pack", "some-pack@1", "some-pack@1.0", "some-pack@1.0.0"])
def test_a_pack_is_found_by_name_and_version(shelf: Path, reference: str) -> None:
    assert pack_names() == ("some-pack",)
    assert load_pack(reference).name == "pack:some-pack/policy.yaml"
    load_pack.cache_clear()


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("some-pak", "there is no pack `some-pak` (did you mean `some-pack`)"),
        ("some-pack@2", "is there in version 1.0.0, not 2"),
        ("some-pack@1.0.0.1", "is there in version 1.0.0, not 1.0.0.1"),
    ],
)
def test_a_pack_that_is_not_there_is_told(shelf: Path, reference: str, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_pack(reference)
    assert caught.value.diagnostics[0].code == "RG501"
    assert told in str(caught.value)
