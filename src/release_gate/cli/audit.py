"""``release-gate audit``: read, prove and verify what is recorded."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, BinaryIO

import click

from release_gate.audit.bundle import Bundle
from release_gate.audit.disclosures import Kept
from release_gate.audit.merkle import inclusion_proof
from release_gate.audit.notes import Checkpoint, NoteKey, Receipt
from release_gate.audit.places import open_ledger
from release_gate.audit.policies import restore_policies
from release_gate.audit.record import Record
from release_gate.audit.replay import again
from release_gate.audit.sealed import Erased, is_sealed
from release_gate.audit.sensitive import seen_by
from release_gate.audit.tiles import export
from release_gate.audit.trace import facts_read, trace_lines
from release_gate.audit.view import View, fetching
from release_gate.audit.witness import MAX_ASKED, Asked, Witness
from release_gate.cli import Exit
from release_gate.cli.ledgers import GATE, JSON, LEDGER, found, kept, settings, viewed
from release_gate.cli.redaction import disclose, redact
from release_gate.cli.verifying import note_key, read_checkpoint, verify
from release_gate.diagnostics import counted, printable
from release_gate.signing import generate_key, open_signer, read_private_key


@click.group()
def audit() -> None:
    """Read, prove and verify what is recorded."""


audit.add_command(disclose)
audit.add_command(redact)
audit.add_command(verify)


@audit.command()
@LEDGER
@GATE
@click.option("--about", metavar="REQUEST", help="Only records about this request.")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@JSON
def log(ledger: str | None, gate: Path | None, about: str | None, number: int, as_json: bool) -> int:  # noqa: FBT001
    """List records, newest first."""
    with viewed(ledger, gate) as view:
        numbers = range(view.size) if about is None else view.find(about=about)
        for index in reversed(numbers[-number:]):
            record = found(view, str(index))
            click.echo(record.data.decode() if as_json else _line(record))
    return Exit.ALLOWED


def _line(record: Record) -> str:
    body = record.body
    said = body.get("verdict") or body.get("event") or ", ".join(body.get("fields", ()))
    what = f"{record.kind} {printable(record.about)} {printable(str(said))}"
    digest = f" {printable(record.decision)}" if record.decision else ""
    return f"{record.index:>6}  {printable(record.recorded_at)}  {what}{digest}"


@audit.command(short_help="Show a record.")
@click.argument("which")
@LEDGER
@GATE
@click.option("--decision", "part", flag_value="decision", help="The decision that it records.")
@click.option("--request", "part", flag_value="request", help="The request, as it was written.")
@click.option("--trace", "part", flag_value="trace", help="How every rule came out, and what was read.")
@click.option("--policy", metavar="ID", help="A policy, as it was written, and what it extends.")
@click.option("--disclosures", type=click.Path(path_type=Path), help="Show sealed fields that this opens.")
def show(
    which: str,
    ledger: str | None,
    gate: Path | None,
    part: str | None,
    policy: str | None,
    disclosures: Path | None,
) -> int:
    """Show the record WHICH: a number, the digest of a decision, or the newest about a request.

    Sealed fields are shown as the digests that are recorded, unless --disclosures opens them.
    """
    with viewed(ledger, gate) as view:
        record = found(view, which)
        opens = kept(disclosures, ledger, gate) if disclosures is not None else None
        click.echo(_shown(view, record, part, policy, opens), nl=False)
    return Exit.ALLOWED


def _shown(view: View, record: Record, part: str | None, policy: str | None, opens: Kept | None) -> str:
    body: Any = record.body
    fetch = fetching(view, record)
    if policy is not None:
        for each in (each for chain in body.get("policies", ()) for each in chain):
            if each.get("id") == policy:
                return "".join(fetch(text).decode() for text in each["text"])
        raise click.UsageError(f"the record has no policy `{printable(policy)}`")
    body, get = seen_by(record, fetch, opens)
    if part == "request" and isinstance(body.get("request"), dict):
        told = body["request"]
        text = told.get("text") or told["tree"]
        return get(told["tree"] if is_sealed(text) else text).decode()
    if part == "trace":
        if "trace" not in body:
            raise click.UsageError("the record has no trace")
        policies = tuple(restore_policies(body["policies"], get))
        try:
            facts = facts_read(*again(view, record, opens), policies)
        except Erased:
            facts = None
        return "".join(f"{line}\n" for line in trace_lines(json.loads(get(body["trace"])), policies, facts))
    shown = json.loads(get(body["decision"])) if part == "decision" and record.decision else body
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


@audit.command(short_help="Write a record with its receipt, for others to verify.")
@click.argument("which")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write it into."
)
@GATE
@LEDGER
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Prove it against this checkpoint.")
def prove(which: str, output: Path, gate: Path | None, ledger: str | None, checkpoint: Path | None) -> int:
    """Write the record WHICH with its receipt and its content into a folder that anybody can verify."""
    with viewed(ledger, gate) as view:
        record = found(view, which)
        against = read_checkpoint(checkpoint) if checkpoint is not None else _newest(view)
        if not record.index < against.size <= view.size:
            raise click.UsageError(f"the checkpoint of {against.size} records does not reach this one")
        proof = inclusion_proof(record.index, against.size, view.node)
        Bundle.of(view, record, Receipt(record.index, proof, against)).write(output)
    click.echo(f"wrote record {record.index} and its receipt to {output}; verify it with")
    click.echo(f"  release-gate audit verify {output}")
    return Exit.ALLOWED


def _newest(view: View) -> Checkpoint:
    """The newest checkpoint that was signed, if it covers all; else one of this moment."""
    notes = list(view.checkpoints())
    newest = Checkpoint.read(notes[-1].encode()) if notes else None
    if newest is not None and newest.size == view.size:
        return newest
    from release_gate.audit.merkle import root_at  # noqa: PLC0415 - only without a signed one

    return Checkpoint(view.origin, view.size, root_at(view.size, view.node))


@audit.command("export", short_help="Write the log as static files.")
@click.argument("folder", type=click.Path(path_type=Path))
@GATE
@LEDGER
def export_(folder: Path, gate: Path | None, ledger: str | None) -> int:
    """Write the log into FOLDER as static files, which tools that follow public logs can read.

    Up to the newest checkpoint that was signed, if it covers everything; else up to one of this moment.
    """
    with viewed(ledger, gate) as view:
        checkpoint = _newest(view)
        export(view, folder, checkpoint)
    click.echo(f"wrote {counted(checkpoint.size, 'record')} to {folder}")
    return Exit.ALLOWED


@audit.command("checkpoint", short_help="Print a checkpoint, to be kept elsewhere.")
@GATE
@LEDGER
@click.option(
    "--since",
    type=click.IntRange(0),
    metavar="N",
    help="Write what a witness that has seen N records wants: the proof that this log begins with them.",
)
def checkpoint_(gate: Path | None, ledger: str | None, since: int | None) -> int:
    """Print a checkpoint, signed if the gate file names a key. Keep it where the ledger is not."""
    if ledger is not None:
        with viewed(ledger, None) as view:
            click.echo(_asked(view, _newest(view), since), nl=False)
        return Exit.ALLOWED
    told = settings(gate)
    opened = open_ledger(told)
    try:
        click.echo(_asked(opened.store, opened.checkpoint(told.log_signer()), since), nl=False)
    finally:
        opened.store.close()
    return Exit.ALLOWED


def _asked(view: View, checkpoint: Checkpoint, since: int | None) -> str:
    if since is None:
        return str(checkpoint)
    if since > checkpoint.size:
        raise click.UsageError(f"the log has {checkpoint.size} records, and not {since}")
    if not checkpoint.note:
        raise click.UsageError("a witness signs what the log has signed, and there is no key of the log")
    return str(Asked.of(view, since, checkpoint))


@audit.command(short_help="Cosign a checkpoint of somebody else's log.")
@click.argument("asked", type=click.File("rb"), default="-")
@click.option("--log", "logs", multiple=True, required=True, metavar="KEY", help="A log to sign; repeatable.")
@click.option("--name", required=True, help="The name of the witness.")
@click.option("--key", "secret", required=True, metavar="FILE", help="The key of the witness, Ed25519.")
@click.option(
    "--state",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder in which it remembers what it has seen. Whoever can change it can make it sign a fork.",
)
@click.option("--line", is_flag=True, help="Print only the line of this witness.")
def witness(
    asked: BinaryIO,
    logs: tuple[str, ...],
    name: str,
    secret: str,
    state: Path,
    line: bool,  # noqa: FBT001
) -> int:
    """Cosign a checkpoint of somebody else's log, if it extends all that was seen before.

    ASKED is what `audit checkpoint --since N` writes. A log that was never seen is asked about since 0.
    """
    seen = Witness(name, open_signer(secret), state, tuple(map(note_key, logs)))
    signed = seen.cosign(Asked.read(asked.read(MAX_ASKED + 1)), int(time.time()))
    click.echo(signed.note.splitlines(keepends=True)[-1] if line else str(signed), nl=False)
    return Exit.ALLOWED


@audit.command(short_help="Make the ledger that the gate file names.")
@GATE
@click.option("--writer", metavar="ROLE", help="In PostgreSQL: the role that records, and may only add.")
def create(gate: Path | None, writer: str | None) -> int:
    """Make the ledger that the gate file names. The first check that records does it too, in SQLite."""
    opened = open_ledger(settings(gate), writer)
    try:
        click.echo(f"the ledger {opened.store.origin} is in {opened.store.place}")
    finally:
        opened.store.close()
    return Exit.ALLOWED


@audit.command("new-key", short_help="Make a key for a log, a witness or attestations.")
@click.argument("kind", type=click.Choice(["log", "witness", "signing"]))
@click.argument("file", type=click.Path(path_type=Path))
def new_key(kind: str, file: Path) -> int:
    """Make a key: for the log or a witness (Ed25519), or for signing attestations (P-256).

    Writes the private half to FILE, for its owner alone, and the public half to FILE.pub.
    """
    made = generate_key("ecdsa-p256" if kind == "signing" else "ed25519")
    try:
        # A key that is there is never overwritten: without it, nothing more could be signed by it.
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            stream.write(made.pem())
        file.with_name(file.name + ".pub").write_text(made.public.pem)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    click.echo(f"wrote {file}, which stays secret, and {file}.pub, which is for everybody")
    return Exit.ALLOWED


@audit.command(short_help="Print the public half of a key of a log.")
@click.argument("key")
@click.option("--name", required=True, help="The name of the log or of the witness.")
@click.option("--witness", is_flag=True, help="The key is that of a witness.")
def key(key: str, name: str, witness: bool) -> int:  # noqa: FBT001
    """Print the public half of the Ed25519 KEY as those who verify checkpoints want it."""
    public = read_private_key(key).public
    if public.algorithm != "ed25519":
        raise click.UsageError("a log or a witness signs with an Ed25519 key")
    click.echo(str(NoteKey(name, 4 if witness else 1, public)))
    return Exit.ALLOWED
