"""A PostgreSQL server of our own, that can be killed, and a wire to it that can be cut."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

PLACES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
INITDB = shutil.which("initdb", path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")]))
# The server refuses to run as root, so that its own user runs it there.
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
USER = "postgres" if ROOT else getpass.getuser()


class Server:
    """A server on a socket in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rg-pg-", dir="/tmp"))
        if ROOT:
            shutil.chown(self.folder, USER)
        self.data = self.folder / "data"
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "owner", "--no-sync")

    def run(self, command: str, *arguments: str | Path) -> None:
        whole = [str(Path(str(INITDB)).parent / command), *map(str, arguments)]
        user = USER if ROOT else None  # PostgreSQL does not run as root
        ran = subprocess.run(
            whole, capture_output=True, text=True, check=False, cwd="/", user=user, group=user
        )
        assert ran.returncode == 0, ran.stderr

    def start(self) -> None:
        # What a killed process had written is still there, synchronised or not: only the machine goes on.
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-l", self.folder / "log", "-w", "start")

    def kill(self) -> None:
        """Kill the server and all its processes, which have no time to put anything in order."""
        group = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.killpg(group, signal.SIGKILL)
        while True:
            with suppress(ProcessLookupError):
                os.killpg(group, 0)
                time.sleep(0.02)
                continue
            return

    def close(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        """The address of its owner."""
        return f"postgresql://owner@/postgres?host={self.folder}"


class Wire:
    """A socket that passes on what is said to a server, and is cut before the server has said a word."""

    def __init__(self, server: Server) -> None:
        self.server, self.word, self.cut = server, b"", 0
        self.folder = Path(tempfile.mkdtemp(prefix="rg-wire-", dir="/tmp"))
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.folder / ".s.PGSQL.5432"))
        self.listening.listen()
        self.sockets, self.threads = [self.listening], [threading.Thread(target=self._serve)]
        self.threads[0].start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                server = socket.socket(socket.AF_UNIX)
                self.sockets += [client, server]
                server.connect(str(self.server.folder / ".s.PGSQL.5432"))
                passing = [
                    threading.Thread(target=self._pass, args=(client, server, False)),
                    threading.Thread(target=self._pass, args=(server, client, True)),
                ]
                self.threads += passing
                for each in passing:
                    each.start()

    def _pass(self, source: socket.socket, target: socket.socket, said: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if said and self.word and self.word in data:
                    self.word, self.cut = b"", self.cut + 1
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        for each in self.sockets:
            each.close()
        shutil.rmtree(self.folder)
