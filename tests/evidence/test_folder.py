"""A folder by somebody else: what is refused, and the digest that binds what is there."""

import hashlib
import os
import socket
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.evidence import folder as folder_module
from release_gate.evidence.collect import EvidenceError, collect
from release_gate.evidence.folder import Changed, walk
from release_gate.evidence.manifest import FileDigest, Hashing, manifest_digest
from tests.evidence.files import good_weights, write


def link(root: Path) -> None:
    (root / "weights").symlink_to("/etc/passwd")


def link_to_folder(root: Path) -> None:
    (root / "inner").symlink_to(root.parent)


def pipe(root: Path) -> None:
    os.mkfifo(root / "README.md")


def plug(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(root / "s"))


def same_elsewhere(root: Path) -> None:
    write(root, {"Model.bin": b"", "model.bin": b""})


def same_when_composed(root: Path) -> None:
    write(root, {"é.bin": b"", unicodedata.normalize("NFD", "é.bin"): b""})


def deep(root: Path) -> None:
    write(root, {"a/" * 40 + "b": b""})


REFUSED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a link out of the folder": (link, "RG604", "`weights` is a link"),
    "a linked folder": (link_to_folder, "RG604", "`inner` is a link"),
    "a pipe that never ends": (pipe, "RG604", "`README.md` is neither a file nor a folder"),
    "a socket": (plug, "RG604", "`s` is neither a file nor a folder"),
    "names that differ in case alone": (same_elsewhere, "RG603", "`Model.bin` and `model.bin` are the same"),
    "names that differ in composition alone": (same_when_composed, "RG603", "are the same name elsewhere"),
    "too deep": (deep, "RG605", "is nested too deeply"),
}
NAMES = {
    "a Cyrillic letter": ("m\u043edel.safetensors", "mixes alphabets"),
    "a Greek letter": ("m\u03bfdel.safetensors", "mixes alphabets"),
    "a full-width dot": ("model\uff0esafetensors", "look-alikes"),
    "a reversed end": ("model\u202esrotnesetafas", "invisible or reordering"),
    "an invisible letter": ("mo\u200bdel", "invisible or reordering"),
    "a line break": ("a\nb", "line break"),
    "a backslash": ("..\\model", "backslash"),
}


@pytest.mark.parametrize(("make", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_file_is_refused(
    tmp_path: Path, make: Callable[[Path], None], code: str, message: str
) -> None:
    make(tmp_path)
    found = collect([tmp_path])
    (told, *_) = [each for each in found.errors if each.code == code]
    assert message in told.message
    assert found.subjects == ()


@pytest.mark.parametrize(("name", "reason"), NAMES.values(), ids=NAMES)
def test_a_name_that_could_be_taken_for_another_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b"")
    (found,) = collect([tmp_path]).errors
    assert found.code == "RG602"
    assert reason in found.message


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"\xff"), "wb"):  # noqa: PTH118, PTH123 - paths are texts
        pass
    (found,) = collect([tmp_path]).errors
    assert found.code == "RG602"


def test_names_in_other_alphabets_are_fine(tmp_path: Path) -> None:
    write(tmp_path, {"模型.txt": b"", "модель/веса": b"", "modèle": b""})
    assert collect([tmp_path]).errors == ()


def test_more_files_than_a_model_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_FILES", 2)
    monkeypatch.setattr(folder_module, "MAX_TOTAL", 2)
    write(tmp_path, {"a": b"1", "b": b"2", "c": b"3"})
    messages = [each.message for each in collect([tmp_path]).errors]
    assert len(messages) == 2
    assert "more than 2 files" in messages[0]
    assert "larger than" in messages[1]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="is no folder"):
        collect([tmp_path / "nothing"])


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folder_module, "_scan", refuse)
    (found,) = collect([tmp_path]).errors
    assert found.code == "RG601"
    assert "permission denied" in found.message


def test_the_history_of_a_clone_is_passed_over_at_the_top_only(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": b"", "a/.git/HEAD": b""})
    folder, problems = walk(tmp_path)
    assert ([entry.path for entry in folder.entries], problems) == (["a/.git/HEAD"], [])


def test_a_file_that_is_exchanged_after_it_was_listed_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"before"})
    folder, _ = walk(tmp_path)
    (tmp_path / "b").write_bytes(b"beyond")
    (tmp_path / "b").replace(tmp_path / "a")
    with pytest.raises(Changed):
        folder.entries[0].head(3)


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"in/a": b"before", "out/a": b"secret"})
    folder, _ = walk(tmp_path / "in")
    (tmp_path / "in").rename(tmp_path / "was")
    (tmp_path / "in").symlink_to("out")
    with pytest.raises(Changed):
        folder.entries[0].head(3)


def test_a_folder_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"in/deep/a": b"before", "out/a": b"secret"})
    folder, _ = walk(tmp_path / "in")
    (tmp_path / "in/deep").rename(tmp_path / "in/was")
    (tmp_path / "in/deep").symlink_to(tmp_path / "out")
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        folder.entries[0].head(3)


def test_a_file_that_changes_between_two_readings_stops_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"model.safetensors": good_weights(), "config.json": "{}"})
    monkeypatch.setattr(Hashing, "sha256", lambda self, entry: "0" * 64)
    (found,) = collect([tmp_path]).errors
    assert found.code == "RG606"
    assert "`config.json`" in found.message


def test_a_file_that_cannot_be_read_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, {"model.safetensors": good_weights()})
    monkeypatch.setattr(folder_module, "_open_below", refuse)
    codes = {each.code for each in collect([tmp_path]).errors}
    assert codes == {"RG601"}


@pytest.mark.parametrize("below", [True, False])
def test_the_digest_of_an_artifact_is_what_the_documentation_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, below: bool
) -> None:
    monkeypatch.setattr(folder_module, "_BELOW", below)
    write(tmp_path, {"b/x": b"two", "a": b"one", "b.txt": b""})
    (subject,) = collect([tmp_path]).subjects
    shell = (
        "{ echo 'release-gate artifact/v1'; find . -type f -printf '%P\\n' | LC_ALL=C sort | "
        'while read -r f; do echo "$(sha256sum < "$f" | cut -c1-64) $(stat -c %s "$f") $f"; '
        "done; } | sha256sum"
    )
    told = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S607
    assert subject.manifest.digest == f"sha256:{told.stdout[:64]}"


def test_the_digest_binds_path_size_and_content() -> None:
    def digest(path: str, content: bytes) -> str:
        return manifest_digest([FileDigest(path, len(content), hashlib.sha256(content).hexdigest())])

    assert len({digest("a", b""), digest("b", b""), digest("a", b"1"), manifest_digest([])}) == 4


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    write(tmp_path, {"a": bytes(3_000_000), "b": b"12"})
    told: list[tuple[int, int]] = []
    collect([tmp_path], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3_000_002, 3_000_002)
    assert sorted(told) == told
