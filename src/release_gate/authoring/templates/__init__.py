"""The files that a new policy and a new project start from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from importlib import resources

from release_gate.diagnostics import Diagnostic, PolicyError, printable
from release_gate.facts.records import ID

__all__ = ["new_gate", "new_policy"]


def _template(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def new_policy(name: str, today: date) -> dict[str, str]:
    """The text of a policy and of its tests, by file name.

    Args:
        name: The id of the policy, or the file that it is to be in.
        today: The date that it and its tests bear.

    Raises:
        PolicyError: The name cannot be one.
    """
    name = name.removesuffix(".yaml")
    if not re.fullmatch(ID, name) or name.endswith((".yml", ".json")):
        message = f"`{printable(name)}` cannot be the id of a policy"
        help_ = "use small letters, digits and hyphens, as in acme-release"
        raise PolicyError([Diagnostic("RG809", message, help=help_)])
    texts = {f"{name}.yaml": "policy.yaml", f"{name}.tests.yaml": "tests.yaml"}
    return {
        file: _template(template).replace("NAME", name).replace("TODAY", today.isoformat())
        for file, template in texts.items()
    }


def new_gate(packs: Iterable[str], files: Iterable[str]) -> str:
    """The text of a gate file."""
    lines = [f"  - pack: {pack}\n" for pack in packs] + [f"  - {file}\n" for file in files]
    return _template("gate.yaml") + "".join(lines)
