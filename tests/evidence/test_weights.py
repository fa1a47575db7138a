"""Weights: what their headers say, and the lies that are told in them."""

import json
import pickle
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.evidence import pickles
from release_gate.evidence.collect import collect
from release_gate.evidence.collected import Collected
from release_gate.evidence.folder import walk
from release_gate.evidence.gguf import BLOCKS, read_gguf
from release_gate.evidence.json_text import Unreadable
from release_gate.evidence.safetensors import BITS, read_header
from tests.evidence.files import gguf, good_weights, safetensors, tensor, write


def fact(found: Collected, path: str) -> Any:
    values = [each.value for each in found.subjects[0].found if each.path == path]
    assert len(values) == 1, values
    return values[0]


def refused(found: Collected) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in found.errors]


def test_the_header_tells_the_parameters_and_not_the_buffers(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"model.safetensors": good_weights()})])
    assert fact(found, "model.parameters") == 400
    assert fact(found, "artifact.format") == "safetensors"
    assert found.problems == ()


ONCE = '"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
LIES: dict[str, tuple[bytes, str]] = {
    "no header": (b"1234", "too short"),
    "a header longer than the file": (struct.pack("<Q", 100) + b"{}", "longer than the file"),
    "a header of an exabyte": (struct.pack("<Q", 2**60) + b"{}", "longer than the file"),
    "a list": (safetensors("[]"), "no JSON object"),
    "no JSON": (safetensors("{ nothing }"), "is not JSON"),
    "a name twice": (safetensors(f"{{{ONCE}, {ONCE}}}", 4), "has the key `a` twice"),
    "two tensors in one place": (safetensors({"a": tensor(0, 8), "b": tensor(4, 12)}, 12), "shares bytes"),
    "a hole": (safetensors({"a": tensor(0, 4), "b": tensor(8, 12)}, 12), "leaves a hole"),
    "bytes behind the last tensor": (safetensors({"a": tensor(0, 4)}, 8), "accounts for 4"),
    "bytes that are not there": (safetensors({"a": tensor(0, 8)}, 4), "accounts for 8"),
    "a negative shape": (safetensors({"a": tensor(0, 4, shape=[-1])}, 4), "impossible shape"),
    "a fractional shape": (safetensors({"a": tensor(0, 4, shape=[0.5, 2])}, 4), "impossible shape"),
    "more elements than there are numbers": (
        safetensors({"a": tensor(0, 4, shape=[10**9] * 4)}, 4),
        "impossible shape",
    ),
    "a shape that is a text": (safetensors({"a": {**tensor(0, 4), "shape": "1"}}, 4), "impossible shape"),
    "a shape that fills another place": (safetensors({"a": tensor(0, 4, shape=[2])}, 4), "disagree"),
    "a place that ends before it begins": (safetensors({"a": tensor(4, 0, shape=[1])}, 4), "disagree"),
    "no place": (safetensors({"a": {**tensor(0, 4), "data_offsets": [0]}}, 4), "without a place"),
    "an unknown type": (safetensors({"a": tensor(0, 4, "F33")}, 4), "unknown data type"),
    "a key of its own": (safetensors({"a": {**tensor(0, 4), "code": "x"}}, 4), "otherwise than the format"),
    "metadata that are no texts": (safetensors({"__metadata__": {"a": 1}}), "metadata that are no texts"),
    "nesting": (safetensors('{"a":' * 100_000 + "}" * 100_000), "nested too deeply"),
}


@pytest.mark.parametrize(("content", "reason"), LIES.values(), ids=LIES)
def test_a_header_that_lies_is_refused_and_gives_no_fact(tmp_path: Path, content: bytes, reason: str) -> None:
    found = collect([write(tmp_path, {"model.safetensors": content})])
    ((code, message),) = refused(found)
    assert code == "RG610"
    assert reason in message
    assert not any(each.path == "model.parameters" for each in found.subjects[0].found)


@given(st.binary(max_size=200), st.integers(0, 220))
def test_garbage_is_refused_by_the_format_s_own_library_wherever_ours_reads_it(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    oracle = pytest.importorskip("safetensors")
    good = safetensors({"a": tensor(0, 8), "b": tensor(8, 10, "F16", [1])}, 10)
    content = good[:place] + noise + good[place + len(noise) :]
    path = tmp_path_factory.mktemp("garbage") / "a.safetensors"
    path.write_bytes(content)
    (entry,) = walk(path.parent)[0].entries
    try:
        header = read_header(entry)
    except Unreadable:
        return
    theirs = dict(oracle.deserialize(content))  # raises if it refuses what we read
    assert set(theirs) == header.tensors


def test_every_data_type_of_the_format_s_own_library_is_known() -> None:
    assert {"F64", "F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3"} <= set(BITS)


def index(**files: str) -> str:
    return json.dumps({"metadata": {}, "weight_map": files})


A, B = safetensors({"a": tensor(0, 8)}, 8), safetensors({"b": tensor(0, 4)}, 4)
SHARDS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a file above": ({"model.safetensors.index.json": index(a="../a.safetensors")}, "is not beside it"),
    "an absolute file": ({"model.safetensors.index.json": index(a="/etc/passwd")}, "is not beside it"),
    "a file of another system": ({"model.safetensors.index.json": index(a="..\\a")}, "is not beside it"),
    "the folder itself": ({"model.safetensors.index.json": index(a="..")}, "is not beside it"),
    "no name": ({"model.safetensors.index.json": '{"weight_map": {"a": 1}}'}, "is not beside it"),
    "a missing file": ({"model.safetensors.index.json": index(a="c.safetensors")}, "is not there"),
    "a tensor that is elsewhere": (
        {"model.safetensors.index.json": index(a="b.safetensors", b="a.safetensors")},
        "disagree about what is in it",
    ),
    "a tensor that it forgets": (
        {"model.safetensors.index.json": index(a="a.safetensors"), "a.safetensors": good_weights()},
        "disagree about what is in it",
    ),
    "no map": ({"model.safetensors.index.json": "[]"}, "no `weight_map`"),
}


@pytest.mark.parametrize(("files", "reason"), SHARDS.values(), ids=SHARDS)
def test_an_index_that_lies_is_refused(tmp_path: Path, files: dict[str, str | bytes], reason: str) -> None:
    found = collect([write(tmp_path, {"a.safetensors": A, "b.safetensors": B, **files})])
    ((code, message),) = refused(found)
    assert code == "RG611"
    assert reason in message


def test_shards_count_together(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"x/a.safetensors": A, "x/b.safetensors": B}
    files["x/model.safetensors.index.json"] = index(a="a.safetensors", b="b.safetensors")
    assert fact(collect([write(tmp_path, files)]), "model.parameters") == 3


def test_two_sets_of_weights_give_no_number(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"a.safetensors": A, "b.safetensors": B})])
    assert fact(found, "model.parameters") == {"unknown": "missing"}


def test_packed_weights_give_no_number(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"a.safetensors": safetensors({"a": tensor(0, 8, "I32")}, 8)})])
    assert fact(found, "model.parameters") == {"unknown": "missing"}


def test_more_parameters_than_exact_digits_are_rounded(tmp_path: Path) -> None:
    header = {"a": {"dtype": "F4", "shape": [10**15 + 1, 0], "data_offsets": [0, 0]}}
    found = collect([write(tmp_path, {"a.safetensors": safetensors(header)})])
    assert found.errors == ()


META: dict[str, str | int] = {
    "general.architecture": "llama",
    "general.license": "mit",
    "general.alignment": 32,
}


def test_a_gguf_header_tells_architecture_licence_and_parameters(tmp_path: Path) -> None:
    content = gguf(META, [("a", [32, 2], 0, 0), ("b", [32], 2, 256)], 256 + 32)
    found = collect([write(tmp_path, {"model.gguf": content})])
    assert fact(found, "model.parameters") == 96
    assert fact(found, "model.architecture") == "llama"
    assert fact(found, "artifact.license") == "MIT"
    assert fact(found, "artifact.format") == "gguf"


def test_one_of_several_gguf_files_gives_no_number(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"m.gguf": gguf({"split.count": 2}, [("a", [8], 0, 0)], 32)})])
    assert fact(found, "model.parameters") == {"unknown": "missing"}


def head(version: int, tensors: int, entries: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, entries)


def entry(kind: int, rest: bytes) -> bytes:
    return head(3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", kind) + rest


GGUF_LIES: dict[str, tuple[bytes, str]] = {
    "an old version": (head(1, 0, 0), "version that is not known"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "version that is not known"),
    "a trillion tensors": (head(3, 10**12, 0), "more tensors"),
    "a trillion entries": (head(3, 0, 10**12), "more tensors"),
    "an end within the header": (head(3, 1, 0), "ends within"),
    "a text of a gibibyte": (head(3, 0, 1) + struct.pack("<Q", 2**30), "longer than 1 MiB"),
    "a text that is none": (head(3, 0, 1) + struct.pack("<Q", 1) + b"\xff", "not UTF-8"),
    "a list of a gibibyte": (entry(9, struct.pack("<IQ", 4, 2**30)), "longer than the file"),
    "a list of a gibibyte of texts": (entry(9, struct.pack("<IQ", 8, 2**30)), "longer than the file"),
    "a list of lists": (entry(9, struct.pack("<IQ", 9, 1)), "list of lists"),
    "a value of an unknown type": (entry(99, b""), "unknown type"),
    "a key twice": (
        head(3, 0, 2) + (struct.pack("<Q", 1) + b"k" + struct.pack("<II", 4, 7)) * 2,
        "has the key `k` twice",
    ),
    "a tensor twice": (gguf({}, [("a", [8], 0, 0), ("a", [8], 0, 32)], 64), "twice"),
    "five dimensions": (gguf({}, [("a", [1] * 5, 0, 0)], 64), "impossible shape"),
    "a broken block": (gguf({}, [("a", [31], 2, 0)], 64), "impossible shape"),
    "an enormous tensor": (gguf({}, [("a", [2**40, 2**40], 0, 0)], 64), "impossible shape"),
    "an unknown type": (gguf({}, [("a", [8], 77, 0)], 64), "type that is not known"),
    "two tensors in one place": (gguf({}, [("a", [16], 0, 0), ("b", [8], 0, 32)], 96), "shares bytes"),
    "a crooked place": (gguf({}, [("a", [8], 0, 8)], 96), "shares bytes"),
    "data that are not there": (gguf({}, [("a", [800], 0, 0)], 96), "beyond its end"),
    "an alignment of seven": (gguf({"general.alignment": 7}, [], 0), "no power of two"),
    "an alignment in words": (gguf({"general.alignment": "8"}, [], 0), "no power of two"),
}


@pytest.mark.parametrize(("content", "reason"), GGUF_LIES.values(), ids=GGUF_LIES)
def test_a_gguf_header_that_lies_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    ((code, message),) = refused(collect([write(tmp_path, {"model.gguf": content})]))
    assert code == "RG612"
    assert reason in message


def test_a_gguf_header_longer_than_any_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("release_gate.evidence.gguf.MAX_HEADER", 40)
    content = gguf({"tokens": "x" * 100}, [], 0)
    ((_, message),) = refused(collect([write(tmp_path, {"model.gguf": content})]))
    assert "more than 64 MiB" in message


def test_lists_and_numbers_of_gguf_metadata_are_passed_over(tmp_path: Path) -> None:
    words = struct.pack("<IQ", 8, 2) + (struct.pack("<Q", 1) + b"x") * 2
    numbers = struct.pack("<IQ", 6, 3) + bytes(12)
    content = head(3, 0, 3)
    for key, kind, rest in ((b"a", 9, words), (b"b", 9, numbers), (b"c", 6, bytes(4))):
        content += struct.pack("<Q", 1) + key + struct.pack("<I", kind) + rest
    (found,) = walk(write(tmp_path, {"m.gguf": content + bytes(64)}))[0].entries
    assert read_gguf(found).metadata == {}


@given(st.binary(max_size=60), st.integers(0, 200))
def test_no_noise_in_a_gguf_header_is_more_than_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int
) -> None:
    good = gguf(META, [("a", [32, 2], 0, 0)], 256)
    path = tmp_path_factory.mktemp("garbage") / "a.gguf"
    path.write_bytes(good[:place] + noise + good[place + len(noise) :])
    (found,) = walk(path.parent)[0].entries
    with suppress(Unreadable):
        assert 0 <= read_gguf(found).parameters < 2**63


def test_every_type_of_the_format_s_own_library_has_the_size_that_we_think() -> None:
    theirs = pytest.importorskip("gguf").GGML_QUANT_SIZES
    assert {int(kind): tuple(size) for kind, size in theirs.items() if int(kind) in BLOCKS} == BLOCKS


class Evil:
    """Runs a command when it is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("echo",)


def archive(path: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(name, content)
    return path


EVIL = pickle.dumps(Evil(), 2)


@pytest.mark.parametrize("name", ["model.safetensors", "model.gguf"])
def test_a_pickle_in_the_clothes_of_a_safe_format_is_recognised(tmp_path: Path, name: str) -> None:
    found = collect([write(tmp_path, {name: EVIL})])
    assert [code for code, _ in refused(found)] == ["RG616"]
    assert fact(found, "artifact.format") == "pickle"


@pytest.mark.parametrize("name", ["notes.txt", "pytorch_model.bin", "data.pkl"])
def test_a_pickle_of_any_name_is_scanned(tmp_path: Path, name: str) -> None:
    pytest.importorskip("picklescan")
    found = collect([write(tmp_path, {name: EVIL})])
    (problem,) = found.problems
    assert problem.code == "RG613"
    assert "posix.system" in problem.message
    evidence = fact(found, "evidence")
    assert evidence["state"] == "fail"
    assert evidence["on"] == found.subjects[0].manifest.digest
    assert evidence["producer"].startswith("picklescan 1.")


def test_a_pickle_in_an_archive_is_scanned(tmp_path: Path) -> None:
    pytest.importorskip("picklescan")
    archive(tmp_path / "weights", "x/data.pkl", EVIL)
    assert "posix.system" in collect([tmp_path]).problems[0].message


def test_an_archive_without_a_pickle_is_no_weights(tmp_path: Path) -> None:
    archive(tmp_path / "docs.zip", "readme.txt", b"")
    write(tmp_path, {"broken.zip": b"PK\x03\x04 nothing"})
    found = collect([tmp_path])
    assert [each.path for each in found.subjects[0].found][:1] == ["artifact.format"]  # the broken one


def test_a_harmless_pickle_passes_and_one_with_unknown_calls_does_not(tmp_path: Path) -> None:
    pytest.importorskip("picklescan")
    found = collect([write(tmp_path / "good", {"a.pkl": pickle.dumps({"a": [1.0]}, 4)})])
    assert (fact(found, "evidence")["state"], found.problems) == ("pass", ())
    doubtful = collect([write(tmp_path / "odd", {"a.pkl": b"cacme.models\nload\n."})])
    assert fact(doubtful, "evidence")["state"] == "fail"
    assert "unknown here" in doubtful.problems[0].message


def test_a_broken_pickle_fails(tmp_path: Path) -> None:
    pytest.importorskip("picklescan")
    content = b"\x80\x04ccollections\nOrderedDict\n\xff\xff"
    found = collect([write(tmp_path, {"a.pkl": content})])
    assert fact(found, "evidence")["state"] == "fail"


BLOCKED: dict[str, tuple[str, str]] = {
    "no scanner": (
        "import sys; sys.stderr.write(\"No module named 'picklescan'\"); sys.exit(1)",
        "not installed",
    ),
    "a bomb": ("raise MemoryError", "ran out of memory or time"),
    "no end": ("import time; time.sleep(9)", "did not end in time"),
}


@pytest.mark.parametrize(("code", "reason"), BLOCKED.values(), ids=BLOCKED)
def test_a_scan_that_does_not_come_to_its_end_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    monkeypatch.setattr(pickles, "_SCAN", code)
    monkeypatch.setattr(pickles, "SECONDS", 0.5)
    found = collect([write(tmp_path, {"a.pkl": EVIL})])
    assert reason in found.problems[0].message
    assert fact(found, "evidence")["state"] == "fail"


def test_a_bomb_does_not_take_the_machine_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("picklescan")
    monkeypatch.setattr(pickles, "MEMORY", 256 * 2**20)
    monkeypatch.setattr(pickles, "SECONDS", 2)
    with zipfile.ZipFile(tmp_path / "a.bin", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("data.pkl", b"\x80\x02" + b"N0" * 50_000_000)
    found = collect([tmp_path])
    assert fact(found, "evidence")["state"] == "fail"


def test_pickles_without_number_are_not_all_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("picklescan")
    monkeypatch.setattr(pickles, "MAX_FILES", 1)
    content = pickle.dumps(1, 4)
    found = collect([write(tmp_path, {"a.pkl": content, "b.pkl": content})])
    assert fact(found, "evidence")["state"] == "fail"
    assert "1 pickles were not scanned" in found.problems[0].message


def test_a_pointer_is_not_the_weights(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    found = collect([write(tmp_path, {"model.safetensors": pointer, "README.txt": pointer})])
    ((code, message),) = refused(found)
    assert code == "RG614"
    assert "`model.safetensors` is a pointer" in message


def test_formats_side_by_side_are_no_one_format(tmp_path: Path) -> None:
    found = collect([write(tmp_path, {"a.safetensors": A, "model.onnx": b"\x08\x07"})])
    assert fact(found, "artifact.format") == {"unknown": "conflicting"}
