"""Set up this clone and run it.

    python3 dev.py demo    install into .venv and show what the gate decides
    python3 dev.py test    install into .venv and run every check
    python3 dev.py docs    write anew what the pages take from the code

Only the standard library is needed, and nothing is left behind outside this folder.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before anything below can fail on an old Python
    sys.exit("this project needs Python 3.11 or newer, and this is Python %d.%d" % sys.version_info[:2])  # noqa: UP031

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
ENVIRONMENT = {
    **os.environ,
    "PYTHONUTF8": "1",
    # Nothing is left outside this folder, not even a cache.
    "RELEASE_GATE_CACHE": str(VENV / "cache"),
    "RELEASE_GATE_STATE": str(VENV / "state"),
}
COVERAGE_FLOOR = 97


@dataclass(frozen=True)
class Check:
    """A check, and the command that runs it: a program of ``.venv`` and its arguments."""

    name: str
    program: str
    arguments: tuple[str, ...] = ()


def program(name: str) -> Path:
    """Where ``.venv`` keeps a program."""
    return VENV / "Scripts" / f"{name}.exe" if WINDOWS else VENV / "bin" / name


CHECKS = (
    Check("lint", "ruff", ("check", "--quiet", ".")),
    Check("format", "ruff", ("format", "--quiet", "--check", ".")),
    Check("types", "mypy"),
    Check("layers", "lint-imports"),
    Check("docs", "zensical", ("build", "--strict", "--clean")),
    Check("changelog", "towncrier", ("build", "--draft", "--version", "next")),
)
# Last, so that its closing line is the last line of all.
TESTS = Check("tests", "pytest", ("-n", "auto", "--cov", f"--cov-fail-under={COVERAGE_FLOOR}"))


def main() -> int:
    """Run the command that was asked for, and return its exit code."""
    parser = argparse.ArgumentParser(prog="dev.py", description=(__doc__ or "").split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="demo | test | docs")
    commands.add_parser("demo", help="install into .venv and show what the gate decides")
    commands.add_parser("test", help="install into .venv and run every check")
    commands.add_parser("docs", help="write anew what the pages take from the code")
    command: str = parser.parse_args().command
    return {"demo": demo, "test": test, "docs": docs}[command]()


def demo() -> int:
    """Show what the gate decides about the examples."""
    install(extra="")
    command: list[str | Path] = [program("release-gate"), "demo"]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode


def test() -> int:
    """Run every check, even after one has failed; the summary of the others comes before the tests."""
    install(extra="dev")
    failed = [check.name for check in CHECKS if not passes(check)]
    heading("summary so far")
    for check in CHECKS:
        print(f"  {'FAILED' if check.name in failed else 'ok    '}  {check.name}")
    tests_pass = passes(TESTS)
    return 0 if tests_pass and not failed else 1


def docs() -> int:
    """Write the reference from the code, and what commands print into the pages that show it."""
    install(extra="dev")
    subprocess.run([program("python"), "-m", "tools.reference"], cwd=ROOT, check=True)
    command: list[str | Path] = [program("pytest"), "--quiet", "tests/docs"]
    environment = {**ENVIRONMENT, "RELEASE_GATE_ACCEPT": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def passes(check: Check) -> bool:
    """Whether the check succeeds. What it has to say goes to the terminal."""
    heading(check.name)
    command: list[str | Path] = [program(check.program), *check.arguments]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0


def heading(text: str) -> None:
    """Print a heading. Flushed, because what follows is written by another process."""
    print(f"\n── {text} {'─' * (70 - len(text))}", flush=True)


def install(extra: str) -> None:
    """Install this clone into ``.venv``, unless that has been done for this very ``pyproject.toml``.

    The install is editable, so that what runs is what is in the folder, and so that a second run
    after a change of the code has nothing to install.
    """
    inputs = (ROOT / "pyproject.toml").read_bytes() + sys.version.encode() + str(ROOT).encode()
    digest = hashlib.sha256(inputs).hexdigest()
    stamp = VENV / "installed"
    done = stamp.read_text().split() if stamp.is_file() else []
    wanted = f"{digest}[{extra}]"
    # What the development extra installs is enough for the demo too.
    if wanted in done or (not extra and f"{digest}[dev]" in done):
        return
    if not any(line.startswith(digest) for line in done):
        make_venv()
    heading("install" + (f" with the `{extra}` extra" if extra else ""))
    command: list[str | Path] = [program("python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    command += ["install", "--editable", f"{ROOT}[{extra}]" if extra else ROOT]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit("the install did not succeed; what pip said is above, and it needs to reach a package index")
    with stamp.open("a") as lines:
        lines.write(f"{wanted}\n")


def make_venv() -> None:
    """Make a fresh ``.venv``, or say in one sentence what this Python lacks for it."""
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "this Python has no `ensurepip`, which making a virtual environment needs; on Debian and "
            f"Ubuntu, `apt install python3.{sys.version_info.minor}-venv` adds it"
        )
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=not WINDOWS)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"could not make a virtual environment in `{VENV}`: {error}")


if __name__ == "__main__":
    try:
        # A Windows console may not know the lines of the headings.
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
