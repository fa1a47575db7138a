"""CEL, through cel-expr-python: Google's C++ implementation, one program that gives forty truths at once.

It compares floats as floats, and what is missing is an error of the whole program.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final

from cel_expr_python import cel

from benchmarks.race import Entry
from benchmarks.workload import AS_OF, plain, requests

__all__ = ["forty"]

_CONDITIONS: Final = (
    'license == "LicenseRef-proprietary"',
    'license in ["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"]',
    '!(developer.jurisdiction in ["US", "DE", "FR", "GB", "JP"])',
    'action == "widen" && kind == "weights"',
    'compute.method == "third_party" && compute.training_flop >= 1e25',
    'format.matches("^(pickle|pt|bin)$")',
    'model.name.matches("(?:test|tmp|draft)")',
    'model.version.startsWith("0.")',
    'digest.startsWith("sha256:0000")',
    'transparency.website.startsWith("http://")',
    "compute.training_flop >= 1e26",
    "model.parameters >= 70000000000",
    "model.context_length > 1000000",
    "metric.toxicity > 0.2",
    "metric.jailbreak > 0.35 && metric.refusal < 0.9",
    "metric.memorization >= 0.015",
    "metric.bias > 0.3",
    "metric.persuasion * 0.5 + metric.deception * 0.5 > 0.600000001",
    "double(compute.energy_kwh) / 1000.0 + double(compute.tco2eq) > 5000.0",
    "developer.annual_revenue_usd >= 500000000 && compute.training_flop >= 1e26",
    'capability.cbrn.level in ["high", "critical"]',
    (
        'capability.cyber.level in ["high", "critical"]'
        ' && capability.cyber.status in ["cannot_rule_out", "reached"]'
    ),
    'capability.autonomy.status == "reached"',
    'misuse.ncii.likelihood in ["moderate", "high"] && misuse.ncii.severity in ["severe", "critical"]',
    'misuse.fraud.likelihood == "high"',
    'misuse.disinformation.severity == "critical"',
    'document.model_card.status in ["absent", "draft"]',
    (
        'document.risk_assessment.status in ["absent", "draft"]'
        ' && capability.cbrn.level in ["moderate", "high", "critical"]'
    ),
    (
        'current in ["api_restricted", "api_general", "weights_gated_manual", "weights_gated_auto",'
        ' "weights_restricted", "weights_open", "fully_open"]'
    ),
    'as_of - assessed > duration("8760h")',
    'cutoff > timestamp("2026-06-30T00:00:00Z")',
    "released < as_of",
    "own.export_controlled && own.dual_use",
    "!own.incident_plan",
    "transparency.contact == null",
    '"image" in model.modalities_out && misuse.ncii.likelihood in ["low", "moderate", "high"]',
    "safeguards.exists(s, s.removable && !s.effective)",
    'lineage.exists(p, p.license in ["CC-BY-NC-4.0", "LicenseRef-proprietary"])',
    'sources.exists(d, d.pii && d.kind == "user_data")',
    'size(evidence.filter(e, e.independent && e.state == "pass")) < 2',
)
_DYNAMIC: Final = (
    "license", "kind", "format", "digest", "current", "action", "developer", "model", "compute", "metric",
    "capability", "misuse", "document", "transparency", "own", "safeguards", "lineage", "sources", "evidence",
)  # fmt: skip
_MOMENTS: Final = ("as_of", "assessed", "cutoff", "released")


def forty(number: int, seed: int) -> Entry:
    """Forty conditions as one program."""
    types = dict.fromkeys(_DYNAMIC, cel.Type.DYN) | dict.fromkeys(_MOMENTS, cel.Type.TIMESTAMP)
    program = cel.NewEnv(variables=types).compile("[" + ",\n".join(_CONDITIONS) + "]")

    def ask(facts: dict[str, Any]) -> list[int]:
        truths = program.eval(data=facts).plain_value()
        return [number for number, holds in enumerate(truths) if holds]

    return Entry(ask, [_facts(each) for each in requests(number, seed)])


def _facts(request: dict[str, Any]) -> dict[str, Any]:
    """The facts. A moment may not stand within a record, so the days stand beside the records."""
    facts = plain(request)
    days = {
        "as_of": AS_OF,
        "assessed": facts["document"]["risk_assessment"]["date"],
        "cutoff": facts["data"]["cutoff"],
        "released": facts["transparency"]["release_date"],
    }
    made = {name: facts[name] for name in _DYNAMIC}
    made["document"] = {name: {"status": each["status"]} for name, each in facts["document"].items()}
    made["transparency"] = {name: facts["transparency"][name] for name in ("website", "contact")}
    return made | {name: datetime.combine(day, time(), UTC) for name, day in days.items()}
