"""An explanation of a policy: sentences and a table, before anything is decided about how they look.

Text is plain, but that what stands between backticks is a name or a condition as the policy has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from release_gate.authoring.explain.conditions import InWords, code
from release_gate.authoring.explain.matrix import Cell, matrix
from release_gate.authoring.explain.words import Words
from release_gate.decision import in_words
from release_gate.diagnostics import printable
from release_gate.facts.frame import MeasurementRule
from release_gate.facts.ladder import BOUNDARY, LOWEST_JUDGED
from release_gate.facts.truth import Duration
from release_gate.policy.documents import Due, Oblige, SignOffAsked
from release_gate.policy.model import Policy, Rule

__all__ = ["Explanation", "RuleInWords", "Source", "TableRow", "explanation"]


@dataclass(frozen=True)
class Source:
    """The document that a rule rests on.

    Attributes:
        text: Its title, publisher, version, date and the section, in one line.
        url: Where it is found, if the policy says so.
        confidence: How sure one can be of the rule, in words.
    """

    text: str
    url: str | None
    confidence: str | None


@dataclass(frozen=True)
class RuleInWords:
    """A rule.

    Attributes:
        id: Its name.
        sentence: What it says.
        written: Its conditions as the policy writes them, each with its key.
        why: Why the rule exists.
        fix: What to do about it.
        remarks: Dates, duties and waivers: what else holds of it.
        source: What it rests on.
    """

    id: str
    sentence: str
    written: tuple[tuple[str, str], ...]
    why: str | None
    fix: str | None
    remarks: tuple[str, ...]
    source: Source | None


@dataclass(frozen=True)
class TableRow:
    """A row of the table of what is asked where: the level, and for each tier what it asks first here."""

    level: str
    for_good: bool
    cells: tuple[tuple[str, ...], ...]
    open: tuple[bool, ...]


@dataclass(frozen=True)
class Explanation:
    """A policy in words.

    Attributes:
        words: The words of the page around it.
        title: Its title.
        lead: Its name, its dates, and what it applies to.
        columns: The tiers that the table has columns for.
        table: The rows, from the most closed level to the most open one.
        tiers: What holds of each tier.
        named: For each heading, names with what they mean: definitions, parameters, measurements.
        rules: The rules.
    """

    words: Words
    title: str
    lead: tuple[str, ...]
    columns: tuple[str, ...]
    table: tuple[TableRow, ...]
    tiers: tuple[str, ...]
    named: Mapping[str, Sequence[tuple[str, str]]]
    rules: tuple[RuleInWords, ...]


def explanation(policy: Policy, words: Words) -> Explanation:
    """A policy in the words of a language."""
    return _Explainer(policy, words).all()


class _Explainer:
    def __init__(self, policy: Policy, words: Words) -> None:
        self.policy, self.words = policy, words
        self.say = InWords(words, policy)

    def all(self) -> Explanation:
        policy, words = self.policy, self.words
        named = {
            words("definitions"): [
                (code(f"is.{name}"), self.say.condition(each.root))
                for name, each in sorted(policy.definitions.items())
            ],
            words("parameters"): [
                (code(f"parameter.{name}"), self.say.literal(value))
                for name, value in sorted(policy.parameters.items())
            ],
            words("metrics"): [
                (code(f"metric.{name}"), " ".join(self.measurement(rule)))
                for name, rule in sorted(policy.metrics.items())
            ],
        }
        return Explanation(
            words=words,
            title=_flat(policy.document.title),
            lead=tuple(self.lead()),
            columns=tuple(tier.step.name for tier in policy.tiers) or (words("everybody"),),
            table=tuple(
                TableRow(
                    row.rung.name,
                    row.rung == BOUNDARY,
                    tuple(self.cells(row.cells)),
                    tuple(cell.allowed for cell in row.cells),
                )
                for row in matrix(policy)
            ),
            tiers=tuple(self.tiers()),
            named={heading: pairs for heading, pairs in named.items() if pairs},
            rules=tuple(self.rule(rule) for rule in policy.rules),
        )

    def lead(self) -> Iterator[str]:
        policy, words = self.policy, self.words
        status = words(
            "status", policy=code(policy.id), version=policy.version, status=policy.document.status
        )
        yield status
        yield from self.dates(policy.in_force.from_, policy.in_force.until)
        yield words("covers" if policy.document.covers else "adds")
        if policy.scope is not None:
            yield words("scope", condition=self.say.condition(policy.scope.root))
        yield words("disclaimer")

    def dates(self, start: object, end: object) -> Iterator[str]:
        if start and end:
            yield self.words("in_force_between", start=start, end=end)
        elif start or end:
            yield self.words("in_force_from" if start else "in_force_until", start=start, end=end)

    def tiers(self) -> Iterator[str]:
        for tier in self.policy.tiers:
            yield self.words("tier_ceiling", tier=tier.step.name, ceiling=tier.ceiling.name)
        if self.policy.table is not None:
            columns = [self.say.value(column.root, {}) for column in self.policy.table.columns]
            yield self.words("tier_table", columns=self.words.joined(columns, "and"))
        elif self.policy.tiers:
            start = self.policy.default_tier or self.policy.tiers[0].step
            yield self.words("tier_starts", tier=start.name)

    def measurement(self, rule: MeasurementRule) -> Iterator[str]:
        words = self.words
        if rule.low is not None and rule.high is not None:
            yield words("metric_range", low=in_words(rule.low), high=in_words(rule.high))
        if rule.max_age is not None:
            yield words("metric_age", length=self.say.length(rule.max_age))
        if rule.bound:
            yield words("metric_bound")
        if rule.independent:
            yield words("metric_independent")
        if rule == MeasurementRule():
            yield words("metric_any")

    # -- the table

    def cells(self, cells: Sequence[Cell]) -> Iterator[tuple[str, ...]]:
        """The cells of a row; what would only be said again is said to be the same."""
        for number, cell in enumerate(cells):
            if not cell.allowed:
                yield (self.words("not_allowed"),)
            elif number and cell.rules and cell == cells[number - 1]:
                yield (self.words("same"),)
            else:
                yield tuple(self.asked(rule, certain=certain) for rule, certain in cell.rules)

    def asked(self, rule: Rule, *, certain: bool) -> str:
        """What a rule asks, in few words."""
        words, name = self.words, code(rule.id)
        if rule.require is not None:
            if rule.sign_off is None:
                return words("must_hold", rule=name)
            return words("must_hold_or", rule=name, signed=self.who_signs(rule.sign_off))
        if rule.sign_off is not None:
            said = "signs_for" if certain else "signs_perhaps"
            return words(said, signed=self.who_signs(rule.sign_off), rule=name)
        if rule.oblige is not None:
            said = "duty_for" if rule.oblige.owner else "duty_of_nobody"
            return words(said, owner=rule.oblige.owner, duty=_prose(rule.oblige.duty), rule=name)
        return words("denied_always" if certain else "denied_perhaps", rule=name)

    # -- the rules

    def rule(self, rule: Rule) -> RuleInWords:
        document = rule.document
        conditions = (("when", rule.when), ("require", rule.require))
        return RuleInWords(
            id=rule.id,
            sentence=self.sentence(rule),
            written=tuple((key, _flat(each.text)) for key, each in conditions if each is not None),
            why=_prose(document.because) if document.because else None,
            fix=_prose(document.fix) if document.fix else None,
            remarks=tuple(self.remarks(rule)),
            source=self.source(rule),
        )

    def sentence(self, rule: Rule) -> str:
        """What a rule says: for what, from where, under which condition, with which effect."""
        words, document = self.words, rule.document
        said = ""
        if document.applies_to:
            said += words("for_kinds", kinds=", ".join(document.applies_to))
        if rule.at != LOWEST_JUDGED:
            said += words("from_level", level=rule.at.name)
        if rule.when is not None:
            said += words("where_holds", condition=self.say.condition(rule.when.root))
        said += self.effect(rule)
        return f"{said[:1].upper()}{said[1:]}".rstrip(".") + "."

    def effect(self, rule: Rule) -> str:
        words = self.words
        if rule.tier is not None:
            return words("effect_tier", tier=rule.tier.name)
        if rule.ceiling is not None:
            return words("effect_ceiling", ceiling=rule.ceiling.name)
        if rule.require is not None:
            condition = self.say.condition(rule.require.root)
            if rule.sign_off is None:
                return words("effect_require", condition=condition)
            return words("effect_require_or", condition=condition, signed=self.signed(rule.sign_off))
        if rule.sign_off is not None:
            return words("effect_sign", signed=self.signed(rule.sign_off))
        if rule.oblige is not None:
            return self.duty(rule.oblige)
        return words("effect_deny", reason=_prose(rule.document.deny or ""))

    def duty(self, oblige: Oblige) -> str:
        name = "effect_oblige" if oblige.owner else "effect_oblige_nobody"
        return self.words(name, owner=oblige.owner, duty=_prose(oblige.duty))

    def who_signs(self, asked: SignOffAsked) -> str:
        if asked.all:
            return self.words("signs_all", roles=self.words.joined(asked.all, "and"))
        return self.words(
            "signs_one" if asked.count == 1 else "signs_many", role=asked.role, count=asked.count
        )

    def signed(self, asked: SignOffAsked) -> str:
        """Who signs, and whose sign-off does not count."""
        words, said = self.words, self.who_signs(asked)
        if asked.not_:
            except_ = words.joined([words(f"not_the_{who}") for who in asked.not_], "and")
            said = words("signs_except", **{"signed": said, "except": except_})
        if asked.after_recommendation:
            said = words("after_recommendation", signed=said, role=asked.after_recommendation)
        if asked.reversible_by:
            said = words("reversible_by", signed=said, role=asked.reversible_by)
        return said

    def remarks(self, rule: Rule) -> Iterator[str]:
        words, document = self.words, rule.document
        if document.in_force is not None:
            yield from self.dates(document.in_force.from_, document.in_force.until)
        if rule.oblige is not None and rule.oblige.due is not None:
            yield words("due", due=self.due(rule.oblige.due))
        if rule.oblige is not None and rule.oblige.retain is not None:
            yield words("kept", length=self.say.length(rule.oblige.retain))
        if document.waivable is not None:
            name = "waivable" if document.waivable.for_ is None else "waivable_for"
            longest = self.say.length(document.waivable.for_ or Duration(0, 0))
            yield words(name, role=document.waivable.by, length=longest)

    def due(self, due: Due) -> str:
        words = self.words
        if due.every is not None:
            name = "due_every_until" if due.until else "due_every"
            return words(name, length=self.say.length(due.every), event=due.until)
        if due.within is not None:
            name = "due_within_of" if due.of else "due_within"
            return words(name, length=self.say.length(due.within), event=due.of)
        if due.by is not None:
            return words("due_by", day=due.by)
        return words("due_with" if due.with_ else "due_before")

    def source(self, rule: Rule) -> Source | None:
        cite = rule.document.cite
        if cite is None:
            return None
        source = self.policy.document.sources[cite.source]
        said = [source.title, source.publisher, source.version, source.date, cite.section]
        confidence = cite.confidence or source.confidence
        return Source(
            ", ".join(_flat(str(part)) for part in said if part),
            source.url,
            self.words(f"confidence_{confidence}") if confidence else None,
        )


def _flat(text: str) -> str:
    """Text in one line, without what would hide or break something."""
    return printable(" ".join(text.split()))


def _prose(text: str) -> str:
    """What a policy says itself. Facts that it shows, and what stands in its backticks, are names."""
    shown = re.sub(r"\{([^{}`]*)\}", r"`\1`", _flat(text))
    return shown if shown.count("`") % 2 == 0 else shown.replace("`", chr(0x2019))
