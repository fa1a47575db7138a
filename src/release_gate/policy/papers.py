"""What a gate has beside its policies: sign-offs and waivers whose signatures have been verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release_gate.facts.sign_off import SignOff
    from release_gate.policy.trust import Standing
    from release_gate.policy.waivers import Waiver

__all__ = ["NO_PAPERS", "Papers", "Signed"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A sign-off whose signature holds.

    Attributes:
        said: What was said.
        request: The id of the request that it was said about.
        artifact_digest: The digest of the artifact that was seen, if the request named one.
        standing: With what right.
    """

    said: SignOff
    request: str
    artifact_digest: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of a gate.

    Attributes:
        signed: Sign-offs whose signatures hold.
        unsigned_count: Whether sign-offs that stand in a request count without a signature.
        waivers: Exceptions, whether they hold or not.
        trust: The digest of who may sign, if that is said.
    """

    signed: tuple[Signed, ...] = ()
    unsigned_count: bool = True
    waivers: tuple[Waiver, ...] = ()
    trust: str | None = None


NO_PAPERS = Papers()
