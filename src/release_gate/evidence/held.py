"""What holding a request against evidence came to: what was borne out, what was not, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from release_gate.diagnostics import Diagnostic, Severity, printable
from release_gate.evidence.collected import listed
from release_gate.evidence.combine import Combined
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.truth import Reason

if TYPE_CHECKING:
    from release_gate.diagnostics import Span
    from release_gate.source import Pointer, Tree

__all__ = ["Disagreement", "Held", "Unbound", "in_words", "items_of", "names_of", "reason_of"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A claim that what was found does not bear out.

    Attributes:
        pointer: Where the request claims it.
        claimed: What it claims.
        found: What was found.
        becomes: What the fact is now, as a request writes it.
        where: The place of the claim in a file.
    """

    pointer: Pointer
    claimed: str
    found: Combined
    becomes: Tree
    where: Span | None = None

    @property
    def diagnostic(self) -> Diagnostic:
        """The disagreement as a warning about the request."""
        path = ".".join(str(step) for step in self.pointer)
        sources = listed([str(where) for where in self.found.sources])
        told = f"`{printable(path)}` claims {printable(self.claimed, 80)}, and {sources} "
        return Diagnostic(
            "RG651",
            told + f"{'differ' if len(self.found.sources) > 1 else 'differs'}: {in_words(self.found)}",
            self.where,
            help="correct the claim, or the file, or remove the file that is not about this release",
            severity=Severity.WARNING,
        )


@dataclass(frozen=True, slots=True)
class Unbound:
    """A claim about the artifact that was measured, which nobody whose word counts has signed.

    Attributes:
        pointer: Where the request claims it.
        why: What is lacking, or differs.
        where: The place of the claim in a file.
    """

    pointer: Pointer
    why: str
    where: Span | None

    @property
    def becomes(self) -> Tree:
        """What the fact is now, as a request writes it."""
        return {"unknown": Reason.UNBOUND.value, "note": self.why[:300]}

    @property
    def diagnostic(self) -> Diagnostic:
        """The same as a warning about the request."""
        path = ".".join(map(str, self.pointer))
        return Diagnostic(
            "RG654",
            f"what was measured is not certain, whatever `{printable(path)}` says: {self.why}",
            self.where,
            "let somebody who knows sign for it: release-gate vouch",
            Severity.WARNING,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A request held against evidence.

    Attributes:
        request: The request with what disagrees made unknown; the same one if everything agrees.
        disagreements: The claims that were not borne out.
        agreed: The claims that were.
        alone: Measurements that are claimed, and of which nothing was found.
        unbound: Claims about what was measured that nobody has vouched for, where somebody must.
    """

    request: ReleaseRequest
    disagreements: tuple[Disagreement, ...]
    agreed: tuple[Pointer, ...]
    alone: tuple[Pointer, ...]
    unbound: tuple[Unbound, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was not borne out, and then what nothing was found about."""
        alone = (
            Diagnostic(
                "RG653",
                f"`{'.'.join(map(str, pointer))}` is claimed, and nothing was found about it",
                self.request.where(pointer),
                "add the log that shows it to the evidence of the gate",
                Severity.WARNING,
            )
            for pointer in self.alone
        )
        differ = (each.diagnostic for each in self.disagreements)
        return (*differ, *(each.diagnostic for each in self.unbound), *alone)


def reason_of(value: Tree) -> str | None:
    """Why a fact is not known, if it is not."""
    return str(value["unknown"]) if isinstance(value, dict) and "unknown" in value else None


def items_of(found: Combined) -> list[Any]:
    """The members of a list that was found."""
    items = found.value["items"] if isinstance(found.value, dict) else []
    return items if isinstance(items, list) else []


def names_of(found: Combined, key: str) -> list[str]:
    """What the members of a list are called."""
    return [str(item[key]) for item in items_of(found) if isinstance(item, dict)]


def in_words(found: Combined) -> str:
    """What the evidence says, in words."""
    if found.conflict or (reason_of(found.value) and found.note):
        return found.note
    if found.path == "lineage" or "items" in (found.value if isinstance(found.value, dict) else ()):
        return f"there is {listed(names_of(found, 'parent' if found.path == 'lineage' else 'name'))}"
    if isinstance(found.value, dict) and "unknown" not in found.value:
        return ", ".join(f"{key} {value}" for key, value in found.value.items())
    return reason_of(found.value) or str(found.value)
