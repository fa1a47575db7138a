"""What somebody puts beside a ledger is read no further than it can be ours."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from release_gate.access.proven import check_on_record
from release_gate.audit.disclosures import all_disclosures
from release_gate.audit.receipts import read_receipt
from release_gate.diagnostics import InputError

READERS: dict[str, Callable[[Path], Any]] = {
    "disclosures": lambda path: list(all_disclosures(path)),
    "a receipt": read_receipt,
    "the key of a log": lambda path: check_on_record({}, path, path, "x"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_does_not_hang_who_verifies(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"RG733 .*pipe` cannot be used: it is a pipe or a device"):
        READERS[name](tmp_path / "pipe")
