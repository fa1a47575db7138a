"""What a policy says, in words."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from release_gate.authoring.explain.conditions import InWords
from release_gate.authoring.explain.explanation import explanation
from release_gate.authoring.explain.markdown import as_markdown
from release_gate.authoring.explain.page import as_page
from release_gate.authoring.explain.words import Words, languages, words_of
from release_gate.cli import main
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack, pack_names
from release_gate.source import read_document

ENGLISH = words_of("en")
POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme *releases*
covers: true
in_force: {from: 2026-01-01, until: 2027-01-01}
scope: request.action == 'release'
sources:
  law: {title: A law, publisher: A state, date: 2024-01-01, url: "https://example.org/law", confidence: memory}
parameters: {floor: {value: 0.9}}
facts: {metrics: {safe: {range: [0, 1], max_age: P90D, bound: true, independent: true}, any: {}}}
definitions: {large: model.parameters > 9}
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]
default_tier: low
rules:
- {id: big, when: model.parameters > 5, tier: high, because: Size of {model.parameters} matters., cite: {source: law, section: "5"}}
- {id: cap, ceiling: weights_open, when: is.large}
- {id: none, at: fully_open, ceiling: fully_open}
- {id: card, at: hosted, applies_to: [api], require: document.model_card.status >= 'ready', fix: Write `one`.}
- {id: asked, at: hosted, require: artifact.terms.open, else: {sign_off: {role: legal, not: [requester, assessor]}}}
- {id: two, at: weights_gated_manual, sign_off: {all: [a, b], after_recommendation: c, reversible_by: d}}
- {id: pair, when: tier >= 'high', sign_off: {role: safety, count: 2}, waivable: {by: boss, for: P30D}}
- {id: watch, oblige: {duty: Watch it, owner: lead, due: {every: P90D, until: withdrawal}, retain: P1Y}}
- {id: free, oblige: {duty: Tell, due: {with: release}}, in_force: {from: 2026-02-01}}
- {id: no, at: fully_open, when: "'a|b' in model.languages", deny: "Too <large>."}
""".replace("{model.parameters} matters.", "'{model.parameters}' matters.").replace(
    "because: Size of '{model.parameters}' matters.", 'because: "Size of {model.parameters} matters."'
)


def policy(text: str = POLICY) -> Policy:
    return policy_from_document(read_document(text, "p"))


def test_a_policy_is_said_in_words() -> None:
    page = as_markdown(explanation(policy(), ENGLISH))
    lines = page.splitlines()
    for line in (
        "# Acme \\*releases\\*",
        "`acme` 1.0.0, illustrative.",
        "In force from 2026-01-01 until 2027-01-01.",
        "It judges releases as a whole.",
        "It applies where `request.action` is release.",
        "- Releases of the tier high may never be more open than hosted.",
        "- Without any rule that raises it, the tier is low.",
        "- `is.large`: `model.parameters` is more than 9",
        "- `parameter.floor`: 0.9",
        (
            "- `metric.safe`: It lies between 0 and 1. It may be at most 90 days old. "
            "It must have been measured on the artifact that is released. "
            "It must come from somebody independent of the developer."
        ),
        "- `metric.any`: Any measurement counts that has not been put in doubt.",
        "Where `model.parameters` is more than 5, the tier is at least high.",
        "Why: Size of `model.parameters` matters.",
        "As the policy says it: when `model.parameters > 5`",
        "Source: A law, A state, 2024-01-01, 5 <https://example.org/law> (from memory).",
        "Where `is.large`, nothing more open than weights\\_open is allowed.",
        "For api: from hosted upwards, `document.model_card.status` is at least ready, or it is not allowed.",
        "What to do: Write `one`.",
        (
            "From hosted upwards, `artifact.terms.open` is true, or else one legal must sign "
            "(not who asks and not who assessed it)."
        ),
        (
            "From weights\\_gated\\_manual upwards, a and b must sign, each another person, "
            "after c has recommended it; d may reverse it."
        ),
        "Where `tier` is at least high, 2 persons with the role safety must sign.",
        "boss may waive it for at most 30 days",
        "Lead must: Watch it.",
        "It is due: every 90 days until withdrawal.",
        "The proof is kept for P1Y.",
        "A duty comes with the release: Tell.",
        "In force from 2026-02-01.",
        "It is due: with the release.",
        "From fully\\_open upwards, where `model.languages` includes `a|b`, it is not allowed: Too \\<large\\>.",
    ):
        assert line in lines, page


def test_the_table_says_who_must_do_what_to_release_where() -> None:
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:4]]
        for line in as_markdown(explanation(policy(), ENGLISH)).splitlines()
        if len(cells := line.split("|")) == 5
    }
    assert rows["access level"] == ["low", "high"]
    assert rows["withheld"] == ["", ""]
    assert rows["internal"] == [
        "lead: Watch it (`watch`); duty: Tell (`free`)",
        "2 persons with the role safety must sign (`pair`); lead: Watch it (`watch`); duty: Tell (`free`)",
    ]
    assert rows["hosted"] == [
        "`card` must be met; `asked` must be met, or else one legal must sign",
        "the same",
    ]
    assert rows["api\\_restricted"] == ["", "not allowed"]
    assert rows["weights\\_gated\\_manual (from here on copies are out for good)"] == [
        "a and b must sign, each another person (`two`)",
        "not allowed",
    ]
    assert rows["fully\\_open"] == [
        "not allowed where `cap` applies; not allowed where `no` applies",
        "not allowed",
    ]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("not (model.parameters < 5)", "`model.parameters` is at least 5"),
        ("not artifact.terms.open", "`artifact.terms.open` is not true"),
        ("not (artifact.terms.open and own.a)", "not (`artifact.terms.open` is true and `own.a` is true)"),
        ("artifact.license == null", "`artifact.license` is none"),
        ("artifact.license != null", "`artifact.license` is not none"),
        (
            "artifact.license not in ['MIT', 'GPL-3.0-only']",
            "`artifact.license` is none of MIT or `GPL-3.0-only`",
        ),
        ("'en' not in model.languages", "`model.languages` does not include en"),
        ("data.cutoff > d'2026-06-30'", "`data.cutoff` is after 2026-06-30"),
        ("data.cutoff <= d'2026-06-30'", "`data.cutoff` is 2026-06-30 or earlier"),
        ("as_of - data.cutoff > t'P365D'", "`as_of` - `data.cutoff` is more than 365 days"),
        ("model.name =~ 'x.*'", "`model.name` begins with the pattern `x.*`"),
        ("model.name =~~ 'x`y'", "`model.name` has the pattern `x’y` in it"),
        ("own.a or own.b and own.a", "`own.a` is true or (`own.b` is true and `own.a` is true)"),
        ("own.a and own.b and own.a", "`own.a` is true, `own.b` is true and `own.a` is true"),
        (
            "$any([s.removable and not s.effective for s in safeguards])",
            "for at least one member of `safeguards`, its `removable` is true and its `effective` is not true",
        ),
        (
            "$all([p.license != null for p in lineage if p.direct])",
            "for every member of `lineage` of which its `direct` is true, its `license` is not none",
        ),
        (
            "$any([l == 'en' for l in model.languages])",
            "for at least one member of `model.languages`, it is en",
        ),
        (
            "$any([$any([l == s.id for l in model.languages]) for s in safeguards])",
            "for at least one member of `safeguards`, for at least one member of `model.languages`, it is `s.id`",
        ),
        ("$count(lineage) > 1", "the number of members of `lineage` is more than 1"),
        (
            "$count([e for e in evidence if e.independent]) < 2",
            "the number of members of `evidence` of which its `independent` is true is less than 2",
        ),
        (
            "$distinct([e.kind for e in evidence]) < 2",
            "the number of different `kind` of the members of `evidence` is less than 2",
        ),
        (
            "$distinct(model.languages) < 2",
            "the number of different members of `model.languages` is less than 2",
        ),
        ("$abs(model.parameters) > 1", "the size of `model.parameters` is more than 1"),
        ("model.languages.is_empty", "`model.languages` is empty"),
        ("model.name.length > 3", "the length of `model.name` is more than 3"),
        ("data.cutoff.year == 2026", "the year of `data.cutoff` is 2026"),
        ("(own.a ? 1 : 2) > 1", "1 if `own.a` is true, else 2 is more than 1"),
        ("(model.parameters ?? 5) > 1", "`model.parameters`, or 5 where there is none is more than 1"),
        ("$any([own.a, own.b])", "(`own.a` is true) or (`own.b` is true)"),
        ("model.parameters * 2 > 1", "`model.parameters` × 2 is more than 1"),
        ("true", "true"),
    ],
)
def test_a_condition_in_words(condition: str, said: str) -> None:
    text = POLICY.replace("facts: {", "facts: {own: {a: {type: boolean}, b: {type: boolean}}, ")
    checked = policy(text.replace("definitions: {", f"definitions: {{it: {condition!r}, ".replace('"', '"')))
    assert InWords(ENGLISH, checked).condition(checked.definitions["it"].root) == said


def slots(phrase: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", phrase))


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_phrase_and_fills_in_nothing_else(language: str) -> None:
    words = words_of(language)
    assert words.phrases.keys() == ENGLISH.phrases.keys()
    wrong = [
        name for name, phrase in words.phrases.items() if not slots(phrase) <= slots(ENGLISH.phrases[name])
    ]
    assert wrong == []


class Listening(Words):
    """Phrases that remember which of them were used, and with what."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        super().__init__("xx", phrases)
        self.used: set[str] = set()

    def __call__(self, name: str, /, **filled: object) -> str:
        self.used.add(name)
        return super().__call__(name, **filled)


def test_no_word_of_a_page_is_outside_of_its_language() -> None:
    marked = {
        name: "".join(f"⟨{part}⟩" if part.strip() and not part.startswith("{") else part for part in
                      re.split(r"(\{\w+\})", phrase))
        for name, phrase in ENGLISH.phrases.items()
    }  # fmt: skip
    words = Listening(marked)
    said = explanation(policy(), words)
    page = as_markdown(said)
    own = re.sub(r"⟨[^⟩]*⟩|`[^`]*`", " ", page)
    left = set(re.findall(r"[a-z]{4,}", own.lower()))
    told = set(re.findall(r"[a-z]{4,}", POLICY.lower())) | {
        "illustrative",
        "ready",
        "release",
        "https",
        "example",
    }
    levels = {word for row in said.table for word in re.findall(r"[a-z]{4,}", row.level)}
    assert left - told - levels == set()
    assert "xx" in as_page([said])[:60]


def test_every_phrase_is_used_somewhere() -> None:
    words = Listening(ENGLISH.phrases)
    for pack in pack_names():
        as_page([explanation(load_pack(pack), words)])
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(explanation.__code__.co_filename).parent.rglob("*")
        if path.suffix in (".py", ".html")
    )
    named = {name for name in ENGLISH.phrases if f'"{name}"' in source}
    families = ("part_", "confidence_", "not_the_")
    assert [n for n in ENGLISH.phrases if n not in words.used | named and not n.startswith(families)] == [
        "language"
    ]


@pytest.mark.parametrize("pack", pack_names())
@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_rule_of_a_pack_is_said(pack: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["policy", "explain", pack, "-o", form])
    page = capsys.readouterr().out
    assert stop.value.code == 0
    heading = "\n### {}\n" if form == "markdown" else ">{}</h3>"
    assert [rule.id for rule in load_pack(pack).rules if heading.format(rule.id) not in page] == []


def test_a_page_is_one_file_that_does_nothing_but_be_read() -> None:
    evil = POLICY.replace("Acme *releases*", '"<script>alert(1)</script> ##vso[x]"').replace(
        "https://example.org/law", "javascript:alert(1)"
    )
    page = as_page([explanation(policy(evil), ENGLISH), explanation(policy(), ENGLISH)])
    assert "<script" not in page
    assert "##vso" not in page
    assert "javascript:alert(1)" not in page
    assert re.findall(r'(?:src|href)="([^#"][^"]*)"', page) == ["https://example.org/law"]
    assert "default-src 'none'" in page
    assert page.count("<h1") == 3
    assert "too &lt;large&gt;" in page.lower()


def test_it_goes_to_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["policy", "explain", "acme.yaml", "-o", "markdown=acme.md", "-o", "html=acme.html"])
    assert capsys.readouterr().out == ""
    assert Path("acme.md").read_text(encoding="utf-8").startswith("# Acme\n")
    assert "<title>Acme</title>" in Path("acme.html").read_text(encoding="utf-8")


def test_a_language_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["policy", "explain", "ladder", "--lang", "xx"])
    assert stop.value.code == 2
    assert "'xx' is not" in capsys.readouterr().err
