"""Hold the claims of a request against what was found. What disagrees is unknown; nothing is ever added.

Every change makes a fact less known: a conflicting one unknown, a number without its uncertainty a range. So
a request is never better off for the evidence beside it than for what it claims, and holding it twice changes
nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from release_gate.diagnostics import Diagnostic, RequestError, printable
from release_gate.evidence.collected import Collected, listed
from release_gate.evidence.combine import Combined, hull, interval, rounds_to
from release_gate.evidence.evaluations import same_name
from release_gate.evidence.held import (
    Disagreement,
    Held,
    Unbound,
    in_words,
    items_of,
    names_of,
    reason_of,
)
from release_gate.evidence.request import EVERY, ArtifactFacts, artifact_ids, combined
from release_gate.evidence.vouching import Vouching
from release_gate.facts.frame import Edge, Frame
from release_gate.facts.licenses import license_name
from release_gate.facts.records import ListOf, Measurement
from release_gate.facts.release import Artifact, ReleaseRequest
from release_gate.facts.truth import Range, Reason, Unknown, Value
from release_gate.facts.types import Fact

if TYPE_CHECKING:
    from release_gate.source import Pointer, Tree

__all__ = ["hold"]

_WEIGHTS: Final = ("weights", "delta", "adapter", "checkpoint")
_HELD: Final = ("model.name", "model.architecture", "model.parameters", "model.context_length")
_PARTS: Final = ("measured", "n", "on")


def hold(request: ReleaseRequest, collected: Collected, vouching: Vouching | None = None) -> Held:
    """Hold a request against what was collected.

    Args:
        request: The request.
        collected: What was found.
        vouching: Who must vouch for what was measured; if nobody, the request may say it.

    Raises:
        RequestError: It is not clear which artifact a folder with weights is.
    """
    holding = _Holding(request)
    facts = combined(collected)
    artifacts = _match(request, collected)
    for id_, found in facts.items():
        indexes = range(len(request.artifacts)) if id_ == EVERY else (artifacts[id_],)
        for each in found.values():
            holding.fact(each, [request.artifacts[index] for index in indexes])
    unbound = tuple(_unbound(request, facts, vouching)) if vouching is not None else ()
    changed = {each.pointer: each.becomes for each in holding.disagreements} | holding.widened
    changed |= {each.pointer: each.becomes for each in unbound}
    held = request.with_facts(changed) if changed else request
    claimed = {pointer for pointer, _ in _metrics(request)}
    alone = claimed - {
        (*pointer[: pointer.index("metric") + 2],) for pointer in holding.seen if "metric" in pointer
    }
    return Held(
        held, tuple(holding.disagreements), tuple(holding.agreed), tuple(sorted(alone, key=str)), unbound
    )


def _unbound(request: ReleaseRequest, facts: ArtifactFacts, vouching: Vouching) -> Iterator[Unbound]:
    """The claims about what was measured that neither a log bears out nor anybody whose word counts."""
    for pointer, measured in _metrics(request):
        claimed = measured.on.value
        found = [each[path] for each in facts.values() if (path := f"metric.{pointer[-1]}") in each]
        if not isinstance(claimed, str) or any(_measured_on(each) == claimed for each in found):
            continue
        reasons = [vouching.lacking(each.sources, claimed) for each in found]
        if "" not in reasons:
            at = (*pointer, "on")
            yield Unbound(at, reasons[0] if reasons else "there is no log of it", request.where(at))


def _measured_on(found: Combined) -> Tree:
    """The artifact that a log itself says it measured."""
    return found.value.get("on") if isinstance(found.value, dict) else None


def _match(request: ReleaseRequest, collected: Collected) -> dict[str, int]:
    """For each artifact that was found, the one of the request: by digest, by name, or as the only one."""
    weights = [index for index, each in enumerate(request.artifacts) if each.kind in _WEIGHTS]
    found: dict[str, int] = {}
    for subject in collected.models:
        id_ = artifact_ids(collected)[subject.folder.name]
        by_digest = [i for i in weights if request.artifacts[i].digest.value == subject.manifest.digest]
        by_name = [i for i in weights if id_ in (request.artifacts[i].id, request.artifacts[i].variant)]
        only = weights if len(weights) == len(collected.models) == 1 else []
        match by_digest or by_name or only:
            case [index]:
                found[id_] = index
            case _:
                folder = printable(subject.folder.name)
                message = f"it is not clear which artifact the folder `{folder}` is"
                help_ = "give the artifact its digest, or the name of the folder as its id"
                if not weights:
                    message = f"no artifact of this request is the weights in the folder `{folder}`"
                    help_ = "add them, at the level they have: {id: weights, kind: weights, wanted: internal}"
                raise RequestError([Diagnostic("RG652", message, request.where(("artifacts",)), help_)])
    return found


class _Holding:
    """Goes through what was found, and notes what the claims come to."""

    def __init__(self, request: ReleaseRequest) -> None:
        self.request = request
        self.disagreements: list[Disagreement] = []
        self.agreed: list[Pointer] = []
        self.seen: list[Pointer] = []
        self.widened: dict[Pointer, Tree] = {}

    def fact(self, found: Combined, artifacts: list[Artifact]) -> None:
        """Hold every claim of one fact against what was found."""
        if found.path == "lineage":
            self.lineage(found, artifacts)
        elif found.path.startswith("artifact."):
            # A licence file beside several artifacts may be about any of them.
            for artifact in artifacts:
                index = self.request.artifacts.index(artifact)
                name = found.path.removeprefix("artifact.")
                self.leaf(("artifacts", index, name), getattr(artifact, name), found)
        else:
            for section, pointer in dict.fromkeys(self.sections(found.path, artifacts)):
                self.section(section, pointer, found)

    def sections(self, path: str, artifacts: list[Artifact]) -> Iterator[tuple[str | None, Pointer]]:
        """Where artifacts state a fact: in their variant, else for all."""
        first, _, second = path.partition(".")
        for artifact in artifacts:
            variant = artifact.variant
            own = self.request.tree_at(("variants", variant, first)) if variant else None
            states = isinstance(own, Mapping) and second in own
            yield (
                (variant, ("variants", variant, first, second))
                if states and variant
                else (None, (first, second))
            )

    def section(self, variant: str | None, pointer: Pointer, found: Combined) -> None:
        facts: Any = self.request.variants[variant] if variant else self.request
        first, second = str(pointer[-2]), str(pointer[-1])
        if first == "metric":
            if (measured := facts.metric.get(second)) is not None:
                self.measurement(pointer, measured, found)
        elif found.path in _HELD:
            self.leaf(pointer, getattr(getattr(facts, first), second), found)
        elif found.path == "data.sources":
            self.members(pointer, facts.data.sources, "name", found)

    def leaf(self, pointer: Pointer, claim: Fact, found: Combined) -> None:
        """Hold one value."""
        value = claim.value
        if isinstance(value, Unknown):
            return
        reason = reason_of(found.value)
        if reason is not None:
            # What a licence file says and nobody can read may be anything; a count that is not there is not.
            if found.conflict or found.path in ("artifact.license", "artifact.format"):
                self.disagree(pointer, value, found, Reason.CONFLICTING)
        elif isinstance(found.value, Decimal) and isinstance(value, Decimal | Range):
            self.number(pointer, value, found, found.value)
        elif _same_text(found.path, value, found.value):
            self.agree(pointer)
        else:
            self.disagree(pointer, value, found, Reason.CONFLICTING)

    def number(self, pointer: Pointer, value: Decimal | Range, found: Combined, exact: Decimal) -> None:
        low, high = _ends(value)
        if not (low <= exact <= high or (low == high and _is_rounded(exact, low))):
            self.disagree(pointer, value, found, Reason.CONFLICTING)
        elif low == exact == high:
            self.agree(pointer)
        else:
            self.widen(pointer, hull([(low, high), (exact, exact)]))

    def measurement(self, pointer: Pointer, claim: Measurement, found: Combined) -> None:
        """Hold a measurement: its value with the uncertainty, its day, and the size of its sample."""
        self.seen.append(pointer)
        value = claim.value.value
        if isinstance(value, Unknown):
            return
        reason = reason_of(found.value)
        if reason is not None or not isinstance(found.value, dict):
            self.disagree(pointer, value, found, Reason(reason or "conflicting"), of=claim)
            return
        low, high = _ends(value) if isinstance(value, Decimal | Range) else (Decimal(0), Decimal(0))
        if not _bears_out(found.value, low, high):
            self.disagree(pointer, value, found, Reason.CONFLICTING, of=claim)
            return
        for part in _PARTS:
            if part in found.value:
                self.part((*pointer, part), getattr(claim, part), found, found.value[part])
        wide = hull([(low, high), interval(found.value)])
        if wide == hull([(low, high)]):
            self.agree(pointer)
        else:
            self.widen(pointer, wide)

    def part(self, pointer: Pointer, claim: Fact, found: Combined, value: Tree) -> None:
        """A day or a size that is claimed otherwise than the log says."""
        stated = claim.value
        if not isinstance(stated, Unknown) and str(stated) != str(value):
            self.disagree(pointer, stated, found, Reason.CONFLICTING)

    def members(self, pointer: Pointer, claim: ListOf[Any], key: str, found: Combined) -> None:
        """A list that claims to be complete, and leaves out what was found."""
        if claim.unknown is not None or not claim.complete:
            return
        names = [str(getattr(item, key)) for item in claim.items]
        missing = [name for name in names_of(found, key) if not any(same_name(name, each) for each in names)]
        if missing:
            self.disagree(pointer, f"no {listed(missing)}", found, Reason.CONFLICTING)
        else:
            self.agree(pointer)

    def lineage(self, found: Combined, artifacts: list[Artifact]) -> None:
        """Parents that a request leaves out, or stands on otherwise than the files say."""
        edges = self.ancestors([each for each in artifacts if each.kind in _WEIGHTS] or artifacts)
        stands_on = tuple([edge.stated for edge in edges])
        claim = self.request.lineage.model_copy(update={"items": stands_on})
        self.members(("lineage",), claim, "parent", found)
        told = {str(edge["parent"]): edge["relation"] for edge in items_of(found) if isinstance(edge, dict)}
        licences = {str(edge["parent"]): edge["license"] for edge in items_of(found) if "license" in edge}
        way: Pointer = ("lineage", "items") if self.request.tree_at(("lineage", "items")) else ("lineage",)
        for edge, direct, index in edges:
            relation = next((kind for name, kind in told.items() if same_name(name, edge.parent)), None)
            claimed = edge.relation.value
            known = direct and isinstance(relation, str) and not isinstance(claimed, Unknown)
            if known and str(claimed) != relation:
                self.disagree((*way, index, "relation"), claimed, found, Reason.CONFLICTING)
            licence = next((each for name, each in licences.items() if same_name(name, edge.parent)), None)
            stated = edge.license.value
            if isinstance(stated, str) and licence and not _is_licence(stated, licence):
                self.disagree((*way, index, "license"), stated, found, Reason.CONFLICTING)

    def ancestors(self, artifacts: list[Artifact]) -> list[Edge]:
        """What artifacts stand on, near and far. What others stand on says nothing of them."""
        found: dict[int, Edge] = {}
        for artifact in artifacts:
            for edge in Frame(self.request, artifact, date.min).lineage.items:
                if edge.place not in found or edge.direct:
                    found[edge.place] = edge
        return [found[place] for place in sorted(found)]

    def agree(self, pointer: Pointer) -> None:
        self.agreed.append(pointer)

    def disagree(
        self,
        pointer: Pointer,
        claimed: object,
        found: Combined,
        reason: Reason,
        of: Measurement | None = None,
    ) -> None:
        note = f"claimed {_written(claimed)}; {in_words(found)}"[:300]
        becomes: dict[str, Tree] = {"unknown": reason.value, "note": printable(note, 300)}
        if of is not None:
            becomes = self.rest(pointer) | becomes
        self.disagreements.append(
            Disagreement(
                pointer, _written(claimed), found, _plain_list(pointer, becomes), self.request.where(pointer)
            )
        )

    def widen(self, pointer: Pointer, wide: dict[str, Any]) -> None:
        """The claim agrees, and is more certain than what it rests on."""
        self.agree(pointer)
        self.widened[pointer] = {**self.rest(pointer), **wide}

    def rest(self, pointer: Pointer) -> dict[str, Tree]:
        """What a request says about a fact beside its value."""
        stated = self.request.tree_at(pointer)
        own = ("value", "low", "high", "stderr", "unknown", "note")
        return {k: v for k, v in stated.items() if k not in own} if isinstance(stated, Mapping) else {}


def _plain_list(pointer: Pointer, becomes: dict[str, Tree]) -> Tree:
    """A list says only that it is unknown, and has no room for a note."""
    is_list = pointer[-1] == "lineage" or pointer[-2:] == ("data", "sources")
    return {"unknown": becomes["unknown"]} if is_list else dict(becomes)


def _metrics(request: ReleaseRequest) -> Iterator[tuple[Pointer, Measurement]]:
    for name, each in request.metric.items():
        yield ("metric", name), each
    for variant, section in request.variants.items():
        for name, each in section.metric.items():
            yield ("variants", variant, "metric", name), each


def _ends(value: Decimal | Range) -> tuple[Decimal, Decimal]:
    return (value.low, value.high) if isinstance(value, Range) else (value, value)


def _bears_out(found: dict[str, Any], low: Decimal, high: Decimal) -> bool:
    """Whether a log is the log of a claim: its number, rounded or not, or a range that holds it."""
    if "value" in found:
        return low <= found["value"] <= high or (low == high and rounds_to(found["value"], low))
    least, most = interval(found)
    return low <= most and least <= high


def _is_rounded(exact: Decimal, short: Decimal) -> bool:
    """Whether ``short`` is ``exact`` with fewer significant digits."""
    digits = len(short.normalize().as_tuple().digits)
    return Decimal(f"{exact:.{digits - 1}e}") == short


def _same_text(path: str, claimed: Value, found: Tree) -> bool:
    if not isinstance(claimed, str) or not isinstance(found, str):
        return bool(claimed == found)
    if path == "artifact.license":
        return (license_name(claimed) or claimed) == (license_name(found) or found)
    return claimed == found or (path == "model.name" and same_name(claimed, found))


def _is_licence(claimed: str, found: Mapping[str, Tree]) -> bool:
    """Whether a parent has the licence that is claimed, as far as its files say; a conflict there is none."""
    if "unknown" in found:
        return found["unknown"] != Reason.CONFLICTING.value
    return _same_text("artifact.license", claimed, found["value"])


def _written(value: object) -> str:
    if isinstance(value, Range):
        return f"{value.low} to {value.high}"
    return str(value)
