"""A witness signs what extends all that it saw, and nothing else: the rules of c2sp.org/tlog-witness."""

import base64
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from release_gate.audit import locks, witness
from release_gate.audit.ledger import Ledger
from release_gate.audit.notes import Checkpoint, NoteKey, open_checkpoint, sign_checkpoint
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.verify import Trust, verify_decision, verify_log
from release_gate.audit.witness import Asked, Witness
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.signing import PrivateKey, generate_key

from .books import ORIGIN, Book

NAME = "witness.example/w1"
TIME = 1_795_000_000


class Town:
    """A log of some records, its forks, and a witness."""

    def __init__(self, folder: Path) -> None:
        self.book = Book.new(folder)
        self.key = generate_key("ed25519")
        self.logs = (NoteKey(ORIGIN, 1, self.book.log_key.public),)
        self.state = folder / "state"
        self.witness = Witness(NAME, self.key, self.state, self.logs)

    @property
    def public(self) -> NoteKey:
        return NoteKey(NAME, 4, self.key.public)

    def grow(self, records: int = 1) -> Checkpoint:
        return [self.book.record() for _ in range(records)][-1].checkpoint

    def asked(self, old: int, new: Checkpoint) -> Asked:
        return Asked.of(self.book.ledger.store, old, new)

    def sign(self, size: int, root: bytes, key: PrivateKey | None = None, origin: str = ORIGIN) -> Checkpoint:
        return sign_checkpoint(origin, size, root, key or self.book.log_key)

    def remembered(self) -> list[bytes]:
        return [each.read_bytes() for each in sorted(self.state.glob("*.checkpoint"))]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_a_witness_signs_a_log_as_it_grows(town: Town) -> None:
    seen = 0
    for step in (1, 2, 4, 1):
        new = town.grow(step)
        # What is sent is read as it was written.
        asked = Asked.read(str(town.asked(seen, new)).encode())
        assert asked == town.asked(seen, new)
        signed = town.witness.cosign(asked, TIME)
        assert open_checkpoint(signed.note.encode(), town.logs, [town.public], 1) == signed
        seen = new.size
        assert town.remembered() == [new.note.encode()]


def test_the_signature_is_that_of_the_specification(town: Town) -> None:
    new = town.grow()
    line = town.witness.cosign(town.asked(0, new), TIME).note.splitlines()[-1]
    name, value = line.removeprefix("— ").split(" ")
    raw = base64.b64decode(value)
    assert (name, raw[:4], len(raw)) == (NAME, town.public.id, 4 + 8 + 64)
    assert int.from_bytes(raw[4:12]) == TIME
    said = f"cosignature/v1\ntime {TIME}\n{new.text}"
    assert town.key.public.accepts(raw[12:], said.encode())


def test_the_same_may_be_asked_again(town: Town) -> None:
    new = town.grow(3)
    first = town.witness.cosign(town.asked(0, new), TIME)
    assert town.witness.cosign(town.asked(3, new), TIME) == first


def _fork(town: Town, size: int) -> Checkpoint:
    return town.sign(size, bytes(32))


REFUSED: dict[str, tuple[Callable[[Town], Asked], str, str]] = {
    "another history of the same size": (
        lambda town: Asked(3, (), _fork(town, 3).note),
        "RG715",
        "forked",
    ),
    "another history that is longer": (
        lambda town: replace(town.asked(3, town.grow(2)), note=_fork(town, 5).note),
        "RG715",
        "forked",
    ),
    "a longer history without a proof": (
        lambda town: replace(town.asked(3, town.grow(2)), proof=()),
        "RG715",
        "forked",
    ),
    "a proof with a hash more": (
        lambda town: replace(asked := town.asked(3, town.grow(2)), proof=(*asked.proof, bytes(32))),
        "RG715",
        "forked",
    ),
    "a shorter history": (lambda town: Asked(3, (), _fork(town, 2).note), "RG714", "truncated"),
    "from before what was seen": (
        lambda town: town.asked(1, town.grow(2)),
        "RG748",
        "has seen 3 records of `example.org/releases`, not 1",
    ),
    "as if nothing had been seen": (lambda town: town.asked(0, town.grow(2)), "RG748", "not 0"),
    "from after what was seen": (lambda town: town.asked(4, town.grow(2)), "RG748", "not 4"),
    "a foreign key": (
        lambda town: Asked(3, (), town.sign(4, bytes(32), generate_key("ed25519")).note),
        "RG709",
        "foreign key",
    ),
    "another log with this key": (
        lambda town: Asked(0, (), town.sign(4, bytes(32), origin="example.org/other").note),
        "RG709",
        "foreign key",
    ),
    "a checkpoint that nobody signed": (
        lambda _: Asked(3, (), f"{ORIGIN}\n4\n{base64.b64encode(bytes(32)).decode()}\n"),
        "RG709",
        "not signed",
    ),
    "a checkpoint that was changed": (
        lambda town: replace(each := town.asked(3, town.grow(2)), note=each.note.replace("\n5\n", "\n6\n")),
        "RG708",
        "not over this checkpoint",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_extend_what_was_seen_is_refused_and_not_remembered(name: str, town: Town) -> None:
    town.witness.cosign(town.asked(0, town.grow(3)), TIME)
    before = town.remembered()
    ask, code, words = REFUSED[name]
    asked = ask(town)
    with pytest.raises(IntegrityError, match=code) as refused:
        town.witness.cosign(asked, TIME)
    assert words in str(refused.value)
    assert town.remembered() == before


def test_a_first_checkpoint_is_only_taken_from_the_beginning(town: Town) -> None:
    new = town.grow(3)
    with pytest.raises(IntegrityError, match="has seen 0 records"):
        town.witness.cosign(town.asked(2, new), TIME)
    assert not town.remembered()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0\n",
        b"new 0\n\nx\n",
        b"old\n\nx\n",
        b"old -1\n\nx\n",
        b"old 01\n\nx\n",
        b"old 1e3\n\nx\n",
        "old ٣\n\nx\n".encode(),
        b"old 99999999999999999999999999\n\nx\n",
        b"old 3\nnothash\n\nx\n",
        b"old 3\n" + b"A" * 43 + b"=\n" * 2 + b"\n\nx\n",
        b"old 3\n" + (base64.b64encode(bytes(32)) + b"\n") * 64 + b"\nx\n",
        b"old 0\n\n" + b"x" * (1 << 20),
    ],
)
def test_what_no_log_asks_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="RG706"):
        Asked.read(data)


def test_two_forks_that_are_asked_at_once_never_both_get_a_signature(town: Town) -> None:
    new = town.grow(3)
    town.witness.cosign(town.asked(0, new), TIME)
    longer = town.grow(1)
    asked = [town.asked(3, longer), *(Asked(3, (), _fork(town, 3).note) for _ in range(7))]
    signed: list[Checkpoint] = []
    refused: list[str] = []

    def ask(what: Asked) -> None:
        again = Witness(NAME, town.key, town.state, town.logs)
        try:
            signed.append(again.cosign(what, TIME))
        except IntegrityError as error:
            refused.append(error.diagnostics[0].code)

    threads = [threading.Thread(target=ask, args=(each,)) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.root for each in signed] == [longer.root]
    assert set(refused) <= {"RG715", "RG748"}
    assert len(refused) == 7


def test_it_is_remembered_before_it_is_signed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    new = town.grow(2)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(witness, "cosign", crash)
    with pytest.raises(KeyboardInterrupt):
        town.witness.cosign(town.asked(0, new), TIME)
    assert town.remembered() == [new.note.encode()]
    monkeypatch.undo()
    # Nothing is lost by it: the same may be asked again, and a fork may not.
    town.witness.cosign(town.asked(2, new), TIME)
    with pytest.raises(IntegrityError, match="RG715"):
        town.witness.cosign(Asked(2, (), _fork(town, 2).note), TIME)


def test_what_cannot_be_remembered_is_not_signed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    new = town.grow(2)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space left on device"):
        town.witness.cosign(town.asked(0, new), TIME)
    monkeypatch.undo()
    assert not town.remembered()
    assert town.witness.cosign(town.asked(0, new), TIME).size == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda note: b"", "RG70"),
        (lambda note: note.replace(b"\n3\n", b"\n1\n"), "RG708"),
        (lambda note: note[:-20], "RG70"),
    ],
)
def test_a_memory_that_was_changed_is_noticed(
    change: Callable[[bytes], bytes], code: str, town: Town
) -> None:
    town.witness.cosign(town.asked(0, town.grow(3)), TIME)
    (place,) = town.state.glob("*.checkpoint")
    place.write_bytes(change(place.read_bytes()))
    with pytest.raises(IntegrityError, match=code):
        town.witness.cosign(town.asked(3, town.grow(1)), TIME)


def test_the_memory_of_another_log_is_noticed(town: Town) -> None:
    town.witness.cosign(town.asked(0, town.grow(3)), TIME)
    (place,) = town.state.glob("*.checkpoint")
    other = generate_key("ed25519")
    town.witness.logs = [*town.logs, NoteKey("example.org/other", 1, other.public)]
    place.write_text(str(town.sign(3, bytes(32), other, "example.org/other")))
    with pytest.raises(IntegrityError, match="RG716"):
        town.witness.cosign(town.asked(3, town.grow(1)), TIME)


def test_a_folder_that_cannot_be_used_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = town.asked(0, town.grow(1))
    town.state.write_text("a file")
    with pytest.raises(InputError, match="RG733"):
        town.witness.cosign(asked, TIME)
    town.state.unlink()
    monkeypatch.setattr(locks, "fcntl", None)
    with pytest.raises(InputError, match="RG734"):
        town.witness.cosign(asked, TIME)
    monkeypatch.undo()
    town.witness.cosign(asked, TIME)
    (place,) = town.state.glob("*.checkpoint")
    place.unlink()
    place.mkdir()
    with pytest.raises(InputError, match="RG733"):
        town.witness.cosign(asked, TIME)


def test_verification_demands_as_many_witnesses_as_it_is_told(town: Town) -> None:
    new = town.grow(3)
    signed = town.witness.cosign(town.asked(0, new), TIME)
    town.grow(1)
    another = NoteKey("other.example", 4, generate_key("ed25519").public)
    keys = town.book.trust

    def problems(quorum: int, *against: Checkpoint) -> set[tuple[int, str]]:
        trust = Trust(keys.log, keys.signers, (town.public, another), quorum)
        report = verify_log(town.book.ledger.store, trust, against)
        return {(each.step, each.found.code) for each in report.problems}

    assert problems(1, signed) == set()
    assert problems(2, signed) == {(10, "RG709")}
    assert problems(1, new) == {(10, "RG709")}
    assert problems(1, Checkpoint(new.origin, new.size, new.root)) == {(10, "RG709")}
    # Without a checkpoint that a witness could have signed, the demand is not met.
    assert problems(1) == {(10, "RG709")}
    assert problems(0) == set()


def test_a_demand_for_witnesses_is_not_passed_over_where_no_key_of_the_log_is_known(town: Town) -> None:
    signed = town.witness.cosign(town.asked(0, town.grow(3)), TIME)
    store = town.book.ledger.store
    trust = Trust((), (), (town.public,), 1)
    report = verify_log(store, trust, [signed])
    assert {(each.step, each.found.code) for each in report.problems} == {(10, "RG709")}
    receipt, data = town.book.ledger.receipt(1, signed), next(iter(store.rows(1, 2))).data
    alone = verify_decision(None, replace(receipt, extra=data), trust, "a receipt")
    assert {(each.step, each.found.code) for each in alone.problems} == {(9, "RG709")}


def test_a_log_that_was_rewritten_does_not_get_past_a_witness(town: Town, tmp_path: Path) -> None:
    """Whoever has the ledger and every key of its owner makes another history, and shows it."""
    signed = town.witness.cosign(town.asked(0, town.grow(3)), TIME)
    other = Book.new(tmp_path / "other")
    other.recorder.log_key = town.book.log_key
    rewritten = [other.record("other") for _ in range(5)][-1].checkpoint
    store: SqliteStore = other.ledger.store  # type: ignore[assignment]
    assert isinstance(Ledger(store), Ledger)
    with pytest.raises(IntegrityError, match="RG715"):
        town.witness.cosign(Asked.of(store, 3, rewritten), TIME)
    trust = Trust(town.logs, (), (town.public,), 1)
    report = verify_log(store, trust, [signed])
    assert {(each.step, each.found.code) for each in report.problems} == {(10, "RG715")}
    other.close()
