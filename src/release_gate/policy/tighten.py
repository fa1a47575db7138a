"""The proof that an overlay which says so only restricts.

It may add rules, lower ceilings of tiers, shorten ages, raise numbers of approvers, and move a parameter the
way that is stricter, where every condition that reads it follows that way. Each of these makes rules bite
more and never less, whatever the request, so that no rung becomes more open. Everything else is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from release_gate.decision import in_words
from release_gate.diagnostics import Diagnostic
from release_gate.expression.monotone import Trend, reads, trend
from release_gate.facts.truth import Duration, Value
from release_gate.policy.documents import OverlayDocument, SignOffAsked
from release_gate.policy.model import Policy, Rule
from release_gate.policy.places import Problems
from release_gate.source import Pointer

__all__ = ["asks_as_much", "check_said", "check_tightened", "is_stricter"]

OR_NOT: Final = "or leave out `tightens`, and decisions will say that it is not shown to be as strict"
_REFUSED: Final = {
    "covers": ("says that releases have been judged", "leave it out"),
    "applies_to": ("may take kinds of artifact away from the rules", "write `applies_to` on new rules"),
    "scope": ("may take releases away from the rules", "write `when` on new rules"),
    "tiers": ("takes the place of all tiers", "write `ceilings: {tier: access level}`"),
    "default_tier": ("takes the place of another start", "add a rule with `tier:`"),
    "tier_table": ("takes the place of another start", "add a rule with `tier:`"),
    "without": ("leaves rules out", "keep them; a waiver can excuse a rule for one release"),
}
_DAY: Final = 86_400
_LONG: Final = 12_000
"""Months, of a thousand years. Longer ages may reach past the last day that there is, and never hold."""


def check_said(base: Policy, shape: OverlayDocument, problems: Problems) -> None:
    """Refuse what cannot be shown to tighten, whatever it comes to."""
    for key, (why, remedy) in _REFUSED.items():
        if key in shape.model_fields_set:
            problems.add("RG323", f"`{key}` may loosen: it {why}", (key,), f"{remedy}, {OR_NOT}")
    document = base.document
    for path, theirs, ours in (
        (("sources",), document.sources, shape.sources),
        (("parameters",), document.parameters, shape.parameters),
        (("definitions",), document.definitions, shape.definitions),
        (("facts", "metrics"), document.facts.metrics, shape.facts.metrics),
        (("facts", "own"), document.facts.own, shape.facts.own),
    ):
        for name in sorted(set(ours) & set(theirs)):
            _reused(name, (*path, name), problems)
    for name, words in shape.facts.vocabularies.items():
        for word in sorted(set(words) & set(document.facts.vocabularies.get(name, {}))):
            _reused(word, ("facts", "vocabularies", name, word), problems)
    rules = {rule.id for rule in base.rules}
    for index, rule in enumerate(shape.rules):
        if rule.id in rules:
            _reused(rule.id, ("rules", index, "id"), problems)


def _reused(name: str, pointer: Pointer, problems: Problems) -> None:
    message = f"`{name}` is there already, and another in its place may loosen"
    problems.add("RG323", message, pointer, f"take another name, {OR_NOT}")


def check_tightened(base: Policy, policy: Policy) -> tuple[Diagnostic, ...]:
    """What in an overlay, put together and checked, is laxer than what it extends, or may be."""
    problems = Problems(policy.places)
    tiers = {tier.step.name: tier for tier in policy.tiers}
    for old in base.tiers:
        new = tiers.get(old.step.name, old)
        if new.ceiling > old.ceiling:
            message = f"the ceiling of `{new.step}` rises from {old.ceiling} to {new.ceiling}"
            pointer: Pointer = ("tiers", new.step.rank, "ceiling")
            problems.add("RG323", message, pointer, f"name {old.ceiling} or less, {OR_NOT}")
    for name, metric in base.metrics.items():
        said = base.document.facts.metrics[name].max_age, policy.document.facts.metrics[name].max_age
        if said[0] != said[1] and not _no_longer(metric.max_age, policy.metrics[name].max_age):
            _longer(metric.max_age, ("facts", "metrics", name, "max_age"), problems)
    rules = {rule.id: rule for rule in base.rules}
    for index, rule in enumerate(policy.rules):
        if rule.id in rules:
            _check_sign_off(rules[rule.id], rule, ("rules", index, "sign_off"), problems)
    for name in base.parameters:
        for message, help_ in _loosens(base, policy, name):
            problems.add("RG323", message, ("parameters", name, "value"), f"{help_}, {OR_NOT}")
    return tuple(problems.found)


def _longer(old: Duration | None, pointer: Pointer, problems: Problems) -> None:
    message = f"the age cannot be shown to be shorter than {in_words(old)}"
    problems.add("RG323", message, pointer, f"write a shorter one, {OR_NOT}")


def _check_sign_off(old: Rule, new: Rule, pointer: Pointer, problems: Problems) -> None:
    if old.sign_off is None or new.sign_off is None:
        return
    if new.sign_off.count < old.sign_off.count:
        message = f"`{new.id}` asks for fewer persons than {old.sign_off.count}"
        problems.add("RG323", message, (*pointer, "count"), f"ask for as many, {OR_NOT}")
    if not _no_longer(old.sign_off.max_age, new.sign_off.max_age):
        _longer(old.sign_off.max_age, (*pointer, "max_age"), problems)


def asks_as_much(old: SignOffAsked, new: SignOffAsked) -> bool:
    """Whether whatever meets a new demand for a sign-off surely meets the old one."""
    return (
        not Counter(old.roles) - Counter(new.roles)
        and set(old.not_) <= set(new.not_)
        and old.after_recommendation in (None, new.after_recommendation)
        and _no_longer(old.max_age, new.max_age)
    )


def is_stricter(base: Policy, policy: Policy, name: str) -> bool:
    """Whether the value of a parameter in ``policy`` can be shown to be as strict as that in ``base``."""
    return not any(_loosens(base, policy, name))


def _loosens(base: Policy, policy: Policy, name: str) -> Iterator[tuple[str, str]]:
    """Why the new value of a parameter may loosen, and what to do."""
    old, new = base.parameters[name], policy.parameters[name]
    if old == new:
        return
    way = base.document.parameters[name].stricter
    keep = f"keep {in_words(old)}"
    if way is None:
        yield f"`{base.id}` does not say which way `{name}` is stricter", keep
        return
    if not _moves(old, new, way):
        yield f"`{name}` is stricter when {way}, and {in_words(new)} is not {way} than {in_words(old)}", keep
        return
    path, stricter = ("parameter", name), Trend.UP if way == "higher" else Trend.DOWN
    fixed = not isinstance(old, Duration) or (_is_days(old) and _is_days(new))
    for what, trends in _uses(base, path):
        if not trends <= {Trend.FLAT, stricter}:
            yield f"`{name}` may loosen {what}: {way} is not stricter there", keep
        elif not fixed and trends != {Trend.FLAT}:
            yield f"`{name}` may loosen {what}: not every month is as long as another", "write it in days"
    for metric, rule in base.metrics.items():
        said = base.document.facts.metrics[metric].max_age
        if said == f"parameter.{name}" and not _no_longer(rule.max_age, _as_age(new)):
            yield f"`{name}` may loosen the age of `{metric}`: it cannot be shown to be shorter", keep


def _uses(policy: Policy, path: tuple[str, ...]) -> Iterator[tuple[str, set[Trend]]]:
    """Where a fact is read, and which way what is bad there goes as the fact rises."""
    if policy.scope is not None:
        yield "the scope", {Trend.MIXED if reads(policy.scope.root, path) else Trend.FLAT}
    for column in policy.table.columns if policy.table is not None else ():
        yield "the table of tiers", {Trend.MIXED if reads(column.root, path) else Trend.FLAT}
    for rule in policy.rules:
        trends = {trend(rule.when.root, path)} if rule.when is not None else set()
        if rule.require is not None:
            trends.add(trend(rule.require.root, path).reverse)
        yield f"the rule `{rule.id}`", trends or {Trend.FLAT}


def _moves(old: Value, new: Value, way: str) -> bool:
    """Whether a value moves this way, as far as such values have an order."""
    low, high = (old, new) if way == "higher" else (new, old)
    if isinstance(old, Duration) and isinstance(new, Duration):
        return _is_shorter(low, high)
    if isinstance(old, Decimal | bool):
        return bool(low < high)
    return False


def _is_days(age: Duration) -> bool:
    return age.months == 0 and age.seconds % _DAY == 0


def _is_shorter(short: Duration, long: Duration) -> bool:
    """Whether a duration is surely no longer than another: a month has 28 to 31 days."""
    if short.months <= long.months and short.seconds <= long.seconds:
        return True
    return short.seconds + short.months * 31 * _DAY <= long.seconds + long.months * 28 * _DAY


def _no_longer(old: Duration | None, new: Duration | None) -> bool:
    """Whether what is too old by one age is so by another, too. Without an age nothing is too old."""
    if old is None or old == new:
        return True
    if new is None or old.seconds % _DAY or old.months > _LONG:  # no date can be counted on by parts of a day
        return False
    return _is_shorter(new, old)


def _as_age(value: Value) -> Duration | None:
    return value if isinstance(value, Duration) else None
