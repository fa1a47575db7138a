"""What is true of every pack: it is tested, its rules are sourced, and its README can be ticked off."""

from pathlib import Path

import pytest

from release_gate.authoring.suites import load_suite
from release_gate.authoring.trials import run
from release_gate.policy.load import load_policy
from release_gate.policy.packs import data_folder

FILES = sorted(data_folder("policies").glob("**/policy.yaml"))


@pytest.fixture(params=FILES, ids=lambda path: path.parent.relative_to(data_folder("policies")).as_posix())
def pack(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_its_tests_pass(pack: Path) -> None:
    suite = load_suite(pack.parent / "tests.yaml")
    failed = [outcome.trial.name for outcome in run(suite, suite.trials) if not outcome.passed]
    assert failed == []


def test_every_rule_has_a_reason_and_a_source_with_a_confidence(pack: Path) -> None:
    document = load_policy(pack).document
    for rule in document.rules:
        assert rule.because or rule.deny, rule.id
        assert rule.cite is not None, rule.id
        assert rule.cite.confidence or document.sources[rule.cite.source].confidence, rule.id


def test_every_source_is_cited(pack: Path) -> None:
    document = load_policy(pack).document
    assert set(document.sources) == {rule.cite.source for rule in document.rules if rule.cite}


def test_its_readme_names_every_rule_and_is_no_legal_advice(pack: Path) -> None:
    text = (pack.parent / "README.md").read_text(encoding="utf-8")
    assert [rule.id for rule in load_policy(pack).rules if f"`{rule.id}`" not in text] == []
    assert "not legal advice" in text
