"""Every code has a page, and what it shows is what happens. RELEASE_GATE_ACCEPT=1 writes what is printed."""

import ast
import json
import os
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from release_gate.codes import codes, explanation
from tests.commands import ended
from tools.pages import ROOT, Block, Run, blocks
from tools.reference.diagnostics import found

FOLDER = "src/release_gate/codes"
TOLD = re.compile(r"(?:error|warning)\[(RG\d{3})\]")
RAISED = set(found()[0])
TESTED_ELSEWHERE: dict[str, str] = {
    "RG405": "tests/editor/test_problems.py",
    "RG504": "tests/gate/test_crosswalk.py",
    "RG525": "tests/access/test_register.py",
    "RG532": "tests/access/test_released.py",
    "RG606": "tests/evidence/test_folder.py",
    "RG607": "tests/evidence/test_plugins.py",
    "RG700": "tests/signing/test_signing.py",
    "RG702": "tests/signing/test_signing.py",
    "RG703": "tests/signing/test_signing.py",
    "RG704": "tests/signing/test_signing.py",
    "RG705": "tests/signing/test_signing.py",
    "RG708": "tests/audit/test_tampering.py",
    "RG709": "tests/audit/test_tampering.py",
    "RG711": "tests/audit/test_tampering.py",
    "RG712": "tests/audit/test_tampering.py",
    "RG713": "tests/audit/test_tampering.py",
    "RG714": "tests/audit/test_tampering.py",
    "RG715": "tests/audit/test_tampering.py",
    "RG716": "tests/audit/test_tampering.py",
    "RG717": "tests/audit/test_tampering.py",
    "RG718": "tests/audit/test_tampering.py",
    "RG719": "tests/audit/test_tampering.py",
    "RG721": "tests/audit/test_tampering.py",
    "RG723": "tests/audit/test_tampering.py",
    "RG724": "tests/audit/test_attestation.py",
    "RG725": "tests/audit/test_attestation.py",
    "RG731": "tests/audit/test_ledger.py",
    "RG734": "tests/audit/test_ledger.py",
    "RG736": "tests/audit/test_ledger.py",
    "RG740": "tests/audit/test_replay.py",
    "RG744": "tests/audit/test_redaction.py",
    "RG860": "tests/authoring/test_fmt.py",
    "RG906": "tests/access/test_review.py",
}
"""Codes that no command tells as an error of its own, and the tests that expect them."""


class Page(Run):
    """The page of a code: what it shows as an example is wrong on purpose, and only written down."""

    def document(self, block: Block) -> None:
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content, encoding="utf-8")

    output = document


def split(text: str) -> tuple[list[Block], list[Block]]:
    """The blocks of the example, and of what is better."""
    line = text.split("\n\nBetter:\n", 1)[0].count("\n")
    found = list(blocks(text))
    return [each for each in found if each.line <= line], [each for each in found if each.line > line]


def commands(found: list[Block]) -> list[str]:
    text = "".join(each.content for each in found if each.language == "console")
    return [line[2:] for line in text.splitlines() if line.startswith("$ ")]


@cache
def expected_in(path: Path) -> set[str]:
    """The codes that the tests of a file expect: those that begin a text in it, comments left aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (each.value for each in ast.walk(tree) if isinstance(each, ast.Constant))
    return {text[:5] for text in texts if isinstance(text, str) and re.match(r"RG\d{3}\b", text)}


@pytest.mark.parametrize("code", codes())
def test_the_example_of_a_code_raises_it_and_what_is_better_does_not(code: str, tmp_path: Path) -> None:
    page = Page(f"{FOLDER}/{code}.md", tmp_path, accept=bool(os.environ.get("RELEASE_GATE_ACCEPT")))
    assert page.text.split("\n\nBetter:\n")[1].strip()
    if code in TESTED_ELSEWHERE:
        assert code in expected_in(ROOT / TESTED_ELSEWHERE[code])
        return
    page.all()
    example, better = split(page.path.read_text(encoding="utf-8"))
    shown = "".join(each.content for each in example if each.language == "console")
    assert set(TOLD.findall(shown)) == {code}
    assert ("  --> " in shown or "\n --> " in shown) == ("^" in shown)
    mended = "".join(each.content for each in better if each.language == "console")
    if not commands(better):
        mended = "".join(page.printed_by([each for each in commands(example) if "release-gate" in each]))
    assert code not in TOLD.findall(mended)
    assert "internal error" not in mended


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(codes()) == RAISED


def test_titles_are_in_the_manner_of_messages() -> None:
    for code in codes():
        page = explanation(code)
        assert page is not None
        assert re.fullmatch(r"[a-z`0-9].{5,90}[^.]", page.title), code
        assert len(page.about) > 50, code


# ---------------------------------------------------------------- the command

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Say:
    return partial(ended, capsys, "explain-code")


def test_a_code_is_explained(run: Say) -> None:
    code, out, _ = run("rg013")
    assert code == 0
    assert out.startswith("RG013: a key is written twice\n\n")
    assert "\n    release_gate: policy/v1\n" in out
    assert "```" not in out
    assert "<!--" not in out


def test_all_codes_are_listed(run: Say) -> None:
    code, out, _ = run()
    assert code == 0
    assert [line[:5] for line in out.splitlines()] == list(codes())
    assert "RG013  a key is written twice\n" in out


def test_programs_get_json_and_pages_markdown(run: Say) -> None:
    page = explanation("RG013")
    assert page is not None
    told = {"code": "RG013", "title": page.title, "text": page.text}
    assert json.loads(run("RG013", "-o", "json")[1]) == told
    assert [each["code"] for each in json.loads(run("-o", "json")[1])] == list(codes())
    assert run("RG013", "-o", "markdown")[1] == f"# RG013: {page.title}\n\n{page.text}"


@pytest.mark.parametrize(("word", "near"), [("rg8301", "`RG830`"), ("101", ""), ("../RG013", ""), ("", "")])
def test_what_is_no_code_is_wrong_usage_and_the_nearest_is_named(word: str, near: str, run: Say) -> None:
    code, out, err = run(word)
    if not word:
        assert code == 0
        return
    assert (code, out) == (2, "")
    assert f"there is no code {word}" in err
    assert near in err
