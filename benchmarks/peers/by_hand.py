"""The rules as a Python programmer writes them. Without any missing fact."""

from __future__ import annotations

from benchmarks.peers.over_models import over_models
from benchmarks.race import Entry
from benchmarks.workload import AS_OF, by_hand, plain, requests
from release_gate import ReleaseRequest
from release_gate.facts.frame import Frame

__all__ = ["forty", "models"]


def forty(number: int, seed: int) -> Entry:
    """Forty rules by hand, over plain dictionaries."""
    return Entry(by_hand, [plain(each) for each in requests(number, seed)])


def models(number: int, seed: int) -> Entry:
    """Forty rules by hand, over the validated models that release_gate reads."""
    made = [ReleaseRequest.model_validate(each) for each in requests(number, seed)]
    return Entry(over_models, [Frame(each, each.artifacts[0], AS_OF) for each in made])
