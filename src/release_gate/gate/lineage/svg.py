"""A lineage as one SVG file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from release_gate.gate.lineage.draw import COLOURS, Picture, cells, colour_of
from release_gate.pages import shown

__all__ = ["svg"]

_LINE, _PAD, _GAP_X, _GAP_Y = 16, 10, 40, 56
_LONGEST: Final = 90
"""Characters of a line in a box."""
_CHARACTER: Final = 7


@dataclass(frozen=True)
class _Box:
    name: str
    lines: tuple[str, ...]
    row: int
    x: int
    y: int
    width: int

    @property
    def height(self) -> int:
        return len(self.lines) * _LINE + _PAD

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


def svg(picture: Picture) -> Iterator[str]:
    """The picture: every node below all that it stands on, as far as there is no circle."""
    boxes = _boxes(picture)
    right = max(box.x + box.width for box in boxes.values()) + _PAD
    bottom = max(box.y + box.height for box in boxes.values()) + _PAD
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {bottom}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{shown(f"lineage of {picture.view.root}")}</title>\n'
    )
    yield (
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>\n'
    )
    for child, parent, relations in picture.links:
        yield from _arrow(boxes[parent], boxes[child], ", ".join(relations).replace("_", " "))
    for box in boxes.values():
        yield from _drawn(picture, box)
    yield "</svg>\n"


def _boxes(picture: Picture) -> Mapping[str, _Box]:
    lines = {name: tuple(_lines(picture, name)) for name in picture.view.names}
    width = max(min(len(line), _LONGEST) for each in lines.values() for line in each) * _CHARACTER + 2 * _PAD
    rows = _rows(picture)
    layers: dict[int, list[str]] = {}
    for name in picture.view.names:
        layers.setdefault(rows[name], []).append(name)
    step = width + _GAP_X
    widest = max(map(len, layers.values()))
    boxes: dict[str, _Box] = {}
    y = _PAD
    for row in sorted(layers):
        start = _PAD + (widest - len(layers[row])) * step // 2
        for index, name in enumerate(layers[row]):
            boxes[name] = _Box(name, lines[name], row, start + index * step, y, width)
        y += max(boxes[name].height for name in layers[row]) + _GAP_Y
    return boxes


def _lines(picture: Picture, name: str) -> Iterator[str]:
    yield name
    for row in picture.standings[name].rows:
        yield "  ".join(each for each in cells(row) if each)


def _rows(picture: Picture) -> Mapping[str, int]:
    """How far below the oldest ancestor each node stands: one below the lowest of its parents."""
    children: dict[str, list[str]] = {}
    waiting = dict.fromkeys(picture.view.names, 0)
    for child, parent, _ in picture.links:
        children.setdefault(parent, []).append(child)
        waiting[child] += 1
    rows = dict.fromkeys(picture.view.names, 0)
    ready = [name for name in picture.view.names if not waiting[name]]
    left = iter(picture.view.names)
    placed = set(ready)
    for done in range(len(rows)):
        if done == len(ready):  # a circle: somebody in it has to come first
            first = next(name for name in left if name not in placed)
            ready.append(first)
            placed.add(first)
        name = ready[done]
        for child in children.get(name, ()):
            if child not in placed:
                rows[child] = max(rows[child], rows[name] + 1)
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
                    placed.add(child)
    return rows


def _arrow(parent: _Box, child: _Box, how: str) -> Iterator[str]:
    x1, y1, x2, y2 = parent.middle, parent.y + parent.height, child.middle, child.y
    far = abs(child.row - parent.row) > 1  # around what stands between
    side = (parent.width // 2 + _GAP_X) if far else 0
    bend = (y2 - y1) // 3
    path = f"M{x1} {y1}C{x1 + side} {y1 + bend} {x2 + side} {y2 - bend} {x2} {y2}"
    yield f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#a)"/>'
    x, y = (x1 + x2) // 2 + side * 3 // 4 + 4, (y1 + y2) // 2
    yield f'<text x="{x}" y="{y}" fill="#555">{shown(how)}</text>\n'


def _drawn(picture: Picture, box: _Box) -> Iterator[str]:
    fill, stroke = COLOURS[colour_of(picture.standings[box.name])]
    thick = 3 if box.name == picture.view.root else 1
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="4" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{thick}"/>'
    )
    for number, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if number == 0 else ""
        cut = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
        place = f'x="{box.x + _PAD}" y="{box.y + _PAD + 6 + number * _LINE}"'
        yield f"<text {place}{weight}>{shown(cut)}<title>{shown(line)}</title></text>"
    yield "\n"
