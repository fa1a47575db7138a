"""``release-gate access``: who asks for what is released behind a gate, and who has it."""

from __future__ import annotations

import click

from release_gate.cli import Lazy

__all__ = ["access"]


@click.group(
    cls=Lazy,
    package=__name__,
    about={
        "breach": "Write down that a grant was broken.",
        "check": "Judge access requests from files.",
        "enforce": "Find access that no grant gives, and end it.",
        "grant": "Grant a request that people have signed.",
        "grants": "Show who has access, and what ends soon.",
        "renew": "Judge grants again, and make them last longer.",
        "rereview": "Say which grants would not be given now.",
        "review": "Judge who waits at a hub, and let in.",
        "revoke": "Write down that a grant is taken away.",
    },
)
def access() -> None:
    """Judge who asks for access, and keep a register of grants.

    REPO is a repository of the gate file's `access`: OWNER/NAME for a model, datasets/OWNER/NAME for data.
    """
