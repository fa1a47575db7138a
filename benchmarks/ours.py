"""What is measured of release_gate: the program alone, the whole decision, bytes to bytes, and loading."""

from __future__ import annotations

import json
import operator
import os
import tempfile
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import yaml

from benchmarks.race import Entry
from benchmarks.workload import (
    AS_OF,
    CONDITIONS,
    keyed_conditions,
    keyed_requests,
    policy_document,
    requests,
)
from release_gate import Decision, Gate, ReleaseRequest
from release_gate.evaluate.compiled import Gathered, Hits, Program
from release_gate.evaluate.fetch import Reading
from release_gate.expression import trees
from release_gate.facts.arithmetic import OPERATIONS
from release_gate.facts.frame import Frame
from release_gate.policy.load import load_policy, policy_from_document
from release_gate.policy.model import Policy
from release_gate.source import POLICY_LIMITS, read_document

__all__ = [
    "decision",
    "exact",
    "explained",
    "floats",
    "from_bytes",
    "from_located_bytes",
    "gaps",
    "keyed",
    "load",
    "program",
    "reading",
    "reading_gaps",
]


def program(number: int, seed: int) -> Entry:
    """The compiled rules on facts that have been read."""
    return _on_read_facts(requests(number, seed))


def gaps(number: int, seed: int) -> Entry:
    """The same on requests with gaps. What may bite is named as well."""
    return _on_read_facts(requests(number, seed, gaps=True))


def reading(number: int, seed: int) -> Entry:
    """Reading the facts from the validated models, and the compiled rules."""
    return _reading_too(_policy(CONDITIONS), requests(number, seed))


def reading_gaps(number: int, seed: int) -> Entry:
    """The same on requests with gaps."""
    return _reading_too(_policy(CONDITIONS), requests(number, seed, gaps=True))


def keyed(rules: int, number: int, seed: int) -> Entry:
    """Keyed rules, compiled. Which facts are read depends on the key, so that reading belongs to it."""
    return _reading_too(_policy(keyed_conditions(rules)), keyed_requests(number, rules, seed))


def decision(number: int, seed: int) -> Entry:
    """The whole decision about a validated request that has its digest: every rung, every finding."""
    gate = _gate()
    asked = [ReleaseRequest.model_validate(each) for each in requests(number, seed)]
    for each in asked:
        each.proposal_digest  # noqa: B018 - a request keeps its digests

    def ask(request: ReleaseRequest) -> Decision:
        return gate.decide(request, as_of=AS_OF)

    return Entry(ask, asked, _denied)


def explained(number: int, seed: int) -> Entry:
    """The same with the digest of the request, and with the reasons of every finding."""
    gate = _gate()

    def ask(request: ReleaseRequest) -> Decision:
        for made in ("canonical", "digest"):
            request.__dict__.pop(made, None)
        decided = gate.decide(request, as_of=AS_OF)
        for artifact in decided.artifacts:
            for finding in artifact.findings:
                finding.message  # noqa: B018 - what is read is made
        return decided

    return Entry(ask, [ReleaseRequest.model_validate(each) for each in requests(number, seed)], _denied)


def from_bytes(number: int, seed: int) -> Entry:
    """From the bytes of a request to the bytes of its decision."""
    return _answering(lambda body: ReleaseRequest.model_validate(json.loads(body)), number, seed)


def from_located_bytes(number: int, seed: int) -> Entry:
    """The same, and each fact knows its line and column, as in files."""
    return _answering(lambda body: ReleaseRequest.from_document(read_document(body)), number, seed)


def load(rules: int, cache: str) -> Entry:
    """Load a policy from a YAML file, with the cache ``off`` or in a folder. The parser is warm."""
    folder = Path(tempfile.mkdtemp())
    os.environ["RELEASE_GATE_CACHE"] = str(folder / "cache") if cache == "on" else "off"
    os.environ["RELEASE_GATE_STATE"] = str(folder / "state")
    file = folder / "policy.yaml"
    file.write_text(yaml.safe_dump(policy_document(_many(rules)), sort_keys=False), encoding="utf-8")
    load_policy(file)

    def ask(path: Path) -> Policy:
        trees.forget()  # a process remembers what it has read, and a new one does not
        return load_policy(path)

    return Entry(ask, [file], lambda policy: [len(policy.rules)])


def _many(rules: int) -> tuple[str, ...]:
    """As many conditions as are asked for, no two the same."""
    if rules <= len(CONDITIONS):
        return CONDITIONS[:rules]
    return tuple(f"({CONDITIONS[n % len(CONDITIONS)]}) and model.context_length >= {n}" for n in range(rules))


def _policy(conditions: tuple[str, ...]) -> Policy:
    text = json.dumps(policy_document(conditions))
    return policy_from_document(read_document(text, limits=POLICY_LIMITS))


def _gate() -> Gate:
    return Gate([_policy(CONDITIONS)])


def _on_read_facts(made: Iterable[dict[str, Any]]) -> Entry:
    policy = _policy(CONDITIONS)
    compiled = Program(policy)
    readings = [_reading(each, policy) for each in made]

    def ask(read: tuple[Reading, Gathered]) -> Hits:
        reading, facts = read
        return compiled.run(reading, True, facts)  # noqa: FBT003 - the policy applies

    return Entry(ask, [(reading, compiled.read(reading)) for reading in readings], _rules)


def _reading_too(policy: Policy, made: Iterable[dict[str, Any]]) -> Entry:
    compiled = Program(policy)
    return Entry(
        lambda reading: compiled.run(reading, True),  # noqa: FBT003 - the policy applies
        [_reading(each, policy) for each in made],
        _rules,
    )


def _reading(request: dict[str, Any], policy: Policy) -> Reading:
    validated = ReleaseRequest.model_validate(request)
    return Reading.both(Frame(validated, validated.artifacts[0], AS_OF), policy)[0]


def _answering(read: Callable[[bytes], ReleaseRequest], number: int, seed: int) -> Entry:
    gate = _gate()

    def ask(body: bytes) -> bytes:
        return gate.decide(read(body), as_of=AS_OF).to_json(indent=None).encode()

    return Entry(ask, [json.dumps(each).encode() for each in requests(number, seed)], _denied_in_bytes)


def _denied(decided: Decision) -> list[int]:
    return _numbers((each.policy, each.rule) for each in decided.artifacts[0].findings)


def _denied_in_bytes(body: bytes) -> list[int]:
    findings = json.loads(body)["artifacts"][0]["findings"]
    return _numbers((each["policy"], each["rule"]) for each in findings)


def _numbers(findings: Iterable[tuple[str, str]]) -> list[int]:
    return sorted({int(rule[1:]) for policy, rule in findings if policy == "workload"})


# -- what exactness costs

_FLOATS: Final = dict(
    zip(
        (OPERATIONS[sign] for sign in "+-*/"),
        (operator.add, operator.sub, operator.mul, operator.truediv),
        strict=True,
    )
)


def exact(number: int, seed: int) -> Entry:
    """The function for plainly known facts alone."""
    function, facts = _known(number, seed)
    return Entry(function, facts, _known_rules)


def floats(number: int, seed: int) -> Entry:
    """The very same function, with a float wherever it has an exact number."""
    function, facts = _known(number, seed)
    names = {name: _as_float(value) for name, value in function.__globals__.items()}
    inexact = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    return Entry(inexact, [_as_float(each) for each in facts], _known_rules)


def _known(number: int, seed: int) -> tuple[FunctionType, list[Any]]:
    """The function for plainly known facts, and what it is given."""
    policy = _policy(CONDITIONS)
    (chunk,) = Program(policy)._chunks  # noqa: SLF001 - it is measured, not used
    function = chunk.known
    assert isinstance(function, FunctionType)  # noqa: S101 - that is how programs are made
    return function, [chunk.read(_reading(each, policy)) for each in requests(number, seed)]


def _rules(hits: Hits) -> list[int]:
    return [rule for rule, _ in hits]


def _known_rules(answer: tuple[Hits, list[int]]) -> list[int]:
    hits, later = answer
    assert not later  # noqa: S101 - every fact is plainly known
    return _rules(hits)


def _as_float(value: Any) -> Any:
    """Floats in the place of exact numbers, in whatever was read, and of what calculates with these."""
    if value is Decimal:
        return float
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple | list):
        return type(value)(map(_as_float, value))
    return _FLOATS.get(value, value) if callable(value) else value
