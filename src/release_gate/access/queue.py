"""From a queue at a hub to a decision about everybody in it. Nothing here talks to a hub, or writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from release_gate.access.batch import counts
from release_gate.access.form import Asked, Said, read_form
from release_gate.access.register import Grant, Register, entry
from release_gate.access.settings import Gated
from release_gate.access.terms import NO_TERMS, Terms, reason_of, shortened, terms_of
from release_gate.decision import Decision, Verdict
from release_gate.diagnostics import Diagnostic, InputError
from release_gate.facts.access import AccessRequest
from release_gate.facts.release import ReleaseRequest
from release_gate.gate.gate import Gate
from release_gate.policy.gated import EntryDocument

__all__ = ["Desk", "Reviewed", "granted_entry", "renewed_entry"]


@dataclass(frozen=True)
class Reviewed:
    """A request for access, and what it came to.

    Attributes:
        asked: Who asked for what.
        said: What their answers say.
        request: The access request that was judged, if it could be made.
        decision: What was decided.
        terms: How far the grant reaches, if it is one.
        diagnostics: What is wrong with it; then it is left pending.
        problems: For facts that an answer should have said, why it does not.
        unread: The fields of the form that no fact is mapped to.
    """

    asked: Asked
    said: Mapping[str, Any]
    request: ReleaseRequest | None = None
    decision: Decision | None = None
    terms: Terms = NO_TERMS
    diagnostics: Sequence[Diagnostic] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, or None for a request that could not be judged."""
        return self.decision.verdict if self.decision is not None else None

    @property
    def allows(self) -> bool:
        """Whether access may be granted."""
        return self.decision is not None and self.decision.verdict.allows and not self.terms.empty

    @property
    def action(self) -> str:
        """What is to be done: `accept`, `ask` or `refuse`. Only a person refuses."""
        if self.allows:
            return "accept"
        return "refuse" if self.verdict is Verdict.DENY else "ask"

    @property
    def unverified(self) -> tuple[str, ...]:
        """The rules on which the verdict hangs, if nobody has read in their source what they rest on."""
        return () if self.decision is None else self.decision.artifacts[0].unverified

    @property
    def unsaid(self) -> tuple[str, ...]:
        """The facts that are missing and that nobody asks for: neither an answer nor the hub says them."""
        missing = self.decision.artifacts[0].missing if self.decision is not None else ()
        hidden = ("requester.id", "history", "batch")
        return tuple(path for path in missing if path not in self.problems and not path.startswith(hidden))

    @property
    def reason(self) -> str:
        """Why not, in no more characters than a hub passes on; empty for a grant."""
        if self.decision is None:
            return shortened(f"Not valid: {'; '.join(each.message for each in self.diagnostics)}")
        if self.decision.verdict.allows and self.terms.empty:
            return "The rules leave nothing that the grant could be for."
        return reason_of(self.decision, dict(self.problems))


@dataclass(frozen=True)
class Desk:
    """Judges who asks for what one repository holds.

    Attributes:
        gate: The policies.
        gated: The repository, and how its form is read.
        register: The grants so far, or None if nobody keeps them.
        as_of: The day.
    """

    gate: Gate
    gated: Gated
    register: Register | None
    as_of: date

    @property
    def own(self) -> Mapping[str, Any]:
        """The facts of policies' own that the gate file says."""
        found: Mapping[str, Any] = self.gated.facts.get("own", {})
        return found

    def review(self, waiting: Sequence[Asked]) -> list[Reviewed]:
        """Judge everybody who waits, in the order in which they asked."""
        return [self.judged(*each) for each in self._trees(waiting)]

    def one(self, waiting: Sequence[Asked], name: str) -> Reviewed:
        """Judge one of those who wait, by its id, among the others."""
        return next(self.judged(*each) for each in self._trees(waiting) if each[0].id == name)

    def _trees(self, waiting: Sequence[Asked]) -> list[tuple[Asked, dict[str, Any], Said]]:
        """Everybody who waits, in the order in which they asked, with what they say as an access request."""
        queue = sorted(waiting, key=lambda each: (each.at, each.id))
        said = [read_form(self.gated.form, each, self.as_of) for each in queue]
        grants = self.register.grants(self.as_of) if self.register is not None else None
        together = list(zip(queue, said, strict=True))
        seen = counts(together, grants, self.as_of)
        return [
            (asked, self.tree(asked, told, batch), told)
            for (asked, told), batch in zip(together, seen, strict=True)
        ]

    def tree(self, asked: Asked, said: Said, batch: Mapping[str, Any]) -> dict[str, Any]:
        """The access request of somebody, as it would be written."""
        facts = {key: value for key, value in said.facts.items() if value}
        told = {"release_gate": AccessRequest.KIND, "id": asked.id, **self.gated.facts, **facts}
        if "own" in facts:
            told["own"] = {**facts["own"], **self.own}  # what the gate file says stays as it is
        if self.register is not None and asked.account is not None:
            told["history"] = history(self.register.of(asked.account), self.as_of)
        return {**told, "batch": dict(batch)}

    def judged(self, asked: Asked, tree: Mapping[str, Any], said: Said) -> Reviewed:
        """Judge one request. One that is not valid says so, and nobody else has to wait for it."""
        kept = {key: tree[key] for key in ("requester", "use", "own", "agreements") if key in tree}
        if "own" in kept:  # what the gate file says of the artifact is asked of it again when a grant is
            kept["own"] = {key: each for key, each in kept["own"].items() if key not in self.own}
        try:
            asks = AccessRequest.model_validate(tree)
            held = self.gate.hold(asks, self.as_of)
            request = held.request if held is not None else asks
            decision = self.gate.judge(request, as_of=self.as_of)
        except InputError as error:
            problems = error.diagnostics
            return Reviewed(asked, kept, diagnostics=problems, problems=said.problems, unread=said.unread)
        terms = terms_of(decision, self.gate.in_force(self.as_of), self.as_of)
        return Reviewed(asked, kept, request, decision, terms, (), said.problems, said.unread)

    def again(self, grant: Grant, action: str) -> Reviewed:
        """Judge a grant again, by what was said for it then and what is known of the artifact now.

        Args:
            grant: The grant.
            action: `renew`, or `review` because something has changed.
        """
        before = {"on": grant.granted.on, "expires": _known(grant), "tier": grant.newest.tier}
        past = history(
            [grant] if grant.who is None or self.register is None else self.register.of(grant.who), self.as_of
        )
        told = {"release_gate": AccessRequest.KIND, "id": grant.id, "action": action, **self.gated.facts}
        known = {key: value for key, value in before.items() if value is not None or key == "expires"}
        tree = {**told, **grant.granted.said, "grant": known, "history": past}
        if self.own:
            tree["own"] = {**grant.granted.said.get("own", {}), **self.own}
        asked = Asked(grant.id, grant.who, None, None, datetime.min.replace(tzinfo=UTC))
        return self.judged(asked, tree, Said({}))


def history(grants: Sequence[Grant], day: date) -> list[dict[str, Any]]:
    """What happened to the access of an account, in order of the register, as an access request says it."""
    found = []
    for grant in grants:
        where = grant.granted.repository
        found += [
            {"kind": each.entry, "on": each.on, "artifact": where} for each in grant.entries if each.on <= day
        ]
        if grant.state(day) == "expired":
            found.append({"kind": "expired", "on": _known(grant), "artifact": where})
    return found


def _known(grant: Grant) -> Any:
    return grant.expires if grant.end() != "not a date" else {"unknown": "missing"}


def renewed_entry(reviewed: Reviewed, gated: Gated, on: date, by: str | None = None) -> EntryDocument:
    """The line of the register for a grant that is renewed."""
    assert reviewed.decision is not None  # noqa: S101 - the caller has looked whether it allows
    return entry(
        "renewed",
        reviewed.asked.id,
        on,
        by=by,
        expires=reviewed.terms.expires,
        scope=list(reviewed.terms.scope or ()),
        decision=reviewed.decision.digest,
        tier=gated.tier,
    )


def granted_entry(reviewed: Reviewed, gated: Gated, on: date, by: str | None = None) -> EntryDocument:
    """The line of the register for a request that is granted."""
    assert reviewed.decision is not None  # noqa: S101 - the caller has looked whether it allows
    organisation = reviewed.said.get("requester", {}).get("organisation")
    return entry(
        "granted",
        reviewed.asked.id,
        on,
        by=by,
        repository=gated.name,
        artifact=gated.artifact,
        who=reviewed.asked.account,
        organisation=organisation if isinstance(organisation, str) else None,
        expires=reviewed.terms.expires,
        scope=list(reviewed.terms.scope or ()),
        decision=reviewed.decision.digest,
        tier=gated.tier,
        said=dict(reviewed.said),
    )
