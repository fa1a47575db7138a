"""What a check reads before it answers. Times differ from machine to machine; what is imported does not."""

import os
import subprocess
import sys

import pytest

from release_gate.policy.packs import data_folder

EXAMPLES = data_folder("examples")
NEEDED_BY_FEW = (
    "cryptography",
    "difflib",
    "jinja2",
    "license_expression",
    "re2",
    "release_gate.audit",
    "release_gate.authoring",
    "release_gate.envelope",
    "release_gate.evidence",
    "release_gate.expression.check",
    "release_gate.facts.access",
    "release_gate.facts.schema",
    "release_gate.gate.base",
    "release_gate.gate.paper_files",
    "release_gate.gate.statements",
    "release_gate.policy.check",
    "release_gate.policy.overlay",
    "release_gate.policy.trust",
    "release_gate.policy.waivers",
    "release_gate.signing",
    "release_gate.ssh",
    "rich",
    "rule_engine",
    "structlog",
    "subprocess",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that a check of the example has read, with its conditions in the cache."""
    folder = tmp_path_factory.mktemp("start")
    program = (
        "import atexit, sys; from release_gate.cli import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"main(['check', {str(EXAMPLES / 'request.yaml')!r}, '--gate', "
        f"{str(EXAMPLES / 'release-gate.yaml')!r}, '--as-of', '2026-11-24', '--exit-zero'])"
    )
    own = {"RELEASE_GATE_CACHE": str(folder / "cache"), "RELEASE_GATE_STATE": str(folder / "state")}
    environment = {name: said for name, said in os.environ.items() if not name.startswith("COV")} | own
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    return set(runs[1].stderr.splitlines()[-1].split())


def test_a_check_with_a_warm_cache_is_seen_to_have_run(imported: set[str]) -> None:
    assert {"release_gate.cli.check", "release_gate.engine", "release_gate.gate.reports.text"} <= imported


@pytest.mark.parametrize("name", NEEDED_BY_FEW)
def test_a_check_reads_nothing_that_few_checks_need(imported: set[str], name: str) -> None:
    assert not {each for each in imported if each == name or each.startswith(f"{name}.")}
