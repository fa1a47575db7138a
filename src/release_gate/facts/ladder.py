"""The access ladder: twelve rungs from closed to open, and the boundary that cannot be crossed back.

Access belongs to an artifact, not to a model. The order is total. The rungs map to the levels of Irene
Solaiman's gradient of release (arXiv 2302.04844): closed up to ``evaluators``, hosted up to ``hosted``,
API up to ``api_general``, downloadable up to ``weights_open``, and fully open.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from release_gate.facts.truth import Step

__all__ = [
    "ALL_RUNGS",
    "BOUNDARY",
    "GRANTED",
    "GRANTS",
    "LADDER",
    "LOWEST_JUDGED",
    "MEANINGS",
    "RUNGS",
    "rungs_for",
]

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "withheld": "nobody; development may go on",
        "internal": "the developer's own staff",
        "evaluators": "people who test it",
        "trusted_testers": "a chosen circle of users",
        "hosted": "the public, through a product",
        "api_restricted": "programmers who were admitted",
        "api_general": "programmers who sign up",
        "weights_gated_manual": "whoever a person has admitted may download",
        "weights_gated_auto": "whoever accepts the terms may download",
        "weights_restricted": "anybody may download, under a licence that restricts use",
        "weights_open": "anybody may download, under an open licence",
        "fully_open": "and the data, code and recipes too",
    }
)
"""Who gets what at each rung, closed to open."""

LADDER: Final[tuple[Step, ...]] = tuple(Step(rank, name) for rank, name in enumerate(MEANINGS))
"""Every rung, closed to open."""

GRANTS: Final = (Step(0, "pending"), Step(1, "granted"))
"""The ladder of who asks for access to what is released already: either it is granted, or nothing changes."""

GRANTED: Final = GRANTS[1]


RUNGS: Final[Mapping[str, Step]] = MappingProxyType({step.name: step for step in LADDER})
"""The rungs by name: what releases, and policies about them, can name."""

ALL_RUNGS: Final[Mapping[str, Step]] = MappingProxyType({**RUNGS, **{step.name: step for step in GRANTS}})
"""The rungs of both ladders by name: what decisions can name. They are never of two ladders at once."""

BOUNDARY: Final = RUNGS["weights_gated_manual"]
"""The first rung at which a copy leaves the building, for good: the irreversible boundary."""

LOWEST_JUDGED: Final = RUNGS["internal"]
"""Rules start here, unless they say ``at: withheld``."""

_HIGHEST: Final[Mapping[str, Step]] = MappingProxyType({"api": RUNGS["api_general"], "demo": RUNGS["hosted"]})


def rungs_for(kind: str) -> tuple[Step, ...]:
    """The rungs that make sense for a kind of artifact: an API has no open weights."""
    return LADDER[: _HIGHEST.get(kind, LADDER[-1]).rank + 1]
