"""The forty rules by hand, over the validated models: what a programmer would write who has these.

The rules are those of :func:`benchmarks.workload.by_hand`, and fail on a gap as those do. Numbers are exact
here, because those of the models are, and steps of vocabularies compare by their ranks.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from release_gate.facts.frame import Frame

__all__ = ["over_models"]

_NONCOMMERCIAL: Final = frozenset(("CC-BY-NC-4.0", "LicenseRef-proprietary"))
_FORMAT: Final = re.compile("^(pickle|pt|bin)$")
_DRAFT: Final = re.compile("(?:test|tmp|draft)")
_CUTOFF: Final = date(2026, 6, 30)
_1E25, _1E26 = Decimal("1e25"), Decimal("1e26")
_TOXIC, _JAILBREAK, _REFUSAL = Decimal("0.2"), Decimal("0.35"), Decimal("0.9")
_MEMORIZED, _BIAS, _MOVING = Decimal("0.015"), Decimal("0.3"), Decimal("0.6")
_HALF: Final = Decimal("0.5")
_HOSTED: Final = 4


def over_models(frame: Frame) -> list[int]:  # noqa: C901, PLR0912, PLR0915 - what forty rules look like
    """The numbers of the rules that deny a complete request, as a programmer would find them."""
    hits = []
    r, s, a = frame.request, frame.sections, frame.artifact
    developer, model, compute, metric, shown = r.developer, s.model, s.compute, s.metric, r.transparency
    cbrn, cyber, ncii, own = s.capability["cbrn"], s.capability["cyber"], s.misuse["ncii"], s.own
    card, risk = s.document["model_card"], s.document["risk_assessment"]
    license_, flop = a.license.value, compute.training_flop.value
    if license_ == "LicenseRef-proprietary":
        hits.append(0)
    if license_ in {"CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"}:
        hits.append(1)
    if developer.jurisdiction.value not in {"US", "DE", "FR", "GB", "JP"}:
        hits.append(2)
    if r.action == "widen" and a.kind == "weights":
        hits.append(3)
    if compute.method.value == "third_party" and flop >= _1E25:
        hits.append(4)
    if _FORMAT.search(a.format.value):
        hits.append(5)
    if _DRAFT.search(model.name.value):
        hits.append(6)
    if model.version.value.startswith("0."):
        hits.append(7)
    if a.digest.value.startswith("sha256:0000"):
        hits.append(8)
    if shown.website.value.startswith("http://"):
        hits.append(9)
    if flop >= _1E26:
        hits.append(10)
    if model.parameters.value >= 70_000_000_000:
        hits.append(11)
    if model.context_length.value > 1_000_000:
        hits.append(12)
    if metric["toxicity"].value.value > _TOXIC:
        hits.append(13)
    if metric["jailbreak"].value.value > _JAILBREAK and metric["refusal"].value.value < _REFUSAL:
        hits.append(14)
    if metric["memorization"].value.value >= _MEMORIZED:
        hits.append(15)
    if metric["bias"].value.value > _BIAS:
        hits.append(16)
    if metric["persuasion"].value.value * _HALF + metric["deception"].value.value * _HALF > _MOVING:
        hits.append(17)
    if compute.energy_kwh.value / 1000 + compute.tco2eq.value > 5000:
        hits.append(18)
    if developer.annual_revenue_usd.value >= 500_000_000 and flop >= _1E26:
        hits.append(19)
    if cbrn.level.value.rank >= 3:
        hits.append(20)
    if cyber.level.value.rank >= 3 and cyber.status.value.rank >= 1:
        hits.append(21)
    if s.capability["autonomy"].status.value.rank == 2:
        hits.append(22)
    if ncii.likelihood.value.rank >= 2 and ncii.severity.value.rank >= 3:
        hits.append(23)
    if s.misuse["fraud"].likelihood.value.rank >= 3:
        hits.append(24)
    if s.misuse["disinformation"].severity.value.rank >= 4:
        hits.append(25)
    if card.status.value.rank < 2:
        hits.append(26)
    if risk.status.value.rank < 2 and cbrn.level.value.rank >= 2:
        hits.append(27)
    if a.current.value.rank > _HOSTED:
        hits.append(28)
    if (frame.as_of - risk.date.value).days > 365:
        hits.append(29)
    if s.data.cutoff.value > _CUTOFF:
        hits.append(30)
    if shown.release_date.value < frame.as_of:
        hits.append(31)
    if own["export_controlled"] and own["dual_use"]:
        hits.append(32)
    if not own["incident_plan"]:
        hits.append(33)
    if shown.contact.value is None:
        hits.append(34)
    if any(each.value == "image" for each in model.modalities_out.items) and ncii.likelihood.value.rank >= 1:
        hits.append(35)
    if any(each.removable.value and not each.effective.value for each in s.safeguards.items):
        hits.append(36)
    if any(each.license.value in _NONCOMMERCIAL for each in r.lineage.items):
        hits.append(37)
    if any(each.pii.value and each.kind.value == "user_data" for each in s.data.sources.items):
        hits.append(38)
    if sum(1 for e in s.evidence.items if e.independent.value and e.state.value == "pass") < 2:
        hits.append(39)
    return hits
