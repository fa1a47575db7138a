"""A second person's reading: each rule of a pack, its clause and the words it rests on, to be ticked off.

The tables of a README and the policy beside it must agree in both directions: nobody could tick off a rule
that is not listed, and a row without a rule would be ticked off for nothing.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from release_gate.facts.truth import Duration
from release_gate.policy.documents import PolicyDocument, RuleDocument
from release_gate.policy.load import load_policy
from release_gate.policy.packs import data_folder, pack_versions

FILES = sorted(data_folder("policies").glob("**/policy.yaml"))
UNITS = {"D": "day", "M": "month", "Y": "year"}


class Readme(NamedTuple):
    """The tables of a README by the first cell of their heads, and the policy beside it."""

    tables: dict[str, list[list[str]]]
    text: str
    policy: PolicyDocument

    def rows(self, kind: str) -> dict[str, list[str]]:
        """The rows of a table, by their first cells. None of them twice."""
        rows = self.tables.get(kind, [])
        found = {row[0]: row[1:] for row in rows}
        assert len(found) == len(rows), f"a row of the {kind}s is there twice"
        return found


@pytest.fixture(params=FILES, ids=lambda path: path.parent.relative_to(data_folder("policies")).as_posix())
def readme(request: pytest.FixtureRequest) -> Readme:
    path: Path = request.param
    text = (path.parent / "README.md").read_text(encoding="utf-8")
    tables: dict[str, list[list[str]]] = {}
    head = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            head = ""
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not head:
            head = cells[0]
            assert head not in tables, f"two tables of {head}s"
            tables[head] = []
        elif not set(line) <= set("|-"):
            tables[head].append(cells)
    return Readme(tables, text, load_policy(path).document)


def test_every_rule_has_one_row_and_every_row_a_rule(readme: Readme) -> None:
    assert list(readme.rows("rule")) == [f"`{rule.id}`" for rule in readme.policy.rules]


def test_a_row_names_the_source_and_the_clause_that_its_rule_cites(readme: Readme) -> None:
    for rule in readme.policy.rules:
        clause, _, _ = readme.rows("rule")[f"`{rule.id}`"]
        assert rule.cite is not None
        assert clause == f"`{rule.cite.source}`, {rule.cite.section or 'as a whole'}", rule.id


def test_a_row_gives_words_to_look_for(readme: Readme) -> None:
    for name, (_, words, _) in readme.rows("rule").items():
        assert len(re.findall(r"\w+", words)) >= 4, name
        assert all(len(quoted.split()) <= 25 for quoted in re.findall(r'"([^"]*)"', words)), name


def test_a_row_is_as_sure_as_its_rule(readme: Readme) -> None:
    for rule in readme.policy.rules:
        _, _, sure = readme.rows("rule")[f"`{rule.id}`"]
        assert rule.cite is not None
        confidence = rule.cite.confidence or readme.policy.sources[rule.cite.source].confidence
        assert re.split(r"[; ]", sure)[0] == confidence, rule.id


def test_a_row_says_every_term_that_its_rule_sets(readme: Readme) -> None:
    for rule in readme.policy.rules:
        row = " ".join(readme.rows("rule")[f"`{rule.id}`"])
        for length in lengths(rule):
            number, unit = re.fullmatch(r"P(\d+)([DMY])", str(length)).groups()  # type: ignore[union-attr]
            assert re.search(rf"\b{number} {UNITS[unit]}s?\b", row), f"{rule.id}: {length}"


def lengths(rule: RuleDocument) -> list[Duration]:
    if rule.oblige is None:
        return []
    due = rule.oblige.due
    said = [due.within, due.every] if due is not None else []
    return [length for length in [*said, rule.oblige.retain] if length is not None]


def test_every_source_is_listed_as_the_policy_has_it(readme: Readme) -> None:
    rows = readme.rows("source")
    assert list(rows) == [f"`{name}`" for name in readme.policy.sources]
    for name, source in readme.policy.sources.items():
        document, version, day, _ = rows[f"`{name}`"]
        title = f"[{source.title}]({source.url})" if source.url else source.title
        assert document == ", ".join([title, *([source.publisher] if source.publisher else [])]), name
        assert (version, day) == (source.version or "–", str(source.date)), name


def test_what_was_not_compared_with_its_document_is_said_by_name(readme: Readme) -> None:
    """A source that nobody could lay beside the table has a dash, and its rules are named below it."""
    compared = {name.strip("`"): cells[3] != "–" for name, cells in readme.rows("source").items()}
    assert all(cells[3] for cells in readme.rows("source").values())
    said = re.findall(r"^Not compared: (.*)$", readme.text, re.MULTILINE)
    named = set(re.findall(r"`([a-z0-9-]+)`", said[0])) if said else set()
    for rule in readme.policy.rules:
        assert rule.cite is not None
        assert compared[rule.cite.source] or rule.id in named, rule.id


def test_every_definition_that_is_listed_is_there(readme: Readme) -> None:
    names = {f"`is.{name}`" for name in readme.policy.definitions}
    assert set(readme.rows("definition")) <= names


def test_every_name_of_a_rule_in_the_text_is_one(readme: Readme) -> None:
    """What is written as code in the text and looks like the name of a rule is the name of something."""
    packs = {path.parent.name for path in FILES}
    known = {rule.id for rule in readme.policy.rules} | packs | {readme.policy.id}
    written = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", readme.text))
    assert written <= known


def test_the_versions_of_a_pack_are_listed_with_the_days_on_which_they_were_in_force(readme: Readme) -> None:
    versions = pack_versions(readme.policy.id)
    if readme.policy.version != versions[0].version or (len(versions) == 1 and not readme.policy.left_out):
        assert "version" not in readme.tables
        return
    expected = {}
    for version in versions:
        until = version.document.in_force.until or "now"
        where = "this folder" if version is versions[0] else f"folder `{version.version}`"
        expected[version.version] = [f"{version.in_force.from_} to {until}", where]
        for each in version.document.left_out:
            expected[each.version] = [f"{each.from_} to {each.until}", "not encoded"]
    assert readme.rows("version") == expected
    assert "RG516" in readme.text
