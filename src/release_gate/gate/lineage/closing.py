"""If one of them closes, who falls, and how far.

What is asked changes facts of the requests that stand on a node, and nothing else: the licence or the access
level of an ancestor or of a source of data, and that it was withdrawn, as an incident. Each of these requests
is then judged again, by the same policies. One that does not name the node, because it stands on it by way of
others, is told of it before and after, so that the change alone makes the difference. Nobody is assumed to
comply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any, Final

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.diagnostics import RequestError
from release_gate.facts.events import WITHDRAWAL
from release_gate.facts.ladder import ALL_RUNGS
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.lineage.graph import DATA, Graph, Link, Part
from release_gate.gate.lineage.standing import Judge, Row, Standing
from release_gate.source import Pointer, Tree

__all__ = ["Change", "Effect", "fallen", "what_if", "with_effects"]

_FACTS: Final = ("license", "terms", "access", "training_flop")


@dataclass(frozen=True)
class Change:
    """What is asked of a node.

    Attributes:
        name: The node, by any of its names; ``id/artifact`` for one artifact of it.
        license: The licence that it gets; None if it is withdrawn.
    """

    name: str
    license: str | None = None

    @property
    def in_words(self) -> str:
        """What happens to it."""
        return f"{self.name} is withdrawn" if self.license is None else f"{self.name} is under {self.license}"


@dataclass(frozen=True)
class Effect:
    """What becomes of an artifact.

    Attributes:
        name: Its request.
        artifact: The artifact.
        before: What the gate says now.
        after: What it would say.
        told: Whether its request does not name the node itself.
        problem: Why its request could not be judged again, if it could not.
    """

    name: str
    artifact: str
    before: ArtifactDecision
    after: ArtifactDecision | None
    told: bool = False
    problem: str = ""

    @property
    def direction(self) -> str:
        """``falls`` if less is allowed somewhere up to what is asked for, ``rises`` if more is.

        If neither, ``denied`` of what was denied already, and ``stands`` of anything else.
        """
        if self.after is None:
            return "falls"
        asked = ALL_RUNGS[self.before.requested]
        steps = [
            self.after.ladder[rung].rank - verdict.rank
            for rung, verdict in self.before.ladder.items()
            if ALL_RUNGS[rung] <= asked
        ]
        if any(step > 0 for step in steps):
            return "falls"
        if any(step < 0 for step in steps):
            return "rises"
        return "denied" if self.before.verdict is Verdict.DENY else "stands"

    @property
    def because(self) -> tuple[str, ...]:
        """The rules that hold it up after the change and did not before, as ``policy/rule``."""
        if self.after is None:
            return ()
        before = _holding(self.before)
        return tuple(
            sorted(rule for rule, rank in _holding(self.after).items() if rank > before.get(rule, -1))
        )


def _holding(decision: ArtifactDecision) -> dict[str, int]:
    """The rules that do not allow the access level that is asked for."""
    found: dict[str, int] = {}
    for each in decision.findings:
        if each.stands_at(decision.requested) and not each.outcome.allows:
            name = f"{each.policy}/{each.rule}"
            found[name] = max(found.get(name, 0), each.outcome.rank)
    return found


def what_if(graph: Graph, changes: Sequence[Change], judge: Judge, as_of: date) -> tuple[Effect, ...]:
    """What becomes of everything that stands on some nodes, if these close or change their licences.

    Args:
        graph: What stands on what.
        changes: What happens.
        judge: How requests are judged.
        as_of: The day on which it happens.

    Returns:
        For each artifact that is touched what becomes of it, in the order of names.

    Raises:
        RequestError: There is no such node, or a request states a fact in a way that a policy does not allow.
    """
    edits: dict[str, _Edit] = {}
    for change in changes:
        for edit in _edits(graph, change, as_of):
            edits.setdefault(edit.name, _Edit(edit.name)).add(edit)
    return tuple(
        effect for name in sorted(edits) for effect in _effects(graph.nodes[name].request, edits[name], judge)
    )


def with_effects(standings: Mapping[str, Standing], effects: Iterable[Effect]) -> Mapping[str, Standing]:
    """Where nodes stand, with what would become of each artifact."""
    found = {(effect.name, effect.artifact): effect for effect in effects}

    def after(name: str, row: Row) -> Row:
        effect = found.get((name, row.artifact))
        return row if effect is None else replace(row, decision=effect.before, then=effect.after)

    return {
        name: replace(each, rows=tuple(after(name, row) for row in each.rows))
        for name, each in standings.items()
    }


def fallen(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Those that fall."""
    return tuple(effect for effect in effects if effect.direction == "falls")


@dataclass
class _Edit:
    """What is to be changed in a request: what it is told of, and what then changes."""

    name: str
    artifacts: set[str] = field(default_factory=set)
    told: list[tuple[dict[str, Tree], dict[str, Tree]]] = field(default_factory=list)
    facts: dict[Pointer, Tree] = field(default_factory=dict)
    withdrawn: list[date] = field(default_factory=list)

    def add(self, other: _Edit) -> None:
        self.artifacts |= other.artifacts
        self.told += [each for each in other.told if each not in self.told]
        self.facts |= other.facts
        self.withdrawn += other.withdrawn


def _edits(graph: Graph, change: Change, as_of: date) -> Iterator[_Edit]:
    root, part = graph.find(change.name)
    reached = graph.below(graph.parts(root, part))[1] - set(graph.parts(root, part))
    hops = graph.standing_on(root, part)
    beneath = {hop: graph.below((hop.child, each) for each in hop.artifacts)[1] for hop in hops}
    for name in sorted({name for name, _ in reached}):
        request = graph.nodes[name].request
        if request is None:
            continue
        edit = _Edit(name, {artifact for node, artifact in reached if node == name})
        own = [link for link in hops if link.said_by == name]
        for link in own:
            edit.facts |= _changed(request, link, change)
        edit.told = list(_told(graph, name, beneath, change))
        if change.license is None:
            edit.withdrawn = [as_of]
        yield edit
    yield from _itself(graph, root, part, change)


def _itself(graph: Graph, root: str, part: str | None, change: Change) -> Iterator[_Edit]:
    """A new licence is a fact of the node's own request too."""
    request = graph.nodes[root].request
    if request is None or change.license is None:
        return
    edit = _Edit(root)
    for index, artifact in enumerate(request.artifacts):
        if part in (None, artifact.id):
            edit.artifacts.add(artifact.id)
            edit.facts |= _relicensed(request, ("artifacts", index), change.license)
    yield edit


def _changed(request: ReleaseRequest, link: Link, change: Change) -> dict[Pointer, Tree]:
    if change.license is not None:
        return _relicensed(request, link.at, change.license)
    return {(*link.at, "access"): "withheld"}


def _relicensed(request: ReleaseRequest, at: Pointer, license_: str) -> dict[Pointer, Tree]:
    """Another licence, and none of the terms that were stated for the old one."""
    facts: dict[Pointer, Tree] = {(*at, "license"): license_}
    return facts | ({(*at, "terms"): {}} if request.tree_at((*at, "terms")) is not None else {})


def _told(
    graph: Graph, name: str, beneath: Mapping[Link, frozenset[Part]], change: Change
) -> Iterator[tuple[dict[str, Tree], dict[str, Tree]]]:
    """What a request is told of that it does not say: the hop to the node, before and after the change."""
    said = graph.said_by(name)
    for hop, parts in beneath.items():
        children: dict[str, None] = {}
        if hop.child == name and not any(link.parent == hop.parent for link in said):
            children |= dict.fromkeys(hop.artifacts)
        for link in said:
            if link.child == name and _leads(graph, link, parts) and not _names(said, link, hop.parent):
                children |= dict.fromkeys(link.artifacts if link.relation == DATA else [link.called])
        before = {"parent": hop.parent, **_stated(graph, hop)}
        after = {**before, **_instead(change)}
        for child in children:
            yield {"child": child, **before}, {"child": child, **after}


def _leads(graph: Graph, link: Link, parts: frozenset[Part]) -> bool:
    return any(
        (link.parent, each) in parts and link.from_part(each) for each in graph.nodes[link.parent].artifacts
    )


def _instead(change: Change) -> dict[str, Tree]:
    if change.license is not None:
        return {"license": change.license, "terms": {}}
    return {"access": "withheld"}


def _names(said: Iterable[Link], link: Link, parent: str) -> bool:
    """Whether a request names a node among what it says about one of its ancestors."""
    above: dict[str | None, list[Link]] = {}
    for each in said:
        above.setdefault(each.child_called, []).append(each)
    waiting, seen = [link], {link}
    while waiting:
        each = waiting.pop()
        if each.parent == parent:
            return True
        more = [one for one in above.get(each.called, ()) if one not in seen]
        seen.update(more)
        waiting += more
    return False


def _stated(graph: Graph, hop: Link) -> dict[str, Tree]:
    """What is said of the node where it is named, without whose word that is."""
    request = graph.nodes[hop.said_by].request
    written: Any = request.tree_at(hop.at) if request is not None else {}
    relation = "pretrain_data" if hop.relation == DATA else hop.relation
    facts = {name: _bare(written[name]) for name in _FACTS if name in written}
    return {"relation": relation, **facts}


def _bare(written: Any) -> Any:
    if isinstance(written, Mapping):
        return {key: _bare(each) for key, each in written.items() if key not in ("source", "note")}
    return written


def _effects(request: ReleaseRequest | None, edit: _Edit, judge: Judge) -> Iterator[Effect]:
    if request is None:
        return
    told = bool(edit.told)
    try:
        before = judge(_added(request, "lineage", [each for each, _ in edit.told]))
        after = judge(_changed_request(request, edit))
    except RequestError as error:  # it would stand on itself, or on what no request can say
        problem = error.diagnostics[0].message
        for each in judge(request).artifacts:
            if each.id in edit.artifacts:
                yield Effect(request.id, each.id, each, None, told, problem)
        return
    then = {each.id: each for each in after.artifacts}
    for each in before.artifacts:
        if each.id in edit.artifacts:
            yield Effect(request.id, each.id, each, then[each.id], told)


def _changed_request(request: ReleaseRequest, edit: _Edit) -> ReleaseRequest:
    changed = _added(request.with_facts(edit.facts), "lineage", [each for _, each in edit.told])
    taken = {incident.id for incident in request.incidents.items}
    free = (name for number in count(1) if (name := f"ancestor-withdrawn-{number}") not in taken)
    incidents = [_incident(next(free), day) for day in edit.withdrawn]
    return _added(changed, "incidents", incidents)


def _incident(name: str, day: date) -> Tree:
    """That something was withdrawn: an incident whose severity for what stands on it nobody has assessed."""
    return {
        "id": name,
        "kind": WITHDRAWAL,
        "severity": {"unknown": "not_assessed"},
        "date": day.isoformat(),
        "resolved": False,
    }


def _added(request: ReleaseRequest, name: str, members: Sequence[Tree]) -> ReleaseRequest:
    """A request with more members in a list. One of which nothing is known stays so."""
    written: Any = request.tree_at((name,))
    items = written.get("items") if isinstance(written, Mapping) else written
    if not members or not isinstance(items, list | tuple):
        return request
    at = (name, "items") if isinstance(written, Mapping) else (name,)
    return request.with_facts({at: [*items, *members]})
