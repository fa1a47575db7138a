"""A lineage as text, Mermaid, SVG and JSON."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_gate.gate.lineage.closing import Change, what_if, with_effects
from release_gate.gate.lineage.draw import Picture, effects_text, mermaid, text, tree
from release_gate.gate.lineage.graph import View
from release_gate.gate.lineage.standing import Judge, Row, Standing
from release_gate.gate.lineage.svg import svg
from release_gate.scalars import text_problem

from .models import DAY, graph, judge, model, picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def by(tmp_path: Path) -> Judge:
    return judge(tmp_path, "license-lineage")


def shown(picture: Picture) -> list[str]:
    return list(text(picture))


def test_the_text_shows_a_tree_each_way_with_licence_access_and_verdict(by: Judge) -> None:
    found = graph(model("a", title="The first"), model("b", "a"), model("c", "b"), model("d", "b", "Outside"))
    assert shown(picture(found, "b", by)) == [
        "b",
        "  weights  Apache-2.0  weights_open  ✓ conditional",
        "",
        "stands on:",
        "└─ a (finetune): The first",
        "     weights  Apache-2.0  weights_open  ✓ approve",
        "",
        "what stands on it:",
        "├─ c (finetune)",
        "│    weights  Apache-2.0  weights_open  ✓ conditional",
        "└─ d (finetune)",
        "     weights  Apache-2.0  weights_open  ✓ conditional",
    ]
    assert shown(picture(found, "d", by))[-2:] == ["no request describes:", "  Outside, named by d"]
    assert "  Apache-2.0  weights_open  · not judged" in shown(picture(found, "Outside", by))


def test_what_was_shown_above_is_not_shown_again_and_a_circle_ends(by: Judge) -> None:
    diamond = graph(model("a"), model("b", "a"), model("c", "a"), model("d", "b", "c"))
    assert [line for line in shown(picture(diamond, "d", by)) if "a (" in line] == [
        "│  └─ a (finetune)",
        "   └─ a (finetune): see above",
    ]
    circle = shown(picture(graph(model("a", "b"), model("b", "a")), "a", by))
    assert circle[4:7] == [
        "└─ b (finetune)",
        "     weights  Apache-2.0  weights_open  ✓ conditional",
        "   └─ a (finetune): in a circle",
    ]
    assert circle[-1] == "in a circle: a stands on b stands on a"


def test_where_an_artifact_is_now_is_told_if_it_is_not_where_it_asks_to_be(by: Judge) -> None:
    artifact = {"id": "weights", "kind": "weights", "wanted": "weights_open", "license": "Apache-2.0"}
    gone = model("a", artifacts=[artifact | {"current": "withheld"}])
    assert "weights_open (now withheld)" in shown(picture(graph(gone), "a", by))[1]


def test_a_question_shows_what_was_and_what_would_be(by: Judge) -> None:
    found = graph(model("a"), model("b", "a"), model("c", "b"))
    changes = [Change("a", "CC-BY-NC-4.0")]
    effects = what_if(found, changes, by, DAY)
    seen = picture(found, "a", by)
    asked = Picture(found, seen.view, with_effects(seen.standings, effects))
    assert "✓ conditional → ✗ deny" in "\n".join(text(asked))
    assert "✓ conditional → ✗ deny" in "\n".join(mermaid(asked))
    lines = list(effects_text(changes, effects))
    assert lines[0] == "if a is under CC-BY-NC-4.0:"
    rules = "license-lineage/licence-promises-what-it-has, license-lineage/non-commercial-ancestor"
    assert lines[5:10] == [
        "  falls   b/weights at weights_open: conditional → deny",
        "          allowed up to weights_open → api_general",
        "          not ruled out up to weights_open → api_general",
        f"          because of {rules}",
        "  falls   c/weights at weights_open: conditional → needs_evidence",
    ]
    assert lines[-2] == "          its request does not name what changes; it was told of it"
    assert lines[-1] == "3 of 3 artifacts fall, in 3 requests"
    assert list(effects_text([Change("c")], [])) == ["if c is withdrawn:", "  nothing stands on it"]


def test_as_json_it_says_the_same_in_a_stable_order(by: Judge) -> None:
    found = graph(model("b", "a"), model("a", "x"))
    changes = [Change("a")]
    told = tree(picture(found, "a", by), changes, what_if(found, changes, by, DAY))
    assert json.loads(json.dumps(told)) == told
    assert [each["name"] for each in told["nodes"]] == ["a", "b", "x"]
    assert told["nodes"][2]["artifacts"] == [
        {
            "artifact": None,
            "license": "Apache-2.0",
            "access": "weights_open",
            "current": None,
            "verdict": None,
        }
    ]
    assert told["links"][0] == {"child": "a", "parent": "x", "relations": ["finetune"]}
    assert (told["unresolved"], told["circles"]) == ({"x": ["a"]}, [])
    assert (told["if"], told["then"][0]["direction"]) == ([{"name": "a", "license": None}], "stands")
    assert "if" not in tree(picture(found, "a", by))


def test_a_chain_of_ten_thousand_is_drawn() -> None:
    edges = [{"child": f"m{n}", "parent": f"m{n - 1}"} for n in range(1, 10_000)]
    found = graph(model("m10000", "m9999", *edges))
    bare = {
        name: Standing(node, (Row("weights", "MIT", "weights_open"),)) for name, node in found.nodes.items()
    }
    drawn = Picture(found, found.view("m0"), bare)
    lines = shown(drawn)
    assert sum("(finetune)" in line for line in lines) == 10_000
    assert max(map(len, lines)) < 150
    assert any(line.strip().startswith("10000: m10000") for line in lines)
    assert sum(line.count("-->") for line in mermaid(drawn)) == 10_000
    assert "".join(svg(drawn)).count("<rect") == 10_001


HOSTILE = st.text(min_size=1, max_size=40) | st.sampled_from(
    [
        '"]; click n0 href "javascript:x"',
        "</text><script>x</script>",
        "]]>&amp;",
        "`**b**`",
        "%%{init: 1}%%",
        "a\nb",
    ]
)


def hostile(name: str, words: str = "MIT") -> Picture:
    found = graph(model("a", {"parent": name, "license": "MIT"}))
    view = found.view("a")
    rows = {"a": (Row("weights", words, "weights_open"),), name: (Row("", words, words),)}
    return Picture(found, view, {each: Standing(found.nodes[each], rows[each]) for each in view.names})


def labels(lines: Iterator[str]) -> Iterator[str]:
    """What stands in quotes. The rest of a line must be what this library writes."""
    for line in lines:
        found = re.fullmatch(
            r'flowchart TD|  n\d+\["([^"\n]*)"\]:::\w+|  n\d+ -->\|"([^"\n]*)"\| n\d+'
            r"|  style n\d+ stroke-width:3px|  classDef [\w :#,]+",
            line,
        )
        assert found, line
        yield from (each for each in found.groups() if each)


@given(HOSTILE.filter(lambda name: not text_problem(name) and name.strip() and name != "a"), HOSTILE)
def test_law_a_hostile_name_means_nothing_to_mermaid_or_to_a_browser(name: str, words: str) -> None:
    drawn = hostile(name, words)
    for label in labels(mermaid(drawn)):
        assert re.fullmatch(r"(?:[\w .,/:+→✓✎✗·()-]|#\d+;|<br>)*", label), label
    root = ET.fromstring("".join(svg(drawn)))  # noqa: S314 - our own, and that is what is tested
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "defs", "marker", "path", "rect", "text",
    }  # fmt: skip
    assert {
        key for each in root.iter() for key in each.attrib if key.startswith("on") or "href" in key
    } == set()
    assert all(line.isprintable() for line in text(drawn))


def test_the_name_of_a_node_can_be_read_back_from_mermaid_and_svg() -> None:
    name = 'LLaMA "7B" <b> & #1'
    (label,) = [each for each in labels(mermaid(hostile(name))) if each.startswith("LLaMA")]
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label.split("<br>")[0])
    assert decoded == name
    root = ET.fromstring("".join(svg(hostile(name))))  # noqa: S314 - our own
    assert name in [each.text for each in root.iter(f"{SVG}text")]


def test_every_way_of_drawing_is_the_same_every_time(by: Judge) -> None:
    requests = [model("a", "z"), model("b", "a", "z"), model("c", "a"), model("z")]
    one, other = (picture(graph(*each), "a", by) for each in (requests, requests[::-1]))
    for draw in (text, mermaid, svg):
        assert list(draw(one)) == list(draw(other))


def test_a_node_stands_below_all_that_it_stands_on(by: Judge) -> None:
    found = graph(model("a"), model("b", "a"), model("c", "a", "b"))
    root = ET.fromstring("".join(svg(picture(found, "a", by))))  # noqa: S314 - our own
    tops = [int(each.attrib["y"]) for each in root.iter(f"{SVG}rect")]
    assert tops == sorted(set(tops))
    assert len(tops) == 3


def test_a_view_of_an_artifact_names_it(by: Judge) -> None:
    found = graph(model("a"), model("b", "a"))
    assert found.view("a/weights") == View("a", "weights", (), found.view("a").down)
