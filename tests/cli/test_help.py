import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from release_gate.cli import Lazy, cli
from release_gate.cli.access import access
from release_gate.cli.audit import audit
from release_gate.cli.policy import policy
from tests.commands import ended

FOLDER = Path(__file__).parents[2] / "src" / "release_gate" / "cli"
GROUPS = [cli, access, audit, policy]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_every_command_that_is_listed_is_there_and_none_is_left_out(group: Lazy) -> None:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
    files = (FOLDER if group is cli else FOLDER / str(group.name)).glob("*.py")
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    groups = 4 if group is cli else 0  # access, audit, packs and policy
    assert source.count("@click.command(") == len(group.list_commands(context)) - groups


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_what_a_command_does_is_said_in_a_line_of_a_terminal(group: Lazy) -> None:
    for name, said in group.about.items():
        assert said.endswith(".")
        assert len(said) + len("verify-attestation") + 4 <= 80, name


@pytest.mark.parametrize("group", ["access", "audit", "packs", "policy"])
def test_no_line_of_a_list_of_commands_is_cut(group: str) -> None:
    said = CliRunner().invoke(cli, [group, "--help"], terminal_width=80).output
    assert "Commands:" in said
    assert "..." not in said.split("Commands:")[1]


def test_help_reads_no_command() -> None:
    program = (
        "import sys; from release_gate.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('pydantic' in sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Judge requests, and say why." in run.stdout
    assert run.stderr.strip() == "False"


@pytest.mark.parametrize("group", [[], ["access"], ["audit"], ["packs"], ["policy"]], ids=str)
def test_a_group_without_a_command_shows_its_help(
    group: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ended(capsys, *group)
    assert (code, out) == (2, "")
    asked = CliRunner().invoke(cli, [*group, "--help"], prog_name="release-gate").output
    assert err.split() == asked.split()
    assert err.count("\n") > 10
