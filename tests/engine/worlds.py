"""What can be known about a small release, fact by fact, and which knowledge is sharper than which.

A :class:`Slot` is a fact of a request with a handful of possible values, and with the ways in which it can be
known: not at all, as one of two, or exactly. A world picks one way for each slot. A world is sharper than
another if in each slot it allows no value that the other does not: that is what more evidence means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, Final

from release_gate import engine
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import Source
from release_gate.facts.ladder import LADDER
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.load import policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import Document

TODAY: Final = date(2026, 11, 24)
RUNGS: Final = [step.name for step in LADDER]
UNKNOWN: Final = {"unknown": "missing"}
DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64

LATER: Final = {
    Verdict.APPROVE: {Verdict.APPROVE},
    Verdict.CONDITIONAL: {Verdict.APPROVE, Verdict.CONDITIONAL},
    Verdict.NEEDS_APPROVAL: {Verdict.APPROVE, Verdict.CONDITIONAL, Verdict.NEEDS_APPROVAL},
    Verdict.NEEDS_EVIDENCE: set(Verdict),
    Verdict.DENY: {Verdict.DENY},
}
"""What a verdict may become under more evidence."""


@dataclass(frozen=True)
class Way:
    """A way in which a fact can be known: how it is written, and which values that leaves possible."""

    written: Any
    leaves: frozenset[int]

    @property
    def is_known(self) -> bool:
        """Whether it leaves one value."""
        return len(self.leaves) == 1


@dataclass(frozen=True)
class Slot:
    """A fact. ``path`` is how decisions name it, ``at`` where it stands in a request."""

    path: str
    at: tuple[str | int, ...]
    ways: tuple[Way, ...]


def slot(path: str, values: Sequence[Any], *ranges: tuple[int, int], at: tuple[str | int, ...] = ()) -> Slot:
    """A fact that is one of some values in their order, or in a range of them, or not known."""
    ways = [Way(value, frozenset({index})) for index, value in enumerate(values)]
    ways += [
        Way({"low": values[low], "high": values[high]}, frozenset(range(low, high + 1)))
        for low, high in ranges
    ]
    ways.append(Way(UNKNOWN, frozenset(range(len(values)))))
    return Slot(path, at or tuple(path.split(".")), tuple(ways))


def whole(path: str, ways: Sequence[tuple[Any, set[int]]]) -> Slot:
    """A fact whose ways are written out: a list, of which a part may be known."""
    return Slot(path, tuple(path.split(".")), tuple(Way(made, frozenset(left)) for made, left in ways))


def member(items: str, name: str, fact: str, values: Sequence[Any]) -> Slot:
    """A fact of a member of a list."""
    number = int(name[-1])
    return slot(f"{items}[{name}].{fact}", values, at=(items, "items", number, *fact.split(".")))


SLOTS: Final = {
    each.path: each
    for each in (
        slot("model.parameters", [0, 5, 12, 40], (1, 2), (0, 2)),
        slot("compute.training_flop", [1, 6, 50], (0, 1), (1, 2)),
        slot("capability.cbrn.level", ["low", "high", "critical"], (0, 1), (1, 2)),
        slot("misuse.ncii.likelihood", ["low", "moderate", "high"], (1, 2)),
        slot("developer.annual_revenue_usd", [3, 9, None]),
        slot("developer.name", ["Acme", "Other", None]),
        slot("transparency.website", ["x", None]),
        slot("transparency.contact", ["y", None]),
        slot("transparency.release_date", ["2026-01-31", "2026-06-30", "2026-12-31"], (0, 1), (1, 2)),
        slot("own.scale", ["a", "b", "c"], (0, 1), (1, 2)),
        slot("own.flag", [True, False]),
        slot("own.count", [1, 2, 3], (0, 1)),
        slot("artifact.digest", [DIGEST, OTHER], at=("artifacts", 0, "digest")),
        slot("metric.m.value", [0.2, 0.5, 0.9], (0, 1), (1, 2)),
        slot("metric.m.measured", ["2026-01-01", "2026-11-01"], (0, 1)),
        slot("metric.m.on", [DIGEST, OTHER]),
        slot("metric.m.independent", [True, False]),
        whole("metric.m.behind", [([], {0}), (["s0"], {1}), (["s1"], {2}), (UNKNOWN, {0, 1, 2})]),
        member("safeguards", "s0", "removable", [True, False]),
        member("safeguards", "s0", "effective", [True, False]),
        member("safeguards", "s1", "removable", [True, False]),
        member("safeguards", "s1", "effective", [True, False]),
        whole("safeguards.complete", [(True, {0}), (False, {0, 1})]),
        member("lineage", "p0", "license", ["MIT", "CC-BY-NC-4.0", "LicenseRef-own"]),
        member("lineage", "p0", "terms.commercial_use", [True, False]),
        member("lineage", "p1", "terms.commercial_use", [True, False]),
        member("lineage", "p0", "permission", [True, False, None]),
        member("lineage", "p0", "access", ["hosted", "weights_open"]),
        member("lineage", "p1", "license", ["MIT", "CC-BY-NC-4.0"]),
        member("lineage", "p1", "access", ["hosted", "weights_open"]),
        whole("lineage.complete", [(True, {0}), (False, {0, 1})]),
        whole(
            "model.modalities_out",
            [
                (["text"], {0}),
                (["text", "image"], {1}),
                (["image"], {2}),
                (["text", "audio"], {3}),
                (["text", UNKNOWN], {1, 3}),
                ({"items": ["text"], "complete": False}, {0, 1, 3}),
                ({"items": [], "complete": False}, {0, 1, 2, 3}),
                (UNKNOWN, {0, 1, 2, 3}),
            ],
        ),
    )
}  # fmt: skip

World = Mapping[str, Way]


def worlds(paths: Sequence[str]) -> Iterator[dict[str, Way]]:
    """Every way of knowing some facts."""
    for ways in product(*(SLOTS[path].ways for path in paths)):
        yield dict(zip(paths, ways, strict=True))


def is_sharper(more: World, less: World) -> bool:
    """Whether one world tells no less than another about each fact."""
    return all(way.leaves <= less[path].leaves and _refines(way, less[path]) for path, way in more.items())


def _refines(more: Way, less: Way) -> bool:
    """What is known exactly stays as it was written."""
    return more.leaves != less.leaves or more.written == less.written or not less.is_known


BASE: Final[dict[str, Any]] = {
    "id": "r",
    "action": "release",
    "artifacts": [{"id": "w", "kind": "weights", "wanted": "fully_open", "variant": "v"}],
    "variants": {"v": {}},
    "safeguards": {"items": [{"id": "s0"}, {"id": "s1"}]},
    "lineage": {"items": [{"child": "w", "parent": "p0"}, {"child": "p0", "parent": "p1"}]},
}


def request(world: World, *, in_variant: bool = False) -> ReleaseRequest:
    """A request in which as much is known as in a world; the sections may be those of its variant."""
    tree = _copy(BASE)
    for path, way in world.items():
        at = SLOTS[path].at
        if path.endswith(".complete"):
            tree[at[0]] = {**tree[at[0]], "complete": way.written}
            continue
        place: Any = tree
        if in_variant and at[0] in ("model", "compute", "capability", "misuse", "own", "metric"):
            place = tree["variants"]["v"]
        for step in at[:-1]:
            place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
        if path == "metric.m.value" and isinstance(way.written, dict):
            place |= way.written
        else:
            place[at[-1]] = way.written
    return ReleaseRequest.model_validate(tree)


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(value) for key, value in tree.items()}
    return [_copy(each) for each in tree] if isinstance(tree, list) else tree


HEAD: Final[dict[str, Any]] = {
    "release_gate": "policy/v1",
    "id": "p",
    "version": "1",
    "title": "P",
    "covers": True,
    "parameters": {"floor": {"value": 0.5}, "age": {"value": "P180D"}},
    "facts": {
        "metrics": {"m": {"range": [0, 1]}},
        "own": {
            "scale": {"choices": ["a", "b", "c"], "ordered": True},
            "flag": {"type": "boolean"},
            "count": {"type": "number"},
        },
    },
}


def policy(rules: Sequence[Mapping[str, Any]], **more: Any) -> Policy:
    """A policy of some rules."""
    named: list[Any] = [{"id": f"rule{'abcdefgh'[index]}", **rule} for index, rule in enumerate(rules)]
    return policy_from_document(Document(Source("p", ""), {**HEAD, "rules": named, **more}, {}, {}, {}))


def judge(policies: Sequence[Policy], world: World, *, in_variant: bool = False) -> Decision:
    """The decision on a world."""
    return engine.decide(request(world, in_variant=in_variant), policies, TODAY)


def is_named(path: str, missing: Sequence[str]) -> bool:
    """Whether what is missing names a fact, or the record that it is a part of, or a member of it."""
    owner = path.removesuffix(".complete")
    return any(
        owner == name or name.startswith(f"{path}[") or path.startswith(f"{name}.") for name in missing
    )
