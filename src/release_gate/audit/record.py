"""Records: everything that it takes to recompute a decision, by digest.

A *record* is a small JSON object in RFC 8785 form. It names its content, which is larger, by digest: the
request and the policies as they were written and in canonical form, and the decision. The digests are those
that the decision itself names, so that whoever has one finds the other.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any, Final

import release_gate
from release_gate.audit.content import Content
from release_gate.audit.policies import PoliciesUsed
from release_gate.audit.recorded_papers import NO_PAPERS_USED, PapersUsed
from release_gate.canonical import canonical_bytes, tree_bytes
from release_gate.decision import Decision
from release_gate.diagnostics import Diagnostic, IntegrityError
from release_gate.envelope import read_json
from release_gate.facts.release import ReleaseRequest

__all__ = ["MAX_RECORD", "Draft", "Record", "decision_draft", "versions"]

SCHEMA: Final = "record/v1"
MAX_RECORD: Final = 0xFFFF
"""The most bytes that a record may have: what an entry of a tiled log can hold (c2sp.org/tlog-tiles)."""


@dataclass(frozen=True)
class Draft:
    """A record that has no place in a ledger yet.

    Attributes:
        body: What it says, without floats. Its ``kind`` is ``decision``, ``event`` or ``redaction``.
        content: What it refers to and only it needs, by digest.
        shared: What it refers to and many records share.
    """

    body: Mapping[str, Any]
    content: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    shared: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def attested(self, envelopes: Iterable[bytes]) -> Draft:
        """The same with signed statements about it."""
        content = Content(self.content)
        body = {**self.body, "attestations": [content.put(each) for each in envelopes]}
        return Draft(body, content, self.shared)

    def placed(self, index: int, recorded_at: str, after: Mapping[str, str]) -> Record:
        """The record that it becomes in its place.

        Args:
            index: Its number.
            recorded_at: When it is recorded.
            after: The digest of the record before it, or the origin of the log, by its name.
        """
        body = {**self.body, "schema": SCHEMA, "index": index, "recorded_at": recorded_at, **after}
        return Record(tree_bytes(body), body)


@dataclass(frozen=True)
class Record:
    """A record in its place.

    Attributes:
        data: Its bytes, which are what the tree is over.
        body: What they say.
    """

    data: bytes = field(repr=False)
    body: Mapping[str, Any]

    @classmethod
    def read(cls, data: bytes) -> Record:
        """A record from its bytes.

        Raises:
            IntegrityError: It is not one, or not in the one form that it can have.
        """
        try:
            body = read_json(data, "the record")
        except IntegrityError:
            body = None
        if not isinstance(body, dict) or body.get("schema") != SCHEMA:
            raise IntegrityError([Diagnostic("RG711", f"this is no record (`{SCHEMA}`)")])
        if len(data) > MAX_RECORD or type(body.get("index")) is not int or canonical_bytes(body) != data:
            raise IntegrityError([Diagnostic("RG711", "the record is not in canonical form")])
        return cls(data, body)

    @property
    def index(self) -> int:
        """Its number, from 0."""
        index: int = self.body["index"]
        return index

    @property
    def kind(self) -> str:
        """What it records."""
        return str(self.body.get("kind"))

    @property
    def recorded_at(self) -> str:
        """When, in UTC."""
        return str(self.body.get("recorded_at"))

    @property
    def as_of(self) -> str | None:
        """The day for which it was decided, for a decision."""
        return self.body.get("as_of") if self.kind == "decision" else None

    @property
    def decision(self) -> str | None:
        """The digest of the decision, for a decision."""
        found = self.body.get("decision")
        return found if isinstance(found, str) else None

    @property
    def about(self) -> str:
        """The request that it is about."""
        request = self.body.get("request")
        return str(request.get("id")) if isinstance(request, dict) else ""

    @cached_property
    def refers_to(self) -> tuple[str, ...]:
        """The digests of its content, each once."""
        found: dict[str, None] = {}
        _note_digests(self.body, "", found)
        return tuple(found)


_CONTENT_KEYS: Final = frozenset({"applied", "attestations", "decision", "text", "trace", "tree"})


def _note_digests(value: Any, key: str, found: dict[str, None]) -> None:
    """Note the digests in a value that stands under a key."""
    if isinstance(value, str):
        if key in _CONTENT_KEYS:
            found[value] = None
    elif isinstance(value, dict):
        for name, item in value.items():
            _note_digests(item, name, found)
    elif isinstance(value, list):
        for item in value:
            _note_digests(item, key, found)


def decision_draft(
    decision: Decision,
    request: ReleaseRequest,
    policies: PoliciesUsed,
    papers: PapersUsed = NO_PAPERS_USED,
    trace: bytes | None = None,
) -> Draft:
    """What there is to record of a decision.

    Args:
        decision: What was decided.
        request: What was judged: the request, after its claims were held against the evidence.
        policies: Every policy of the gate, those that are not in force among them.
        papers: The sign-offs and the waivers of the gate.
        trace: How every rule came out, as it is recorded.
    """
    content = Content()
    body: dict[str, Any] = {
        "kind": "decision",
        "as_of": decision.as_of.isoformat(),
        "verdict": str(decision.verdict),
        "decision": content.put_as(decision.digest, decision.canonical),
        "request": _request(request, content),
        "policies": [list(versions) for versions in policies.told],
        "engine": versions(),
        "attestations": [],
    }
    if trace is not None:
        body["trace"] = content.put(trace)
    if papers.told is not None:
        body["papers"] = papers.told
    if decision.hypothetical is not None:
        body["policies_as_of"] = decision.hypothetical.isoformat()
    return Draft(body, content, {**policies.content, **papers.content})


def _request(request: ReleaseRequest, content: Content) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": request.id,
        "tree": content.put_as(request.digest, request.canonical),
    }
    name = request.model.name.value
    if isinstance(name, str):
        told["model"] = name
    source = request.source
    if source is not None:
        told |= {"name": source.name, "text": content.put(source.text.encode())}
    return told


@cache
def versions() -> dict[str, str]:
    """What decided: the versions of the engine, of the parser of conditions, and of Python."""
    return {
        "release_gate": release_gate.__version__,
        "rule_engine": version("rule-engine"),
        "google_re2": version("google-re2"),
        "pydantic": version("pydantic"),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }
