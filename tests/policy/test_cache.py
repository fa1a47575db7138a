import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from release_gate.diagnostics import DocumentError, PolicyError, Source
from release_gate.expression import trees
from release_gate.expression.parse import parse
from release_gate.expression.stored import decoded, encoded
from release_gate.policy import cache
from release_gate.policy.build import build
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.packs import data_folder, load_pack
from release_gate.policy.places import Closed
from release_gate.policy.stored import policy_to_plain
from release_gate.source import Document, read_file

Load = Callable[[], int]
CONDITIONS = (
    'a.b >= 3 and not (c == null or d ?? "x" in ["a", e])',
    '$any([x.y and x.n < 2.5 for x in list if x.z =~ "^a"])',
    "$count([x for x in list]) + $abs(n) ** 2 // 3 % 4 - 1 / 2 * 7e9 != -1",
    'd"2026-11-24" - day > t"P1Y6M" ? true : list.is_empty',
    '"a" not in [t.n for t in u] and v !~~ "b" and w.length <= 3',
)
POLICY = """\
release_gate: policy/v1
id: own
version: "1"
title: Own
covers: true
rules:
  - {id: big, when: model.parameters > 1e9, deny: Too large.}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RELEASE_GATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RELEASE_GATE_STATE", str(tmp_path / "state"))
    cache._key.cache_clear()
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    yield tmp_path
    cache._key.cache_clear()


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that had to be read."""
    texts: list[str] = []

    def counted(text: str) -> Any:
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(trees, "parse", counted)
    return texts


@pytest.fixture
def load(home: Path, read: list[str]) -> Callable[[], int]:
    """Loads the policy as a new process would, and says how many conditions had to be read."""

    def again() -> int:
        trees.forget()
        read.clear()
        load_policy(home / "policy.yaml")
        return len(read)

    return again


def entry(home: Path) -> Path:
    (found,) = (home / "cache").iterdir()
    return found


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_tree_comes_back_as_it_was_with_its_places(text: str) -> None:
    tree = parse(text)
    back = decoded(json.loads(json.dumps(encoded(tree))))
    assert back == tree
    assert repr(encoded(back)) == repr(encoded(tree))


def test_a_policy_is_read_once(load: Load) -> None:
    assert load() == 1
    assert load() == 0


def test_a_changed_policy_is_read_again(home: Path, load: Load) -> None:
    load()
    (home / "policy.yaml").write_text(POLICY.replace("1e9", "2e9"), encoding="utf-8")
    assert load() == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-3],
        lambda data: data.replace(b'">"', b'"<"'),
        lambda data: data.replace(b"\n", b"", 1),
        lambda data: b"\x00" * 64 + data[64:],
        lambda data: b"0" * 64 + b"\n{}",
    ],
    ids=["empty", "cut", "tampered", "without code", "zeros", "forged"],
)
def test_what_is_not_ours_is_ignored_and_written_anew(home: Path, load: Load, damage: Any) -> None:
    load()
    good = entry(home).read_bytes()
    entry(home).write_bytes(damage(good))
    assert load() == 1
    assert entry(home).read_bytes() == good


def test_an_entry_made_with_the_key_of_somebody_else_is_ignored(home: Path, load: Load) -> None:
    load()
    (home / "state" / "cache-key").write_bytes(b"k" * 32)
    cache._key.cache_clear()
    assert load() == 1
    assert load() == 0


def test_an_entry_for_one_policy_does_not_pass_for_another(home: Path, load: Load) -> None:
    load()
    first = entry(home).read_bytes()
    (home / "policy.yaml").write_text(POLICY.replace("1e9", "2e9"), encoding="utf-8")
    load()
    for each in (home / "cache").iterdir():
        each.write_bytes(first)
    assert load() == 1


def test_the_cache_can_be_turned_off(home: Path, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_GATE_CACHE", "off")
    assert load() == 1
    assert load() == 1
    assert not (home / "cache").exists()


@pytest.mark.parametrize("where", ["RELEASE_GATE_CACHE", "RELEASE_GATE_STATE"])
def test_where_nothing_can_be_written_policies_are_read_each_time(
    home: Path, load: Load, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (home / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(where, str(home / "file" / "below"))
    cache._key.cache_clear()
    assert load() == 1
    assert load() == 1


def test_a_key_of_the_wrong_length_is_no_key(home: Path, load: Load) -> None:
    (home / "state").mkdir()
    (home / "state" / "cache-key").write_bytes(b"short")
    assert load() == 1
    assert not (home / "cache").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_key_is_for_its_owner_only(home: Path, load: Load) -> None:
    load()
    assert stat.S_IMODE((home / "state" / "cache-key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "data",
    [
        None,
        ["Compare", 0, 1, "; import os", ["Literal", 0, 1, 1], ["Literal", 0, 1, 1]],
        ["Compare", 0, 1, "=="],
        ["Named", 0, 1, "x", ["Literal", 0, 1, True]],
        ["Literal", 0, 1, {"number": "NaN"}],
        ["Literal", 0, 1, {"number": "1", "day": "2026-01-01"}],
        ["Literal", 0, 1, 3],
        ["Fact", 0, 1, ["a b"]],
        ["Fact", 0, 1, "ab"],
        ["Call", 0, 1, "open", ["Literal", 0, 1, True]],
        ["Part", 0, 1, ["Literal", 0, 1, True], "__class__"],
        ["Match", 0, 1, 1, ["Literal", 0, 1, "x"], "x"],
        ["Match", 0, 1, True, ["Literal", 0, 1, "x"], None],
        ["Logic", 0, 1, "xor", []],
        ["Named", 0, 1, "unheard_of"],
        ["Literal", 0, 1, {"rank": True, "word": "low", "more": 1}],
        ["__builtins__", 0, 1],
    ],
)
def test_what_is_no_tree_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"this is|has \d parts"):
        decoded(data)


def test_a_policy_that_is_kept_is_the_one_that_was_checked(home: Path, load: Load) -> None:
    load()
    checked, kept = build(read_file(home / "policy.yaml"), load_pack), load_policy(home / "policy.yaml")
    assert isinstance(kept.places.document, Closed)
    assert policy_to_plain(kept) == policy_to_plain(checked)
    assert (kept.name, kept.rules[0].span) == (checked.name, checked.rules[0].span)
    assert kept.places.within(("rules", 0, "when"), 3, 6) == checked.places.within(("rules", 0, "when"), 3, 6)


def test_the_same_text_in_another_file_is_shown_there(home: Path, load: Load) -> None:
    load()
    (home / "other.yaml").write_text(POLICY, encoding="utf-8")
    other = load_policy(home / "other.yaml")
    assert other.rules[0].span is not None
    assert {other.name, other.rules[0].span.file} == {(home / "other.yaml").as_posix()}


def test_what_is_put_over_a_policy_that_is_kept_reads_only_what_is_new(
    home: Path, load: Load, read: list[str]
) -> None:
    load()
    over = "release_gate: policy/v1\nid: over\nextends: ./policy.yaml\n"
    rule = "rules:\n  - {id: long, when: model.context_length > 1e6, deny: Too long.}\n"
    (home / "over.yaml").write_text(over + rule, encoding="utf-8")
    trees.forget()
    read.clear()
    load_policy(home / "over.yaml")
    assert read == ["model.context_length > 1e6"]
    trees.forget()
    load_policy(home / "over.yaml")
    assert len(read) == 1


def test_a_policy_with_mistakes_is_never_kept(home: Path, load: Load) -> None:
    load()
    (home / "policy.yaml").write_text(POLICY.replace("Too large.", '"Too {large}."'), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(PolicyError, match="RG313"):
            load()


def test_a_document_that_does_not_say_what_its_text_does_is_never_kept_as_that_text(home: Path) -> None:
    tree = read_file(home / "policy.yaml").tree
    assert policy_from_document(Document(Source("made", ""), tree, {}, {}, {})).id == "own"
    (home / "policy.yaml").write_text("", encoding="utf-8")
    with pytest.raises(DocumentError, match="the document is empty"):
        load_policy(home / "policy.yaml")


@pytest.mark.usefixtures("home")
def test_a_warm_process_never_builds_the_tables_of_the_parser() -> None:
    program = (
        "import sys; from pathlib import Path; from release_gate import Gate;"
        f"Gate.load(Path({str(data_folder('examples') / 'release-gate.yaml')!r}));"
        "print('rule_engine' in sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]
