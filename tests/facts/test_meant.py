"""How people write numbers, lists and that nobody knows, and what they are told to write."""

import pytest

from release_gate import ReleaseRequest, RequestError
from release_gate.source import read_document

HEAD = "release_gate: request/v1\nid: r\naction: release\nartifacts: [{id: w, kind: api, wanted: hosted}]\n"
SIZE = "model: {parameters: %s}\n"
SHARE = "data: {sources: [{name: a, share: %s}]}\n"
MISTAKES = [
    (SHARE, "50%", "write it as a part of one: 0.5", "0.5"),
    (SHARE, "12.5 %", "write it as a part of one: 0.125", "0.125"),
    (SHARE, '"0.5"', "write it without quotes: 0.5", "0.5"),
    (SIZE, "7B", "write 7e9", "7e9"),
    (SIZE, "1.5 million", "write 1.5e6", "1.5e6"),
    (SIZE, "7e9 parameters", "write 7e9 alone; a number has no unit", "7e9"),
    (SIZE, "7e9-8e9", "write a range: {low: 7e9, high: 8e9}", "{low: 7e9, high: 8e9}"),
    (SIZE, "7e9 to 8e9", "write a range: {low: 7e9, high: 8e9}", "{low: 7e9, high: 8e9}"),
    (SIZE, "~7e9", "as a range: {low: 6e9, high: 8e9}", "{low: 6e9, high: 8e9}"),
    (SIZE, "TBD", "write {unknown: not_assessed}", "{unknown: not_assessed}"),
    (SIZE, "many", "write it without quotes, as 1000 or 1e25", "1000"),
    ("model:\n  parameters: %s\n", "0,5", "write it with a decimal point: 0.5", "0.5"),
    ("capability: {cyber: {level: %s}}\n", "unknown", "{unknown: not_assessed}", "{unknown: not_assessed}"),
    ("capability: {cyber: %s}\n", "low", "write its keys: {level: …, status: …}", "{level: low}"),
    ("metric: {a: {value: 1, measured: %s}}\n", "n/a", "leave it out", "2026-11-24"),
    ("model: {languages: %s}\n", "en", "write [en]", "[en]"),
    ("lineage: %s\n", "none", "write [] if there are none", "[]"),
    ("lineage: %s\n", "unknown", "write {unknown: not_assessed}", "{unknown: not_assessed}"),
    ("lineage: %s\n", "two words", "write [a, b] or lines that start with `- `", "[]"),
]


@pytest.mark.parametrize(("body", "wrong", "help_", "right"), MISTAKES, ids=[each[1] for each in MISTAKES])
def test_the_help_says_what_to_write(body: str, wrong: str, help_: str, right: str) -> None:
    with pytest.raises(RequestError) as caught:
        ReleaseRequest.from_document(read_document(HEAD + body % wrong))
    [found] = caught.value.diagnostics
    assert found.span is not None
    assert found.span.text == wrong
    assert help_ in found.help
    ReleaseRequest.from_document(read_document(HEAD + body % right))
