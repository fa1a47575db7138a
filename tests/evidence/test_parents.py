"""Licences of what a model stands on, beside its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from release_gate.cli import main
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected
from release_gate.evidence.hold import hold
from release_gate.evidence.request import build_request
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Reason, Unknown
from tests.evidence.files import MIT, good_weights, write


def card(licence: str, *, base: str | None = None) -> str:
    parent = f"base_model: {base}\nbase_model_relation: finetune\n" if base else ""
    return f"---\nlicense: {licence}\n{parent}---\n"


def read(tmp_path: Path, own: str, parent: str, **files: str) -> Collected:
    """What is found about a child of `acme/base`, whose folder is read for its licence."""
    child: Files = {"model.safetensors": good_weights(), "README.md": card(own, base="acme/base"), **files}
    base = write(tmp_path / "base", {"README.md": card(parent)})
    return collect([write(tmp_path / "tiny", child)], parents=[base])


Files = dict[str, str | bytes]
BEYOND = [
    ("apache-2.0", "cc-by-nc-4.0", "does not allow commercial use"),
    ("mit", "gpl-3.0-only", "asks for the same licence"),
    ("apache-2.0", "openrail++", "restricts uses, which must bind whatever stands on it"),
    ("apache-2.0", "llama2", "restricts uses, which must bind whatever stands on it"),
    ("mit", "cc-by-nd-4.0", "does not allow derivatives"),
]
WITHIN = [
    ("mit", "apache-2.0"),
    ("cc-by-nc-4.0", "mit"),
    ("gpl-3.0-only", "gpl-3.0-only"),
    ("llama2", "llama2"),
    ("other", "cc-by-nc-4.0"),
    ("mit", "other"),
]


@pytest.mark.parametrize(("own", "parent", "why"), BEYOND)
def test_a_licence_that_promises_more_than_that_of_a_parent_is_told(
    tmp_path: Path, own: str, parent: str, why: str
) -> None:
    (told,) = [each for each in read(tmp_path, own, parent).problems if each.code == "RG622"]
    assert "`tiny` is under" in told.message
    assert "stands on `acme/base`" in told.message
    assert why in told.message


@pytest.mark.parametrize(("own", "parent"), WITHIN)
def test_one_that_promises_no_more_is_not(tmp_path: Path, own: str, parent: str) -> None:
    assert [each for each in read(tmp_path, own, parent).problems if each.code == "RG622"] == []


def test_the_licence_of_a_parent_goes_into_the_request_with_its_place(tmp_path: Path) -> None:
    tree = build_request(read(tmp_path, "apache-2.0", "cc-by-nc-4.0"))
    (edge,) = tree["lineage"]["items"]
    assert edge["license"] == {"value": "CC-BY-NC-4.0", "note": "base/README.md line 2"}
    assert ReleaseRequest.model_validate(tree).lineage.items[0].license.value == "CC-BY-NC-4.0"


def test_a_parent_whose_files_disagree_has_no_known_licence(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"README.md": card("apache-2.0"), "LICENSE": MIT})
    child: Files = {"model.safetensors": good_weights(), "README.md": card("mit", base="acme/base")}
    tree = build_request(collect([write(tmp_path / "tiny", child)], parents=[base]))
    assert tree["lineage"]["items"][0]["license"]["unknown"] == "conflicting"


def claimed(tmp_path: Path, *parents: Files) -> list[Any]:
    """What comes of the claim that every parent of a model is under MIT."""
    names = [f"acme/base-{number}" for number, _ in enumerate(parents)]
    folders = [write(tmp_path / name[5:], files) for name, files in zip(names, parents, strict=True)]
    child: Files = {
        "model.safetensors": good_weights(),
        "README.md": card("mit", base=f"[{', '.join(names)}]"),
    }
    tree = {
        "id": "r",
        "action": "release",
        "artifacts": [{"id": "w", "kind": "weights", "wanted": "weights_open"}],
        "lineage": [{"parent": name, "license": "MIT"} for name in names],
    }
    found = collect([write(tmp_path / "tiny", child)], parents=folders)
    held = hold(ReleaseRequest.model_validate(tree), found).request
    return [each.license.value for each in held.lineage.items]


def test_each_parent_is_held_against_its_own_licence(tmp_path: Path) -> None:
    mit, other, unsaid, torn = (
        Files({"README.md": card(name)}) for name in ("mit", "cc-by-nc-4.0", "other", "gpl-3.0-only")
    )
    conflict = Unknown(Reason.CONFLICTING)
    assert claimed(tmp_path, mit, other, unsaid, {**torn, "LICENSE": MIT}) == [
        "MIT",
        conflict,
        "MIT",
        conflict,
    ]


def test_a_folder_of_another_name_says_nothing_about_a_parent(tmp_path: Path) -> None:
    other = write(tmp_path / "other", {"README.md": card("cc-by-nc-4.0")})
    child: Files = {"model.safetensors": good_weights(), "README.md": card("mit", base="acme/base")}
    found = collect([write(tmp_path / "tiny", child)], parents=[other])
    assert "license" not in build_request(found)["lineage"]["items"][0]


def test_logs_in_the_folder_of_a_parent_are_not_about_the_model(tmp_path: Path) -> None:
    log = json.dumps(
        {"results": {"a": {"acc,none": 1}}, "versions": {}, "config": {"model_args": "pretrained=base"}}
    )
    base = write(tmp_path / "base", {"README.md": card("mit"), "results.json": log})
    child: Files = {"model.safetensors": good_weights(), "README.md": card("mit", base="acme/base")}
    assert "metric" not in build_request(collect([write(tmp_path / "tiny", child)], parents=[base]))


def bill(licence: str) -> str:
    ancestors = [
        {"type": "machine-learning-model", "name": "acme/base", "licenses": [{"license": {"id": licence}}]}
    ]
    main_ = {"type": "machine-learning-model", "name": "tiny", "pedigree": {"ancestors": ancestors}}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": main_}})


def test_a_bill_of_materials_tells_the_licences_of_ancestors(tmp_path: Path) -> None:
    child: Files = {
        "model.safetensors": good_weights(),
        "README.md": card("mit"),
        "bom.json": bill("CC-BY-NC-4.0"),
    }
    found = collect([write(tmp_path / "tiny", child)])
    assert [each.code for each in found.problems] == ["RG622"]


def test_a_bill_and_the_folder_of_a_parent_that_differ_leave_its_licence_unknown(tmp_path: Path) -> None:
    found = read(tmp_path, "mit", "apache-2.0", **{"bom.json": bill("CC-BY-NC-4.0")})
    (edge,) = build_request(found)["lineage"]["items"]
    assert edge["license"] == {"unknown": "conflicting"}
    request = ReleaseRequest.model_validate(build_request(found))
    assert request.lineage.items[0].license.value == Unknown(Reason.CONFLICTING)


def claim(licence: Any, between: dict[str, str] | None = None) -> ReleaseRequest:
    edge = {"parent": "acme/base", "relation": "finetune", "license": licence}
    lineage = [between, edge | {"child": between["parent"]}] if between is not None else [edge]
    return ReleaseRequest.model_validate(
        {
            "release_gate": "request/v1",
            "id": "tiny",
            "action": "release",
            "lineage": lineage,
            "artifacts": [{"id": "tiny", "kind": "weights", "wanted": "internal"}],
        }
    )


def test_a_request_that_calls_the_parent_freer_than_it_is_does_not_get_away_with_it(tmp_path: Path) -> None:
    found = read(tmp_path, "cc-by-nc-4.0", "cc-by-nc-4.0")
    held = hold(claim("Apache-2.0"), found)
    assert held.request.lineage.items[0].license.value == Unknown(Reason.CONFLICTING)
    assert "claims Apache-2.0" in held.diagnostics[0].message
    held = hold(claim("Apache-2.0", {"parent": "acme/between", "license": "Apache-2.0"}), found)
    assert held.request.lineage.items[1].license.value == Unknown(Reason.CONFLICTING)
    assert hold(claim("cc-by-nc-4.0"), found).disagreements == ()
    assert hold(claim({"unknown": "missing"}), found).disagreements == ()


def test_the_command_and_the_gate_file_take_parents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read(tmp_path, "apache-2.0", "cc-by-nc-4.0")
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(
        "release_gate: policy/v1\nid: own\nversion: 1.0.0\ntitle: Own\ncovers: true\n"
        "rules: [{id: r, at: internal, when: model.parameters > 1e12, deny: Too large}]\n",
        encoding="utf-8",
    )
    gate = "release_gate: gate/v1\npolicies: [p.yaml]\nevidence: {folders: [tiny], parents: [base]}\n"
    Path("release-gate.yaml").write_text(gate, encoding="utf-8")
    for arguments in (
        ["collect", "tiny", "--parent", "base", "-o", "request.yaml"],
        ["check", "request.yaml", "--as-of", "2026-11-24"],
    ):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert "warning[RG622]" in capsys.readouterr().err
