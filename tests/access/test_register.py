"""The register of grants: lines that are added and never changed, and what follows from them."""

import json
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.access.register import Register, entry
from release_gate.diagnostics import InputError

DIGEST = "sha256:" + "d" * 64
DAY = date(2026, 11, 24)


def granted(name: str = "a1", **said: Any) -> dict[str, Any]:
    """A line that grants something."""
    told = {"repository": "acme/brief", "artifact": "weights", "who": "ada", "decision": DIGEST}
    line = {"release_gate": "grant/v1", "entry": "granted", "grant": name, "on": "2026-01-10", **told}
    return {**line, "expires": "2027-01-10", **said}


def then(word: str, name: str = "a1", on: str = "2026-06-01", **said: Any) -> dict[str, Any]:
    """A line that says what happened to it then."""
    return {"release_gate": "grant/v1", "entry": word, "grant": name, "on": on, **said}


def register(folder: Path, *lines: Any) -> Register:
    """A register of some lines."""
    path = folder / "grants.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return Register(path)


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([granted()], "in force"),
        ([granted(expires="2026-11-24")], "in force"),
        ([granted(expires="2026-11-23")], "expired"),
        ([granted(expires=None)], "in force"),
        ([granted(expires="2027-02-30")], "expired"),
        ([granted(expires="next year")], "expired"),
        ([granted(expires=20270110)], "expired"),
        ([{key: value for key, value in granted().items() if key != "expires"}], "expired"),
        ([granted(), then("revoked", reason="R")], "revoked"),
        ([granted(), then("breached", reason="R")], "breached"),
        ([granted(), then("revoked", reason="R"), then("breached", reason="R")], "breached"),
        ([granted(), then("reviewed", decision=DIGEST)], "in force"),
        ([granted(expires="2026-06-01"), then("renewed", decision=DIGEST, expires="2027-06-01")], "in force"),
        ([granted(), then("renewed", decision=DIGEST, expires="soon")], "expired"),
        ([granted(), then("renewed", decision=DIGEST)], "expired"),
        ([granted(), then("revoked", reason="R"), granted(on="2026-07-01")], "in force"),
        ([granted(expires="2026-06-01"), granted(on="2026-07-01")], "in force"),
    ],
)
def test_who_has_access_follows_from_the_lines(tmp_path: Path, lines: list[Any], state: str) -> None:
    (found,) = register(tmp_path, *lines).grants(DAY)
    assert found.state(DAY) == state
    assert found.in_force(DAY) is (state == "in force")


def test_a_day_of_the_past_is_seen_as_it_was(tmp_path: Path) -> None:
    book = register(tmp_path, granted(), then("revoked", reason="R"))
    assert book.grants(date(2026, 1, 9)) == []
    assert [each.state(date(2026, 5, 31)) for each in book.grants(date(2026, 5, 31))] == ["in force"]
    assert [each.state(date(2026, 6, 1)) for each in book.grants(date(2026, 6, 1))] == ["revoked"]


def test_a_device_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "grants.jsonl").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"RG526 .*: it is a pipe or a device"):
        Register(tmp_path / "grants.jsonl")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not the JSON that it must be"),
        ('{"entry": "granted", "entry": "revoked"}', "not the JSON that it must be"),
        ("", "not the JSON that it must be"),
        ("[]", "must be a mapping"),
        (granted("a2", release_gate="grant/v2"), "`release_gate` cannot be `grant/v2`"),
        (granted("a2", on="2026-13-01"), "`2026-13-01` is not a date"),
        (granted("a2", scpoe=[]), "unknown key `scpoe`"),
        (granted("a2", decision=None), "`granted` says its `decision`"),
        (then("revoked"), "`revoked` says its `reason`"),
        (then("revoked", "a9", reason="R"), "there is no grant `a9`"),
        (granted(on="2026-07-01"), "the grant `a1` is in force already"),
    ],
)
def test_a_line_that_says_nothing_sensible_stops_everything(tmp_path: Path, line: Any, said: str) -> None:
    """A line that cannot be read may have taken somebody's access away."""
    with pytest.raises(InputError) as caught:
        register(tmp_path, granted(), line)
    (found, *_) = caught.value.diagnostics
    assert found.code == "RG524"
    assert said in found.message
    assert found.span is not None
    assert (found.span.line, found.span.text) == (2, line if isinstance(line, str) else json.dumps(line))


def test_what_was_ended_cannot_be_renewed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was revoked on 2026-06-01"):
        register(tmp_path, granted(), then("revoked", reason="R"), then("renewed", decision=DIGEST))


def test_a_line_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "grants.jsonl"
    path.write_text(json.dumps(granted()), encoding="utf-8")
    with pytest.raises(InputError, match="may be cut off"):
        Register(path)


def test_lines_are_added_and_never_changed(tmp_path: Path) -> None:
    book = register(tmp_path, granted())
    before = book.path.read_bytes()
    with book.writing():
        book.add([entry("revoked", "a1", DAY, reason="R", by="eve")])
    after = book.path.read_bytes()
    assert after.startswith(before)
    assert json.loads(after.removeprefix(before)) == then("revoked", on="2026-11-24", reason="R", by="eve")
    assert Register(book.path).grants(DAY) == book.grants(DAY)


def test_a_line_that_cannot_follow_is_not_written(tmp_path: Path) -> None:
    book = register(tmp_path, granted())
    with book.writing(), pytest.raises(InputError, match="there is no grant `a2`") as error:
        book.add([entry("revoked", "a1", DAY, reason="R"), entry("revoked", "a2", DAY, reason="R")])
    assert error.value.diagnostics[0].code == "RG525"
    assert [each.entry for each in Register(book.path).entries] == ["granted"]


def test_two_writers_see_what_the_other_wrote(tmp_path: Path) -> None:
    one, other = register(tmp_path), Register(tmp_path / "grants.jsonl")
    said = granted()
    told = {key: value for key, value in said.items() if key not in ("release_gate", "entry", "grant", "on")}
    with one.writing():
        one.add([entry("granted", "a1", DAY, **told)])
    with other.writing():
        assert other.grant("a1") is not None
        with pytest.raises(InputError, match="in force already"):
            other.add([entry("granted", "a1", DAY, **told)])


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "grants.jsonl"

    def write(who: str) -> None:
        book = Register(path)
        for number in range(5):
            with book.writing():
                told = {"repository": "a/b", "artifact": "w", "decision": DIGEST, "who": who}
                book.add([entry("granted", f"{who}-{number}", DAY, expires=None, **told)])

    writers = [threading.Thread(target=write, args=(who,)) for who in ("ada", "bob", "cyd")]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(Register(path).grants(DAY)) == 15


def test_a_register_that_became_shorter_is_not_written_on(tmp_path: Path) -> None:
    book = register(tmp_path, granted(), granted("a2"))
    book.path.write_text(json.dumps(granted()) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="has lost lines"), book.writing():
        pass
