"""Whatever is asked about any place of any document, whole or broken, is answered, and soon."""

from datetime import date
from pathlib import Path
from random import Random

import pytest

from release_gate.editor.completion import complete
from release_gate.editor.definition import definition
from release_gate.editor.fixes import fixes
from release_gate.editor.formatting import formatted
from release_gate.editor.hover import hover
from release_gate.editor.pages import Page
from release_gate.editor.problems import check
from release_gate.unsaved import unsaved
from tests.calls import calls
from tests.editor.pages import POLICY

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 28)
DOCUMENTS = [
    path
    for name in (
        "policies/responsible-democratization/policy.yaml",
        "policies/responsible-democratization/tests.yaml",
        "policies/eu-ai-act-gpai/policy.yaml",
        "examples/release-gate.yaml",
        "examples/dossiers/llama-1.yaml",
        "examples/access-request.yaml",
    )
    if (path := ROOT / name).is_file()
]


def answer(page: Page, offset: int) -> None:
    """Ask everything about a place."""
    shown = hover(page, offset)
    assert shown is None or (shown.text and 0 <= shown.start <= offset <= shown.end <= len(page.text))
    for item in complete(page, offset):
        assert item.label
        assert 0 <= item.start <= offset <= item.end <= len(page.text)
    definition(page, offset)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_place_of_a_document_is_answered(path: Path) -> None:
    page = Page(path, path.read_text(encoding="utf-8"))
    for offset in Random(path.name).sample(range(len(page.text) + 1), min(60, len(page.text))):
        answer(page, offset)


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_place_of_a_broken_document_is_answered(path: Path) -> None:
    random, text = Random(path.name), path.read_text(encoding="utf-8")
    for _ in range(15):
        start = random.randrange(len(text))
        broken = text[:start] + random.choice(["'", '"', "{", "[", "]", ":", "\n", "- ", "", "|", "\t"])
        broken += text[start + random.randrange(40) :]
        page = Page(path, broken)
        with unsaved({path.resolve(): broken}):
            for place in (start, start + 1, random.randrange(len(broken))):
                answer(page, min(place, len(broken)))
            told = check(page, DAY)
            assert all(each.diagnostic.span is not None for each in told)
            for fix in fixes(page, [each.diagnostic for each in told if each.elsewhere is None]):
                assert all(0 <= edit.start <= edit.end <= len(broken) for edit in fix.edits)
        formatted(page)


def test_what_a_keystroke_costs_grows_no_faster_than_the_policy() -> None:
    rule = '  - id: rule-{0}\n    when: compute.training_flop > 1e25 and capability.cyber.level >= "high"\n    deny: No.\n'

    def cost(rules: int) -> int:
        text = POLICY + "rules:\n" + "".join(rule.format(number) for number in range(rules))
        page = Page(Path("/nowhere/acme.yaml"), text + "  - id: last\n    when: metric.")

        def typed() -> None:
            assert [each.label for each in complete(page, len(page.text))] == ["refusal"]
            assert hover(page, text.rindex("training_flop")) is not None
            assert definition(page, len(page.text)) is None

        typed()  # what is made once
        return calls(typed)

    assert cost(400) <= 2.5 * cost(200)
