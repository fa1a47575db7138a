"""Reports are written all together or not at all, and a request is never passed over."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from release_gate.diagnostics import DocumentError
from release_gate.envelope import sign_envelope
from release_gate.gate.report_files import OutputError, discard, write_together
from release_gate.gate.requests import find_requests
from release_gate.signing import generate_key

REQUEST = "release_gate: request/v1\n"


def test_all_files_are_written_with_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_together([(tmp_path / "a", ["x", "ü\n"]), (tmp_path / "b", [])])
    assert (tmp_path / "a").read_bytes() == "xü\n".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "plain"]
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


DOCUMENTS = [
    REQUEST,
    "# mine\nrelease_gate: gate/v1\n",
    '{"release_gate": "policy/v1"}',
    '{"id": "r", "release_gate": "request/v1"}',
    '{"id":"r","release_gate":"request/v1"}',
    '{\n  "id": "r",\n  "release_gate" : "request/v1"\n}',
]


DOCUMENTS += [
    "SQLite format 3\0\x10",
    generate_key().pem(),
    generate_key().public.pem,
    "c2sp.org/tlog-proof@v1\n",
    sign_envelope(b"{}", "application/vnd.in-toto+json", [generate_key()]).to_json().decode(),
    '{"release_gate":"grant/v1","entry":"revoked"}\n',
]
"""What a run may read or write beside reports: a ledger, keys, a receipt, what is signed, a register."""


@pytest.mark.parametrize("text", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_no_report_takes_the_place_of_what_somebody_wrote(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(OutputError, match=r"RG901 cannot write `.*/a.yaml`: somebody wrote a document there"):
        discard([tmp_path / "a.yaml"])
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == text


REPORTS = [
    '{"help": "start it with `release_gate: gate/v1`"}',
    r'{"message": "it lacks \"payloadType\": of a text", "told": "-----BEGIN PUBLIC KEY-----"}',
    "<p>release_gate: gate/v1</p>",
    # Looked through again from each of their places, these would take minutes.
    *(filling * 65_536 for filling in ("\n", " ", "{", "{\n", "release_gate:\n", '{"release_gate"')),
]


@pytest.mark.parametrize("text", REPORTS, ids=range(len(REPORTS)))
def test_a_report_may_speak_of_documents_and_is_replaced(text: str, tmp_path: Path) -> None:
    (tmp_path / "report").write_text(text, encoding="utf-8")
    discard([tmp_path / "report"])
    assert not (tmp_path / "report").exists()


def test_if_one_fails_none_is_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"RG901 cannot write `.*/folder`: it is there, and no file"):
        write_together([(tmp_path / "a", ["approved"]), (tmp_path / "folder", ["approved"])])
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_if_one_cannot_take_its_place_none_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "b":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutputError, match="no space left on device"):
        write_together([(tmp_path / "a", ["approved"]), (tmp_path / "b", ["approved"])])
    assert not list(tmp_path.iterdir())


def test_a_report_that_breaks_halfway_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "approved"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_together([(tmp_path / "a", ["approved"]), (tmp_path / "b", broken())])
    assert not list(tmp_path.iterdir())


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine", encoding="utf-8")
    (tmp_path / "out").symlink_to(tmp_path / "other")
    write_together([(tmp_path / "out", ["x"])])
    assert (tmp_path / "other").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "out").is_symlink()


def test_what_an_earlier_run_has_left_goes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("approved", encoding="utf-8")
    discard([tmp_path / "a", tmp_path / "b", tmp_path])
    assert not list(tmp_path.iterdir())


def test_a_folder_gives_its_requests_in_order(tmp_path: Path) -> None:
    for name, text in {
        "b.yaml": REQUEST,
        "a.yml": f"# about it\n{REQUEST}",
        "sub/c.json": '{"release_gate": "request/v1"}',
        "typo.yaml": "release_gate: reqest/v1\n",
        "policy.yaml": "release_gate: policy/v1\n",
        "remark.yaml": f"# release_gate: policy/v1\n{REQUEST}",
        "text.yaml": f"title: |\n  release_gate: policy/v1\n{REQUEST}",
        "escaped.yaml": REQUEST.replace("release_gate", '"release\\x5fgat\\u0065"'),
        "folded.yaml": REQUEST.replace("release_gate:", '? "release_\\\n  gat\\x65"\n:'),
        "unclear.yaml": "# release_gate: policy/v1\nrelease_gate: [",
        "about_gates.yaml": "# release_gate: request/v1 is another\nrelease_gate: policy/v1\n",
        "log.json": '{"release_gate": "policy/v1", "said": "release_gate"}',
        "gate.yaml": "release_gate:   'gate/v1'\n",
        "compose.yaml": "services: {}\n",
        "notes.txt": REQUEST,
        ".hidden.yaml": REQUEST,
        ".git/d.yaml": REQUEST,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "LOUD.YAML").write_text(REQUEST, encoding="utf-8")
    (tmp_path / "windows.json").write_text('{"release_gate": "request/v1"}', encoding="utf-16")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe.yaml")
    found = find_requests([tmp_path, tmp_path / "b.yaml", Path("absent.yaml")])
    assert [path.name for path in found] == [
        *("LOUD.YAML", "a.yml", "b.yaml", "escaped.yaml", "folded.yaml", "remark.yaml", "c.json"),
        *("text.yaml", "typo.yaml", "unclear.yaml", "windows.json", "absent.yaml"),
    ]


def test_a_file_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    (tmp_path / "a.yaml").write_text(REQUEST, encoding="utf-8")
    monkeypatch.setattr(os, "open", refuse)
    assert find_requests([tmp_path]) == [tmp_path / "a.yaml"]


def test_a_folder_without_a_request_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("release_gate: policy/v1\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="RG902 there is no request in"):
        find_requests([tmp_path])
