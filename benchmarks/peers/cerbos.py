"""Cerbos: forty rules whose conditions are CEL, and a request as the attributes of what is asked about.

A rule that denies ends the question. So the question is whether to ``forbid``: every rule that applies
allows that, and puts out its number. Numbers are floats; a condition about something that is missing is an
error, which silences its rule.
"""

from __future__ import annotations

import json
from typing import Any, Final

from benchmarks.peers.server import HOST, Server, free_port, question
from benchmarks.race import Entry
from benchmarks.workload import AS_OF, requests

__all__ = ["forty"]

_CONDITIONS: Final = (
    'R.attr.artifacts[0].license == "LicenseRef-proprietary"',
    'R.attr.artifacts[0].license in ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"]',
    '!(R.attr.developer.jurisdiction in ["US", "DE", "FR", "GB", "JP"])',
    'R.attr.action == "widen" && R.attr.artifacts[0].kind == "weights"',
    'R.attr.compute.method == "third_party" && R.attr.compute.training_flop >= 1e25',
    'R.attr.artifacts[0].format.matches("^(pickle|pt|bin)$")',
    'R.attr.model.name.matches("(?:test|tmp|draft)")',
    'R.attr.model.version.startsWith("0.")',
    'R.attr.artifacts[0].digest.startsWith("sha256:0000")',
    'R.attr.transparency.website.startsWith("http://")',
    "R.attr.compute.training_flop >= 1e26",
    "R.attr.model.parameters >= 7e10",
    "R.attr.model.context_length > 1e6",
    "R.attr.metric.toxicity.value > 0.2",
    "R.attr.metric.jailbreak.value > 0.35 && R.attr.metric.refusal.value < 0.9",
    "R.attr.metric.memorization.value >= 0.015",
    "R.attr.metric.bias.value > 0.3",
    "R.attr.metric.persuasion.value * 0.5 + R.attr.metric.deception.value * 0.5 > 0.600000001",
    "R.attr.compute.energy_kwh / 1000.0 + R.attr.compute.tco2eq > 5000.0",
    "R.attr.developer.annual_revenue_usd >= 5e8 && R.attr.compute.training_flop >= 1e26",
    'R.attr.capability.cbrn.level in ["high", "critical"]',
    (
        'R.attr.capability.cyber.level in ["high", "critical"]'
        ' && R.attr.capability.cyber.status in ["cannot_rule_out", "reached"]'
    ),
    'R.attr.capability.autonomy.status == "reached"',
    (
        'R.attr.misuse.ncii.likelihood in ["moderate", "high"]'
        ' && R.attr.misuse.ncii.severity in ["severe", "critical"]'
    ),
    'R.attr.misuse.fraud.likelihood == "high"',
    'R.attr.misuse.disinformation.severity == "critical"',
    'R.attr.document.model_card.status in ["absent", "draft"]',
    (
        'R.attr.document.risk_assessment.status in ["absent", "draft"]'
        ' && R.attr.capability.cbrn.level in ["moderate", "high", "critical"]'
    ),
    (
        'R.attr.artifacts[0].current in ["api_restricted", "api_general", "weights_gated_manual",'
        ' "weights_gated_auto", "weights_restricted", "weights_open", "fully_open"]'
    ),
    (
        'timestamp(R.attr.as_of + "T00:00:00Z")'
        ' - timestamp(R.attr.document.risk_assessment.date + "T00:00:00Z") > duration("8760h")'
    ),
    'R.attr.data.cutoff > "2026-06-30"',
    "R.attr.transparency.release_date < R.attr.as_of",
    "R.attr.own.export_controlled && R.attr.own.dual_use",
    "!R.attr.own.incident_plan",
    "R.attr.transparency.contact == null",
    '"image" in R.attr.model.modalities_out && R.attr.misuse.ncii.likelihood in ["low", "moderate", "high"]',
    "R.attr.safeguards.exists(s, s.removable && !s.effective)",
    'R.attr.lineage.exists(p, p.license in ["CC-BY-NC-4.0", "LicenseRef-proprietary"])',
    'R.attr.data.sources.exists(d, d.pii && d.kind == "user_data")',
    'size(R.attr.evidence.items.filter(e, e.independent && e.state == "pass")) < 2',
)
_RULES: Final = [
    {
        "name": f"r{number}",
        "actions": ["forbid"],
        "roles": ["*"],
        "effect": "EFFECT_ALLOW",
        "condition": {"match": {"expr": each}},
        "output": {"when": {"ruleActivated": str(number)}},
    }
    for number, each in enumerate(_CONDITIONS)
]
_POLICY: Final = {
    "apiVersion": "api.cerbos.dev/v1",
    "resourcePolicy": {"resource": "release", "version": "default", "rules": _RULES},
}


def forty(number: int, seed: int) -> Entry:
    """The server, asked whether to forbid."""
    port = free_port()
    config = {
        "server": {"httpListenAddr": f"{HOST}:{port}", "grpcListenAddr": f"{HOST}:{free_port()}"},
        "storage": {"driver": "disk", "disk": {"directory": "policies", "watchForChanges": False}},
        "telemetry": {"disabled": True},
    }
    files = {"config.yaml": json.dumps(config), "policies/release.json": json.dumps(_POLICY)}
    arguments = ("server", "--config=config.yaml", "--log-level=error")
    server = Server("cerbos", arguments, files, port, "/_cerbos/health")
    asked = [question("/api/check/resources", _check(each)) for each in requests(number, seed)]
    return Entry(server.ask, asked, _numbers, server.processes)


def _check(request: dict[str, Any]) -> dict[str, Any]:
    """A request and the day of the question."""
    facts = {**request, "as_of": str(AS_OF)}
    resource = {"kind": "release", "id": request["id"], "attr": facts}
    return {
        "principal": {"id": "lab", "roles": ["lab"]},
        "resources": [{"actions": ["forbid"], "resource": resource}],
    }


def _numbers(body: bytes) -> list[int]:
    (found,) = json.loads(body)["results"]
    return sorted(int(each["val"]) for each in found.get("outputs", ()))
