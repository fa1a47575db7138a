"""A policy as it is written to a checked policy, with every mistake found at once."""

from __future__ import annotations

from release_gate.diagnostics import PolicyError
from release_gate.policy.conditions import Conditions
from release_gate.policy.declarations import Declarations
from release_gate.policy.documents import PolicyDocument
from release_gate.policy.model import Policy
from release_gate.policy.places import Places, Problems
from release_gate.policy.rules import Rules
from release_gate.policy.subject import check_subject
from release_gate.policy.tiers import Tiers

__all__ = ["check_policy"]


def check_policy(shape: PolicyDocument, places: Places, name: str, digest: str) -> Policy:
    """Check a policy.

    Args:
        shape: The policy as it is written.
        places: Where its parts stand.
        name: The file that it was read from.
        digest: The digest of everything it was made of.

    Raises:
        PolicyError: With every diagnostic.
    """
    problems = Problems(places)
    declared = Declarations(shape, problems)
    conditions = Conditions(shape, declared.root(), problems)
    tiers = Tiers(shape, declared.tiers, conditions, problems)
    scope = conditions.policy_scope()
    rules = Rules(shape, tiers, conditions, problems)
    if shape.covers and not shape.rules:
        message, help_ = "a policy that covers a release needs rules", "nothing evaluated is never a pass"
        problems.add("RG310", message, ("covers",), help_)
    check_subject(shape, problems)
    if problems.found:
        raise PolicyError(problems.found)
    return Policy(
        document=shape,
        digest=digest,
        name=name,
        scope=scope,
        tiers=tiers.all,
        default_tier=tiers.default,
        table=tiers.table,
        rules=rules.all,
        parameters=declared.parameters,
        metrics=declared.metrics,
        own=declared.own,
        definitions=conditions.definitions,
        places=places,
        in_force=shape.in_force,
    )
