"""``release-gate policy try``: a prompt for conditions, against a request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from release_gate.cli import Exit
from release_gate.cli.options import AS_OF
from release_gate.diagnostics import InputError, did_you_mean, printable
from release_gate.editor.prompt import COMMANDS, Prompt, Tried, refused, without_policy
from release_gate.facts.access import KINDS, kind_of
from release_gate.gate.gate import policy_of_name
from release_gate.gate.text import render_diagnostics, render_trace
from release_gate.source import read_file, require_mapping

APP: Final = "model-release-gate"
MOST_KEPT: Final = 1000


@click.command("try")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--policy", "name", metavar="PACK-or-FILE", help="The policy whose definitions can be read.")
@click.option("--artifact", help="The artifact to judge.  [default: the first]")
@click.option("--at", "rung", help="The access level to judge.  [default: the one that is asked for]")
@AS_OF
def try_(request: Path, name: str | None, artifact: str | None, rung: str | None, as_of: date) -> int:
    """Try conditions against REQUEST: what each part of them comes to, and where every value is from.

    On a terminal, with completion and history; else it reads one condition from each line of its input. Lines
    that begin with a colon change what is judged; `:help` lists them.

    Exit codes: 0 all is well, 3 something that was written is not valid.
    """
    document = read_file(request)
    require_mapping(document, KINDS)
    policy = policy_of_name(name) if name else without_policy(kind_of(document.tree).SUBJECT)
    prompt = Prompt(document, policy, as_of)
    if artifact is not None:
        prompt.choose(artifact)
    if rung is not None:
        prompt.go(rung)
    lines = _typed(prompt) if sys.stdin.isatty() else (line.rstrip("\n") for line in sys.stdin)
    return Exit.ALLOWED if _answer(prompt, lines) else Exit.INVALID


def _answer(prompt: Prompt, lines: Iterator[str]) -> bool:
    """Answer every line, until one says to leave. Whether all of them were valid."""
    fine = True
    for text in lines:
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        if line in (":quit", ":q"):
            break
        try:
            for said in _said(prompt, line):
                click.echo(said)
        except InputError as error:
            fine = False
            click.echo(render_diagnostics(error.diagnostics, colour=False), nl=False)
    return fine


def _said(prompt: Prompt, line: str) -> Iterator[str]:
    if not line.startswith(":"):
        yield from _shown(prompt, prompt.tried(line))
        return
    command, _, rest = line.partition(" ")
    answer = _COMMANDS.get(command)
    if answer is None:
        raise refused(f"there is no command `{printable(command)}`", did_you_mean(command, COMMANDS))
    behind = COMMANDS[command][0]
    if behind and not behind.startswith("[") and not rest.strip():
        raise refused(f"`{command}` needs something behind it", f"write {command} {behind}")
    yield from answer(prompt, rest.strip())


def _shown(prompt: Prompt, tried: Tried) -> Iterator[str]:
    """A tree of what an expression came to, and what would settle it."""
    if tried.label:
        yield f"{tried.label}: {printable(tried.text, 500)}"
    yield from render_trace(
        tried.trace, tried.text, prompt.policy.document.definitions, 1 if tried.label else 0
    )
    if support := tried.trace.support:
        yield "to be settled by: " + ", ".join(printable(read.path) for read in support)


def _facts(prompt: Prompt, rest: str) -> Iterator[str]:
    found = 0
    for trace in prompt.listed(rest):
        found += 1
        yield from render_trace(trace, "", {}, 0, deep=False)
    if not found:
        yield f"no fact is like `{printable(rest)}`" if rest else "nothing is stated"


def _set(prompt: Prompt, rest: str) -> Iterator[str]:
    path, _, value = rest.partition(" ")
    if not value:
        raise refused(f"`:set {printable(path)}` names no value", f"write :set {COMMANDS[':set'][0]}")
    prompt.set(path, value.strip())
    yield from _facts(prompt, path)


def _unknown(prompt: Prompt, rest: str) -> Iterator[str]:
    path, _, reason = rest.partition(" ")
    prompt.forget(path, reason.strip() or "missing")
    yield from _facts(prompt, path)


def _reset(prompt: Prompt, _rest: str) -> Iterator[str]:
    prompt.reset()
    yield "as it was read"


def _rules(prompt: Prompt, rest: str) -> Iterator[str]:
    yield from prompt.rule_names(rest) or ["there are none"]


def _rule(prompt: Prompt, rest: str) -> Iterator[str]:
    found = prompt.rule(rest)
    for tried in found:
        yield from _shown(prompt, tried)
    if not found:
        yield "it has no condition, and so it always applies"


def _where(prompt: Prompt) -> str:
    return f"{prompt.artifact.id} at {prompt.rung}, as of {prompt.as_of}"


def _changing(change: Callable[[Prompt, str], None]) -> Callable[[Prompt, str], Iterator[str]]:
    """A command that changes what is judged, and says what that is now."""

    def answer(prompt: Prompt, rest: str) -> Iterator[str]:
        change(prompt, rest)
        yield _where(prompt)

    return answer


def _help(_prompt: Prompt, _rest: str) -> Iterator[str]:
    yield "Write a condition, or any other expression, to see what it comes to. Beside that:"
    for name, (arguments, about) in COMMANDS.items():
        yield f"  {f'{name} {arguments}'.strip():26}{about}"


_COMMANDS: Final[Mapping[str, Callable[[Prompt, str], Iterator[str]]]] = {
    ":facts": _facts,
    ":set": _set,
    ":unknown": _unknown,
    ":reset": _reset,
    ":rules": _rules,
    ":rule": _rule,
    ":at": _changing(Prompt.go),
    ":artifact": _changing(Prompt.choose),
    ":as-of": _changing(Prompt.judge_on),
    ":help": _help,
}


# -- at a terminal


def _typed(prompt: Prompt) -> Iterator[str]:
    """The lines that somebody types, with completion and history where the system has them."""
    editing = _editing(prompt)
    click.echo(f"{_where(prompt)}; :help lists what can be written, :quit leaves")
    try:
        while True:
            try:
                yield input("> ")
            except KeyboardInterrupt:
                click.echo("")
            except EOFError:
                click.echo("")
                return
    finally:
        if editing is not None:
            with suppress(OSError):
                file = _history()
                file.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
                editing.write_history_file(file)


def _editing(prompt: Prompt) -> ModuleType | None:
    """The line editor of the system, made ready; None if it has none."""
    try:
        import readline  # noqa: PLC0415 - not on every system, and only for a terminal
    except ImportError:
        return None
    readline.set_completer_delims(" \t\n()[]<>=!,'\"")
    readline.set_completer(Completer(prompt, readline))
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.set_history_length(MOST_KEPT)
    with suppress(OSError):
        readline.read_history_file(_history())
    return readline


def _history() -> Path:
    import platformdirs  # noqa: PLC0415 - only for a terminal

    return Path(os.environ.get("RELEASE_GATE_STATE") or platformdirs.user_state_path(APP)) / "try-history"


class Completer:
    """Offers what can be written, as the line editor asks for it: one word after the other."""

    def __init__(self, prompt: Prompt, editing: ModuleType) -> None:
        self.prompt, self.editing = prompt, editing
        self.found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        """The next word that can stand for what is typed; None if there is no more."""
        if state == 0:
            line, start, end = (
                self.editing.get_line_buffer(), self.editing.get_begidx(), self.editing.get_endidx()
            )  # fmt: skip
            words = (line[start : item.start] + item.text for item in self.prompt.complete(line, end))
            self.found = [word for word in dict.fromkeys(words) if word.startswith(text)]
        return self.found[state] if state < len(self.found) else None
