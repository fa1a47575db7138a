"""The trace: how every rule came out for every artifact, also those that did not bite.

A decision says what bites, and why. The trace says the same of every other rule, so that an auditor sees that
none was passed over. It is made from the compiled program, which decided, and is as deterministic. What the
conditions read is the request, which is recorded beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from release_gate import engine
from release_gate.canonical import tree_bytes
from release_gate.decision import Decision, FactRead
from release_gate.diagnostics import Diagnostic, IntegrityError, printable
from release_gate.engine.case import Case
from release_gate.engine.findings import fact_read
from release_gate.engine.judge import Judge
from release_gate.engine.panel import Ready, panel_of
from release_gate.engine.rules import Applied
from release_gate.evaluate.compiled import Tri
from release_gate.evaluate.reference import evaluate
from release_gate.expression import nodes
from release_gate.expression.nodes import Node, children
from release_gate.facts.release import ReleaseRequest
from release_gate.policy.model import Policy, Rule, chain

__all__ = ["MAX_OUTCOMES", "facts_read", "trace_lines", "trace_of"]

SCHEMA: Final = "trace/v1"
MAX_OUTCOMES: Final = 20_000
"""How many rules a trace has at most. Artifacts beyond that are named, and not traced."""
MAX_VALUE: Final = 200
"""How many characters of a value are shown. All of it is in the request."""
_LETTERS: Final = {"n": "no", "-": "not in force, or not for this artifact"}
_WORDS: Final[dict[Tri, str]] = {True: "holds", False: "no", None: "unknown"}


def trace_of(decision: Decision, request: ReleaseRequest, policies: tuple[Policy, ...]) -> bytes:
    """The trace of a decision, as it is recorded.

    Args:
        decision: What was decided. If it comes from elsewhere, it is decided again.
        request: What was judged.
        policies: The policies of the gate.
    """
    judged = decision.judged or engine.decide(request, policies, decision.as_of, decision.hypothetical).judged
    traced: list[dict[str, Any]] = []
    left_out: list[str] = []
    count = 0
    for artifact, *told in judged:
        rules, outcomes = _outcomes(*told)
        if count + rules > MAX_OUTCOMES:
            left_out.append(artifact)
            continue
        count += rules
        traced.append({"id": artifact, "policies": outcomes})
    trace: dict[str, Any] = {"schema": SCHEMA, "artifacts": traced}
    return tree_bytes(trace | ({"left_out": left_out} if left_out else {}))


@lru_cache(maxsize=256)
def _outcomes(
    kind: str, rungs: tuple[str, ...], panel: tuple[Ready, ...], applied: tuple[Applied, ...]
) -> tuple[int, dict[str, Any]]:
    """How many rules there are for an artifact, and how they came out: the same for many artifacts."""
    sides: dict[Ready, list[Applied]] = {}
    for each in applied:
        sides.setdefault(each.ready, []).append(each)
    told = {
        ready.policy.id: _of_policy(kind, rungs, ready, sides[ready]) if ready in sides else None
        for ready in panel
    }
    return sum(len(ready.policy.rules) for ready in panel), told


def _of_policy(kind: str, rungs: tuple[str, ...], ready: Ready, applied: list[Applied]) -> dict[str, Any]:
    """Each rule in one letter, and from which rung to which it bites, or may."""
    letters, rules = list(_asked(ready, kind, applied[-1].end)), ready.policy.rules
    told: dict[str, Any] = {
        "scope": [[rungs[side.start], rungs[side.end], _WORDS[side.scope]] for side in applied]
    }
    ends: dict[tuple[int, Tri], int] = {}
    for side in applied:
        for number, start, end, bites in side.outcomes:
            word = "bites" if bites else "unknown"
            runs = told.setdefault(word, {}).setdefault(rules[number].id, [])
            if ends.get((number, bites)) == start - 1:
                runs[-1][1] = rungs[end]
            else:
                runs.append([rungs[start], rungs[end]])
            ends[number, bites] = end
            if letters[number] != "b":
                letters[number] = word[0]
    told["rules"] = "".join(letters)
    return told


def _asked(ready: Ready, kind: str, top: int) -> str:
    """A letter for each rule: whether it has an outcome for an artifact of a kind up to a rung."""
    return "".join(
        "n" if start <= top and ready.active(number, kind) else "-"
        for number, start in enumerate(ready.starts)
    )


def facts_read(
    decision: Decision, request: ReleaseRequest, policies: tuple[Policy, ...]
) -> dict[str, dict[str, str]]:
    """For each artifact, every fact that the policies read at the rung that was asked for, in words."""
    panel = panel_of(policies, decision.hypothetical or decision.as_of)
    found: dict[str, dict[str, str]] = {}
    for artifact in request.artifacts:
        case = Case(request, artifact, panel, decision.as_of)
        judge, facts = Judge(case), found.setdefault(artifact.id, {})
        for ready in panel.ready:
            if ready.policy.applies_to(artifact.kind):
                seen = judge.facts_at(ready.policy, artifact.rung)
                reads = (evaluate(node, seen).read for node in _reads(ready))
                facts |= {read.path: _in_words(fact_read(read)) for read in reads if read is not None}
    return found


def _in_words(fact: FactRead) -> str:
    value = printable(fact.value, MAX_VALUE) if fact.value is not None else ""
    return f"{value} ({fact.reason})".strip() if fact.reason else value


@lru_cache(maxsize=256)
def _reads(ready: Ready) -> tuple[nodes.Fact, ...]:
    """The facts that the conditions of a policy read, each once; members of lists with their list."""
    found: dict[tuple[str, ...], nodes.Fact] = {}
    conditions = [node for part in ready.parts for node in part.conditions]
    for node in conditions:
        for fact in _free(node, frozenset()):
            if fact.path != ("tier",):
                found.setdefault(fact.path, fact)
    return tuple(found[path] for path in sorted(found))


def _free(node: Node, bound: frozenset[str]) -> Iterator[nodes.Fact]:
    """The facts in a condition that are no variables of a comprehension."""
    if isinstance(node, nodes.Fact):
        if node.path[0] not in bound:
            yield node
        return
    if isinstance(node, nodes.Comprehension):
        yield from _free(node.items, bound)
        inner = bound | {node.variable}
        for each in (node.result, node.condition):
            if each is not None:
                yield from _free(each, inner)
        return
    for each in children(node):
        yield from _free(each, bound)


# ---------------------------------------------------------------- in words


def trace_lines(
    trace: Mapping[str, Any], policies: Iterable[Policy], facts: Mapping[str, Mapping[str, str]] | None
) -> Iterator[str]:
    """A recorded trace in words, with the conditions of the policies and the facts of the request.

    Raises:
        IntegrityError: It has not the shape that it must have, or is not of these policies.
    """
    try:
        yield from _lines(trace, policies, facts)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        message = "the trace has not the shape that it must have, or is of other policies"
        raise IntegrityError([Diagnostic("RG711", message)]) from None


def _lines(
    trace: Mapping[str, Any], policies: Iterable[Policy], facts: Mapping[str, Mapping[str, str]] | None
) -> Iterator[str]:
    rules = {each.id: each.rules for policy in policies for each in chain(policy)}
    for artifact in trace["artifacts"]:
        yield f"{printable(artifact['id'])}"
        for name, told in artifact["policies"].items():
            if told is None:
                yield f"  {printable(name)}: not for this kind of artifact"
                continue
            scope = "; ".join(f"{word} from {low} to {high}" for low, high, word in told["scope"])
            yield f"  {printable(name)} (scope {scope})"
            for number, letter in enumerate(told["rules"]):
                rule = rules[name][number]
                runs = [
                    f"{word} at {low}" if low == high else f"{word} from {low} to {high}"
                    for word in ("bites", "unknown")
                    for low, high in told.get(word, {}).get(rule.id, ())
                ]
                yield f"    {printable(rule.id)}: {_LETTERS.get(letter) or '; '.join(runs)}"
                yield from (f"      {line}" for line in _conditions(rule))
        if facts is None:
            yield "  the facts that were read are sealed, or cannot be read again"
            continue
        yield "  facts that were read"
        for path, words in sorted(facts.get(artifact["id"], {}).items()):
            yield f"    {printable(path)}: {words}"
    for each in trace.get("left_out", ()):
        yield f"{printable(each)}: left out, since the trace would have been too large"


def _conditions(rule: Rule) -> Iterator[str]:
    for word, condition in (("when", rule.when), ("require", rule.require)):
        if condition is not None:
            yield f"{word} {printable(condition.text, 500)}"
