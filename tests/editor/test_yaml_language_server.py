"""The published schemas teach in the language server that most editors have for YAML, driven as by one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release_gate.cli import main
from tests.editor.client import Editor, uri_of

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node")
VERSION = "1.19.2"
PLACE = ROOT / ".cache" / f"yaml-language-server-{VERSION}"
REQUEST = """\
release_gate: request/v1
id: r
action: release
artifacts: [{id: w, kind: weights, wanted: hosted}]
"""
POLICY = "release_gate: policy/v1\nid: a\nversion: 1.0.0\ntitle: A\n"
KINDS = ("policy", "request", "gate", "tests", "trust")


def installed() -> Path:
    """The program, installed once for this clone."""
    program = Path("node_modules", "yaml-language-server", "bin", "yaml-language-server")
    npm = shutil.which("npm")
    if npm is None or NODE is None:
        pytest.skip("there is no npm here to install yaml-language-server with")
    if not (PLACE / program).exists():
        making = PLACE.with_name(f"{PLACE.name}-{os.getpid()}")
        making.mkdir(parents=True)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=0")
        done = _run(
            [npm, "install", *quiet, "--prefix", str(making), f"yaml-language-server@{VERSION}"],
            {**os.environ, "npm_config_cache": str(making / "npm")},
        )
        shutil.rmtree(making / "npm", ignore_errors=True)
        if not done and not PLACE.exists():
            making.rename(PLACE)
        shutil.rmtree(making, ignore_errors=True)
        if not (PLACE / program).exists():
            pytest.skip(f"yaml-language-server cannot be installed here: {done[-200:]}")
    return PLACE / program


def _run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command; what went wrong, if something did."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return "it takes too long"
    return done.stderr.strip() or f"it ended with {done.returncode}" if done.returncode else ""


@pytest.fixture(scope="module")
def server() -> Iterator[Editor]:
    program = installed()
    process = subprocess.Popen(
        [str(NODE), str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    editor = Editor(process.stdout, process.stdin)
    yield editor
    editor.leave()
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the schemas as the command prints them."""
    folder = tmp_path_factory.mktemp("schemas")
    for kind in KINDS:
        with (folder / f"{kind}.schema.json").open("w", encoding="utf-8") as stream:
            _print_schema(kind, stream)
    return folder


def _print_schema(kind: str, stream: Any) -> None:
    from contextlib import redirect_stdout

    with redirect_stdout(stream), pytest.raises(SystemExit) as stop:
        main(["schema", kind])
    assert stop.value.code == 0


class Page:
    """A document with a mark where somebody is."""

    number = 0

    def __init__(self, server: Editor, folder: Path, kind: str, text: str) -> None:
        Page.number += 1
        self.server, self.uri = server, uri_of(folder / f"page-{Page.number}.yaml")
        text = f"# yaml-language-server: $schema={kind}.schema.json\n{text}"
        before = text.partition("|")[0]
        self.line, self.column = before.count("\n"), len(before.rpartition("\n")[2])
        self.wrong = server.open(self.uri, text.replace("|", "", 1))

    def completed(self) -> dict[str, dict[str, Any]]:
        found = self.server.at("completion", self.uri, self.line, self.column)
        items = found["items"] if isinstance(found, dict) else found
        return {each["label"]: each for each in items}

    def shown(self) -> str:
        found = self.server.at("hover", self.uri, self.line, self.column)
        return str(found["contents"]["value"]) if found else ""


COMPLETED = {
    "keys of a rule": ("policy", f"{POLICY}rules:\n  - id: x\n    |", "require", "must hold"),
    "keys of an overlay": ("policy", f"{POLICY}extends: ladder\n|", "tightens", "only restrict"),
    "rungs": ("policy", f"{POLICY}rules:\n  - id: x\n    ceiling: |", "weights_open", "open licence"),
    "what may be asked for": ("request", REQUEST.replace("wanted: hosted", "wanted: |"), "hosted", "product"),
    "domains": ("request", f"{REQUEST}capability:\n  c|", "cyber", "Offensive cyber operations"),
    "words of a vocabulary": ("request", f"{REQUEST}model: {{modalities_in: [|]}}", "speech", ""),
    "reasons": (
        "request",
        f"{REQUEST}compute:\n  training_flop: {{unknown: |}}",
        "not_assessed",
        "nobody has assessed",
    ),
    "parts of a fact": ("request", f"{REQUEST}compute:\n  training_flop:\n    |", "low", "least"),
    "parts of a measurement": ("request", f"{REQUEST}metric:\n  x:\n    |", "behind", "safeguards"),
    "keys of a gate": ("gate", "release_gate: gate/v1\npolicies:\n  - |", "pack", "`@version`"),
    "verdicts": (
        "tests",
        "release_gate: tests/v1\npolicy: a\ncases: [{name: x, request: r, expect: {w: {verdict: |}}}]",
        "needs_evidence",
        "",
    ),
    "keys of a person": ("trust", "release_gate: trust/v1\npeople:\n  ada:\n    |", "roles", "Their roles"),
}


@pytest.mark.parametrize(("kind", "text", "label", "about"), COMPLETED.values(), ids=COMPLETED)
def test_an_editor_completes(
    server: Editor, folder: Path, kind: str, text: str, label: str, about: str
) -> None:
    items = Page(server, folder, kind, text).completed()
    assert label in items
    assert about in str(items[label].get("documentation", ""))


def test_a_default_is_written_with_its_key(server: Editor, folder: Path) -> None:
    items = Page(server, folder, "policy", f"{POLICY}|").completed()
    assert items["covers"]["insertText"] == "covers: ${1:false}"
    assert items["tiers"]["insertText"] == "tiers:\n  - id: "


def test_nothing_is_offered_that_says_nothing(server: Editor, folder: Path) -> None:
    """Of what may be left out, ``null`` is no value."""
    assert "null" not in Page(server, folder, "policy", f"{POLICY}rules:\n  - id: x\n    at: |").completed()
    assert "null" in Page(server, folder, "request", f"{REQUEST}developer:\n  name: |").completed()


SHOWN = {
    "a key": ("policy", f"{POLICY}rules:\n  - id: x\n    ceil|ing: hosted", "nothing more open than this"),
    "its words": ("policy", f"{POLICY}rules:\n  - id: x\n    ceil|ing: hosted", "`hosted`: the public"),
    "a fact": ("request", f"{REQUEST}compute: {{training_f|lop: 1e24}}", "Operations of the whole training"),
    "a word": ("request", REQUEST.replace("kind: weights", "kind: wei|ghts"), "`adapter`: adapter for other"),
    "a domain": ("request", f"{REQUEST}capability: {{cy|ber: {{level: low}}}}", "Offensive cyber operations"),
}


@pytest.mark.parametrize(("kind", "text", "said"), SHOWN.values(), ids=SHOWN)
def test_an_editor_shows_what_is_meant(server: Editor, folder: Path, kind: str, text: str, said: str) -> None:
    shown = Page(server, folder, kind, text).shown()
    assert said in shown.replace("\\", "")
    assert "Document" not in shown, "the names of our classes teach nobody anything"


WRONG = {
    "a key of a policy": ("policy", f"{POLICY}rulez: []\n", "rulez", "Property rulez is not allowed"),
    "a key of a rule": ("policy", f"{POLICY}rules:\n  - {{id: x, tirr: high, deny: x}}\n", "tirr", "tirr"),
    "a key of a measurement": ("request", f"{REQUEST}metric: {{x: {{valu: 3}}}}\n", "valu", "valu"),
    "a word": ("policy", f"{POLICY}status: adoptd\n", "adoptd", '"adopted"'),
    "a rung": ("request", REQUEST.replace("hosted", "hostd"), "hostd", '"hosted"'),
    "a level": ("request", f"{REQUEST}capability: {{cyber: {{level: hih}}}}\n", "hih", '"high"'),
    "a number": ("request", f"{REQUEST}compute: {{training_flop: many}}\n", "many", "number"),
}


@pytest.mark.parametrize(("kind", "text", "underlined", "said"), WRONG.values(), ids=WRONG)
def test_an_editor_underlines_what_is_wrong(
    server: Editor, folder: Path, kind: str, text: str, underlined: str, said: str
) -> None:
    (found,) = Page(server, folder, kind, text).wrong
    place = found["range"]
    line = text.splitlines()[place["start"]["line"] - 1]
    assert line[place["start"]["character"] : place["end"]["character"]] == underlined
    assert said in found["message"]


def test_what_is_right_is_not_underlined(server: Editor, folder: Path) -> None:
    assert Page(server, folder, "request", REQUEST).wrong == []
    policies = sorted((ROOT / "policies").glob("*/policy.yaml"))
    if not policies:
        pytest.skip("the policies are not here")
    assert Page(server, folder, "policy", policies[0].read_text(encoding="utf-8")).wrong == []
