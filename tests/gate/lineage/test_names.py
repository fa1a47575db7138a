"""Names mean what a table says."""

from pathlib import Path

import pytest

from release_gate import ReleaseRequest
from release_gate.diagnostics import RequestError
from release_gate.gate.lineage.graph import Graph
from release_gate.gate.lineage.names import Names
from release_gate.policy.packs import data_folder


def table(folder: Path, names: str, file: str = "names.yaml") -> Path:
    path = folder / file
    path.write_text(f"release_gate: aliases/v1\nnames: {{{names}}}\n", encoding="utf-8")
    return path


def test_a_name_means_what_the_table_says_and_otherwise_itself(tmp_path: Path) -> None:
    names = Names.load([table(tmp_path, "ours: [Ours 7B]")])
    assert [names.meaning(each) for each in ("Ours 7B", "ours 7b", "Ours  7B", "Ours 7")] == [
        "ours",
        "ours 7b",
        "Ours  7B",
        "Ours 7",
    ]


def test_the_table_that_ships_with_the_library_counts_after_ones_own(tmp_path: Path) -> None:
    assert Names.load().meaning("LLaMA-7B") == "llama-1"
    names = Names.load([table(tmp_path, "our-copy: [LLaMA-7B], house-llama: [our-copy]")])
    assert names.meaning("LLaMA-7B") == "house-llama"
    assert names.meaning("LLaMA-13B") == "llama-1"


@pytest.mark.parametrize(
    ("names", "message", "at"),
    [
        ("a: [X], b: [X]", "`X` means `a` already", "X"),
        ("a: [b], b: [a]", "the name `b` means itself, by way of `b` and `a`", None),
        ("a: [a]", "the name `a` means itself, by way of `a`", None),
        ("a: {X: y}", "this must be a list in `names`", "{X: y}"),
    ],
)
def test_a_table_that_leaves_something_open_is_refused(
    tmp_path: Path, names: str, message: str, at: str | None
) -> None:
    with pytest.raises(RequestError) as error:
        Names.load([table(tmp_path, names)])
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("RG522", message)
    assert (found.span.text if found.span else None) == at


def test_two_tables_may_not_contradict_each_other(tmp_path: Path) -> None:
    files = [table(tmp_path, "a: [X]", "one.yaml"), table(tmp_path, "b: [X]", "two.yaml")]
    with pytest.raises(RequestError, match="`X` means `a` already"):
        Names.load(files)


def test_every_name_that_ships_with_the_library_means_a_dossier() -> None:
    dossiers = [ReleaseRequest.load(path) for path in data_folder("examples").glob("dossiers/*.yaml")]
    graph = Graph([(each, "") for each in dossiers], Names.load())
    shipped = Names.load()._table
    assert len(shipped) > 100
    assert {name for name in shipped if graph.nodes[graph.find(name)[0]].request is None} == set()
