"""A peer that is a program of its own: a server on the loopback, asked over one connection that is kept.

What is asked is ready as bytes, head and all, and what comes back is the body as bytes: a client in Python
that does more would take a good part of the time of the fastest servers.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.race import Absent

__all__ = ["HOST", "Server", "free_port", "program", "question", "version"]

HOST: Final = "127.0.0.1"
PATIENCE: Final = 30.0
"""Seconds that a server may take to start."""
_KEEPER: Final = Path(__file__).with_name("keeper.py")
_SETTINGS: Final = ("OPA_", "CERBOS_")
"""How variables begin that would change what a server does, or whom it speaks to."""


def program(name: str) -> str:
    """The path of a program: on the PATH, or in a folder that RELEASE_GATE_TOOLS names.

    Raises:
        Absent: It is not there.
    """
    folders = (os.environ.get(each, "") for each in ("RELEASE_GATE_TOOLS", "PATH"))
    found = shutil.which(name, path=os.pathsep.join(filter(None, folders)))
    if found is None:
        raise Absent(f"no `{name}` on the path")
    return str(Path(found).absolute())


def version(name: str, argument: str) -> str | None:
    """What a program says of its version, if it is there."""
    try:
        command = [program(name), argument]
    except Absent:
        return None
    said = subprocess.run(command, check=False, capture_output=True, text=True, env=_surroundings()).stdout
    found = re.search(r"\d+\.\d+\S*", said)
    return found and found[0]


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.create_server((HOST, 0))) as listening:
        port: int = listening.getsockname()[1]
    return port


def question(path: str, document: Any) -> bytes:
    """What is sent to ask with a document."""
    body = json.dumps(document).encode()
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "\r\n",
    )
    return "\r\n".join(head).encode() + body


class Server:
    """A server. It ends when it is closed or no longer used, and with this process at the latest.

    Attributes:
        processes: The processes that answer.
        close: Ends it, and waits until it has ended.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], files: Mapping[str, str], port: int, health: str
    ) -> None:
        """Start a program, and wait until it answers.

        Args:
            name: The program.
            arguments: Its arguments.
            files: The files that it reads, by their names in the folder in which it is started.
            port: Where it has been told to listen.
            health: The path that tells whether it is ready.

        Raises:
            Absent: It is not there, or does not get ready.
        """
        command = (program(name), *arguments)
        with ExitStack() as ends:
            keeper = _kept(command, files)
            ends.callback(_end, keeper)
            _await(name, keeper, port, health)
            self.processes = _session(keeper.pid)
            self._connection = ends.enter_context(socket.create_connection((HOST, port)))
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._answers = ends.enter_context(self._connection.makefile("rb"))
            self.close = weakref.finalize(self, ends.pop_all().close)

    def ask(self, question: bytes) -> bytes:
        """The body of the answer to a question.

        Raises:
            ConnectionError: The answer is none that can be used.
        """
        self._connection.sendall(question)
        status, length = self._answers.readline(), None
        while line := self._answers.readline().rstrip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if b" 200 " not in status:
            raise ConnectionError(f"it answered {status!r}")
        return b"".join(self._chunks()) if length is None else self._answers.read(length)

    def _chunks(self) -> Iterator[bytes]:
        """The body of an answer whose length was not known when it began."""
        while size := int(self._answers.readline(), 16):
            yield self._answers.read(size)
            self._answers.readline()
        self._answers.readline()


def _kept(command: Sequence[str], files: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process that keeps a server in a folder with files."""
    folder = Path(tempfile.mkdtemp())
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-I", str(_KEEPER), str(folder), *command],
        env=_surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _surroundings() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(_SETTINGS)}


def _end(keeper: subprocess.Popen[bytes]) -> None:
    if keeper.stdin:
        keeper.stdin.close()
    keeper.wait()


def _await(name: str, keeper: subprocess.Popen[bytes], port: int, health: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if keeper.poll() is not None:
            raise Absent(f"`{name}` ended while it was started")
        if _healthy(port, health):
            return
        time.sleep(0.02)
    raise Absent(f"`{name}` did not answer within {PATIENCE:g} seconds")


def _healthy(port: int, health: str) -> bool:
    with (
        suppress(OSError, http.client.HTTPException),
        closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection,
    ):
        connection.request("GET", health)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _session(keeper: int) -> tuple[int, ...]:
    """The processes that a keeper has started: the server may be behind a script that started it."""
    if not Path("/proc/self").exists():
        return (keeper,)
    found = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
    return tuple(sorted(each for each in found if each != keeper and _session_of(each) == keeper))


def _session_of(process: int) -> int | None:
    with suppress(OSError):
        return os.getsid(process)
    return None
