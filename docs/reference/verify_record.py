"""Verify a ledger of release decisions without the program that wrote it.

    python verify_record.py LEDGER [--against CHECKPOINT]
    python verify_record.py FOLDER
    python verify_record.py RECEIPT

LEDGER is a copy of a ledger in SQLite; FOLDER is one record with its receipt and all that it refers to;
RECEIPT is the receipt of a decision, which lies beside it. CHECKPOINT is a file with a checkpoint that was
kept where the ledger is not. Whom to believe is said by

    --key KEY            the key of the log, written NAME+ID+KEY, or a file that has it
    --signer PEM         a file with a public key whose attestations count
    --witness KEY        the key of a witness, written NAME+ID+KEY, or a file that has it
    --quorum N           so many of them must have signed CHECKPOINT, or the checkpoint of a receipt
    --disclosures FILE   what opens sealed fields, to be held against the record

All but --key and --quorum may be there several times. It needs Python 3.11 and the package `cryptography`,
and nothing else.

The steps have the numbers that they have in the documentation. It is written to be read: what it accepts is
what you see here.
"""

import argparse
import base64
import hashlib
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PROBLEMS: list[str] = []
DISCLOSURES: dict[str, list] = {}
SALTS: set[str] = set()
SEALED = {"sealed": ""}
KEY = re.compile(r"\S+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")
PROOF = "c2sp.org/tlog-proof@v1"
IN_TOTO = "application/vnd.in-toto+json"
DECISION = "urn:model-release-gate:release-decision:v1"
SUMMARY = "https://slsa.dev/verification_summary/v1"


@dataclass
class Trust:
    """Whom to believe: the key of the log, those that attest, and those of witnesses, with how many must."""

    key: str | None
    signers: list
    witnesses: list
    quorum: int


def problem(step: int, text: str) -> None:
    """Note that a step does not hold."""
    PROBLEMS.append(f"step {step}: {text}")


def counted(number: int) -> str:
    """So many records."""
    return "1 record" if number == 1 else f"{number} records"


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def name_of(data: bytes) -> str:
    """The digest that content goes by."""
    return "sha256:" + sha256(data).hex()


def plain(value: object) -> bytes:
    """A value in RFC 8785 form. Here are texts, whole numbers and lists, for which this is that form."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


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
    """Step 2: a record is an object in RFC 8785 form, of the kind that we know."""
    try:
        body = read_json(data)
        written = plain(body)
    except (ValueError, TypeError, RecursionError):
        body, written = {}, b""
    if body.get("schema") != "record/v1" or written != data or not isinstance(body.get("index"), int):
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
    if body["kind"] != "decision":
        if "seal" in body:
            check_sealed(body, {}, {})
        return
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
        if places.get(told["pointer"]) != {"sealed": name_of(plain(value))}:
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


def read_checkpoint(note: str, origin: str | None, trust: Trust, step: int, quorum: int) -> tuple[int, bytes]:
    """Steps 9 and 10: a checkpoint is of this log, by its key, and witnessed. c2sp.org/tlog-checkpoint."""
    text, _, block = note.rpartition("\n\n")
    lines = (text or note.removesuffix("\n")).split("\n")
    if len(lines) != 3:
        problem(step, "this is no checkpoint")
        return -1, b""
    if origin not in (None, lines[0]):
        problem(step, f"the checkpoint is of the log {lines[0]}, and this is {origin}")
    # One that was kept elsewhere may be one that nobody signed: whoever kept it knows that it is theirs.
    key = trust.key
    by_log = bool(text) and key is not None and key.startswith(lines[0] + "+") and signed(text, block, key, 1)
    if key is not None and not by_log and (text or step == 9):
        problem(step, f"the checkpoint of {counted(int(lines[1]))} is not by the key of the log")
    # The key of a witness counts once, whatever names it has.
    seen = {key.rpartition("+")[2] for key in trust.witnesses if signed(text, block, key, 4)}
    if len(seen) < quorum:
        problem(step, f"{len(seen)} witnesses have signed the checkpoint of {counted(int(lines[1]))}")
    return int(lines[1]), base64.b64decode(lines[2])


def signed(text: str, block: str, key: str, kind: int) -> bool:
    """Whether a key has signed a note: that of a log (kind 1, c2sp.org/signed-note) or of a witness (kind 4).

    A witness signs the note after the time at which it saw it (c2sp.org/tlog-cosignature).
    """
    name, _, encoded = key.split("+", 2)
    written = base64.b64decode(encoded)
    hint = sha256(name.encode() + b"\n" + written)[:4]
    public = Ed25519PublicKey.from_public_bytes(written[1:])
    for line in block.splitlines():
        dash, signer, value = line.split(" ")
        raw = base64.b64decode(value)
        if written[0] == kind and dash == "—" and signer == name and raw[:4] == hint:
            if kind == 1:
                return accepts(public, raw[4:], (text + "\n").encode())
            time = int.from_bytes(raw[4:12])
            return accepts(public, raw[12:], f"cosignature/v1\ntime {time}\n{text}\n".encode())
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


def verify_ledger(database: sqlite3.Connection, against: list, trust: Trust) -> None:
    """Verify a copy of a ledger, in one pass over its records."""
    database.execute("PRAGMA trusted_schema = OFF")
    origin = database.execute("SELECT value FROM ledger WHERE name = 'origin'").fetchone()[0]

    wanted: dict = {}
    # Most checkpoints are in the row of the record with which they were signed.
    for (note,) in database.execute("SELECT note FROM checkpoints"):
        size, root = read_checkpoint(note, origin, trust, 9, 0)
        wanted.setdefault(size, []).append((9, root))
    if trust.quorum and not against:
        problem(10, "there is no checkpoint that a witness could have signed")
    for note in against:
        size, root = read_checkpoint(note, origin, trust, 10, trust.quorum)
        wanted.setdefault(size, []).append((10, root))
    peaks: list = []
    leaf, time, day, count = b"", "", "", 0
    query = "SELECT seq, note, CAST(data AS BLOB), content FROM records ORDER BY seq"
    for seq, note, data, content in database.execute(query):
        body = check_record(data, seq)
        if body is not None:
            check_place(body, seq, count, leaf.hex() if count else None, origin)
            # Step 4.
            if body["recorded_at"] < time or body.get("as_of", day) < day:
                problem(4, f"the clock ran backwards before record {count}")
            if body.get("as_of", "") > body["recorded_at"][:10]:
                problem(4, f"the record {count} is dated ahead")
            time, day = max(time, body["recorded_at"]), max(day, body.get("as_of", day))
            check_content(body, content_of(database, content), trust.signers)
        leaf = sha256(b"\x00" + data)
        grow(peaks, leaf, count)
        count += 1
        # Steps 9 and 10.
        if note is not None and read_checkpoint(note, origin, trust, 9, 0) != (count, root_of(peaks)):
            problem(9, f"the checkpoint that is kept with record {seq} is not of {counted(count)}: forked")
        for step, root in wanted.pop(count, []):
            if root != root_of(peaks):
                problem(step, f"the first {counted(count)} are not those of a checkpoint: forked")
    for size in wanted:
        problem(10, f"a checkpoint has {counted(size)}, and {count} are here: truncated")
    print(f"{counted(count)} of {origin}, root {root_of(peaks).hex()}")


def verify_folder(folder: Path, trust: Trust) -> None:
    """Verify one record with its receipt, and all that it refers to."""
    data = (folder / "record.json").read_bytes()
    body = check_receipt(data, (folder / "record.tlog-proof").read_text(encoding="utf-8"), trust)
    if body is not None:
        files = (folder / "content").iterdir()
        check_content(body, {"sha256:" + file.name: file.read_bytes() for file in files}.get, trust.signers)


def verify_receipt(file: Path, trust: Trust) -> None:
    """Verify a decision with its receipt, which has the record as its extra line, and nothing else."""
    text = file.read_text(encoding="utf-8")
    extra = text.split("\n")[1]
    record = base64.b64decode(extra.removeprefix("extra "))
    body = check_receipt(record, text.replace(extra + "\n", "", 1), trust)
    if body is None or not file.with_suffix(".json").is_file():
        return
    # Step 7: the decision is the one that the record names, and says what the record says.
    decision = read_json(file.with_suffix(".json").read_bytes())
    stated = decision.pop("digest", body["decision"])
    told = decision["verdict"], decision["as_of"], decision["request"]["digest"]
    if not stated == body["decision"] == name_of(plain(decision)):
        problem(7, f"the decision is not the one of record {body['index']}")
    elif told != (body["verdict"], body["as_of"], body["request"]["tree"]):
        problem(7, f"the record {body['index']} does not say what its decision says")


def check_receipt(data: bytes, text: str, trust: Trust) -> dict | None:
    """Steps 2, 3 and 9 for one record: its receipt leads to a checkpoint (c2sp.org/tlog-proof)."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    size, root = read_checkpoint(note, None, trust, 9, trust.quorum)
    index = int(lines[1].removeprefix("index "))
    proof = [base64.b64decode(line) for line in lines[2:]]
    body = check_record(data, index)
    if body is None:
        return None
    known = lines[0] == PROOF and body["index"] == index
    if not known or not included(sha256(b"\x00" + data), index, size, proof, root):
        problem(3, "the receipt is not for this record, or one of the two was edited")
    print(f"record {index} of a log of {counted(size)}")
    return body


def key_of(text: str) -> str:
    """A key, or that in a file. What is none must not look as if a checkpoint were not by it."""
    if not KEY.fullmatch(text) and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8").strip()
    if not KEY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a key nor a file that has one")
    return text


def main() -> int:
    """Verify what the command line names."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("place", type=Path)
    parser.add_argument("--key", type=key_of)
    parser.add_argument("--against", type=Path, action="append", default=[])
    parser.add_argument("--signer", type=Path, action="append", default=[])
    parser.add_argument("--witness", type=key_of, action="append", default=[])
    parser.add_argument("--quorum", type=int, default=0)
    parser.add_argument("--disclosures", type=Path, action="append", default=[])
    told = parser.parse_args()
    signers = [serialization.load_pem_public_key(file.read_bytes()) for file in told.signer]
    trust = Trust(told.key, signers, told.witness, told.quorum)
    if told.quorum and told.key is None:
        parser.error("witnesses sign what the log has signed: say --key")
    try:
        for file in told.disclosures:
            given = read_json(file.read_bytes())
            DISCLOSURES.setdefault(given["seal"], []).extend(given["disclosures"])
        if told.place.is_dir():
            verify_folder(told.place, trust)
        elif told.place.suffix == ".tlog-proof":
            verify_receipt(told.place, trust)
        else:
            notes = [file.read_text(encoding="utf-8") for file in told.against]
            with closing(sqlite3.connect(f"file:{told.place}?mode=ro", uri=True)) as database:
                verify_ledger(database, notes, trust)
        for seal in DISCLOSURES:
            problem(11, f"the disclosures with the seal {seal} are of no record here")
    except Exception as error:  # whatever it is that cannot be read, it is not what was recorded
        problem(0, f"something cannot be read: {error if isinstance(error, OSError) else repr(error)}")
    for each in PROBLEMS:
        print(each)
    print("NOT VERIFIED" if PROBLEMS else "verified")
    return 7 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
