"""The page for a review board: complete in itself, the same for everybody, and never more than text."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from release_gate.decision import SignOffState
from release_gate.diagnostics import Diagnostic, Severity
from release_gate.gate.reports import render
from release_gate.gate.reports.pictures import EVERYTHING, lineage
from release_gate.gate.reports.run import Edge, Outcome, Said

BIG = {"model": {"name": "Big", "parameters": 7e9}}
ADDRESSES = [
    "javascript:alert(1)",
    "http://a.example",
    "data:text/html,x",
    'https://a"onclick="x',
    "https://ok.example/a?b=1",
]
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}</style>",
    "</title><meta http-equiv=refresh content=0>",
    "{{ 7 * 7 }}{% include 'x' %}",
    "<!--",
    "\u202e\x1b[31m\x00",
]


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        self.ids += [str(value) for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def page_of(run: Any) -> str:
    return "".join(render("html", run))


def full(outcome: Outcome, text: str) -> Outcome:
    """An outcome that has everything a page can show, with a text wherever somebody may write one."""
    assert outcome.decision is not None
    assert outcome.about
    state = SignOffState("own", "people", ("lead", "lead"), (text,), 1, "hosted", (text,))
    artifacts = tuple(
        replace(
            each,
            findings=tuple(
                replace(
                    found, message=text, fix=text, cite={"title": text, "publisher": text, "url": text},
                    facts=tuple(replace(fact, value=text, source=text) for fact in found.facts),
                )
                for found in each.findings
            ),
            missing=(text,), sign_offs=(state,), irrevocable=True,
        )
        for each in outcome.decision.artifacts
    )  # fmt: skip
    decision = replace(outcome.decision, artifacts=artifacts, notes=(text,), hypothetical=date(2027, 1, 1))
    edges = (Edge(None, text, text, text), Edge(text, f"{text} 2", text, text))
    said = (
        Said(text, "lead", "approve", "w", "hosted", "2026-11-20", None, signed=True),
        Said(text, "lead", "object", "w", "hosted", "2026-11-20", "2026-12-20", signed=False),
    )
    about = replace(outcome.about, title=text, model=text, developer=text, requester=text)
    about = replace(about, lineage=edges, sign_offs=said)
    told = (Diagnostic("RG903", text, help=text, severity=Severity.WARNING),)
    return replace(outcome, file=text, decision=decision, about=about, diagnostics=told)


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_whatever_a_request_says_is_text(evil: str, runs: Any, decided: Any) -> None:
    found = Page(page_of(runs(full(decided(**BIG), evil), decided(file_ := "b.yaml"))))
    plain = Page(page_of(runs(full(decided(**BIG), "harmless"), decided(file_))))
    assert found.elements == plain.elements
    assert found.attributes == plain.attributes
    assert "49" not in "".join(found.said[:200]).replace("2049", "")
    assert not re.search("[\u202e\x1b\x00]", page_of(runs(full(decided(), evil))))


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_plain_addresses_become_links(address: str, runs: Any, decided: Any) -> None:
    outcome = decided(**BIG)
    artifact = outcome.decision.artifacts[0]
    findings = tuple(replace(found, cite={"title": "A", "url": address}) for found in artifact.findings)
    changed = replace(outcome.decision, artifacts=(replace(artifact, findings=findings),))
    page = Page(page_of(runs(replace(outcome, decision=changed))))
    assert all(link.startswith("https://") for link in page.links)
    assert bool(page.links) is address.startswith("https://")
    assert "onclick" not in page.attributes


def test_a_page_needs_nothing_and_forbids_everything(runs: Any, decided: Any) -> None:
    text = page_of(runs(decided(**BIG), decided("b.yaml")))
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(page.elements)
    assert not {name for name in page.attributes if name.startswith("on") or name in ("src", "style")}
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert style
    assert policy
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_every_place_has_a_name_of_its_own_and_every_link_one_to_go_to(runs: Any, decided: Any) -> None:
    page = Page(page_of(runs(*(decided(f"{n}.yaml", id=f"r{n}") for n in range(3)))))
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_a_page_tells_what_a_board_asks_for(runs: Any, decided: Any, problem: Outcome) -> None:
    outcome = full(decided(**BIG), "said")
    text = " ".join("".join(Page(page_of(runs(outcome))).said).split())
    for told in (
        "denied", "Hypothetical.", "Who must act", "Must sign: 2 of lead (1 lacking), for own/people",
        "not signed", "holds",
        "Does not count: said", "above this line, copies leave for good", "own/size", "What it stands on",
        EVERYTHING, "Copies are out already", "Look at this", "sha256:",
    ):  # fmt: skip
        assert told in text
    wrong = " ".join("".join(Page(page_of(runs(problem))).said).split())
    assert "Nothing was decided about it." in wrong
    assert "RG401 x is not known broken.yaml, line 2, column 4write y" in wrong


def test_the_worst_comes_first_in_a_page_of_several(runs: Any, decided: Any, problem: Outcome) -> None:
    text = page_of(runs(decided(), decided("big.yaml", title="Large", **BIG), problem))
    places = [text.index(f">{name}</a>") for name in ("broken.yaml", "Large", "small")]
    assert places == sorted(places)


def test_a_release_that_is_allowed_asks_nothing(runs: Any, decided: Any) -> None:
    allowed = decided(artifacts=[{"id": "w", "kind": "api", "wanted": "internal"}])
    text = page_of(runs(allowed))
    assert "Nobody: nothing is missing" in text
    assert "No rule has anything against it." in text
    assert "It is known to stand on nothing else." in text
    assert "copies leave for good" not in text


def about(decided: Any, *edges: tuple[str | None, str]) -> Any:
    lines = tuple(Edge(child, parent, "finetune", "MIT") for child, parent in edges)
    return replace(decided().about, lineage=lines)


def test_a_lineage_is_drawn_ancestors_first(decided: Any) -> None:
    found = lineage(about(decided, ("w", "b"), ("b", "a"), ("w", "a"), (None, "c")))
    assert found
    rows = {box.name: box.y for box in found.boxes}
    assert rows["a"] < rows["b"] < rows["w"]
    assert {box.name for box in found.boxes if box.released} == {"w", EVERYTHING}
    assert len(found.arrows) == 4
    assert all(
        box.x >= 0 and box.x + 190 <= found.width and box.y + 44 <= found.height for box in found.boxes
    )
    places = [(box.x, box.y) for box in found.boxes]
    assert len(set(places)) == len(places)


def test_a_lineage_that_nobody_could_read_is_left_to_the_table(decided: Any) -> None:
    assert lineage(about(decided)) is None
    assert lineage(about(decided, *((f"m{n}", f"m{n + 1}") for n in range(100)))) is None


def test_a_long_name_fits_into_its_box(decided: Any) -> None:
    found = lineage(about(decided, ("w", "x" * 100)))
    assert found
    assert max(len(box.label) for box in found.boxes) == 24


def test_what_a_user_has_written_is_told_apart_and_stays_text(runs: Any) -> None:
    told = Outcome("a.yaml", diagnostics=(Diagnostic("RG401", "`<b>x` is not known", help="write ` or y"),))
    page = "".join(render("html", runs(told)))
    assert "<code>&lt;b&gt;x</code> is not known" in page
    assert "write ` or y" in page
