"""Where each node of a graph stands: its licence, its access level, and what a gate says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from release_gate.decision import ArtifactDecision, Decision, Verdict, in_words
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Step
from release_gate.gate.gate import Gate
from release_gate.gate.lineage.graph import Graph, Node

__all__ = ["Row", "Standing", "judge_with", "standings"]

Judge = Callable[[ReleaseRequest], Decision]
"""Decides a request."""


def judge_with(gate: Gate, as_of: date, policies_as_of: date | None = None) -> Judge:
    """Decide requests by a gate for a day."""
    return lambda request: gate.decide(request, as_of=as_of, policies_as_of=policies_as_of)


@dataclass(frozen=True)
class Row:
    """An artifact, or something that no request describes.

    Attributes:
        artifact: The artifact; empty for what no request describes.
        license: Its licence; of what no request describes, what others say.
        access: The access level that is asked for; of what no request describes, what others say.
        current: The access level that it has now, if that is known.
        decision: What the gate says.
        then: What it would say after a change, where one is asked about.
    """

    artifact: str
    license: str
    access: str
    current: str | None = None
    decision: ArtifactDecision | None = None
    then: ArtifactDecision | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict at the access level that is asked for, and after a change; none if nobody judges it."""
        return tuple(each.verdict for each in (self.decision, self.then) if each is not None)


@dataclass(frozen=True)
class Standing:
    """A node and where it stands.

    Attributes:
        node: The node.
        rows: Its artifacts.
    """

    node: Node
    rows: tuple[Row, ...]


def standings(graph: Graph, names: Iterable[str], judge: Judge) -> Mapping[str, Standing]:
    """Where some nodes stand.

    Raises:
        RequestError: A request states a fact in a way that a policy does not allow.
    """
    return {name: Standing(graph.nodes[name], _rows(graph, graph.nodes[name], judge)) for name in names}


def _rows(graph: Graph, node: Node, judge: Judge) -> tuple[Row, ...]:
    if node.request is None:
        said = graph.standing_on(node.name, None)
        return (Row("", _all(link.license for link in said), _all(link.access for link in said)),)
    decided = {each.id: each for each in judge(node.request).artifacts}
    rows = []
    for artifact in node.request.artifacts:
        current = in_words(artifact.current.value) if isinstance(artifact.current.value, Step) else None
        license_ = in_words(artifact.license.value)
        rows.append(Row(artifact.id, license_, artifact.wanted, current, decided.get(artifact.id)))
    return tuple(rows)


def _all(words: Iterable[str]) -> str:
    """What several say: one word, or all of them, where they differ."""
    return " or ".join(sorted(dict.fromkeys(words))) or "not said"
