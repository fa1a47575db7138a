"""The reference is what the code says."""

import re
from pathlib import Path

import pytest

import release_gate
from release_gate.cli import main
from tools.reference import FOLDER, NOTICE, pages
from tools.reference.diagnostics import found

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8") if (FOLDER / name).exists() else ""
    assert written == PAGES[name], (
        f"docs/reference/{name} is out of date; `python3 dev.py docs` writes it anew"
    )


def test_no_page_says_that_it_is_generated_and_is_not() -> None:
    marked = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*.md")
        if path.read_text(encoding="utf-8").startswith(NOTICE)
    }
    assert marked == set(PAGES)


def test_every_code_of_the_source_is_in_the_page_of_diagnostics() -> None:
    package = Path(release_gate.__file__).parent
    written = {
        code
        for path in package.rglob("*.py")
        for code in re.findall(r'^[^#"]*"(RG\d{3})"', path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    codes, shapes, problems = found()
    assert written == set(codes)
    assert ("a file holds one document", "remove the `---`, or use two files") in codes["RG006"]
    assert ("there is no pack `…`", "") in codes["RG501"]
    assert ("a list cannot be null", "write [] for a list that is known to be empty") in problems
    assert "RG401" in shapes


def test_every_public_name_has_a_docstring() -> None:
    assert all(getattr(release_gate, name).__doc__ for name in release_gate.__all__)


def test_writing_the_page_of_the_command_leaves_the_command_as_it_is() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["-h"])
    assert stop.value.code == 0
