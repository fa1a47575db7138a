"""A hub on this machine, and a project that uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.practice_hub import TOKEN, PracticeHub, serving

from .office import Office


@pytest.fixture
def hub() -> Iterator[PracticeHub]:
    with serving(PracticeHub()) as found:
        yield found


@pytest.fixture
def office(
    hub: PracticeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Office:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    return Office(tmp_path, capsys, hub.url)
