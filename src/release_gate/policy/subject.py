"""What only policies about releases can say, and what only those about access can."""

from __future__ import annotations

from typing import Final

from release_gate.policy.documents import PolicyDocument
from release_gate.policy.places import Problems

__all__ = ["LONGEST_REASON", "check_subject"]

LONGEST_REASON: Final = 200
"""The most characters of a reason for a refusal: what Hugging Face passes on to who asked."""
_ONE_RUNG: Final = "access is granted, or it is not"
_OF_RELEASES: Final = ("tiers", "default_tier", "tier_table")


def check_subject(shape: PolicyDocument, problems: Problems) -> None:
    """Find what does not belong to the subject of a policy."""
    if shape.subject == "access":
        _check_access(shape, problems)
    else:
        _check_release(shape, problems)


def _check_access(shape: PolicyDocument, problems: Problems) -> None:
    for key in _OF_RELEASES:
        if getattr(shape, key):
            problems.add("RG317", f"an access policy has no `{key}`", (key,), _ONE_RUNG)
    for index, rule in enumerate(shape.rules):
        for key in ("at", "tier", "ceiling"):
            if getattr(rule, key) is not None:
                message = f"a rule of an access policy has no `{key}`"
                problems.add("RG317", message, ("rules", index, key), _ONE_RUNG)
        if len(rule.because or "") > LONGEST_REASON:  # a `deny` is never longer
            message = f"the reason for a refusal has more than {LONGEST_REASON} characters"
            at = ("rules", index, "because")
            problems.add("RG318", message, at, "who is refused is told no more")


def _check_release(shape: PolicyDocument, problems: Problems) -> None:
    for index, rule in enumerate(shape.rules):
        for key in ("expires", "scope"):
            if rule.oblige is not None and getattr(rule.oblige, key):
                message = f"a duty of a release has no `{key}`"
                at = ("rules", index, "oblige", key)
                problems.add("RG317", message, at, "write it in a policy with subject: access")
