"""A policy in plain English, as Markdown: what each tier may reach, what is asked where, and every rule."""

from __future__ import annotations

from collections.abc import Iterator

from release_gate.facts.ladder import BOUNDARY, LADDER, LOWEST_JUDGED
from release_gate.facts.truth import Step
from release_gate.policy.model import Policy, Rule

__all__ = ["as_markdown"]


def as_markdown(policy: Policy) -> str:
    """The policy for people who decide by it, in an order that does not change."""
    return "\n".join([*_head(policy), *_matrix(policy), *_rules(policy)]) + "\n"


def _head(policy: Policy) -> Iterator[str]:
    document = policy.document
    yield f"# {_plain(document.title)}"
    yield ""
    yield f"`{policy.id}` {policy.version}, {document.status}."
    start, end = policy.in_force.from_, policy.in_force.until
    if start or end:
        yield f"In force{f' from {start}' if start else ''}{f' until {end}' if end else ''}."
    covers = (
        "It judges releases as a whole."
        if document.covers
        else "It adds to policies that judge releases as a whole."
    )
    yield covers
    if policy.scope is not None:
        yield f"It applies where {_code(policy.scope.text)}."
    yield ""


def _matrix(policy: Policy) -> Iterator[str]:
    """Level by tier: what is denied to the tier, and what is asked from each level on."""
    names = [tier.step.name for tier in policy.tiers]
    yield "## What is asked where"
    yield ""
    yield "What a level asks holds for every more open one too. Conditions are below."
    yield ""
    yield "| access level | " + "".join(f"{name} | " for name in names) + "from here on |"
    yield "|---" * (len(names) + 2) + "|"
    for rung in LADDER:
        asked = "; ".join(_asked(rule) for rule in policy.rules if _start(rule) == rung and rule.tier is None)
        marks = "".join(
            f"{'no' if rung > tier.ceiling and rung >= LOWEST_JUDGED else 'may'} | " for tier in policy.tiers
        )
        edge = " (weights are out, for good)" if rung == BOUNDARY else ""
        yield f"| {rung}{edge} | {marks}{asked} |"
    yield ""


def _start(rule: Rule) -> Step | None:
    """The lowest level at which a rule can have an outcome."""
    if rule.ceiling is None:
        return rule.at
    rank = max(rule.at.rank, rule.ceiling.rank + 1)
    return LADDER[rank] if rank < len(LADDER) else None


def _asked(rule: Rule) -> str:
    where = " where it applies" if rule.when is not None else ""
    if rule.require is not None:
        return f"`{rule.id}` is met" + (f", or {_signed(rule)}" if rule.sign_off is not None else "")
    if rule.sign_off is not None:
        return f"{_signed(rule)} (`{rule.id}`{where})"
    if rule.oblige is not None:
        owner = f" by {rule.oblige.owner}" if rule.oblige.owner else ""
        return f"{_plain(rule.oblige.duty)}{owner} (`{rule.id}`{where})"
    return f"denied by `{rule.id}`{where}"


def _signed(rule: Rule) -> str:
    asked = rule.sign_off
    if asked is None:
        return ""
    roles = " and ".join(asked.all) if asked.all else f"{asked.count} × {asked.role}"
    return f"{roles} must sign"


def _rules(policy: Policy) -> Iterator[str]:
    yield "## The rules"
    for rule in policy.rules:
        yield ""
        yield f"### {rule.id}"
        yield ""
        yield _sentence(rule)
        document = rule.document
        for word, text in (("Why", document.because), ("What to do", document.fix)):
            if text:
                yield f"{word}: {_plain(text)}"
        if document.cite is not None:
            source = policy.document.sources[document.cite.source]
            said = [source.title, source.publisher, source.date, document.cite.section]
            yield "Source: " + ", ".join(_plain(str(part)) for part in said if part) + "."


def _sentence(rule: Rule) -> str:
    """What a rule says: for what, from where, under which condition, with which effect."""
    document = rule.document
    kinds = f"For {', '.join(document.applies_to)}: " if document.applies_to else ""
    when = f"where {_code(rule.when.text)}, " if rule.when is not None else ""
    start = "" if rule.at == LOWEST_JUDGED else f"from {rule.at} upwards, "
    if rule.tier is not None:
        effect = f"the risk is at least {rule.tier}"
    elif rule.ceiling is not None:
        effect = f"nothing more open than {rule.ceiling} is allowed"
    elif rule.require is not None:
        instead = f", or else {_signed(rule)}" if rule.sign_off is not None else ""
        effect = f"{_code(rule.require.text)} must hold{instead}"
    elif rule.sign_off is not None:
        effect = _signed(rule)
    elif rule.oblige is not None:
        effect = f"a duty comes with it: {_plain(rule.oblige.duty)}"
    else:
        effect = f"it is denied: {_plain(document.deny or '')}"
    said = f"{kinds}{start}{when}{effect}"
    return f"{said[:1].upper()}{said[1:]}".rstrip(".") + "."


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _plain(text: str) -> str:
    """Text that means nothing to Markdown but what it says."""
    flat = " ".join(text.split()).replace("\\", "\\\\")
    return "".join(f"\\{char}" if char in "`*_[]<>|#" else char for char in flat)
