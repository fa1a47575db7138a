"""Structured logs, on request, on standard error."""

from __future__ import annotations

import sys

from release_gate.decision import Decision


def log_decision(decision: Decision) -> None:
    """Log a decision as one line of JSON, with the digest that it is found by."""
    import structlog  # noqa: PLC0415 - costs a tenth of a second, and few ask for logs

    log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(sort_keys=True)],
    )
    log.info(
        "decided",
        request=decision.request.id,
        verdict=str(decision.verdict),
        digest=decision.digest,
        as_of=decision.as_of.isoformat(),
    )
