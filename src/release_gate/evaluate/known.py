"""Code for facts that are plainly known: ordinary Python, as fast as it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from release_gate.evaluate.emit import Code, Emitter, Line, spelled_out
from release_gate.evaluate.fetch import Leaf, Many, Variables, fetch
from release_gate.evaluate.gather import MEMBER, PARTLY, Null, Plain, Sheet, Size, Slot, Values, packed
from release_gate.expression import nodes
from release_gate.expression.nodes import Node, children
from release_gate.expression.patterns import matcher, words_of
from release_gate.facts.arithmetic import OPERATIONS
from release_gate.facts.truth import Duration, Step
from release_gate.policy.model import Policy

__all__ = ["Known"]

_FEW: Final = 10
"""So many words are looked for one after the other; more are left to a regular expression."""


class Known(Emitter):
    """Code for facts that are plainly known: a rule is left for later at the first one that is not.

    Facts come from a sheet, and steps of ordered vocabularies are their ranks. Whether all is known that a
    condition reads is asked before it, so that a gap may be met that the reference would not have looked at;
    then the other emitter answers, and the answer is the same. Only where the last condition of a rule
    compares a fact of which nothing is known, it is told here that the rule cannot be told.

    What cannot be computed raises an ``ArithmeticError``.
    """

    def __init__(self, code: Code, policy: Policy) -> None:
        super().__init__(code, policy)
        self.sheet = Sheet(code, {})
        self._heads: list[tuple[Line, Sheet, str]] = []  # of loops, until it is known what all of them read
        self._members: dict[str, Sheet] = {}  # what is read of them, by the variable that stands for them
        self._shared: dict[int, str] = {}  # the names of definitions, by their bodies
        self._raises = False
        self._leave = ""  # how to leave the innermost loop, or the rule, with what is not known

    def rule(self, number: int, conditions: Sequence[tuple[Node, bool]]) -> None:
        """The code of a rule, which bites where each condition comes to what is said beside it."""
        later = f"later.append({number})"
        parts = list(_parts(conditions))
        with self._unit(later):
            for at, (node, wanted) in enumerate(parts, 1):
                told = at == len(parts) and _needs_all(node)
                unknown = f"{later} if {PARTLY} else hits.append(({number}, None))" if told else later
                self._leave = f"{later}; break"
                with self.sheet.asking(f"{unknown}; break"):
                    test = self.truth(node, {})
                self.code.line(f"if {'not ' * wanted}{test}: break")
            self.code.line(f"hits.append(({number}, True))")

    def share(self, named: nodes.Named) -> None:
        """Evaluate a definition before the rules that name it: None where it cannot be told here."""
        name = self.set("None")
        with self._unit("pass"):
            self._leave = "break"
            with self.sheet.asking("break"):
                value = self.emit(named.body, {})
            self.code.line(f"{name} = {value}")
        self._shared[id(named.body)] = name

    @contextmanager
    def _unit(self, unknown: str) -> Iterator[None]:
        """Code that can be left by ``break``, and by ``unknown`` where something cannot be computed."""
        start = len(self.code.lines)
        self.sheet.sure.clear()
        self._raises = False
        with self.code.block("while True:"):
            yield
            self.code.line("break")
        if self._raises:
            self.code.wrap(start, "try:", f"except ArithmeticError: {unknown}")

    def read(self, kind: Callable[[tuple[str, ...]], Slot], path: tuple[str, ...]) -> str:
        """The name of something that is read."""
        sheet, path = self.place(path)
        return sheet.read(kind(path))

    def place(self, path: tuple[str, ...]) -> tuple[Sheet, tuple[str, ...]]:
        """Of what a path is read: of the member that its variable stands for, or of the whole."""
        sheet = self._members.get(path[0])
        return (self.sheet, path) if sheet is None else (sheet, (MEMBER, *path[1:]))

    def find(self, path: tuple[str, ...], variables: Variables) -> Leaf | Many | None:
        """What kind of a fact it is. How it is fetched is of no interest here."""
        return fetch(path, variables, self.policy, lambda _value: "", lambda _path, _code: "")

    def truth(self, node: Node, variables: Variables) -> str:
        """Code for a condition: true or false as Python has it, if not a ``bool``."""
        match node:
            case nodes.Match():
                return self.matching(node, variables)
            case nodes.Logic():
                return _joined(node.op, [self.truth(each, variables) for each in node.values])
        return self.emit(node, variables)

    def value_of(self, value: Any) -> str:
        """Code for a literal."""
        if isinstance(value, bool):
            return str(value)
        if isinstance(value, Step):
            return str(value.rank)
        return self.code.bind(value)

    def may_raise(self, code: str) -> str:
        """Code that raises where the reference has no value."""
        self._raises = True
        return code

    def literal(self, node: nodes.Literal, variables: Variables) -> str:
        return self.may_raise("plain(None)") if node.value is None else self.value_of(node.value)

    def fact(self, node: nodes.Fact, variables: Variables) -> str:
        match node.path:
            case ("parameter", name):
                return self.value_of(self.policy.parameters[name])
        return self.read(Plain, node.path)

    def named(self, node: nodes.Named, variables: Variables) -> str:
        name = self._shared.get(id(node.body))
        return self.emit(node.body, {}) if name is None else self.sheet.need(name)

    def not_(self, node: nodes.Not, variables: Variables) -> str:
        return f"(not {self.truth(node.value, variables)})"

    def logic(self, node: nodes.Logic, variables: Variables) -> str:
        return _joined(node.op, [self.emit(each, variables) for each in node.values])

    def compare(self, node: nodes.Compare, variables: Variables) -> str:
        sides = [side for side in (node.left, node.right) if side != nodes.Literal(side.at, None)]
        if len(sides) < 2:
            return self.is_null(node.op, sides, variables)
        native = self.native(node, variables)
        if native is not None:
            return f"({native[0]} {node.op} {native[1]})"
        codes = [self.emit(side, variables) for side in sides]
        if node.op not in ("==", "!=") and self.class_of(node.left, variables) is Duration:
            return self.may_raise(f"plain(compare({node.op!r}, {codes[0]}, {codes[1]}))")
        return f"({codes[0]} {node.op} {codes[1]})"

    def is_null(self, op: str, others: list[Node], variables: Variables) -> str:
        """Whether something is null: a fact may be, and nothing else that is plainly known."""
        match others:
            case []:
                return str(op == "==")
            case [nodes.Fact(path=path)] if path[0] != "parameter":
                null = self.read(Null, path)
                return null if op == "==" else f"(not {null})"
        return f"({self.emit(others[0], variables)} {'is' if op == '==' else 'is not'} None)"

    def native(self, node: nodes.Compare, variables: Variables) -> list[str] | None:
        """Both sides as whole numbers or lengths of time of Python's own, where that is simple; or None."""
        for simple, code in ((self.is_whole, self.whole), (self.is_length, self.length)):
            if all(simple(side, variables) for side in (node.left, node.right)):
                return [code(side, variables) for side in (node.left, node.right)]
        return None

    def is_whole(self, node: Node, variables: Variables) -> bool:
        """Whether it is a count or a part of a date, or a whole number as it is written."""
        match spelled_out(node):
            case nodes.Literal(value=Decimal() as value):
                return value == int(value)
            case (
                nodes.Call(function="count" | "distinct")
                | nodes.Part(name="length" | "year" | "month" | "day")
            ):
                return True
        return False

    def whole(self, node: Node, variables: Variables) -> str:
        """Code for it as an ``int``."""
        match spelled_out(node):
            case nodes.Literal(value=Decimal() as value):
                return str(int(value))
            case nodes.Call(function="distinct", argument=argument):
                return self.distinct(argument, variables)
            case nodes.Call(argument=nodes.Comprehension() as each):
                return self.counted(each, variables)
            case nodes.Call(argument=nodes.Fact(path=path)):
                return self.read(Size, path)
            case nodes.Part(name=name, value=value):
                if isinstance(value, nodes.Fact) and self.many(value, variables):
                    return self.read(Size, value.path)
                code = self.emit(value, variables)
                return f"len({code})" if name == "length" else f"{code}.{name}"
        raise AssertionError(node)  # see `is_whole`

    def is_length(self, node: Node, variables: Variables) -> bool:
        """Whether it is the time between two days, or a length without months."""
        match node:
            case nodes.Literal(value=Duration() as value):
                return value.is_ordered
            case nodes.Binary(op="-"):
                return all(self.class_of(side, variables) is date for side in (node.left, node.right))
        return False

    def length(self, node: Node, variables: Variables) -> str:
        """Code for it as a ``timedelta``."""
        if isinstance(node, nodes.Binary):
            return f"({self.emit(node.left, variables)} - {self.emit(node.right, variables)})"
        assert isinstance(node, nodes.Literal)  # noqa: S101 - see `is_length`
        assert isinstance(node.value, Duration)  # noqa: S101 - as above
        return self.code.bind(timedelta(seconds=node.value.seconds))

    def in_(self, node: nodes.In, variables: Variables) -> str:
        member = self.emit(node.member, variables)
        if isinstance(node.container, nodes.Fact):
            return f"({member} in {self.read(Values, node.container.path)})"
        assert isinstance(node.container, nodes.ListOf)  # noqa: S101 - see `spelled_out` and `expressible`
        items = [item for item in node.container.items if item != nodes.Literal(item.at, None)]
        if not all(isinstance(item, nodes.Literal) for item in items):
            return f"({member} in [{', '.join(self.emit(item, variables) for item in items)}])"
        values = (item.value for item in items if isinstance(item, nodes.Literal))
        known = frozenset(value.rank if isinstance(value, Step) else value for value in values)
        return f"({member} in {self.code.bind(known)})"

    def match(self, node: nodes.Match, variables: Variables) -> str:
        return f"bool({self.matching(node, variables)})"

    def matching(self, node: nodes.Match, variables: Variables) -> str:
        """Code that is true, or only as good as true, where a text matches."""
        text = self.emit(node.text, variables)
        words = words_of(node.pattern, anchored=node.anchored)
        if words is not None:
            match words.at_start, words.at_end:
                case True, True:
                    return f"({text} in {self.code.bind(frozenset(words.words))})"
                case True, False:
                    return f"{text}.startswith({self.code.bind(words.words)})"
                case False, True:
                    return f"{text}.endswith({self.code.bind(words.words)})"
            if len(words.words) <= _FEW and text.isidentifier():
                return _joined("or", [f"{self.code.bind(word)} in {text}" for word in words.words])
        return f"{self.code.bind(matcher(node.pattern, anchored=node.anchored))}({text})"

    def binary(self, node: nodes.Binary, variables: Variables) -> str:
        left, right = self.emit(node.left, variables), self.emit(node.right, variables)
        if self.class_of(node, variables) is Decimal and node.op in OPERATIONS:
            return self.may_raise(f"{self.code.bind(OPERATIONS[node.op])}({left}, {right})")
        return self.may_raise(f"plain(arithmetic({node.op!r}, {left}, {right}))")

    def choose(self, node: nodes.Choose, variables: Variables) -> str:
        test = self.truth(node.test, variables)
        then, otherwise = self.emit(node.then, variables), self.emit(node.otherwise, variables)
        return f"({then} if {test} else {otherwise})"

    def coalesce(self, node: nodes.Coalesce, variables: Variables) -> str:
        return self.emit(node.value, variables)  # what is plainly known is not null

    def call(self, node: nodes.Call, variables: Variables) -> str:
        argument = node.argument
        if node.function == "abs":
            return self.may_raise(f"plain(absolute({self.emit(argument, variables)}))")
        if isinstance(argument, nodes.ListOf):
            items = [self.emit(item, variables) for item in argument.items]
            word = "or" if node.function == "any" else "and"
            return _joined(word, items) if items else str(word == "and")
        if node.function in ("count", "distinct"):
            return f"Decimal({self.whole(node, variables)})"
        assert isinstance(argument, nodes.Comprehension)  # noqa: S101 - see `expressible`
        return self.quantified(argument, variables, seek=node.function == "any")

    def distinct(self, argument: Node, variables: Variables) -> str:
        """How many different values there are."""
        if isinstance(argument, nodes.Fact):
            return f"len(set({self.read(Values, argument.path)}))"
        assert isinstance(argument, nodes.Comprehension)  # noqa: S101 - see `expressible`
        found = self.set("set()")
        with self.kept(found, argument, variables) as inner:
            with self._members[argument.variable].asking(self._leave):
                value = self.emit(argument.result, inner)
            self.code.line(f"{found}.add({value})")
        return f"len({found})"

    def quantified(self, each: nodes.Comprehension, variables: Variables, *, seek: bool) -> str:
        """Whether a member is true (``seek``), or whether none is false."""
        found = self.set(str(not seek))
        with self.kept(found, each, variables) as inner:
            with self._members[each.variable].asking(self._leave):
                result = self.truth(each.result, inner)
            with self.code.block(f"if {'' if seek else 'not '}{result}:"):
                self.code.line(f"{found} = {seek}")
                self.code.line("break")
        return found

    def counted(self, each: nodes.Comprehension, variables: Variables) -> str:
        number = self.set("0")
        with self.kept(number, each, variables):
            self.code.line(f"{number} += 1")
        return number

    @contextmanager
    def kept(self, found: str, each: nodes.Comprehension, variables: Variables) -> Iterator[Variables]:
        """A loop over the members that a filter keeps. It finds None if it meets what is not known."""
        many, listed = self.list_of(each.items, variables), each.items
        assert isinstance(listed, nodes.Fact)  # noqa: S101 - see `expressible`
        inner = {**variables, each.variable: (MEMBER, many.item)}
        members, leave, start = self._members, self._leave, len(self.code.lines)
        around, path = self.place(listed.path)
        items, sheet = around.members(path)
        self._members, self._leave = {**members, each.variable: sheet}, f"{found} = None; break"
        with self.code.block() as head:
            self._heads.append((head, sheet, items))
            if each.condition is None:
                yield inner
            else:
                with sheet.asking(self._leave):
                    test = self.truth(each.condition, inner)
                with self.code.block(f"if {test}:"):
                    yield inner
        left = any(line.text.endswith(self._leave) for line in self.code.lines[start:])
        self._members, self._leave = members, leave
        if left:
            self.code.line(f"if {found} is None: {leave}")

    def finish(self) -> str:
        """Say what is unpacked at the head of each loop, and give back what is unpacked for all of it."""
        for head, sheet, items in self._heads:
            head.text = f"for {packed(sheet.targets)} in {items}:"
        return packed([*self.sheet.targets, PARTLY])

    def part(self, node: nodes.Part, variables: Variables) -> str:
        if node.name == "is_empty":
            assert isinstance(node.value, nodes.Fact)  # noqa: S101 - see `spelled_out` and `expressible`
            return f"(not {self.read(Size, node.value.path)})"
        return f"Decimal({self.whole(node, variables)})"


def _parts(conditions: Sequence[tuple[Node, bool]]) -> Iterator[tuple[Node, bool]]:
    """Conditions that must come to something, those of an *and* one by one."""
    for node, wanted in conditions:
        if wanted and isinstance(node, nodes.Logic) and node.op == "and":
            yield from _parts([(each, True) for each in node.values])
        else:
            yield node, wanted


def _needs_all(node: Node) -> bool:
    """Whether it cannot be told as soon as nothing is known of one fact in it, whatever the others are."""
    match node:
        case nodes.Fact() | nodes.Literal():
            return True
        case nodes.Compare() | nodes.Binary() | nodes.Not() | nodes.Match():
            return all(map(_needs_all, children(node)))
        case nodes.Part(name="year" | "month" | "day"):
            return _needs_all(node.value)
        case nodes.In(container=nodes.ListOf(items=(_, *_) as items)):
            return _needs_all(node.member) and all(isinstance(item, nodes.Literal) for item in items)
    return False


def _joined(word: str, codes: Sequence[str]) -> str:
    return codes[0] if len(codes) == 1 else f"({f' {word} '.join(codes)})"
