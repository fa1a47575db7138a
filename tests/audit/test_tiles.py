"""A log as static files: each byte is where the specification says, and it verifies like a ledger."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from release_gate.audit.addresses import open_view
from release_gate.audit.ledger import Ledger
from release_gate.audit.merkle import Frontier, leaf_hash, root_at
from release_gate.audit.notes import Checkpoint, sign_checkpoint
from release_gate.audit.record import Draft, Record
from release_gate.audit.replay import Outcome, replay
from release_gate.audit.store_sqlite import SqliteStore
from release_gate.audit.tiles import ExportView, export, tile_path
from release_gate.audit.verify import Trust, verify_log
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.signing import generate_key

from .books import NOW, ORIGIN, Book


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        ("0", 0, 256, "tile/0/000"),
        ("0", 273, 112, "tile/0/273.p/112"),
        ("1", 1, 17, "tile/1/001.p/17"),
        ("0", 1234067, 256, "tile/0/x001/x234/067"),
        ("entries", 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_the_paths_of_the_specification(level: str, number: int, width: int, path: str) -> None:
    assert tile_path(level, number, width) == path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of more than two full tiles."""
    folder = tmp_path_factory.mktemp("large")
    store = SqliteStore.create(folder / "ledger.db", ORIGIN)
    ledger = Ledger(store)
    ledger.append([Draft({"kind": "event", "number": number}, {}) for number in range(600)], NOW)
    export(store, folder / "out", ledger.checkpoint(generate_key("ed25519")))
    store.close()
    return folder


def test_tiles_have_the_hashes_that_the_specification_says(large: Path) -> None:
    out = large / "out"
    files = {
        path.relative_to(out).as_posix(): path.stat().st_size for path in out.rglob("*") if path.is_file()
    }
    hashes = {name: size for name, size in files.items() if not name.startswith("tile/entries/")}
    assert hashes.pop("checkpoint") > 0
    assert hashes == {
        "tile/0/000": 8192,
        "tile/0/001": 8192,
        "tile/0/002.p/88": 88 * 32,
        "tile/1/000.p/2": 64,
    }
    store = SqliteStore.open(large / "ledger.db")
    leaves = [leaf_hash(row.data) for row in store.rows()]
    assert (out / "tile/0/001").read_bytes() == b"".join(leaves[256:512])
    frontier = Frontier()
    for leaf in leaves[256:512]:
        frontier = frontier.add(leaf)[0]
    assert (out / "tile/1/000.p/2").read_bytes()[32:] == frontier.root
    first = next(iter(store.rows())).data
    assert (out / "tile/entries/000").read_bytes().startswith(len(first).to_bytes(2) + first)
    store.close()


def test_an_export_verifies_and_proves_like_the_ledger(large: Path) -> None:
    view = open_view(str(large / "out"))
    assert isinstance(view, ExportView)
    assert verify_log(view, Trust()).problems == []
    store = SqliteStore.open(large / "ledger.db")
    for size in (1, 256, 300, 512, 600):
        assert root_at(size, view.node) == root_at(size, store.node)
    assert [row.seq for row in view.rows(250, 260)] == list(range(250, 260))
    store.close()
    view.close()


def root_of(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def tile_of(folder: Path, level: str, number: int, width: int) -> bytes:
    """A tile by the path of the specification: groups of three digits, all but the last with an `x`."""
    digits = f"{number:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{each}" for each in groups[:-1]), groups[-1]])
    return (folder / "tile" / level / (path + (f".p/{width}" if width < 256 else ""))).read_bytes()


def test_who_checks_static_logs_finds_every_entry_and_every_tile_in_the_signed_root(large: Path) -> None:
    """What the checkers of static logs do, by the specifications alone: c2sp.org/tlog-tiles and RFC 6962."""
    out = large / "out"
    text = (out / "checkpoint").read_text().partition("\n\n")[0]
    _, size, root = text.split("\n")
    below = []
    for number in range(-(-int(size) // 256)):
        bundle = tile_of(out, "entries", number, min(256, int(size) - 256 * number))
        while bundle:
            length = int.from_bytes(bundle[:2])
            below.append(hashlib.sha256(b"\0" + bundle[2 : 2 + length]).digest())
            bundle = bundle[2 + length :]
    assert len(below) == int(size) == 600
    assert root_of(below) == base64.b64decode(root)
    level = 0
    while below:
        for start in range(0, len(below), 256):
            tile = below[start : start + 256]
            assert tile_of(out, str(level), start // 256, len(tile)) == b"".join(tile)
        full = len(below) // 256
        below = [root_of(below[256 * at : 256 * at + 256]) for at in range(full)]
        level += 1
    assert level == 2


def _edit_entry(out: Path) -> None:
    file = out / "tile/entries/001"
    file.write_bytes(file.read_bytes().replace(b'"number":300', b'"number":301'))


def _edit_tile(out: Path) -> None:
    file = out / "tile/0/000"
    data = file.read_bytes()
    file.write_bytes(bytes(32) + data[32:])


def _cut_off(out: Path) -> None:
    (out / "tile/entries/002.p/88").unlink()


def _remove_tile(out: Path) -> None:
    (out / "tile/1/000.p/2").unlink()


def _smaller(out: Path) -> None:
    note = (out / "checkpoint").read_text()
    (out / "checkpoint").write_text(note.replace("\n600\n", "\n599\n"))


TAMPERING: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "an entry is edited": (_edit_entry, 3, "RG711"),
    "a tile is edited": (_edit_tile, 5, "RG711"),
    "the newest entries are cut off": (_cut_off, 9, "RG714"),
    "a tile is removed": (_remove_tile, 1, "RG710"),
    "the checkpoint says less": (_smaller, 1, "RG710"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_a_changed_export_is_detected_and_named(name: str, large: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(large / "out", tmp_path / "out")
    tamper, step, code = TAMPERING[name]
    tamper(tmp_path / "out")
    report = verify_log(open_view(str(tmp_path / "out")), Trust())
    assert (step, code) in {(each.step, each.found.code) for each in report.problems}


def test_decisions_come_out_of_an_export_again(tmp_path: Path) -> None:
    book = Book.new(tmp_path)
    book.record("small", "7")
    added = book.record("large", "7e9")
    export(book.ledger.store, tmp_path / "out", added.checkpoint)
    view = open_view(str(tmp_path / "out"))
    assert verify_log(view, book.trust, [added.checkpoint]).problems == []
    assert view.find(about="large") == [1]
    assert view.find(decision=added.records[0].decision) == [1]
    records = [Record.read(row.data) for row in view.rows()]
    assert [replay(view, each).outcome for each in records] == [Outcome.IDENTICAL] * 2
    assert view.referred(0)("sha256:../../secret") is None
    assert view.referred(0)("sha256:" + "0" * 64) is None
    export(book.ledger.store, tmp_path / "out", added.checkpoint)  # again, over what is there
    foreign = sign_checkpoint(ORIGIN, 2, added.checkpoint.root, generate_key("ed25519"))
    (tmp_path / "out" / "checkpoint").write_text(str(foreign))
    codes = {each.found.code for each in verify_log(open_view(str(tmp_path / "out")), book.trust).problems}
    assert codes == {"RG709"}
    (tmp_path / "out" / "checkpoint").write_text("x" * (1 << 21))
    with pytest.raises(IntegrityError, match="is too large"):
        open_view(str(tmp_path / "out"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"RG733 .*file/content.* cannot be used: not a directory"):
        export(book.ledger.store, tmp_path / "file", added.checkpoint)


def test_an_empty_log_is_an_export_too(tmp_path: Path) -> None:
    store = SqliteStore.create(tmp_path / "l.db", ORIGIN)
    export(store, tmp_path / "out", Checkpoint(ORIGIN, 0, Frontier().root))
    assert verify_log(open_view(str(tmp_path / "out")), Trust()).holds
    store.close()
