"""Which rule speaks to which clause."""

import base64
import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from release_gate.cli.packs import packs
from release_gate.diagnostics import PolicyError
from release_gate.gate.crosswalk import Clause, Framework, crosswalk
from release_gate.gate.crosswalk_reports import (
    crosswalk_tree,
    html_crosswalk,
    markdown_crosswalk,
    render_crosswalk,
)
from release_gate.policy.load import load_policy
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
    rules = {f"{pack.id}/{rule.id}" for pack in map(load_pack, pack_names()) for rule in pack.rules}
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
        "unsure": [],
    }
    assert (expected["sb-53"]["covered"], expected["sb-53"]["left_out"]) == (7, ["22757.12(e)"])
    asked: Any = crosswalk_tree(crosswalk(CROSSWALK, [load_pack("research-access")]))
    clauses = asked["llama-1"]["clauses"]
    assert clauses["request form"]["unsure"] == ["research-access/known-in-the-field"]
    assert clauses["access to the model"]["unsure"] == []


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


def test_an_overlay_counts_with_the_rules_of_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(
        "release_gate: policy/v1\nid: acme\nextends: us-frontier\nrules: [{id: more, deny: No}]\n"
    )
    (framework,) = (
        each for each in crosswalk(CROSSWALK, [load_policy(tmp_path / "acme.yaml")]) if each.id == "sb-53"
    )
    assert framework.covered == 7
    assert framework.clauses[0].rules == ("acme/published-framework",)
    assert framework.clauses[0].packs == ()


def test_rules_of_an_older_version_alone_are_no_rules_of_the_newest() -> None:
    found = {each.id: each for each in crosswalk(CROSSWALK, [load_pack("anthropic-rsp")])}
    assert found["anthropic-rsp"].covered == 5
    assert "anthropic-rsp/capability-report" not in str(found)


def framework(words: str) -> Framework:
    clauses = (Clause(words, words, (), ("pack/rule",)), Clause("2", words, ("a/b",), (), ("a/b",)))
    return Framework("f", words, clauses)


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["</table><script>", "a | b", "`x`\n\n# y", "](javascript:x)"]
)


@given(HOSTILE)
def test_law_no_text_of_a_crosswalk_means_anything_to_a_browser(words: str) -> None:
    page = "".join(html_crosswalk([framework(words)], words))
    seen: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append(tag)  # type: ignore[method-assign]
    parser.feed(page)
    around = ["html", "head", *["meta"] * 5, "title", "style", "body", "main", "h1", "p"]
    table = ["h2", "p", "div", "table", "tr", *["th"] * 3, "tr", *["td"] * 3, "tr", *["td"] * 3, "code"]
    assert seen == around + table
    assert page.isprintable() or all(line.isprintable() for line in page.splitlines())


@given(HOSTILE)
def test_law_no_text_of_a_crosswalk_ends_its_row(words: str) -> None:
    text = "".join(markdown_crosswalk([framework(words)]))
    rows = [
        token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text) if token.type == "tr_open"
    ]
    assert len(rows) == 3


def test_a_page_says_what_is_left_out_and_what_is_unverified() -> None:
    page = CliRunner().invoke(packs, ["coverage", "--policy", "us-frontier", "-o", "html"]).output
    assert "<p>7 of 8 clauses</p>" in page
    assert (
        '<tr class="none"><td>22757.12(e)</td><td>no false statements</td><td>no rule in any pack</td>'
        in page
    )
    assert "(unverified)" not in page
    assert "ladder 2026" in page
    asked = CliRunner().invoke(packs, ["coverage", "--policy", "research-access", "-o", "html"]).output
    assert "<code>research-access/known-in-the-field</code> (unverified)" in asked
    text = CliRunner().invoke(packs, ["coverage", "--policy", "us-frontier", "-o", "markdown"]).output
    assert "| 22757.12(e) | no false statements | **no rule in any pack** |" in text


def test_the_page_forbids_everything_that_is_not_its_own_style() -> None:
    page = "".join(html_crosswalk([framework("x")], "y"))
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
