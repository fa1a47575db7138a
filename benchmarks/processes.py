"""Whole processes, from the start of Python to their exit, in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.race import Contestant, Result, top
from benchmarks.workload import AS_OF, policy_document, requests

__all__ = ["BARE", "COLD", "LIBRARIES", "MODEL", "WARM", "processes"]

BARE = "`python -c pass`"
LIBRARIES = '`python -c "import pydantic, yaml"`'
MODEL = "the same, and a pydantic model of one field"
WARM = "`release-gate check`, warm cache"
COLD = "`release-gate check`, no cache"


def processes(rounds: int) -> dict[str, Result]:
    """Start each command in turn, and measure the time of the processor that it used."""
    with tempfile.TemporaryDirectory() as folder:
        commands = _commands(Path(folder))
        results = {name: Result(Contestant(name, "")) for name in commands}
        for arguments, environment in commands.values():
            _run(arguments, environment)  # fills the caches of files and of conditions
        for _ in range(rounds):
            for name, (arguments, environment) in commands.items():
                results[name].times.append(_run(arguments, environment))
        results[WARM].profile = _profile(*commands[WARM], Path(folder) / "profile")
    return results


def _commands(folder: Path) -> dict[str, tuple[list[str], Mapping[str, str]]]:
    policy, request = folder / "policy.json", folder / "request.json"
    policy.write_text(json.dumps(policy_document()), encoding="utf-8")
    request.write_text(json.dumps(requests(1, 1)[0]), encoding="utf-8")
    check = ["check", str(request), "--policy", str(policy), "--as-of", str(AS_OF), "--exit-zero"]
    ours = ["-c", "from release_gate.cli import main; main()", *check]
    state = {"RELEASE_GATE_STATE": str(folder / "state")}
    return {
        BARE: (["-c", "pass"], {}),
        LIBRARIES: (["-c", "import pydantic, yaml"], {}),
        MODEL: (["-c", "import pydantic, yaml\nclass Model(pydantic.BaseModel):\n    fact: int"], {}),
        WARM: (ours, {**state, "RELEASE_GATE_CACHE": str(folder / "cache")}),
        COLD: (ours, {**state, "RELEASE_GATE_CACHE": "off"}),
    }


def _profile(arguments: list[str], environment: Mapping[str, str], file: Path) -> str:
    """Where the time of a command goes."""
    _, code, *rest = arguments
    profiled = f"import cProfile; cProfile.run({code!r}, {str(file)!r})"
    _run(["-c", profiled, *rest], environment)
    return top(str(file))


def _run(arguments: list[str], environment: Mapping[str, str]) -> float:
    import resource  # noqa: PLC0415 - Windows has none, and only whole processes need it

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    surroundings = {**os.environ, **environment}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    subprocess.run(
        [sys.executable, *arguments],
        env=surroundings,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
