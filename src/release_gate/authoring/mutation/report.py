"""What became of the mutants of policies, for programs, and in the order in which people are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from release_gate.authoring.mutation.hunt import Survivor
from release_gate.authoring.mutation.mutants import LOOSENS, MAY_LOOSEN, TIGHTENS
from release_gate.escape import json_text
from release_gate.policy.model import Policy

__all__ = ["ORDER", "Result", "as_json"]

ORDER = (LOOSENS, MAY_LOOSEN, TIGHTENS)


@dataclass(frozen=True)
class Result:
    """What became of the mutants of one policy."""

    policy: Policy
    mutants: int
    survivors: tuple[Survivor, ...]

    @classmethod
    def of(cls, policy: Policy, came: Iterable[Survivor | None]) -> Result:
        """Count what a hunt came to; those that its author has silenced do not count as survivors."""
        changes = list(came)
        lives = [each for each in changes if each and not each.mutant.silenced]
        return cls(
            policy, len(changes), tuple(sorted(lives, key=lambda each: ORDER.index(each.mutant.effect)))
        )


def as_json(results: Sequence[Result]) -> str:
    """What became of the mutants, as JSON."""
    policies = [
        {
            "policy": result.policy.id,
            "version": result.policy.version,
            "changes": result.mutants,
            "unnoticed": [
                {
                    "change": each.mutant.said,
                    "effect": each.mutant.effect,
                    "advice": each.advice,
                    **(
                        {"line": each.mutant.span.line, "column": each.mutant.span.column}
                        if each.mutant.span
                        else {}
                    ),
                }
                for each in result.survivors
            ],
        }
        for result in results
    ]
    return json_text({"schema": "mutation-report/v1", "policies": policies}) + "\n"
