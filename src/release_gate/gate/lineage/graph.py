"""What stands on what: a graph over the lineages and the training data of many requests.

A node is a request, or something that a request names and no request describes. A request has parts, its
artifacts, and each may stand on something else, so that whoever learned from a data set does not stand on the
model that was published beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from release_gate.decision import in_words
from release_gate.diagnostics import Diagnostic, RequestError, did_you_mean, printable
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.gate.lineage.names import Names
from release_gate.source import Pointer

__all__ = ["DATA", "Graph", "Link", "Node", "Part", "View"]

Part = tuple[str, str]
"""A node and one of its artifacts; the latter is empty for what no request describes."""

DATA: Final = "data"
"""The relation to what a model was trained on, as its `data.sources` say."""


@dataclass(frozen=True)
class Node:
    """A request, or something that no request describes.

    Attributes:
        name: The id of the request, or what the thing is called.
        request: The request, if there is one.
        origin: Where the request comes from.
    """

    name: str
    request: ReleaseRequest | None = field(default=None, repr=False)
    origin: str = ""

    @property
    def artifacts(self) -> tuple[str, ...]:
        """Its artifacts; for what no request describes, an empty name that stands for it."""
        return tuple(each.id for each in self.request.artifacts) if self.request is not None else ("",)


@dataclass(frozen=True)
class Link:
    """That something stands on something, as a request says.

    Attributes:
        child: What stands.
        artifacts: Which artifacts of it do.
        parent: What it stands on.
        part: Which artifact of that, if it is known; else any.
        relation: How, in the words of the lineage; :data:`DATA` for a source of training data.
        called: What the request calls the parent.
        child_called: What it calls the child; None for its own artifacts.
        said_by: The request that says so.
        at: Where it says so.
        license: The licence of the parent, as it says.
        access: The access level of the parent, as it says.
    """

    child: str
    artifacts: tuple[str, ...]
    parent: str
    part: str | None
    relation: str
    called: str
    child_called: str | None
    said_by: str
    at: Pointer
    license: str
    access: str

    def from_part(self, artifact: str) -> bool:
        """Whether it is about an artifact of the parent."""
        return self.part is None or artifact in ("", self.part)


@dataclass(frozen=True)
class View:
    """A part of a graph: what a node stands on, and what stands on it.

    Attributes:
        root: The node.
        part: The artifact of it that was asked about, if one was.
        up: The links to its ancestors.
        down: The links to its descendants.
    """

    root: str
    part: str | None
    up: tuple[Link, ...]
    down: tuple[Link, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All nodes, in the order of their names."""
        links = (*self.up, *self.down)
        return tuple(sorted({self.root, *(link.child for link in links), *(link.parent for link in links)}))


class Graph:
    """What stands on what.

    Attributes:
        nodes: The nodes, by name, in the order of their names.
        links: The links, in the order of their ends.
    """

    def __init__(
        self, requests: Iterable[tuple[ReleaseRequest, str]], names: Names, asked: Iterable[str] = ()
    ) -> None:
        """Put requests together.

        Args:
            requests: The requests, and where each comes from. Of two with one id, the first counts.
            names: What names mean.
            asked: What is asked about. Data of these names are nodes also where no request describes them.
        """
        self._names = names
        nodes: dict[str, Node] = {}
        for request, origin in requests:
            nodes.setdefault(request.id, Node(request.id, request, origin))
        described = dict(nodes)
        meant = frozenset(map(names.meaning, asked))
        links = [
            link
            for node in described.values()
            if node.request is not None
            for link in _Sayings(node.request, described, names, meant).links()
        ]
        for link in links:
            for name in (link.child, link.parent):
                nodes.setdefault(name, Node(name))
        self.nodes: Mapping[str, Node] = {name: nodes[name] for name in sorted(nodes)}
        self.links = tuple(
            sorted(
                dict.fromkeys(links),
                key=lambda link: (link.child, link.parent, link.relation, link.said_by, str(link.at)),
            )
        )
        self._above = _by(self.links, lambda link: link.child)
        self._below = _by(self.links, lambda link: link.parent)
        self._said = _by(self.links, lambda link: link.said_by)

    def find(self, name: str) -> tuple[str, str | None]:
        """The node that a name means, and the artifact, if it means one.

        Raises:
            RequestError: There is no such node.
        """
        meaning = self._names.meaning(name)
        if meaning in self.nodes:
            return meaning, None
        node, _, part = meaning.rpartition("/")
        if node in self.nodes and part in self.nodes[node].artifacts:
            return node, part
        help_ = (
            did_you_mean(name, self.nodes)
            or "name the id of a request, or add the name to a table of aliases"
        )
        raise RequestError([Diagnostic("RG520", f"nothing is known of `{printable(name)}`", help=help_)])

    def view(self, name: str, depth: int | None = None) -> View:
        """What a node stands on, and what stands on it.

        Args:
            name: The node, by any of its names.
            depth: How many steps to go, either way; all, if not said.

        Raises:
            RequestError: There is no such node.
        """
        root, part = self.find(name)
        up, _ = self._walk(self.parts(root, part), self._up, depth)
        down, _ = self._walk(self.parts(root, part), self._down, depth)
        return View(root, part, up, down)

    def parts(self, name: str, part: str | None = None) -> tuple[Part, ...]:
        """A node, artifact by artifact."""
        return tuple((name, each) for each in self.nodes[name].artifacts if part in (None, each))

    def below(self, parts: Iterable[Part]) -> tuple[tuple[Link, ...], frozenset[Part]]:
        """What stands on some parts, near and far: the links to it, and the parts themselves."""
        return self._walk(parts, self._down, None)

    def standing_on(self, name: str, part: str | None) -> tuple[Link, ...]:
        """The links of those that stand on a node directly."""
        return tuple(link for link in self._below.get(name, ()) if part is None or link.from_part(part))

    def said_by(self, request: str) -> tuple[Link, ...]:
        """The links that a request says."""
        return self._said.get(request, ())

    def circles(self) -> tuple[tuple[str, ...], ...]:
        """Nodes that stand on themselves: the shortest way around, once for each knot of circles."""
        return tuple(self._around(min(knot), knot) for knot in sorted(self._knots(), key=min))

    def unresolved(self, names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Of some nodes, those that no request describes, and the requests that name each."""
        return {
            name: tuple(sorted({link.said_by for link in self._below.get(name, ())}))
            for name in names
            if self.nodes[name].request is None
        }

    def _up(self, part: Part) -> Iterator[tuple[Link, Part]]:
        name, artifact = part
        for link in self._above.get(name, ()):
            if artifact in link.artifacts:
                for each in self.nodes[link.parent].artifacts:
                    if link.from_part(each):
                        yield link, (link.parent, each)

    def _down(self, part: Part) -> Iterator[tuple[Link, Part]]:
        name, artifact = part
        for link in self._below.get(name, ()):
            if link.from_part(artifact):
                for each in link.artifacts:
                    yield link, (link.child, each)

    def _walk(
        self, start: Iterable[Part], step: Callable[[Part], Iterator[tuple[Link, Part]]], depth: int | None
    ) -> tuple[tuple[Link, ...], frozenset[Part]]:
        """Everything that can be reached, nearest first."""
        layer = list(start)
        seen, links = set(layer), dict[Link, None]()
        steps = 0
        while layer and (depth is None or steps < depth):
            following: list[Part] = []
            for part in layer:
                for link, reached in step(part):
                    links[link] = None
                    if reached not in seen:
                        seen.add(reached)
                        following.append(reached)
            layer, steps = following, steps + 1
        return tuple(links), frozenset(seen)

    def _knots(self) -> list[set[str]]:
        """The strongly connected components that have a circle. Tarjan's algorithm, without recursion."""
        index: dict[str, int] = {}
        low: dict[str, int] = {}
        stack: dict[str, None] = {}
        found: list[set[str]] = []
        for start in self.nodes:
            trail = [] if start in index else [(start, iter(self._parents(start)))]
            while trail:
                name, parents = trail[-1]
                if name not in index:
                    index[name] = low[name] = len(index)
                    stack[name] = None
                for parent in parents:
                    if parent not in index:
                        trail.append((parent, iter(self._parents(parent))))
                        break
                    if parent in stack:
                        low[name] = min(low[name], index[parent])
                else:
                    trail.pop()
                    if trail:
                        low[trail[-1][0]] = min(low[trail[-1][0]], low[name])
                    if low[name] == index[name]:
                        knot: set[str] = set()
                        while name not in knot:
                            knot.add(stack.popitem()[0])
                        if len(knot) > 1 or name in self._parents(name):
                            found.append(knot)
        return found

    def _parents(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(link.parent for link in self._above.get(name, ())))

    def _around(self, start: str, knot: set[str]) -> tuple[str, ...]:
        """The shortest way from a node of a knot to itself."""
        came: dict[str, str] = {}
        layer = [start]
        while start not in came:
            following = []
            for name in layer:
                for parent in self._parents(name):
                    if parent in knot and parent not in came:
                        came[parent] = name
                        following.append(parent)
            layer = following
        way = [start]
        while (name := came[way[-1]]) != start:
            way.append(name)
        return (start, *reversed(way[1:]), start)


class _Sayings:
    """What one request says about what stands on what."""

    def __init__(
        self, request: ReleaseRequest, nodes: Mapping[str, Node], names: Names, asked: frozenset[str]
    ) -> None:
        self.request, self.nodes, self.names, self.asked = request, nodes, names, asked
        self.own: dict[str | None, tuple[str, ...]] = {None: tuple(each.id for each in request.artifacts)}
        for artifact in request.artifacts:
            for name in {artifact.id, artifact.variant} - {None}:
                self.own[name] = (*self.own.get(name, ()), artifact.id)

    def links(self) -> Iterator[Link]:
        """The links, from the lineage and from the data."""
        where = _items(self.request, ("lineage",))
        for index, edge in enumerate(self.request.lineage.items):
            parent, part = self._meant(edge.parent)
            if edge.child in self.own:
                child, artifacts, called = self.request.id, self.own[edge.child], None
            else:
                child, own = self._meant(str(edge.child))
                artifacts = (own,) if own is not None else self.nodes.get(child, Node(child)).artifacts
                called = edge.child
            yield Link(
                child, artifacts, parent, part, in_words(edge.relation.value), edge.parent, called,
                self.request.id, (*where, index), in_words(edge.license.value), in_words(edge.access.value),
            )  # fmt: skip
        yield from self._data()

    def _data(self) -> Iterator[Link]:
        """Sources of training data that a request describes, or that are asked about. The others are many."""
        places: dict[Pointer, list[Artifact]] = {}
        for artifact in self.request.artifacts:
            variant = self.request.variants.get(artifact.variant or "")
            own = variant is not None and "sources" in variant.data.model_fields_set
            at: Pointer = ("variants", str(artifact.variant)) if own else ()
            if artifact.kind != "code":
                places.setdefault((*at, "data", "sources"), []).append(artifact)
        for at, artifacts in places.items():
            section = self.request.variants[str(at[1])] if at[0] == "variants" else self.request
            where = _items(self.request, at)
            for index, source in enumerate(section.data.sources.items):
                parent, part = self._meant(source.name)
                if (parent in self.nodes or parent in self.asked) and parent != self.request.id:
                    yield Link(
                        self.request.id, tuple(each.id for each in artifacts), parent, part, DATA,
                        source.name, None, self.request.id, (*where, index),
                        in_words(source.license.value), in_words(source.access.value),
                    )  # fmt: skip

    def _meant(self, name: str) -> tuple[str, str | None]:
        """The node that a name means, and the artifact of it, if it means one."""
        meaning = self.names.meaning(name)
        node, _, part = meaning.rpartition("/")
        if meaning not in self.nodes and node in self.nodes and part in self.nodes[node].artifacts:
            return node, part
        return meaning, None


def _items(request: ReleaseRequest, at: Pointer) -> Pointer:
    """Where the members of a list are written."""
    return (*at, "items") if request.tree_at((*at, "items")) is not None else at


def _by(links: Iterable[Link], end: Callable[[Link], str]) -> Mapping[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(end(link), []).append(link)
    return {name: tuple(each) for name, each in found.items()}
