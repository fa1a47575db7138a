"""Verification: whether a log is what it claims to be, step by step, with a name for whatever is not.

The steps are those of *How a record is verified* in the documentation, with the same numbers. No step trusts
what an earlier one has not established, none stops at its first problem, and nothing is asked of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from release_gate.audit.checks import (
    MAX_PROBLEMS,
    STEPS,
    Problem,
    Report,
    SealCheck,
    SealsCheck,
    Trust,
    check_attestations,
    check_checkpoint,
    check_content,
    check_decision,
    check_signature,
    say_not_checked,
)
from release_gate.audit.examine import Examined, Helpers, Place, examine
from release_gate.audit.merkle import Frontier, leaf_hash
from release_gate.audit.notes import Checkpoint, Receipt
from release_gate.audit.record import Record
from release_gate.audit.sealed import Disclosures
from release_gate.audit.view import Row, View
from release_gate.canonical import canonical_bytes, digest_of_bytes
from release_gate.diagnostics import IntegrityError, counted, printable
from release_gate.envelope import read_json

__all__ = ["STEPS", "Problem", "Report", "Trust", "verify_decision", "verify_log", "verify_receipt"]

EVERY: Final = 1000
"""How often progress is told."""


def verify_log(
    view: View,
    trust: Trust,
    against: Iterable[Checkpoint] = (),
    progress: Callable[[int], object] = int,
    given: Sequence[Disclosures] | None = None,
    helpers: Helpers | None = None,
) -> Report:
    """Verify a whole log. Linear in its size.

    Args:
        view: The log.
        trust: Whom to believe.
        against: Checkpoints that were kept elsewhere.
        progress: Is told how many records have been read.
        given: Disclosures of sealed fields, if there are any.
        helpers: Other processes, if any are to help. What is found does not depend on them.

    Raises:
        IntegrityError: The log is so damaged that it cannot be read.
    """
    report = Report(view.place, view.origin)
    # Step 1.
    for problem in view.shape_problems():
        report.add(1, "RG710", problem, "somebody changed it; ask for a copy from before")
    # Steps 9 and 10 need the root that the records have at the size of each checkpoint.
    wanted = _checkpoints(view, trust, list(against), report)
    signed = any(step == 9 for found in wanted.values() for step, _ in found)
    # Steps 2 to 8, and 11.
    run = _Run(view, report, SealsCheck(given))
    run.compare(wanted)
    for each in examine(view, trust, given or (), helpers):
        run.take(each)
        run.compare(wanted)
        if run.count % EVERY == 0:
            progress(run.count)
    run.finish()
    progress(run.count)
    say_not_checked(trust, report, signed=signed or run.signed)
    # Steps 9 and 10.
    for size, found in sorted(wanted.items()):
        for step, _ in found:
            missing = size - run.count
            gone = "1 of them is" if missing == 1 else f"{missing} of them are"
            message = f"there is a checkpoint of {counted(size, 'record')}, and {gone} not here: truncated"
            report.add(step, "RG714", message)
    report.size, report.root = run.count, run.frontier.root.hex()
    return report


def verify_receipt(
    data: bytes,
    receipt: Receipt,
    content: Mapping[str, bytes],
    trust: Trust,
    shown: str,
    given: Sequence[Disclosures] | None = None,
) -> Report:
    """Verify one record with its receipt, away from its log.

    Args:
        data: The record.
        receipt: The proof that it is in a log.
        content: What it refers to, as far as it is at hand.
        trust: Whom to believe. Without a key of the log, the receipt proves nothing.
        shown: Where it is from, in words.
        given: Disclosures of its sealed fields, if there are any.
    """
    report = Report(shown, receipt.checkpoint.origin, receipt.checkpoint.size, receipt.checkpoint.root.hex())
    # Step 2.
    try:
        record = Record.read(data)
    except IntegrityError as error:
        report.take(2, error)
        return report
    # Step 3. The place in the tree is the place that the record claims.
    if record.index != receipt.index or not receipt.holds(leaf_hash(data)):
        message = "the receipt is not for this record, or one of the two was edited"
        report.add(3, "RG721", message)
    # Steps 6 to 8.
    check_content(record, content.get, report)
    check_decision(record, content.get, report)
    check_attestations(record, content.get, trust, report)
    # Step 11.
    seals, of_all = SealCheck(given or ()), SealsCheck(given)
    seals.take(record, content.get, report)
    of_all.take(record.index, seals.seal, seals.opened, report)
    of_all.finish(report)
    # Step 9.
    check_signature(9, receipt.checkpoint, trust, report, trust.quorum)
    report.not_checked |= dict.fromkeys((1, 4, 5, 10), "this takes the whole log")
    say_not_checked(trust, report, signed=True)
    return report


def verify_decision(decision: bytes | None, receipt: Receipt, trust: Trust, shown: str) -> Report:
    """Verify a decision with its receipt, which has the record in it, away from the log and from all else.

    Args:
        decision: The decision as JSON, as reports have it. If there is none, only the record is verified.
        receipt: The receipt.
        trust: Whom to believe. Without a key of the log, the receipt proves nothing.
        shown: Where it is from, in words.
    """
    report = verify_receipt(receipt.extra, receipt, {}, trust, shown)
    # Steps 6, 8 and 11 need what was not sent. That the decision is the one that was recorded is step 7.
    report.problems = [each for each in report.problems if each.step != 11 and each.found.code != "RG718"]
    report.not_checked |= dict.fromkeys(
        (6, 8, 11), "only the decision is here, and not what it was made from"
    )
    if decision is None:
        report.not_checked[7] = "there is no decision beside the receipt"
    elif not any(each.step == 2 for each in report.problems):
        record = Record.read(receipt.extra)
        digest, content = _as_recorded(decision)
        if digest != record.decision:
            message = f"the decision is not the one of record {record.index}: edited, or of another receipt"
            report.add(7, "RG719", message)
        else:
            check_decision(record, {digest: content}.get, report)
    return report


def _as_recorded(decision: bytes) -> tuple[str, bytes]:
    """A decision as it is recorded: in canonical form, without its digest, under that digest.

    What states another digest than its own is nothing that was ever recorded.
    """
    try:
        body = read_json(decision, "the decision")
        content = canonical_bytes({key: value for key, value in body.items() if key != "digest"})
        digest = digest_of_bytes(content)
        if body.get("digest", digest) == digest:
            return digest, content
    except (IntegrityError, AttributeError, ValueError, TypeError, RecursionError):
        pass
    return "", b""


class _Run:
    """One pass over the records, in constant memory: what takes those before each of them."""

    def __init__(self, view: View, report: Report, seals: SealsCheck) -> None:
        self.view, self.report, self.seals = view, report, seals
        self.frontier, self.leaf = Frontier(), b""
        self.count, self.expected = 0, 0
        self.recorded_at, self.as_of = "", ""
        self.shifted, self.signed = False, False
        self.gaps: set[int] = set()
        self.late: list[int] = []

    def take(self, each: Examined) -> None:
        """Take the next record."""
        row, place = each.row, each.place
        self.frontier, completed = self.frontier.add(each.leaf)
        self.count += 1
        for problem in each.problems:
            self.report.add(problem.step, problem.found.code, problem.found.message, problem.found.help)
        if place is None:
            self.expected = row.seq + 1
        else:
            self.check_place(row, place)
            self.check_clock(place)
            self.check_beside(row, place, (each.leaf, *completed))
            self.seals.take(place.index, each.seal, each.opened, self.report)
        if each.checkpoint is not None:
            self.check_checkpoint(row.seq, each.checkpoint)
        self.leaf = each.leaf

    def check_place(self, row: Row, place: Place) -> None:
        """Step 3."""
        index = place.index
        if index != self.expected:
            self.displaced(index)
            return
        self.expected = index + 1
        if row.seq != index and not self.shifted:
            self.shifted = True
            self.report.add(3, "RG711", f"the record {index} is kept under the number {row.seq}")
        if index == 0:
            if place.origin != self.view.origin or place.previous is not None:
                message = "the first record is not the first of this log"
                self.report.add(3, "RG716", message, "the log was put together from another one")
        elif place.previous != self.leaf.hex():
            message = (
                f"the record {index} names another one before it than {index - 1}: one of them was edited"
            )
            self.report.add(3, "RG711", message)

    def displaced(self, index: int) -> None:
        """Note a record that is not where its number says."""
        self.shifted = True
        missing = index - self.expected
        if missing > MAX_PROBLEMS:
            self.report.add(3, "RG712", f"the records {self.expected} to {index - 1} were removed")
        elif missing > 0:
            self.gaps |= set(range(self.expected, index))
        if missing > 0:
            self.expected = index + 1
        elif index in self.gaps:
            self.gaps.remove(index)
            self.late.append(index)
        else:
            self.report.add(3, "RG713", f"the record {index} is there again: reordered")

    def check_clock(self, place: Place) -> None:
        """Step 4."""
        index, time, day = place.index, place.recorded_at, place.as_of
        if time < self.recorded_at:
            message = f"the record {index} is of {printable(time)}, and one before it of {self.recorded_at}"
            self.report.add(4, "RG717", message + ": the clock ran backwards")
        self.recorded_at = max(self.recorded_at, time)
        if day is None:
            return
        if day < self.as_of:
            message = f"the decision of record {index} is for {printable(day)}, after one for {self.as_of}"
            self.report.add(4, "RG717", message + ": the clock ran backwards")
        if day > time[:10]:
            message = f"the decision of record {index} is for {printable(day)}, and was recorded before"
            self.report.add(4, "RG717", message)
        self.as_of = max(self.as_of, day)

    def check_beside(self, row: Row, place: Place, hashes: Sequence[bytes]) -> None:
        """Step 5."""
        kept = dict(row.nodes)
        if any(height >= len(hashes) or hashes[height] != found for height, found in kept.items()):
            self.report.add(5, "RG711", f"the tree that is kept with record {place.index} was edited")
        if row.found_by is not None and (row.found_by != place.found_by or len(kept) != len(hashes) - 1):
            self.report.add(5, "RG711", f"what the record {place.index} is found by was edited")

    def check_checkpoint(self, seq: int, checkpoint: Checkpoint) -> None:
        """Step 9, for the checkpoint that was signed with a record."""
        self.signed = True
        if checkpoint.size != seq + 1:
            message = (
                f"the checkpoint that is kept with record {seq} is of {counted(checkpoint.size, 'record')}"
            )
            self.report.add(9, "RG711", f"{message}: it was edited or moved")
        elif (checkpoint.size, checkpoint.root) != (self.count, self.frontier.root):
            self.forked(9, checkpoint)

    def finish(self) -> None:
        """Say which records were removed, and which reordered, and what was disclosed of none."""
        for start, end in _ranges(self.gaps):
            names = f"record {start} was" if start == end else f"records {start} to {end} were"
            self.report.add(3, "RG712", f"the {names} removed")
        for index in self.late:
            self.report.add(3, "RG713", f"the record {index} was moved: reordered")
        self.seals.finish(self.report)

    def compare(self, wanted: dict[int, list[tuple[int, Checkpoint]]]) -> None:
        """Steps 9 and 10, for the checkpoints of this very size."""
        for step, checkpoint in wanted.pop(self.frontier.size, ()):
            if checkpoint.root != self.frontier.root:
                self.forked(step, checkpoint)

    def forked(self, step: int, checkpoint: Checkpoint) -> None:
        """Say that the records are not those of a checkpoint."""
        message = f"the first {counted(checkpoint.size, 'record')} are not those of a checkpoint: forked"
        help_ = "somebody rewrote the log, or shows different logs to different people"
        self.report.add(step, "RG715", message, help_)


def _checkpoints(
    view: View, trust: Trust, against: list[Checkpoint], report: Report
) -> dict[int, list[tuple[int, Checkpoint]]]:
    """The checkpoints by size, but for those with records, once their signatures have been looked at."""
    wanted: dict[int, list[tuple[int, Checkpoint]]] = {}
    for note in view.checkpoints():
        try:
            checkpoint = Checkpoint.read(note.encode())
        except IntegrityError as error:
            report.take(9, error, "a checkpoint was edited: ")
            continue
        wanted.setdefault(checkpoint.size, []).append((9, checkpoint))
        check_checkpoint(9, checkpoint, view.origin, trust, report)
    for checkpoint in against:
        wanted.setdefault(checkpoint.size, []).append((10, checkpoint))
        check_checkpoint(10, checkpoint, view.origin, trust, report)
    if trust.quorum and not against:
        message = f"{trust.quorum} witnesses must have signed, and no checkpoint is here that any could have"
        report.add(10, "RG709", message, "say `--against` with the checkpoint that they signed")
    if not against:
        report.not_checked[10] = "no checkpoint was given, so the newest records may have been cut off"
    return wanted


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers that follow each other, as first and last."""
    start = end = None
    for number in sorted(numbers):
        if end is None or number != end + 1:
            if start is not None and end is not None:
                yield start, end
            start = number
        end = number
    if start is not None and end is not None:
        yield start, end
