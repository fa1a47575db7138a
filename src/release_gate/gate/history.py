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
from release_gate.facts.events import Event
from release_gate.facts.ladder import RUNGS
from release_gate.facts.records import Id, Name
from release_gate.facts.release import ReleaseRequest
from release_gate.facts.types import Day
from release_gate.gate.gate import Gate
from release_gate.policy.documents import Many, Rung
from release_gate.source import read_file, require_mapping

__all__ = ["PACKS", "SHOWN", "Judged", "Outcome", "Remark", "judge_history", "outcomes", "render_history"]

NAMES: Mapping[str, str] = {
    "responsible-democratization": "house",
    "license-lineage": "terms",
    "ladder": "rungs",
    "eu-ai-act-gpai": "EU",
    "us-frontier": "US",
    "staged-release": "steps",
    "gpai-code-of-practice": "code",
    "mof": "MOF",
    "osaid": "OSAID",
    "openai-preparedness": "PF",
    "anthropic-rsp": "RSP",
    "deepmind-fsf": "FSF",
}
"""The packs that judge the history, and what their columns are called."""

PACKS = tuple(NAMES)
"""The packs that judge the history."""

TOGETHER = PACKS[:5]
"""Those that say together how far a release could have gone. The others are for some developers or claims."""

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

WORDS: Mapping[Verdict, str] = {
    Verdict.APPROVE: "yes",
    Verdict.CONDITIONAL: "duty",
    Verdict.NEEDS_APPROVAL: "sign",
    Verdict.NEEDS_EVIDENCE: "asks",
    Verdict.DENY: "no",
}
"""Verdicts in a word that fits a column."""


class Remark(Base):
    """What else there is to say of a release. What happened to it on a day is an event of its dossier."""

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
    then: Many[Remark] = ()
    """What else there is to say."""


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
        events: What happened then, as the dossier says, with how sure one can be.
        title: What the dossier calls it.
        wanted: The access level that the dossier asks for.
        verdict: The verdict of the first five packs together.
        says: The verdict of each pack.
        reach: The highest access level that these allow, with all below; it may be above what was done.
        not_ruled_out: The highest access level that none of these denies.
        decisive: The findings that decided, by pack.
        must_sign: The roles whose sign-off was lacking, by pack.
    """

    outcome: Outcome
    events: tuple[tuple[Event, str], ...]
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


def judge_history(folder: Path, policies_as_of: date) -> Iterator[Judged]:
    """Judge each release of ``history.yaml`` as of the day on which it was done, by the packs of another day.

    Args:
        folder: Where ``history.yaml`` and the folder ``dossiers`` are.
        policies_as_of: The day whose packs to use.
    """
    every, together = Gate.from_policies(PACKS), Gate.from_policies(TOGETHER)
    for outcome in outcomes(folder / "history.yaml"):
        request = ReleaseRequest.load(folder / "dossiers" / f"{outcome.dossier}.yaml")
        artifact, bounds = (
            next(
                each
                for each in gate.decide(request, as_of=outcome.on, policies_as_of=policies_as_of).artifacts
                if each.id == outcome.artifact
            )
            for gate in (every, together)
        )
        yield _judged(outcome, request, artifact, bounds)


def _judged(
    outcome: Outcome, request: ReleaseRequest, artifact: ArtifactDecision, bounds: ArtifactDecision
) -> Judged:
    here = [each for each in artifact.findings if each.stands_at(outcome.did)]
    says = {pack: worst(each.outcome for each in here if each.policy == pack) for pack in PACKS}
    return Judged(
        outcome=outcome,
        events=tuple(
            (event, request.sources[event.source].confidence if event.source else "secondary")
            for event in sorted(request.events, key=lambda event: (event.last, event.first))
            if event.artifact in (None, outcome.artifact)
        ),
        title=request.title or request.id,
        wanted=artifact.requested,
        verdict=bounds.ladder[outcome.did],
        says=says,
        reach=_reach(bounds.ladder),
        not_ruled_out=bounds.not_ruled_out,
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
    yield _line(("release", "day", "asked for and done", *NAMES.values()))
    for row in rows:
        outcome = row.outcome
        name = f"{outcome.dossier}/{outcome.artifact}" + ("*" if outcome.article else "")
        says = [WORDS[row.says[pack]] for pack in PACKS]
        yield _line((name, str(outcome.on), row.wanted, *says))
        for text in _below(row):
            yield from textwrap.wrap(
                printable(text, 500), 116, initial_indent="    ", subsequent_indent="      "
            )
    yield "* in the article of 12 May 2023"


def _line(cells: tuple[str, ...]) -> str:
    widths = (34, 10, 20, *(5 for _ in PACKS))
    return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _below(row: Judged) -> Iterator[str]:
    if row.outcome.did != row.wanted:
        yield f"done instead: {row.outcome.did}"
    for pack, name in NAMES.items():
        if text := _difference(row, pack):
            yield f"{name} {text}"
    if others := [_asks(row, pack) for pack in PACKS[len(TOGETHER) :] if _only_asks(row, pack)]:
        yield f"would ask too: {'; '.join(others)}"
    done = max(RUNGS[row.outcome.did], RUNGS[row.wanted])
    if row.verdict.allows and row.wanted != "withheld" and RUNGS[row.reach] > done:
        yield f"the first five would have allowed {row.reach}"
    for event, confidence in row.events:
        of = f" ({'; '.join(event.data)})" if event.data else ""
        where = f"{of}, {event.rung}" if event.rung else of
        what = f": {event.note}" if event.note else ""
        yield f"then: {event.when} {event.event.replace('_', ' ')}{where}{what}{_sure(confidence)}"
    for remark in row.outcome.then:
        yield f"then: {remark.what}{_sure(remark.confidence)}"


def _sure(confidence: str) -> str:
    return " (from memory)" if confidence == "memory" else ""


def _only_asks(row: Judged, pack: str) -> bool:
    return row.says[pack] is Verdict.NEEDS_EVIDENCE


def _asks(row: Judged, pack: str) -> str:
    facts = [fact.path for each in row.decisive[pack] for fact in each.facts if fact.state != "known"]
    return f"{NAMES[pack]} {_few(facts or [each.rule for each in row.decisive[pack]], 1)}"


def _difference(row: Judged, pack: str) -> str:
    """Where a pack would have decided otherwise, and why."""
    findings = row.decisive[pack]
    rules = _few([each.rule for each in findings])
    match row.says[pack]:
        case Verdict.DENY:
            return f"says no ({rules}): {findings[0].message}"
        case Verdict.NEEDS_EVIDENCE if pack in TOGETHER:
            facts = [fact.path for each in findings for fact in each.facts if fact.state != "known"]
            return f"asks first ({rules}): {_few(facts) or findings[0].message}"
        case Verdict.NEEDS_APPROVAL:
            return f"wants the word of {', '.join(row.must_sign[pack])} ({rules})"
        case _:
            return ""


def _few(names: Iterable[str], shown: int = 3) -> str:
    """The first of some names, each once."""
    all_names = list(dict.fromkeys(names))
    more = f" and {len(all_names) - shown} more" if len(all_names) > shown else ""
    return ", ".join(all_names[:shown]) + more
