"""Keeps a server for somebody, and ends it when that somebody ends: ``keeper.py FOLDER PROGRAM ARGUMENT...``.

It is a process of its own, in a session of its own. Its standard input is a pipe whose other end is held by
who asked for the server, and the system closes that end however its holder ends, be it killed. Then
the server ends and what it may have started, and the folder is removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from threading import Thread


def main(folder: str, *command: str) -> int:
    """Run a program in a folder, until it ends or nobody holds our standard input."""
    nothing = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=folder, stdin=nothing, stdout=nothing, process_group=0)
    Thread(target=_end_with_holder, args=(server,), daemon=True).start()
    code = server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _end_with_holder(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    if hasattr(os, "killpg"):
        os.killpg(server.pid, signal.SIGKILL)
    server.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
