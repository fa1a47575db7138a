"""What a policy declares for its conditions to read: parameters, metrics, facts of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from release_gate.diagnostics import did_you_mean, printable
from release_gate.facts.frame import MeasurementRule
from release_gate.facts.schema import extended, schema_of
from release_gate.facts.truth import Duration, Value
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
from release_gate.facts.vocabularies import (
    Vocabulary,
    extensible_vocabularies,
    vocabulary,
    vocabulary_names,
)
from release_gate.policy.documents import OwnFactDocument, PolicyDocument
from release_gate.policy.places import Problems
from release_gate.scalars import number_problem
from release_gate.source import Pointer

__all__ = ["Declarations", "parameter_value"]


class Declarations:
    """The declarations of a policy, checked."""

    def __init__(self, shape: PolicyDocument, problems: Problems) -> None:
        self.shape, self.problems = shape, problems
        self.tiers = Vocabulary("tier", {tier.id: tier.id for tier in shape.tiers}, ordered=True)
        self.own = {name: _own_type(name, declared) for name, declared in shape.facts.own.items()}
        self.parameters = {name: self._parameter(name) for name in shape.parameters}
        self.metrics = {name: self._metric(name) for name in shape.facts.metrics}
        self.vocabularies = {name: self._vocabulary(name) for name in shape.facts.vocabularies}

    def root(self) -> RecordType:
        """Everything that conditions of the policy may read."""
        of_subject = schema_of(self.shape.subject)
        built_in = extended(of_subject, self.vocabularies) if self.vocabularies else of_subject
        fields: dict[str, Type] = dict(cast("RecordType", built_in).fields)
        metrics = {name: Number(rule.low, rule.high) for name, rule in self.metrics.items()}
        fields["metric"] = RecordType(metrics)
        fields["own"] = RecordType(dict(self.own))
        fields["parameter"] = RecordType({name: _type_of(value) for name, value in self.parameters.items()})
        if self.shape.tiers:
            fields["tier"] = Choice(self.tiers)
        return RecordType(fields)

    def _parameter(self, name: str) -> Value:
        pointer: Pointer = ("parameters", name, "value")
        value = parameter_value(self.shape.parameters[name].value)
        if isinstance(value, Decimal) and (reason := number_problem(value)):
            self.problems.add("RG302", f"`{name}` {reason}", pointer)
        elif value is None:
            self.problems.add("RG302", "a parameter is a number, a text, true or false", pointer)
        return value

    def _metric(self, name: str) -> MeasurementRule:
        metric = self.shape.facts.metrics[name]
        pointer: Pointer = ("facts", "metrics", name)
        low, high = None, None
        if metric.range is not None:
            ends = [exact(end) for end in metric.range]
            if len(ends) != 2 or None in ends or ends[0] >= ends[1]:  # type: ignore[operator]
                self.problems.add(
                    "RG303",
                    "a range is the smallest and the largest value",
                    (*pointer, "range"),
                    "write range: [0, 1]",
                )
            else:
                low, high = ends
        age = self._max_age(metric.max_age, (*pointer, "max_age"))
        return MeasurementRule(low, high, age, metric.bound, metric.independent)

    def _vocabulary(self, name: str) -> Vocabulary:
        """A built-in vocabulary with more words."""
        pointer: Pointer = ("facts", "vocabularies", name)
        if name not in extensible_vocabularies():
            message = f"there is no vocabulary `{printable(name)}` that words can be added to"
            if name in vocabulary_names():
                message = f"words cannot be added to the vocabulary `{name}`"
            self.problems.add("RG315", message, pointer, did_you_mean(name, extensible_vocabularies()))
            return Vocabulary(name, {})
        words = self.shape.facts.vocabularies[name]
        for word in sorted(set(words) & set(vocabulary(name).members)):
            message = f"`{word}` is a {name.replace('_', ' ')} already"
            self.problems.add("RG315", message, (*pointer, word), "leave it out")
        return vocabulary(name).extended(words)

    def _max_age(self, text: str | None, pointer: Pointer) -> Duration | None:
        if text is None:
            return None
        value: Value = Duration.parse(text)
        if text.startswith("parameter."):
            value = self.parameters.get(text.removeprefix("parameter."))
        if isinstance(value, Duration):
            return value
        self.problems.add(
            "RG303",
            f"`{printable(text)}` is not a duration",
            pointer,
            "write P180D, or parameter.NAME of such a parameter",
        )
        return None


def parameter_value(raw: object) -> Value:
    """The value of a parameter from what is written, or None if it cannot be one."""
    number = exact(raw)
    if number is not None:
        return number.normalize() + 0 if not number_problem(number) else number
    if isinstance(raw, str):
        return Duration.parse(raw) or raw
    return raw if isinstance(raw, bool) else None


def _own_type(name: str, declared: OwnFactDocument) -> FactType:
    if declared.choices is not None:
        return Choice(Vocabulary(name, {word: word for word in declared.choices}, declared.ordered))
    return {"boolean": Boolean(), "number": Number(None), "text": Text(), "date": Day()}[str(declared.type)]


def _type_of(value: Value) -> Type:
    kinds: dict[type, Type] = {bool: Boolean(), Decimal: Number(None), Duration: Length(calendar=True)}
    return kinds.get(type(value), Text())
