"""The command, from click; the exit codes, from their docstrings."""

from __future__ import annotations

from collections.abc import Iterator

import click
import griffe

from release_gate.cli import Exit, cli
from tools.reference.markdown import code, page, plain, table

__all__ = ["commands", "exit_codes"]


def commands() -> str:
    """The page of the command."""
    parts = []
    # With the settings of the command: click keeps the first help option that it makes.
    top = click.Context(cli, info_name="release-gate", **cli.context_settings)
    for command, context in _all(cli, top):
        path = context.command_path
        parts += [f"## {path}" if command is not cli else "", *_about(command, context)]
    return page(
        "# Command",
        "Every command says the same with `--help`. Standard output has the result, standard error "
        "everything else; the [exit code](exit-codes.md) has the answer for a pipeline.",
        *parts,
    )


def _all(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if inner := command.get_command(context, name):
                yield from _all(inner, click.Context(inner, info_name=name, parent=context))


def _about(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield code(usage)
    yield from (plain(part) for part in (command.help or "").split("\n\n"))
    rows = [_option(option, context) for option in command.params if isinstance(option, click.Option)]
    if rows := [row for row in rows if row[0]]:
        yield table(("option", "meaning"), rows)


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    return (code(record[0].replace("|", " / ")), plain(record[1])) if record else ("", "")


def exit_codes() -> str:
    """The page of exit codes."""
    module = griffe.load("release_gate.cli")
    rows = []
    for exit_ in Exit:
        meaning, remedy = module[f"Exit.{exit_.name}"].docstring.value.rstrip(".").split(": ", 1)
        rows.append((str(int(exit_)), meaning, remedy))
    return page(
        "# Exit codes",
        "In a pipeline the exit code is the answer. A denial never shares a number with a crash; "
        "[why these](../adr/0006-exit-codes.md).",
        table(("code", "meaning", "what to do"), rows),
        "With several requests, the worst verdict sets the code. Only 0 is a pass.",
    )
