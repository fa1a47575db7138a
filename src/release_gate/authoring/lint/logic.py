"""Remarks about conditions: constant ones, parts that change nothing, and lists that may be empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from release_gate.authoring.lint.conditions import Space
from release_gate.authoring.lint.subject import Remark, Subject, kinds_of, rungs_of
from release_gate.diagnostics import Span
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.facts.truth import Step, Truth
from release_gate.policy.model import Rule
from release_gate.source import Pointer

__all__ = ["conditions", "empty_lists"]

TIER, ACCESS, KIND = ("tier",), ("artifact", "access"), ("artifact", "kind")
_NEVER: Final = "compare with a value that the fact can have, or say `deny`, with a reason"
_OPEN: Final = "while its facts are unknown the rule still asks for them, for nothing"


def conditions(subject: Subject) -> Iterator[Remark]:
    """Conditions that always come out the same, and parts of them that make no difference."""
    for rule, at in subject.own_rules():
        yield from _rule(subject, rule, at)
    for name, condition in subject.policy.definitions.items():
        pointer: Pointer = ("definitions", name)
        if pointer in subject.document.spans:
            yield from _parts(subject, condition, pointer, Space(subject.policy), None)


def _space(subject: Subject, rule: Rule) -> Space:
    policy = subject.policy
    return Space(
        policy,
        {
            TIER: tuple(tier.step for tier in policy.tiers),
            ACCESS: tuple(rungs_of(policy, rule)),
            KIND: tuple(kinds_of(policy, rule)),
        },
    )


def _rule(subject: Subject, rule: Rule, at: Pointer) -> Iterator[Remark]:
    policy, space = subject.policy, _space(subject, rule)
    if not rungs_of(policy, rule) or (
        rule.ceiling is not None and rule.ceiling >= rungs_of(policy, rule)[-1]
    ):
        key = "ceiling" if rule.ceiling is not None else "at"
        message = f"no kind of artifact that `{rule.id}` applies to can be that open"
        yield subject.remark("RG822", message, (*at, key), "lower it, or widen `applies_to`", rule.id)
        return
    guards = [each.root for each in (policy.scope, rule.when) if each is not None]
    nodes_ = [*guards, *([rule.require.root] if rule.require else [])]
    rows = space.rows(nodes_)
    if rows is not None and nodes_:
        told = list(_whole(subject, rule, at, [(chosen, values) for chosen, values in rows], len(guards)))
        yield from told
        if told:
            return
    for key, condition in subject.conditions(rule):
        yield from _parts(subject, condition, (*at, key), _space(subject, rule), rule.id)


def _whole(
    subject: Subject,
    rule: Rule,
    at: Pointer,
    rows: Sequence[tuple[dict[tuple[str, ...], object], tuple[Truth, ...]]],
    guards: int,
) -> Iterator[Remark]:
    """A rule that never applies, or whose requirement is always met or never."""
    applies = [(chosen, values) for chosen, values in rows if all(value is True for value in values[:guards])]
    key = "when" if rule.when is not None else "require"
    if not applies:
        scope = " within the scope of the policy" if subject.policy.scope is not None else ""
        yield subject.remark(
            "RG820",
            f"`{rule.id}` can never apply{scope}",
            (*at, key),
            "its parts contradict each other",
            rule.id,
        )
        return
    if rule.require is not None and len({values[-1] for _, values in applies}) == 1:
        met = applies[0][1][-1] is True
        yield subject.remark(
            "RG821",
            f"the requirement of `{rule.id}` is {'always' if met else 'never'} met",
            (*at, "require"),
            f"remove the rule; {_OPEN}" if met else _NEVER,
            rule.id,
        )
        return
    yield from _above_its_tier(subject, rule, at, {chosen[TIER] for chosen, _ in applies if TIER in chosen})


def _above_its_tier(subject: Subject, rule: Rule, at: Pointer, tiers: set[object]) -> Iterator[Remark]:
    """A rule about tiers that are denied at all of its levels anyway."""
    lowest = min((tier for tier in tiers if isinstance(tier, Step)), default=None)
    found = next((tier for tier in subject.policy.tiers if tier.step == lowest), None)
    if found is not None and rule.at > found.ceiling:
        message = (
            f"`{rule.id}` starts above `{found.ceiling}`, where the tier `{found.step}` is denied anyway"
        )
        yield subject.remark("RG822", message, (*at, "at"), "lower `at`, or remove the rule", rule.id)


def _parts(
    subject: Subject, condition: Condition, at: Pointer, space: Space, rule: str | None
) -> Iterator[Remark]:
    """The outermost parts of a condition that are constant, or that change nothing where they stand."""
    waiting: list[Node] = [condition.root]
    while waiting:
        node = waiting.pop(0)
        if not isinstance(node, nodes.Logic | nodes.Not | nodes.Compare | nodes.In):
            continue
        inner = node.values if isinstance(node, nodes.Logic) else ()
        fresh = Space(subject.policy, space.fixed)
        rows = fresh.rows([node, *inner])
        if rows is None:
            waiting += children(node)
            continue
        outcomes = {values[0] for _, values in rows}
        span = subject.document.within(at, node.at.start, node.at.end)
        if len(outcomes) == 1 and isinstance(next(iter(outcomes)), bool):
            word = "true" if True in outcomes else "false"
            yield subject.remark("RG823", f"this is always {word}", span, f"leave it out; {_OPEN}", rule)
            continue
        redundant = _redundant(node, [values[1:] for _, values in rows])
        if redundant is not None:
            yield _changes_nothing(subject, at, redundant, rule)
            continue
        waiting += children(node)


def _changes_nothing(subject: Subject, at: Pointer, node: Node, rule: str | None) -> Remark:
    span: Span | None = subject.document.within(at, node.at.start, node.at.end)
    return subject.remark(
        "RG824", "this changes nothing beside the rest of the condition", span, f"leave it out; {_OPEN}", rule
    )


def _redundant(node: Node, rows: Sequence[tuple[Truth, ...]]) -> Node | None:
    """The last operand of an *and* or *or* that the others make superfluous."""
    if not isinstance(node, nodes.Logic):
        return None
    combine = all if node.op == "and" else any
    for index in reversed(range(len(node.values))):
        if all(
            combine(value is True for value in row)
            == combine(value is True for place, value in enumerate(row) if place != index)
            for row in rows
        ):
            return node.values[index]
    return None


def empty_lists(subject: Subject) -> Iterator[Remark]:
    """Requirements of all members of a list, which an empty list meets."""
    for rule, at in subject.own_rules():
        for key, condition in subject.conditions(rule):
            looked_at = set(_asked(condition.root))
            for call in _all_calls(condition.root, good=key == "require"):
                items = (
                    call.argument.items if isinstance(call.argument, nodes.Comprehension) else call.argument
                )
                if items in looked_at:
                    continue
                span = subject.document.within((*at, key), call.at.start, call.at.end)
                text = condition.text[items.at.start : items.at.end]
                yield subject.remark(
                    "RG826",
                    f"where `{text}` is empty, all of its members are anything",
                    span,
                    f"if it must not be empty, add `and not {text}.is_empty`",
                    rule.id,
                )


def _all_calls(node: Node, *, good: bool) -> Iterator[nodes.Call]:
    """Every ``$all`` whose being true is good for the release, as far as this can be seen."""
    match node:
        case nodes.Named():
            return
        case nodes.Not():
            yield from _all_calls(node.value, good=not good)
        case nodes.Call(function="all"):
            if good:
                yield node
        case _:
            for child in children(node):
                yield from _all_calls(child, good=good)


def _asked(node: Node) -> Iterator[Node]:
    """The lists of which more is asked: whether they are empty, how long, whether any member holds."""
    for child in children(node):
        yield from _asked(child)
    match node:
        case nodes.Part(name="is_empty" | "length"):
            yield node.value
        case nodes.Call(function="any" | "count" | "distinct", argument=argument):
            yield argument.items if isinstance(argument, nodes.Comprehension) else argument
