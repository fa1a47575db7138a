"""The files by which builds use the gate: valid for their platforms, and run as far as they run here."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import release_gate

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
POLICY = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules: [{id: big, at: internal, when: model.parameters > 1e9, deny: Too large}]
"""
REQUEST = """\
release_gate: request/v1
id: %s
action: release
model: {parameters: %s}
artifacts: [{id: w, kind: weights, wanted: internal}]
"""


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        (["vendor.github-actions"], "action.yml"),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], "ci/gitlab.yml"),
    ],
)
def test_the_schema_of_the_platform_accepts_it(schema: list[str], file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(ROOT / file)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stdout


def test_no_script_of_the_action_has_an_input_written_into_it() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with requests, and an installed gate where the action puts it."""
    if shutil.which("bash") is None:
        pytest.skip("the action needs bash")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    gate = "release_gate: gate/v1\npolicies: [policy.yaml]\n"
    (tmp_path / "release-gate.yaml").write_text(gate, encoding="utf-8")
    (tmp_path / "small.yaml").write_text(REQUEST % ("small", "7"), encoding="utf-8")
    (tmp_path / "large.yaml").write_text(REQUEST % ("large", "7e9"), encoding="utf-8")
    place = tmp_path / "temp" / "release-gate" / "bin"
    place.mkdir(parents=True)
    program = place / "release-gate"
    code = "from release_gate.cli import main; main()"
    here = Path(release_gate.__file__).parents[1]  # the package that is tested, wherever the step runs
    text = f"#!/bin/sh\nPYTHONPATH='{here}' exec '{sys.executable}' -c '{code}' \"$@\"\n"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def act(project: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """Run the step that judges, as a runner does: exit code, log, outputs, summary."""
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    names = {key: value.removeprefix("${{ inputs.").removesuffix(" }}") for key, value in step["env"].items()}
    defaults = {name: each.get("default", "") for name, each in ACTION["inputs"].items()}
    environment = {key: {**defaults, **inputs}[name] for key, name in names.items()}
    files = {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_OUTPUT": "output.txt"}
    for file in files.values():
        (project / file).touch()
    environment |= {key: str(project / file) for key, file in files.items()}
    environment |= {"RUNNER_TEMP": str(project / "temp")}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    outputs = dict(
        line.split("=", 1) for line in (project / "output.txt").read_text(encoding="utf-8").splitlines()
    )
    return ended.returncode, ended.stdout, outputs, (project / "summary.md").read_text(encoding="utf-8")


def test_the_action_annotates_summarizes_and_fails_by_the_verdict(project: Path) -> None:
    code, log, outputs, summary = act(project, requests="small.yaml\n\n  \nlarge.yaml\n")
    assert code == 5
    assert log.startswith("::error file=large.yaml,")
    assert outputs["exit-code"] == "5"
    assert "| ⛔ | large | w |" in summary
    reports = {kind: project / outputs[kind] for kind in ("sarif", "html", "json")}
    assert all(path.is_file() for path in reports.values())
    told = json.loads(reports["json"].read_text(encoding="utf-8"))
    assert [each["decision"]["verdict"] for each in told["requests"]] == ["approve", "deny"]


def test_the_action_passes_what_is_allowed(project: Path) -> None:
    code, log, outputs, _ = act(project, requests="small.yaml")
    assert (code, log, outputs["exit-code"]) == (0, "", "0")


@pytest.mark.parametrize(
    "line", ["$(touch pwned)", "`touch pwned`", "small.yaml; touch pwned", "--exit-zero", "--help", "*.yaml"]
)
def test_an_input_is_a_name_and_never_a_command_or_an_option(line: str, project: Path) -> None:
    code, _, outputs, _ = act(project, requests=line)
    assert code == 3
    assert outputs["exit-code"] == "3"
    assert not (project / "pwned").exists()


INSTALLS = {
    "action": ACTION["runs"]["steps"][0]["run"],
    "gitlab": "\n".join(GITLAB["release-gate"]["script"][:-1]),
}


@pytest.mark.parametrize("script", INSTALLS.values(), ids=INSTALLS)
def test_nothing_of_the_repository_is_imported_while_the_gate_is_installed(
    script: str, tmp_path: Path
) -> None:
    """The working directory is what somebody asks to release, and may hold a `pip.py` of theirs."""
    if shutil.which("bash") is None:
        pytest.skip("the action needs bash")
    for module in ("venv", "pip", "ensurepip", "json", "argparse"):
        (tmp_path / f"{module}.py").write_text("open('pwned', 'w').close()\n", encoding="utf-8")
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path / "temp"), "ACTION": str(tmp_path / "absent")}
    environment |= {"RELEASE_GATE_PACKAGE": str(tmp_path / "absent"), "PIP_NO_INDEX": "1"}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert not (tmp_path / "pwned").exists()
    assert "absent" in ended.stderr  # pip has come to what it should install
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".py") in ([], ["temp"])


def test_an_empty_list_of_requests_is_no_pass(project: Path) -> None:
    assert act(project, requests="\n")[0] == 2


@pytest.mark.parametrize(("name", "code"), [("small.yaml", 0), ("large.yaml", 5)])
def test_the_job_for_gitlab_leaves_its_reports_whatever_the_verdict(
    project: Path, name: str, code: int
) -> None:
    job = GITLAB["release-gate"]
    environment = {**job["variables"], "RELEASE_GATE_REQUESTS": name}
    environment |= {"RELEASE_GATE_VENV": str(project / "temp" / "release-gate")}
    ended = subprocess.run(
        ["sh", "-ec", job["script"][-1]],  # noqa: S607
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == code
    artifacts: dict[str, Any] = job["artifacts"]
    for path in (*artifacts["paths"], *artifacts["reports"].values()):
        assert (project / path).is_file()
    assert artifacts["when"] == "always"


def test_the_list_of_hooks_is_one_that_pre_commit_takes() -> None:
    manifest = pytest.importorskip("pre_commit.commands.validate_manifest", reason="pip install pre-commit")
    assert manifest.validate_manifest([str(ROOT / ".pre-commit-hooks.yaml")]) == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_the_command_of_a_hook_exists(hook: dict[str, Any]) -> None:
    assert {"id", "name", "description", "entry", "language"} <= set(hook)
    program, *arguments = hook["entry"].split()
    assert program == "release-gate"
    command = [sys.executable, "-c", "from release_gate.cli import main; main()", *arguments, "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
