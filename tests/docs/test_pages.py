"""What a page shows is what happens. RELEASE_GATE_ACCEPT=1 writes what commands print into the pages."""

import os
from pathlib import Path

import pytest

from tools.pages import PAGES, ROOT, Block, Run, blocks

NOT_RUN: dict[str, int] = {
    "docs/how-to/collect-evidence.md": 1,
    "docs/reference/collectors.md": 3,
    "CONTRIBUTING.md": 2,
    "README.md": 2,
    "docs/how-to/test-a-policy.md": 2,
    "docs/how-to/set-up-an-editor.md": 3,
    "docs/how-to/try-conditions.md": 1,
}
"""How many blocks of a page are not run. Each gives its reason in the page."""


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_is_what_happens(page: str, tmp_path: Path) -> None:
    run = Run(page, tmp_path, accept=bool(os.environ.get("RELEASE_GATE_ACCEPT")))
    run.all()
    assert all(run.not_run)
    assert len(run.not_run) == NOT_RUN.get(page, 0)


def test_every_page_of_the_site_can_be_found() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")]
    assert [page for page in pages if f" {page}\n" not in nav] == []


def run_text(text: str, folder: Path, *, accept: bool = False) -> Run:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    inside = folder / "inside"
    inside.mkdir(exist_ok=True)
    run = Run(str(page), inside, accept=accept)
    run.all()
    return run


WRONG = {
    "another output": ("```console\n$ echo one\ntwo\n```\n", "`echo one` prints"),
    "a missing output": ("```console\n$ echo one\n```\n", "`echo one` prints"),
    "an error": ("```console\n$ release-gate check absent.yaml --policy ladder\n```\n", "RG001"),
    "no command": ("```console\nsome text\n```\n", "no line starts with"),
    "a language nobody runs": ("```rust\nfn main() {}\n```\n", "say in a comment how it is run, or why not"),
    "no language": ("```\ntext\n```\n", "say in a comment how it is run, or why not"),
    "an indented block": ("text\n\n    text\n", "say in a comment how it is run, or why not"),
    "another print": ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "the program prints"),
    "a program that fails": ("```python\n1 / 0\n```\n", "division by zero"),
    "a document of no kind": ("```yaml\na: b\n```\n", "does not say `release_gate: KIND/v1`"),
    "a document of a strange kind": (
        "```yaml\nrelease_gate: poem/v1\n```\n",
        "with a kind that there is",
    ),
    "a wrong document": ("```yaml\nrelease_gate: policy/v1\nid: a\n```\n", "`title` is missing"),
    "a wrong part": ("<!-- part of: request -->\n```yaml\nmodl: {}\n```\n", "did you mean `model`"),
    "a wrong rule": (
        "<!-- part of: policy -->\n```yaml\n- {id: a, deny: no, when: modl.name == 'x'}\n```\n",
        "did you mean `model`",
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_page_that_is_wrong_fails(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011 - of whatever kind, it says what is wrong
        run_text(text, tmp_path)
    assert told in str(error.value)


RIGHT = {
    "dots stand for anything": "```console\n$ echo one two three\none ... three\n```\n",
    "commands share a shell": "```console\n$ x=5; false\n$ echo $? $x\n1 5\n```\n",
    "a command may go on": "```console\n$ echo a \\\n    b\na b\n```\n",
    "blocks share names": "```python\nx = 1\n```\n\n```python\nprint(x)\n```\n\n```text\n1\n```\n",
    "a block becomes a file": (
        '```yaml title="gates/gate.yaml"\nrelease_gate: gate/v1\npolicies: [{pack: ladder}]\n```\n\n'
        "```console\n$ ls gates\ngate.yaml\n```\n"
    ),
    "a page starts with files": "<!-- start with: LICENSE -->\n\n```console\n$ ls\nLICENSE\n```\n",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_a_page_that_is_right_passes(text: str, tmp_path: Path) -> None:
    assert run_text(text, tmp_path).not_run == []


def test_a_block_that_is_not_run_gives_its_reason(tmp_path: Path) -> None:
    run = run_text("<!-- not run: it would install -->\n\n```console\n$ exit 1\n```\n", tmp_path)
    assert run.not_run == ["it would install"]


def test_a_comment_is_about_the_next_block_only() -> None:
    first, second = blocks("<!-- not run: x -->\n```a\n```\n\n```b\n```\n")
    assert isinstance(first, Block)
    assert (first.notes, second.notes) == ({"not run": "x"}, {})


def test_what_is_printed_can_be_written_into_the_page(tmp_path: Path) -> None:
    text = "# A\n\n```console\n$ echo one\ntwo\n$ echo 3\n...\n```\n\n"
    text += "```python\nprint(1)\n```\n\n```text\n2\n```\n\nEnd.\n"
    run_text(text, tmp_path, accept=True)
    written = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert written == text.replace("two", "one").replace("\n2\n", "\n1\n")
