"""Run what the pages for readers show, so that none of it can go out of date.

A page is run from top to bottom in an empty folder. What a block is, its first line says:

- `console`: lines that start with `$ ` are run, and must print what follows them; `...` stands for anything.
- `python`: is run; all blocks of a page share their names. A `text` block behind it is what it prints.
- `yaml`, `json`: is loaded as the kind of document that it names. With `title="NAME"` it also becomes a file.

A comment before a block says what cannot be seen from it:

- `<!-- part of: request -->`: the block is a part of a request, or of a policy, and is loaded as such; a part
  of `nothing` is only read as YAML.
- `<!-- not run: REASON -->`: it cannot be run. The test counts these.
- `<!-- start with: FILE... -->`, at the top: files and folders of this clone that the page takes as given.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

import jsonschema
from markdown_it import MarkdownIt

from release_gate import Gate, ReleaseRequest
from release_gate.canonical import plain
from release_gate.cli import main
from release_gate.gate.schemas import KINDS, json_schema
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.source import Document, read_document, read_file

__all__ = ["PAGES", "ROOT", "Block", "PageError", "Run", "blocks"]

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.md", "docs/**/*.md", "policies/**/*.md", "examples/**/*.md", "changes/README.md")
        for path in ROOT.glob(pattern)
        if path.name != "CHANGELOG.md" and path.parent.name != "diagnostics"
    )
)
"""Every page that a reader may meet. Those of diagnostics are run from where they are written."""

ENVIRONMENT: Final = {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"}
"""What commands see beside the environment of the test."""
_PLAIN: Final = re.compile(r"release-gate [^|&;<>$`*?~(){}]*")
"""Our own command, with nothing in it that a shell would have to do."""
_LEAVES: Final = re.compile(r"\$|^(\w+=|cd |export )")
"""What uses the state of a shell, or changes it."""
BASH: Final = shutil.which("bash") or "bash"
_NOTE: Final = re.compile(r"<!--\s*(?P<kind>not run|part of|start with): (?P<said>.*?)\s*-->", re.DOTALL)
_TITLE: Final = re.compile(r'title="([^"]+)"')
_REQUEST: Final = {
    "release_gate": "request/v1",
    "id": "a-part",
    "action": "release",
    "artifacts": [{"id": "weights", "kind": "weights", "wanted": "weights_open"}],
}
_POLICY: Final = {"release_gate": "policy/v1", "id": "a-part", "version": "1.0.0", "title": "A part"}


class PageError(Exception):
    """A page shows what does not happen."""


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        line: Its first line in the page, from 0: the one behind the fence.
        language: What it is written in.
        title: The name of the file that it shows.
        content: Its text.
        notes: What comments since the block before say.
    """

    line: int
    language: str
    title: str
    content: str
    notes: dict[str, str] = field(default_factory=dict)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page, in their order."""
    notes: dict[str, str] = {}
    for token in MarkdownIt().parse(text):
        if token.type == "html_block":
            notes |= {found["kind"]: found["said"] for found in _NOTE.finditer(token.content)}
        elif token.type in {"fence", "code_block"}:
            title = _TITLE.search(token.info)
            language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
            line = token.map[0] + 1 if token.map else 0
            yield Block(line, language, title[1] if title else "", token.content, notes)
            notes = {}


class Run:
    """One run of one page."""

    def __init__(self, page: str, folder: Path, *, accept: bool = False) -> None:
        """Prepare a run.

        Args:
            page: The page, from the top of the clone.
            folder: An empty folder to run it in.
            accept: Whether to write what commands print into the page, where it differs.
        """
        self.page, self.path, self.folder, self.accept = page, ROOT / page, folder, accept
        self.text = self.path.read_text(encoding="utf-8")
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        self.not_run: list[str] = []
        self.accepted: list[tuple[Block, str]] = []

    def all(self) -> None:
        """Run every block."""
        for name in start_with(self.text):
            given = ROOT / name
            if given.is_dir():
                shutil.copytree(given, self.folder / given.name)
            else:
                shutil.copy(given, self.folder)
        for block in blocks(self.text):
            if reason := block.notes.get("not run"):
                self.not_run.append(reason)
                continue
            method = RUNNERS.get(block.language)
            if method is None:
                raise self.wrong(block, "say in a comment how it is run, or why not")
            runner: Callable[[Block], None] = getattr(self, method)
            runner(block)
        self.write_accepted()

    def place(self, block: Block) -> str:
        """Where a block stands."""
        return f"{self.page}:{block.line}"

    def wrong(self, block: Block, message: str) -> PageError:
        """The error of a block."""
        return PageError(f"{self.place(block)}: {block.language} block: {message}")

    def console(self, block: Block) -> None:
        """Run the commands, and compare what they print."""
        commands = list(_commands(block.content))
        if not commands:
            raise self.wrong(block, "no line starts with `$ `")
        outputs = self.printed_by([command for command, _ in commands])
        shown = ""
        for (command, wanted), printed in zip(commands, outputs, strict=False):
            same = self.matches(wanted, printed)
            if not same and not self.accept:
                raise self.wrong(block, _difference(command, wanted, printed))
            shown += f"$ {command}\n" + (wanted if same else printed)
        if shown != block.content:
            self.accepted.append((block, shown))

    def printed_by(self, commands: list[str]) -> Iterator[str]:
        """What each command prints: all in one shell, where one may leave something in it for the next."""
        if any(_LEAVES.search(command) for command in commands):
            yield from _in_shell(commands, self.folder)
            return
        for command in commands:
            if _PLAIN.fullmatch(command):
                yield _in_process(command, self.folder)
            else:
                yield from _in_shell([command], self.folder)

    @staticmethod
    def matches(wanted: str, printed: str) -> bool:
        """Whether something was printed as the page says; `...` stands for anything."""
        return doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS)

    def python(self, block: Block) -> None:
        """Run it, with the names of the blocks before it."""
        printed = io.StringIO()
        program = compile("\n" * block.line + block.content, str(self.path), "exec")
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(program, self.names)  # noqa: S102 - it is our own page
        self.printed = printed.getvalue()

    def output(self, block: Block) -> None:
        """Compare it with what the Python block before it printed."""
        same = self.matches(block.content, self.printed)
        if not same and not self.accept:
            raise self.wrong(block, _difference("", block.content, self.printed))
        if not same:
            self.accepted.append((block, self.printed))

    def document(self, block: Block) -> None:
        """Load it as what it says that it is."""
        path = self.folder / (block.title or "untitled.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content, encoding="utf-8")
        if whole := block.notes.get("part of"):
            PARTS[whole](read_document(block.content, self.place(block)))
            return
        kind = re.search(r"^release_gate: ([a-z-]+)/v1$", block.content, re.MULTILINE)
        if kind is None or kind[1] not in KINDS:
            raise self.wrong(block, "it does not say `release_gate: KIND/v1` with a kind that there is")
        if kind[1] in LOADERS:
            LOADERS[kind[1]](path)
        else:
            jsonschema.validate(plain(read_file(path).tree), json_schema(kind[1]))

    def write_accepted(self) -> None:
        """Write what was printed into the page."""
        lines = self.text.splitlines(keepends=True)
        for block, content in reversed(self.accepted):
            lines[block.line : block.line + len(block.content.splitlines())] = [content]
        if self.accepted:
            self.path.write_text("".join(lines), encoding="utf-8")


def start_with(text: str) -> list[str]:
    """The files of this clone that a page takes as given."""
    return [
        name
        for found in _NOTE.finditer(text)
        if found["kind"] == "start with"
        for name in found["said"].split()
    ]


def _commands(content: str) -> Iterator[tuple[str, str]]:
    """Each command, and what it shall print. A line that ends with a backslash goes on."""
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        found = re.match(r"(?:.*\\\n)*.*\n?", part)
        command = found[0] if found else ""
        yield command.rstrip("\n"), part[len(command) :]


def _in_shell(commands: list[str], folder: Path) -> Iterator[str]:
    """What each command prints, all in one shell."""
    mark = "==== the end of a command ===="
    # `(exit N)` gives the next command the exit code of this one.
    script = "".join(f"{command}\n_e=$?; echo; echo '{mark}'; (exit $_e)\n" for command in commands)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        [BASH, "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    yield from ran.stdout.decode().split(f"\n{mark}\n")[: len(commands)]


def _in_process(command: str, folder: Path) -> str:
    """What our own command prints. It is run in this process, because a new one takes a second to start."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, ENVIRONMENT),
        patch("sys.stdin", io.StringIO()),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),
    ):
        main(shlex.split(command.replace("\\\n", ""), comments=True)[1:])
    printed.seek(0)
    return printed.read()


def _difference(command: str, wanted: str, printed: str) -> str:
    told = f"`{command}` prints" if command else "the program prints"
    return (
        f"{told}\n{printed}\nand the page says\n{wanted}\n"
        "`python3 dev.py docs` writes what is printed into the pages; look at it before you commit"
    )


def _part_of_request(document: Document) -> None:
    tree = {**_REQUEST, **cast("dict[str, Any]", document.tree)}
    ReleaseRequest.from_document(replace(document, tree=tree))


def _part_of_policy(document: Document) -> None:
    tree: Any = document.tree
    part = {"rules": tree} if isinstance(tree, list) else tree
    policy_from_document(replace(document, tree={**_POLICY, **part}))


LOADERS: Final[dict[str, Callable[[Path], object]]] = {
    "request": ReleaseRequest.load,
    "policy": load_policy,
    "gate": Gate.load,
}
"""How documents of a kind are loaded; of another kind, the JSON Schema must hold."""
PARTS: Final[dict[str, Callable[[Document], None]]] = {
    "request": _part_of_request,
    "policy": _part_of_policy,
    "nothing": lambda _: None,
}
RUNNERS: Final = {
    "console": "console",
    "python": "python",
    "text": "output",
    "yaml": "document",
    "json": "document",
}
"""The method that runs a block of a language."""
