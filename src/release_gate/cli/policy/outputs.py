"""Where the commands write to, and the line that says how far they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import click

from release_gate.authoring.processes import available
from release_gate.authoring.targets import Targets

__all__ = ["JOBS", "PATHS", "Output", "create", "emit", "found_or_usage", "output_option", "progress"]

T = TypeVar("T")
Output = tuple[str, str | None]
"""A format, and the file to write it to; standard output, if there is none."""

PATHS = click.argument("paths", nargs=-1, metavar="[PACK|FILE|FOLDER]...")
JOBS = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=available,
    show_default="all cores",
    help="How many processes to use.",
)


def output_option(*formats: str) -> Callable[[Any], Any]:
    """The option ``-o FORMAT[=PATH]`` of a command; the first format is the one that it has without."""

    def read(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[Output]:
        outputs = []
        for value in values or (formats[0],):
            form, _, path = value.partition("=")
            if form not in formats:
                raise click.BadParameter(f"`{form}` is not a format; one of {', '.join(formats)}")
            outputs.append((form, path or None))
        return outputs

    return click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        callback=read,
        metavar=f"{'|'.join(formats)}[=PATH]",
        help="What to write; repeatable.",
    )


def found_or_usage(found: Targets, paths: Sequence[str]) -> Targets:
    """The same targets, unless there are none: then the command was used wrongly, and nothing is fine."""
    if not found.policies and not found.tests:
        raise click.UsageError(f"there are no policies and no tests in {', '.join(paths) or 'this folder'}")
    return found


def emit(text: str, path: str | None) -> None:
    """Write text to a file or to standard output."""
    if path is None:
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_bytes(text.encode())
    except OSError as error:
        raise click.FileError(path, error.strerror) from None


def create(texts: Mapping[Path, str]) -> None:
    """Write new files; none of them if one is there already."""
    for path in texts:
        if path.exists():
            raise click.UsageError(f"{path.as_posix()} is there already; nothing was written")
    for path, text in texts.items():
        emit(text, path.as_posix())
        click.echo(f"wrote {path.as_posix()}")


def progress(things: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The same things, with a line on a terminal that says how far it is, once it takes over a second."""
    start = monotonic()
    shown = 0.0
    on = sys.stderr.isatty()
    for number, thing in enumerate(things, 1):
        now = monotonic()
        if on and now - start > 1 and now - shown > 0.1:
            shown = now
            click.echo(f"\r{number} of {total} {what}", err=True, nl=False)
        yield thing
    if shown:
        click.echo("\r\x1b[K", err=True, nl=False)
