"""Replay: decide again what is recorded, by what was recorded, and compare.

Nothing but the ledger is needed. The same engine comes to the same bytes; another engine may explain
otherwise, and then the record and the replay say which of the two differs from which, and where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from release_gate import engine
from release_gate.audit.candidates import Candidates
from release_gate.audit.content import Fetch
from release_gate.audit.disclosures import Kept
from release_gate.audit.opening import open_record
from release_gate.audit.policies import restore_policies
from release_gate.audit.record import Record, versions
from release_gate.audit.recorded_papers import restore_papers
from release_gate.audit.sealed import Disclosures, Erased
from release_gate.audit.trace import trace_of
from release_gate.audit.view import View, fetching
from release_gate.canonical import digest
from release_gate.decision import ArtifactDecision, Decision, Verdict
from release_gate.diagnostics import Diagnostic, InputError, IntegrityError, printable
from release_gate.envelope import read_json
from release_gate.facts.access import kind_of
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.documents import InForce
from release_gate.policy.model import Policy, chain
from release_gate.source import read_document

__all__ = ["Behind", "Flip", "Outcome", "Replayed", "again", "flips", "recorded_request", "replay"]

MAX_DIFFERENCES = 20
_AS_RECORDED = Candidates(())


class Outcome(Enum):
    """What a replay came to, best to worst."""

    IDENTICAL = "identical"
    SAME_VERDICTS = "same verdicts"
    ERASED = "erased"
    DIVERGED = "diverged"
    NOT_REPLAYABLE = "not replayable"


@dataclass(frozen=True)
class Replayed:
    """What the replay of a record came to.

    Attributes:
        index: The number of the record.
        request: The request.
        outcome: What it came to.
        differences: Where the two decisions differ: the path, then, and now.
        because: Why, as far as that can be told.
    """

    index: int
    request: str
    outcome: Outcome
    differences: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class Behind:
    """A rule that makes a difference.

    Attributes:
        rule: The rule, as ``policy/rule``.
        owner: Who answers for it; None if its policy does not say.
    """

    rule: str
    owner: str | None


@dataclass(frozen=True)
class Flip:
    """A verdict that another policy would change.

    Attributes:
        index: The number of the record.
        request: The request.
        asked_by: Who asked.
        artifact: The artifact.
        rung: The rung.
        asked: Whether it is the rung that was asked for.
        before: The verdict that was given.
        after: The verdict that would be.
        behind: The rules that make the difference.
    """

    index: int
    request: str
    asked_by: str
    artifact: str
    rung: str
    asked: bool
    before: Verdict
    after: Verdict
    behind: tuple[Behind, ...] = ()

    @property
    def loosens(self) -> bool:
        """Whether more would be allowed than was."""
        return self.after.rank < self.before.rank


def replay(view: View, record: Record, kept: Kept | None = None) -> Replayed:
    """Decide again what a record holds, and compare the bytes.

    Args:
        view: The log.
        record: A record of a decision.
        kept: What opens its sealed fields. Without that, or if it was erased, nothing can be said.
    """
    told = (record.index, record.about)
    try:
        record, get = _in_the_open(view, record, kept)
        recorded = get(str(record.decision))
        trace = get(str(record.body["trace"])) if "trace" in record.body else b"null"
        decision, request, policies = _made(get, record)
    except Erased as error:
        return Replayed(*told, Outcome.ERASED, because=error.diagnostics[0].message)
    except InputError as error:
        why = error.diagnostics[0].message
        if record.body.get("engine") != versions():  # what it could read then may be none today
            why += f"; {_because(record)}"
        return Replayed(*told, Outcome.NOT_REPLAYABLE, because=why)
    traced = trace_of(decision, request, policies) if "trace" in record.body else b"null"
    if decision.canonical == recorded and traced == trace:
        return Replayed(*told, Outcome.IDENTICAL)
    then = read_json(recorded, "the decision")
    # Only another engine may explain otherwise: the same one comes to the same bytes.
    now = json.loads(decision.canonical)
    same = record.body.get("engine") != versions() and _verdicts(then) == _verdicts(now)
    differ = [
        *_differences(then, now),
        *_differences(read_json(trace, "the trace"), json.loads(traced), "trace"),
    ]
    found = tuple(differ[:MAX_DIFFERENCES])
    return Replayed(*told, Outcome.SAME_VERDICTS if same else Outcome.DIVERGED, found, _because(record))


def recorded_request(view: View, record: Record, kept: Kept | None = None) -> ReleaseRequest:
    """The request of a record, as it was judged.

    Args:
        view: The log.
        record: A record of a decision.
        kept: What opens its sealed fields.

    Raises:
        Erased: It was sealed, and what opens it is not there.
        IntegrityError: The record does not hold it.
    """
    record, get = _in_the_open(view, record, kept)
    return _request(get, record)


def _in_the_open(view: View, record: Record, kept: Kept | None) -> tuple[Record, Fetch]:
    """A record as it was before anything in it was sealed, and its content."""
    seal = str(record.body.get("seal"))
    return open_record(
        record, fetching(view, record), kept.find(seal) if kept is not None else Disclosures(seal, ())
    )


def flips(view: View, record: Record, candidates: Candidates, kept: Kept | None = None) -> Iterator[Flip]:
    """The verdicts of a record that other policies would change.

    Args:
        view: The log.
        record: A record of a decision.
        candidates: Policies that take the place of those of then, and are taken to be in force.
        kept: What opens its sealed fields.

    Raises:
        InputError: The record cannot be decided again.
    """
    record, get = _in_the_open(view, record, kept)
    before, request, policies = _made(get, record)
    after, _, candidate = _made(get, record, candidates)
    asked_by = request.requester.id.value or request.requester.organisation.value
    for old, new in zip(before.artifacts, after.artifacts, strict=True):
        for rung, verdict in old.ladder.items():
            if (now := new.ladder[rung]) is not verdict:
                strict, by = (old, policies) if verdict.rank > now.rank else (new, candidate)
                yield Flip(
                    record.index,
                    record.about,
                    asked_by if isinstance(asked_by, str) else "nobody named",
                    old.id,
                    rung,
                    rung == old.requested,
                    verdict,
                    now,
                    _behind(strict, rung, by),
                )


def _behind(strict: ArtifactDecision, rung: str, policies: Iterable[Policy]) -> tuple[Behind, ...]:
    """The rules behind a verdict, with who answers for them."""
    known = {each.id: each for policy in policies for each in chain(policy)}
    found = dict.fromkeys(
        (each.policy, each.rule)
        for each in strict.findings
        if each.outcome is strict.ladder[rung] and each.stands_at(rung)
    )
    return tuple(
        Behind(f"{policy}/{rule}", known[policy].owner_of(rule) if policy in known else None)
        for policy, rule in found
    )


def again(view: View, record: Record, kept: Kept | None = None) -> tuple[Decision, ReleaseRequest]:
    """A recorded decision, made again, and the request.

    Raises:
        IntegrityError: It does not come out as it is recorded.
        InputError: It cannot be made again.
    """
    record, get = _in_the_open(view, record, kept)
    decision = _decide(get, record)
    if decision.digest != record.decision:
        message = f"the decision of record {record.index} does not come out as it is recorded"
        raise IntegrityError([Diagnostic("RG740", message, help="`release-gate replay` says how it differs")])
    return decision, _request(get, record)


def _decide(get: Fetch, record: Record, candidates: Candidates = _AS_RECORDED) -> Decision:
    return _made(get, record, candidates)[0]


def _made(
    get: Fetch, record: Record, candidates: Candidates = _AS_RECORDED
) -> tuple[Decision, ReleaseRequest, tuple[Policy, ...]]:
    """A decision, with the request and the policies that it is of."""
    body = record.body
    try:
        policies = restore_policies(body["policies"], get)
        told = body.get("papers")
        papers = restore_papers(get(told["applied"]) if told is not None else None)
        as_of = date.fromisoformat(body["as_of"])
        told = body.get("policies_as_of")
        hypothetical = date.fromisoformat(told) if told is not None else None
    except (KeyError, TypeError, ValueError):
        raise IntegrityError([Diagnostic("RG711", "the record does not say what was decided on")]) from None
    recorded = {} if candidates.alone else {each.id: each for each in policies}
    taken = recorded | {each.id: _in_force(each) for each in candidates.policies}
    applied = tuple(taken[name] for name in sorted(taken))
    request = _request(get, record)
    return engine.decide(request, applied, as_of, hypothetical, papers), request, applied


def _in_force(policy: Policy) -> Policy:
    return replace(policy, in_force=InForce(), instead=None)


def _request(get: Fetch, record: Record) -> ReleaseRequest:
    told = record.body.get("request")
    if not isinstance(told, dict) or not isinstance(told.get("tree"), str):
        raise IntegrityError([Diagnostic("RG711", "the record does not name its request")])
    tree = json.loads(get(told["tree"]), parse_float=Decimal, parse_int=Decimal)
    if not isinstance(text := told.get("text"), str):
        return kind_of(tree).model_validate(tree)
    document = read_document(get(text), str(told.get("name")))
    typed = document.tree
    if isinstance(typed, dict) and "events" in typed and "events" not in tree:
        known = kind_of(typed).from_document(document).on(date.fromisoformat(str(record.as_of)))
        document = known.read_from or document  # facts that came with an event stand where the event does
    # What was judged differs from what was typed where evidence did not bear out a claim.
    if digest(document.tree) != told["tree"]:
        document = replace(document, tree=tree)
    return kind_of(tree).from_document(document)


def _verdicts(body: Any) -> Any:
    """All that a decision allows: the verdicts, the ladders, and nothing of why."""
    try:
        return body["verdict"], [
            (each["id"], each["requested"], each["ladder"]) for each in body["artifacts"]
        ]
    except (KeyError, TypeError):
        return None  # no decision at all


def _differences(then: Any, now: Any, path: str = "") -> Iterator[str]:
    if then == now:
        return
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            yield from _differences(then.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from _differences(old, new, f"{path}[{index}]")
    else:
        yield f"{path}: {_short(then)} → {_short(now)}"


def _short(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False), 80)


def _because(record: Record) -> str:
    then, now = record.body.get("engine"), versions()
    if not isinstance(then, Mapping):
        return "the record does not say what decided"
    changed = [
        f"{name} was {printable(str(then.get(name)))} and is {now.get(name)}"
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    ]
    return (
        "; ".join(changed) if changed else "the same versions decided: the record or the engine was changed"
    )
