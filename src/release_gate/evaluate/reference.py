"""The definition of what a condition means, as plainly as it can be written.

Each node gives a :class:`Step` of the explanation: its value, the facts it read, and the steps below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.expression.patterns import matches
from release_gate.facts import truth
from release_gate.facts.truth import Items, Record, Truth, Unknown, Value
from release_gate.facts.view import Seen

__all__ = ["Facts", "Read", "Trace", "evaluate", "truth_of"]

Facts = Mapping[str, Any]
"""What a condition may read: records of :class:`~release_gate.facts.view.Seen` facts, by name."""


@dataclass(frozen=True, slots=True)
class Read:
    """A fact that was read, as one path.

    Attributes:
        path: Its path, with the label of a list member in brackets: ``lineage[LLaMA].license``.
        seen: What it is, and where it stands.
        support: Where the value was derived from others that are open, those instead of this one.
    """

    path: str
    seen: Seen
    support: tuple[Read, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What a node came to, and why.

    Attributes:
        node: The node.
        value: Its value.
        below: The steps that it rests on.
        read: The fact that it read.
        member: The member of the list it was evaluated for.
    """

    node: Node
    value: Value
    below: tuple[Trace, ...] = ()
    read: Read | None = None
    member: str = ""

    @property
    def support(self) -> tuple[Read, ...]:
        """The facts that would settle it: empty if it is settled. Each once, in the order of their paths."""
        found = {read.path: read for read in self._open()}
        return tuple(found[path] for path in sorted(found))

    def _open(self) -> Iterator[Read]:
        if truth.is_settled(self.value):
            return
        if self.read is not None:
            yield from (self.read,) if self.read.support is None else self.read.support
        for step in self.below:
            yield from step._open()  # noqa: SLF001

    @property
    def decisive(self) -> tuple[Read, ...]:
        """The facts that made it what it is: of an *or* that is true, those of its true parts, and so on."""
        found = {read.path: read for read in self._decisive()}
        return tuple(found[path] for path in sorted(found))

    def _decisive(self) -> Iterator[Read]:
        if self.read is not None:
            yield self.read
        deciding = (
            _DECIDED_BY.get(self.value) if isinstance(self.value, bool) and _is_junction(self.node) else None
        )
        for step in self.below:
            if deciding is None or deciding(self.node, step):
                yield from step._decisive()  # noqa: SLF001


def _is_junction(node: Node) -> bool:
    return isinstance(node, nodes.Logic) or (isinstance(node, nodes.Call) and node.function in ("any", "all"))


_DECIDED_BY: dict[bool, Callable[[Node, Trace], bool]] = {
    True: lambda _node, step: step.value is True or not isinstance(step.value, bool),
    False: lambda _node, step: step.value is False or not isinstance(step.value, bool),
}


def truth_of(trace: Trace) -> Truth:
    """A trace in the place of a condition."""
    return truth.truth_of(trace.value)


def evaluate(node: Node, facts: Facts) -> Trace:
    """What a node comes to. Never raises on a checked condition and a valid request."""
    return _HANDLERS[type(node)](node, facts)


def _literal(node: nodes.Literal, facts: Facts) -> Trace:  # noqa: ARG001 - as its siblings
    return Trace(node, node.value)


def _fact(node: nodes.Fact, facts: Facts) -> Trace:
    found: Any = facts
    names: list[str] = []
    for name in node.path:
        inner = found.fields if isinstance(found, Record) else found
        names.append(name)
        found = inner.get(name)
        if found is None:
            found = Seen(Unknown(truth.Reason.MISSING))
            names = list(node.path)
            break
        if isinstance(found, Member):
            names = [found.path]
            found = found.value
    if isinstance(found, Record):
        return Trace(node, found)
    path = ".".join([names[0], *names[1:]])
    return Trace(node, found.value, read=Read(path, found, getattr(found, "support", None)))


@dataclass(frozen=True, slots=True)
class Member:
    """What the variable of a comprehension stands for."""

    path: str
    value: Any


def _named(node: nodes.Named, facts: Facts) -> Trace:
    body = evaluate(node.body, facts)
    return Trace(node, body.value, (body,))


def _not(node: nodes.Not, facts: Facts) -> Trace:
    inner = evaluate(node.value, facts)
    return Trace(node, truth.not_(inner.value), (inner,))


def _logic(node: nodes.Logic, facts: Facts) -> Trace:
    below = tuple(evaluate(value, facts) for value in node.values)
    combine = truth.all_of if node.op == "and" else truth.any_of
    return Trace(node, combine(step.value for step in below), below)


def _compare(node: nodes.Compare, facts: Facts) -> Trace:
    left, right = evaluate(node.left, facts), evaluate(node.right, facts)
    return Trace(node, truth.compare(node.op, left.value, right.value), (left, right))


def _in(node: nodes.In, facts: Facts) -> Trace:
    member, container = evaluate(node.member, facts), evaluate(node.container, facts)
    below = (member, container, *_member_steps(container))
    return Trace(node, truth.contains(member.value, _values(container.value)), below)


def _values(value: Value) -> Value:
    """A list of facts as the list of their values."""
    if not isinstance(value, Items):
        return value
    return Items(
        tuple(item.value if isinstance(item, Seen) else item for item in value.members),
        value.complete,
        tuple(item.value if isinstance(item, Seen) else item for item in value.possible),
    )


def _member_steps(container: Trace) -> tuple[Trace, ...]:
    """The members of a list that is a fact, each as a step of its own, so that an open one can be named."""
    if container.read is None or not isinstance(container.value, Items):
        return ()
    return tuple(
        Trace(container.node, seen.value, read=Read(f"{container.read.path}[{index}]", seen))
        for index, seen in enumerate(container.value.members)
        if isinstance(seen, Seen) and not truth.is_settled(seen.value)
    )


def _match(node: nodes.Match, facts: Facts) -> Trace:
    text = evaluate(node.text, facts)
    value: Value = truth.NOT_COMPUTABLE if not isinstance(text.value, Unknown) else truth.UNDECIDED
    if isinstance(text.value, str):
        value = matches(node.pattern, text.value, anchored=node.anchored)
    return Trace(node, value, (text,))


def _binary(node: nodes.Binary, facts: Facts) -> Trace:
    left, right = evaluate(node.left, facts), evaluate(node.right, facts)
    return Trace(node, truth.arithmetic(node.op, left.value, right.value), (left, right))


def _choose(node: nodes.Choose, facts: Facts) -> Trace:
    test = evaluate(node.test, facts)
    then, otherwise = evaluate(node.then, facts), evaluate(node.otherwise, facts)
    decided = truth.truth_of(test.value)
    if isinstance(decided, bool):
        chosen = then if decided else otherwise
        return Trace(node, chosen.value, (test, chosen))
    return Trace(node, truth.hull([then.value, otherwise.value]), (test, then, otherwise))


def _coalesce(node: nodes.Coalesce, facts: Facts) -> Trace:
    value = evaluate(node.value, facts)
    if value.value is not None:
        return Trace(node, value.value, (value,))
    instead = evaluate(node.instead, facts)
    return Trace(node, instead.value, (value, instead))


def _listof(node: nodes.ListOf, facts: Facts) -> Trace:
    below = tuple(evaluate(item, facts) for item in node.items)
    return Trace(node, Items(tuple(step.value for step in below)), below)


def _comprehension(node: nodes.Comprehension, facts: Facts) -> Trace:
    source = evaluate(node.items, facts)
    if not isinstance(source.value, Items):
        return Trace(node, source.value, (source,))
    sure, possible, below = [], [], [source]
    path = source.read.path if source.read is not None else "list"
    every = [(item, True) for item in source.value.members] + [
        (item, False) for item in source.value.possible
    ]
    for index, (item, is_sure) in enumerate(every):
        label = item.label if isinstance(item, Record) and item.label else str(index)
        step, kept = _member(node, facts, item, f"{path}[{label}]")
        below.append(step)
        if kept is True and is_sure:
            sure.append(step.value)
        elif kept is not False:
            possible.append(step.value)
    return Trace(node, Items(tuple(sure), source.value.complete, tuple(possible)), tuple(below))


def _member(node: nodes.Comprehension, facts: Facts, item: Any, path: str) -> tuple[Trace, Truth]:
    """The step for one member: its value, and whether the filter keeps it."""
    if not isinstance(item, Record | Seen):
        item = Seen(item)
    inner = {**facts, node.variable: Member(path, item)}
    kept: Truth = True
    below: tuple[Trace, ...] = ()
    if node.condition is not None:
        test = evaluate(node.condition, inner)
        kept, below = truth_of(test), (test,)
        if kept is False:
            return Trace(node.condition, value=False, below=below, member=path), False
    result = evaluate(node.result, inner)
    value = result.value
    if isinstance(kept, Unknown) and truth.is_settled(value):
        return Trace(node.result, value, (*below, result), member=path), kept
    return Trace(node.result, value, (*below, result), member=path), kept


def _call(node: nodes.Call, facts: Facts) -> Trace:
    argument = evaluate(node.argument, facts)
    values = _values(argument.value)
    match node.function:
        case "any":
            value: Value = truth.any_member(values)
        case "all":
            value = truth.all_members(values)
        case "count":
            value = truth.count(values)
        case "distinct":
            value = truth.distinct(values)
        case _:
            value = _absolute(values)
    return Trace(node, value, _steps(argument, value))


def _steps(argument: Trace, value: Value) -> tuple[Trace, ...]:
    """The steps below a call on a list: those of its members, in which each open filter or value shows."""
    if isinstance(argument.node, nodes.Comprehension) and not truth.is_settled(value):
        return tuple(
            Trace(step.node, truth.UNDECIDED, step.below, step.read, step.member)
            if step.member and any(not truth.is_settled(inner.value) for inner in step.below)
            else step
            for step in argument.below
        )
    if isinstance(argument.node, nodes.Comprehension):
        return argument.below
    return (argument, *_member_steps(argument))


def _absolute(value: Value) -> Value:
    if isinstance(value, Unknown | None):
        return truth.UNDECIDED if isinstance(value, Unknown) else truth.NOT_COMPUTABLE
    zero = Decimal(0)
    if truth.compare(">=", value, zero) is True:
        return value
    negative = truth.negate(value)
    if truth.compare("<=", value, zero) is True:
        return negative
    return truth.hull([zero, max(value.high, negative.high)])


def _part(node: nodes.Part, facts: Facts) -> Trace:
    inner = evaluate(node.value, facts)
    value = inner.value
    if node.name in ("length", "is_empty") and not isinstance(value, str):
        length = truth.count(value)
        result = length if node.name == "length" else truth.compare("==", length, Decimal(0))
        return Trace(node, result, _steps(inner, result))
    if isinstance(value, str):
        return Trace(node, Decimal(len(value)), (inner,))
    if isinstance(value, date):
        return Trace(node, Decimal(getattr(value, node.name)), (inner,))
    return Trace(node, truth.NOT_COMPUTABLE if value is None else truth.UNDECIDED, (inner,))


_BY_NAME: dict[str, Callable[[Any, Facts], Trace]] = {
    "Literal": _literal,
    "Fact": _fact,
    "Named": _named,
    "Not": _not,
    "Logic": _logic,
    "Compare": _compare,
    "In": _in,
    "Match": _match,
    "Binary": _binary,
    "Choose": _choose,
    "Coalesce": _coalesce,
    "ListOf": _listof,
    "Comprehension": _comprehension,
    "Call": _call,
    "Part": _part,
}
_HANDLERS = {getattr(nodes, name): handler for name, handler in _BY_NAME.items()}

assert set(_HANDLERS) == set(get_args(nodes.Node)), "every node has a meaning"  # noqa: S101
