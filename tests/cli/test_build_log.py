"""Whatever is printed may stand in a build log, and nothing that somebody has named is a command there."""

from functools import partial
from pathlib import Path

import pytest

from release_gate.authoring.explain.explanation import explanation
from release_gate.authoring.explain.markdown import as_markdown
from release_gate.authoring.explain.words import words_of
from release_gate.policy.load import load_policy
from tests.commands import Run, ended

VSO = "##vso[task.setvariable variable=x]y"
POLICY = f"""\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules:
  - {{id: name, at: internal, when: 'model.name == "{VSO}"', deny: No}}
  - {{id: quoted, at: internal, when: 'model.name == "````{VSO}````<b>"', deny: No}}
"""
REQUEST = f"""\
release_gate: request/v1
id: small
title: "{VSO}"
action: release
model: {{name: "{VSO}", parameters: 7}}
artifacts: [{{id: w, kind: weights, wanted: internal, license: "{VSO}"}}]
lineage: [{{parent: "{VSO}", relation: finetune, license: "{VSO}"}}]
"""
GATE = "release_gate: gate/v1\npolicies: [own.yaml]\nledger: sqlite:///ledger.db\n"
COMMANDS = {
    "check": ("check", "request.yaml"),
    "explain": ("explain", "request.yaml"),
    "explain a policy": ("policy", "explain", "own.yaml"),
    "lineage": ("lineage", "small", "request.yaml", "--no-dossiers"),
    "what if": ("lineage", VSO, "request.yaml", "--no-dossiers", "--withdraw", VSO),
    "status": ("status", "small"),
    "collect": ("collect", VSO),
    "a command that is none": (VSO,),
    "a day that is none": ("check", "request.yaml", "--as-of", VSO),
    "a folder that is not there": ("check", "request.yaml", "-o", f"json={VSO}.d/x"),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    for name, text in (("own.yaml", POLICY), ("release-gate.yaml", GATE), ("request.yaml", REQUEST)):
        Path(name).write_text(text, encoding="utf-8")
    Path(VSO).mkdir()
    return partial(ended, capsys)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_name_is_a_command_of_a_build(command: tuple[str, ...], run: Run) -> None:
    if command[0] == "status":
        run("check", "request.yaml", "--record")
        run("event", "incident", "small", "--note", VSO)
    _, out, err = run(*command)
    assert "vso[" in out + err  # it is shown
    assert "##vso[" not in out + err


@pytest.mark.usefixtures("run")
def test_no_condition_ends_the_code_that_it_stands_in() -> None:
    page = as_markdown(explanation(load_policy(Path("own.yaml")), words_of("en")))
    (line,) = [line for line in page.splitlines() if "<b>" in line and line.startswith("As the policy")]
    assert line.count("`````") == 2
