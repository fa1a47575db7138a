"""Which policies apply on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from release_gate.diagnostics import Diagnostic, PolicyError
from release_gate.policy.model import Policy, chain

__all__ = ["days_of_change", "in_force", "policy_of"]


def policy_of(policy: Policy, day: date) -> Policy | None:
    """The version of a policy that is in force on a day; of an overlay that is not, what it extends."""
    return next((each for each in chain(policy) if each.in_force.holds(day)), None)


def in_force(policies: Iterable[Policy], day: date) -> tuple[tuple[Policy, ...], tuple[str, ...]]:
    """The policies that apply on a day, in the order of their names, and what a decision under them says.

    Raises:
        PolicyError: A version of one was in force on that day that is not encoded. The rules of another would
            be the wrong ones, and none at all would be a pass.
    """
    found: dict[tuple[str, str], Policy] = {}
    notes: list[str] = []
    for policy in sorted(policies, key=lambda policy: (policy.id, policy.digest)):
        applied = policy_of(policy, day)
        if applied is None:
            _refuse_left_out(policy, day)
            notes.append(
                f"the policy {policy.id} {policy.version} is not in force on {day} and was not applied"
            )
            continue
        if applied.id != policy.id:
            what = f"{applied.id} {applied.version}, which it extends, was applied in its place"
            notes.append(f"the policy {policy.id} {policy.version} is not in force on {day}, and {what}")
        found[applied.id, applied.digest] = applied
        notes += [each.text for each in applied.remarks if each.since is None or each.since <= day]
    return tuple(found[key] for key in sorted(found)), tuple(dict.fromkeys(notes))


def _refuse_left_out(policy: Policy, day: date) -> None:
    left_out = next(
        (each for one in chain(policy) for each in one.document.left_out if each.holds(day)), None
    )
    if left_out is not None:
        message = (
            f"on {day} version {left_out.version} of `{policy.id}` was in force, from {left_out.from_} to "
            f"{left_out.until}, and it is not encoded"
        )
        help_ = "nothing was decided; `--policies-as-of` and a day of another version tell what it would say"
        raise PolicyError([Diagnostic("RG516", message, help=help_)])


def days_of_change(policies: Iterable[Policy]) -> tuple[date, ...]:
    """Days that stand for all: between two of them, the same policies are in force."""
    days = {date.min}
    for policy in policies:
        for each in chain(policy):
            if each.in_force.from_ is not None:
                days.add(each.in_force.from_)
            if each.in_force.until is not None and each.in_force.until < date.max:
                days.add(each.in_force.until + timedelta(days=1))
    return tuple(sorted(days))
