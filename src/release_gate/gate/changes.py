"""What of a gate was changed beside what its policies say of a release, so that more may get through.

Whether a policy about releases was loosened is seen in what it says of one. Nobody asks for access in the
same run, so that of everything about access each difference is named. So is each of a setting that nothing
here says more about: a setting that is added later is watched from its first day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from release_gate.diagnostics import printable
from release_gate.document import Base
from release_gate.facts.ladder import GRANTED
from release_gate.policy.gate_file import EvidenceDocument, GateDocument
from release_gate.policy.model import Policy
from release_gate.policy.papers import Papers

__all__ = ["access_changes", "changed_papers", "changed_settings", "files_of"]

Same = Callable[[str], bool]
"""Whether a file that both gate files name holds what it held."""

_SEEN_OTHERWISE: Final = {"release_gate", "policies", "trust", "sign_offs", "unsigned_sign_offs", "waivers"}
"""Policies and waivers in what is said of a release, all but the policies in what was read."""
_WORDS: Final = {"release_gate", "version", "title", "status", "owner", "sources", "silence"}
_WORDS_OF_RULE: Final = {"because", "fix", "cite", "owner", "silence"}
"""What nobody is given access by."""


def changed_settings(before: GateDocument | None, now: GateDocument, same: Same) -> Iterator[str]:
    """What was changed in a gate file, so that more may get through.

    Args:
        before: What it said; None if there was none.
        now: What it says.
        same: Whether a file that both name holds what it held.
    """
    then: dict[str, Any] = _tree(before) if before is not None else {"access": {}}
    today: dict[str, Any] = _tree(now)
    if before is not None and (less := _less_evidence(before.evidence, now.evidence, same)):
        yield f"claims are held against less than before: {less}"
    for key in sorted(then.keys() - _SEEN_OTHERWISE - {"evidence", "access"}):
        if then[key] is not None and (places := sorted(_differences(then[key], today[key], key))):
            yield f"the gate file was changed: {_listed(places)}"
    for name in sorted(then["access"].keys() | today["access"].keys()):
        old, new = then["access"].get(name), today["access"].get(name)
        if old is None:
            yield f"the gate file lets people ask for `{name}`, and did not before"
            continue
        places = sorted(_differences(old, new, "")) if new is not None else []
        places += [file for file in _of_access(now, name) if not same(file)]
        if new is None:
            yield f"the gate file says nothing about access to `{name}`, and did before"
        elif places:
            yield f"how access to `{name}` is given was changed: {_listed(places)}"


def files_of(document: GateDocument) -> Iterator[str]:
    """The files that a gate file names and that no other comparison reads, from its folder."""
    if document.evidence is not None:
        yield from _of_evidence(document.evidence)
    for name in document.access:
        yield from _of_access(document, name)


def _of_evidence(evidence: EvidenceDocument) -> Iterator[str]:
    yield from evidence.keys
    if evidence.sigstore is not None:
        yield evidence.sigstore.root


def _of_access(document: GateDocument, name: str) -> Iterator[str]:
    told = document.access.get(name)
    if told is not None and told.release is not None:
        yield from filter(None, (told.release.decision, told.release.key))


def _less_evidence(before: EvidenceDocument | None, now: EvidenceDocument | None, same: Same) -> str:
    """What of the evidence, or of the way that it is read, was changed so that more may pass, or nothing."""
    if before is None:
        return ""
    if now is None:
        return "the gate file names no `evidence`"
    if gone := sorted({*before.folders, *before.parents} - {*now.folders, *now.parents}):
        return f"without {_listed(gone)}"
    if before.vouched_by and (not now.vouched_by or set(now.vouched_by) - set(before.vouched_by)):
        return "more may vouch for logs" if now.vouched_by else "nobody needs to vouch for logs"
    watched = sorted(EvidenceDocument.model_fields.keys() - {"folders", "parents", "vouched_by"})
    changed = [name for name in watched if getattr(before, name) != getattr(now, name)]
    changed += [file for file in _of_evidence(now) if not same(file)]
    return f"{_listed(changed)} changed" if changed else ""


def changed_papers(before: Papers, now: Papers, request: str) -> Iterator[str]:
    """What was changed about who may sign, what was signed about a request, and exceptions for access."""
    if now.unsigned_count and not before.unsigned_count:
        yield "sign-offs without a signature count now, and did not before"
    if now.trust != before.trust:
        yield "who may sign was changed"
    kept = {each.said for each in now.signed}
    for each in before.signed:
        if each.request == request and each.said not in kept:
            if each.said.word in ("object", "reverse"):
                yield f"what {each.said.person} signed against {each.said.artifact} is gone"
            elif each.said.word == "recuse":
                yield f"the recusal of {each.said.person} is gone"
    known = [each.said for each in before.waivers]
    for waiver in now.waivers:
        if waiver.said.rung == GRANTED.name and waiver.said not in known:
            yield f"the waiver {printable(waiver.said.id)} excuses `{printable(waiver.said.rule)}` for access"


def access_changes(before: Iterable[Policy], now: Iterable[Policy]) -> Iterator[str]:
    """What was changed in policies about access, so that more may get it. What only restricts is not named.

    Args:
        before: The policies that were in force.
        now: Those that are.
    """
    then = {each.id: each for each in before if each.document.subject == "access"}
    today = {each.id: each for each in now if each.document.subject == "access"}
    for name in sorted(then.keys() | today.keys()):
        old, new = then.get(name), today.get(name)
        if new is None:
            yield f"the policy `{name}` does not judge any more who is given access"
        elif old is None:
            if new.document.covers:
                yield f"the policy `{name}` can give access, and did not before"
        elif places := sorted(_differences(_effective(old), _effective(new), "", more=False)):
            yield f"who is given access by the policy `{name}` was changed: {_listed(places)}"


def _effective(policy: Policy) -> dict[str, Any]:
    """All of a policy that what it comes to can depend on, with its rules by their names."""
    told = {key: each for key, each in _tree(policy.document).items() if key not in _WORDS}
    rules = {
        rule.id: {key: each for key, each in _tree(rule).items() if key not in _WORDS_OF_RULE}
        | {"deny": rule.deny is not None}
        for rule in policy.document.rules
    }
    return {**told, "rules": rules}


def _tree(value: Any) -> Any:
    """A document as dictionaries, by the names that authors write."""
    if isinstance(value, Base):
        fields = type(value).model_fields.items()
        return {each.alias or name: _tree(getattr(value, name)) for name, each in fields}
    return {key: _tree(each) for key, each in value.items()} if isinstance(value, Mapping) else value


def _differences(then: Any, now: Any, place: str, *, more: bool = True) -> Iterator[str]:
    """The places at which two trees differ; what is there now only counts if more of it can loosen."""
    if not isinstance(then, Mapping) or not isinstance(now, Mapping):
        if then != now:
            yield place
        return
    for key in {**then, **now} if more else then:
        yield from _differences(then.get(key), now.get(key), f"{place}.{key}" if place else key, more=more)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{printable(each)}`" for each in names)
