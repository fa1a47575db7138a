"""Releases of the past, judged by the packs of today: what each pack says, and what happened."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator

from release_gate.decision import ArtifactDecision, Finding, Verdict, worst
from release_gate.diagnostics import RequestError, printable
from release_gate.document import Base, validate
from release_gate.facts.ladder import RUNGS
from release_gate.facts.release import Id, Name, ReleaseRequest
from release_gate.facts.types import Day
from release_gate.gate.gate import Gate
from release_gate.policy.documents import AnyDate, Many, Rung
from release_gate.source import read_file, require_mapping

__all__ = ["PACKS", "SHOWN", "Event", "Judged", "Outcome", "judge_history", "outcomes", "render_history"]

PACKS = ("responsible-democratization", "license-lineage", "ladder", "eu-ai-act-gpai", "us-frontier")
"""The packs that judge the history."""

NAMES = ("house", "lineage", "ladder", "EU", "US")
"""What their columns are called."""

SHOWN = (
    "alpaca",
    "cerebras-gpt",
    "dolly-v1",
    "gpt-4",
    "llama-1",
    "open-assistant",
    "stable-diffusion-1",
    "stablevicuna",
)
"""The dossiers that the demo shows."""

WIDTH = 116
"""Characters of a line of the table."""

WORDS: Mapping[Verdict, str] = {
    Verdict.APPROVE: "yes",
    Verdict.CONDITIONAL: "duties",
    Verdict.NEEDS_APPROVAL: "sign",
    Verdict.NEEDS_EVIDENCE: "facts",
    Verdict.DENY: "no",
}
"""Verdicts in a word that fits a column."""


class Event(Base):
    """Something that happened after a release."""

    on: AnyDate = None
    """When, if the day is known."""
    event: (
        Literal[
            "widened", "withdrawn", "leaked", "licensed", "relicensed", "relaxed", "superseded",
            "upstream", "ended",
        ]
        | None
    ) = None  # fmt: skip
    """What kind of event."""
    what: Name
    """What happened."""
    confidence: Literal["memory", "secondary", "primary"]
    """How sure one can be."""


class Outcome(Base):
    """What was done with an artifact of a dossier, and what became of it."""

    dossier: Id
    """The dossier."""
    artifact: Id
    """The artifact."""
    on: Annotated[date, BeforeValidator(Day().read)]
    """The day of the release."""
    did: Rung
    """The access level that it got."""
    article: bool = False
    """Whether it is in the article that this project starts from."""
    then: Many[Event] = ()
    """What happened then."""


class HistoryDocument(Base):
    """What became of releases."""

    release_gate: Literal["history/v1"]
    """The kind of this document."""
    systems: Many[Outcome]
    """The releases, by date."""


@dataclass(frozen=True)
class Judged:
    """A release of the past, and what the packs of today say about it at the access level that it got.

    Attributes:
        outcome: What was done.
        title: What the dossier calls it.
        wanted: The access level that the dossier asks for.
        verdict: The verdict of all packs together.
        says: The verdict of each pack.
        reach: The highest access level that is allowed, with everything below; it may be above what was done.
        not_ruled_out: The highest access level that no pack denies.
        decisive: The findings that decided, by pack.
        must_sign: The roles whose sign-off was lacking, by pack.
    """

    outcome: Outcome
    title: str
    wanted: str
    verdict: Verdict
    says: Mapping[str, Verdict]
    reach: str
    not_ruled_out: str | None
    decisive: Mapping[str, tuple[Finding, ...]]
    must_sign: Mapping[str, tuple[str, ...]]


def outcomes(file: Path) -> tuple[Outcome, ...]:
    """Read what became of releases.

    Raises:
        DocumentError: The file is not YAML as we accept it, or not a history.
        RequestError: It is not a valid history.
    """
    document = read_file(file)
    require_mapping(document, ("history/v1",))
    return validate(HistoryDocument, document.tree, document, RequestError, "RG401").systems


def judge_history(folder: Path, as_of: date) -> Iterator[Judged]:
    """Judge each release of ``history.yaml`` by the packs of a day.

    Args:
        folder: Where ``history.yaml`` and the folder ``dossiers`` are.
        as_of: The day whose packs to use.
    """
    gate = Gate.from_policies(PACKS)
    for outcome in outcomes(folder / "history.yaml"):
        request = ReleaseRequest.load(folder / "dossiers" / f"{outcome.dossier}.yaml")
        decision = gate.decide(request, as_of=as_of, policies_as_of=as_of)
        (artifact,) = (each for each in decision.artifacts if each.id == outcome.artifact)
        yield _judged(outcome, request, artifact)


def _judged(outcome: Outcome, request: ReleaseRequest, artifact: ArtifactDecision) -> Judged:
    here = [each for each in artifact.findings if each.stands_at(outcome.did)]
    says = {pack: worst(each.outcome for each in here if each.policy == pack) for pack in PACKS}
    return Judged(
        outcome=outcome,
        title=request.title or request.id,
        wanted=artifact.requested,
        verdict=artifact.ladder[outcome.did],
        says=says,
        reach=_reach(artifact.ladder),
        not_ruled_out=artifact.not_ruled_out,
        decisive={
            pack: tuple(each for each in here if each.policy == pack and each.outcome is says[pack])
            for pack in PACKS
        },
        must_sign={pack: _must_sign(artifact, pack) for pack in PACKS},
    )


def _must_sign(artifact: ArtifactDecision, pack: str) -> tuple[str, ...]:
    lacking = [state for state in artifact.sign_offs if state.lacking and state.policy == pack]
    return tuple(sorted({role for state in lacking for role in state.roles}))


def _reach(ladder: Mapping[str, Verdict]) -> str:
    reached = "withheld"
    for rung, verdict in ladder.items():
        if not verdict.allows:
            break
        reached = rung
    return reached


def render_history(rows: Iterable[Judged]) -> Iterator[str]:
    """A table for a terminal: a line for each release, and below it where the packs differ from history."""
    yield _line(("release", "day", "what was done", *NAMES, "not ruled out"))
    for row in rows:
        outcome = row.outcome
        name = f"{outcome.dossier}/{outcome.artifact}" + ("*" if outcome.article else "")
        says = [WORDS[row.says[pack]] for pack in PACKS]
        yield _line((name, str(outcome.on), outcome.did, *says, row.not_ruled_out or "nothing"))
        for text in _below(row):
            yield from textwrap.wrap(
                printable(text, 500), 116, initial_indent="    ", subsequent_indent="      "
            )
    yield "* in the article of 12 May 2023"


def _line(cells: tuple[str, ...]) -> str:
    widths = (33, 10, 20, 6, 7, 6, 6, 6, 20)
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _below(row: Judged) -> Iterator[str]:
    for pack, name in zip(PACKS, NAMES, strict=True):
        if text := _difference(row, pack):
            yield f"{name} {text}"
    done = max(RUNGS[row.outcome.did], RUNGS[row.wanted])
    if row.verdict.allows and row.wanted != "withheld" and RUNGS[row.reach] > done:
        yield f"all would have allowed {row.reach}"
    for event in row.outcome.then:
        when = f"{event.on} " if event.on else ""
        kind = f"{event.event}: " if event.event else ""
        sure = " (from memory)" if event.confidence == "memory" else ""
        yield f"then: {when}{kind}{event.what}{sure}"


def _difference(row: Judged, pack: str) -> str:
    """Where a pack would have decided otherwise, and why."""
    findings = row.decisive[pack]
    rules = _few([each.rule for each in findings])
    match row.says[pack]:
        case Verdict.DENY:
            return f"says no ({rules}): {findings[0].message}"
        case Verdict.NEEDS_EVIDENCE:
            facts = [fact.path for each in findings for fact in each.facts if fact.state != "known"]
            return f"asks first ({rules}): {_few(facts)}"
        case Verdict.NEEDS_APPROVAL:
            return f"wants the word of {', '.join(row.must_sign[pack])} ({rules})"
        case _:
            return ""


def _few(names: Iterable[str]) -> str:
    """The first of some names, each once."""
    all_names = list(dict.fromkeys(names))
    more = f" and {len(all_names) - 3} more" if len(all_names) > 3 else ""
    return ", ".join(all_names[:3]) + more
