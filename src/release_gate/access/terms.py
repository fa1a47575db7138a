"""What a decision about access means for who asked: until when and for what, or why not, in few words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from release_gate.decision import ArtifactDecision, Decision, Finding, Verdict
from release_gate.facts.arithmetic import arithmetic
from release_gate.policy.model import Policy
from release_gate.policy.subject import LONGEST_REASON

__all__ = ["NO_TERMS", "Terms", "reason_of", "shortened", "terms_of"]


@dataclass(frozen=True)
class Terms:
    """How far a grant reaches.

    Attributes:
        expires: The last day, the earliest that a rule says; None if none does.
        scope: What it is for, as far as all rules agree; None if none says.
    """

    expires: date | None = None
    scope: tuple[str, ...] | None = None

    @property
    def empty(self) -> bool:
        """Whether the rules leave nothing that it could be for."""
        return self.scope == ()


NO_TERMS: Final = Terms()
"""Those of what is not granted."""


def terms_of(decision: Decision, policies: Iterable[Policy], as_of: date) -> Terms:
    """How far the grant reaches that a decision allows.

    Args:
        decision: The decision about an access request.
        policies: The policies in force.
        as_of: The day from which the grant counts.
    """
    rules = {(policy.id, rule.id): rule for policy in policies for rule in policy.rules}
    duties = [
        duty
        for artifact in decision.artifacts
        for each in artifact.obligations
        if (duty := rules[each.policy, each.rule].oblige) is not None
    ]
    ends = [arithmetic("+", as_of, duty.expires) for duty in duties if duty.expires is not None]
    scopes = [duty.scope for duty in duties if duty.scope]
    common = tuple(sorted(set(scopes[0]).intersection(*scopes))) if scopes else None
    # An end beyond the calendar is no date; such a grant ends at once, and not never.
    return Terms(min((end if isinstance(end, date) else as_of for end in ends), default=None), common)


def reason_of(decision: Decision, problems: dict[str, str] | None = None) -> str:
    """Why access is not granted, in no more than the 200 characters that a hub passes on.

    Args:
        decision: The decision.
        problems: For facts that an answer should have said, why it does not.
    """
    artifact = decision.artifacts[0]
    if decision.verdict.allows:
        return ""
    if decision.verdict is Verdict.NEEDS_EVIDENCE:
        missing = [(problems or {}).get(path, path) for path in artifact.missing]
        if missing:
            return shortened(f"Not known: {'; '.join(dict.fromkeys(missing))}")
    worst = _worst(artifact)
    return shortened(worst.message)


def _worst(artifact: ArtifactDecision) -> Finding:
    return next(
        each
        for each in artifact.findings
        if each.outcome is artifact.verdict and each.stands_at(artifact.requested)
    )


def shortened(text: str, limit: int = LONGEST_REASON) -> str:
    """A text of at most so many characters, cut between words, with an ellipsis where something is left out.

    Characters are counted as UTF-16 does, because hubs count so: an emoji is two. What a rule shows of a
    request may be as long as who asks likes, so the limit is kept after values are filled in.
    """
    plain = " ".join(text.split())
    if _length(plain) <= limit:
        return plain
    kept = plain[:limit]
    while _length(kept) > limit - 1:
        kept = kept[:-1]
    whole, space, _ = kept.rpartition(" ")
    return (whole if space else kept).rstrip(" ,;:.(") + "…"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
