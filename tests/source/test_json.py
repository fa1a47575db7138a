"""What is read as JSON is what the reader of YAML reads, at the same places, and never what it refuses."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from release_gate import source
from release_gate.diagnostics import DocumentError, Source
from release_gate.json_reader import read_json
from release_gate.limits import LIMITS, Limits
from release_gate.located import Document
from release_gate.source import read_document
from release_gate.yaml_reader import read_yaml

ODD = ["<<", "1", "null", "---", "# no", ": ", "{", '"', "\\", "\n", "\t", "é", "e\u0301", "\u202e", "😀"]
TEXTS = st.text("ab :,#-", max_size=4) | st.sampled_from(["", "a", "b", *ODD[:8]]) | st.sampled_from(ODD)
NUMBERS = (
    st.integers(-999, 999)
    | st.floats(-9, 9).map(lambda number: round(number, 3))
    | st.sampled_from([-0.0, 1e21, 1e299, 1e300, 1234567890123456, 1e-7, float("nan")])
)
TREES: st.SearchStrategy[Any] = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXTS,
        lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
        max_leaves=12,
    ),
    max_size=4,
)
FORMS = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, None, 0, 2, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), ("\n,", ":"), (",", "\n:")]),
        "ensure_ascii": st.booleans(),
    }
)
TYPOS = st.just(()) | st.tuples(
    st.tuples(st.integers(0, 400), st.sampled_from(list('{}[],:"\\ \n\n  \t\r#&*!-+.eE019na\u00a0')))
)


def as_json(text: str, limits: Limits = LIMITS) -> Document | None:
    return read_json(Source("<text>", text), limits)


def as_yaml(text: str, limits: Limits = LIMITS) -> Document:
    return read_yaml(Source("<text>", text), limits)


def check(text: str, limits: Limits = LIMITS) -> bool:
    """Whether it is read as JSON, and then as the same document as by the reader of YAML."""
    try:
        source._decode(text, "<text>", limits)
    except DocumentError:
        return False
    found = as_json(text, limits)
    if found is None:
        return False
    same = as_yaml(text, limits)
    assert repr(found.tree) == repr(same.tree)
    for ours, theirs in ((found.spans, same.spans), (found.keys, same.keys), (found.styles, same.styles)):
        assert dict(ours) == dict(theirs)
        assert len(ours) == len(theirs)
        assert all(pointer in ours for pointer in theirs)
        assert all((*pointer[:-1], "?") not in ours for pointer in theirs)
    return True


@given(TREES, FORMS, TYPOS)
@example({"a": [{"b": 1.50}, [], {}, "x\n"]}, {"indent": 2}, ())
def test_json_is_read_as_yaml_is(tree: Any, form: dict[str, Any], typos: tuple[tuple[int, str], ...]) -> None:
    text = json.dumps(tree, **form)
    for at, typo in typos:
        text = text[: at % (len(text) + 1)] + typo + text[at % (len(text) + 1) :]
    check(text)


@given(st.text('{}[],:"\\ \n1-ea', max_size=14).map('{{"a": {}'.format))
def test_what_only_looks_like_json_is_left_to_yaml(text: str) -> None:
    check(text)


PLAIN = {
    "empty": "{}",
    "one line": '{"a": 1, "b": [true, null, -0.5e3], "c": {"d": "x"}}',
    "close together": '{"a":1,"b":[1,{"c":"d"}]}',
    "many lines": json.dumps({"a": [1, {"b": "c"}], "d": {}}, indent=2) + "\n",
    "within space": '\n  {"a": 1}\n\n',
    "no key of YAML": '{"<<": 1, "1": 2, "null": 3, "": 4}',
    "nothing in several ways": '{"a": [0, -0, 0.0, 0e999, -0.00]}',
    "escapes": r'{"a\"b": "\\ \/ \n \t"}',
    "not ASCII": '{"é": "\U0001f600"}',
    "as deep as can be": '{"a":' + "[" * 63 + "]" * 63 + "}",
    "as long as can be": json.dumps({"a": "x" * (64 * 1024)}),
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_what_is_read_as_json(text: str) -> None:
    assert check(text)


LEFT = {
    "a list": "[1]",
    "a key twice": '{"a": 1, "a": 2}',
    "a key twice, once in an escape": r'{"a": 1, "\u0061": 2}',
    "not a number": '{"a": NaN}',
    "not finite": '{"a": -Infinity}',
    "too large": '{"a": 1e300}',
    "too exact": '{"a": 0.1234567890123456}',
    "too many zeros": '{"a": 1.0000000000000000}',
    "too long a number": '{"a": 0.' + "0" * 400 + "1e400}",
    "too deep": '{"a":' + "[" * 64 + "]" * 64 + "}",
    "much too deep": '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "too long": json.dumps({"a": "x" * (64 * 1024 + 1)}),
    "too long, with escapes": json.dumps({"a": '"' * (32 * 1024 + 1)}),
    "too long a key": json.dumps({"x" * 1025: 1}),
    "a colon on the next line": '{"a"\n: 1}',
    "a tab between": '{"a":\t1}',
    "an invisible character": r'{"a": "\u202e"}',
    "half a character": r'{"a": "\ud800"}',
    "not in normal form": '{"a": "e\u0301"}',
    "a remark": '{"a": 1} # one',
    "not closed": '{"a": 1',
}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_is_left_to_the_reader_of_yaml(text: str) -> None:
    assert as_json(text) is None


@pytest.mark.parametrize("values", range(12))
def test_what_has_too_many_values_is_left_to_the_reader_of_yaml(values: int) -> None:
    check('{"a": [1, 2], "b": {"c": []}}', Limits(values=values))


def test_a_key_twice_is_refused_where_it_is_written() -> None:
    with pytest.raises(DocumentError) as caught:
        read_document('{"a": 1,\n "a": 2}')
    (found,) = caught.value.diagnostics
    assert (found.code, found.span and (found.span.line, found.span.column)) == ("RG013", (2, 2))
