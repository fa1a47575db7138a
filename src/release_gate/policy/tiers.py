"""The tiers of a policy, and the table that gives the one to start from."""

from __future__ import annotations

from itertools import pairwise, product
from math import prod
from typing import Any, Final

from release_gate.diagnostics import did_you_mean, printable
from release_gate.expression.monotone import reads
from release_gate.expression.nodes import Condition
from release_gate.facts.ladder import RUNGS
from release_gate.facts.truth import Step, Value
from release_gate.facts.types import Boolean, Choice
from release_gate.facts.vocabularies import Vocabulary
from release_gate.policy.conditions import ACCESS, TIER, Conditions
from release_gate.policy.documents import PolicyDocument, TableDocument
from release_gate.policy.model import Table, Tier, row_matches
from release_gate.policy.places import Problems
from release_gate.source import Pointer

__all__ = ["Tiers"]

MAX_COMBINATIONS: Final = 10_000
Column = Choice | Boolean


class Tiers:
    """The tiers of a policy, checked."""

    def __init__(
        self, shape: PolicyDocument, words: Vocabulary, conditions: Conditions, problems: Problems
    ) -> None:
        self.shape, self.words, self.conditions, self.problems = shape, words, conditions, problems
        self.all = self._tiers()
        self.default = self.tier(shape.default_tier, ("default_tier",))
        self.table = self._table(shape.tier_table) if shape.tier_table is not None else None

    def tier(self, word: str | None, pointer: Pointer) -> Step | None:
        """The tier of a name; None if there is none, which is a problem, or if none is named."""
        if word is None:
            return None
        if word in self.words.members:
            value = self.words.value(word)
            return value if isinstance(value, Step) else None
        self.problems.add(
            "RG306", f"`{printable(word)}` is not a tier", pointer, did_you_mean(word, self.words.members)
        )
        return None

    def _tiers(self) -> tuple[Tier, ...]:
        tiers = tuple(
            Tier(Step(rank, tier.id), RUNGS[tier.ceiling], self.problems.places.span(("tiers", rank)))
            for rank, tier in enumerate(self.shape.tiers)
        )
        for lower, higher in pairwise(tiers):
            if higher.ceiling > lower.ceiling:
                self.problems.add(
                    "RG307",
                    f"the ceiling of `{higher.step}` is above that of `{lower.step}`, a lesser risk",
                    ("tiers", higher.step.rank, "ceiling"),
                    "tiers go from least to most risky",
                )
        if tiers and self.shape.default_tier is None and self.shape.tier_table is None:
            self.problems.add(
                "RG307", "tiers need a `default_tier` or a `tier_table` to start from", ("tiers",)
            )
        if self.shape.default_tier is not None and self.shape.tier_table is not None:
            help_ = "remove it; where no row fits, the tier is `otherwise` of the table"
            self.problems.add(
                "RG307", "beside a `tier_table`, `default_tier` means nothing", ("default_tier",), help_
            )
        return tiers

    def _table(self, shape: TableDocument) -> Table | None:
        columns, kinds = [], []
        for index, text in enumerate(shape.columns):
            column = self._column(text, ("tier_table", "columns", index))
            if column is None:
                return None
            columns.append(column[0])
            kinds.append(column[1])
        rows = [self._row(index, cells, kinds) for index, cells in enumerate(shape.rows)]
        table = Table(
            columns=tuple(columns),
            domains=tuple(
                kind.vocabulary.values if isinstance(kind, Choice) else (False, True) for kind in kinds
            ),
            rows=tuple(row for row in rows if row is not None),
            hit=shape.hit,
            otherwise=self.tier(shape.otherwise, ("tier_table", "otherwise")),
        )
        self._check(table)
        return table

    def _column(self, text: str, pointer: Pointer) -> tuple[Condition, Column] | None:
        node, kind = self.conditions.value(text, pointer)
        if node is None:
            return None
        if not isinstance(kind, Choice | Boolean):
            self.problems.add(
                "RG308",
                "a column has a fixed set of values",
                pointer,
                "use a fact with choices, or a condition",
            )
            return None
        if reads(node, ACCESS) or reads(node, TIER):
            self.problems.add("RG305", "a table cannot read `artifact.access` or `tier`", pointer)
        return Condition(text, node), kind

    def _row(self, index: int, cells: tuple[Any, ...], kinds: list[Column]) -> Any:
        pointer: Pointer = ("tier_table", "rows", index)
        if len(cells) != len(kinds) + 1:
            message = f"a row has {len(kinds) + 1} cells: one for each column, and the tier"
            self.problems.add("RG308", message, pointer)
            return None
        accepted = tuple(
            self._cell(cell, kind, (*pointer, place))
            for place, (cell, kind) in enumerate(zip(cells, kinds, strict=False))
        )
        tier = self.tier(str(cells[-1]), (*pointer, len(kinds)))
        return (accepted, tier) if tier is not None else None

    def _cell(self, cell: Any, kind: Column, pointer: Pointer) -> frozenset[Value] | None:
        if cell == "any":
            return None
        found: set[Value] = set()
        for word in cell if isinstance(cell, list | tuple) else [cell]:
            if isinstance(kind, Boolean) and isinstance(word, bool):
                found.add(word)
            elif isinstance(kind, Choice) and isinstance(word, str) and word in kind.vocabulary.members:
                found.add(kind.vocabulary.value(word))
            else:
                known = kind.vocabulary.members if isinstance(kind, Choice) else ("true", "false")
                self.problems.add(
                    "RG308",
                    f"`{printable(str(word))}` is not a value of this column",
                    pointer,
                    did_you_mean(str(word), [*known, "any"]),
                )
        return frozenset(found)

    def _check(self, table: Table) -> None:
        """Every combination has one tier."""
        if prod(len(domain) for domain in table.domains) > MAX_COMBINATIONS:
            message = f"the table has more than {MAX_COMBINATIONS:,} combinations"
            self.problems.add("RG308", message, ("tier_table",), "use fewer columns")
            return
        for values in product(*table.domains):
            hits = [tier for cells, tier in table.rows if row_matches(cells, values)]
            shown = ", ".join(
                f"{column.text} {_shown(value)}" for column, value in zip(table.columns, values, strict=True)
            )
            if not hits and table.otherwise is None:
                message, help_ = f"no row of the table covers: {shown}", "add a row, or `otherwise`"
            elif table.hit == "unique" and len(set(hits)) > 1:
                message = f"rows of the table conflict for: {shown}"
                help_ = "make them agree, or say hit: strictest"
            else:
                continue
            self.problems.add("RG309", message, ("tier_table",), help_)
            return


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
