"""What the page about tightening a pack shows is what happens."""

import re
from datetime import date
from pathlib import Path

import pytest

from release_gate import Gate, ReleaseRequest
from release_gate.diagnostics import PolicyError
from release_gate.policy.load import load_policy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "tighten-a-pack.md"
TODAY = date(2026, 11, 24)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the page, each by the name in its first line."""
    for block in blocks("yaml"):
        (tmp_path / block.split()[1]).write_text(block, encoding="utf-8")
    return tmp_path


def without_versions(text: str) -> str:
    return re.sub(r"\d+(\.\d+){2}", "VERSION", text)


def test_the_overlay_decides_as_the_page_says(folder: Path) -> None:
    gate = Gate.load(folder / "release-gate.yaml")
    decision = gate.decide(ReleaseRequest.load(folder / "request.yaml"), as_of=TODAY)
    (denied,) = [each for each in decision.artifacts[0].findings if each.outcome.value == "deny"]
    assert (denied.policy, denied.rule) == ("acme", "no-voices")
    assert denied.where is not None
    assert denied.where.file.endswith("acme.yaml")
    said = {without_versions(note) for note in decision.notes}
    assert without_versions(blocks("text")[0].strip()) in said


def test_what_the_page_says_is_refused_is_refused_so(folder: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(folder / "looser.yaml")
    assert [found.message for found in caught.value.diagnostics] == blocks("text")[1].splitlines()


def test_the_other_files_of_the_page_load(folder: Path) -> None:
    for name in ("stricter.yaml", "pinned.yaml"):
        assert load_policy(folder / name).remarks[0].text.split()[2] == "tightens"
    gate = Gate.load(folder / "another-gate.yaml")
    decision = gate.decide(ReleaseRequest.load(folder / "request.yaml"), as_of=TODAY)
    assert (
        "the gate sets ncii_refusal_floor of responsible-democratization to 0.995 in place of 0.98"
        in decision.notes
    )
