"""Small requests for tests of what stands on what."""

from datetime import date
from pathlib import Path
from typing import Any

from release_gate import Gate, ReleaseRequest
from release_gate.gate.lineage.closing import Change, Effect, what_if
from release_gate.gate.lineage.draw import Picture
from release_gate.gate.lineage.graph import Graph
from release_gate.gate.lineage.names import Names
from release_gate.gate.lineage.standing import Judge, judge_with, standings
from release_gate.policy.load import load_policy

DAY = date(2026, 11, 24)
COVERING = """\
release_gate: policy/v1
id: own
version: 1.0.0
title: Own
covers: true
rules: [{id: nothing, deny: Never, when: request.id == "never"}]
"""


def model(name: str, *parents: str | dict[str, Any], **more: Any) -> ReleaseRequest:
    """A request for open weights that stand on parents under Apache-2.0."""
    apache = {"relation": "finetune", "license": "Apache-2.0", "access": "weights_open", "permission": False}
    lineage = [apache | ({"parent": each} if isinstance(each, str) else each) for each in parents]
    tree = {
        "release_gate": "request/v1",
        "id": name,
        "action": "release",
        "artifacts": [
            {"id": "weights", "kind": "weights", "wanted": "weights_open", "license": "Apache-2.0"}
        ],
        "components": [{"kind": "parameters", "open": True}],
        "data": {"sources": []},
        "lineage": lineage,
        "incidents": [],
    }
    return ReleaseRequest.model_validate(tree | more)


def graph(*requests: ReleaseRequest, **aliases: str) -> Graph:
    return asking((), *requests, **aliases)


def asking(about: tuple[str, ...], *requests: ReleaseRequest, **aliases: str) -> Graph:
    """A graph in which data are nodes that are asked about."""
    return Graph([(each, "test") for each in requests], Names(aliases), about)


def judge(folder: Path, *packs: str) -> Judge:
    (folder / "own.yaml").write_text(COVERING)
    policies = [load_policy(folder / "own.yaml"), *Gate.from_policies(packs).policies]
    return judge_with(Gate(policies), DAY)


def picture(found: Graph, name: str, by: Judge) -> Picture:
    view = found.view(name)
    return Picture(found, view, standings(found, view.names, by))


def asked(found: Graph, by: Judge, *changes: Change) -> dict[str, Effect]:
    return {f"{each.name}/{each.artifact}": each for each in what_if(found, changes, by, DAY)}
