"""The command ``release-gate``. Options become one call of the library, and its result an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from enum import IntEnum
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

import click

from release_gate import __version__
from release_gate.diagnostics import (
    InputError,
    IntegrityError,
    PolicyError,
    counted,
    nearest,
    offer,
    printable,
)

if TYPE_CHECKING:
    from release_gate.decision import Verdict

__all__ = ["Exit", "Lazy", "cli", "exit_code", "main", "use_colour"]


class Exit(IntEnum):
    """Exit codes. A denial never shares a number with a crash. Each says what it means: what to do."""

    ALLOWED = 0
    """Approved, or approved with duties: go on."""
    INTERNAL = 1
    """Internal error, nothing was decided: report a bug."""
    USAGE = 2
    """Wrong usage: read `--help`."""
    INVALID = 3
    """A policy or a request is invalid, or nothing can be recorded: mend it; every problem is listed."""
    TESTS = 4
    """Policy tests failed: mend the policy or its tests."""
    DENIED = 5
    """Denied: do not release at this rung; look at the counter-offer."""
    WAITING = 6
    """Evidence or an approval is needed: supply what is listed as missing."""
    INTEGRITY = 7
    """A digest, a signature or a record does not match: find out why."""


def use_colour(stream: TextIO | None = None) -> bool:
    """Colour on a terminal that has it, standard output if not said, or where FORCE_COLOR asks for it.

    NO_COLOR is stronger than both.
    """
    if os.environ.get("NO_COLOR"):
        return False
    terminal = (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"
    return terminal or bool(os.environ.get("FORCE_COLOR"))


def exit_code(verdict: Verdict) -> Exit:
    """The exit code of a verdict."""
    if verdict.allows:
        return Exit.ALLOWED
    return Exit.DENIED if verdict.name == "DENY" else Exit.WAITING


class Lazy(click.Group):
    """A group that reads a command's module only when it is asked for."""

    def __init__(self, name: str, *, package: str, about: Mapping[str, str], **others: Any) -> None:
        """A group.

        Args:
            name: What it is called.
            package: Where the modules of its commands are.
            about: For each command, what it does, in a line that needs no cutting.
            others: What click knows of a group.
        """
        super().__init__(name, **others)
        self.package, self.about = package, about

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return sorted(self.about)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without reading their modules."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.about.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for. For one that is not there, what is near is offered."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            elsewhere = _elsewhere(ctx, args[0]) if self is cli else []
            if near := elsewhere or nearest(args[0], self.about):
                raise click.UsageError(f"No such command `{args[0]}`; {offer(near)}?", ctx) from error
            raise

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, from its own module."""
        if cmd_name not in self.about:
            return None
        from importlib import import_module  # noqa: PLC0415 - only the command that runs is read

        name = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        gc.disable()  # what is imported stays, and need not be searched for garbage now or later
        try:
            command: click.Command = getattr(import_module(f"{self.package}.{name}"), name)
        finally:
            gc.enable()
        gc.freeze()
        return command


def _elsewhere(ctx: click.Context, name: str) -> list[str]:
    """The commands of groups that have this name: who asks for `test` may mean `policy test`."""
    groups = ((group, cli.get_command(ctx, group)) for group in ("access", "audit", "packs", "policy"))
    return [
        f"{group} {name}"
        for group, found in groups
        if isinstance(found, click.Group) and name in found.list_commands(ctx)
    ]


@click.group(
    cls=Lazy,
    package=__name__,
    about={
        "access": "Review who asks for access, and keep the grants.",
        "attest": "Sign a recorded decision for others to verify.",
        "audit": "Keep, read, prove and verify the record.",
        "check": "Judge requests, and say why.",
        "collect": "Read facts from model files, cards and logs.",
        "demo": "Judge releases of the past by the packs of today.",
        "due": "Show what is owed, by whom and when.",
        "event": "Record what happened to a release.",
        "explain": "Show what the conditions of rules came to.",
        "explain-code": "Say what a diagnostic code means.",
        "lineage": "Draw what stands on what, and ask who falls.",
        "lsp": "Help an editor to write documents.",
        "packs": "Look at the policies that ship with the library.",
        "policy": "Write, test and understand policies.",
        "recuse": "Recuse oneself from a request.",
        "replay": "Decide again what is recorded, and compare.",
        "schema": "Print JSON Schemas for editors.",
        "sign-off": "Recommend, approve, object or reverse, signed.",
        "status": "Show where a model stands on a day.",
        "verify-attestation": "Verify attestations for an artifact.",
        "vouch": "Sign that a log was measured on an artifact.",
        "waive": "Sign a waiver.",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="release-gate")
def cli() -> None:
    """Judge model release requests by policies, and say why.

    Exit codes: 0 approved or approved with conditions, 1 internal error, 2 wrong usage, 3 invalid policy or
    request, 4 policy tests failed, 5 denied, 6 needs evidence or approval, 7 integrity failure.
    """


def _give_up(*why: str) -> NoReturn:
    """End a run that came to nothing, and say why."""
    _let_go_of_output()
    for line in why:
        click.echo(line, err=True)
    sys.exit(Exit.INTERNAL)


def _let_go_of_output() -> None:
    """Throw away what could not be printed: Python would try again at its end, and change the exit code."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _outcome(error: InputError) -> str:
    """What came of a run that an error ended, in a line."""
    if isinstance(error, IntegrityError):
        return "integrity failure: this is not what was recorded or signed"
    kind = "policy" if isinstance(error, PolicyError) else "input"
    if isinstance(error, PolicyError) and all(found.code.startswith("RG5") for found in error.diagnostics):
        kind = "gate"
    return f"{counted(len(error.diagnostics), 'problem')}: the {kind} is not valid, and nothing was decided"


_OF_LINES: Final = (click.MissingParameter, click.exceptions.NoArgsIsHelpError)
"""What has lines of its own, and quotes nobody."""


def _show(error: click.ClickException) -> None:
    """Show what is wrong with the way the command was called; names of files in it are text."""
    from release_gate.escape import log_line  # noqa: PLC0415 - only for what went wrong

    if not isinstance(error, _OF_LINES):
        told = error.format_message()
        error = click.UsageError(log_line(printable(told, len(told))), getattr(error, "ctx", None))
    error.show()


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Every failure has an exit code of its own, and none of them is 0."""
    atexit.register(gc.freeze)  # whatever is left goes with the process, and need not be searched for garbage
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end
        if hasattr(stream := getattr(sys, name), "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        result: Any = cli(arguments, prog_name="release-gate", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        _show(error)
        sys.exit(Exit.USAGE)
    except click.Abort:
        sys.exit(130)
    except InputError as error:
        from release_gate.gate.text import render_diagnostics  # noqa: PLC0415 - only for what went wrong

        click.echo(render_diagnostics(error.diagnostics, colour=use_colour(sys.stderr)), err=True, nl=False)
        click.echo(f"\n{error.outcome or _outcome(error)}", err=True)
        sys.exit(Exit.INTEGRITY if isinstance(error, IntegrityError) else Exit.INVALID)
    except ModuleNotFoundError as error:
        _give_up(
            f"the package `{error.name}` is missing: this installation is not complete",
            "nothing was decided; install it again",
        )
    except OSError as error:  # a full disk, say; there is nothing to report to anybody
        _give_up(f"{printable(str(error), 300)}: this run came to no end, and lets nothing through")
    except Exception as error:  # noqa: BLE001 - the last boundary: whatever it is, the gate stays closed
        _give_up(
            f"internal error: {type(error).__name__}: {printable(str(error), 300)}",
            "nothing was decided; please report this",
        )
    sys.exit(int(result or 0))
