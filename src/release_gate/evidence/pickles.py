"""Collector: pickles, which run code when they are loaded. Recognised by content, scanned by ``picklescan``.

The scanner reads hostile files, so it runs in a process of its own with limits on memory and time. A scan
that does not end is a failure, and a clean scan is no proof of safety: the result is a piece of evidence.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.evidence.collected import Found, listed, problem
from release_gate.evidence.folder import Entry
from release_gate.evidence.json_text import at
from release_gate.evidence.reading import Item, Reading
from release_gate.evidence.weights import Kind, kind_of

__all__ = ["THIS_ARTIFACT", "Pickles"]

THIS_ARTIFACT: Final = "this artifact"
"""Stands for the digest of the folder, which is not known while its files are read."""
MEMORY: Final = 2 * 2**30
SECONDS: Final = 60
MAX_FILES: Final = 200

_SCAN: Final = """\
import json, logging, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
except ImportError:
    pass
logging.disable(logging.CRITICAL)
from importlib.metadata import version
from picklescan.scanner import scan_bytes
from os.path import splitext
with open(sys.argv[1], "rb") as stream:
    found = scan_bytes(stream, "file", splitext(sys.argv[1])[1])
def names(word):
    return sorted({{f"{{g.module}}.{{g.name}}"[:100] for g in found.globals if g.safety.value == word}})[:50]
print(json.dumps({{
    "version": version("picklescan"), "scanned": found.scanned_files, "failed": bool(found.scan_err),
    "bad": names("dangerous"), "doubtful": names("suspicious"),
}}))
"""


class Pickles:
    """Pickles of any name."""

    name = "pickle"

    def collect(self, reading: Reading) -> Iterator[Item]:
        """What the scanner says of every pickle, and whether they all passed."""
        found = [entry for entry in reading.folder.entries if kind_of(entry) is Kind.PICKLE]
        if not found:
            return
        passed, tool = True, "picklescan"
        for entry in found[:MAX_FILES]:
            result = scan(entry)
            yield from _report(entry, result)
            passed = passed and _is_clean(result)
            tool = f"picklescan {at(result, 'version') or ''}".strip()
        if len(found) > MAX_FILES:
            yield problem(
                "RG613", f"{len(found) - MAX_FILES} pickles were not scanned", "release safetensors"
            )
            passed = False
        evidence = {
            "id": "picklescan",
            "kind": "security_attestation",
            "producer": tool,
            "on": THIS_ARTIFACT,
            "state": "pass" if passed else "fail",
        }
        yield Found("evidence", dict(evidence), reading.where(found[0], "", tool))


def scan(entry: Entry) -> dict[str, Any] | str:
    """What ``picklescan`` says of a file, or why it says nothing."""
    code = _SCAN.format(memory=MEMORY, seconds=SECONDS)
    command = [sys.executable, "-I", "-c", code, str(entry.root.resolve() / entry.path)]
    try:
        with entry.open():  # the file is the one that was listed, before and after
            done = subprocess.run(command, capture_output=True, timeout=SECONDS * 2, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return "the scan did not end in time"
    if done.returncode != 0:
        missing = b"No module named 'picklescan'" in done.stderr
        return "picklescan is not installed" if missing else "the scan failed or ran out of memory or time"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _is_clean(result: dict[str, Any] | str) -> bool:
    return not isinstance(result, str) and not (result["bad"] or result["doubtful"] or result["failed"])


def _report(entry: Entry, result: dict[str, Any] | str) -> Iterator[Item]:
    shown = printable(entry.path)
    if isinstance(result, str):
        help_ = "pip install 'model-release-gate[scan]'" if "installed" in result else "release safetensors"
        yield problem("RG613", f"the pickle `{shown}` is not scanned: {result}", help_)
    elif result["bad"]:
        yield problem("RG613", f"the pickle `{shown}` calls {listed(result['bad'])} when it is loaded", _SAFE)
    elif result["doubtful"]:
        yield problem(
            "RG613", f"the pickle `{shown}` calls {listed(result['doubtful'])}, unknown here", _SAFE
        )
    elif result["failed"]:
        yield problem("RG613", f"the pickle `{shown}` is broken or built to hide something", _SAFE)


_SAFE: Final = "do not load it; release safetensors"
