"""``release-gate lineage``."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from release_gate.cli import cli, main

DAY = "2026-11-24"
REQUEST = """\
release_gate: request/v1
id: {name}
action: release
artifacts: [{{id: weights, kind: weights, wanted: weights_open, license: Apache-2.0}}]
lineage: [{{parent: {parent}, relation: finetune, license: Apache-2.0, access: fully_open}}]
"""


def lineage(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["lineage", *map(str, arguments), "--as-of", DAY], standalone_mode=False)


def tree(*arguments: str | Path) -> Any:
    run = lineage(*arguments, "-o", "json")
    assert run.exception is None, run.exception
    return json.loads(run.output)


def request(folder: Path, name: str, parent: str, file: str = "") -> Path:
    path = folder / (file or f"{name}.yaml")
    path.write_text(REQUEST.format(name=name, parent=parent))
    return path


def names(told: Any) -> list[str]:
    return [each["name"] for each in told["nodes"]]


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_dossiers_of_past_releases_count_unless_one_says_otherwise(tmp_path: Path) -> None:
    ours = request(tmp_path, "ours", "Dolly v2")
    assert names(tree("ours", ours)) == ["dolly-v2", "ours", "pythia", "the-pile"]
    assert names(tree("ours", ours, "--no-dossiers")) == ["dolly-v2", "ours"]
    assert tree("ours", ours, "--no-dossiers")["unresolved"] == {"dolly-v2": ["ours"]}


def test_a_table_of_ones_own_says_what_a_name_means(tmp_path: Path) -> None:
    (tmp_path / "names.yaml").write_text("release_gate: aliases/v1\nnames: {pythia: [Our base]}\n")
    ours = request(tmp_path, "ours", "Our base")
    assert names(tree("ours", ours)) == ["Our base", "ours"]
    assert names(tree("ours", ours, "--aliases", "names.yaml")) == ["ours", "pythia", "the-pile"]
    assert tree("Our base", ours, "--aliases", "names.yaml", "--depth", "1")["root"] == "pythia"


def test_requests_of_a_folder_count_and_what_is_no_request_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "requests"
    folder.mkdir()
    request(folder, "a", "b")
    request(folder, "b", "c")
    (folder / "names.yaml").write_text("release_gate: aliases/v1\nnames: {c: [C]}\n")
    told = tree("a", folder, "--no-dossiers")
    assert names(told) == ["a", "b", "c"]
    assert [each["from"] for each in told["nodes"]] == [f"{folder}/a.yaml", f"{folder}/b.yaml", None]


def test_two_requests_with_one_id_are_refused_unless_they_are_the_same(tmp_path: Path) -> None:
    one = request(tmp_path, "a", "b")
    assert names(tree("a", one, request(tmp_path, "a", "b", "copy.yaml"), "--no-dossiers")) == ["a", "b"]
    run = lineage("a", one, request(tmp_path, "a", "c", "other.yaml"))
    (found,) = run.exception.diagnostics  # type: ignore[union-attr]
    assert (found.code, found.span.text) == ("RG521", "a")
    assert found.message == f"`a` is in {one} and in {tmp_path}/other.yaml"


def test_a_request_of_ones_own_counts_before_a_dossier(tmp_path: Path) -> None:
    ours = request(tmp_path, "pythia", "our-data")
    found = {each["name"]: each["from"] for each in tree("pythia", ours)["nodes"]}
    assert found["pythia"] == str(ours)
    assert found["dolly-v2"] == "dossier dolly-v2"
    assert "the-pile" not in found


def test_what_a_ledger_recorded_counts_and_that_of_the_gate_file_by_itself(tmp_path: Path) -> None:
    ours = request(tmp_path, "ours", "pythia")
    gate = "release_gate: gate/v1\npolicies: [{pack: license-lineage}]\nledger: sqlite:///ledger.db\n"
    (tmp_path / "release-gate.yaml").write_text(gate)
    assert names(tree("pythia", "--depth", "1")) == ["dolly-v2", "open-assistant", "pythia", "the-pile"]
    day = datetime.now(UTC).date().isoformat()
    with pytest.raises(SystemExit):
        main(["check", str(ours), "--record", "--as-of", day])
    ours.unlink()
    for more in ((), ("--policy", "license-lineage", "--ledger", "sqlite:///ledger.db")):
        run = ["lineage", "pythia", "-o", "json", "--as-of", day, *more]
        told = json.loads(CliRunner().invoke(cli, run, standalone_mode=False).output)
        found = {each["name"]: each for each in told["nodes"]}
        assert found["ours"]["from"].endswith("ledger.db")
    assert "ours" not in names(tree("pythia", "--policy", "license-lineage"))
    before = tree("pythia", "--ledger", "sqlite:///ledger.db")  # as of a day before anything was recorded
    assert ("ours" in names(before)) == (day <= DAY)


def test_a_question_is_answered_below_the_tree(tmp_path: Path) -> None:
    run = lineage("pythia", "--withdraw", "the-pile", "--license", "pythia=CC-BY-NC-4.0", "--depth", "1")
    assert run.return_value == 0
    assert "\nif the-pile is withdrawn and pythia is under CC-BY-NC-4.0:\n" in run.output
    told = tree("pythia", "--license", "pythia=CC-BY-NC-4.0")
    assert {each["name"]: each["direction"] for each in told["then"] if each["artifact"] == "weights"} == {
        "dolly-v2": "falls",
        "pythia": "denied",  # the Pile, which it was trained on, was withdrawn before
    }


@pytest.mark.parametrize("form", ["text", "mermaid", "svg", "json"])
def test_every_form_is_written(form: str) -> None:
    run = lineage("llama-1", "-o", form)
    start = {"text": "llama-1: ", "mermaid": "flowchart TD\n", "svg": "<svg xmlns", "json": '{\n  "root"'}
    assert run.output.startswith(start[form])
    assert "alpaca" in run.output


@pytest.mark.parametrize("said", ["llama-1", "=MIT", "llama-1="])
def test_a_licence_is_asked_about_with_a_name(said: str) -> None:
    assert "is not NAME=LICENSE" in str(lineage("llama-1", "--license", said).exception)


def test_the_gate_judges_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "release-gate.yaml").write_text("release_gate: gate/v1\npolicies: [{pack: ladder}]\n")
    assert {each["verdict"] for each in tree("pythia")["nodes"][-1]["artifacts"]} == {
        "deny"
    }  # none covers it
    assert lineage("pythia", "--gate", "none.yaml").exception is not None
