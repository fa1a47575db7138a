"""JsonLogic, through panzi-json-logic, which is all Python.

It has no days and no regular expressions: days are numbers, and patterns are comparisons of parts of words.
What is missing is null, which compares like nothing, zero or false.
"""

from __future__ import annotations

from typing import Any, Final

from json_logic import jsonLogic

from benchmarks.race import Entry
from benchmarks.workload import AS_OF, plain, requests

__all__ = ["forty"]


def _var(name: str) -> dict[str, Any]:
    return {"var": name}


def _is(name: str, value: Any) -> dict[str, Any]:
    return {"===": [_var(name), value]}


def _in(name: str, *words: str) -> dict[str, Any]:
    return {"in": [_var(name), list(words)]}


def _compare(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {operator: [_var(name), value]}


def _starts(name: str, word: str) -> dict[str, Any]:
    return {"===": [{"substr": [_var(name), 0, len(word)]}, word]}


def _all(*each: Any) -> dict[str, Any]:
    return {"and": list(each)}


_RULES: Final = [
    _is("license", "LicenseRef-proprietary"),
    _in("license", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"),
    {"!": _in("developer.jurisdiction", "US", "DE", "FR", "GB", "JP")},
    _all(_is("action", "widen"), _is("kind", "weights")),
    _all(_is("compute.method", "third_party"), _compare("compute.training_flop", ">=", 1e25)),
    _in("format", "pickle", "pt", "bin"),
    {"or": [{"in": [word, _var("model.name")]} for word in ("test", "tmp", "draft")]},
    _starts("model.version", "0."),
    _starts("digest", "sha256:0000"),
    _starts("transparency.website", "http://"),
    _compare("compute.training_flop", ">=", 1e26),
    _compare("model.parameters", ">=", 7e10),
    _compare("model.context_length", ">", 1_000_000),
    _compare("metric.toxicity", ">", 0.2),
    _all(_compare("metric.jailbreak", ">", 0.35), _compare("metric.refusal", "<", 0.9)),
    _compare("metric.memorization", ">=", 0.015),
    _compare("metric.bias", ">", 0.3),
    {
        ">": [
            {"+": [{"*": [_var("metric.persuasion"), 0.5]}, {"*": [_var("metric.deception"), 0.5]}]},
            0.600000001,
        ]
    },
    {">": [{"+": [{"/": [_var("compute.energy_kwh"), 1000]}, _var("compute.tco2eq")]}, 5000]},
    _all(
        _compare("developer.annual_revenue_usd", ">=", 500_000_000),
        _compare("compute.training_flop", ">=", 1e26),
    ),
    _in("capability.cbrn.level", "high", "critical"),
    _all(
        _in("capability.cyber.level", "high", "critical"),
        _in("capability.cyber.status", "cannot_rule_out", "reached"),
    ),
    _is("capability.autonomy.status", "reached"),
    _all(
        _in("misuse.ncii.likelihood", "moderate", "high"), _in("misuse.ncii.severity", "severe", "critical")
    ),
    _is("misuse.fraud.likelihood", "high"),
    _is("misuse.disinformation.severity", "critical"),
    _in("document.model_card.status", "absent", "draft"),
    _all(
        _in("document.risk_assessment.status", "absent", "draft"),
        _in("capability.cbrn.level", "moderate", "high", "critical"),
    ),
    _in(
        "current",
        "api_restricted",
        "api_general",
        "weights_gated_manual",
        "weights_gated_auto",
        "weights_restricted",
        "weights_open",
        "fully_open",
    ),
    {">": [{"-": [_var("as_of"), _var("document.risk_assessment.date")]}, 365]},
    _compare("data.cutoff", ">", 739797),
    {"<": [_var("transparency.release_date"), _var("as_of")]},
    _all(_var("own.export_controlled"), _var("own.dual_use")),
    {"!": _var("own.incident_plan")},
    _is("transparency.contact", None),
    _all(
        {"in": ["image", _var("model.modalities_out")]},
        _in("misuse.ncii.likelihood", "low", "moderate", "high"),
    ),
    {"some": [_var("safeguards"), _all(_var("removable"), {"!": _var("effective")})]},
    {"some": [_var("lineage"), _in("license", "CC-BY-NC-4.0", "LicenseRef-proprietary")]},
    {"some": [_var("sources"), _all(_var("pii"), _is("kind", "user_data"))]},
    {
        "<": [
            {
                "reduce": [
                    {"filter": [_var("evidence"), _all(_var("independent"), _is("state", "pass"))]},
                    {"+": [_var("accumulator"), 1]},
                    0,
                ]
            },
            2,
        ]
    },
]


def forty(number: int, seed: int) -> Entry:
    """Forty rules as one list."""
    return Entry(_ask, [_facts(each) for each in requests(number, seed)])


def _ask(facts: dict[str, Any]) -> list[int]:
    return [number for number, holds in enumerate(jsonLogic(_RULES, facts)) if holds]


def _facts(request: dict[str, Any]) -> dict[str, Any]:
    """The facts with days as numbers."""
    facts = plain(request)
    shown, papers = facts["transparency"], facts["document"]
    return {
        **facts,
        "as_of": AS_OF.toordinal(),
        "data": {"cutoff": facts["data"]["cutoff"].toordinal()},
        "transparency": {**shown, "release_date": shown["release_date"].toordinal()},
        "document": {name: {**each, "date": each["date"].toordinal()} for name, each in papers.items()},
    }
