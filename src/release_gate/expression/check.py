"""Types of conditions: every mistake that can be found before a request is there, at the offending word.

A condition that passes never raises on a valid request. What cannot be told is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from operator import gt
from typing import Any, Final, NamedTuple, cast

from release_gate.diagnostics import did_you_mean
from release_gate.expression import nodes
from release_gate.expression.hints import bare_word_hint, comparison_hint, unknown_name_hint
from release_gate.expression.nodes import FUNCTIONS, PARTS, At, Node, children
from release_gate.expression.problem import ExpressionProblem
from release_gate.expression.trees import tree_of
from release_gate.facts.licenses import Licence, license_names
from release_gate.facts.truth import Duration
from release_gate.facts.types import (
    Boolean,
    Choice,
    Day,
    FactType,
    Length,
    ListType,
    MapType,
    Number,
    RecordType,
    Text,
    Type,
)

__all__ = ["Scope", "check_condition", "check_value"]


@dataclass(frozen=True)
class _Null(FactType):
    title = "null"


@dataclass(frozen=True)
class _Any(FactType):
    """The type of what is already known to be wrong: fits everywhere, so that one mistake is told once."""

    title = "anything"


NULL, ANY = _Null(), _Any()


class Extent(NamedTuple):
    """How large a condition is with the definitions that it names: its parts, and its levels."""

    parts: int
    levels: int


MAX_EXTENT: Final = Extent(2000, 100)


@dataclass
class Scope:
    """What a condition may name.

    Attributes:
        root: The schema of facts, with what the policy adds.
        definitions: The policy's named conditions, checked.
        extents: How large each of them is, as far as that has been asked.
    """

    root: RecordType
    definitions: Mapping[str, Node] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)


def check_condition(text: str, scope: Scope) -> tuple[Node | None, list[ExpressionProblem]]:
    """Read and check a condition: the tree, and every problem."""
    node, kind, problems = check_value(text, scope)
    if node is not None and not problems and not isinstance(kind, Boolean | _Any):
        problems = [
            ExpressionProblem(
                "RG211",
                f"a condition must be true or false, and this is {_a(kind)}",
                node.at,
                "compare it with something",
            )
        ]
    return (None if problems else node), problems


def check_value(text: str, scope: Scope) -> tuple[Node | None, Type, list[ExpressionProblem]]:
    """Read and check an expression of any type."""
    try:
        tree = tree_of(text)
    except ExpressionProblem as problem:
        return None, ANY, [problem]
    checker = _Checker(scope)
    node, kind = checker.check(tree, {})
    small = not scope.definitions and len(text) <= min(MAX_EXTENT)  # no node is shorter than a character
    if not small and not checker.problems and any(map(gt, _extent(node, scope), MAX_EXTENT)):
        most = "{:,} parts or {:,} levels".format(*MAX_EXTENT)
        message = f"this has more than {most} with its definitions written out"
        checker.problem("RG304", message, At(0, len(text)), "let it stand on fewer definitions")
    return node, kind, checker.problems


def _extent(node: Node, scope: Scope) -> Extent:
    if isinstance(node, nodes.Named):
        if node.name not in scope.extents:
            scope.extents[node.name] = _extent(node.body, scope)
        inner = [scope.extents[node.name]]
    else:
        inner = [_extent(child, scope) for child in children(node)]
    return Extent(1 + sum(each.parts for each in inner), 1 + max((each.levels for each in inner), default=0))


_ORDERED = (Number, Day, Length)
_OF_LITERALS: Final[Mapping[type, Type]] = {
    bool: Boolean(),
    Decimal: Number(None),
    str: Text(),
    date: Day(),
    Duration: Length(calendar=True),
}


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[ExpressionProblem] = []
        self.beside: Type | None = None  # what the part that is being checked is compared with

    def problem(self, code: str, message: str, at: At, help: str = "") -> tuple[Any, Type]:  # noqa: A002
        self.problems.append(ExpressionProblem(code, message, at, help))
        return nodes.Literal(at, None), ANY

    def check(self, node: Node, names: Mapping[str, Type]) -> tuple[Node, Type]:
        method = cast(
            "Callable[[Any, Mapping[str, Type]], tuple[Node, Type]]",
            getattr(self, "_" + type(node).__name__.lower()),
        )
        return method(node, names)

    def check_beside(self, node: Node, kind: Type, names: Mapping[str, Type]) -> tuple[Node, Type]:
        """Check a part that is compared with something."""
        self.beside = kind
        checked = self.check(node, names)
        self.beside = None
        return checked

    def truth(self, node: Node, names: Mapping[str, Type]) -> Node:
        checked, kind = self.check(node, names)
        if not isinstance(kind, Boolean | _Any):
            self.problem(
                "RG211",
                f"this must be true or false, and is {_a(kind)}",
                node.at,
                "compare it with something",
            )
        return checked

    def _literal(self, node: nodes.Literal, names: Mapping[str, Type]) -> tuple[Node, Type]:
        return node, _OF_LITERALS.get(type(node.value), NULL)

    def _fact(self, node: nodes.Fact, names: Mapping[str, Type]) -> tuple[Node, Type]:
        head, *rest = node.path
        if head == "is" and head not in names:
            return self.definition(node)
        kind: Type
        if head in names:
            kind = names[head]
        elif head in self.scope.root.fields:
            kind = self.scope.root.fields[head]
        else:
            return self.problem(
                "RG212",
                f"unknown fact `{head}`",
                node.at,
                bare_word_hint(head, self.beside)
                or unknown_name_hint(node.path, self.scope.root, names, self.scope.definitions),
            )
        used = [head]
        for name in rest:
            if isinstance(kind, RecordType | MapType):
                known = kind.fields if isinstance(kind, RecordType) else kind.words
                if name not in known:
                    at = At(node.at.end - len(name), node.at.end) if name == node.path[-1] else node.at
                    return self.problem(
                        "RG212", f"unknown fact `{'.'.join([*used, name])}`", at, did_you_mean(name, known)
                    )
                kind = kind.fields[name] if isinstance(kind, RecordType) else kind.item
                used.append(name)
            elif len(used) == len(node.path) - 1:
                return self._part(nodes.Part(node.at, replace(node, path=tuple(used)), name), names)
            else:
                return self.problem(
                    "RG212", f"`{'.'.join(used)}` is a {kind.describe()} and has no `{name}`", node.at
                )
        if isinstance(kind, RecordType | MapType):
            known = kind.fields if isinstance(kind, RecordType) else kind.words
            return self.problem(
                "RG213",
                f"`{'.'.join(used)}` is not one fact",
                node.at,
                did_you_mean("", known) or "name one of its facts",
            )
        return node, kind

    def definition(self, node: nodes.Fact) -> tuple[Node, Type]:
        name = ".".join(node.path[1:])
        body = self.scope.definitions.get(name)
        if body is None:
            return self.problem(
                "RG214",
                f"there is no definition `{name}`",
                node.at,
                did_you_mean(name, self.scope.definitions),
            )
        return nodes.Named(node.at, name, body), Boolean()

    def _named(self, node: nodes.Named, names: Mapping[str, Type]) -> tuple[Node, Type]:
        return node, Boolean()

    def _not(self, node: nodes.Not, names: Mapping[str, Type]) -> tuple[Node, Type]:
        return nodes.Not(node.at, self.truth(node.value, names)), Boolean()

    def _logic(self, node: nodes.Logic, names: Mapping[str, Type]) -> tuple[Node, Type]:
        return nodes.Logic(
            node.at, node.op, tuple([self.truth(value, names) for value in node.values])
        ), Boolean()

    def _compare(self, node: nodes.Compare, names: Mapping[str, Type]) -> tuple[Node, Type]:
        left, left_kind = self.check(node.left, names)
        right, right_kind = self.check_beside(node.right, left_kind, names)
        left, left_kind = self.fit(left, left_kind, right_kind)
        right, right_kind = self.fit(right, right_kind, left_kind)
        self.comparable(node, left_kind, right_kind)
        return nodes.Compare(node.at, node.op, left, right), Boolean()

    def comparable(self, node: nodes.Compare, left: Type, right: Type) -> None:
        if ANY in (left, right):
            return
        if isinstance(left, ListType) or isinstance(right, ListType):
            self.problem("RG215", "a list cannot be compared", node.at, "use `in`, $any, $all or $count")
        elif NULL in (left, right):
            if node.op not in ("==", "!="):
                self.problem("RG215", "null has no order", node.at, "write == null")
        elif not _same(left, right):
            message = f"{_a(left)} cannot be compared with {_a(right)}"
            self.problem("RG215", message, node.at, comparison_hint(node.left, left, node.right, right))
        elif node.op not in ("==", "!=") and not _ordered(left):
            self.problem(
                "RG215",
                f"`{node.op}` needs an order, and this has none ({left.describe()})",
                node.at,
                "write == or `in`",
            )
        elif node.op not in ("==", "!=") and any(_calendar(side) for side in (node.left, node.right)):
            self.problem(
                "RG215", "months have no fixed length and so no order", node.at, 'write days: t"P180D"'
            )

    def fit(self, node: Node, kind: Type, other: Type) -> tuple[Node, Type]:
        """A text beside a choice is one of its words, and beside a text, it is written as that must be."""
        if not isinstance(kind, Text) or not isinstance(node, nodes.Literal):
            return node, kind
        word = node.value
        if isinstance(other, Licence):
            if not Licence.could_name(str(word)):
                help_ = did_you_mean(str(word), license_names())
                return self.problem("RG216", f"`{word}` is no name of a licence", node.at, help_)
            return replace(node, value=Licence.called(str(word))), other
        if isinstance(other, Text) and not other.could_be(word):
            help_ = f"did you mean `{word.upper()}`" if other.could_be(word.upper()) else ""
            return self.problem("RG216", f"`{word}` is not {other.means}", node.at, help_)
        if not isinstance(other, Choice):
            return node, kind
        if word not in other.vocabulary.members:
            return self.problem(
                "RG216",
                f"`{word}` is not {other.vocabulary.one}",
                node.at,
                did_you_mean(str(word), other.vocabulary.members),
            )
        return nodes.Literal(node.at, other.vocabulary.value(word)), other

    def _in(self, node: nodes.In, names: Mapping[str, Type]) -> tuple[Node, Type]:
        if isinstance(node.container, nodes.ListOf):
            member, member_kind = self.check(node.member, names)
            container, kind = self.check_beside(node.container, member_kind, names)
        else:
            container, kind = self.check(node.container, names)
            item = kind.item if isinstance(kind, ListType) else ANY
            member, member_kind = self.check_beside(node.member, item, names)
        if isinstance(container, nodes.ListOf):
            items = tuple(
                self.fit(item, self.check(item, names)[1], member_kind)[0] for item in container.items
            )
            container, kind = replace(container, items=items), ListType(member_kind)
        elif isinstance(kind, ListType):
            member, member_kind = self.fit(member, member_kind, kind.item)
        if isinstance(kind, _Any):
            return nodes.In(node.at, member, container), Boolean()
        if not isinstance(kind, ListType):
            self.problem(
                "RG217",
                f"`in` needs a list on its right, and this is a {kind.describe()}",
                node.at,
                "write [a, b], or == for one value",
            )
        elif isinstance(member_kind, ListType):
            self.problem("RG217", "a list cannot be in a list", node.at, "use $any or $all over its members")
        elif not _same(member_kind, kind.item):
            self.problem("RG217", f"a {member_kind.describe()} cannot be in a {kind.describe()}", node.at)
        return nodes.In(node.at, member, container), Boolean()

    def _match(self, node: nodes.Match, names: Mapping[str, Type]) -> tuple[Node, Type]:
        text, kind = self.check(node.text, names)
        if not isinstance(kind, Text | _Any):
            self.problem("RG217", f"a pattern needs a text, and this is a {kind.describe()}", node.at)
        return replace(node, text=text), Boolean()

    def _binary(self, node: nodes.Binary, names: Mapping[str, Type]) -> tuple[Node, Type]:
        left, left_kind = self.check(node.left, names)
        right, right_kind = self.check(node.right, names)
        result = replace(node, left=left, right=right)
        if ANY in (left_kind, right_kind):
            return result, ANY
        kinds = tuple(
            "number"
            if isinstance(k, Number)
            else "day"
            if isinstance(k, Day)
            else "length"
            if isinstance(k, Length)
            else ""
            for k in (left_kind, right_kind)
        )
        if kinds == ("number", "number"):
            return result, Number(None)
        if kinds == ("day", "day") and node.op == "-":
            return result, Length()
        if (kinds == ("day", "length") and node.op in "+-") or (
            kinds == ("length", "day") and node.op == "+"
        ):
            if any(
                isinstance(side, nodes.Literal)
                and isinstance(side.value, Duration)
                and side.value.seconds % 86_400
                for side in (left, right)
            ):
                return self.problem("RG218", "only whole days can be added to a date", node.at)
            return result, Day()
        return self.problem(
            "RG218",
            f"`{node.op}` does not work on a {left_kind.describe()} and a {right_kind.describe()}",
            node.at,
        )

    def _choose(self, node: nodes.Choose, names: Mapping[str, Type]) -> tuple[Node, Type]:
        test = self.truth(node.test, names)
        return self.branches(node, names, test)

    def branches(self, node: nodes.Choose, names: Mapping[str, Type], test: Node) -> tuple[Node, Type]:
        then, kind = self.check(node.then, names)
        otherwise, other = self.check(node.otherwise, names)
        otherwise, other = self.fit(otherwise, other, kind)
        then, kind = self.fit(then, kind, other)
        if isinstance(kind, ListType):
            return self.problem(
                "RG219", "a list cannot be chosen", node.at, "put $any or $all into each of the branches"
            )
        if not _same(kind, other):
            return self.problem(
                "RG219", f"one branch is a {kind.describe()}, the other a {other.describe()}", node.at
            )
        return replace(node, test=test, then=then, otherwise=otherwise), kind

    def _coalesce(self, node: nodes.Coalesce, names: Mapping[str, Type]) -> tuple[Node, Type]:
        value, kind = self.check(node.value, names)
        instead, other = self.check(node.instead, names)
        instead, other = self.fit(instead, other, kind)
        if isinstance(kind, ListType):
            return self.problem("RG219", "a list is never null", node.at, "use the list alone")
        if not _same(kind, other):
            return self.problem(
                "RG219", f"`??` replaces a {kind.describe()} by a {other.describe()}", node.at
            )
        return replace(node, value=value, instead=instead), kind

    def _listof(self, node: nodes.ListOf, names: Mapping[str, Type]) -> tuple[Node, Type]:
        checked = [self.check(item, names) for item in node.items]
        kinds = [kind for _, kind in checked]
        if any(not _same(kinds[0], kind) for kind in kinds[1:]):
            return self.problem("RG219", "the members of a list are of one type", node.at)
        return replace(node, items=tuple(item for item, _ in checked)), ListType(kinds[0] if kinds else ANY)

    def _comprehension(self, node: nodes.Comprehension, names: Mapping[str, Type]) -> tuple[Node, Type]:
        items, kind = self.check(node.items, names)
        if isinstance(kind, _Any):
            return node, ANY
        if not isinstance(kind, ListType):
            return self.problem(
                "RG217", f"`for` needs a list, and this is a {kind.describe()}", node.items.at
            )
        if node.variable in names or node.variable in self.scope.root.fields or node.variable == "is":
            return self.problem(
                "RG220", f"`{node.variable}` already means something else", node.at, "choose another name"
            )
        inner = {**names, node.variable: kind.item}
        if isinstance(node.result, nodes.Fact) and node.result.path == (node.variable,):
            result, result_kind = cast("tuple[Node, Type]", (node.result, kind.item))
        else:
            result, result_kind = self.check(node.result, inner)
        condition = self.truth(node.condition, inner) if node.condition is not None else None
        return replace(node, items=items, result=result, condition=condition), ListType(result_kind)

    def _call(self, node: nodes.Call, names: Mapping[str, Type]) -> tuple[Node, Type]:
        argument, kind = self.check(node.argument, names)
        result = replace(node, argument=argument)
        if isinstance(kind, _Any):
            return result, ANY
        if node.function == "abs":
            if not isinstance(kind, Number):
                return self.problem("RG217", f"$abs needs a number, and this is a {kind.describe()}", node.at)
            return result, Number(None)
        if not isinstance(kind, ListType):
            return self.problem(
                "RG217", f"${node.function} needs a list, and this is a {kind.describe()}", node.at
            )
        if node.function in ("any", "all"):
            if not isinstance(kind.item, Boolean | _Any):
                return self.problem(
                    "RG211",
                    f"${node.function} needs conditions, and these are each {_a(kind.item)}",
                    node.at,
                    f"write ${node.function}([condition for x in list])",
                )
            return result, Boolean()
        if node.function == "distinct" and not isinstance(kind.item, FactType):
            return self.problem(
                "RG217",
                "$distinct needs a list of values",
                node.at,
                "write $distinct([x.name for x in list])",
            )
        return result, Number(None)

    def _part(self, node: nodes.Part, names: Mapping[str, Type]) -> tuple[Node, Type]:
        value, kind = self.check(node.value, names)
        if isinstance(kind, _Any):
            return node, ANY
        parts: tuple[str, ...] = ()
        if isinstance(kind, ListType):
            parts = ("length", "is_empty")
        elif isinstance(kind, Text):
            parts = ("length",)
        elif isinstance(kind, Day):
            parts = ("year", "month", "day")
        if isinstance(kind, ListType) and node.name in getattr(kind.item, "fields", ()):
            help_ = f"ask for one of them, or for all: $any([x.{node.name} == … for x in list])"
            return self.problem("RG212", f"a list has no `{node.name}`; its members have", node.at, help_)
        if node.name not in parts:
            return self.problem(
                "RG212", f"a {kind.describe()} has no `{node.name}`", node.at, did_you_mean(node.name, parts)
            )
        return replace(node, value=value), Boolean() if node.name == "is_empty" else Number(None)


def _a(kind: Type) -> str:
    return f"a{' choice of' if isinstance(kind, Choice) else ''} {kind.describe()}"


def _same(left: Type, right: Type) -> bool:
    if ANY in (left, right) or NULL in (left, right):
        return True
    if isinstance(left, Choice) and isinstance(right, Choice):
        return left.vocabulary == right.vocabulary
    if isinstance(left, ListType) and isinstance(right, ListType):
        return _same(left.item, right.item)
    if isinstance(left, RecordType) and isinstance(right, RecordType):
        return left == right
    return type(left) is type(right)


def _ordered(kind: Type) -> bool:
    return isinstance(kind, _ORDERED) or (isinstance(kind, Choice) and kind.vocabulary.ordered)


def _calendar(node: Node) -> bool:
    return isinstance(node, nodes.Literal) and isinstance(node.value, Duration) and not node.value.is_ordered


assert set(FUNCTIONS) == {"any", "all", "count", "distinct", "abs"}  # noqa: S101 - each has a case in _call
assert set(PARTS) == {"length", "is_empty", "year", "month", "day"}  # noqa: S101 - each has a case in _part
