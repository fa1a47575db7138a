"""What somebody gets who installs the wheel and has never seen this repository."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import release_gate

ROOT = Path(__file__).resolve().parents[1]
# Where the files of a folder of the repository are in the wheel.
PLACES = {
    "src/release_gate": "release_gate",
    "policies": "release_gate/policies",
    "examples": "release_gate/examples",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize(("folder", "place"), PLACES.items())
def test_the_wheel_has_every_file_that_is_needed_at_run_time(
    wheel: zipfile.ZipFile, folder: str, place: str
) -> None:
    here = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here <= set(wheel.namelist())


def test_the_wheel_has_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/", 1)[0] for name in wheel.namelist()} == {
        "release_gate",
        f"{wheel_name(wheel)}.dist-info",
    }


def test_type_checkers_are_told_that_the_package_has_types(wheel: zipfile.ZipFile) -> None:
    assert "release_gate/py.typed" in wheel.namelist()


def test_the_distribution_does_not_take_the_name_of_another_product(wheel: zipfile.ZipFile) -> None:
    metadata = Parser().parsestr(wheel.read(f"{wheel_name(wheel)}.dist-info/METADATA").decode())
    assert metadata["Name"] == "model-release-gate"


def wheel_name(wheel: zipfile.ZipFile) -> str:
    return "-".join(Path(str(wheel.filename)).name.split("-")[:2])


def test_every_public_name_is_found_in_its_module() -> None:
    assert all(
        getattr(release_gate, name).__module__.startswith("release_gate.") for name in release_gate.__all__
    )
    with pytest.raises(AttributeError, match="no attribute `Gates`"):
        getattr(release_gate, "Gates")  # noqa: B009 - a type checker would not let it stand


def test_importing_the_package_reads_no_module_that_a_command_may_not_need() -> None:
    heavy = "('pydantic', 'rule_engine', 'yaml')"
    code = f"import sys, release_gate.cli; print([name for name in sys.modules if name.startswith({heavy})])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
