"""Collectors of other packages: installed, they are asked; broken, they stop everything."""

import importlib
from pathlib import Path

import pytest

from release_gate.evidence.collect import EvidenceError, collect
from release_gate.evidence.collected import Provenance
from tests.evidence.files import write

MODULE = """\
from release_gate.evidence.collected import Found, Note

class Ours:
    name = "acme"

    def collect(self, reading):
        for entry in reading.files(".acme"):
            where = reading.where(entry, "line 1", "acme 7")
            yield Found("developer.name", reading.data(entry).decode().strip(), where)
            yield Note("seen", where)

class Broken:
    name = "broken"

    def collect(self, reading):
        raise RuntimeError("no \\x1b[31m luck")
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that packages are imported from, with a package of collectors."""
    site = write(
        tmp_path / "site", {"acme_collectors.py": MODULE, "acme-1.dist-info/METADATA": "Name: acme\n"}
    )
    monkeypatch.syspath_prepend(str(site))
    return site


def installed(site: Path, name: str, place: str) -> None:
    points = f"[release_gate.collectors]\n{name} = {place}\n"
    write(site, {"acme-1.dist-info/entry_points.txt": points})
    importlib.invalidate_caches()


def test_a_collector_of_another_package_is_asked(site: Path, tmp_path: Path) -> None:
    installed(site, "acme", "acme_collectors:Ours")
    (subject,) = collect([write(tmp_path / "files", {"a.acme": "Acme\n"})]).subjects
    (found,) = subject.found
    assert (found.path, found.value) == ("developer.name", "Acme")
    digest = f"sha256:{subject.manifest.files[0].sha256}"
    assert found.where == Provenance("files/a.acme", "line 1", digest, "acme 7")
    assert subject.notes[0].where == found.where


def test_a_collector_that_fails_stops_everything(site: Path, tmp_path: Path) -> None:
    installed(site, "acme", "acme_collectors:Broken")
    (problem,) = collect([write(tmp_path / "files", {"a": ""})]).errors
    assert problem.code == "RG607"
    assert problem.message == "the collector `broken` failed in `files`: no \\x1b[31m luck"


BAD = {
    "one of our names": ("weights", "acme_collectors:Ours", "two collectors named `weights`"),
    "nothing there": ("acme", "acme_collectors:Theirs", "cannot be loaded"),
    "no module": ("acme", "acme_nowhere:Ours", "cannot be loaded"),
}


@pytest.mark.parametrize(("name", "place", "message"), BAD.values(), ids=BAD)
def test_a_collector_that_cannot_be_asked_stops_everything(
    site: Path, tmp_path: Path, name: str, place: str, message: str
) -> None:
    installed(site, name, place)
    with pytest.raises(EvidenceError, match=message):
        collect([tmp_path])
