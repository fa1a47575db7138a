"""``release-gate collect``: facts from real files."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from release_gate.cli import Exit, use_colour
from release_gate.cli.clock import day_option
from release_gate.cli.outputs import emit
from release_gate.diagnostics import counted, printable
from release_gate.escape import json_text
from release_gate.evidence.collect import EvidenceError
from release_gate.evidence.collect import collect as collect_folders
from release_gate.evidence.report import render_collected, to_dict
from release_gate.evidence.request import build_request, dump
from release_gate.facts.ladder import RUNGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from release_gate.diagnostics import Diagnostic
    from release_gate.evidence.collected import Collected
    from release_gate.evidence.keyless import Keyless
    from release_gate.evidence.vouching import Vouching
    from release_gate.policy.trust import Standing
    from release_gate.signing import PublicKey
    from release_gate.ssh import SshKey

PAIRS = "NAME=RESULT"
# The models of requests know these too, and reading them would take longer than everything else.
ACTIONS = (
    "release",
    "widen",
    "narrow",
    "withdraw",
    "develop",
    "deploy_internal",
    "change_license",
    "change_safeguard",
)
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def _identifier(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not ID.fullmatch(value):
        raise click.BadParameter(f"`{value}` is no identifier; write small letters, digits and `-`")
    return value


def _metrics(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        name, equals, result = value.partition("=")
        if not (name and equals and result):
            raise click.BadParameter(f"`{value}` is not {PAIRS}, such as refusal=harm_probe_accuracy")
        found[result] = name
    return found


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a request with what was found.")
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    help="Hold the claims of a request against what is found.",
)
@click.option("--bom", type=click.Path(path_type=Path), help="Write a CycloneDX bill of materials.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="PEM",
    help="A key, or a certificate with it, that signatures of models are verified with; repeatable.",
)
@click.option(
    "--sigstore-root",
    type=click.Path(path_type=Path),
    help="What to trust for signatures without a key: a trusted_root.json of Sigstore.",
)
@click.option(
    "--signer",
    "signers",
    nargs=2,
    multiple=True,
    metavar="ISSUER IDENTITY",
    help="An account that may sign so; repeatable.",
)
@click.option(
    "--parent",
    "parents",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A model that this one stands on, for its licence; repeatable.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help="Whose key is whose, for statements about which artifact a log measured.",
)
@click.option(
    "--vouched-by", "roles", multiple=True, metavar="ROLE", help="A role that may say so; repeatable."
)
@day_option("--as-of", "day", help="The day on which they must have the right to.")
@click.option("--report", type=click.Path(path_type=Path), help="Write everything that was found as JSON.")
@click.option("--suggest", is_flag=True, help="Show where the prose of cards may state more facts.")
@click.option(
    "--named", multiple=True, metavar="NAME", help="A name by which logs call the model; repeatable."
)
@click.option(
    "--metric", "metrics", multiple=True, callback=_metrics, metavar=PAIRS,
    help="The policy's NAME for a result of a log; repeatable.",
)  # fmt: skip
@click.option(
    "--id",
    "name",
    callback=_identifier,
    help="The identifier of the request.  [default: that of the first model]",
)
@click.option(
    "--action",
    type=click.Choice(ACTIONS),
    default="release",
    show_default=True,
    help="What the request proposes.",
)
@click.option(
    "--wanted",
    type=click.Choice(tuple(RUNGS)),
    default="internal",
    show_default=True,
    help="The access level it asks for.",
)
def collect(  # noqa: PLR0913, PLR0917 - one argument for each option
    folders: tuple[Path, ...],
    output: Path | None,
    checked: Path | None,
    bom: Path | None,
    keys: tuple[str, ...],
    sigstore_root: Path | None,
    signers: tuple[tuple[str, str], ...],
    parents: tuple[Path, ...],
    trust: Path | None,
    roles: tuple[str, ...],
    day: date,
    report: Path | None,
    suggest: bool,  # noqa: FBT001 - click passes flags so
    named: tuple[str, ...],
    metrics: dict[str, str],
    name: str | None,
    action: str,
    wanted: str,
) -> int:
    """Read facts from the files in DIR..., and say where each comes from.

    A folder with weights becomes an artifact. What cannot be read, conflicts or does not count is unknown,
    with the reason.
    """
    if roles and trust is None:
        raise click.UsageError("--vouched-by needs --trust, which says whose key is whose")
    with _progress() as progress:
        found = collect_folders(
            folders,
            named=named,
            metrics=metrics,
            keys=_keys(keys),
            trusted=_trusted(trust),
            keyless=_keyless(sigstore_root, signers),
            parents=parents,
            progress=progress,
        )
    if found.errors:
        raise EvidenceError(found.problems)
    vouching = _vouching(found, roles, day)
    click.echo(render_collected(found, vouching), nl=False)
    _tell(found.problems)
    if suggest:
        _suggest(found)
    if report is not None:
        emit(json_text(to_dict(found, vouching)) + "\n", report)
    if bom is not None:
        _bill(found, bom)
    if output is not None:
        tree = build_request(found, name=name, action=action, wanted=wanted, vouching=vouching)
        emit(dump(tree), output)
        click.echo(f"\nwrote {output}: state who develops it and what is wanted, then run release-gate check")
    return _hold(found, checked, vouching) if checked is not None else Exit.ALLOWED


def _keyless(root: Path | None, signers: tuple[tuple[str, str], ...]) -> Keyless | None:
    if (root is None) != (not signers):
        raise click.UsageError("--sigstore-root and --signer go together: what is trusted, and whom")
    if root is None:
        return None
    from release_gate.evidence.keyless import Account, read_keyless  # noqa: PLC0415 - heavy

    return read_keyless(root, [Account(issuer, identity) for issuer, identity in signers])


def _trusted(path: Path | None) -> dict[PublicKey | SshKey, Standing]:
    if path is None:
        return {}
    from release_gate.gate.paper_files import read_trust  # noqa: PLC0415 - heavy, and few have statements

    return dict(read_trust(path).keys)


def _vouching(found: Collected, roles: tuple[str, ...], day: date) -> Vouching | None:
    if not roles:
        return None
    from release_gate.evidence.vouching import Vouching  # noqa: PLC0415 - as above

    return Vouching(found.vouches, roles, day)


def _keys(sources: tuple[str, ...]) -> list[PublicKey]:
    if not sources:
        return []
    from release_gate.signing import read_certified_key  # noqa: PLC0415 - heavy, and few give keys

    return [read_certified_key(source) for source in sources]


def _bill(found: Collected, path: Path) -> None:
    from release_gate.evidence.cyclonedx import to_bom  # noqa: PLC0415 - few ask for it

    emit(json_text(to_bom(found)) + "\n", path)


def _hold(found: Collected, path: Path, vouching: Vouching | None) -> Exit:
    """Say which claims of a request are borne out. Those that are not need evidence."""
    from release_gate.evidence.hold import hold  # noqa: PLC0415 - it reads every model of a request
    from release_gate.facts.release import ReleaseRequest  # noqa: PLC0415

    held = hold(ReleaseRequest.load(path), found, vouching)
    wrong = len(held.disagreements) + len(held.unbound)
    borne_out = counted(len(held.agreed), "claim is", "claims are")
    click.echo(f"\n{path}: {borne_out} borne out, {wrong} {'is' if wrong == 1 else 'are'} not")
    _tell(held.diagnostics)
    return Exit.WAITING if wrong else Exit.ALLOWED


def _tell(problems: tuple[Diagnostic, ...]) -> None:
    """Show what could not be read, on standard error."""
    if problems:
        from release_gate.gate.text import render_diagnostics  # noqa: PLC0415 - only for what went wrong

        click.echo(render_diagnostics(problems, colour=use_colour(sys.stderr)), err=True, nl=False)


def _suggest(found: Collected) -> None:
    from release_gate.evidence.suggest import LIMIT, suggest  # noqa: PLC0415 - few ask for it

    click.echo("\nfor a person to confirm: the prose may state these facts, and the gate does not read prose")
    for subject in found.subjects:
        for index, each in enumerate(suggest(subject.folder)):
            if index == LIMIT:
                click.echo("  and more")
                break
            click.echo(f"  {each.file}:{each.line}: {each.path}? {printable(each.text)}")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal that says how much was hashed, for what takes longer than a moment."""
    if not sys.stderr.isatty():
        yield None
        return
    started = last = time.monotonic()

    def advance(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - started > 1 and (now - last > 0.2 or done == total):
            last = now
            click.echo(f"\r{_bar(done, total, now - started)}", err=True, nl=False)

    yield advance
    if last > started:
        click.echo(err=True)


def _bar(done: int, total: int, seconds: float) -> str:
    """How much is hashed, how fast, and how long the rest will take."""
    full = min(24, 24 * done // max(total, 1))
    rate = done / seconds
    left = max(0, total - done) / max(rate, 1)
    bar = f"[{'#' * full}{'-' * (24 - full)}]"
    return (
        f"  hashing {bar} {done / 1e9:,.1f} of {total / 1e9:,.1f} GB, {rate / 1e9:.1f} GB/s, "
        f"{left // 60:.0f}:{left % 60:02.0f} left "
    )
