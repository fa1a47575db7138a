"""A licence whose name the table does not have is told where it stands, for all of its terms are unknown."""

import pytest

from release_gate import ReleaseRequest
from release_gate.gate.unlisted import unlisted
from release_gate.source import read_document

HEAD = "release_gate: request/v1\nid: r\naction: release\n"
WEIGHTS = "artifacts: [{id: w, kind: weights, wanted: hosted, license: %s}]\n"
NONE = WEIGHTS % "MIT"


def told(body: str) -> list[tuple[str, str, str]]:
    request = ReleaseRequest.from_document(read_document(HEAD + body, "r.yaml"))
    return [(found.code, found.span.text if found.span else "", found.help) for found in unlisted(request)]


@pytest.mark.parametrize(
    ("body", "underlined", "help_"),
    [
        (WEIGHTS % "Apache 2.0", "Apache 2.0", "did you mean `Apache-2.0`"),
        (WEIGHTS % "{value: mitt, note: as it says}", "{value: mitt, note: as it says}", "`MIT`"),
        (WEIGHTS % "Our Terms", "Our Terms", "state its `terms`"),
        (NONE + "lineage: [{parent: a, license: mit}, {parent: b, license: gpl3}]", "gpl3", "`gpl-3.0`"),
        (NONE + "data: {sources: [{name: a, license: CC BY 4.0}]}", "CC BY 4.0", "`CC-BY-4.0`"),
        (NONE + "data: {sources: {complete: true, items: [{name: a, license: cc0 1}]}}", "cc0 1", "CC0-1.0"),
    ],
)  # fmt: skip
def test_what_nothing_is_known_of_is_underlined(body: str, underlined: str, help_: str) -> None:
    [(code, text, said)] = told(body)
    assert (code, text) == ("RG407", underlined)
    assert help_ in said


@pytest.mark.parametrize(
    "body",
    [
        NONE,
        WEIGHTS % "apache-2.0 OR mit",
        WEIGHTS % "LicenseRef-ours",
        WEIGHTS % "{unknown: missing}",
        WEIGHTS % "null",
        WEIGHTS % "Our Terms, terms: {commercial_use: false}",
        "artifacts: [{id: w, kind: weights, wanted: hosted}]",
    ],
)
def test_nothing_is_said_of_what_is_known_or_stated(body: str) -> None:
    assert told(body) == []
