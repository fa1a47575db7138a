"""The layout of documents: what it makes of them, and what it never changes."""

import io
import json
import random
import textwrap
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from release_gate.authoring import layout
from release_gate.authoring.layout import laid_out
from release_gate.authoring.layout.parts import comments_of
from release_gate.authoring.targets import documents_in
from release_gate.canonical import digest
from release_gate.diagnostics import DocumentError, InputError
from release_gate.gate.schemas import schema_of
from release_gate.source import POLICY_LIMITS, Document, read_document, read_file
from tests.commands import Run, ended

ROOT = Path(__file__).parents[2]
SHIPPED = [path for name in ("policies", "examples", "src") for path, _ in documents_in(ROOT / name)]


def formatted(text: str) -> str:
    return laid_out(read_document(text, "it.yaml", POLICY_LIMITS), schema_of)


def comments(document: Document) -> list[str]:
    return sorted(each.text for each in comments_of(document))


# ---------------------------------------------------------------- what it makes

LAYOUTS = {
    "keys in the order of the reference": (
        "title: T\nrelease_gate: policy/v1\nrules:\n- because: B\n  deny: D\n  when: is.x\n  at: hosted\n  id: r\nid: p\n",
        "release_gate: policy/v1\nid: p\ntitle: T\nrules:\n  - id: r\n    at: hosted\n    when: is.x\n    deny: D\n    because: B\n",
    ),
    "names keep the order of the author": (
        "release_gate: policy/v1\nparameters: {b: {stricter: lower, value: 1}, a: {value: 2}}\n",
        "release_gate: policy/v1\nparameters: {b: {value: 1, stricter: lower}, a: {value: 2}}\n",
    ),
    "axes of a matrix keep the order of the author": (
        "release_gate: tests/v1\ncases:\n- matrix: {b: [1], a: [2]}\n  name: n\n",
        "release_gate: tests/v1\ncases:\n  - name: n\n    matrix: {b: [1], a: [2]}\n",
    ),
    "a request within tests is laid out as one": (
        "release_gate: tests/v1\nfixtures: {it: {id: r, release_gate: request/v1}}\n",
        "release_gate: tests/v1\nfixtures: {it: {release_gate: request/v1, id: r}}\n",
    ),
    "keys that nobody knows come last": ("zebra: 1\nid: p\nrelease_gate: policy/v1\n", "release_gate: policy/v1\nid: p\nzebra: 1\n"),
    "a comment goes where its key goes": (
        "# what this is\n\nrelease_gate: policy/v1\n# its title\ntitle: T # short\n# its name\nid: p\n# the end\n",
        "# what this is\n\nrelease_gate: policy/v1\n# its name\nid: p\n# its title\ntitle: T  # short\n# the end\n",
    ),
    "comments stand beside what they are about": (
        "a:\n      # first\n    - x   # behind\n    # last of a\n# about b\nb: # the key\n    c: 1\n",
        "a:\n  # first\n  - x  # behind\n  # last of a\n# about b\nb:  # the key\n  c: 1\n",
    ),
    "comments within brackets open them": (
        "a: [x, # one\n  y]\nb: {c: 1} # behind\n",
        "a:\n  - x  # one\n  - y\nb: {c: 1}  # behind\n",
    ),
    "comments that were below each other stay so": (
        "a: 1        # one\nbcd: 2      # two\n\ne: 3      # three\nfgh: 4  # four\n",
        "a: 1    # one\nbcd: 2  # two\n\ne: 3  # three\nfgh: 4  # four\n",
    ),
    "one blank line is kept, and more are not more": ("a: 1\n\n\n\nb:\n\n  - x\n\n  - y\n\n", "a: 1\n\nb:\n  - x\n\n  - y\n"),
    "brackets stay where there is room": ("a: { b: [ 1,2 ], c: 'd' }\n", "a: {b: [1, 2], c: d}\n"),
    "brackets over several lines are joined": ("a: {b: 1,\n    c: 2}\n", "a: {b: 1, c: 2}\n"),
    "blocks stay blocks": ("a:\n    b: 1\n", "a:\n  b: 1\n"),
    "brackets without room become a block": (
        f"- {{b: {'x' * 60}, c: {'y' * 60}, d: [1, 2]}}\n",
        f"- b: {'x' * 60}\n  c: {'y' * 60}\n  d: [1, 2]\n",
    ),
    "a table that was aligned stays so": (
        "- {id: a,    ceiling: b}\n- {id: long, ceiling: c}\n",
        "- {id: a,    ceiling: b}\n- {id: long, ceiling: c}\n",
    ),
    "a table with a new row is aligned again": (
        "a:  {x: 1, y: 2}\nlonger: {x: 100, y: 3}\n",
        "a:      {x: 1, y: 2}\nlonger: {x: 100, y: 3}\n",
    ),
    "what was not aligned is not": ("- {id: a, ceiling: b}\n- {id: long, ceiling: c}\n",) * 2,
    "quotes go where they are not needed": (
        "a: '$any([x in [1] for x in y])'\nb: \"it's\"\nc: {'d': \"e f\"}\n",
        "a: $any([x in [1] for x in y])\nb: it's\nc: {d: e f}\n",
    ),
    "quotes stay where some reader would take the text for something else": (
        "".join(f"{key}: '{text}'\n" for key, text in zip(
            "abcdefghijklmnop",
            ["no", "1.10", "2023-05-12", "12:30", "0x1f", "", " x", "a: b", "a #b", "[x]", "Null", "~", "a:", "=", "-", "&a"],
            strict=True)),
        "".join(f'{key}: "{text}"\n' for key, text in zip(
            "abcdefghijklmnop",
            ["no", "1.10", "2023-05-12", "12:30", "0x1f", "", " x", "a: b", "a #b", "[x]", "Null", "~", "a:", "=", "-", "&a"],
            strict=True)),
    ),
    "within brackets more needs quotes": ("[a: 'b:c', 'd, e', 'f]']\n", '[{a: "b:c"}, "d, e", "f]"]\n'),
    "double quotes unless single ones are easier to read": (
        """a: '"x" in y'\nb: 'it''s: so'\n""", """a: '"x" in y'\nb: "it's: so"\n"""),
    "what cannot be seen is escaped": ('a: "x\\u00A0y"\n', 'a: "x\\u00A0y"\n'),
    "numbers and words": ("a: 1e25\nb: True\nc: ~\nd:\ne: 4.0e22\n", "a: 1e25\nb: true\nc: null\nd:\ne: 4.0e22\n"),
    "a text over several lines": ("a: one\n  two\n\n  three\n", "a: >-\n  one\n  two\n\n  three\n"),
    "folded and literal texts keep their lines": (
        "a: >-\n     x\n     y\nb: | # c\n   p\n    q\nc: |+\n  z\n\n\nd: 1\n",
        "a: >-\n  x\n  y\nb: |  # c\n  p\n   q\nc: |+\n  z\n\n\nd: 1\n",
    ),
    "what begins with spaces": ("a: |2\n    x\n   y\n", 'a: "  x\\n y\\n"\n'),
    "marks of documents": ("%YAML 1.1\n---\na: 1\n...\n", "a: 1\n"),
    "long keys of YAML": ("? a\n: b\n", "a: b\n"),
    "lists in lists": ("- - a\n  - - b\n", "- - a\n  - - b\n"),
    "empty brackets with a comment": ("a: [ # none\n  ]\n", "# none\na: []\n"),
    "a comment behind a dash": ("- # about it\n  id: x\n", "# about it\n- id: x\n"),
    "no more than a comment and a word": ("# c\nword\n# d\n", "# c\nword\n# d\n"),
    "carriage returns": ("a: 1\r\n# c\r\nb: |\r\n  x\r\n", "a: 1\n# c\nb: |\n  x\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_documents_are_laid_out(name: str) -> None:
    before, after = LAYOUTS[name]
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_everything_that_ships_is_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(read_file(path, limits=POLICY_LIMITS), schema_of) == text, "run `release-gate policy fmt`"


# ---------------------------------------------------------------- what it never changes


class Untidy:
    """Writes a value as somebody might who has never seen another document."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.notes = 0

    def text(self, value: Any) -> str:
        return self.above(0) + self.block(value, 0) + self.above(0)

    def note(self) -> str:
        self.notes += 1
        return self.chance.choice(["# note {}", "#note {}: [x", "# - 'note' {}"]).format(self.notes)

    def behind(self) -> str:
        return (" " * self.chance.randint(1, 5) + self.note() if self.chance.random() < 0.2 else "") + "\n"

    def above(self, indent: int) -> str:
        lines = []
        while self.chance.random() < 0.25:
            pad = " " * self.chance.choice([indent, indent, indent + 3, 0])
            lines.append("\n" * self.chance.randint(0, 2) + pad + self.note() + "\n")
        return "".join(lines) + "\n" * self.chance.choice([0, 0, 0, 1, 3])

    def block(self, value: Any, indent: int) -> str:
        """Lines at an indentation, for a value that starts on a line of its own."""
        pad = " " * indent
        if not isinstance(value, dict | list) or not value or self.chance.random() < 0.3:
            return pad + self.flow(value, indent) + self.behind()
        lines = []
        for each in value:
            lines.append(self.above(indent))
            start = pad + (self.word(each) + ":" if isinstance(value, dict) else "-")
            lines.append(start + self.after(value[each] if isinstance(value, dict) else each, indent))
        return "".join(lines)

    def after(self, value: Any, indent: int) -> str:
        deeper = indent + self.chance.randint(1, 4)
        is_line = isinstance(value, str) and value and "\n" not in value and value.strip() == value
        if is_line and self.chance.random() < 0.3:
            return f" {self.chance.choice('|>')}-{self.behind()}{' ' * deeper}{value}\n"
        if isinstance(value, dict | list) and value and self.chance.random() < 0.7:
            return self.behind() + self.block(value, deeper)
        return " " * self.chance.randint(1, 3) + self.flow(value, deeper) + self.behind()

    def flow(self, value: Any, indent: int) -> str:
        if isinstance(value, dict):
            return self.brackets(
                "{}", [f"{self.word(key)}: {self.flow(value[key], indent)}" for key in value], indent
            )
        if isinstance(value, list):
            return self.brackets("[]", [self.flow(each, indent) for each in value], indent)
        return self.word(value) if isinstance(value, str) else json.dumps(value)

    def brackets(self, signs: str, members: list[str], indent: int) -> str:
        text = signs[0] + " " * self.chance.randint(0, 2)
        for number, each in enumerate(members):
            comma = "," if number < len(members) - 1 else ""
            end = self.chance.choice([" ", " ", "  ", f"{self.behind()}{' ' * (indent + 1)}"])
            text += each + comma + end
        return text + signs[1]

    def word(self, text: str) -> str:
        forms = [json.dumps(text, ensure_ascii=self.chance.random() < 0.5)]
        if "\n" not in text:
            forms.append("'" + text.replace("'", "''") + "'")
        if text.replace(" ", "").isalpha() and text.strip() == text and text not in ("no", "true", "null"):
            forms += [text] * 3
        return self.chance.choice(forms)


WORDS = st.sampled_from(["id", "rules", "when", "at", "deny", "title", "x y", "no", "1", "a: b", "#", "é", "it's", "it's \"so\"",
    "release_gate", "policy/v1", "tests/v1", "- x", "[", "}", "x\ny", " x", "x ", "\\", "tab\tbed", "", "$any([x for x in y])",
    "a text that is longer than the others, and of which a few do not fit on one line"])  # fmt: skip
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-99, 99), WORDS, st.text("ab:#'\"{}[],-? \né|>%&*!", max_size=6)
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=400, phases=[Phase.generate])  # a seed does not shrink
@given(st.dictionaries(WORDS, VALUES, min_size=1), st.integers(0, 2**32))
def test_law_the_same_document_with_every_comment_whoever_wrote_it(value: dict[str, Any], seed: int) -> None:
    """What is laid out says the same, has every comment, and is left alone the next time."""
    text = Untidy(random.Random(seed)).text(value)
    before = read_document(text, "it.yaml")
    new = laid_out(before, schema_of)
    after = read_document(new, "it.yaml")
    assert digest(after.tree) == digest(before.tree)
    assert comments(after) == comments(before)
    assert formatted(new) == new


@settings(max_examples=200)
@given(st.text("ab:#'\"{}[],-?> \n|", max_size=30))
def test_law_any_text_that_can_be_read_is_laid_out_once(text: str) -> None:
    try:
        before = read_document(text, "it.yaml")
    except InputError:
        return
    new = laid_out(before, schema_of)
    assert digest(read_document(new).tree) == digest(before.tree)
    assert comments(read_document(new)) == comments(before)
    assert formatted(new) == new


@pytest.mark.parametrize("text", [" ---\n", " ...\n", "- ---\n", "a: ---\n", " --- a\n"])
def test_a_text_like_the_mark_of_a_document_stays_a_text(text: str) -> None:
    new = formatted(text)
    assert read_document(new).tree == read_document(text).tree
    assert formatted(new) == new


@pytest.mark.parametrize("lost", ["a: 2\n# c\n", "a: 1\n", "a: 1\n# d\n", "a: [\n"])
def test_what_would_not_say_the_same_is_refused(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "written", lambda *_: lost)
    with pytest.raises(DocumentError) as error:
        formatted("a: 1\n# c\n")
    (found,) = error.value.diagnostics
    assert (found.code, found.span) == ("RG860", None)
    assert "`it.yaml` stays as it is" in found.message


# ---------------------------------------------------------------- the command

UNTIDY = "id: p\nrelease_gate: policy/v1\n"
TIDY = "release_gate: policy/v1\nid: p\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(ended, capsys, "policy", "fmt")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text(UNTIDY)
    (tmp_path / "b.yml").write_text(TIDY)
    (tmp_path / "other.yaml").write_text("b:    1\n")
    return tmp_path


def test_a_folder_is_laid_out_and_files_of_others_are_left_alone(folder: Path, run: Run) -> None:
    assert run() == (0, "laid out sub/a.yaml\n2 files, 1 changed\n", "")
    assert (folder / "sub" / "a.yaml").read_text() == TIDY
    assert (folder / "other.yaml").read_text() == "b:    1\n"
    assert run(".", "b.yml") == (0, "2 files, 0 changed\n", "")


def test_check_and_diff_write_nothing_and_fail_on_what_would_change(folder: Path, run: Run) -> None:
    assert run("--check") == (3, "would lay out sub/a.yaml\n2 files, 1 would change\n", "")
    code, shown, _ = run("--diff", "sub")
    assert code == 3
    assert shown == textwrap.dedent("""\
        --- sub/a.yaml
        +++ sub/a.yaml
        @@ -1,2 +1,2 @@
        +release_gate: policy/v1
         id: p
        -release_gate: policy/v1
        """)
    assert run("--diff", "b.yml") == (0, "", "")
    assert run("--check", "b.yml")[0] == 0
    assert (folder / "sub" / "a.yaml").read_text() == UNTIDY


def test_line_ends_and_marks_of_byte_order_are_those_of_everybody(folder: Path, run: Run) -> None:
    (folder / "b.yml").write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())
    assert run("b.yml")[0] == 0
    assert (folder / "b.yml").read_bytes() == TIDY.encode()


def test_standard_input_goes_to_standard_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(UNTIDY)
    assert run("-") == (0, TIDY, "")
    given(UNTIDY)
    assert run("-", "--check") == (3, "would lay out -\n1 file, 1 would change\n", "")
    given(TIDY)
    assert run("-", "--check")[0] == 0
    given("release_gate: &x policy/v1")
    code, out, err = run("-")
    assert (code, out) == (3, "")
    assert "RG007" in err


def test_what_cannot_be_read_is_told_and_the_others_are_laid_out(folder: Path, run: Run) -> None:
    (folder / "bad.yaml").write_text("release_gate: policy/v1\nid: *x\n")
    code, _, err = run(".", "other.yaml", "nowhere.yaml")
    assert code == 3
    assert [word in err for word in ("RG007", "RG015", "RG001")] == [True] * 3
    assert (folder / "bad.yaml").read_text() == "release_gate: policy/v1\nid: *x\n"
    assert (folder / "sub" / "a.yaml").read_text() == TIDY


def test_the_hook_passes_over_files_of_other_tools_and_stops_a_commit_by_a_change(
    folder: Path, run: Run
) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (hook,) = [each for each in hooks if each["id"] == "release-gate-policy-fmt"]
    program, group, command, *options = hook["entry"].split()
    assert (program, group, command) == ("release-gate", "policy", "fmt")
    assert run(*options, "other.yaml", "b.yml", "sub/a.yaml") == (
        0,
        "laid out sub/a.yaml\n2 files, 1 changed\n",
        "",
    )
    assert run(*options, "other.yaml", "b.yml", "sub/a.yaml") == (0, "2 files, 0 changed\n", "")


def test_json_has_no_layout_of_ours(folder: Path, run: Run) -> None:
    (folder / "r.json").write_text("{}")
    code, _, err = run("r.json")
    assert code == 2
    assert "r.json is JSON" in err
