"""The decisions on the dossiers are kept; RELEASE_GATE_ACCEPT=1 accepts a change of them."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from release_gate import Gate, ReleaseRequest, render_text

ROOT = Path(__file__).parents[2]
DOSSIERS = sorted((ROOT / "examples" / "dossiers").glob("*.yaml"))


def decide(name: str) -> tuple[str, str]:
    """The decision on a dossier as text and as JSON, with paths as seen from the top of the clone."""
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    path = Path("examples", "dossiers", name)
    decision = gate.decide(ReleaseRequest.load(path), as_of=date(2026, 11, 24))
    return render_text(decision), decision.to_json()


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_the_decision_on_a_dossier_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text, _ = decide(path.name)
    golden = Path(__file__).parent / f"{path.stem}.txt"
    if os.environ.get("RELEASE_GATE_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_all_eight_dossiers_are_there() -> None:
    assert len(DOSSIERS) == 8


def test_the_same_inputs_give_the_same_bytes_under_any_seed_zone_and_locale() -> None:
    program = (
        "from pathlib import Path; from datetime import date; import sys;"
        "from release_gate import Gate, ReleaseRequest;"
        "g = Gate.load('examples/release-gate.yaml');"
        "r = ReleaseRequest.load('examples/dossiers/stable-diffusion-1.yaml');"
        "sys.stdout.buffer.write(g.decide(r, as_of=date(2026, 11, 24)).to_json().encode())"
    )
    outputs = set()
    for seed, zone, locale in (
        ("0", "UTC", "C"),
        ("1", "Asia/Tokyo", "tr_TR.UTF-8"),
        ("77", "America/Lima", "C.UTF-8"),
    ):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
