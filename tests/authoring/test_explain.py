"""What a policy says, in words."""

from pathlib import Path

import pytest

from release_gate.authoring.explain import as_markdown
from release_gate.cli import main
from release_gate.policy.load import policy_from_document
from release_gate.policy.packs import load_pack, pack_names
from release_gate.source import read_document

POLICY = """\
release_gate: policy/v1
id: acme
version: 1.0.0
title: Acme *releases*
covers: true
in_force: {from: 2026-01-01, until: 2027-01-01}
scope: request.action == 'release'
sources: {law: {title: A law, publisher: A state, date: 2024-01-01}}
tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]
default_tier: low
rules:
- {id: big, when: model.parameters > 5, tier: high, because: Size matters., cite: {source: law, section: 5}}
- {id: cap, ceiling: weights_open, when: model.parameters > 7}
- {id: none, at: fully_open, ceiling: fully_open}
- {id: card, at: hosted, applies_to: [api], require: document.model_card.status >= 'ready', fix: Write one.}
- {id: asked, at: hosted, require: artifact.terms.open, else: {sign_off: {role: legal}}}
- {id: two, at: weights_gated_manual, sign_off: {all: [a, b]}}
- {id: watch, oblige: {duty: Watch it, owner: lead}}
- {id: free, oblige: {duty: Tell, due: {with: release}}}
- {id: no, at: fully_open, when: model.parameters > 9, deny: Too large.}
"""


def test_a_policy_is_said_in_words() -> None:
    page = as_markdown(policy_from_document(read_document(POLICY.replace("section: 5", "section: '5'"), "p")))
    lines = page.splitlines()
    for line in (
        "# Acme \\*releases\\*",
        "In force from 2026-01-01 until 2027-01-01.",
        "It judges releases as a whole.",
        "It applies where `request.action == 'release'`.",
        "| access level | low | high | from here on |",
        "| internal | may | may | Watch it by lead (`watch`); Tell (`free`) |",
        "| hosted | may | may | `card` is met; `asked` is met, or 1 × legal must sign |",
        "| api_restricted | may | no |  |",
        "| weights_gated_manual (weights are out, for good) | may | no | a and b must sign (`two`) |",
        "| fully_open | may | no | denied by `cap` where it applies; denied by `no` where it applies |",
        "Where `model.parameters > 5`, the risk is at least high.",
        "Why: Size matters.",
        "Source: A law, A state, 2024-01-01, 5.",
        "Where `model.parameters > 7`, nothing more open than weights_open is allowed.",
        "For api: from hosted upwards, `document.model_card.status >= 'ready'` must hold.",
        "What to do: Write one.",
        "From hosted upwards, `artifact.terms.open` must hold, or else 1 × legal must sign.",
        "From weights_gated_manual upwards, a and b must sign.",
        "A duty comes with it: Watch it.",
        "From fully_open upwards, where `model.parameters > 9`, it is denied: Too large.",
    ):
        assert line in lines, page


@pytest.mark.parametrize("pack", pack_names())
def test_every_rule_of_a_pack_is_said(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["policy", "explain", pack])
    page = capsys.readouterr().out
    assert stop.value.code == 0
    assert [rule.id for rule in load_pack(pack).rules if f"\n### {rule.id}\n" not in page] == []


def test_it_goes_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["policy", "explain", "acme.yaml", "-o", "markdown=acme.md"])
    assert capsys.readouterr().out == ""
    assert Path("acme.md").read_text(encoding="utf-8").startswith("# Acme\n")
