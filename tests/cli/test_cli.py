"""The command: what it prints, where to, and the exit code by which a build goes on or stops."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from release_gate import __version__, cli
from release_gate.cli import check, main
from release_gate.decision import Verdict
from release_gate.gate import gate as gate_module
from release_gate.gate.gate import Gate
from release_gate.policy.load import policy_from_document
from release_gate.policy.packs import pack_names
from release_gate.source import MAX_BYTES, read_document

LADDER = "release_gate: policy/v1\nid: ladder\nversion: 1.0.0\ntitle: Ladder\n"
HEAD = "release_gate: policy/v1\nid: own\nversion: 1.0.0\ntitle: Own\ncovers: true\n"
ALLOW = HEAD + "rules: [{id: big, when: model.parameters > 1e9, deny: Too large}]\n"
ASK = HEAD + "rules: [{id: sign, sign_off: {role: lead}}]\n"
REQUEST = """\
release_gate: request/v1
id: %s
action: release
model: {parameters: %s}
artifacts: [{id: w, kind: weights, wanted: weights_open}]
"""
DAY = ("--as-of", "2026-11-24")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder of its own, with a small policy in place of the pack that is always on."""
    monkeypatch.chdir(tmp_path)
    small = policy_from_document(read_document(LADDER, "ladder"))
    monkeypatch.setattr(gate_module, "load_pack", lambda name: small)
    (tmp_path / "policy.yaml").write_text(ALLOW, encoding="utf-8")
    (tmp_path / "ask.yaml").write_text(ASK, encoding="utf-8")
    (tmp_path / "release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [policy.yaml]\n", encoding="utf-8"
    )
    (tmp_path / "small.yaml").write_text(REQUEST % ("small", "7"), encoding="utf-8")
    (tmp_path / "large.yaml").write_text(REQUEST % ("large", "7e9"), encoding="utf-8")
    (tmp_path / "unknown.yaml").write_text(REQUEST % ("unknown", "{unknown: missing}"), encoding="utf-8")
    (tmp_path / "wrong-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [policy.yaml]\nsign_offs: nowhere\n", encoding="utf-8"
    )
    (tmp_path / "wrong.yaml").write_text(REQUEST % ("wrong", "many"), encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        told = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return int(stop.value.code), told.out, told.err

    return call


EXITS: dict[str, tuple[list[str], int, str]] = {
    "approved": (["check", "small.yaml", *DAY], 0, "APPROVED"),
    "denied": (["check", "large.yaml", *DAY], 5, "DENIED"),
    "needs evidence": (["check", "unknown.yaml", *DAY], 6, "NEEDS EVIDENCE"),
    "needs approval": (["check", "small.yaml", "--policy", "./ask.yaml", *DAY], 6, "NEEDS APPROVAL"),
    "the worst of several": (["check", "small.yaml", "large.yaml", "unknown.yaml", *DAY], 5, "APPROVED"),
    "a gate by name": (["check", "small.yaml", "--gate", "release-gate.yaml"], 0, "APPROVED"),
    "no command": (["chekc"], 2, "No such command `chekc`; did you mean `check`?"),
    "nothing like a command": (["xyzzy"], 2, "No such command 'xyzzy'"),
    "no command of a group": (["policy", "tets"], 2, "No such command `tets`; did you mean `test`?"),
    "a command of a group": (["init"], 2, "No such command `init`; did you mean `policy init`?"),
    "a command of two groups": (["show"], 2, "did you mean `audit show` or `packs show`?"),
    "a gate that is not valid": (
        ["check", "small.yaml", "--gate", "wrong-gate.yaml"],
        3,
        "the gate is not valid, and nothing was decided",
    ),
    "no request": (["check"], 2, "Missing argument"),
    "unknown option": (["check", "small.yaml", "--polcy", "x"], 2, "No such option"),
    "unknown format": (
        ["check", "small.yaml", "-o", "jason"],
        2,
        "`jason` is not a format; did you mean `json`",
    ),
    "bad date": (["check", "small.yaml", "--as-of", "soon"], 2, "`soon` is not a date"),
    "both": (["check", "small.yaml", "--gate", "a", "--policy", "b"], 2, "say --gate or --policy, not both"),
    "output in no folder": (["check", "small.yaml", *DAY, "-o", "json=no/where.json"], 2, "no/where.json"),
    "wrong request": (["check", "wrong.yaml", *DAY], 3, "the input is not valid, and nothing was decided"),
    "no such file": (["check", "absent.yaml", *DAY], 3, "nothing was decided"),
    "a policy as request": (["check", "policy.yaml", *DAY], 3, "nothing was decided"),
    "a request as policy": (["check", "small.yaml", "--policy", "./small.yaml"], 3, "nothing was decided"),
    "no such schema": (["schema", "poem"], 2, "poem"),
    "version": (["--version"], 0, __version__),
    "help": (["-h"], 0, "check"),
    "no such rule": (["explain", "small.yaml", "own/bgi", *DAY], 2, "did you mean `own/big`"),
    "no such pack": (["packs", "show", "laddr"], 3, "there is no pack `laddr`"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), EXITS.values(), ids=EXITS)
def test_what_it_says_and_how_it_ends(run: Run, arguments: list[str], code: int, told: str) -> None:
    found, out, err = run(*arguments)
    assert found == code, out + err
    assert told in (err if code in {1, 2, 3} else out)
    assert not (out if code in {1, 2, 3} else err)


@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_is_allowed_ends_with_zero(verdict: Verdict) -> None:
    assert (cli.exit_code(verdict) == 0) is verdict.allows


def test_without_a_gate_it_says_how_to_name_one(run: Run) -> None:
    Path("release-gate.yaml").unlink()
    code, _, err = run("check", "small.yaml")
    assert (code, "there is no release-gate.yaml here" in err) == (2, True)


def test_an_invalid_policy_is_told_with_its_place(run: Run) -> None:
    Path("policy.yaml").write_text(ALLOW.replace("model", "modle"), encoding="utf-8")
    code, out, err = run("check", "small.yaml")
    assert (code, out) == (3, "")
    assert "policy.yaml:6:" in err
    assert "1 problem: the policy is not valid, and nothing was decided" in err


def test_json_goes_to_a_file_and_text_to_the_terminal(run: Run) -> None:
    code, out, _ = run("check", "large.yaml", *DAY, "-o", "json=out.json", "-o", "text")
    (told,) = json.loads(Path("out.json").read_text(encoding="utf-8"))["requests"]
    decision = told["decision"]
    assert (code, decision["verdict"], decision["schema"]) == (5, "deny", "decision/v1")
    assert decision["digest"] in out


def test_json_has_the_same_form_for_one_request_and_for_several(run: Run) -> None:
    one = json.loads(run("check", "small.yaml", *DAY, "-o", "json")[1])
    several = json.loads(run("check", "small.yaml", "large.yaml", *DAY, "-o", "json")[1])
    assert one.keys() == several.keys()
    assert several["requests"][:1] == one["requests"]
    assert [each["decision"]["request"]["id"] for each in several["requests"]] == ["small", "large"]
    assert [(each["verdict"], each["lets_through"]) for each in (one, several)] == [
        ("approve", True), ("deny", False),
    ]  # fmt: skip


def test_a_log_is_json_on_standard_error(run: Run) -> None:
    _, out, err = run("check", "small.yaml", *DAY, "-v", "-o", "json")
    line = json.loads(err)
    assert (line["event"], line["request"], line["digest"]) == (
        "decided",
        "small",
        json.loads(out)["requests"][0]["decision"]["digest"],
    )


@pytest.mark.parametrize("request_", ["small", "large", "unknown"])
@pytest.mark.parametrize("rule", [[], ["own/big"], ["big"]])
def test_a_rule_is_explained_part_by_part(run: Run, request_: str, rule: list[str]) -> None:
    code, out, _ = run("explain", f"{request_}.yaml", *rule, *DAY)
    said = {"small": "7", "large": "7e9", "unknown": "unknown (missing)"}[request_]
    assert code == 0
    assert "own/big  for w at weights_open" in out
    assert f"model.parameters = {said}   ({request_}.yaml:4)" in out


def test_what_stands_in_a_definition_is_shown_as_it_is_written_there(run: Run) -> None:
    definitions = "definitions: {large: model.parameters > 1e9, new: not is.large}\n"
    rules = "rules: [{id: a, when: is.new and model.parameters > 5, deny: No}]\n"
    Path("own.yaml").write_text(HEAD + definitions + rules, encoding="utf-8")
    _, out, _ = run("explain", "small.yaml", "a", "--policy", "./own.yaml", *DAY)
    assert "      is.new = true\n        not is.large = true\n          is.large = false\n" in out
    assert "            model.parameters > 1e9 = false\n" in out
    assert "      model.parameters > 5 = true\n" in out


def test_policies_that_are_not_in_force_are_not_explained(run: Run) -> None:
    Path("policy.yaml").write_text(ALLOW + "in_force: {until: 2025-01-01}\n", encoding="utf-8")
    assert run("explain", "small.yaml", "own/big", *DAY)[0] == 2
    assert run("explain", "small.yaml", "own/big", *DAY, "--policies-as-of", "2024-06-01")[0] == 0


@pytest.mark.parametrize("kind", ["request", "policy", "gate", "decision"])
def test_a_schema_is_json(run: Run, kind: str) -> None:
    code, out, _ = run("schema", kind)
    assert (code, json.loads(out)["$schema"]) == (0, "http://json-schema.org/draft-07/schema#")


def test_packs_are_listed_and_shown(run: Run) -> None:
    code, out, _ = run("packs", "list")
    assert (code, [line.split()[0] for line in out.splitlines() if line[0] != " "]) == (0, list(pack_names()))
    code, out, _ = run("packs", "list", "-o", "json")
    listed = {each["id"]: each for each in json.loads(out)}
    assert (code, list(listed)) == (0, list(pack_names()))
    assert {"version": "2.2", "from": "2025-05-14", "until": "2026-02-23", "encoded": True} in listed[
        "anthropic-rsp"
    ]["versions"]
    code, out, _ = run("packs", "show", "ladder")
    assert code == 0
    assert "\nid: ladder\n" in out


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (RuntimeError("oh no"), 1, "internal error: RuntimeError: oh no"),
        (MemoryError(), 1, "nothing was decided; please report this"),
        (RuntimeError("\n::error::\x1b[2J"), 1, r"internal error: RuntimeError: \n::error::\x1b[2J"),
        (OSError(28, "No space left on device"), 1, "No space left on device: this run came to no end"),
        (click.UsageError("no rule `\n::error::`"), 2, r"Error: no rule `\n::error::`"),
        (click.Abort(), 130, ""),
    ],
)
def test_whatever_goes_wrong_inside_is_no_zero(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fail(*_: Any) -> Gate:
        raise error

    monkeypatch.setattr(check, "gate_of", fail)
    found, out, err = run("check", "small.yaml")
    assert (found, out, told in err) == (code, "", True)


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_an_output_that_is_closed_is_like_one_that_nobody_reads(
    run: Run, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    code, *told = run("check", "small.yaml", "wrong.yaml", *DAY)
    told[["stdout", "stderr"].index(closed)] = ""
    monkeypatch.setattr(sys, closed, None)
    assert run("check", "small.yaml", "wrong.yaml", *DAY) == (code, *told)


@pytest.mark.parametrize(
    ("terminal", "said", "colour"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,  # noqa: FBT001
    said: dict[str, str],
    colour: bool,  # noqa: FBT001
) -> None:
    for name, value in {"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm", **said}.items():
        monkeypatch.setenv(name, value)
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: terminal)
        assert cli.use_colour(stream) is colour
    assert cli.use_colour() is colour


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (REQUEST % ("small", "7"), 0, "APPROVED  small/w"),
        (REQUEST % ("large", "7e9"), 5, "(-:4)"),
        (REQUEST % ("wrong", "many"), 3, "--> -:4:21"),
        ("", 3, "the document is empty"),
        (b"\xff", 3, "`-` is not UTF-8 text"),
        (b"#" * (MAX_BYTES + 1), 3, "`-` is larger than 2 MiB"),
    ],
)
def test_a_request_may_come_on_standard_input(
    run: Run, monkeypatch: pytest.MonkeyPatch, text: str | bytes, code: int, said: str
) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    found, out, err = run("check", "-", *DAY)
    assert found == code
    assert said in out + err


def test_what_comes_on_standard_input_is_judged_beside_files_and_is_not_read_unasked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO((REQUEST % ("piped", "7")).encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))
    assert run("check", "small.yaml", *DAY)[0] == 0
    assert stream.tell() == 0
    code, out, _ = run("check", "small.yaml", "-", "large.yaml", *DAY)
    assert (code, [name in out for name in ("small/w", "piped/w", "large/w")]) == (5, [True] * 3)


def test_a_package_that_is_missing_is_no_bug_to_report(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'orjson'", name="orjson")

    monkeypatch.setattr(check, "gate_of", missing)
    code, _, err = run("check", "small.yaml")
    assert code == 1
    assert err == (
        "the package `orjson` is missing: this installation is not complete\n"
        "nothing was decided; install it again\n"
    )


def test_the_package_is_the_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "release_gate", "chekc"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, "did you mean `check`?" in ran.stderr) == (2, True)


def test_what_goes_to_standard_error_has_colour_only_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert "\x1b[" in run("check", "wrong.yaml", *DAY)[2]
    assert "\x1b[" in run("check", "small.yaml", "--policy", "./absent.yaml", *DAY)[2]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", "wrong.yaml", *DAY)[2]
    assert "\x1b[" not in run("check", "small.yaml", "--policy", "./absent.yaml", *DAY)[2]


def test_a_policy_given_twice_with_other_content_is_refused(run: Run) -> None:
    Path("second.yaml").write_text(ASK, encoding="utf-8")
    code, _, err = run("check", "small.yaml", "--policy", "policy.yaml", "--policy", "second.yaml")
    assert (code, "the policy `own` is given twice, with different content" in err) == (3, True)
    assert run("check", "small.yaml", "--policy", "policy.yaml", "--policy", "policy.yaml", *DAY)[0] == 0


def test_a_gate_takes_packs_too(run: Run) -> None:
    Path("release-gate.yaml").write_text(
        "release_gate: gate/v1\npolicies: [{pack: ladder}]\n", encoding="utf-8"
    )
    assert [policy.id for policy in Gate.load("release-gate.yaml").policies] == ["ladder"]
    assert [policy.id for policy in Gate.from_policies(["ladder", Path("policy.yaml")]).policies] == [
        "ladder",
        "own",
    ]


@pytest.mark.parametrize("full", [[], ["--full"]])
def test_the_demo_judges_the_dossiers(run: Run, monkeypatch: pytest.MonkeyPatch, full: list[str]) -> None:
    from release_gate.policy.packs import data_folder, load_pack

    if not (data_folder("examples") / "release-gate.yaml").exists():
        pytest.skip("the examples are not here")
    monkeypatch.setattr(gate_module, "load_pack", load_pack)
    code, out, err = run("demo", *full)
    assert (code, err) == (0, "")
    assert "Hypothetical: judged by the packs of" in out
    assert ("HYPOTHETICAL" in out) is bool(full)
    assert out == run("demo", *full)[1]
    if not full:
        assert max(map(len, out.splitlines())) <= 80
        assert "✗ weights, wanted weights_restricted: denied" in out
        assert "because: A safeguard that can be removed" in out


def test_the_demo_shows_what_became_of_all_of_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from release_gate.policy.packs import load_pack

    monkeypatch.setattr(gate_module, "load_pack", load_pack)
    code, out, err = run("demo", "--history")
    assert (code, err) == (0, "")
    assert "llama-1/weights-65b*" in out
    assert "then: 2023-03-03 leaked: a torrent" in out
