"""What a new version of a policy decides otherwise, and how it is told."""

import json
from functools import partial
from pathlib import Path

import pytest

from tests.commands import Run, ended

CASES = """\
release_gate: tests/v1
policy: acme
as_of: 2026-11-01
fixtures: {base: requests/base.yaml}
cases:
- {name: a | b, request: base, expect: {w: {verdict: conditional}}}
- name: signed
  request: base
  set:
    sign_offs: [{person: a, role: lead, word: approve, artifact: w, rung: fully_open, on: 2026-10-20}]
  expect: {w: {verdict: conditional}}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    (folder / "acme.tests.yaml").write_text(CASES, encoding="utf-8")
    (folder / "old").mkdir()
    text = (folder / "acme.yaml").read_text(encoding="utf-8").replace("count: 2", "count: 1")
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    (folder / "old" / "acme.yaml").write_text(text, encoding="utf-8")

    return partial(ended, capsys, "policy", "diff")


def change(old: str, new: str) -> None:
    path = Path("acme.yaml")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_same_decides_the_same(run: Run) -> None:
    assert run("old/acme.yaml", "acme.yaml") == (0, "2 requests, 0 loosened, 0 tightened\n", "")


def test_what_is_tightened_is_told_and_is_no_failure(run: Run) -> None:
    change("at: trusted_testers, oblige", "at: evaluators, oblige")
    assert run("old/acme.yaml", "acme.yaml") == (0, """\
tightened  a | b: w at evaluators: approve → conditional
tightened  signed: w at evaluators: approve → conditional
2 requests, 0 loosened, 2 tightened
""", "")  # fmt: skip


def test_what_is_loosened_comes_first_and_fails(run: Run) -> None:
    change("  - {id: two-people, at: weights_gated_manual", "  - {id: one-person, at: weights_restricted")
    change("at: trusted_testers, oblige", "at: evaluators, oblige")
    code, out, _ = run("old/acme.yaml", "acme.yaml")
    assert (code, out) == (4, """\
rule gone: two-people
rule new: one-person
LOOSENED   a | b: w at weights_gated_manual to weights_gated_auto: needs_approval → conditional
tightened  a | b: w at evaluators: approve → conditional
tightened  signed: w at evaluators: approve → conditional
2 requests, 1 loosened, 2 tightened
""")  # fmt: skip


def test_requests_are_judged_too(run: Run) -> None:
    change("  - {id: two-people, at: weights_gated_manual", "  - {id: two-people, at: weights_restricted")
    Path("acme.tests.yaml").unlink()
    code, out, _ = run("old/acme.yaml", "acme.yaml", "--requests", "requests", "--as-of", "2026-11-01")
    assert code == 4
    assert out.startswith(
        "LOOSENED   requests/base.yaml: w at weights_gated_manual to weights_gated_auto: needs_approval → "
    )
    assert run("old/acme.yaml", "acme.yaml")[0] == 2


def test_a_policy_that_does_not_cover_is_compared_as_if_another_did(run: Run) -> None:
    for path in (Path("acme.yaml"), Path("old/acme.yaml")):
        path.write_text(
            path.read_text(encoding="utf-8").replace("covers: true", "covers: false"), encoding="utf-8"
        )
    Path("acme.tests.yaml").unlink()
    change("at: trusted_testers, oblige", "at: hosted, oblige")
    code, out, _ = run(
        "old/acme.yaml", "acme.yaml", "--requests", "requests/base.yaml", "--as-of", "2026-11-01"
    )
    assert (
        code,
        out.startswith("LOOSENED   requests/base.yaml: w at trusted_testers: conditional → approve"),
    ) == (4, True)


def test_programs_get_json_and_pull_requests_markdown(run: Run) -> None:
    change("at: trusted_testers, oblige", "at: hosted, oblige")
    report = json.loads(run("old/acme.yaml", "acme.yaml", "-o", "json")[1])
    assert (report["requests"], report["loosened"], report["tightened"]) == (2, 2, 0)
    assert report["flips"][0] == {
        "request": "a | b", "artifact": "w", "from": "trusted_testers", "to": "trusted_testers",
        "old": "conditional", "new": "approve", "loosened": True,
    }  # fmt: skip
    page = run("old/acme.yaml", "acme.yaml", "-o", "markdown")[1]
    assert "2 requests: 2 verdicts loosened, 0 tightened." in page
    assert "| **loosened** | `a \\| b` | `w` | trusted_testers | conditional | approve |" in page
    assert "|---" not in run("acme.yaml", "acme.yaml", "-o", "markdown")[1]


def test_packs_can_be_compared(run: Run) -> None:
    assert run("ladder", "ladder")[:2] == (0, run("ladder", "ladder")[1])
    assert run("laddr", "ladder")[0] == 3


def test_a_version_whose_day_has_not_come_is_compared_as_if_it_had(run: Run) -> None:
    change("version: 1.0.0", "version: 2.0.0\nin_force: {from: 2027-01-01}")
    assert run("old/acme.yaml", "acme.yaml") == (0, "2 requests, 0 loosened, 0 tightened\n", "")
