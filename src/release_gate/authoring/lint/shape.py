"""Remarks about a policy as a whole: tiers, table, names, sources, texts, and what nothing reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import product
from typing import Any, Final

from release_gate.authoring.lint.subject import Remark, Subject
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.policy.model import Rule, row_matches
from release_gate.scalars import twins
from release_gate.source import Pointer

__all__ = ["duplicates", "look_alikes", "sources", "standing", "table", "texts", "tiers", "unused"]

_OLD: Final = 5
"""Years after which a source should be looked at again."""


def tiers(subject: Subject) -> Iterator[Remark]:
    """Tiers that no request can be in."""
    policy = subject.policy
    reached = {rule.tier for rule in policy.rules} | {policy.default_tier}
    if policy.table is not None:
        reached |= {tier for _, tier in policy.table.rows} | {policy.table.otherwise}
    for index, tier in enumerate(policy.tiers):
        if tier.step not in reached and ("tiers", index) in subject.document.spans:
            yield subject.remark(
                "RG825",
                f"nothing leads to the tier `{tier.step}`",
                ("tiers", index, "id"),
                "add a rule with this tier, or remove it",
            )


def table(subject: Subject) -> Iterator[Remark]:
    """Rows of the table that never decide."""
    found = subject.policy.table
    if found is None or ("tier_table",) not in subject.document.spans:
        return
    deciding: set[int] = set()
    uncovered = False
    for values in product(*found.domains):
        hits = [index for index, (cells, _) in enumerate(found.rows) if row_matches(cells, values)]
        uncovered = uncovered or not hits
        if found.hit == "first":
            deciding |= set(hits[:1])
        else:
            worst = max((found.rows[index][1] for index in hits), default=None)
            deciding |= {index for index in hits if found.rows[index][1] == worst}
    for index in range(len(found.rows)):
        if index not in deciding:
            yield subject.remark(
                "RG827",
                "another row decides wherever this one matches",
                ("tier_table", "rows", index),
                "remove it, or make it narrower or stricter",
            )
    if found.otherwise is not None and not uncovered:
        yield subject.remark(
            "RG827",
            "the rows cover everything, so that this never decides",
            ("tier_table", "otherwise"),
            "remove it",
        )


def texts(subject: Subject) -> Iterator[Remark]:
    """Rules that do not say why, what to do, or by what they can be checked."""
    for rule, at in subject.own_rules():
        document = rule.document
        if document.because is None and document.deny is None:
            yield subject.remark(
                "RG830",
                f"`{rule.id}` does not say why it exists",
                (*at, "id"),
                "add `because:`, in a sentence that a release manager understands",
                rule.id,
            )
        if document.fix is None and rule.effect in ("require", "deny", "ceiling"):
            yield subject.remark(
                "RG831", f"`{rule.id}` does not say what to do about it", (*at, "id"), "add `fix:`", rule.id
            )
        if document.cite is None and subject.policy.document.sources:
            yield subject.remark(
                "RG832",
                f"`{rule.id}` cites no source",
                (*at, "id"),
                "add `cite:`, or silence this with the reason",
                rule.id,
            )


def sources(subject: Subject) -> Iterator[Remark]:
    """Sources that are old, or that have no date to tell by; and that there are none."""
    if not subject.policy.document.sources:
        yield subject.remark(
            "RG832", "this policy cites no sources", ("id",), "add `sources:`, and `cite:` to its rules"
        )
    for name, source in subject.policy.document.sources.items():
        at: Pointer = ("sources", name)
        if at not in subject.document.spans:
            continue
        if source.date is None:
            yield subject.remark(
                "RG833", f"the source `{name}` has no date", at, "add `date:`, as 2026-11-24"
            )
        elif _years(source.date, subject.as_of) >= _OLD:
            yield subject.remark(
                "RG833",
                f"the source `{name}` is of {source.date}",
                (*at, "date"),
                "see whether it still holds",
            )


def _years(then: date, now: date) -> int:
    return now.year - then.year - ((now.month, now.day) < (then.month, then.day))


def standing(subject: Subject) -> Iterator[Remark]:
    """A policy that something else has taken the place of."""
    document, inforce = subject.policy.document, subject.policy.in_force
    if document.status == "superseded":
        yield subject.remark("RG834", f"the policy `{document.id}` is superseded", ("status",))
    elif inforce.until < subject.as_of if inforce.until is not None else inforce.superseded_by is not None:
        instead = f"use `{inforce.superseded_by}`" if inforce.superseded_by else "renew it, or retire it"
        yield subject.remark(
            "RG834", f"the policy `{document.id}` is no longer in force", ("in_force",), instead
        )
    for remark in subject.policy.remarks:
        if remark.since is not None and remark.since <= subject.as_of:
            yield subject.remark("RG834", remark.text, ("extends",), "extend what is in force")


def look_alikes(subject: Subject) -> Iterator[Remark]:
    """Names of one kind that a reader takes for each other. For ids of rules and tiers this is an error."""
    policy = subject.policy
    kinds: dict[str, tuple[Pointer, Iterable[str]]] = {
        "definitions": (("definitions",), policy.definitions),
        "parameters": (("parameters",), policy.parameters),
        "metrics": (("facts", "metrics"), policy.metrics),
        "own facts": (("facts", "own"), policy.own),
        "sources": (("sources",), policy.document.sources),
    }
    for kind, (at, names) in kinds.items():
        for _, name, first in twins(names):
            span = subject.document.key_span((*at, name))
            message = f"the {kind} `{first}` and `{name}` look alike"
            yield subject.remark("RG835", message, span, "give one a name of its own")


def duplicates(subject: Subject) -> Iterator[Remark]:
    """Rules that say what another says."""
    seen: dict[Any, str] = {}
    for rule, at in subject.own_rules():
        key = _meaning(rule)
        first = seen.setdefault(key, rule.id)
        if first != rule.id:
            yield subject.remark(
                "RG836", f"`{rule.id}` says the same as `{first}`", (*at, "id"), "remove one of them", rule.id
            )


def _meaning(rule: Rule) -> tuple[Any, ...]:
    document = rule.document
    roots = tuple(each.root if each is not None else None for each in (rule.when, rule.require))
    duty = document.oblige.model_dump_json() if document.oblige else ""
    asked = rule.sign_off.model_dump_json() if rule.sign_off else ""
    inforce = document.in_force.model_dump_json() if document.in_force else ""
    return (rule.effect, rule.at, document.applies_to, inforce, roots, rule.tier, rule.ceiling, asked, duty)


def unused(subject: Subject) -> Iterator[Remark]:
    """Definitions, parameters, metrics, facts and sources that no rule uses."""
    policy, document = subject.policy, subject.policy.document
    read: set[tuple[str, ...]] = set()
    for condition in _conditions(subject):
        read |= set(_names(condition.root))
    texts_ = " ".join(
        text
        for rule in policy.rules
        for text in (rule.document.because, rule.document.fix, rule.document.deny)
        if text
    )
    ages = {metric.max_age for metric in document.facts.metrics.values()}
    cited = {rule.document.cite.source for rule in policy.rules if rule.document.cite}
    kinds: dict[str, tuple[Pointer, Iterable[str], str]] = {
        "is": (("definitions",), policy.definitions, "definition"),
        "parameter": (("parameters",), policy.parameters, "parameter"),
        "metric": (("facts", "metrics"), policy.metrics, "metric"),
        "own": (("facts", "own"), policy.own, "fact"),
        "source": (("sources",), document.sources, "source"),
    }
    for head, (at, names, what) in kinds.items():
        for name in names:
            used = (head, name) in read or f"{{{head}.{name}}}" in texts_ or f"{head}.{name}" in ages
            used = used or (head == "source" and name in cited)
            if not used and (*at, name) in subject.document.keys:
                yield subject.remark(
                    "RG837",
                    f"nothing uses the {what} `{name}`",
                    subject.document.key_span((*at, name)),
                    "use it, or remove it",
                )


def _conditions(subject: Subject) -> Iterator[Condition]:
    policy = subject.policy
    if policy.scope is not None:
        yield policy.scope
    yield from policy.table.columns if policy.table is not None else ()
    for rule in policy.rules:
        yield from (condition for _, condition in subject.conditions(rule))


def _names(node: Node) -> Iterator[tuple[str, ...]]:
    if isinstance(node, nodes.Fact):
        yield node.path[:2]
    if isinstance(node, nodes.Named):
        yield ("is", node.name)
    for child in children(node):
        yield from _names(child)
