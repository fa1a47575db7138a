"""A lineage as text, as Mermaid and as JSON. Names are what somebody has chosen, and are made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import counted, printable
from release_gate.gate.lineage.closing import Change, Effect, fallen
from release_gate.gate.lineage.graph import Graph, Link, View
from release_gate.gate.lineage.standing import Row, Standing

__all__ = ["COLOURS", "Picture", "cells", "colour_of", "effects_text", "mermaid", "text", "tree"]

_DEEPEST: Final = 24
"""Steps that are still drawn further to the right; from there on their number is written."""
MARKS: Final = {
    Verdict.APPROVE: "✓",
    Verdict.CONDITIONAL: "✓",
    Verdict.NEEDS_APPROVAL: "✎",
    Verdict.NEEDS_EVIDENCE: "?",
    Verdict.DENY: "✗",
}


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    Attributes:
        graph: What stands on what.
        view: The part of it.
        standings: Where its nodes stand.
    """

    graph: Graph
    view: View
    standings: Mapping[str, Standing]

    @property
    def unresolved(self) -> Mapping[str, tuple[str, ...]]:
        """What no request describes, and who names it."""
        return self.graph.unresolved(self.view.names)

    @property
    def circles(self) -> tuple[tuple[str, ...], ...]:
        """The circles among its nodes."""
        shown = set(self.view.names)
        return tuple(circle for circle in self.graph.circles() if shown & set(circle))

    @property
    def links(self) -> Iterable[tuple[str, str, tuple[str, ...]]]:
        """Each pair of a child and its parent, with how it stands on that."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for link in (*self.view.up, *self.view.down):
            found.setdefault((link.child, link.parent), {})[link.relation] = None
        return [(*pair, tuple(sorted(found[pair]))) for pair in sorted(found)]


def text(picture: Picture) -> Iterator[str]:
    """A tree for a terminal: the node, what it stands on, and what stands on it."""
    yield from _node(picture.standings[picture.view.root], "")
    ways = (
        ("stands on", picture.view.up, lambda link: (link.child, link.parent)),
        ("what stands on it", picture.view.down, lambda link: (link.parent, link.child)),
    )
    for title, links, ends in ways:
        yield ""
        yield title + (":" if links else ": nothing that is known")
        yield from _branches(picture, _children(links, ends))
    if unresolved := picture.unresolved:
        yield ""
        yield "no request describes:"
        for name, requests in unresolved.items():
            yield f"  {printable(name)}, named by {', '.join(requests)}"
    for circle in picture.circles:
        yield ""
        yield f"in a circle: {' stands on '.join(map(printable, circle))}"


def _children(links: Iterable[Link], ends: Any) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each node the next ones, and how each is linked."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for link in links:
        here, next_ = ends(link)
        found.setdefault(here, {}).setdefault(next_, {})[link.relation] = None
    return {
        here: {name: tuple(sorted(relations)) for name, relations in sorted(nexts.items())}
        for here, nexts in found.items()
    }


def _branches(picture: Picture, nexts: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Iterator[str]:
    root = picture.view.root
    seen = {root}
    path = {root}
    trail: list[tuple[str, Iterator[tuple[int, tuple[str, tuple[str, ...]]]], int, str]] = [
        (root, iter(enumerate(nexts.get(root, {}).items())), len(nexts.get(root, {})), "")
    ]
    while trail:
        here, rest, total, indent = trail[-1]
        found = next(rest, None)
        if found is None:
            trail.pop()
            path.discard(here)
            continue
        number, (name, relations) = found
        last = number == total - 1
        deep = len(trail) > _DEEPEST
        head = f"{indent}{len(trail)}: " if deep else indent + ("└─ " if last else "├─ ")
        inside = indent + ("   " if deep or last else "│  ")
        how = ", ".join(each.replace("_", " ") for each in relations)
        if name in path:
            yield f"{head}{printable(name)} ({how}): in a circle"
        elif name in seen:
            yield f"{head}{printable(name)} ({how}): see above"
        else:
            yield from _node(picture.standings[name], head, inside, how)
            seen.add(name)
            path.add(name)
            further = nexts.get(name, {})
            trail.append((name, iter(enumerate(further.items())), len(further), indent if deep else inside))


def _node(standing: Standing, head: str, inside: str = "", how: str = "") -> Iterator[str]:
    node = standing.node
    title = node.request.title if node.request is not None else None
    name = printable(node.name) + (f" ({how})" if how else "")
    yield head + name + (f": {printable(title)}" if title else "")
    widths = [max(len(part) for part in column) for column in zip(*map(cells, standing.rows), strict=True)]
    for row in standing.rows:
        shown = [f"{part:<{width}}" for part, width in zip(cells(row), widths, strict=True)]
        yield f"{inside}  {'  '.join(each for each in shown if each.strip())}".rstrip()


def cells(row: Row) -> tuple[str, ...]:
    """What is shown of an artifact: its name, licence, access level and verdict."""
    now = f" (now {row.current})" if row.current not in (None, row.access) else ""
    verdicts = " → ".join(f"{MARKS[each]} {str(each).replace('_', ' ')}" for each in row.verdicts)
    return (
        printable(row.artifact),
        printable(row.license, 80),
        printable(row.access, 60) + now,
        verdicts or "· not judged",
    )


# ---------------------------------------------------------------- Mermaid


def mermaid(picture: Picture) -> Iterator[str]:
    """A flowchart in the language of Mermaid, parents above children."""
    numbers = {name: f"n{number}" for number, name in enumerate(picture.view.names)}
    yield "flowchart TD"
    for name, number in numbers.items():
        standing = picture.standings[name]
        lines = [name, *("  ".join(each for each in cells(row) if each) for row in standing.rows)]
        label = "<br>".join(_mermaid(line) for line in lines)
        yield f'  {number}["{label}"]:::{colour_of(standing)}'
    for child, parent, relations in picture.links:
        how = _mermaid(", ".join(relations).replace("_", " "))
        yield f'  {numbers[parent]} -->|"{how}"| {numbers[child]}'
    yield f"  style {numbers[picture.view.root]} stroke-width:3px"
    for name, (fill, stroke) in COLOURS.items():
        yield f"  classDef {name} fill:{fill},stroke:{stroke},color:#1b1b1b"


COLOURS: Final = {
    "allowed": ("#dff3e3", "#2e7d32"),
    "waiting": ("#fff4d6", "#a06a00"),
    "denied": ("#fde2e0", "#b3261e"),
    "outside": ("#f0f0f0", "#777777"),
}
"""Fill and stroke of a node, by the worst verdict of its artifacts."""


def colour_of(standing: Standing) -> str:
    """The colour of a node, by name."""
    verdicts = [row.verdicts[-1] for row in standing.rows if row.verdicts]
    if not verdicts:
        return "outside"
    if Verdict.DENY in verdicts:
        return "denied"
    return "allowed" if all(each.allows for each in verdicts) else "waiting"


def _mermaid(words: str) -> str:
    """Text for a label: whatever could mean something to Mermaid, or to HTML, is written by its number."""
    return re.sub(
        r"[^\w .,/:+→✓✎✗·()-]|##", lambda found: "".join(f"#{ord(x)};" for x in found[0]), printable(words)
    )


# ---------------------------------------------------------------- JSON


def tree(picture: Picture, changes: Iterable[Change] = (), effects: Iterable[Effect] = ()) -> dict[str, Any]:
    """The picture as mappings and lists, for JSON."""
    found: dict[str, Any] = {
        "root": picture.view.root,
        "part": picture.view.part,
        "nodes": [_node_tree(picture.standings[name]) for name in picture.view.names],
        "links": [
            {"child": child, "parent": parent, "relations": list(relations)}
            for child, parent, relations in picture.links
        ],
        "unresolved": {name: list(requests) for name, requests in picture.unresolved.items()},
        "circles": [list(circle) for circle in picture.circles],
    }
    if asked := list(changes):
        found["if"] = [{"name": each.name, "license": each.license} for each in asked]
        found["then"] = [_effect_tree(effect) for effect in effects]
    return found


def _node_tree(standing: Standing) -> dict[str, Any]:
    request = standing.node.request
    return {
        "name": standing.node.name,
        "title": request.title if request is not None else None,
        "request": request.digest if request is not None else None,
        "from": standing.node.origin or None,
        "artifacts": [
            {
                "artifact": row.artifact or None,
                "license": row.license,
                "access": row.access,
                "current": row.current,
                **(_verdicts(row.decision) if row.decision is not None else {"verdict": None}),
            }
            for row in standing.rows
        ],
    }


def _effect_tree(effect: Effect) -> dict[str, Any]:
    return {
        "name": effect.name,
        "artifact": effect.artifact,
        "asked": effect.before.requested,
        "direction": effect.direction,
        "before": _verdicts(effect.before),
        "after": _verdicts(effect.after) if effect.after is not None else None,
        "because": list(effect.because),
        "told": effect.told,
        "problem": effect.problem or None,
    }


def _verdicts(decision: ArtifactDecision) -> dict[str, Any]:
    return {
        "verdict": str(decision.verdict),
        "best": decision.best,
        "not_ruled_out": decision.not_ruled_out,
    }


# ---------------------------------------------------------------- what if


def effects_text(changes: Iterable[Change], effects: Iterable[Effect]) -> Iterator[str]:
    """Who falls, and how far, as a table for a terminal."""
    effects = list(effects)
    yield f"if {' and '.join(printable(each.in_words) for each in changes)}:"
    for effect in effects:
        head = f"  {effect.direction:<6}  {effect.name}/{effect.artifact} at {effect.before.requested}: "
        verdict, *reach = _far(effect)
        yield head + ("already" if effect.direction == "denied" else verdict)
        yield from (f"          {each}" for each in reach)
        if effect.because:
            more = "now also " if effect.direction == "denied" else ""
            yield f"          {more}because of {', '.join(effect.because)}"
        if effect.told:
            yield "          its request does not name what changes; it was told of it"
    falls, names = len(fallen(effects)), {effect.name for effect in effects}
    if effects:
        denied = sum(effect.direction == "denied" for effect in effects)
        already = f"; {denied} had been denied already" if denied else ""
        artifacts, requests = counted(len(effects), "artifact"), counted(len(names), "request")
        yield f"{falls} of {artifacts} fall, in {requests}{already}"
    else:
        yield "  nothing stands on it"


def _far(effect: Effect) -> Iterator[str]:
    """The verdict and, where it changes, how far one may go."""
    before, after = effect.before, effect.after
    if after is None:
        yield f"cannot be judged: {printable(effect.problem)}"
        return
    pairs = (
        ("", str(before.verdict), str(after.verdict)),
        ("allowed up to ", before.best or "nothing", after.best or "nothing"),
        ("not ruled out up to ", before.not_ruled_out or "nothing", after.not_ruled_out or "nothing"),
    )
    for what, was, now in pairs:
        if was != now:
            yield f"{what}{was} → {now}"
        elif not what:
            yield was
