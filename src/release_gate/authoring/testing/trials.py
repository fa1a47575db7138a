"""Run tests: judge the request of each trial, and tell what did not come as expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from release_gate.authoring.processes import spread
from release_gate.authoring.testing.expectations import Expectation, found, in_short, shortened
from release_gate.authoring.testing.suites import COVER, Suite, Trial
from release_gate.decision import ArtifactDecision, Decision, FactRead, Finding
from release_gate.diagnostics import Diagnostic, printable
from release_gate.engine import decide
from release_gate.facts.truth import Reason
from release_gate.policy.model import Policy

__all__ = ["Failure", "Outcome", "judged", "run", "run_all"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not come as expected.

    Attributes:
        expectation: What was expected.
        came: What came.
        diagnostic: The same for a person, at its place.
    """

    expectation: Expectation
    came: Any
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to.

    Attributes:
        trial: The trial.
        came: What came, for each of its expectations.
        failures: What did not come as expected; none, if it passed.
    """

    trial: Trial
    came: tuple[Any, ...]
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.failures


def judged(trial: Trial, policies: Sequence[Policy]) -> dict[str, ArtifactDecision]:
    """The decisions on a trial, by artifact."""
    return {artifact.id: artifact for artifact in _decide(trial, policies).artifacts}


def _decide(trial: Trial, policies: Sequence[Policy]) -> Decision:
    return decide(trial.request, policies, trial.as_of)


def run(suite: Suite, trials: Iterable[Trial]) -> Iterator[Outcome]:
    """Judge trials of a suite, one after the other.

    Raises:
        RequestError: A request states a fact in a way that a policy does not allow.
    """
    for trial in trials:
        yield _outcome(suite, trial, _came(suite, trial))


def run_all(suites: Iterable[Suite], jobs: int = 1) -> Iterator[tuple[Suite, Outcome]]:
    """Judge every trial of some suites, in several processes, and give back the outcomes in their order.

    Raises:
        RequestError: A request states a fact in a way that a policy does not allow.
    """
    pairs = [(suite, trial) for suite in suites for trial in suite.trials]
    results = spread(lambda pair: _came(*pair), pairs, jobs)
    for (suite, trial), came in zip(pairs, results, strict=True):
        yield suite, _outcome(suite, trial, came)


_Came: TypeAlias = "tuple[tuple[Any, ...], tuple[tuple[int, str, str], ...]]"
"""What came for each expectation; and for those that do not hold their number, what is said, and why."""


def _came(suite: Suite, trial: Trial) -> _Came:
    """Judge a trial. What is known of it already is left out, since this may go to another process."""
    decisions = judged(trial, suite.policies)
    came = tuple(found(each, decisions[each.artifact]) for each in trial.expectations)
    failures = tuple(
        (number, *_told(each, value, decisions[each.artifact]))
        for number, (each, value) in enumerate(zip(trial.expectations, came, strict=True))
        if not each.holds(value)
    )
    return came, failures


def _outcome(suite: Suite, trial: Trial, came: _Came) -> Outcome:
    values, failed = came
    failures = []
    for number, said, why in failed:
        expectation = trial.expectations[number]
        diagnostic = Diagnostic("RG810", said, suite.document.span(expectation.at), why)
        failures.append(Failure(expectation, values[number], diagnostic))
    return Outcome(trial, values, tuple(failures))


def _told(expectation: Expectation, came: Any, decision: ArtifactDecision) -> tuple[str, str]:
    """What is not as expected, and why it came."""
    about, _, rest = expectation.about.partition(".")
    said = _WORDS[about].format(
        artifact=expectation.artifact, rung=rest or decision.requested,
        expected=in_short(expectation.expected), came=in_short(shortened(came)),
    )  # fmt: skip
    return said, _why(expectation, decision)


_WORDS = {
    "verdict": "`{artifact}` at `{rung}` should be `{expected}`, and is `{came}`",
    "levels": "`{artifact}` at `{rung}` should be `{expected}`, and is `{came}`",
    "best": "the best level of `{artifact}` should be `{expected}`, and is `{came}`",
    "not_ruled_out": "what `{artifact}` may still reach at most should be `{expected}`, and is `{came}`",
    "tier": "the tier of `{artifact}` should be `{expected}`, and is `{came}`",
    "because": "of the rules `{expected}`, not all have a finding for `{artifact}`; those that do: `{came}`",
    "not_because": "none of `{expected}` should have a finding for `{artifact}`; those that do: `{came}`",
    "missing": "missing for `{artifact}` at `{rung}` should be `{expected}`, and is `{came}`",
    "could_lift": "what could lift duties of `{artifact}` should be `{expected}`, and is `{came}`",
    "obligations": "the duties of `{artifact}` should be those of `{expected}`, and are those of `{came}`",
    "unverified": "of the unverified rules, the verdict on `{artifact}` at `{rung}` should hang on "
    "`{expected}`, and hangs on `{came}`",
}


def _why(expectation: Expectation, decision: ArtifactDecision) -> str:
    """The findings that made it what it is, worst first, as far as a reader wants to know at once."""
    about, _, rest = expectation.about.partition(".")
    if about not in ("verdict", "levels", "best"):
        return ""
    rung = rest if about == "levels" else decision.requested
    here = [each for each in decision.findings if each.stands_at(rung) and each.policy != COVER]
    worst = max((each.outcome.rank for each in here), default=-1)
    deciding = [each for each in here if each.outcome.rank == worst]
    if not deciding:
        return "no rule has a finding there"
    more = f", and {len(deciding) - 3} more" if len(deciding) > 3 else ""
    if deciding[0].policy == "gate":  # no policy covers it; one whose time has not come, most often
        return f"{deciding[0].message}; a policy is in force from its day on"
    return "because of " + "; ".join(_finding(each) for each in deciding[:3]) + more


def _meaning(fact: FactRead) -> str:
    """Why a fact is unknown, in words."""
    return Reason(fact.reason).meaning if fact.reason else "nobody knows why"


def _finding(finding: Finding) -> str:
    facts = [
        f"{fact.path} is " + (f"unknown: {_meaning(fact)}" if fact.state == "unknown" else str(fact.value))
        for fact in finding.facts[:3]
    ]
    return f"`{finding.rule}`" + (f" ({printable(', '.join(facts))})" if facts else "")
