"""What is true of every pack: its tests miss nothing, its rules are sourced, its README can be ticked off."""

from pathlib import Path

import pytest

from release_gate.authoring.coverage.observe import observed
from release_gate.authoring.coverage.report import Coverage
from release_gate.authoring.mutation.hunt import Hunt
from release_gate.authoring.mutation.mutants import TIGHTENS
from release_gate.authoring.mutation.scenes import scenes
from release_gate.authoring.testing.suites import load_suite
from release_gate.authoring.testing.trials import run
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


def test_its_tests_see_every_outcome_clause_and_threshold(pack: Path) -> None:
    suite = load_suite(pack.parent / "tests.yaml")
    seen = set().union(*observed(suite.policy, suite.trials))
    gaps = Coverage.of(suite.policy, seen, len(suite.trials)).gaps()
    assert [(gap.message, gap.span and gap.span.line) for gap in gaps] == []


def test_no_change_that_loosens_it_goes_unnoticed(pack: Path) -> None:
    suite = load_suite(pack.parent / "tests.yaml")
    hunt = Hunt(suite.policy, scenes(suite.policy, [suite]))
    loosening = [each for each in hunt.mutants if each.effect != TIGHTENS]
    advice = {each.said: said for each in loosening if (said := hunt.survives(each)) is not None}
    assert advice == {}
    assert loosening


def test_every_rule_has_a_reason_and_a_source_with_a_confidence(pack: Path) -> None:
    document = load_policy(pack).document
    for rule in document.rules:
        assert rule.because or rule.deny, rule.id
        assert rule.cite is not None, rule.id
        assert rule.cite.confidence or document.sources[rule.cite.source].confidence, rule.id


def test_every_source_is_cited(pack: Path) -> None:
    document = load_policy(pack).document
    assert set(document.sources) == {rule.cite.source for rule in document.rules if rule.cite}


def test_its_readme_is_no_legal_advice(pack: Path) -> None:
    assert "not legal advice" in (pack.parent / "README.md").read_text(encoding="utf-8")
