"""Judge model release requests by declarative risk-tier policies, and say why.

>>> from datetime import date
>>> from release_gate import Gate, ReleaseRequest
>>> gate = Gate.from_policies(["responsible-democratization"])
>>> request = ReleaseRequest.load("request.yaml")
>>> decision = gate.decide(request, as_of=date(2026, 11, 24))
>>> decision.verdict
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from release_gate.decision import (
        ArtifactDecision,
        Decision,
        FactRead,
        Finding,
        Obligation,
        SignOffState,
        Verdict,
        Where,
    )
    from release_gate.diagnostics import (
        Diagnostic,
        DocumentError,
        InputError,
        IntegrityError,
        PolicyError,
        ReleaseGateError,
        RequestError,
        Severity,
        Span,
    )
    from release_gate.facts.release import ReleaseRequest
    from release_gate.gate.gate import Gate
    from release_gate.gate.text import render_diagnostics, render_text

__all__ = [
    "ArtifactDecision",
    "Decision",
    "Diagnostic",
    "DocumentError",
    "FactRead",
    "Finding",
    "Gate",
    "InputError",
    "IntegrityError",
    "Obligation",
    "PolicyError",
    "ReleaseGateError",
    "ReleaseRequest",
    "RequestError",
    "Severity",
    "SignOffState",
    "Span",
    "Verdict",
    "Where",
    "render_diagnostics",
    "render_text",
]
__version__ = "0.1.0"

_HOME = {
    **dict.fromkeys(("ArtifactDecision", "Decision", "FactRead", "Finding", "Obligation"), "decision"),
    **dict.fromkeys(("SignOffState", "Verdict", "Where"), "decision"),
    "ReleaseRequest": "facts.release",
    "Gate": "gate.gate",
    **dict.fromkeys(("render_diagnostics", "render_text"), "gate.text"),
}


def __getattr__(name: str) -> Any:
    """Read a public name from its module when it is first asked for: commands import only what they use."""
    if name not in __all__:
        raise AttributeError(f"module `release_gate` has no attribute `{name}`")
    value = getattr(import_module(f"release_gate.{_HOME.get(name, 'diagnostics')}"), name)
    globals()[name] = value
    return value
