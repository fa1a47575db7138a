import pytest

from benchmarks.access import main, queue


def test_a_queue_is_the_same_on_every_run_and_has_somebody_of_every_kind() -> None:
    assert queue(200) == queue(200)
    assert len({each.name for each in queue(200)}) < 200


def test_every_part_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["access", "--requests", "60"])
    assert main() == 0
    out = capsys.readouterr().out
    assert out.startswith("60 requests, hugging-face-gated: {'accept': ")
    for part in ("reviewed", "decisions alone", "reasons written", "lines written", "register read"):
        assert part in out
