"""Runs the real command in one fresh process after another, and says what each took.

The process that forks them has already judged a small request, so that what is measured is the document and
not the start of Python. Each line of standard input is a JSON list of arguments; each line of the answer is
an object with the exit code, what was written, the seconds of processor time and the megabytes of memory.
"""

import contextlib
import io
import json
import os
import resource
import sys
import tempfile
from collections.abc import Sequence

from release_gate.cli import main

MEGABYTE = 1024 * 1024


def run(arguments: Sequence[str]) -> dict[str, object]:
    """Run the command in a child with hard limits, and wait for it."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
            resource.setrlimit(resource.RLIMIT_AS, (1024 * MEGABYTE, 1024 * MEGABYTE))
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            try:
                main(list(arguments))
            except SystemExit as stop:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(stop.code if isinstance(stop.code, int) else 99)
            os._exit(98)
        _, status, used = os.wait4(child, 0)
        out.seek(0)
        err.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read().decode("utf-8"),
            "err": err.read().decode("utf-8"),
            "seconds": used.ru_utime + used.ru_stime,
            "megabytes": used.ru_maxrss / 1024,
        }


def warm_up(request: str) -> None:
    """Judge a request here, so that the children find everything read that does not depend on theirs."""
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main(["check", request, "--policy", "ladder"])


if __name__ == "__main__":
    warm_up(sys.argv[1])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
