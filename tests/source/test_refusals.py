from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from release_gate import limits, yaml_reader
from release_gate.diagnostics import DocumentError
from release_gate.scalars import number_problem, parse_number, text_problem
from release_gate.source import MAX_BYTES, read_document, read_file, require_mapping


def refusal(data: bytes | str) -> list[tuple[str, str]]:
    with pytest.raises(DocumentError) as caught:
        read_document(data, "request.yaml")
    return [(found.code, found.span.text if found.span else "") for found in caught.value.diagnostics]


REFUSED = [
    ("a: [1", "RG005", "["),
    ("a:\n\tb: 1\n", "RG005", "\t"),
    ("a: 1\n---\nb: 2\n", "RG006", "---"),
    ("a: &x 1\n", "RG007", "&x 1"),
    ("a: &x [1]\n", "RG007", "&x ["),
    ("a: &x {b: 1}\n", "RG007", "&x {"),
    ("a: *x\n", "RG007", "*x"),
    ("- *x\n", "RG007", "*x"),
    ("*x\n", "RG007", "*x"),
    ("<<: {a: 1}\n", "RG007", "<<"),
    ("a: " + "[" * 64 + "]" * 64, "RG008", "["),
    ("a: !!python/object:os.system x\n", "RG009", "!!python/object:os.system x"),
    ("a: !foo x\n", "RG009", "!foo x"),
    ("a: !foo [x]\n", "RG009", "!foo ["),
    ("a: !!set {x}\n", "RG009", "!!set {"),
    ("a: !!str 1\n", "RG009", "!!str 1"),
    ("", "RG010", ""),
    ("# only a remark\n", "RG010", ""),
    ("no: 1\nnull: 2\n", "RG011", "null"),
    ("1: a\n", "RG011", "1"),
    (".inf: a\n", "RG011", ".inf"),
    ("true: a\n", "RG011", "true"),
    ("{? : a}\n", "RG011", ""),
    ("? [a]\n: b\n", "RG011", "["),
    ("? {a: b}\n: c\n", "RG011", "{"),
    ('a: "\\u202e"\n', "RG012", '"\\u202e"'),
    ('"\\u200b": a\n', "RG012", '"\\u200b"'),
    ("a: e\u0301\n", "RG012", "e\u0301"),
    ("a: 1\nb: 2\na: 3\n", "RG013", "a"),
    ("a: .nan\n", "RG014", ".nan"),
    ("a: -.inf\n", "RG014", "-.inf"),
    ("a: 1e300\n", "RG014", "1e300"),
    ("a: 1e-300\n", "RG014", "1e-300"),
    ("a: 1e999999999999999999999\n", "RG014", "1e999999999999999999999"),
    ("a: -1e-999999999999999999999\n", "RG014", "-1e-999999999999999999999"),
    ("a: 1234567890123456\n", "RG014", "1234567890123456"),
    ("a: 1\x00\n", "RG004", "\x00"),
    ("# x\u0085a: 1\n", "RG004", ""),
    ("# x\ra: 1\n", "RG004", ""),
    ("a: \u202etxt\n", "RG004", "\u202e"),
    ("\ufeff\ufeffa: 1\n", "RG004", "\ufeff"),
    ("a: x\ufffe\n", "RG004", "\ufffe"),
    ('a: "\\uffff"\n', "RG012", '"\\uffff"'),
]


@pytest.mark.parametrize(("text", "code", "underlined"), REFUSED)
def test_what_is_refused_is_underlined(text: str, code: str, underlined: str) -> None:
    assert (code, underlined) in refusal(text)


@pytest.mark.parametrize(("text", "code", "underlined"), [row for row in REFUSED if row[1] != "RG005"])
def test_the_pure_python_scanner_refuses_the_same(
    text: str, code: str, underlined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_reader, "_LOADER", yaml.SafeLoader)
    assert code in {found for found, _ in refusal(text)}


def test_the_pure_python_scanner_is_not_hurt_by_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "_LOADER", yaml.SafeLoader)
    assert refusal("a: " + "[" * 100_000) == [("RG008", "[")]


def test_every_problem_is_told_at_once_up_to_a_limit() -> None:
    assert [code for code, _ in refusal("a: &x 1\nb: .nan\n1: c\n")] == ["RG007", "RG014", "RG011"]
    assert len(refusal("a: 1\n" * 500)) == limits.MAX_PROBLEMS


def test_a_second_key_names_the_line_of_the_first() -> None:
    with pytest.raises(DocumentError, match="first on line 1"):
        read_document("a: 1\nb: 2\na: 3\n")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\xfea", "RG003"), (b"a: \xc3", "RG003"), (b"x" * (MAX_BYTES + 1), "RG002")],
)
def test_bytes_that_are_no_document(data: bytes, code: str) -> None:
    assert refusal(data)[0][0] == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: " + "x" * 70_000, "RG008"),
        ("- 1\n" * 100_001, "RG008"),
        ("- []\n" * 100_001, "RG008"),
        ("a: " + "9" * 500, "RG014"),
    ],
)
def test_what_is_too_large(text: str, code: str) -> None:
    assert refusal(text)[0][0] == code


@pytest.mark.parametrize("make", [lambda path: path / "absent.yaml", lambda path: path])
def test_a_file_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(DocumentError, match="RG001"):
        read_file(make(tmp_path), "request.yaml")


def test_a_file_is_read_with_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_file(path).tree == {"a": Decimal(1), "b": Decimal(2)}


def test_scalars_mean_what_yaml_1_2_says() -> None:
    text = "a: no\nb: 1e25\nc: '1'\nd: ~\ne: 010\nf: 2026-01-01\ng: yes\nh: 1:30\ni: .5\nj: TRUE\nk:\nl: -0\n"
    assert read_document(text).tree == {
        "a": "no",
        "b": Decimal("1e25"),
        "c": "1",
        "d": None,
        "e": "010",
        "f": "2026-01-01",
        "g": "yes",
        "h": "1:30",
        "i": Decimal("0.5"),
        "j": True,
        "k": None,
        "l": Decimal(0),
    }


def test_places() -> None:
    document = read_document("a:\n  - b: |\n      one\n      two\n  - 'it''s'\n  - plain\nc: \"quoted\"\n")
    span = document.within(("a", 0, "b"), 4, 7)
    assert span is not None
    assert (span.text, span.line) == ("two", 4)
    assert document.within(("a", 1), 0, 2) == document.span(("a", 1))
    for pointer, start, end, text in [(("a", 2), 0, 3, "pla"), (("c",), 1, 3, "uo")]:
        found = document.within(pointer, start, end)
        assert found is not None
        assert found.text == text
    assert document.within(("a",), 0, 1) == document.span(("a",))
    assert document.span(("a", 0, "b", "c")) == document.span(("a", 0, "b"))
    key = document.key_span(("c",))
    assert key is not None
    assert key.text == "c"
    folded = read_document("a: |2\n    x\n")
    assert folded.within(("a",), 0, 1) is not None


@pytest.mark.parametrize(
    ("text", "problem"),
    [("Infinity", "finite"), ("1e300", "out of range"), ("1234567890123456", "15"), ("0", ""), ("1e25", "")],
)
def test_exact_numbers(text: str, problem: str) -> None:
    assert problem in number_problem(Decimal(text))
    assert bool(number_problem(Decimal(text))) == bool(problem)


@pytest.mark.parametrize(
    "text", ["", "+", "1_000", "0x10", "01", "1e", "e5", "\u0661", "1,5", ".", "Infinity"]
)
def test_what_is_no_number(text: str) -> None:
    assert parse_number(text) is None


def test_texts() -> None:
    assert text_problem("ä\n\tö") == ""
    assert "U+E000" in text_problem("\ue000")
    assert "normal form" in text_problem("e\u0301")


MISTAKES: dict[str, tuple[str, tuple[int, int], str, str]] = {
    "a condition that begins with a text": (
        'when: "EU" in x\n', (1, 12), "behind the closing quote", "quotes: '\"EU\" in x'"
    ),
    "the other quotes": ("when: 'EU' in x\n", (1, 12), "behind the closing quote", "\"'EU' in x\""),
    "quotes in quotes": (
        'when: "a.b >= "high""\n', (1, 16), "behind the closing quote", "quotes: 'a.b >= \"high\"'"
    ),
    "quotes in quotes, further in": (
        'when: "a.b >= "high" and x"\n', (1, 16), "behind the closing quote", "'a.b >= \"high\" and x'"
    ),
    "both quotes": ("when: 'it' in \"x\"\n", (1, 12), "behind the closing quote", "is written twice"),
    "a colon in a text": ("because: Note: two\n", (1, 14), "a colon and a space", "'Note: two'"),
    "a tab": ("a:\n\tb: 1\n", (2, 1), "indented with a tab", "indent with spaces"),
    "a tab further down": ("a:\n  b: 1\n\tc: 2\n", (3, 1), "indented with a tab", "indent with spaces"),
    "an at sign": ("a: @x\n", (1, 4), "cannot begin with `@`", "put it in quotes"),
    "too far right": ("- id: x\n     at: y\n", (2, 6), "further to the right", "one column"),
    "too far left": ("r:\n  - id: x\n    at: y\n  to: z\n", (4, 3), "in another column", "one column"),
    "no space behind the colon": ("a: 1\nb:Two\nc: 3\n", (2, 1), "no `key: value`", "a colon and a space"),
    "a quote that is not closed": ('a: 1\nb: "x\nc: 1\n', (2, 4), "this quote is not closed", "close it"),
    "a backslash": ('a: "\\d+"\n', (1, 5), "a backslash means something else", "single quotes"),
    "a list on the line of its key": ("a: - b\n", (1, 4), "on a line of its own", "[a, b]"),
    "a bracket that is not closed": ("a: [1, 2\nb: 3\n", (1, 4), "bracket is not closed", "close it"),
    "a brace that is not closed": ("a: {b: 1\nc: 2\n", (1, 4), "bracket is not closed", "close it"),
    "a bracket that was not opened": ("a: {b: c}}\n", (1, 10), "was not opened", "remove it"),
    "a text behind a bar": ("a: | x\n", (1, 6), "begins on the next line", "begin it there"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "at", "said", "help_"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_no_yaml_is_said_in_words_at_its_place(
    text: str, at: tuple[int, int], said: str, help_: str
) -> None:
    with pytest.raises(DocumentError) as error:
        read_document(text)
    [found] = error.value.diagnostics
    assert found.span is not None
    assert (found.code, found.span.line, found.span.column) == ("RG005", *at)
    assert found.message.startswith("this is not YAML: ")
    assert said in found.message
    assert help_ in found.help


@pytest.mark.parametrize("text", ['when: "EU" in x\n', "because: Note: two\n", "when: 'EU' in x\n"])
def test_the_quotes_that_are_offered_mend_the_line(text: str) -> None:
    with pytest.raises(DocumentError) as error:
        read_document(text)
    key, value = text.rstrip().split(": ", 1)
    offered = error.value.diagnostics[0].help.split("quotes: ", 1)[1]
    assert read_document(f"{key}: {offered}\n").tree == {key: value}


@given(st.text("abAB:-#'\"[]{}|>&*!%@`,?\\\t \n0189é", max_size=60))
def test_whatever_is_no_yaml_has_a_place_in_the_text(text: str) -> None:
    try:
        read_document(text)
    except DocumentError as error:
        for found in error.diagnostics:
            assert found.span is not None
            assert 1 <= found.span.line <= text.count("\n") + 1
            assert found.span.column >= 1


@pytest.mark.parametrize("text", ["a: {value: 0,98}\n", "a: {value: 20,000}\n", "a: {x: 1, v: 1,5, y: 2}\n"])
def test_a_comma_within_a_number_is_no_key(text: str) -> None:
    with pytest.raises(DocumentError) as error:
        read_document(text)
    [found] = error.value.diagnostics
    assert found.code == "RG011"
    assert "decimal point" in found.help


def test_what_is_written_twice_in_a_list_may_be_a_new_entry() -> None:
    with pytest.raises(DocumentError) as error:
        read_document("a: 1\nb: [{c: 1}]\nd:\n  - e: 1\n    e: 2\na: 2\n")
    helps = {found.span.line: found.help for found in error.value.diagnostics if found.span}
    assert helps == {5: "keep one of them, or begin a new entry of the list with `- `", 6: "keep one of them"}


def test_a_text_in_brackets_that_needs_quotes_is_told_so() -> None:
    with pytest.raises(DocumentError) as error:
        read_document('rules: [{id: a, when: model.name in ["x"]}]\n')
    (found,) = error.value.diagnostics
    assert (found.code, "stands in quotes" in found.help) == ("RG005", True)
    assert found.span is not None
    assert (found.span.line, found.span.column) == (1, 37)


def test_who_negates_with_an_exclamation_mark_is_told_how_it_is_written() -> None:
    with pytest.raises(DocumentError) as error:
        read_document("when: !(a.b)\n")
    assert [(each.code, each.help) for each in error.value.diagnostics] == [
        ("RG009", "put the condition into quotes, and write `not` for `!`")
    ]


@pytest.mark.parametrize(
    ("kind", "wanted", "told"),
    [
        ("access-request/v1", "request/v1", "it is judged by `release-gate access check`"),
        ("request/v1", "access-request/v1", "it is judged by `release-gate check`"),
        ("tests/v1", "policy/v1", "they are run by `release-gate policy test`"),
        ("requests/v1", "request/v1", "did you mean `request/v1`"),
    ],
)
def test_a_document_in_the_place_of_another_is_told_where_it_belongs(
    kind: str, wanted: str, told: str
) -> None:
    with pytest.raises(DocumentError) as error:
        require_mapping(read_document(f"release_gate: {kind}\n"), (wanted,))
    assert error.value.diagnostics[0].help == told
