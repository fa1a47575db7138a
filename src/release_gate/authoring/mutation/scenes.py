"""Trials as the hunt for survivors sees them: judged once, and then again in parts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

from release_gate.authoring.looks import Look, Reads
from release_gate.authoring.testing.expectations import found
from release_gate.authoring.testing.suites import Suite, Trial
from release_gate.decision import ArtifactDecision
from release_gate.engine import facts_for
from release_gate.engine.case import Case
from release_gate.engine.judge import Judge
from release_gate.engine.panel import panel_of
from release_gate.facts.release import Artifact
from release_gate.facts.truth import Step
from release_gate.policy.model import Policy

__all__ = ["Scene", "bare", "differs", "recombined", "scenes"]


class Scene:
    """An artifact of a trial, as the policy and those beside it judge it.

    Attributes:
        trial: The trial.
        artifact: The artifact.
        policy: The policy.
        beside: The policies beside it.
        case: What they found.
        decision: What it comes to.
    """

    def __init__(self, trial: Trial, artifact: Artifact, policy: Policy, beside: Sequence[Policy]) -> None:
        self.trial, self.artifact, self.policy, self.beside = trial, artifact, policy, tuple(beside)
        self.expectations = [each for each in trial.expectations if each.artifact == artifact.id]
        self.case = self.found_by(policy, self.beside)
        self.decision = Judge(self.case).answer()

    def found_by(self, policy: Policy, beside: Sequence[Policy]) -> Case:
        """What policies find about the artifact."""
        panel = panel_of((policy, *beside), self.trial.as_of, self.trial.request.SUBJECT)
        case = Case(self.trial.request, self.artifact, panel, self.trial.as_of)
        Judge(case).judge()
        return case

    def notices(self, decision: ArtifactDecision) -> bool:
        """Whether the trial fails if this is decided."""
        return any(not each.holds(found(each, decision)) for each in self.expectations)

    @cached_property
    def looks(self) -> tuple[Look, Look]:
        """What the policy reads below the irreversible boundary, and from there upwards."""
        return self._looks(self.policy)

    def _looks(self, policy: Policy) -> tuple[Look, Look]:
        def look(rung: Step) -> Look:
            facts = facts_for(self.trial.request, self.artifact, policy, rung, self.trial.as_of)
            return Look(self.trial, self.artifact, rung, facts)

        return look(self.artifact.ladder[0]), look(self.artifact.ladder[-1])

    def read_by(self, policy: Policy, reads: Reads) -> Hashable:
        """What another policy reads here."""
        return tuple(look.key(reads) for look in self._looks(policy))

    def key(self, reads: Reads) -> Hashable:
        """Something that is the same for all scenes in which a policy that reads this finds the same.

        Of the facts, only the level that is judged differs between levels on one side of the boundary. What
        people have signed binds to the request, so that a scene with sign-offs is like no other.
        """
        signed = id(self) if self.trial.request.sign_offs else None
        read = [look.key(reads) for look in self.looks]
        return (*read, self.artifact.kind, self.artifact.wanted, self.trial.as_of, signed)


def scenes(policy: Policy, suites: Iterable[Suite]) -> Iterator[list[Scene]]:
    """For each trial, its scenes: the artifacts of which it expects something."""
    for suite in suites:
        for trial in suite.trials:
            names = {each.artifact for each in trial.expectations}
            yield [
                Scene(trial, artifact, policy, suite.beside)
                for artifact in trial.request.artifacts
                if artifact.id in names
            ]


def bare(policy: Policy) -> Policy:
    """What stands for a policy beside: its digest, to which sign-offs bind, and nothing that it asks."""
    instead = bare(policy.instead) if policy.instead is not None else None
    nothing = replace(policy, rules=(), tiers=(), default_tier=None, table=None, metrics={}, own={})
    return replace(nothing, scope=None, instead=instead)


def recombined(scene: Scene, part: Case, names: frozenset[str]) -> ArtifactDecision:
    """The decision on a scene in which findings are those of another case, and all others as they were.

    Args:
        scene: The scene.
        part: What a part of its policy found.
        names: What the findings of the policy are called that are to be taken from there.
    """
    case, ours = copy(scene.case), _ours(scene.policy, names)
    case.hits = [hit for hit in scene.case.hits if (hit.policy, hit.rule) not in ours]
    case.hits += [hit for hit in part.hits if (hit.policy, hit.rule) in ours]
    case.obligations = {key: duty for key, duty in scene.case.obligations.items() if key not in ours}
    case.obligations |= {key: duty for key, duty in part.obligations.items() if key in ours}
    case.tiers = {**scene.case.tiers, **part.tiers}
    return Judge(case).answer()


def differs(scene: Scene, part: Case, names: frozenset[str]) -> bool:
    """Whether findings of another case, taken into a scene, come to something that a test can notice."""
    ours = _ours(scene.policy, names)
    return (
        _outcomes(scene.case, ours) != _outcomes(part, ours)
        or not part.tiers.items() <= scene.case.tiers.items()
    )


def _outcomes(case: Case, ours: frozenset[tuple[str, str]]) -> Hashable:
    hits = frozenset(
        (rank, hit.rule, hit.outcome, hit.support)
        for hit in case.hits
        if (hit.policy, hit.rule) in ours
        for rank in range(hit.start, hit.end + 1)
    )
    return hits, frozenset((key, duty.from_) for key, duty in case.obligations.items() if key in ours)


def _ours(policy: Policy, names: frozenset[str]) -> frozenset[tuple[str, str]]:
    return frozenset((policy.id, name) for name in names)
