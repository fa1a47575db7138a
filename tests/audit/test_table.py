"""Every way to tamper that is tried is on a page, with what finds it. RELEASE_GATE_ACCEPT=1 writes it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from . import (
    test_attestation,
    test_receipts,
    test_redaction,
    test_tampering,
    test_tampering_papers,
    test_tiles,
    test_witness,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "tampering.md"
Row = tuple[str, int | None, str]
INTRO = """\
<!-- Written by tests/audit/test_table.py from the tables of tests that it names. Do not edit. -->

# Tampering

{count} ways to tamper with what was recorded. Each is carried out by a test, which fails unless it is
detected under this code. The step is that of [verification](record.md#verification); several steps may find
the same, and one of them is named. Codes are explained among the [diagnostics](diagnostics.md).
"""


def sections() -> Iterator[tuple[str, str, list[Row]]]:
    """The tables: what is tampered with, the tests, and what was done, the step and the code of each."""
    ledger: list[Row] = [(name, step, code) for name, (_, step, code, _) in test_tampering.TAMPERING.items()]
    shape: list[Row] = [(name, 1, "RG710") for name in test_tampering.SHAPE]
    yield "A ledger", "test_tampering.py", [*ledger, *shape]
    tiles: list[Row] = [(name, step, code) for name, (_, step, code) in test_tiles.TAMPERING.items()]
    yield "An exported log", "test_tiles.py", tiles
    receipts: list[Row] = [(name, step, code) for name, (_, step, code) in test_tampering.RECEIPTS.items()]
    yield "A record with its receipt", "test_tampering.py", receipts
    yield "A decision with its receipt", "test_receipts.py", _of(test_receipts.TAMPERED, 1)
    yield "An attestation", "test_attestation.py", _of(test_attestation.FORGED, 2)
    signed: list[Row] = [
        (name, step, code) for name, (_, (step, code), _) in test_tampering_papers.SIGN_OFFS.items()
    ]
    yield "Sign-offs and waivers", "test_tampering_papers.py", signed
    sealed: list[Row] = [
        (name, step, code) for name, (_, (step, code)) in test_tampering_papers.SEALED.items()
    ]
    yield "What is sealed or erased", "test_tampering_papers.py", sealed
    opens: list[Row] = [(name, 11, code) for name, _, code in _of(test_redaction.ATTACKS, 1)]
    yield "What opens sealed fields", "test_redaction.py", opens
    yield "A checkpoint that a witness is asked to sign", "test_witness.py", _of(test_witness.REFUSED, 1)


def _of(table: Mapping[str, Any], at: int) -> list[Row]:
    return [(name, None, str(row[at])) for name, row in table.items()]


def page() -> str:
    found = list(sections())
    lines = [INTRO.format(count=sum(len(rows) for _, _, rows in found))]
    for title, file, rows in found:
        steps = any(step is not None for _, step, _ in rows)
        lines += [f"## {title}\n", f"Carried out in `tests/audit/{file}`.\n"]
        lines += [
            "| what was done | step | code |\n|---|---|---|"
            if steps
            else "| what was done | code |\n|---|---|"
        ]
        lines += [
            f"| {name} | {step} | {code} |" if steps else f"| {name} | {code} |" for name, step, code in rows
        ]
        lines.append("")
    return "\n".join(lines)


def test_every_way_to_tamper_is_on_the_page() -> None:
    if os.environ.get("RELEASE_GATE_ACCEPT"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "RELEASE_GATE_ACCEPT=1 writes it"
    kinds = {title for title, _, rows in sections() if rows}
    assert len(kinds) == 9
    assert sum(len(rows) for _, _, rows in sections()) > 100
