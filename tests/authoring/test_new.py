"""What a new policy and a new project start from."""

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from release_gate.authoring.templates import new_policy
from release_gate.diagnostics import PolicyError
from release_gate.gate.gate import Gate
from tests.commands import Run, ended


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    return partial(ended, capsys, "policy")


CHECKS = {
    "passes its tests": ("test", "--require-tests"),
    "has nothing that is not meant": ("lint", "--strict", "--as-of", "2026-11-24"),
    "is covered": ("cover", "--fail-under", "100"),
    "cannot be loosened without a test that fails": ("mutate",),
}


@pytest.mark.parametrize("arguments", CHECKS.values(), ids=CHECKS)
def test_a_new_policy_is_good_from_the_start(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("new", "acme", "--as-of", "2026-11-24") == (
        0, "wrote acme.yaml\nwrote acme.tests.yaml\nnow run: release-gate policy test acme.yaml\n", "",
    )  # fmt: skip
    assert run(*arguments)[0] == 0


def test_the_name_may_be_that_of_the_file(run: Run) -> None:
    code, out, _ = run("new", "acme.yaml", "--as-of", "2026-11-24")
    assert (code, out.splitlines()[-1]) == (0, "now run: release-gate policy test acme.yaml")
    assert run("test", "acme.yaml", "--require-tests")[0] == 0


def test_nothing_is_overwritten(run: Run) -> None:
    Path("acme.tests.yaml").write_text("mine", encoding="utf-8")
    code, _, err = run("new", "acme")
    assert (code, "acme.tests.yaml is there already; nothing was written" in err) == (2, True)
    assert not Path("acme.yaml").exists()


@pytest.mark.parametrize("name", ["Acme", "../acme", "a b", "", "a" * 65])
def test_a_name_that_cannot_be_one_is_told(run: Run, name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        new_policy(name, date(2026, 11, 24))
    assert caught.value.diagnostics[0].code == "RG809"
    assert run("new", name)[0] == 3
    assert not list(Path().iterdir())


def test_a_gate_file_names_the_policies_that_are_there(run: Run) -> None:
    run("new", "acme")
    code, out, _ = run("init")
    assert (code, out) == (0, "wrote release-gate.yaml\nnow run: release-gate check REQUEST\n")
    assert [policy.id for policy in Gate.load("release-gate.yaml").policies] == [
        "acme", "ladder", "license-lineage", "responsible-democratization",
    ]  # fmt: skip
    assert run("init")[0] == 2
