"""Why: what a rule came to by the reference, and the finding that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from release_gate.decision import FactRead, Verdict, Where, Why, in_words
from release_gate.diagnostics import printable
from release_gate.evaluate.fetch import Reading
from release_gate.evaluate.reference import Facts, Read, Trace, evaluate
from release_gate.expression import nodes
from release_gate.expression.nodes import Condition, Node, children
from release_gate.facts import truth
from release_gate.facts.ladder import BOUNDARY
from release_gate.facts.records import Measurement
from release_gate.facts.truth import Items, Range, Record, Step, Truth, Unknown, Value
from release_gate.facts.view import NAMES, Lazy, Seen, metric_place
from release_gate.policy.model import Policy, Rule

__all__ = ["Bad", "Hit", "bad_of", "citation", "fact_read", "facts_of", "fill", "message_of"]


class Hit(NamedTuple):
    """What a rule came to from one rung to another, both included.

    ``why`` explains it when asked. ``support`` is what would settle it. ``unverified`` names the unverified
    rules without which it would not be there, or be milder.
    """

    policy: str
    rule: str
    effect: str
    outcome: Verdict
    start: int
    end: int
    why: Callable[[], Why]
    cite: Mapping[str, Any] | None = None
    where: Where | None = None
    support: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


def facts_of(reading: Reading, view: Mapping[str, Any], rung: Step, tier: Seen | None = None) -> Facts:
    """Everything that a policy may read about an artifact at a rung.

    Args:
        reading: The facts as the policy reads them, on the side of the boundary that the rung lies on.
        view: The same facts with their places.
        rung: The rung that is judged.
        tier: The tier there, for rules that read it.
    """
    policy, sections = reading.policy, reading.frame.sections

    def metric(name: str) -> Seen:
        stated, value = sections.metric.get(name, _NOT_MEASURED), reading.metrics[name]
        beside: tuple[tuple[str, Seen], ...] = ()
        if isinstance(value, Unknown):
            asked = policy.metrics[name]
            beside = tuple(_beside(stated, view, bound=asked.bound, beyond=rung >= BOUNDARY))
        at, where = metric_place(reading.frame, name)
        return Seen(value, at, where, stated.source or stated.value.source, beside)

    def own(name: str) -> Seen:
        fact, stated = reading.own[name], view["own"].fields[name]
        return Seen(fact.value, stated.pointer, stated.where, fact.source)

    def access(name: str) -> Any:
        return Seen(rung) if name == "access" else view["artifact"].fields[name]

    def make(name: str) -> Any:
        match name:
            case "artifact":
                return Record("", Lazy((*type(reading.frame.artifact).model_fields, "access"), access))
            case "metric":
                return Record("", Lazy(policy.metrics.keys(), metric))
            case "own":
                return Record("", Lazy(policy.own.keys() & sections.own.keys(), own))
            case "parameter":
                return Record("", {word: Seen(value) for word, value in policy.parameters.items()})
            case "tier":
                return tier
        return view[name]

    return Lazy(_NAMES if tier is None else _NAMES_AND_TIER, make)


_NOT_MEASURED: Final = Measurement()
_NAMES: Final = NAMES | {"parameter"}
_NAMES_AND_TIER: Final = _NAMES | {"tier"}


def _beside(
    stated: Measurement, view: Mapping[str, Any], *, bound: bool, beyond: bool
) -> Iterator[tuple[str, Seen]]:
    """The facts beside a measurement that could let it count: of the artifact, and of what it was behind."""
    digest = view["artifact"].fields["digest"]
    if bound and isinstance(digest.value, Unknown):
        yield "artifact.digest", digest
    behind = {fact.value for fact in stated.behind.items}
    if not beyond or not behind:
        return
    safeguards = view["safeguards"]
    if not truth.is_settled(safeguards.value):
        yield "safeguards", safeguards
    for each in safeguards.value.members if isinstance(safeguards.value, Items) else ():
        removable = each.fields["removable"]
        if each.fields["id"].value in behind and isinstance(removable.value, Unknown):
            yield f"safeguards[{each.label}].removable", removable


@dataclass(frozen=True)
class Bad:
    """Whether a rule bites at a rung: true, false or unknown, and the traces it rests on."""

    value: Truth
    traces: tuple[Trace, ...]
    facts: Facts

    @cached_property
    def support(self) -> tuple[Read, ...]:
        """The facts that would settle it."""
        if isinstance(self.value, bool):
            return ()
        found = {read.path: read for trace in self.traces for read in trace.support}
        return tuple(found[path] for path in sorted(found))

    @property
    def reads(self) -> tuple[Read, ...]:
        """The facts to show: those that would settle it, or those that decided."""
        if isinstance(self.value, Unknown) and self.support:
            return self.support
        found = {read.path: read for trace in self.traces for read in trace.decisive}
        return tuple(found[path] for path in sorted(found))


def bad_of(
    scope: Sequence[Trace], when: Condition | None, facts: Facts, require: Condition | None = None
) -> Bad:
    """Whether the scope and the guard hold and the requirement, if there is one, does not."""
    traces = [*scope] if when is None else [*scope, evaluate(when.root, facts)]
    values: list[Value] = [trace.value for trace in traces]
    if require is not None:
        met = evaluate(require.root, facts)
        traces.append(met)
        values.append(truth.not_(met.value))
    return Bad(truth.all_of(values), tuple(traces), facts)


def fact_read(read: Read) -> FactRead:
    """A fact as findings show it."""
    seen = read.seen
    where = Where.of(seen.where)
    if isinstance(seen.value, Unknown):
        return FactRead(read.path, "unknown", None, seen.value.reason.value, where, seen.source)
    if isinstance(seen.value, Range):
        undecided = truth.Reason.UNDECIDED.value
        return FactRead(read.path, "range", in_words(seen.value), undecided, where, seen.source)
    return FactRead(read.path, "known", in_words(seen.value), None, where, seen.source)


def citation(policy: Policy, rule: Rule) -> dict[str, Any]:
    """The source that a rule rests on."""
    cite = rule.document.cite
    if cite is None:
        return {}
    source = policy.document.sources[cite.source]
    said = {
        "source": cite.source,
        "title": source.title,
        "publisher": source.publisher,
        "date": source.date,
        "version": source.version,
        "section": cite.section,
        "url": source.url,
        "confidence": cite.confidence or source.confidence,
    }
    return {key: value for key, value in said.items() if value is not None}


# -- texts that show facts


def message_of(rule: Rule, bad: Bad) -> str:
    """Why, in words."""
    document = rule.document
    text = document.deny or document.because
    if text is None:
        conditions = [c.text for c in (rule.require,) if c is not None]
        text = f"`{rule.id}` asks for: {conditions[0]}" if conditions else f"`{rule.id}` applies."
    return fill(text, bad, rule)


def fill(text: str, bad: Bad, rule: Rule) -> str:
    """A text with the facts that it shows."""
    if "{" not in text:
        return text
    return re.sub(r"\{([^{}]*)\}", lambda found: _show(found[1], bad, rule), text)


def _show(path: str, bad: Bad, rule: Rule) -> str:
    head, *rest = path.split(".")
    for condition in (rule.when, rule.require):
        for each in _comprehensions(condition.root) if condition else ():
            if each.variable == head:
                return _show_members(each, rest, bad)
    found: Any = bad.facts.get(head)
    for name in rest:
        found = found.fields.get(name) if isinstance(found, Record) else None
    return printable(in_words(found.value)) if isinstance(found, Seen) else "unknown"


def _show_members(each: nodes.Comprehension, rest: list[str], bad: Bad) -> str:
    """The members of a list that decided; while it cannot be told, those that may."""
    source = evaluate(each.items, bad.facts).value
    steps = [step for top in bad.traces for step in top.deciding() if step.member and not _left_out(step)]
    told = [step for step in steps if isinstance(step.value, bool)]
    open_ = [step for step in steps if not isinstance(step.value, bool)]
    names = {step.member for step in ((open_ or told) if isinstance(bad.value, Unknown) else told)}
    labels = {name[at + 1 : -1] for name in names for at, char in enumerate(name) if char == "["}
    shown = []
    for index, member in enumerate(source.members if isinstance(source, Items) else ()):
        label = getattr(member, "label", "") or str(index)
        if label not in labels:
            continue
        found: Any = member
        for name in rest:
            found = found.fields.get(name) if isinstance(found, Record) else found
        shown.append(printable(in_words(found.value if isinstance(found, Seen) else found)))
    what = ".".join(rest) or "member"
    return ", ".join(dict.fromkeys(shown)) or f"an unknown {what} in {_name(each.items)}"


def _name(items: Node) -> str:
    return ".".join(items.path) if isinstance(items, nodes.Fact) else "a list"


def _left_out(step: Trace) -> bool:
    """Whether a filter leaves a member out: the tests stand before the result."""
    return any(test.value is False for test in step.below[:-1])


def _comprehensions(node: Node) -> Iterable[nodes.Comprehension]:
    if isinstance(node, nodes.Comprehension):
        yield node
    for child in children(node):
        yield from _comprehensions(child)
