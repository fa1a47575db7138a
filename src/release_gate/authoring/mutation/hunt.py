"""Find the changes of a policy that none of its tests notices.

What most changes do shows in a few rules. So those alone are judged again, as a small policy, and once for
all scenes in which they read the same. Only where they come to something else, their findings take the
place of the old ones, and the engine answers again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from release_gate.authoring.looks import Reads
from release_gate.authoring.mutation.mutants import Mutant, mutants
from release_gate.authoring.mutation.scenes import Scene, bare, differs, recombined
from release_gate.authoring.mutation.touched import Readers, Touched, changed_metrics, conditions_of
from release_gate.authoring.processes import spread
from release_gate.authoring.testing.expectations import Expectation, found, in_short, shortened
from release_gate.decision import ArtifactDecision
from release_gate.evaluate.reference import evaluate, truth_of
from release_gate.expression.nodes import Condition
from release_gate.policy.in_force import policy_of
from release_gate.policy.model import Policy

__all__ = ["Hunt", "Survivor"]

_BY_RUNG: Final = frozenset({("tier",), ("artifact", "access")})
"""What differs between access levels on one side of the irreversible boundary."""


@dataclass(frozen=True)
class Survivor:
    """A change that no test notices.

    Attributes:
        mutant: The change.
        advice: The case that would notice.
    """

    mutant: Mutant
    advice: str


class Hunt:
    """The hunt for survivors among the mutants of a policy, by the scenes of each of its trials.

    Attributes:
        policy: The policy.
        mutants: Its mutants, but for those of what nothing reads.
        failing: How many trials fail as they are.
    """

    def __init__(self, policy: Policy, trials: Iterable[Sequence[Scene]]) -> None:
        self.policy = policy
        self.readers = Readers(policy)
        self.mutants = [each for each in mutants(policy) if self.readers.touched(each.policy)]
        self.failing = 0
        self.scenes: list[Scene] = []
        for together in trials:
            self.failing += any(scene.notices(scene.decision) for scene in together)
            self.scenes += [scene for scene in together if policy_of(policy, scene.trial.as_of) is policy]
        beside = dict.fromkeys(policy for scene in self.scenes for policy in scene.beside)
        self.bare = {each: bare(each) for each in beside}
        self.groups: dict[Reads, list[list[Scene]]] = {}
        self.before: dict[tuple[int, int], Hashable] = {}

    def survivors(self, jobs: int = 1) -> Iterator[Survivor | None]:
        """For each mutant, in their order, the survivor or None."""
        advice = spread(self.survives, self.mutants, jobs)
        for mutant, said in zip(self.mutants, advice, strict=True):
            yield None if said is None else Survivor(mutant, said)

    def survives(self, mutant: Mutant) -> str | None:
        """The case that would notice a mutant; None if there is one already that does."""
        advice = ""
        for scene, changed in self.changes(mutant):
            if scene.notices(changed):
                return None
            advice = advice or _advice(scene, changed)
        hint = f"add a case with `set: {{{mutant.hint}}}`" if mutant.hint else ""
        return advice or hint or "add a case in which this makes a difference"

    def changes(self, mutant: Mutant) -> Iterator[tuple[Scene, ArtifactDecision]]:
        """The scenes on which a mutant may decide otherwise, and what it decides."""
        touched = self.readers.touched(mutant.policy)
        return self.of_scope(mutant) if touched.scope else self.of_rules(mutant, touched)

    def of_rules(self, mutant: Mutant, touched: Touched) -> Iterator[tuple[Scene, ArtifactDecision]]:
        """The changes by a mutant that leaves the scope as it is."""
        names = touched.names(self.policy)
        small = touched.part(mutant.policy)
        reads = Reads.of([*conditions_of(touched.part(self.policy)), *conditions_of(small)])
        matters = set(self.scenes_of(mutant))
        for group in self.grouped(reads, mutant):
            first = group[0]
            if first in matters:
                part = first.found_by(small, [self.bare[each] for each in first.beside])
                if differs(first, part, names):
                    yield from ((scene, recombined(scene, part, names)) for scene in group)

    def of_scope(self, mutant: Mutant) -> Iterator[tuple[Scene, ArtifactDecision]]:
        """The changes by a mutant of the scope, which may change everything."""
        for scene in self.scenes_of(mutant):
            yield scene, Scene(scene.trial, scene.artifact, mutant.policy, scene.beside).decision

    def scenes_of(self, mutant: Mutant) -> list[Scene]:
        """The scenes in which the condition that a mutant changes comes to something else."""
        if mutant.change is None:
            return self.scenes
        reads = Reads.of(mutant.change)
        if not _BY_RUNG.isdisjoint(reads.facts):
            return self.scenes
        was, now = mutant.change
        return [
            scene
            for group in self.grouped(reads, mutant)
            if self.came_before(was, group[0], reads) != _came(now, group[0], reads)
            for scene in group
        ]

    def came_before(self, condition: Condition, scene: Scene, reads: Reads) -> Hashable:
        """What a condition of the policy as it is comes to in a scene, evaluated once for all mutants."""
        key = (id(condition), id(scene))  # both are kept, and hashing a tree is slow
        if key not in self.before:
            self.before[key] = _came(condition, scene, reads)
        return self.before[key]

    def grouped(self, reads: Reads, mutant: Mutant) -> list[list[Scene]]:
        """The scenes, together where the same is read before and after a change."""
        metrics = changed_metrics(self.policy, mutant.policy)
        if metrics:
            # Two measurements that counted for the same may count for something else now.
            other = replace(mutant.policy, metrics=metrics, own={})
            again = Reads(tuple(("metric", name) for name in metrics), ())
            return _grouped(self.scenes, lambda each: (each.key(reads), each.read_by(other, again)))
        if reads not in self.groups:
            self.groups[reads] = _grouped(self.scenes, lambda each: each.key(reads))
        return self.groups[reads]


def _grouped(scenes: Iterable[Scene], key: Callable[[Scene], Hashable]) -> list[list[Scene]]:
    groups: dict[Hashable, list[Scene]] = {}
    for scene in scenes:
        groups.setdefault(key(scene), []).append(scene)
    return list(groups.values())


def _came(condition: Condition, scene: Scene, reads: Reads) -> Hashable:
    """What a condition comes to in a scene, and what would settle it."""
    below, beyond = scene.looks
    looks = (below,) if below.key(reads) == beyond.key(reads) else (below, beyond)
    traces = [evaluate(condition.root, look.facts) for look in looks]
    return tuple((truth_of(trace), tuple(read.path for read in trace.support)) for trace in traces)


def _advice(scene: Scene, changed: ArtifactDecision) -> str:
    """What this very case would have to expect to notice; empty if there is nothing."""
    levels = [f"levels.{rung}" for rung in scene.decision.ladder]
    for about in (*levels, f"tier.{scene.policy.id}", "obligations", "missing", "because"):
        asked = Expectation(scene.artifact.id, about, None, (), (scene.artifact.wanted,))
        was, now = found(asked, scene.decision), found(asked, changed)
        if was != now:
            expected = f"{scene.artifact.id}: {{{_as_written(about, was, now)}}}"
            instead = f"; with the change it is `{in_short(shortened(now))}`"
            return f"in the case `{scene.trial.name}`, expect `{expected}`{instead}"
    return ""


def _as_written(about: str, was: Any, now: Any) -> str:
    """An expectation that holds and would not hold any more, as tests write it."""
    key, _, rest = about.partition(".")
    if key == "levels":
        return f"levels: {{{rest}: {was}}}"
    if key == "because":
        gone, new = was - now, now - was
        return f"because: {in_short(shortened(gone))}" if gone else f"not_because: {in_short(shortened(new))}"
    return f"{key}: {in_short(shortened(was))}"
