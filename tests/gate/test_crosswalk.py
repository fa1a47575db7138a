"""Which rule speaks to which clause."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from release_gate.cli.packs import packs
from release_gate.diagnostics import PolicyError
from release_gate.gate.crosswalk import crosswalk, crosswalk_tree, render_crosswalk
from release_gate.policy.packs import data_folder, load_pack, pack_names

CROSSWALK = data_folder("policies") / "crosswalk.yaml"
OURS = ("ladder", "license-lineage", "responsible-democratization", "staged-release")
"""Packs that encode no framework of clauses."""


def test_every_rule_that_it_names_is_there() -> None:
    found = crosswalk(CROSSWALK, map(load_pack, pack_names()))
    assert [rule for framework in found for clause in framework.clauses for rule in clause.elsewhere] == []


def test_every_rule_of_a_pack_that_encodes_a_framework_is_named() -> None:
    found = crosswalk(CROSSWALK, map(load_pack, pack_names()))
    named = {rule for framework in found for clause in framework.clauses for rule in clause.rules}
    # A crosswalk is for releases: which licence somebody asks under says nothing about a framework.
    packs_ = [pack for pack in map(load_pack, pack_names()) if pack.document.subject == "release"]
    rules = {f"{pack.id}/{rule.id}" for pack in packs_ for rule in pack.rules}
    assert {rule for rule in rules - named if not rule.startswith(OURS)} == set()


def test_a_gate_without_a_pack_leaves_its_clauses_out() -> None:
    found = {each.id: each for each in crosswalk(CROSSWALK, [load_pack("ladder"), load_pack("us-frontier")])}
    assert (found["sb-53"].covered, len(found["sb-53"].clauses)) == (7, 8)
    assert found["eu-ai-act"].covered == 0
    text = "\n".join(render_crosswalk([found["sb-53"], found["osaid"]]))
    assert "California SB 53: 7 of 8 clauses" in text
    assert "  ✗ 22757.12(e): no false statements\n      no rule in any pack" in text
    assert "  ✗ data information: data information\n      no rule; there is one in osaid" in text
    assert "  ✓ the four freedoms: use, study, modify, share\n      ladder/open-means-open" in text


def test_as_json_it_says_the_same(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        packs, ["coverage", "--policy", "us-frontier", "-o", "json"], standalone_mode=False
    )
    assert run.return_value == 0
    expected: Any = crosswalk_tree(crosswalk(CROSSWALK, [load_pack("ladder"), load_pack("us-frontier")]))
    assert json.loads(run.output) == expected
    assert expected["sb-53"]["clauses"]["22757.12(e)"] == {
        "title": "no false statements",
        "rules": [],
        "elsewhere": [],
    }


def test_without_a_gate_it_is_about_all_packs() -> None:
    run = CliRunner().invoke(packs, ["coverage"], standalone_mode=False)
    assert (
        run.output == "\n".join(render_crosswalk(crosswalk(CROSSWALK, map(load_pack, pack_names())))) + "\n"
    )


def test_a_rule_is_named_with_its_policy(tmp_path: Path) -> None:
    file = tmp_path / "crosswalk.yaml"
    file.write_text(
        "release_gate: crosswalk/v1\n"
        "frameworks: {f: {title: F, clauses: {'1': {title: one, rules: [alone]}}}}\n"
    )
    with pytest.raises(PolicyError) as error:
        crosswalk(file, [])
    assert error.value.diagnostics[0].code == "RG504"
