"""``release-gate policy fmt``: one layout for all documents."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from release_gate.authoring.layout import laid_out
from release_gate.authoring.targets import documents_in, kind_of
from release_gate.bounded import read_head
from release_gate.cli import Exit
from release_gate.cli.outputs import emit
from release_gate.diagnostics import Diagnostic, DocumentError, InputError, counted
from release_gate.gate.schemas import KINDS, schema_of
from release_gate.source import POLICY_LIMITS, Document, read_document, read_file, require_mapping

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Laid:
    """A document, before and after."""

    name: str
    before: bytes
    after: bytes

    @property
    def changes(self) -> bool:
        """Whether its layout was another."""
        return self.before != self.after

    def diff(self) -> str:
        """What changes, as a unified diff."""
        before, after = (
            text.decode("utf-8-sig").splitlines(keepends=True) for text in (self.before, self.after)
        )
        lines = difflib.unified_diff(before, after, self.name, self.name)
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|-]...")
@click.option("--check", is_flag=True, help="Write nothing; say which files would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--skip-others", is_flag=True, help="Pass over files that are no documents of this tool.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool, skip_others: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Lay out documents in the one way: policies, tests, requests, gate and trust files, waivers.

    Comments, blank lines and what a document says are kept; the order of keys, indentation, quotes and
    brackets are laid down. A folder stands for every document in it. `-` reads from standard input and writes
    to standard output.

    Exit codes: 0 all is laid out, 3 a file cannot be read (with --check or --diff: or would change).
    """
    found: list[Laid] = []
    problems: list[Diagnostic] = []
    for name in _files(paths or (".",), skip_others=skip_others):
        try:
            found.append(_laid(name))
        except InputError as error:
            problems += error.diagnostics
    changed = [each for each in found if each.changes]
    for each in found if not (check or diff) else ():
        if each.name == STDIN:
            click.echo(each.after.decode(), nl=False)
        elif each.changes:
            emit(each.after.decode(), Path(each.name))
    if diff:
        click.echo("".join(each.diff() for each in changed), nl=False)
    if check or not diff:
        _tell(found, changed, check=check)
    if problems:
        raise DocumentError(problems)
    return Exit.INVALID if changed and (check or diff) else Exit.ALLOWED


def _files(names: tuple[str, ...], *, skip_others: bool) -> Iterator[str]:
    """Every file that is meant, once."""
    seen = set()
    for name in names:
        path = Path(name)
        inside = [each.as_posix() for each, _ in documents_in(path)] if path.is_dir() else [name]
        for each in inside:
            if each.endswith(".json"):
                raise click.UsageError(f"{each} is JSON; only YAML is laid out")
            other = skip_others and each != STDIN and not kind_of(Path(each))
            if each not in seen and not other:
                yield each
            seen.add(each)


def _laid(name: str) -> Laid:
    if name == STDIN:
        data = sys.stdin.buffer.read(POLICY_LIMITS.size + 1)
        document = read_document(data, "<stdin>", POLICY_LIMITS)
    else:
        document = read_file(Path(name), limits=POLICY_LIMITS)
        data = read_head(Path(name), POLICY_LIMITS.size)
    _require_kind(document)
    return Laid(name, data, laid_out(document, schema_of).encode())


def _require_kind(document: Document) -> None:
    """Refuse what does not say that it is ours: files of other tools are not for us to lay out."""
    tree = document.tree
    if not isinstance(tree, dict) or not isinstance(tree.get("release_gate"), str):
        require_mapping(document, tuple(f"{kind}/v1" for kind in KINDS if schema_of(f"{kind}/v1")))


def _tell(found: list[Laid], changed: list[Laid], *, check: bool) -> None:
    """Say what was done, or would be."""
    files = [each for each in found if each.name != STDIN or check]
    for each in changed:
        if each in files:
            click.echo(f"{'would lay out' if check else 'laid out'} {each.name}")
    if files:
        many = sum(each in files for each in changed)
        done = "would change" if check else "changed"
        click.echo(f"{counted(len(files), 'file')}, {many} {done}")
