"""OPA: forty rules in Rego that put their numbers into a set, and the bytes of a request as the input.

It is asked as a server, or as the library of its engine in this process. Days are compared as the texts that
they are. What is missing is undefined, which silences a rule; behind a `not` it is what makes the rule apply.
"""

from __future__ import annotations

import json
from typing import Any, Final

from benchmarks.peers.server import HOST, Server, free_port, question
from benchmarks.race import Entry
from benchmarks.workload import AS_OF, requests

__all__ = ["POLICY", "forty", "in_process", "inputs"]

_CONDITIONS: Final = (
    'input.artifacts[0].license == "LicenseRef-proprietary"',
    'input.artifacts[0].license in {"CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"}',
    'not input.developer.jurisdiction in {"US", "DE", "FR", "GB", "JP"}',
    'input.action == "widen"; input.artifacts[0].kind == "weights"',
    'input.compute.method == "third_party"; input.compute.training_flop >= 1e25',
    'regex.match("^(pickle|pt|bin)$", input.artifacts[0].format)',
    'regex.match("(?:test|tmp|draft)", input.model.name)',
    'startswith(input.model.version, "0.")',
    'startswith(input.artifacts[0].digest, "sha256:0000")',
    'startswith(input.transparency.website, "http://")',
    "input.compute.training_flop >= 1e26",
    "input.model.parameters >= 7e10",
    "input.model.context_length > 1000000",
    "input.metric.toxicity.value > 0.2",
    "input.metric.jailbreak.value > 0.35; input.metric.refusal.value < 0.9",
    "input.metric.memorization.value >= 0.015",
    "input.metric.bias.value > 0.3",
    "(input.metric.persuasion.value * 0.5) + (input.metric.deception.value * 0.5) > 0.6",
    "(input.compute.energy_kwh / 1000) + input.compute.tco2eq > 5000",
    "input.developer.annual_revenue_usd >= 500000000; input.compute.training_flop >= 1e26",
    'input.capability.cbrn.level in {"high", "critical"}',
    (
        'input.capability.cyber.level in {"high", "critical"}'
        '; input.capability.cyber.status in {"cannot_rule_out", "reached"}'
    ),
    'input.capability.autonomy.status == "reached"',
    (
        'input.misuse.ncii.likelihood in {"moderate", "high"}'
        '; input.misuse.ncii.severity in {"severe", "critical"}'
    ),
    'input.misuse.fraud.likelihood == "high"',
    'input.misuse.disinformation.severity == "critical"',
    'input.document.model_card.status in {"absent", "draft"}',
    (
        'input.document.risk_assessment.status in {"absent", "draft"}'
        '; input.capability.cbrn.level in {"moderate", "high", "critical"}'
    ),
    (
        'input.artifacts[0].current in {"api_restricted", "api_general", "weights_gated_manual",'
        ' "weights_gated_auto", "weights_restricted", "weights_open", "fully_open"}'
    ),
    "day(input.as_of) - day(input.document.risk_assessment.date) > ((365 * 24) * 3600) * 1000000000",
    'input.data.cutoff > "2026-06-30"',
    "input.transparency.release_date < input.as_of",
    "input.own.export_controlled; input.own.dual_use",
    "not input.own.incident_plan",
    "input.transparency.contact == null",
    '"image" in input.model.modalities_out; input.misuse.ncii.likelihood in {"low", "moderate", "high"}',
    "some s in input.safeguards; s.removable; not s.effective",
    'some p in input.lineage; p.license in {"CC-BY-NC-4.0", "LicenseRef-proprietary"}',
    'some d in input.data.sources; d.pii; d.kind == "user_data"',
    'count([e | some e in input.evidence.items; e.independent; e.state == "pass"]) < 2',
)
POLICY: Final = "\n".join(
    (
        "package workload",
        'day(text) := time.parse_ns("2006-01-02", text)',
        *(f"hits contains {number} if {{ {each} }}" for number, each in enumerate(_CONDITIONS)),
    )
)
"""The forty rules."""


def forty(number: int, seed: int) -> Entry:
    """The server, asked for the set."""
    port = free_port()
    arguments = ("run", "--server", f"--addr={HOST}:{port}", "--log-level=error", "--disable-telemetry")
    server = Server("opa", (*arguments, "workload.rego"), {"workload.rego": POLICY}, port, "/health")
    asked = [question("/v1/data/workload/hits", {"input": each}) for each in inputs(number, seed)]
    return Entry(server.ask, asked, _numbers, server.processes)


def in_process(number: int, seed: int) -> Entry:
    """The engine as a library in this process, asked for the set."""
    from opa_bindings import OpaEngine  # noqa: PLC0415 - only this contestant needs it

    engine = OpaEngine()
    engine.add_policy("workload.rego", POLICY)
    return Entry(lambda facts: engine.eval_document("workload.hits", facts), inputs(number, seed), sorted)


def inputs(number: int, seed: int) -> list[dict[str, Any]]:
    """Requests, and the day of the question."""
    return [{**each, "as_of": str(AS_OF)} for each in requests(number, seed)]


def _numbers(body: bytes) -> list[int]:
    return sorted(json.loads(body)["result"])
