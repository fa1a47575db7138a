"""Structured logs, on request, on standard error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from release_gate.gate.reports.run import Outcome


class Log:
    """Lines of JSON. What is said about a decision carries its digest, by which everything else finds it."""

    def __init__(self, *, on: bool) -> None:
        """Log, or say nothing."""
        self._log: Any = None
        if on:
            import structlog  # noqa: PLC0415 - costs a tenth of a second, and few ask for logs

            self._log = structlog.wrap_logger(
                structlog.PrintLogger(sys.stderr),
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.JSONRenderer(sort_keys=True),
                ],
            )

    def outcome(self, outcome: Outcome) -> None:
        """A request was judged, or could not be."""
        if self._log is None:
            return
        decision = outcome.decision
        if decision is None:
            self._log.error(
                "invalid", file=outcome.file, codes=sorted({found.code for found in outcome.diagnostics})
            )
            return
        self._log.info(
            "decided",
            file=outcome.file,
            request=decision.request.id,
            verdict=str(decision.verdict),
            digest=outcome.digest,
            policies=decision.policies_digest,
            as_of=decision.as_of.isoformat(),
        )

    def written(self, form: str, path: Path) -> None:
        """A report is there."""
        if self._log is not None:
            self._log.info("written", format=form, path=path.as_posix())
