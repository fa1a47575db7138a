"""The language server, driven as an editor drives it: every feature, and what should not harm it."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from release_gate.cli import main
from release_gate.editor.server import path_of, serve
from tests.editor.client import Editor, uri_of
from tests.editor.pages import POLICY, rule

REQUEST = (
    "release_gate: request/v1\nid: r\naction: release\nartifacts: [{id: w, kind: weights, wanted: hosted}]\n"
)
WRONG = rule("deny: no\n    when: compute.training_flp > 1")


class Pipes:
    """A server in a thread of this process, so that what it runs is seen."""

    def __init__(self) -> None:
        (ours_in, theirs_out), (theirs_in, ours_out) = os.pipe(), os.pipe()
        self.said, self.told = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self.server = serve("0.0.0", lambda: date(2026, 11, 28))
        self.streams = (os.fdopen(theirs_in, "rb"), os.fdopen(theirs_out, "wb"))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        try:
            self.server.start_io(*self.streams)
        except SystemExit as stop:
            self.code = stop.code
        except ValueError:  # its pipe is closed: a good-bye of its own
            self.code = 0

    def close(self, editor: Editor) -> None:
        self.told.close()
        self.thread.join(timeout=10)
        for stream in self.streams:
            if not stream.closed:
                stream.close()
        editor.listener.join(timeout=10)
        self.said.close()


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    pipes = Pipes()
    editor = Editor(pipes.said, pipes.told)
    yield editor
    pipes.close(editor)


def place(text: str, word: str) -> tuple[int, int]:
    """Where a word starts, counted as the protocol does."""
    before = text.partition(word)[0]
    line = before.rpartition("\n")[2]
    return before.count("\n"), len(line.encode("utf-16-le")) // 2


def underlined(text: str, found: dict[str, Any]) -> str:
    """What a diagnostic underlines, counted as the protocol does."""
    start, end = found["range"]["start"], found["range"]["end"]
    line: bytes = text.split("\n")[start["line"]].encode("utf-16-le")
    return line[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")


def edited(text: str, edits: list[dict[str, Any]]) -> str:
    (edit,) = edits
    start, end = (
        sum(len(line) + 1 for line in text.split("\n")[: at["line"]]) + int(at["character"])
        for at in (edit["range"]["start"], edit["range"]["end"])
    )
    return text[:start] + str(edit["newText"]) + text[end:]


def test_it_says_what_it_can_do(editor: Editor) -> None:
    can = editor.capabilities
    for feature in ("hover", "completion", "definition", "codeAction", "documentFormatting"):
        assert can[f"{feature}Provider"]
    assert can["positionEncoding"] == "utf-16"
    assert "." in can["completionProvider"]["triggerCharacters"]


def test_what_is_wrong_is_underlined_in_the_units_of_the_protocol(editor: Editor, tmp_path: Path) -> None:
    text = (
        POLICY.replace("Acme", "🚀cme")
        + "rules:\n  - {id: first, because: 🚀🚀, deny: no, when: is.makes_imags}\n"
    )
    (found,) = [each for each in editor.open(uri_of(tmp_path / "a.yaml"), text) if each["severity"] == 1]
    assert found["code"] == "RG214"
    assert found["source"] == "release-gate"
    assert underlined(text, found) == "is.makes_imags"
    assert "did you mean `makes_images`" in found["message"]


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_an_editor_may_count_otherwise(encoding: str, width: int, tmp_path: Path) -> None:
    pipes = Pipes()
    editor = Editor(pipes.said, pipes.told, encodings=(encoding,))
    assert editor.capabilities["positionEncoding"] == encoding
    text = REQUEST + "title: 🚀\nmodel: {name: 🚀, architecture: x}\n"
    uri = uri_of(tmp_path / "r.yaml")
    assert editor.open(uri, text) == []
    shown = editor.at("hover", uri, 5, text.splitlines()[5].index("arch") - 1 + width)
    assert shown["range"]["start"]["character"] == text.splitlines()[5].index("arch") - 1 + width
    assert "Its architecture." in shown["contents"]["value"]
    pipes.close(editor)


def test_typing_completing_and_mending(editor: Editor, tmp_path: Path) -> None:
    """From an empty file to a right one, with what the server offers."""
    uri = uri_of(tmp_path / "acme.yaml")
    assert editor.open(uri, "") == []
    assert [each["label"] for each in editor.at("completion", uri, 0, 0)["items"]] == ["release_gate"]
    text = POLICY + "rules:\n  - id: first\n    deny: no\n    when: compute."
    (found,) = editor.change(uri, text)
    assert found["code"] == "RG201"
    items = editor.at("completion", uri, text.count("\n"), len(text.rpartition("\n")[2]))["items"]
    chosen = next(each for each in items if each["label"] == "training_flop")
    assert chosen["detail"] == "number of operations"
    assert "Operations of the whole training" in chosen["documentation"]["value"]
    text = edited(text, [chosen["textEdit"]]) + " > 1e25\n"
    assert "RG201" not in {each["code"] for each in editor.change(uri, text)}
    found = next(each for each in editor.change(uri, text.replace("_flop", "_flp")) if each["severity"] == 1)
    (action,) = [each for each in editor.actions(uri, found) if each["kind"] == "quickfix"]
    assert action["title"] == "Write `training_flop`"
    assert action["isPreferred"]
    assert edited(text.replace("_flop", "_flp"), action["edit"]["changes"][uri]) == text


def test_a_warning_can_be_silenced(editor: Editor, tmp_path: Path) -> None:
    uri, text = uri_of(tmp_path / "acme.yaml"), rule("tier: high")
    found = next(each for each in editor.open(uri, text) if each["code"] == "RG830")
    assert found["severity"] == 2
    action = next(each for each in editor.actions(uri, found) if "RG830" in each["title"])
    silenced = edited(text, action["edit"]["changes"][uri])
    assert {each["code"] for each in editor.change(uri, silenced)} == {"RG301"}
    assert "RG830" not in {each["code"] for each in editor.change(uri, silenced.replace('""', "it is known"))}


def test_an_action_is_about_the_text_as_it_stands(editor: Editor, tmp_path: Path) -> None:
    """Somebody asks before what is wrong is told."""
    uri = uri_of(tmp_path / "acme.yaml")
    found = next(each for each in editor.open(uri, WRONG) if each["severity"] == 1)
    moved = WRONG.replace("title: Acme", "title: Acme\n\n")
    editor.write(uri, moved)
    line = found["range"]["start"]["line"]
    assert editor.actions(uri, found) == []
    for side in ("start", "end"):
        found["range"][side]["line"] = line + 2
    (action,) = editor.actions(uri, found)
    assert "training_flop" in edited(moved, action["edit"]["changes"][uri])


def test_a_hover_and_a_definition(editor: Editor, tmp_path: Path) -> None:
    uri, text = uri_of(tmp_path / "acme.yaml"), rule("require: metric.refusal >= parameter.floor")
    editor.open(uri, text)
    line, column = place(text, "parameter.floor")
    shown = editor.at("hover", uri, line, column + 12)
    assert shown["contents"]["kind"] == "markdown"
    assert "`0.98`" in shown["contents"]["value"]
    assert shown["range"]["start"] == {"line": line, "character": column}
    led = editor.at("definition", uri, line, column + 12)
    assert led["uri"] == uri
    assert led["range"]["start"] == {"line": 8, "character": 2}
    assert editor.at("hover", uri, 1, 5) is not None
    assert editor.at("hover", uri, 999, 999) is None
    assert editor.at("definition", uri, 0, 0) is None


def test_a_document_is_laid_out_as_the_command_does(editor: Editor, tmp_path: Path) -> None:
    uri, text = uri_of(tmp_path / "acme.yaml"), POLICY + "rules:\n- deny:   'no'\n  id: first # why\n"
    editor.open(uri, text)
    asked = {"textDocument": {"uri": uri}, "options": {"tabSize": 2, "insertSpaces": True}}
    path = tmp_path / "acme.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["policy", "fmt", str(path)])
    laid = edited(text, editor.ask("textDocument/formatting", asked))
    assert laid == path.read_text(encoding="utf-8") != text
    editor.change(uri, laid)
    assert editor.ask("textDocument/formatting", asked) == []
    for broken in (text + "rules: [", "a:   b\n", "release_gate: poem/v1\na:   b\n", ""):
        editor.change(uri, broken)
        assert editor.ask("textDocument/formatting", asked) == []


def test_what_is_not_saved_counts_for_other_documents(editor: Editor, tmp_path: Path) -> None:
    base, overlay = tmp_path / "base.yaml", tmp_path / "overlay.yaml"
    base.write_text(rule("deny: no"), encoding="utf-8")
    text = "release_gate: policy/v1\nid: mine\nextends: ./base.yaml\nset: {roof: 1}\n"
    (found,) = editor.open(uri_of(overlay), text)
    assert found["code"] == "RG322"
    changed = rule("deny: no").replace("floor:", "roof:").replace("0.98", "2")
    editor.open(uri_of(base), changed)
    assert editor.until(uri_of(overlay), lambda told: told == []) == []
    line, column = place(text, "roof")
    led = editor.at("definition", uri_of(overlay), line, column)
    assert (led["uri"], led["range"]["start"]["line"]) == (uri_of(base), 8)
    editor.write(uri_of(base), changed.replace("deny: no", "tier: hgh"))
    (found,) = editor.until(uri_of(overlay), lambda told: any("`hgh`" in each["message"] for each in told))
    assert underlined(text, found) == "./base.yaml"
    (there,) = found["relatedInformation"]
    assert there["location"]["uri"] == uri_of(base)
    editor.tell("textDocument/didClose", {"textDocument": {"uri": uri_of(base)}})
    assert editor.until(uri_of(overlay), lambda told: [each["code"] for each in told] == ["RG322"])


def test_a_closed_document_has_nothing_wrong(editor: Editor, tmp_path: Path) -> None:
    uri = uri_of(tmp_path / "acme.yaml")
    assert editor.open(uri, WRONG)
    assert editor.close(uri) == []
    assert editor.is_silent(uri)
    assert editor.open(uri, WRONG)


def test_several_changes_are_told_once(editor: Editor, tmp_path: Path) -> None:
    uri = uri_of(tmp_path / "acme.yaml")
    editor.open(uri, POLICY)
    for number in range(20):
        editor.write(uri, POLICY + f"rulez: {number}\n")
    editor.write(uri, POLICY + "rules: []\nscpe: x\n")
    (found,) = [each for each in editor.wrong(uri) if each["severity"] == 1]
    assert "`scpe`" in found["message"]
    assert editor.is_silent(uri)


OTHER = {
    "untitled": "untitled:Untitled-1",
    "with blanks": "file:///no%20such/my%20policy.yaml",
    "in git": "git:/a/b.yaml?%7B%22ref%22%3A%22HEAD%22%7D",
    "on a server": "https://example.invalid/a.yaml",
    "nowhere": "file:///no/such/folder/a.yaml",
    "with a NUL": "file:///tmp/a%00b.yaml",
    "very long": "file:///" + "a" * 5000 + ".yaml",
    "outside": "file:///../../../../etc/acme.yaml",
    "no URI": "acme",
    "empty": "",
    "strange": "file://host/a b?c#d",
}


@pytest.mark.parametrize("uri", OTHER.values(), ids=OTHER)
def test_a_document_that_is_no_file_is_helped_too(editor: Editor, uri: str) -> None:
    assert {each["code"] for each in editor.open(uri, WRONG) if each["severity"] == 1} == {"RG212"}
    line, column = place(WRONG, "compute.")
    assert "What it took to train" in editor.at("hover", uri, line, column)["contents"]["value"]
    assert editor.at("completion", uri, line, column + 8)["items"]


def test_a_document_of_somebody_else_is_left_alone(editor: Editor, tmp_path: Path) -> None:
    uri = uri_of(tmp_path / "compose.yaml")
    assert editor.open(uri, "services: {web: {image: x}}\n") == []
    assert editor.at("hover", uri, 0, 3) is None


HUGE = {
    "more than is read": ("x" * 3_000_000, None),
    "a large policy": (POLICY + "rules:\n" + "".join(f"  - {{id: r{n}, deny: no}}\n" for n in range(2000)), None),
    "deep": ("release_gate: policy/v1\na: " + "[" * 100_000, "RG005"),
    "anchors": ("release_gate: policy/v1\na: &a [x]\nb: [" + "*a, " * 10_000 + "]\n", "RG007"),
    "invisible": ("release_gate: policy/v1\nid: a\u202eb\n", "RG004"),
    "a long condition": (rule("deny: no\n    when: " + "compute.training_flop + " * 500), "RG201"),
    "many quotes": (rule("deny: no\n    when: " + "'" * 20_000), None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), HUGE.values(), ids=HUGE)
def test_a_hostile_document_does_no_harm(editor: Editor, tmp_path: Path, text: str, code: str | None) -> None:
    uri = uri_of(tmp_path / "acme.yaml")
    found = editor.open(uri, text)  # the client waits for an answer, and not for ever
    assert code is None or code in {each["code"] for each in found}
    line = text.count("\n") - 1
    for feature in ("hover", "completion", "definition"):
        editor.at(feature, uri, max(line, 0), 20)
    assert editor.change(uri, REQUEST) == []


def test_a_mistake_of_the_editor_is_answered_and_survived(editor: Editor, tmp_path: Path) -> None:
    uri = uri_of(tmp_path / "acme.yaml")
    with pytest.raises(AssertionError, match="Method Not Found"):
        editor.ask("textDocument/nothing", {})
    editor.tell("textDocument/didChange", {"textDocument": 1})
    editor.tell("textDocument/didClose", {"textDocument": {"uri": "file:///never/opened.yaml"}})
    assert editor.at("hover", "file:///never/opened.yaml", 0, 0) is None
    assert editor.at("completion", "untitled:never", 3, 3)["items"]
    assert editor.open(uri, REQUEST) == []


def test_a_file_that_is_not_there_stands_for_itself() -> None:
    assert path_of("file:///a/b.yaml") == Path("/a/b.yaml")
    assert path_of("untitled:x/y") == Path.cwd() / "untitled-x-y"
    assert path_of("file:///a%00b") == Path.cwd() / "file-a-00b"
    assert path_of("") == Path.cwd() / "untitled"


# ---------------------------------------------------------------- the process


def test_the_command_serves_until_it_is_told_to_leave(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from release_gate.cli import main; main()", "lsp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        editor = Editor(process.stdout, process.stdin)
        uri = uri_of(tmp_path / "acme.yaml")
        assert {each["code"] for each in editor.open(uri, WRONG) if each["severity"] == 1} == {"RG212"}
        for number in range(30):
            editor.write(uri, WRONG + f"# {number}\n")
        editor.leave()
        assert process.wait(timeout=20) == 0


def test_a_process_without_good_bye_ends_with_its_editor(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from release_gate.cli import main; main()", "lsp"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        Editor(process.stdout, process.stdin)
        process.stdin.close()
        process.wait(timeout=20)


def test_without_the_extra_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "release_gate.editor.server", None)
    with pytest.raises(SystemExit) as stop:
        main(["lsp"])
    assert stop.value.code == 2
    assert "pip install 'model-release-gate[lsp]'" in capsys.readouterr().err
