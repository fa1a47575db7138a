"""What is being written is read as far as it goes; what is right, as it is read elsewhere."""

from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.editor.nodes import find, texts
from release_gate.editor.outline import outline
from release_gate.source import POLICY_LIMITS, read_document, read_file
from tests.editor.pages import POLICY, RULE

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("policies", "examples", "docs")
    for path in (ROOT / folder).rglob("*.yaml")
)


def in_one_line(tree: Any) -> Any:
    """A tree whose texts have no line breaks: an outline does not know how they are joined."""
    match tree:
        case dict():
            return {key: in_one_line(value) for key, value in tree.items()}
        case list():
            return [in_one_line(value) for value in tree]
        case str():
            return " ".join(tree.split())
    return tree


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_as_it_is_read_elsewhere(name: str) -> None:
    document = read_file(ROOT / name, limits=POLICY_LIMITS)
    root = outline(document.source.text)
    assert in_one_line(root.value) == in_one_line(document.tree)
    for pointer, node in texts(root):
        span = document.spans[pointer]
        before = document.source.text[: node.start]
        assert (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1) == (span.line, span.column)


WRITTEN = {
    "lists below their key": ("a:\n- b\n- c: d\n  e: f\n", {"a": ["b", {"c": "d", "e": "f"}]}),
    "lists in lists": ("a:\n  - - b\n    - c\n", {"a": [["b", "c"]]}),
    "texts over lines": ("a: b\n  c\n\n  d\ne: f\n", {"a": "b c d", "e": "f"}),
    "quotes": ("a: 'it''s'\nb: \"say \\\"x\\\"\"\n'c': \"d\"\n", {"a": "it's", "b": 'say "x"', "c": "d"}),
    "quotes over lines": ('a: "b\n  c"\nd: e\n', {"a": "b c", "d": "e"}),
    "blocks": ("a: |\n  b\n   c\nd: >-\n  e\n  f\ng: h\n", {"a": "b c", "d": "e f", "g": "h"}),
    "brackets": ("a: {b: [c, {d: e}], f: , 'g': h}\n", {"a": {"b": ["c", {"d": "e"}], "f": None, "g": "h"}}),
    "brackets over lines": (
        "a: {b: c,\n    d: [e,\n  f]}\ng: h\n",
        {"a": {"b": "c", "d": ["e", "f"]}, "g": "h"},
    ),
    "comments": ("# x\na: b # c\n# y\n\nd: # e\n  f#g\n", {"a": "b", "d": "f#g"}),
    "words": ("a: true\nb: 'true'\nc: 1.50\nd: no\ne:\n", {"a": True, "b": "true", "d": "no", "e": None}),
    "colons": ("a: b:c\nd: http://e\nf: {g: h:i}\n", {"a": "b:c", "d": "http://e", "f": {"g": "h:i"}}),
    "windows": ("a: b\r\nc:\r\n  - d\r\n  - {e: f}\r\n", {"a": "b", "c": ["d", {"e": "f"}]}),
    "a pair in a list": ("a: [b: c]\n", {"a": [{"b": "c"}]}),
    "the start of a document": ("---\na: b\n", {"a": "b"}),
}


@pytest.mark.parametrize(("text", "tree"), WRITTEN.values(), ids=WRITTEN)
def test_every_way_of_writing_is_read(text: str, tree: dict[str, Any]) -> None:
    found = in_one_line(outline(text).value)
    assert isinstance(found, dict)
    assert tree.items() <= found.items()
    assert in_one_line(read_document(text).tree) == found


HALF = {
    "a word": ("a: b\nwor\nc: d\n", {"a": "b", "wor": None, "c": "d"}),
    "the first word": ("wor\na: b\n", {"wor": None, "a": "b"}),
    "a word below": ("a:\n  wor\n  b: c\nd: e\n", {"a": {"wor": None, "b": "c"}, "d": "e"}),
    "an open quote": ("a: 'b\nc: d\n", {"a": "b", "c": "d"}),
    "an open bracket": ("a: {b: c\nd: e\n", {"a": {"b": "c"}, "d": "e"}),
    "an open list": ("a: [b, c\nd: e\n", {"a": ["b", "c"], "d": "e"}),
    "an open rule": ("a:\n  - {b: c, d: \n  - {b: e}\n", {"a": [{"b": "c", "d": None}, {"b": "e"}]}),
    "a wrong bracket": ("a: {b: c]\nd: e\n", {"a": {"b": "c"}, "d": "e"}),
    "a line too far right": ("a: 'b'\n   c: d\ne: f\n", {"a": "b", "e": "f"}),
    "a line too far left": ("a:\n    b: c\n  d: e\nf: g\n", {"a": {"b": "c"}, "f": "g"}),
    "a bracket that closes nothing": ("a: b\n]\nc: d\n", {"a": "b", "c": "d"}),
    "a tab": ("a:\n\tb: c\nd: e\n", {"d": "e"}),
    "an alias": ("a: *b\nc: &d e\nf: !g h\n", {"c": "e", "f": "h"}),
    "a key twice": ("a: b\na: c\n", {"a": "b"}),
    "a list where a key should be": ("a: b\n- c\nd: e\n", {"a": "b", "d": "e"}),
}


@pytest.mark.parametrize(("text", "tree"), HALF.values(), ids=HALF)
def test_what_is_half_written_spoils_only_itself(text: str, tree: dict[str, Any]) -> None:
    found = outline(text).value
    assert isinstance(found, dict)
    assert tree.items() <= found.items()


@given(
    st.integers(0, len(POLICY)),
    st.sampled_from(["", "'", '"', "{", "[", "}", ":", "- ", "\n", "x", "|", "#"]),
)
def test_whatever_is_typed_above_a_rule_can_still_be_found(place: int, typed: str) -> None:
    """A document that is broken anywhere is read again from the next line on that stands further left."""
    text = POLICY[:place] + typed + POLICY[place:] + RULE + "when: tier\nscope: last\n"
    found = outline(text).value
    assert isinstance(found, dict)
    assert found.get("scope") == "last"


@given(st.text(alphabet="ab:-{}[],'\"|>#&*!? \n\t\r", max_size=80))
def test_any_text_is_read_and_every_place_in_it_is_looked_at(text: str) -> None:
    root = outline(text)
    for offset in range(len(text) + 1):
        found = find(root, offset)
        assert found is None or found.node.start <= offset <= max(found.node.end, found.node.start)
    for _, node in texts(root):
        assert 0 <= node.start <= node.inner[0] <= node.inner[1] <= node.end <= len(text)


HOSTILE = {
    "brackets": "a: " + "[" * 200_000,
    "mappings": "a: " + "{a: " * 50_000,
    "dashes": "a:\n" + "- " * 100_000,
    "levels": "".join(" " * depth + "a:\n" for depth in range(1_500)),
    "quotes": "a: '" + "''" * 100_000,
    "open quotes": "- 'a\n- \"b\n" * 20_000,
    "blanks": "a: b" + " " * 400_000 + "c",
    "colons": "a" + " :" * 100_000,
    "hashes": "a: " + "#" * 400_000,
    "lines": "\n" * 400_000,
    "keys": "".join(f"k{number}: v\n" for number in range(30_000)),
    "properties": "a: " + "&a " * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_takes_no_longer_than_another(text: str) -> None:
    start = process_time()
    outline(text)
    assert process_time() - start < 2
