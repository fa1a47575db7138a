import pytest

from release_gate.expression.check import Scope, check_condition
from release_gate.facts.schema import schema

REFUSED = [
    ("x = 1", "RG201", "="),
    ("model.name && true", "RG201", "&&"),
    ("model.name is null", "RG201", "is"),
    ("1 < 2 < 3", "RG201", "<"),
    ('model.name == "x', "RG201", '"'),
    ("1_000 > 1", "RG201", "_000"),
    ('model.name[0] == "a"', "RG202", "model.name[0]"),
    ('model.name[0:1] == "a"', "RG202", "model.name[0:1]"),
    ("{1, 2} == 1", "RG202", "{1, 2}"),
    ('{"a": 1} == 1', "RG202", '{"a": 1}'),
    ('b"aa" == 1', "RG202", 'b"aa"'),
    ("1 ^ 2 == 1", "RG202", "1 ^ 2"),
    ("1 << 2 == 1", "RG202", "1 << 2"),
    ('model&.name == "x"', "RG202", "model&.name"),
    ("model.parameters ?? 1 > 2", "RG202", "model.parameters ?? 1 > 2"),
    ("2 ** 0.5 > 1", "RG202", "0.5"),
    ("12345678901234567 > 1", "RG203", "12345678901234567"),
    ("inf > 1", "RG203", "inf"),
    ('d"2026-02-30" == as_of', "RG203", 'd"2026-02-30"'),
    ('as_of == d"2026-11-24T00:00"', "RG203", 'd"2026-11-24T00:00"'),
    ('t"P" == t"P1D"', "RG203", 't"P"'),
    ("model.Name == 1", "RG204", "model.Name"),
    ('model.name =~ "(?=a)"', "RG205", '"(?=a)"'),
    ("$any(1, 2)", "RG206", "$any(1, 2)"),
    ("$sum(1) > 1", "RG206", "$sum"),
    ("model.parameters", "RG211", "model.parameters"),
    ("not model.name", "RG211", "model.name"),
    ('$any(["a"])', "RG211", '$any(["a"])'),
    ("true and model.nope", "RG212", "nope"),
    ("modle.name == 1", "RG212", "modle.name"),
    ('capability.zzz.level > "low"', "RG212", "capability.zzz.level"),
    ("model.name.first.letter == 1", "RG212", "model.name.first.letter"),
    ("as_of.hour > 1", "RG212", "as_of.hour"),
    ("model == 1", "RG213", "model"),
    ("is.foo", "RG214", "is.foo"),
    ("lineage > 1", "RG215", "lineage > 1"),
    ("null > 1", "RG215", "null > 1"),
    ("true == 1", "RG215", "true == 1"),
    ('model.name < "a"', "RG215", 'model.name < "a"'),
    ('as_of - as_of > t"P6M"', "RG215", 'as_of - as_of > t"P6M"'),
    ('compute.method == "zzz"', "RG216", '"zzz"'),
    ('developer.jurisdiction in ["US", "Europe"]', "RG216", '"Europe"'),
    ('"sha256:1" == artifact.digest', "RG216", '"sha256:1"'),
    ('"x" in model.name', "RG217", '"x" in model.name'),
    ("1 in model.languages", "RG217", "1 in model.languages"),
    ('model.parameters =~ "a"', "RG217", 'model.parameters =~ "a"'),
    ("$count(1) > 1", "RG217", "$count(1)"),
    ("$abs(model.name) > 1", "RG217", "$abs(model.name)"),
    ("$distinct(lineage) > 1", "RG217", "$distinct(lineage)"),
    ("$any([true for x in 1])", "RG217", "1"),
    ('as_of + t"PT1H" > as_of', "RG218", 'as_of + t"PT1H"'),
    ("model.name + 1 > 2", "RG218", "model.name + 1"),
    ('(true ? 1 : "a") == 1', "RG219", 'true ? 1 : "a"'),
    ('(model.parameters ?? "a") == 1', "RG219", 'model.parameters ?? "a"'),
    ('1 in [1, "a"]', "RG219", '[1, "a"]'),
    ("$any([true for model in lineage])", "RG220", "[true for model in lineage]"),
]
ACCEPTED = [
    "true",
    "model.parameters > 1e9 and not (model.parameters < 1)",
    "model.parameters == null",
    '(compute.method ?? "hardware") == compute.method',
    'capability.cyber.level > "low"',
    'artifact.wanted >= "weights_open"',
    'as_of - t"P6M" > d"2026-01-31" and as_of.year > 2000',
    'as_of - as_of <= t"P10D"',
    '$any([x.terms.commercial_use for x in lineage if x.relation in ["finetune", "merge"]])',
    '"en" in model.languages and model.languages.length > 1 and not model.languages.is_empty',
    "$distinct([x.name for x in lineage]) > 1 and $count(lineage) >= 0 and $abs(-1) == 1",
    'model.name =~ "^llama" or model.name !~~ "a"',
    "(true ? model.parameters : 1) ** 2 // 3 % 2 > -model.parameters",
]


@pytest.mark.parametrize(("text", "code", "underlined"), REFUSED)
def test_what_is_refused_is_underlined(text: str, code: str, underlined: str) -> None:
    node, problems = check_condition(text, Scope(schema()))
    assert node is None
    assert (code, underlined) in [(found.code, text[found.at.start : found.at.end]) for found in problems]


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_is_accepted(text: str) -> None:
    node, problems = check_condition(text, Scope(schema()))
    assert [found.message for found in problems] == []
    assert node is not None


def test_every_mistake_is_told_once() -> None:
    _, problems = check_condition("model.nope > 1 and compute.nope + 1 > 2", Scope(schema()))
    assert [found.code for found in problems] == ["RG212", "RG212"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('artifact.kind == "zzz"', "`zzz` is not an artifact kind"),
        ('compute.method == "zzz"', "`zzz` is not a compute method"),
    ],
)
def test_what_a_word_is_not_is_said_with_its_article(text: str, message: str) -> None:
    _, problems = check_condition(text, Scope(schema()))
    assert message in [found.message for found in problems]
