"""Conditions can be tried against a request, and facts changed meanwhile."""

import io
import os
import pty
import select
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import monotonic
from types import ModuleType

import pytest

from release_gate.cli import main
from release_gate.cli.policy.try_ import Completer
from release_gate.editor.prompt import Prompt
from release_gate.policy.load import load_policy
from release_gate.source import read_file
from tests.editor.pages import POLICY

REQUEST = """\
release_gate: request/v1
id: r
action: release
model: {modalities_out: [text]}
compute: {training_flop: {value: 1e24, source: card}}
metric: {refusal: {value: 0.99, measured: 2026-10-01, on: "sha256:DIGEST", behind: []}}
lineage:
  - {parent: Alpha, license: Apache-2.0}
  - {parent: Beta, license: LicenseRef-llama1-noncommercial}
variants: {big: {compute: {training_flop: 3e25}}, small: {}}
artifacts:
  - {id: w, variant: small, kind: weights, wanted: hosted, digest: "sha256:DIGEST"}
  - {id: v, variant: big, kind: weights, wanted: weights_open}
sources: {card: {title: Card}}
""".replace("DIGEST", "0" * 64)
RULES = """\
rules:
  - {id: big, when: compute.training_flop > 1e25, tier: high}
  - {id: images, when: is.makes_images, require: metric.refusal >= parameter.floor}
  - {id: always, deny: no}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "r.yaml").write_text(REQUEST, encoding="utf-8")
    (tmp_path / "acme.yaml").write_text(POLICY + RULES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Try:
    """Runs the command with lines on its standard input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def __call__(self, *lines: str, options: tuple[str, ...] = ("--policy", "acme.yaml")) -> tuple[int, str]:
        self.monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
        with pytest.raises(SystemExit) as stop:
            main(["policy", "try", "r.yaml", "--as-of", "2026-11-28", *options])
        told = self.capsys.readouterr()
        return int(stop.value.code or 0), told.out + told.err


@pytest.fixture
def attempt(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Try:
    return Try(monkeypatch, capsys)


def test_each_line_is_a_condition_and_its_answer_a_tree(attempt: Try) -> None:
    code, out = attempt(
        "compute.training_flop > 1e23 and not is.makes_images",
        "",
        "# a remark",
        "$any([not p.terms.commercial_use for p in lineage])",
    )
    assert code == 0
    assert (
        out
        == """\
compute.training_flop > 1e23 and not is.makes_images = true
  compute.training_flop > 1e23 = true
    compute.training_flop = 1e24   (r.yaml:5, source card)
  not is.makes_images = true
    is.makes_images = false
      "image" in model.modalities_out = false
        model.modalities_out = [text]   (r.yaml:4)
        model.modalities_out[0] = false
          model.modalities_out[0] = text   (r.yaml:4)
$any([not p.terms.commercial_use for p in lineage]) = true
  lineage = [Alpha, Beta]   (r.yaml:8)
  lineage[Alpha] = false
    not p.terms.commercial_use = false
      lineage[Alpha].terms.commercial_use = true   (r.yaml:8)
  lineage[Beta] = true
    not p.terms.commercial_use = true
      lineage[Beta].terms.commercial_use = false   (r.yaml:9)
"""
    )


def test_what_is_unknown_says_what_would_settle_it(attempt: Try) -> None:
    _, out = attempt('capability.cyber.level >= "high" or compute.training_flop > 1e30')
    assert out.splitlines()[0].endswith("= unknown")
    assert "capability.cyber.level = unknown (missing)" in out
    assert out.splitlines()[-1] == "to be settled by: capability.cyber.level"


def test_any_expression_can_be_tried(attempt: Try) -> None:
    _, out = attempt(
        "1 + 2", "compute.training_flop / 2", "lineage.length", "as_of", "parameter.floor", "tier"
    )
    firsts = [line for line in out.splitlines() if not line.startswith(" ")]
    assert firsts == [
        "1 + 2 = 3",
        "compute.training_flop / 2 = 5e23",
        "lineage.length = 2",
        "as_of = 2026-11-28",
        "parameter.floor = 0.98",
        "tier = low",
    ]


def test_a_fact_can_be_set_and_taken_away_and_everything_taken_back(attempt: Try) -> None:
    code, out = attempt(
        ":set metric.refusal {low: 0.9, high: 0.99}",
        "metric.refusal >= parameter.floor",
        ":set metric.refusal 0.5",
        ":unknown metric.refusal not_assessed",
        ":unknown model.modalities_out",
        ":reset",
        "metric.refusal",
    )
    assert code == 0
    assert "metric.refusal = 0.9 to 0.99   (<prompt>:1)" in out
    assert "metric.refusal >= parameter.floor = unknown" in out
    assert "metric.refusal = unknown (not_assessed)   (<prompt>:1)" in out
    assert "model.modalities_out = unknown (missing)" in out
    assert out.splitlines()[-2:] == ["as it was read", "metric.refusal = 0.99   (r.yaml:6)"]


def test_a_fact_of_the_variant_that_is_judged_is_set_there(attempt: Try) -> None:
    code, out = attempt(
        ":artifact v",
        "compute.training_flop",
        ":set compute.training_flop 1e22",
        "tier",
        ":artifact w",
        "compute.training_flop",
    )
    assert code == 0
    assert out.splitlines() == [
        "v at weights_open, as of 2026-11-28",
        "compute.training_flop = 3e25   (r.yaml:10)",
        "compute.training_flop = 1e22   (<prompt>:1)",
        "tier = low",
        "w at hosted, as of 2026-11-28",
        "compute.training_flop = 1e24   (r.yaml:5, source card)",
    ]


def test_the_rung_and_the_day_can_be_changed(attempt: Try) -> None:
    _, out = attempt(
        'artifact.access >= "weights_open"', ":at weights_open", 'artifact.access >= "weights_open"',
        ":as-of 2030-01-01", "metric.refusal",
    )  # fmt: skip
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        'artifact.access >= "weights_open" = false',
        "w at weights_open, as of 2026-11-28",
        'artifact.access >= "weights_open" = true',
        "w at weights_open, as of 2030-01-01",
        "metric.refusal = unknown (stale)   (r.yaml:6)",
        "to be settled by: metric.refusal",
    ]


def test_the_facts_are_listed(attempt: Try) -> None:
    _, out = attempt(":facts")
    assert "compute.training_flop = 1e24   (r.yaml:5, source card)" in out
    assert "missing" not in out
    _, out = attempt(":facts cyber", ":facts *.training_flop", ":facts nothing")
    assert out.splitlines() == [
        "capability.cyber.level = unknown (missing)",
        "capability.cyber.status = unknown (missing)",
        "compute.training_flop = 1e24   (r.yaml:5, source card)",
        "no fact is like `nothing`",
    ]


def test_a_rule_shows_what_its_conditions_come_to(attempt: Try) -> None:
    _, out = attempt(":rules", ":rules im", ":rule images", ":rule always")
    assert out.splitlines()[:5] == ["big", "images", "always", "images", "when: is.makes_images"]
    assert "  is.makes_images = false" in out
    assert "require: metric.refusal >= parameter.floor" in out
    assert out.splitlines()[-1] == "it has no condition, and so it always applies"


def test_help_names_every_command_and_quit_leaves(attempt: Try) -> None:
    code, out = attempt(":help", ":quit", "nonsense that is never read")
    assert code == 0
    for name in (
        ":facts",
        ":set",
        ":unknown",
        ":reset",
        ":rules",
        ":rule",
        ":at",
        ":artifact",
        ":as-of",
        ":quit",
    ):
        assert f"  {name} " in out


def test_without_a_policy_the_facts_of_the_request_can_be_read(attempt: Try) -> None:
    code, out = attempt("compute.training_flop > 1e23", options=())
    assert code == 0
    assert out.startswith("compute.training_flop > 1e23 = true\n")
    code, out = attempt("metric.refusal > 0.5", options=())
    assert code == 3
    assert "RG212" in out


def test_where_to_start_can_be_said(attempt: Try) -> None:
    _, out = attempt("artifact.access", "artifact.id", options=("--artifact", "v", "--at", "internal"))
    assert out.splitlines() == ["artifact.access = internal", "artifact.id = v   (r.yaml:13)"]


WRONG = {
    "an unknown fact": ("compte.x > 1", "RG212", "did you mean `compute`"),
    "a broken condition": ("compute.training_flop >", "RG201", "1 | compute.training_flop >"),
    "a comparison that makes no sense": ("model.name > 1", "RG215", ""),
    "an unknown command": (":fcts", "RG870", "did you mean `:facts`"),
    "a command of another language": (":wq", "RG870", "one of `:facts`"),
    "nothing to set": (":set", "RG870", "write :set FACT VALUE"),
    "no value": (":set metric.refusal", "RG870", "write :set FACT VALUE"),
    "nothing to forget": (":unknown", "RG870", "write :unknown FACT [REASON]"),
    "no rung": (":at", "RG870", "write :at RUNG"),
    "an unknown fact to set": (":set metric.refusl 1", "RG870", "did you mean `metric.refusal`"),
    "a value of another kind": (":set compute.training_flop many", "RG401", "write it without quotes"),
    "a value that is declared otherwise": (":set metric.refusal 98", "RG402", "98 % is written 0.98"),
    "a word of its own": (":set own.kindness medium", "RG403", ""),
    "a value that is no YAML": (":set metric.refusal {", "RG005", ""),
    "two values": (":set metric.refusal 1\\n", "RG401", ""),
    "an unknown reason": (":unknown metric.refusal lazy", "RG870", "one of `missing`"),
    "an unknown rule": (":rule bigg", "RG870", "did you mean `big`"),
    "an unknown rung": (":at hostd", "RG870", "did you mean `hosted`"),
    "an unknown artifact": (":artifact x", "RG870", ""),
    "no date": (":as-of soon", "RG870", "write 2026-11-24"),
    "a member that is not there": (":set lineage[Gamma].license MIT", "RG804", ""),
}


@pytest.mark.parametrize(("line", "code", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_and_changes_nothing(attempt: Try, line: str, code: str, said: str) -> None:
    exit_code, out = attempt(line, "metric.refusal", ":facts own")
    assert exit_code == 3
    assert f"error[{code}]" in out
    assert said in out
    assert "metric.refusal = 0.99   (r.yaml:6)" in out
    assert "own.kindness = unknown (missing)" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    "line", ["\x1b[31m", ":\x1b[2J", ":set a\x1b 1", ":rule \x1b", "'\u202e'", "x" * 100_000]
)
def test_a_hostile_line_does_no_harm_to_the_terminal(attempt: Try, line: str) -> None:
    exit_code, out = attempt(line)
    assert exit_code == 3
    assert all(char.isprintable() or char == "\n" for char in out)
    assert len(out) < 5_000


def test_a_request_for_access_is_tried_too(folder: Path, attempt: Try) -> None:
    text = (
        "release_gate: access-request/v1\nid: a\nrequester: {country: US}\n"
        "artifacts: [{id: w, kind: weights}]\n"
    )
    (folder / "r.yaml").write_text(text, encoding="utf-8")
    code, out = attempt('requester.country == "US"', "artifact.kind", options=())
    assert (code, out.splitlines()[0]) == (0, 'requester.country == "US" = true')
    code, out = attempt("1", options=("--policy", "acme.yaml"))
    assert code == 3
    assert "RG870" in out


# ---------------------------------------------------------------- a terminal


def typed(folder: Path, *keys: str) -> str:
    """What a terminal shows when somebody types."""
    ours, theirs = pty.openpty()
    command = [
        sys.executable, "-c", "from release_gate.cli import main; main()",
        "policy", "try", "r.yaml", "--policy", "acme.yaml", "--as-of", "2026-11-28",
    ]  # fmt: skip
    state = {"RELEASE_GATE_STATE": str(folder / "state"), "TERM": "dumb", "INPUTRC": os.devnull}
    source = str(Path(__file__).resolve().parents[2] / "src")
    environment = {**os.environ, **state, "PYTHONPATH": source}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    ) as process:
        os.close(theirs)
        shown = ""
        for key in keys:
            shown = _until(ours, shown, "> ")
            os.write(ours, key.encode())
        shown = _until(ours, shown, None)
        assert process.wait(timeout=20) == 0, shown
    os.close(ours)
    return shown.replace("\r", "")


def _until(terminal: int, shown: str, end: str | None) -> str:
    """Read what is shown until it ends with something, or for good."""
    start = monotonic()
    while end is None or not shown.endswith(end):
        assert monotonic() - start < 30, shown
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            data = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            return shown
        if not data:
            return shown
        shown += data.decode()
    return shown


def test_a_terminal_completes_and_remembers(folder: Path) -> None:
    shown = typed(
        folder, "metric.ref\t > 0.5\n", "is.m\t\n", ":art\tv\n", ":set compu\ttraining_f\t 1\n", ":quit\n"
    )
    assert "w at hosted, as of 2026-11-28; :help lists what can be written" in shown
    assert "metric.refusal > 0.5 = true" in shown
    assert "is.makes_images = false" in shown
    assert "v at weights_open" in shown
    assert "compute.training_flop = 1   (<prompt>:1)" in shown
    history = folder / "state" / "try-history"
    assert "metric.refusal > 0.5" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0
    assert "metric.refusal > 0.5 = true" in typed(folder, "\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\n", "\x04")


def test_a_terminal_offers_what_there_is(folder: Path) -> None:
    shown = typed(folder, "capability.c\t\tyber.\t\tlevel\n", "\x04")
    assert "capability.cbrn" in shown
    assert "capability.cyber.status" in shown
    assert "capability.cyber.level = unknown (missing)" in shown


COMPLETED = {
    "a fact": ("compute.train", {"training_flop"}),
    "a metric": ("metric.", {"refusal"}),
    "a word": ('own.kindness == "', {"low", "high"}),
    "a member": ("$any([p. for p in lineage])", set()),
    "a command": (":", {":facts", ":set", ":quit"}),
    "a fact to list": (":facts comp", {"compute.training_flop"}),
    "a fact to set": (":set metric.", {"metric.refusal"}),
    "a value": (":set metric.refusal ", set()),
    "a reason": (":unknown metric.refusal ", {"missing", "stale"}),
    "a rule": (":rule ", {"big", "images"}),
    "a rung": (":at ", {"hosted", "weights_open"}),
    "an artifact": (":artifact ", {"w", "v"}),
    "nothing": (":quit ", set()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "labels"), COMPLETED.values(), ids=COMPLETED)
def test_a_prompt_offers_what_can_be_written(folder: Path, text: str, labels: set[str]) -> None:
    prompt = Prompt(read_file(folder / "r.yaml"), load_policy(folder / "acme.yaml"), date(2026, 11, 28))
    found = prompt.complete(text, len(text))
    assert labels <= {each.label for each in found}
    assert labels or not found or text.startswith("$")
    assert all(0 <= each.start <= len(text) <= each.end for each in found)


class LineEditor(ModuleType):
    """A line editor with a line in it."""

    def __init__(self, line: str, start: int) -> None:
        super().__init__("line_editor")
        self.get_line_buffer = lambda: line
        self.get_begidx = lambda: start
        self.get_endidx = lambda: len(line)


def test_the_line_editor_gets_whole_words(folder: Path) -> None:
    prompt = Prompt(read_file(folder / "r.yaml"), load_policy(folder / "acme.yaml"), date(2026, 11, 28))
    line = "not (compute.train"
    completer = Completer(prompt, LineEditor(line, line.index("compute")))
    assert completer("compute.train", 0) == "compute.training_flop"
    assert completer("compute.train", 1) is None
