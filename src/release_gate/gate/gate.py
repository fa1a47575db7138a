"""A gate: the policies that a project is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, cast

from release_gate import engine
from release_gate.decision import Decision, in_words
from release_gate.diagnostics import Diagnostic, InputError, PolicyError, Span
from release_gate.document import validate
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.build import placed
from release_gate.policy.in_force import days_of_change, in_force, policy_of
from release_gate.policy.load import is_path, load_policy
from release_gate.policy.model import Policy
from release_gate.policy.packs import ALWAYS_ON, load_pack, pack_names, pack_versions
from release_gate.policy.papers import NO_PAPERS, Papers
from release_gate.scalars import twins
from release_gate.source import Document, Pointer, read_file, require_mapping

if TYPE_CHECKING:
    from release_gate.evidence.collected import Collected
    from release_gate.evidence.held import Held
    from release_gate.evidence.keyless import Keyless
    from release_gate.policy.gate_file import (
        EvidenceDocument,
        GateDocument,
        PolicyReference,
        SigstoreDocument,
    )

__all__ = ["Gate", "policy_of_name", "read_gate"]


class Gate:
    """The policies that releases are judged by. The pack ``ladder`` is always among them, in some version.

    Attributes:
        policies: The policies, in the order of their names. Which version of one applies, or whether in
            place of an overlay what it extends does, depends on the day (:meth:`in_force`).
        evidence: What was found in the folders with evidence, if the gate has any.
        asked: Which folders those are, and how they are read.
    """

    def __init__(self, policies: Iterable[Policy], *, spans: Iterable[Span | None] = repeat(None)) -> None:
        """Put policies together.

        Args:
            policies: The policies. The pack ``ladder`` need not be among them; a version of it takes the
                place of the newest.
            spans: Where a gate file refers to each.

        Raises:
            PolicyError: The same policy would be in force twice with different content.
        """
        given = [*zip(policies, spans, strict=False)]
        versions = {version.digest for version in pack_versions(ALWAYS_ON)}
        if not any(policy.digest in versions for policy, _ in given):
            given.append((load_pack(ALWAYS_ON), None))
        if problems := list(_conflicts(given)):
            raise PolicyError(problems)
        for _, twin, first in twins(sorted({policy.id for policy, _ in given})):
            message = f"the ids `{first}` and `{twin}` of two policies look the same"
            raise PolicyError([Diagnostic("RG502", message, help="rename one of them")])
        found = {(policy.id, policy.digest): policy for policy, _ in given}
        self.policies: tuple[Policy, ...] = tuple(found[key] for key in sorted(found))
        self.papers: Papers = NO_PAPERS
        self.evidence: Collected | None = None
        self.asked: EvidenceDocument | None = None

    @classmethod
    def load(cls, path: str | Path, *, collect: bool = True) -> Gate:
        """Read a gate file. Paths in it start at its folder.

        Args:
            path: The gate file.
            collect: Whether to read the evidence that it names; without it, no claim is held against any.

        Raises:
            DocumentError: A file is not YAML as we accept it, or not of the kind that it should be.
            PolicyError: The gate or a policy is not valid.
            IntegrityError: A signed statement was changed, or is by nobody who may sign it.
        """
        file = Path(path)
        document, shape = read_gate(file)
        policies, errors = [], []
        for index, reference in enumerate(shape.policies):
            try:
                policies.append(_referred(reference, file.parent, document, ("policies", index)))
            except InputError as error:
                errors.append(error)
        if errors:
            raise type(errors[0])(found for error in errors for found in error.diagnostics)
        gate = cls(policies, spans=[document.span(("policies", index)) for index in range(len(policies))])
        gate.papers = _papers(shape, file.parent)
        gate.asked = shape.evidence
        if shape.evidence is not None and shape.evidence.vouched_by and shape.trust is None:
            at = document.span(("evidence", "vouched_by"))
            message = "vouching for logs needs `trust`, which says whose key is whose"
            raise PolicyError([Diagnostic("RG510", message, at, "add trust: trust.yaml")])
        if shape.evidence is not None and collect:
            gate.evidence = _collected(shape.evidence, shape.trust, file.parent)
        return gate

    @classmethod
    def from_policies(cls, policies: Iterable[str | Path]) -> Gate:
        """A gate of packs, by name, and of policy files, by path.

        Raises:
            DocumentError: A file is not YAML as we accept it, or not a policy.
            PolicyError: There is no such pack, or a policy is not valid.
            TypeError: The policies are one text, and no list.
        """
        if isinstance(policies, str):  # which is a list of letters to Python
            raise TypeError(f"policies are a list, such as [{policies!r}]")
        return cls(policy_of_name(each) for each in policies)

    def __repr__(self) -> str:
        """The policies, each with its version."""
        return f"<Gate: {', '.join(f'{each.id} {each.version}' for each in self.policies)}>"

    def in_force(self, day: date) -> tuple[Policy, ...]:
        """The policies that apply on a day, in the order of their names."""
        return in_force(self.policies, day)[0]

    def hold(self, request: ReleaseRequest, as_of: date) -> Held | None:
        """Hold the claims of a request against the evidence; None if the gate has none.

        Args:
            request: The request.
            as_of: The day on which those who vouch for logs must have the right to.

        Raises:
            RequestError: It is not clear which artifact the evidence is about.
        """
        if self.evidence is None or self.asked is None:
            return None
        from release_gate.evidence.hold import hold  # noqa: PLC0415 - many gates have no evidence
        from release_gate.evidence.vouching import Vouching  # noqa: PLC0415 - as above

        roles = self.asked.vouched_by
        return hold(request, self.evidence, Vouching(self.evidence.vouches, roles, as_of) if roles else None)

    def decide(self, request: ReleaseRequest, *, as_of: date, policies_as_of: date | None = None) -> Decision:
        """Judge a request, after its claims were held against the evidence.

        Args:
            request: What is to be released.
            as_of: The day for which to decide.
            policies_as_of: The day whose policies to use instead; makes it hypothetical.

        Raises:
            RequestError: The request states a fact in a way that a policy does not allow.
            TypeError: A day is no date, or the request is none.
        """
        if not isinstance(cast("object", request), ReleaseRequest):
            how = "ReleaseRequest.load(path) and ReleaseRequest.model_validate(mapping) make one"
            raise TypeError(f"this is no request but a {type(request).__name__}; {how}")
        for day in (as_of, policies_as_of or as_of):
            if type(day) is not date:  # a datetime is a date to Python, and has no order beside one
                raise TypeError(f"a day is a datetime.date, such as date(2026, 11, 24), and not {day!r}")
        known = request.on(as_of)
        held = self.hold(known, as_of)
        return self.judge(held.request if held else known, as_of=as_of, policies_as_of=policies_as_of)

    def judge(self, held: ReleaseRequest, *, as_of: date, policies_as_of: date | None = None) -> Decision:
        """Judge a request whose claims were held against the evidence already.

        Args:
            held: What is to be released.
            as_of: The day for which to decide.
            policies_as_of: The day whose policies to use instead; makes it hypothetical.

        Raises:
            RequestError: The request states a fact in a way that a policy does not allow.
        """
        return engine.decide(held, self.policies, as_of, policies_as_of, self.papers)


def read_gate(file: Path) -> tuple[Document, GateDocument]:
    """A gate file and what it says, without what it refers to.

    Raises:
        DocumentError: It is not YAML as we accept it, or not a gate file.
        PolicyError: It is not valid.
    """
    from release_gate.policy.gate_file import GateDocument  # noqa: PLC0415 - named policies need no gate file

    document = read_file(file)
    require_mapping(document, ("gate/v1",))
    return document, validate(GateDocument, document.tree, document, PolicyError, "RG503")


def _papers(asked: GateDocument, folder: Path) -> Papers:
    """What a gate file has beside its policies, as :func:`read_papers` reads it."""
    if asked.trust is None and not (asked.sign_offs or asked.waivers or asked.unsigned_sign_offs):
        return NO_PAPERS
    from release_gate.gate.paper_files import read_papers  # noqa: PLC0415 - many gates have no papers

    return read_papers(asked, folder)


def _collected(asked: EvidenceDocument, trust: str | None, folder: Path) -> Collected:
    """What is in the folders that a gate file names.

    Raises:
        EvidenceError: Something there is refused, so that nothing can be held against it.
    """
    from release_gate.evidence.collect import EvidenceError, collect  # noqa: PLC0415 - as above
    from release_gate.gate.paper_files import read_trust  # noqa: PLC0415 - as above
    from release_gate.signing import read_certified_key  # noqa: PLC0415 - as above

    names = {result: name for name, result in asked.metrics.items()}
    keys = [read_certified_key(folder / each) for each in asked.keys]
    trusted = read_trust(folder / trust).keys if asked.vouched_by and trust is not None else {}
    found = collect(
        [folder / each for each in asked.folders],
        named=asked.named,
        metrics=names,
        keys=keys,
        trusted=trusted,
        keyless=_keyless(asked.sigstore, folder) if asked.sigstore is not None else None,
        parents=[folder / each for each in asked.parents],
    )
    if found.errors:
        raise EvidenceError(found.problems)
    return found


def _keyless(asked: SigstoreDocument, folder: Path) -> Keyless:
    from release_gate.evidence.keyless import Account, read_keyless  # noqa: PLC0415 - heavy, and few need it

    accounts = [Account(each.issuer, each.identity) for each in asked.signers]
    return read_keyless(folder / asked.root, accounts)


def policy_of_name(reference: str | Path) -> Policy:
    """A pack by its name, or the policy of a file.

    Raises:
        DocumentError: The file is not YAML as we accept it, or not a policy.
        PolicyError: There is no such pack, or the policy is not valid.
    """
    text = str(reference)
    if isinstance(reference, str) and (text.partition("@")[0] in pack_names() or not is_path(text)):
        return load_pack(text)
    return load_policy(reference)


def _referred(reference: PolicyReference, folder: Path, document: Document, pointer: Pointer) -> Policy:
    """The policy that a gate file refers to, with the values that it sets."""
    named = reference.pack if reference.pack is not None else str(reference.file)
    is_pack = not is_path(named) and named.partition("@")[0] in pack_names()
    if reference.file is not None and is_pack and not (folder / named).exists():
        message = f"`{named}` is a pack, and this names a file"
        raise PolicyError([Diagnostic("RG501", message, document.span(pointer), f"write {{pack: {named}}}")])
    find = load_pack if reference.pack is not None else lambda name: load_policy(folder / name)
    policy = placed(find, named, document.span(pointer))
    if not reference.set_:
        return policy
    from release_gate.policy.overlay import with_set  # noqa: PLC0415 - checks the policy again, and few need it

    return with_set(policy, reference.set_, document, (*pointer, "set"))


def _conflicts(given: Sequence[tuple[Policy, Span | None]]) -> Iterator[Diagnostic]:
    """The policies that would be in force twice on some day, with different content."""
    for day in days_of_change(policy for policy, _ in given):
        seen: dict[str, Policy] = {}
        for policy, span in given:
            applied = policy_of(policy, day)
            if applied is not None and seen.setdefault(applied.id, applied).digest != applied.digest:
                yield _conflict(seen[applied.id], applied, span)


def _conflict(one: Policy, other: Policy, span: Span | None) -> Diagnostic:
    for name, value in sorted(one.parameters.items()):
        if one.name == other.name and other.parameters.get(name) != value:
            both = f"{in_words(value)} in one place and {in_words(other.parameters.get(name))} in another"
            message = f"the parameter `{name}` of `{one.id}` is {both}"
            return Diagnostic("RG502", message, span, "refer to the policy once, with all that is set")
    message = f"the policy `{one.id}` is given twice, with different content"
    when = ", or say with `in_force` when each applies" if one.version != other.version else ""
    return Diagnostic("RG502", message, span, f"in {one.name} and {other.name}; keep one{when}")
