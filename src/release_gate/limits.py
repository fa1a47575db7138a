"""How much a document may hold. What is larger is refused before it is read to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "LIMITS",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_PROBLEMS",
    "MAX_SCALAR",
    "POLICY_LIMITS",
    "Limits",
]

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 64
"""As many lists and mappings may stand in each other."""
MAX_SCALAR: Final = 64 * 1024
"""As many characters a text may have."""
MAX_PROBLEMS: Final = 50
"""So many problems of a document are told."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may hold.

    Attributes:
        size: Bytes.
        values: Keys, scalars, lists and mappings.
    """

    size: int = MAX_BYTES
    values: int = 50_000


LIMITS: Final = Limits()
POLICY_LIMITS: Final = Limits(8 * 1024 * 1024, 160_000)
"""Policies may be larger than what comes from outside: 10,000 rules with their reasons and sources."""
