"""Verify a ledger of release decisions without the program that wrote it.

    python verify_record.py LEDGER [--key KEY] [--against CHECKPOINT] [--signer PEM] [--disclosures FILE]
    python verify_record.py FOLDER --key KEY [--signer PEM] [--disclosures FILE]

LEDGER is a copy of a ledger in SQLite; FOLDER is one record with its receipt. KEY is the key of the log,
written NAME+ID+KEY. CHECKPOINT is a file with a checkpoint that was kept where the ledger is not. PEM is a
public key whose attestations count. FILE has what opens sealed fields of a record, to be held against it. It
needs Python 3.11 and the package `cryptography`, and nothing else.

The steps have the numbers that they have in the documentation. It is written to be read: what it accepts is
what you see here.
"""

import argparse
import base64
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROBLEMS: list[str] = []
DISCLOSURES: dict[str, list] = {}
SALTS: set[str] = set()
SEALED = {"sealed": ""}
IN_TOTO = "application/vnd.in-toto+json"
DECISION = "urn:model-release-gate:release-decision:v1"
SUMMARY = "https://slsa.dev/verification_summary/v1"


def problem(step: int, text: str) -> None:
    """Note that a step does not hold."""
    PROBLEMS.append(f"step {step}: {text}")


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def name_of(data: bytes) -> str:
    """The digest that content goes by."""
    return "sha256:" + sha256(data).hex()


def read_json(data: bytes) -> dict:
    """A JSON object in which no key is there twice."""

    def unique(pairs: list) -> dict:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key is there twice")
        return dict(pairs)

    found = json.loads(data.decode(), object_pairs_hook=unique)
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found


# ---------------------------------------------------------------- records


Pack = dict[str, bytes | int]


def read_pack(data: bytes) -> Pack:
    """What is packed with a record: for each digest the content, or the record whose pack has it.

    A line for each with its digest and its length, or ``in`` and a number; an empty line; the content.
    """
    head, _, rest = data.partition(b"\n\n")
    found: Pack = {}
    for line in head.decode().splitlines():
        name, told = line.split(" ", 1)
        if told.startswith("in "):
            found[name] = int(told[3:])
        else:
            found[name], rest = rest[: int(told)], rest[int(told) :]
    return found


def check_record(data: bytes, seq: int) -> dict | None:
    """Step 2: a record is an object in RFC 8785 form, of the kind that we know.

    Records hold texts, whole numbers and lists, for which sorted keys without spaces are that form.
    """
    try:
        body = read_json(data)
        plain = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        body, plain = {}, b""
    if body.get("schema") != "record/v1" or plain != data or not isinstance(body.get("index"), int):
        problem(2, f"the record {seq} was edited")
        return None
    return body


def check_place(body: dict, seq: int, count: int, before: str | None, origin: str) -> None:
    """Step 3: a record has the next number, and names the one before it; the first names the log."""
    if body["index"] != count or seq != count:
        problem(3, f"the record {body['index']} is in the place of {count}: removed or reordered")
    follows = body.get("origin") == origin if before is None else body.get("previous") == before
    if not follows:
        problem(3, f"the record {count} does not follow the one before it: one of them was edited")


def check_content(body: dict, fetch: Callable[[str], bytes | None], keys: list) -> None:
    """Steps 6 to 8: what a record refers to is there, and says what the record says."""
    index = body["index"]
    named = [body.get("decision"), *body.get("attestations", []), body["request"].get("tree")]
    papers = body.get("papers") or {"applied": SEALED, "text": []}
    others = [body["request"].get("text", SEALED), papers["applied"], *papers["text"]]
    named += [each for each in [*others, body.get("trace", SEALED)] if not is_sealed(each)]
    for policy in (policy for versions in body.get("policies", []) for policy in versions):
        named += [policy["applied"], *policy["text"], *policy["tree"]]
    for name in named:
        data = fetch(name)
        if data is None:
            problem(6, f"the record {index} refers to {name}, which is not here")
        elif name_of(data) != name:
            problem(6, f"the content {name} was edited")
    decision = read_json(fetch(body.get("decision")) or b"{}")
    told = decision.get("verdict"), decision.get("as_of"), decision.get("request", {}).get("digest")
    if told != (body.get("verdict"), body.get("as_of"), body["request"].get("tree")):
        problem(7, f"the record {index} does not say what its decision says")
    policies = {policy["digest"] for versions in body.get("policies", []) for policy in versions}
    if not {policy["digest"] for policy in decision.get("policies", [])} <= policies:
        problem(7, f"the decision of record {index} rests on a policy that is not recorded")
    for name in body.get("attestations", []):
        check_attestation(fetch(name) or b"{}", body, keys)
    if "seal" in body:
        check_sealed(body, decision, read_json(fetch(body["request"]["tree"]) or b"{}"))


def check_attestation(data: bytes, body: dict, keys: list) -> None:
    """Step 8: an attestation is a DSSE envelope over a statement about this decision."""
    envelope = read_json(data)
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    signatures = [base64.b64decode(each["sig"]) for each in envelope["signatures"]]
    if keys and not any(accepts(key, each, message) for key in keys for each in signatures):
        problem(8, f"an attestation of record {body['index']} is not by a trusted key")
    statement = read_json(payload)
    predicate = statement["predicate"]
    if statement["predicateType"] == DECISION:
        about = "sha256:" + predicate["decision"]["digest"]["sha256"] == body["decision"]
    else:
        sources = ["sha256:" + each["digest"]["sha256"] for each in predicate["inputAttestations"]]
        about = bool(sources) and set(sources) <= set(body["attestations"])
    known = envelope["payloadType"] == IN_TOTO and statement["predicateType"] in (DECISION, SUMMARY)
    if not about or not known:
        problem(8, f"an attestation of record {body['index']} is about something else")


def accepts(key: object, signature: bytes, message: bytes) -> bool:
    """Whether a key made a signature. The algorithm is that of the key."""
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, message, ECDSA(hashes.SHA256()))
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            return False
    except InvalidSignature:
        return False
    return True


# ---------------------------------------------------------------- sealed fields


def is_sealed(value: object) -> bool:
    """Whether a value stands for one that is sealed."""
    return isinstance(value, dict) and "sealed" in value


def sealed_in(value: object, place: str) -> list:
    """What is sealed in a value, with its place as a JSON pointer (RFC 6901)."""
    if is_sealed(value):
        return [(place, value)]
    steps = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    names = ((str(step).replace("~", "~0").replace("/", "~1"), item) for step, item in steps)
    return [found for name, item in names for found in sealed_in(item, f"{place}/{name}")]


def check_sealed(body: dict, decision: dict, tree: dict) -> None:
    """Step 11: a disclosure opens what is sealed in its place of its record, and no salt is there twice.

    A seal is the digest of the domain, the record, the place, the salt and the value, in RFC 8785 form. For
    numbers that are not whole, Python may write another form than RFC 8785, and then the seal does not open.
    """
    places = dict(sealed_in(body, "") + sealed_in(decision, "/decision") + sealed_in(tree, "/request/tree"))
    for place, value in places.items():
        if list(value) != ["sealed"] or not str(value["sealed"]).startswith("sha256:"):
            problem(11, f"{place} of record {body['index']} is sealed by no digest")
    for told in DISCLOSURES.pop(body["seal"], []):
        salt = told["salt"]
        value = ["urn:model-release-gate:sealed:v1", body["seal"], told["pointer"], salt, told["value"]]
        plain = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        if places.get(told["pointer"]) != {"sealed": name_of(plain)}:
            problem(11, f"the disclosure for {told['pointer']} is not of what is sealed there")
        if salt in SALTS or len(bytes.fromhex(salt)) < 16:
            problem(11, f"the salt of {told['pointer']} is short, or that of another value")
        SALTS.add(salt)


# ---------------------------------------------------------------- the tree and its checkpoints


def grow(peaks: list, leaf: bytes, size: int) -> None:
    """Add a leaf to the complete subtrees of a tree with ``size`` leaves. RFC 6962, section 2.1."""
    while size & 1:
        leaf = sha256(b"\x01" + peaks.pop() + leaf)
        size >>= 1
    peaks.append(leaf)


def root_of(peaks: list) -> bytes:
    """The root over the complete subtrees."""
    root = peaks[-1] if peaks else sha256(b"")
    for peak in reversed(peaks[:-1]):
        root = sha256(b"\x01" + peak + root)
    return root


def included(leaf: bytes, index: int, size: int, proof: list, root: bytes) -> bool:
    """Whether a leaf is in a tree. RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    place, last = index, size - 1
    for each in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            leaf = sha256(b"\x01" + each + leaf)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            leaf = sha256(b"\x01" + leaf + each)
        place, last = place >> 1, last >> 1
    return last == 0 and leaf == root


def read_checkpoint(note: str, origin: str | None, key: str | None, step: int) -> tuple[int, bytes]:
    """Steps 9 and 10: a checkpoint is of this log, and by its key. c2sp.org/tlog-checkpoint."""
    text, _, block = note.rpartition("\n\n")
    lines = (text or note.removesuffix("\n")).split("\n")
    if len(lines) != 3:
        problem(step, "this is no checkpoint")
        return -1, b""
    if origin not in (None, lines[0]):
        problem(step, f"the checkpoint is of the log {lines[0]}, and this is {origin}")
    # One that was kept elsewhere may be one that nobody signed: whoever kept it knows that it is theirs.
    by_log = bool(text) and key is not None and signed(text + "\n", block, key, lines[0])
    if key is not None and not by_log and (text or step == 9):
        problem(step, f"the checkpoint of {lines[1]} records is not by the key of the log")
    return int(lines[1]), base64.b64decode(lines[2])


def signed(text: str, block: str, key: str, origin: str) -> bool:
    """Whether the key of the log has signed a note. c2sp.org/signed-note."""
    name, _, encoded = key.split("+", 2)
    kind = base64.b64decode(encoded)
    if kind[0] != 1 or name != origin:
        return False
    hint = sha256(name.encode() + b"\n" + kind)[:4]
    public = Ed25519PublicKey.from_public_bytes(kind[1:])
    for line in block.splitlines():
        dash, signer, value = line.split(" ")
        raw = base64.b64decode(value)
        if dash == "—" and signer == name and raw[:4] == hint:
            return accepts(public, raw[4:], text.encode())
    return False


# ---------------------------------------------------------------- whole logs and single records


def content_of(database: sqlite3.Connection, packed: bytes) -> Callable[[str], bytes | None]:
    """What a record refers to: packed with it or with an earlier record, or shared by many."""
    own = read_pack(packed)

    def fetch(name: str) -> bytes | None:
        part = own.get(name)
        if isinstance(part, bytes):
            return part
        if part is None:
            row = database.execute("SELECT data FROM shared WHERE digest = ?", (name,)).fetchone()
            return row[0] if row else None
        row = database.execute("SELECT content FROM records WHERE seq = ?", (part,)).fetchone()
        other = read_pack(row[0]).get(name) if row else None
        return other if isinstance(other, bytes) else None

    return fetch


def verify_ledger(database: sqlite3.Connection, key: str | None, against: list, keys: list) -> None:
    """Verify a copy of a ledger, in one pass over its records."""
    database.execute("PRAGMA trusted_schema = OFF")
    origin = database.execute("SELECT value FROM ledger WHERE name = 'origin'").fetchone()[0]

    wanted: dict = {}
    for (note,) in database.execute("SELECT note FROM checkpoints"):
        size, root = read_checkpoint(note, origin, key, 9)
        wanted.setdefault(size, []).append((9, root))
    for note in against:
        size, root = read_checkpoint(note, origin, key, 10)
        wanted.setdefault(size, []).append((10, root))
    peaks: list = []
    leaf, time, day, count = b"", "", "", 0
    query = "SELECT seq, CAST(data AS BLOB), content FROM records ORDER BY seq"
    for seq, data, content in database.execute(query):
        body = check_record(data, seq)
        if body is not None:
            check_place(body, seq, count, leaf.hex() if count else None, origin)
            # Step 4.
            if body["recorded_at"] < time or body.get("as_of", day) < day:
                problem(4, f"the clock ran backwards before record {count}")
            if body.get("as_of", "") > body["recorded_at"][:10]:
                problem(4, f"the record {count} is dated ahead")
            time, day = max(time, body["recorded_at"]), max(day, body.get("as_of", day))
            if body["kind"] == "decision":
                check_content(body, content_of(database, content), keys)
        leaf = sha256(b"\x00" + data)
        grow(peaks, leaf, count)
        count += 1
        # Steps 9 and 10.
        for step, root in wanted.pop(count, []):
            if root != root_of(peaks):
                problem(step, f"the first {count} records are not those of a checkpoint: forked")
    for size in wanted:
        problem(10, f"a checkpoint has {size} records, and {count} are here: truncated")
    print(f"{count} records of {origin}, root {root_of(peaks).hex()}")


def verify_folder(folder: Path, key: str | None, keys: list) -> None:
    """Verify one record with its receipt (c2sp.org/tlog-proof)."""
    data = (folder / "record.json").read_bytes()
    head, _, note = (folder / "record.tlog-proof").read_text(encoding="utf-8").partition("\n\n")
    lines = head.split("\n")
    size, root = read_checkpoint(note, None, key, 9)
    index = int(lines[1].removeprefix("index "))
    proof = [base64.b64decode(line) for line in lines[2:]]
    body = check_record(data, index)
    if body is None:
        return
    known = lines[0] == "c2sp.org/tlog-proof@v1" and body["index"] == index
    if not known or not included(sha256(b"\x00" + data), index, size, proof, root):
        problem(3, "the receipt is not for this record, or one of the two was edited")
    files = (folder / "content").iterdir()
    check_content(body, {"sha256:" + file.name: file.read_bytes() for file in files}.get, keys)
    print(f"record {index} of a log of {size} records")


def main() -> int:
    """Verify what the command line names."""
    parser = argparse.ArgumentParser(description="Verify a ledger of release decisions.")
    parser.add_argument("place", type=Path)
    parser.add_argument("--key")
    parser.add_argument("--against", type=Path, action="append", default=[])
    parser.add_argument("--signer", type=Path, action="append", default=[])
    parser.add_argument("--disclosures", type=Path, action="append", default=[])
    told = parser.parse_args()
    keys = [serialization.load_pem_public_key(file.read_bytes()) for file in told.signer]
    try:
        for file in told.disclosures:
            given = read_json(file.read_bytes())
            DISCLOSURES.setdefault(given["seal"], []).extend(given["disclosures"])
        if told.place.is_dir():
            verify_folder(told.place, told.key, keys)
        else:
            notes = [file.read_text(encoding="utf-8") for file in told.against]
            with closing(sqlite3.connect(f"file:{told.place}?mode=ro", uri=True)) as database:
                verify_ledger(database, told.key, notes, keys)
        for seal in DISCLOSURES:
            problem(11, f"the disclosures with the seal {seal} are of no record here")
    except Exception as error:  # whatever it is that cannot be read, it is not what was recorded
        problem(0, f"something cannot be read: {error!r}")
    for each in PROBLEMS:
        print(each)
    print("NOT VERIFIED" if PROBLEMS else "verified")
    return 7 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
