"""``release-gate collect``: what it prints, what it writes, and how it ends."""

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.cli import collect as command
from release_gate.cli import main
from release_gate.evidence.request import dump
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Reason, Unknown
from release_gate.scalars import text_problem
from release_gate.source import read_document
from tests.evidence.files import CARD, MIT, good_weights, write


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model whose card and licence file disagree."""
    return write(tmp_path / "tiny", {"model.safetensors": good_weights(), "README.md": CARD, "LICENSE": MIT})


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["collect", *map(str, arguments)])
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out, told.err


def test_every_fact_is_shown_with_the_place_it_comes_from(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, model)
    assert (code, err) == (0, "")
    assert "! artifact.license             unknown: conflicting" in out
    assert "`Apache-2.0` in tiny/README.md line 2; `MIT` in tiny/LICENSE line 1" in out
    assert "  model.parameters             400\n" in out
    assert "from tiny/model.safetensors header, sha256:" in out
    assert "access is asked for through a form" in out


def test_what_it_writes_is_a_request_whose_facts_have_sources(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "request.yaml"
    code, out, _ = run(capsys, model, "-o", path, "--id", "tiny-1", "--wanted", "weights_open")
    request = ReleaseRequest.load(path)
    assert (code, request.id, request.artifacts[0].wanted) == (0, "tiny-1", "weights_open")
    assert request.artifacts[0].license.value == Unknown(Reason.CONFLICTING)
    assert request.model.parameters.value == 400
    assert request.model.parameters.source == "tiny-model.safetensors"
    assert request.sources["tiny-model.safetensors"].at is not None
    assert request.lineage.items[0].parent == "acme/base-7b"
    assert not request.lineage.complete
    assert f"wrote {path}" in out


def test_two_models_are_two_artifacts_with_their_own_facts(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path / "deep/tiny", {"model.safetensors": good_weights()})
    third = write(
        tmp_path / "plug", {"adapter_model.safetensors": good_weights(), "adapter_config.json": "{}"}
    )
    logs = write(tmp_path / "logs", {"LICENSE": MIT})
    run(capsys, model, other, third, logs, "-o", tmp_path / "r.yaml")
    request = ReleaseRequest.load(tmp_path / "r.yaml")
    assert [(each.id, each.kind, each.variant) for each in request.artifacts] == [
        ("tiny", "weights", "tiny"),
        ("tiny-2", "weights", "tiny-2"),
        ("plug", "adapter", "plug"),
    ]
    assert request.variants["tiny"].model.parameters.value == 400
    assert request.lineage.items[0].child == "tiny"


def test_logs_alone_make_a_request_whose_weights_are_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, write(tmp_path / "logs", {"x.txt": ""}), "-o", tmp_path / "r.yaml")
    request = ReleaseRequest.load(tmp_path / "r.yaml")
    assert request.artifacts[0].digest.value == Unknown(Reason.MISSING)


def test_a_report_holds_everything(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(model, {"config.json": "{"})
    code, _, err = run(capsys, model, "--report", tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert code == 0
    assert "RG630" in err
    assert told["folders"][0]["files"][0]["path"] == "LICENSE"
    assert told["problems"][0]["code"] == "RG630"
    (licence,) = [each for each in told["facts"]["tiny"] if each["path"] == "artifact.license"]
    assert licence["conflict"] is True
    assert licence["from"][0]["at"] == "line 2"


def test_prose_is_shown_only_when_asked_for(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, without, _ = run(capsys, model)
    _, with_, _ = run(capsys, model, "--suggest")
    assert "tiny/README.md:21: model.parameters? 7B" in with_
    assert "model.parameters?" not in without


def test_much_prose_is_cut(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("release_gate.evidence.suggest.LIMIT", 1)
    _, out, _ = run(capsys, model, "--suggest")
    assert out.count("? ") == 1
    assert "  and more\n" in out


def test_a_folder_that_plays_tricks_gives_nothing(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "more").symlink_to("/etc")
    code, out, err = run(capsys, model, "-o", tmp_path / "r.yaml")
    assert (code, out) == (3, "")
    assert "RG604" in err
    assert not (tmp_path / "r.yaml").exists()


def test_a_bill_of_materials_is_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, model, "--bom", tmp_path / "bom.json")
    bill = json.loads((tmp_path / "bom.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["components"][0]["name"]) == ("CycloneDX", "tiny")


def test_a_signature_is_verified_with_the_keys_that_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    logs = Path(__file__).parents[1] / "evidence/logs"
    _, without, _ = run(capsys, logs / "signed")
    _, with_, _ = run(capsys, logs / "signed", "--key", logs / "signed.pem")
    assert "no key was given" in without
    assert "(pass)" in with_


def test_wrong_options_are_wrong_usage(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, model, "--metric", "a")[0] == 2
    assert run(capsys, model, "-o", model)[0] == 2


@pytest.mark.parametrize("option", [("--wanted", "weights_opem"), ("--action", "relase"), ("--id", "A b")])
def test_a_request_that_would_be_none_is_not_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str]
) -> None:
    code, _, err = run(capsys, model, "-o", tmp_path / "r.yaml", *option)
    assert code == 2
    assert option[1] in err
    assert not (tmp_path / "r.yaml").exists()


def test_every_action_of_a_request_may_be_asked_for() -> None:
    known = ReleaseRequest.model_fields["action"].annotation
    assert set(command.ACTIONS) == set(get_args(known))


def test_a_terminal_sees_how_far_it_is(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    clock = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)) * 2)
    _, _, err = run(capsys, model)
    assert "hashing [########################] 0.0 of 0.0 GB" in err
    assert "0:00 left" in err


def test_a_large_model_shows_how_long_it_will_take() -> None:
    assert command._bar(35 * 10**9, 140 * 10**9, 30) == (
        "  hashing [######------------------] 35.0 of 140.0 GB, 1.2 GB/s, 1:30 left "
    )
    assert "0.0 of 0.0 GB" in command._bar(0, 0, 1)


texts = st.text(max_size=20).filter(lambda text: not text_problem(text) and "\r" not in text)
trees = st.recursive(
    st.none() | st.booleans() | st.decimals(-(10**15), 10**15, places=2) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(texts, trees, min_size=1, max_size=4))
def test_what_is_written_reads_back_as_the_same(tree: object) -> None:
    from hypothesis import assume

    from release_gate.diagnostics import DocumentError

    try:
        found = read_document(dump(tree), "r").tree
    except DocumentError as error:  # a number of too many digits
        assume(all(each.code != "RG014" for each in error.diagnostics))
        raise
    assert found == tree
