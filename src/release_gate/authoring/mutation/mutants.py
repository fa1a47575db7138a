"""Policies with one small change each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from release_gate.authoring.mutation.conditions import (
    EITHER,
    LESS,
    MORE,
    Variation,
    moved,
    variations,
    with_definition,
)
from release_gate.decision import in_words
from release_gate.diagnostics import Span, counted
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.facts.ladder import LADDER
from release_gate.facts.truth import Step
from release_gate.policy.documents import Oblige, SignOffAsked
from release_gate.policy.model import Policy, Rule
from release_gate.source import Pointer

__all__ = ["LOOSENS", "MAY_LOOSEN", "TIGHTENS", "Mutant", "mutants"]

LOOSENS, MAY_LOOSEN, TIGHTENS = "loosens", "may loosen", "tightens"


@dataclass(frozen=True)
class Mutant:
    """A policy with one small change.

    Attributes:
        policy: The changed policy.
        said: What was changed, in words.
        effect: Whether it loosens, may loosen, or tightens.
        span: Where.
        rule: The number of the rule that changed, if it is one rule.
        hint: What a test would have to set to notice.
        change: The condition that changed and what it is now, if all of the change is in one.
    """

    policy: Policy
    said: str
    effect: str
    span: Span | None
    rule: int | None = None
    hint: str = ""
    change: tuple[Condition, Condition] | None = None

    @property
    def silenced(self) -> bool:
        """Whether the rule, or the policy for what is no rule's, says why no test has to notice."""
        document = self.policy.document if self.rule is None else self.policy.rules[self.rule].document
        return "RG850" in document.silence


def mutants(policy: Policy) -> Iterator[Mutant]:
    """Every small change of a policy."""
    for number, rule in enumerate(policy.rules):
        yield from _rule(policy, number, rule)
    for name, condition in policy.definitions.items():
        yield from _definition(policy, name, condition)
    if policy.scope is not None:
        for each in variations(policy, policy.scope.root, policy.scope.text):
            scope = Condition(policy.scope.text, each.root)
            span = policy.places.within(("scope",), each.at.start, each.at.end)
            said, change = f"the scope {each.said}", (policy.scope, scope)
            changed = replace(policy, scope=scope)
            yield Mutant(changed, said, _effect(each.way), span, None, each.hint, change)
    yield from _tiers(policy)
    yield from _declared(policy)


def _effect(way: int) -> str:
    """What a guard that holds less often, more often or either does to the policy."""
    return {LESS: LOOSENS, MORE: TIGHTENS, EITHER: MAY_LOOSEN}[way]


# ---------------------------------------------------------------- rules


def _rule(policy: Policy, number: int, rule: Rule) -> Iterator[Mutant]:
    pointer: Pointer = ("rules", number)

    def with_rule(changed: Rule, said: str, effect: str, span: Span | None, hint: str = "") -> Mutant:
        rules = (*policy.rules[:number], changed, *policy.rules[number + 1 :])
        return Mutant(replace(policy, rules=rules), f"`{rule.id}` {said}", effect, span, number, hint)

    never = Condition("false", nodes.Literal(nodes.At(0, 1), value=False))
    yield with_rule(replace(rule, when=never), "is dropped", LOOSENS, policy.places.span((*pointer, "id")))
    for key, condition, sign in (("when", rule.when, 1), ("require", rule.require, -1)):
        if condition is None:
            continue
        at = (*pointer, key)
        if key == "when":
            span = policy.places.span(at)
            yield with_rule(replace(rule, when=None), "applies without its condition", TIGHTENS, span)
        for each in variations(policy, condition.root, condition.text):
            span = policy.places.within(at, each.at.start, each.at.end)
            now = Condition(condition.text, each.root)
            changed: Any = {key: now}
            mutant = with_rule(replace(rule, **changed), each.said, _effect(sign * each.way), span, each.hint)
            yield replace(mutant, change=(condition, now))
    for changed_rule, said, effect, key in _effects(policy, rule):
        hint = f"artifact.wanted: {min(rule.at, changed_rule.at)}" if key == "at" else ""
        yield with_rule(changed_rule, said, effect, policy.places.span((*pointer, key)), hint)


def _effects(policy: Policy, rule: Rule) -> Iterator[tuple[Rule, str, str, str]]:
    """Changes of a rule besides its conditions: of its level, and of what it does."""
    # A level that is not written is no decision of the author's, and one below a ceiling makes no difference.
    has_level = rule.document.at is not None and not (rule.ceiling is not None and rule.at <= rule.ceiling)
    for by, effect in ((1, LOOSENS), (-1, TIGHTENS)):
        rank = rule.at.rank + by
        if 0 <= rank < len(LADDER) and has_level:
            said = f"starts at `{LADDER[rank]}`, not `{rule.at}`"
            yield replace(rule, at=LADDER[rank]), said, effect, "at"
        if rule.ceiling is not None and 0 <= rule.ceiling.rank + by < len(LADDER):
            ceiling = LADDER[rule.ceiling.rank + by]
            yield (
                replace(rule, ceiling=ceiling),
                f"has the ceiling `{ceiling}`, not `{rule.ceiling}`",
                effect,
                "ceiling",
            )
        if rule.tier is not None and 0 <= rule.tier.rank - by < len(policy.tiers):
            tier = policy.tiers[rule.tier.rank - by].step
            yield replace(rule, tier=tier), f"leads to the tier `{tier}`, not `{rule.tier}`", effect, "tier"
    yield from _swapped(rule)
    asked = rule.sign_off
    if asked is not None and asked.count > 1:
        fewer = asked.model_copy(update={"count": asked.count - 1})
        yield (
            replace(rule, sign_off=fewer),
            f"asks {counted(asked.count - 1, 'person')}, not {asked.count}",
            LOOSENS,
            "sign_off",
        )
    for role in asked.all or () if asked is not None and len(asked.all or ()) > 1 else ():
        rest = (
            asked.model_copy(update={"all": tuple(each for each in asked.all or () if each != role)})
            if asked
            else None
        )
        yield replace(rule, sign_off=rest), f"does not ask `{role}`", LOOSENS, "sign_off"


def _swapped(rule: Rule) -> Iterator[tuple[Rule, str, str, str]]:
    """The rule with another effect, weaker or stronger: it denies, asks a person, or lays on a duty."""
    asked, duty = SignOffAsked(role="somebody"), Oblige(duty="Something.")
    if rule.oblige is not None:
        swaps = [(replace(rule, oblige=None, sign_off=asked), "asks a person, and is no duty", TIGHTENS)]
    elif rule.sign_off is not None:
        swaps = [
            (replace(rule, sign_off=None, oblige=duty), "is a duty, and asks no person", LOOSENS),
            (replace(rule, sign_off=None), "denies, and asks no person", TIGHTENS),
        ]
    elif rule.tier is None:
        swaps = [(replace(rule, sign_off=asked), "asks a person, and does not deny", LOOSENS)]
    else:
        swaps = []
    yield from ((changed, said, effect, rule.effect) for changed, said, effect in swaps)


# ---------------------------------------------------------------- definitions


def _definition(policy: Policy, name: str, condition: Condition) -> Iterator[Mutant]:
    signs = _signs(policy, name)
    for each in variations(policy, condition.root, condition.text):
        span = policy.places.within(("definitions", name), each.at.start, each.at.end)
        effect = _effect(next(iter(signs)) * each.way) if len(signs) == 1 else MAY_LOOSEN
        said, change = f"`is.{name}` {each.said}", (condition, Condition(condition.text, each.root))
        yield Mutant(_defined(policy, name, each), said, effect, span, None, each.hint, change)


def _defined(policy: Policy, name: str, each: Variation) -> Policy:
    """A policy in which a definition says something else. What does not name it stays the very same."""

    def over(condition: Condition | None) -> Condition | None:
        if condition is None or not any(_uses(condition.root, name, 1)):
            return condition
        return Condition(condition.text, with_definition(condition.root, name, each.root))

    def in_rule(rule: Rule) -> Rule:
        when, require = over(rule.when), over(rule.require)
        same = when is rule.when and require is rule.require
        return rule if same else replace(rule, when=when, require=require)

    return replace(policy, rules=tuple(map(in_rule, policy.rules)), scope=over(policy.scope))


def _signs(policy: Policy, name: str) -> set[int]:
    """Whether rules bite more often (1) or less often (-1) where a definition holds more often."""
    found = set(_uses(policy.scope.root, name, 1)) if policy.scope is not None else set()
    for rule in policy.rules:
        for condition, sign in ((rule.when, 1), (rule.require, -1)):
            if condition is not None:
                found |= set(_uses(condition.root, name, sign))
    return found


def _uses(node: Node, name: str, sign: int) -> Iterator[int]:
    if isinstance(node, nodes.Named) and node.name == name:
        yield sign
    for child in children(node):
        yield from _uses(child, name, -sign if isinstance(node, nodes.Not) else sign)


# ---------------------------------------------------------------- the rest


def _tiers(policy: Policy) -> Iterator[Mutant]:
    for index, tier in enumerate(policy.tiers):
        for by, effect in ((1, LOOSENS), (-1, TIGHTENS)):
            rank = tier.ceiling.rank + by
            if 0 <= rank < len(LADDER):
                tiers = (
                    *policy.tiers[:index],
                    replace(tier, ceiling=LADDER[rank]),
                    *policy.tiers[index + 1 :],
                )
                said = f"the tier `{tier.step}` has the ceiling `{LADDER[rank]}`, not `{tier.ceiling}`"
                span = policy.places.span(("tiers", index, "ceiling"))
                yield Mutant(replace(policy, tiers=tiers), said, effect, span)
    if policy.default_tier is not None:
        for by, effect in ((-1, LOOSENS), (1, TIGHTENS)):
            rank = policy.default_tier.rank + by
            if 0 <= rank < len(policy.tiers):
                start = policy.tiers[rank].step
                said = f"the default tier is `{start}`, not `{policy.default_tier}`"
                yield Mutant(
                    replace(policy, default_tier=start), said, effect, policy.places.span(("default_tier",))
                )
    yield from _rows(policy)


def _rows(policy: Policy) -> Iterator[Mutant]:
    table = policy.table
    for index, (cells, tier) in enumerate(table.rows if table is not None else ()):
        for by, effect in ((-1, LOOSENS), (1, TIGHTENS)):
            rank = tier.rank + by
            if table is not None and 0 <= rank < len(policy.tiers):
                row: tuple[Any, Step] = (cells, policy.tiers[rank].step)
                changed = replace(table, rows=(*table.rows[:index], row, *table.rows[index + 1 :]))
                said = f"row {index + 1} of the table leads to `{row[1]}`, not `{tier}`"
                span = policy.places.span(("tier_table", "rows", index))
                yield Mutant(replace(policy, table=changed), said, effect, span)


def _declared(policy: Policy) -> Iterator[Mutant]:
    for name, value in policy.parameters.items():
        stricter = policy.document.parameters[name].stricter
        for by in (1, -1):
            other = moved(value, by)
            if other is not None:
                effect = (
                    MAY_LOOSEN
                    if stricter is None
                    else TIGHTENS
                    if (by > 0) == (stricter == "higher")
                    else LOOSENS
                )
                parameters = {**policy.parameters, name: other}
                said = f"the parameter `{name}` is `{in_words(other)}`, not `{in_words(value)}`"
                span = policy.places.span(("parameters", name))
                yield Mutant(replace(policy, parameters=parameters), said, effect, span)
    for name, metric in policy.metrics.items():
        span = policy.places.span(("facts", "metrics", name))
        changes: list[tuple[Any, str, str]] = []
        if metric.max_age is not None:
            for by, effect in ((1, LOOSENS), (-1, TIGHTENS)):
                age = moved(metric.max_age, by)
                changes.append(({"max_age": age}, f"may be {age} old, not {metric.max_age}", effect))
        if metric.bound:
            changes.append(({"bound": False}, "may be measured on other weights", LOOSENS))
        if metric.independent:
            changes.append(({"independent": False}, "may be measured by the developer", LOOSENS))
        for change, said, effect in changes:
            metrics = {**policy.metrics, name: replace(metric, **change)}
            yield Mutant(replace(policy, metrics=metrics), f"`metric.{name}` {said}", effect, span)
