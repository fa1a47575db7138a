"""Where commands write to: formats and files as they are named by ``-o``, and new files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from release_gate.diagnostics import did_you_mean, printable

__all__ = ["Output", "create", "emit", "emit_lines", "output_option"]

Output = tuple[str, Path | None]
"""A format, and the file to write it to; standard output, if there is none."""


def output_option(*formats: str) -> Callable[[Any], Any]:
    """The option ``-o FORMAT[=PATH]`` of a command; the first format is the one that it has without."""

    def read(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[Output]:
        outputs: list[Output] = []
        for value in values or (formats[0],):
            form, has_path, path = value.partition("=")
            if form not in formats:
                hint = did_you_mean(form, formats) or f"one of {', '.join(formats)}"
                raise click.BadParameter(f"`{printable(form)}` is not a format; {hint}")
            if has_path and not path:
                raise click.BadParameter(f"`{value}` names no file")
            outputs.append((form, Path(path) if path else None))
        for place, times in Counter(path for _, path in outputs).items():
            if times > 1:
                where = place or "standard output"
                raise click.BadParameter(f"two formats cannot go to {where}; write FORMAT=PATH")
        return outputs

    return click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        callback=read,
        metavar="FORMAT[=PATH]",
        help=f"What to write, and where to; repeatable. FORMAT is {', '.join(formats)}.",
    )


def emit(text: str, path: Path | None) -> None:
    """Write text to a file or to standard output."""
    if path is None:
        click.echo(text, nl=False)
        return
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None


def emit_lines(lines: Iterable[str], path: Path | None) -> None:
    """Write lines to a file, or to standard output as they come."""
    if path is None:
        for line in lines:
            click.echo(line)
    else:
        emit("".join(f"{line}\n" for line in lines), path)


def create(texts: Mapping[Path, str]) -> None:
    """Write new files; none of them if one is there already."""
    for path in texts:
        if path.exists():
            raise click.UsageError(f"{path.as_posix()} is there already; nothing was written")
    for path, text in texts.items():
        emit(text, path)
        click.echo(f"wrote {path.as_posix()}")
