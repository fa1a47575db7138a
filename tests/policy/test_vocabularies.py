"""Words that a policy adds to vocabularies, and words that no policy knows."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.diagnostics import PolicyError
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import read_document

HEAD = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\ncovers: true\n"
WORDS = "facts: {vocabularies: {misuse_domain: {deepfake_music: imitated music}}}\n"
RULE = "rules: [{id: r, deny: No., when: '%s'}]\n"


def policy(body: str) -> Policy:
    return policy_from_document(read_document(HEAD + body, "policy.yaml"))


CONDITIONS = {
    'misuse.deepfake_music.likelihood >= "high"': WORDS,
    'capability.smell.level >= "high"': "facts: {vocabularies: {capability_domain: {smell: smell}}}\n",
    'document.eulogy.status == "ready"': "facts: {vocabularies: {document_kind: {eulogy: eulogy}}}\n",
    '$any([s.kind == "moat" for s in safeguards])': "facts: {vocabularies: {safeguard_kind: {moat: moat}}}\n",
}


@pytest.mark.parametrize(("condition", "words"), CONDITIONS.items())
def test_conditions_read_the_words_that_the_policy_adds(condition: str, words: str) -> None:
    assert policy(words + RULE % condition).rules
    with pytest.raises(PolicyError) as caught:
        policy(RULE % condition)
    assert {found.code for found in caught.value.diagnostics} <= {"RG212", "RG216"}


def test_a_misspelt_word_of_its_own_is_told() -> None:
    with pytest.raises(PolicyError, match="did you mean `deepfake_music`"):
        policy(WORDS + RULE % 'misuse.deepfake_musik.likelihood >= "high"')


MISTAKES = {
    "no vocabulary": (
        "misuse_domian: {a: A}",
        "there is no vocabulary `misuse_domian`",
        "did you mean `misuse_domain`",
    ),
    "words that have an order": (
        "level: {huge: huge}",
        "words cannot be added to the vocabulary `level`",
        "one of",
    ),
    "words that are fixed": ("artifact_kind: {book: book}", "words cannot be added", "one of"),
    "a word that is there": (
        "misuse_domain: {fraud: fraud}",
        "`fraud` is a misuse domain already",
        "leave it out",
    ),
}


@pytest.mark.parametrize(("body", "message", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_a_vocabulary_that_cannot_be_extended_so_is_told(body: str, message: str, remedy: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(f"facts: {{vocabularies: {{{body}}}}}\n" + RULE % "true")
    (found,) = caught.value.diagnostics
    assert found.code == "RG315"
    assert message in found.message
    assert remedy in found.help
    assert found.span is not None


def overlay(folder: Path, body: str) -> Policy:
    (folder / "base.yaml").write_text(HEAD + WORDS + RULE % "true", encoding="utf-8")
    text = f"release_gate: policy/v1\nid: over\nextends: base.yaml\ntightens: true\n{body}"
    (folder / "over.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder / "over.yaml")


def test_an_overlay_adds_words_to_those_of_its_base(tmp_path: Path) -> None:
    condition = 'misuse.deepfake_music.likelihood == "high" or misuse.spoof.likelihood == "high"'
    body = "facts: {vocabularies: {misuse_domain: {spoof: spoof}, document_kind: {eulogy: eulogy}}}\n"
    rule = f"rules: [{{id: own, deny: No., when: '{condition} or document.eulogy.status == \"ready\"'}}]"
    assert [each.id for each in overlay(tmp_path, body + rule).rules] == ["r", "own"]


def test_an_overlay_that_tightens_keeps_the_words_of_its_base(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        overlay(tmp_path, "facts: {vocabularies: {misuse_domain: {deepfake_music: songs}}}")
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.text if found.span else "") == ("RG323", "songs")


def notes(tree: dict[str, Any], *policies: Policy) -> tuple[str, ...]:
    artifacts = [{"id": "w", "kind": "weights", "wanted": "hosted"}]
    request = ReleaseRequest.model_validate({"id": "r", "action": "release", "artifacts": artifacts, **tree})
    return Gate(policies).decide(request, as_of=date(2026, 11, 24)).notes


STATED: dict[str, tuple[dict[str, Any], str]] = {
    "a capability": ({"capability": {"cbnr": {"level": "low"}}}, "capability.cbnr; did you mean `cbrn`"),
    "a misuse": ({"misuse": {"frawd": {"likelihood": "low"}}}, "misuse.frawd; did you mean `fraud`"),
    "a document": (
        {"document": {"model_crd": {"status": "ready"}}},
        "document.model_crd; did you mean `model_card`",
    ),
    "a safeguard": (
        {"safeguards": [{"id": "s", "kind": "clasifier"}]},
        "safeguards.kind clasifier; did you mean `classifier`",
    ),
    "a metric": ({"metric": {"speed": 1}}, "metric.speed"),
    "a fact of no policy": ({"own": {"colour": "red"}}, "own.colour"),
    "in a variant": (
        {"variants": {"v": {"capability": {"cbnr": {"level": "low"}}}}},
        "capability.cbnr; did you mean `cbrn`",
    ),
}


@pytest.mark.parametrize(("tree", "said"), STATED.values(), ids=STATED)
def test_a_decision_says_what_no_policy_reads(tree: dict[str, Any], said: str) -> None:
    (note,) = notes(tree)
    assert note.startswith(f"no policy in force reads {said}")


def test_names_that_no_policy_reads_share_a_note_unless_one_is_near() -> None:
    said = "no policy in force reads "
    tree = {"metric": {"mmlu": 1, "refusl": 1, "piqa": 1}, "own": {"x": 1}}
    measures = "facts: {metrics: {refusal: {title: T}, toxicity: {title: T}}}\n"
    assert notes(tree, policy(measures + RULE % "true")) == (
        f"{said}metric.refusl; did you mean `refusal`",
        f"{said}metric.mmlu, metric.piqa; names that one reads: `refusal`, `toxicity`",
        f"{said}own.x",
    )


def test_what_a_policy_adds_is_known() -> None:
    tree = {"misuse": {"deepfake_music": {"likelihood": "low"}}}
    assert notes(tree, policy(WORDS + RULE % "true")) == ()
    assert len(notes(tree)) == 1


def test_safeguards_that_are_unknown_are_not_misspelt() -> None:
    assert notes({"safeguards": [{"id": "s"}, {"id": "t", "kind": "classifier"}]}) == ()
