"""What sets apart the two things that can be asked for: a release, and access to what is released."""

from __future__ import annotations

from typing import Final

__all__ = ["ASKED", "NOT_ASKED"]

ASKED: Final = ("requester", "use", "agreements", "history", "grant", "batch")
"""What only an access request has."""
NOT_ASKED: Final = frozenset(
    {"variants", "rollout", "transparency", "releases", "obligations", "assessors", "events"}
)
"""What only a release request has."""
