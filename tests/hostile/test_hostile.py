"""Documents and conditions that were written to do harm. Each is refused, with a diagnostic, and soon."""

import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from release_gate import engine
from release_gate.diagnostics import InputError
from release_gate.evaluate.reference import evaluate
from release_gate.expression.check import Scope, check_condition
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.schema import schema
from release_gate.facts.truth import Record, Unknown
from release_gate.facts.view import Seen
from release_gate.policy.load import policy_from_document
from release_gate.source import read_document

SECONDS = 30  # of processor time while coverage is measured: about one without, and what hangs takes for ever
HEAD = "release_gate: request/v1\nid: r\naction: release\n"
BASE = HEAD + "artifacts: [{id: a, kind: weights, wanted: hosted}]\n"


def laughs() -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in pairwise(f"a{n}" for n in range(10))
    ]
    return BASE + "\n".join(lines)


def circle(size: int) -> str:
    return "".join(f"- {{child: n{i}, parent: n{(i + 1) % size}}}\n" for i in range(size))


def documents() -> Iterator[tuple[str, str | bytes]]:  # noqa: PLR0915 - a table
    yield "billion laughs", laughs()
    yield "alias to itself", BASE + "own: &a [*a]\n"
    yield "merge bomb", BASE + "own: {<<: {a: 1}, <<: {b: 2}}\n"
    for name, unit in {"lists": "[", "maps": "{a: ", "dashes": "- ", "keys": "? ", "pairs": "[{a: "}.items():
        yield f"30,000 {name} deep", unit * 30_000
        yield f"30,000 {name} deep in a request", BASE + "own: " + unit * 30_000
    yield "block maps deep", "".join(" " * depth + "a:\n" for depth in range(1000))
    yield "closing brackets", "]" * 100_000
    yield "unclosed quote", BASE + 'title: "' + "x" * 100_000
    yield "truncated", BASE[:-10]
    yield "truncated escape", BASE + 'title: "\\u12'
    yield "half a character", BASE.encode() + b"title: \xe2\x82"
    yield "UTF-16", BASE.encode("utf-16")
    yield "latin-1", (BASE + "title: Zürich\n").encode("latin-1")
    yield "NUL", BASE + "title: a\x00b\n"
    yield "only NUL", b"\x00" * 1000
    yield "escape sequence", BASE + "title: \x1b[2J\n"
    yield "escaped escape sequence", BASE + 'title: "\\e[2J"\n'
    yield "two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf" + BASE.encode()
    yield "right to left", BASE + "title: a\u202eb\n"
    yield "isolate in a remark", BASE + "# \u2066 approve\n"
    yield "zero width key", BASE + "ti\u200btle: a\n"
    yield "line hidden by a next-line character", BASE + "# remark\u0085title: a\n"
    yield "line hidden by a carriage return", BASE + "# remark\rtitle: a\n"
    yield "line hidden by a line separator", BASE + "# remark\u2028title: a\n"
    yield "Cyrillic key", BASE + "tit\u04cfe: a\n"
    yield "full-width key", BASE + "\uff54itle: a\n"
    yield "decomposed text", BASE + "title: e\u0301\n"
    yield "Cyrillic id", BASE.replace("id: r", "id: \u0433")
    yield "Cyrillic access level", BASE.replace("hosted", "h\u043ested")
    yield "key twice", BASE + "id: q\n"
    yield "key twice, quoted", BASE + '"id": q\n'
    yield "key twice, 90,000 times", "a: 1\n" * 90_000
    yield "wanted twice", BASE.replace("wanted: hosted", "wanted: hosted, wanted: fully_open")
    yield "Norway", BASE + "developer: {jurisdiction: no}\n"
    yield "yes is no truth", BASE + "lineage: [{parent: p, permission: yes}]\n"
    yield "octal", BASE + "model: {parameters: 0777}\n"
    yield "sexagesimal", BASE + "model: {parameters: 1:30}\n"
    yield "underscores", BASE + "model: {parameters: 1_000}\n"
    yield "not a number", BASE + "model: {parameters: .nan}\n"
    yield "infinite", BASE + "model: {parameters: .inf}\n"
    for number in ("1e999999999", "1e99999999999999999999", "1e-99999999999999999999", "-1", "9" * 400):
        yield f"number {number[:30]}", BASE + f"model: {{parameters: {number}}}\n"
    yield "a million digits", BASE + f"model: {{parameters: {'9' * 1_000_000}}}\n"
    yield "too precise", BASE + "model: {parameters: 0.12345678901234567}\n"
    yield "share above one", BASE + "data: {sources: [{name: a, share: 98}]}\n"
    yield "range upside down", BASE + "model: {parameters: {low: 2, high: 1}}\n"
    yield "negative error", BASE + "metric: {m: {value: 1, stderr: -1}}\n"
    yield "Python object", BASE + "own: !!python/object/apply:os.system [id]\n"
    yield "Python name", BASE + "own: !!python/name:os.system\n"
    yield "binary", BASE + "title: !!binary aWQ=\n"
    yield "own tag", "%TAG ! tag:evil,2026:\n---\n" + BASE + "own: !x {}\n"
    yield "two documents", BASE + "---\n" + BASE
    yield "no document", b""
    yield "a list", "- a\n"
    yield "a text", "request/v1\n"
    yield "another kind", "release_gate: policy/v1\n"
    yield "a kind that is a list", "release_gate: [request/v1]\n"
    yield "a long kind", "release_gate: " + "request" * 9000
    yield "keys that are lists", BASE + "? [a]\n: b\n"
    yield "keys that are numbers", BASE + "1: b\n"
    yield "a reason that is a list", BASE + "lineage: {unknown: [1]}\n"
    yield "a reason that is a map", BASE + "model: {unknown: {a: b}}\n"
    yield "no artifacts", HEAD + "artifacts: []\n"
    yield "null artifacts", HEAD + "artifacts: null\n"
    yield "null list", BASE + "lineage: null\n"
    yield "number for a list", BASE + "lineage: 3\n"
    yield "artifact twice", HEAD + "artifacts: [" + "{id: a, kind: api, wanted: hosted}," * 2 + "]\n"
    yield (
        "open weights of an API",
        BASE.replace("weights, wanted: hosted", "api, wanted: fully_open"),
    )
    yield "access level that is a list", BASE.replace("hosted", "[hosted]")
    yield "absent variant", BASE.replace("hosted}", "hosted, variant: v}")
    sign_off = "{person: p, role: r, word: approve, artifact: %s, rung: hosted, on: %s}"
    yield "sign-off for nothing", BASE + f"sign_offs: [{sign_off % ('b', '2026-01-01')}]\n"
    yield "day that is not there", BASE + f"sign_offs: [{sign_off % ('a', '2026-02-30')}]\n"
    yield "stands on itself", BASE + "lineage: [{child: p, parent: p}]\n"
    yield "circle of 3,000", BASE + "lineage:\n" + circle(3_000)
    artifacts = ", ".join(f"{{id: a{n}, kind: weights, wanted: hosted}}" for n in range(300))
    yield (
        "300 artifacts that stand on 200 models each",
        HEAD + f"artifacts: [{artifacts}]\nlineage:\n" + "".join(f"- {{parent: p{n}}}\n" for n in range(200)),
    )
    yield "3,000 unknown keys", BASE + "".join(f"k{n}: 1\n" for n in range(3_000))
    yield (
        "3,000 wrong values",
        BASE + "metric:\n" + "".join(f"  k{n}: {{value: x}}\n" for n in range(3_000)),
    )
    yield "200,000 values", BASE + "own: [" + "1," * 200_000 + "]\n"
    yield "3 MB", BASE + "title: " + "x" * 3_000_000


DOCUMENTS = dict(documents())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_refused(name: str, tmp_path: Path, command: Any) -> None:
    data = DOCUMENTS[name]
    path = tmp_path / "request.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError) as caught:
        ReleaseRequest.load(path)
    assert caught.value.diagnostics
    assert len(str(caught.value)) < 50_000
    command("check", path, "--policy", "ladder").is_refusal()


def test_a_reason_that_names_thousands_takes_linear_time() -> None:
    rule = """{id: r, when: "$any([p.name =~ 'p' for p in lineage])", deny: '{p.name} may not be used.'}"""
    head = "release_gate: policy/v1\nid: own\nversion: 1.0.0\ntitle: Own\n"
    policy = policy_from_document(read_document(f"{head}rules: [{rule}]\n"))
    parents = [{"parent": f"p{n}"} for n in range(12_000)]
    artifacts = [{"id": "a", "kind": "weights", "wanted": "hosted"}]
    asked = {"id": "r", "action": "release", "artifacts": artifacts, "lineage": parents}
    start = time.process_time()
    decision = engine.decide(ReleaseRequest.model_validate(asked), [policy], date(2026, 11, 24))
    found = next(each for each in decision.artifacts[0].findings if each.rule == "r")
    assert found.message.startswith("p0, p1, p2, ")
    assert "p11999 may not be used." in found.message
    assert time.process_time() - start < SECONDS / 2


CONDITIONS = {
    "": "RG201",
    "true and " * 600: "RG201",
    "(" * 4000: "RG201",
    "(" * 1500 + "true" + ")" * 1500: "RG201",
    "not " * 900 + "true": "RG201",
    "-" * 900 + "1 > 0": "RG201",
    "1+" * 450 + "1 > 0": "RG201",
    "[" * 300 + "]" * 300 + " == 1": "RG201",
    "true ? " * 200 + "true" + " : true" * 200: "RG201",
    "1 and\x00 2": "RG201",
    "model.n\u0430me == 1": "RG201",
    "\uff4dodel.name == 1": "RG201",
    "1e999999999 > 1": "RG203",
    "1e99999999999999999999 > 1": "RG203",
    "(1e9999999).floor > 1": "RG203",
    "0x" + "f" * 3000 + " > 1": "RG203",
    "9" * 4000 + " > 1": "RG203",
    "2 ** 1e15 > 1": "RG202",
    "2 ** model.parameters > 1": "RG202",
    "1 << 99999 > 1": "RG202",
    'model.name =~ "(?=a)"': "RG205",
    r'model.name =~ "(a)\\1"': "RG205",
    'model.name =~ "((a{100}){100}){100}"': "RG205",
    'model.name =~ "("': "RG205",
    "model.name =~ model.version": "RG205",
    "__class__ == 1": "RG204",
    "model.__class__.__mro__ == 1": "RG204",
    'model.name.__init__.__globals__ == "a"': "RG204",
    '"".__class__ == 1': "RG204",
    "$any.__self__ == 1": "RG202",
    '$eval("1") == 1': "RG206",
    'open("/etc/passwd") == 1': "RG206",
    "model.name.join(1) == 1": "RG206",
    "$any([$any for x in lineage])": "RG202",
    "$now > as_of": "RG202",
    "$random > 1": "RG202",
    r'"\ud800" == model.name': "RG203",
    r'"\u202e" == model.name': "RG203",
    "$any([true for lineage in lineage])": "RG220",
}


@pytest.mark.parametrize("text", CONDITIONS, ids=lambda text: text[:40])
def test_a_hostile_condition_is_refused(text: str) -> None:
    start = time.process_time()
    node, problems = check_condition(text, Scope(schema()))
    assert node is None
    assert CONDITIONS[text] in {problem.code for problem in problems}
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    "text", ["9 ** 9 ** 9 ** 9 ** 9 > 1", "(((2 ** 64) ** 64) ** 64) ** 64 > 1", "1e299 * 1e299 > 1"]
)
def test_a_bomb_of_arithmetic_is_not_computed(text: str) -> None:
    start = time.process_time()
    node, _ = check_condition(text, Scope(schema()))
    assert node is not None
    assert isinstance(evaluate(node, {}).value, Unknown)
    assert time.process_time() - start < SECONDS


def test_a_pattern_takes_linear_time() -> None:
    start = time.process_time()
    node, _ = check_condition('model.name =~ "(a+)+$"', Scope(schema()))
    assert node is not None
    name = Record("", {"name": Seen("a" * 50_000 + "b")})
    assert evaluate(node, {"model": name}).value is False
    assert time.process_time() - start < SECONDS
