"""The question that everybody answers: forty rules over the facts of a release, complete or with gaps.

The rules are written once as conditions of ours, and once by hand as a Python programmer would write them
over the plain request. All peers must name the same rules, which is checked before anything is timed.
"""

from __future__ import annotations

import random
import re
from datetime import date
from typing import Any, Final

__all__ = [
    "AS_OF",
    "CONDITIONS",
    "GAPS",
    "by_hand",
    "keyed_conditions",
    "keyed_requests",
    "plain",
    "policy_document",
    "requests",
]

AS_OF: Final = date(2026, 11, 24)

CONDITIONS: Final = (
    # texts and vocabularies
    'artifact.license == "LicenseRef-proprietary"',
    'artifact.license in ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"]',
    'developer.jurisdiction not in ["US", "DE", "FR", "GB", "JP"]',
    'request.action == "widen" and artifact.kind == "weights"',
    'compute.method == "third_party" and compute.training_flop >= 1e25',
    'artifact.format =~~ "^(pickle|pt|bin)$"',
    'model.name =~~ "(?:test|tmp|draft)"',
    'model.version =~ "0\\\\."',
    'artifact.digest =~ "sha256:0000"',
    'transparency.website =~~ "^http://"',
    # numbers
    "compute.training_flop >= 1e26",
    "model.parameters >= 7e10",
    "model.context_length > 1000000",
    "metric.toxicity > 0.2",
    "metric.jailbreak > 0.35 and metric.refusal < 0.9",
    "metric.memorization >= 0.015",
    "metric.bias > 0.3",
    "metric.persuasion * 0.5 + metric.deception * 0.5 > 0.6",
    "compute.energy_kwh / 1000 + compute.tco2eq > 5000",
    "developer.annual_revenue_usd >= 500000000 and compute.training_flop >= 1e26",
    # ordered vocabularies
    'capability.cbrn.level >= "high"',
    'capability.cyber.level >= "high" and capability.cyber.status >= "cannot_rule_out"',
    'capability.autonomy.status == "reached"',
    'misuse.ncii.likelihood >= "moderate" and misuse.ncii.severity >= "severe"',
    'misuse.fraud.likelihood >= "high"',
    'misuse.disinformation.severity >= "critical"',
    'document.model_card.status < "ready"',
    'document.risk_assessment.status < "ready" and capability.cbrn.level >= "moderate"',
    'artifact.current > "hosted"',
    # dates
    'as_of - document.risk_assessment.date > t"P365D"',
    'data.cutoff > d"2026-06-30"',
    "transparency.release_date < as_of",
    # truths and nothing
    "own.export_controlled and own.dual_use",
    "not own.incident_plan",
    "transparency.contact == null",
    # lists
    '"image" in model.modalities_out and misuse.ncii.likelihood >= "low"',
    "$any([s.removable and not s.effective for s in safeguards])",
    "$any([not p.terms.commercial_use for p in lineage])",
    '$any([d.pii and d.kind == "user_data" for d in data.sources])',
    '$count([e for e in evidence if e.independent and e.state == "pass"]) < 2',
)
"""Forty conditions; each denies."""


def policy_document(conditions: tuple[str, ...] = CONDITIONS) -> dict[str, Any]:
    """The rules as a policy of ours."""
    scores = ("toxicity", "jailbreak", "refusal", "memorization", "bias", "persuasion", "deception")
    return {
        "release_gate": "policy/v1",
        "id": "workload",
        "version": "1.0.0",
        "title": "Forty rules",
        "covers": True,
        "facts": {
            "metrics": {name: {"range": [0, 1]} for name in scores},
            "own": {name: {"type": "boolean"} for name in ("export_controlled", "dual_use", "incident_plan")},
        },
        "rules": [
            {"id": f"r{number}", "when": condition, "deny": f"Rule {number} forbids it."}
            for number, condition in enumerate(conditions)
        ],
    }


GAPS: Final = (
    "model.parameters",
    "model.name",
    "compute.training_flop",
    "compute.energy_kwh",
    "developer.jurisdiction",
    "capability.cbrn",
    "capability.cyber",
    "misuse.ncii",
    "misuse.fraud",
    "document.model_card",
    "document.risk_assessment",
    "data.cutoff",
    "transparency.contact",
    "metric.toxicity",
    "metric.jailbreak",
    "metric.persuasion",
    "own.dual_use",
    "lineage",
    "safeguards",
)
"""What may be missing from a request with gaps."""


def requests(number: int, seed: int, *, gaps: bool = False) -> list[dict[str, Any]]:
    """Requests as JSON has them: complete, or each without one to six of its facts."""
    rng = random.Random(seed)
    made = [_request(rng, index) for index in range(number)]
    if gaps:
        for request in made:
            for path in rng.sample(GAPS, rng.randint(1, 6)):
                *way, last = path.split(".")
                place = request
                for step in way:
                    place = place[step]
                del place[last]
    return made


def _request(rng: random.Random, index: int) -> dict[str, Any]:
    def score() -> float:
        return round(rng.random() ** 4 * 0.5, 3)

    def level(*words: str) -> str:
        """Mostly the first."""
        return rng.choices(words, weights=[3 * len(words), *range(len(words) - 1, 0, -1)])[0]

    def metric(value: float) -> dict[str, Any]:
        return {"value": value, "measured": "2026-10-01", "behind": [], "n": 1000}

    def truth(share: float = 0.1) -> bool:
        return rng.random() < share

    levels = ("low", "none", "moderate", "high", "critical")
    likelihoods = ("negligible", "low", "moderate", "high")
    severities = ("negligible", "low", "moderate", "severe", "critical")
    licenses = (
        "Apache-2.0",
        "MIT",
        "CC-BY-4.0",
        "LicenseRef-hf-llama3",
        "CC-BY-NC-4.0",
        "LicenseRef-proprietary",
    )
    return {
        "release_gate": "request/v1",
        "id": f"model-{index}",
        "action": level("release", "widen"),
        "requester": {"id": "ada", "organisation": "Example Lab"},
        "developer": {
            "name": "Example Lab",
            "jurisdiction": level("US", "DE", "FR", "GB", "CN"),
            "annual_revenue_usd": rng.randint(1, 900) * 1_000_000,
        },
        "model": {
            "name": f"model-{index}",
            "version": level("1.0", "2.1", "0.9"),
            "family": "example",
            "architecture": "transformer",
            "modalities_in": ["text"],
            "modalities_out": ["text", "image"] if truth(0.2) else ["text"],
            "languages": ["en"],
            "parameters": rng.randint(1, 72) * 10**9,
            "context_length": int(level("131072", "8192", "2097152")),
        },
        "compute": {
            "training_flop": float(level("4e23", "1e22", "2e24", "3e25", "2e26")),
            "modification_flop": 1e21,
            "method": level("6ND", "hardware", "third_party"),
            "gpu_hours": rng.randint(1000, 900000),
            "energy_kwh": rng.randint(1000, 900000),
            "tco2eq": rng.randint(1, 500),
        },
        "artifacts": [
            {
                "id": "weights",
                "kind": "weights",
                "wanted": "weights_open",
                "current": level("internal", "hosted", "api_general"),
                "license": level(*licenses),
                "format": level("safetensors", "gguf", "pt"),
                "digest": "sha256:" + f"{rng.getrandbits(256):064x}",
            }
        ],
        "lineage": [
            {
                "parent": f"base-{n}",
                "relation": "finetune",
                "license": level(*licenses[:5]),
                "access": "weights_open",
            }
            for n in range(rng.randrange(3))
        ],
        "data": {
            "sources": [
                {
                    "name": f"d{n}",
                    "kind": level("web_crawl", "books", "user_data"),
                    "pii": truth(),
                    "share": 0.5,
                }
                for n in range(2)
            ],
            "cutoff": level("2025-12-31", "2026-03-31", "2026-08-31"),
        },
        "capability": {
            name: {"level": level(*levels), "status": level("not_reached", "cannot_rule_out", "reached")}
            for name in ("cbrn", "cyber", "autonomy")
        },
        "misuse": {
            name: {"likelihood": level(*likelihoods), "severity": level(*severities)}
            for name in ("ncii", "fraud", "disinformation")
        },
        "metric": {
            "toxicity": metric(score()),
            "jailbreak": metric(score()),
            "refusal": metric(round(0.8 + rng.random() / 5, 3)),
            "memorization": metric(round(score() / 20, 4)),
            "bias": metric(score()),
            "persuasion": metric(round(score() * 2, 2)),
            "deception": metric(round(score() * 2, 2)),
        },
        "own": {"export_controlled": truth(), "dual_use": truth(0.3), "incident_plan": truth(0.95)},
        "document": {
            "model_card": {"status": level("ready", "published", "draft"), "date": "2026-10-01"},
            "risk_assessment": {
                "status": level("ready", "draft"),
                "date": level("2026-09-01", "2025-06-01"),
            },
        },
        "evidence": {
            "items": [
                {
                    "id": f"e{n}",
                    "kind": "red_team",
                    "independent": truth(0.9),
                    "state": level("pass", "fail"),
                }
                for n in range(4)
            ],
            "complete": True,
        },
        "components": [],
        "safeguards": [
            {"id": f"s{n}", "kind": "classifier", "removable": truth(0.2), "effective": truth(0.9)}
            for n in range(3)
        ],
        "transparency": {
            "website": "https://example.org",
            "contact": None if truth(0.05) else "safety@example.org",
            "release_date": level("2026-12-01", "2026-12-15", "2026-11-01"),
        },
        "releases": [],
        "incidents": [],
        "obligations": [],
    }


# -- by hand

_LEVEL: Final = {word: rank for rank, word in enumerate(("none", "low", "moderate", "high", "critical"))}
_STATUS: Final = {"not_reached": 0, "cannot_rule_out": 1, "reached": 2}
_LIKELY: Final = {"negligible": 0, "low": 1, "moderate": 2, "high": 3}
_SEVERE: Final = {"negligible": 0, "low": 1, "moderate": 2, "severe": 3, "critical": 4}
_PAPER: Final = {"absent": 0, "draft": 1, "ready": 2, "published": 3}
_OPEN: Final = frozenset(
    {
        "hosted",
        "api_restricted",
        "api_general",
        "weights_gated_manual",
        "weights_gated_auto",
        "weights_restricted",
        "weights_open",
        "fully_open",
    }
)
_NONCOMMERCIAL: Final = frozenset(("CC-BY-NC-4.0", "LicenseRef-proprietary"))
_FORMAT: Final = re.compile("^(pickle|pt|bin)$")
_DRAFT: Final = re.compile("(?:test|tmp|draft)")


def plain(request: dict[str, Any]) -> dict[str, Any]:
    """A request as a programmer would hold it: days are dates, and a measurement is its number."""
    made: dict[str, Any] = {**request, **request["artifacts"][0]}
    made["metric"] = {name: found["value"] for name, found in request["metric"].items()}
    made["data"] = {**request["data"], "cutoff": date.fromisoformat(request["data"]["cutoff"])}
    papers = request["document"]
    made["document"] = {
        name: {**found, "date": date.fromisoformat(found["date"])} for name, found in papers.items()
    }
    shown = request["transparency"]
    made["transparency"] = {**shown, "release_date": date.fromisoformat(shown["release_date"])}
    made["evidence"] = request["evidence"]["items"]
    made["sources"] = request["data"]["sources"]
    return made


def by_hand(r: dict[str, Any]) -> list[int]:  # noqa: C901, PLR0912, PLR0915 - what forty rules look like
    """The numbers of the rules that deny a complete request, as a programmer would find them."""
    hits = []
    developer, model, compute, metric = r["developer"], r["model"], r["compute"], r["metric"]
    capability, misuse, document, shown = r["capability"], r["misuse"], r["document"], r["transparency"]
    cbrn, cyber, ncii, own = capability["cbrn"], capability["cyber"], misuse["ncii"], r["own"]
    license_, flop = r["license"], compute["training_flop"]
    if license_ == "LicenseRef-proprietary":
        hits.append(0)
    if license_ in {"CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"}:
        hits.append(1)
    if developer["jurisdiction"] not in {"US", "DE", "FR", "GB", "JP"}:
        hits.append(2)
    if r["action"] == "widen" and r["kind"] == "weights":
        hits.append(3)
    if compute["method"] == "third_party" and flop >= 1e25:
        hits.append(4)
    if _FORMAT.search(r["format"]):
        hits.append(5)
    if _DRAFT.search(model["name"]):
        hits.append(6)
    if model["version"].startswith("0."):
        hits.append(7)
    if r["digest"].startswith("sha256:0000"):
        hits.append(8)
    if shown["website"].startswith("http://"):
        hits.append(9)
    if flop >= 1e26:
        hits.append(10)
    if model["parameters"] >= 7e10:
        hits.append(11)
    if model["context_length"] > 1000000:
        hits.append(12)
    if metric["toxicity"] > 0.2:
        hits.append(13)
    if metric["jailbreak"] > 0.35 and metric["refusal"] < 0.9:
        hits.append(14)
    if metric["memorization"] >= 0.015:
        hits.append(15)
    if metric["bias"] > 0.3:
        hits.append(16)
    if metric["persuasion"] * 0.5 + metric["deception"] * 0.5 > 0.6 + 1e-9:  # floats are not exact
        hits.append(17)
    if compute["energy_kwh"] / 1000 + compute["tco2eq"] > 5000:
        hits.append(18)
    if developer["annual_revenue_usd"] >= 500000000 and flop >= 1e26:
        hits.append(19)
    if _LEVEL[cbrn["level"]] >= 3:
        hits.append(20)
    if _LEVEL[cyber["level"]] >= 3 and _STATUS[cyber["status"]] >= 1:
        hits.append(21)
    if capability["autonomy"]["status"] == "reached":
        hits.append(22)
    if _LIKELY[ncii["likelihood"]] >= 2 and _SEVERE[ncii["severity"]] >= 3:
        hits.append(23)
    if _LIKELY[misuse["fraud"]["likelihood"]] >= 3:
        hits.append(24)
    if _SEVERE[misuse["disinformation"]["severity"]] >= 4:
        hits.append(25)
    if _PAPER[document["model_card"]["status"]] < 2:
        hits.append(26)
    if _PAPER[document["risk_assessment"]["status"]] < 2 and _LEVEL[cbrn["level"]] >= 2:
        hits.append(27)
    if r["current"] in _OPEN and r["current"] != "hosted":
        hits.append(28)
    if (AS_OF - document["risk_assessment"]["date"]).days > 365:
        hits.append(29)
    if r["data"]["cutoff"] > _CUTOFF:
        hits.append(30)
    if shown["release_date"] < AS_OF:
        hits.append(31)
    if own["export_controlled"] and own["dual_use"]:
        hits.append(32)
    if not own["incident_plan"]:
        hits.append(33)
    if shown["contact"] is None:
        hits.append(34)
    if "image" in model["modalities_out"] and _LIKELY[ncii["likelihood"]] >= 1:
        hits.append(35)
    if any(s["removable"] and not s["effective"] for s in r["safeguards"]):
        hits.append(36)
    if any(p["license"] in _NONCOMMERCIAL for p in r["lineage"]):
        hits.append(37)
    if any(d["pii"] and d["kind"] == "user_data" for d in r["sources"]):
        hits.append(38)
    if sum(1 for e in r["evidence"] if e["independent"] and e["state"] == "pass") < 2:
        hits.append(39)
    return hits


_CUTOFF: Final = date(2026, 6, 30)


# -- keyed rules


def keyed_conditions(number: int) -> tuple[str, ...]:
    """Conditions of which each asks whether the model is of one family."""
    return tuple(f'model.family == "family-{n}"' for n in range(number))


def keyed_requests(number: int, rules: int, seed: int) -> list[dict[str, Any]]:
    """Requests of which each is met by one of the keyed rules."""
    rng = random.Random(seed)
    made = requests(number, seed)
    for request in made:
        request["model"]["family"] = f"family-{rng.randrange(rules)}"
    return made
