"""The definition of what a condition means, as plainly as it can be written.

Each node gives a :class:`Step` of the explanation: its value, the facts it read, and the steps below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, get_args

from release_gate.expression import nodes
from release_gate.expression.nodes import Node
from release_gate.expression.patterns import matches
from release_gate.facts import arithmetic, truth
from release_gate.facts.truth import Items, Record, Truth, Unknown, Value
from release_gate.facts.view import Seen

__all__ = ["Facts", "Read", "Trace", "evaluate", "truth_of"]


class Facts(Protocol):
    """What a condition may read: records of :class:`~release_gate.facts.view.Seen` facts, by name."""

    def get(self, name: str, /) -> Any:
        """A fact, a record, or ``None`` if there is none of that name."""


class Read(NamedTuple):
    """A fact that was read, as one path.

    Attributes:
        path: Its path, with the label of a list member in brackets: ``lineage[LLaMA].license``.
        seen: What it is, and where it stands.
        support: Where the value was derived from others that are open, those instead of this one.
    """

    path: str
    seen: Seen
    support: tuple[Read, ...] | None = None


class Trace(NamedTuple):
    """What a node came to, and why.

    Attributes:
        node: The node.
        value: Its value.
        below: The steps that it rests on.
        read: The fact that it read.
        member: The member of the list it was evaluated for.
        listed: Of a list, what it is made of.
    """

    node: Node
    value: Value
    below: tuple[Trace, ...] = ()
    read: Read | None = None
    member: str = ""
    listed: Listed | None = None

    @property
    def support(self) -> tuple[Read, ...]:
        """The facts that would settle it: empty if it is settled. Each once, in the order of their paths."""
        found: dict[str, Read] = {}
        waiting = [self]
        while waiting:
            step = waiting.pop()
            if step.listed is not None:
                waiting += reversed(_steps(step.listed, _which))
            elif not truth.is_settled(step.value):
                if step.read is not None:
                    open_ = (step.read,) if step.read.support is None else step.read.support
                    found.update((read.path, read) for read in open_)
                waiting += reversed(step.below)
        return tuple(found[path] for path in sorted(found))

    @property
    def decisive(self) -> tuple[Read, ...]:
        """The facts that made it what it is: of an *or* that is true, those of its true parts, and so on."""
        found = {step.read.path: step.read for step in self.deciding() if step.read is not None}
        return tuple(found[path] for path in sorted(found))

    def deciding(self) -> Iterator[Trace]:
        """The steps that made it what it is, itself first."""
        waiting = [self]
        while waiting:
            step = waiting.pop()
            yield step
            below, value = step.below, step.value
            if (value is True or value is False) and below and _is_junction(step.node):
                waiting += [each for each in reversed(below) if each.value is not (not value)]
            else:
                waiting += reversed(below)


class Member(NamedTuple):
    """A member of a list.

    Attributes:
        path: How it is called.
        result: What it came to.
        kept: Whether it is in the list: all filters hold.
        tests: The steps of those filters.
    """

    path: str
    result: Trace
    kept: Truth = True
    tests: tuple[Trace, ...] = ()


class Listed(NamedTuple):
    """What a list is made of: its members, and the step that says whether there may be more of them."""

    members: tuple[Member, ...]
    rest: tuple[Trace, ...] = ()


def _is_junction(node: Node) -> bool:
    return isinstance(node, nodes.Logic) or (isinstance(node, nodes.Call) and node.function in ("any", "all"))


def truth_of(trace: Trace) -> Truth:
    """A trace in the place of a condition."""
    return truth.truth_of(trace.value)


def evaluate(node: Node, facts: Facts) -> Trace:
    """What a node comes to. Never raises on a checked condition and a valid request."""
    return _HANDLERS[type(node)](node, facts)


def _literal(node: nodes.Literal, facts: Facts) -> Trace:  # noqa: ARG001 - as its siblings
    return Trace(node, node.value)


def _fact(node: nodes.Fact, facts: Facts) -> Trace:
    head, *rest = node.path
    found: Any = facts.get(head)
    names = [head]
    if isinstance(found, Member):
        if not isinstance(found.result.value, Record):
            return _variable(node, found.result)
        names, found = [found.path], found.result.value
    for name in rest:
        inner = found.fields if isinstance(found, Record) else found
        found = None if inner is None else inner.get(name)
        names.append(name)
    if isinstance(found, Record):
        return Trace(node, found)
    seen = Seen(Unknown(truth.Reason.MISSING)) if found is None else found
    return _read(node, Read(".".join(names), seen, _support(names, seen)))


def _support(names: list[str], seen: Seen) -> tuple[Read, ...] | None:
    """What could settle a fact that follows from others."""
    if not seen.beside:
        return seen.support
    above = ".".join(names[:-2])
    others = (Read(above + path if path.startswith(".") else path, other) for path, other in seen.beside)
    return (Read(".".join(names), seen), *others)


def _variable(node: Node, stands_for: Trace) -> Trace:
    """The variable of a comprehension: a fact, or what was computed."""
    below = (stands_for,) if stands_for.read is None else ()
    return Trace(node, stands_for.value, below, stands_for.read, listed=stands_for.listed)


def _read(node: Node, read: Read) -> Trace:
    items = read.seen.value
    whole = Trace(node, items, (), read)
    if not isinstance(items, Items):
        return whole
    members = tuple(_listed(node, read.path, index, item) for index, item in enumerate(items.members))
    return Trace(node, items, (), read, listed=Listed(members, (whole,)))


def _listed(node: Node, path: str, index: int, item: Any) -> Member:
    label = item.label if isinstance(item, Record) and item.label else str(index)
    inner = f"{path}[{label}]"
    return Member(inner, _read(node, Read(inner, item)) if isinstance(item, Seen) else Trace(node, item))


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
    if container.listed is None:
        return Trace(node, truth.contains(member.value, container.value), (member, container))

    def equal(other: Member) -> Trace:
        same = truth.compare("==", member.value, other.result.value)
        return _step(other, truth.all_of([other.kept, same]))

    value = truth.contains(member.value, _values(container.value, container.listed))
    return Trace(node, value, (member, *_steps(container.listed, equal)))


def _values(items: Items, listed: Listed) -> Items:
    """A list as the list of the values of its members."""
    return Items(
        tuple(each.result.value for each in listed.members if each.kept is True),
        items.complete,
        tuple(each.result.value for each in listed.members if isinstance(each.kept, Unknown)),
    )


def _steps(listed: Listed, step: Callable[[Member], Trace]) -> tuple[Trace, ...]:
    """The steps below an operation on a list: whether there is more, and what matters of each member."""
    return (*listed.rest, *(step(each) for each in listed.members))


def _step(member: Member, value: Value) -> Trace:
    return Trace(member.result.node, value, (*member.tests, member.result), member=member.path)


def _whether(member: Member) -> Trace:
    """Whether it is in the list, and no matter what it is."""
    return Trace(member.result.node, member.kept, member.tests, member=member.path)


def _which(member: Member) -> Trace:
    """Whether it is in the list, and what it is."""
    return _step(member, member.kept if isinstance(member.kept, Unknown) else member.result.value)


def _and(member: Member) -> Trace:
    """Whether it is in the list and true."""
    return _step(member, truth.all_of([member.kept, member.result.value]))


def _or_not(member: Member) -> Trace:
    """Whether it is true or not in the list."""
    return _step(member, truth.any_of([truth.not_(member.kept), member.result.value]))


def _match(node: nodes.Match, facts: Facts) -> Trace:
    text = evaluate(node.text, facts)
    value: Value = truth.NOT_COMPUTABLE if not isinstance(text.value, Unknown) else truth.UNDECIDED
    if isinstance(text.value, str):
        value = matches(node.pattern, text.value, anchored=node.anchored)
    return Trace(node, value, (text,))


def _binary(node: nodes.Binary, facts: Facts) -> Trace:
    left, right = evaluate(node.left, facts), evaluate(node.right, facts)
    return Trace(node, arithmetic.arithmetic(node.op, left.value, right.value), (left, right))


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
    instead = evaluate(node.instead, facts)
    if value.value is None:
        return Trace(node, instead.value, (value, instead))
    # What is unknown may turn out to be null, and then the rest is needed as well.
    below = (value, instead) if isinstance(value.value, Unknown) else (value,)
    return Trace(node, value.value, below)


def _listof(node: nodes.ListOf, facts: Facts) -> Trace:
    below = tuple(evaluate(item, facts) for item in node.items)
    members = tuple(Member(f"list[{index}]", step) for index, step in enumerate(below))
    return Trace(node, Items(tuple(step.value for step in below)), below, listed=Listed(members))


@dataclass(frozen=True, slots=True)
class _Inside:
    """The facts as the inside of a comprehension reads them: with one name more."""

    facts: Facts
    name: str
    member: Member

    def get(self, name: str) -> Any:
        return self.member if name == self.name else self.facts.get(name)


def _comprehension(node: nodes.Comprehension, facts: Facts) -> Trace:
    source = evaluate(node.items, facts)
    if source.listed is None:
        return Trace(node, source.value, (source,))
    listed = _selected(node, facts, source.listed)
    return Trace(node, _values(source.value, listed), _steps(listed, _which), listed=listed)


def _selected(node: nodes.Comprehension, facts: Facts, source: Listed) -> Listed:
    """What a comprehension is made of."""
    return Listed(tuple(_member(node, facts, each) for each in source.members), source.rest)


def _member(node: nodes.Comprehension, facts: Facts, member: Member) -> Member:
    """A member of a comprehension: its value, and whether the filter keeps it."""
    inner = _Inside(facts, node.variable, member)
    kept, tests = member.kept, member.tests
    if node.condition is not None and kept is not False:
        test = evaluate(node.condition, inner)
        kept, tests = truth.all_of([kept, test.value]), (*tests, test)
    if kept is False:
        return Member(member.path, Trace(node.result, value=False), kept, tests)
    return Member(member.path, evaluate(node.result, inner), kept, tests)


_OF_LISTS: dict[str, tuple[Callable[[Value], Value], Callable[[Member], Trace]]] = {
    "any": (truth.any_member, _and),
    "all": (truth.all_members, _or_not),
    "count": (truth.count, _whether),
    "distinct": (truth.distinct, _which),
}
"""The functions of lists: of the values of its members, and what matters of each member."""


def _call(node: nodes.Call, facts: Facts) -> Trace:
    argument = node.argument
    if isinstance(argument, nodes.Comprehension):
        source = evaluate(argument.items, facts)
        if source.listed is not None:
            return _of_members(node, node.function, source.value, _selected(argument, facts, source.listed))
    items = evaluate(argument, facts)
    if node.function == "abs":
        return Trace(node, arithmetic.absolute(items.value), (items,))
    return _of_list(node, node.function, items)


def _of_list(node: Node, function: str, items: Trace) -> Trace:
    if items.listed is None:
        return Trace(node, _OF_LISTS[function][0](items.value), (items,))
    return _of_members(node, function, items.value, items.listed)


def _of_members(node: Node, function: str, items: Items, listed: Listed) -> Trace:
    of_values, step = _OF_LISTS[function]
    return Trace(node, of_values(_values(items, listed)), _steps(listed, step))


def _part(node: nodes.Part, facts: Facts) -> Trace:
    inner = evaluate(node.value, facts)
    value = inner.value
    if node.name in ("length", "is_empty") and not isinstance(value, str):
        counted = _of_list(node, "count", inner)
        if node.name == "length":
            return counted
        return counted._replace(value=truth.compare("==", counted.value, Decimal(0)))
    return Trace(node, truth.part(value, node.name), (inner,))


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
