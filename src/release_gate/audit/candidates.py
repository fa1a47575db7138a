"""Policies that somebody wants to put in force, as whoever asks names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from release_gate.authoring.targets import kind_of, targets
from release_gate.diagnostics import Diagnostic, PolicyError, printable
from release_gate.gate.gate import Gate
from release_gate.policy.load import is_path, load_policy
from release_gate.policy.model import Policy
from release_gate.policy.packs import load_pack, pack_names

__all__ = ["Candidates", "read_candidates"]

GATE_FILE: Final = "release-gate.yaml"


@dataclass(frozen=True)
class Candidates:
    """Policies to decide by.

    Attributes:
        policies: The policies.
        alone: Whether nothing else judges, as with a gate file; else they take the place of those of the
            same names.
    """

    policies: tuple[Policy, ...]
    alone: bool = False


def read_candidates(names: Iterable[str]) -> Candidates:
    """Packs by name, pinned to a version or not, policy files, folders of them, or one gate file.

    Raises:
        InputError: One of them cannot be read, or two are the same policy.
    """
    named = list(names)
    gates = [gate for name in named if (gate := _gate(name)) is not None]
    if gates:
        if len(named) > 1:
            raise _problem(
                "a gate file says all policies, and cannot be combined with others", "name it alone"
            )
        return Candidates(Gate.load(gates[0]).policies, alone=True)
    found = [policy for name in named for policy in _policies(name)]
    ids = [each.id for each in found]
    for each in ids:
        if ids.count(each) > 1:
            raise _problem(f"the policy `{printable(each)}` is named twice", "name one of its versions")
    return Candidates(tuple(found))


def _gate(name: str) -> Path | None:
    path = Path(name)
    if path.is_dir() and (path / GATE_FILE).is_file():
        return path / GATE_FILE
    return path if path.is_file() and kind_of(path) == "gate/v1" else None


def _policies(name: str) -> list[Policy]:
    if name.partition("@")[0] in pack_names() or not (is_path(name) or Path(name).is_dir()):
        return [load_pack(name)]
    if not Path(name).is_dir():
        return [load_policy(name)]
    found = [load_policy(path) for path in targets([name]).policies]
    if not found:
        raise _problem(f"there is no policy in `{printable(name)}`", "")
    return found


def _problem(message: str, help_: str) -> PolicyError:
    return PolicyError([Diagnostic("RG745", message, help=help_)])
