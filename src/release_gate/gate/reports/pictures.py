"""Where things stand in the pictures of the HTML page: a ladder, and what a model stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.facts.ladder import ALL_RUNGS, BOUNDARY
from release_gate.gate.reports.run import About, Edge

__all__ = ["Ladder", "Lineage", "ladder", "lineage"]

_STEP: Final = 34
_BOUNDARY: Final = 28
_NODE_WIDTH, _NODE_HEIGHT, _GAP_X, _GAP_Y = 190, 44, 24, 54
_MOST_NODES: Final = 40
EVERYTHING: Final = "everything released"


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder as a bar: the wider, the more people can reach the artifact."""

    name: str
    verdict: Verdict
    y: int
    width: int
    asked: bool
    best: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs from the most open down, and where the irreversible boundary runs."""

    rungs: tuple[Rung, ...]
    height: int
    boundary: int | None
    words: str


def ladder(artifact: ArtifactDecision) -> Ladder:
    """The ladder of an artifact, the most open rung on top."""
    names = list(artifact.ladder)
    beyond = [name for name in names if ALL_RUNGS[name] >= BOUNDARY]
    gap = _BOUNDARY if beyond else 0
    rungs = []
    for place, name in enumerate(reversed(names)):
        below = ALL_RUNGS[name] < BOUNDARY
        rungs.append(
            Rung(
                name=name,
                verdict=artifact.ladder[name],
                y=place * _STEP + (gap if below else 0),
                width=150 + ALL_RUNGS[name].rank * 10,
                asked=name == artifact.requested,
                best=name == artifact.best,
            )
        )
    words = ", ".join(f"{name}: {artifact.ladder[name]}".replace("_", " ") for name in names)
    return Ladder(
        tuple(rungs),
        len(names) * _STEP + gap,
        len(beyond) * _STEP + 3 if beyond else None,
        words,
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A model or artifact in the picture of the lineage; one that nothing stands on is to be released."""

    name: str
    kind: str
    released: bool
    x: int
    y: int

    @property
    def label(self) -> str:
        """Its name, as much as fits into the box."""
        return self.name if len(self.name) <= 24 else self.name[:23] + "…"


@dataclass(frozen=True, slots=True)
class Arrow:
    """That a child stands on a parent."""

    parent: Box
    child: Box
    relation: str

    @property
    def path(self) -> str:
        """From the bottom of the parent to the top of the child, as an SVG path."""
        x1, y1 = self.parent.x + _NODE_WIDTH // 2, self.parent.y + _NODE_HEIGHT
        x2, y2 = self.child.x + _NODE_WIDTH // 2, self.child.y
        bend = (y2 - y1) // 2
        return f"M{x1} {y1}C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2 - 4}"

    @property
    def middle(self) -> tuple[int, int]:
        """Where its label stands."""
        x = (self.parent.x + self.child.x + _NODE_WIDTH) // 2
        return x, (self.parent.y + _NODE_HEIGHT + self.child.y) // 2 + 4


@dataclass(frozen=True, slots=True)
class Lineage:
    """The picture of what a model stands on, or of nothing if it is too large to be of use."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def lineage(about: About) -> Lineage | None:
    """Ancestors above, artifacts at the bottom. None if there are none, or too many for a picture."""
    if not about.lineage:
        return None
    edges = [replace(edge, child=edge.child or EVERYTHING) for edge in about.lineage]
    parents = {edge.parent for edge in edges}
    if len(parents | {edge.child for edge in edges}) > _MOST_NODES:
        return None
    rows = _rows(edges)
    layers: dict[int, list[str]] = {}
    for name, row in rows.items():
        layers.setdefault(row, []).append(name)
    widest = max(len(names) for names in layers.values())
    width = widest * (_NODE_WIDTH + _GAP_X) - _GAP_X
    boxes: dict[str, Box] = {}
    for row, names in layers.items():
        own = len(names) * (_NODE_WIDTH + _GAP_X) - _GAP_X
        for place, name in enumerate(sorted(names, key=lambda name: _pull(name, edges, boxes))):
            x = (width - own) // 2 + place * (_NODE_WIDTH + _GAP_X)
            kind = about.kinds.get(name, "")
            boxes[name] = Box(name, kind, name not in parents, x, row * (_NODE_HEIGHT + _GAP_Y))
    arrows = tuple(Arrow(boxes[edge.parent], boxes[edge.child or ""], edge.relation) for edge in edges)
    height = (max(layers) + 1) * (_NODE_HEIGHT + _GAP_Y) - _GAP_Y
    return Lineage(tuple(boxes.values()), arrows, width, height)


def _rows(edges: Iterable[Edge]) -> Mapping[str, int]:
    """How far below the oldest ancestor each stands: one below the lowest of its parents."""
    parents: dict[str, list[str]] = {}
    for edge in edges:
        parents.setdefault(edge.child or "", []).append(edge.parent)
        parents.setdefault(edge.parent, [])
    rows = dict.fromkeys(parents, 0)
    for _ in rows:  # a lineage has no circle, so that this settles
        for name, above in parents.items():
            rows[name] = max([rows[name], *(rows[each] + 1 for each in above)])
    return dict(sorted(rows.items(), key=lambda entry: entry[1]))


def _pull(name: str, edges: Iterable[Edge], boxes: Mapping[str, Box]) -> tuple[float, str]:
    """Below its parents, so that arrows cross less; then by name."""
    above = [boxes[edge.parent].x for edge in edges if edge.child == name and edge.parent in boxes]
    return (sum(above) / len(above) if above else 0.0, name)
