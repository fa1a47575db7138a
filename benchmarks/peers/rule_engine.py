"""The package rule-engine, whose language ours comes from, on typed and on untyped facts.

It is an interpreter. It has no ordered words, so those are lists of words; and what is missing is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any, Final

import rule_engine
from rule_engine import DataType

from benchmarks.race import Entry
from benchmarks.workload import AS_OF, CONDITIONS, keyed_conditions, keyed_requests, plain, requests

__all__ = ["keyed", "typed", "untyped"]

_DIFFERENT: Final = {
    0: 'license == "LicenseRef-proprietary"',
    1: 'license in ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"]',
    3: 'action == "widen" and kind == "weights"',
    5: 'format =~~ "^(pickle|pt|bin)$"',
    8: 'digest =~ "sha256:0000"',
    20: 'capability.cbrn.level in ["high", "critical"]',
    21: 'capability.cyber.level in ["high", "critical"]'
    ' and capability.cyber.status in ["cannot_rule_out", "reached"]',
    23: 'misuse.ncii.likelihood in ["moderate", "high"] and misuse.ncii.severity in ["severe", "critical"]',
    24: 'misuse.fraud.likelihood == "high"',
    25: 'misuse.disinformation.severity == "critical"',
    26: 'document.model_card.status in ["absent", "draft"]',
    27: 'document.risk_assessment.status in ["absent", "draft"]'
    ' and capability.cbrn.level in ["moderate", "high", "critical"]',
    28: 'current in ["api_restricted", "api_general", "weights_gated_manual", "weights_gated_auto",'
    ' "weights_restricted", "weights_open", "fully_open"]',
    35: '"image" in model.modalities_out and misuse.ncii.likelihood in ["low", "moderate", "high"]',
    37: '$any([p.license in ["CC-BY-NC-4.0", "LicenseRef-proprietary"] for p in lineage])',
    38: '$any([d.pii and d.kind == "user_data" for d in sources])',
    39: '[e for e in evidence if e.independent and e.state == "pass"].length < 2',
}
_RULES: Final = tuple(_DIFFERENT.get(number, text) for number, text in enumerate(CONDITIONS))
# What the rules read: the types are those of a request that has something everywhere.
_READ: Final = (
    "license", "kind", "format", "digest", "current", "action", "developer", "model", "compute", "metric",
    "capability", "misuse", "document", "data", "transparency", "own", "safeguards", "lineage", "sources",
    "evidence", "as_of",
)  # fmt: skip


def typed(number: int, seed: int) -> Entry:
    """Forty rules over objects whose attributes have declared types: its fastest form."""
    facts = [_facts(each) for each in requests(number, seed)]
    full = next(each for each in facts if each["lineage"] and each["transparency"]["contact"])
    types = {name: _type(name, value) for name, value in full.items()}
    context = rule_engine.Context(
        type_resolver=types, resolver=rule_engine.resolve_attribute, default_timezone="utc"
    )
    return _entry(_RULES, context, [_object(each) for each in facts])


def untyped(number: int, seed: int) -> Entry:
    """Forty rules over nested dictionaries, as its documentation begins."""
    return _entry(_RULES, _untyped(), [_facts(each) for each in requests(number, seed)])


def keyed(rules: int, number: int, seed: int) -> Entry:
    """Keyed rules over objects."""
    model = DataType.OBJECT("model", {"family": DataType.STRING})
    context = rule_engine.Context(type_resolver={"model": model}, resolver=rule_engine.resolve_attribute)
    return _entry(
        keyed_conditions(rules), context, [_object(each) for each in keyed_requests(number, rules, seed)]
    )


def _entry(texts: Sequence[str], context: rule_engine.Context, inputs: Sequence[Any]) -> Entry:
    rules = [rule_engine.Rule(text, context=context).matches for text in texts]
    return Entry(_ask(rules), inputs)


def _ask(rules: Sequence[Callable[[Any], bool]]) -> Callable[[Any], list[int]]:
    def ask(facts: Any) -> list[int]:
        return [number for number, matches in enumerate(rules) if matches(facts)]

    return ask


def _untyped() -> rule_engine.Context:
    # Said once for every context: names of mappings will have to be written as keys one day.
    warnings.simplefilter("ignore", rule_engine.errors.MappingAttributeLookupDeprecation)
    return rule_engine.Context(default_timezone="utc")


def _facts(request: dict[str, Any]) -> dict[str, Any]:
    facts = {**plain(request), "as_of": AS_OF}
    made: dict[str, Any] = _with_times({name: facts[name] for name in _READ})
    return made


def _with_times(value: Any) -> Any:
    """Days as the only thing that it knows: moments."""
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, dict):
        return {name: _with_times(each) for name, each in value.items()}
    return [_with_times(each) for each in value] if isinstance(value, list) else value


def _object(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: _object(each) for name, each in value.items()})
    return [_object(each) for each in value] if isinstance(value, list) else value


def _type(name: str, value: Any) -> Any:
    match value:
        case bool():
            return DataType.BOOLEAN
        case str():
            return DataType.NULLABLE(DataType.STRING) if name == "contact" else DataType.STRING
        case int() | float():
            return DataType.FLOAT
        case datetime():
            return DataType.DATETIME
        case list():
            return DataType.ARRAY(_type(name, value[0]))
        case _:
            return DataType.OBJECT(name, {key: _type(key, each) for key, each in value.items()})
