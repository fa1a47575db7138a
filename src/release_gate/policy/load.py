"""A policy document to a checked policy, with every mistake found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from release_gate.canonical import digest
from release_gate.diagnostics import Diagnostic, PolicyError, did_you_mean, printable
from release_gate.document import validate
from release_gate.expression import nodes
from release_gate.expression.check import Scope, check_condition, check_value
from release_gate.expression.monotone import Trend, reads, trend
from release_gate.expression.nodes import Condition, Node, children
from release_gate.expression.parse import ExpressionProblem
from release_gate.facts.ladder import LOWEST_JUDGED, RUNGS
from release_gate.facts.schema import schema
from release_gate.facts.truth import Duration, Step, Value
from release_gate.facts.types import (
    Boolean,
    Choice,
    Day,
    FactType,
    Length,
    Number,
    RecordType,
    Text,
    Type,
    exact,
)
from release_gate.facts.view import MeasurementRule
from release_gate.facts.vocabularies import Vocabulary
from release_gate.policy.documents import PolicyDocument, RuleDocument
from release_gate.policy.model import Policy, Rule, Table, Tier
from release_gate.source import Document, Pointer, number_problem, read_file, require_mapping

__all__ = ["load_policy", "policy_from_document"]

ACCESS, TIER = ("artifact", "access"), ("tier",)


def load_policy(path: str | Path, name: str | None = None) -> Policy:
    """Read a policy from a file.

    Raises:
        DocumentError: It is not YAML as we accept it, or not a policy.
        PolicyError: It is not a valid policy.
    """
    return policy_from_document(read_file(Path(path), name))


def policy_from_document(document: Document) -> Policy:
    """Check a policy document.

    Raises:
        PolicyError: With every diagnostic.
    """
    require_mapping(document, ("policy/v1",))
    shape = validate(PolicyDocument, document.tree, document, PolicyError, "RG301")
    return _Loader(document, shape).load()


class _Loader:
    def __init__(self, document: Document, shape: PolicyDocument) -> None:
        self.document, self.shape = document, shape
        self.problems: list[Diagnostic] = []
        words = {tier.id: tier.id for tier in shape.tiers}
        self.tier_words = Vocabulary("tier", words, ordered=True)
        self.metrics: dict[str, MeasurementRule] = {}
        self.own = {name: self.own_type(name) for name in shape.facts.own}
        self.parameters: dict[str, Value] = {}
        self.scope = Scope(RecordType({}))

    def load(self) -> Policy:
        self.read_parameters()
        self.read_metrics()
        self.scope = Scope(self.root())
        definitions = self.read_definitions()
        tiers = self.read_tiers()
        table = self.read_table()
        scope = self.read_scope()
        rules = tuple(self.rule(index, rule) for index, rule in enumerate(self.shape.rules))
        self.check_ids()
        if self.shape.covers and not self.shape.rules:
            self.problem(
                "RG310",
                "a policy that covers a release needs rules",
                ("covers",),
                "nothing evaluated is never a pass",
            )
        if self.problems:
            raise PolicyError(self.problems)
        return Policy(
            document=self.shape,
            digest=digest(self.document.tree),
            name=self.document.source.name,
            scope=scope,
            tiers=tiers,
            default_tier=self.default_tier(),
            table=table,
            rules=rules,
            parameters=self.parameters,
            metrics=self.metrics,
            own=self.own,
            definitions=definitions,
        )

    def problem(self, code: str, message: str, pointer: Pointer, help: str = "") -> None:  # noqa: A002
        self.problems.append(Diagnostic(code, message, self.document.span(pointer), help))

    # -- what conditions may read

    def root(self) -> RecordType:
        fields: dict[str, Type] = dict(schema().fields)
        metrics = {name: Number(rule.low, rule.high) for name, rule in self.metrics.items()}
        fields["metric"] = RecordType(metrics)
        fields["own"] = RecordType(dict(self.own))
        fields["parameter"] = RecordType({name: _type_of(value) for name, value in self.parameters.items()})
        if self.shape.tiers:
            fields["tier"] = Choice(self.tier_words)
        return RecordType(fields)

    def own_type(self, name: str) -> FactType:
        declared = self.shape.facts.own[name]
        if declared.choices is not None:
            return Choice(Vocabulary(name, {word: word for word in declared.choices}, declared.ordered))
        return {"boolean": Boolean(), "number": Number(None), "text": Text(), "date": Day()}[
            str(declared.type)
        ]

    def read_parameters(self) -> None:
        for name, parameter in self.shape.parameters.items():
            value: Value = parameter.value
            number = exact(value)
            if number is not None:
                value = number.normalize() + 0
                if reason := number_problem(number):
                    self.problem("RG302", f"`{name}` {reason}", ("parameters", name, "value"))
            elif isinstance(value, str):
                value = Duration.parse(value) or value
            elif not isinstance(value, bool):
                self.problem(
                    "RG302", "a parameter is a number, a text, true or false", ("parameters", name, "value")
                )
            self.parameters[name] = value

    def read_metrics(self) -> None:
        for name, metric in self.shape.facts.metrics.items():
            pointer: Pointer = ("facts", "metrics", name)
            low, high = None, None
            if metric.range is not None:
                ends = [exact(end) for end in metric.range]
                if len(ends) != 2 or None in ends or ends[0] >= ends[1]:  # type: ignore[operator]
                    self.problem(
                        "RG303",
                        "a range is the smallest and the largest value",
                        (*pointer, "range"),
                        "write range: [0, 1]",
                    )
                else:
                    low, high = ends
            self.metrics[name] = MeasurementRule(
                low, high, self.max_age(metric.max_age, pointer), metric.bound, metric.independent
            )

    def max_age(self, text: str | None, pointer: Pointer) -> Duration | None:
        if text is None:
            return None
        value: Value = Duration.parse(text)
        if text.startswith("parameter."):
            value = self.parameters.get(text.removeprefix("parameter."))
        if not isinstance(value, Duration):
            self.problem(
                "RG303",
                f"`{printable(text)}` is not a duration",
                (*pointer, "max_age"),
                "write P180D, or parameter.NAME of such a parameter",
            )
            return None
        return value

    # -- conditions

    def condition(self, text: str, pointer: Pointer) -> Condition | None:
        root, problems = check_condition(text, self.scope)
        self.report(problems, pointer)
        return Condition(text, root) if root is not None else None

    def report(self, problems: list[ExpressionProblem], pointer: Pointer) -> None:
        for found in problems:
            span = self.document.within(pointer, found.at.start, found.at.end)
            self.problems.append(Diagnostic(found.code, found.message, span, found.help))

    def read_definitions(self) -> dict[str, Condition]:
        waiting = dict(self.shape.definitions)
        done: dict[str, Condition] = {}
        bodies: dict[str, Node] = {}
        while waiting:
            ready = [name for name, text in waiting.items() if not _names_in(text) & set(waiting)]
            if not ready:
                for name in waiting:
                    self.problem("RG304", f"the definition `{name}` goes in a circle", ("definitions", name))
                break
            for name in ready:
                self.scope = Scope(self.scope.root, dict(bodies))
                checked = self.condition(waiting.pop(name), ("definitions", name))
                body = checked.root if checked is not None else nodes.Literal(nodes.At(0, 1), value=False)
                bodies[name] = body
                if checked is not None:
                    done[name] = checked
        self.scope = Scope(self.scope.root, bodies)
        return done

    def read_scope(self) -> Condition | None:
        if self.shape.scope is None:
            return None
        scope = self.condition(self.shape.scope, ("scope",))
        for path in (ACCESS, TIER):
            if scope is not None and reads(scope.root, path):
                self.problem(
                    "RG305",
                    f"a scope cannot read `{'.'.join(path)}`",
                    ("scope",),
                    "use `at` or `when` on the rules",
                )
        return scope

    # -- tiers

    def tier(self, word: str, pointer: Pointer) -> Step | None:
        if word not in self.tier_words.members:
            self.problem(
                "RG306",
                f"`{printable(word)}` is not a tier",
                pointer,
                did_you_mean(word, self.tier_words.members),
            )
            return None
        value = self.tier_words.value(word)
        return value if isinstance(value, Step) else None

    def read_tiers(self) -> tuple[Tier, ...]:
        tiers = tuple(
            Tier(Step(rank, tier.id), RUNGS[tier.ceiling], self.document.span(("tiers", rank)))
            for rank, tier in enumerate(self.shape.tiers)
        )
        for lower, higher in pairwise(tiers):
            if higher.ceiling > lower.ceiling:
                self.problem(
                    "RG307",
                    f"the ceiling of `{higher.step}` is above that of `{lower.step}`, a lesser risk",
                    ("tiers", higher.step.rank, "ceiling"),
                    "tiers go from least to most risky",
                )
        if tiers and self.shape.default_tier is None and self.shape.tier_table is None:
            self.problem("RG307", "tiers need a `default_tier` or a `tier_table` to start from", ("tiers",))
        return tiers

    def default_tier(self) -> Step | None:
        word = self.shape.default_tier
        return self.tier(word, ("default_tier",)) if word is not None else None

    def read_table(self) -> Table | None:
        shape = self.shape.tier_table
        if word := self.shape.default_tier:
            self.tier(word, ("default_tier",))
        if shape is None:
            return None
        columns, kinds = [], []
        for index, text in enumerate(shape.columns):
            pointer: Pointer = ("tier_table", "columns", index)
            node, kind, problems = check_value(text, self.scope)
            self.report(problems, pointer)
            if not isinstance(kind, Choice | Boolean) and not problems:
                self.problem(
                    "RG308",
                    "a column has a fixed set of values",
                    pointer,
                    "use a fact with choices, or a condition",
                )
            if node is None or problems or not isinstance(kind, Choice | Boolean):
                return None
            if reads(node, ACCESS) or reads(node, TIER):
                self.problem("RG305", "a table cannot read `artifact.access` or `tier`", pointer)
            columns.append(Condition(text, node))
            kinds.append(kind)
        rows = [
            row
            for index, cells in enumerate(shape.rows)
            if (row := self.row(index, cells, kinds)) is not None
        ]
        otherwise = self.tier(shape.otherwise, ("tier_table", "otherwise")) if shape.otherwise else None
        domains = tuple(
            kind.vocabulary.values if isinstance(kind, Choice) else (False, True) for kind in kinds
        )
        table = Table(tuple(columns), domains, tuple(rows), shape.hit, otherwise)
        self.check_table(table)
        return table

    def row(self, index: int, cells: tuple[Any, ...], kinds: list[Choice | Boolean]) -> Any:
        pointer: Pointer = ("tier_table", "rows", index)
        if len(cells) != len(kinds) + 1:
            self.problem(
                "RG308", f"a row has {len(kinds) + 1} cells: one for each column, and the tier", pointer
            )
            return None
        accepted = tuple(
            self.cell(cell, kind, (*pointer, place))
            for place, (cell, kind) in enumerate(zip(cells, kinds, strict=False))
        )
        tier = self.tier(str(cells[-1]), (*pointer, len(kinds)))
        return (accepted, tier) if tier is not None else None

    def cell(self, cell: Any, kind: Choice | Boolean, pointer: Pointer) -> frozenset[Value] | None:
        if cell == "any":
            return None
        found: set[Value] = set()
        for word in cell if isinstance(cell, list | tuple) else [cell]:
            if isinstance(kind, Boolean) and isinstance(word, bool):
                found.add(word)
            elif isinstance(kind, Choice) and word in kind.vocabulary.members:
                found.add(kind.vocabulary.value(word))
            else:
                known = kind.vocabulary.members if isinstance(kind, Choice) else ("true", "false")
                self.problem(
                    "RG308",
                    f"`{printable(str(word))}` is not a value of this column",
                    pointer,
                    did_you_mean(str(word), [*known, "any"]),
                )
        return frozenset(found)

    def check_table(self, table: Table) -> None:
        size = 1
        for domain in table.domains:
            size *= len(domain)
        if size > 10_000:
            self.problem(
                "RG308", "the table has more than 10,000 combinations", ("tier_table",), "use fewer columns"
            )
            return
        for values in product(*table.domains):
            hits = [tier for cells, tier in table.rows if row_matches(cells, values)]
            shown = ", ".join(
                f"{column.text} {_shown(value)}" for column, value in zip(table.columns, values, strict=True)
            )
            if not hits and table.otherwise is None:
                self.problem(
                    "RG309",
                    f"no row of the table covers: {shown}",
                    ("tier_table",),
                    "add a row, or `otherwise`",
                )
                return
            if table.hit == "unique" and len(set(hits)) > 1:
                self.problem(
                    "RG309",
                    f"rows of the table conflict for: {shown}",
                    ("tier_table",),
                    "make them agree, or say hit: strictest",
                )
                return

    # -- rules

    def rule(self, index: int, shape: RuleDocument) -> Rule:
        pointer: Pointer = ("rules", index)
        when = self.condition(shape.when, (*pointer, "when")) if shape.when is not None else None
        require = self.condition(shape.require, (*pointer, "require")) if shape.require is not None else None
        if when is not None:
            self.check_trend(when, (*pointer, "when"), Trend.UP, "> and >=")
        if require is not None:
            self.check_trend(require, (*pointer, "require"), Trend.DOWN, "< and <=")
        if shape.tier is not None and when is not None and reads(when.root, TIER):
            self.problem("RG305", "a rule that sets the tier cannot read it", (*pointer, "when"))
        if shape.cite is not None and shape.cite.source not in self.shape.sources:
            self.problem(
                "RG311",
                f"there is no source `{printable(shape.cite.source)}`",
                (*pointer, "cite"),
                did_you_mean(shape.cite.source, self.shape.sources),
            )
        self.check_texts(shape, pointer, [c for c in (when, require) if c is not None])
        return Rule(
            id=shape.id,
            effect=shape.effect,
            at=RUNGS[shape.at] if shape.at is not None else LOWEST_JUDGED,
            when=when,
            require=require,
            tier=self.tier(shape.tier, (*pointer, "tier")) if shape.tier is not None else None,
            ceiling=RUNGS[shape.ceiling] if shape.ceiling is not None else None,
            sign_off=shape.sign_off or (shape.else_.sign_off if shape.else_ else None),
            oblige=shape.oblige,
            document=shape,
            span=self.document.span((*pointer, "id")),
        )

    def check_trend(self, condition: Condition, pointer: Pointer, allowed: Trend, signs: str) -> None:
        for path in (ACCESS, TIER):
            if trend(condition.root, path) not in (Trend.FLAT, allowed):
                name = ".".join(path)
                at = next(iter(_uses(condition.root, path)), condition.root).at
                span = self.document.within(pointer, at.start, at.end)
                message = f"`{name}` may only make this rule stricter as it rises"
                self.problems.append(
                    Diagnostic(
                        "RG312",
                        message,
                        span,
                        f"here, compare it with {signs}; what is allowed open must be allowed closed",
                    )
                )

    def check_texts(self, shape: RuleDocument, pointer: Pointer, conditions: list[Condition]) -> None:
        variables = {node.variable for condition in conditions for node in _comprehensions(condition.root)}
        for key in ("because", "fix", "deny"):
            for path in re.findall(r"\{([^{}]*)\}", getattr(shape, key) or ""):
                head = path.split(".")[0]
                if head in variables:
                    continue
                _, _, problems = check_value(path, self.scope)
                if problems:
                    self.problem(
                        "RG313",
                        f"`{{{printable(path)}}}` is not a fact that can be shown",
                        (*pointer, key),
                        did_you_mean(head, [*variables, *self.scope.root.fields]),
                    )

    def check_ids(self) -> None:
        seen: set[str] = set()
        for index, rule in enumerate(self.shape.rules):
            if rule.id in seen:
                self.problem(
                    "RG314", f"two rules have the id `{rule.id}`", ("rules", index, "id"), "give each its own"
                )
            seen.add(rule.id)
        tiers = [tier.id for tier in self.shape.tiers]
        for rank, tier in enumerate(tiers):
            if tier in tiers[:rank]:
                self.problem("RG314", f"two tiers have the id `{tier}`", ("tiers", rank, "id"))


def row_matches(cells: tuple[frozenset[Value] | None, ...], values: tuple[Value, ...]) -> bool:
    """Whether a row of a table accepts a combination of values."""
    return all(cell is None or value in cell for cell, value in zip(cells, values, strict=True))


def _uses(node: Node, path: tuple[str, ...]) -> Iterator[Node]:
    if isinstance(node, nodes.Fact) and node.path == path:
        yield node
    if isinstance(node, nodes.Named):
        if reads(node.body, path):
            yield node
        return
    for child in children(node):
        yield from _uses(child, path)


def _comprehensions(node: Node) -> Iterator[nodes.Comprehension]:
    if isinstance(node, nodes.Comprehension):
        yield node
    for child in children(node):
        yield from _comprehensions(child)


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"\bis\.([a-z_][a-z0-9_]*)", text))


def _type_of(value: Value) -> Type:
    kinds: dict[type, Type] = {bool: Boolean(), Decimal: Number(None), Duration: Length(calendar=True)}
    return kinds.get(type(value), Text())


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
