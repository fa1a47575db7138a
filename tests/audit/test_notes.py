"""Notes, checkpoints and receipts: those of other logs, and every way to write them wrong."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from release_gate.audit.merkle import Frontier, leaf_hash, node_hash
from release_gate.audit.notes import (
    Checkpoint,
    NoteKey,
    Receipt,
    Signed,
    check_key_name,
    cosign,
    open_checkpoint,
    sign_checkpoint,
)
from release_gate.diagnostics import InputError, IntegrityError
from release_gate.signing import PrivateKey, ed25519_public_key, generate_key

# The published example of golang.org/x/mod/sumdb/note.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = f"{TEXT}\n{LINE}"
ROOT = hashlib.sha256(b"root").digest()
ORIGIN = "example.org/releases"


def key_of(signer: PrivateKey, name: str = ORIGIN, kind: int = 1) -> NoteKey:
    return NoteKey(name, kind, signer.public)


def test_the_published_note_verifies() -> None:
    key = NoteKey.read(VKEY)
    assert str(key) == VKEY
    note = Signed.read(NOTE.encode())
    assert note.text == TEXT
    assert note.signers([key]) == (key,)


def test_the_example_of_the_checkpoint_specification_is_read() -> None:
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
        "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
        "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    found = Checkpoint.read(note.encode())
    assert (found.origin, found.size, str(found)) == ("example.com/behind-the-sofa", 20852163, note)
    assert [name for name, _, _ in Signed.read(note.encode()).signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    # What a witness says to have seen when is the number in front of its signature.
    assert int.from_bytes(Signed.read(note.encode()).signatures[1][2][:8]) == 1679315147


OTHERS = Path(__file__).parent / "others"
CERTIFICATES = (OTHERS / "certificates.note").read_text(encoding="utf-8")
CERTIFICATES_LOG = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
CERTIFICATES_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
SIGSUM = (OTHERS / "sigsum.note").read_text(encoding="utf-8")
SIGSUM_KEY = "52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd"


def test_a_checkpoint_of_a_real_log_and_its_witness_holds() -> None:
    """The log has signed twice, once in a way of its own, and one of its four witnesses is known here."""
    log, witness = NoteKey.read(CERTIFICATES_LOG), NoteKey.read(CERTIFICATES_WITNESS)
    assert (str(log), str(witness)) == (CERTIFICATES_LOG, CERTIFICATES_WITNESS)
    found = open_checkpoint(CERTIFICATES.encode(), [log], [witness], 1)
    assert (found.size, str(found)) == (1432088532, CERTIFICATES)
    times = [int.from_bytes(value[:8]) for _, _, value in Signed.read(CERTIFICATES.encode()).signatures[2:]]
    assert [datetime.fromtimestamp(each, UTC).date() for each in times] == [date(2026, 5, 23)] * 4


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("1432088532", "1432088533", "RG708"),
        ("U7WM79", "U7WM7A", "RG708"),
        ("— remora.n621.de 2net5wAAAABqEiEg", "— remora.n621.de 2net5wAAAABqEiEh", "RG708"),  # the time
        ("— remora.n621.de", "— remora.n622.de", "RG709"),
        ("dev ui8G", "dev ui8H", "RG709"),
    ],
)
def test_a_changed_checkpoint_of_a_real_log_does_not(old: str, new: str, code: str) -> None:
    keys = [NoteKey.read(CERTIFICATES_LOG)], [NoteKey.read(CERTIFICATES_WITNESS)], 1
    with pytest.raises(IntegrityError, match=code):
        open_checkpoint(CERTIFICATES.replace(old, new, 1).encode(), *keys)


def test_a_log_that_others_sign_is_known_by_its_key() -> None:
    name = SIGSUM.partition("\n")[0]
    key = NoteKey(name, 1, ed25519_public_key(bytes.fromhex(SIGSUM_KEY)))
    assert open_checkpoint(SIGSUM.encode(), [key]).size == 1


def test_no_part_of_a_key_is_a_key() -> None:
    for start in range(len(VKEY) + 1):
        for end in range(start + 1, len(VKEY) + 1):
            if (start, end) != (0, len(VKEY)):
                with pytest.raises(InputError):
                    NoteKey.read(VKEY[start:end])
    for at in range(len(VKEY)):
        with pytest.raises(InputError):
            NoteKey.read(VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        # The right key ids, for a key of the wrong length, and of an unknown kind.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEQ==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "++",
    ],
)
def test_a_key_of_the_wrong_length_or_kind_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no key of a log or a witness"):
        NoteKey.read(text)


@pytest.mark.parametrize("name", ["a b", "", "a\u2003b", "x" * 201])
def test_a_key_has_a_name_that_can_stand_in_a_note(name: str) -> None:
    key = NoteKey(name, 1, generate_key("ed25519").public)
    with pytest.raises(InputError, match="is no name for a log or a key"):
        NoteKey.read(str(key))


MALFORMED = {
    "no signature": TEXT,
    "no blank line": TEXT + LINE,
    "no last line end": NOTE[:-1],
    "something else at its end": NOTE[:-1] + "x",
    "another dash": NOTE.replace("—", "-"),
    "no space": NOTE.replace("— ", "—"),
    "two blank lines": f"{TEXT}\n\n",
    "an empty line within the signatures": f"{TEXT}\n{LINE}\n",
    "not base64": NOTE.replace("x08go", "x08g*"),
    "base64 written otherwise": NOTE.replace("nAM=", "nAN="),
    "no value": f"{TEXT}\n— PeterNeumann \n",
    "a value without a signature": f"{TEXT}\n— PeterNeumann x08gow==\n",
    "a plus in the name": NOTE.replace("— PeterNeumann", "— Peter+Neumann"),
    "a control character": NOTE.replace("think", "thi\tnk"),
    "a carriage return": NOTE.replace("\n", "\r\n"),
    "too many signatures": f"{TEXT}\n" + LINE * 101,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_note_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError) as error:
        Signed.read(MALFORMED[name].encode())
    assert error.value.diagnostics[0].code == "RG706"


def test_a_note_of_other_bytes_or_without_end_is_refused() -> None:
    for data in (NOTE.encode("utf-16"), b"a" * (1024 * 1024 + 1), b"\xff\n\n\xff\n"):
        with pytest.raises(IntegrityError):
            Signed.read(data)


def test_changed_text_is_refused_and_an_unknown_key_is_ignored() -> None:
    key = NoteKey.read(VKEY)
    with pytest.raises(IntegrityError, match="is not over this checkpoint"):
        Signed.read(NOTE.replace("answer", "Answer").encode()).signers([key])
    other = NoteKey("PeterNeumann", 1, generate_key("ed25519").public)
    same_key = NoteKey("Somebody", 1, key.key)
    assert Signed.read(NOTE.encode()).signers([other, same_key]) == ()


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    key = NoteKey.read(VKEY)
    forged = base64.b64encode(key.id + bytes(64)).decode()
    with pytest.raises(IntegrityError):
        Signed.read(f"{NOTE}— PeterNeumann {forged}\n".encode()).signers([key])


def test_a_log_signs_a_checkpoint_and_nobody_else_can() -> None:
    signer, other = generate_key("ed25519"), generate_key("ed25519")
    signed = sign_checkpoint(ORIGIN, 7, ROOT, signer)
    assert open_checkpoint(str(signed).encode(), [key_of(signer)]) == signed
    assert str(signed).startswith(f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\n\n— {ORIGIN} ")
    foreign = sign_checkpoint(ORIGIN, 7, ROOT, other)
    for text, keys in {
        str(foreign): [key_of(signer)],
        signed.text: [key_of(signer)],
        # The right key, under the name of another log.
        str(sign_checkpoint("example.org/other", 7, ROOT, signer)): [key_of(signer)],
        str(signed): [],
    }.items():
        with pytest.raises(IntegrityError) as error:
            open_checkpoint(text.encode(), keys)
        assert error.value.diagnostics[0].code == "RG709"
    # What the log has seen as a witness of its own is no checkpoint of it.
    seen = str(cosign(signed, ORIGIN, 1, signer)).splitlines(keepends=True)
    with pytest.raises(IntegrityError, match="signed by a foreign key"):
        open_checkpoint("".join([*seen[:4], *seen[5:]]).encode(), [key_of(signer, kind=4)])
    # A key that is trusted, under its own name, is not the key of this log.
    mixed = str(signed) + str(sign_checkpoint("example.org/other", 7, ROOT, other)).rpartition("\n\n")[2]
    with pytest.raises(IntegrityError):
        open_checkpoint(mixed.encode(), [key_of(other, "example.org/other")])


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n-7\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n\uff17\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n7\n*\n",
        f"\n7\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}",
        f"{ORIGIN}\n7\n{base64.b64encode(ROOT).decode()}\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        Checkpoint.read(text.encode())


def test_witnesses_count_once_each_and_only_over_this_very_checkpoint() -> None:
    log, one, two = (generate_key("ed25519") for _ in range(3))
    signed = sign_checkpoint(ORIGIN, 7, ROOT, log)
    seen = cosign(cosign(signed, "w.example/1", 1_700_000_000, one), "w.example/2", 1_700_000_001, two)
    keys = [key_of(one, "w.example/1", 4), key_of(two, "w.example/2", 4)]
    assert open_checkpoint(str(seen).encode(), [key_of(log)], keys, 2).size == 7
    same = cosign(cosign(signed, "w.example/1", 1, one), "w.example/2", 1, one)
    twice = [key_of(one, "w.example/1", 4), key_of(one, "w.example/2", 4)]
    with pytest.raises(IntegrityError, match="1 of the 2 witnesses have signed this, and 2 must"):
        open_checkpoint(str(same).encode(), [key_of(log)], twice, 2)
    with pytest.raises(IntegrityError, match="0 of the 2 witnesses"):
        open_checkpoint(str(signed).encode(), [key_of(log)], keys, 1)
    # The plain signature of a witness says nothing about what it saw before.
    said = key_of(one, "w.example/1", 1)
    value = base64.b64encode(said.id + one.sign(signed.text.encode())).decode()
    plain = f"{signed}— {said.name} {value}\n"
    with pytest.raises(IntegrityError, match="0 of the 2 witnesses"):
        open_checkpoint(plain.encode(), [key_of(log)], [said, key_of(one, said.name, 4)], 1)
    other = sign_checkpoint(ORIGIN, 8, ROOT, log)
    moved = str(other) + str(seen).rpartition("\n\n")[2].partition("\n")[2]
    with pytest.raises(IntegrityError, match="is not over this checkpoint"):
        open_checkpoint(moved.encode(), [key_of(log)], keys, 1)


def test_only_ed25519_signs_checkpoints_and_only_under_a_proper_name() -> None:
    with pytest.raises(InputError, match="signs with an Ed25519 key"):
        sign_checkpoint(ORIGIN, 7, ROOT, generate_key())
    for name in ("", "a b", "a+b", "a\nb", "a\u2003b", "x" * 201):
        with pytest.raises(InputError, match="is no name for a log or a key"):
            check_key_name(name)
        with pytest.raises(InputError, match="is no name for a log or a key"):
            sign_checkpoint(name, 7, ROOT, generate_key("ed25519"))


def _receipt() -> tuple[Receipt, bytes]:
    leaf, other = leaf_hash(b"a"), leaf_hash(b"b")
    frontier = Frontier().add(leaf)[0].add(other)[0]
    assert frontier.root == node_hash(leaf, other)
    return Receipt(0, (other,), sign_checkpoint(ORIGIN, 2, frontier.root, generate_key("ed25519"))), leaf


def test_a_receipt_reads_as_it_is_written() -> None:
    receipt, leaf = _receipt()
    assert str(receipt).startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert Receipt.read(str(receipt).encode()) == receipt
    assert receipt.holds(leaf)
    assert not receipt.holds(leaf_hash(b"c"))
    extra = replace(receipt, extra=b"age")
    assert str(extra) == str(receipt).replace("@v1\n", "@v1\nextra YWdl\n")
    assert Receipt.read(str(extra).encode()) == extra
    alone = Receipt(0, (), Checkpoint(ORIGIN, 1, leaf))
    assert Receipt.read(str(alone).encode()).holds(leaf)


def test_no_proof_is_longer_than_the_largest_tree_is_deep() -> None:
    receipt, _ = _receipt()
    deep = replace(receipt, proof=receipt.proof * 63)
    assert Receipt.read(str(deep).encode()) == deep
    with pytest.raises(IntegrityError, match="no proof has more than 63 hashes"):
        Receipt.read(str(replace(receipt, proof=receipt.proof * 64)).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"),
        ("index 0", "index 00"),
        ("index 0", "index x"),
        ("index 0\n", ""),
        ("index 0", "Index 0"),
        ("\n\n", "\n"),
        ("=\n", "\n"),
    ],
)
def test_what_is_no_receipt_is_refused(old: str, new: str) -> None:
    receipt, _ = _receipt()
    with pytest.raises(IntegrityError):
        Receipt.read(str(receipt).replace(old, new).encode())
    for short in (b"", b"c2sp.org/tlog-proof@v1\n\n", b"c2sp.org/tlog-proof@v1\nextra YQ==\n\n"):
        with pytest.raises(IntegrityError):
            Receipt.read(short)
