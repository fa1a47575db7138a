"""Cedar, through cedarpy: policies parsed once, and the facts as the context.

It has no fractions, no regular expressions and no conditions over lists of records. So numbers are scaled to
whole ones, words are compared by wildcards, days are numbers, and what the lists come to is worked out
beforehand, by Python and outside of the timing. A policy whose fact is missing is skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import cedarpy

from benchmarks.race import Entry
from benchmarks.workload import AS_OF, keyed_requests, plain, requests

__all__ = ["forty", "from_bytes", "keyed", "ready_text"]

_CONDITIONS: Final = (
    'context.license == "LicenseRef-proprietary"',
    '["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"].contains(context.license)',
    '!(["US", "DE", "FR", "GB", "JP"].contains(context.developer.jurisdiction))',
    'context.action == "widen" && context.kind == "weights"',
    'context.compute.method == "third_party" && context.compute.training_flop >= 1000000000000000',
    '["pickle", "pt", "bin"].contains(context.format)',
    (
        'context.model.name like "*test*" || context.model.name like "*tmp*"'
        ' || context.model.name like "*draft*"'
    ),
    'context.model.version like "0.*"',
    'context.digest like "sha256:0000*"',
    'context.transparency.website like "http://*"',
    "context.compute.training_flop >= 10000000000000000",
    "context.model.parameters >= 70000000000",
    "context.model.context_length > 1000000",
    "context.metric.toxicity > 2000",
    "context.metric.jailbreak > 3500 && context.metric.refusal < 9000",
    "context.metric.memorization >= 150",
    "context.metric.bias > 3000",
    "context.metric.persuasion + context.metric.deception > 12000",
    "context.compute.energy_kwh + 1000 * context.compute.tco2eq > 5000000",
    "context.developer.annual_revenue_usd >= 500000000 && context.compute.training_flop >= 10000000000000000",
    '["high", "critical"].contains(context.capability.cbrn.level)',
    (
        '["high", "critical"].contains(context.capability.cyber.level)'
        ' && ["cannot_rule_out", "reached"].contains(context.capability.cyber.status)'
    ),
    'context.capability.autonomy.status == "reached"',
    (
        '["moderate", "high"].contains(context.misuse.ncii.likelihood)'
        ' && ["severe", "critical"].contains(context.misuse.ncii.severity)'
    ),
    'context.misuse.fraud.likelihood == "high"',
    'context.misuse.disinformation.severity == "critical"',
    '["absent", "draft"].contains(context.document.model_card.status)',
    (
        '["absent", "draft"].contains(context.document.risk_assessment.status)'
        ' && ["moderate", "high", "critical"].contains(context.capability.cbrn.level)'
    ),
    (
        '["api_restricted", "api_general", "weights_gated_manual", "weights_gated_auto",'
        ' "weights_restricted", "weights_open", "fully_open"].contains(context.current)'
    ),
    "context.as_of - context.document.risk_assessment.date > 365",
    "context.data.cutoff > 739797",
    "context.transparency.release_date < context.as_of",
    "context.own.export_controlled && context.own.dual_use",
    "!context.own.incident_plan",
    "!(context.transparency has contact)",
    (
        'context.model.modalities_out.contains("image")'
        ' && ["low", "moderate", "high"].contains(context.misuse.ncii.likelihood)'
    ),
    "context.derived.weak_safeguard",
    "context.derived.noncommercial_parent",
    "context.derived.personal_user_data",
    "context.derived.independent_passes < 2",
)


def forty(number: int, seed: int) -> Entry:
    """Forty policies, and the facts as dictionaries."""
    return _entry(_CONDITIONS, [_request(_context(each)) for each in requests(number, seed)])


def ready_text(number: int, seed: int) -> Entry:
    """Forty policies, and the facts as JSON text that is ready: its fastest form."""
    return _entry(_CONDITIONS, [_request(json.dumps(_context(each))) for each in requests(number, seed)])


def from_bytes(number: int, seed: int) -> Entry:
    """Forty policies, and the facts taken from the bytes of a request."""
    ask = _ask(_CONDITIONS)
    bodies = [json.dumps(each).encode() for each in requests(number, seed)]
    return Entry(lambda body: ask(_request(_context(json.loads(body)))), bodies, _numbers(len(_CONDITIONS)))


def keyed(rules: int, number: int, seed: int) -> Entry:
    """Keyed policies, and nothing but the key as the facts."""
    conditions = tuple(f'context.family == "family-{n}"' for n in range(rules))
    contexts = ({"family": each["model"]["family"]} for each in keyed_requests(number, rules, seed))
    return _entry(conditions, [_request(each) for each in contexts])


def _entry(conditions: Sequence[str], inputs: Sequence[Any]) -> Entry:
    return Entry(_ask(conditions), inputs, _numbers(len(conditions)))


def _ask(conditions: Sequence[str]) -> Callable[[Any], list[str]]:
    texts = [f"forbid(principal, action, resource) when {{ {each} }};" for each in conditions]
    policies = cedarpy.PolicySet.from_str("\n".join([*texts, "permit(principal, action, resource);"]))
    entities = cedarpy.Entities.from_json_str("[]")

    def ask(request: dict[str, Any]) -> list[str]:
        reasons: list[str] = cedarpy.is_authorized(request, policies, entities).diagnostics.reasons
        return reasons

    return ask


def _numbers(rules: int) -> Callable[[list[str]], list[int]]:
    """The numbers in the names that it gives to policies; the last of them permits."""

    def numbers(reasons: list[str]) -> list[int]:
        return sorted(n for n in (int(each.removeprefix("policy")) for each in reasons) if n < rules)

    return numbers


def _request(context: dict[str, Any] | str) -> dict[str, Any]:
    return {
        "principal": 'Lab::"example"', "action": 'Action::"release"', "resource": 'Model::"m"',
        "context": context,
    }  # fmt: skip


def _context(request: dict[str, Any]) -> dict[str, Any]:
    """The facts that the policies read, without fractions and nulls."""
    facts = plain(request)
    shown, papers = facts["transparency"], facts["document"]
    return {
        **{name: facts[name] for name in ("license", "kind", "format", "digest", "current", "action")},
        **{name: facts[name] for name in ("developer", "model", "capability", "misuse", "own")},
        "compute": _compute(facts["compute"]),
        "metric": {name: round(value * 10_000) for name, value in facts["metric"].items()},
        "document": {name: {**each, "date": each["date"].toordinal()} for name, each in papers.items()},
        "transparency": {
            "website": shown["website"],
            "release_date": shown["release_date"].toordinal(),
            **({"contact": shown["contact"]} if shown["contact"] is not None else {}),
        },
        "data": {"cutoff": facts["data"]["cutoff"].toordinal()},
        "as_of": AS_OF.toordinal(),
        "derived": _derived(facts),
    }


def _compute(found: dict[str, Any]) -> dict[str, Any]:
    named = {name: found[name] for name in ("method", "energy_kwh", "tco2eq")}
    return {**named, "training_flop": int(found["training_flop"] / 1e10)}


def _derived(facts: dict[str, Any]) -> dict[str, Any]:
    noncommercial = {"CC-BY-NC-4.0", "LicenseRef-proprietary"}
    return {
        "weak_safeguard": any(s["removable"] and not s["effective"] for s in facts["safeguards"]),
        "noncommercial_parent": any(p["license"] in noncommercial for p in facts["lineage"]),
        "personal_user_data": any(d["pii"] and d["kind"] == "user_data" for d in facts["sources"]),
        "independent_passes": sum(e["independent"] and e["state"] == "pass" for e in facts["evidence"]),
    }
