"""Every attack that is listed names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "attacks.md"
ROWS = [
    line for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| attack |")
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_an_attack_is_shown_refused_by_tests_that_are_there(row: str) -> None:
    _, attack, what, shown, _ = (part.strip() for part in row.split("|"))
    assert attack
    assert what
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)
    assert named
    assert re.sub(r"`[^`]+`", "", shown).strip(", ") == ""
    for file, name in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{file}::{name}"
