"""The decisions on the dossiers are kept; RELEASE_GATE_ACCEPT=1 accepts a change of them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from release_gate import Gate, ReleaseRequest, render_text
from release_gate.gate.history import SHOWN, judge_history, outcomes, render_history

ROOT = Path(__file__).parents[2]
DOSSIERS = sorted((ROOT / "examples" / "dossiers").glob("*.yaml"))
GOLDEN = Path(__file__).parent
TODAY = date(2026, 11, 24)


def decide(name: str) -> tuple[str, str]:
    """The decision on a dossier as text and as JSON, with paths as seen from the top of the clone."""
    gate = Gate.load(ROOT / "examples" / "release-gate.yaml")
    path = Path("examples", "dossiers", name)
    decision = gate.decide(ReleaseRequest.load(path), as_of=TODAY)
    return render_text(decision), decision.to_json()


def stays(text: str, name: str) -> None:
    """Hold a text against its golden file."""
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("RELEASE_GATE_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHOWN)
def test_the_decision_on_a_dossier_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text, _ = decide(f"{name}.yaml")
    stays(text, name)


def test_what_the_packs_say_of_every_dossier_stays() -> None:
    rows = judge_history(ROOT / "examples", TODAY)
    stays("\n".join(render_history(rows)) + "\n", "history")


def test_every_dossier_has_its_outcome_and_all_systems_of_the_article_are_there() -> None:
    found = outcomes(ROOT / "examples" / "history.yaml")
    assert {outcome.dossier for outcome in found} == {path.stem for path in DOSSIERS}
    assert len({outcome.dossier for outcome in found if outcome.article}) == 20


# What is a fact about the world, and not a word that only structures the request, says where it comes from.
FACTUAL = (
    "license", "access", "permission", "jurisdiction", "parameters", "training_flop", "status", "level",
    "likelihood", "severity", "removable", "effective", "independent", "producer", "open", "csam_scan",
    "share", "contact", "release_date",
)  # fmt: skip


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_every_fact_of_a_dossier_names_a_source_that_is_there(path: Path) -> None:
    request = ReleaseRequest.load(path)
    pairs = list(_pairs({**cast("dict[str, Any]", request.tree), "sources": None}))
    assert {value for key, value in pairs if key == "source"} == set(request.sources)
    assert [key for key, value in pairs if key in FACTUAL and not isinstance(value, dict)] == []


def _pairs(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a tree with what stands behind it."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield key, value
        yield from _pairs(value)
    for item in tree if isinstance(tree, list) else ():
        yield from _pairs(item)


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
