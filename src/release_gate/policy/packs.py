"""The packs that ship with the library: policies with citations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from release_gate.diagnostics import Diagnostic, PolicyError, did_you_mean, printable
from release_gate.policy.load import load_policy
from release_gate.policy.model import Policy

__all__ = ["ALWAYS_ON", "data_folder", "load_pack", "pack_names"]

ALWAYS_ON = "ladder"
"""The pack that says what each rung claims. It is part of every gate."""


def data_folder(name: str) -> Path:
    """A folder of data that ships with the library: beside the package in a wheel, at the top in a clone."""
    package = Path(__file__).resolve().parents[1]
    installed = package / name
    return installed if installed.is_dir() else package.parents[1] / name


def pack_names() -> tuple[str, ...]:
    """The names of all packs."""
    return tuple(sorted(path.parent.name for path in data_folder("policies").glob("*/policy.yaml")))


@cache
def load_pack(reference: str) -> Policy:
    """A pack by its name, with ``@version`` behind it or without.

    Raises:
        PolicyError: There is no such pack, or not in that version.
    """
    name, _, version = reference.partition("@")
    if name not in pack_names():
        raise PolicyError(
            [
                Diagnostic(
                    "RG501", f"there is no pack `{printable(name)}`", help=did_you_mean(name, pack_names())
                )
            ]
        )
    policy = load_policy(data_folder("policies") / name / "policy.yaml", f"pack:{name}/policy.yaml")
    if version and policy.version != version and not policy.version.startswith(version + "."):
        raise PolicyError(
            [
                Diagnostic(
                    "RG501",
                    f"the pack `{name}` is there in version {policy.version}, not {printable(version)}",
                )
            ]
        )
    return policy
