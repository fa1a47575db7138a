"""``release-gate policy test``: what it finds, what it says, what it writes, and how it ends."""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from release_gate.authoring.targets import targets
from release_gate.authoring.testing import trials
from release_gate.authoring.testing.suites import load_suite
from release_gate.cli import progress
from release_gate.cli.policy import test as command
from release_gate.diagnostics import InputError
from tests.commands import Run, ended

Write = Callable[..., Path]

GOOD = "cases:\n- name: a case\n  request: base\n  expect: {w: {verdict: conditional}}\n"
MATRIX = "  matrix: {metric.refusal: [0.9, 0.8]}\n"
BAD = """\
cases:
- name: the floor
  request: base
  matrix: {metric.refusal: [0.9, 1]}
  expect: {w: {verdict: deny, because: [floor], not_because: [watch, upstream]}}
- name: in a block
  request: base
  expect:
    w:
      obligations:
        - floor
        - watch   # a remark
      best: internal
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(ended, capsys, "policy", "test")


def answer(monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    given = iter(each == "y" for each in answers)
    monkeypatch.setattr("click.confirm", lambda *_, **__: next(given))


def test_what_is_as_expected_ends_with_zero(run: Run, write: Write) -> None:
    write(GOOD)
    assert run() == (0, "acme.tests.yaml: 1 of 1 case as expected\n1 case, 0 failed\n", "")
    assert run("--verbose")[1].splitlines()[1] == "  ✓ a case"


def test_what_is_otherwise_ends_with_four_and_is_shown(run: Run, write: Write) -> None:
    write(BAD)
    code, out, err = run()
    assert (code, err) == (4, "")
    assert "  ✗ the floor [metric.refusal = 1]" in out
    assert "[metric.refusal = 0.9]" in out
    assert "9 |   expect: {w: {verdict: deny, because: [floor], not_because: [watch, upstream]}}" in out
    assert out.endswith("3 cases, 3 failed\n")


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_no_name_of_a_case_is_a_command_of_a_build_log(run: Run, write: Write, form: str) -> None:
    write(BAD.replace("the floor", '"##[add-mask]owned"'))
    code, out, _ = run("-o", form)
    assert code == 4
    assert "[add-mask]owned" in out
    assert "##[" not in out


def test_what_is_not_valid_ends_with_three_and_all_of_it_is_told(run: Run, write: Write) -> None:
    write(GOOD.replace("conditional", "conditionel"))
    Path("more.yaml").write_text("release_gate: tests/v1\npolicy: acme\ncases: []\n", encoding="utf-8")
    code, out, err = run()
    assert (code, out) == (3, "")
    assert "RG805" in err
    assert "RG801" in err


@pytest.mark.parametrize(
    "name", ["acme.tests.yaml", "acme.yaml", ".", "", "../{folder}", "acme.tests.yaml acme.yaml ."]
)
def test_tests_are_found_from_anywhere(run: Run, write: Write, name: str) -> None:
    write(GOOD)
    Path(".hidden").mkdir()
    Path(".hidden/bad.yaml").write_text("release_gate: tests/v1\n", encoding="utf-8")
    Path("binary.yaml").write_bytes(b"\xff\xfe")
    assert run(*name.format(folder=Path.cwd().name).split(" "))[1].endswith("1 case, 0 failed\n")


def test_tests_in_a_folder_beside_a_policy_are_found(run: Run, write: Write) -> None:
    Path("tests").mkdir()
    write(GOOD).rename("tests/some.yaml")
    text = Path("tests/some.yaml").read_text(encoding="utf-8")
    Path("tests/some.yaml").write_text(text.replace("requests/", "../requests/"), encoding="utf-8")
    assert run("acme.yaml")[1].endswith("1 case, 0 failed\n")


def test_tests_of_another_policy_are_left_alone(run: Run, write: Write) -> None:
    write(GOOD)
    text = Path("acme.yaml").read_text(encoding="utf-8").replace("id: acme", "id: other")
    Path("other.yaml").write_text(text, encoding="utf-8")
    Path("loose.yaml").write_text("release_gate: tests/v1\npolicy: [x]\n", encoding="utf-8")
    Path("broken.yaml").write_text("release_gate: tests/v1\n{", encoding="utf-8")
    Path("acme.yml").write_text("x", encoding="utf-8")
    assert run("other.yaml") == (0, "other.yaml: no tests\n0 cases, 0 failed\n", "")


def test_a_pack_is_known_by_its_name(run: Run, folder: Path) -> None:
    found = targets(["ladder"])
    assert [path.parts[-2:] for path in found.policies] == [("ladder", "policy.yaml")]
    Path("cases.yaml").write_text(
        "release_gate: tests/v1\npolicy: ladder\nas_of: 2026-11-01\nfixtures: {base: requests/base.yaml}\n"
        "cases: [{name: a, request: base, expect: {w: {verdict: approve}}}]\n",
        encoding="utf-8",
    )
    found = targets(["cases.yaml"])
    assert [path.parts[-2:] for path in found.policies] == [("ladder", "policy.yaml")]
    assert found.tests_of(found.policies[0]) == [Path("cases.yaml")]
    assert run("cases.yaml")[0] == 0


@pytest.mark.parametrize(("name", "code", "said"), [
    ("nowhere.yaml", 3, "cannot read `nowhere.yaml`"),
    ("requests/base.yaml", 3, "is not a policy, tests, a folder or a pack"),
    ("requests", 2, "there are no policies and no tests in requests"),
    ("ladder@7", 3, "not 7"),
    ("laddr", 3, "did you mean `ladder`"),
    ("of-tomorrow.yaml", 3, "says that it is `policy/v2`, where `policy/v1` or `tests/v1` is expected"),
    ("of-nothing.yaml", 3, "start it with `release_gate: policy/v1`"),
])  # fmt: skip
def test_a_name_of_nothing_is_told(run: Run, folder: Path, name: str, code: int, said: str) -> None:
    Path("of-tomorrow.yaml").write_text("release_gate: policy/v2\nid: p\n", encoding="utf-8")
    Path("of-nothing.yaml").write_text("id: p\n", encoding="utf-8")
    found, out, err = run(name)
    assert (found, out) == (code, "")
    assert said in err


@pytest.mark.parametrize(("required", "code"), [([], 0), (["--require-tests"], 4)])
def test_a_policy_without_tests_fails_where_they_are_required(
    run: Run, folder: Path, required: list[str], code: int
) -> None:
    found, out, _ = run("-o", "text", "-o", "junit=junit.xml", "-o", "json=out.json", *required)
    assert (found, out) == (code, "acme.yaml: no tests\n0 cases, 0 failed\n")
    assert len(ET.parse("junit.xml").findall(".//failure")) == bool(required)  # noqa: S314 - our own
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["policies_without_tests"] == ["acme.yaml"]


def test_programs_get_the_same_as_json_and_junit(run: Run, write: Write) -> None:
    write(BAD + GOOD.removeprefix("cases:\n"))
    report = json.loads(run("-o", "json")[1])
    assert (report["schema"], report["cases"], report["failed"]) == ("test-report/v1", 4, 3)
    (file,) = report["files"]
    assert (file["file"], file["policy"]["id"]) == ("acme.tests.yaml", "acme")
    assert file["cases"][1]["failures"][0] == {
        "artifact": "w", "about": "verdict", "expected": "deny", "came": "conditional",
        "message": "`w` at `hosted` should be `deny`, and is `conditional`", "help": "because of `watch`",
        "line": 9, "column": 25,
    }  # fmt: skip
    assert file["cases"][3] == {"name": "a case", "line": 18, "column": 9, "passed": True, "failures": []}
    root = ET.fromstring(run("-o", "junit")[1])  # noqa: S314 - our own
    assert (root.attrib["tests"], root.attrib["failures"], len(root.findall(".//failure"))) == ("4", "3", 3)
    assert [case.attrib["line"] for case in root.iter("testcase")] == ["6", "6", "10", "18"]


def test_update_writes_what_came_once_it_is_confirmed(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(BAD)
    answer(monkeypatch, "yyyyy")
    code, out, _ = run("--update")
    assert code == 4
    assert "acme.tests.yaml:9  the floor\n  - deny\n  + [deny, conditional]\n" in out
    assert "wrote 5 changes to acme.tests.yaml" in out
    assert path.read_text(encoding="utf-8").splitlines()[-8:] == [
        "  expect: {w: {verdict: [deny, conditional], because: [[floor, watch], [watch]], not_because: [upstream]}}",
        "- name: in a block",
        "  request: base",
        "  expect:",
        "    w:",
        "      obligations:",
        "        [watch]   # a remark",
        "      best: hosted",
    ]
    assert run()[0] == 0


def test_update_writes_nothing_that_nobody_confirms(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(BAD)
    before = path.read_text(encoding="utf-8")
    answer(monkeypatch, "nnnnn")
    assert run("--update")[0] == 4
    assert path.read_text(encoding="utf-8") == before
    answer(monkeypatch, "nnnny")
    assert "wrote 1 change" in run("--update")[1]
    assert path.read_text(encoding="utf-8") == before.replace("best: internal", "best: hosted")


def test_update_of_one_cell_writes_into_the_list(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD.replace("conditional", "[conditional, deny]").replace("  expect", MATRIX + "  expect"))
    answer(monkeypatch, "y")
    run("--update")
    assert "verdict: [deny, deny]" in path.read_text(encoding="utf-8")


def test_watch_runs_again_when_a_file_changes(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD)
    steps: Iterator[Callable[[], object]] = iter(
        [
            lambda: None,
            lambda: path.write_text(path.read_text().replace("conditional", "deny"), encoding="utf-8"),
            lambda: os.utime(path, ns=(1, 1)),
            lambda: path.write_text("release_gate: tests/v1\n", encoding="utf-8"),
            lambda: os.utime(path, ns=(2, 2)),
        ]
    )

    def pause(_seconds: float) -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(command, "sleep", pause)
    code, out, _ = run("--watch")
    assert code == 130
    assert [line for line in out.splitlines() if line.startswith("──")] == ["── all"] + [
        "── acme.tests.yaml"
    ] * 4
    assert "1 case, 0 failed" in out
    assert "1 case, 1 failed" in out
    assert "error[RG801]: `cases` is missing" in out


def test_watch_tells_what_changed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(GOOD)
    monkeypatch.setattr(command, "sleep", lambda _seconds: Path("new.yaml").write_text("a", encoding="utf-8"))
    seen = command.changes(["."])
    assert [next(seen), next(seen)] == [[], ["new.yaml"]]


def test_progress_is_shown_on_a_terminal_once_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter([0.0, 0.5, 1.5, 1.55, 2.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(times))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(progress.progress("abcd", 4, "cases")) == list("abcd")
    assert capsys.readouterr().err == "\r2 of 4 cases\r4 of 4 cases\r\x1b[K"


def test_output_to_nowhere_is_told(run: Run, write: Write) -> None:
    write(GOOD)
    assert run("-o", "json=no/where.json")[0] == 2
    assert "`xml` is not a format; one of `text`, `json`, `junit`" in run("-o", "xml")[2]


def test_a_broken_policy_beside_others_is_no_candidate(write: Write) -> None:
    Path("policy.yaml").write_text("release_gate: policy/v1\nid: {", encoding="utf-8")
    path = write(GOOD)
    Path("acme.yaml").unlink()
    with pytest.raises(InputError) as caught:
        load_suite(path)
    assert caught.value.diagnostics[0].code == "RG802"


@pytest.fixture
def pytest_run(capsys: pytest.CaptureFixture[str], folder: Path) -> Callable[[], tuple[int, str]]:
    def call() -> tuple[int, str]:
        plugins = ("no:cacheprovider", "no:release_gate", "release_gate.pytest_plugin")
        code = pytest.main(["-q", *(word for plugin in plugins for word in ("-p", plugin)), str(folder)])
        return int(code), capsys.readouterr().out

    return call


def test_pytest_runs_the_same_files(write: Write, pytest_run: Callable[[], tuple[int, str]]) -> None:
    write(BAD + GOOD.removeprefix("cases:\n"))
    Path("test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
    Path("other.yaml").write_text("# tests/v1", encoding="utf-8")
    code, out = pytest_run()
    assert (code, "3 failed, 2 passed" in out) == (1, True), out
    assert "error[RG810]: `w` at `hosted` should be `deny`, and is `conditional`" in out
    assert "Traceback" not in out


def test_pytest_tells_what_is_not_valid(write: Write, pytest_run: Callable[[], tuple[int, str]]) -> None:
    write(GOOD.replace("conditional", "conditionel"))
    assert "help: did you mean `conditional`" in pytest_run()[1]
    write(GOOD.replace("  expect", "  set: {metric.refusal: 98}\n  expect"))
    assert "`refusal` is outside of 0 to 1" in pytest_run()[1]


def test_an_error_of_our_own_keeps_its_traceback(
    write: Write, pytest_run: Callable[[], tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(GOOD)
    monkeypatch.setattr(trials, "run", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in pytest_run()[1]
