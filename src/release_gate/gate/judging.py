"""From a file to an outcome: the decision about the request in it, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from release_gate.decision import Decision
from release_gate.diagnostics import Diagnostic, InputError, Severity
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.gate.reports.run import About, Outcome
from release_gate.gate.unlisted import unlisted

if TYPE_CHECKING:
    from release_gate.gate.base import Before

__all__ = ["Judged", "Judging"]


class Judged(NamedTuple):
    """What judging a file came to.

    Attributes:
        outcome: What is told of it.
        recordable: What was decided on which request; None if nothing was, or something holds it back.
    """

    outcome: Outcome
    recordable: tuple[Decision, ReleaseRequest] | None = None


@dataclass(frozen=True, slots=True)
class Judging:
    """How requests are judged in one run.

    Attributes:
        gate: The policies.
        as_of: The day for which to decide.
        policies_as_of: The day whose policies to use instead; makes decisions hypothetical.
        base: The gate before the change that is judged, to name what was loosened in it.
        today: The day on which it is asked; for a decision for another day, what it would be today.
        kind: What the files are read as; nothing but requests for releases, unless it is asked for.
    """

    gate: Gate
    as_of: date
    policies_as_of: date | None = None
    base: Before | None = None
    today: date | None = None
    kind: type[ReleaseRequest] = ReleaseRequest

    def judged(self, path: Path) -> Judged:
        """Judge the request in a file. One that is not valid is an outcome too."""
        name = path.as_posix()
        try:
            request = self.kind.load(path)
            held, told = self.held(request.on(self.as_of))
            decision = self.gate.judge(held, as_of=self.as_of, policies_as_of=self.policies_as_of)
            held_back = tuple(self.revived(request, decision))
            if self.base is not None:
                from release_gate.gate.base import loosened  # noqa: PLC0415 - runs git, and few ask for it

                held_back += tuple(loosened(self.base, self.gate, held, self.as_of))
        except InputError as error:
            return Judged(Outcome(name, diagnostics=error.diagnostics))
        told = (*held_back, *unlisted(request), *told)
        outcome = Outcome(name, decision, About.of(held, self.gate.papers), told)
        return Judged(outcome, None if held_back else (decision, held))

    def held(self, request: ReleaseRequest) -> tuple[ReleaseRequest, tuple[Diagnostic, ...]]:
        """A request held against the evidence of the gate, and what is to be said about that.

        Raises:
            RequestError: It is not clear which artifact the evidence is about.
        """
        found = self.gate.hold(request, self.as_of)
        return (found.request, found.diagnostics) if found is not None else (request, ())

    def revived(self, request: ReleaseRequest, decision: Decision) -> Iterator[Diagnostic]:
        """What is better, at any rung, on the day that was asked for than today.

        What has expired counted then, and what has happened since did not.
        Without a record of that day, nobody but who asks says that it was that day.
        """
        if self.today is None or self.today == self.as_of or decision.hypothetical is not None:
            return
        now = self.gate.decide(request, as_of=self.today)
        for asked, today in zip(decision.artifacts, now.artifacts, strict=True):
            better = [
                rung for rung, verdict in asked.ladder.items() if verdict.rank < today.ladder[rung].rank
            ]
            if better:
                rung = asked.requested if asked.requested in better else better[-1]
                yield Diagnostic(
                    "RG905",
                    f"as of {self.as_of} the verdict on `{asked.id}` at {rung} is {asked.ladder[rung]}, and "
                    f"today, {self.today}, it is {today.ladder[rung]}; nothing is let through or recorded",
                    help="decide without `--as-of`; `replay` repeats what was decided on another day",
                    severity=Severity.WARNING,
                )
