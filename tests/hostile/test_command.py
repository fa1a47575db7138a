"""Policies, gate files and paths that were written to do harm, given to the real command."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HEAD = "release_gate: policy/v1\nid: p\nversion: 1.0.0\ntitle: P\n"
TIERS = "tiers: [{id: low, ceiling: fully_open}, {id: high, ceiling: hosted}]\ndefault_tier: low\n"


def rules(*texts: str) -> str:
    return "rules:\n" + "".join(f"- {{id: r-{index}, {text}}}\n" for index, text in enumerate(texts))


def require(condition: str) -> str:
    return HEAD + "rules:\n- id: a\n  require: |-\n    " + condition + "\n"


def circle(size: int) -> str:
    return "definitions:\n" + "".join(f"  d{n}: is.d{(n + 1) % size}\n" for n in range(size))


def doubling(size: int) -> str:
    """Each definition names the one before it twice: as a tree it has 2 ** size leaves."""
    lines = ["  d0: model.parameters > 1\n"]
    lines += [f"  d{n}: is.d{n - 1} and is.d{n - 1}\n" for n in range(1, size)]
    return "definitions:\n" + "".join(lines)


def table(columns: list[str], rows: str) -> str:
    return f"tier_table: {{columns: [{', '.join(columns)}], rows: {rows}, hit: unique}}\n" + rules("deny: x")


def policies() -> Iterator[tuple[str, str | bytes]]:  # noqa: PLR0915 - a table
    yield "empty", b""
    yield "NUL", HEAD.encode() + b"\x00"
    yield "UTF-16", HEAD.encode("utf-16")
    yield "truncated", (HEAD + rules('require: "model.parameters'))[:-3]
    yield "JSON that ends early", b'{"release_gate": "policy/v1", "id": "p"'
    yield "JSON with a key twice", b'{"release_gate": "policy/v1", "id": "p", "id": "q"}'
    yield "Python object", HEAD + "rules: !!python/object/apply:os.system [id]\n"
    yield "alias", HEAD + "sources: &a {}\nparameters: *a\n"
    yield "one long line", HEAD + "rules: [" + "{id: a, deny: x}, " * 3000 + "]\n"
    yield "rules of no effect", HEAD + rules(*["when: 'true'"] * 2000)
    yield "2,000 wrong conditions", HEAD + rules(*["require: modle.parameters > 1"] * 2000)
    yield "2,000 rules of one id", HEAD + "rules:\n" + "- {id: a, deny: x}\n" * 2000
    yield "40,000 rules", HEAD + "rules:\n" + "".join(f"- {{id: r{n}, deny: x}}\n" for n in range(40_000))
    yield "definitions in a circle", HEAD + circle(400) + rules("deny: x, when: is.d0")
    yield "definition of itself", HEAD + "definitions: {d: is.d}\n" + rules("deny: x, when: is.d")
    yield "a bomb of definitions", HEAD + doubling(400) + rules("deny: x, when: is.d399")
    yield "deep condition", require("(" * 1500 + "true" + ")" * 1500)
    yield "long condition", require("true and " * 600 + "true")
    yield "exponent bomb", require("1e999999999 > 1")
    yield "constant that would be folded", require("(1e9999999).floor > 1")
    yield "pattern with a look-ahead", require('model.name =~ "(?=a)"')
    yield "pattern that is too large", require('model.name =~ "((a{100}){100}){100}"')
    yield "dunder", require("model.name.__class__.__mro__ == 1")
    yield "dunder of a builtin", require("$any.__self__ == 1")
    yield "clock", require("$now > as_of")
    yield "chance", require("$random > 0.5")
    yield "look-alike fact", require("model.n\u0430me == 'a'")
    yield "full-width fact", require("\uff4dodel.name == 'a'")
    yield "bidi in a text", HEAD + 'rules: [{id: a, deny: "a\u202eb"}]\n'
    yield "escaped bidi in a condition", require('model.name == "\\u202e"')
    yield "Cyrillic id", HEAD + "rules: [{id: \u0430, deny: x}]\n"
    yield "ligature in an id", HEAD + "rules: [{id: \ufb01x, deny: x}]\n"
    yield "rules that look alike", HEAD + "rules: [{id: two-1, deny: x}, {id: two_l, deny: x}]\n"
    yield "id with a terminal escape", HEAD + 'rules: [{id: "a\\e[2J", deny: x}]\n'
    yield "opens as the risk rises", HEAD + TIERS + rules("require: tier >= 'high'")
    yield "allows only what is open", HEAD + rules("require: artifact.access >= 'weights_open'")
    yield "denies only what is closed", HEAD + rules("deny: x, when: artifact.access < 'hosted'")
    yield "ceilings that rise with risk", HEAD + TIERS.replace("fully_open", "internal")
    yield "tier that reads itself", HEAD + TIERS + rules("tier: high, when: tier >= 'low'")
    yield "covers without rules", HEAD + "covers: true\n"
    yield "rule of two effects", HEAD + rules("deny: x, ceiling: hosted")
    yield "presence test", require("model.name")
    yield "text of a fact that is not there", HEAD + rules('deny: "{model.nmae}"')
    yield "a table of 244 million combinations", HEAD + TIERS + table(["capability.cbrn.level"] * 12, "[]")
    yield "table with a hole", HEAD + TIERS + table(["misuse.ncii.likelihood"], "[[low, low]]")
    yield "parameter that is a list", HEAD + "parameters: {a: {value: [1]}}\n" + rules("deny: x")
    yield "a huge count of people", HEAD + rules("sign_off: {role: a, count: 1000000000}")
    yield "a duration of ages", HEAD + rules("sign_off: {role: a, max_age: P99999999999D}")
    yield "a date of no calendar", HEAD + "in_force: {from: 2026-02-30}\n" + rules("deny: x")
    yield "Norway as a jurisdiction", require("developer.jurisdiction in [no]")
    yield "an argument that is a file", require('$open("/etc/passwd") == "root"')


POLICIES = dict(policies())


@pytest.mark.parametrize("name", POLICIES)
def test_a_hostile_policy_is_refused(name: str, tmp_path: Path, command: Any) -> None:
    data = POLICIES[name]
    path = tmp_path / "policy.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    command("check", command.good, "--policy", path).is_refusal()


GATE = "release_gate: gate/v1\n"
GATES: dict[str, str | bytes] = {
    "empty": b"",
    "no policies": GATE + "policies: []\n",
    "null": GATE + "policies: null\n",
    "absent pack": GATE + "policies: [{pack: nothing}]\n",
    "pack that is a path": GATE + "policies: [{pack: ../ladder}]\n",
    "pack of all": GATE + "policies: [{pack: '*'}]\n",
    "absolute pack": GATE + "policies: [{pack: /etc}]\n",
    "absent file": GATE + "policies: [absent.yaml]\n",
    "file that is no policy": GATE + "policies: [/etc/passwd]\n",
    "a device": GATE + "policies: [/dev/zero]\n",
    "a folder": GATE + "policies: [.]\n",
    "itself": GATE + "policies: [gate.yaml]\n",
    "a million policies": GATE + "policies: [" + "a, " * 60_000 + "]\n",
    "unknown switch": GATE + "policies: [{pack: ladder}]\nfail_open: true\n",
    "NUL in a path": GATE + 'policies: ["a\\0b.yaml"]\n',
    "a path of 10,000": GATE + f"policies: [{'a' * 10_000}.yaml]\n",
    "escape in a path": GATE + 'policies: ["a\\e[2J.yaml"]\n',
    "a policy as gate": HEAD,
    "key twice": GATE + "policies: [{pack: ladder}]\npolicies: [{pack: ladder}]\n",
}


@pytest.mark.parametrize("name", GATES)
def test_a_hostile_gate_file_is_refused(name: str, tmp_path: Path, command: Any) -> None:
    data = GATES[name]
    path = tmp_path / "gate.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    command("check", command.good, "--gate", path).is_refusal()


# -- what may stand in the place of a file


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def device(folder: Path) -> Path:
    (folder / "zero").symlink_to("/dev/zero")
    return folder / "zero"


def loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def dangling(folder: Path) -> Path:
    (folder / "nowhere").symlink_to("absent")
    return folder / "nowhere"


def large(folder: Path) -> Path:
    with (folder / "large.yaml").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    return folder / "large.yaml"


def large_text(folder: Path) -> Path:
    (folder / "text.yaml").write_bytes(b"a: b\n" * 20_000_000)
    return folder / "text.yaml"


def local_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "s"))
    return folder / "s"


def itself(folder: Path) -> Path:
    return folder


def through_a_folder(folder: Path) -> Path:
    path = folder / "a" / ".." / "b.yaml"
    path.parent.parent.mkdir()
    return path


def of_bytes(folder: Path) -> Path:
    path = folder / os.fsdecode(b"\xff\x1b[2J.yaml")
    path.write_bytes(b"a: [")
    return path


PATHS = [
    fifo,
    device,
    loop,
    dangling,
    large,
    large_text,
    local_socket,
    through_a_folder,
    of_bytes,
    itself,
]


@pytest.mark.parametrize("make", PATHS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("place", ["request", "--policy", "--gate"])
def test_what_is_no_file_is_refused(make: Any, place: str, tmp_path: Path, command: Any) -> None:
    path = make(tmp_path)
    if place == "request":
        command("check", path, "--policy", "ladder").is_refusal()
    else:
        command("check", command.good, place, f"{path}{'/' if path.is_dir() else ''}").is_refusal()


def test_a_link_to_a_request_is_followed(tmp_path: Path, command: Any) -> None:
    (tmp_path / "link.yaml").symlink_to(command.good)
    assert command("check", tmp_path / "link.yaml", "--policy", "ladder").code in {5, 6}


def test_a_name_with_a_terminal_escape_never_reaches_the_terminal(tmp_path: Path, command: Any) -> None:
    path = tmp_path / "\x1b[2J\u202e.yaml"
    path.write_bytes(command.good.read_bytes() + b"lineage: [{parent: LLaMA}]\n")
    for form in ("text", "json"):
        ran = command("check", path, "--policy", "license-lineage", "-o", form)
        assert ran.code in {5, 6}
        assert all(char.isprintable() or char == "\n" for char in ran.out)


def test_a_file_name_that_is_no_text_can_be_told(tmp_path: Path, command: Any) -> None:
    """A name that is not UTF-8 is neither a crash nor a pass."""
    path = tmp_path / os.fsdecode(b"\xff.yaml")
    path.write_bytes(command.good.read_bytes() + b"lineage: [{parent: LLaMA}]\n")
    for form in ("text", "json", f"json={tmp_path / 'out.json'}"):
        assert command("check", path, "--policy", "license-lineage", "-o", form).code in {5, 6}


def test_one_request_that_is_refused_is_not_forgotten(tmp_path: Path, command: Any) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("a: [", encoding="utf-8")
    ran = command("check", command.good, bad, "--policy", "ladder")
    assert ran.code == 3
    assert "error[RG" in ran.err


def test_the_installed_command_refuses_as_well(tmp_path: Path) -> None:
    """Once without the forks, as a user starts it."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("release_gate: request/v1\nid: r\nid: q\n", encoding="utf-8")
    code = "from release_gate.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "check", str(bad), "--policy", "ladder"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 3
    assert "written twice" in ran.stderr
