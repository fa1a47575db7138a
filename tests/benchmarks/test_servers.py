"""Peers that are servers: why they are absent, what they say, whose time counts, that none stays behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import cerbos, opa, server
from benchmarks.peers.server import HOST, Server, free_port, question, version
from benchmarks.race import CLOCKED, Absent, Contestant, _megabytes, _used, race
from benchmarks.report import machine, race_table
from benchmarks.suite import FORTY, SEED
from benchmarks.workload import by_hand, plain, requests

ROOT = Path(__file__).parents[2]
STANDING_IN = f"""\
#!{sys.executable}
import os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

if sys.argv[1] == "version":
    sys.exit(print("Version: 1.2.3"))
open(os.environ["NOTES"] + f"/{{os.getpid()}}", "w").close()


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        end = time.process_time() + (0.1 if self.path == "/slowly" else 0)
        while time.process_time() < end:
            pass
        self.answer(b'{{"result": []}}')

    def answer(self, body):
        self.send_response(500 if self.path == "/broken" else 200)
        if self.path == "/bit-by-bit":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"7\\r\\n" + body[:7] + b"\\r\\n7\\r\\n" + body[7:] + b"\\r\\n0\\r\\n\\r\\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/health"

    def log_message(self, *said):
        pass


(port,) = (each.rpartition(":")[2] for each in sys.argv if each.startswith("--addr="))
HTTPServer(("{HOST}", int(port)), Answers).serve_forever()
"""
BEHIND = """\
#!/bin/sh
"$(dirname "$0")/answers" "$@"
true
"""
"""What stands before a server, as some packages have it."""

linux = pytest.mark.skipif(not CLOCKED, reason="only Linux tells the time of another process")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes programs, which are the only ones on the path."""
    folder, notes = tmp_path / "tools", tmp_path / "notes"
    folder.mkdir()
    notes.mkdir()
    monkeypatch.setenv("RELEASE_GATE_TOOLS", str(folder))
    monkeypatch.setenv("NOTES", str(notes))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # what a shell needs; no peer is there

    def make(**programs: str) -> None:
        for name, text in programs.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755)

    return make


def opened(port: int) -> Server:
    return Server("opa", ("run", f"--addr={HOST}:{port}"), {"in/a.rego": ""}, port, "/health")


@pytest.fixture
def standing_in(tools: Callable[..., None]) -> Iterator[Server]:
    tools(opa=STANDING_IN)
    made = opened(free_port())
    yield made
    made.close()


def row(make: str) -> Contestant:
    (found,) = (each for each in FORTY if each.make == make)
    return Contestant(found.name, found.make, (10, SEED), found.remark, found.checked)


def runs(process: int) -> bool:
    """Whether a process runs; one that only waits to be asked how it ended does not."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def ends(*processes: int) -> bool:
    """Whether processes end within some seconds."""
    until = time.monotonic() + 10
    while any(map(runs, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(runs, processes))


# -- why they are not there


def test_who_is_not_on_the_path_is_a_row_that_says_so(tools: Callable[..., None]) -> None:
    tools()
    asked = ("peers.by_hand:forty", "peers.opa:forty", "peers.cerbos:forty")
    table = race_table(race([row(each) for each in asked], rounds=1))
    assert table.endswith(
        "| OPA | – | – | – | – | no `opa` on the path |\n| Cerbos | – | – | – | – | no `cerbos` on the path |"
    )


def test_who_ends_at_once_says_so(tools: Callable[..., None]) -> None:
    tools(opa="#!/bin/sh\nexit 3\n")
    with pytest.raises(Absent, match="`opa` ended while it was started"):
        opened(free_port())


@linux
def test_who_never_answers_says_so_and_is_ended(
    tools: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(opa='#!/bin/sh\necho "$PPID" > "$NOTES/keeper"\nsleep 600\n')
    monkeypatch.setattr(server, "PATIENCE", 1.0)
    with pytest.raises(Absent, match="`opa` did not answer within 1 seconds"):
        opened(free_port())
    assert ends(int((tmp_path / "notes" / "keeper").read_text(encoding="utf-8")))


# -- whose time counts


@linux
def test_the_time_and_the_memory_of_a_server_count(standing_in: Server) -> None:
    mine, all_of_us = time.process_time(), _used(standing_in.processes)
    standing_in.ask(question("/slowly", {}))
    mine, all_of_us = time.process_time() - mine, _used(standing_in.processes) - all_of_us
    assert all_of_us - mine > 0.09
    ours, together = _megabytes(()), _megabytes(standing_in.processes)
    assert ours is not None
    assert together is not None
    assert together - ours > 5


@linux
def test_so_does_a_server_behind_a_script(tools: Callable[..., None]) -> None:
    tools(opa=BEHIND, answers=STANDING_IN)
    behind = opened(free_port())
    assert len(behind.processes) == 2
    before = _used(behind.processes)
    behind.ask(question("/slowly", {}))
    assert _used(behind.processes) - before > 0.09
    behind.close()
    assert ends(*behind.processes)


def test_without_that_the_clock_on_the_wall_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.race.CLOCKED", False)
    before = _used((1,))
    time.sleep(0.05)
    assert _used((1,)) - before >= 0.05


# -- what is an answer


def test_a_long_answer_comes_bit_by_bit_and_the_next_is_read_as_well(standing_in: Server) -> None:
    for path in ("/bit-by-bit", "/", "/bit-by-bit"):
        assert json.loads(standing_in.ask(question(path, {}))) == {"result": []}


def test_an_error_is_no_answer(standing_in: Server) -> None:
    with pytest.raises(ConnectionError, match=r"it answered b'HTTP/1\.1 500"):
        standing_in.ask(question("/broken", {}))


def test_neither_is_silence(standing_in: Server) -> None:
    standing_in.ask(question("/health", {}))  # after which it hangs up
    with pytest.raises(ConnectionError):
        standing_in.ask(question("/", {}))


# -- none stays behind


@linux
def test_a_server_ends_when_it_is_no_longer_used_and_takes_its_files_with_it(standing_in: Server) -> None:
    (process,) = standing_in.processes
    folder = Path(f"/proc/{process}/cwd").readlink()
    assert (folder / "in" / "a.rego").exists()
    standing_in.close()
    assert not runs(process)
    assert not folder.exists()


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_when_the_race_is_killed(
    how: signal.Signals, tools: Callable[..., None], tmp_path: Path
) -> None:
    tools(opa=BEHIND, answers=STANDING_IN)
    script = tmp_path / "races.py"
    script.write_text(
        "import signal\n"
        "from benchmarks.race import Contestant, race\n"
        # Whoever runs the tests in the background of a shell has it ignored, and so has whatever they start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "if __name__ == '__main__':\n"
        "    race([Contestant('OPA', 'peers.opa:forty', (5, 1))], 10**6)\n",
        encoding="utf-8",
    )
    racing = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))},
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    while not (noted := list((tmp_path / "notes").iterdir())):
        assert time.monotonic() < until
        assert racing.poll() is None
        time.sleep(0.02)
    racing.send_signal(how)
    racing.wait(30)
    assert ends(*(int(each.name) for each in noted))


# -- what they say


def test_what_was_measured_is_named_with_its_version(tools: Callable[..., None]) -> None:
    tools(opa=STANDING_IN)
    assert version("opa", "version") == "1.2.3"
    assert version("cerbos", "--version") is None
    assert machine((0.0, 0.0, 0.0), 1).endswith(", opa 1.2.3.")


def in_rego(made: list[dict[str, Any]]) -> list[list[int]]:
    """What the policy for OPA says, by another implementation of its language."""
    regopy = pytest.importorskip("regopy")
    rego = regopy.Interpreter()
    rego.add_module("workload", opa.POLICY)
    answers = []
    for each in made:
        rego.set_input({**each, "as_of": "2026-11-24"})
        (found,) = json.loads(str(rego.query("data.workload.hits")))["expressions"]
        answers.append(sorted(found))
    return answers


def test_the_rego_names_the_rules_that_a_programmer_would() -> None:
    made = requests(20, SEED)
    assert in_rego(made) == [by_hand(plain(each)) for each in made]


def gaps() -> list[dict[str, Any]]:
    """A request, then without a score that had met a rule, and without a truth behind a `not`."""
    (whole,) = requests(1, SEED)
    whole["metric"]["toxicity"]["value"], whole["own"]["incident_plan"] = 0.3, True
    scores, truths = (
        {name: value for name, value in whole[place].items() if name != gone}
        for place, gone in (("metric", "toxicity"), ("own", "incident_plan"))
    )
    return [whole, {**whole, "metric": scores}, {**whole, "own": truths}]


def test_a_gap_silences_a_rule_of_rego_or_makes_it_apply() -> None:
    whole, silenced, applies = map(set, in_rego(gaps()))
    assert (whole - silenced, silenced - whole) == ({13}, set())
    assert (applies - whole, whole - applies) == ({33}, set())


def test_a_gap_silences_a_rule_of_cerbos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cerbos, "requests", lambda number, seed: gaps())
    try:
        entry = cerbos.forty(3, SEED)
    except Absent as reason:
        pytest.skip(str(reason))
    whole, silenced, same = (set(entry.rules(entry.ask(each))) for each in entry.inputs)
    assert (whole - silenced, silenced - whole) == ({13}, set())
    assert same == whole
