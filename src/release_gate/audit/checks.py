"""What is checked of a record by itself, whom to believe, and the report of what was found.

The numbers of the steps are those of *How a record is verified* in the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from release_gate.audit.attestation import check_recorded
from release_gate.audit.notes import Checkpoint, NoteKey, open_checkpoint
from release_gate.audit.opening import is_sealed_record, sealed_in
from release_gate.audit.pack import NOTHING, Referred
from release_gate.audit.record import Record
from release_gate.audit.sealed import Disclosures, check_opens, is_seal
from release_gate.canonical import digest_of_bytes
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, counted, printable
from release_gate.envelope import read_json
from release_gate.signing import PublicKey

__all__ = [
    "MAX_PROBLEMS",
    "STEPS",
    "Problem",
    "Report",
    "SealCheck",
    "SealsCheck",
    "Trust",
    "check_attestations",
    "check_checkpoint",
    "check_content",
    "check_decision",
    "check_signature",
    "say_not_checked",
]

STEPS: Final = {
    1: "the place of the log has the shape that it must have",
    2: "every record is whole, in canonical form, and of a kind that is known",
    3: "the records are numbered without gaps, and each names the digest of the one before it",
    4: "the clock never ran backwards, and no decision is dated back or ahead",
    5: "what is kept beside the records is what follows from them",
    6: "everything that a record refers to is there, and has its digest",
    7: "every record says what its decision says",
    8: "every attestation is of its decision, and by a trusted key",
    9: "every checkpoint is by the key of the log, and of these records",
    10: "the log extends the checkpoints that were kept elsewhere",
    11: "every disclosure opens what is sealed in its place of its record",
}
MAX_PROBLEMS: Final = 200
"""How many problems are told one by one."""
MAX_KNOWN: Final = 10_000
"""How many digests of what records share are remembered."""


@dataclass(frozen=True)
class Trust:
    """Whom to believe.

    Attributes:
        log: The keys of the log. Without any, signatures of checkpoints are not looked at.
        signers: The keys that attest. Without any, signatures of attestations are not looked at.
        witnesses: The keys of witnesses.
        quorum: How many of these must have signed a checkpoint that was kept elsewhere, or is in a receipt.
    """

    log: tuple[NoteKey, ...] = ()
    signers: tuple[PublicKey, ...] = ()
    witnesses: tuple[NoteKey, ...] = ()
    quorum: int = 0


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be, and the step that found it."""

    step: int
    found: Diagnostic


@dataclass
class Report:
    """What verification came to.

    Attributes:
        place: What was verified.
        origin: The name of the log.
        size: How many records there are.
        root: The root of the tree over them, as hexadecimal digits.
        problems: What is wrong, by step; empty if nothing is.
        not_checked: The steps that could not be taken, and why.
        more: How many further problems there were.
    """

    place: str
    origin: str
    size: int = 0
    root: str = ""
    problems: list[Problem] = field(default_factory=list)
    not_checked: dict[int, str] = field(default_factory=dict)
    more: int = 0

    @property
    def holds(self) -> bool:
        """Whether every step held."""
        return not self.problems

    def add(self, step: int, code: str, message: str, help_: str = "") -> None:
        """Add a problem."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(step, Diagnostic(code, message, help=help_)))
        else:
            self.more += 1

    def take(self, step: int, error: InputError, where: str = "") -> None:
        """Add the problems of an error."""
        for each in error.diagnostics:
            self.add(step, each.code, where + each.message, each.help)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "schema": "verification/v1",
            "place": self.place,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "holds": self.holds,
            "problems": [
                {"step": each.step, "code": each.found.code, "message": each.found.message}
                for each in sorted(self.problems, key=lambda each: each.step)
            ],
            "not_checked": [{"step": step, "because": why} for step, why in sorted(self.not_checked.items())],
        }


Fetch = Callable[[str], bytes | None]


def check_content(record: Record, fetch: Fetch, report: Report, known: set[str] | None = None) -> None:
    """Step 6.

    Args:
        record: The record.
        fetch: What it refers to.
        report: Where problems are told.
        known: What many records share and has been looked at.
    """
    pack = fetch.pack if isinstance(fetch, Referred) else NOTHING
    looked_at: set[str] = set() if known is None else known
    for digest in record.refers_to:
        if digest in looked_at and digest not in pack:
            continue
        data = fetch(digest)
        if data is None:
            report.add(
                6, "RG718", f"the record {record.index} refers to {printable(digest)}, which is not here"
            )
        elif digest_of_bytes(data) != digest:
            message = f"the content {printable(digest)} of record {record.index} was edited"
            report.add(6, "RG719", message)
        elif digest not in pack:
            if len(looked_at) > MAX_KNOWN:  # in an export, where everything is kept by its digest
                looked_at.clear()
            looked_at.add(digest)


def check_decision(record: Record, fetch: Fetch, report: Report) -> None:
    """Step 7."""
    if record.kind != "decision":
        return
    data = fetch(record.decision or "")
    if data is None or digest_of_bytes(data) != record.decision:
        return  # step 6 has said so
    try:
        decision = read_json(data, "the decision")
        told = (
            decision["as_of"],
            decision["verdict"],
            decision["request"]["id"],
            decision["request"]["digest"],
            decision["hypothetical"],
        )
        applied = {(each["id"], each["version"], each["digest"]) for each in decision["policies"]}
        body: Any = record.body
        same = told == (
            body["as_of"],
            body["verdict"],
            body["request"]["id"],
            body["request"]["tree"],
            body.get("policies_as_of"),
        )
        there = {
            (each["id"], each["version"], each["digest"]) for chain in body["policies"] for each in chain
        }
    except (IntegrityError, KeyError, TypeError, AttributeError):
        same, applied, there = False, set(), set()
    if not same or not applied <= there:
        message = f"the record {record.index} does not say what its decision says: one of them was made up"
        report.add(7, "RG719", message)


def check_attestations(record: Record, fetch: Fetch, trust: Trust, report: Report) -> None:
    """Step 8."""
    for digest in record.body.get("attestations", ()):
        data = fetch(str(digest))
        if data is None or digest_of_bytes(data) != digest:
            continue  # step 6 has said so
        try:
            check_recorded(data, record, trust.signers)
        except IntegrityError as error:
            report.take(8, error, f"an attestation of record {record.index}: ")


class SealCheck:
    """Step 11 for one record: what is sealed in it, held against what was disclosed of it.

    Attributes:
        seal: Its name in its seals, if it has any.
        opened: The place and the salt of each value that was disclosed of it.
    """

    def __init__(self, given: Sequence[Disclosures]) -> None:
        self.given = given
        self.seal: str | None = None
        self.opened: list[tuple[str, str]] = []

    def take(self, record: Record, fetch: Fetch, report: Report) -> None:
        """Take the record."""
        if not is_sealed_record(record):
            return
        self.seal = str(record.body["seal"])

        def get(name: str) -> bytes:
            data = fetch(name)
            if data is None or digest_of_bytes(data) != name:
                raise IntegrityError([Diagnostic("RG719", f"the content {printable(name)} is not whole")])
            return data

        where = f"record {record.index}: "
        try:
            places = dict(sealed_in(record, get))
        except (IntegrityError, KeyError, TypeError, ValueError):
            report.add(11, "RG711", where + "what is sealed in it cannot be read")
            return
        for place, value in places.items():
            if not is_seal(value):
                report.add(11, "RG711", f"{where}`{printable(place)}` is sealed by no digest")
        for each in (each for given in self.given if given.seal == self.seal for each in given.all):
            try:
                check_opens(each, self.seal, places.get(each.pointer))
            except IntegrityError as error:
                report.take(11, error, where)
            self.opened.append((each.pointer, each.salt))


class SealsCheck:
    """Step 11 for all records together."""

    def __init__(self, given: Sequence[Disclosures] | None) -> None:
        self.none_given, self.sealed = given is None, 0
        self.left = dict.fromkeys(each.seal for each in given or ())
        self.salts: set[str] = set()

    def take(self, index: int, seal: str | None, opened: Iterable[tuple[str, str]], report: Report) -> None:
        """Take the next record: its name in its seals, and what was disclosed of it."""
        if seal is None:
            return
        self.sealed += 1
        self.left.pop(seal, None)
        for place, salt in opened:
            if salt in self.salts:
                message = f"record {index}: the salt of `{printable(place)}` is that of another value"
                report.add(11, "RG744", message, "who knows one of the two can guess the other")
            self.salts.add(salt)

    def finish(self, report: Report) -> None:
        """Say what was disclosed of no record, and what was not checked."""
        for seal in self.left:
            message = f"the disclosures with the seal {printable(seal)} are of no record here"
            report.add(11, "RG743", message)
        if self.sealed and self.none_given:
            records = "1 record has" if self.sealed == 1 else f"{self.sealed} records have"
            report.not_checked[11] = f"{records} sealed fields, and nothing was disclosed"


def say_not_checked(trust: Trust, report: Report, *, signed: bool) -> None:
    """Say what was not checked, because nobody gave a key for it."""
    if not trust.signers:
        report.not_checked[8] = "no key was given, so anybody may have signed the attestations"
    if not trust.log:
        report.not_checked[9] = "no key of the log was given, so anybody may have signed the checkpoints"
    elif not signed:
        report.not_checked[9] = "no checkpoint is kept with the log"


def check_checkpoint(step: int, checkpoint: Checkpoint, origin: str, trust: Trust, report: Report) -> None:
    """Steps 9 and 10, but for the root: it is of this log, and signed by whom it must be."""
    if checkpoint.origin != origin:
        message = (
            f"a checkpoint is of the log `{printable(checkpoint.origin)}`, and this is `{printable(origin)}`"
        )
        report.add(step, "RG716", message)
    elif checkpoint.note or step == 9 or trust.quorum:
        check_signature(step, checkpoint, trust, report, trust.quorum if step == 10 else 0)


def check_signature(step: int, checkpoint: Checkpoint, trust: Trust, report: Report, quorum: int) -> None:
    """A key of the log has signed, and as many witnesses as are demanded.

    A checkpoint that was kept elsewhere may be one that nobody signed. One that is kept with the log is as
    the log signed it, before any witness saw it. A demand for witnesses is never passed over: they vouch for
    what the log signed, and without a key of the log nobody can tell what that was.
    """
    if not trust.log and not quorum:
        return
    try:
        open_checkpoint(str(checkpoint).encode(), trust.log, trust.witnesses, quorum)
    except IntegrityError as error:
        report.take(step, error, f"the checkpoint of {counted(checkpoint.size, 'record')}: ")
